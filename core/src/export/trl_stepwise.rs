//! TRL stepwise supervision: `{"prompt": str, "completions": [str], "labels": [bool]}`.
//!
//! TRL has no sign for a step that is not learned from. Where the policy masks steps, the file has a row for each step
//! that is, with all steps before it, to be trained with `train_on_last_step_only`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{Policy, SoftLabels};
use super::text::{check_edges, check_words, step_text};
use super::verdicts::{Verdict, verdicts, walk};

/// Rows for TRL's `PRMTrainer`.
pub(super) struct TrlStepwise;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a, L> {
    prompt: Cow<'a, str>,
    completions: Vec<Cow<'a, str>>,
    labels: Vec<L>,
}

impl ExportFormat for TrlStepwise {
    fn name(&self) -> &'static str {
        "trl_stepwise"
    }

    fn caption(&self) -> &'static str {
        "TRL stepwise supervision: a prompt, its steps, good or bad for each"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "neutral",
            "after_error",
            "self_corrected",
            "unsure",
            "unlabelled",
            "soft",
            "soft_threshold",
            "only_finished",
            "step_separator",
            "headings",
        ]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["good", "bad"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        rows(input, policy)
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let labels = row.get("labels")?.as_array()?;
        let is_list = row.get("prompt")?.is_string() && row.get("completions")?.is_array();
        let is_float = !labels.is_empty() && labels.iter().all(Value::is_f64);
        let soft = if is_float { SoftLabels::Float } else { SoftLabels::default() };
        is_list.then(|| Policy { soft, ..self.defaults() })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        if policy.soft == SoftLabels::Float {
            check_line::<f64>(&from_json(line)?, policy)
        } else {
            check_line::<bool>(&from_json(line)?, policy)
        }
    }
}

fn rows(input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
    if policy.masks() {
        return prefixes(input, policy);
    }
    vec![verdicts(input, policy).and_then(|said| {
        let (good, bad) = said.counts();
        row(input, &said.steps, policy, vec![("good", good), ("bad", bad)])
    })]
}

/// A row for each step that is learned from, with all steps before it: the trainer learns from the last step alone
/// (`train_on_last_step_only`), so the labels before it do not count.
fn prefixes(input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
    let (said, objection) = walk(input, policy);
    let learned = said.steps.iter().enumerate().skip(input.shared).filter(|(_, step)| !step.masked);
    let mut made: Vec<Made> = learned
        .filter_map(|(position, step)| {
            let count = if step.good { "good" } else { "bad" };
            Some(row(input, said.steps.get(..=position)?, policy, vec![(count, 1)]))
        })
        .collect();
    made.extend(objection.map(Err));
    if made.is_empty() && input.shared == 0 {
        made.push(Err(Objection::new(Rule::NothingToLearn, "no step is left to learn from")));
    }
    made
}

fn row(input: &RowInput<'_>, said: &[Verdict], policy: &Policy, counts: Vec<(&'static str, u64)>) -> Made {
    // Only what the row keeps can spoil it, so a cut comes first.
    let mut completions = Vec::with_capacity(said.len());
    for (number, (index, step)) in (1..).zip(input.steps().take(said.len())) {
        let text = step_text(&step.text, number, policy);
        check_words(step, index, &text, policy)?;
        check_edges(&text, policy).map_err(|(rule, reason)| Objection::at(rule, index, reason))?;
        completions.push(text);
    }
    let prompt = input.trace.problem.text();
    let line = if policy.soft == SoftLabels::Float {
        checked(&Line { prompt, completions, labels: said.iter().map(|step| step.value).collect() }, policy)?
    } else {
        checked(&Line { prompt, completions, labels: said.iter().map(|step| step.good).collect() }, policy)?
    };
    Ok(Row { line, counts })
}

fn checked<L: Serialize>(line: &Line<'_, L>, policy: &Policy) -> Result<String, Objection> {
    check_line(line, policy)?;
    to_json(line)
}

fn check_line<L>(line: &Line<'_, L>, policy: &Policy) -> Result<(), Objection> {
    if line.prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    if line.completions.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "there are no steps"));
    }
    if line.completions.len() != line.labels.len() {
        let reason = format!("{} steps, but {} labels", line.completions.len(), line.labels.len());
        return Err(Objection::new(Rule::Shape, reason));
    }
    for (position, text) in (0..).zip(&line.completions) {
        check_edges(text, policy).map_err(|(rule, reason)| Objection::at(rule, position, reason))?;
    }
    Ok(())
}
