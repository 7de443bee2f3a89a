//! Label sources side by side: which are compared, what they say of the open trace, and the steps on which they differ.

use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::labels::{LabelSource, sources_from_list};
use stepscope_core::model::Trace;
use stepscope_core::query::{QueueOrder, Sort};

use super::{annotate, navigate};
use crate::app::App;
use crate::command::Command;
use crate::jobs::take;
use crate::state::DialogState;
use crate::state::corpus::ProjectCorpus;
use crate::state::sources::{OfferedOf, OpenCorpus, SideVoices, SourcesDraft, SourcesRequest, offered, scorers};
use crate::state::survey::{Page, listing};
use crate::view_model::sources::short_name;

/// What sources say of the open trace, and what that was worked out from.
pub(crate) struct KeptSides {
    trace: Arc<Trace>,
    of: SidesOf,
    side: Arc<Result<SideVoices, String>>,
}

#[derive(PartialEq)]
struct SidesOf {
    said: u64,
    scores: u64,
    others: usize,
    sources: Vec<LabelSource>,
}

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::ToggleSources => {
            app.settings.show_sources = !app.settings.show_sources;
            app.save_settings();
        }
        _ => app.view.dialog = Some(DialogState::Sources(SourcesDraft::default())),
    }
}

/// Does what was asked for.
pub(super) fn answer(app: &mut App, request: SourcesRequest) {
    match request {
        SourcesRequest::Choose(sources) => choose(app, sources),
        SourcesRequest::Add(text) => add(app, text),
        SourcesRequest::ListDisputed(a, b) => list_disputed(app, [a, b]),
    }
}

fn choose(app: &mut App, sources: Option<Vec<LabelSource>>) {
    app.view.sources.chosen = sources;
    app.view.sources.stopped = None;
    let query = &app.view.query;
    if query.queue.order == QueueOrder::Disagreement && query.sort == Sort::default() {
        app.start_query();
    }
}

/// Adds what was typed to the sources in use; what cannot be read or settled is told in the dialog.
fn add(app: &mut App, text: String) {
    let found = sources_from_list(&text).map_err(|error| error.to_string()).and_then(|found| {
        let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return Ok(found) };
        let settled = SideVoices::new(&found, &OpenCorpus::new(project, open), open.source());
        settled.map(|_| found)
    });
    let problem = match found {
        Ok(found) => {
            let mut sources = app.view.sources.in_use().map(<[_]>::to_vec).unwrap_or_default();
            for source in found {
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
            choose(app, Some(sources));
            String::new()
        }
        Err(problem) => problem,
    };
    if let Some(DialogState::Sources(draft)) = &mut app.view.dialog {
        draft.text = if problem.is_empty() { String::new() } else { text };
        draft.problem = problem;
    }
}

/// Selects the next or the previous step on which the sources differ.
pub(super) fn go(app: &mut App, forward: bool) {
    let Some(open) = &app.view.open else { return };
    let side = app.side_voices();
    let Some(side) = side.as_deref().and_then(|side| side.as_ref().ok()) else {
        let detail = app.keys.fill("{view.choose_sources} chooses which are compared");
        return app.notices.info("No label sources to compare", detail);
    };
    let next = {
        let mut positions = side.positions(open);
        let at = if forward { positions.find(|at| *at > open.at) } else { positions.rev().find(|at| *at < open.at) };
        at.and_then(|at| open.path.get(at).copied())
    };
    if let Some(step) = next {
        return navigate::show_step(app, step);
    }
    let title = match (side.differ.is_empty(), forward) {
        (true, _) => "The label sources differ on no step of this trace",
        (false, true) => "They differ on no step after this one",
        (false, false) => "They differ on no step before this one",
    };
    app.notices.info(title, app.keys.fill("{view.sources} shows them side by side"));
}

/// Finds the traces on which two sources differ, among those listed.
fn list_disputed(app: &mut App, pair: [LabelSource; 2]) {
    let Some(project) = &app.project else { return };
    let own = app.startup.annotator.as_str();
    let name = format!("disputes between {} and {}", short_name(&pair[0], own), short_name(&pair[1], own));
    let (corpus, rows) = (ProjectCorpus::later(project), app.view.rows.clone());
    let job = Job::spawn("disputed traces", Arc::clone(&app.wake), move |ctx| listing(&pair, name, corpus, &rows, ctx));
    app.jobs.disputed = app.started(job);
}

/// Takes in what the jobs have finished.
pub(crate) fn poll(app: &mut App) {
    if let Some(outcome) = take(&mut app.jobs.disputed) {
        match outcome {
            Outcome::Done(only) if only.rows.is_empty() => {
                app.notices.info("They differ on no listed trace", only.name);
            }
            Outcome::Done(only) => {
                annotate::commit_note(app);
                // Clicked columns would hide the order; and what is disputed is read side by side.
                (app.view.query.sort, app.view.asking.by) = (Sort::default(), None);
                app.view.query.queue.order = QueueOrder::File;
                app.settings.show_sources = true;
                (app.view.survey.shown, app.view.open, app.view.resume) = (false, None, None);
                app.view.only = Some(Arc::new(only));
                app.start_query();
                app.save_settings();
            }
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Not listed", error.to_string()),
        }
    }
    if let Some(outcome) = app.jobs.offered.as_mut().and_then(|(_, job)| job.poll())
        && let Some((of, _)) = app.jobs.offered.take()
    {
        match outcome {
            Outcome::Done(offered) => app.view.sources.offered = Some((of, offered)),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => {
                // Not asked again and again: what the trace itself says can still be chosen by name.
                app.view.sources.offered = Some((of, Vec::new()));
                app.notices.error("Label sources not found out", error.to_string());
            }
        }
    }
}

/// Finds out what there is to compare, where that is wanted and not known.
pub(crate) fn follow(app: &mut App) {
    let Some(project) = &app.project else { return };
    let is_shown = app.view.survey.shown && app.view.survey.page == Page::Agreement;
    let asks = matches!(app.view.dialog, Some(DialogState::Sources(_) | DialogState::Queue(_)));
    let compares = app.view.query.queue.order == QueueOrder::Disagreement;
    let wanted = app.settings.show_sources || is_shown || asks || compares;
    if !wanted || project.preview.is_some() || app.jobs.offered.is_some() {
        return;
    }
    let of = OfferedOf {
        generation: project.store.generation(),
        traces: project.store.len(),
        scorers: project.scores.scorers().len(),
        others: project.others.len(),
        own: project.log.last_seq() > 0,
    };
    if app.view.sources.offered.as_ref().is_some_and(|(known, _)| *known == of) {
        return;
    }
    // Of others what was read with the project, as the columns and the order have it.
    let said = std::iter::once((project.log.annotator().clone(), project.log.snapshot()));
    let said = said.chain(project.others.iter().cloned()).collect();
    let corpus = ProjectCorpus::of(project.store.clone(), said, project.scores.clone());
    let (scorers, own) = (scorers(&project.scores), app.startup.annotator.to_string());
    let views = app.query_aids(project).views(&project.store, &project.log.snapshot());
    let job = Job::spawn("label sources", Arc::clone(&app.wake), move |_| {
        Ok(offered(&corpus, &own, &scorers, &*views.in_data()?))
    });
    app.jobs.offered = app.started(job).map(|job| (of, job));
}

impl App {
    /// Why what sources say of the open trace is not shown.
    pub(crate) fn hidden_sources(&self) -> Option<&'static str> {
        if self.view.open.as_ref()?.attempts.is_some() {
            return Some("Label sources speak of single traces; {view.attempts} shows the single trace");
        }
        let visible = self.visible()?;
        if !visible.imported && !self.settings.show_imported {
            return Some("Label sources are hidden with the labels in the data; {view.imported} shows them");
        }
        let shows_all = visible.scores && visible.imported && visible.proposal;
        (!shows_all).then_some("What label sources say is hidden until you have judged the trace")
    }

    /// What the sources in use say of the open trace: an error where one of them cannot be used, none while it is not
    /// known which there are or where it is hidden.
    pub(crate) fn side_voices(&self) -> Option<Arc<Result<SideVoices, String>>> {
        let (project, open) = (self.project.as_ref()?, self.view.open.as_ref()?);
        if self.hidden_sources().is_some() {
            return None;
        }
        let sources = self.view.sources.in_use()?.to_vec();
        let of = SidesOf {
            said: project.log.last_seq(),
            scores: project.scores.revision(),
            others: project.others.len(),
            sources,
        };
        let mut kept = self.kept_sides.borrow_mut();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.of == of && Arc::ptr_eq(&kept.trace, open.source())) {
            return Some(Arc::clone(&kept.side));
        }
        let side = SideVoices::new(&of.sources, &OpenCorpus::new(project, open), open.source());
        let side = Arc::new(side);
        *kept = Some(KeptSides { trace: Arc::clone(open.source()), of, side: Arc::clone(&side) });
        Some(side)
    }

    /// Labels of other annotators are shown beside those of the open trace.
    pub(crate) fn shows_others(&self) -> bool {
        let side = self.settings.show_sources.then(|| self.side_voices()).flatten();
        let is_beside = side.as_deref().and_then(|side| side.as_ref().ok()).is_some_and(|side| {
            side.sources
                .iter()
                .zip(&side.voices)
                .any(|(source, voice)| self.is_of_others(source) && voice.said.ratings.iter().any(Option::is_some))
        });
        is_beside || self.shows_similar_of_others()
    }

    /// True where that source holds what other annotators say.
    pub(crate) fn is_of_others(&self, source: &LabelSource) -> bool {
        match source {
            LabelSource::Own(name) => name.as_deref() != Some(self.startup.annotator.as_str()),
            LabelSource::Consensus(_) => true,
            LabelSource::Imported(_) | LabelSource::Scorer { .. } => false,
        }
    }
}
