//! Figures and reports as files, and a figure in the clipboard.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{ColorImage, Context};
use resvg::tiny_skia::Color;
use stepscope_core::job::{Job, JobError, Outcome};

use crate::app::App;
use crate::dialog::files::Ask;
use crate::jobs::take;
use crate::state::survey::ToSave;
use crate::state::{aside, raster};

/// Draws a figure for the clipboard: whole, wherever it is scrolled, and on white paper.
pub(super) fn copy(app: &mut App, plot: usize) {
    let Some(shown) = app.shown_survey().map(Arc::clone) else { return };
    let job = Job::spawn("copy figure", Arc::clone(&app.wake), move |ctx| {
        let plotted = shown.made.plots.get(plot).ok_or_else(gone)?;
        raster::drawn(&plotted.figure.to_svg(), Color::WHITE, ctx).map(|(pixels, _)| pixels)
    });
    app.jobs.survey_copy = app.started(job);
}

/// Puts the figure into the clipboard once it is drawn.
pub(super) fn copied(app: &mut App, ctx: &Context) {
    match take(&mut app.jobs.survey_copy) {
        Some(Outcome::Done(pixels)) => {
            let size = [pixels.width(), pixels.height()].map(|side| side as usize);
            ctx.copy_image(ColorImage::from_rgba_premultiplied(size, pixels.data()));
            app.notices.info("Figure copied", "It is in the clipboard, drawn whole on white");
        }
        Some(Outcome::Failed(error)) => app.notices.error("Not copied", error.to_string()),
        Some(Outcome::Cancelled) | None => {}
    }
}

fn gone() -> JobError {
    JobError::Failed("It is no longer shown".into())
}

/// Asks where to save something.
pub(super) fn ask_save(app: &mut App, what: ToSave) {
    let name = |at: usize| {
        let plots = app.shown_survey().map(|shown| shown.made.plots.as_slice()).unwrap_or_default();
        plots.get(at).map_or("figure", |plotted| plotted.name)
    };
    let name = match what {
        ToSave::Drawing(at) => format!("{}.svg", name(at)),
        ToSave::Numbers(at) => format!("{}.csv", name(at)),
        ToSave::Report => "scorer.html".to_owned(),
    };
    app.ask(Ask::SurveyFile(what), &name);
}

/// Saves it there.
pub(super) fn save(app: &mut App, what: ToSave, path: PathBuf) {
    let Some(shown) = app.shown_survey().map(Arc::clone) else { return };
    let job = Job::spawn("save", Arc::clone(&app.wake), move |ctx| {
        let made = &shown.made;
        let text = match what {
            ToSave::Drawing(at) => made.plots.get(at).map(|plotted| plotted.figure.to_svg()),
            ToSave::Numbers(at) => made.plots.get(at).map(|plotted| plotted.figure.to_csv()),
            ToSave::Report => made.document(path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md")), ctx)?,
        };
        let text = text.ok_or_else(gone)?;
        aside::write(&path, text.as_bytes())
            .map_err(|error| JobError::Failed(format!("{error}: {}", path.display())))?;
        Ok(path)
    });
    app.jobs.survey_file = app.started(job);
}
