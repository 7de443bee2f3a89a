//! ReasonEval: graded and damaged solutions, scores and critiques; one case per trap.

use serde_json::{Value, json};

use super::folders::{lines, named_scores, read_folder};
use super::*;
use crate::model::{StepFlag, Verdict};

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
        ("results/maths/o_eval_results.json", lines(&vec![critique("N/A", "Correct"); 3])),
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
    // The first step has two lines: the second one's score is the step's.
    assert_eq!(named_scores(first), ["0 prm correctness 0.25", "1 prm correctness 0.75", "trace rs other -4"]);
    assert_eq!(first.steps[0].metadata["prm of parts"], json!([0.5]));
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
    assert_eq!(first.metadata["o_eval_results.json (3)"], first.metadata["o_eval_results.json"], "said three times");
    let second = by_id("2", "maths.json");
    assert_eq!(named_scores(second), [""; 0], "of its step only the first line is scored");
    assert_eq!(second.steps[0].metadata["re neutral of parts"], json!([0.2]));
    let reference = by_id("rid:4", "perturbation.json");
    assert_eq!(named_scores(reference), ["0 prm other 0", "1 prm other 1", "2 prm other 2"], "2 is no probability");
    let damaged = by_id("1", "perturbation.json");
    assert_eq!((damaged.scores.len(), damaged.warnings.len()), (2, 1), "a score too many");
}
