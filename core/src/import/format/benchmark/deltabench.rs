//! `DeltaBench`: long chains of thought in sections, each judged for errors, usefulness, changes of strategy and
//! reflection (`OpenStellarTeam/DeltaBench`).
//!
//! Sections and errors count paragraphs, from 1: the pieces of the text between two line breaks in a row. So each
//! paragraph is a step, blank ones too. `reasoning_correctness` 1 says that the section has an error.

mod labels;
mod sections;

use serde_json::Value;

use crate::import::fields::{Fields, push_solution, take_outcome, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, TraceBuilder};
use labels::label_sections;
use sections::Sections;

/// Reads `DeltaBench`.
pub(super) struct DeltaBench;

impl Importer for DeltaBench {
    fn name(&self) -> &'static str {
        "deltabench"
    }

    fn caption(&self) -> &'static str {
        "DeltaBench: long chains of thought in labelled sections"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &["long_cot"], &["sections"], &["sections_labeled_info"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`question`, `long_cot` and labelled sections", |row| {
            row["question"].is_string()
                && row["long_cot"].is_string()
                && (row["sections"].is_array() || row["sections_labeled_info"].is_array())
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut problem = Problem {
            prompt: fields.prompt(&["question"])?,
            answer: fields.text("answer"),
            solution: fields.text("solution"),
            ..Problem::default()
        };
        for key in ["origin", "task_l1", "task_l2", "level"] {
            if let Some(value) = fields.take(key) {
                problem.metadata.insert(key.into(), value);
            }
        }
        let text = fields
            .text("long_cot")
            .ok_or_else(|| RowError::new("`long_cot` is missing; add the text of the chain of thought"))?;
        let mut builder = TraceBuilder::new(problem);
        push_solution(&mut builder, text.split("\n\n"));
        builder.trace_mut().source_id = fields.text("id");
        take_outcome(&mut builder, &mut fields, "final_correct");
        let sections = list(&mut builder, &mut fields, "sections");
        drop_copy(&mut fields, &sections);
        let sections = Sections::mark(&mut builder, sections);
        let judged = list(&mut builder, &mut fields, "sections_labeled_info");
        label_sections(&mut builder, &sections, judged, fields.text("error_type"));
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

fn list(builder: &mut TraceBuilder, fields: &mut Fields, key: &str) -> Vec<Value> {
    fields.list(&[key]).unwrap_or_else(|error| {
        warn(builder, error.to_string());
        Vec::new()
    })
}

/// Takes away the copy of all sections in one text, if it is one.
fn drop_copy(fields: &mut Fields, sections: &[Value]) {
    let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = |(number, section): (usize, &Value)| {
        visible(&format!("section{number}:{}", section["content"].as_str().unwrap_or_default()))
    };
    let copied: String = (1..).zip(sections).map(text).collect();
    if fields.get("sections_content").and_then(Value::as_str).is_some_and(|content| visible(content) == copied) {
        fields.take("sections_content");
    }
}
