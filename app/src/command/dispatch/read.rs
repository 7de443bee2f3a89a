//! Reading the open trace: finding, folding, typeset or as written.

use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};

use crate::app::App;
use crate::command::Command;
use crate::state::OpenTrace;
use crate::state::finding::{Searched, expression};
use crate::state::reading::{Folds, Found, FoundIn, Query, ReadRequest, Spot};
use crate::view_model::fold::cut;
use crate::view_model::section::sections;

/// More bytes than this are not searched while a frame waits.
const AT_ONCE: usize = 200_000;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::ToggleSource => app.view.reading.as_written = !app.view.reading.as_written,
        Command::Find => open_find(app),
        Command::FindNext => next(app, false),
        Command::FindPrevious => next(app, true),
        Command::FoldStep => {
            if let Some(step) = app.view.open.as_ref().and_then(OpenTrace::selected) {
                fold(app, step);
            }
        }
        Command::FoldAll => fold_all(app),
        Command::FoldSection => fold_selected_section(app),
        Command::NextLowScore | Command::NextToolError | Command::NextEdit | Command::CallPartner => {
            super::shape::run(app, command);
        }
        Command::ToggleBeside
        | Command::ChooseBeside
        | Command::BesideNext
        | Command::BesidePrevious
        | Command::LinkBeside
        | Command::ToggleDiff
        | Command::Parting => super::beside::run(app, command),
        Command::SimilarSteps => super::similar::run(app, command),
        _ => super::canvas::run(app, command),
    }
}

/// Does what find bar, cards and map ask for.
pub(super) fn answer(app: &mut App, request: ReadRequest) {
    match request {
        ReadRequest::Look(query) => look(app, query),
        ReadRequest::Next { back } => next(app, back),
        ReadRequest::CloseFind => close_find(app),
        ReadRequest::Fold(step) => fold(app, step),
        ReadRequest::FoldPrompt(message) => {
            with_folds(app, |folds| toggle(&mut folds.prompt, message));
            app.view.reading.scroll_to = Some(Spot::Problem);
        }
        ReadRequest::FoldSection(position) => fold_section(app, position),
        ReadRequest::ScrollTo(spot) => app.view.reading.scroll_to = Some(spot),
    }
}

fn open_find(app: &mut App) {
    let selected = app.view.open.as_ref().and_then(OpenTrace::selected).unwrap_or_default();
    let find = &mut app.view.reading.find;
    (find.shown, find.focus, find.origin) = (true, true, selected);
}

fn close_find(app: &mut App) {
    let find = &mut app.view.reading.find;
    (find.shown, find.focus, find.reveal) = (false, false, false);
}

fn look(app: &mut App, query: Query) {
    let find = &mut app.view.reading.find;
    find.problem = expression(&query).err();
    find.query = query;
    if find.problem.is_some() || find.query.text.is_empty() {
        find.clear();
        find.problem = expression(&find.query).err();
        app.jobs.find = None;
    }
}

fn next(app: &mut App, back: bool) {
    let find = &mut app.view.reading.find;
    find.shown = true;
    find.step(back);
}

/// Searches anew where something else is looked for or the trace is another, and shows the match gone to.
pub(crate) fn follow(app: &mut App) {
    take_found(app);
    // Whoever goes on is not held back.
    let moves = app.view.scroll_to_step || app.view.reading.scroll_to.is_some();
    app.view.reading.find.settles &= !moves;
    let Some(open) = &app.view.open else { return };
    let find = &app.view.reading.find;
    if !find.shown || find.query.text.is_empty() || find.problem.is_some() {
        return;
    }
    let is_done = |searched: &Arc<Searched>| searched.is_same(&open.trace, &open.path, &find.query);
    let is_under_way = app.jobs.find.as_ref().is_some_and(|(searched, _)| is_done(searched));
    if !find.searched().is_some_and(is_done) && !is_under_way {
        let path = (!find.query.whole && open.tree.is_branching()).then(|| open.path.clone());
        let searched = Searched { trace: Arc::clone(&open.trace), path, query: find.query.clone() };
        search(app, Arc::new(searched));
    }
    reveal(app);
}

fn search(app: &mut App, searched: Arc<Searched>) {
    let selected = app.view.open.as_ref().and_then(OpenTrace::selected).unwrap_or_default();
    let find = &mut app.view.reading.find;
    if find.searched().is_some_and(|before| before.trace.id != searched.trace.id) {
        // Where it began is a place of another trace.
        find.origin = selected;
    }
    if searched.bytes() <= AT_ONCE {
        app.jobs.find = None;
        if let Ok(found) = searched.run(|| Ok(())) {
            app.view.reading.find.take(searched, found);
        }
        return;
    }
    let asked = Arc::clone(&searched);
    let job = Job::spawn("find", Arc::clone(&app.wake), move |ctx| asked.run(|| ctx.checkpoint()));
    app.jobs.find = app.started(job).map(|job| (searched, job));
    app.view.reading.find.is_searching = app.jobs.find.is_some();
}

fn take_found(app: &mut App) {
    let Some(outcome) = app.jobs.find.as_mut().and_then(|(_, job)| job.poll()) else { return };
    let Some((searched, _)) = app.jobs.find.take() else { return };
    match outcome {
        Outcome::Done(found) => app.view.reading.find.take(searched, found),
        Outcome::Cancelled => app.view.reading.find.is_searching = false,
        Outcome::Failed(error) => {
            app.view.reading.find.is_searching = false;
            app.notices.error("Not searched", error.to_string());
        }
    }
}

/// Selects the step of the match gone to, shows it whole where the match is in what is hidden, and scrolls there.
fn reveal(app: &mut App) {
    if !app.view.reading.find.reveal || app.view.reading.scroll_to.is_some() {
        return;
    }
    let Some(open) = &app.view.open else { return };
    let Some(Found { place, range }) = app.view.reading.find.current(&open.trace).cloned() else { return };
    let is_hidden = |text: &str| cut(text).is_some_and(|cut| range.end > cut);
    match place {
        FoundIn::Prompt(message) => {
            let text = match &open.trace.problem.prompt {
                stepscope_core::model::Prompt::Text(text) => Some(text.as_str()),
                stepscope_core::model::Prompt::Messages(messages) => messages.get(message).map(|m| m.content.as_str()),
            };
            if text.is_some_and(is_hidden) {
                with_folds(app, |folds| {
                    if !folds.prompt.contains(&message) {
                        folds.prompt.push(message);
                    }
                });
            }
            app.view.reading.scroll_to = Some(Spot::Problem);
        }
        FoundIn::Step(step) | FoundIn::Arguments(step) => {
            let Some(content) = open.trace.step(step) else { return };
            let text = match place {
                FoundIn::Arguments(_) => content.tool.as_ref().map_or("", |tool| tool.arguments.as_str()),
                _ => content.text.as_str(),
            };
            if is_hidden(text) {
                let hash = content.hash.clone();
                with_folds(app, |folds| {
                    folds.steps.insert(hash, false);
                });
            }
            super::navigate::show_step(app, step);
        }
    }
}

fn with_folds(app: &mut App, change: impl FnOnce(&mut Folds)) {
    let Some(open) = &app.view.open else { return };
    change(app.view.reading.folds.entry(open.trace.id.clone()).or_default());
}

fn toggle<T: PartialEq>(list: &mut Vec<T>, item: T) {
    match list.iter().position(|other| *other == item) {
        Some(at) => {
            list.swap_remove(at);
        }
        None => list.push(item),
    }
}

fn fold(app: &mut App, step: stepscope_core::model::StepIndex) {
    let Some(open) = &app.view.open else { return };
    let Some(content) = open.trace.step(step) else { return };
    let arguments = content.tool.as_ref().and_then(|tool| cut(&tool.arguments));
    if cut(&content.text).or(arguments).is_none() {
        return app.notices.info("The step is shown whole", "Only long steps are shown short");
    }
    let (hash, position) = (content.hash.clone(), open.position(step));
    with_folds(app, |folds| {
        let is_short = folds.is_short(&hash);
        folds.steps.insert(hash, !is_short);
    });
    app.view.reading.scroll_to = position.map(Spot::InView);
}

/// Shows all steps whole where some is short, else all short.
fn fold_all(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    let folds = app.view.reading.folds.get(&open.trace.id);
    let is_whole = folds.is_some_and(|folds| folds.all == Some(false) && !folds.steps.values().any(|short| *short));
    let at = open.at;
    with_folds(app, |folds| {
        folds.all = Some(is_whole);
        folds.steps.clear();
    });
    app.view.reading.scroll_to = Some(Spot::InView(at));
}

fn fold_section(app: &mut App, position: usize) {
    let Some(open) = &app.view.open else { return };
    let first = open.path.get(position).and_then(|&step| Some(open.trace.step(step)?.hash.clone()));
    if let Some(first) = first {
        with_folds(app, |folds| toggle(&mut folds.sections, first));
    }
}

/// Folds the section of the selected step, or shows it, and brings its heading into view.
fn fold_selected_section(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    let parts = sections(open);
    let Some(here) = parts.iter().find(|section| section.steps.contains(&open.at)) else {
        return app.notices.info("There is no section to fold", "The source names no parts of what is shown");
    };
    fold_section(app, here.steps.start);
    app.view.reading.scroll_to = Some(Spot::InView(here.steps.start));
}

/// Shows the section of the selected step, where it was gone to while the section is folded.
pub(crate) fn show_selected_section(app: &mut App) {
    let Some(open) = app.view.open.as_ref().filter(|_| app.view.scroll_to_step) else { return };
    let Some(folds) = app.view.reading.folds.get(&open.trace.id).filter(|folds| !folds.sections.is_empty()) else {
        return;
    };
    let parts = sections(open);
    let Some(here) = parts.iter().find(|section| section.steps.contains(&open.at)) else { return };
    if folds.sections.contains(&here.first) {
        let first = here.first.clone();
        with_folds(app, |folds| toggle(&mut folds.sections, first));
    }
}
