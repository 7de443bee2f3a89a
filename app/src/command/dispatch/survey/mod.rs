//! The survey: what it is about, what is worked out for it, and what its marks list.

mod agreement;
mod listing;
mod saving;

use std::sync::Arc;

use eframe::egui::Context;
use stepscope_core::job::{Job, Outcome};
use stepscope_core::model::ScoreKind;
use stepscope_core::query::group_field;

use self::listing::{list_mark, list_marks, list_span, list_wrong};
use self::saving::{ask_save, copied, copy, save};
use super::asking;
use crate::app::App;
use crate::command::Command;
use crate::jobs::take;
use crate::state::asking::AskRequest;
use crate::state::corpus::ProjectCorpus;
use crate::state::only::{Listing, Only};
use crate::state::sources::scorers;
use crate::state::survey::{Asked, Page, Stamp, SurveyChoices, SurveyJob, SurveyRequest, Surveyed};
use crate::view_model::survey::{ControlsModel, NamedFigure, SurveyModel};

/// What was worked out, and what is painted of it.
#[derive(Debug)]
pub(crate) struct SurveyShown {
    /// The numbers.
    pub(crate) made: Surveyed,
    /// The figures.
    pub(crate) model: SurveyModel,
    /// What can be chosen.
    pub(crate) controls: ControlsModel,
}

pub(super) fn run(app: &mut App, command: Command) {
    let page = match command {
        Command::JudgeScorer => Page::Scorer,
        Command::ShowAgreement => Page::Agreement,
        _ => Page::Figures,
    };
    let survey = &mut app.view.survey;
    let closes = survey.shown && survey.page == page;
    survey.shown = !closes;
    if closes {
        return;
    }
    app.view.choose = None;
    show_page(app, page);
}

fn show_page(app: &mut App, page: Page) {
    let survey = &mut app.view.survey;
    if survey.page != page {
        (survey.page, survey.at, survey.mark, survey.enlarged) = (page, 0, None, false);
    }
    survey.stopped = None;
    app.view.sources.stopped = None;
}

/// Does what the survey asks for.
pub(super) fn answer(app: &mut App, request: SurveyRequest) {
    match request {
        SurveyRequest::Page(page) => show_page(app, page),
        SurveyRequest::Choose(choices) => {
            app.view.survey.choices = choices;
            app.view.survey.stopped = None;
        }
        SurveyRequest::Threshold(threshold) => {
            app.view.survey.choices.threshold = threshold;
            app.view.survey.stopped = None;
        }
        SurveyRequest::Again => (app.view.survey.stopped, app.view.sources.stopped) = (None, None),
        SurveyRequest::Measure(measure) => app.view.survey.measure = measure,
        SurveyRequest::Select(at) => (app.view.survey.at, app.view.survey.mark) = (at, None),
        SurveyRequest::Enlarge(at) => {
            let survey = &mut app.view.survey;
            let was_enlarged = survey.enlarged && survey.at == at;
            (survey.at, survey.mark, survey.enlarged, survey.scroll) = (at, None, !was_enlarged, was_enlarged);
        }
        SurveyRequest::Move(across, down) if is_matrix(app) => agreement::go(app, across, down),
        SurveyRequest::Move(across, down) => go(app, across, down),
        SurveyRequest::Enter if is_matrix(app) => agreement::enter(app),
        SurveyRequest::Enter => enter(app),
        SurveyRequest::Back => {
            let survey = &mut app.view.survey;
            if survey.enlarged {
                (survey.enlarged, survey.mark, survey.scroll) = (false, None, true);
            } else {
                close(app);
            }
        }
        SurveyRequest::Close => close(app),
        SurveyRequest::Widen => widen(app),
        SurveyRequest::List(plot, series, mark) => list_mark(app, plot, (series, mark), false),
        SurveyRequest::ListOthers(plot, series, mark) => list_mark(app, plot, (series, mark), true),
        SurveyRequest::ListSpan(plot, marks) => list_span(app, plot, marks),
        SurveyRequest::ListMarks(plot, marks) => list_marks(app, plot, marks),
        SurveyRequest::Wrong(failure) => list_wrong(app, failure),
        SurveyRequest::ShowFigure(name, shown) => {
            let hidden = &mut app.settings.hidden_figures;
            hidden.retain(|other| *other != name);
            if !shown {
                hidden.push(name);
            }
            (app.view.survey.at, app.view.survey.enlarged) = (0, false);
            app.save_settings();
        }
        SurveyRequest::AskSave(what) => ask_save(app, what),
        SurveyRequest::Save(what, path) => save(app, what, path),
        SurveyRequest::Copy(plot) => copy(app, plot),
    }
}

/// Takes back what was listed last: traces without a question, else the last condition.
fn widen(app: &mut App) {
    if app.view.only.is_some() {
        return list_only(app, None);
    }
    if let Some(last) = app.view.asking.clauses.len().checked_sub(1) {
        asking::answer(app, AskRequest::Drop(last..last + 1));
    }
}

fn is_matrix(app: &App) -> bool {
    app.view.survey.page == Page::Agreement
}

fn close(app: &mut App) {
    app.view.survey.shown = false;
    app.view.scroll_to_step = true;
}

/// The figures that are shown, in their order.
fn shown_figures(app: &App) -> Vec<&NamedFigure> {
    let Some(shown) = app.shown_survey() else { return Vec::new() };
    shown.model.shown(&app.settings.hidden_figures).collect()
}

fn go(app: &mut App, across: isize, down: isize) {
    let figures = shown_figures(app);
    let survey = &app.view.survey;
    if survey.enlarged {
        let marks = figures.get(survey.at).map_or(0, |figure| {
            figure.figure.series.iter().filter(|series| !series.faint).map(|series| series.marks.len()).sum::<usize>()
        });
        let next = survey.mark.map_or(0, |mark| mark.saturating_add_signed(across + down).min(marks.saturating_sub(1)));
        app.view.survey.mark = (marks > 0).then_some(next);
        return;
    }
    let row = isize::try_from(survey.across.get().max(1)).unwrap_or(1);
    let last = figures.len().saturating_sub(1);
    // From the first row there is no further up, and from the last no further down.
    let next = match survey.at.checked_add_signed(across + down * row) {
        None if down == 0 => 0,
        Some(next) if down == 0 || next <= last => next.min(last),
        _ => survey.at,
    };
    (app.view.survey.at, app.view.survey.scroll) = (next, true);
}

fn enter(app: &mut App) {
    let (at, mark, enlarged) = (app.view.survey.at, app.view.survey.mark, app.view.survey.enlarged);
    let figures = shown_figures(app);
    let Some(figure) = figures.get(at) else { return };
    let Some(mark) = mark.filter(|_| enlarged) else { return answer(app, SurveyRequest::Enlarge(at)) };
    let all = figure.figure.series.iter().enumerate().filter(|(_, series)| !series.faint);
    let mut all = all.flat_map(|(number, series)| series.marks.iter().map(move |mark| (number, mark.number)));
    if let (Some(plot), Some((series, mark))) = (figure.plot, all.nth(mark)) {
        answer(app, SurveyRequest::List(plot, series, mark));
    }
}

/// Narrows the table, or lists all again that the query finds.
pub(super) fn list_only(app: &mut App, only: Option<Arc<Only>>) {
    if app.view.only != only {
        app.view.only = only;
        app.start_query();
    }
}

/// Lists exactly these traces: the question in force would leave some of them out. It can be called back.
pub(super) fn list_alone(app: &mut App, only: Only) {
    (app.view.dialog, app.view.survey.shown) = (None, false);
    let text = app.view.query.text.clone();
    app.view.asking.remember(&text);
    (app.view.query.state, app.view.asking.among) = (None, None);
    asking::put_text(app, String::new());
    list_only(app, Some(Arc::new(only)));
}

/// Takes in what the jobs of the survey have finished.
pub(crate) fn poll(app: &mut App, ctx: &Context) {
    if let Some(outcome) = take(&mut app.jobs.survey_rows) {
        match outcome {
            Outcome::Done(Listing::Clause(clause)) => asking::ask_for(app, &clause),
            Outcome::Done(Listing::Only(only)) if only.rows.is_empty() => {
                app.notices.info("No trace to list", only.name);
            }
            Outcome::Done(Listing::Only(only)) => list_only(app, Some(Arc::new(only))),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Not listed", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.survey_file) {
        match outcome {
            Outcome::Done(path) => app.notices.info("Saved", path.display().to_string()),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Not saved", error.to_string()),
        }
    }
    copied(app, ctx);
    agreement::poll(app);
    let Some(outcome) = app.jobs.survey.as_mut().and_then(|(_, job)| job.poll()) else { return };
    let Some((asked, _)) = app.jobs.survey.take() else { return };
    match outcome {
        Outcome::Done(shown) => take_shown(app, asked.page, shown),
        Outcome::Cancelled => app.view.survey.stopped = Some(asked),
        Outcome::Failed(error) => {
            // A field that makes no groups does not keep all figures away.
            let before = app.shown_survey().map(|shown| shown.made.asked.choices.by.clone());
            let before = before.unwrap_or_else(|| SurveyChoices::default().by);
            if asked.choices.by == before {
                app.view.survey.stopped = Some(asked);
            } else {
                app.view.survey.choices.by = before;
            }
            app.notices.error("Figures not worked out", error.to_string());
        }
    }
}

/// Shows what was worked out. The keys stay with the figure that they went to, where there still is one.
fn take_shown(app: &mut App, page: Page, shown: SurveyShown) {
    let is_seen = page == app.view.survey.page;
    let before =
        if is_seen { shown_figures(app).get(app.view.survey.at).map(|of| of.figure.title.clone()) } else { None };
    if let Some(slot) = app.jobs.shown_survey.get_mut(page as usize) {
        *slot = Some(Arc::new(shown));
    }
    let Some(before) = before else { return };
    let at = shown_figures(app).iter().position(|of| of.figure.title == before);
    let survey = &mut app.view.survey;
    if let Some(at) = at {
        survey.at = at;
    } else {
        (survey.at, survey.enlarged, survey.mark) = (0, false, None);
    }
}

/// Works out what is shown and not worked out yet, and closes the survey where it would tell what is hidden.
pub(crate) fn follow(app: &mut App) {
    if !app.view.survey.shown {
        return;
    }
    if app.hides_survey() {
        app.view.survey.shown = false;
        app.notices.info("The survey is closed", "It would tell what is hidden from you while you judge");
        return;
    }
    // The rows are about to change.
    if app.jobs.query.is_some() {
        return;
    }
    if is_matrix(app) {
        return agreement::follow(app);
    }
    let Some(asked) = app.asked_of_survey() else { return };
    let survey = &app.view.survey;
    let is_known = |shown: &Arc<SurveyShown>| shown.made.asked == asked;
    if survey.stopped.as_ref() == Some(&asked) || app.shown_survey().is_some_and(is_known) {
        return;
    }
    // While scores come in, what was begun with the older ones is still worth its end.
    if app.jobs.survey.as_ref().is_some_and(|(running, _)| running.is_older(&asked)) {
        return;
    }
    let Some(project) = &app.project else { return };
    let has_scores = |(name, _): &(String, ScoreKind)| project.scores.count(name) > 0;
    let kept = app.jobs.shown_survey.iter().flatten().map(|shown| Arc::clone(&shown.made.kept));
    let job = SurveyJob {
        corpus: ProjectCorpus::later(project),
        // Of a scorer that has just begun there is nothing to show yet.
        scorers: scorers(&project.scores).into_iter().filter(has_scores).collect(),
        views: app.query_aids(project).views(&project.store, &project.log.snapshot()),
        rows: app.mistakes_among().map_or_else(|| app.view.rows.clone(), |(_, rows)| rows.to_vec()),
        kept: kept.collect(),
        asked: asked.clone(),
    };
    let job = Job::spawn("survey", Arc::clone(&app.wake), move |ctx| {
        let made = job.run(ctx)?;
        Ok(SurveyShown { model: SurveyModel::new(&made), controls: ControlsModel::new(&made), made })
    });
    app.jobs.survey = app.started(job).map(|job| (asked, job));
}

impl App {
    /// What is painted of the survey.
    pub(crate) fn shown_survey(&self) -> Option<&Arc<SurveyShown>> {
        self.jobs.shown_survey.get(self.view.survey.page as usize)?.as_ref()
    }

    /// What the survey shows, for tests.
    pub fn survey_model(&self) -> Option<&SurveyModel> {
        Some(&self.shown_survey()?.model)
    }

    /// What the survey shows, unless the files have been read again since: then it counts other rows, and is about to
    /// be worked out anew.
    fn survey_of_these_rows(&self) -> Option<&SurveyShown> {
        let (shown, now) = (self.shown_survey()?, self.survey_stamp()?);
        let then = &shown.made.asked.stamp;
        (then.project == now.project && then.generation == now.generation).then_some(shown)
    }

    /// What the survey, if it were made now, would be made from.
    pub(crate) fn survey_stamp(&self) -> Option<Stamp> {
        let project = self.project.as_ref()?;
        Some(Stamp {
            project: project.dir().path().to_owned(),
            generation: project.store.generation(),
            said: project.log.last_seq(),
            scores: project.scores.revision(),
        })
    }

    /// What the survey is to show.
    pub(crate) fn asked_of_survey(&self) -> Option<Asked> {
        let (survey, stamp) = (&self.view.survey, self.survey_stamp()?);
        let by = group_field(&survey.choices.by, self.view.scorer.as_deref());
        let choices = SurveyChoices { by, ..survey.choices.clone() };
        let listed = self.mistakes_among().map_or(self.view.listed, |(listed, _)| *listed);
        Some(Asked { stamp, listed, page: survey.page, choices })
    }

    /// Where mistakes of the scorer are listed: the traces among which they are, by which it is judged, and the number of
    /// that list.
    fn mistakes_among(&self) -> Option<&(u64, Arc<Vec<u32>>)> {
        let only = self.view.only.as_ref().filter(|_| self.view.survey.page == Page::Scorer)?;
        only.judged.as_ref()
    }

    /// Figures would tell what is hidden from the annotator while something is left to judge.
    pub(crate) fn hides_survey(&self) -> bool {
        let (Some(project), Some(rules)) = (&self.project, self.rules()) else { return false };
        let is_tested = rules.schema.gold.as_ref().is_some_and(|gold| gold.source.starts_with("imported"));
        let hides_some = rules.hides_all() || rules.schema.blind.share > 0.0 || is_tested;
        !rules.show_imported || hides_some && project.annotations().judged() < project.store.len()
    }
}
