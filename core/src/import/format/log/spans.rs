//! Rows that are spans: `OpenInference` tables of Phoenix, the console export of OpenTelemetry, `LangSmith` runs, and lists
//! like them. Rows of one trace belong together.
//!
//! Tables of judgements (`context.span_id` with `label`, `score`, `explanation`) go to the spans that they name.

use serde_json::{Map, Value};

use super::attributes::{fill, nested, work};
use super::span::{Span, Told, is_nothing, tell};
use crate::import::fields::{Fields, float, raw_text, scalar_text};
use crate::import::join::span_key;
use crate::import::{Attachment, Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedLabel, ImportedScore, ImportedValue, Metadata, ScoreKind};

/// Reads rows that are spans.
pub(super) struct Spans;

const ID: &[&str] = &["span_id", "spanId", "spanID", "context.span_id", "run_id", "id"];
const PARENT: &[&str] = &[
    "parent_id",
    "parentId",
    "parent_span_id",
    "parentSpanId",
    "parentSpanID",
    "parent_run_id",
    "parentObservationId",
];
const TRACE: &[&str] = &["trace_id", "traceId", "traceID", "context.trace_id"];
const START: &[&str] = &["start_time", "startTime", "started_at", "start_timestamp", "startTimeUnixNano", "start"];
const END: &[&str] = &["end_time", "endTime", "ended_at", "end_timestamp", "endTimeUnixNano", "end"];
const KIND: &[&str] = &["span_kind", "run_type", "span_type", "type", "kind"];
const NAME: &[&str] = &["name", "span_name", "operation_name", "operationName"];
const INPUT: &[&str] = &["input", "inputs"];
const OUTPUT: &[&str] = &["output", "outputs"];
/// What a judgement says.
const JUDGED: &[&str] = &["label", "score"];

impl Importer for Spans {
    fn name(&self) -> &'static str {
        "spans"
    }

    fn caption(&self) -> &'static str {
        "Rows of spans (OpenInference, LangSmith and others)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[ID, START]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let tell = |recognition: Recognition, unit| Recognition { unit, ..recognition };
        let judged = sample.recognise("`context.span_id` with a `label` or `score`", is_judgement);
        let spans = sample.recognise("the id of a span, the one above it and a start", is_span);
        let lists = sample.recognise("a list of `spans`", |row| list(row).is_some());
        let found = [judged.map(|r| tell(r, Unit::Attachment)), spans.map(|r| tell(r, Unit::Group)), lists];
        found.into_iter().flatten().max_by(|a, b| a.share.total_cmp(&b.share))
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        let of = |row: &Value| trace_of(row);
        group.first().and_then(of).is_some_and(|known| trace_of(row).as_ref() == Some(&known))
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let (rows, about) = match row {
            Value::Array(rows) => (rows, Metadata::new()),
            row if list(&row).is_some() => {
                let mut fields = Fields::new(row)?;
                let rows = fields.list(&["spans"])?;
                (rows, fields.rest())
            }
            row => (vec![row], Metadata::new()),
        };
        let trace_id = rows.iter().find_map(trace_of);
        let mut spans = Vec::new();
        let mut broken = 0;
        for row in rows {
            match span(row) {
                Some(span) => spans.push(span),
                None => broken += 1,
            }
        }
        if spans.is_empty() {
            return Err(RowError::new("no row is a span; each needs an id and a start"));
        }
        let Told { mut builder, .. } = tell(&spans, None);
        let trace = builder.trace_mut();
        if broken > 0 {
            trace
                .warnings
                .push(format!("{broken} rows of the trace are no spans: they have no id; they were left out"));
        }
        trace.source_id = trace_id.or_else(|| about.get("trace_id").and_then(scalar_text));
        trace.metadata.extend(about);
        Ok(vec![builder.into()])
    }

    fn read_attachments(&self, row: Value, _: &Sample) -> Result<Vec<Attachment>, RowError> {
        let row = nested(row);
        let id = row["context"]["span_id"].as_str();
        let id = id.ok_or_else(|| RowError::new("`context.span_id` is missing; the judgement names no span"))?;
        let mut attachment = Attachment { join: span_key(id), ..Attachment::default() };
        let name = row["name"].as_str().unwrap_or("judgement");
        let source = match row["annotator_kind"].as_str() {
            Some("HUMAN") => "human".to_owned(),
            Some("CODE") => "rule".to_owned(),
            _ => format!("model:{name}"),
        };
        let rationale = row["explanation"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let tag = row.get("label").filter(|label| !is_nothing(label));
        if tag.is_some() || rationale.is_some() {
            attachment.labels.push(ImportedLabel {
                step: None,
                value: if tag.is_some() { ImportedValue::Tag } else { ImportedValue::Remark },
                source,
                field: "label".into(),
                raw: tag.map(raw_text).unwrap_or_default(),
                base: None,
                rationale,
                correction: None,
            });
        }
        if let Some(value) = row.get("score").and_then(float) {
            let name = name.to_owned();
            attachment.scores.push(ImportedScore { step: None, name, kind: ScoreKind::Other, value });
        }
        Ok(vec![attachment])
    }
}

/// The value under the first of the keys that is there; dots lead into objects.
fn first<'a>(row: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| {
        let inner = || key.split_once('.').and_then(|(outer, inner)| row.get(outer)?.get(inner));
        row.get(*key).or_else(inner).filter(|value| !value.is_null())
    })
}

fn trace_of(row: &Value) -> Option<String> {
    first(row, TRACE).and_then(scalar_text)
}

fn is_span(row: &Value) -> bool {
    let named = |keys: &[&str]| keys.iter().any(|key| row.get(*key).is_some());
    let id = first(row, ID).is_some_and(|id| id.is_string() || id.is_number());
    let above = named(PARENT) || first(row, TRACE).is_some();
    id && above && first(row, START).is_some_and(|start| start.is_string() || start.is_number())
}

fn is_judgement(row: &Value) -> bool {
    let span = first(row, &["context.span_id"]).is_some_and(Value::is_string);
    span && JUDGED.iter().any(|key| row.get(*key).is_some()) && first(row, START).is_none()
}

fn list(row: &Value) -> Option<&Vec<Value>> {
    row["spans"].as_array().filter(|spans| !spans.is_empty() && spans.iter().all(is_span))
}

fn span(row: Value) -> Option<Span> {
    let row = nested(row);
    let text = |keys: &[&str]| first(&row, keys).and_then(scalar_text);
    let value = |keys: &[&str]| first(&row, keys).cloned();
    let kind = text(KIND).unwrap_or_default();
    let failed = [&row["status_code"], &row["status"]["status_code"], &row["status"]["code"], &row["status"]];
    let failed = failed.iter().any(|code| matches!(code.as_str(), Some("ERROR" | "error" | "STATUS_CODE_ERROR")));
    let why = ["status_message", "error", "exception"].iter().find_map(|key| row[*key].as_str());
    let why = why.or_else(|| row["status"]["message"].as_str()).filter(|why| !why.is_empty());
    let mut span = Span {
        id: text(ID)?,
        parent: text(PARENT),
        work: work(&kind),
        kind,
        name: text(NAME).unwrap_or_default(),
        started: value(START),
        ended: value(END),
        input: value(INPUT).unwrap_or_default(),
        output: value(OUTPUT).unwrap_or_default(),
        model: text(&["model", "model_name"]),
        failure: why.map(str::to_owned).or_else(|| failed.then(|| "failed".to_owned())),
        facts: rest(&row),
    };
    fill(&mut span, &row["attributes"], &row["events"]);
    Some(span)
}

/// What the row says besides.
fn rest(row: &Value) -> Metadata {
    let mut rest = row.as_object().cloned().unwrap_or_default();
    let lists = [ID, PARENT, TRACE, START, END, KIND, NAME, INPUT, OUTPUT];
    for key in lists.iter().flat_map(|keys| keys.iter()).chain(&["context", "attributes", "events"]) {
        rest.shift_remove(*key);
    }
    rest.into_iter().filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>()
}
