//! Chunks, their scores, resamples and impacts.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{CHUNKS, RESAMPLED};
use crate::import::RowError;
use crate::import::fields::{Fields, float, raw_text, warn};
use crate::model::{ImportedValue, ScoreKind, Step, StepIndex, StepKind, TraceBuilder};

const NUMBER: &str = "chunk_idx";
const DEPENDS: &str = "depends_on";
/// As many different resamples of a chunk are kept.
const RESAMPLES_KEPT: usize = 5;

/// What the numbers of a chunk mean. Accuracy is how often resamples from here end right.
const SCORES: [(&str, ScoreKind); 9] = [
    ("accuracy", ScoreKind::Value),
    ("resampling_importance_accuracy", ScoreKind::Importance),
    ("resampling_importance_kl", ScoreKind::Divergence),
    ("counterfactual_importance_accuracy", ScoreKind::Importance),
    ("counterfactual_importance_kl", ScoreKind::Divergence),
    ("forced_importance_accuracy", ScoreKind::Importance),
    ("forced_importance_kl", ScoreKind::Divergence),
    ("different_trajectories_fraction", ScoreKind::Other),
    ("overdeterminedness", ScoreKind::Other),
];

pub(super) fn is_chunk(row: &Value) -> bool {
    row["chunk"].is_string()
        && (row[NUMBER].is_u64() || row[NUMBER].is_string())
        && (row["function_tags"].is_array() || row[DEPENDS].is_array())
}

/// Makes a step of each chunk. In a scenario there is no right answer, so `accuracy` has another meaning there.
pub(super) fn read(builder: &mut TraceBuilder, list: Vec<Value>, is_scenario: bool) -> Result<(), RowError> {
    if list.is_empty() {
        warn(builder, format!("{CHUNKS} is empty; the trace has no steps"));
    }
    for (index, chunk) in list.into_iter().enumerate() {
        let mut fields = Fields::new(chunk)?;
        let Some(text) = fields.text("chunk") else {
            return Err(RowError::new(format!("entry {index} (from 0) of {CHUNKS} has no `chunk`; add its text")));
        };
        let parent = builder.last_step();
        let step = builder.push(Step { parent, kind: StepKind::Thought, text, on_path: true, ..Step::default() });
        for (name, kind) in SCORES {
            if let Some(value) = fields.get(name).and_then(float) {
                fields.take(name);
                let kind = if is_scenario && kind == ScoreKind::Value { ScoreKind::Other } else { kind };
                builder.score(Some(step), name, kind, value);
            }
        }
        if let Some(Value::Array(tags)) = fields.get("function_tags") {
            for tag in tags.clone() {
                builder.label(Some(step), ImportedValue::Tag, "model", "function_tags", &raw_text(&tag));
            }
            fields.take("function_tags");
        }
        if fields.get(DEPENDS) == Some(&json!([])) {
            fields.take(DEPENDS);
        }
        if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
            step.metadata = fields.rest();
        }
    }
    check_dependencies(builder);
    Ok(())
}

/// The steps by the numbers of their chunks, which may skip some.
fn numbers(builder: &mut TraceBuilder) -> HashMap<String, StepIndex> {
    let steps = (0..).zip(&builder.trace_mut().steps);
    steps.filter_map(|(index, step)| Some((raw_text(step.metadata.get(NUMBER)?), index))).collect()
}

fn check_dependencies(builder: &mut TraceBuilder) {
    let known = numbers(builder);
    let mut lost = Vec::new();
    for step in &builder.trace_mut().steps {
        let wanted = step.metadata.get(DEPENDS).and_then(Value::as_array).into_iter().flatten().map(raw_text);
        let number = step.metadata.get(NUMBER).map(raw_text).unwrap_or_default();
        lost.extend(wanted.filter(|w| !known.contains_key(w)).map(|w| format!("chunk {number} depends on chunk {w}")));
    }
    for lost in lost {
        warn(builder, format!("{lost}, which is not in {CHUNKS}; the number is kept with the step"));
    }
}

/// Keeps how many resamples each chunk has and the most frequent ones: how stable it is.
pub(super) fn resamples(builder: &mut TraceBuilder, file: Value) {
    let Value::Object(file) = file else { return };
    let known = numbers(builder);
    let mut lost = Map::new();
    for (number, list) in file {
        let summary = if let Value::Array(list) = list { most_frequent(&list) } else { list };
        let step = known.get(&number).and_then(|step| builder.trace_mut().steps.get_mut(*step as usize));
        match step {
            Some(step) => drop(step.metadata.insert("resamples".into(), summary)),
            None => drop(lost.insert(number, summary)),
        }
    }
    if !lost.is_empty() {
        let mut names: Vec<&str> = lost.keys().map(String::as_str).collect();
        names.sort_by_key(|number| (number.len(), *number));
        let names = names.join(", ");
        warn(builder, format!("{RESAMPLED} has chunks that {CHUNKS} lacks: {names}; kept in the metadata"));
        builder.trace_mut().metadata.insert(RESAMPLED.into(), lost.into());
    }
}

fn most_frequent(list: &[Value]) -> Value {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut order = Vec::new();
    for text in list.iter().map(raw_text) {
        let count = counts.entry(text.clone()).or_default();
        *count += 1;
        if *count == 1 {
            order.push(text);
        }
    }
    let different = order.len();
    let count = |text: &String| counts.get(text).copied().unwrap_or_default();
    // Stable, so that of two equally frequent ones the earlier is kept.
    order.sort_by_key(|text| Reverse(count(text)));
    let kept: Vec<Value> =
        order.iter().take(RESAMPLES_KEPT).map(|text| json!({"count": count(text), "text": text})).collect();
    json!({"count": list.len(), "different": different, "most_frequent": kept})
}

/// Keeps with each chunk how much it changes later ones, by the places of these among the steps, from 0.
///
/// Where the numbers of the chunks skip some, this file counts on; the text that comes with a row tells which it does.
pub(super) fn impacts(builder: &mut TraceBuilder, file: &str, key: &str, rows: Value) {
    let Value::Array(rows) = rows else { return };
    let known = numbers(builder);
    let by_number = |number: &Value| known.get(&raw_text(number)).copied();
    let by_place = |number: &Value| StepIndex::try_from(number.as_u64()?).ok();
    let steps = &mut builder.trace_mut().steps;
    let fits = |row: &Value, step: Option<StepIndex>| {
        let step = step.and_then(|step| steps.get(step as usize));
        step.is_some_and(|step| row["source_chunk_text"].as_str().is_none_or(|text| step.text == text))
    };
    let fitting = |place: &dyn Fn(&Value) -> Option<StepIndex>| {
        rows.iter().filter(|row| fits(row, place(&row["source_chunk_idx"]))).count()
    };
    let counts_places = fitting(&by_place) > fitting(&by_number);
    let place = |number: &Value| if counts_places { by_place(number) } else { by_number(number) };
    let mut found = Vec::with_capacity(rows.len());
    let mut lost = Vec::new();
    for row in rows {
        let step = place(&row["source_chunk_idx"]).filter(|step| fits(&row, Some(*step)));
        let target = |target: &Value| {
            let step = place(&target["target_chunk_idx"]).filter(|step| (*step as usize) < steps.len())?;
            Some((step.to_string(), target.get("importance_score")?.clone()))
        };
        let targets: Option<Map<String, Value>> =
            row["target_impacts"].as_array().and_then(|targets| targets.iter().map(target).collect());
        match (step, targets) {
            (Some(step), Some(targets)) => found.push((step, targets)),
            _ => lost.push(row),
        }
    }
    for (step, targets) in found {
        if let Some(step) = steps.get_mut(step as usize) {
            step.metadata.insert(key.into(), targets.into());
        }
    }
    if !lost.is_empty() {
        let count = lost.len();
        warn(builder, format!("{file} has {count} rows for chunks that {CHUNKS} lacks; kept in the metadata"));
        builder.trace_mut().metadata.insert(file.into(), lost.into());
    }
}
