//! Thought Anchors: folders of chunks, and their files alone.

use serde_json::{Value, json};

use super::folders::{named_scores, read_folder};
use super::*;
use crate::model::{StepKind, Verdict};

fn chunk(number: i64, text: &str, depends_on: impl Into<Value>) -> Value {
    json!({"chunk": text, "chunk_idx": number, "function_tags": ["plan"], "depends_on": depends_on.into(), "accuracy": 0.5,
        "forced_importance_kl": 2.0, "overdeterminedness": 0.25, "summary": "s"})
}

#[test]
fn thought_anchors_are_folders_of_chunks() {
    let folder = "tiny/correct_base_solution/problem_7/";
    let impact = |number: i64, text: &str, target: i64| {
        json!({"source_chunk_idx": number, "source_chunk_text": text,
        "target_impacts": [{"target_chunk_idx": target, "importance_score": -0.5}]})
    };
    // Chunk 1 is missing; the impacts count on all the same.
    let chunks = json!([chunk(0, "a", json!([])), chunk(2, "b ", json!(["1", "0"])), chunk(3, "c", json!(["2"]))]);
    let base = json!({"prompt": "Solve: q <think>", "solution": "a b c</think>\n\nso 2", "answer": "2",
        "full_cot": "Solve: q <think>a b c</think>\n\nso 2", "is_correct": true});
    let resampled = json!({"10": ["z"], "0": ["x", "y", "y"], "2": ["b "]});
    let summary = json!({"problem_idx": 7, "num_chunks": 3, "top_influential_steps": [{"step_idx": 0}]});
    let impacts = json!([impact(0, "a", 2), impact(1, "b ", 2), impact(9, "?", 1)]);
    let (report, traces) = read_folder(&[
        (&format!("{folder}base_solution.json"), base.to_string()),
        (&format!("{folder}problem.json"), json!({"problem": "q", "gt_answer": "2", "level": "5"}).to_string()),
        (&format!("{folder}chunks_labeled.json"), chunks.to_string()),
        (&format!("{folder}chunks_resampled.json"), resampled.to_string()),
        (&format!("{folder}step_importance.json"), impacts.to_string()),
        (&format!("{folder}summary.json"), summary.to_string()),
    ]);
    assert_eq!((report.counts.rows, report.counts.traces, traces.len()), (1, 1, 1), "{report}");
    let trace = &traces[0];
    assert_eq!(texts(trace), ["a", "b ", "c", "\n\nso 2"]);
    assert_eq!(parents(trace), [None, Some(0), Some(1), Some(2)], "dependencies are no parents");
    assert_eq!((trace.steps[3].kind, trace.steps[3].section.as_deref()), (StepKind::Answer, Some("response")));
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("problem_7"), Some("tiny")));
    assert_eq!((trace.problem.text().as_ref(), trace.outcome.verdict), ("q", Verdict::Correct));
    assert_eq!(
        named_scores(trace)[..3],
        ["0 accuracy value 0.5", "0 forced_importance_kl divergence 2", "0 overdeterminedness other 0.25"]
    );
    assert_eq!(labels(trace), ["0 tag model plan", "1 tag model plan", "2 tag model plan"]);
    let first = &trace.steps[0].metadata;
    assert_eq!(first["target_impacts"], json!({"2": -0.5}));
    assert_eq!(
        first["resamples"],
        json!({"count": 3, "different": 2, "most_frequent": [{"count": 2, "text": "y"}, {"count": 1, "text": "x"}]})
    );
    assert_eq!(trace.steps[1].metadata["depends_on"], json!(["1", "0"]));
    assert_eq!(trace.warnings.len(), 3, "{:?}", trace.warnings);
    assert!(trace.warnings[0].starts_with("chunk 2 depends on chunk 1,"));
    for (key, there) in
        [("num_chunks", true), ("top_influential_steps", false), ("full_cot", false), ("solution", true)]
    {
        assert_eq!(trace.metadata.contains_key(key), there, "{key}");
    }
}

#[test]
fn thought_anchors_chunks_may_hold_the_answer() {
    let base = json!({"prompt": "p", "solution": "a</think>\nb\n", "contains_blackmail": true});
    let (_, traces) = read_folder(&[
        ("base_solution.json", base.to_string()),
        ("scenario.json", json!({"scenario_id": 0, "system_prompt": "s"}).to_string()),
        ("chunks_labeled.json", json!([chunk(0, "a", json!([])), chunk(1, "b", json!([]))]).to_string()),
    ]);
    assert_eq!((texts(&traces[0]), traces[0].outcome.verdict), (vec!["a", "b"], Verdict::Unknown));
    assert_eq!(named_scores(&traces[0])[0], "0 accuracy other 0.5", "nothing is right or wrong in a scenario");
    assert_eq!(traces[0].problem.metadata["scenario_id"], 0);
}

#[test]
fn thought_anchors_files_alone() {
    let chunks = json!([chunk(0, "a", json!([])), chunk(1, "b", json!(["0"]))]);
    let trace = one(&chunks);
    assert_eq!((texts(&trace), trace.warnings.len()), (vec!["a", "b"], 1));
    let cases = [
        (json!({"0": ["a", "b"], "10": ["c"]}), "resamples"),
        (json!([{"source_chunk_idx": 0, "target_impacts": []}]), "impacts"),
        (json!({"num_chunks": 3, "top_influential_steps": []}), "summary"),
        (json!({"problem": "p", "gt_solution": "s", "gt_answer": "1"}), "question"),
    ];
    for (file, name) in cases {
        let error = read_bytes("x.json", file.to_string()).0.unwrap_err().to_string();
        assert!(error.contains(&format!("the {name}")) && error.contains("open its folder"), "{error}");
    }
}
