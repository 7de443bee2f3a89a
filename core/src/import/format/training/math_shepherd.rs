//! Math-Shepherd: one text with the marker `ки` after each step, and the same text with `+` or `-` in its place.
//!
//! One blank before a marker and one line break after it belong to the layout and are taken away with it; all else
//! of the text stays.
//!
//! Older revisions write the label behind the marker, `ки +`, with `ки ?` where there is none; others give question,
//! text and a list of labels (openreasoner/openr, whose marker is a run of line breaks).

use serde_json::Value;

use crate::import::fields::{Fields, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, Step, StepIndex, StepKind, StepRating, TraceBuilder};

const MARKER: &str = "ки";
/// What openr puts in place of the marker.
const BREAKS: &str = "\n\n\n\n\n";

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
        &[&["input", "process"], &["label", "labels"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("step markers in a text and labels for them", |row| {
            let has_marker = |key: &str| row[key].as_str().is_some_and(|text| text.contains(MARKER));
            let in_text = has_marker("input") && (row["label"].is_string() || row.get("label").is_none());
            in_text || row["question"].is_string() && row["process"].is_string() && labels(row).is_some()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let beside = labels(&row).is_some();
        let mut fields = Fields::new(row)?;
        let mut builder = if beside && fields.get("process").is_some() {
            read_process(&mut fields)?
        } else {
            read_text(&mut fields)?
        };
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// The list of labels beside the text.
fn labels(row: &Value) -> Option<&Vec<Value>> {
    row["labels"].as_array().or_else(|| row["label"].as_array())
}

fn missing(key: &str) -> RowError {
    RowError::new(format!("`{key}` is missing; add it or choose another format"))
}

/// Question and solution in one text, the labels in its copy or behind the markers.
fn read_text(fields: &mut Fields) -> Result<TraceBuilder, RowError> {
    let input = fields.text("input").ok_or_else(|| missing("input"))?;
    let label = fields.text("label");
    let label = label.as_deref().unwrap_or(&input);
    let (input, marks) = if let Some(older) = older_marks(&input, label) {
        older
    } else {
        let marks = read_marks(&input, label)?;
        (input.clone(), marks)
    };
    let (start, guessed) = solution_start(&input);
    let (question, solution) = input.split_at(start);
    let mut builder = TraceBuilder::new(Problem::from_text(question.strip_suffix(' ').unwrap_or(question)));
    if guessed {
        warn(&mut builder, "no `Step 1:` before the first marker; where the solution starts was guessed");
    }
    let inside = question.matches(MARKER).count();
    if inside > 0 {
        warn(&mut builder, format!("{inside} markers stand inside the problem; their labels are kept in the metadata"));
        builder.trace_mut().metadata.insert("label".into(), Value::String(label.to_owned()));
    }
    add_steps(&mut builder, solution, MARKER, marks.get(inside..).unwrap_or_default());
    Ok(builder)
}

/// Text and labels of the older revisions: the labels stand behind the markers, which stay in both texts.
fn older_marks(input: &str, label: &str) -> Option<(String, Vec<char>)> {
    let (pieces, _) = behind_markers(input);
    let (same, marks) = behind_markers(label);
    (pieces == same && marks.iter().any(|mark| *mark != '?')).then(|| (pieces.join(MARKER), marks))
}

/// The text between the markers, and the label behind each; `?` where there is none.
fn behind_markers(text: &str) -> (Vec<&str>, Vec<char>) {
    let mut pieces: Vec<&str> = text.split(MARKER).collect();
    let mut marks = Vec::new();
    for piece in pieces.iter_mut().skip(1) {
        let label = piece.trim_start_matches(' ');
        let mark = label.chars().next().filter(|mark| matches!(mark, '+' | '-' | '?'));
        if let Some(rest) = mark.and_then(|mark| label.strip_prefix(mark))
            && (rest.is_empty() || rest.starts_with(char::is_whitespace))
        {
            *piece = rest;
        }
        marks.push(if label == *piece { '?' } else { mark.unwrap_or('?') });
    }
    (pieces, marks)
}

/// Question, text with markers, list of labels.
fn read_process(fields: &mut Fields) -> Result<TraceBuilder, RowError> {
    let mut builder = TraceBuilder::new(Problem { prompt: fields.prompt(&["question"])?, ..Problem::default() });
    let text = fields.text("process").ok_or_else(|| missing("process"))?;
    let key = if fields.get("labels").is_some_and(Value::is_array) { "labels" } else { "label" };
    let labels = fields.list(&[key])?;
    let marker = if text.contains(MARKER) { MARKER } else { BREAKS };
    let marks: Vec<char> = labels.iter().map(mark).collect();
    let markers = text.matches(marker).count();
    if markers != marks.len() {
        let said = format!("{} labels for {markers} step markers; attached from the first on", marks.len());
        warn(&mut builder, said);
        builder.trace_mut().metadata.insert(key.into(), labels.into());
    }
    add_steps(&mut builder, &text, marker, &marks);
    Ok(builder)
}

fn mark(label: &Value) -> char {
    match label {
        Value::Null => '?',
        Value::Bool(good) => {
            if *good {
                '+'
            } else {
                '-'
            }
        }
        Value::String(text) => text.trim().chars().next().unwrap_or('?'),
        number => match whole_number(number) {
            Some(1) => '+',
            Some(0 | -1) => '-',
            _ => '\u{fffd}',
        },
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
pub(super) fn solution_start(input: &str) -> (usize, bool) {
    let before = input.find(MARKER).and_then(|end| input.get(..end)).unwrap_or(input);
    // A problem that mentions a step 1 itself: the last mention opens the solution. A marker before any mention
    // stands inside the problem.
    if let Some(start) = before.rfind("Step 1:").or_else(|| input.find("Step 1:")).or_else(|| before.rfind("step 1:")) {
        return (start, false);
    }
    (before.rfind('?').map_or(0, |at| at + 1), true)
}

fn add_steps(builder: &mut TraceBuilder, solution: &str, marker: &str, marks: &[char]) {
    let pieces: Vec<&str> = solution.split(marker).collect();
    let last = pieces.len().saturating_sub(1);
    for (index, piece) in pieces.into_iter().enumerate() {
        let mark = marks.get(index);
        if index == last && piece.trim().is_empty() {
            break;
        }
        let text = if index == 0 { piece } else { piece.strip_prefix('\n').unwrap_or(piece) };
        let text = if index < last { text.strip_suffix(' ').unwrap_or(text) } else { text };
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
        '?' => return,
        other => return warn(builder, format!("step {}: the label `{other}` is neither + nor -", step + 1)),
    };
    builder.label(Some(step), ImportedValue::Rating(rating), "rollout", "label", &mark.to_string());
}
