//! Brings labels and scores that come without text to the traces of other files.

use std::collections::HashMap;

use super::{Attachment, Imported};
use crate::model::{StepIndex, Verdict};

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
        let Some(join) = &imported.join else { return };
        let trace = &mut imported.trace;
        let steps = trace.steps.len();
        for held in self.by_key.get_mut(join).into_iter().flatten() {
            held.found = true;
            let there = |step: Option<StepIndex>| step.is_none_or(|step| (step as usize) < steps);
            let from = &held.attachment;
            for label in &from.labels {
                if there(label.step) {
                    trace.labels.push(label.clone());
                } else {
                    let step = label.step.unwrap_or_default();
                    let text = format!(
                        "{}: `{}` names step {step}, counted from 0; the trace has {steps}",
                        held.name, label.field
                    );
                    trace.warnings.push(text);
                }
            }
            trace.scores.extend(from.scores.iter().filter(|score| there(score.step)).cloned());
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
