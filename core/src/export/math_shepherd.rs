//! Math-Shepherd: `{"input", "label", "task"}`, the problem and all steps in one text. In `input` the marker `ки` follows
//! each step, in `label` a `+` or `-` stands in its place.
//!
//! Steps are numbered, as readers find the first one by its `Step 1:`. There is no sign for a step that is not learned
//! from, so steps masked after an error are cut off.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{Headings, Policy};
use super::text::{check_words, step_text};
use super::verdicts::{Verdicts, verdicts};

/// Rows as Math-Shepherd publishes them.
pub(super) struct MathShepherd;

const MARKER: &str = "ки";
const FIRST: &str = "Step 1:";
/// Written where the data does not say of which task a row is: a column of nulls would have no type.
const UNKNOWN_TASK: &str = "unknown";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    input: String,
    label: String,
    task: String,
}

impl ExportFormat for MathShepherd {
    fn name(&self) -> &'static str {
        "math_shepherd"
    }

    fn caption(&self) -> &'static str {
        "Math-Shepherd: one text, a marker after each step, + or - in its copy"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &["neutral", "after_error", "self_corrected", "unsure", "unlabelled", "soft", "soft_threshold", "only_finished"]
    }

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[("neutral", "mask"), ("unsure", "mask"), ("unlabelled", "mask"), ("soft", "float")]
    }

    fn defaults(&self) -> Policy {
        Policy { headings: Headings::Number, ..Policy::default() }
    }

    fn counted(&self) -> &'static [&'static str] {
        &["good", "bad"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![verdicts(input, policy).map(Verdicts::trimmed).and_then(|said| row(input, &said, policy))]
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        (row.get("input")?.is_string() && row.get("label")?.is_string()).then(|| self.defaults())
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn row(input: &RowInput<'_>, said: &Verdicts, policy: &Policy) -> Made {
    let problem = input.trace.problem.text();
    if problem.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    if problem.contains(MARKER) || problem.contains(FIRST) {
        let reason = format!("the problem holds `{MARKER}` or `{FIRST}`, by which the format finds the steps");
        return Err(Objection::new(Rule::Marker, reason));
    }
    let (mut text, mut label) = (problem.to_string(), problem.to_string());
    for (number, ((index, step), verdict)) in (1..).zip(input.steps().zip(&said.steps)) {
        let words = step_text(&step.text, number, policy);
        check_words(step, index, &words, policy)?;
        if words.contains(MARKER) {
            return Err(Objection::at(Rule::Marker, index, "holds `ки`, the marker of the format"));
        }
        if number == 1 && words.matches(FIRST).count() > 1 {
            return Err(Objection::at(
                Rule::Marker,
                index,
                "holds `Step 1:`, by which the format finds the first step",
            ));
        }
        let before = if number == 1 { ' ' } else { '\n' };
        for (part, mark) in [(&mut text, MARKER), (&mut label, if verdict.good { "+" } else { "-" })] {
            part.push(before);
            part.push_str(&words);
            part.push(' ');
            part.push_str(mark);
        }
    }
    let task = input.trace.metadata.get("task").and_then(|task| task.as_str()).unwrap_or(UNKNOWN_TASK);
    let line = Line { input: text, label, task: task.into() };
    check_line(&line)?;
    let (good, bad) = said.counts();
    Ok(Row { line: to_json(&line)?, counts: vec![("good", good), ("bad", bad)] })
}

fn check_line(line: &Line) -> Result<(), Objection> {
    let Some(end) = line.input.find(MARKER) else {
        return Err(Objection::new(Rule::NoSteps, format!("`input` has no marker `{MARKER}`")));
    };
    let before = line.input.get(..end).unwrap_or_default();
    let Some(start) = before.find(FIRST) else {
        return Err(Objection::new(Rule::Marker, format!("no `{FIRST}` stands before the first marker")));
    };
    if before.matches(FIRST).count() > 1 {
        let reason = format!("`{FIRST}` stands twice before the first marker, so where the steps begin is unclear");
        return Err(Objection::new(Rule::Marker, reason));
    }
    let (problem, solution) = line.input.split_at(start);
    if problem.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    let mut pieces: Vec<&str> = solution.split(MARKER).collect();
    if pieces.pop().is_some_and(|rest| !rest.trim().is_empty()) {
        return Err(Objection::new(Rule::Shape, "text follows the last marker"));
    }
    for (position, piece) in (0_u32..).zip(&pieces) {
        let heading = format!("Step {}:", u64::from(position) + 1);
        let words = piece.trim_start().strip_prefix(&heading).ok_or_else(|| {
            Objection::at(Rule::Order, position, &format!("does not begin with `{heading}`: markers and steps differ"))
        })?;
        if words.trim().is_empty() {
            return Err(Objection::at(Rule::EmptyStep, position, "has no text"));
        }
    }
    check_labels(line)
}

/// The copy differs from the text in the marks alone.
fn check_labels(line: &Line) -> Result<(), Objection> {
    let mut rest = line.label.as_str();
    for (position, piece) in (0_u32..).zip(line.input.split(MARKER)) {
        if position > 0 {
            rest = rest.strip_prefix(['+', '-']).ok_or_else(|| {
                Objection::at(Rule::Shape, position - 1, "has neither + nor - in `label` where `input` has its marker")
            })?;
        }
        rest = rest
            .strip_prefix(piece)
            .ok_or_else(|| Objection::at(Rule::Shape, position, "differs between `input` and `label`"))?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Objection::new(Rule::Shape, "`label` goes on where `input` ends")) }
}
