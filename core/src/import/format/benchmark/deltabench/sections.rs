//! The sections of a `DeltaBench` trace: which paragraphs they hold.

use serde_json::Value;

use crate::import::fields::{Fields, warn, whole_number};
use crate::model::{StepIndex, TraceBuilder};

/// The first and the last paragraph of each section, where they could be read.
pub(super) struct Sections(Vec<Option<(StepIndex, StepIndex)>>);

/// The paragraphs of one section, by its number from 1.
#[derive(Clone, Copy)]
pub(super) struct Section {
    pub(super) number: i64,
    pub(super) first: StepIndex,
    pub(super) last: StepIndex,
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

    /// The section of that number.
    pub(super) fn get(&self, number: i64) -> Option<Section> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        let (first, last) = (*self.0.get(index)?)?;
        Some(Section { number, first, last })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The paragraphs of a section, from 0.
fn span(section: &Value, steps: usize) -> Option<(StepIndex, StepIndex)> {
    let number = |key: &str| StepIndex::try_from(whole_number(section.get(key)?)?.checked_sub(1)?).ok();
    let (first, last) = (number("start")?, number("end")?);
    (first <= last && (last as usize) < steps).then_some((first, last))
}
