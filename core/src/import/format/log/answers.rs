//! What harnesses log of one question: answers in words, or choices that the model weighed.

use serde_json::Value;

use crate::import::Sample;
use crate::import::fields::float;
use crate::model::{Problem, ScoreKind, Splitter, Step, StepKind, TraceBuilder};

/// An answer in words, split into steps.
pub(super) fn answered(problem: Problem, text: &str, sample: &Sample) -> TraceBuilder {
    let splitter = sample.splitter_or(Splitter::BlankLine);
    let mut builder = TraceBuilder::new(problem);
    for part in splitter.split(text) {
        builder.chain(StepKind::Thought, part);
    }
    let trace = builder.trace_mut();
    trace.splitter = Some(splitter.to_string());
    match trace.steps.last_mut() {
        Some(last) => last.kind = StepKind::Answer,
        None => trace.warnings.push("the answer is blank; the trace has no steps".into()),
    }
    builder
}

/// Choices that the model weighed, side by side; the likeliest is on the path.
pub(super) fn weighed(problem: Problem, choices: &[(String, Option<f64>)], score: &str) -> TraceBuilder {
    let mut builder = TraceBuilder::new(problem);
    let known = |choice: &(String, Option<f64>)| choice.1.unwrap_or(f64::NEG_INFINITY);
    let likeliest = (0..choices.len()).reduce(|best, at| {
        let better = choices.get(at).map(known) > choices.get(best).map(known);
        if better { at } else { best }
    });
    for (number, (text, weight)) in choices.iter().enumerate() {
        let on_path = likeliest == Some(number);
        let step = builder.push(Step { kind: StepKind::Answer, text: text.clone(), on_path, ..Step::default() });
        if let Some(weight) = weight {
            builder.score(Some(step), score, ScoreKind::Logit, *weight);
        }
    }
    builder
}

/// Whether a metric says that an answer is right: 1 or true for right, 0 or false for wrong.
pub(super) fn verdict(metric: &Value) -> Option<bool> {
    match (metric.as_bool(), float(metric)) {
        (Some(right), _) => Some(right),
        (_, Some(number)) if number.to_bits() == 1.0_f64.to_bits() => Some(true),
        (_, Some(0.0)) => Some(false),
        _ => None,
    }
}
