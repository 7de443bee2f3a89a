//! Tells a tree of spans as a conversation: calls of models and tools in the order of their time, as one chain.
//!
//! Spans that only hold others together become the names of sections; what they repeat of their children is left out.
//! The tree itself stays readable: each step names its span and the span above, and the metadata of the trace lists the
//! spans without steps.

mod heard;
mod order;

use std::collections::HashMap;

use serde_json::Value;

use self::heard::Heard;
use super::instant::note_times;
use super::part::result_text;
use super::talk::Talk;
use super::turn::{Role, Turn, decoded, payload_text, turns};
use crate::import::fields::warn;
use crate::model::{Metadata, Step, StepFlag, StepIndex, StepKind, ToolCall, TraceBuilder};

/// What a span does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// Calls a model.
    Model,
    /// Runs a tool.
    Tool,
    /// Anything else: an agent, a chain, an event.
    #[default]
    Other,
}

/// One span, whatever log it is from.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) work: Work,
    /// The kind as the source writes it.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) started: Option<Value>,
    pub(super) ended: Option<Value>,
    pub(super) input: Value,
    pub(super) output: Value,
    pub(super) model: Option<String>,
    /// Why it failed, where it did.
    pub(super) failure: Option<String>,
    /// Everything else: tokens, costs.
    pub(super) facts: Metadata,
}

/// A trace that spans tell.
pub(super) struct Told {
    pub(super) builder: TraceBuilder,
    /// The last step of each span that has one.
    pub(super) steps: HashMap<String, StepIndex>,
}

/// Tells the spans of one trace. `question` is what was asked, where the log says so beside its spans.
pub(super) fn tell(spans: &[Span], question: Option<&Value>) -> Told {
    let order = order::order(spans);
    let mut teller = Teller {
        talk: Talk::default(),
        heard: Heard::default(),
        steps: HashMap::new(),
        outline: Vec::new(),
        unread_input: None,
    };
    for warning in order.warnings {
        warn(&mut teller.talk.builder, warning);
    }
    let generator = order.places.iter().find_map(|place| spans.get(place.span)?.model.clone());
    let root = order.places.first().and_then(|place| spans.get(place.span));
    for place in &order.places {
        if let Some(span) = spans.get(place.span) {
            teller.span(span, place.section.as_deref(), place.holds_work);
        }
    }
    let Teller { mut talk, steps, outline, .. } = teller;
    // Nobody was seen to ask: what the whole was started with is the question, else what a user said later.
    let payloads = question.into_iter().chain(root.map(|root| &root.input));
    let asked = payloads.filter(|payload| !payload.is_null()).find_map(question_text);
    let mut said = talk.builder.trace_mut().steps.iter();
    let said = said.find(|step| matches!(step.author.as_deref(), Some("user" | "human"))).map(|step| step.text.clone());
    let mut builder = talk.finish(asked.or(said));
    let trace = builder.trace_mut();
    trace.generator = generator;
    if !outline.is_empty() {
        trace.metadata.insert("spans".into(), outline.into());
    }
    Told { builder, steps }
}

/// What a payload asks: the words of its users, or a text in it, or all of it.
fn question_text(payload: &Value) -> Option<String> {
    let words: Vec<String> =
        turns(payload, Role::User).iter().filter(|turn| turn.role == Role::User).map(Turn::words).collect();
    if !words.is_empty() {
        return Some(words.join("\n\n"));
    }
    let inner = decoded(payload);
    let payload = inner.as_ref().unwrap_or(payload);
    let is_empty = payload.as_object().is_some_and(serde_json::Map::is_empty);
    (!is_empty).then(|| payload_text(payload))
}

struct Teller {
    talk: Talk,
    heard: Heard,
    steps: HashMap<String, StepIndex>,
    outline: Vec<Value>,
    /// What a model was told, where no messages are in it.
    unread_input: Option<Value>,
}

impl Teller {
    fn span(&mut self, span: &Span, section: Option<&str>, holds_work: bool) {
        let first = self.talk.end();
        match span.work {
            Work::Model => self.model(span),
            Work::Tool => self.tool(span),
            // A tool may be logged as any span; the model has called it by name.
            Work::Other if !holds_work && self.heard.waits_for(&span.name) => self.tool(span),
            Work::Other if !holds_work => self.other(span),
            Work::Other => {}
        }
        let mut facts = facts(span);
        if let Some(input) = self.unread_input.take() {
            facts.insert("input".into(), input);
        }
        let end = self.talk.end();
        let Some(last) = end.checked_sub(1).filter(|_| end > first) else {
            if span.work != Work::Model || !span.facts.is_empty() {
                self.outline.push(facts.into());
            }
            return;
        };
        self.steps.insert(span.id.clone(), last);
        let steps = &mut self.talk.builder.trace_mut().steps;
        let range = first as usize..end as usize;
        for step in steps.get_mut(range.clone()).into_iter().flatten() {
            step.section = section.map(str::to_owned);
        }
        // What the span says of itself stands with the first step that is its own; before it are things heard anew.
        let own = self.heard.own_from.take().map_or(first, |own| own.max(first)) as usize;
        if let Some(step) = steps.get_mut(own) {
            for (key, value) in facts {
                step.metadata.entry(key).or_insert(value);
            }
        }
        if let Some(why) = &span.failure
            && let Some(step) = steps.get_mut(last as usize)
        {
            if !step.flags.contains(&StepFlag::Failed) {
                step.flags.push(StepFlag::Failed);
            }
            step.metadata.insert("error".into(), why.clone().into());
        }
    }

    fn model(&mut self, span: &Span) {
        let told = turns(&span.input, Role::User);
        self.unread_input = (told.is_empty() && !is_nothing(&span.input)).then(|| span.input.clone());
        self.heard.begin();
        if self.talk.answered {
            for turn in told {
                self.hear_anew(turn);
            }
        } else {
            // Before the first call, all words up to the last question are the problem; calls in them are steps.
            let last = told.iter().rposition(|turn| turn.role == Role::User).map_or(0, |last| last + 1);
            let plain = told.iter().take(last).all(Turn::is_plain);
            for (number, turn) in told.into_iter().enumerate() {
                self.heard.note(&turn);
                if plain && number < last {
                    self.talk.ask(&turn);
                } else {
                    let range = self.talk.hear(turn);
                    self.heard.keep_calls(&mut self.talk, range);
                }
            }
        }
        self.heard.own_from = Some(self.talk.end());
        let said = turns(&span.output, Role::Assistant);
        let silent = said.is_empty();
        for turn in said {
            self.heard.note(&turn);
            let range = self.talk.say(turn);
            self.heard.keep_calls(&mut self.talk, range);
        }
        if silent && !is_nothing(&span.output) {
            let turn = Turn::text(Role::Assistant, &payload_text(&span.output));
            self.heard.note(&turn);
            self.talk.say(turn);
        } else if silent {
            let text = span.failure.clone().unwrap_or_else(|| "the call of the model gave no answer".into());
            self.note(span, text);
        }
    }

    /// Says of a message what was not said before: each call repeats the whole conversation.
    fn hear_anew(&mut self, turn: Turn) {
        let Turn { role, role_name, steps, extras } = turn;
        let mut anew = Vec::new();
        for step in steps {
            if !self.heard.again(&step, &mut self.talk.builder) {
                anew.push(step);
            }
        }
        if !anew.is_empty() {
            let turn = Turn { role, role_name, steps: anew, extras };
            let range = self.talk.say(turn);
            self.heard.keep_calls(&mut self.talk, range);
        }
    }

    fn tool(&mut self, span: &Span) {
        let input = decoded(&span.input).unwrap_or_else(|| span.input.clone());
        let call = self.heard.claim(&span.name, &input);
        let (name, call_id) = if let Some(call) = &call {
            (call.name.clone(), call.id.clone())
        } else {
            let name = span.name.strip_prefix("execute_tool ").unwrap_or(&span.name).to_owned();
            let arguments = if is_nothing(&input) { String::new() } else { payload_text(&input) };
            let tool = ToolCall { name: name.clone(), arguments, call_id: None };
            let text = format!("{name}({})", tool.arguments);
            let step = Step { kind: StepKind::ToolCall, text, tool: Some(tool), on_path: true, ..Step::default() };
            self.heard.note_step(&step);
            self.talk.push(step);
            (name, None)
        };
        self.talk.answered = true;
        let text = given(&span.output).unwrap_or_default();
        let tool = ToolCall { name: name.clone(), arguments: String::new(), call_id };
        let author = Some(name);
        let step =
            Step { kind: StepKind::ToolResult, text, author, tool: Some(tool), on_path: true, ..Step::default() };
        self.heard.note_step(&step);
        let at = self.talk.push(step);
        self.heard.answer(call.map(|call| call.place), at, &span.name);
    }

    /// A span without calls below it, and none itself: what it gave is a note.
    fn other(&mut self, span: &Span) {
        if !is_nothing(&span.output) {
            self.note(span, payload_text(&span.output));
        }
    }

    fn note(&mut self, span: &Span, text: String) {
        let author = Some(if span.name.is_empty() { span.kind.clone() } else { span.name.clone() });
        self.talk.push(Step { kind: StepKind::Note, text, author, on_path: true, ..Step::default() });
    }
}

/// What a tool gave, as text.
fn given(output: &Value) -> Option<String> {
    if output.is_null() {
        return None;
    }
    let inner = decoded(output);
    let payload = inner.as_ref().unwrap_or(output);
    let told = turns(payload, Role::Tool);
    let results: Vec<&str> =
        told.iter().flat_map(|turn| &turn.steps).filter(|s| s.kind == StepKind::ToolResult).map(|s| &*s.text).collect();
    match (results.as_slice(), payload) {
        (_, Value::String(text)) => Some(text.clone()),
        ([], payload) => Some(result_text(payload)),
        (texts, Value::Object(map)) if map.contains_key("role") || map.contains_key("type") => Some(texts.join("\n")),
        (_, payload) => Some(result_text(payload)),
    }
}

/// What a span says of itself.
fn facts(span: &Span) -> Metadata {
    let mut facts = Metadata::new();
    facts.insert("span_id".into(), span.id.clone().into());
    if let Some(parent) = &span.parent {
        facts.insert("parent_span_id".into(), parent.clone().into());
    }
    let texts = [("span_kind", Some(&span.kind)), ("span_name", Some(&span.name)), ("model", span.model.as_ref())];
    for (key, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            facts.insert(key.into(), text.clone().into());
        }
    }
    note_times(&mut facts, span.started.as_ref(), span.ended.as_ref());
    if let Some(why) = &span.failure {
        facts.insert("error".into(), why.clone().into());
    }
    facts.extend(span.facts.clone());
    facts
}

pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}
