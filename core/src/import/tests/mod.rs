//! Support for the tests of this folder: a sink that keeps everything, and small inputs of our own.

mod agent_labels;
mod agents;
mod benchmarks;
mod broken;
mod containers;
mod families;
mod files;
mod folders;
mod growing;
mod logs;
mod mapped;
mod pipeline;
mod prmbench;
mod published;
mod reasoneval;
mod repairs;
mod thought_anchors;
mod training;
mod trees;

use std::fs;

use serde_json::json;

use super::*;
use crate::job::JobContext;
use crate::model::{ImportedValue, Trace};
use crate::store::Reject;

/// Keeps everything.
#[derive(Default)]
struct Kept {
    traces: Vec<(u64, Trace)>,
    rejects: Vec<Reject>,
    carried: Vec<Carried>,
    sources: Vec<SourceFile>,
}

impl Sink for Kept {
    fn trace(&mut self, row: u64, trace: Trace) -> Result<(), ImportError> {
        self.traces.push((row, trace));
        Ok(())
    }

    fn reject(&mut self, reject: Reject) -> Result<(), ImportError> {
        self.rejects.push(reject);
        Ok(())
    }

    fn carried(&mut self, carried: Carried) -> Result<(), ImportError> {
        self.carried.push(carried);
        Ok(())
    }

    fn source(&mut self, source: SourceFile) -> Result<(), ImportError> {
        self.sources.push(source);
        Ok(())
    }
}

fn foreground() -> JobContext {
    JobContext::foreground(None)
}

fn read_bytes(name: &str, bytes: impl AsRef<[u8]>) -> (Result<InspectReport, ImportError>, Kept) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let mut kept = Kept::default();
    (read(&[path], &ImportOptions::default(), &foreground(), &mut kept), kept)
}

fn read_json(value: &serde_json::Value) -> Kept {
    let (report, kept) = read_bytes("x.jsonl", value.to_string());
    let report = report.unwrap();
    assert_eq!(report.counts.rejected, 0, "{:?}", kept.rejects);
    kept
}

/// The only trace of a row.
fn one(value: &serde_json::Value) -> Trace {
    let mut kept = read_json(value);
    assert_eq!(kept.traces.len(), 1);
    kept.traces.remove(0).1
}

fn texts(trace: &Trace) -> Vec<&str> {
    trace.steps.iter().map(|step| step.text.as_str()).collect()
}

fn parents(trace: &Trace) -> Vec<Option<u32>> {
    trace.steps.iter().map(|step| step.parent).collect()
}

/// Labels as `step says raw`.
fn labels(trace: &Trace) -> Vec<String> {
    let says = |value| match value {
        ImportedValue::Soft(value) => value.to_string(),
        other => ImportedValue::name(other).replace('_', " "),
    };
    let step = |step: Option<u32>| step.map_or("trace".into(), |step| step.to_string());
    trace.labels.iter().map(|l| format!("{} {} {} {}", step(l.step), says(l.value), l.source, l.raw)).collect()
}

fn scores(trace: &Trace) -> Vec<(Option<u32>, f64)> {
    trace.scores.iter().map(|score| (score.step, score.value)).collect()
}

fn bench(label: impl Into<serde_json::Value>) -> serde_json::Value {
    json!({"id": "g-1", "generator": "tiny", "problem": " 1+1?\n", "steps": [" one \n", "so 3"],
        "final_answer_correct": false, "label": label.into(), "extra": {"a": 1}})
}

fn candidate(text: &str, rating: impl Into<serde_json::Value>) -> serde_json::Value {
    json!({"text": text, "rating": rating.into(), "flagged": null})
}

fn conversation() -> serde_json::Value {
    let call = |id: &str, arguments: serde_json::Value| json!({"id": id, "type": "function", "function": {"name": "add", "arguments": arguments}});
    json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "1+1?"}, {"type": "image_url", "image_url": {"url": "u"}}]},
        {"role": "assistant", "content": "", "reasoning_content": "use the tool", "refusal": null,
            "tool_calls": [call("c1", json!("{\"a\": 1")), call("c2", json!({"a": 2, "b": 1}))]},
        {"role": "tool", "tool_call_id": "c2", "content": "3", "cost": 4},
        {"role": "tool", "tool_call_id": "c9", "content": "4"},
        {"role": "assistant", "content": "It is 2."},
    ])
}
