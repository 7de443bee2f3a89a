//! Whole reports over small projects whose figures can be counted by hand.

use std::sync::Arc;

use super::source::{Project, Short, evaluate};
use crate::evaluate::{Columns, EvaluateError, Failure, FitOn, Report, Request, Settings, Threshold, failures};
use crate::job::JobContext;
use crate::model::Verdict;

fn judged(project: &Project, settings: &Settings) -> (Arc<Columns>, Report) {
    evaluate(project, &Request::of_scorer("prm"), settings, &JobContext::foreground(None)).unwrap()
}

fn settings(threshold: Threshold) -> Settings {
    Settings { threshold, rounds: 50, ..Settings::default() }
}

/// Two generators; `a` is judged rightly below 0.5 but for one early and one late call, `b` never.
fn project() -> Project {
    let mut project = Project::default();
    let mut add = |problem, generator, ratings, scores| {
        project.add(&Short { problem, generator, ratings, scores, ..Short::default() });
    };
    add("p1", "a", "+-", &[0.9, 0.1]);
    add("p1", "a", "++", &[0.9, 0.8]);
    add("p2", "a", "++-", &[0.9, 0.2, 0.1]);
    add("p2", "a", "-+ ", &[0.7, 0.9, 0.3]);
    add("p3", "b", "+-", &[0.9, 0.6]);
    add("p3", "b", "++", &[0.9, 0.4]);
    add("p3", "b", "+ ", &[0.9, 0.4]);
    add("p4", "b", "++", &[]);
    project
}

#[test]
fn first_errors_are_counted_in_all_and_by_group() {
    let by = Settings { by: Some("generator".into()), ..settings(Threshold::Given(0.5)) };
    let (_, report) = judged(&project(), &by);
    let counts = report.first_error.counts;
    assert_eq!((counts.error_hits, counts.erroneous, counts.correct_hits, counts.correct), (1, 4, 1, 2));
    assert_eq!((report.first_error.acc_error, report.first_error.acc_correct), (Some(0.25), Some(0.5)));
    assert!((report.first_error.f1.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!((report.traces, report.judged, report.unscored), (8, 6, 1));
    let groups: Vec<(&str, Option<f64>)> = report.by.iter().map(|g| (g.value.as_str(), g.figures.f1)).collect();
    assert_eq!(groups, [("a", Some(0.5)), ("b", Some(0.0))]);
    let wrong: Vec<u64> = report.failures.iter().map(|one| one.traces).collect();
    assert_eq!(wrong, [1, 1, 1, 1], "of each sort one");
}

#[test]
fn failures_are_the_rows_behind_the_counts() {
    let (columns, report) = judged(&project(), &settings(Threshold::Given(0.5)));
    let rows = |failure| -> Vec<u32> {
        failures(&columns, 0, report.threshold, failure).iter().map(|wrong| wrong.row).collect()
    };
    assert_eq!(rows(Failure::FalseAlarm), [5]);
    assert_eq!(rows(Failure::Miss), [4]);
    assert_eq!(rows(Failure::Early), [2]);
    assert_eq!(rows(Failure::Late), [3]);
    for count in &report.failures {
        assert_eq!(rows(count.failure).len() as u64, count.traces);
    }
}

/// Two attempts at each of forty problems, the second with an error. Both are judged wrongly in every third problem.
fn many() -> Project {
    let mut many = Project::default();
    for n in 0..40 {
        let (problem, generator) = (format!("problem {n}"), if n % 2 == 0 { "a" } else { "b" });
        let (good, bad) = if n % 3 == 0 { ([0.9, 0.1], [0.9, 0.8]) } else { ([0.9, 0.8], [0.9, 0.1]) };
        for (ratings, scores) in [("++", good), ("+-", bad)] {
            many.add(&Short { problem: &problem, generator, ratings, scores: &scores, ..Short::default() });
        }
    }
    many
}

/// What is listed is what is counted, and none of it decided on the threshold; gives how many are listed.
fn check_failures(columns: &Columns, report: &Report, fitted: impl Fn(u32) -> bool) -> u64 {
    let mut all = 0;
    for count in &report.failures {
        let wrong = failures(columns, 0, report.threshold, count.failure);
        assert_eq!(wrong.len() as u64, count.traces, "{:?}", count.failure);
        assert!(wrong.iter().all(|wrong| !fitted(wrong.row)), "{wrong:?}");
        all += count.traces;
    }
    let counts = report.first_error.counts;
    assert_eq!(all + counts.error_hits + counts.correct_hits, report.judged, "each is right or wrong");
    all
}

#[test]
fn failures_of_a_fitted_threshold_are_of_the_traces_that_it_is_measured_on() {
    let project = many();
    let (columns, report) = judged(&project, &settings(Threshold::Fit));
    let chosen = report.chosen.as_ref().unwrap();
    assert_eq!((report.set_aside, report.judged + chosen.traces), (chosen.traces, 80));
    assert_eq!((columns.traces.len() as u64, chosen.shared), (report.traces, 0));
    let measured: Vec<u32> = columns.traces.iter().map(|trace| trace.row).collect();
    assert!(check_failures(&columns, &report, |row| !measured.contains(&row)) > 0);
    let (whole, _) = judged(&project, &settings(Threshold::Given(report.threshold)));
    let listed = |columns: &Columns| failures(columns, 0, report.threshold, Failure::Miss).len();
    assert!(listed(&columns) < listed(&whole), "of the other half there are some as well");
    assert!(report.to_string().contains("were set aside"), "{report}");
}

#[test]
fn a_threshold_is_fitted_on_what_was_named() {
    let project = many();
    let rows: Vec<u32> = (0_u32..80).filter(|row| row / 2 % 2 == 0).collect();
    let on = |rows| Some(FitOn { name: "generator:a".into(), rows });
    let (columns, report) = judged(&project, &Settings { fit_on: on(rows.clone()), ..settings(Threshold::Fit) });
    let chosen = report.chosen.as_ref().unwrap();
    assert_eq!((chosen.traces, chosen.problems, chosen.shared, report.set_aside), (40, 20, 0, 40));
    // 13 of the even problems are no multiples of three, and 13 of the odd ones.
    assert_eq!((report.first_error.acc_error, report.first_error.acc_correct), (Some(0.65), Some(0.65)));
    assert!((chosen.f1 - 0.65).abs() < 1e-12, "{}", chosen.f1);
    assert_eq!(report.threshold_from, "fit on generator:a");
    assert_eq!(check_failures(&columns, &report, |row| rows.contains(&row)), 14);
    // All but the second attempt at each odd problem.
    let most: Vec<u32> = (0..80).filter(|row| row % 4 < 3).collect();
    let (_, shared) = judged(&project, &Settings { fit_on: on(most), ..settings(Threshold::Fit) });
    assert_eq!(shared.chosen.as_ref().unwrap().shared, 20);
    assert!(shared.notes.iter().any(|note| note.starts_with("20 problems are on both sides")), "{:?}", shared.notes);
    let fails = |rows: Vec<u32>| {
        let settings = Settings { fit_on: on(rows), ..settings(Threshold::Fit) };
        evaluate(&project, &Request::of_scorer("prm"), &settings, &JobContext::foreground(None)).unwrap_err()
    };
    assert!(matches!(fails(Vec::new()), EvaluateError::NoFit { .. }));
    assert!(matches!(fails((0..80).collect()), EvaluateError::NothingToJudge { .. }), "none is left to measure on");
}

#[test]
fn steps_after_the_first_error_are_counted_apart() {
    let (_, report) = judged(&project(), &settings(Threshold::Given(0.5)));
    let step = &report.step;
    // Of the trace that goes wrong at once, the step after; the unjudged one counts nowhere.
    assert_eq!((step.after_error.good, step.after_error.bad), (1, 0));
    assert_eq!((step.figures.good, step.figures.bad), (9, 4));
    assert_eq!((step.all.good, step.all.bad), (10, 4));
    let positions: Vec<(&str, u64)> =
        step.by_position.iter().map(|g| (g.name.as_str(), g.figures.good + g.figures.bad)).collect();
    assert_eq!(positions, [("1", 7), ("2", 5), ("3", 1)]);
}

#[test]
fn thresholds_are_swept_and_fitted() {
    let (_, swept) = judged(&project(), &settings(Threshold::Sweep));
    let most = swept.sweep.iter().filter_map(|point| point.f1).fold(0.0, f64::max);
    assert_eq!(swept.first_error.f1, Some(most));
    assert_eq!(swept.chosen.as_ref().unwrap().traces, 6);
    assert!(swept.notes.iter().any(|note| note.contains("flatters")), "{:?}", swept.notes);

    let mut many = Project::default();
    for n in 0..40 {
        let problem = format!("problem {n}");
        // A good step has 0.6 or more, a bad one 0.2 or less.
        let noise = f64::from(n % 5) / 50.0;
        for (ratings, scores) in [("+-", [0.6 + noise, 0.2 - noise]), ("++", [0.6 + noise; 2])] {
            many.add(&Short { problem: &problem, ratings, scores: &scores, ..Short::default() });
        }
    }
    let (_, fitted) = judged(&many, &settings(Threshold::Fit));
    let chosen = fitted.chosen.unwrap();
    assert!((0.2..0.6).contains(&fitted.threshold), "{}", fitted.threshold);
    assert_eq!((chosen.f1, fitted.first_error.f1), (1.0, Some(1.0)));
    let counts = fitted.first_error.counts;
    assert_eq!(chosen.traces + counts.erroneous + counts.correct, 80, "each trace is on one side");
    assert_eq!(chosen.problems * 2, chosen.traces, "and both of a problem on the same");
    assert!((20..60).contains(&chosen.traces));
    let steps = fitted.step.all;
    assert_eq!(steps.good + steps.bad, 2 * (counts.erroneous + counts.correct), "steps of the same traces");
    let other = judged(&many, &Settings { seed: 2, ..settings(Threshold::Fit) }).1;
    assert_ne!(other.first_error.counts, counts);
}

#[test]
fn attempts_are_chosen_by_their_scores() {
    let mut project = Project::default();
    let mut add = |problem, scores, verdict, ratings, answer| {
        project.add(&Short { problem, scores, verdict, ratings, texts: &["so", answer], ..Short::default() });
    };
    add("p", &[0.9, 0.8], Verdict::Correct, "++", "The answer is 1");
    add("p", &[0.9, 0.3], Verdict::Incorrect, "+-", "The answer is 2");
    add("p", &[0.9, 0.3], Verdict::Incorrect, "+-", "The answer is 2");
    add("q", &[0.2, 0.9], Verdict::Correct, "-+", "The answer is 5");
    add("q", &[0.7, 0.6], Verdict::Incorrect, "+-", "no answer");
    let (_, report) = judged(&project, &settings(Threshold::Usual));
    let [outcome, process] = report.response.as_slice() else { panic!("both") };
    assert_eq!((outcome.problems, outcome.attempts, outcome.with_answer), (2, 5, 4));
    let of = |name: &str| outcome.by_aggregate.iter().find(|one| one.aggregate == name).unwrap();
    assert_eq!((of("min").rank_at_1, of("last").rank_at_1), (Some(0.5), Some(1.0)));
    let min: Vec<usize> = of("min").curve.iter().map(|at| at.n).collect();
    assert_eq!(min, [1, 2, 3]);
    let [one, two, three] = of("min").curve.as_slice() else { panic!("three numbers") };
    assert!((one.best - one.mean).abs() < 1e-12 && one.gain.abs() < 1e-12);
    // Two of p's three pairs hold the right one, which comes first; in q the wrong one comes first.
    assert!((two.best - (2.0 / 3.0) / 2.0).abs() < 1e-12 && (two.pass - 5.0 / 6.0).abs() < 1e-12);
    assert_eq!((three.problems, three.best, three.majority, three.weighted_majority), (1, 1.0, Some(0.0), Some(1.0)));
    // Both attempts at q have a wrong step, so that nothing can be picked there.
    assert_eq!((process.problems, process.by_aggregate[0].rank_at_1), (2, Some(0.5)));
}

#[test]
fn without_anything_to_judge_it_says_so() {
    let mut project = Project::default();
    project.add(&Short { scores: &[0.5], ..Short::default() });
    let ctx = JobContext::foreground(None);
    let error = evaluate(&project, &Request::of_scorer("prm"), &Settings::default(), &ctx).unwrap_err();
    assert!(error.to_string().contains("no labels: 1 traces"), "{error}");
    let error = "high".parse::<Threshold>().unwrap_err().to_string();
    assert!(error.contains("write a number, `sweep` or `fit`"), "{error}");
}

#[test]
fn text_and_json_hold_the_figures() {
    let (_, report) = judged(&project(), &settings(Threshold::Given(0.5)));
    let text = report.to_string();
    let row = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_else(|| panic!("{text}"));
        line.trim_start()[name.len()..].split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(row("all").starts_with("33.3 % (") && row("all").ends_with("1 of 4 1 of 2"), "{text}");
    assert_eq!(row("no error named where there is one"), "1");
    // Of nine good steps 0.2 and 0.4 are flagged, of four bad ones 0.1 twice.
    assert!(row("up to the first error").starts_with("7 2 2 2 "), "{text}");
    let document = report.to_markdown(&[]);
    assert!(document.contains("| up to the first error | 7 | 2 | 2 | 2 |"), "{document}");
    assert!(document.contains("| good passed | good flagged | bad passed | bad flagged | AUC |"), "{document}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["schema"], "stepscope.evaluate/1");
    for key in ["f1", "acc_error", "acc_correct", "threshold", "by", "step", "response"] {
        assert!(json.get(key).is_some(), "{key}");
    }
    assert_eq!(json["counts"]["erroneous"], 4);
}
