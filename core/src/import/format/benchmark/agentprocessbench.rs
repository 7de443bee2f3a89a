//! Label files of AgentProcessBench (RUCBM/AgentProcessBench): what people and models said of the messages of runs.
//!
//! The runs themselves are chat messages and are read as such. A label file is an append-only log: of several answers
//! of one judge about one run the latest counts. Files with the final labels alone name no judge.

use serde_json::{Map, Value};

use crate::import::fields::{Fields, raw_text, ternary, whole_number};
use crate::import::{Attachment, Edition, Imported, Importer, Numbering, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedLabel, ImportedValue, StepIndex, Verdict};

const RECORD: &str = "record_id";
const STEPS: &str = "step_labels";
const FINAL: &str = "final_label";
const EXPLANATIONS: &str = "explanations";
/// Under this key a step keeps the number of its message, from 0 in the run.
pub(in super::super) const MESSAGE: &str = "message";

/// Reads labels for runs that are in another file.
pub(super) struct AgentProcessBench;

/// By what labels find their run: its set, its question there and its number among the attempts.
pub(in super::super) fn join_key(record: &str) -> String {
    format!("agentprocessbench:{record}")
}

impl Importer for AgentProcessBench {
    fn name(&self) -> &'static str {
        "agentprocessbench_labels"
    }

    fn caption(&self) -> &'static str {
        "AgentProcessBench: labels for the messages of tool runs"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&[RECORD], &[STEPS], &[FINAL]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`record_id` and labels by number of message, and no messages", |row| {
            let labels = row[STEPS].as_object();
            let by_message = labels.is_some_and(|map| map.keys().all(|key| key.trim().parse::<StepIndex>().is_ok()));
            row[RECORD].is_string() && by_message && row.get(FINAL).is_some() && row.get("messages").is_none()
        })?;
        Some(Recognition { unit: Unit::Attachment, ..found })
    }

    fn read_row(&self, _: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        Err(RowError::new("the row has labels, but no messages; open the folder that also holds the runs"))
    }

    fn read_attachments(&self, row: Value, sample: &Sample) -> Result<Vec<Attachment>, RowError> {
        let whole = row.clone();
        let mut fields = Fields::new(row)?;
        let record = fields.text(RECORD).ok_or_else(|| RowError::new("`record_id` is missing; name the run"))?;
        let annotator = fields.text("annotator");
        let is_model = fields.get(EXPLANATIONS).is_some_and(Value::is_object);
        let judge = annotator.as_ref().map(|name| judge(name, sample));
        let source = match &judge {
            Some(judge) if is_model => format!("model:{judge}"),
            Some(judge) => format!("human:{judge}"),
            None => "human".into(),
        };
        let mut explanations = explanations(&mut fields);
        let mut reader = Reader { source, labels: Vec::new(), left: Map::new() };
        if let Some(Value::Object(labels)) = fields.take(STEPS) {
            for (key, value) in labels {
                let why = explanations.1.shift_remove(&key);
                reader.step(&key, value, why.as_ref());
            }
        }
        // A model whose answer could not be read leaves a placeholder, and people one that they never touched.
        let comment = fields.get("comment").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_placeholder = comment.starts_with("llm_annotate_failed")
            || fields.get("final_label_touched").and_then(Value::as_bool) == Some(false);
        let rating = fields.get(FINAL).and_then(whole_number).and_then(ternary).filter(|_| !is_placeholder);
        let mut verdict = None;
        if let Some(rating) = rating {
            let raw = fields.take(FINAL).unwrap_or_default();
            // Only those who made the set decide whether the run succeeded.
            verdict = match whole_number(&raw) {
                Some(1) if judge.is_none() => Some(Verdict::Correct),
                Some(-1) if judge.is_none() => Some(Verdict::Incorrect),
                _ => None,
            };
            let why = explanations.0.take();
            reader.push(None, ImportedValue::Rating(rating), FINAL, &raw, why.as_deref());
        } else if let Some(why) = explanations.0.take() {
            reader.push(None, ImportedValue::Remark, EXPLANATIONS, &Value::Null, Some(&why));
        }
        if comment.is_empty() {
            fields.take("comment");
        }
        for key in ["data_source", "query_index", "sample_index"] {
            // Said by the id.
            fields.take(key);
        }
        let at = fields.get("updated_at").and_then(Value::as_str).unwrap_or_default().to_owned();
        let edition = judge.map(|judge| Edition { judge, at, row: whole });
        let mut metadata = fields.rest();
        for (key, left) in [(STEPS, reader.left), (EXPLANATIONS, explanations.1)] {
            if !left.is_empty() {
                metadata.insert(key.into(), left.into());
            }
        }
        Ok(vec![Attachment {
            join: join_key(&record),
            numbering: Numbering::Key(MESSAGE),
            edition,
            labels: reader.labels,
            verdict,
            metadata,
            ..Attachment::default()
        }])
    }
}

/// The annotator as the file name has it, which also says whether a model saw the reference answer:
/// `SET__blind_MODEL`, `SET__reference_MODEL`, `SET__PERSON@REVISION`.
fn judge(annotator: &str, sample: &Sample) -> String {
    let stem = sample.path.file_stem().unwrap_or_default().to_string_lossy();
    let named = stem.split_once("__").map(|(_, named)| named.split_once('@').map_or(named, |(before, _)| before));
    named.filter(|named| named.ends_with(annotator)).unwrap_or(annotator).to_owned()
}

/// Why the run and its messages were labelled so.
fn explanations(fields: &mut Fields) -> (Option<String>, Map<String, Value>) {
    let Some(Value::Object(mut map)) = fields.take(EXPLANATIONS) else { return (None, Map::new()) };
    let last = map.shift_remove("final").and_then(|text| text.as_str().map(str::to_owned));
    match map.shift_remove("steps") {
        Some(Value::Object(steps)) => (last, steps),
        _ => (last, Map::new()),
    }
}

struct Reader {
    source: String,
    labels: Vec<ImportedLabel>,
    /// Labels that could not be read.
    left: Map<String, Value>,
}

impl Reader {
    fn step(&mut self, key: &str, value: Value, why: Option<&Value>) {
        let why = why.and_then(Value::as_str);
        let number = key.trim().parse::<StepIndex>().ok();
        let field = format!("{STEPS}.{key}");
        match (number, whole_number(&value).and_then(ternary)) {
            (Some(number), Some(rating)) => {
                self.push(Some(number), ImportedValue::Rating(rating), &field, &value, why);
            }
            // Not judged, but perhaps talked about.
            (Some(number), None) if value.is_null() => {
                if why.is_some() {
                    self.push(Some(number), ImportedValue::Remark, &field, &value, why);
                }
            }
            _ => drop(self.left.insert(key.into(), value)),
        }
    }

    fn push(&mut self, step: Option<StepIndex>, value: ImportedValue, field: &str, raw: &Value, why: Option<&str>) {
        self.labels.push(ImportedLabel {
            step,
            value,
            source: self.source.clone(),
            field: field.into(),
            raw: raw_text(raw),
            base: None,
            rationale: why.filter(|why| !why.is_empty()).map(str::to_owned),
            correction: None,
        });
    }
}
