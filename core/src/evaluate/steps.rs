//! Each step by itself: does its score tell whether it is good? In all, and by what sort of step it is.

use serde::Serialize;

use super::Columns;
use super::binary::{Bin, Confusion, CurvePoint, Cuts, Pair, calibration_error, share};
use super::columns::{Gold, RaterColumn, TraceFacts};
use crate::job::{JobContext, JobError};
use crate::model::{StepKind, StepRating};

/// Points of a curve that is written down; figures do not change by it.
const CURVE_POINTS: usize = 200;

/// How well the scores of some steps tell good from bad. Neutral steps count as good, undecided ones not at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepFigures {
    /// Good steps with a score.
    pub good: u64,
    /// Bad steps with a score.
    pub bad: u64,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Average precision at finding bad steps by low scores.
    pub average_precision_bad: Option<f64>,
    /// Average precision at finding good steps by high scores.
    pub average_precision_good: Option<f64>,
    /// Brier score, where scores are probabilities.
    pub brier: Option<f64>,
    /// Expected calibration error, where scores are probabilities.
    pub ece: Option<f64>,
    /// Verdicts at the threshold.
    pub confusion: Confusion,
    /// Share of right verdicts.
    pub accuracy: Option<f64>,
    /// F1 at finding good steps, where there are any.
    pub f1_good: Option<f64>,
    /// F1 at finding bad steps, where there are any.
    pub f1_bad: Option<f64>,
    /// The mean of both F1 (PRMBench), where there are steps of both sorts.
    pub prm_score: Option<f64>,
}

impl StepFigures {
    fn new(cuts: &Cuts, threshold: f64, bins: usize, is_probability: bool) -> Self {
        let confusion = cuts.confusion(threshold);
        let reliability = if is_probability { cuts.reliability(bins) } else { Vec::new() };
        // Where there is nothing to find, finding it says nothing.
        let (has_good, has_bad) = (cuts.good > 0, cuts.bad > 0);
        Self {
            good: cuts.good,
            bad: cuts.bad,
            auc: cuts.auc(),
            average_precision_bad: cuts.average_precision_bad(),
            average_precision_good: cuts.average_precision_good(),
            brier: cuts.brier().filter(|_| is_probability),
            ece: calibration_error(&reliability),
            confusion,
            accuracy: confusion.accuracy(),
            f1_good: confusion.f1_good().filter(|_| has_good),
            f1_bad: confusion.f1_bad().filter(|_| has_bad),
            prm_score: confusion.prm_score().filter(|_| has_good && has_bad),
        }
    }
}

/// Figures of some of the steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Which steps.
    pub name: String,
    /// Their figures.
    #[serde(flatten)]
    pub figures: StepFigures,
}

/// Bad steps of one kind of error.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfError {
    /// The kind of error.
    pub name: String,
    /// How many bad steps have it.
    pub bad: u64,
    /// How many of them are flagged at the threshold; the others pass.
    pub flagged: u64,
    /// The share of those that are flagged.
    pub recall: Option<f64>,
    /// Area under the ROC curve of these against all good steps.
    pub auc: Option<f64>,
}

/// What is known of single steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepReport {
    /// Steps up to the first error, and all of traces without one: what comes after an error is another question.
    #[serde(flatten)]
    pub figures: StepFigures,
    /// Steps after the first error of their trace, by themselves.
    pub after_error: StepFigures,
    /// Both together, as PRMBench counts.
    pub all: StepFigures,
    /// Stated and true shares, of steps up to the first error.
    pub reliability: Vec<Bin>,
    /// The ROC curve of these, thinned out.
    pub roc: Vec<CurvePoint>,
    /// Precision over recall at finding bad ones of these, thinned out.
    pub precision_recall: Vec<CurvePoint>,
    /// By place in the path, from 1.
    pub by_position: Vec<Group>,
    /// By sort of step.
    pub by_kind: Vec<Group>,
    /// Prose and formulas, by rule of thumb.
    pub by_text: Vec<Group>,
    /// By words of the step.
    pub by_length: Vec<Group>,
    /// By kind of error, after the first error as well.
    pub by_error: Vec<OfError>,
}

/// Upper ends of groups of positions, counted from 0, and their names.
const POSITIONS: [(u32, &str); 8] =
    [(0, "1"), (1, "2"), (2, "3"), (3, "4"), (4, "5"), (9, "6–10"), (19, "11–20"), (u32::MAX, "21 and later")];

/// Upper ends of groups of lengths, in words, and their names.
const LENGTHS: [(u32, &str); 5] =
    [(10, "up to 10 words"), (25, "11–25"), (50, "26–50"), (100, "51–100"), (u32::MAX, "more than 100")];

/// Which of the ends holds the number.
pub(super) fn within(ends: &[(u32, &str)], number: u32) -> usize {
    ends.partition_point(|(end, _)| *end < number)
}

/// Whether a step counts as good; `None` where it is undecided or unjudged.
pub(super) const fn is_good(rating: Option<StepRating>) -> Option<bool> {
    match rating {
        Some(StepRating::Good | StepRating::Neutral) => Some(true),
        Some(StepRating::Bad) => Some(false),
        Some(StepRating::Unsure) | None => None,
    }
}

/// A judged step with a score.
pub(super) struct Judged {
    /// Where it stands in the columns of steps.
    pub(super) at: usize,
    /// Its place in the path, from 0.
    pub(super) position: u32,
    pub(super) pair: Pair,
    /// Behind the first error of its trace.
    pub(super) is_after: bool,
}

/// The judged steps of one trace.
pub(super) fn judged<'a>(
    columns: &'a Columns,
    rater: usize,
    trace: &'a TraceFacts,
) -> impl Iterator<Item = Judged> + 'a {
    let scores = columns.scores(rater, trace).iter();
    let ratings = columns.ratings(trace).iter();
    // Where the first error is not known, the first bad step is what can be told.
    let first_bad = columns.ratings(trace).iter().position(|rating| *rating == Some(StepRating::Bad));
    let error = match trace.gold {
        Gold::At(at) => Some(at as usize),
        Gold::NoError => None,
        Gold::Unknown => first_bad,
    };
    (0..).zip(columns.range(trace)).zip(scores.zip(ratings)).filter_map(move |((position, at), (score, rating))| {
        let good = is_good(*rating).filter(|_| !score.is_nan())?;
        let is_after = error.is_some_and(|error| position as usize > error);
        Some(Judged { at, position, pair: Pair { score: *score, good }, is_after })
    })
}

/// Figures of the steps of all traces, at a threshold. Can be stopped between traces.
pub fn step_report(
    columns: &Columns,
    rater: usize,
    threshold: f64,
    bins: usize,
    ctx: &JobContext,
) -> Result<StepReport, JobError> {
    let steps = &columns.steps;
    let is_probability = columns.raters.get(rater).is_some_and(RaterColumn::is_probability);
    let run = Run { columns, rater, threshold, bins, is_probability, ctx };
    let kind = |at: usize| steps.kind.get(at).copied().unwrap_or_default();
    let [up_to, after] = run.cuts(2, |step| Some(usize::from(step.is_after)))?.try_into().unwrap_or_default();
    let all = run.cuts(1, |_| Some(0))?.pop().unwrap_or_default();
    let before = |step: &Judged, group: usize| (!step.is_after).then_some(group);
    let kinds: Vec<&str> = StepKind::ALL.iter().map(|kind| kind.name()).collect();
    Ok(StepReport {
        figures: run.figures(&up_to),
        after_error: run.figures(&after),
        all: run.figures(&all),
        reliability: if is_probability { up_to.reliability(bins) } else { Vec::new() },
        roc: thinned(&up_to.roc()),
        precision_recall: thinned(&up_to.precision_recall_bad()),
        by_position: run.groups(&POSITIONS.map(|(_, name)| name), |s| before(s, within(&POSITIONS, s.position)))?,
        by_kind: run.groups(&kinds, |s| before(s, StepKind::ALL.iter().position(|k| *k == kind(s.at))?))?,
        by_text: run.groups(&["prose", "formulas"], |s| {
            before(s, usize::from(steps.math.get(s.at).copied().unwrap_or(false)))
        })?,
        by_length: run.groups(&LENGTHS.map(|(_, name)| name), |s| {
            before(s, within(&LENGTHS, steps.words.get(s.at).copied().unwrap_or(0)))
        })?,
        by_error: run.by_error(&all)?,
    })
}

struct Run<'a> {
    columns: &'a Columns,
    rater: usize,
    threshold: f64,
    bins: usize,
    is_probability: bool,
    ctx: &'a JobContext,
}

impl Run<'_> {
    fn figures(&self, cuts: &Cuts) -> StepFigures {
        StepFigures::new(cuts, self.threshold, self.bins, self.is_probability)
    }

    /// The steps in so many groups.
    fn cuts(&self, groups: usize, group: impl Fn(&Judged) -> Option<usize>) -> Result<Vec<Cuts>, JobError> {
        let mut pairs: Vec<Vec<Pair>> = vec![Vec::new(); groups];
        for trace in &self.columns.traces {
            self.ctx.checkpoint()?;
            for step in judged(self.columns, self.rater, trace) {
                if let Some(group) = group(&step).and_then(|group| pairs.get_mut(group)) {
                    group.push(step.pair);
                }
            }
        }
        Ok(pairs.into_iter().map(Cuts::new).collect())
    }

    fn groups(&self, names: &[&str], group: impl Fn(&Judged) -> Option<usize>) -> Result<Vec<Group>, JobError> {
        let cuts = self.cuts(names.len(), group)?;
        let some = names.iter().zip(&cuts).filter(|(_, cuts)| cuts.good + cuts.bad > 0);
        Ok(some.map(|(name, cuts)| Group { name: (*name).to_owned(), figures: self.figures(cuts) }).collect())
    }

    /// Bad steps by kind of error, each against all good ones.
    fn by_error(&self, all: &Cuts) -> Result<Vec<OfError>, JobError> {
        let names = &self.columns.error_kinds;
        if names.len() < 2 {
            return Ok(Vec::new());
        }
        let kind = |at: usize| self.columns.steps.error.get(at).copied().unwrap_or(0) as usize;
        let bad = self.cuts(names.len(), |step| (!step.pair.good).then(|| kind(step.at)))?;
        let mut made: Vec<OfError> = Vec::new();
        for (name, bad) in names.iter().zip(&bad).filter(|(_, cuts)| cuts.bad > 0) {
            self.ctx.checkpoint()?;
            let flagged = bad.confusion(self.threshold).bad_flagged;
            made.push(OfError {
                name: if name.is_empty() { "not named".into() } else { name.clone() },
                bad: bad.bad,
                flagged,
                recall: share(flagged, bad.bad),
                auc: bad.against(all).auc(),
            });
        }
        made.sort_by(|a, b| b.bad.cmp(&a.bad).then_with(|| a.name.cmp(&b.name)));
        Ok(made)
    }
}

/// So many points at most, the first and the last among them.
pub(super) fn thinned(points: &[CurvePoint]) -> Vec<CurvePoint> {
    let last = points.len().saturating_sub(1);
    if points.len() <= CURVE_POINTS {
        return points.to_vec();
    }
    (0..CURVE_POINTS).filter_map(|n| points.get(n * last / (CURVE_POINTS - 1)).copied()).collect()
}
