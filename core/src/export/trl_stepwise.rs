//! TRL stepwise supervision: `{"prompt": str, "completions": [str], "labels": [bool]}`.

use serde::{Deserialize, Serialize};

use super::format::{ExportFormat, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::Policy;
use super::verdicts::verdicts;

/// Rows for TRL's `PRMTrainer`.
pub(super) struct TrlStepwise;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    completions: Vec<String>,
    labels: Vec<bool>,
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
        &["neutral", "after_error", "unsure", "unlabelled", "only_finished", "step_separator"]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["good", "bad"]
    }

    fn row(&self, input: &RowInput<'_>, policy: &Policy) -> Result<Row, Objection> {
        let labels = verdicts(input, policy, policy.after_error)?.good;
        // Only what the row keeps can spoil it, so a cut comes first.
        for (index, step) in input.steps().take(labels.len()) {
            check_step(&step.text, policy).map_err(|(rule, reason)| match (rule, &step.tool) {
                (Rule::EmptyStep, Some(_)) => Objection::at(rule, index, "is a tool call without text"),
                _ => Objection::at(rule, index, reason),
            })?;
        }
        let completions: Vec<String> = input.steps().take(labels.len()).map(|(_, s)| s.text.clone()).collect();
        let good = labels.iter().filter(|&&good| good).count() as u64;
        let counts = vec![("good", good), ("bad", labels.len() as u64 - good)];
        let line = Line { prompt: input.trace.problem.text().into_owned(), completions, labels };
        check_line(&line, policy)?;
        Ok(Row { line: to_json(&line)?, counts })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?, policy)
    }
}

fn check_line(line: &Line, policy: &Policy) -> Result<(), Objection> {
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
        check_step(text, policy).map_err(|(rule, reason)| Objection::at(rule, position, reason))?;
    }
    Ok(())
}

fn check_step(text: &str, policy: &Policy) -> Result<(), (Rule, &'static str)> {
    let separator = policy.step_separator.as_str();
    if text.trim().is_empty() {
        return Err((Rule::EmptyStep, "has no text"));
    }
    if !separator.is_empty() && text.starts_with(separator) {
        return Err((Rule::Separator, "begins with the step separator"));
    }
    if !separator.is_empty() && text.ends_with(separator) {
        return Err((Rule::Separator, "ends with the step separator"));
    }
    Ok(())
}
