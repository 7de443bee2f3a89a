//! What was said so far: each call of a model repeats the conversation, and each result comes from its tool and again
//! with the next call.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use super::super::talk::Talk;
use super::super::turn::Turn;
use crate::model::{Step, StepIndex, StepKind, TraceBuilder};

/// What was said so far.
#[derive(Default)]
pub(super) struct Heard {
    /// How often each thing was said in the trace, and how often in the message list being read.
    said: HashMap<String, (u32, u32)>,
    list: u32,
    /// In which list each count of the second kind was begun.
    begun: HashMap<String, u32>,
    calls: Vec<Call>,
    /// Results without an id are told apart by their order: how many of a tool the present list has had.
    results: HashMap<String, usize>,
    /// The first step that is the span's own.
    pub(super) own_from: Option<StepIndex>,
}

/// A call that a model has made.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) place: usize,
    pub(super) id: Option<String>,
    pub(super) name: String,
    arguments: String,
    result: Option<StepIndex>,
}

impl Heard {
    /// Another list of messages begins.
    pub(super) fn begin(&mut self) {
        self.list += 1;
        self.results.clear();
    }

    pub(super) fn note(&mut self, turn: &Turn) {
        turn.steps.iter().for_each(|step| self.note_step(step));
    }

    pub(super) fn note_step(&mut self, step: &Step) {
        self.said.entry(key(step)).or_default().0 += 1;
    }

    /// Keeps the calls among new steps, to find their results; and the results.
    pub(super) fn keep_calls(&mut self, talk: &mut Talk, range: Range<StepIndex>) {
        for at in range {
            let Some((step, tool)) = talk.step(at).and_then(|step| Some((step, step.tool.clone()?))) else { continue };
            if step.kind == StepKind::ToolCall {
                let place = self.calls.len();
                let arguments = canonical(&Value::String(tool.arguments));
                self.calls.push(Call { place, id: tool.call_id, name: tool.name, arguments, result: None });
            } else {
                let known = self
                    .calls
                    .iter_mut()
                    .find(|call| call.result.is_none() && is_of(call, tool.call_id.as_ref(), &tool.name));
                if let Some(call) = known {
                    call.result = Some(at);
                }
            }
        }
    }

    /// Whether a call of that tool waits for its result.
    pub(super) fn waits_for(&self, span: &str) -> bool {
        self.calls.iter().any(|call| call.result.is_none() && names(span, &call.name))
    }

    /// The call that a tool's span answers: with its arguments, else the first.
    pub(super) fn claim(&self, span: &str, input: &Value) -> Option<Call> {
        let waiting = || self.calls.iter().filter(|call| call.result.is_none() && names(span, &call.name));
        let same = |arguments: &Value| {
            let arguments = canonical(arguments);
            waiting().find(|call| call.arguments == arguments)
        };
        same(input).or_else(|| same(&input["input"])).or_else(|| waiting().next()).cloned()
    }

    /// Notes the result of a call, or of a tool that no model was seen to call.
    pub(super) fn answer(&mut self, place: Option<usize>, result: StepIndex, span: &str) {
        if let Some(call) = place.and_then(|place| self.calls.get_mut(place)) {
            call.result = Some(result);
        } else {
            let (place, name) = (self.calls.len(), span.to_owned());
            self.calls.push(Call { place, id: None, name, arguments: String::new(), result: Some(result) });
        }
    }

    /// Whether a step repeats something. If not, it is noted as said.
    pub(super) fn again(&mut self, step: &Step, builder: &mut TraceBuilder) -> bool {
        if step.kind == StepKind::ToolResult && self.result_again(step, builder) {
            return true;
        }
        let key = key(step);
        let list = self.list;
        let begun = self.begun.entry(key.clone()).or_insert(list);
        let (said, listed) = self.said.entry(key).or_default();
        if std::mem::replace(begun, list) != list {
            *listed = 0;
        }
        *listed += 1;
        let again = listed <= said;
        if !again {
            *said += 1;
        }
        again
    }

    /// A result that its tool has given already. Where the tool's span says nothing, the message says what it was.
    fn result_again(&mut self, step: &Step, builder: &mut TraceBuilder) -> bool {
        let Some(tool) = &step.tool else { return false };
        let call = match &tool.call_id {
            Some(_) => self.calls.iter().find(|call| is_of(call, tool.call_id.as_ref(), "")),
            None if tool.name.is_empty() => None,
            None => {
                let before = self.results.entry(tool.name.clone()).or_default();
                let call = self.calls.iter().filter(|call| names(&call.name, &tool.name)).nth(*before);
                *before += 1;
                call
            }
        };
        let Some(result) = call.and_then(|call| call.result) else { return false };
        if let Some(known) = builder.trace_mut().steps.get_mut(result as usize)
            && matches!(known.text.trim(), "" | "{}" | "null")
        {
            known.text.clone_from(&step.text);
        }
        true
    }
}

fn is_of(call: &Call, id: Option<&String>, name: &str) -> bool {
    match id {
        Some(id) => call.id.as_ref() == Some(id),
        None => !name.is_empty() && call.name == name,
    }
}

/// Whether a span is named after a tool: `search`, `tool.search`, `execute_tool search`.
fn names(span: &str, tool: &str) -> bool {
    !tool.is_empty()
        && span.strip_suffix(tool).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn key(step: &Step) -> String {
    match (&step.tool, step.kind) {
        (Some(tool), StepKind::ToolCall) => {
            format!("call\u{0}{}\u{0}{}", tool.name, canonical(&Value::String(tool.arguments.clone())))
        }
        (_, StepKind::ToolResult) => format!("result\u{0}{}", step.text.trim()),
        _ => format!("text\u{0}{}", step.text.trim()),
    }
}

/// Arguments as JSON without layout, whether they come as text or as an object.
fn canonical(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => {
            serde_json::from_str::<Value>(text).map_or_else(|_| text.clone(), |value| value.to_string())
        }
        other => other.to_string(),
    }
}
