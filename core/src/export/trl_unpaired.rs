//! TRL unpaired preference, as KTO trains on it: `{"prompt": str, "completion": str, "label": bool}`.
//!
//! A row is a step, asked for with the problem and the steps before it, or a whole path. A step that is not learned from
//! has no row.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{AfterError, PerRow, Policy};
use super::text::{check_edges, check_words, step_text};
use super::verdicts::{verdicts, walk};

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

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_one = row.get("prompt")?.is_string() && row.get("completion")?.is_string();
        (is_one && row.contains_key("label")).then(|| self.defaults())
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?, policy)
    }
}

fn steps(input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
    let (said, objection) = walk(input, policy);
    let mut prompt = input.trace.problem.text().into_owned();
    prompt.push_str(&policy.step_separator);
    let mut made = Vec::new();
    for (position, ((index, step), verdict)) in input.steps().zip(&said.steps).enumerate() {
        let text = step_text(&step.text, position + 1, policy);
        let spoilt = check_words(step, index, &text, policy)
            .and_then(|()| check_edges(&text, policy).map_err(|(rule, reason)| Objection::at(rule, index, reason)));
        if let Err(objection) = spoilt {
            // It would stand in the prompt of all that follow. A path before this one may have told of it.
            if position >= input.shared {
                made.push(Err(objection));
            }
            return made;
        }
        if position >= input.shared && !verdict.masked {
            made.push(row(&prompt, &text, verdict.good, policy));
        }
        prompt.push_str(&text);
        prompt.push_str(&policy.step_separator);
    }
    made.extend(objection.map(Err));
    if made.is_empty() && input.shared == 0 {
        made.push(Err(Objection::new(Rule::NothingToLearn, "no step is left to learn from")));
    }
    made
}

/// The whole path, whatever follows its first error.
fn path(input: &RowInput<'_>, policy: &Policy) -> Made {
    let said = verdicts(input, &Policy { after_error: AfterError::Cut, ..policy.clone() })?;
    let mut texts = Vec::with_capacity(input.path.len());
    for (number, (index, step)) in (1..).zip(input.steps()) {
        let text = step_text(&step.text, number, policy);
        check_words(step, index, &text, policy)?;
        check_edges(&text, policy).map_err(|(rule, reason)| Objection::at(rule, index, reason))?;
        texts.push(text);
    }
    let (good, bad) = said.counts();
    if good + bad == 0 {
        return Err(Objection::new(Rule::NothingToLearn, "no step is left to judge it by"));
    }
    let prompt = format!("{}{}", input.trace.problem.text(), policy.step_separator);
    row(&prompt, &texts.join(&policy.step_separator), bad == 0, policy)
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
