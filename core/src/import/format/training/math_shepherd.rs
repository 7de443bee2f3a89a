//! Math-Shepherd: one text with the marker `ки` after each step, and the same text with `+` or `-` in its place.
//!
//! One blank before a marker and one line break after it belong to the layout and are taken away with it; all else
//! of the text stays.

use serde_json::Value;

use crate::import::fields::{Fields, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, Step, StepIndex, StepKind, StepRating, TraceBuilder};

const MARKER: &str = "ки";

/// Reads Math-Shepherd.
pub(super) struct MathShepherd;

impl Importer for MathShepherd {
    fn name(&self) -> &'static str {
        "math_shepherd"
    }

    fn caption(&self) -> &'static str {
        "Math-Shepherd: labels inside the text"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["input"], &["label"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("step markers in `input` and a `label`", |row| {
            row["input"].as_str().is_some_and(|text| text.contains(MARKER)) && row["label"].is_string()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let missing = |key: &str| RowError::new(format!("`{key}` is missing; add it or choose another format"));
        let input = fields.text("input").ok_or_else(|| missing("input"))?;
        let label = fields.text("label").ok_or_else(|| missing("label"))?;
        let marks = read_marks(&input, &label)?;
        let (start, guessed) = solution_start(&input);
        let (question, solution) = input.split_at(start);
        let mut builder = TraceBuilder::new(Problem::from_text(question.strip_suffix(' ').unwrap_or(question)));
        if guessed {
            warn(&mut builder, "no `Step 1:` before the first marker; where the solution starts was guessed");
        }
        let inside = question.matches(MARKER).count();
        if inside > 0 {
            warn(
                &mut builder,
                format!("{inside} markers stand inside the problem; their labels are kept in the metadata"),
            );
            builder.trace_mut().metadata.insert("label".into(), Value::String(label));
        }
        add_steps(&mut builder, solution, marks.get(inside..).unwrap_or_default());
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// The characters that stand in `label` where `input` has the marker.
fn read_marks(input: &str, label: &str) -> Result<Vec<char>, RowError> {
    let mut parts = input.split(MARKER);
    let differs = |step: usize| {
        RowError::new(format!(
            "`input` and `label` differ before marker {step}; they must be equal but for the markers"
        ))
    };
    let first = parts.next().unwrap_or_default();
    let mut rest = label.strip_prefix(first).ok_or_else(|| differs(1))?;
    let mut marks = Vec::new();
    for part in parts {
        let mark = rest.chars().next().ok_or_else(|| differs(marks.len() + 1))?;
        marks.push(mark);
        let after = rest.get(mark.len_utf8()..).unwrap_or_default();
        rest = after.strip_prefix(part).ok_or_else(|| differs(marks.len() + 1))?;
    }
    if marks.is_empty() {
        return Err(RowError::new(format!("`input` has no step marker `{MARKER}`; add one after each step")));
    }
    if rest.is_empty() { Ok(marks) } else { Err(differs(marks.len() + 1)) }
}

/// Where the first step starts, and whether that is a guess.
fn solution_start(input: &str) -> (usize, bool) {
    let before = input.find(MARKER).and_then(|end| input.get(..end)).unwrap_or(input);
    // A problem that mentions a step 1 itself: the last mention opens the solution. A marker before any mention
    // stands inside the problem.
    if let Some(start) = before.rfind("Step 1:").or_else(|| input.find("Step 1:")).or_else(|| before.rfind("step 1:")) {
        return (start, false);
    }
    (before.rfind('?').map_or(0, |at| at + 1), true)
}

fn add_steps(builder: &mut TraceBuilder, solution: &str, marks: &[char]) {
    let pieces: Vec<&str> = solution.split(MARKER).collect();
    let last = pieces.len().saturating_sub(1);
    for (index, piece) in pieces.into_iter().enumerate() {
        let mark = marks.get(index);
        if index == last && piece.trim().is_empty() {
            break;
        }
        let text = if index == 0 { piece } else { piece.strip_prefix('\n').unwrap_or(piece) };
        let text = if mark.is_some() { text.strip_suffix(' ').unwrap_or(text) } else { text };
        let parent = builder.last_step();
        let step = builder.push(Step { parent, text: text.into(), on_path: true, ..Step::default() });
        if let Some(mark) = mark {
            rate(builder, step, *mark);
        }
    }
    if let Some(step) = builder.trace_mut().steps.last_mut() {
        step.kind = StepKind::Answer;
    }
}

fn rate(builder: &mut TraceBuilder, step: StepIndex, mark: char) {
    let rating = match mark {
        '+' => StepRating::Good,
        '-' => StepRating::Bad,
        other => return warn(builder, format!("step {}: the label `{other}` is neither + nor -", step + 1)),
    };
    builder.label(Some(step), ImportedValue::Rating(rating), "rollout", "label", &mark.to_string());
}
