//! The words in which training sets and pools ask: a text, a chat, an instruction with its input.

use serde_json::Value;

use crate::import::fields::{Fields, scalar_text};
use crate::import::response;
use crate::model::{ChatMessage, Metadata, Prompt};

/// Keys of a chat or a text; a row may have several, of which the first is asked.
pub(super) const ASKED: &[&str] = &["prompt", "problem", "question", "query", "instruction", "Question", "Problem"];
const CHATS: &[&str] = &["conversations", "messages", "conversation", "prompt", "question", "query", "problem"];
const SYSTEM: &[&str] = &["system", "system_prompt"];
const INPUT: &str = "input";
const HISTORY: &str = "history";

/// Whether the row asks something.
pub(super) fn asks(row: &Value) -> bool {
    ASKED.iter().any(|key| row[*key].is_string())
        || CHATS.iter().any(|key| response::turns(&row[*key]).is_some())
        || response::turns(&row[INPUT]["messages"]).is_some()
        || row[INPUT].is_string()
}

/// Takes what the row asks. What messages hold besides text goes to `extras`, by number.
pub(super) fn take_prompt(fields: &mut Fields, extras: &mut Metadata) -> Option<Prompt> {
    let prompt = take_chat(fields, extras).or_else(|| take_text(fields).map(Prompt::Text))?;
    let system = SYSTEM.iter().find_map(|key| fields.text(key)).filter(|text| !text.is_empty());
    let history = take_history(fields);
    if system.is_none() && history.is_empty() {
        return Some(prompt);
    }
    let message = |role: &str, content: String| ChatMessage { role: role.into(), content };
    let mut messages: Vec<ChatMessage> = system.map(|text| message("system", text)).into_iter().collect();
    for (asked, answered) in history {
        messages.push(message("user", asked));
        messages.push(message("assistant", answered));
    }
    match prompt {
        Prompt::Text(text) => messages.push(message("user", text)),
        Prompt::Messages(more) => messages.extend(more),
    }
    Some(Prompt::Messages(messages))
}

fn take_chat(fields: &mut Fields, extras: &mut Metadata) -> Option<Prompt> {
    for key in CHATS {
        if let Some(turns) = fields.get(key).and_then(response::turns) {
            fields.take(key);
            return Some(response::prompt(turns, extras));
        }
    }
    // OpenAI's preference files, with tools beside the messages.
    let turns = response::turns(&fields.get(INPUT)?["messages"])?;
    if let Some(Value::Object(mut rest)) = fields.take(INPUT) {
        rest.shift_remove("messages");
        rest.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
        if !rest.is_empty() {
            extras.insert(INPUT.into(), rest.into());
        }
    }
    Some(response::prompt(turns, extras))
}

fn take_text(fields: &mut Fields) -> Option<String> {
    for key in ASKED {
        let Some(text) = fields.text(key) else { continue };
        // Alpaca's instruction and what it is about.
        let about = if *key == "instruction" { fields.text(INPUT) } else { None };
        return Some(about.filter(|about| !about.is_empty()).map_or(text.clone(), |about| format!("{text}\n{about}")));
    }
    fields.text(INPUT)
}

/// Earlier questions and answers, in pairs.
fn take_history(fields: &mut Fields) -> Vec<(String, String)> {
    let pair = |pair: &Value| match pair.as_array()?.as_slice() {
        [asked, answered] => Some((scalar_text(asked)?, scalar_text(answered)?)),
        _ => None,
    };
    let pairs = fields.get(HISTORY).and_then(Value::as_array).and_then(|list| list.iter().map(pair).collect());
    if pairs.is_some() {
        fields.take(HISTORY);
    }
    pairs.unwrap_or_default()
}
