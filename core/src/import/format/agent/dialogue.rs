//! Dialogues written as one text, a role at the start of each turn: examples of τ-bench (sierra-research/tau-bench).
//!
//! An assistant that says `None` called a tool; what it called the text does not tell.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::run::Run;
use crate::import::fields::Fields;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::StepKind;

const TEXT: &str = "messages_display";

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static ROLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^(system|user|human|assistant|agent|tool|function): ?").unwrap());

/// Reads dialogues in one text.
pub(super) struct Dialogue;

impl Importer for Dialogue {
    fn name(&self) -> &'static str {
        "dialogue"
    }

    fn caption(&self) -> &'static str {
        "Dialogues written as one text"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&[TEXT]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a dialogue in `messages_display`", |row| row[TEXT].as_str().is_some_and(|t| ROLE.is_match(t)))
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let Some(text) = fields.text(TEXT) else {
            return Err(RowError::new(format!("`{TEXT}` is missing; expected the dialogue as one text")));
        };
        let mut run = Run::default();
        let mut turns: Vec<(usize, usize, &str)> = Vec::new();
        for found in ROLE.captures_iter(&text) {
            if let (Some(whole), Some(role)) = (found.get(0), found.get(1)) {
                turns.push((whole.start(), whole.end(), role.as_str()));
            }
        }
        if let Some(before) = turns.first().and_then(|(start, ..)| text.get(..*start)).filter(|t| !t.is_empty()) {
            run.ask("system", before.to_owned());
        }
        for (number, (_, start, role)) in turns.iter().enumerate() {
            let end = turns.get(number + 1).map_or(text.len(), |next| next.0);
            let said = text.get(*start..end).unwrap_or_default();
            // The line break before the next role belongs to the layout.
            let said = if end < text.len() { said.strip_suffix('\n').unwrap_or(said) } else { said };
            match *role {
                "system" | "user" | "human" if run.at.is_none() => run.ask(role, said.to_owned()),
                "tool" | "function" => drop(run.result("", None, None, said.to_owned())),
                "system" => drop(run.push(StepKind::System, said, role)),
                "assistant" | "agent" if said == "None" => drop(run.push(StepKind::ToolCall, said, role)),
                _ => drop(run.push(StepKind::Message, said, role)),
            }
        }
        let trace = run.builder.trace_mut();
        trace.source_id = fields.text_of(&["id", "task_id"]);
        trace.metadata.extend(fields.rest());
        Ok(vec![run.finish().into()])
    }
}
