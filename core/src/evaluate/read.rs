//! Reads off one trace what an evaluation needs, on any thread.

use std::collections::BTreeSet;

use super::columns::{Gold, NOTHING, TraceFacts};
use super::reading::{answer_reached, final_answer, is_math};
use super::request::{Rater, Request};
use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::labels::{Corpus, Judge, Resolved, Why};
use crate::model::{
    FirstBad, ImportedValue, Label, LabelKind, OutcomeLabel, ScoreKind, Step, StepIndex, StepKind, StepRating, Trace,
    Verdict, first_bad, word_count,
};

/// A trace, read.
pub(super) struct Read {
    pub(super) facts: TraceFacts,
    pub(super) problem: String,
    pub(super) answer: Option<String>,
    pub(super) steps: Vec<StepRead>,
    /// One per rater, of one number per step.
    pub(super) values: Vec<Said>,
    /// Why the labels say nothing clear.
    pub(super) unclear: Option<Why>,
    /// The names of its step scores, where one that was asked for is not among them.
    pub(super) other_scores: BTreeSet<String>,
}

/// A step of the main path.
pub(super) struct StepRead {
    pub(super) rating: Option<StepRating>,
    pub(super) kind: StepKind,
    pub(super) words: u32,
    pub(super) math: bool,
    pub(super) redundant: bool,
    pub(super) error: String,
    pub(super) tool: String,
}

/// What a rater says of a trace.
#[derive(Default)]
pub(super) struct Said {
    pub(super) values: Vec<f64>,
    pub(super) speaks: bool,
    pub(super) kind: Option<ScoreKind>,
}

/// Who is asked.
pub(super) enum Asked<'a> {
    Scorer(&'a str),
    Judge(Judge<'a>),
}

/// What stays the same for all traces.
pub(super) struct Reader<'a> {
    pub(super) corpus: &'a dyn Corpus,
    pub(super) request: &'a Request,
    pub(super) judge: Judge<'a>,
    pub(super) asked: Vec<Asked<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(corpus: &'a dyn Corpus, request: &'a Request) -> Result<Self, super::EvaluateError> {
        let judge = Judge::new(request.labels.as_ref(), corpus)?;
        let mut asked = Vec::with_capacity(request.raters.len());
        for rater in &request.raters {
            asked.push(match rater {
                Rater::Scorer(name) => Asked::Scorer(name),
                Rater::Labels(source) => Asked::Judge(Judge::new(Some(source), corpus)?),
            });
        }
        Ok(Self { corpus, request, judge, asked })
    }

    pub(super) fn read(&self, row: u32) -> Result<Read, super::EvaluateError> {
        let failed = |reason| super::EvaluateError::Trace { row, reason };
        let trace = self.corpus.trace(row).map_err(failed)?;
        let (made, said, unclear) = match self.judge.judge(&trace) {
            Ok((made, said)) => (made, said, None),
            Err(unclear) => (None, Resolved::nothing(trace.steps.len()), Some(unclear.why)),
        };
        let seen = made.as_ref().unwrap_or(&trace);
        let annotations = self.judge.said(&trace.id);
        let own = self.judge.own(&annotations);
        let path = seen.tree().main_path(&seen.steps);
        let ratings: Vec<Option<StepRating>> = path.iter().map(|&step| self.rating(&said, step, unclear)).collect();
        let steps: Vec<&Step> = path.iter().filter_map(|&step| seen.step(step)).collect();
        let words: Vec<u32> = steps.iter().map(|step| word_count(&step.text)).collect();
        let answer = final_answer(seen, &path);
        let reached = answer.as_deref().and_then(|answer| answer_reached(&steps, answer));
        let sum = |words: &[u32]| words.iter().fold(0_u32, |sum, words| sum.saturating_add(*words));
        let facts = TraceFacts {
            row,
            gold: gold(&steps, &ratings),
            outcome: outcome(seen, own),
            words: sum(&words),
            after_answer: reached.map_or(NOTHING, |at| sum(words.get(at + 1..).unwrap_or_default())),
            answer: NOTHING,
            ..TraceFacts::default()
        };
        let scores = if self.asked.iter().any(|asked| matches!(asked, Asked::Scorer(_))) {
            self.corpus.scores(seen)
        } else {
            Vec::new()
        };
        let mut other_scores = BTreeSet::new();
        let mut values = Vec::with_capacity(self.asked.len());
        for asked in &self.asked {
            values.push(match asked {
                Asked::Scorer(name) => {
                    let said = scored(seen, &path, name, &scores);
                    if !said.speaks {
                        other_scores.extend(scores.iter().map(|scores| scores.scorer.clone()));
                        let imported = seen.scores.iter().filter(|score| score.step.is_some());
                        other_scores.extend(imported.map(|score| score.name.clone()));
                    }
                    said
                }
                Asked::Judge(judge) => self.judged(judge, &trace, seen, &path),
            });
        }
        let steps = path.iter().zip(steps).zip(ratings).zip(words);
        let steps = steps.map(|(((&at, step), rating), words)| StepRead {
            rating,
            kind: step.kind,
            words,
            math: is_math(&step.text),
            redundant: redundant(seen, own, at),
            error: error_kind(seen, own, at, rating),
            tool: step.tool.as_ref().map(|tool| tool.name.clone()).unwrap_or_default(),
        });
        Ok(Read {
            facts,
            problem: self.corpus.problem(row).map_err(failed)?.as_str().to_owned(),
            answer,
            steps: steps.collect(),
            values,
            unclear,
            other_scores,
        })
    }

    /// What a source takes a step for.
    fn rating(&self, said: &Resolved, step: StepIndex, unclear: Option<Why>) -> Option<StepRating> {
        let at = step as usize;
        let soft = || said.soft.get(at).copied().flatten().filter(|soft| !soft.is_nan());
        let of_soft = |soft| if soft >= self.request.soft_from { StepRating::Good } else { StepRating::Bad };
        let rating = said.ratings.get(at).copied().flatten().or_else(|| soft().map(of_soft));
        rating.or_else(|| (self.request.unjudged_good && unclear.is_none()).then_some(StepRating::Good))
    }

    /// The labels of another source as numbers, for the steps of `path`.
    fn judged(&self, judge: &Judge<'_>, trace: &Trace, seen: &Trace, path: &[StepIndex]) -> Said {
        let Ok((made, said)) = judge.judge(trace) else {
            return Said { values: vec![f64::NAN; path.len()], ..Said::default() };
        };
        let other = made.as_ref().unwrap_or(trace);
        // Both may have cut and joined the steps in their own way; what is the same step has the same hash.
        let place = |at: StepIndex| {
            let hash = &seen.step(at)?.hash;
            if other.step(at).is_some_and(|step| step.hash == *hash) { Some(at) } else { other.find_step(hash) }
        };
        let mut values = Vec::with_capacity(path.len());
        let mut ratings = Vec::with_capacity(path.len());
        for &at in path {
            let place = place(at);
            let rating = place.and_then(|at| self.rating(&said, at, None));
            let soft = place.and_then(|at| said.soft.get(at as usize).copied().flatten());
            values.push(soft.unwrap_or(match rating {
                Some(StepRating::Good | StepRating::Neutral) => 1.0,
                Some(StepRating::Bad) => 0.0,
                Some(StepRating::Unsure) | None => f64::NAN,
            }));
            ratings.push(rating);
        }
        let steps: Vec<&Step> = path.iter().filter_map(|&step| seen.step(step)).collect();
        Said { values, speaks: gold(&steps, &ratings) != Gold::Unknown, kind: None }
    }
}

/// The first error along a path with these ratings.
fn gold(path: &[&Step], ratings: &[Option<StepRating>]) -> Gold {
    match first_bad(path.iter().zip(ratings).map(|(step, rating)| step.rated(*rating))) {
        Some(FirstBad::At(at)) => u32::try_from(at).map_or(Gold::Unknown, Gold::At),
        Some(FirstBad::Nowhere) => Gold::NoError,
        None => Gold::Unknown,
    }
}

/// The scores of that name along the path: computed ones, else imported ones.
fn scored(trace: &Trace, path: &[StepIndex], name: &str, computed: &[NativeScores]) -> Said {
    let (kind, values) = if let Some(scores) = computed.iter().find(|scores| scores.scorer == name) {
        (Some(scores.kind), scores.values.iter().map(|value| value.map(f64::from)).collect())
    } else {
        let of_step = trace.scores.iter().find(|score| score.name == name && score.step.is_some());
        (of_step.map(|score| score.kind), trace.imported_scores(name))
    };
    let of_step = |at: &StepIndex| values.get(*at as usize).copied().flatten().unwrap_or(f64::NAN);
    let values: Vec<f64> = path.iter().map(of_step).collect();
    Said { speaks: values.iter().any(|value| !value.is_nan()), values, kind }
}

/// The annotator's word on the final answer, else the source's.
fn outcome(trace: &Trace, own: Option<&TraceAnnotation>) -> Verdict {
    match own.and_then(|own| own.labels.only(LabelKind::Outcome)) {
        Some(Label::Outcome(OutcomeLabel::Right)) => Verdict::Correct,
        Some(Label::Outcome(OutcomeLabel::Wrong)) => Verdict::Incorrect,
        _ => trace.outcome.verdict,
    }
}

fn redundant(trace: &Trace, own: Option<&TraceAnnotation>, at: StepIndex) -> bool {
    if let Some(own) = own {
        let said = trace.step(at).and_then(|step| own.steps.get(&step.hash));
        return said.is_some_and(|said| said.labels.has(LabelKind::Redundant));
    }
    let tags = trace.labels.iter().filter(|label| label.step == Some(at) && label.value == ImportedValue::Tag);
    // PRMBench spells it `redundency`.
    tags.into_iter().any(|label| label.raw.to_ascii_lowercase().contains("redund"))
}

/// What sort of error a step makes: the annotator's word, else the first tag that came with a bad step.
fn error_kind(trace: &Trace, own: Option<&TraceAnnotation>, at: StepIndex, rating: Option<StepRating>) -> String {
    if let Some(own) = own {
        let said = trace.step(at).and_then(|step| own.steps.get(&step.hash));
        let kind = said.and_then(|said| {
            said.labels.iter().find_map(|label| match label {
                Label::Error(error) => Some(error.kind.clone()),
                _ => None,
            })
        });
        return kind.unwrap_or_default();
    }
    if rating != Some(StepRating::Bad) {
        return String::new();
    }
    let mut tags = trace.labels.iter().filter(|label| label.step == Some(at) && label.value == ImportedValue::Tag);
    tags.next().map(|label| label.raw.clone()).unwrap_or_default()
}
