//! The first-error and step-label benchmarks on small inputs, one per trap, and their published files, counted.

use serde_json::{Value, json};

use super::published::published;
use super::*;
use crate::model::{Prompt, StepKind, Verdict};

fn kinds(trace: &Trace) -> Vec<&str> {
    trace.steps.iter().map(|step| step.kind.name()).collect()
}

/// What was said in words, with what should stand there instead.
fn words(trace: &Trace) -> Vec<(Option<u32>, &str, Option<&str>)> {
    let said = trace.labels.iter().filter(|l| l.rationale.is_some() || l.correction.is_some());
    said.map(|l| (l.step, l.rationale.as_deref().unwrap_or_default(), l.correction.as_deref())).collect()
}

fn mistake(index: impl Into<Value>, answer: impl Into<Value>) -> Value {
    json!({"target": "(B)", "mistake_index": index.into(), "input": "Which?", "steps": [" a ", "so (B)"],
        "answer": answer.into(), "task": "t"})
}

#[test]
fn bbmistake_counts_from_zero_and_null_is_no_mistake() {
    let trace = one(&mistake(0, "(B)"));
    assert_eq!(trace.source.format, "bbmistake");
    assert_eq!(texts(&trace), [" a ", "so (B)"]);
    assert_eq!(kinds(&trace), ["thought", "answer"]);
    assert_eq!(labels(&trace), ["0 first error human 0"]);
    assert_eq!(trace.labels[0].base, Some(0));
    assert_eq!(trace.outcome.verdict, Verdict::Correct, "a mistake on the way to the right answer");
    assert_eq!(trace.problem.answer.as_deref(), Some("(B)"));
    assert_eq!(Value::from(trace.metadata), json!({"answer": "(B)", "task": "t"}));
    let none = one(&mistake(Value::Null, Value::Null));
    assert_eq!(labels(&none), ["trace no error human null"]);
    assert_eq!(none.outcome.verdict, Verdict::Incorrect, "it never came to an answer");
    let late = one(&mistake(2, "(B)"));
    assert_eq!((late.labels.len(), &late.metadata["mistake_index"]), (0, &json!(2)));
    assert!(late.warnings[0].contains("0 to 1"), "{:?}", late.warnings);
}

#[test]
fn processbench_may_hold_its_steps_twice() {
    let mut row = bench(1);
    row["steps-merge"] = json!("<paragraph_0> one \n</paragraph_0>");
    let trace = one(&row);
    assert_eq!(trace.source.format, "processbench");
    assert_eq!(Value::from(trace.metadata), json!({"extra": {"a": 1}}));
}

fn prefix(id: u32, origin: &str, number: u32, label: i64) -> Value {
    let earlier: Vec<String> = (1..number).map(|n| format!("Step {n}: s{n}")).collect();
    json!({"id": id, "origin_id": origin, "question": format!("q {origin}"), "previous_steps": earlier.join("\n"),
        "now_step": format!("Step {number}: s{number}"), "label": label})
}

#[test]
fn prefix_rows_of_one_solution_are_one_trace() {
    let rows = [
        prefix(0, "a", 1, 1),
        prefix(1, "a", 2, 1),
        prefix(2, "a", 1, -1),
        prefix(3, "b", 1, 0),
        prefix(4, "c", 3, 2),
        prefix(5, "d", 1, 7),
        prefix(6, "d", 2, 8),
        prefix(7, "e", 1, 1),
        prefix(8, "e", 3, 1),
    ];
    let (report, kept) = read_bytes("x.json", json!(rows).to_string());
    let counts = report.unwrap().counts;
    assert_eq!((counts.rows, counts.traces, counts.merged), (9, 6, 3));
    let trace = |index: usize| &kept.traces[index].1;
    assert_eq!(trace(0).source.format, "rprm_prefix");
    assert_eq!(texts(trace(0)), ["Step 1: s1", "Step 2: s2"]);
    assert_eq!(labels(trace(0)), ["1 first error human 1"], "one label, not one per row");
    assert_eq!(trace(0).source_id.as_deref(), Some("a"));
    assert_eq!(trace(0).steps[1].metadata["id"], 1);
    assert_eq!(labels(trace(1)), ["trace no error human -1"], "a second solution under the same name");
    assert_eq!(texts(trace(3)), ["Step 1: s1", "Step 2: s2", "Step 3: s3"], "steps without a row of their own");
    assert_eq!((labels(trace(3)).len(), trace(3).warnings.len()), (1, 1));
    assert_eq!((labels(trace(4)).len(), trace(4).warnings.len()), (0, 2), "rows disagree, label past the end");
    assert_eq!((labels(trace(5)).len(), &trace(5).metadata["label"]), (0, &json!(1)), "a row is missing");
}

fn graded(correctness: &str, step: impl Into<Value>) -> Value {
    json!({"uuid": "u", "question": "2*2*2?", "ground_truth_solution": "s", "ground_truth_answer": 8,
        "model_output_steps": ["Step 1: 4", "Step 2: 6"], "model_output_answer_correctness": "wrong",
        "model_output_solution_correctness": correctness, "model_output_solution_first_error_step": step.into(),
        "model_output_solution_first_error_reason": "it adds", "question_type": "original"})
}

#[test]
fn mr_gsm8k_keeps_who_said_what() {
    let mut row = graded("wrong", 2);
    row["tiny_eval_output"] = json!({"response": "All of it.", "correctness_pred": "Incorrect", "error_step_pred": "Step 1", "error_reason": "no"});
    row["error_reason_correctness"] = json!("incorrect");
    row["big_error_reason_correctness_analysis"] =
        json!({"response": "Long words.", "Error Comprehension": "e", "Final Decision": "- Wrong"});
    let trace = one(&row);
    assert_eq!(trace.source.format, "mr_gsm8k");
    assert_eq!(
        labels(&trace),
        [
            "1 first error human 2",
            "0 first error model:tiny Step 1",
            "trace remark model:tiny ",
            "trace remark human incorrect",
            "trace remark model:big - Wrong"
        ]
    );
    let said = [
        (Some(1), "it adds", None),
        (Some(0), "no", None),
        (None, "All of it.", None),
        (None, "incorrect", None),
        (None, "Long words.", None),
    ];
    assert_eq!(words(&trace), said);
    assert_eq!(trace.labels[0].base, Some(1));
    assert_eq!(trace.outcome.verdict, Verdict::Incorrect);
    assert_eq!(trace.problem.answer.as_deref(), Some("8"));
    assert_eq!(trace.metadata["big_error_reason_correctness_analysis"], json!({"Error Comprehension": "e"}));
}

#[test]
fn mr_gsm8k_may_not_say_where() {
    let check = |correctness: &str, step: Value, expected: &[&str], warnings: usize| {
        let trace = one(&graded(correctness, step));
        assert_eq!((labels(&trace), trace.warnings.len()), (expected.iter().map(|s| (*s).into()).collect(), warnings));
    };
    check("correct", json!("N/A"), &["trace no error human correct"], 0);
    check("wrong", json!("N/A"), &["trace error somewhere human wrong"], 1);
    check("wrong", json!(3), &["trace error somewhere human wrong"], 1);
    check("wrong", json!("Steps 1, 2"), &["trace error somewhere human wrong"], 1);
    check("correct", json!(" 2 "), &["1 first error human  2 "], 1);
    check("perhaps", json!(null), &["trace remark human "], 0);
    let mut code = graded("wrong", 1);
    code["question_type"] = json!("POT");
    assert_eq!(kinds(&one(&code)), ["code", "code"]);
}

#[test]
fn mr_gsm8k_demonstrations_are_judged_in_words() {
    let demo = |end: &str| {
        one(
            &json!({"question": "q", "output": "a\n#### 2", "gt_cot": "g", "answer": 3, "output_steps": ["Step 1: a", "Step 2: #### 2"],
            "evaluation": format!("Let me see.\n{end}\n")}),
        )
    };
    let wrong = demo("Final Judgement: wrong \nFirst Error Step: Step 2\nError Analysis: It is 3.");
    assert_eq!(labels(&wrong), ["1 first error human Step 2", "trace remark human "]);
    assert_eq!(wrong.labels[0].rationale.as_deref(), Some("It is 3."));
    assert_eq!(wrong.problem.solution.as_deref(), Some("g"));
    let right = demo("Final Judgement: correct\nFirst Error Step: N/A\nError Analysis: N/A");
    assert_eq!(labels(&right), ["trace no error human correct", "trace remark human "]);
}

fn ben(steps: impl Into<Value>, correctness: &str, step: &str) -> Value {
    json!({"Question_UUID": "u", "Subject": "s", "Question": "Which?", "Options": "A: 1 \nB: 2", "Ground_Truth_Analysis": "",
        "Ground_Truth_Answer": "A", "Ground_Truth_Answer_Modified": "B", "Sampled_Model": "tiny", "Model_Solution_Steps": steps.into(),
        "Model_Solution_Correctness": correctness, "Model_Solution_First_Error_Step": step,
        "Model_Solution_Error_Reason": ["r1", "r2"], "Model_Solution_Rectified_First_Error_Step": ["c1", "c2"]})
}

#[test]
fn mr_ben_labels_name_headings_and_not_places() {
    let steps = json!(["Well.", "", "Step 1: a", " more ", "**STEP 2** b", "Step 3: c", "Solution: B"]);
    let kept = read_json(
        &json!({"u": [ben(steps, "incorrect", "2"), ben(json!([]), "correct", "N/A")], "v": ben(json!(["x"]), "incorrect", "")}),
    );
    assert_eq!(kept.traces.len(), 3);
    let trace = &kept.traces[0].1;
    assert_eq!(trace.source.format, "mr_ben");
    assert_eq!(texts(trace), ["Well.", "Step 1: a\n more ", "**STEP 2** b", "Step 3: c\nSolution: B"]);
    assert_eq!(kinds(trace), ["note", "thought", "thought", "answer"]);
    assert_eq!(labels(trace), ["2 first error human 2", "2 remark human "]);
    assert_eq!(words(trace), [(Some(2), "r1", Some("c1")), (Some(2), "r2", Some("c2"))], "two persons");
    assert_eq!(trace.problem.prompt, Prompt::Text("Which?\nA: 1 \nB: 2".into()));
    assert_eq!(trace.problem.answer.as_deref(), Some("B"), "the corrected answer");
    assert_eq!(Value::from(trace.problem.metadata.clone()), json!({"Ground_Truth_Answer": "A", "Subject": "s"}));
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("u#tiny"), Some("tiny")));
    assert!(trace.metadata.is_empty(), "{:?}", trace.metadata);
    assert_eq!(labels(&kept.traces[1].1)[0], "trace no error human correct");
    let unplaced = &kept.traces[2].1;
    assert_eq!(labels(unplaced)[0], "trace error somewhere human incorrect");
    assert_eq!((unplaced.warnings.len(), &unplaced.metadata["_key"]), (0, &json!("v")));
}

#[test]
fn mr_ben_labels_may_be_unclear_or_lines_of_code() {
    let check = |steps: Value, label: &str, expected: &str, warnings: usize| {
        let trace = one(&ben(steps, "incorrect", label));
        assert_eq!((labels(&trace)[0].as_str(), trace.warnings.len()), (expected, warnings), "{:?}", trace.warnings);
        trace
    };
    let twice = json!(["Step 1: a", "Step 1.1: b", "Step 2: c"]);
    check(twice.clone(), "1", "trace error somewhere human 1", 1);
    check(twice.clone(), "3", "trace error somewhere human 3", 1);
    check(twice, "Step 2", "2 first error human Step 2", 0);
    let code = json!("```python\ndef f(x):\n    y = x\n\n    return y\n```");
    let trace = check(code.clone(), "```python\n  return y\n```", "3 first error human ```python\n  return y\n```", 0);
    assert_eq!(texts(&trace), ["```python", "def f(x):", "    y = x", "    return y", "```"]);
    assert_eq!((trace.steps[0].kind, trace.splitter.as_deref()), (StepKind::Code, Some("line")));
    check(code.clone(), "return z", "trace error somewhere human return z", 1);
    check(code, "N/A", "trace error somewhere human incorrect", 1);
    check(json!(null), "1", "trace error somewhere human 1", 2);
}

#[test]
fn an_odd_entry_of_mr_ben_does_not_cost_the_others() {
    let kept = read_json(
        &json!({"u": [ben(json!(["Step 1: a", {"x": 1}]), "correct", "N/A"), 7], "v": [ben(json!(3), "?", "N/A")]}),
    );
    let warnings: Vec<usize> = kept.traces.iter().map(|(_, trace)| trace.warnings.len()).collect();
    assert_eq!(warnings, [1, 1, 2]);
    assert_eq!(kept.traces[1].1.metadata["u"], 7);
}

fn judged(number: u32, correctness: &str, step: impl Into<Value>) -> Value {
    json!({"section_number": number, "strategy_shift": "0", "strategy_shift_step": "", "reasoning_usefulness": "1",
        "reasoning_correctness": correctness, "error_step": step.into(), "explanation": "e", "correction": "c",
        "reflection": "0", "reflection_start_step": ""})
}

#[test]
fn deltabench_numbers_paragraphs_and_says_one_for_an_error() {
    let section = |start: u32, end: u32, title: &str, content: &str| json!({"start": start, "end": end, "description": title, "content": content, "section_type": "T"});
    let mut reflecting = judged(2, "1", 4);
    for (key, value) in
        [("reflection", "1"), ("reflection_start_step", "4"), ("strategy_shift", "1"), ("reasoning_usefulness", "0")]
    {
        reflecting[key] = json!(value);
    }
    let mut blank = judged(4, "", "");
    for key in ["reasoning_usefulness", "explanation", "correction", "strategy_shift", "reflection"] {
        blank[key] = json!("");
    }
    let row = json!({
        "id": "d", "origin": "o", "question": "q", "answer": "7", "long_cot": "p1\nl\n\np2\n\n\n\np4\n\np5", "final_correct": 0,
        "sections": [section(1, 2, "Start", "p1\nl\n\np2"), section(3, 4, "Middle", "p4"), section(5, 5, "End", "other")],
        "sections_content": "section1: p1\nl\n\np2\n\nsection2: p4\n\nsection3: other",
        "sections_labeled_info": [judged(1, "0", ""), reflecting, judged(3, "1", "5"), blank],
        "error_type": "Slip", "stragegy_shift_section_numbers": [2],
    });
    let trace = one(&row);
    assert_eq!(trace.source.format, "deltabench");
    assert_eq!(texts(&trace), ["p1\nl", "p2", "", "p4", "p5"]);
    let sections: Vec<_> = trace.steps.iter().filter_map(|step| step.section.as_deref()).collect();
    assert_eq!(sections, ["Start", "Start", "Middle", "Middle", "End"]);
    assert_eq!(
        labels(&trace),
        [
            "0 good human 0",
            "0 tag human useful",
            "2 tag human not useful",
            "2 tag human strategy shift",
            "3 tag human reflection",
            "4 tag human useful",
            "3 first error human 4",
            "4 bad human 5",
            "3 tag human Slip"
        ]
    );
    assert_eq!(words(&trace)[1], (Some(3), "e", Some("c")));
    assert_eq!((trace.labels[6].base, trace.outcome.verdict), (Some(1), Verdict::Incorrect));
    assert_eq!(trace.warnings.len(), 2, "another text, more rows than sections: {:?}", trace.warnings);
    assert_eq!(trace.steps[4].metadata["content"], "other");
    assert_eq!(Value::from(trace.metadata), json!({"stragegy_shift_section_numbers": [2]}));
    assert_eq!(trace.problem.metadata["origin"], "o");
}

#[test]
fn deltabench_errors_may_have_no_place() {
    let trace = |rows: Value| {
        one(
            &json!({"question": "q", "long_cot": "a\n\nb", "sections": [{"start": 1, "end": 2}, {"start": 2, "end": 9}],
            "sections_labeled_info": rows}),
        )
    };
    for step in [json!(""), json!(3), json!("x")] {
        let trace = trace(json!([judged(1, "1", step)]));
        assert_eq!(labels(&trace)[1], "trace error somewhere human 1");
        assert!(trace.metadata.contains_key("section_2"), "kept as it is: {:?}", trace.warnings);
    }
    assert_eq!(labels(&trace(json!([judged(7, "1", 1)]))), Vec::<String>::new());
    let clean = one(&json!({"question": "q", "long_cot": "a", "sections": [{"start": 1, "end": 1}],
        "sections_labeled_info": [judged(1, "0", "")]}));
    assert_eq!(labels(&clean)[2], "trace no error human 0");
}

#[test]
fn chains_in_one_text_are_split_by_their_marks() {
    let check = |key: &str, text: &str, expected: &[&str], splitter: &str| {
        let trace = one(&json!({"question": "q", key: text, "gt_answer": "A", "human_label": 1.0}));
        assert_eq!((trace.source.format.as_str(), texts(&trace)), ("autorace", expected.to_vec()));
        assert_eq!((trace.outcome.verdict, trace.labels.len()), (Verdict::Correct, 0), "no step label");
        assert!(trace.splitter.unwrap().starts_with(splitter));
    };
    check("gpt", "\r\nStep 1: a\r\nb\r\nStep 2 - c\n", &["Step 1: a\r\nb", "Step 2 - c"], "regex:");
    check("reasoning_chain", "So:\nStep 1- a", &["So:", "Step 1- a"], "regex:");
    check("cot", "Let us see:\n\n1) a\n\n   b\n\n2) c", &["Let us see:", "1) a\n\n   b", "2) c"], "heading");
    check("metadata_generation", "a\n\nb", &["a\n\nb"], "whole");
    let odd = one(&json!({"question": "q", "cot": " ", "answer": 3, "human_label": 0.5}));
    assert_eq!((odd.outcome.verdict, odd.steps.len(), odd.warnings.len()), (Verdict::Unknown, 0, 2));
    assert_eq!((odd.problem.answer.as_deref(), &odd.metadata["human_label"]), (Some("3"), &json!(0.5)));
}

#[test]
fn gsm8k_solutions_are_lines() {
    let trace = one(&json!({"question": "q", "answer": "Half? ** It is <<4/2=2>>2.\nSo 2.\n#### 1,002"}));
    assert_eq!(trace.source.format, "gsm8k");
    assert_eq!(texts(&trace), ["Half? ** It is <<4/2=2>>2.", "So 2.", "#### 1,002"]);
    assert_eq!((trace.problem.answer.as_deref(), trace.splitter.as_deref()), (Some("1,002"), Some("line")));

    let row = json!({"question": "q", "ground_truth": "g\nA: 4", "6b_finetuning": {"is_correct": false, "solution": "a\nA: 5"},
        "175b_verification": {"is_correct": true, "solution": "b\nA: 4", "seed": 1}, "split": "test"});
    let kept = read_json(&row);
    let found: Vec<_> = kept.traces.iter().map(|(_, t)| (t.generator.as_deref().unwrap(), t.outcome.verdict)).collect();
    assert_eq!(found, [("6b_finetuning", Verdict::Incorrect), ("175b_verification", Verdict::Correct)]);
    let last = &kept.traces[1].1;
    assert_eq!((last.source.format.as_str(), texts(last)), ("gsm8k_models", vec!["b", "A: 4"]));
    assert_eq!(last.problem.answer.as_deref(), Some("4"));
    assert_eq!((&last.metadata["seed"], &last.problem.metadata["split"]), (&json!(1), &json!("test")));
    assert_eq!(kept.traces[0].1.problem.id(), last.problem.id());
}

#[test]
fn mr_ben_rows_may_come_one_by_one() {
    let mut row = ben(json!(["Step 1: a"]), "incorrect", "1");
    row["_key"] = json!("u");
    let kept = read_json(&json!([row, ben(json!(["Step 1: b"]), "correct", "N/A")]));
    assert_eq!(kept.traces.len(), 2);
    assert!(kept.traces.iter().all(|(_, trace)| trace.metadata.is_empty()), "the key says nothing new");
    let line = |step: &str| ben(json!([format!("Step 1: {step}")]), "correct", "N/A").to_string();
    assert_eq!(read_bytes("x.jsonl", format!("{}\n{}\n", line("a"), line("b"))).1.traces.len(), 2);
}

/// Rows as they should be, to be damaged.
fn sound_rows() -> Vec<Value> {
    let mut critique = graded("wrong", 2);
    critique["tiny_eval_output"] = json!({"response": "r", "correctness_pred": "wrong", "error_step_pred": "2"});
    critique["big_error_reason_correctness_analysis"] = json!({"response": "r", "Final Decision": "Wrong"});
    vec![
        mistake(1, "(B)"),
        critique,
        json!({"question": "q", "output_steps": ["a"], "evaluation": "Final Judgement: wrong\nFirst Error Step: 1"}),
        ben(json!(["Step 1: a"]), "incorrect", "1"),
        json!({"question": "q", "long_cot": "a\n\nb", "sections": [{"start": 1, "end": 2, "content": "a\n\nb"}],
            "sections_content": "section1: a b", "sections_labeled_info": [judged(1, "1", 2)], "error_type": "x"}),
        prefix(0, "a", 2, 1),
        json!({"question": "q", "gpt": "Step 1: a", "gt_answer": "A", "human_label": true}),
        json!({"question": "q", "answer": "a\n#### 1", "id": 3}),
        json!({"question": "q", "ground_truth": "A: 4", "m": {"is_correct": false, "solution": "a"}}),
    ]
}

#[test]
fn odd_values_are_refused_or_kept_and_never_panic() {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!(" \n####"),
        json!("Step 99999999999999999999: ３"),
        json!([]),
        json!([null, 1, "a", [], {"start": 0, "end": -4, "section_number": i64::MIN}]),
        json!([{"start": 2, "end": 1e18, "section_number": 1, "reasoning_correctness": 1, "error_step": i64::MIN}]),
        json!({}),
        json!({"solution": "", "is_correct": null, "Question": 1, "Model_Solution_Correctness": []}),
    ];
    for row in sound_rows() {
        for key in row.as_object().unwrap().keys() {
            for value in &odd {
                let mut damaged = row.clone();
                damaged[key] = value.clone();
                for importer in importers() {
                    importer.continues(std::slice::from_ref(&row), &damaged);
                    importer.read_row(damaged.clone(), &Sample::default()).ok();
                    importer.read_row(json!([row, damaged]), &Sample::default()).ok();
                }
            }
        }
    }
}

/// The counts were also worked out from the files by other means.
#[test]
fn published_benchmarks_are_counted_right() {
    // Traces, steps, first errors, no errors, step labels, outcomes, traces with a warning.
    let cases: [(&str, &str, [u64; 7]); 24] = [
        ("big_bench_mistake/logical_deduction.jsonl", "bbmistake", [300, 2497, 294, 6, 294, 300, 0]),
        ("big_bench_mistake/multistep_arithmetic.jsonl", "bbmistake", [300, 1506, 238, 62, 238, 300, 0]),
        ("big_bench_mistake/tracking_shuffled_objects.jsonl", "bbmistake", [300, 1617, 260, 40, 260, 300, 0]),
        ("r_prm/src/datasets/ProcessBench/gsm8k-part.json", "processbench", [100, 523, 49, 51, 49, 100, 0]),
        ("r_prm/src/datasets/ProcessBench/gsm8k-part_filtered.json", "rprm_prefix", [100, 410, 49, 51, 49, 0, 0]),
        ("mr_gsm8k/dataset/k-shot-demos.json", "mr_gsm8k", [5, 28, 3, 2, 3, 0, 0]),
        // A first error of the person, and one of the model.
        ("mr_gsm8k/eval_results/gpt4-grading/GPT3_5_eval_results.json", "mr_gsm8k", [173, 1267, 173, 0, 346, 173, 0]),
        ("mr_gsm8k/eval_results/gpt4-grading/mammoth_70B_eval_results.json", "mr_gsm8k", [4, 34, 4, 0, 8, 4, 0]),
        ("mr_gsm8k/eval_results/gpt4-grading/metamath_70B_eval_results.json", "mr_gsm8k", [22, 159, 22, 0, 44, 22, 0]),
        ("mr_gsm8k/eval_results/gpt4-grading/wizardmath_70B_eval_results.json", "mr_gsm8k", [3, 21, 3, 0, 6, 3, 0]),
        // Two persons explain each error; some labels name a heading that is missing or stands twice.
        ("mr_ben/biology.json", "mr_ben", [1035, 5311, 415, 617, 830, 0, 3]),
        ("mr_ben/chemistry.json", "mr_ben", [848, 4715, 466, 382, 932, 0, 0]),
        ("mr_ben/k_shot_demo.json", "mr_ben", [33, 229, 19, 14, 34, 0, 0]),
        ("mr_ben/math.json", "mr_ben", [918, 6281, 768, 149, 1536, 0, 1]),
        ("mr_ben/medicine.json", "mr_ben", [828, 4399, 569, 257, 1138, 0, 2]),
        // 10 errors, 81 sections without, 91 more or less useful, 36 shifts, 16 reflections, 9 types of errors.
        ("deltabench/Deltabench_v1_examples.jsonl", "deltabench", [9, 1830, 9, 0, 243, 9, 1]),
        ("llm_reasoners_autorace/autorace/data/aqua.jsonl", "autorace", [254, 3403, 0, 0, 0, 0, 0]),
        ("llm_reasoners_autorace/autorace/data/aqua_dbrx.jsonl", "autorace", [254, 253, 0, 0, 0, 0, 1]),
        ("llm_reasoners_autorace/autorace/data/eval_model/gsm8k.jsonl", "autorace", [200, 881, 0, 0, 0, 200, 0]),
        ("llm_reasoners_autorace/autorace/data/cosmos.jsonl", "autorace", [179, 374, 0, 0, 0, 179, 0]),
        ("llm_reasoners_autorace/autorace/data/gsm8k.jsonl", "autorace", [200, 881, 0, 0, 0, 200, 0]),
        (
            "llm_reasoners_autorace/autorace/data/eval_model/multistep_arithmetic.jsonl",
            "autorace",
            [300, 1806, 0, 0, 0, 300, 0],
        ),
        ("gsm8k_model_solutions/example_model_solutions.jsonl", "gsm8k_models", [5276, 23141, 0, 0, 0, 5276, 0]),
        ("gsm8k_model_solutions/test.jsonl", "gsm8k", [1319, 6138, 0, 0, 0, 0, 0]),
    ];
    for (path, format, expected) in cases {
        let Some(path) = published(path) else { continue };
        let mut kept = Kept::default();
        let report = read(std::slice::from_ref(&path), &ImportOptions::default(), &foreground(), &mut kept).unwrap();
        let c = report.counts;
        let warned = kept.traces.iter().filter(|(_, trace)| !trace.warnings.is_empty()).count() as u64;
        let found = [c.traces, c.steps, c.first_error_labels, c.no_error_labels, c.step_labels, c.outcomes, warned];
        assert_eq!((report.format.as_str(), found, c.rejected), (format, expected, 0), "{}: {report}", path.display());
        assert_eq!(c.branching_traces + c.step_scores + c.trace_scores, 0);
    }
}
