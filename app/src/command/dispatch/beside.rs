//! What stands beside the open trace: the reference or another attempt, and which steps correspond.

use std::sync::Arc;

use stepscope_core::annotation::{Change, StepRef, Target};
use stepscope_core::job::{Job, Outcome};
use stepscope_core::model::LabelKind;

use super::annotate::commit;
use super::navigate;
use crate::app::App;
use crate::command::{Availability, Command};
use crate::state::DialogState;
use crate::state::beside::{
    BesideDraft, BesideRequest, BesideWhat, Candidate, MOST_FOUND, Side, SideLink, candidate, link_label, near,
    path_key, path_texts,
};
use crate::view_model::alignment::{Pair, align, shared_start};

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::ToggleBeside => toggle(app),
        Command::ChooseBeside => begin_choosing(app),
        Command::BesideNext => move_beside(app, 1),
        Command::BesidePrevious => move_beside(app, -1),
        Command::LinkBeside => {
            if let Some(left) = app.view.open.as_ref().map(|open| open.at) {
                link(app, left, app.view.beside.at);
            }
        }
        Command::ToggleDiff => app.view.beside.diff = !app.view.beside.diff,
        Command::Parting => show_parting(app),
        _ => {}
    }
}

/// Does what the side asks for.
pub(super) fn answer(app: &mut App, request: BesideRequest) {
    match request {
        BesideRequest::Show(what) => {
            app.view.dialog = None;
            show(app, &what);
        }
        BesideRequest::Look(text) => look_for(app, &text),
        BesideRequest::Pick(selected) => {
            if let Some(DialogState::Beside(draft)) = &mut app.view.dialog {
                draft.selected = selected.min((draft.near.len() + draft.found.len()).saturating_sub(1));
            }
        }
        BesideRequest::Select(at) => select(app, at),
        BesideRequest::Follow(at) => {
            select(app, at);
            let step = app.beside_links().into_iter().find(|link| link.right == at).map(|link| link.left);
            let step = step.and_then(|left| app.view.open.as_ref()?.path.get(left).copied());
            if let Some(step) = step {
                navigate::show_step(app, step);
            }
        }
        BesideRequest::Link(left, right) => link(app, left, right),
        BesideRequest::Unfold => app.view.beside.unfolded = !app.view.beside.unfolded,
    }
}

fn toggle(app: &mut App) {
    let beside = &mut app.view.beside;
    if beside.shown {
        beside.shown = false;
        return;
    }
    let Some(open) = &app.view.open else { return };
    let has_side = app.view.beside.side.as_ref().is_some_and(|side| side.of == open.trace.id);
    if has_side || show_nearest(app) {
        app.view.beside.shown = true;
    } else {
        let detail = app.keys.fill("{beside.choose} lets any other trace stand beside");
        app.notices.info("There is no reference solution and no other attempt", detail);
    }
}

/// Shows what goes best with the open trace; false where nothing does.
fn show_nearest(app: &mut App) -> bool {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return false };
    let Some(first) = near(open, &project.store).into_iter().next() else { return false };
    show(app, &first.what);
    true
}

fn show(app: &mut App, what: &BesideWhat) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let side = match what {
        BesideWhat::Solution => Side::solution(open),
        BesideWhat::Trace(row) => match project.store.trace(*row) {
            Ok(trace) => Some(Side::of_trace(open, *row, &trace)),
            Err(error) => return app.notices.error("Trace not shown beside", error.to_string()),
        },
    };
    let beside = &mut app.view.beside;
    (beside.side, beside.at, beside.unfolded, beside.shown) = (side, 0, false, true);
    beside.refused.clear();
    beside.followed = None;
}

/// Keeps what stands beside in step with the open trace: another trace has another reference, another path other
/// corresponding steps, and the step that corresponds to the selected one is brought beside it.
pub(crate) fn follow(app: &mut App) {
    if !app.view.beside.shown {
        return;
    }
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    if app.view.beside.side.as_ref().is_none_or(|side| side.of != open.trace.id) {
        // Once for each trace: it reads other traces.
        let asked = Some((open.trace.id.clone(), project.store.len()));
        if app.view.beside.side.is_none() && app.view.beside.looked_for == asked {
            return;
        }
        let nearest = near(open, &project.store).into_iter().next();
        (app.view.beside.side, app.view.beside.looked_for) = (None, asked);
        if let Some(first) = nearest {
            show(app, &first.what);
        }
    }
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let Some(side) = &mut app.view.beside.side else { return };
    let asked = (project.log.last_seq(), open.selected());
    if app.view.beside.followed == Some(asked) {
        return;
    }
    let key = path_key(open);
    if side.path != key {
        side.path = key;
        let left = path_texts(open);
        let right: Vec<&str> = side.steps.iter().map(|step| step.text.as_str()).collect();
        side.shared = if side.what == BesideWhat::Solution { 0 } else { shared_start(&left, &right) };
        side.guess = (0..side.shared).map(|at| (at, at)).collect();
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
        let (left, right) = (owned(&left), owned(&right));
        let job = Job::spawn("align", Arc::clone(&app.wake), move |ctx| {
            let left: Vec<&str> = left.iter().map(String::as_str).collect();
            let right: Vec<&str> = right.iter().map(String::as_str).collect();
            let pairs = align(&left, &right, || ctx.checkpoint().is_ok());
            ctx.checkpoint()?;
            Ok(pairs)
        });
        app.jobs.aligning = app.started(job);
    }
    bring_partner(app);
    app.view.beside.followed = Some(asked);
}

/// Takes over the first guess.
pub(crate) fn aligned(app: &mut App, outcome: Outcome<Vec<Pair>>) {
    match outcome {
        Outcome::Done(pairs) => {
            if let Some(side) = &mut app.view.beside.side {
                side.guess = pairs;
            }
            bring_partner(app);
        }
        Outcome::Cancelled => {}
        Outcome::Failed(error) => app.notices.error("Steps not aligned", error.to_string()),
    }
}

/// Selects the step beside that corresponds to the selected one.
fn bring_partner(app: &mut App) {
    let Some(at) = app.view.open.as_ref().map(|open| open.at) else { return };
    let partners: Vec<usize> =
        app.beside_links().into_iter().filter(|link| link.left == at).map(|link| link.right).collect();
    // One that is selected already stays so.
    if let Some(&first) = partners.first()
        && !partners.contains(&app.view.beside.at)
    {
        app.view.beside.at = first;
    }
    app.view.beside.scroll |= !partners.is_empty();
}

fn select(app: &mut App, at: usize) {
    let beside = &mut app.view.beside;
    let count = beside.side.as_ref().map_or(0, |side| side.steps.len());
    beside.at = at.min(count.saturating_sub(1));
    beside.scroll = true;
    // What is selected among the folded steps would not be seen.
    beside.unfolded |= beside.side.as_ref().is_some_and(|side| beside.at < side.shared);
}

fn move_beside(app: &mut App, by: isize) {
    select(app, app.view.beside.at.saturating_add_signed(by));
}

/// Says that two steps correspond, or takes that back. A guess is confirmed; once it was taken back it is not made again.
fn link(app: &mut App, left: usize, right: usize) {
    if let Availability::Blocked(reason) = Command::LinkBeside.availability(app.env()) {
        return app.notices.info(app.keys.fill(reason), "Steps are not linked");
    }
    if app.project.as_ref().is_some_and(|project| !project.schema.offers(LabelKind::Link)) {
        let detail = app.keys.fill("{work.schema} shows what annotators are asked for");
        return app.notices.info("This project does not ask for links", detail);
    }
    if app.beside_hidden() {
        return app.notices.info("The reference is hidden until you have judged", "Steps are not linked");
    }
    let is_own = app.beside_links().contains(&SideLink { left, right, own: true });
    let Some(open) = &app.view.open else { return };
    let Some(step) = open.path.get(left).and_then(|&step| open.trace.step(step)) else { return };
    let Some(label) = app.view.beside.side.as_ref().and_then(|side| side.steps.get(right)).map(link_label) else {
        return;
    };
    let target = Target::Step(StepRef { trace: open.trace.id.clone(), step: step.hash.clone() });
    if is_own {
        app.view.beside.refused.insert((left, right));
        commit(app, vec![Change::Take { target, key: label.key() }]);
    } else {
        app.view.beside.refused.remove(&(left, right));
        commit(app, vec![Change::Give { target, label }]);
    }
}

/// Selects the first step on either side at which they differ.
fn show_parting(app: &mut App) {
    let (Some(open), Some(side)) = (&app.view.open, &app.view.beside.side) else { return };
    if side.what == BesideWhat::Solution {
        let detail = app.keys.fill("{beside.choose} lets another attempt stand beside");
        return app.notices.info("A reference solution is written apart: there is no step where they part", detail);
    }
    let (at, count) = (side.shared, side.steps.len());
    if at >= open.path.len() && at >= count {
        return app.notices.info("They are the same to the end", format!("All {count} steps"));
    }
    // Where one of them goes on after the other has ended, its end is shown.
    let step = open.path.get(at.min(open.path.len().saturating_sub(1))).copied();
    if let Some(step) = step {
        navigate::show_step(app, step);
    }
    follow(app);
    let beside = &mut app.view.beside;
    beside.at = at.min(count.saturating_sub(1));
    beside.scroll = true;
}

fn begin_choosing(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let near = near(open, &project.store);
    let shown = app.view.beside.side.as_ref().filter(|_| app.view.beside.shown).map(|side| &side.what);
    let selected = near.iter().position(|candidate| Some(&candidate.what) == shown).unwrap_or(0);
    app.view.dialog = Some(DialogState::Beside(BesideDraft { near, selected, ..BesideDraft::default() }));
    // What was looked for in an earlier dialog is of no matter here.
    app.jobs.beside_find = None;
}

/// Looks for traces whose name contains what was typed.
fn look_for(app: &mut App, text: &str) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let Some(DialogState::Beside(draft)) = &mut app.view.dialog else { return };
    text.clone_into(&mut draft.text);
    draft.selected = 0;
    let wanted = text.trim().to_lowercase();
    if wanted.is_empty() {
        draft.found.clear();
        draft.near = near(open, &project.store);
        app.jobs.beside_find = None;
        return;
    }
    let (store, here) = (project.store.clone(), open.row);
    let job = Job::spawn("find traces", Arc::clone(&app.wake), move |ctx| {
        let mut found = Vec::new();
        for row in (0..u32::try_from(store.len()).unwrap_or(u32::MAX)).filter(|&row| row != here) {
            if row % 1024 == 0 {
                ctx.checkpoint()?;
            }
            let Some(other) = candidate(&store, row, "by its name") else { continue };
            if other.title.to_lowercase().contains(&wanted) {
                found.push(other);
                if found.len() == MOST_FOUND {
                    break;
                }
            }
        }
        Ok(found)
    });
    app.jobs.beside_find = app.started(job);
}

/// Takes over what was found by name.
pub(crate) fn found(app: &mut App, outcome: Outcome<Vec<Candidate>>) {
    let Some(DialogState::Beside(draft)) = &mut app.view.dialog else { return };
    match outcome {
        Outcome::Done(found) => {
            draft.near.clear();
            draft.found = found;
        }
        Outcome::Cancelled => {}
        Outcome::Failed(error) => app.notices.error("Traces not looked for", error.to_string()),
    }
}

impl App {
    /// True where what stands beside tells how the problem is solved, and the annotator is to judge without that.
    pub(crate) fn beside_hidden(&self) -> bool {
        let is_reference = self.view.beside.side.as_ref().is_some_and(|side| side.is_reference);
        is_reference && !self.visible().is_some_and(|visible| visible.answer)
    }
}
