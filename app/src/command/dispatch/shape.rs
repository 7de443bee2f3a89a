//! Jumps to what matters: low scores, failed calls, edits, the other half of a call.

use stepscope_core::model::{StepIndex, is_edit};

use crate::app::App;
use crate::command::Command;
use crate::state::OpenTrace;
use crate::view_model::calls::{Low, failure, next_on_path};
use crate::view_model::scores::score_text;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::NextLowScore => next_low(app),
        Command::NextToolError => next_failure(app),
        Command::NextEdit => next_edit(app),
        Command::CallPartner => {
            if let Some(partner) = app.view.open.as_ref().and_then(OpenTrace::partner) {
                super::navigate::show_step(app, partner);
            }
        }
        _ => {}
    }
}

fn next_low(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    let series = app.visible_series();
    let low = series.iter().find_map(|series| Some((series, Low::of(series, &open.path)?)));
    let Some((series, low)) = low else {
        let hidden = app.visible().is_some_and(|visible| !visible.scores) && !app.series().is_empty();
        let (title, detail) = if hidden {
            ("Scores are hidden", "They are shown once you have judged")
        } else {
            ("No scores to go by", "{score.trace} scores the steps of this trace")
        };
        let detail = app.keys.fill(detail);
        return app.notices.info(title, detail);
    };
    let found = next_on_path(open, |step| series.at(step).is_some_and(|score| low.holds(score)));
    let none = format!("{} gives no step of the path less than {}", series.name, score_text(low.value));
    go(app, found, "No low score", &none);
}

fn next_failure(app: &mut App) {
    let shows_outcome = app.visible().is_some_and(|visible| visible.verdict);
    let Some(open) = &app.view.open else { return };
    let found = next_on_path(open, |step| failure(open, step, shows_outcome).is_some());
    go(app, found, "No failed call", "No step of the path says that a tool or a program failed");
}

fn next_edit(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    let changes = |step: StepIndex| open.trace.step(step).is_some_and(is_edit);
    go(app, next_on_path(open, changes), "No edit", "No call of the path is known to change a file");
}

/// Selects the step found; says so where there is none, or no other.
fn go(app: &mut App, found: Option<usize>, none: &str, why: &str) {
    let Some(open) = &app.view.open else { return };
    match found.and_then(|position| Some((position, *open.path.get(position)?))) {
        None => app.notices.info(none, why),
        Some((position, _)) if position == open.at => {
            app.notices.info("This is the only one", "No other step of the path is such a one");
        }
        Some((position, step)) => {
            let begins_again = position < open.at;
            super::navigate::show_step(app, step);
            if begins_again {
                app.notices.info("From the beginning", "The last one was reached");
            }
        }
    }
}
