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

/// Also worked out by reading the files in Python: VersaPRM has 73 labelled steps and 33 further candidates.
#[test]
fn published_step_labels_are_counted() {
    check_published(&[
        ("prm800k/datasets/examples/RM-scored-example.json", "prm800k_scored", [1, 4, 0, 0, 12, 2, 1]),
        ("prm800k/model_train/data/prm800k_phase2_eval_small.json", "versaprm", [11, 106, 7, 106, 0, 0, 0]),
    ]);
}
