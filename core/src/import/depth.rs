//! Keeps metadata shallow: a value nested too deep for who reads the project later becomes its JSON text.

use serde_json::Value;

use crate::model::Trace;

/// A parser of JSON goes down 128 levels, and the project and exports put some of their own around.
const DEPTH: usize = 64;

/// Replaces what is too deep, and tells so.
pub(super) fn bound(trace: &mut Trace) {
    let steps = trace.steps.iter_mut().map(|step| &mut step.metadata);
    let mut changed = Vec::new();
    for metadata in steps.chain([&mut trace.metadata, &mut trace.problem.metadata]) {
        for (key, value) in metadata.iter_mut() {
            if flatten(value, DEPTH) && !changed.contains(key) {
                changed.push(key.clone());
            }
        }
    }
    for key in changed {
        trace
            .warnings
            .push(format!("`{key}` is nested deeper than {DEPTH} levels; what is deeper is kept as JSON text"));
    }
}

fn flatten(value: &mut Value, left: usize) -> bool {
    let mut changed = false;
    match value {
        Value::Array(items) if left > 0 => {
            for item in items {
                changed |= flatten(item, left - 1);
            }
        }
        Value::Object(entries) if left > 0 => {
            for entry in entries.values_mut() {
                changed |= flatten(entry, left - 1);
            }
        }
        Value::Array(_) | Value::Object(_) => {
            *value = Value::String(value.to_string());
            changed = true;
        }
        _ => {}
    }
    changed
}
