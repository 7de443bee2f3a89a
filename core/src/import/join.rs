//! Brings labels and scores that come without text to the traces of other files.

use std::collections::HashMap;

use serde_json::Value;

use super::{Attachment, Imported};
use crate::model::{ImportedLabel, ImportedScore, StepIndex, Trace, Verdict};

/// Where a step, or a span without steps in the metadata of its trace, keeps the span that it came from.
const SPAN: &str = "span_id";

/// By what labels of one span find it; see [`Attachment::join`].
pub(super) fn span_key(id: &str) -> String {
    format!("span:{id}")
}

/// By what labels find a trace or one of its steps.
fn keys(imported: &Imported) -> Vec<(String, Option<StepIndex>)> {
    let trace = &imported.trace;
    let whole = imported.join.iter().map(|join| (join.clone(), None));
    let span = |value: Option<&Value>| value.and_then(Value::as_str).map(span_key);
    let steps = (0..).zip(&trace.steps).filter_map(|(at, step)| Some((span(step.metadata.get(SPAN))?, Some(at))));
    let outline = trace.metadata.get("spans").and_then(Value::as_array).into_iter().flatten();
    whole.chain(steps).chain(outline.filter_map(|listed| Some((span(listed.get(SPAN))?, None)))).collect()
}

/// Attachments on their way to their traces. They are in memory: such files are small beside the traces.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    by_key: HashMap<String, Vec<Held>>,
}

#[derive(Debug)]
struct Held {
    attachment: Attachment,
    /// Number of the file it came from.
    file: usize,
    name: String,
    found: bool,
}

impl Joiner {
    /// Keeps one from that file.
    pub(super) fn hold(&mut self, file: usize, name: &str, attachment: Attachment) {
        let held = Held { file, name: name.into(), found: false, attachment };
        self.by_key.entry(held.attachment.join.clone()).or_default().push(held);
    }

    /// Adds to a trace what is known of it.
    pub(super) fn attach(&mut self, imported: &mut Imported) {
        if self.by_key.is_empty() {
            return;
        }
        for (key, place) in keys(imported) {
            self.attach_under(&key, place, &mut imported.trace);
        }
    }

    /// Adds what is known under one key. What names no step goes to `place`.
    fn attach_under(&mut self, key: &str, place: Option<StepIndex>, trace: &mut Trace) {
        let steps = trace.steps.len();
        for held in self.by_key.get_mut(key).into_iter().flatten() {
            held.found = true;
            let there = |step: Option<StepIndex>| step.is_none_or(|step| (step as usize) < steps);
            let from = &held.attachment;
            for label in &from.labels {
                if there(label.step) {
                    trace.labels.push(ImportedLabel { step: label.step.or(place), ..label.clone() });
                } else {
                    let step = label.step.unwrap_or_default();
                    let text = format!(
                        "{}: `{}` names step {step}, counted from 0; the trace has {steps}",
                        held.name, label.field
                    );
                    trace.warnings.push(text);
                }
            }
            let scores = from.scores.iter().filter(|score| there(score.step));
            trace.scores.extend(scores.map(|score| ImportedScore { step: score.step.or(place), ..score.clone() }));
            let late = from.scores.iter().filter(|score| !there(score.step)).count();
            if late > 0 {
                trace.warnings.push(format!("{}: {late} scores for steps beyond the {steps} of the trace", held.name));
            }
            if let Some(verdict) = from.verdict.filter(|_| trace.outcome.verdict == Verdict::Unknown) {
                trace.outcome.verdict = verdict;
            }
            if !from.metadata.is_empty() {
                let mut key = held.name.clone();
                while trace.metadata.contains_key(&key) {
                    key.push('\'');
                }
                trace.metadata.insert(key, from.metadata.clone().into());
            }
        }
    }

    /// How many of each file found no trace.
    pub(super) fn waiting(&self) -> HashMap<usize, u64> {
        let mut waiting = HashMap::new();
        for held in self.by_key.values().flatten().filter(|held| !held.found) {
            *waiting.entry(held.file).or_default() += 1;
        }
        waiting
    }
}
