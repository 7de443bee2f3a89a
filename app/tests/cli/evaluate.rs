//! `evaluate` on the sample: the figures are those that the printed scores and labels give.

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

/// Per trace the first error of the file and the first step that the scorer flags, -1 for none; unscored ones left out.
fn by_hand(home: &Home, project: &str, scorer: &str) -> Vec<(i64, i64)> {
    let file = fs::read_to_string(in_workspace("sample-data/1-word-problems.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_str(&file).unwrap();
    let pairs = rows.iter().filter_map(|row| {
        let id = row["id"].as_str().unwrap();
        let shown = home.ends(0, &["show", "--json", "--project", project, "--trace", id]).json();
        let scores: Vec<Option<f64>> =
            shown["steps"].as_array().unwrap().iter().map(|step| step["scores"][scorer].as_f64()).collect();
        let flagged = scores.iter().position(|score| score.is_some_and(|score| score < 0.5));
        let named = flagged.map_or(-1, |at| i64::try_from(at).unwrap());
        scores.iter().any(Option::is_some).then(|| (row["label"].as_i64().unwrap(), named))
    });
    pairs.collect()
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

#[test]
fn a_label_source_agrees_with_itself() {
    let home = Home::new();
    let project = scored(&home);
    let args = ["evaluate", "--project", &project, "--source", "imported", "--labels", "imported", "--json"];
    let report = home.ends(0, &args).json();
    assert_eq!((&report["f1"], &report["acc_error"], &report["acc_correct"]), (&json!(1.0), &json!(1.0), &json!(1.0)));
}
