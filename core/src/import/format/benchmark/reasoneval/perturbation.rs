//! Reference solutions that were damaged on purpose. What `tags` says depends on the sort of damage.

use serde_json::Value;

use super::{join_key, problem};
use crate::import::fields::{Fields, raw_text, step_texts, warn, whole_number};
use crate::import::{Imported, RowError};
use crate::model::{ImportedValue, StepFlag, StepIndex, StepRating, TraceBuilder};

const DATASET: &str = "perturbation";
const TYPE: &str = "error_type";
const TAGS: &str = "tags";
const SOURCE: &str = "synthetic";

/// The damaged solution, then the reference.
pub(super) fn read(mut fields: Fields) -> Result<Vec<Imported>, RowError> {
    let problem = problem(&mut fields)?;
    let mut builder = TraceBuilder::new(problem.clone());
    let steps = fields.list(&["hypothesis_steps"])?;
    for text in step_texts("hypothesis_steps", &steps, &mut builder)? {
        builder = builder.thought(text);
    }
    let mut sibling = TraceBuilder::new(problem);
    let steps = fields.list(&["reference_steps"])?;
    for text in step_texts("reference_steps", &steps, &mut sibling)? {
        sibling = sibling.thought(text);
    }
    mark(&mut builder, &mut fields);
    let id = fields.text("id");
    // Several rows share a reference, so this stays to tell which belong together.
    let reference = fields.get("rid").map(raw_text).map(|rid| format!("rid:{rid}"));
    let join = |id: &Option<String>| id.as_ref().map(|id| join_key(DATASET, id));
    let (damaged, whole) = (join(&id), join(&reference));
    builder.trace_mut().source_id = id;
    builder.trace_mut().metadata.extend(fields.rest());
    sibling.trace_mut().source_id = reference;
    Ok(vec![Imported { join: damaged, ..builder.into() }, Imported { join: whole, ..sibling.into() }])
}

/// Labels what the damage is, as far as it is at a step.
fn mark(builder: &mut TraceBuilder, fields: &mut Fields) {
    let damage = fields.get(TYPE).map(raw_text).unwrap_or_default();
    let raw = fields.get(TAGS).map(raw_text).unwrap_or_default();
    let steps = builder.trace_mut().steps.len();
    let numbers: Vec<Option<StepIndex>> = match fields.get(TAGS) {
        Some(Value::Array(list)) => list.iter().map(whole_number).collect::<Vec<_>>(),
        Some(value) => vec![whole_number(value)],
        None => Vec::new(),
    }
    .into_iter()
    .map(|number| StepIndex::try_from(number?).ok())
    .collect();
    // The step that was repeated is named; the repetition follows it.
    let shift = StepIndex::from(damage == "repeat step");
    let place = |number: Option<StepIndex>| number?.checked_add(shift).filter(|&step| (step as usize) < steps);
    let places: Option<Vec<StepIndex>> = numbers.iter().map(|number| place(*number)).collect();
    let values: &[ImportedValue] = match damage.as_str() {
        "random number" | "random operation" => &[ImportedValue::FirstError],
        "swap steps" => &[ImportedValue::FirstError, ImportedValue::Rating(StepRating::Bad)],
        "repeat step" => &[ImportedValue::Rating(StepRating::Neutral)],
        // A step of the reference is missing here, or all steps are those of the solution with that number.
        "remove step" | "swap solutions" => {
            builder.label(None, ImportedValue::ErrorSomewhere, SOURCE, TAGS, &raw);
            return builder.label(None, ImportedValue::Tag, SOURCE, TYPE, &damage);
        }
        _ => {
            let message = format!("`{TYPE}` is \"{damage}\", which is not known; `{TAGS}` is kept in the metadata");
            return warn(builder, message);
        }
    };
    let mut places = match places {
        Some(places) if places.len() == values.len() => places,
        _ => {
            builder.label(None, ImportedValue::Tag, SOURCE, TYPE, &damage);
            let message = format!(
                "`{TAGS}` is {raw}; for \"{damage}\" it should name {} of the {steps} steps, counted from 0",
                values.len()
            );
            return warn(builder, message);
        }
    };
    places.sort_unstable();
    for (&step, &value) in places.iter().zip(values) {
        builder.label(Some(step), value, SOURCE, TAGS, &raw);
        if let Some(label) = builder.last_label() {
            label.base = Some(0);
        }
        builder.label(Some(step), ImportedValue::Tag, SOURCE, TYPE, &damage);
        if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
            step.flags.push(StepFlag::Synthetic);
        }
    }
    fields.take(TAGS);
}
