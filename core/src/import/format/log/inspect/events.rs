//! The events of an Inspect sample: when its steps happened, what they cost, and what sub-agents said.
//!
//! Most of what events hold is said in the messages as well; it is left out here, not stored again.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_json::{Map, Value};

use super::super::instant::note_times;
use super::super::turn::{Role, turns};
use crate::import::fields::Fields;
use crate::model::{Metadata, Step, StepFlag, StepIndex, TraceBuilder};

/// A message of the sample and the steps that it gave.
pub(super) type Given<'a> = (&'a Value, Range<StepIndex>);

/// A step of a side branch.
pub(super) struct SideStep {
    pub(super) step: Step,
    /// The step of the branch that it continues, by its place there; else its parent is on the main path.
    pub(super) after: Option<usize>,
}

/// The events of a sample.
#[derive(Default)]
pub(super) struct Events {
    list: Vec<Value>,
    /// Messages that events refer to by their place.
    pool: Vec<Value>,
    /// For each event, the message that came of it, by its place among those given.
    matched: HashMap<usize, usize>,
    /// Events that happened while the answer was graded.
    grading: HashSet<usize>,
}

/// Takes the events out of a sample.
pub(super) fn take(fields: &mut Fields) -> Events {
    let list = |value: Option<Value>| match value {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let mut events = list(fields.take("events"));
    if let Some(Value::Object(mut transcript)) = fields.take("transcript") {
        events.extend(list(transcript.shift_remove("events")));
    }
    let mut pool = list(fields.take("message_pool"));
    if let Some(Value::Object(mut data)) = fields.take("events_data") {
        pool.extend(list(data.shift_remove("messages")));
    }
    let grading = grading(&events);
    Events { list: events, pool, matched: HashMap::new(), grading }
}

/// Which events lie in the span of a scorer.
fn grading(events: &[Value]) -> HashSet<usize> {
    let mut spans: HashMap<&str, (bool, Option<&str>)> = HashMap::new();
    // Older logs have steps, which begin and end in turn.
    let mut steps: Vec<bool> = Vec::new();
    let mut found = HashSet::new();
    for (number, event) in events.iter().enumerate() {
        let is_scorer = matches!(event["type"].as_str(), Some("scorer" | "scorers"));
        match (event["event"].as_str(), event["action"].as_str()) {
            (Some("span_begin"), _) => {
                if let Some(id) = event["id"].as_str() {
                    spans.insert(id, (is_scorer, event["parent_id"].as_str()));
                }
            }
            (Some("step"), Some("begin")) => steps.push(is_scorer),
            (Some("step"), Some("end")) => drop(steps.pop()),
            _ => {}
        }
        let mut at = event["span_id"].as_str();
        // A circle of spans ends with their number.
        for _ in 0..=spans.len() {
            match at.and_then(|id| spans.get(id)) {
                Some((true, _)) => {
                    found.insert(number);
                    break;
                }
                Some((false, parent)) => at = *parent,
                None => break,
            }
        }
        if steps.contains(&true) {
            found.insert(number);
        }
    }
    found
}

impl Events {
    /// The conversation as the last call of the model shows it, for samples that do not hold their messages.
    pub(super) fn last_conversation(&self) -> Vec<Value> {
        let calls = self.list.iter().enumerate().rev();
        let last =
            calls.into_iter().find(|(number, event)| event["event"] == "model" && !self.grading.contains(number));
        let Some((_, event)) = last else { return Vec::new() };
        let mut messages = self.input(event);
        messages.extend(answer(event).cloned());
        messages
    }

    /// What the model was told: the messages, or those of the pool that the event refers to.
    fn input(&self, event: &Value) -> Vec<Value> {
        let mut messages = event["input"].as_array().cloned().unwrap_or_default();
        for range in event["input_refs"].as_array().into_iter().flatten() {
            let end = |at: usize| range.get(at).and_then(Value::as_u64).and_then(|end| usize::try_from(end).ok());
            if let (Some(from), Some(to)) = (end(0), end(1)) {
                messages.extend(self.pool.get(from..to.min(self.pool.len())).unwrap_or_default().iter().cloned());
            }
        }
        messages
    }

    /// Finds the message of each event, and notes times and tokens at its first step.
    pub(super) fn annotate(&mut self, builder: &mut TraceBuilder, given: &[Given<'_>]) {
        let mut free: Vec<bool> = vec![true; given.len()];
        // Events come in the order of the messages, nearly always: the search goes on where it last ended.
        let mut next = 0;
        for (number, event) in self.list.iter().enumerate() {
            let is_it = |message: &Value| match event["event"].as_str() {
                Some("model") => answer(event).is_some_and(|said| is_same(said, message)),
                Some("tool") => {
                    message["role"] == "tool" && event["id"].is_string() && message["tool_call_id"] == event["id"]
                }
                _ => false,
            };
            if !matches!(event["event"].as_str(), Some("model" | "tool")) {
                continue;
            }
            let is_free = |place: &usize| {
                free.get(*place) == Some(&true) && given.get(*place).is_some_and(|(message, _)| is_it(message))
            };
            let found = (next..given.len()).chain(0..next).find(is_free);
            let Some(place) = found else { continue };
            if let Some(free) = free.get_mut(place) {
                *free = false;
            }
            next = place + 1;
            self.matched.insert(number, place);
            let Some((_, range)) = given.get(place) else { continue };
            let Some(step) = builder.trace_mut().steps.get_mut(range.start as usize) else { continue };
            note(&mut step.metadata, event);
            if event["event"] == "tool" && event["error"].is_object() && !step.flags.contains(&StepFlag::Failed) {
                step.flags.push(StepFlag::Failed);
            }
        }
    }

    /// Calls of models that gave no message of the sample: what sub-agents said. Grading is not among them.
    pub(super) fn side_branches(&self, given: &[Given<'_>]) -> Vec<SideStep> {
        let mut side: Vec<SideStep> = Vec::new();
        let mut talks: Vec<SideTalk> = Vec::new();
        let mut anchor = None;
        let known: HashSet<String> = given.iter().map(|(message, _)| key(message)).collect();
        for (number, event) in self.list.iter().enumerate() {
            if let Some(place) = self.matched.get(&number) {
                anchor = given.get(*place).and_then(|(_, range)| range.end.checked_sub(1));
            }
            let said = answer(event).filter(|_| event["event"] == "model");
            let Some(said) = said.filter(|_| !self.matched.contains_key(&number) && !self.grading.contains(&number))
            else {
                continue;
            };
            if known.contains(&key(said)) {
                continue;
            }
            let input = self.input(event);
            let opening = input.first().map(key).unwrap_or_default();
            let place = talks.iter().position(|talk| talk.opening == opening && talk.anchor == anchor);
            let place = place.unwrap_or_else(|| {
                talks.push(SideTalk { opening, anchor, heard: known.clone(), last: None });
                talks.len() - 1
            });
            let Some(talk) = talks.get_mut(place) else { continue };
            for message in input.iter().chain(std::iter::once(said)) {
                if !talk.heard.insert(key(message)) {
                    continue;
                }
                for turn in turns(message, Role::Assistant) {
                    for mut step in turn.steps {
                        step.on_path = false;
                        step.author.get_or_insert_with(|| turn.role_name.clone());
                        step.section = Some("sub-agent".into());
                        if std::ptr::eq(message, said) {
                            note(&mut step.metadata, event);
                        }
                        step.parent = talk.anchor;
                        side.push(SideStep { step, after: talk.last });
                        talk.last = Some(side.len() - 1);
                    }
                }
            }
        }
        side
    }

    /// The events without what the messages repeat, for the metadata of the trace.
    pub(super) fn outline(self) -> Vec<Value> {
        let Self { list, matched, grading, .. } = self;
        let outlined = list.into_iter().enumerate().map(|(number, mut event)| {
            if let Some(map) = event.as_object_mut() {
                shorten(map, matched.contains_key(&number), grading.contains(&number));
            }
            event
        });
        outlined.collect()
    }
}

/// A conversation beside the main one.
struct SideTalk {
    /// Its first message tells it from others.
    opening: String,
    anchor: Option<StepIndex>,
    heard: HashSet<String>,
    last: Option<usize>,
}

/// Takes out of an event what stands elsewhere in the trace.
fn shorten(event: &mut Map<String, Value>, matched: bool, grading: bool) {
    let kind = event.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
    let repeated: &[&str] = match kind.as_str() {
        "model" if grading => &["input", "input_refs", "tools", "call"],
        "model" => &["input", "input_refs", "tools", "call", "output"],
        "tool" if matched => &["result", "arguments", "view", "events"],
        "sample_init" => &["sample", "state"],
        _ => &[],
    };
    for key in repeated {
        event.shift_remove(*key);
    }
    if let Some(Value::Array(changes)) = event.get_mut("changes") {
        let before = changes.len();
        changes.retain(|change| {
            let path = change["path"].as_str().unwrap_or_default();
            !["/messages", "/output", "/tools"].iter().any(|repeated| path.starts_with(repeated))
        });
        let left_out = before - changes.len();
        if left_out > 0 {
            event.insert("changes_left_out".into(), left_out.into());
        }
    }
    event.retain(|_, value| !value.is_null());
}

fn answer(event: &Value) -> Option<&Value> {
    event["output"]["choices"].get(0).map(|choice| &choice["message"]).filter(|message| message.is_object())
}

/// Whether a call's answer is that message. Older logs give messages no names.
fn is_same(said: &Value, message: &Value) -> bool {
    if message["role"] != "assistant" {
        return false;
    }
    match (said["id"].as_str(), message["id"].as_str()) {
        (Some(a), Some(b)) => a == b,
        _ => said["content"] == message["content"] && call_ids(said) == call_ids(message),
    }
}

fn call_ids(message: &Value) -> Vec<&Value> {
    message["tool_calls"].as_array().into_iter().flatten().map(|call| &call["id"]).collect()
}

/// What tells one message from another.
fn key(message: &Value) -> String {
    match message["id"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{}\u{0}{}\u{0}{}", message["role"], message["content"], message["tool_call_id"]),
    }
}

/// Times, tokens and model of a call.
fn note(metadata: &mut Metadata, event: &Value) {
    note_times(metadata, event.get("timestamp"), event.get("completed"));
    let took = event["output"]["time"].as_f64().or_else(|| event["working_time"].as_f64());
    if let Some(took) = took.filter(|_| !metadata.contains_key("duration_s")) {
        metadata.insert("duration_s".into(), took.into());
    }
    for key in ["input_tokens", "output_tokens", "reasoning_tokens", "total_cost"] {
        if let Some(number) = event["output"]["usage"].get(key).filter(|number| number.is_number()) {
            let name = if key == "total_cost" { "cost_usd" } else { key };
            metadata.insert(name.into(), number.clone());
        }
    }
    if let Some(reason) = event["output"]["choices"].get(0).and_then(|choice| choice["stop_reason"].as_str()) {
        metadata.insert("stop_reason".into(), reason.into());
    }
}
