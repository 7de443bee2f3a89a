//! The sections of a `DeltaBench` trace: which paragraphs they hold, and what was said of them.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, warn, whole_number};
use crate::model::{ImportedValue, StepIndex, StepRating, TraceBuilder};

const SOURCE: &str = "human";

/// The first and the last paragraph of each section, where they could be read.
pub(super) struct Sections(Vec<Option<(StepIndex, StepIndex)>>);

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

impl Sections {
    /// Names the section of each paragraph.
    pub(super) fn mark(builder: &mut TraceBuilder, sections: Vec<Value>) -> Self {
        let mut spans = Vec::with_capacity(sections.len());
        let mut damaged = 0_u32;
        for (number, section) in (1_u32..).zip(sections) {
            let span = span(&section, builder.trace_mut().steps.len());
            spans.push(span);
            let (Some((first, last)), Ok(mut fields)) = (span, Fields::new(section.clone())) else {
                warn(
                    builder,
                    format!("section {number} names no paragraphs of the text; it is kept in the metadata as it is"),
                );
                builder.trace_mut().metadata.insert(format!("section_{number}"), section);
                continue;
            };
            fields.take("start");
            fields.take("end");
            let title = fields.text("description").unwrap_or_else(|| format!("Section {number}"));
            let steps = builder.trace_mut().steps.get_mut(first as usize..=last as usize).unwrap_or_default();
            let texts: Vec<&str> = steps.iter().map(|step| step.text.as_str()).collect();
            let visible = |text: &str| text.split_whitespace().collect::<String>();
            if let Some(content) = fields.get("content").and_then(Value::as_str) {
                if visible(content) == visible(&texts.join("\n")) {
                    fields.take("content");
                } else {
                    damaged += 1;
                }
            }
            for step in steps.iter_mut() {
                step.section = Some(title.clone());
            }
            if let Some(step) = steps.first_mut() {
                step.metadata.insert("section_number".into(), number.into());
                step.metadata.extend(fields.rest());
            }
        }
        if damaged > 0 {
            let copies = if damaged == 1 { "1 section has".into() } else { format!("{damaged} sections have") };
            warn(
                builder,
                format!("{copies} another text than the paragraphs they number; it is kept with their first paragraph"),
            );
        }
        Self(spans)
    }

    /// Adds what was said of the sections.
    pub(super) fn label(&self, builder: &mut TraceBuilder, judged: Vec<Value>, error_type: Option<String>) {
        let mut faults = Vec::new();
        let (mut clean, mut beyond) = (0, 0_u32);
        for (number, row) in (1..).zip(judged) {
            let Ok(mut fields) = Fields::new(row.clone()) else {
                warn(builder, format!("entry {number} of `sections_labeled_info` is {}", kind(&row)));
                continue;
            };
            let section = fields.take("section_number").as_ref().and_then(whole_number).unwrap_or(number);
            let index = section.checked_sub(1).and_then(|index| usize::try_from(index).ok());
            let Some(&Some((first, last))) = index.and_then(|index| self.0.get(index)) else {
                beyond += 1;
                keep_beyond(builder, section, fields);
                continue;
            };
            let words = words(&mut fields);
            let steps = Steps { section, first, last };
            match flag(&mut fields, "reasoning_correctness") {
                Some(true) => faults.push(steps.fault(builder, &mut fields, words)),
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
            for (field, place) in [("strategy_shift", "strategy_shift_step"), ("reflection", "reflection_start_step")] {
                if flag(&mut fields, field) == Some(true) {
                    let step = steps.place(builder, &mut fields, place).unwrap_or(first);
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
        if faults.is_empty() && clean > 0 && clean == self.0.len() {
            builder.label(None, ImportedValue::NoError, SOURCE, "reasoning_correctness", "0");
        }
        mark_faults(builder, faults, error_type);
    }
}

/// The paragraphs of one section.
#[derive(Clone, Copy)]
struct Steps {
    section: i64,
    first: StepIndex,
    last: StepIndex,
}

impl Steps {
    fn fault(self, builder: &mut TraceBuilder, fields: &mut Fields, words: Words) -> Fault {
        let raw = fields.get("error_step").map(raw_text).unwrap_or_default();
        if let Some(step) = self.place(builder, fields, "error_step") {
            return Fault { step: Some(step), field: "error_step", raw, words };
        }
        let section = self.section;
        warn(builder, format!("section {section} has an error, but `error_step` names none of its paragraphs"));
        Fault { step: None, field: "reasoning_correctness", raw: "1".into(), words }
    }

    /// The paragraph that a field names, counted from 1 in the whole text.
    fn place(self, builder: &mut TraceBuilder, fields: &mut Fields, key: &str) -> Option<StepIndex> {
        let value = fields.get(key)?;
        if is_blank(value) {
            fields.take(key);
            return None;
        }
        let step = whole_number(value).and_then(|number| StepIndex::try_from(number.checked_sub(1)?).ok());
        let steps = builder.trace_mut().steps.len();
        let step = step.filter(|step| (*step as usize) < steps);
        match step {
            None => warn(builder, format!("`{key}` of section {} is {}, no paragraph", self.section, raw_text(value))),
            Some(step) => {
                if !(self.first..=self.last).contains(&step) {
                    warn(builder, format!("`{key}` of section {} names a paragraph of another section", self.section));
                }
                fields.take(key);
            }
        }
        step
    }
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

/// The paragraphs of a section, from 0.
fn span(section: &Value, steps: usize) -> Option<(StepIndex, StepIndex)> {
    let number = |key: &str| StepIndex::try_from(whole_number(section.get(key)?)?.checked_sub(1)?).ok();
    let (first, last) = (number("start")?, number("end")?);
    (first <= last && (last as usize) < steps).then_some((first, last))
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
