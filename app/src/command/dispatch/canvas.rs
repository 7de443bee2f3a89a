//! The tree as a picture: where it is looked at from, what is folded, what its colours mean.

use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::job::Job;

use crate::app::App;
use crate::command::Command;
use crate::dialog::files::Ask;
use crate::state::canvas::{Camera, CanvasRequest, ColourBy, Folds};
use crate::state::look::ThemeChoice;
use crate::state::tree_file;
use crate::ui_kit::Tokens;
use crate::view_model::canvas::look::Look;
use crate::view_model::canvas::picture::Picture;
use crate::view_model::canvas::shade::colour_text;
use crate::view_model::canvas::svg::{Drawing, Palette};
use crate::view_model::canvas::{Sources, fold};

/// How much larger one key press makes the tree.
const STEP: f32 = 1.3;

pub(super) fn run(app: &mut App, command: Command) {
    let was_shown = app.view.canvas.shown;
    match command {
        Command::ToggleCanvas => {
            app.view.canvas.shown = !was_shown;
            app.view.scroll_to_step = true;
            return;
        }
        Command::SaveTree => {
            let name = app.view.open.as_ref().and_then(|open| open.trace.source_id.clone()).unwrap_or("tree".into());
            let name: String = name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
            return app.ask(Ask::TreeFile, &format!("{name}.svg"));
        }
        _ => {}
    }
    // What these do is only to be seen in the picture.
    app.view.canvas.shown = true;
    refresh(app);
    match command {
        Command::CanvasFit => app.view.canvas.camera = None,
        Command::CanvasLarger => zoom(app, STEP),
        Command::CanvasSmaller => zoom(app, 1.0 / STEP),
        Command::FoldBranch => {
            if let Some(step) = app.view.open.as_ref().and_then(crate::state::OpenTrace::selected) {
                answer(app, CanvasRequest::Fold(step));
            }
        }
        Command::FoldDeeper | Command::FoldShallower => {
            let by = if command == Command::FoldDeeper { 1 } else { -1 };
            app.view.canvas.folds.go_deeper(by, app.canvas.deepest());
        }
        Command::FoldLow => fold_low(app),
        Command::CanvasColour => next_colour(app),
        Command::LaterInSearch | Command::EarlierInSearch => {
            if let Some((now, count)) = app.canvas.iteration(&app.view.canvas) {
                let by = if command == Command::LaterInSearch { 1 } else { -1 };
                let then = now.saturating_add_signed(by).clamp(1, count);
                app.view.canvas.iteration = (then < count).then_some(then);
            }
        }
        _ => {}
    }
}

fn zoom(app: &mut App, factor: f32) {
    let state = &app.view.canvas;
    let Some((picture, look)) = app.canvas.look(state, state.size) else { return };
    // What is selected stays where it is, where it is in sight.
    let selected = app.view.open.as_ref().and_then(crate::state::OpenTrace::selected);
    let place = selected.and_then(|step| picture.place(&app.canvas.skeleton, step));
    let point = place.map(|place| look.point(place));
    let in_sight = |point: &[f32; 2]| point.iter().zip(&look.size).all(|(at, size)| (0.0..=*size).contains(at));
    let middle = look.size.map(|side| side / 2.0);
    app.view.canvas.camera = Some(look.zoomed(factor, point.filter(in_sight).unwrap_or(middle), picture));
}

fn fold_low(app: &mut App) {
    let folds = &mut app.view.canvas.folds;
    if folds.low {
        *folds = Folds { low: false, opened: std::collections::HashSet::new(), ..folds.clone() };
        return;
    }
    let series = app.visible_series();
    let below = series.first().and_then(|series| Some((series, fold::low_below(series)?)));
    let Some((series, below)) = below else {
        return app.notices.info("No branch is folded", "There are no scores to be seen that tell low from high");
    };
    app.view.canvas.folds.low = true;
    app.notices.info("Low branches are folded", format!("Those that begin below {below:.2} of {}", series.name));
}

fn next_colour(app: &mut App) {
    let choices = &app.canvas.choices;
    let here = app.canvas.colour.as_ref().and_then(|colour| choices.iter().position(|choice| choice == colour));
    let next = here.map_or(0, |here| (here + 1) % choices.len().max(1));
    if let Some(colour) = choices.get(next).cloned() {
        answer(app, CanvasRequest::Colour(colour));
    }
}

/// Does what the picture asks for.
pub(super) fn answer(app: &mut App, request: CanvasRequest) {
    let state = &mut app.view.canvas;
    match request {
        CanvasRequest::Resize { size, dark } => (state.size, state.dark) = (size, dark),
        CanvasRequest::Look(camera) => state.camera = Some(camera),
        CanvasRequest::Fit => state.camera = None,
        CanvasRequest::Colour(colour) => state.colour = Some(colour),
        CanvasRequest::Iteration(iteration) => state.iteration = iteration,
        CanvasRequest::Fold(step) => {
            let Some(open) = &app.view.open else { return };
            let is_folded = app.canvas.picture.as_ref().is_some_and(|picture| picture.folded.contains_key(&step));
            if open.tree.children(step).is_empty() {
                return app.notices.info("Nothing to fold", "No step follows this one");
            }
            if let Some(step) = open.trace.step(step) {
                state.folds.toggle(&step.hash, is_folded);
            }
        }
        CanvasRequest::Save(path) => save(app, path),
    }
}

/// Brings the picture up to date with what is open and selected.
pub(crate) fn refresh(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    app.canvas.follow(open, &mut app.view.canvas);
    if !app.view.canvas.shown || !open.tree.is_branching() {
        return;
    }
    let (series, visible) = (app.visible_series(), app.visible());
    let (Some(project), Some(visible), Some(open)) = (&app.project, visible, &app.view.open) else { return };
    let matches = app.view.reading.matches(&open.trace).all();
    let mut found: Vec<_> = matches.iter().filter_map(|found| found.place.step()).collect();
    found.dedup();
    let sources = Sources {
        open,
        series: &series,
        said: project.said(&open.trace.id),
        last_seq: project.log.last_seq(),
        visible,
        found,
    };
    let wake = Arc::clone(&app.wake);
    app.canvas.refresh(&mut app.view.canvas, &sources, |skeleton, folded| {
        Job::spawn("lay out tree", wake, move |ctx| Picture::new(&skeleton, &folded, Some(ctx))).ok()
    });
}

/// Draws the whole tree as it is folded and coloured.
fn save(app: &mut App, path: PathBuf) {
    // It may be saved without being shown.
    let was_shown = std::mem::replace(&mut app.view.canvas.shown, true);
    refresh(app);
    app.view.canvas.shown = was_shown;
    let (Some(open), Some(picture)) = (&app.view.open, &app.canvas.picture) else {
        return app.notices.info("Tree not saved", "It is still being laid out; try again in a moment");
    };
    let levels = picture.layers.len() as f32;
    let zoom = svg_zoom(picture);
    let all = Camera { x: picture.width / 2.0, y: (levels - 1.0) / 2.0, zoom };
    let high = Look::new(picture, [100.0, 600.0], Some(all)).scale[1] * levels + 60.0;
    let look = Look::new(picture, [(picture.width + 1.0) * zoom + 60.0, high], Some(all));
    let Some(scene) = app.canvas.scene(open, look) else { return };
    let tokens = Tokens::theme(if app.view.canvas.size[0] > 0.0 {
        app.view.canvas.dark
    } else {
        app.settings.theme != ThemeChoice::Light
    });
    let title = open.trace.source_id.clone().unwrap_or_else(|| open.trace.problem.text().into_owned());
    let drawing = Drawing {
        scene,
        size: look.size,
        legend: app.canvas.legend().clone(),
        palette: palette(&tokens),
        title: crate::view_model::one_line(&title, 90),
        about: format!("{} nodes", picture.shown),
    };
    let job = Job::spawn("save tree", Arc::clone(&app.wake), move |ctx| tree_file::write(&drawing, &path, ctx));
    app.jobs.tree = app.started(job);
}

/// Points per column in a file: as large as can be read, in a picture that can still be handled.
fn svg_zoom(picture: &Picture) -> f32 {
    let wished: f32 = match picture.shown {
        0..=80 => 170.0,
        81..=1_000 => 40.0,
        _ => 9.0,
    };
    wished.min(tree_file::WIDEST / (picture.width + 1.0))
}

fn palette(tokens: &Tokens) -> Palette {
    use crate::view_model::Tone;
    use crate::view_model::canvas::shade::Shade;
    let rgb = |colour: eframe::egui::Color32| [colour.r(), colour.g(), colour.b()];
    let scale = (0..=20_u8).map(|at| rgb(tokens.shade(Shade::Scale(f32::from(at) / 20.0)))).collect();
    Palette {
        background: rgb(tokens.background),
        card: rgb(tokens.card),
        line: rgb(tokens.line),
        text: rgb(tokens.text),
        muted: rgb(tokens.muted),
        accent: rgb(tokens.accent),
        tones: [Tone::Good, Tone::Neutral, Tone::Bad, Tone::Unsure, Tone::Muted, Tone::Accent]
            .map(|tone| (tone, rgb(tokens.tone(tone)))),
        sorts: tokens.series.map(rgb).into(),
        scale,
    }
}

impl App {
    /// What the colour of nodes means, in words.
    pub fn canvas_colour(&self) -> String {
        self.canvas.colour.as_ref().map(|colour: &ColourBy| colour_text(colour, &self.series())).unwrap_or_default()
    }

    /// From where the tree is seen, for tests.
    pub fn canvas_look(&self) -> Option<Look> {
        Some(self.canvas.look(&self.view.canvas, self.view.canvas.size)?.1)
    }

    /// The tree as it is painted, for tests.
    pub fn canvas_scene(&self) -> Option<crate::view_model::canvas::scene::Scene> {
        let state = &self.view.canvas;
        let (_, look) = self.canvas.look(state, state.size)?;
        self.canvas.scene(self.view.open.as_ref()?, look)
    }
}
