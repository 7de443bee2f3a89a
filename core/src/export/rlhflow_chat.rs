//! `RLHFlow`'s process rewards as a chat: each user message is a step, each answer `+` or `-`; the first message holds
//! the problem as well.
//!
//! A chat has no sign for a step that is not learned from, so steps masked after an error are cut off.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{ChatKeys, Headings, Policy};
use super::text::{check_words, step_text};
use super::verdicts::{Verdicts, verdicts};

/// Rows for `RLHFlow`'s PRM trainer.
pub(super) struct RlhflowChat;

const FIRST: &str = "Step 1:";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    role: String,
    content: String,
}

impl ExportFormat for RlhflowChat {
    fn name(&self) -> &'static str {
        "rlhflow_chat"
    }

    fn caption(&self) -> &'static str {
        "RLHFlow: a chat in which each step is answered by + or -"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "neutral",
            "after_error",
            "self_corrected",
            "unsure",
            "unlabelled",
            "soft",
            "soft_threshold",
            "only_finished",
            "headings",
            "chat_keys",
        ]
    }

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[("neutral", "mask"), ("unsure", "mask"), ("unlabelled", "mask"), ("soft", "float")]
    }

    fn defaults(&self) -> Policy {
        Policy { headings: Headings::Number, ..Policy::default() }
    }

    fn counted(&self) -> &'static [&'static str] {
        &["good", "bad"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![verdicts(input, policy).map(Verdicts::trimmed).and_then(|said| row(input, &said, policy))]
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let (keys, first) =
            [ChatKeys::Conversations, ChatKeys::Messages, ChatKeys::Sharegpt].into_iter().find_map(|keys| {
                Some((keys, row.get(names(keys)[0])?.as_array()?.first()?))
                    .filter(|(keys, first)| first.get(names(*keys)[1]).is_some())
            })?;
        let is_alone = row.len() == 1 && first.is_object();
        is_alone.then(|| Policy { chat_keys: keys, ..self.defaults() })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        check_messages(&read(&from_json(line)?, policy.chat_keys)?)
    }
}

fn row(input: &RowInput<'_>, said: &Verdicts, policy: &Policy) -> Made {
    let problem = input.trace.problem.text();
    if problem.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    let mut messages = Vec::with_capacity(said.steps.len() * 2);
    for (number, ((index, step), verdict)) in (1..).zip(input.steps().zip(&said.steps)) {
        let words = step_text(&step.text, number, policy);
        check_words(step, index, &words, policy)?;
        if number == 1 && policy.headings == Headings::Number && words.matches(FIRST).count() > 1 {
            return Err(Objection::at(Rule::Marker, index, "holds `Step 1:`, by which the first step is found"));
        }
        let content = if number == 1 { format!("{problem} {words}") } else { words.into_owned() };
        messages.push(Message { role: "user".into(), content });
        messages.push(Message { role: "assistant".into(), content: if verdict.good { "+" } else { "-" }.into() });
    }
    check_messages(&messages)?;
    let (good, bad) = said.counts();
    Ok(Row { line: to_json(&write(messages, policy.chat_keys))?, counts: vec![("good", good), ("bad", bad)] })
}

/// The names of the list, of who speaks and of what is said, and of the two speakers.
const fn names(keys: ChatKeys) -> [&'static str; 5] {
    match keys {
        ChatKeys::Conversations => ["conversations", "role", "content", "user", "assistant"],
        ChatKeys::Messages => ["messages", "role", "content", "user", "assistant"],
        ChatKeys::Sharegpt => ["conversations", "from", "value", "human", "gpt"],
    }
}

fn write(messages: Vec<Message>, keys: ChatKeys) -> Map<String, Value> {
    let [list, role, content, user, assistant] = names(keys);
    let speaker = |role: &str| if role == "user" { user } else { assistant };
    let message = |message: Message| {
        let said = [(role, Value::from(speaker(&message.role))), (content, message.content.into())];
        Value::Object(said.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    };
    Map::from_iter([(list.to_owned(), messages.into_iter().map(message).collect())])
}

fn read(row: &Map<String, Value>, keys: ChatKeys) -> Result<Vec<Message>, Objection> {
    let [list, role, content, user, assistant] = names(keys);
    let shape = |reason: String| Objection::new(Rule::Shape, reason);
    if let Some(other) = row.keys().find(|key| *key != list) {
        return Err(shape(format!("unknown field `{other}`; there should be `{list}` alone")));
    }
    let messages = row.get(list).and_then(Value::as_array).ok_or_else(|| shape(format!("`{list}` is no list")))?;
    let text = |message: &Value, key: &str| message.get(key).and_then(Value::as_str).map(str::to_owned);
    let one = |(number, message): (usize, &Value)| {
        let place = format!("message {number} (from 0)");
        let said = text(message, content).ok_or_else(|| shape(format!("{place} has no text in `{content}`")))?;
        let who = text(message, role).ok_or_else(|| shape(format!("{place} has no text in `{role}`")))?;
        let who = if who == user {
            "user".into()
        } else if who == assistant {
            "assistant".into()
        } else {
            who
        };
        Ok(Message { role: who, content: said })
    };
    messages.iter().enumerate().map(one).collect()
}

fn check_messages(messages: &[Message]) -> Result<(), Objection> {
    if messages.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "there are no messages"));
    }
    if !messages.len().is_multiple_of(2) {
        return Err(Objection::new(Rule::Order, "the last step has no answer"));
    }
    for (number, message) in messages.iter().enumerate() {
        let objection = |rule: Rule, reason: String| {
            let step = u32::try_from(number / 2).ok();
            Objection { rule, step, reason: format!("message {number} (from 0) {reason}") }
        };
        let expected = if number % 2 == 0 { "user" } else { "assistant" };
        if message.role != expected {
            return Err(objection(Rule::Order, format!("is by `{}`; expected `{expected}`", message.role)));
        }
        if number % 2 == 0 && message.content.trim().is_empty() {
            return Err(objection(Rule::EmptyStep, "has no text".into()));
        }
        if number % 2 == 1 && !matches!(message.content.as_str(), "+" | "-") {
            return Err(objection(Rule::Shape, format!("is {:?}; expected + or -", message.content)));
        }
    }
    Ok(())
}
