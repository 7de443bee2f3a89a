//! ProcessBench: `{id, generator, problem, steps, final_answer_correct, label}`, `label` the first error from 0 or -1.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Verdict;

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::Policy;
use super::verdicts::verdicts;

/// Rows as ProcessBench publishes them.
pub(super) struct ProcessBench;

/// Written where the generator is not known: a column of nulls would have no type.
const UNKNOWN_GENERATOR: &str = "unknown";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    generator: String,
    problem: String,
    steps: Vec<String>,
    final_answer_correct: bool,
    label: i64,
}

impl ExportFormat for ProcessBench {
    fn name(&self) -> &'static str {
        "processbench"
    }

    fn caption(&self) -> &'static str {
        "ProcessBench: all steps and the position of the first error"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &["neutral", "unsure", "unlabelled", "soft", "soft_threshold", "only_finished"]
    }

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[("neutral", "mask"), ("unsure", "mask"), ("unlabelled", "mask"), ("soft", "float")]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["error", "no_error"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![row(input, policy)]
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_one = row.get("steps")?.is_array() && row.get("problem")?.is_string();
        (is_one && row.contains_key("label")).then(|| self.defaults())
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn row(input: &RowInput<'_>, policy: &Policy) -> Made {
    // Labels after the first error have no place here, so they cannot refuse the row either.
    let first_error = verdicts(input, policy)?.first_error;
    let final_answer_correct = outcome(input)?;
    let label = match first_error {
        None => -1,
        Some(position) => i64::try_from(position).unwrap_or(i64::MAX),
    };
    let line = Line {
        id: input.id.into(),
        generator: input.trace.generator.clone().unwrap_or_else(|| UNKNOWN_GENERATOR.into()),
        problem: input.trace.problem.text().into_owned(),
        steps: input.steps().map(|(_, step)| step.text.clone()).collect(),
        final_answer_correct,
        label,
    };
    check_line(&line)?;
    let counts = vec![(if label < 0 { "no_error" } else { "error" }, 1)];
    Ok(Row { line: to_json(&line)?, counts })
}

fn outcome(input: &RowInput<'_>) -> Result<bool, Objection> {
    if !input.is_main_path {
        let reason = "the outcome is that of the main path; whether this branch ends right is not known";
        let mut objection = Objection::new(Rule::UnknownOutcome, reason);
        objection.step = input.path.last().copied();
        return Err(objection);
    }
    match input.trace.outcome.verdict {
        Verdict::Correct => Ok(true),
        Verdict::Incorrect => Ok(false),
        Verdict::Unknown => Err(Objection::new(Rule::UnknownOutcome, "whether the final answer is right is not known")),
    }
}

fn check_line(line: &Line) -> Result<(), Objection> {
    if line.problem.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    if line.steps.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "there are no steps"));
    }
    if line.id.is_empty() {
        return Err(Objection::new(Rule::Shape, "the id is empty"));
    }
    if let Some(position) = line.steps.iter().position(|step| step.trim().is_empty()) {
        return Err(Objection::at(Rule::EmptyStep, u32::try_from(position).unwrap_or(u32::MAX), "has no text"));
    }
    let steps = i64::try_from(line.steps.len()).unwrap_or(i64::MAX);
    if line.label < -1 || line.label >= steps {
        let reason = format!("label {} is outside -1..{steps}", line.label);
        return Err(Objection::new(Rule::Shape, reason));
    }
    Ok(())
}
