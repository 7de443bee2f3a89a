//! Labels for runs of agents: AgentProcessBench and Who&When; one case per trap.

use serde_json::{Value, json};

use super::folders::{lines, read_folder};
use super::*;
use crate::model::{StepKind, Verdict};

fn run(query: i64) -> Value {
    let call = json!({"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}});
    json!({"data_source": "set", "query_index": query, "sample_index": 0, "step_labels": {"2": 1, "4": null},
        "final_label": -1, "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"},
            {"role": "assistant", "content": "let me see", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "x"}, {"role": "assistant", "content": "it is x"}]})
}

fn said(query: i64, at: &str, labels: impl Into<Value>) -> Value {
    json!({"dataset": "set", "record_id": format!("set:{query}:0"), "annotator": "ann", "username": "ann",
        "data_source": "set", "query_index": query, "sample_index": 0, "step_labels": labels.into(), "final_label": 1,
        "final_label_touched": true, "status": "done", "comment": "", "updated_at": at})
}

#[test]
fn agentprocessbench_labels_count_messages() {
    let answer = json!({"record_id": "set:0:0", "data_source": "set", "query_index": 0, "sample_index": 0,
        "step_labels": {"2": 1, "4": null}, "final_label": -1});
    let mut model = said(0, "2026-01-01T00:00:00Z", json!({"2": -1, "4": null, "1": 0, "14": "?"}));
    model["annotator"] = json!("big");
    model["explanations"] = json!({"steps": {"2": "bad call", "4": "looked at", "5": "beyond"}, "final": "why"});
    let mut failed = model.clone();
    failed["comment"] = json!("llm_annotate_failed: no JSON");
    failed["step_labels"] = json!({"2": null});
    failed["explanations"] = json!({"steps": {"2": null}, "final": null});
    failed["final_label"] = json!(0);
    let (report, traces) = read_folder(&[
        ("answers.jsonl", lines(&[answer])),
        ("runs.jsonl", lines(&[run(0)])),
        ("set__blind_big.jsonl", lines(&[model])),
        ("set__reference_big.jsonl", lines(&[failed])),
    ]);
    assert_eq!((report.counts.traces, report.counts.waiting, report.counts.merged), (1, 0, 3), "{report}");
    let trace = &traces[0];
    assert_eq!(texts(trace), ["let me see", "find({})", "x", "it is x"]);
    assert_eq!(
        labels(trace),
        [
            "1 good human 1",
            "trace bad human -1",
            "1 bad model:blind_big -1",
            "3 remark model:blind_big null",
            "trace good model:blind_big 1",
        ],
        "said twice is kept once"
    );
    assert_eq!(trace.labels[2].rationale.as_deref(), Some("bad call"));
    assert_eq!(trace.labels[4].rationale.as_deref(), Some("why"));
    assert!(trace.warnings[0].contains("`step_labels.1` names no step"), "{:?}", trace.warnings);
    let kept = &trace.metadata["set__blind_big.jsonl"];
    assert_eq!((&kept["step_labels"], &kept["explanations"]), (&json!({"14": "?"}), &json!({"5": "beyond"})));
    assert_eq!(trace.metadata["set__reference_big.jsonl"]["final_label"], 0, "a placeholder is no label");
    assert_eq!(trace.outcome.verdict, Verdict::Incorrect);
}

#[test]
fn agentprocessbench_logs_count_by_their_latest_line() {
    let rows = [
        said(0, "2026-01-01T00:00:00+00:00", json!({"2": 0})),
        said(0, "2026-01-03T00:00:00+00:00", json!({"2": -1})),
        said(0, "2026-01-03T01:00:00+02:00", json!({"2": 1})),
    ];
    let mut other = said(0, "2020-01-01T00:00:00+00:00", json!({"2": -1}));
    other["annotator"] = json!("bo");
    let (report, traces) = read_folder(&[
        ("runs.jsonl", lines(&[run(0)])),
        ("set__ann.jsonl", lines(&rows)),
        ("set__ann@older.jsonl", lines(&rows[..2])),
        ("set__bo.jsonl", lines(&[other, said(8, "", json!({}))])),
    ]);
    assert_eq!((report.counts.traces, report.counts.waiting), (1, 1), "{report}");
    assert_eq!(
        labels(&traces[0])[2..],
        ["1 bad human:ann -1", "trace good human:ann 1", "1 bad human:bo -1", "trace good human:bo 1"]
    );
    let history = traces[0].metadata["set__ann.jsonl"]["history"].as_array().unwrap();
    let at: Vec<&str> = history.iter().filter_map(|row| row["updated_at"].as_str()).collect();
    assert_eq!(at, ["2026-01-01T00:00:00+00:00", "2026-01-03T01:00:00+02:00"], "the earlier ones, each once");

    let (alone, kept) = read_bytes("set__ann.jsonl", lines(&rows));
    assert_eq!((alone.unwrap().counts.waiting, kept.traces.len()), (3, 0), "labels alone wait");
}

fn failed_run(step: impl Into<Value>, agent: &str) -> Value {
    json!({"is_correct": false, "question": "q", "question_ID": "x", "level": "2", "ground_truth": "8",
        "history": [
            {"content": "plan", "role": "assistant", "name": "Expert"},
            {"content": "exitcode: 0", "role": "user", "name": "Computer_terminal"},
            {"content": "hm", "role": "Orchestrator (thought)"},
            {"content": "do it", "role": "Orchestrator (-> Surfer)"},
            {"content": "done", "role": "Orchestrator (termination condition)"},
        ],
        "mistake_agent": agent, "mistake_step": step.into(), "mistake_reason": "why", "mistake_type": "slip",
        "system_prompt": {"Expert": "s"}})
}

#[test]
fn who_and_when_labels_one_message_of_one_agent() {
    let trace = one(&failed_run(json!("3"), "Orchestrator"));
    assert_eq!(trace.source.format, "who_and_when");
    assert_eq!(labels(&trace), ["3 bad human 3", "3 tag human slip"]);
    assert_eq!((trace.labels[0].rationale.as_deref(), trace.labels[0].base), (Some("why"), Some(0)));
    let said: Vec<(&str, StepKind)> =
        trace.steps.iter().map(|step| (step.author.as_deref().unwrap(), step.kind)).collect();
    let expected = [
        ("Expert", StepKind::Message),
        ("Computer_terminal", StepKind::Observation),
        ("Orchestrator", StepKind::Thought),
        ("Orchestrator", StepKind::Message),
        ("Orchestrator", StepKind::Note),
    ];
    assert_eq!(said, expected);
    assert_eq!(
        Value::from(trace.steps[3].metadata.clone()),
        json!({"role": "Orchestrator (-> Surfer)", "to": "Surfer"})
    );
    assert_eq!((trace.outcome.verdict, trace.problem.answer.as_deref()), (Verdict::Incorrect, Some("8")));
    assert_eq!((trace.source_id.as_deref(), &trace.problem.metadata["level"]), (Some("x"), &json!("2")));
    assert_eq!(trace.imported_first_error(None), None, "decisive, not first");
    for agent in ["Orchestrator", "Surfer", "Orchestrator (-> Surfer)"] {
        assert!(one(&failed_run(json!("3"), agent)).warnings.is_empty());
    }
    let other = one(&failed_run(json!(0), "Surfer"));
    assert!(other.warnings[0].contains("step 0 (from 0) is by Expert"), "{:?}", other.warnings);
    let past = one(&failed_run(json!("5"), "Surfer"));
    assert_eq!((past.labels.len(), &past.metadata["mistake_step"]), (0, &json!("5")));
    assert!(past.warnings[0].contains("0 to 4"));
}
