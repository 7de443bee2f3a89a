//! One sample of an Inspect log as a trace.

use serde_json::{Map, Value};

use super::super::talk::Talk;
use super::super::turn::{Role, Turn, turns};
use super::events::{self, SideStep};
use crate::import::detect::kind;
use crate::import::fields::{Fields, float, raw_text, warn};
use crate::import::{Imported, RowError};
use crate::model::{ImportedValue, Metadata, ScoreKind, Step, StepFlag, StepKind, TraceBuilder, Verdict};

/// How a text stands elsewhere in the sample: older logs write `tc://`.
const ATTACHMENT: [&str; 2] = ["attachment://", "tc://"];

/// What all samples of a log share.
#[derive(Default)]
pub(super) struct Run {
    model: Option<String>,
    about: Metadata,
}

/// Whether a row is a sample by itself.
pub(super) fn is_sample(row: &Value) -> bool {
    let told = ["output", "scores", "events", "error"].iter().any(|key| row.get(key).is_some());
    row["epoch"].is_u64()
        && row["messages"].is_array()
        && (row["id"].is_string() || row["id"].is_number())
        && row.get("target").is_some()
        && told
}

impl Run {
    /// Takes from the header what says how the run was made.
    pub(super) fn new(header: Value) -> Self {
        let Value::Object(mut header) = header else { return Self::default() };
        let Some(Value::Object(eval)) = header.shift_remove("eval") else { return Self::default() };
        let model = eval.get("model").and_then(Value::as_str).map(str::to_owned);
        let keep =
            ["task", "run_id", "created", "task_version", "solver", "model_generate_config", "model_roles", "tags"];
        let mut about: Metadata = keep
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), eval.get(*key).filter(|value| !is_empty(value))?.clone())))
            .collect();
        if let Some(dataset) = eval.get("dataset").and_then(|dataset| dataset.get("name")) {
            about.insert("dataset".into(), dataset.clone());
        }
        if let Some(status) = header.shift_remove("status") {
            about.insert("status".into(), status);
        }
        Self { model, about }
    }

    /// Reads a sample.
    pub(super) fn read(&self, sample: Value) -> Result<Imported, RowError> {
        let mut sample = sample;
        let attachments = match sample.as_object_mut().and_then(|sample| sample.shift_remove("attachments")) {
            Some(Value::Object(attachments)) => attachments,
            _ => Map::new(),
        };
        // Events repeat more than their logs hold texts for; a text missing there is missing nowhere else.
        if let Some(events) = sample.get_mut("events") {
            resolve(events, &attachments);
        }
        if let Some(events) = sample.get_mut("transcript").and_then(|transcript| transcript.get_mut("events")) {
            resolve(events, &attachments);
        }
        let missing = resolve(&mut sample, &attachments);
        let mut fields = Fields::new(sample)?;
        let messages = match fields.take("messages") {
            Some(Value::Array(messages)) => messages,
            None | Some(Value::Null) => Vec::new(),
            Some(other) => {
                return Err(RowError::new(format!("`messages` is {}; expected a list of messages", kind(&other))));
            }
        };
        let mut log = events::take(&mut fields);
        let messages = if messages.is_empty() { log.last_conversation() } else { messages };
        let input = fields.take("input").unwrap_or_default();
        let mut talk = Talk::default();
        let asks = |message: &Value| matches!(message["role"].as_str(), Some("system" | "user"));
        if !messages.first().is_some_and(asks) {
            // The question is not repeated in the messages.
            match &input {
                Value::String(text) => talk.ask(&Turn::text(Role::User, text)),
                input => turns(input, Role::User).iter().for_each(|turn| talk.ask(turn)),
            }
        }
        let mut given = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            match one_turn(message) {
                Some(turn) => given.push((message, talk.hear(turn))),
                None => warn(
                    &mut talk.builder,
                    format!("message {number} (from 0) has no known `role`; it was left out of the steps"),
                ),
            }
        }
        log.annotate(&mut talk.builder, &given);
        let side = log.side_branches(&given);
        Ok(self.end(talk, fields, side, missing, log.outline()))
    }

    fn end(
        &self,
        talk: Talk,
        mut fields: Fields,
        side: Vec<SideStep>,
        missing: usize,
        outline: Vec<Value>,
    ) -> Imported {
        let mut builder = talk.finish(None);
        if let Some(error) = fields.get("error").filter(|error| error.is_object()) {
            let text = error["message"].as_str().unwrap_or("the run failed").to_owned();
            let parent = builder.last_step();
            let flags = vec![StepFlag::Failed, StepFlag::Terminal];
            let kind = StepKind::Note;
            builder.push(Step {
                parent,
                kind,
                text,
                flags,
                author: Some("inspect".into()),
                on_path: true,
                ..Step::default()
            });
        }
        add_side(&mut builder, side);
        if missing > 0 {
            let s = if missing == 1 { "" } else { "s" };
            warn(
                &mut builder,
                format!(
                    "{missing} text{s} refer to attachments that the sample does not hold; their references were kept"
                ),
            );
        }
        let id = fields.text("id").unwrap_or_default();
        let epoch = fields.take("epoch").unwrap_or_default();
        let trace = builder.trace_mut();
        trace.source_id = Some(format!("{id}_epoch_{}", raw_text(&epoch)));
        trace.generator = self.model.clone().or_else(|| fields.get("output")?["model"].as_str().map(str::to_owned));
        match fields.take("target") {
            Some(Value::Array(targets)) => {
                let texts: Vec<String> = targets.iter().map(raw_text).collect();
                trace.problem.answer = (!texts.is_empty()).then(|| texts.join("\n"));
                if texts.len() > 1 {
                    trace.problem.metadata.insert("target".into(), targets.into());
                }
            }
            Some(target) if !is_empty(&target) => trace.problem.answer = Some(raw_text(&target)),
            _ => {}
        }
        trace.problem.metadata.insert("id".into(), id.into());
        for key in ["choices", "metadata", "files", "setup"] {
            if let Some(value) = fields.take(key).filter(|value| !is_empty(value)) {
                trace.problem.metadata.insert(key.into(), value);
            }
        }
        // The last answer stands among the messages, and the numbers of each call beside its step.
        fields.take("output");
        grades(&mut builder, &fields);
        let trace = builder.trace_mut();
        trace.metadata.extend(self.about.clone());
        trace.metadata.insert("epoch".into(), epoch);
        if !outline.is_empty() {
            trace.metadata.insert("events".into(), outline.into());
        }
        trace.metadata.extend(fields.rest().into_iter().filter(|(_, value)| !is_empty(value)));
        builder.into()
    }
}

/// One message as one turn.
fn one_turn(message: &Value) -> Option<Turn> {
    let mut found = turns(message, Role::Assistant);
    let turn = (found.len() == 1).then(|| found.pop()).flatten()?;
    message["role"].is_string().then_some(turn)
}

/// What sub-agents said, below the step that called them; off the path.
fn add_side(builder: &mut TraceBuilder, side: Vec<SideStep>) {
    let mut places = Vec::with_capacity(side.len());
    for SideStep { step, after } in side {
        let parent = after.and_then(|after| places.get(after).copied()).or(step.parent);
        places.push(builder.push(Step { parent, ..step }));
    }
}

/// Puts the texts of attachments where they are meant. Gives how many are missing outside the events.
fn resolve(sample: &mut Value, attachments: &Map<String, Value>) -> usize {
    let mut missing = 0;
    let mut todo = vec![sample];
    while let Some(value) = todo.pop() {
        match value {
            Value::String(text) => {
                let Some(hash) = ATTACHMENT.iter().find_map(|prefix| text.strip_prefix(prefix)) else { continue };
                match attachments.get(hash) {
                    Some(found) => *value = found.clone(),
                    None if hash.len() == 32 => missing += 1,
                    None => {}
                }
            }
            Value::Array(list) => todo.extend(list),
            Value::Object(map) => {
                let inner = map.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "events" | "transcript"));
                todo.extend(inner.map(|(_, value)| value));
            }
            _ => {}
        }
    }
    missing
}

/// Grades become the outcome and scores of the trace; explanations become remarks.
fn grades(builder: &mut TraceBuilder, fields: &Fields) {
    let scores = match (fields.get("scores"), fields.get("score")) {
        (Some(Value::Object(scores)), _) => scores.clone(),
        (_, Some(score @ Value::Object(_))) => Map::from_iter([("score".to_owned(), score.clone())]),
        _ => return,
    };
    let mut verdicts = Vec::new();
    for (name, score) in &scores {
        let value = &score["value"];
        verdicts.extend(grade(builder, name, value));
        // Simple scorers explain themselves with the answer.
        let mut is_answer = |words: &str| builder.trace_mut().steps.iter().any(|step| step.text == words);
        if let Some(words) = score["explanation"].as_str().filter(|words| !words.trim().is_empty())
            && !is_answer(words)
        {
            let source = if name.starts_with("model_graded") { format!("model:{name}") } else { "rule".into() };
            builder.label(None, ImportedValue::Remark, &source, &format!("scores.{name}"), &raw_text(value));
            if let Some(label) = builder.last_label() {
                label.rationale = Some(words.to_owned());
            }
        }
    }
    let outcome = &mut builder.trace_mut().outcome;
    match verdicts.as_slice() {
        [] => {}
        [first, rest @ ..] if rest.iter().all(|other| other == first) => outcome.verdict = *first,
        _ => warn(builder, "the scorers do not agree whether the answer is right; the outcome is left open"),
    }
}

/// One grade. C is correct, I incorrect, P partly correct, N no answer.
fn grade(builder: &mut TraceBuilder, name: &str, value: &Value) -> Option<Verdict> {
    let (number, verdict) = match value {
        Value::String(letter) => match letter.as_str() {
            "C" => (1.0, Some(Verdict::Correct)),
            "I" | "N" => (0.0, Some(Verdict::Incorrect)),
            "P" => (0.5, None),
            _ => {
                if let Some(number) = float(value) {
                    builder.score(None, name, ScoreKind::Other, number);
                }
                return None;
            }
        },
        Value::Bool(right) => (f64::from(u8::from(*right)), Some(Verdict::from_bool(*right))),
        Value::Number(_) => {
            if let Some(number) = float(value) {
                builder.score(None, name, ScoreKind::Other, number);
            }
            return None;
        }
        Value::Object(parts) => {
            for (key, part) in parts {
                part_grade(builder, &format!("{name}.{key}"), part);
            }
            return None;
        }
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                part_grade(builder, &format!("{name}.{index}"), part);
            }
            return None;
        }
        Value::Null => return None,
    };
    builder.score(None, name, ScoreKind::Trajectory, number);
    verdict
}

fn part_grade(builder: &mut TraceBuilder, name: &str, value: &Value) {
    // Of several grades in one, none speaks for the whole answer.
    if !matches!(value, Value::Object(_) | Value::Array(_)) {
        grade(builder, name, value);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
