//! ReasonEval, PRMBench, AgentProcessBench, Who&When and Thought Anchors: one case per trap, and the published files.

use serde_json::{Value, json};

use super::published::published;
use super::*;
use crate::model::{StepFlag, StepKind, Verdict};

/// Reads a folder with these files.
fn read_folder(files: &[(&str, String)]) -> (InspectReport, Vec<Trace>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut kept = Kept::default();
    let report = read(&[folder.path().into()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert!(kept.rejects.is_empty(), "{:?}", kept.rejects);
    (report, kept.traces.into_iter().map(|(_, trace)| trace).collect())
}

fn lines(rows: &[Value]) -> String {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    lines.join("\n")
}

/// Scores as `step name value`.
fn named_scores(trace: &Trace) -> Vec<String> {
    let step = |step: Option<u32>| step.map_or("trace".into(), |step| step.to_string());
    trace.scores.iter().map(|s| format!("{} {} {} {}", step(s.step), s.name, s.kind.name(), s.value)).collect()
}

fn graded(id: i64, first_error: impl Into<Value>) -> Value {
    json!({"id": id, "question": "1+1?", "ground_truth_answer": "2", "generator": "tiny", "model_output": "…",
        "model_output_step_format": [["1. so", "  3 "], ["2. then 4"]], "model_output_answer_correctness": "wrong",
        "model_output_solution_correctness": "wrong", "model_output_solution_first_error_step": first_error.into()})
}

fn damaged(id: i64, rid: i64, error_type: &str, tags: impl Into<Value>, steps: &[&str]) -> Value {
    json!({"id": id, "rid": rid, "question": format!("q{rid}"), "ground_truth_answer": "1",
        "reference_steps": ["a", "b", "c"], "hypothesis_steps": steps, "error_type": error_type, "tags": tags.into()})
}

#[test]
fn reasoneval_steps_are_lists_of_lines_and_the_first_error_counts_from_1() {
    let trace = one(&graded(7, json!(2)));
    assert_eq!(trace.source.format, "reasoneval");
    assert_eq!(texts(&trace), ["1. so\n  3 ", "2. then 4"]);
    assert_eq!(labels(&trace), ["1 first error human 2"]);
    assert_eq!((trace.labels[0].base, trace.outcome.verdict), (Some(1), Verdict::Incorrect));
    let mut right = graded(7, json!("N/A"));
    assert_eq!(labels(&one(&right)), ["trace error somewhere human wrong"], "it says wrong, but not where");
    right["model_output_solution_correctness"] = json!("correct");
    assert_eq!(labels(&one(&right)), ["trace no error human N/A"]);
    assert!(one(&graded(7, json!(3))).warnings[0].contains("1 to 2"));
}

#[test]
fn reasoneval_redundant_steps_are_neutral() {
    let row = |rating: &Value| {
        let steps = json!([["a"], ["b"]]);
        json!({"id": 1, "question": "q", "model_output_step_format": steps, "rating": rating})
    };
    assert_eq!(labels(&one(&row(&json!([1, 0])))), ["0 good human 1", "1 neutral human 0"]);
    let odd = one(&row(&json!([-1, 0, 1])));
    assert_eq!(labels(&odd), ["1 neutral human 0"]);
    assert_eq!((odd.warnings.len(), &odd.metadata["rating"]), (2, &json!([-1, 0, 1])));
}

#[test]
fn reasoneval_tags_mean_what_the_sort_of_damage_says() {
    let cases: [(&str, Value, &[&str], &[&str]); 8] = [
        ("random number", json!(1), &["a", "B", "c"], &["1 first error synthetic 1", "1 tag synthetic random number"]),
        (
            "swap steps",
            json!([1, 2]),
            &["a", "c", "b"],
            &[
                "1 first error synthetic [1,2]",
                "1 tag synthetic swap steps",
                "2 bad synthetic [1,2]",
                "2 tag synthetic swap steps",
            ],
        ),
        ("repeat step", json!(1), &["a", "b", "b", "c"], &["2 neutral synthetic 1", "2 tag synthetic repeat step"]),
        (
            "remove step",
            json!(1),
            &["a", "c"],
            &["trace error somewhere synthetic 1", "trace tag synthetic remove step"],
        ),
        (
            "swap solutions",
            json!(82),
            &["x"],
            &["trace error somewhere synthetic 82", "trace tag synthetic swap solutions"],
        ),
        ("random number", json!(3), &["a", "B", "c"], &["trace tag synthetic random number"]),
        ("repeat step", json!(3), &["a", "b", "b", "c"], &["trace tag synthetic repeat step"]),
        ("some new one", json!(0), &["a"], &[]),
    ];
    for (error_type, tags, steps, expected) in cases {
        let kept = read_json(&damaged(5, 3, error_type, tags.clone(), steps));
        let [(_, trace), (_, reference)] = kept.traces.as_slice() else { panic!("{error_type}") };
        assert_eq!(texts(trace), steps);
        assert_eq!(labels(trace), expected, "{error_type}");
        assert_eq!(trace.problem.id(), reference.problem.id());
        assert_eq!((texts(reference), reference.labels.len()), (vec!["a", "b", "c"], 0));
        let marked = trace.steps.iter().filter(|step| step.flags == [StepFlag::Synthetic]).count();
        assert_eq!(marked, trace.labels.iter().filter(|l| l.step.is_some()).count() / 2);
        let warned = expected.len() < 2;
        assert_eq!(trace.metadata.get("tags"), (warned || marked == 0).then_some(&tags));
        assert_eq!(trace.warnings.len(), usize::from(warned), "{error_type}: {:?}", trace.warnings);
    }
}

#[test]
fn reasoneval_scores_find_their_solutions() {
    let critique = |named: &str, said: &str| json!({"id": 1, "response": "why", "correctness_pred": said, "error_step_pred": named});
    let rows = [
        damaged(0, 4, "random number", json!(1), &["a", "B", "c"]),
        damaged(1, 4, "remove step", json!(2), &["a", "b"]),
    ];
    let (report, traces) = read_folder(&[
        ("dataset/maths.json", lines(&[graded(1, json!(2)), graded(2, json!(1))])),
        ("dataset/perturbation.json", lines(&rows)),
        ("results/maths/prm_eval_results.json", lines(&[json!({"id": 1, "scores": [0.5, 0.25, 0.75]})])),
        ("results/maths/re_eval_results.json", lines(&[json!({"id": 2, "scores": [[0.1, 0.2, 0.7]]})])),
        ("results/maths/rs_eval_results.json", lines(&[json!({"id": 1, "scores": -4}), json!({"id": 9, "scores": 1})])),
        ("results/maths/m_eval_results.json", lines(&[critique("Steps 2, 1", "Wrong.")])),
        ("results/maths/n_eval_results.json", lines(&[critique("N/A", "wrong")])),
        ("results/maths/o_eval_results.json", lines(&[critique("N/A", "Correct")])),
        ("results/maths/p_eval_results.json", lines(&[critique("9", "wrong")])),
        ("results/any/prm_original_eval_results.json", lines(&[json!({"rid": 4, "scores": [0, 1, 2]})])),
        ("results/any/prm_perturbed_eval_results.json", lines(&[json!({"id": 1, "scores": [0.5, 1, 2]})])),
    ]);
    assert_eq!((report.counts.traces, report.counts.waiting, report.counts.expanded), (5, 1, 1), "{report}");
    let by_id = |id: &str, dataset: &str| {
        let of = |t: &&Trace| t.source_id.as_deref() == Some(id) && t.source.file.ends_with(dataset);
        traces.iter().find(of).unwrap()
    };
    let first = by_id("1", "maths.json");
    assert_eq!(
        named_scores(first),
        ["0 prm, part 1 correctness 0.5", "0 prm correctness 0.25", "1 prm correctness 0.75", "trace rs other -4"]
    );
    assert_eq!(
        labels(first),
        [
            "1 first error human 2",
            "0 first error model:m Steps 2, 1",
            "1 bad model:m Steps 2, 1",
            "trace error somewhere model:n N/A",
            "trace no error model:o N/A"
        ]
    );
    assert_eq!((first.labels[1].rationale.as_deref(), first.labels[1].base), (Some("why"), Some(1)));
    assert!(first.warnings[0].contains("names no step"), "{:?}", first.warnings);
    assert_eq!(first.metadata["p_eval_results.json"]["unplaced"][0]["raw"], "9");
    assert_eq!(first.metadata["m_eval_results.json"]["correctness_pred"], "Wrong.");
    let classes = ["0 re negative, part 1", "0 re neutral, part 1", "0 re positive, part 1"];
    let second = named_scores(by_id("2", "maths.json"));
    assert!(second.iter().zip(classes).all(|(found, class)| found.starts_with(class)), "{second:?}");
    let reference = by_id("rid:4", "perturbation.json");
    assert_eq!(named_scores(reference), ["0 prm other 0", "1 prm other 1", "2 prm other 2"], "2 is no probability");
    let damaged = by_id("1", "perturbation.json");
    assert_eq!((damaged.scores.len(), damaged.warnings.len()), (2, 1), "a score too many");
}

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
fn thought_anchors_files_alone() {
    let chunks = json!([chunk(0, "a", json!([])), chunk(1, "b", json!(["0"]))]);
    let trace = one(&chunks);
    assert_eq!((texts(&trace), trace.warnings.len()), (vec!["a", "b"], 1));
    let cases = [
        (json!({"prompt": "p", "solution": "s", "full_cot": "ps"}), "solution"),
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

/// Worked out from the files by other means: sums over rows, with reference solutions and label rows counted once.
#[test]
fn published_folders_are_joined_and_counted_right() {
    // Traces, steps, step labels, step scores, trace scores, outcomes, waiting rows, files; first errors, no errors.
    type Expected = ([u64; 8], Option<(u64, u64)>);
    let cases: [(&str, Expected); 5] = [
        // 159 graded, 1,064 damaged, 184 references; the scores of 2,999 solutions of MR-GSM8K wait.
        ("reasoneval", ([1407, 17118, 1958, 22924, 159, 159, 2999, 9], Some((595, 76)))),
        ("prmbench", ([2630, 35960, 5512, 0, 0, 0, 0, 12], Some((1180, 171)))),
        // 734 labels of the benchmark, 2,229 of three models and a person; 367 more speak of messages that are not there.
        ("agentprocessbench", ([250, 1387, 2963, 0, 0, 250, 500, 9], None)),
        // 93 decisive steps, 4 of them with their sort.
        ("who_and_when", ([93, 2018, 97, 0, 0, 93, 0, 93], None)),
        // 171 chunks and 3 answers.
        ("thought_anchors", ([3, 174, 171, 1437, 0, 2, 0, 3], None)),
    ];
    for (folder, (expected, errors)) in cases {
        let Some(path) = published(folder) else { continue };
        let report = inspect(&[path], &ImportOptions::default(), &foreground()).unwrap();
        let c = report.counts;
        let found =
            [c.traces, c.steps, c.step_labels, c.step_scores, c.trace_scores, c.outcomes, c.waiting, report.files];
        assert_eq!((found, c.rejected), (expected, 0), "{folder}: {report}");
        assert_eq!(c.rows + c.expanded, c.traces + c.rejected + c.merged + c.waiting, "{folder}");
        if let Some(errors) = errors {
            assert_eq!((c.first_error_labels, c.no_error_labels), errors, "{folder}");
        }
    }
}
