//! `evaluate` on the sample: the figures are those that the printed scores and labels give.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, in_workspace};

/// A project of word problems with labels, scored by the arithmetic checker.
fn scored(home: &Home) -> String {
    let project = home.arg("p.stepscope");
    home.ends(0, &["import", &in_workspace("sample-data/1-word-problems.json"), "--project", &project]);
    home.ends(0, &["score", "--project", &project, "--model", "builtin:equations"]);
    project
}

/// Per trace the first error of the file, -1 for none, and the scores of its steps.
fn scores_by_hand(home: &Home, project: &str, scorer: &str) -> Vec<(i64, Vec<Option<f64>>)> {
    let file = fs::read_to_string(in_workspace("sample-data/1-word-problems.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_str(&file).unwrap();
    let pairs = rows.iter().map(|row| {
        let id = row["id"].as_str().unwrap();
        let shown = home.ends(0, &["show", "--json", "--project", project, "--trace", id]).json();
        let steps = shown["steps"].as_array().unwrap();
        (row["label"].as_i64().unwrap(), steps.iter().map(|step| step["scores"][scorer].as_f64()).collect())
    });
    pairs.collect()
}

/// Per trace its first error and the first step that the scorer flags, -1 for none; unscored ones left out.
fn by_hand(home: &Home, project: &str, scorer: &str) -> Vec<(i64, i64)> {
    let scored = scores_by_hand(home, project, scorer).into_iter();
    let scored = scored.filter(|(_, scores)| scores.iter().any(Option::is_some));
    let named = |scores: &[Option<f64>]| scores.iter().position(|score| score.is_some_and(|score| score < 0.5));
    scored.map(|(error, scores)| (error, named(&scores).map_or(-1, |at| i64::try_from(at).unwrap()))).collect()
}

#[test]
fn a_scorer_is_judged_by_labels() {
    let home = Home::new();
    let project = scored(&home);
    let args = ["evaluate", "--project", &project, "--scorer", "equations", "--labels", "imported", "--rounds", "50"];
    let report = home.ends(0, &[&args[..], &["--json", "--by", "generator"]].concat()).json();
    assert_eq!((&report["schema"], &report["threshold"]), (&json!("stepscope.evaluate/1"), &json!(0.5)));
    let pairs = by_hand(&home, &project, "equations");
    let count = |is: &dyn Fn(&(i64, i64)) -> bool| json!(pairs.iter().filter(|pair| is(pair)).count());
    let counts = &report["counts"];
    assert_eq!(counts["erroneous"], count(&|(error, _)| *error >= 0));
    assert_eq!(counts["error_hits"], count(&|(error, named)| *error >= 0 && error == named));
    assert_eq!(counts["correct"], count(&|(error, _)| *error < 0));
    assert_eq!(counts["correct_hits"], count(&|(error, named)| *error < 0 && error == named));
    assert!(counts["error_hits"].as_u64().unwrap() > 0, "{report}");
    assert!(report["by"].as_array().unwrap().len() > 1 && report["step"]["auc"].is_f64(), "{report}");

    let misses = home.ends(0, &[&args[..], &["--failures", "misses", "--json"]].concat()).lines();
    assert_eq!(json!(misses.len()), count(&|(error, named)| *error >= 0 && *named < 0));
    let page = home.arg("report.html");
    let text = home.ends(0, &[&args[..], &["--report", &page]].concat()).out;
    assert!(text.contains("equations (correctness) against the labels imported"), "{text}");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("equations against the labels imported"));
    home.ends(1, &[&args[..], &["--report", "report.pdf"]].concat());

    let missing = home.ends(1, &["evaluate", "--project", &project, "--scorer", "other"]);
    assert!(missing.err.contains("no step scores named `other`; there is equations"), "{}", missing.err);
    home.ends(2, &["evaluate", "--project", &project, "--scorer", "equations", "--threshold", "high"]);
}

/// How many traces are judged in each group.
fn groups(report: &Value) -> BTreeMap<String, u64> {
    let size = |group: &Value| {
        let count = |name: &str| group["counts"][name].as_u64().unwrap();
        count("erroneous") + count("correct")
    };
    let groups = report["by"].as_array().unwrap();
    groups.iter().map(|group| (group["value"].as_str().unwrap().to_owned(), size(group))).collect()
}

#[test]
fn traces_are_grouped_by_any_field() {
    let home = Home::new();
    let project = home.arg("p.stepscope");
    // Of each trace its seconds, whether it has a tag, and its first error, -1 for none.
    let rows = [(1.5, true, 0), (2.5, false, -1), (0.25, true, 1), (8.0, false, -1)];
    let line = |(at, (seconds, is_hard, label)): (usize, &(f64, bool, i64))| {
        let kind = if *is_hard { "hard" } else { "easy" };
        json!({"id": format!("t-{at}"), "generator": "m", "problem": format!("{at}?"), "steps": ["one", "two"],
            "final_answer_correct": true, "label": label, "run": {"seconds": seconds, "kind": kind}, "level": at % 2})
    };
    let lines: Vec<Value> = rows.iter().enumerate().map(line).collect();
    let file = home.write("rows.json", Value::from(lines).to_string());
    home.ends(0, &["import", &file, "--project", &project]);
    let by = |field: &str| {
        let args = ["evaluate", "--project", &project, "--source", "imported", "--labels", "imported", "--json"];
        let report = home.ends(0, &[&args[..], &["--rounds", "0", "--by", field]].concat()).json();
        assert_eq!(report["by_field"], json!(field));
        groups(&report)
    };
    let expect = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(by("meta.run.kind"), expect(&[("easy", 2), ("hard", 2)]));
    assert_eq!(by("meta.run.seconds"), expect(&[("0.25", 1), ("1.5", 1), ("2.5", 1), ("8", 1)]));
    assert_eq!(by("meta.level"), expect(&[("0", 2), ("1", 2)]));
    assert_eq!(by("level"), by("meta.level"), "a key of metadata may stand by itself");
    assert_eq!(by("first_error"), expect(&[("1", 1), ("2", 1), ("none", 2)]));
    assert_eq!(by("steps"), expect(&[("2", 4)]));
    let wrong = |field: &str| {
        let args = ["evaluate", "--project", &project, "--source", "imported", "--by", field];
        home.ends(1, &args).err
    };
    assert!(wrong("first_eror").contains("did you mean `first_error`?"), "{}", wrong("first_eror"));
    assert!(wrong("step.kind").contains("a field of steps"), "{}", wrong("step.kind"));
}

#[test]
fn a_consensus_counts_as_labels() {
    let home = Home::new();
    let project = scored(&home);
    let labels = "consensus:first-error(imported, scorer:equations@0.5)";
    let args = ["evaluate", "--project", &project, "--labels", labels, "--json", "--rounds", "0"];
    let report = home.ends(0, &[&args[..], &["--source", "imported"]].concat()).json();
    let counts = &report["counts"];
    // Where both name the same first error, the data are right.
    assert_eq!((&report["labels"], &report["f1"]), (&json!(labels), &json!(1.0)), "{report}");
    assert_eq!((&counts["error_hits"], &counts["correct_hits"]), (&counts["erroneous"], &counts["correct"]));
    // A scorer that says nothing of a step does not know what comes after it.
    let says = |scores: &[Option<f64>]| {
        let first = scores.iter().position(|score| score.is_none_or(|score| score < 0.5));
        first.map_or(Some(-1), |at| scores[at].map(|_| i64::try_from(at).unwrap()))
    };
    let all = scores_by_hand(&home, &project, "equations").into_iter();
    let same: Vec<i64> = all.filter(|(error, scores)| says(scores) == Some(*error)).map(|(error, _)| error).collect();
    let erroneous = same.iter().filter(|error| **error >= 0).count();
    assert!(erroneous > 0, "{same:?}");
    assert_eq!((&counts["erroneous"], &counts["correct"]), (&json!(erroneous), &json!(same.len() - erroneous)));
    let wrong =
        home.ends(2, &["evaluate", "--project", &project, "--source", "imported", "--labels", "consensus:some"]);
    assert!(wrong.err.contains("majority"), "{}", wrong.err);
    let help = home.ends(0, &["evaluate", "--help"]).out;
    assert!(help.contains("consensus:RULE(SOURCE, SOURCE) with RULE all, majority, any-bad or first-error"), "{help}");
}

#[test]
fn a_label_source_agrees_with_itself() {
    let home = Home::new();
    let project = scored(&home);
    let args = ["evaluate", "--project", &project, "--source", "imported", "--labels", "imported", "--json"];
    let report = home.ends(0, &args).json();
    assert_eq!((&report["f1"], &report["acc_error"], &report["acc_correct"]), (&json!(1.0), &json!(1.0), &json!(1.0)));
}
