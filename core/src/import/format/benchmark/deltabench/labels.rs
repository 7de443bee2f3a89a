//! What was said of the sections of a `DeltaBench` trace. Their numbers are texts, and a blank one was not judged.

use serde_json::Value;

use super::sections::{Section, Sections};
use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, warn, whole_number};
use crate::model::{ImportedValue, StepIndex, StepRating, TraceBuilder};

const SOURCE: &str = "human";
/// Flags, and the field that names their paragraph.
const PLACES: [(&str, &str); 2] = [("strategy_shift", "strategy_shift_step"), ("reflection", "reflection_start_step")];

/// An error that somebody found, with its paragraph where that is known.
struct Fault {
    step: Option<StepIndex>,
    field: &'static str,
    raw: String,
    words: Words,
}

/// Why, and what should stand there instead.
#[derive(Default)]
struct Words {
    explanation: Option<String>,
    correction: Option<String>,
}

/// Adds what was said of the sections.
pub(super) fn label_sections(
    builder: &mut TraceBuilder,
    sections: &Sections,
    judged: Vec<Value>,
    error_type: Option<String>,
) {
    let mut faults = Vec::new();
    let (mut clean, mut beyond) = (0, 0_u32);
    for (number, row) in (1..).zip(judged) {
        let Ok(mut fields) = Fields::new(row.clone()) else {
            warn(builder, format!("entry {number} of `sections_labeled_info` is {}; kept in the metadata", kind(&row)));
            builder.trace_mut().metadata.insert(format!("section_{number}_label"), row);
            continue;
        };
        let number = fields.take("section_number").as_ref().and_then(whole_number).unwrap_or(number);
        let Some(section) = sections.get(number) else {
            beyond += 1;
            keep_beyond(builder, number, fields);
            continue;
        };
        let first = section.first;
        let words = words(&mut fields);
        match flag(&mut fields, "reasoning_correctness") {
            Some(true) => faults.push(fault(builder, section, &mut fields, words)),
            Some(false) => {
                clean += 1;
                let good = ImportedValue::Rating(StepRating::Good);
                say(builder, Some(first), good, "reasoning_correctness", "0", words);
            }
            None if words.explanation.is_some() || words.correction.is_some() => {
                say(builder, Some(first), ImportedValue::Remark, "explanation", "", words);
            }
            None => {}
        }
        if let Some(useful) = flag(&mut fields, "reasoning_usefulness") {
            let name = if useful { "useful" } else { "not useful" };
            tag(builder, Some(first), "reasoning_usefulness", name);
        }
        for (field, step_field) in PLACES {
            if flag(&mut fields, field) == Some(true) {
                let step = place(builder, section, &mut fields, step_field).unwrap_or(first);
                tag(builder, Some(step), field, &field.replace('_', " "));
            }
        }
        keep_rest(builder, first, fields);
    }
    if beyond > 0 {
        warn(
            builder,
            format!("{beyond} rows of `sections_labeled_info` name no section of the text; what they say is kept"),
        );
    }
    if faults.is_empty() && clean > 0 && clean == sections.len() {
        builder.label(None, ImportedValue::NoError, SOURCE, "reasoning_correctness", "0");
    }
    mark_faults(builder, faults, error_type);
}

/// What is wrong with a section.
fn fault(builder: &mut TraceBuilder, section: Section, fields: &mut Fields, words: Words) -> Fault {
    let raw = fields.get("error_step").map(raw_text).unwrap_or_default();
    if let Some(step) = place(builder, section, fields, "error_step") {
        return Fault { step: Some(step), field: "error_step", raw, words };
    }
    let number = section.number;
    warn(builder, format!("section {number} has an error, but `error_step` names none of its paragraphs"));
    Fault { step: None, field: "reasoning_correctness", raw: "1".into(), words }
}

/// The paragraph that a field names, counted from 1 in the whole text.
fn place(builder: &mut TraceBuilder, section: Section, fields: &mut Fields, key: &str) -> Option<StepIndex> {
    let value = fields.get(key)?;
    if is_blank(value) {
        fields.take(key);
        return None;
    }
    let step = whole_number(value).and_then(|number| StepIndex::try_from(number.checked_sub(1)?).ok());
    let steps = builder.trace_mut().steps.len();
    let step = step.filter(|step| (*step as usize) < steps);
    match step {
        None => warn(builder, format!("`{key}` of section {} is {}, no paragraph", section.number, raw_text(value))),
        Some(step) => {
            if !(section.first..=section.last).contains(&step) {
                warn(builder, format!("`{key}` of section {} names a paragraph of another section", section.number));
            }
            fields.take(key);
        }
    }
    step
}

/// The first fault of the text is the first error, the others are bad steps. Where the first was not located, none is.
fn mark_faults(builder: &mut TraceBuilder, faults: Vec<Fault>, error_type: Option<String>) {
    let located = faults.iter().all(|fault| fault.step.is_some());
    let first = faults.iter().filter_map(|fault| fault.step).min().filter(|_| located);
    let mut found = false;
    for Fault { step, field, raw, words } in faults {
        let value = match step {
            None => ImportedValue::ErrorSomewhere,
            step if step == first && !found => {
                found = true;
                ImportedValue::FirstError
            }
            Some(_) => ImportedValue::Rating(StepRating::Bad),
        };
        say(builder, step, value, field, &raw, words);
        if let Some(label) = builder.last_label().filter(|_| step.is_some()) {
            label.base = Some(1);
        }
    }
    if let Some(name) = error_type.filter(|name| !name.trim().is_empty()) {
        tag(builder, first, "error_type", &name);
    }
}

fn say(
    builder: &mut TraceBuilder,
    step: Option<StepIndex>,
    value: ImportedValue,
    field: &str,
    raw: &str,
    words: Words,
) {
    builder.label(step, value, SOURCE, field, raw);
    if let Some(label) = builder.last_label() {
        (label.rationale, label.correction) = (words.explanation, words.correction);
    }
}

fn tag(builder: &mut TraceBuilder, step: Option<StepIndex>, field: &str, name: &str) {
    builder.label(step, ImportedValue::Tag, SOURCE, field, name);
}

fn words(fields: &mut Fields) -> Words {
    let mut text = |key: &str| fields.text(key).filter(|text| !text.trim().is_empty());
    Words { explanation: text("explanation"), correction: text("correction") }
}

/// Takes a flag. A blank one was not judged and is taken, too; anything else stays.
fn flag(fields: &mut Fields, key: &str) -> Option<bool> {
    let value = fields.get(key)?;
    let flag = match whole_number(value) {
        Some(1) => Some(true),
        Some(0) => Some(false),
        _ if is_blank(value) => None,
        _ => return None,
    };
    // That there is none of something is no property, so it is kept as it was written.
    if flag != Some(false) || matches!(key, "reasoning_correctness" | "reasoning_usefulness") {
        fields.take(key);
    }
    flag
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Keeps with the first paragraph of a section what else was said of the section. A blank says nothing.
fn keep_rest(builder: &mut TraceBuilder, first: StepIndex, fields: Fields) {
    if let Some(step) = builder.trace_mut().steps.get_mut(first as usize) {
        step.metadata.extend(fields.rest().into_iter().filter(|(_, value)| !is_blank(value)));
    }
}

/// Keeps what was said of a section that does not exist, if anything was.
fn keep_beyond(builder: &mut TraceBuilder, section: i64, fields: Fields) {
    let mut said = fields.rest();
    said.retain(|_, value| !is_blank(value));
    if !said.is_empty() {
        builder.trace_mut().metadata.insert(format!("section_{section}_label"), said.into());
    }
}
