//! PRMBench: rows, drafts, questionnaires and scores; one case per trap.

use serde_json::{Value, json};

use super::folders::{lines, named_scores, read_folder};
use super::*;

fn modified(idx: &str, errors: &Value, changed: &Value) -> Value {
    json!({"original_question": "q", "modified_question": "q'", "question": "$q$", "idx": idx,
        "original_process": ["1. a", "2. b"], "modified_process": ["1. a", "2. B", "3. C"],
        "modified_steps": changed, "error_steps": errors, "reason": "why", "classification": "redundency"})
}

#[test]
fn prmbench_lists_all_wrong_steps_from_1() {
    let kept = read_json(&modified("p1_0", &json!([3, 2]), &json!([2, 3])));
    let [(_, trace), (_, original)] = kept.traces.as_slice() else { panic!() };
    assert_eq!(trace.source.format, "prmbench");
    assert_eq!(texts(trace), ["1. a", "2. B", "3. C"]);
    assert_eq!(
        labels(trace),
        ["1 first error synthetic 2", "1 tag synthetic redundency", "2 bad synthetic 3", "2 tag synthetic redundency"]
    );
    assert_eq!((trace.labels[0].base, trace.labels[0].rationale.as_deref()), (Some(1), Some("why")));
    let flags: Vec<usize> = trace.steps.iter().map(|step| step.flags.len()).collect();
    assert_eq!((flags, trace.source_id.as_deref()), (vec![0, 1, 1], Some("redundency_p1_0")));
    assert_eq!((texts(original), original.labels.len()), (vec!["1. a", "2. b"], 0));
    assert_eq!((trace.problem.text().as_ref(), original.problem.text().as_ref()), ("q'", "q"));
    assert_eq!(trace.problem.metadata["question"], "$q$");
}

#[test]
fn prmbench_lists_may_be_empty_or_name_no_step() {
    let first = |row: &Value| read_json(row).traces.remove(0).1;
    let all_good = first(&modified("0", &json!([]), &json!([])));
    assert_eq!(labels(&all_good), ["trace no error synthetic []"]);
    let past = first(&modified("0", &json!([2, 4, 0]), &json!([9])));
    assert_eq!(labels(&past), ["1 first error synthetic 2", "1 tag synthetic redundency"]);
    assert_eq!((past.warnings.len(), &past.metadata["error_steps"]), (2, &json!([2, 4, 0])));
    assert!(past.warnings[0].contains("4, 0"), "{:?}", past.warnings);
}

#[test]
fn prmbench_rows_come_in_other_clothes() {
    let draft = json!({"origin_process": ["a"], "modified_process": ["b"], "modified_steps": [1], "question": "q",
        "hallucination_steps": [1], "hallucination_types": [2, 7], "reason": "why", "idx": 0});
    let kept = read_json(&draft);
    let trace = &kept.traces[0].1;
    assert_eq!(labels(trace), ["0 first error synthetic 1", "trace tag synthetic 2", "trace tag synthetic 7"]);
    assert_eq!((trace.source_id.as_deref(), kept.traces.len()), (Some("0"), 2));

    let asked = |correct: &str| {
        json!({"prompt": "please judge", "conversation": [{"content": "…"}], "custom": modified("0", &json!([]), &json!([])),
            "evaluation": {"conversation_evaluation": {"correct": correct, "same": "false"}}, "status": "completed"})
    };
    for (correct, expected) in [("true", "trace good human true"), ("false", "trace bad human false")] {
        let kept = read_json(&asked(correct));
        let trace = &kept.traces[0].1;
        assert_eq!(labels(trace), [expected]);
        assert_eq!((&trace.metadata["status"], trace.metadata.get("conversation")), (&json!("completed"), None));
    }
    let odd = read_json(&asked("?")).traces.remove(0).1;
    assert_eq!((labels(&odd), odd.warnings.len()), (vec!["trace no error synthetic []".to_owned()], 1));
}

#[test]
fn prmbench_scores_find_their_solutions() {
    let scores = json!({"step_level_validity_scores": [0.9, 0.1, 0.5], "step_level_validity_labels": [true, false, true],
        "step_level_redundancy_scores": [1]});
    let (report, traces) = read_folder(&[
        ("a.jsonl", lines(&[modified("0", &json!([2]), &json!([])), modified("1", &json!([2]), &json!([]))])),
        ("tiny.jsonl", lines(&[json!({"scores": scores, "idx": "redundency_0"}), json!({"scores": scores, "idx": 7})])),
    ]);
    assert_eq!((report.counts.traces, report.counts.waiting), (4, 1), "the original has another number each time");
    assert_eq!(
        named_scores(&traces[0]),
        ["0 tiny correctness 0.9", "1 tiny correctness 0.1", "2 tiny correctness 0.5"]
    );
    assert_eq!(labels(&traces[0])[2..], ["0 good model:tiny true", "1 bad model:tiny false", "2 good model:tiny true"]);
    assert_eq!(traces[0].metadata["tiny.jsonl"]["scores"], json!({"step_level_redundancy_scores": [1]}));
}
