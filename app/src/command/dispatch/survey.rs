//! The survey: what it is about, what is worked out for it, and what its marks list.

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Context, Rect, pos2, vec2};
use stepscope_core::evaluate::figures::Plot;
use stepscope_core::evaluate::{Columns, Failure, failures};
use stepscope_core::job::{Job, JobContext, JobError, Outcome};

use crate::app::App;
use crate::command::Command;
use crate::dialog::files::Ask;
use crate::jobs::take;
use crate::state::corpus::ProjectCorpus;
use crate::state::only::Only;
use crate::state::survey::{Asked, Page, Plotted, Stamp, SurveyJob, SurveyRequest, Surveyed, ToSave};
use crate::view_model::survey::{ControlsModel, NamedFigure, SurveyModel};

/// What was worked out, and what is painted of it.
#[derive(Debug)]
pub struct SurveyShown {
    /// The numbers.
    pub(crate) made: Surveyed,
    /// The figures.
    pub(crate) model: SurveyModel,
    /// What can be chosen.
    pub(crate) controls: ControlsModel,
}

pub(super) fn run(app: &mut App, command: Command) {
    let page = if command == Command::JudgeScorer { Page::Scorer } else { Page::Figures };
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
}

/// Does what the survey asks for.
pub(super) fn answer(app: &mut App, request: SurveyRequest, ctx: &Context) {
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
        SurveyRequest::Again => app.view.survey.stopped = None,
        SurveyRequest::Select(at) => (app.view.survey.at, app.view.survey.mark) = (at, None),
        SurveyRequest::Enlarge(at) => {
            let survey = &mut app.view.survey;
            let was_enlarged = survey.enlarged && survey.at == at;
            (survey.at, survey.mark, survey.enlarged, survey.scroll) = (at, None, !was_enlarged, was_enlarged);
        }
        SurveyRequest::Move(across, down) => go(app, across, down),
        SurveyRequest::Enter => enter(app, ctx),
        SurveyRequest::Back => {
            let survey = &mut app.view.survey;
            if survey.enlarged {
                (survey.enlarged, survey.mark, survey.scroll) = (false, None, true);
            } else {
                survey.shown = false;
                app.view.scroll_to_step = true;
            }
        }
        SurveyRequest::List(plot, series, mark) => list(app, plot, vec![(series, mark)], None),
        SurveyRequest::ListSpan(plot, marks) => list_span(app, plot, marks),
        SurveyRequest::Wrong(failure) => list_wrong(app, failure),
        SurveyRequest::ShowFigure(name, shown) => {
            let hidden = &mut app.settings.hidden_figures;
            hidden.retain(|other| *other != name);
            if !shown {
                hidden.push(name);
            }
            app.view.survey.at = 0;
            app.save_settings();
        }
        SurveyRequest::AskSave(what) => ask_save(app, what),
        SurveyRequest::Save(what, path) => save(app, what, path),
        SurveyRequest::Copy(place) => {
            copy(ctx, place);
            app.notices.info("Figure copied", "It is in the clipboard, as it is painted");
        }
    }
}

/// Puts what is painted there into the clipboard, once the window has been painted.
fn copy(ctx: &Context, [left, top, width, height]: [f32; 4]) {
    let place = Rect::from_min_size(pos2(left, top), vec2(width, height));
    let clipboard = ctx.clone();
    ctx.request_screenshot(move |image| {
        clipboard.copy_image(image.region(&place, Some(clipboard.pixels_per_point())));
        clipboard.request_repaint();
    });
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
    let next = survey.at.saturating_add_signed(across + down * row);
    // From the last row there is no further down.
    let next = if down != 0 && next > last { survey.at } else { next.min(last) };
    (app.view.survey.at, app.view.survey.scroll) = (next, true);
}

fn enter(app: &mut App, ctx: &Context) {
    let (at, mark, enlarged) = (app.view.survey.at, app.view.survey.mark, app.view.survey.enlarged);
    let figures = shown_figures(app);
    let Some(figure) = figures.get(at) else { return };
    let Some(mark) = mark.filter(|_| enlarged) else { return answer(app, SurveyRequest::Enlarge(at), ctx) };
    let all = figure.figure.series.iter().enumerate().filter(|(_, series)| !series.faint);
    let mut all = all.flat_map(|(number, series)| series.marks.iter().map(move |mark| (number, mark.number)));
    if let (Some(plot), Some((series, mark))) = (figure.plot, all.nth(mark)) {
        answer(app, SurveyRequest::List(plot, series, mark), ctx);
    }
}

/// Narrows the table, or lists all again that the query finds.
pub(super) fn list_only(app: &mut App, only: Option<Arc<Only>>) {
    if app.view.only != only {
        app.view.only = only;
        app.start_query();
    }
}

/// Lists what marks of a figure count. It is found by a job: many traces may have to be looked at.
fn list(app: &mut App, plot: usize, marks: Vec<(usize, usize)>, name: Option<String>) {
    let Some(shown) = app.shown_survey() else { return };
    let (Some(plotted), columns) = (shown.made.plots.get(plot).cloned(), Arc::clone(&shown.made.columns)) else {
        return;
    };
    let title = shown.model.figures.iter().find(|figure| figure.plot == Some(plot)).map(|f| f.figure.title.clone());
    let name = name.unwrap_or_else(|| mark_text(&plotted, &marks));
    let before = app.view.only.as_ref().map(|only| format!("{} · ", only.name)).unwrap_or_default();
    let name = format!("{before}{}: {name}", title.unwrap_or_default());
    let job = Job::spawn("traces of a figure", Arc::clone(&app.wake), move |ctx| {
        Ok(Only { name, rows: rows_of(&plotted.plot, &columns, &marks, ctx)?, ranked: false })
    });
    app.jobs.survey_rows = app.started(job);
}

fn rows_of(plot: &Plot, columns: &Columns, marks: &[(usize, usize)], ctx: &JobContext) -> Result<Vec<u32>, JobError> {
    let mut rows = Vec::new();
    for &(series, mark) in marks {
        ctx.checkpoint()?;
        rows.extend(plot.rows(columns, series, mark));
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// What a mark counts, in words.
fn mark_text(plotted: &Plotted, marks: &[(usize, usize)]) -> String {
    let figure = &plotted.figure;
    let Some(&(series, mark)) = marks.first() else { return String::new() };
    let Some((series, mark)) = figure.series.get(series).and_then(|of| Some((of, of.marks.get(mark)?))) else {
        return String::new();
    };
    if figure.y.bins() > 0 {
        return format!("{} {}, {} {}", figure.y.label, figure.y.name(mark.row), figure.x.label, figure.x.name(mark.x));
    }
    format!("{}, {} {}", series.name, figure.x.label, figure.x.name(mark.x))
}

/// Lists what the marks of all series in a stretch count.
fn list_span(app: &mut App, plot: usize, bins: Range<usize>) {
    let Some(shown) = app.shown_survey() else { return };
    let Some(figure) = shown.made.plots.get(plot).map(|plotted| &plotted.figure) else { return };
    let is_trace = |name: &str| name.starts_with("trace ");
    let all = figure.series.iter().enumerate().filter(|(_, series)| !is_trace(&series.name));
    let marks = all.flat_map(|(number, series)| {
        let within = series.marks.iter().enumerate().filter(|(_, mark)| bins.contains(&mark.x) && mark.count > 0);
        within.map(move |(mark, _)| (number, mark))
    });
    let marks: Vec<(usize, usize)> = marks.collect();
    let last = bins.end.saturating_sub(1);
    let ends = (figure.x.edges.get(bins.start), figure.x.edges.get(last + 1));
    let number = |at: Option<&f64>| at.map_or_else(String::new, |at| crate::view_model::survey::number_text(*at));
    let name = format!("{} {} to {}", figure.x.label, number(ends.0), number(ends.1));
    if !marks.is_empty() {
        list(app, plot, marks, Some(name));
    }
}

fn list_wrong(app: &mut App, failure: Failure) {
    let Some(shown) = app.shown_survey() else { return };
    let Some(rater) = shown.made.rater else { return };
    let (threshold, columns) = (shown.made.threshold(), Arc::clone(&shown.made.columns));
    let name = format!("{} of {}", failure.name().replace('-', " "), shown.made.rater_name());
    let job = Job::spawn("wrongly judged traces", Arc::clone(&app.wake), move |_| {
        let rows = failures(&columns, rater, threshold, failure).into_iter().map(|wrong| wrong.row).collect();
        Ok(Only { name, rows, ranked: true })
    });
    app.jobs.survey_rows = app.started(job);
}

fn ask_save(app: &mut App, what: ToSave) {
    let name = |plot: usize| {
        let figures = app.shown_survey().map(|shown| shown.model.figures.as_slice()).unwrap_or_default();
        figures.iter().find(|figure| figure.plot == Some(plot)).map_or("figure", |figure| figure.name)
    };
    let name = match what {
        ToSave::Drawing(plot) => format!("{}.svg", name(plot)),
        ToSave::Numbers(plot) => format!("{}.csv", name(plot)),
        ToSave::Report => "scorer.html".to_owned(),
    };
    app.ask(Ask::SurveyFile(what), &name);
}

fn save(app: &mut App, what: ToSave, path: PathBuf) {
    let Some(shown) = app.shown_survey().map(Arc::clone) else { return };
    let job = Job::spawn("save", Arc::clone(&app.wake), move |_| {
        let made = &shown.made;
        let text = match what {
            ToSave::Drawing(plot) => made.plots.get(plot).map(|plotted| plotted.figure.to_svg()),
            ToSave::Numbers(plot) => made.plots.get(plot).map(|plotted| plotted.figure.to_csv()),
            ToSave::Report => made.report.as_ref().and_then(|report| report.as_ref().ok()).map(|report| {
                let figures: Vec<_> = made.plots.iter().map(|plotted| plotted.figure.clone()).collect();
                let is_markdown = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
                if is_markdown { report.to_markdown(&figures) } else { report.to_html(&figures) }
            }),
        };
        let text = text.ok_or_else(|| JobError::Failed("It is no longer shown".into()))?;
        write(&path, &text).map_err(|error| JobError::Failed(format!("{error}: {}", path.display())))?;
        Ok(path)
    });
    app.jobs.survey_file = app.started(job);
}

/// Writes the file beside itself and renames it.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().sync_data()?;
    aside.persist(path)?;
    Ok(())
}

/// Takes in what the jobs of the survey have finished.
pub(crate) fn poll(app: &mut App) {
    if let Some(outcome) = take(&mut app.jobs.survey_rows) {
        match outcome {
            Outcome::Done(only) if only.rows.is_empty() => {
                app.notices.info("No trace to list", only.name);
            }
            Outcome::Done(only) => list_only(app, Some(Arc::new(only))),
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
    let Some(outcome) = app.jobs.survey.as_mut().and_then(|(_, job)| job.poll()) else { return };
    let Some((asked, _)) = app.jobs.survey.take() else { return };
    match outcome {
        Outcome::Done(shown) => {
            let slot = app.jobs.shown_survey.get_mut(asked.page as usize);
            if let Some(slot) = slot {
                *slot = Some(Arc::new(shown));
            }
        }
        Outcome::Cancelled => app.view.survey.stopped = Some(asked),
        Outcome::Failed(error) => {
            app.view.survey.stopped = Some(asked);
            app.notices.error("Figures not worked out", error.to_string());
        }
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
    let kept = app.jobs.shown_survey.iter().flatten().map(|shown| Arc::clone(&shown.made.kept));
    let job = SurveyJob {
        corpus: ProjectCorpus::later(project),
        scorers: project.scores.scorers().into_iter().map(|scorer| scorer.name).collect(),
        rows: app.view.rows.clone(),
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

    /// What the survey is to show.
    pub(crate) fn asked_of_survey(&self) -> Option<Asked> {
        let project = self.project.as_ref()?;
        let stamp = Stamp {
            project: project.dir().path().to_owned(),
            generation: project.store.generation(),
            said: project.log.last_seq(),
            scores: project.scores.revision(),
        };
        let survey = &self.view.survey;
        Some(Asked { stamp, listed: self.view.listed, page: survey.page, choices: survey.choices.clone() })
    }

    /// Figures would tell what is hidden from the annotator while something is left to judge.
    pub(crate) fn hides_survey(&self) -> bool {
        let (Some(project), Some(rules)) = (&self.project, self.rules()) else { return false };
        let is_tested = rules.schema.gold.as_ref().is_some_and(|gold| gold.source.starts_with("imported"));
        let hides_some = rules.hides_all() || rules.schema.blind.share > 0.0 || is_tested;
        !rules.show_imported || hides_some && project.annotations().judged() < project.store.len()
    }
}
