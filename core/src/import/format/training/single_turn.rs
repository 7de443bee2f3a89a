//! Instruction tuning with one question and one answer per chat, such as distilled reasoning: the answer is split into
//! steps, what it thinks apart from what it says. Longer chats are read message by message, as chats.

use serde_json::Value;

use crate::import::fields::{Fields, scalar_text, warn};
use crate::import::response::{self, Turn, add_turns};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Metadata, Problem, TraceBuilder, Verdict};

const MESSAGES: &[&str] = &["messages", "conversations"];
/// Keys of runs and of labelled chats, which have importers of their own.
const OTHERS: &[&str] = &["tools", "label", "kto_tag", "traj", "episode", "reward", "step_labels", "final_label"];

/// Reads chats with one answer.
pub(super) struct SingleTurn;

impl Importer for SingleTurn {
    fn name(&self) -> &'static str {
        "single_turn"
    }

    fn caption(&self) -> &'static str {
        "Chats with one answer, split into steps"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[MESSAGES]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a question and one answer as messages", |row| {
            let Some(map) = row.as_object() else { return false };
            let plain = |(key, value): (&String, &Value)| {
                MESSAGES.contains(&key.as_str())
                    || value.is_null()
                    || value.is_boolean()
                    || scalar_text(value).is_some()
            };
            !OTHERS.iter().any(|key| map.contains_key(*key))
                && map.iter().all(plain)
                && MESSAGES.iter().find_map(|key| response::turns(&row[*key])).is_some_and(|turns| is_single(&turns))
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let list = Value::Array(fields.list(MESSAGES)?);
        let mut turns = response::turns(&list)
            .ok_or_else(|| RowError::new("an entry of the messages has no role or no text; add them"))?;
        let asked = turns.iter().take_while(|turn| turn.role != "assistant").count();
        let answers = turns.split_off(asked);
        let mut extras = Metadata::new();
        let mut problem = Problem { prompt: response::prompt(turns, &mut extras), ..Problem::default() };
        problem.answer = fields.text_of(&["answer", "ground_truth", "ground_truth_answer"]);
        let mut builder = TraceBuilder::new(problem);
        if answers.is_empty() {
            warn(&mut builder, "no message answers; the trace has no steps");
        } else {
            add_turns(&mut builder, answers, sample);
        }
        let trace = builder.trace_mut();
        trace.source_id = fields.text_of(&["id", "uuid"]);
        trace.generator = fields.text_of(&["generator", "model"]);
        let correct = fields.bool_of(&["is_correct", "correct"]);
        trace.outcome.verdict = correct.map_or(Verdict::Unknown, Verdict::from_bool);
        trace.metadata.extend(fields.rest());
        if !extras.is_empty() {
            trace.metadata.insert("message_extras".into(), extras.into());
        }
        Ok(vec![builder.into()])
    }
}

fn is_single(turns: &[Turn]) -> bool {
    let Some((last, asked)) = turns.split_last() else { return false };
    last.role == "assistant"
        && !last.rest.contains_key("tool_calls")
        && !last.rest.contains_key("content")
        && asked.iter().filter(|turn| turn.role == "user").count() == 1
        && asked.iter().all(|turn| matches!(turn.role.as_str(), "user" | "system" | "developer"))
}
