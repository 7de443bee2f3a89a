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
    assert!(page.contains("equations (correctness) against the labels imported"));
    for title in ["First error over thresholds", "ROC of steps", "Precision over recall", "Scores against labels"] {
        assert!(page.contains(&format!("aria-label=\"{title}\"")), "{title}");
    }
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

#[test]
fn a_question_says_which_traces_are_judged_and_which_decide() {
    let home = Home::new();
    let project = scored(&home);
    let evaluate = ["evaluate", "--json", "--project", &project, "--scorer", "equations", "--labels", "imported"];
    let evaluate = [&evaluate[..], &["--rounds", "0"]].concat();
    let run = |more: &[&str]| home.ends(0, &[&evaluate[..], more].concat()).json();
    let groups = run(&["--by", "generator"]);
    let group = |name: &str| {
        let all = groups["by"].as_array().unwrap();
        all.iter().find(|group| group["value"] == name).unwrap_or_else(|| panic!("{name}: {groups}")).clone()
    };
    let medium = run(&["--where", "generator:demo-medium"]);
    assert_eq!(medium["counts"], group("demo-medium")["counts"]);
    assert!(medium["traces"].as_u64() < groups["traces"].as_u64(), "{medium}");
    // What is listed are rows and names of the project, as many as are counted.
    let list = |more: &[&str], sort: &str| home.ends(0, &[&evaluate[..], more, &["--failures", sort]].concat()).lines();
    let check = |more: &[&str]| {
        let report = run(more);
        let mut rows = Vec::new();
        for count in report["failures"].as_array().unwrap() {
            let name = count["failure"].as_str().unwrap().replace('_', "-");
            let sort = match name.as_str() {
                "false-alarm" => "false-alarms",
                "miss" => "misses",
                other => other,
            };
            let listed = list(more, sort);
            assert_eq!(json!(listed.len()), count["traces"], "{more:?} {name}");
            rows.extend(listed);
        }
        assert!(!rows.is_empty(), "{more:?} {report}");
        for row in &rows {
            let id = row["id"].as_str().unwrap();
            let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", id]).json();
            assert_eq!(shown["source_id"], row["source_id"]);
        }
        rows.iter().map(|row| row["source_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(check(&["--where", "generator:demo-medium"]).iter().all(|name| name.ends_with("medium")));
    check(&["--threshold", "fit"]);
    check(&["--threshold", "sweep"]);
    let others = "generator:demo-medium or generator:demo-large";
    let on = ["--fit-on", others];
    assert!(check(&on).iter().all(|name| name.ends_with("small")));
    // The scores of the checker are 0 and 1, so that every threshold between gives the same.
    let (fitted, there) = (run(&on), run(&["--where", others]));
    assert_eq!(fitted["threshold_from"], format!("fit on {others}"));
    assert_eq!(fitted["chosen"]["f1"], there["f1"]);
    assert_eq!((&fitted["chosen"]["traces"], &fitted["set_aside"]), (&there["judged"], &there["traces"]));
    let small = run(&["--where", "generator:demo-small"]);
    assert_eq!((&fitted["counts"], &fitted["judged"]), (&small["counts"], &small["judged"]));
    assert_eq!(fitted["counts"], group("demo-small")["counts"]);
    // Measured where both are given on the one, fitted on the other.
    let long = ["--where", "generator:demo-small steps > 5"];
    let (both, long) = (run(&[&long[..], &on].concat()), run(&long));
    assert_eq!((&both["counts"], &both["traces"]), (&long["counts"], &long["traces"]));
    assert_eq!(both["chosen"]["traces"], fitted["chosen"]["traces"]);
    home.ends(2, &[&evaluate[..], &on, &["--threshold", "sweep"]].concat());
    let fails = |more: &[&str]| home.ends(1, &[&evaluate[..], more].concat()).err;
    assert!(
        fails(&["--fit-on", "generator:demo-small"]).contains("no threshold can be fitted on `generator:demo-small`")
    );
    assert!(fails(&["--where", "generatr:demo-small"]).contains("generatr"));
    assert!(fails(&["--where", "steps > 1000"]).contains("no trace is left"));
}

/// Real labels and real scores, counted a second time by `core/tests-data/evaluate/first_errors.py`.
#[test]
fn published_first_errors_are_those_counted_in_python() {
    let folder = in_workspace("../shared/data/reasoneval");
    if fs::metadata(&folder).is_err() {
        eprintln!("skipped: no {folder}");
        return;
    }
    let expected = fs::read_to_string(in_workspace("core/tests-data/evaluate/first_errors.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let home = Home::new();
    let project = home.arg("p.stepscope");
    let sources = ["dataset/mr-math_invalid_errors.json", "eval_results/mr-math_invalid_errors"];
    let [solutions, scores] = sources.map(|part| format!("{folder}/{part}"));
    home.run(&["import", &solutions, &scores, "--project", &project]);
    let scorer = expected["scorer"].as_str().unwrap();
    let run = |more: &[&str]| {
        let args = ["evaluate", "--json", "--project", &project, "--scorer", scorer, "--labels", "imported:human"];
        home.ends(0, &[&args[..], &["--rounds", "0"], more].concat()).json()
    };
    let check = |report: &Value, expected: &Value| {
        assert_eq!(report["counts"], expected["counts"], "{report}");
        for count in report["failures"].as_array().unwrap() {
            assert_eq!(count["traces"], expected["wrong"][count["failure"].as_str().unwrap()], "{count}");
        }
        near(&report["f1"], &expected["f1"]);
    };
    for at in expected["at"].as_array().unwrap() {
        check(&run(&["--threshold", &at["threshold"].to_string()]), at);
    }
    near(&run(&["--threshold", "sweep"])["f1"], &expected["best"]);
    let on = &expected["fit_on"];
    let fitted = run(&["--fit-on", &format!("generator:{}", on["generator"].as_str().unwrap())]);
    assert_eq!(fitted["chosen"]["traces"], on["traces"]);
    near(&fitted["chosen"]["f1"], &on["f1"]);
    near(&fitted["threshold"], &expected["others"][0]["threshold"]);
    check(&fitted, &expected["others"][0]);
}

#[track_caller]
fn near(found: &Value, expected: &Value) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}
