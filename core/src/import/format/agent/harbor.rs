//! Conversations of an agent, one row per episode, as Harbor exports them (`*.traces.json`).
//!
//! An episode repeats the one before and goes on. All episodes of a trial are one trace: the longest is the path, and
//! what other episodes say besides, such as the work before a context was summed up, goes aside.

use serde_json::{Map, Value};

use super::chat::reader::Reader;
use super::chat::{EXTRAS, is_message, is_question};
use crate::import::fields::{Fields, float, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Metadata, StepIndex, Verdict};

/// Reads Harbor's episodes.
pub(super) struct HarborTraces;

impl Importer for HarborTraces {
    fn name(&self) -> &'static str {
        "harbor_traces"
    }

    fn caption(&self) -> &'static str {
        "Harbor episodes (*.traces.json)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["conversations"], &["episode"], &["trial_name", "run_id"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`conversations` and `episode`", |row| {
            let list = row["conversations"].as_array();
            row["episode"].is_string() && list.is_some_and(|list| !list.is_empty() && list.iter().all(is_message))
        })?;
        Some(Recognition { unit: Unit::Group, ..found })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        let same = |key: &str| group.last().is_some_and(|last| last[key] == row[key]);
        ["run_id", "trial_name", "agent", "task"].into_iter().all(same)
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let rows = if let Value::Array(rows) = row { rows } else { vec![row] };
        let mut episodes: Vec<(Vec<Value>, String, Fields)> = Vec::new();
        for row in rows {
            let mut fields = Fields::new(row)?;
            let name = fields.text("episode").unwrap_or_default();
            episodes.push((fields.list(&["conversations"])?, name, fields));
        }
        let names: Vec<Value> = episodes.iter().map(|(_, name, _)| name.clone().into()).collect();
        // The longest first, of equal ones the last: shorter ones are mostly the beginning of it.
        episodes.reverse();
        episodes.sort_by_key(|(messages, ..)| std::cmp::Reverse(messages.len()));
        let mut reader = Reader::default();
        let mut kept: Vec<(Vec<Value>, Vec<Option<StepIndex>>)> = Vec::new();
        let mut rest = None;
        for (messages, name, fields) in episodes {
            let path = if rest.is_none() {
                rest = Some(fields);
                read_path(&mut reader, &messages)?
            } else {
                read_branch(&mut reader, &kept, &messages, &name)?
            };
            kept.push((messages, path));
        }
        let Reader { mut run, extras, .. } = reader;
        let trace = run.builder.trace_mut();
        if !extras.is_empty() {
            trace.metadata.insert(EXTRAS.into(), extras.into());
        }
        if let Some(mut fields) = rest {
            trace.source_id = fields.get("trial_name").or_else(|| fields.get("run_id")).and_then(scalar_text);
            trace.generator = fields.text("model");
            if let Some(tools) = fields.take("tool_definitions") {
                trace.problem.metadata.insert("tools".into(), tools);
            }
            if let Some(reward) = fields.get("result").and_then(float) {
                trace.outcome.reward = Some(reward);
                trace.outcome.verdict = match reward {
                    1.0 => Verdict::Correct,
                    0.0 => Verdict::Incorrect,
                    _ => Verdict::Unknown,
                };
            }
            trace.metadata.extend(fields.rest());
        }
        trace.metadata.insert("episodes".into(), names.into());
        Ok(vec![run.finish().into()])
    }
}

/// The longest episode. Gives the last step of each message.
fn read_path(reader: &mut Reader, messages: &[Value]) -> Result<Vec<Option<StepIndex>>, RowError> {
    let mut path = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        if reader.run.at.is_none() && is_question(message) {
            reader.prompt(index, object(index, message)?);
        } else {
            reader.message(index, object(index, message)?);
        }
        path.push(reader.run.at);
    }
    Ok(path)
}

/// What an episode says that those before do not.
fn read_branch(
    reader: &mut Reader,
    kept: &[(Vec<Value>, Vec<Option<StepIndex>>)],
    messages: &[Value],
    name: &str,
) -> Result<Vec<Option<StepIndex>>, RowError> {
    let common = |other: &[Value]| messages.iter().zip(other).take_while(|(a, b)| a == b).count();
    let Some((shared, path)) = kept.iter().map(|(other, path)| (common(other), path)).max_by_key(|(n, _)| *n) else {
        return Ok(Vec::new());
    };
    let mut path: Vec<_> = path.iter().take(shared).copied().collect();
    let (main, extras, asked_last) = (reader.run.at, std::mem::take(&mut reader.extras), reader.run.asked_last);
    reader.run.at = path.last().copied().flatten();
    reader.run.aside = true;
    reader.run.section = Some(name.to_owned());
    for (index, message) in messages.iter().enumerate().skip(shared) {
        reader.message(index, object(index, message)?);
        path.push(reader.run.at);
    }
    let more: Metadata = std::mem::replace(&mut reader.extras, extras);
    for (index, extra) in more {
        reader.extras.insert(format!("{name}:{index}"), extra);
    }
    reader.run.at = main;
    reader.run.aside = false;
    reader.run.section = None;
    reader.run.asked_last = asked_last;
    Ok(path)
}

fn object(index: usize, message: &Value) -> Result<Map<String, Value>, RowError> {
    let no_object = || RowError::new(format!("message {index} (from 0) is no object; expected `role` and `content`"));
    message.as_object().cloned().ok_or_else(no_object)
}
