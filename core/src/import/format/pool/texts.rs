//! A problem and one text that solves it, with or without its thinking in a field of its own: instruction sets such as
//! Alpaca, prompts with completions, dumps of reasoning. The text is split into steps.

use serde_json::Value;

use super::candidates::verdict;
use crate::import::fields::{Fields, float};
use crate::import::format::asked::{ASKED, asks, take_prompt};
use crate::import::response::{self, add_response, add_thinking_and_response, add_turns};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Metadata, Problem, ScoreKind, TraceBuilder};

/// The text that solves it, the likeliest name first: a reference solution may stand beside a response.
const RESPONSE: &[&str] = &[
    "response",
    "completion",
    "generation",
    "output",
    "model_output",
    "generated_solution",
    "deepseek_attempt",
    "Response",
    "solution",
    "rationale",
    "content",
    "answer",
    "Answer",
];
const THINKING: &[&str] = &[
    "reasoning",
    "reasoning_content",
    "thinking",
    "thoughts",
    "thought",
    "deepseek_thinking_trajectory",
    "thinking_trajectory",
    "Complex_CoT",
    "chain_of_thought",
    "cot",
    "deepseek_reasoning",
];
/// Where these are, the text is not the trace but what came of it.
const STRUCTURES: &[&str] = &["steps", "messages", "conversations", "trajectory", "traj", "events", "tree", "nodes"];
const VERDICT: &[&str] = &["is_correct", "correct", "final_answer_correct"];

/// Reads a text per problem.
pub(super) struct Texts;

impl Importer for Texts {
    fn name(&self) -> &'static str {
        "texts"
    }

    fn caption(&self) -> &'static str {
        "A problem and a text that solves it (Alpaca, prompt and completion, thinking and response)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[RESPONSE]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a problem and one text that solves it", |row| {
            let texts = |keys: &[&str]| keys.iter().any(|key| row[*key].is_string());
            let chat = response::turns(&row["completion"]).is_some();
            let structured = STRUCTURES.iter().any(|key| row[*key].is_array() || row[*key].is_object());
            !structured && asks(row) && (texts(RESPONSE) || texts(THINKING) || chat)
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let thinking = take_text(&mut fields, THINKING);
        let chat = fields.get("completion").and_then(response::turns);
        let text = if chat.is_some() { None } else { take_text(&mut fields, RESPONSE) };
        if chat.is_some() {
            fields.take("completion");
        }
        if chat.is_none() && text.is_none() && thinking.is_none() {
            return Err(RowError::new(format!("no text solves the problem; add `{}`", RESPONSE.join("`, `"))));
        }
        let mut extras = Metadata::new();
        let prompt = take_prompt(&mut fields, &mut extras);
        let prompt =
            prompt.ok_or_else(|| RowError::new(format!("nothing is asked; add `{}`", ASKED.join("` or `"))))?;
        let problem = Problem {
            prompt,
            answer: fields.text_of(&["ground_truth_answer", "ground_truth", "reference_answer", "answer"]),
            solution: fields.text_of(&["ground_truth_solution", "reference_solution", "solution"]),
            ..Problem::default()
        };
        let mut builder = TraceBuilder::new(problem);
        match (chat, thinking, text) {
            (Some(turns), ..) => add_turns(&mut builder, turns, sample),
            (None, Some(thinking), text) => {
                add_thinking_and_response(&mut builder, &thinking, text.as_deref().unwrap_or_default(), sample);
            }
            (None, None, text) => add_response(&mut builder, text.as_deref().unwrap_or_default(), sample),
        }
        for key in VERDICT {
            if let Some(verdict) = fields.get(key).and_then(verdict) {
                fields.take(key);
                builder.trace_mut().outcome.verdict = verdict;
                break;
            }
        }
        if let Some(value) = fields.get("score").filter(|score| score.is_number()).and_then(float) {
            fields.take("score");
            builder.score(None, "score", ScoreKind::Other, value);
        }
        let trace = builder.trace_mut();
        trace.source_id = fields.text_of(&["id", "uuid", "unique_id"]);
        trace.generator = fields.text_of(&["generator", "model"]);
        trace.metadata.extend(fields.rest());
        if !extras.is_empty() {
            trace.metadata.insert("message_extras".into(), extras.into());
        }
        Ok(vec![builder.into()])
    }
}

/// The first that is a text; empty ones only where there is no other.
fn take_text(fields: &mut Fields, keys: &[&str]) -> Option<String> {
    let text = |key: &&&str| fields.get(key).and_then(Value::as_str);
    let key = keys
        .iter()
        .find(|key| text(key).is_some_and(|text| !text.is_empty()))
        .or(keys.iter().find(|key| text(key).is_some()))?;
    fields.text(key)
}
