//! Finding the first error by halving: where to look next, and what an answer says.

use stepscope_core::annotation::{TraceAnnotation, Way, answer_halving};

use super::{annotate, navigate};
use crate::app::App;
use crate::command::Command;
use crate::state::work::{halving_of, path_of};

/// Begins halving, or leaves it. What was looked at stays said.
pub(super) fn toggle(app: &mut App) {
    app.view.work.halving = !app.view.work.halving;
    if app.view.work.halving {
        if is_judged(app) {
            let detail = "Take that back to look again, or go on: the next trace is halved";
            app.notices.info("This trace is judged already", detail);
        }
        begin(app);
    } else {
        let detail = app.keys.fill("What you looked at is kept; {work.halving} goes on from there");
        app.notices.info("Halving stopped", detail);
    }
}

/// Selects the step to look at, where halving asks.
pub(super) fn begin(app: &mut App) {
    if !app.view.work.halving || is_judged(app) {
        return;
    }
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let middle = halving_of(open, project.said(&open.trace.id)).middle();
    if let Some(&step) = middle.and_then(|middle| open.path.get(middle)) {
        navigate::show_step(app, step);
    }
}

/// Takes a rating as an answer about the selected step. True where halving is on, so that no step is rated by mistake.
pub(super) fn answer(app: &mut App, command: Command) -> bool {
    let is_right = match command {
        Command::RateGood => true,
        Command::RateBad => false,
        _ => return false,
    };
    if !app.view.work.halving {
        return false;
    }
    if is_judged(app) {
        let detail = app.keys.fill("{label.done} goes on; {work.halving} stops halving, so that steps can be rated");
        app.notices.info("Halving is done here", detail);
        return true;
    }
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return true };
    let said = project.said(&open.trace.id);
    let changes = answer_halving(&open.trace.id, &path_of(open), said, open.at, is_right);
    annotate::commit_as(app, changes, Way::Halving);
    show_found(app);
    begin(app);
    true
}

/// The answer that decides shows what was found: the first error, which need not be where one looked last.
fn show_found(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let Some(said) = project.said(&open.trace.id) else { return };
    if let Some(stepscope_core::model::FirstError::At(step)) = &said.first_error
        && let Some(step) = open.find_step(step)
    {
        navigate::show_step(app, step);
    }
}

fn is_judged(app: &App) -> bool {
    let open = app.view.open.as_ref();
    let said = open.and_then(|open| app.project.as_ref()?.said(&open.trace.id));
    said.is_some_and(TraceAnnotation::is_judged)
}
