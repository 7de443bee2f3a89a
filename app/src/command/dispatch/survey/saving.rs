//! Figures and reports as files, and a figure in the clipboard.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Context, Pos2, Rect, pos2, vec2};
use stepscope_core::job::{Job, JobError};

use crate::app::App;
use crate::dialog::files::Ask;
use crate::state::aside;
use crate::state::survey::ToSave;

/// Puts what is painted there into the clipboard, once the window has been painted.
pub(super) fn copy(ctx: &Context, [left, top, width, height]: [f32; 4]) {
    let place = Rect::from_min_size(pos2(left, top), vec2(width, height));
    let clipboard = ctx.clone();
    ctx.request_screenshot(move |image| {
        let [width, height] = image.size.map(|side| side as f32 / clipboard.pixels_per_point());
        // What is scrolled out of the window is not in its picture.
        let seen = place.intersect(Rect::from_min_size(Pos2::ZERO, vec2(width, height)));
        if seen.is_positive() {
            clipboard.copy_image(image.region(&seen, Some(clipboard.pixels_per_point())));
        }
        clipboard.request_repaint();
    });
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
        let text = text.ok_or_else(|| JobError::Failed("It is no longer shown".into()))?;
        aside::write(&path, text.as_bytes())
            .map_err(|error| JobError::Failed(format!("{error}: {}", path.display())))?;
        Ok(path)
    });
    app.jobs.survey_file = app.started(job);
}
