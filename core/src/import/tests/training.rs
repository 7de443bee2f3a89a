//! Training sets and pools of solutions: own small rows with the traps of each format, and the published files counted.

use serde_json::{Value, json};

use super::published::published;
use super::*;
use crate::model::{Prompt, ScoreKind, StepKind, Verdict};

fn all(rows: &[Value]) -> Vec<Trace> {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    let (report, kept) = read_bytes("x.jsonl", lines.join("\n"));
    assert_eq!(report.unwrap().counts.rejected, 0, "{:?}", kept.rejects);
    kept.traces.into_iter().map(|(_, trace)| trace).collect()
}

fn many(row: &Value) -> Vec<Trace> {
    all(std::slice::from_ref(row))
}

fn format(trace: &Trace) -> &str {
    &trace.source.format
}

/// The steps that the source names as the solution.
fn path(trace: &Trace) -> Vec<u32> {
    (0..).zip(&trace.steps).filter(|(_, step)| step.on_path).map(|(index, _)| index).collect()
}

#[test]
fn zero_is_neutral_or_bad_for_the_whole_file() {
    let row = |labels: &[i64]| json!({"problem": "q", "steps": ["a", "b"], "labels": labels});
    let traces = all(&[row(&[1, 0]), row(&[0, -1])]);
    assert_eq!(labels(&traces[0]), ["0 good dataset 1", "1 neutral dataset 0"]);
    assert_eq!(labels(&traces[1]), ["0 neutral dataset 0", "1 bad dataset -1"]);
    // A −1 beyond the sample changes nothing before or after it.
    let mut rows = vec![row(&[1, 0]); 60_000];
    rows[20_000] = row(&[0, -1]);
    let traces = all(&rows);
    assert_eq!(labels(&traces[20_000]), ["0 bad dataset 0", "1 bad dataset -1"]);
    assert_eq!(labels(&traces[59_999]), ["0 good dataset 1", "1 bad dataset 0"]);
    assert_eq!((traces[20_000].warnings.len(), traces[0].warnings.len()), (1, 0));
}

#[test]
fn steps_may_be_messages() {
    let say = |text: &str| json!({"role": "assistant", "content": text});
    let row = json!({"prompt": [{"role": "user", "content": "q"}], "completions": [say("a"), [say("b")]],
        "labels": [true, false]});
    let trace = one(&row);
    assert_eq!((format(&trace), texts(&trace)), ("steps", vec!["a", "b"]));
    assert_eq!(labels(&trace), ["0 good dataset true", "1 bad dataset false"]);
    assert_eq!(trace.steps[0].author.as_deref(), Some("assistant"));
    let objects = one(&json!({"problem": "q", "steps": [{"text": "a", "label": 0, "score": 0.5, "seconds": 3},
        {"text": "b", "label": -1, "rating": 0}, "c"]}));
    assert_eq!(labels(&objects), ["0 neutral dataset 0", "1 bad dataset -1", "1 neutral dataset 0"]);
    assert_eq!((scores(&objects), &objects.steps[0].metadata["seconds"]), (vec![(Some(0), 0.5)], &json!(3)));
    assert!(objects.metadata.is_empty());
}

#[test]
fn rating_probabilities_are_scores_of_three_classes() {
    let trace = one(&json!({"problem": "q", "answer": "3", "is_correct": false, "steps": ["a", "b"], "orm_score": 0.5,
        "prm_score": 0.25, "rating_probs": [{"-1": 0.5, "0": 0.125, "1": 0.375}, {"1": 1, "2": 0}],
        "ground_truth_answer": "4", "level": 2}));
    assert_eq!(format(&trace), "prm800k_scored");
    let found: Vec<_> = trace.scores.iter().map(|s| (s.step, s.name.as_str(), s.kind)).collect();
    assert_eq!(found[0], (Some(0), "rating_probs.-1", ScoreKind::ClassProbability));
    assert_eq!(found[3], (Some(1), "rating_probs.1", ScoreKind::ClassProbability));
    assert_eq!(found[5], (None, "prm_score", ScoreKind::Correctness));
    assert!(trace.labels.is_empty());
    assert_eq!((trace.problem.answer.as_deref(), trace.outcome.verdict), (Some("4"), Verdict::Incorrect));
    assert_eq!((trace.metadata["answer"].as_str(), trace.warnings.len()), (Some("3"), 1), "class 2 is none");
    assert!(trace.metadata.contains_key("rating_probs"));
}

#[test]
fn versaprm_candidates_stand_beside_their_position() {
    let aug = |at: Value, kind: i64| json!({"aug_step": format!("x{at}"), "aug_idx": at, "aug_type": kind});
    let chain =
        json!({"steps": ["a", "b"], "labels": [1, 0], "augs": [aug(json!(1), 1), aug(json!(2), -1), aug(json!(3), 1)]});
    let row = json!({"domain": "law", "question": "q", "answer": "B", "chain_of_thoughts": [chain]});
    let trace = one(&row);
    assert_eq!((format(&trace), texts(&trace)), ("versaprm", vec!["a", "b", "x1", "x2"]));
    assert_eq!(parents(&trace), [None, Some(0), Some(0), Some(1)]);
    assert_eq!(path(&trace), [0, 1]);
    assert_eq!(
        labels(&trace),
        ["0 good dataset 1", "1 bad dataset 0", "2 good dataset 1", "3 bad dataset -1"],
        "0 in `labels` is bad"
    );
    assert_eq!((trace.metadata["augs"].as_array().map(Vec::len), trace.warnings.len()), (Some(1), 1));
}

fn candidate_row(before: &[&str], text: &str, chosen: bool, rating: Value) -> Value {
    json!({"instruction": "q", "responses": before, "next_response": text, "answer": null, "is_human_response": false,
        "is_solution": false, "is_preferred_response": chosen, "rating": rating})
}

#[test]
fn prm800k_in_rows_is_grouped_by_solution() {
    let mut human = candidate_row(&["a"], "h", true, json!(null));
    human["is_human_response"] = true.into();
    let mut wrong = candidate_row(&["a"], "b", false, json!(-1.0));
    wrong["error_reason"] = "off by one".into();
    let traces = all(&[
        candidate_row(&[], "z", false, json!(0)),
        candidate_row(&[], "a", true, json!(1)),
        wrong,
        human,
        candidate_row(&["a", "h"], "c\n\n# Answer\n\n2", true, json!(1)),
        // The same question again: another solution, at whose end nothing was chosen.
        candidate_row(&[], "a", true, json!(1)),
        candidate_row(&["a", "gone"], "d", false, json!(3)),
    ]);
    assert_eq!(traces.len(), 2);
    let first = &traces[0];
    assert_eq!((format(first), texts(first)), ("prm800k_rows", vec!["z", "a", "b", "h", "c\n\n# Answer\n\n2"]));
    assert_eq!(parents(first), [None, None, Some(1), Some(1), Some(3)]);
    assert_eq!(path(first), [1, 3, 4]);
    assert_eq!(
        labels(first),
        ["0 neutral human 0", "1 good human 1", "2 bad human -1.0", "3 good rule true", "4 good human 1"]
    );
    assert_eq!(first.labels[2].rationale.as_deref(), Some("off by one"));
    assert_eq!((first.steps[3].author.as_deref(), first.steps[4].kind), (Some("human"), StepKind::Answer));
    assert_eq!(texts(&traces[1]), ["a", "gone", "d"], "a step that no row brings is added");
    assert_eq!(traces[1].warnings.len(), 2, "{:?}", traces[1].warnings);
}

/// Traces, steps, branching, step labels, step scores, trace scores, outcomes.
fn check_published(cases: &[(&str, &str, [u64; 7])]) {
    for (path, format, expected) in cases {
        let Some(path) = published(path) else { continue };
        let report = inspect(std::slice::from_ref(&path), &ImportOptions::default(), &foreground()).unwrap();
        let c = report.counts;
        let found = [c.traces, c.steps, c.branching_traces, c.step_labels, c.step_scores, c.trace_scores, c.outcomes];
        assert_eq!(
            (report.format.as_str(), found, c.rejected),
            (*format, *expected, 0),
            "{}: {report}",
            path.display()
        );
    }
}

/// Also worked out by reading the files in Python: `VersaPRM` has 73 labelled steps and 33 further candidates.
#[test]
fn published_step_labels_are_counted() {
    check_published(&[
        ("prm800k/datasets/examples/RM-scored-example.json", "prm800k_scored", [1, 4, 0, 0, 12, 2, 1]),
        ("prm800k/model_train/data/prm800k_phase2_eval_small.json", "versaprm", [11, 106, 7, 106, 0, 0, 0]),
    ]);
}

#[test]
fn math_shepherd_has_older_forms() {
    let old = one(&json!({"input": "Q? Step 1: a ки\nStep 2: b ки", "label": "Q? Step 1: a ки +\nStep 2: b ки ?"}));
    assert_eq!((format(&old), texts(&old)), ("math_shepherd", vec!["Step 1: a", "Step 2: b"]));
    assert_eq!(labels(&old), ["0 good rollout +"], "a question mark is no label");
    let alone = one(&json!({"input": "Q? Step 1: a ки -\nStep 2: b ки +"}));
    assert_eq!(
        (texts(&alone), labels(&alone)),
        (texts(&old), vec!["0 bad rollout -".into(), "1 good rollout +".into()])
    );
    for labels_of in [json!([1, 0]), json!(["+", "-"])] {
        let list = one(&json!({"question": "q", "process": "Step 1: a ки\nStep 2: b ки", "labels": labels_of}));
        assert_eq!((format(&list), texts(&list)), ("math_shepherd", vec!["Step 1: a", "Step 2: b"]));
        assert_eq!(labels(&list), ["0 good rollout +", "1 bad rollout -"]);
    }
    let breaks = one(&json!({"question": "q", "process": "a \n\n\n\n\nb \n\n\n\n\n", "label": ["+"]}));
    assert_eq!((texts(&breaks), labels(&breaks).len(), breaks.warnings.len()), (vec!["a", "b"], 1, 1));
}

#[test]
fn rlhflow_chats_answer_each_step() {
    let say = |role: &str, content: &str| json!({"role": role, "content": content});
    let row = json!({"conversations": [say("user", "1+1? Step 1: a"), say("assistant", "+"), say("user", "Step 2: b"),
        say("assistant", " -")], "level": 3});
    let trace = one(&row);
    assert_eq!((format(&trace), texts(&trace)), ("rlhflow_chat", vec!["Step 1: a", "Step 2: b"]));
    assert_eq!(trace.problem.prompt, Prompt::Text("1+1?".into()));
    assert_eq!(labels(&trace), ["0 good dataset +", "1 bad dataset  -"]);
    let from = |who: &str, value: &str| json!({"from": who, "value": value});
    let row = json!({"prompt": "p", "messages": [from("system", "s"), from("human", "p a"), from("human", "b"), from("gpt", "+")]});
    let trace = one(&row);
    assert_eq!(
        (format(&trace), texts(&trace), labels(&trace)),
        ("rlhflow_chat", vec!["a", "b"], vec!["1 good dataset +".into()])
    );
    assert_eq!((trace.problem.text().as_ref(), trace.warnings.len()), ("p", 1));
    let chat =
        one(&json!({"messages": [say("user", "u"), say("assistant", "+1"), say("user", "v"), say("assistant", "-")]}));
    assert_eq!(format(&chat), "chat", "other answers are talk");
}

#[test]
fn extra_tokens_end_steps() {
    let trace = one(
        &json!({"problem": "q", "response": "a\n\n<extra_0>b<extra_0>", "labels": [1, 0], "step_rewards": [0.5, 1, 0]}),
    );
    assert_eq!((format(&trace), texts(&trace)), ("extra_token", vec!["a", "b"]));
    assert_eq!(labels(&trace), ["0 good dataset 1", "1 bad dataset 0"]);
    assert_eq!((scores(&trace), trace.warnings.len()), (vec![(Some(0), 0.5), (Some(1), 1.0)], 1));
    let say = |role: &str, content: &str| json!({"role": role, "content": content});
    let trace =
        one(&json!({"messages": [say("system", "s"), say("user", "q"), say("assistant", "a<extra_0>b<extra_0>")]}));
    assert_eq!((format(&trace), texts(&trace), trace.problem.text().as_ref()), ("extra_token", vec!["a", "b"], "q"));
}

#[test]
fn step_dpo_pairs_are_siblings() {
    let mut row = json!({"dataset": "d", "prompt": "q", "answer": "7", "chosen": " good.", "rejected": " bad.",
        "initial_reason_steps": "Let's think step by step.\nStep 1: one\nStep 2:", "full_chosen": " good.\nStep 3: three"});
    let trace = one(&row);
    assert_eq!(format(&trace), "step_dpo");
    assert_eq!(
        texts(&trace),
        ["Let's think step by step.", "Step 1: one", "Step 2: good.", "Step 3: three", "Step 2: bad."]
    );
    assert_eq!(parents(&trace), [None, Some(0), Some(1), Some(2), Some(1)]);
    assert_eq!((path(&trace), trace.steps[0].kind), (vec![0, 1, 2, 3], StepKind::Note));
    assert_eq!(labels(&trace), ["2 preferred dataset ", "4 dispreferred dataset "]);
    assert_eq!((trace.problem.answer.as_deref(), &trace.metadata["dataset"]), (Some("7"), &json!("d")));
    row["full_rejected"] = "other".into();
    row["rejected"] = " good.".into();
    let trace = one(&row);
    assert_eq!(trace.warnings.len(), 2, "equal sides, a rest of something else: {:?}", trace.warnings);
    assert!(trace.metadata.contains_key("full_rejected"));
}

#[test]
fn rstar_pairs_come_in_two_stages() {
    let trace = one(&json!({"prefix": "q\nStep 1: a\n", "question": "q", "chosen_step": "Step 2: b\n", "neg_count": 1,
        "chosen_steps": ["Step 2: b\n", "Step 3: c"], "rejected_step": "Step 2: x", "rejected_steps": "Step 2: x",
        "step_margin": 0.5, "steps_margin": 0.75, "pos_count": 1}));
    assert_eq!(
        (format(&trace), texts(&trace)),
        ("rstar_pairs", vec!["Step 1: a", "Step 2: b\n", "Step 3: c", "Step 2: x"])
    );
    assert_eq!(parents(&trace), [None, Some(0), Some(1), Some(0)]);
    assert_eq!(labels(&trace), ["1 preferred dataset ", "3 dispreferred dataset "]);
    assert_eq!(trace.metadata["step_margin"], json!(0.5));
    let trace = one(
        &json!({"prompt": "<|user|>:\nq\n<|assistant|>: Step 1: a", "pos": ["p", "r"], "neg": ["n"], "pos_count": 2}),
    );
    assert_eq!((trace.problem.text().as_ref(), texts(&trace)), ("q", vec![" Step 1: a", "p", "r", "n"]));
    assert_eq!((path(&trace), labels(&trace).len(), parents(&trace)[3]), (vec![0, 1], 3, Some(0)));
}

fn say(role: &str, content: &str) -> Value {
    json!({"role": role, "content": content})
}

fn from(who: &str, value: &str) -> Value {
    json!({"from": who, "value": value})
}

#[test]
fn preferences_come_in_many_shapes() {
    let (chosen, rejected) = ("good.\n\nEnd.", "bad.");
    let whole = |text: &str| json!([say("system", "s"), say("user", "q"), say("assistant", text)]);
    let rows = [
        (json!({"prompt": "q", "chosen": chosen, "rejected": rejected}), "q"),
        (json!({"prompt": "q ", "chosen": format!("q {chosen}"), "rejected": format!("q {rejected}")}), "q "),
        (
            json!({"prompt": [say("user", "q")], "chosen": [say("assistant", chosen)], "rejected": [say("assistant", rejected)]}),
            "q",
        ),
        (json!({"chosen": whole(chosen), "rejected": whole(rejected)}), "q"),
        (json!({"prompt": "q", "chosen": whole(chosen), "rejected": whole(rejected)}), "q"),
        (
            json!({"conversations": [from("human", "q")], "chosen": from("gpt", chosen), "rejected": from("gpt", rejected)}),
            "q",
        ),
        (json!({"instruction": "q", "input": "i", "chosen": chosen, "rejected": rejected}), "q\ni"),
        (
            json!({"input": {"messages": [say("user", "q")], "tools": []}, "preferred_output": [say("assistant", chosen)],
            "non_preferred_output": [say("assistant", rejected)]}),
            "q",
        ),
        (
            json!({"chosen": format!("\n\nHuman: q\n\nAssistant:{chosen}"),
            "rejected": format!("\n\nHuman: q\n\nAssistant:{rejected}")}),
            "\n\nHuman: q\n\nAssistant:",
        ),
    ];
    for (row, question) in rows {
        let traces = many(&row);
        assert_eq!((traces.len(), format(&traces[0])), (2, "preference"), "{row}");
        assert_eq!((texts(&traces[0]), texts(&traces[1])), (vec!["good.", "End."], vec!["bad."]), "{row}");
        assert_eq!(traces[0].problem.text(), question, "{row}");
        assert_eq!(traces[0].problem.id(), traces[1].problem.id());
        assert_eq!(labels(&traces[0]), ["trace preferred dataset "]);
        assert_eq!(labels(&traces[1]), ["trace dispreferred dataset "]);
        assert_eq!(traces[0].splitter.as_deref(), Some("blank-line"));
        assert!(traces[0].warnings.is_empty(), "{:?}", traces[0].warnings);
        assert!(traces[0].problem.metadata.is_empty(), "{:?}", traces[0].problem.metadata);
    }
}

#[test]
fn preferences_part_at_a_word() {
    let traces = many(&json!({"chosen": "The sky is bluish", "rejected": "The sky is blue", "score_chosen": 8.5,
        "rejected_model": "m", "margin": 2, "id": 7}));
    assert_eq!(traces[0].problem.prompt, Prompt::Text("The sky is".into()));
    assert_eq!((texts(&traces[0]), texts(&traces[1])), (vec![" bluish"], vec![" blue"]));
    assert_eq!((scores(&traces[0]), traces[1].generator.as_deref()), (vec![(None, 8.5)], Some("m")));
    assert_eq!(traces[0].problem.metadata["margin"], 2);
    assert_eq!(
        (traces[0].source_id.as_deref(), traces[1].source_id.as_deref()),
        (Some("7#chosen"), Some("7#rejected"))
    );
    let equal = many(&json!({"prompt": "q", "chosen": [say("assistant", "a")], "rejected": [say("assistant", "a")]}));
    assert_eq!((texts(&equal[1]), equal[0].warnings.len()), (vec!["a"], 1));
    let apart = many(&json!({"chosen": "a", "rejected": "b"}));
    assert!(apart[0].warnings[0].contains("no common beginning"));
    let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]});
    let tools = many(&json!({"prompt": [say("user", "q")], "rejected": [say("assistant", "no")],
        "chosen": [call, {"role": "tool", "content": "4", "tool_call_id": "c"}, say("assistant", "4")]}));
    let kinds: Vec<&str> = tools[0].steps.iter().map(|step| step.kind.name()).collect();
    assert_eq!(kinds, ["tool_call", "tool_result", "message"]);
}

#[test]
fn thumbs_are_labels_of_the_trace() {
    let rows = [
        json!({"prompt": "q", "completion": "a\n\nb", "label": true}),
        json!({"prompt": [say("user", "q")], "completion": [say("assistant", "a\n\nb")], "label": true}),
        json!({"messages": [say("user", "q"), say("assistant", "a\n\nb")], "label": true}),
        json!({"conversations": [from("human", "q"), from("gpt", "a\n\nb")], "kto_tag": true}),
        json!({"instruction": "q", "input": "", "output": "a\n\nb", "kto_tag": true}),
    ];
    for row in rows {
        let trace = one(&row);
        assert_eq!((format(&trace), texts(&trace)), ("unpaired", vec!["a", "b"]), "{row}");
        assert_eq!((labels(&trace), trace.problem.text().as_ref()), (vec!["trace good dataset true".to_owned()], "q"));
        assert!(trace.warnings.is_empty() && trace.metadata.is_empty(), "{trace:?}");
    }
    let long = one(&json!({"label": false,
        "messages": [say("user", "q"), say("assistant", "a"), say("user", "r"), say("assistant", "b")]}));
    assert_eq!((texts(&long), long.problem.text().as_ref()), (vec!["b"], "q\n\na\n\nr"), "the last message is judged");
    assert_eq!(labels(&long), ["trace bad dataset false"]);
}

#[test]
fn critiques_judge_numbered_steps() {
    let asked = "1+1?\n\nStep 1: a\nStep 2: b";
    let chat = json!({"id": "c", "messages": [say("user", asked), say("assistant", "Step 2 is wrong.")],
        "verdict": {"first_error": 2, "base": 1, "labels": [1, 0]}});
    let trace = one(&chat);
    assert_eq!((format(&trace), texts(&trace)), ("critique", vec!["Step 1: a", "Step 2: b"]));
    assert_eq!(trace.problem.text(), "1+1?");
    assert_eq!(labels(&trace), ["1 first error dataset 2", "0 good dataset 1", "1 bad dataset 0"]);
    assert_eq!((trace.labels[0].rationale.as_deref(), trace.labels[0].base), (Some("Step 2 is wrong."), Some(1)));
    for (verdict, expected) in [
        (json!({"first_error": null, "base": 0}), "trace no error dataset null"),
        (json!(-1), "trace no error dataset -1"),
        (json!(1), "1 first error dataset 1"),
        (json!("correct"), "trace good dataset correct"),
        (json!("unclear"), "trace remark dataset "),
    ] {
        let trace = one(&json!({"prompt": asked, "critique": "c", "verdict": verdict}));
        assert_eq!((labels(&trace), trace.labels[0].rationale.as_deref()), (vec![expected.to_owned()], Some("c")));
    }
    let bare = one(&json!({"prompt": "q", "critique": "c\n\nd", "verdict": 3}));
    assert_eq!((texts(&bare), labels(&bare)), (vec!["c", "d"], vec!["trace error somewhere dataset 3".to_owned()]));
}

#[test]
fn single_answers_are_split_and_thinking_is_a_section() {
    let sections = |trace: &Trace| -> Vec<(String, String)> {
        trace.steps.iter().map(|s| (s.section.clone().unwrap_or_default(), s.text.clone())).collect()
    };
    let expect = |parts: &[(&str, &str)]| -> Vec<(String, String)> {
        parts.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let all = expect(&[("thinking", "a"), ("thinking", "b"), ("response", "c")]);
    let chat = |text: &str| {
        one(&json!({"messages": [say("system", "s"), say("user", "q"), say("assistant", text)], "source": "x"}))
    };
    for text in [
        "<think>\na\n\nb\n</think>\n\nc",
        "a\n\nb</think>c",
        "<|begin_of_thought|>\n\na\n\nb<|end_of_thought|>\n\n<|begin_of_solution|>\n\nc\n<|end_of_solution|>",
    ] {
        let trace = chat(text);
        assert_eq!((format(&trace), sections(&trace)), ("single_turn", all.clone()), "{text}");
        assert_eq!(trace.steps[2].kind, StepKind::Answer);
    }
    let field = one(
        &json!({"messages": [say("user", "q"), {"role": "assistant", "reasoning_content": "a\n\nb", "content": "c"}]}),
    );
    assert_eq!(sections(&field), all);
    let cut = chat("<think>a\n\nb");
    assert_eq!((sections(&cut), cut.warnings.len()), (expect(&[("thinking", "a"), ("thinking", "b")]), 1));
    assert_eq!(sections(&chat("no <think> here")), expect(&[("", "no <think> here")]));
    let long =
        one(&json!({"messages": [say("user", "q"), say("assistant", "a"), say("user", "r"), say("assistant", "b")]}));
    assert_eq!(format(&long), "chat");
}

fn outcomes(traces: &[Trace]) -> Vec<Verdict> {
    traces.iter().map(|trace| trace.outcome.verdict).collect()
}

const RIGHT_WRONG: [Verdict; 2] = [Verdict::Correct, Verdict::Incorrect];

#[test]
fn pools_give_one_trace_per_attempt() {
    let pool = json!(["a\n\nb", "c"]);
    let rows = [
        (
            "pure_math",
            json!({"idx": 7, "question": "q", "query": "q", "code": pool, "response": pool, "level": "L",
            "score": [true, false], "pred_score": [[0.5], [-1.5]], "pred": ["1", "2"]}),
        ),
        (
            "search_and_learn",
            json!({"unique_id": "7", "problem": "q", "completions": pool, "pred": "1", "level": "L",
            "scores": [[0.5, 0.25], [1.0]], "is_correct": [1, 0]}),
        ),
        (
            "rlhflow_bon",
            json!({"idx": 7, "prompt": "q", "answers": pool, "label": [1, 0], "level": "L",
            "step_scores": [[0.5, 0.25], [1.0]]}),
        ),
        (
            "rprm_bo8",
            json!({"id": 7, "problem": "q", "steps": [["a", "b"], ["c"]], "labels": [true, false], "level": "L"}),
        ),
        (
            "candidates",
            json!({"id": 7, "problem": "q", "responses": pool, "correct": [true, false], "level": "L",
            "choices": ["x", "y"]}),
        ),
        (
            "candidates",
            json!({"id": 7, "problem": "q", "level": "L", "candidates": [
            {"text": "a\n\nb", "is_correct": true, "score": 0.5, "model": "m"}, {"steps": ["c"], "is_correct": 0, "seed": 3}]}),
        ),
    ];
    for (name, row) in rows {
        let traces = many(&row);
        assert_eq!((traces.len(), format(&traces[0])), (2, name));
        assert_eq!((texts(&traces[0]), texts(&traces[1])), (vec!["a", "b"], vec!["c"]), "{name}");
        assert_eq!(outcomes(&traces), RIGHT_WRONG, "{name}");
        assert_eq!((traces[0].source_id.as_deref(), traces[1].source_id.as_deref()), (Some("7#0"), Some("7#1")));
        assert_eq!(traces[0].problem.id(), traces[1].problem.id());
        assert_eq!((&traces[0].problem.metadata["level"], traces[0].problem.text().as_ref()), (&json!("L"), "q"));
        assert!(traces.iter().all(|trace| trace.labels.is_empty() && trace.warnings.is_empty()), "{name}");
        assert_eq!(traces[0].steps[1].kind, StepKind::Answer);
        let found: Vec<_> = traces[0].scores.iter().map(|s| (s.step, s.kind, s.value)).collect();
        let expected = match name {
            "pure_math" => vec![(None, ScoreKind::Trajectory, 0.5)],
            "search_and_learn" | "rlhflow_bon" => {
                vec![(Some(0), ScoreKind::Correctness, 0.5), (Some(1), ScoreKind::Correctness, 0.25)]
            }
            _ if traces[0].generator.is_some() => vec![(None, ScoreKind::Other, 0.5)],
            _ => Vec::new(),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn pools_keep_equal_texts_and_tell_odd_lengths() {
    let traces =
        many(&json!({"problem": "q", "completions": ["a", "a"], "scores": [[0.5, 0.25], []], "token_ids": [1]}));
    assert_ne!(traces[0].id, traces[1].id, "equal attempts are two");
    assert_eq!((scores(&traces[0]), traces[0].warnings.len()), (vec![(Some(0), 0.5)], 1), "two scores for one step");
    assert_eq!(traces[0].metadata["scores"], json!([0.5, 0.25]));
    assert_eq!(traces[0].problem.metadata["token_ids"], json!([1]));
    let short = many(&json!({"problem": "q", "responses": ["a", "b"], "correct": [true]}));
    assert_eq!((outcomes(&short), short[1].warnings.len()), (vec![Verdict::Unknown; 2], 1));
    let thinking =
        many(&json!({"problem": "q", "responses": ["<think>a</think>b", {"reasoning": "c", "content": "d"}]}));
    for trace in &thinking {
        assert_eq!(trace.steps[0].section.as_deref(), Some("thinking"));
        assert_eq!(trace.steps[1].section.as_deref(), Some("response"));
    }
}

#[test]
fn samples_of_tree_of_thoughts_have_no_questions() {
    let info = |r: f64, game: bool| json!({"r": r, "rs": [1], "r_game": game});
    let rows = [
        json!({"idx": 0, "ys": ["a\n\nb", "c"], "infos": [info(0.5, true), info(0.25, false)], "usage_so_far": {"cost": 1}}),
        json!({"idx": 1, "ys": ["a", "c"], "accs": [true, false]}),
    ];
    let traces = all(&rows);
    assert_eq!((traces.len(), format(&traces[0])), (4, "tot_samples"));
    assert_eq!(outcomes(&traces), [RIGHT_WRONG, RIGHT_WRONG].concat());
    assert_eq!((traces[0].outcome.reward, scores(&traces[0])), (Some(0.5), vec![(None, 0.5)]));
    assert_ne!(traces[0].problem.id(), traces[2].problem.id());
    assert_eq!((&traces[0].metadata["rs"], traces[0].warnings.len()), (&json!([1]), 1));
}

#[test]
fn landscape_tuples_become_traces() {
    let row = json!({"dataset": "d", "model": "m", "model_input": "q", "answers": ["A", "B"], "answer_gt_short": "B",
        "answer_gt_expl": "", "accuracy": 0.5,
        "trial_thoughts": [[["a", "b"], "B", true], [["c"], "", false], [["x"]]]});
    let traces = many(&row);
    assert_eq!((format(&traces[0]), traces.len(), texts(&traces[0])), ("landscape", 3, vec!["a", "b"]));
    assert_eq!((outcomes(&traces[..2]), traces[1].metadata["answer"].as_str()), (RIGHT_WRONG.to_vec(), Some("")));
    assert_eq!((traces[0].generator.as_deref(), traces[0].problem.answer.as_deref()), (Some("m"), Some("B")));
    assert_eq!((traces[2].steps.len(), traces[2].warnings.len()), (0, 1));
    assert_eq!(traces[0].problem.metadata["accuracy"], json!(0.5));
}

#[test]
fn texts_are_split_into_steps() {
    let rows = [
        (json!({"instruction": "q", "input": "", "output": "a\n\nb"}), "q"),
        (
            json!({"instruction": "q", "input": "i", "output": "a\n\nb", "history": [["x", "y"]], "system": "s"}),
            "x\n\ny\n\nq\ni",
        ),
        (json!({"prompt": "q", "completion": "a\n\nb"}), "q"),
        (json!({"prompt": [say("user", "q")], "completion": [say("assistant", "a\n\nb")]}), "q"),
        (json!({"problem": "q", "solution": "a\n\nb"}), "q"),
        (json!({"problem": "q", "response": "a\n\nb"}), "q"),
    ];
    for (row, question) in rows {
        let trace = one(&row);
        assert_eq!((format(&trace), texts(&trace)), ("texts", vec!["a", "b"]), "{row}");
        assert_eq!((trace.problem.text().as_ref(), trace.splitter.as_deref()), (question, Some("blank-line")), "{row}");
        assert!(trace.metadata.is_empty() && trace.warnings.is_empty(), "{trace:?}");
        assert!(trace.steps.iter().all(|step| step.section.is_none()));
    }
    let pair = one(&json!({"Question": "q", "Complex_CoT": "a", "Response": "b", "id": 3}));
    let sections: Vec<_> = pair.steps.iter().map(|step| step.section.as_deref()).collect();
    assert_eq!((texts(&pair), sections), (vec!["a", "b"], vec![Some("thinking"), Some("response")]));
    let twice = one(&json!({"problem": "q", "reasoning": "a", "response": "<think>\na\n</think>b", "answer": "4",
        "solution": "r", "is_correct": true}));
    assert_eq!((texts(&twice), twice.outcome.verdict), (vec!["a", "b"], Verdict::Correct));
    assert_eq!((twice.problem.answer.as_deref(), twice.problem.solution.as_deref()), (Some("4"), Some("r")));
    let empty = one(&json!({"prompt": "q", "completion": ""}));
    assert_eq!((empty.steps.len(), empty.warnings.len()), (0, 1));
    let options = ImportOptions { splitter: Some(crate::model::Splitter::Line), ..ImportOptions::default() };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    fs::write(&file, json!({"prompt": "q", "completion": "a\nb\n\nc"}).to_string()).unwrap();
    let mut kept = Kept::default();
    read(&[file], &options, &foreground(), &mut kept).unwrap();
    assert_eq!(texts(&kept.traces[0].1), ["a", "b", "c"], "as the user wants");
}

/// Counted in Python as well, with an own split at blank lines. Thumbs and preferences are labels of traces.
#[test]
fn published_pools_and_training_sets_are_counted() {
    let llama = "sharegpt_llamafactory/ReasonFlux_v1/train/LLaMA-Factory/data";
    let [alpaca, dpo, kto] =
        ["alpaca_en_demo", "dpo_zh_demo", "kto_en_demo"].map(|name| format!("{llama}/{name}.json"));
    let landscape = |number: u32| {
        format!(
            "landscape_of_thoughts/demo_data/dummy/thoughts/Meta-Llama-3-8B-Instruct-Lite--cot--dummy--{number}.json"
        )
    };
    let [first, third, fourth] = [landscape(0), landscape(2), landscape(3)];
    check_published(&[
        (&alpaca, "texts", [1000, 3051, 0, 0, 0, 0, 0]),
        (&dpo, "preference", [600, 2631, 0, 0, 0, 0, 0]),
        (&kto, "unpaired", [300, 1619, 0, 0, 0, 0, 0]),
        (
            "pure_math_cot_samples/eval/data/eval_rm_maj_example/math_cot_100.jsonl",
            "pure_math",
            [800, 5908, 0, 0, 0, 800, 800],
        ),
        (&first, "landscape", [10, 173, 0, 0, 0, 0, 10]),
        (&third, "landscape", [10, 78, 0, 0, 0, 0, 10]),
        (&fourth, "landscape", [10, 98, 0, 0, 0, 0, 10]),
        (
            "tree_of_thought/text/gpt-4_1.0_naive_standard_sample_10_start0_end100.json",
            "tot_samples",
            [1000, 4000, 0, 0, 0, 1000, 0],
        ),
        (
            "tree_of_thought/game24/gpt-4_0.7_naive_standard_sample_100_start900_end1000.json",
            "tot_samples",
            [10_000, 10_000, 0, 0, 0, 0, 10_000],
        ),
        (
            "tree_of_thought/crosswords/gpt-4_0.7_naive_cot_sample_10_start0_end20.json",
            "tot_samples",
            [200, 400, 0, 0, 0, 600, 200],
        ),
        ("math_shepherd/preprocess/tests/samples_math-shepherd.jsonl", "math_shepherd", [7, 25, 0, 25, 0, 0, 0]),
    ]);
}
