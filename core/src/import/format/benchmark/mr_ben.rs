//! Mr-Ben: for each question up to three solutions, with the first error, and two persons' reasons and corrections
//! (dvlab-research/Mr-Ben).
//!
//! A file is one object: the key names the question or the subject, the value is a row or a list of rows. Rows on
//! their own are read as well.

mod steps;

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, says_none, verdict, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedValue, Metadata, Problem, Prompt, StepIndex, TraceBuilder, Verdict};
use steps::{Place, Solution};

const CORRECTNESS: &str = "Model_Solution_Correctness";
const ERROR_STEP: &str = "Model_Solution_First_Error_Step";
const REASON: &str = "Model_Solution_Error_Reason";
const CORRECTION: &str = "Model_Solution_Rectified_First_Error_Step";
/// Where the key of an object is found that was taken apart into rows.
const KEY: &str = "_key";

/// Reads Mr-Ben.
pub(super) struct MrBen;

impl Importer for MrBen {
    fn name(&self) -> &'static str {
        "mr_ben"
    }

    fn caption(&self) -> &'static str {
        "Mr-Ben: first error with reasons and corrections"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["Question"], &["Model_Solution_Steps", "Solution"], &[CORRECTNESS], &[ERROR_STEP]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`Question` and where a model's solution first goes wrong", is_entry).or_else(|| {
            let found = sample.recognise("a key for each question, and its solutions", is_keyed)?;
            Some(Recognition { unit: Unit::Document, ..found })
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        match row {
            Value::Array(rows) => Ok(rows.into_iter().map(|row| read(row, None, sample)).collect()),
            Value::Object(map) if !is_row(&map) => {
                let mut found = Vec::new();
                for (key, entry) in map {
                    match entry {
                        Value::Array(rows) => found.extend(rows.into_iter().map(|row| read(row, Some(&key), sample))),
                        row => found.push(read(row, Some(&key), sample)),
                    }
                }
                Ok(found)
            }
            Value::Object(map) => Ok(vec![read(map.into(), None, sample)]),
            other => Err(RowError::new(format!("the row is {}; expected an object of questions", kind(&other)))),
        }
    }
}

fn is_row(row: &Metadata) -> bool {
    row.contains_key("Question") && (row.contains_key(ERROR_STEP) || row.contains_key(CORRECTNESS))
}

fn is_entry(value: &Value) -> bool {
    let row = |value: &Value| value.as_object().is_some_and(is_row);
    row(value) || value.as_array().is_some_and(|rows| rows.iter().any(row))
}

fn is_keyed(value: &Value) -> bool {
    value.as_object().is_some_and(|map| {
        let entries = map.values().filter(|value| is_entry(value)).count();
        entries > 0 && entries * 2 >= map.len()
    })
}

/// Reads one solution. It never fails, so that one odd row does not cost the others of the document.
fn read(row: Value, key: Option<&str>, sample: &Sample) -> Imported {
    let mut fields = match row {
        Value::Object(map) => Fields::from(map),
        other => {
            let mut builder = TraceBuilder::default();
            warn(&mut builder, format!("a solution is {}; expected an object, so it has no steps", kind(&other)));
            builder.trace_mut().metadata.insert(key.unwrap_or(KEY).into(), other);
            return builder.into();
        }
    };
    let mut builder = TraceBuilder::default();
    builder.trace_mut().problem = problem(&mut fields);
    if builder.trace_mut().problem.text().is_empty() {
        warn(&mut builder, "`Question` is missing; add the text of the problem");
    }
    let (uuid, model) = (fields.text("Question_UUID"), fields.text("Sampled_Model"));
    keep_key(&mut builder, &mut fields, key, uuid.as_deref());
    builder.trace_mut().source_id = match (uuid, &model) {
        (Some(uuid), Some(model)) => Some(format!("{uuid}#{model}")),
        (uuid, _) => uuid,
    };
    builder.trace_mut().generator = model;
    let solution = Solution::read(&mut builder, &mut fields, sample);
    let step = label(&mut builder, &mut fields, &solution);
    explain(&mut builder, &mut fields, step);
    if let Some(text) = fields.text("cot_analysis") {
        builder.label(None, ImportedValue::Remark, "dataset", "cot_analysis", "");
        if let Some(label) = builder.last_label() {
            label.rationale = Some(text);
        }
    }
    builder.trace_mut().metadata.extend(fields.rest());
    builder.into()
}

fn problem(fields: &mut Fields) -> Problem {
    let mut problem = Problem::default();
    let mut text = fields.text("Question").unwrap_or_default();
    // Questions that differ in their options only are different problems.
    if let Some(options) = fields.text("Options").filter(|options| !options.trim().is_empty()) {
        text = format!("{text}\n{options}");
    }
    problem.prompt = Prompt::Text(text);
    let (printed, modified) = (fields.text("Ground_Truth_Answer"), fields.text("Ground_Truth_Answer_Modified"));
    problem.answer = modified.filter(|answer| !answer.is_empty()).or_else(|| printed.clone());
    if let Some(printed) = printed.filter(|printed| Some(printed) != problem.answer.as_ref()) {
        problem.metadata.insert("Ground_Truth_Answer".into(), printed.into());
    }
    problem.solution = fields.text("Ground_Truth_Analysis").filter(|text| !text.is_empty());
    if let Some(subject) = fields.take("Subject") {
        problem.metadata.insert("Subject".into(), subject);
    }
    problem
}

/// Keeps the key of the object where it says more than the row.
fn keep_key(builder: &mut TraceBuilder, fields: &mut Fields, key: Option<&str>, uuid: Option<&str>) {
    let key = key.map(str::to_owned).or_else(|| fields.text(KEY)).map(Value::String);
    let subject = builder.trace_mut().problem.metadata.get("Subject");
    if let Some(key) = key.filter(|key| key.as_str() != uuid && Some(key) != subject) {
        builder.trace_mut().metadata.insert(KEY.into(), key);
    }
}

/// Labels the first error, and gives its step.
fn label(builder: &mut TraceBuilder, fields: &mut Fields, solution: &Solution) -> Option<StepIndex> {
    let said = fields.take(CORRECTNESS).unwrap_or_default();
    let named = fields.take(ERROR_STEP).unwrap_or_default();
    let (said_raw, named_raw) = (raw_text(&said), raw_text(&named));
    match (solution.find(builder, &named), verdict(&said)) {
        (Place::At(step), correct) => {
            builder.label(Some(step), ImportedValue::FirstError, "human", ERROR_STEP, &named_raw);
            if correct == Some(Verdict::Correct) {
                warn(
                    builder,
                    format!("`{CORRECTNESS}` is {said_raw}, yet `{ERROR_STEP}` names a step; the step was kept"),
                );
            }
            return Some(step);
        }
        (Place::Unclear(why), _) => {
            warn(builder, format!("`{ERROR_STEP}` is {named_raw}, but {why}; the error was kept without its step"));
            builder.label(None, ImportedValue::ErrorSomewhere, "human", ERROR_STEP, &named_raw);
        }
        (Place::None, Some(Verdict::Correct)) => {
            builder.label(None, ImportedValue::NoError, "human", CORRECTNESS, &said_raw);
        }
        (Place::None, Some(_)) => {
            builder.label(None, ImportedValue::ErrorSomewhere, "human", CORRECTNESS, &said_raw);
            // An empty text says that the place was not looked for.
            if named.as_str() != Some("") {
                warn(builder, format!("`{CORRECTNESS}` is {said_raw}, but `{ERROR_STEP}` names no step"));
            }
        }
        (Place::None, None) => {
            warn(
                builder,
                format!("`{CORRECTNESS}` is neither correct nor incorrect; the trace has no first-error label"),
            );
            if !said.is_null() {
                builder.trace_mut().metadata.insert(CORRECTNESS.into(), said);
            }
        }
    }
    None
}

/// Two persons gave a reason and a correction each: the first goes with the label, the others are remarks beside it.
fn explain(builder: &mut TraceBuilder, fields: &mut Fields, step: Option<StepIndex>) {
    let (mut reasons, mut corrections) = (texts(fields, REASON).into_iter(), texts(fields, CORRECTION).into_iter());
    let mut first = true;
    loop {
        let (reason, correction) = (reasons.next(), corrections.next());
        if reason.is_none() && correction.is_none() {
            return;
        }
        let said = |text: &String| !text.trim().is_empty() && !says_none(&Value::String(text.clone()));
        let (reason, correction) = (reason.filter(said), correction.filter(said));
        if reason.is_none() && correction.is_none() {
            continue;
        }
        if !first || builder.last_label().is_none() {
            builder.label(step, ImportedValue::Remark, "human", REASON, "");
        }
        first = false;
        if let Some(label) = builder.last_label() {
            (label.rationale, label.correction) = (reason, correction);
        }
    }
}

/// Takes a text or a list of texts. Anything else stays.
fn texts(fields: &mut Fields, key: &str) -> Vec<String> {
    let found: Option<Vec<String>> = match fields.get(key) {
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(list)) => list.iter().map(|text| Some(text.as_str()?.to_owned())).collect(),
        Some(Value::Null) => Some(Vec::new()),
        _ => None,
    };
    if found.is_some() {
        fields.take(key);
    }
    found.unwrap_or_default()
}
