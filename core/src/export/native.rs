//! Stepscope's own lossless format: a whole trace with every label and score a line; imports back to the same state.

use serde_json::{Map, Value};

use crate::annotation::{StepAnnotation, TraceAnnotation};
use crate::import::native::{NativeAnnotation, NativeScores, NativeStepAnnotation, NativeTrace, SCHEMA};
use crate::model::{AnnotatorId, FirstError, ImportedValue, Label, StepRating, Trace};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::Policy;

/// Everything, to be read by Stepscope again.
pub(super) struct Native;

impl ExportFormat for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn caption(&self) -> &'static str {
        "Stepscope: everything without loss; imports back to the same state"
    }

    fn scope(&self) -> Scope {
        Scope::Trace
    }

    fn options(&self) -> &'static [&'static str] {
        &[]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["labelled", "first_error", "no_error", "good", "neutral", "bad", "unsure"]
    }

    fn rows(&self, input: &RowInput<'_>, _policy: &Policy) -> Vec<Made> {
        vec![row(input)]
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        row.get("schema")?.as_str()?.starts_with("stepscope.trace/").then(|| self.defaults())
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        let line: NativeTrace = from_json(line)?;
        if line.schema == SCHEMA {
            Ok(())
        } else {
            Err(Objection::new(Rule::Shape, format!("schema `{}` is not `{SCHEMA}`", line.schema)))
        }
    }
}

fn row(input: &RowInput<'_>) -> Made {
    let line = native_trace(input);
    check_finite(&line)?;
    Ok(Row { line: to_json(&line)?, counts: counts(input) })
}

fn native_trace(input: &RowInput<'_>) -> NativeTrace {
    let annotations = input.annotations.iter().filter(|(_, said)| !said.is_empty());
    NativeTrace {
        annotations: annotations.map(|(by, said)| annotation(input.trace, by, said)).collect(),
        computed_scores: input.scores.to_vec(),
        ..NativeTrace::from(input.trace.clone())
    }
}

fn annotation(trace: &Trace, annotator: &AnnotatorId, said: &TraceAnnotation) -> NativeAnnotation {
    let mut steps: Vec<(u32, NativeStepAnnotation)> = said
        .steps
        .iter()
        .filter(|(_, said)| **said != StepAnnotation::default())
        .map(|(hash, said)| {
            // Labels of words that the trace no longer has come last: they are still part of the log's state.
            let place = trace.find_step(hash).unwrap_or(u32::MAX);
            let labels = said.labels.iter().cloned().collect();
            let (step, rating, note) = (hash.clone(), said.rating, said.note.clone());
            (place, NativeStepAnnotation { step, rating, note, labels })
        })
        .collect();
    steps.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| left.step.cmp(&right.step)));
    NativeAnnotation {
        annotator: annotator.clone(),
        first_error: said.first_error.clone(),
        status: said.status,
        note: said.note.clone(),
        labels: said.labels.iter().cloned().collect(),
        steps: steps.into_iter().map(|(_, step)| step).collect(),
    }
}

/// JSON has no NaN and no infinity; written as null they would be lost without a word.
fn check_finite(line: &NativeTrace) -> Result<(), Objection> {
    let lossy = |what: &str, value: f64| {
        (!value.is_finite()).then(|| Objection::new(Rule::Lossy, format!("{what} is {value}, which JSON cannot hold")))
    };
    let reward = line.outcome.reward.and_then(|reward| lossy("the reward", reward));
    let imported = line.scores.iter().find_map(|s| lossy(&format!("imported score `{}`", s.name), s.value));
    let soft = line.labels.iter().find_map(|label| match label.value {
        ImportedValue::Soft(value) => lossy(&format!("label `{}`", label.field), value),
        _ => None,
    });
    let computed = |scores: &NativeScores| {
        let mut values = scores.values.iter().flatten().chain(scores.more.values());
        values.find_map(|&value| lossy(&format!("score of `{}`", scores.scorer), f64::from(value)))
    };
    let computed = line.computed_scores.iter().find_map(computed);
    let mut labels = line.annotations.iter().flat_map(|said| {
        said.labels.iter().chain(said.steps.iter().flat_map(|step| &step.labels)).map(|label| (&said.annotator, label))
    });
    let own = labels.find_map(|(by, label)| match label {
        Label::Soft(value) => lossy(&format!("a soft label of {by}"), *value),
        Label::Rated(rated) => lossy(&format!("`{}` of {by}", rated.dimension), rated.value),
        _ => None,
    });
    reward.or(imported).or(soft).or(computed).or(own).map_or(Ok(()), Err)
}

fn counts(input: &RowInput<'_>) -> Vec<(&'static str, u64)> {
    let said = || input.annotations.iter().map(|(_, said)| *said);
    let rated = |rating: StepRating| {
        let ratings = said().flat_map(|said| said.steps.values()).filter(|step| step.rating == Some(rating));
        (rating.name(), ratings.count() as u64)
    };
    let at = said().filter(|said| matches!(said.first_error, Some(FirstError::At(_)))).count() as u64;
    let none = said().filter(|said| matches!(said.first_error, Some(FirstError::NoneUpTo(_)))).count() as u64;
    let mut counts = vec![
        ("labelled", u64::from(said().any(TraceAnnotation::is_labelled))),
        ("first_error", at),
        ("no_error", none),
    ];
    counts.extend(StepRating::ALL.map(rated));
    counts
}
