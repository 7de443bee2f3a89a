//! Selection, labels on many traces at once, history.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepscope_core::annotation::{Context, GestureId, Way};
use stepscope_core::job::{Job, Outcome};

use super::annotate;
use crate::app::App;
use crate::command::{Command, SelectRequest};
use crate::state::history::{HistoryDraft, HistoryList, HistoryRow};
use crate::state::many::{self, ManyBasis, ManyDraft, ManyPlan, ManyScope, ManyWhat, Saying};
use crate::state::{DialogState, OpenTrace, Project};
use crate::view_model::history::{HistoryLine, ProjectPlaces};
use crate::view_model::many::{ASK_FROM, ManyCounts, done_text};

/// A frame says, undoes or redoes for at most so long.
const PART: Duration = Duration::from_millis(6);

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::SelectTrace => {
            let row = app.view.open.as_ref().map(|open| open.row);
            if let Some(row) = row {
                toggle(&mut app.view.selection, row);
            }
        }
        Command::SelectAll => select_all(app),
        Command::LabelMany => begin_many(app),
        Command::History => {
            app.view.dialog = Some(DialogState::History(HistoryDraft { scroll: true, ..HistoryDraft::default() }));
        }
        other => super::asking::run(app, other),
    }
}

fn toggle(selection: &mut BTreeSet<u32>, row: u32) {
    if !selection.remove(&row) {
        selection.insert(row);
    }
}

/// Selects every listed trace; none where all of them are selected.
fn select_all(app: &mut App) {
    let listed: BTreeSet<u32> = app.view.rows.iter().copied().collect();
    if app.view.selection == listed {
        app.view.selection.clear();
    } else {
        app.view.selection = listed;
    }
}

/// Selects with the mouse.
pub(super) fn select(app: &mut App, request: SelectRequest) {
    let rows = &app.view.rows;
    match request {
        SelectRequest::Toggle(at) => {
            if let Some(&row) = rows.get(at) {
                toggle(&mut app.view.selection, row);
            }
        }
        SelectRequest::UpTo(at) => {
            let from = app.view.position.unwrap_or(at);
            let between = rows.get(from.min(at)..=from.max(at)).unwrap_or_default();
            app.view.selection.extend(between);
        }
    }
}

fn begin_many(app: &mut App) {
    let scope = if app.view.selection.is_empty() { ManyScope::Listed } else { ManyScope::Selected };
    let what = ManyWhat::ALL.first().copied().unwrap_or(ManyWhat::AllCorrect);
    let draft = ManyDraft { scope, what, tag: String::new(), focus: false, asked: false };
    start_plan(app, &draft);
    app.view.dialog = Some(DialogState::Many(draft));
}

/// How many traces each scope holds.
pub(crate) fn counts(app: &App) -> ManyCounts {
    let view = &app.view;
    let all = app.project.as_ref().map_or(0, |project| project.store.len());
    let hidden = if view.selection.is_empty() || view.rows.len() == all {
        0
    } else {
        let listed: BTreeSet<u32> = view.rows.iter().copied().collect();
        view.selection.difference(&listed).count()
    };
    ManyCounts { selected: view.selection.len(), hidden, listed: view.rows.len(), all }
}

/// Works out in the background what the choices mean.
pub(super) fn start_plan(app: &mut App, draft: &ManyDraft) {
    let Some(project) = &app.project else { return };
    let basis = ManyBasis {
        store: project.store.clone(),
        said: project.log.snapshot(),
        scores: project.scores.clone(),
        others: Arc::clone(&project.others),
        as_of: project.log.last_seq(),
    };
    let rows: Vec<u32> = match draft.scope {
        ManyScope::Selected => app.view.selection.iter().copied().collect(),
        ManyScope::Listed => app.view.rows.clone(),
    };
    let draft = draft.clone();
    app.jobs.shown_plan = None;
    let job = Job::spawn("count labels", Arc::clone(&app.wake), move |ctx| many::plan(&basis, &rows, &draft, ctx));
    app.jobs.plan = app.started(job);
}

/// Takes in what the choices mean.
pub(crate) fn planned(app: &mut App, outcome: Outcome<ManyPlan>) {
    app.jobs.shown_plan = match outcome {
        Outcome::Done(plan) => Some(Ok(plan)),
        Outcome::Cancelled => None,
        Outcome::Failed(error) => Some(Err(error.to_string())),
    };
}

/// Begins to say it; where it is much, asks first.
pub(super) fn label_many(app: &mut App) {
    let Some(DialogState::Many(draft)) = &app.view.dialog else { return };
    if app.jobs.saying.is_some() || app.jobs.plan.is_some() {
        return;
    }
    let mut draft = draft.clone();
    let Some(project) = &app.project else { return };
    let (last, folder) = (project.log.last_seq(), project.dir().path().to_owned());
    match &app.jobs.shown_plan {
        Some(Ok(plan)) if plan.as_of != last => return start_plan(app, &draft),
        Some(Ok(plan)) if plan.changing > ASK_FROM && !draft.asked => {
            draft.asked = true;
            app.view.dialog = Some(DialogState::Many(draft));
            return;
        }
        Some(Ok(_)) => {}
        _ => return,
    }
    let Some(Ok(plan)) = app.jobs.shown_plan.take() else { return };
    let (total, traces) = (plan.changes.len(), plan.changing);
    let mut left = plan.changes;
    left.reverse();
    app.jobs.saying = Some(Saying { left, total, traces, gesture: None, folder });
    go_on_saying(app);
}

/// Says another part; called in each frame, so that the window goes on whatever the number. True while more is left.
pub(crate) fn go_on_saying(app: &mut App) -> bool {
    let Some(saying) = &mut app.jobs.saying else { return false };
    let Some(project) = app.project.as_mut().filter(|project| project.dir().path() == saying.folder) else {
        break_off(app, "The project was closed. Where it is opened again, one undo takes back what was labelled");
        return false;
    };
    // What could be seen of so many is not known, so nothing is said of it.
    project.log.set_context(Context { way: Way::Bulk, ..project.asked() });
    let begun = Instant::now();
    let mut failure = None;
    while !saying.left.is_empty() && begun.elapsed() < PART {
        let from = saying.left.len().saturating_sub(200);
        let part = saying.left.split_off(from).into_iter().rev().collect();
        match project.log.commit_more(saying.gesture, part) {
            Ok(gesture) => saying.gesture = gesture.or(saying.gesture),
            Err(error) => {
                failure = Some(error.to_string());
                break;
            }
        }
    }
    project.log.set_context(Context::default());
    if let Some(error) = failure {
        break_off(app, &error);
        return false;
    }
    if saying.left.is_empty() {
        let traces = saying.traces;
        app.jobs.saying = None;
        annotate::refresh(app);
        if let Some(DialogState::Many(draft)) = app.view.dialog.take() {
            let detail = app.keys.fill("{edit.undo} takes all of it back");
            app.notices.info(done_text(draft.what, traces), detail);
        }
        return false;
    }
    true
}

/// It cannot go on: what was said up to now stays.
fn break_off(app: &mut App, why: &str) {
    let Some(saying) = app.jobs.saying.take() else { return };
    if matches!(app.view.dialog, Some(DialogState::Many(_))) {
        app.view.dialog = None;
    }
    annotate::refresh(app);
    let (done, traces) = (saying.traces_done(), saying.traces);
    app.notices.error("Not everything was labelled", format!("{done} of {traces} traces are labelled. {why}"));
}

/// Stops in the middle: what was said of it is taken back.
pub(super) fn stop_labelling(app: &mut App) {
    let Some(saying) = app.jobs.saying.take() else { return };
    app.view.dialog = None;
    let Some(project) = app.project.as_mut().filter(|project| project.dir().path() == saying.folder) else { return };
    let last = project.log.gesture_ids().1.next();
    if saying.gesture.is_some() && saying.gesture == last {
        match project.log.undo() {
            Ok(_) => {
                annotate::refresh(app);
                app.notices.info("Stopped", "Nothing was labelled");
            }
            Err(error) => app.notices.error("Stopped, but not taken back", error.to_string()),
        }
    }
}

/// Brings the list of the history up to date, a part in each frame. True while more is left.
pub(crate) fn go_on_listing(app: &mut App) -> bool {
    let Some(DialogState::History(draft)) = &mut app.view.dialog else { return false };
    let Some(project) = &app.project else { return false };
    let words = draft.filter.trim().to_lowercase();
    let made_of = (project.log.last_seq(), words.clone());
    let list = &mut app.view.history;
    let offset = app.startup.offset;
    let is_new = list.made_of.as_ref() != Some(&made_of);
    if is_new {
        let (undone, done) = project.log.gesture_ids();
        list.begin(made_of, undone.map(|id| (id, true)).chain(done.map(|id| (id, false))).collect());
    }
    let places = places(project, app.view.open.as_ref());
    let look = |id: GestureId| {
        let gesture = project.log.gesture(id)?;
        let line = || HistoryLine::new(gesture, false, offset(gesture.at), &places);
        (words.is_empty() || line().contains(&words)).then_some(gesture.at)
    };
    let is_listed = |list: &HistoryList| match draft.selected {
        Some(gesture) => list.rows.iter().any(|row| row.gesture() == Some(gesture)),
        None => list.rows.iter().any(|row| matches!(row, HistoryRow::Done(_))),
    };
    let was_listed = is_new || is_listed(list);
    let begun = Instant::now();
    while list.go_on(offset, look) && begun.elapsed() < PART {}
    // The selected line comes into sight once it is there.
    draft.scroll |= !was_listed && is_listed(list);
    list.is_unfinished()
}

fn places<'a>(project: &'a Project, open: Option<&'a OpenTrace>) -> ProjectPlaces<'a> {
    ProjectPlaces {
        store: &project.store,
        said: project.log.annotations(),
        schema: &project.schema,
        // Several attempts as one tree are numbered otherwise than each alone.
        open: open.filter(|open| open.attempts.is_none()),
    }
}

/// The words of a line of the history.
pub(crate) fn history_line(app: &App, row: HistoryRow) -> Option<HistoryLine> {
    let project = app.project.as_ref()?;
    let gesture = project.log.gesture(row.gesture()?)?;
    let places = places(project, app.view.open.as_ref());
    let offset_s = (app.startup.offset)(gesture.at);
    Some(HistoryLine::new(gesture, matches!(row, HistoryRow::Undone(_)), offset_s, &places))
}

/// Shows where a gesture was made.
pub(super) fn show_gesture(app: &mut App, gesture: GestureId) {
    let target = app.project.as_ref().and_then(|project| project.log.gesture(gesture)?.targets().into_iter().next());
    let Some(target) = target else { return };
    if !annotate::show_target(app, &target) {
        app.notices.info("Its place cannot be shown", "The trace is gone from the files");
    }
}

/// Undoes or redoes until that gesture is the newest that counts.
pub(super) fn go_back_to(app: &mut App, gesture: GestureId) {
    app.jobs.going_back = Some(gesture);
    go_on_back(app);
}

/// Undoes or redoes another part; called in each frame. True while more is left.
pub(crate) fn go_on_back(app: &mut App) -> bool {
    let (Some(goal), Some(project)) = (app.jobs.going_back, &mut app.project) else { return false };
    let is_undone = project.log.gesture_ids().0.any(|id| id == goal);
    let begun = Instant::now();
    let mut last = None;
    while begun.elapsed() < PART {
        let newest = project.log.gesture_ids().1.next();
        if newest == Some(goal) {
            app.jobs.going_back = None;
            break;
        }
        match if is_undone { project.log.redo() } else { project.log.undo() } {
            Ok(Some(reversal)) => last = Some(reversal),
            Ok(None) => {
                app.jobs.going_back = None;
                break;
            }
            Err(error) => {
                app.notices.error("Not all of it was undone", error.to_string());
                app.jobs.going_back = None;
                break;
            }
        }
    }
    annotate::refresh(app);
    if let Some(reversal) = last.filter(|_| app.jobs.going_back.is_none()) {
        if let Some(target) = reversal.targets.first() {
            annotate::show_target(app, target);
        }
        if let Some(DialogState::History(draft)) = &mut app.view.dialog {
            (draft.selected, draft.scroll) = (Some(goal), true);
        }
    }
    app.jobs.going_back.is_some()
}

/// The rows of the selection in files that were read again.
pub(crate) fn keep_selection(app: &mut App, before: &stepscope_core::store::Store) {
    let Some(project) = &app.project else { return };
    let moved = |&row: &u32| project.store.row_of(&before.summary(row)?.id);
    app.view.selection = app.view.selection.iter().filter_map(moved).collect();
    if let Some(among) = &mut app.view.asking.among {
        let mut rows: Vec<u32> = among.rows.iter().filter_map(moved).collect();
        rows.sort_unstable();
        among.rows = Arc::new(rows);
    }
}
