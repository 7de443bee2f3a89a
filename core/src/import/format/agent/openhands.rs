//! Event streams of `OpenHands`: bare lists, rows of an evaluation, and the toy forms of its trajectory visualizer
//! (All-Hands-AI/OpenHands: openhands/events/; All-Hands-AI/trajectory-visualizer).

mod event;

use serde_json::{Map, Value};

use self::event::Events;
use crate::import::fields::{Fields, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::Verdict;

const HISTORY: &[&str] = &["history", "trajectory", "events"];

/// Reads `OpenHands` events.
pub(super) struct OpenHands;

impl Importer for OpenHands {
    fn name(&self) -> &'static str {
        "openhands"
    }

    fn caption(&self) -> &'static str {
        "OpenHands event streams"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[HISTORY]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let events = sample.rows.iter().filter(|row| event::is_event(row)).count();
        if events > 0 && events == sample.rows.len() {
            let unit = if sample.in_list { Unit::Document } else { Unit::Group };
            let reason = format!("all {events} sample rows are events with `action` or `observation`");
            return Some(Recognition { share: 1.0, reason, unit });
        }
        sample.recognise("a list of events with `action` or `observation`", |row| {
            let list = HISTORY.iter().find_map(|key| row[*key].as_array());
            list.is_some_and(|list| {
                let fits = |entry: &Value| match entry {
                    Value::Array(pair) => !pair.is_empty() && pair.iter().all(event::is_half),
                    entry => event::is_event(entry) || event::is_toy(entry),
                };
                !list.is_empty() && list.iter().all(fits)
            })
        })
    }

    fn continues(&self, _: &[Value], _: &Value) -> bool {
        // A file of events is one run.
        true
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let row = match row {
            Value::Array(events) => Map::from_iter([("history".to_owned(), Value::Array(events))]).into(),
            other => other,
        };
        let mut fields = Fields::new(row)?;
        let mut events = Events::default();
        // Older runs pair each action with its observation.
        let flat = fields.list(HISTORY)?.into_iter().flat_map(|entry| match entry {
            Value::Array(pair) => pair,
            entry => vec![entry],
        });
        for (index, entry) in flat.enumerate() {
            let Value::Object(entry) = entry else {
                return Err(RowError::new(format!(
                    "event {index} (from 0) is no object; expected `action` or `observation`"
                )));
            };
            events.read(index, entry);
        }
        let Events { mut run, folded, model, .. } = events;
        if run.prompt.iter().all(|message| message.role == "system")
            && let Some(instruction) = fields.text("instruction").filter(|text| !text.is_empty())
        {
            run.ask("user", instruction);
        }
        let trace = run.builder.trace_mut();
        trace.source_id = fields.get("instance_id").and_then(scalar_text);
        trace.generator =
            fields.get("metadata").and_then(|m| m["llm_config"]["model"].as_str().map(str::to_owned)).or(model);
        trace.outcome.verdict = resolved(&fields).map_or(Verdict::Unknown, Verdict::from_bool);
        trace.metadata.extend(fields.rest());
        trace.metadata.retain(|_, value| !value.is_null());
        if !folded.is_empty() {
            trace.metadata.insert("state_events".into(), folded.into());
        }
        Ok(vec![run.finish().into()])
    }
}

/// Whether the tests pass afterwards, where the evaluation says so.
fn resolved(fields: &Fields) -> Option<bool> {
    let report = fields.get("report").map(|report| &report["resolved"]);
    let test = fields.get("test_result");
    let nested = test.map(|test| &test["report"]["resolved"]);
    let plain = test.map(|test| &test["resolved"]);
    [report, nested, plain].into_iter().flatten().find_map(Value::as_bool)
}
