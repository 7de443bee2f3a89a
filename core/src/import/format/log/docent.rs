//! Runs of agents as Docent (TransluceAI/docent) keeps them: one or more transcripts with metadata and scores.

use serde_json::{Map, Value};

use super::talk::Talk;
use super::turn::{Role, turns};
use crate::import::fields::{Fields, float, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Metadata, ScoreKind, TraceBuilder};

/// Reads runs of Docent.
pub(super) struct Docent;

impl Importer for Docent {
    fn name(&self) -> &'static str {
        "docent"
    }

    fn caption(&self) -> &'static str {
        "Docent agent runs"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["transcripts"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`transcripts` with `messages`", |row| {
            let has_messages = |transcript: &Value| transcript["messages"].is_array();
            match &row["transcripts"] {
                Value::Array(list) => !list.is_empty() && list.iter().all(has_messages),
                Value::Object(map) => !map.is_empty() && map.values().all(has_messages),
                _ => false,
            }
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let transcripts: Vec<(Option<String>, Value)> = match fields.take("transcripts") {
            Some(Value::Object(map)) => map.into_iter().map(|(name, transcript)| (Some(name), transcript)).collect(),
            Some(Value::Array(list)) => list.into_iter().map(|transcript| (None, transcript)).collect(),
            _ => return Err(RowError::new("`transcripts` is missing; expected a list or an object of transcripts")),
        };
        let run = fields.text("id");
        let about = match fields.take("metadata") {
            Some(Value::Object(about)) => about,
            _ => Map::new(),
        };
        let rest = fields.rest();
        let several = transcripts.len() > 1;
        let read = transcripts.into_iter().enumerate().map(|(number, (key, transcript))| {
            let mut builder = read_transcript(transcript)?;
            let trace = builder.trace_mut();
            let own = trace.source_id.take().or(key);
            trace.source_id = match (&run, own) {
                (Some(run), Some(own)) if several => Some(format!("{run}:{own}")),
                (Some(run), None) if several => Some(format!("{run}#{number}")),
                (Some(run), _) => Some(run.clone()),
                (None, own) => own,
            };
            trace.metadata.extend(rest.clone());
            about_run(&mut builder, about.clone());
            Ok(builder.into())
        });
        read.collect()
    }
}

fn read_transcript(transcript: Value) -> Result<TraceBuilder, RowError> {
    let mut fields = Fields::new(transcript)?;
    let messages = fields.list(&["messages"])?;
    let mut talk = Talk::default();
    for (number, message) in messages.iter().enumerate() {
        let mut found = turns(message, Role::Assistant);
        match (found.pop(), found.is_empty()) {
            (Some(turn), true) => drop(talk.hear(turn)),
            _ => warn(
                &mut talk.builder,
                format!("message {number} (from 0) has no known `role`; it was left out of the steps"),
            ),
        }
    }
    let mut builder = talk.finish(None);
    let trace = builder.trace_mut();
    trace.source_id = fields.text("id");
    if let Some(Value::Object(about)) = fields.take("metadata") {
        trace.metadata.extend(about);
    }
    trace.metadata.extend(fields.rest().into_iter().filter(|(_, value)| !value.is_null()));
    Ok(builder)
}

/// What is said of the whole run: the model, and scores by name.
fn about_run(builder: &mut TraceBuilder, mut about: Metadata) {
    if let Some(Value::Object(scores)) = about.get("scores").cloned() {
        for (name, value) in &scores {
            if let Some(number) = float(value).or_else(|| Some(f64::from(u8::from(value.as_bool()?)))) {
                builder.score(None, name, ScoreKind::Other, number);
            }
        }
        if scores.values().all(|value| value.is_number() || value.is_boolean()) {
            about.shift_remove("scores");
        }
    }
    let trace = builder.trace_mut();
    trace.generator = ["model", "model_name"].iter().find_map(|key| about.get(*key)).and_then(scalar_text);
    trace.metadata.extend(about);
}
