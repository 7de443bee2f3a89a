//! Chat messages with tool calls, as OpenAI's interface shapes them: rows with `messages`, bare lists, τ-bench runs.
//!
//! The messages before the first answer are the problem. Then each message gives its reasoning, its text and its tool
//! calls as steps of one chain, in the order of the source; a result names its call by the id in its payload.

pub(super) mod reader;

use std::collections::HashMap;

use serde_json::{Map, Value};

use self::reader::Reader;
use super::run::Run;
use crate::import::detect::kind;
use crate::import::fields::{Fields, scalar_text, ternary, warn, whole_number};
use crate::import::format::benchmark::agentprocessbench;
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedValue, StepIndex, Trace, TraceBuilder, Verdict};

const MESSAGES: &[&str] = &["messages", "traj", "conversations", "conversation"];
/// Where what a message says besides its steps is kept, by the number of the message from 0.
pub(super) const EXTRAS: &str = "message_extras";

/// Reads chat messages.
pub(super) struct Chat;

impl Importer for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn caption(&self) -> &'static str {
        "Chat messages with tool calls"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[MESSAGES]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        if sample.in_list && !sample.rows.is_empty() && sample.rows.iter().all(is_message) {
            let reason = "the file is one list of messages with `role`".into();
            return Some(Recognition { share: 1.0, reason, unit: Unit::Document });
        }
        sample.recognise("a list of messages with `role` and `content`", |row| {
            if is_judged(row) {
                return false;
            }
            let list = row.as_array().or_else(|| MESSAGES.iter().find_map(|key| row[*key].as_array()));
            list.is_some_and(|list| !list.is_empty() && list.iter().all(is_message))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let row = match row {
            Value::Array(messages) => Map::from_iter([("messages".to_owned(), Value::Array(messages))]).into(),
            other => other,
        };
        let mut fields = Fields::new(row)?;
        let is_run = fields.get("traj").is_some();
        let messages = fields.list(MESSAGES)?;
        let asked = messages.iter().take_while(|message| is_question(message)).count();
        let mut reader = Reader::default();
        if let Some(system) = fields.text("system") {
            reader.run.ask("system", system);
        }
        for (index, message) in messages.into_iter().enumerate() {
            let Value::Object(message) = message else {
                return Err(RowError::new(format!(
                    "message {index} (from 0) is {}; expected an object",
                    kind(&message)
                )));
            };
            if index < asked {
                reader.prompt(index, message);
            } else {
                reader.message(index, message);
            }
        }
        let Reader { mut run, extras, message_steps } = reader;
        ask_beside(&mut run, &mut fields);
        if !extras.is_empty() {
            run.builder.trace_mut().metadata.insert(EXTRAS.into(), extras.into());
        }
        let mut builder = run.finish();
        label_messages(&mut builder, &mut fields, &message_steps);
        outcome(&mut builder, &mut fields, is_run);
        let trace = builder.trace_mut();
        let record = record_id(&fields);
        if record.is_some() {
            number_messages(trace, &message_steps);
        }
        let join = record.as_deref().map(agentprocessbench::join_key);
        trace.source_id = fields.text_of(&["id", "instance_id"]).or_else(|| joined_id(&fields));
        trace.generator = fields.text_of(&["generator", "model"]);
        trace.metadata.extend(fields.rest());
        Ok(vec![Imported { join, ..builder.into() }])
    }
}

/// Pairs and thumbs are for training, with formats of their own.
fn is_judged(row: &Value) -> bool {
    row.get("chosen").is_some() || row.get("rejected").is_some() || row["label"].is_boolean()
}

pub(super) fn is_message(value: &Value) -> bool {
    let said = ["content", "tool_calls", "function_call"].iter().any(|key| value.get(key).is_some());
    value["role"].is_string() && said
}

pub(super) fn is_question(message: &Value) -> bool {
    matches!(message["role"].as_str(), Some("system" | "developer" | "user"))
}

/// The question beside the messages, where none of them asks.
fn ask_beside(run: &mut Run, fields: &mut Fields) {
    let answer = fields.text_of(&["ground_truth_answer", "ground_truth"]);
    run.builder.trace_mut().problem.answer = answer;
    if run.prompt.iter().all(|message| message.role == "system")
        && let Some(text) = fields.text_of(&["question", "problem", "prompt"])
    {
        run.ask("user", text);
    }
}

/// Runs are named by task and trial or sample; each part alone is not unique. The parts stay in the metadata.
fn joined_id(fields: &Fields) -> Option<String> {
    record_id(fields).or_else(|| joined(fields, &["task_id", "trial"])).or_else(|| joined(fields, &["task_id"]))
}

/// The name of a run of AgentProcessBench, by which label files speak of it.
fn record_id(fields: &Fields) -> Option<String> {
    joined(fields, &["data_source", "query_index", "sample_index"])
}

fn joined(fields: &Fields, keys: &[&str]) -> Option<String> {
    let parts: Option<Vec<String>> = keys.iter().map(|key| scalar_text(fields.get(key)?)).collect();
    Some(parts?.join(":"))
}

/// Tells the last step of each message its number, for label files that count messages.
fn number_messages(trace: &mut Trace, message_steps: &HashMap<usize, StepIndex>) {
    let messages: HashMap<StepIndex, usize> = message_steps.iter().map(|(&message, &step)| (step, message)).collect();
    for (index, step) in (0..).zip(&mut trace.steps) {
        if let Some(&message) = messages.get(&index) {
            step.metadata.insert(agentprocessbench::MESSAGE.into(), message.into());
        }
    }
}

/// Labels by the number of the message; they go to the last step that the message gave, which is what it did.
fn label_messages(builder: &mut TraceBuilder, fields: &mut Fields, message_steps: &HashMap<usize, StepIndex>) {
    let Some(Value::Object(labels)) = fields.get("step_labels") else { return };
    let labels = labels.clone();
    let mut kept = false;
    for (key, value) in &labels {
        let step = key.trim().parse().ok().and_then(|message: usize| message_steps.get(&message).copied());
        match (step, whole_number(value).and_then(ternary)) {
            _ if value.is_null() => {}
            (Some(step), Some(rating)) => {
                let field = format!("step_labels.{key}");
                builder.label(Some(step), ImportedValue::Rating(rating), "human", &field, &value.to_string());
            }
            (None, _) => {
                warn(builder, format!("`step_labels` names message {key}, which gives no step; kept in the metadata"));
                kept = true;
            }
            (_, None) => {
                warn(
                    builder,
                    format!("`step_labels` of message {key} is {value}, none of 1, 0, -1; kept in the metadata"),
                );
                kept = true;
            }
        }
    }
    if !kept {
        fields.take("step_labels");
    }
}

fn outcome(builder: &mut TraceBuilder, fields: &mut Fields, is_run: bool) {
    if let Some(rating) = fields.get("final_label").and_then(whole_number).and_then(ternary) {
        let raw = fields.take("final_label").unwrap_or_default();
        builder.label(None, ImportedValue::Rating(rating), "human", "final_label", &raw.to_string());
        builder.trace_mut().outcome.verdict = match raw.as_i64() {
            Some(1) => Verdict::Correct,
            Some(-1) => Verdict::Incorrect,
            _ => Verdict::Unknown,
        };
    }
    if let Some(reward) = fields.get("reward").and_then(Value::as_f64) {
        fields.take("reward");
        let outcome = &mut builder.trace_mut().outcome;
        outcome.reward = Some(reward);
        // Elsewhere a reward may be on any scale; here 1 is success and 0 failure.
        if is_run && reward.to_bits() == 1.0_f64.to_bits() {
            outcome.verdict = Verdict::Correct;
        } else if is_run && reward == 0.0 {
            outcome.verdict = Verdict::Incorrect;
        }
    }
}
