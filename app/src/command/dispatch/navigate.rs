//! Moving between traces, steps and branches; filter and order of the table.

use stepscope_core::model::{StepHash, StepIndex, TraceId};
use stepscope_core::query::{self, Found, SortKey};

use super::ahead::Ahead;
use super::{annotate, work};
use crate::app::App;
use crate::command::Command;
use crate::state::OpenTrace;
use crate::state::only::Listed;
use crate::state::work::visible;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::NextStep => move_step(app, 1),
        Command::PreviousStep => move_step(app, -1),
        Command::FirstStep => move_step(app, isize::MIN),
        Command::LastStep => move_step(app, isize::MAX),
        Command::NextBranch => move_branch(app, 1),
        Command::PreviousBranch => move_branch(app, -1),
        Command::NextTrace => move_trace(app, 1),
        Command::PreviousTrace => move_trace(app, -1),
        Command::NextUnlabelled => show_next_unlabelled(app),
        Command::NextDisagreement => super::sources::go(app, true),
        Command::PreviousDisagreement => super::sources::go(app, false),
        Command::GoToFirstError => go_to_first_error(app),
        Command::Filter => app.view.focus_filter = true,
        _ => {}
    }
}

fn move_step(app: &mut App, by: isize) {
    if let Some(open) = &mut app.view.open {
        open.move_by(by);
        app.view.scroll_to_step = true;
    }
}

fn move_branch(app: &mut App, by: isize) {
    if let Some(open) = &mut app.view.open {
        open.move_branch(by);
        app.view.scroll_to_step = true;
    }
}

fn move_trace(app: &mut App, by: isize) {
    let last = app.view.rows.len().saturating_sub(1);
    let next = app.view.position.map_or(0, |position| position.saturating_add_signed(by).min(last));
    if app.view.position != Some(next) {
        show_position(app, next);
    }
}

/// Shows the trace at a position of the table.
pub(super) fn show_position(app: &mut App, position: usize) {
    if let Some(&row) = app.view.rows.get(position) {
        show_row(app, row);
        app.view.position = Some(position);
    }
}

/// Shows the trace in a row of the store.
pub(crate) fn show_row(app: &mut App, row: u32) {
    annotate::commit_note(app);
    let Some(project) = &app.project else { return };
    let ahead = app.ahead.take(row);
    match ahead.map_or_else(|| project.store.trace(row), Ok) {
        Ok(trace) => {
            let id = trace.id.clone();
            let mut open = OpenTrace::overlaid(row, trace, project.annotations().trace(&id));
            if let Some(step) = asked_for(app, &open) {
                open.select(step);
            }
            app.view.open = Some(open);
            app.view.position = app.view.rows.iter().position(|&r| r == row);
            app.view.scroll_to_step = true;
            app.view.scroll_to_trace = true;
            app.jobs.prioritise(row);
            work::shown(app);
        }
        Err(error) => app.notices.error("Trace not shown", error.to_string()),
    }
}

/// The step of a trace for which it is listed: that of a mistake or a dispute, else the first that answers the question.
/// Where something is hidden of the trace, it would tell.
fn asked_for(app: &App, open: &OpenTrace) -> Option<StepIndex> {
    let (project, rules) = (app.project.as_ref()?, app.rules()?);
    let seen = visible(rules, &open.trace.id, project.annotations().trace(&open.trace.id));
    if !seen.scores || !seen.imported {
        return None;
    }
    let source = open.source();
    let main = || source.tree().main_path(&source.steps);
    let step = match app.view.only.as_ref().and_then(|only| only.steps.get(&open.row).copied()) {
        Some(Listed::OwnPlace(place)) => return open.path.get(place as usize).copied(),
        Some(Listed::Place(place)) => main().get(place as usize).copied(),
        Some(Listed::Step(step)) => Some(step),
        None => {
            let mut found = app.view.found_steps.as_ref()?.of(&project.store, open.row);
            let first = found.next()?;
            // Of a tree rather a step on the path that is shown.
            let path = main();
            let on_path = std::iter::once(first).chain(found).find(|step| path.contains(step));
            on_path.or(Some(first))
        }
    };
    open.find_step(&source.step(step?)?.hash)
}

/// Shows a trace at the step at which it was left.
fn show_again(app: &mut App, row: u32, step: Option<&StepHash>) {
    show_row(app, row);
    let step = step.and_then(|step| app.view.open.as_ref()?.find_step(step));
    if let Some(step) = step {
        show_step(app, step);
    }
}

/// Selects a step of the open trace.
pub(super) fn show_step(app: &mut App, step: StepIndex) {
    if app.view.open.as_ref().is_some_and(|open| open.selected() != Some(step)) {
        annotate::commit_note(app);
    }
    if let Some(open) = &mut app.view.open {
        open.select(step);
        app.view.scroll_to_step = true;
    }
}

/// Selects the first error that counts; from there, the step from which it was gone to.
fn go_to_first_error(app: &mut App) {
    let (Some(project), Some(open), Some(visible)) = (&app.project, &app.view.open, app.visible()) else { return };
    let (here, said) = (open.selected(), project.said(&open.trace.id));
    let error = match open.first_error(said, visible.imported) {
        Ok(error) => error,
        Err(reason) => return app.notices.info("There is no first error to go to", reason),
    };
    if here != Some(error) {
        app.view.came_from = open.step().map(|step| (open.trace.id.clone(), step.hash.clone()));
        return show_step(app, error);
    }
    let from = app.view.came_from.take().filter(|(trace, _)| *trace == open.trace.id);
    if let Some(step) = from.and_then(|(_, step)| open.find_step(&step)) {
        show_step(app, step);
    } else {
        app.notices.info("The first error is selected", "You have not come here from another step");
    }
}

/// Shows the next trace of which nothing is said, or says that there is none.
pub(super) fn show_next_unlabelled(app: &mut App) {
    let Some(project) = &app.project else { return };
    let rows = &app.view.rows;
    // Without an open trace the search begins at the top.
    let after = app.view.position.unwrap_or(rows.len());
    let next = query::next_unlabelled(rows, after, &project.store, project.annotations());
    match next {
        Some(position) => show_position(app, position),
        None => app.notices.info("No unlabelled trace is left in the table", "Clear the filter to see more"),
    }
}

/// Sorts the table; the same key again turns the order round, and a third time goes back to the file's order.
pub(super) fn sort_by(app: &mut App, key: SortKey) {
    let leads = matches!(key, SortKey::Outcome | SortKey::PathScore | SortKey::LastScore);
    if leads && app.rules().is_some_and(|rules| rules.hides_all()) {
        return app
            .notices
            .info("The table is not sorted by what is hidden", "Its order would tell what you judge blind");
    }
    app.view.asking.by = None;
    let sort = &mut app.view.query.sort;
    if sort.key != key {
        sort.key = key;
        sort.descending = false;
    } else if sort.descending {
        sort.key = SortKey::Row;
        sort.descending = false;
    } else {
        sort.descending = true;
    }
    app.start_query();
}

/// Filters the table.
pub(super) fn filter_by(app: &mut App, text: String) {
    super::asking::put_text(app, text);
}

/// Shows the open trace as its annotator has made it by now. True where its steps are others than before.
pub(crate) fn follow_shape(app: &mut App) -> bool {
    let (Some(project), Some(open)) = (&app.project, &mut app.view.open) else { return false };
    let changed = open.follow(project.annotations().trace(&open.trace.id), project.log.last_seq());
    app.view.scroll_to_step |= changed;
    changed
}

/// After files were read again: keeps the open trace open, at the same step, without scrolling. Where its text is
/// another now, the first step is selected that is new.
pub(crate) fn keep_open(app: &mut App, id: &TraceId, selected: Option<StepIndex>) {
    let Some(project) = &app.project else { return };
    let Some(open) = &mut app.view.open else { return };
    let Some(row) = project.store.row_of(id) else {
        // It is gone from the files. It stays on screen until the user moves on.
        app.view.position = None;
        return;
    };
    app.view.position = app.view.rows.iter().position(|&listed| listed == row);
    let Ok(trace) = project.store.trace(row) else { return };
    let hash = selected.and_then(|step| open.trace.step(step)).map(|step| step.hash.clone());
    let mut now = OpenTrace::overlaid(row, trace, project.annotations().trace(id));
    if now.trace.steps == open.trace.steps {
        (now.path, now.at) = (std::mem::take(&mut open.path), open.at);
    } else {
        // Which steps correspond to those beside is to be found out anew.
        app.view.beside.followed = None;
        if let Some(step) = hash.and_then(|hash| now.find_step(&hash)).or(selected) {
            now.select(step);
        }
    }
    *open = now;
}

/// Takes over the rows that a query found. The open trace stays open as long as it is among them.
pub(crate) fn listed(app: &mut App, found: Found) {
    (app.view.rows, app.view.found_steps) = (found.rows, found.steps);
    app.view.listed += 1;
    app.ahead = Ahead::default();
    app.view.fresh = 0;
    app.view.position = app.view.open.as_ref().and_then(|open| app.view.rows.iter().position(|&r| r == open.row));
    app.view.scroll_to_trace = true;
    // What the table does not list must not be labelled by mistake.
    if app.view.position.is_none() {
        annotate::commit_note(app);
        app.view.open = None;
        let resumed = app.view.resume.take().filter(|(row, _)| app.view.rows.contains(row));
        match resumed {
            Some((row, step)) => show_again(app, row, step.as_ref()),
            None => show_position(app, 0),
        }
    }
    app.view.resume = None;
    annotate::put_back_draft(app);
}
