//! Ways of working: halving, verifying, judging blind, what comes next, the sitting; and under which circumstances
//! something is said.

use std::sync::{Arc, LazyLock};

use stepscope_core::annotation::{Agreement, Change, Context, KnownAnswers, Seen, TraceAnnotation, agrees};
use stepscope_core::job::Job;
use stepscope_core::model::{FirstError, TraceId};

use super::{bulk, halving, proposals, queue, schema, similar};
use crate::app::App;
use crate::command::Command;
use crate::state::sitting::GoldFigures;
use crate::state::work::{Rules, Visible, visible};
use crate::state::{DialogState, OpenTrace};
use crate::view_model::scores::ScoreSeries;
use crate::view_model::work::known_answer_text;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::Halving => halving::toggle(app),
        Command::Verify => proposals::begin(app),
        Command::Blind => toggle_blind(app),
        Command::Queue => queue::begin(app),
        Command::GoOn => toggle_go_on(app),
        Command::Sitting => show_sitting(app),
        Command::Schema => schema::begin(app),
        Command::Duplicates => similar::run(app, command),
        other => bulk::run(app, other),
    }
}

/// A trace is shown: what is proposed for it, and where halving begins.
pub(super) fn shown(app: &mut App) {
    proposals::refresh(app);
    halving::begin(app);
    proposals::select(app);
}

impl App {
    /// What decides what may be seen of traces.
    pub(crate) fn rules(&self) -> Option<Rules<'_>> {
        let project = self.project.as_ref()?;
        Some(Rules {
            schema: &project.schema,
            annotator: &self.startup.annotator,
            blind: self.view.work.blind,
            show_imported: self.settings.show_imported,
        })
    }

    /// What may be seen of the open trace; of several attempts as one tree, what may be seen of each of them.
    pub(crate) fn visible(&self) -> Option<Visible> {
        let open = self.view.open.as_ref()?;
        if open.attempts.is_none() {
            return self.visible_of(&open.trace.id);
        }
        // The tree of all attempts shows what is known of each.
        let store = &self.project.as_ref()?.store;
        let attempts = store.rows_of_problem(open.row).into_iter().filter_map(|row| store.trace_id(row));
        attempts.filter_map(|trace| self.visible_of(&trace)).reduce(Visible::and)
    }

    /// What may be seen of that trace.
    pub(crate) fn visible_of(&self, trace: &TraceId) -> Option<Visible> {
        Some(visible(self.rules()?, trace, self.project.as_ref()?.said(trace)))
    }

    /// How the trace in that row ended may be seen.
    pub(crate) fn shows_outcome_of(&self, row: u32) -> bool {
        let trace = self.project.as_ref().and_then(|project| project.store.trace_id(row));
        trace.and_then(|trace| self.visible_of(&trace)).is_some_and(|visible| visible.verdict)
    }

    /// The scores of the open trace, as far as they may be seen.
    pub(crate) fn visible_series(&self) -> Arc<Vec<ScoreSeries>> {
        // The same one each time: whoever sees another list works everything out anew.
        static NONE: LazyLock<Arc<Vec<ScoreSeries>>> = LazyLock::new(Arc::default);
        if self.visible().is_some_and(|visible| visible.scores) { self.series() } else { Arc::clone(&NONE) }
    }

    /// What the data says of the open trace may be seen.
    pub(crate) fn shows_imported(&self) -> bool {
        self.visible().is_some_and(|visible| visible.imported)
    }

    fn open_id(&self) -> Option<TraceId> {
        let open = self.view.open.as_ref()?;
        match open.attempts {
            None => Some(open.trace.id.clone()),
            Some(_) => self.project.as_ref()?.store.summary(open.row).map(|summary| summary.id),
        }
    }
}

/// Notes what is painted of the open trace.
pub(crate) fn note_shown(app: &mut App) {
    let is_seen = |open: &&OpenTrace| open.attempts.is_none() && !app.view.survey.shown;
    let open = app.view.open.as_ref().filter(is_seen);
    if let (Some(trace), Some(visible)) = (open.map(|open| open.trace.id.clone()), app.visible()) {
        let others = app.shows_others();
        app.view.work.show(&trace, visible, others);
    }
}

/// Under which circumstances these changes are made, as far as ways of working know. Time counts where the first of
/// them is about the open trace.
pub(super) fn circumstances(app: &App, changes: &[Change]) -> Context {
    let (Some(open), Some(visible)) = (&app.view.open, app.visible()) else { return Context::default() };
    let about_open = changes.first().is_some_and(|change| *change.trace() == open.trace.id);
    let proposal = app.view.work.proposal.as_ref();
    // What was uncovered by a mark that was taken back was seen all the same.
    let was_judged = app.project.as_ref().is_some_and(|project| project.log.was_judged(&open.trace.id));
    let visible = if was_judged { Visible::all(app.settings.show_imported) } else { visible };
    let visible = app.view.work.shown(&open.trace.id, visible);
    let mut saw = visible.saw(&open.trace, !app.series().is_empty(), proposal);
    let others = app.shows_others() || app.view.work.showed_others(&open.trace.id);
    if about_open && others && !saw.contains(&Seen::Others) {
        saw.push(Seen::Others);
        saw.sort_unstable();
    }
    Context {
        saw,
        spent_ms: if about_open { app.sitting.unrecorded_ms(&open.trace.id) } else { 0 },
        proposed_by: proposal.map(|proposal| proposal.by.clone()),
        ..Context::default()
    }
}

/// What is to be told and noted once something is said.
pub(super) struct Told {
    /// The trace whose time is in the record.
    timed: Option<TraceId>,
    /// The known first error of the open trace, which is judged now, and what was said.
    answer: Option<(FirstError, FirstError)>,
}

/// Looks at changes before they are made.
pub(super) fn before(app: &App, changes: &[Change]) -> Told {
    let nothing = Told { timed: None, answer: None };
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return nothing };
    let id = &open.trace.id;
    let is_judged = project.said(id).is_some_and(TraceAnnotation::is_judged);
    let mark = changes.iter().find_map(|change| match change {
        Change::MarkFirstError { trace, mark: Some(mark) } if trace == id => Some(mark.clone()),
        _ => None,
    });
    let at_once = project.schema.gold.as_ref().is_some_and(|gold| gold.tell_at_once);
    let known = project.gold().filter(|_| at_once && !is_judged).and_then(|(known, _)| known.of(&open.trace));
    Told { timed: changes.first().filter(|change| change.trace() == id).map(|_| id.clone()), answer: known.zip(mark) }
}

/// Tells and notes it.
pub(super) fn after(app: &mut App, told: &Told) {
    if let Some(trace) = &told.timed {
        app.sitting.recorded(trace);
    }
    if let (Some((known, said)), Some(open)) = (&told.answer, &app.view.open) {
        let title = if agrees(known, said) { "You found the known answer" } else { "The known answer is another" };
        app.notices.info(title, known_answer_text(open, known, said));
    }
    proposals::refresh(app);
}

fn toggle_blind(app: &mut App) {
    app.view.work.blind = !app.view.work.blind;
    let by_project = app.rules().zip(app.open_id()).is_some_and(|(rules, trace)| rules.is_hidden_by_project(&trace));
    let (title, detail) = match (app.view.work.blind, by_project) {
        (true, _) => ("You judge blind", "Scores, outcomes and labels of others show once you have judged a trace"),
        (false, true) => ("This project hides this trace until you have judged it", "Nothing else is hidden any more"),
        (false, false) => ("You see everything again", ""),
    };
    app.notices.info(title, detail);
    proposals::refresh(app);
}

fn toggle_go_on(app: &mut App) {
    app.settings.go_on = !app.settings.go_on;
    app.save_settings();
    let (title, detail) = if app.settings.go_on {
        ("A mark goes on", "First error and all correct finish the trace and show the next; {edit.undo} takes it back")
    } else {
        ("A mark stays", "{label.done} finishes the trace and shows the next")
    };
    app.notices.info(title, app.keys.fill(detail));
}

fn show_sitting(app: &mut App) {
    app.view.dialog = Some(DialogState::Sitting);
    app.jobs.shown_gold = None;
    let Some(project) = &app.project else { return };
    let Some((known, _)) = project.gold() else { return };
    let (said, store) = (project.log.snapshot(), project.store.clone());
    let sitting = app.sitting.report(project.log.history().1).traces;
    let job = Job::spawn("compare with known answers", Arc::clone(&app.wake), move |ctx| {
        let of =
            |counts: &dyn Fn(&TraceId) -> bool, known: &KnownAnswers| Agreement::of(&said, known, &store, counts, ctx);
        Ok(GoldFigures { sitting: of(&|trace| sitting.contains(trace), &known)?, all: of(&|_| true, &known)? })
    });
    app.jobs.gold = app.started(job);
}
