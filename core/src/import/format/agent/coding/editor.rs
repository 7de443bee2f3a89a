//! Conversations exported from Windsurf and Antigravity: `{app, conversation: {messages}}`.
//!
//! Messages are `{role, content}` or `{sender, parts}`, also mixed in one file.

use serde_json::{Map, Value};

use super::super::chat::EXTRAS;
use super::super::chat::reader::Reader;
use super::super::run::{rename, take_text};
use crate::import::fields::Fields;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};

/// Reads exports of editors.
pub(in super::super) struct Editor;

impl Importer for Editor {
    fn name(&self) -> &'static str {
        "editor_chat"
    }

    fn caption(&self) -> &'static str {
        "Windsurf and Antigravity conversations"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["conversation"], &["app"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a `conversation` with `messages`", |row| {
            let is_message = |m: &Value| m["role"].is_string() || m["sender"].is_string();
            let messages = row["conversation"]["messages"].as_array();
            messages.is_some_and(|messages| !messages.is_empty() && messages.iter().all(is_message))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let Some(Value::Object(mut conversation)) = fields.take("conversation") else {
            return Err(RowError::new("`conversation` is missing; expected an object with `messages`"));
        };
        let Some(Value::Array(messages)) = conversation.shift_remove("messages") else {
            return Err(RowError::new("`conversation.messages` is no list; expected the messages there"));
        };
        let mut reader = Reader::default();
        for (index, message) in messages.into_iter().enumerate() {
            let Value::Object(message) = message else {
                return Err(RowError::new(format!("message {index} (from 0) is no object; expected `role`")));
            };
            let message = normal(message);
            let asks = matches!(message.get("role").and_then(Value::as_str), Some("user" | "system"));
            if asks && reader.run.at.is_none() {
                reader.prompt(index, message);
            } else {
                reader.message(index, message);
            }
        }
        let Reader { mut run, extras, .. } = reader;
        let trace = run.builder.trace_mut();
        trace.source_id = take_text(&mut conversation, "id");
        trace.generator = take_text(&mut conversation, "model");
        trace.metadata.extend(conversation);
        trace.metadata.extend(fields.rest());
        if !extras.is_empty() {
            trace.metadata.insert(EXTRAS.into(), extras.into());
        }
        Ok(vec![run.finish().into()])
    }
}

/// The message with `role` and `content`.
fn normal(mut message: Map<String, Value>) -> Map<String, Value> {
    rename(&mut message, "sender", "role");
    if !message.contains_key("content") {
        rename(&mut message, "parts", "content");
    }
    let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
    let plain = match role.to_lowercase().as_str() {
        "human" => "user".to_owned(),
        "ai" | "bot" | "model" | "cascade" | "agent" => "assistant".to_owned(),
        other => other.to_owned(),
    };
    message.insert("role".into(), plain.into());
    message
}
