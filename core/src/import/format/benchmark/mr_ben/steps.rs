//! The steps of a Mr-Ben solution, and the one that a label names.
//!
//! The number of a label names the printed heading `Step k:` and not the place in the list, which also holds blank
//! items and lines that continue the step above. In program text the label is the text of the wrong lines.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::import::Sample;
use crate::import::fields::{Fields, says_none, step_text, warn, whole_number};
use crate::model::{Splitter, StepIndex, StepKind, TraceBuilder};

const STEPS: &str = "Model_Solution_Steps";
const CODE: &str = "Solution";
const FENCE: &str = "```";

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static HEADING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)^\W*step\s*(\d+)").unwrap());

/// Which step a label names.
pub(super) enum Place {
    At(StepIndex),
    /// None is named.
    None,
    /// One is named that cannot be told; why.
    Unclear(String),
}

/// The number that is printed before each step.
pub(super) struct Solution {
    numbers: Vec<Option<i64>>,
}

impl Solution {
    /// Adds the steps of a row to its trace.
    pub(super) fn read(builder: &mut TraceBuilder, fields: &mut Fields, sample: &Sample) -> Self {
        let field = if fields.get(STEPS).is_some_and(|steps| !steps.is_null()) { STEPS } else { CODE };
        match fields.take(field) {
            Some(Value::Array(items)) => Self::from_items(builder, &items, field),
            Some(Value::String(text)) if text.lines().any(|line| HEADING.is_match(line)) && !text.contains(FENCE) => {
                let lines: Vec<Value> = text.lines().map(Value::from).collect();
                Self::from_items(builder, &lines, field)
            }
            Some(Value::String(code)) => {
                let splitter = sample.splitter_or(Splitter::Line);
                for line in splitter.split(&code) {
                    builder.chain(StepKind::Code, line);
                }
                builder.trace_mut().splitter = Some(splitter.to_string());
                Self { numbers: Vec::new() }
            }
            None | Some(Value::Null) => {
                warn(builder, format!("`{STEPS}` is missing; the trace has no steps"));
                Self { numbers: Vec::new() }
            }
            Some(other) => {
                warn(builder, format!("`{field}` is neither a list nor a text; kept in the metadata"));
                builder.trace_mut().metadata.insert(field.into(), other);
                Self { numbers: Vec::new() }
            }
        }
    }

    /// An item with a heading opens a step; others continue it. What comes before the first heading is a note. Without
    /// any heading, each item is a step.
    fn from_items(builder: &mut TraceBuilder, items: &[Value], field: &str) -> Self {
        let mut numbers: Vec<Option<i64>> = Vec::new();
        let heading = |text: &str| {
            let number = HEADING.captures(text)?.get(1)?.as_str().parse().ok();
            Some(number.unwrap_or(i64::MAX))
        };
        let headed = items.iter().any(|item| item.as_str().is_some_and(|text| HEADING.is_match(text)));
        let mut odd = false;
        for item in items {
            let Some(text) = step_text(item) else {
                odd = true;
                continue;
            };
            if text.trim().is_empty() {
                continue;
            }
            let number = heading(&text);
            let opens = number.is_some() || !headed || numbers.is_empty();
            if let Some(above) = builder.trace_mut().steps.last_mut().filter(|_| !opens) {
                above.text.push('\n');
                above.text.push_str(&text);
            } else {
                let kind = if headed && number.is_none() { StepKind::Note } else { StepKind::Thought };
                builder.chain(kind, text);
                numbers.push(number);
            }
        }
        if let Some(last) = builder.trace_mut().steps.last_mut().filter(|step| step.kind == StepKind::Thought) {
            last.kind = StepKind::Answer;
        }
        if numbers.is_empty() {
            warn(builder, format!("`{field}` has no text; the trace has no steps"));
        }
        if odd {
            warn(builder, format!("some entries of `{field}` are no texts; the list is kept in the metadata"));
            builder.trace_mut().metadata.insert(field.into(), Value::Array(items.to_vec()));
        }
        Self { numbers }
    }

    /// The step that a label names.
    pub(super) fn find(&self, builder: &mut TraceBuilder, label: &Value) -> Place {
        let blank = label.as_str().is_some_and(|text| text.trim().is_empty());
        if label.is_null() || says_none(label) || blank {
            return Place::None;
        }
        let Some(number) = whole_number(label) else {
            let Some(text) = label.as_str() else { return Place::Unclear("this is no step".into()) };
            return find_lines(builder, text);
        };
        let mut found = (0..).zip(&self.numbers).filter(|(_, heading)| **heading == Some(number));
        match (found.next(), found.count()) {
            (Some((step, _)), 0) => Place::At(step),
            (Some(_), more) => Place::Unclear(format!("{} steps have the heading “Step {number}”", more + 1)),
            (None, _) => Place::Unclear(format!("no step has the heading “Step {number}”")),
        }
    }
}

/// The step where these lines start, white space and code fences aside.
fn find_lines(builder: &mut TraceBuilder, text: &str) -> Place {
    let wanted: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(FENCE)).collect();
    let lines: Vec<&str> = builder.trace_mut().steps.iter().map(|step| step.text.trim()).collect();
    if wanted.is_empty() {
        return Place::None;
    }
    let mut found = (0..).zip(lines.windows(wanted.len())).filter(|(_, window)| *window == wanted.as_slice());
    match (found.next(), found.count()) {
        (Some((step, _)), 0) => Place::At(step),
        (Some(_), more) => Place::Unclear(format!("this stands in {} places", more + 1)),
        (None, _) => Place::Unclear("no step has this text".into()),
    }
}
