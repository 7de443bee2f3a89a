//! The job that reads a project once and keeps what figures need, in columns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::EvaluateError;
use super::columns::{Codes, Columns, Gold, LeftOut, RaterColumn, StepFacts};
use super::read::{Read, Reader};
use super::request::{Rater, Request};
use crate::job::{JobContext, Progress};
use crate::labels::{Corpus, Why};

/// Traces that are read at once on all cores; between two such lots the job can be stopped.
const LOT: u32 = 512;

/// Reads every trace of a corpus once. No text is kept.
///
/// Traces without clear labels stay, with [`Gold::Unknown`](super::Gold::Unknown) and no ratings, for the figures that
/// need no labels; they are counted by reason in [`Columns::left_out`]. A scorer without a score stays as well, with
/// [`RaterColumn::missing`]: only who asks for it by name has to be told. Fails where a label source cannot be used.
/// Traces are grouped by [`Columns::group_by`].
pub fn collect(corpus: &dyn Corpus, request: &Request, ctx: &JobContext) -> Result<Columns, EvaluateError> {
    let reader = Reader::new(corpus, request)?;
    let total = u32::try_from(corpus.len()).unwrap_or(u32::MAX);
    let mut gathered = Gathered::new(&reader);
    let mut from = 0;
    while from < total {
        ctx.checkpoint()?;
        let to = from.saturating_add(LOT).min(total);
        let lot: Vec<Result<Read, EvaluateError>> = (from..to).into_par_iter().map(|row| reader.read(row)).collect();
        for read in lot {
            gathered.add(read?);
        }
        ctx.report(Progress { done: to.into(), total: Some(total.into()), note: "traces read".into() });
        from = to;
    }
    Ok(gathered.finish(request))
}

struct Gathered {
    columns: Columns,
    steps: StepFacts,
    /// One per rater, of one number per step.
    values: Vec<Vec<f64>>,
    problems: Codes,
    answers: Codes,
    errors: Codes,
    tools: Codes,
    left_out: BTreeMap<Why, u64>,
    /// Traces with labels that leave the first error open.
    unsettled: u64,
    other_scores: BTreeSet<String>,
}

impl Gathered {
    fn new(reader: &Reader<'_>) -> Self {
        let raters = reader.request.raters.iter().map(|rater| RaterColumn { name: rater.name(), ..Default::default() });
        let labels = reader.judge.name().to_string();
        Self {
            columns: Columns { labels, raters: raters.collect(), ..Columns::default() },
            steps: StepFacts::default(),
            values: vec![Vec::new(); reader.request.raters.len()],
            problems: Codes::default(),
            answers: Codes::default(),
            errors: Codes::with_empty(),
            tools: Codes::with_empty(),
            left_out: BTreeMap::new(),
            unsettled: 0,
            other_scores: BTreeSet::new(),
        }
    }

    fn add(&mut self, read: Read) {
        let steps = &mut self.steps;
        let mut facts = read.facts;
        facts.first_step = u32::try_from(steps.kind.len()).unwrap_or(u32::MAX);
        facts.steps = u32::try_from(read.steps.len()).unwrap_or(u32::MAX);
        facts.problem = self.problems.code(&read.problem);
        if let Some(answer) = &read.answer {
            facts.answer = self.answers.code(answer);
        }
        for step in read.steps {
            let StepFacts { rating, kind, words, math, redundant, error, tool } = &mut *steps;
            rating.push(step.rating);
            kind.push(step.kind);
            words.push(step.words);
            math.push(step.math);
            redundant.push(step.redundant);
            error.push(self.errors.code(&step.error));
            tool.push(self.tools.code(&step.tool));
        }
        for ((column, values), said) in self.columns.raters.iter_mut().zip(&mut self.values).zip(read.values) {
            column.kind = column.kind.or(said.kind);
            values.extend(said.values);
            column.speaks.push(said.speaks);
        }
        match read.unclear {
            Some(why) => *self.left_out.entry(why).or_default() += 1,
            None => self.unsettled += u64::from(facts.gold == Gold::Unknown),
        }
        self.other_scores.extend(read.other_scores);
        self.columns.traces.push(facts);
    }

    fn finish(self, request: &Request) -> Columns {
        let mut columns = self.columns;
        for (rater, column) in request.raters.iter().zip(&mut columns.raters) {
            if matches!(rater, Rater::Scorer(_)) && !column.speaks.is_empty() && !column.speaks.contains(&true) {
                let known: Vec<&str> = self.other_scores.iter().map(String::as_str).collect();
                column.missing = Some(if known.is_empty() { "none".to_owned() } else { known.join(", ") });
            }
        }
        columns.steps = Arc::new(self.steps);
        for (column, values) in columns.raters.iter_mut().zip(self.values) {
            column.ends = ends(&values);
            column.values = Arc::new(values);
        }
        columns.problem_names = Arc::new(self.problems.names());
        columns.error_kinds = self.errors.names();
        columns.tools = self.tools.names();
        let left_out = |(why, traces): (Why, u64)| LeftOut { reason: reason(why).into(), traces };
        columns.left_out = self.left_out.into_iter().map(left_out).collect();
        if self.unsettled > 0 {
            columns.left_out.push(LeftOut { reason: UNSETTLED.into(), traces: self.unsettled });
        }
        columns
    }
}

/// The lowest and the highest number that is finite.
fn ends(values: &[f64]) -> Option<(f64, f64)> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    finite.fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// Why the labels of a trace say nothing: they say this and that.
pub const CONTRADICTION: &str = "labels contradict one another";

/// Why a trace with labels has no first error that is known. Its steps are judged all the same.
const UNSETTLED: &str = "labels that leave the first error open, though they say something of steps";

/// The reason in a few words.
fn reason(why: Why) -> &'static str {
    match why {
        Why::NoLabels => "no labels",
        Why::Contradiction => CONTRADICTION,
        Why::Unsure => "first error left undecided",
        Why::LostStep => "labels of steps that are no longer there",
        Why::NoSteps => "no steps",
        Why::Defective => "problem flagged as defective",
        Why::Skipped => "skipped by the annotator",
        Why::Disagreement => "the sources disagree",
    }
}
