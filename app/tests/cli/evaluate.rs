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
    assert!(page.contains("equations (correctness) against the labels imported"));
    for title in ["First error over thresholds", "ROC of steps", "Precision over recall", "Scores against labels"] {
        assert!(page.contains(&format!("aria-label=\"{title}\"")), "{title}");
    }
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
    let help = home.ends(0, &["evaluate", "--help"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
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
    // Two groups: what is counted of each is what a question finds.
    let compared = run(&["--by", "generator", "--compare", "demo-medium", "demo-small"]);
    assert_eq!((&compared["schema"], &compared["names"][1]), (&json!("stepscope.contrast/1"), &json!("demo-small")));
    let measure = |name: &str| {
        let all = compared["measures"].as_array().unwrap();
        all.iter().find(|measure| measure["name"] == name).unwrap_or_else(|| panic!("{name}: {compared}")).clone()
    };
    let found = measure("first error found");
    for (side, name) in ["demo-medium", "demo-small"].into_iter().enumerate() {
        let counts = &group(name)["counts"];
        let expected = (&counts["error_hits"], &counts["erroneous"]);
        assert_eq!((&found["sides"][side]["hits"], &found["sides"][side]["cases"]), expected, "{name} {found}");
    }
    let [low, high] = ["low", "high"].map(|end| found["interval"][end].as_f64().unwrap());
    let difference = found["difference"].as_f64().unwrap();
    assert!(low < difference && difference < high, "{found}");
    let text: Vec<&str> = evaluate.iter().copied().filter(|word| *word != "--json").collect();
    let text =
        home.ends(0, &[&text[..], &["--by", "generator", "--compare", "demo-medium", "demo-small"]].concat()).out;
    assert!(text.contains("difference: ") && text.contains("intervals of 95 %"), "{text}");
    let unknown = home.ends(1, &[&evaluate[..], &["--by", "generator", "--compare", "nobody", "demo-small"]].concat());
    assert!(unknown.err.contains("no group `nobody`") && unknown.err.contains("demo-medium"), "{}", unknown.err);
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
