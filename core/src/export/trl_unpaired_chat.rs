//! TRL unpaired preference, conversational: `{"prompt": [messages], "completion": [messages], "label": bool}`.
//!
//! As with conversational pairs the steps before the judged one begin the answer, since the trainer opens an answer after
//! the prompt. Where tools were called, the prompt goes on up to the last result before the judged step.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::messages::{
    ASSISTANT, Message, Piece, asked, check_answer, check_prompt, messages, prompt_messages, said, tools,
};
use super::policy::{PerRow, Policy};
use super::shapes::ToolTurns;
use super::text::{check_words, step_text};
use super::trl_unpaired::{TrlUnpaired, each_step, path_is_good};

/// Rows for TRL's `KTOTrainer`, as messages.
pub(super) struct TrlUnpairedChat;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: Vec<Message>,
    completion: Vec<Message>,
    label: bool,
    /// The text of a JSON list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<Value>,
}

impl ExportFormat for TrlUnpairedChat {
    fn name(&self) -> &'static str {
        "trl_unpaired_chat"
    }

    fn caption(&self) -> &'static str {
        "TRL unpaired preference (KTO), conversational: messages, wanted or not"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "per",
            "tools",
            "tool_arguments",
            "neutral",
            "after_error",
            "self_corrected",
            "unsure",
            "unlabelled",
            "soft",
            "soft_threshold",
            "only_finished",
            "step_separator",
            "headings",
        ]
    }

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        TrlUnpaired.lacks()
    }

    fn counted(&self) -> &'static [&'static str] {
        TrlUnpaired.counted()
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        match policy.per {
            PerRow::Step => steps(input, policy),
            PerRow::Trace => vec![path(input, policy)],
        }
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_one = row.get("prompt")?.is_array() && row.get("completion")?.is_array();
        let tools = if row.contains_key("tools") { ToolTurns::Messages } else { ToolTurns::Refuse };
        (is_one && row.contains_key("label")).then(|| Policy { tools, ..self.defaults() })
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn steps(input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
    let spoils = |step: &_, index, text: &str| check_words(step, index, text, policy);
    each_step(input, policy, spoils, |path, good| {
        let pieces = path.iter().filter_map(|(index, text)| Some(Piece { text, ..Piece::of(input.trace, *index)? }));
        let pieces: Vec<Piece<'_>> = pieces.collect();
        // What a tool or a user says is no answer of the model, whatever it was labelled.
        pieces.last().filter(|last| last.role() == ASSISTANT)?;
        Some(messages(pieces, policy).and_then(|all| row(input, all, usize::MAX, good, policy)))
    })
}

/// The whole path as one answer.
fn path(input: &RowInput<'_>, policy: &Policy) -> Made {
    let good = path_is_good(input, policy)?;
    let mut texts = Vec::with_capacity(input.path.len());
    for (number, (index, step)) in (1..).zip(input.steps()) {
        let text = step_text(&step.text, number, policy);
        check_words(step, index, &text, policy)?;
        texts.push((index, text));
    }
    let pieces = texts.iter().filter_map(|(index, text)| Some(Piece { text, ..Piece::of(input.trace, *index)? }));
    let all = messages(pieces, policy)?;
    // The answer begins with the first words of the assistant.
    let first = all.iter().position(|message| message.role == ASSISTANT).unwrap_or(0);
    row(input, all, first, good, policy)
}

/// The row of these messages; of the first `most` as many as are asked belong to the prompt.
fn row(input: &RowInput<'_>, mut all: Vec<Message>, most: usize, label: bool, policy: &Policy) -> Made {
    let mut prompt = prompt_messages(&input.trace.problem.prompt);
    let shared = asked(&all, most);
    prompt.extend(all.drain(..shared));
    let line = Line { prompt, completion: all, label, tools: tools(input.trace, policy) };
    check_line(&line)?;
    Ok(Row { line: to_json(&line)?, counts: vec![(if label { "wanted" } else { "unwanted" }, 1)] })
}

fn check_line(line: &Line) -> Result<(), Objection> {
    check_prompt(&line.prompt)?;
    check_answer("completion", &line.prompt, &line.completion)?;
    if said(&line.completion).trim().is_empty() {
        return Err(Objection::new(Rule::EmptyStep, "the completion has no text"));
    }
    Ok(())
}
