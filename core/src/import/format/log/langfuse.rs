//! Langfuse exports: a trace with its observations, which are spans, and what judges said of it.

use serde_json::{Map, Value};

use super::span::{Span, Told, Work, is_nothing, tell};
use super::turn::decoded;
use crate::import::detect::Neighbour;
use crate::import::fields::{Fields, float, raw_text, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Metadata, ScoreKind, StepIndex, TraceBuilder};

/// Reads Langfuse exports.
pub(super) struct Langfuse;

/// Lies beside such exports.
pub(super) const EXPECTATIONS: Neighbour = Neighbour {
    what: "a table of the messages that a test expects of a trace",
    fits: |sample| sample.rows.iter().all(is_expectation),
};

fn is_expectation(row: &Value) -> bool {
    // An object keyed by the ids of spans, or one of its entries.
    let is_one = |entry: &Value| {
        let parsed =
            |side: &Value| side["success"].is_boolean() && (side.get("data").is_some() || side.get("error").is_some());
        parsed(&entry["input"]) && parsed(&entry["output"])
    };
    is_one(row) || row.as_object().is_some_and(|map| !map.is_empty() && map.values().all(is_one))
}

impl Importer for Langfuse {
    fn name(&self) -> &'static str {
        "langfuse"
    }

    fn caption(&self) -> &'static str {
        "Langfuse traces with observations"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["trace", "id"], &["observations"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`observations` with `type` and `startTime`", |row| {
            let list = row["observations"].as_array().filter(|_| row["trace"].is_object() || row["id"].is_string());
            list.is_some_and(|list| !list.is_empty() && list.iter().all(is_observation))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let observations = fields.list(&["observations"])?;
        let mut about = match fields.take("trace") {
            Some(Value::Object(mut trace)) => {
                // The same list once more.
                trace.shift_remove("observations");
                trace
            }
            _ => std::mem::replace(&mut fields, Fields::new(Value::Object(Map::new()))?).rest(),
        };
        let spans: Vec<Span> = observations.into_iter().filter_map(span).collect();
        let question = about.shift_remove("input");
        let Told { mut builder, steps } = tell(&spans, question.as_ref());
        about.shift_remove("output");
        let place = |observation: &Value| steps.get(observation.as_str()?).copied();
        if let Some(Value::Array(scores)) = about.shift_remove("scores") {
            for score in &scores {
                judgement(&mut builder, score, place(&score["observationId"]));
            }
        }
        let trace = builder.trace_mut();
        trace.source_id = about.shift_remove("id").as_ref().and_then(scalar_text);
        about.extend(fields.rest());
        for (key, value) in about {
            if !is_nothing(&value) {
                trace.metadata.insert(key, decoded(&value).unwrap_or(value));
            }
        }
        Ok(vec![builder.into()])
    }
}

fn is_observation(value: &Value) -> bool {
    value["id"].is_string() && value["type"].is_string() && value.get("startTime").is_some()
}

fn span(observation: Value) -> Option<Span> {
    let Value::Object(mut map) = observation else { return None };
    let text = |map: &mut Map<String, Value>, key: &str| map.shift_remove(key).as_ref().and_then(scalar_text);
    let kind = text(&mut map, "type").unwrap_or_default();
    let work = match kind.as_str() {
        "GENERATION" | "EMBEDDING" => Work::Model,
        "TOOL" => Work::Tool,
        _ => Work::Other,
    };
    let failed = map.get("level").and_then(Value::as_str) == Some("ERROR");
    let status = text(&mut map, "statusMessage").filter(|status| !status.is_empty());
    let mut facts = Metadata::new();
    let mut fact = |name: &str, value: Option<&Value>| {
        if let Some(value) = value.filter(|value| value.as_f64().is_some_and(|number| number != 0.0)) {
            facts.insert(name.into(), value.clone());
        }
    };
    let usage = map.get("usageDetails").or_else(|| map.get("usage"));
    fact("input_tokens", usage.and_then(|usage| usage.get("input")));
    fact("output_tokens", usage.and_then(|usage| usage.get("output")));
    let cost = map.get("costDetails").and_then(|cost| cost.get("total"));
    fact("cost_usd", cost.or_else(|| map.get("totalCost")));
    // Times are worked out anew: some exports count latency in seconds, others in milliseconds.
    for key in ["modelParameters", "metadata", "level", "version", "promptName", "completionStartTime"] {
        let value = map.shift_remove(key).map(|value| decoded(&value).unwrap_or(value));
        if let Some(value) = value.filter(|value| !is_nothing(value) && *value != "DEFAULT") {
            facts.insert(key.into(), value);
        }
    }
    Some(Span {
        id: text(&mut map, "id")?,
        parent: text(&mut map, "parentObservationId"),
        work,
        kind,
        name: text(&mut map, "name").unwrap_or_default(),
        started: map.shift_remove("startTime"),
        ended: map.shift_remove("endTime"),
        input: map.shift_remove("input").unwrap_or_default(),
        output: map.shift_remove("output").unwrap_or_default(),
        model: text(&mut map, "model").filter(|_| work == Work::Model),
        failure: if failed { Some(status.unwrap_or_else(|| "failed".into())) } else { None },
        facts,
    })
}

/// What somebody said of the trace or of one observation: a number is a score, a word a tag, a comment a remark.
fn judgement(builder: &mut TraceBuilder, score: &Value, step: Option<StepIndex>) {
    let name = score["name"].as_str().unwrap_or("score");
    let category = score["stringValue"].as_str();
    if let Some(number) = float(&score["value"]).filter(|_| category.is_none()) {
        builder.score(step, name, ScoreKind::Other, number);
    }
    let source = match score["source"].as_str() {
        Some("ANNOTATION") => "human".to_owned(),
        Some("EVAL") => format!("model:{name}"),
        _ => "rule".to_owned(),
    };
    let field = format!("scores.{name}");
    let comment = score["comment"].as_str().filter(|comment| !comment.is_empty());
    let value = category.map_or_else(|| raw_text(&score["value"]), str::to_owned);
    if category.is_some() {
        builder.label(step, ImportedValue::Tag, &source, &field, &value);
    } else if comment.is_some() {
        builder.label(step, ImportedValue::Remark, &source, &field, &value);
    } else {
        return;
    }
    if let Some(label) = builder.last_label() {
        label.rationale = comment.map(str::to_owned);
    }
}
