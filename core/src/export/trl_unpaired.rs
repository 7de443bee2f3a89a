//! TRL unpaired preference, as KTO trains on it: `{"prompt": str, "completion": str, "label": bool}`.
//!
//! A row is a step, asked for with the problem and the steps before it, or a whole path. A step that is not learned from
//! has no row.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{AfterError, PerRow, Policy};
use super::text::{check_edges, check_words, step_text};
use super::verdicts::{verdicts, walk};
use crate::model::{Step, StepIndex};

/// Rows for TRL's `KTOTrainer`.
pub(super) struct TrlUnpaired;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    completion: String,
    label: bool,
}

impl ExportFormat for TrlUnpaired {
    fn name(&self) -> &'static str {
        "trl_unpaired"
    }

    fn caption(&self) -> &'static str {
        "TRL unpaired preference (KTO): a step or a whole answer, wanted or not"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "per",
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

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[("soft", "float")]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["wanted", "unwanted"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        match policy.per {
            PerRow::Step => steps(input, policy),
            PerRow::Trace => vec![path(input, policy)],
        }
    }

    fn is_text(&self, column: &str) -> bool {
        column != "label"
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_one = row.get("prompt")?.is_string() && row.get("completion")?.is_string();
        (is_one && row.contains_key("label")).then(|| self.defaults())
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?, policy)
    }
}

fn steps(input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
    let spoils = |step: &Step, index, text: &str| {
        check_words(step, index, text, policy)?;
        check_edges(text, policy).map_err(|(rule, reason)| Objection::at(rule, index, reason))
    };
    each_step(input, policy, spoils, |path, good| {
        let (last, before) = path.split_last()?;
        let mut prompt = input.trace.problem.text().into_owned();
        prompt.push_str(&policy.step_separator);
        for (_, text) in before {
            prompt.push_str(text);
            prompt.push_str(&policy.step_separator);
        }
        Some(row(&prompt, &last.1, good, policy))
    })
}

/// A row for each judged step that no path before this one had, made of the steps up to it and of whether it is good.
/// What spoils a step would stand in the prompt of all that follow, so nothing follows it.
pub(super) fn each_step<'a>(
    input: &RowInput<'a>,
    policy: &Policy,
    spoils: impl Fn(&Step, StepIndex, &str) -> Result<(), Objection>,
    row: impl Fn(&[(StepIndex, Cow<'a, str>)], bool) -> Option<Made>,
) -> Vec<Made> {
    let (said, objection) = walk(input, policy);
    let mut path: Vec<(StepIndex, Cow<'a, str>)> = Vec::with_capacity(said.steps.len());
    let mut made = Vec::new();
    for (position, ((index, step), verdict)) in input.steps().zip(&said.steps).enumerate() {
        let is_new = position >= input.shared;
        let text = step_text(&step.text, position + 1, policy);
        if let Err(objection) = spoils(step, index, &text) {
            // A path before this one may have told of it.
            if is_new {
                made.push(Err(objection));
            }
            return made;
        }
        path.push((index, text));
        if is_new && !verdict.masked {
            made.extend(row(&path, verdict.good));
        }
    }
    made.extend(objection.map(Err));
    if made.is_empty() && input.shared == 0 {
        made.push(Err(Objection::new(Rule::NothingToLearn, "no step is left to learn from")));
    }
    made
}

/// Whether the whole path is wanted: nothing in it is bad. What follows its first error is not looked at.
pub(super) fn path_is_good(input: &RowInput<'_>, policy: &Policy) -> Result<bool, Objection> {
    let said = verdicts(input, &Policy { after_error: AfterError::Cut, ..policy.clone() })?;
    match said.counts() {
        (0, 0) => Err(Objection::new(Rule::NothingToLearn, "no step is left to judge it by")),
        (_, bad) => Ok(bad == 0),
    }
}

/// The whole path, whatever follows its first error.
fn path(input: &RowInput<'_>, policy: &Policy) -> Made {
    let good = path_is_good(input, policy)?;
    let mut texts = Vec::with_capacity(input.path.len());
    for (number, (index, step)) in (1..).zip(input.steps()) {
        let text = step_text(&step.text, number, policy);
        check_words(step, index, &text, policy)?;
        check_edges(&text, policy).map_err(|(rule, reason)| Objection::at(rule, index, reason))?;
        texts.push(text);
    }
    let prompt = format!("{}{}", input.trace.problem.text(), policy.step_separator);
    row(&prompt, &texts.join(&policy.step_separator), good, policy)
}

fn row(prompt: &str, completion: &str, label: bool, policy: &Policy) -> Made {
    let line = Line { prompt: prompt.into(), completion: completion.into(), label };
    check_line(&line, policy)?;
    Ok(Row { line: to_json(&line)?, counts: vec![(if label { "wanted" } else { "unwanted" }, 1)] })
}

fn check_line(line: &Line, policy: &Policy) -> Result<(), Objection> {
    if line.prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    check_edges(&line.completion, policy)
        .map_err(|(rule, reason)| Objection::new(rule, format!("the completion {reason}")))
}
