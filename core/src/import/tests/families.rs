//! Every family on small inputs, one per trap.

use serde_json::json;

use super::*;
use crate::import::native::{NativeTrace, SCHEMA};
use crate::model::{Prompt, StepKind, Verdict};

#[test]
fn processbench_rows_become_chains() {
    let trace = one(&bench(1));
    assert_eq!(trace.source.format, "processbench");
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("g-1"), Some("tiny")));
    assert_eq!(trace.problem.prompt, Prompt::Text(" 1+1?\n".into()));
    assert_eq!(texts(&trace), [" one \n", "so 3"], "nothing is trimmed");
    assert_eq!(trace.steps[1].kind, StepKind::Answer);
    assert_eq!(labels(&trace), ["1 first error human 1"]);
    assert_eq!(trace.outcome.verdict, Verdict::Incorrect);
    assert_eq!(serde_json::Value::from(trace.metadata), json!({"extra": {"a": 1}}));
    assert_eq!(labels(&one(&bench(-1))), ["trace no error human -1"]);
}

#[test]
fn a_first_error_past_the_end_is_a_warning() {
    for label in [2, -2] {
        let trace = one(&bench(label));
        assert!(trace.labels.is_empty());
        assert_eq!(trace.metadata["label"], label);
        assert!(trace.warnings[0].contains("0 to 1"), "{:?}", trace.warnings);
    }
}

#[test]
fn step_lists_come_in_many_shapes() {
    let trl = one(&json!({"prompt": "2*3?", "completions": ["a", "b", "c"], "labels": [true, false, null]}));
    assert_eq!(trl.source.format, "steps");
    assert_eq!(labels(&trl), ["0 good dataset true", "1 bad dataset false"]);

    let two_valued = one(&json!({"question": "q", "steps": ["a", "b"], "labels": [1, 0]}));
    assert_eq!(labels(&two_valued), ["0 good dataset 1", "1 bad dataset 0"]);
    let three_valued = one(&json!({"question": "q", "steps": ["a", "b"], "labels": [0, -1]}));
    assert_eq!(labels(&three_valued), ["0 neutral dataset 0", "1 bad dataset -1"]);
    let soft =
        one(&json!({"problem": "q", "steps": ["a", "b"], "labels": [0.25, 1.0], "scores": [null, 0.5], "score": 2}));
    assert_eq!(labels(&soft), ["0 0.25 dataset 0.25", "1 1 dataset 1.0"]);
    assert_eq!(scores(&soft), [(Some(1), 0.5), (None, 2.0)], "scores never become labels");

    let odd = one(&json!({"problem": "q", "steps": ["a", null, 7], "labels": [true, "?", false, true], "answer": 42}));
    assert_eq!(texts(&odd), ["a", "", "7"]);
    assert_eq!(labels(&odd), ["0 good dataset true", "2 bad dataset false"]);
    assert_eq!(odd.metadata["labels"], json!([true, "?", false, true]), "what does not fit is kept");
    assert_eq!(odd.warnings.len(), 2, "{:?}", odd.warnings);
    assert_eq!(odd.problem.answer.as_deref(), Some("42"));

    let chat = one(&json!({"prompt": [{"role": "user", "content": "hi"}], "completions": ["x"], "label": -1}));
    assert!(matches!(chat.problem.prompt, Prompt::Messages(_)));
    assert_eq!(labels(&chat), ["trace no error dataset -1"]);
}

#[test]
fn zero_is_neutral_in_a_file_that_knows_minus_one() {
    let rows = [
        json!({"problem": "q", "steps": ["a"], "labels": [0]}),
        json!({"problem": "r", "steps": ["a"], "labels": [-1]}),
    ];
    let (_, kept) = read_bytes("x.json", json!(rows).to_string());
    assert_eq!(labels(&kept.traces[0].1), ["0 neutral dataset 0"]);
}

#[test]
fn prm800k_phase_1_is_a_tree_along_the_chosen() {
    let trace = one(&json!({
        "labeler": "l", "generation": null, "question": {"problem": "p", "ground_truth_answer": "4"},
        "label": {"total_time": 9, "finish_reason": "solution", "steps": [
            {"completions": [candidate("a", 1), candidate("b", -1)], "human_completion": null, "chosen_completion": 0},
            {"completions": [candidate("c", -1), {"text": "d", "rating": 0, "flagged": true}],
                "human_completion": {"text": "h", "rating": null, "source": "human"}, "chosen_completion": null},
            {"completions": [candidate("e\n\n# Answer\n\n4", 1)], "human_completion": null, "chosen_completion": 0},
        ]},
    }));
    assert_eq!(trace.source.format, "prm800k");
    assert_eq!(texts(&trace), ["a", "b", "c", "d", "h", "e\n\n# Answer\n\n4"]);
    assert_eq!(parents(&trace), [None, None, Some(0), Some(0), Some(0), Some(4)]);
    assert_eq!(trace.tree().main_path(&trace.steps), [0, 4, 5]);
    assert_eq!(trace.steps[4].author.as_deref(), Some("human"));
    assert_eq!(trace.steps[5].kind, StepKind::Answer);
    assert_eq!(
        labels(&trace),
        [
            "0 good human 1",
            "1 bad human -1",
            "2 bad human -1",
            r#"3 unsure human {"rating":0,"flagged":true}"#,
            "4 good rule ",
            "5 good human 1"
        ]
    );
    assert_eq!(trace.metadata["label"], json!({"total_time": 9, "finish_reason": "solution"}));
    assert_eq!(trace.problem.answer.as_deref(), Some("4"));
}

#[test]
fn prm800k_phase_2_follows_the_generated_solution() {
    let question =
        json!({"problem": "p", "pre_generated_steps": ["a", "b", "c", "d"], "pre_generated_verifier_score": 0.5});
    let steps = json!([
        {"completions": [candidate("a", 1)], "human_completion": null, "chosen_completion": 0},
        {"completions": [candidate("z", 1), candidate("b", -1)], "human_completion": null, "chosen_completion": null},
    ]);
    let row = json!({"question": question, "label": {"steps": steps, "finish_reason": "found_error"}});
    let trace = one(&row);
    assert_eq!(texts(&trace), ["a", "z", "b", "c", "d"]);
    assert_eq!(trace.tree().main_path(&trace.steps), [0, 2, 3, 4], "the error is on the path, the rest unlabelled");
    assert_eq!(trace.imported_first_error(None), Some(crate::model::FirstError::At(trace.steps[2].hash.clone())));
    assert_eq!(scores(&trace), [(None, 0.5)]);
    assert!(!trace.metadata.contains_key("question"));
}

#[test]
fn prm800k_positions_may_be_all_null() {
    let nothing = json!({"completions": null, "human_completion": null, "chosen_completion": null});
    let row = |steps| json!({"question": {"problem": "p"}, "label": {"steps": steps, "finish_reason": "give_up"}});
    assert_eq!(one(&row(json!([nothing]))).steps.len(), 0);
    let after = json!({"completions": [candidate("a", 1)], "human_completion": "h", "chosen_completion": 7});
    let trace = one(&row(json!([nothing, after])));
    assert_eq!(texts(&trace), ["a", "h"]);
    assert_eq!(trace.warnings.len(), 2, "{:?}", trace.warnings);
}

#[test]
fn math_shepherd_labels_are_read_from_the_text() {
    let row = |problem: &str| {
        let input = format!("{problem} Step 1: 1 < 2. ки\nStep 2: - ки is no mark ки");
        let label = format!("{problem} Step 1: 1 < 2. +\nStep 2: - - is no mark -");
        json!({"input": input, "label": label, "task": "T"})
    };
    let trace = one(&row("What? See Step 1: here."));
    assert_eq!(trace.source.format, "math_shepherd");
    assert_eq!(trace.problem.prompt, Prompt::Text("What? See Step 1: here.".into()));
    assert_eq!(texts(&trace), ["Step 1: 1 < 2.", "Step 2: -", " is no mark"]);
    assert_eq!(labels(&trace), ["0 good rollout +", "1 bad rollout -", "2 bad rollout -"]);
    assert_eq!(trace.metadata["task"], "T");

    let inside = one(&json!({"input": "A ки b? Step 1: c ки", "label": "A + b? Step 1: c -"}));
    assert_eq!(inside.problem.prompt, Prompt::Text("A ки b?".into()));
    assert_eq!(labels(&inside), ["0 bad rollout -"]);
    assert_eq!(inside.warnings.len(), 1);

    let guessed = one(&json!({"input": "A? c ки\nd", "label": "A? c +\nd"}));
    assert_eq!(texts(&guessed), [" c", "d"]);
    assert_eq!(guessed.warnings.len(), 1);
}

#[test]
fn math_shepherd_texts_must_agree() {
    let good = json!({"input": "Q? Step 1: a ки", "label": "Q? Step 1: a +"});
    let (report, kept) =
        read_bytes("x.jsonl", format!("{good}\n{}\n", json!({"input": "Q? Step 1: a ки", "label": "other"})));
    assert_eq!(report.unwrap().counts.rejected, 1);
    assert_eq!(kept.rejects[0].row, 2);
    assert!(kept.rejects[0].reason.contains("differ before marker 1"));
}

#[test]
fn omegaprm_trees_may_be_nested_or_flat() {
    let leaf = |text: &str, value: serde_json::Value| json!({"text": text, "mc_value": value, "children": []});
    let row = |prefix: &str| {
        let inner = json!({"text": format!("{prefix}a"), "mc_value": 0.5,
            "children": [leaf(&format!("{prefix}{}b", if prefix.is_empty() { "" } else { "a" }), json!(1.0)),
                leaf(&format!("{prefix}{}c", if prefix.is_empty() { "" } else { "a" }), json!(null))]});
        json!({"question": "q", "final_answer": "3", "question_id": 0,
            "reasoning_steps": {"text": "q", "mc_value": 0.25, "children": [inner]}})
    };
    for prefix in ["", "q"] {
        let trace = one(&row(prefix));
        assert_eq!(trace.source.format, "omegaprm");
        assert_eq!(texts(&trace), ["a", "b", "c"], "cumulative texts are cut");
        assert_eq!(parents(&trace), [None, Some(0), Some(0)]);
        assert_eq!(scores(&trace), [(None, 0.25), (Some(0), 0.5), (Some(1), 1.0)]);
        assert_eq!(trace.problem.answer.as_deref(), Some("3"));
        assert!(trace.labels.is_empty());
    }
    let prefixes = [("q\nab", 0.1), ("q", 0.2), ("q\na", 0.3), ("q\nac", 0.4), ("q\na", 0.5), ("q\nabd", 0.6)];
    let list: Vec<_> =
        prefixes.iter().map(|(text, value)| json!({"solution_prefix": text, "mc_value": value})).collect();
    let trace = one(&json!({"question": "q", "reasoning_steps": list}));
    assert_eq!(texts(&trace), ["\na", "b", "d", "c"]);
    assert_eq!(parents(&trace), [None, Some(0), Some(1), Some(0)]);
    assert_eq!(
        scores(&trace),
        [(None, 0.2), (Some(0), 0.3), (Some(0), 0.5), (Some(1), 0.1), (Some(2), 0.6), (Some(3), 0.4)],
        "a prefix that was sampled twice keeps both values"
    );
}

#[test]
fn chats_become_chains_with_tool_calls() {
    let trace = one(&json!({"messages": conversation(), "model": "m", "tools": [], "id": 7,
        "step_labels": {"2": -1, "5": 1, "4": null}, "final_label": 1}));
    assert_eq!(trace.source.format, "chat");
    let Prompt::Messages(prompt) = &trace.problem.prompt else { panic!("{:?}", trace.problem) };
    assert_eq!(prompt[1].content, "1+1?\n[image_url]");
    let kinds: Vec<StepKind> = trace.steps.iter().map(|step| step.kind).collect();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    assert_eq!(names, ["thought", "tool_call", "tool_call", "tool_result", "tool_result", "answer"]);
    assert!(!trace.tree().is_branching());
    let tool = |index: usize| trace.steps[index].tool.clone().unwrap();
    assert_eq!(tool(1).arguments, "{\"a\": 1", "broken JSON stays as it is");
    assert_eq!(tool(2).arguments, r#"{"a":2,"b":1}"#);
    assert_eq!((tool(3).name.as_str(), tool(3).call_id.as_deref()), ("add", Some("c2")), "paired with its call");
    assert_eq!(trace.warnings.len(), 2, "broken arguments, result without call: {:?}", trace.warnings);
    assert_eq!(labels(&trace), ["2 bad human -1", "5 good human 1", "trace good human 1"]);
    assert_eq!(trace.outcome.verdict, Verdict::Correct);
    assert_eq!(trace.metadata["message_extras"]["3"], json!({"cost": 4}));
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("7"), Some("m")));
}

#[test]
fn chats_come_bare_and_wrapped() {
    let bare = one(&conversation());
    assert_eq!(bare.steps.len(), 6);
    let pretty = serde_json::to_string_pretty(&conversation()).unwrap();
    let (report, kept) = read_bytes("x.json", pretty);
    assert_eq!((report.unwrap().counts.traces, kept.traces[0].0), (1, 1));
    let (report, _) = read_bytes("x.json", json!([conversation(), conversation()]).to_string());
    assert_eq!(report.unwrap().counts.traces, 2);

    let run = one(&json!({"task_id": 3, "trial": 1, "reward": 0.0, "info": {}, "traj": conversation()}));
    assert_eq!(run.source_id.as_deref(), Some("3:1"));
    assert_eq!((run.outcome.verdict, run.outcome.reward), (Verdict::Incorrect, Some(0.0)));
    let row = one(&json!({"reward": 0.0, "messages": conversation()}));
    assert_eq!((row.outcome.verdict, row.outcome.reward), (Verdict::Unknown, Some(0.0)));
}

#[test]
fn content_parts_become_steps() {
    let trace = one(&json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "calling"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]},
        {"role": "assistant", "content": ""},
    ]}));
    assert_eq!(texts(&trace), ["hm", "calling", "f({\"x\":1})", "ok", ""]);
    assert_eq!(trace.steps[3].kind, StepKind::ToolResult);
    assert!(trace.warnings.is_empty(), "{:?}", trace.warnings);
    assert!(trace.metadata.is_empty(), "{:?}", trace.metadata);
}

#[test]
fn native_lines_come_back_as_they_were() {
    let trace = one(&bench(1));
    let native = |edit: fn(&mut NativeTrace)| {
        let t = trace.clone();
        let mut native = NativeTrace {
            schema: SCHEMA.into(),
            id: t.id,
            source_id: t.source_id,
            problem: t.problem,
            generator: t.generator,
            outcome: t.outcome,
            steps: t.steps,
            labels: t.labels,
            scores: t.scores,
            metadata: t.metadata,
            splitter: t.splitter,
            source: t.source,
            warnings: t.warnings,
            annotations: vec![serde_json::from_value(json!({"annotator": "ann", "note": "n"})).unwrap()],
            computed_scores: Vec::new(),
        };
        edit(&mut native);
        read_json(&serde_json::to_value(native).unwrap())
    };
    let same = native(|_| {});
    assert_eq!(same.traces[0].1, trace);
    assert_eq!((&same.carried[0].trace, same.carried[0].annotations.len()), (&trace.id, 1));
    let twin = native(|n| n.id = crate::model::TraceId::new(format!("{}-2", n.id)));
    assert!(twin.traces[0].1.warnings.is_empty());
    let edited = native(|n| n.steps[1].text.push('!'));
    assert_eq!(edited.traces[0].1.warnings.len(), 1, "{:?}", edited.traces[0].1.warnings);
    let edited = native(|n| n.steps[0].text.push('!'));
    assert_eq!(edited.traces[0].1.warnings.len(), 2, "another trace: {:?}", edited.traces[0].1.warnings);

    let (report, _) = read_bytes("x.jsonl", json!({"schema": "stepscope.trace/99"}).to_string());
    assert!(report.unwrap_err().to_string().contains("stepscope.trace/99"));
}

#[test]
fn labels_and_scores_stay_with_the_words_they_were_said_of() {
    let trace = one(&bench(1));
    let [first, second] = [&trace.steps[0].hash, &trace.steps[1].hash].map(ToString::to_string);
    let native = |text: &str, mark: serde_json::Value| {
        let mut steps = serde_json::to_value(&trace.steps).unwrap();
        steps[1]["text"] = text.into();
        let row = json!({
            "schema": SCHEMA, "id": trace.id, "source_id": trace.source_id, "generator": trace.generator,
            "problem": trace.problem, "outcome": trace.outcome, "source": trace.source, "steps": steps,
            "annotations": [{"annotator": "ann", "first_error": mark, "note": "n"}],
            "computed_scores": [
                {"scorer": "prm", "fingerprint": "f", "kind": "correctness", "values": [0.25, 0.5]},
                {"scorer": "last", "fingerprint": "g", "kind": "correctness", "values": [null, 0.5]},
            ],
        });
        let kept = read_json(&row);
        let carried = kept.carried[0].clone();
        let scores: Vec<_> = carried.scores.into_iter().map(|s| (s.scorer, s.values)).collect();
        (carried.annotations[0].first_error.is_some(), scores, kept.traces[0].1.warnings.len())
    };
    let text = trace.steps[1].text.clone();
    let all = vec![("prm".to_owned(), vec![Some(0.25), Some(0.5)]), ("last".to_owned(), vec![None, Some(0.5)])];
    assert_eq!(native(&text, json!({"kind": "at", "step": second})), (true, all, 0));
    let rest = vec![("prm".to_owned(), vec![Some(0.25), None])];
    assert_eq!(native("other", json!({"kind": "at", "step": first})), (true, rest.clone(), 1));
    assert_eq!(
        native("other", json!({"kind": "at", "step": second})),
        (false, rest.clone(), 2),
        "the marked step is gone"
    );
    assert_eq!(native("other", json!({"kind": "none", "step": second})), (false, rest, 2), "not all of it was judged");
}
