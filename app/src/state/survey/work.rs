//! The job behind the survey: reads the project once, counts what is listed, and keeps what does not change.

use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::evaluate::figures::{Contrast, Figure, Plot, Split};
use stepscope_core::evaluate::{
    Columns, EvaluateError, Rater, Report, Request, Settings, Threshold, collect, report, usual_threshold,
};
use stepscope_core::job::{JobContext, JobError, Progress};
use stepscope_core::model::ScoreKind;
use stepscope_core::query::Views;

use super::{Offered, Page, SurveyChoices, offered};
use crate::state::corpus::ProjectCorpus;

/// Raters that are read beside those that were chosen, so that choosing another is quick.
const RATERS: usize = 6;

/// Single traces drawn behind the mean curve.
const SAMPLE: u32 = 24;

/// What the columns of a project were read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The project folder.
    pub project: PathBuf,
    /// Which state of its tables.
    pub generation: u64,
    /// How much the annotator had said.
    pub said: u64,
    /// How often scores had come.
    pub scores: u64,
}

/// What was asked to be worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Of what.
    pub stamp: Stamp,
    /// Of which listed rows: a number that rises with each change of the list.
    pub listed: u64,
    /// For which page.
    pub page: Page,
    /// As it was chosen.
    pub choices: SurveyChoices,
}

impl Asked {
    /// The same but for labels and scores that have come since.
    pub fn is_older(&self, other: &Self) -> bool {
        (self.listed, self.page, &self.choices) == (other.listed, other.page, &other.choices)
            && self.stamp.project == other.stamp.project
    }
}

/// What is kept as long as traces, labels and scores are the same.
#[derive(Debug)]
pub struct Kept {
    stamp: Stamp,
    request: Request,
    columns: Arc<Columns>,
    /// What can be chosen.
    pub offered: Arc<Offered>,
}

/// A figure and how its rows are found.
#[derive(Clone, Debug)]
pub struct Plotted {
    /// The name by which it is shown, left out and saved.
    pub name: &'static str,
    /// What it counts; none of curves, behind whose points no single traces stand.
    pub plot: Option<Plot>,
    /// What it shows.
    pub figure: Figure,
    /// Of two groups: how they compare, in numbers.
    pub contrast: Option<Contrast>,
}

/// What came out.
#[derive(Debug)]
pub struct Surveyed {
    /// What was asked.
    pub asked: Asked,
    /// What the next one can begin with.
    pub kept: Arc<Kept>,
    /// The traces that figures and report are about: the listed ones, but for those that a threshold was fitted on.
    pub columns: Arc<Columns>,
    /// Who is judged, as a place in the columns.
    pub rater: Option<usize>,
    /// The curves of the report, then the figures, but for those without anything in them.
    pub plots: Vec<Plotted>,
    /// How well the scorer does, or why that cannot be said.
    pub report: Option<Result<Report, String>>,
}

/// What the job needs.
pub struct SurveyJob<F> {
    /// What is asked.
    pub asked: Asked,
    /// The traces, once they are wanted.
    pub corpus: F,
    /// Who scored here.
    pub scorers: Vec<(String, ScoreKind)>,
    /// What traces are grouped by comes from it.
    pub views: Views,
    /// The listed rows.
    pub rows: Vec<u32>,
    /// What was kept before, by either page.
    pub kept: Vec<Arc<Kept>>,
}

impl<F: FnOnce() -> Result<ProjectCorpus, JobError>> SurveyJob<F> {
    /// Works it out. Can be stopped between lots of traces and between figures.
    pub fn run(self, ctx: &JobContext) -> Result<Surveyed, JobError> {
        let Self { asked, corpus, scorers, views, rows, kept } = self;
        let kept = read(&asked, corpus, &scorers, &views, &kept, ctx)?;
        let is_whole = rows.len() == kept.columns.traces.len();
        let columns = if is_whole { Arc::clone(&kept.columns) } else { Arc::new(kept.columns.of_rows(&rows)) };
        let rater = kept.rater(&asked.choices);
        let mut made = Surveyed { asked, kept, columns, rater, plots: Vec::new(), report: None };
        match made.asked.page {
            Page::Figures => {
                for plot in made.figures() {
                    made.add(plot, ctx)?;
                }
            }
            Page::Scorer => made.judge(ctx)?,
            // Has a job of its own.
            Page::Agreement => {}
        }
        Ok(made)
    }
}

impl Kept {
    /// The place of a rater in the columns.
    fn position(&self, rater: &Rater) -> Option<usize> {
        self.request.raters.iter().position(|known| known == rater)
    }

    /// The place of the rater that was chosen, else of the first scorer that gave a score.
    fn rater(&self, choices: &SurveyChoices) -> Option<usize> {
        if let Some(chosen) = &choices.rater {
            return self.position(chosen);
        }
        let mut raters = self.request.raters.iter().zip(&self.columns.raters);
        raters.position(|(rater, column)| matches!(rater, Rater::Scorer(_)) && column.missing.is_none())
    }

    /// It gave no step a score: its scores are of steps that have gone.
    pub fn is_silent(&self, rater: &Rater) -> bool {
        let column = self.position(rater).and_then(|at| self.columns.raters.get(at));
        column.is_some_and(|column| column.missing.is_some())
    }
}

/// The columns kept before, where they are still right, else new ones.
fn read(
    asked: &Asked,
    corpus: impl FnOnce() -> Result<ProjectCorpus, JobError>,
    scorers: &[(String, ScoreKind)],
    views: &Views,
    kept: &[Arc<Kept>],
    ctx: &JobContext,
) -> Result<Arc<Kept>, JobError> {
    let by = &asked.choices.by;
    let is_right =
        |kept: &&Arc<Kept>| kept.stamp == asked.stamp && request(&asked.choices, &kept.offered) == kept.request;
    let right: Vec<&Arc<Kept>> = kept.iter().filter(is_right).collect();
    // Groups that were asked for once are there already.
    let grouped = right.iter().find(|kept| kept.columns.field(by).is_some());
    if let Some(kept) = grouped {
        return Ok(Arc::clone(kept));
    }
    let (request, offered, mut columns) = if let Some(kept) = right.first() {
        (kept.request.clone(), Arc::clone(&kept.offered), Columns::clone(&kept.columns))
    } else {
        let corpus = corpus()?;
        let offered = Arc::new(offered(&corpus, scorers, views, ctx)?);
        let request = request(&asked.choices, &offered);
        let columns = collect(&corpus, &request, ctx)?;
        (request, offered, columns)
    };
    columns.group_by(by, views, |row| row, ctx)?;
    Ok(Arc::new(Kept { stamp: asked.stamp.clone(), request, columns: Arc::new(columns), offered }))
}

/// What is read for those choices.
fn request(choices: &SurveyChoices, offered: &Offered) -> Request {
    let mut raters: Vec<Rater> = offered.raters.iter().take(RATERS).cloned().collect();
    for chosen in [&choices.rater, &choices.other].into_iter().flatten() {
        if !raters.contains(chosen) {
            raters.push(chosen.clone());
        }
    }
    let labels = choices.labels.clone().or_else(|| offered.labels.first().cloned());
    Request { raters, labels, ..Request::default() }
}

impl Surveyed {
    /// The name of whom figures are about.
    pub fn rater_name(&self) -> &str {
        self.rater.and_then(|rater| self.columns.raters.get(rater)).map_or("", |rater| rater.name.as_str())
    }

    /// Where the threshold lies that goes with the scores.
    pub fn threshold(&self) -> f64 {
        match (&self.report, self.asked.choices.threshold) {
            (Some(Ok(report)), _) => report.threshold,
            (_, Threshold::Given(threshold)) => threshold,
            _ => self.rater.map_or(0.5, |rater| self.usual_threshold(rater)),
        }
    }

    fn usual_threshold(&self, rater: usize) -> f64 {
        usual_threshold(self.columns.raters.get(rater).and_then(|rater| rater.kind))
    }

    /// Whom the scorer is compared with: the one that was chosen, else the next scorer, else a label source.
    pub fn other(&self) -> Option<usize> {
        let chosen = self.asked.choices.other.as_ref().and_then(|rater| self.kept.position(rater));
        let speaking = self.columns.raters.iter().enumerate().filter(|(_, column)| column.missing.is_none());
        chosen.or_else(|| speaking.map(|(at, _)| at).find(|at| Some(*at) != self.rater))
    }

    /// Every figure that these columns may have something for.
    fn figures(&self) -> Vec<Plot> {
        let field = self.columns.field(&self.asked.choices.by).unwrap_or(0);
        // What was asked for stands in front.
        let mut plots: Vec<Plot> = self.pair(field).into_iter().chain([Plot::ProcessOutcome]).collect();
        if let Some(rater) = self.rater {
            plots.extend([Plot::Scores { rater }, Plot::Curves { rater, sample: SAMPLE, seed: 1 }]);
        }
        plots.extend([Plot::FirstErrors { field, relative: false }, Plot::FirstErrors { field, relative: true }]);
        plots.extend(self.rater.map(|rater| Plot::Lowest { rater }));
        plots.extend([Plot::ErrorRates { field }, Plot::ByDifficulty]);
        if let Some(rater) = self.rater {
            plots.extend([Plot::Reliability { rater }, Plot::LengthScore { rater }]);
            if let Some(other) = self.other() {
                // What one means by its numbers another does not.
                let thresholds = [self.threshold(), self.usual_threshold(other)];
                plots.push(Plot::Raters { a: rater, b: other });
                plots.push(Plot::Disagreement { a: rater, b: other, thresholds, field });
            }
        }
        plots.extend([Plot::ErrorKinds { field }, Plot::ErrorTools]);
        plots.extend([Plot::Overthinking { field }, Plot::Redundancy { field }]);
        if let Some(rater) = self.rater.filter(|_| self.has_groups(field)) {
            let splits = [Split::Curves, Split::Reliability, Split::Lowest, Split::LengthScore];
            plots.extend(splits.map(|of| Plot::Split { of, rater, field }));
        }
        plots
    }

    /// The listed traces are of more than one group.
    fn has_groups(&self, field: usize) -> bool {
        let codes = self.columns.fields.get(field).map(|field| field.codes.as_slice()).unwrap_or_default();
        codes.iter().any(|code| Some(code) != codes.first())
    }

    /// Two groups beside each other, where both are there.
    fn pair(&self, field: usize) -> Option<Plot> {
        let (a, b) = self.asked.choices.pair.as_ref()?;
        let values = &self.columns.fields.get(field)?.values;
        let code = |name: &String| values.iter().position(|value| value == name).and_then(|at| u32::try_from(at).ok());
        let (rater, threshold) = (self.rater.unwrap_or(usize::MAX), self.threshold());
        Some(Plot::Groups { field, a: code(a)?, b: code(b)?, rater, threshold })
    }

    fn add(&mut self, plot: Plot, ctx: &JobContext) -> Result<(), JobError> {
        ctx.checkpoint()?;
        ctx.report(Progress { note: "counting".into(), ..Progress::default() });
        let figure = plot.figure(&self.columns, ctx)?;
        let contrast = plot.contrast(&self.columns, ctx)?;
        // Of two groups scores and lengths may be known where no share is.
        if plot.tells(&figure) || contrast.as_ref().is_some_and(Contrast::tells) {
            self.plots.push(Plotted { name: plot_name(&plot), plot: Some(plot), figure, contrast });
        }
        Ok(())
    }

    fn judge(&mut self, ctx: &JobContext) -> Result<(), JobError> {
        let Some(rater) = self.rater else { return Ok(()) };
        let SurveyChoices { threshold, by, .. } = self.asked.choices.clone();
        let settings = Settings { rater, threshold, by: Some(by), ..Settings::default() };
        let (columns, report) = match report(&self.columns, &settings, ctx) {
            Ok(made) => made,
            Err(EvaluateError::Job(stopped)) => return Err(stopped),
            Err(other) => {
                self.report = Some(Err(other.to_string()));
                return Ok(());
            }
        };
        self.columns = columns;
        self.plots = report
            .curves()
            .into_iter()
            .map(|(name, figure)| Plotted { name, plot: None, figure, contrast: None })
            .collect();
        self.report = Some(Ok(report));
        self.add(Plot::Reliability { rater }, ctx)
    }

    /// The report as a file, with all its pictures: the same as the command line writes.
    pub fn document(&self, is_markdown: bool, ctx: &JobContext) -> Result<Option<String>, JobError> {
        let (Some(Ok(report)), Some(rater)) = (&self.report, self.rater) else { return Ok(None) };
        let figures = report.figures(&self.columns, rater, ctx)?;
        Ok(Some(if is_markdown { report.to_markdown(&figures) } else { report.to_html(&figures) }))
    }
}

/// The name by which a figure is shown or left out.
const fn plot_name(plot: &Plot) -> &'static str {
    match plot {
        Plot::Scores { .. } => "scores",
        Plot::Reliability { .. } => "reliability",
        Plot::FirstErrors { relative: false, .. } => "first_errors",
        Plot::FirstErrors { relative: true, .. } => "first_errors_relative",
        Plot::Lowest { .. } => "lowest",
        Plot::Curves { .. } => "curves",
        Plot::ProcessOutcome => "process_outcome",
        Plot::Raters { .. } => "raters",
        Plot::Disagreement { .. } => "disagreement",
        Plot::ErrorRates { .. } => "error_rates",
        Plot::ByDifficulty => "difficulty",
        Plot::LengthScore { .. } => "length_score",
        Plot::ErrorKinds { .. } => "error_kinds",
        Plot::ErrorTools => "error_tools",
        Plot::Overthinking { .. } => "after_answer",
        Plot::Redundancy { .. } => "redundancy",
        Plot::Split { of: Split::Curves, .. } => "curves_by_group",
        Plot::Split { of: Split::Reliability, .. } => "reliability_by_group",
        Plot::Split { of: Split::Lowest, .. } => "lowest_by_group",
        Plot::Split { of: Split::LengthScore, .. } => "length_score_by_group",
        Plot::Groups { .. } => "groups",
    }
}
