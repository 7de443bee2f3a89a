//! Steps as messages of a chat: what the assistant says and calls, what tools and users say in between.
//!
//! Steps of the assistant that follow one another are one message, a call closes it. Tools are given beside the messages
//! as the text of a JSON list: as a list of objects its columns would differ from tool to tool.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::left_out::{Objection, Rule};
use super::pairs::Joined;
use super::policy::Policy;
use super::shapes::{ToolArguments, ToolTurns};
use crate::model::{ChatMessage, Prompt, Step, StepIndex, StepKind, ToolCall, Trace};

pub(super) const ASSISTANT: &str = "assistant";
const TOOL: &str = "tool";
const USER: &str = "user";

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    /// Empty beside calls alone.
    #[serde(default, deserialize_with = "text_or_null")]
    pub(super) content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tool_calls: Option<Vec<Call>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tool_call_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type", default = "function")]
    kind: String,
    function: Function,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Function {
    name: String,
    /// An object, or the text of one.
    arguments: Value,
}

fn function() -> String {
    "function".into()
}

fn text_or_null<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(value).map(Option::unwrap_or_default)
}

/// A step on its way into a message, or words that stand in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) index: StepIndex,
    /// `None` for words of somebody else in its place.
    pub(super) step: Option<&'a Step>,
    /// Steps of the assistant are one message only where this is the same.
    pub(super) learned: bool,
}

impl<'a> Piece<'a> {
    /// A step as it is.
    pub(super) fn of(trace: &'a Trace, index: StepIndex) -> Option<Self> {
        let step = trace.step(index)?;
        Some(Self { text: &step.text, index, step: Some(step), learned: true })
    }

    /// Who says it.
    pub(super) fn role(&self) -> &'static str {
        let Some(step) = self.step else { return ASSISTANT };
        match (step.kind, step.author.as_deref()) {
            (StepKind::ToolResult, _) => TOOL,
            (StepKind::ToolCall, _) => ASSISTANT,
            (StepKind::Observation, _) | (_, Some("user" | "human")) => USER,
            (StepKind::System, _) | (_, Some("system" | "developer")) => "system",
            (_, Some(TOOL)) => TOOL,
            _ => ASSISTANT,
        }
    }

    /// The call, where it is one.
    fn call(&self) -> Option<&'a ToolCall> {
        self.step.filter(|step| step.kind == StepKind::ToolCall)?.tool.as_ref()
    }
}

/// A message with whether it is learned from.
pub(super) struct Learned {
    pub(super) message: Message,
    pub(super) learned: bool,
}

/// The messages that the pieces make.
pub(super) fn learned_messages<'a>(
    pieces: impl IntoIterator<Item = Piece<'a>>,
    policy: &Policy,
) -> Result<Vec<Learned>, Objection> {
    let mut made: Vec<Learned> = Vec::new();
    for piece in pieces {
        let role = piece.role();
        if policy.tools == ToolTurns::Refuse && (role != ASSISTANT || piece.call().is_some()) {
            let reason = "is a tool call, a result or somebody else's turn, which one answer cannot hold; \
                          choose tools messages";
            return Err(Objection::at(Rule::Lossy, piece.index, reason));
        }
        if role != ASSISTANT {
            let tool = piece.step.filter(|_| role == TOOL).and_then(|step| step.tool.as_ref());
            let message = Message {
                role: role.into(),
                content: piece.text.into(),
                tool_calls: None,
                tool_call_id: tool.and_then(|tool| tool.call_id.clone()),
                name: tool.map(|tool| tool.name.clone()).filter(|name| !name.is_empty()),
            };
            made.push(Learned { message, learned: false });
            continue;
        }
        let open = made.last_mut().filter(|last| last.message.role == ASSISTANT && last.learned == piece.learned);
        match (piece.call(), open) {
            (Some(tool), Some(last)) => {
                last.message.tool_calls.get_or_insert_default().push(call(tool, piece.index, policy)?);
            }
            (None, Some(last)) if last.message.tool_calls.is_none() => {
                let mut content = Joined { text: std::mem::take(&mut last.message.content) };
                content.push(piece.text, &policy.step_separator);
                last.message.content = content.text;
            }
            (tool, _) => {
                let content = if tool.is_some() { String::new() } else { piece.text.into() };
                let tool_calls = tool.map(|tool| call(tool, piece.index, policy)).transpose()?.map(|call| vec![call]);
                let message = Message { role: ASSISTANT.into(), content, tool_calls, ..Message::default() };
                made.push(Learned { message, learned: piece.learned });
            }
        }
    }
    Ok(made)
}

/// The same where all of it is learned from alike.
pub(super) fn messages<'a>(
    pieces: impl IntoIterator<Item = Piece<'a>>,
    policy: &Policy,
) -> Result<Vec<Message>, Objection> {
    Ok(learned_messages(pieces, policy)?.into_iter().map(|one| one.message).collect())
}

fn call(tool: &ToolCall, index: StepIndex, policy: &Policy) -> Result<Call, Objection> {
    let written = if tool.arguments.trim().is_empty() { "{}" } else { tool.arguments.as_str() };
    let arguments = match policy.tool_arguments {
        ToolArguments::Text => Value::String(written.into()),
        ToolArguments::Object => {
            let object: Result<Map<String, Value>, _> = serde_json::from_str(written);
            let reason = "has arguments that are no JSON object; choose tool_arguments text";
            Value::Object(object.map_err(|_error| Objection::at(Rule::Lossy, index, reason))?)
        }
    };
    let function = Function { name: tool.name.clone(), arguments };
    Ok(Call { id: tool.call_id.clone(), kind: "function".into(), function })
}

/// What was asked.
pub(super) fn prompt_messages(prompt: &Prompt) -> Vec<Message> {
    let message = |message: &ChatMessage| Message {
        role: message.role.clone(),
        content: message.content.clone(),
        ..Message::default()
    };
    match prompt {
        Prompt::Text(text) => vec![Message { role: USER.into(), content: text.clone(), ..Message::default() }],
        Prompt::Messages(messages) => messages.iter().map(message).collect(),
    }
}

/// What a row says of tools, null where none are known; `None` where rows have no such column.
pub(super) fn tools(trace: &Trace, policy: &Policy) -> Option<Value> {
    let known = trace.metadata.get("tools").or_else(|| trace.problem.metadata.get("tools"));
    (policy.tools == ToolTurns::Messages).then(|| match known {
        Some(Value::String(text)) if serde_json::from_str::<Vec<Value>>(text).is_ok() => text.as_str().into(),
        Some(list @ Value::Array(_)) => list.to_string().into(),
        _ => Value::Null,
    })
}

/// How many messages at the start end in what an answer may follow: a message of a user or a tool.
pub(super) fn asked(messages: &[Message], most: usize) -> usize {
    let ends = |count: &usize| messages.get(count - 1).is_some_and(|last| last.role == USER || last.role == TOOL);
    (1..=most.min(messages.len())).rev().find(ends).unwrap_or(0)
}

/// Checks what an answer is to follow.
pub(super) fn check_prompt(prompt: &[Message]) -> Result<(), Objection> {
    match prompt.last() {
        None => return Err(Objection::new(Rule::EmptyPrompt, "the prompt has no messages")),
        Some(last) if !matches!(last.role.as_str(), USER | TOOL) => {
            let reason = format!("the prompt ends with a message of `{}`, not of the user or a tool", last.role);
            return Err(Objection::new(Rule::Shape, reason));
        }
        Some(_) => {}
    }
    if prompt.iter().filter(|message| message.role != "system").all(|message| message.content.trim().is_empty()) {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    check_results(prompt.iter())
}

/// Checks an answer to it.
pub(super) fn check_answer(name: &str, prompt: &[Message], answer: &[Message]) -> Result<(), Objection> {
    if answer.first().is_none_or(|message| message.role != ASSISTANT) {
        return Err(Objection::new(Rule::Shape, format!("`{name}` does not begin with a message of the assistant")));
    }
    check_results(prompt.iter().chain(answer))
}

/// A result follows its call, or another result of the same message.
pub(super) fn check_results<'a>(messages: impl Iterator<Item = &'a Message>) -> Result<(), Objection> {
    let mut may_answer = false;
    for (at, message) in messages.enumerate() {
        if message.role == TOOL && !may_answer {
            let reason = format!("message {at} (from 0) is the result of a tool that follows no call");
            return Err(Objection::new(Rule::Order, reason));
        }
        may_answer = message.role == TOOL || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty());
    }
    Ok(())
}

/// What messages say, to be compared.
pub(super) fn said(messages: &[Message]) -> String {
    let mut said = String::new();
    for message in messages {
        said.push_str(&message.content);
        said.push('\n');
        for call in message.tool_calls.iter().flatten() {
            said.extend([call.function.name.as_str(), "(", &call.function.arguments.to_string(), ")\n"]);
        }
    }
    said
}
