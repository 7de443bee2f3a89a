//! OpenTelemetry traces in JSON, as collectors write them: `resourceSpans`, each line or document with a batch of spans.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::attributes::{fill, nested};
use super::span::{Span, Told, tell};
use crate::import::fields::{raw_text, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::Metadata;

/// Lists in lists deeper than this are left as they are.
const DEPTH: usize = 16;

/// Reads OTLP in JSON.
pub(super) struct Otlp;

impl Importer for Otlp {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn caption(&self) -> &'static str {
        "OpenTelemetry spans (OTLP JSON)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["resourceSpans", "resource_spans"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let recognition = sample.recognise("`resourceSpans` with spans", |row| batch(row).next().is_some());
        recognition.map(|recognition| Recognition { unit: Unit::Group, ..recognition })
    }

    /// Spans of one trace may come in several batches.
    fn continues(&self, group: &[Value], row: &Value) -> bool {
        let known: HashSet<&str> =
            group.last().into_iter().flat_map(batch).filter_map(|(span, _)| trace_id(span)).collect();
        batch(row).filter_map(|(span, _)| trace_id(span)).any(|id| known.contains(id))
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let rows = match row {
            Value::Array(rows) => rows,
            one => vec![one],
        };
        let mut traces: Vec<(String, Vec<Span>, Metadata)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (raw, resource) in rows.iter().flat_map(batch) {
            let id = trace_id(raw).unwrap_or_default();
            let place = *places.entry(id).or_insert_with(|| {
                let about = match plain(resource, DEPTH) {
                    Value::Object(map) if !map.is_empty() => Map::from_iter([("resource".to_owned(), map.into())]),
                    _ => Metadata::new(),
                };
                traces.push((id.to_owned(), Vec::new(), about));
                traces.len() - 1
            });
            if let Some((_, spans, _)) = traces.get_mut(place) {
                spans.push(span(raw));
            }
        }
        if traces.is_empty() {
            return Err(RowError::new("`resourceSpans` holds no spans; export traces, not logs or metrics"));
        }
        let read = traces.into_iter().map(|(id, spans, about)| {
            let Told { mut builder, .. } = tell(&spans, None);
            let trace = builder.trace_mut();
            trace.source_id = Some(id).filter(|id| !id.is_empty());
            trace.metadata.extend(about);
            builder.into()
        });
        Ok(read.collect())
    }
}

/// The value under a key in either of its spellings.
fn get<'a>(value: &'a Value, camel: &str, snake: &str) -> &'a Value {
    value.get(camel).or_else(|| value.get(snake)).unwrap_or(&Value::Null)
}

/// All spans of a batch, each with the attributes of its resource.
fn batch(row: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let resources = get(row, "resourceSpans", "resource_spans").as_array().into_iter().flatten();
    resources.flat_map(|resource| {
        let about = &resource["resource"]["attributes"];
        let scopes = ["scopeSpans", "scope_spans", "instrumentationLibrarySpans"];
        let scopes = scopes.iter().find_map(|key| resource[*key].as_array()).into_iter().flatten();
        let spans = scopes.flat_map(|scope| scope["spans"].as_array().into_iter().flatten());
        spans.map(move |span| (span, about))
    })
}

fn trace_id(span: &Value) -> Option<&str> {
    get(span, "traceId", "trace_id").as_str()
}

fn span(raw: &Value) -> Span {
    let text = |value: &Value| scalar_text(value).filter(|text| !text.is_empty());
    let failed = matches!(raw_text(&raw["status"]["code"]).as_str(), "2" | "STATUS_CODE_ERROR");
    let message = text(&raw["status"]["message"]).unwrap_or_else(|| "failed".into());
    let mut span = Span {
        id: text(get(raw, "spanId", "span_id")).unwrap_or_default(),
        parent: text(get(raw, "parentSpanId", "parent_span_id")),
        name: text(&raw["name"]).unwrap_or_default(),
        started: Some(get(raw, "startTimeUnixNano", "start_time_unix_nano").clone()),
        ended: Some(get(raw, "endTimeUnixNano", "end_time_unix_nano").clone()),
        failure: failed.then_some(message),
        ..Span::default()
    };
    let attributes = nested(plain(&raw["attributes"], DEPTH));
    let events = raw["events"].as_array().into_iter().flatten().map(|event| {
        let mut event = event.clone();
        let facts = nested(plain(&event["attributes"], DEPTH));
        if let Some(map) = event.as_object_mut() {
            map.insert("attributes".into(), facts);
        }
        event
    });
    let events = Value::Array(events.collect());
    fill(&mut span, &attributes, &events);
    span
}

/// Attributes as they were before OTLP wrapped each of their values in its type.
fn plain(attributes: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return attributes.clone() };
    match attributes {
        Value::Array(list) if list.iter().all(|one| one["key"].is_string()) => {
            let entries =
                list.iter().filter_map(|one| Some((one["key"].as_str()?.to_owned(), value(&one["value"], depth))));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

fn value(wrapped: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return wrapped.clone() };
    let Some((kind, inner)) = wrapped.as_object().and_then(|map| map.iter().next()) else { return wrapped.clone() };
    match kind.as_str() {
        // Whole numbers come as texts.
        "intValue" | "int_value" => {
            inner.as_str().and_then(|text| text.parse::<i64>().ok()).map_or_else(|| inner.clone(), Value::from)
        }
        "arrayValue" | "array_value" => {
            inner["values"].as_array().into_iter().flatten().map(|one| value(one, depth)).collect()
        }
        "kvlistValue" | "kvlist_value" => plain(&inner["values"], depth),
        _ => inner.clone(),
    }
}
