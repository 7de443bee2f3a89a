//! `stepscope query`: what it finds, how it prints it, and what it says of a question it cannot read.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Home, in_workspace};

fn project(home: &Home) -> String {
    let project = home.arg("p.stepscope");
    home.ends(0, &["import", &in_workspace("sample-data"), "--project", &project]);
    project
}

#[test]
fn questions_are_answered() {
    let home = Home::new();
    let project = project(&home);
    let count = |question: &str| -> u64 {
        let ended = home.ends(0, &["query", "--project", &project, "--count", question]);
        assert_eq!(ended.err, "", "{question}");
        ended.out.trim().parse().unwrap()
    };
    let all = count("");
    assert_eq!(all, 66);
    for question in ["generator:demo-small", "has:first_error", "outcome:correct", "any(kind:tool)", "steps > 5"] {
        let (with, without) = (count(question), count(&format!("not ({question})")));
        assert!(with > 0 && without > 0 && with + without == all, "{question}: {with} and {without}");
    }
    let args = ["query", "--project", &project, "--json", "word-01-small", "--select", "source_id,steps,first_error"];
    assert_eq!(home.ends(0, &args).lines(), [json!({ "source_id": "word-01-small", "steps": 6, "first_error": 3 })]);
    let sorted = home.ends(0, &["query", "--project", &project, "--json", "--sort", "-steps", "--limit", "5"]).lines();
    let steps: Vec<u64> = sorted.iter().map(|row| row["steps"].as_u64().unwrap()).collect();
    assert!(steps.len() == 5 && steps.is_sorted_by(|a, b| a >= b), "{steps:?}");
    let counted = home.ends(0, &["query", "--project", &project, "--json", "--count", "bakery"]).json();
    assert_eq!(counted["schema"], "stepscope.query/1");
    let text = home.ends(0, &["query", "--project", &project, "bakery"]).out;
    assert!(text.starts_with("row"), "{text}");
}

#[test]
fn sql_is_answered() {
    let home = Home::new();
    let project = project(&home);
    let ask = |text: &str| home.ends(0, &["query", "--project", &project, "--json", "--sql", text]).lines();
    assert_eq!(ask("SELECT count(*) AS n FROM traces"), [json!({ "n": 66 })]);
    let joined = ask("SELECT t.row, count(*) AS n FROM steps s JOIN traces t ON s.trace = t.row GROUP BY t.row");
    assert_eq!(joined.len(), ask("SELECT row FROM traces WHERE steps > 0").len());
    let error = home.ends(1, &["query", "--project", &project, "--sql", "SELECT colour FROM traces"]).err;
    assert!(error.contains("no column `colour`; traces has row, id"), "{error}");
    assert!(home.ends(1, &["query", "--project", &project, "--sql", "DELETE FROM traces"]).err.contains("SELECT"));
}

#[test]
fn answers_are_written_to_files() {
    let home = Home::new();
    let project = project(&home);
    let (lines, table) = (home.arg("found.jsonl"), home.arg("found.csv"));
    for out in [&lines, &table] {
        home.ends(0, &["query", "--project", &project, "bakery", "--select", "row,problem", "--out", out]);
    }
    let rows: Vec<Value> =
        fs::read_to_string(&lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["problem"].as_str().unwrap().contains("bakery")));
    let csv = fs::read_to_string(&table).unwrap();
    assert!(csv.starts_with("row,problem\n") && csv.contains("bakery"), "{csv}");
    let wrong = home.ends(1, &["query", "--project", &project, "--out", &home.arg("found.xls")]);
    assert!(wrong.err.contains("neither .jsonl nor .csv"), "{}", wrong.err);
}

#[test]
fn mistakes_are_pointed_at() {
    let home = Home::new();
    let project = project(&home);
    let refused = |question: &str, expected: &str| {
        let error = home.ends(1, &["query", "--project", &project, question]).err;
        assert!(error.contains(expected), "{error}");
    };
    refused("bakery generater:x", "did you mean `generator`?");
    refused("bakery generater:x", "bakery generater:x\n       ^^^^^^^^^");
    refused("score(\"nobody\") < 1", "there is no scorer `nobody`");
    // What only the project can tell is pointed at as well.
    refused("bakery meta.levl = 3", "there is no key of metadata `levl`");
    refused("bakery meta.levl = 3", "bakery meta.levl = 3\n       ^^^^^^^^^");
    let doubt = home.ends(0, &["query", "--project", &project, "--count", "generator:demo-smal"]);
    assert!(doubt.out.trim() == "0" && doubt.err.contains("did you mean `demo-small`?"), "{}", doubt.err);
    let help = home.ends(0, &["query", "--help"]).out;
    for text in ["within(2, after", "first_error", "step.meta", "traces.own_first_error"] {
        assert!(help.contains(text), "{text}");
    }
}

/// Both processes by both outcomes, and where the first error is, as `processbench.py` counts the published rows.
#[test]
fn processbench_is_counted_right() {
    let home = Home::new();
    for name in ["gsm8k", "math"] {
        let file = in_workspace(&format!("../shared/data/processbench/{name}.json"));
        if !Path::new(&file).exists() {
            eprintln!("skipped: no {file}");
            return;
        }
        let project = home.arg(&format!("{name}.stepscope"));
        home.ends(0, &["import", &file, "--project", &project]);
        let count = |question: &str| -> usize {
            home.ends(0, &["query", "--project", &project, "--count", question]).out.trim().parse().unwrap()
        };
        let counted: Vec<(&str, usize)> = include_str!("processbench.txt")
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.trim_start().split_once('\t'))
            .map(|(question, expected)| (question, expected.parse().unwrap()))
            .collect();
        let (cells, positions) = counted.split_at(4);
        let lucky = cells.iter().find(|(question, _)| *question == "outcome:correct first_error >= 1");
        assert_eq!(lucky.unwrap().1, if name == "gsm8k" { 7 } else { 94 }, "right answers with a wrong process");
        for (question, expected) in &counted {
            assert_eq!(count(question), *expected, "{name}: {question}");
        }
        let sum = |counts: &[(&str, usize)]| counts.iter().map(|(_, count)| count).sum::<usize>();
        assert_eq!((sum(cells), sum(positions)), (count(""), count("has:first_error")), "{name}");
        let rows: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let long = rows.iter().filter(|row| row["steps"].as_array().unwrap().len() > 10).count();
        assert_eq!(count("steps > 10"), long, "{name}");
        let late = rows.iter().filter(|row| {
            let (label, steps) = (row["label"].as_i64().unwrap(), row["steps"].as_array().unwrap());
            label >= 0
                && steps.iter().skip(usize::try_from(label).unwrap() + 1).any(|s| s.as_str().unwrap().contains("boxed"))
        });
        assert_eq!(count("any(number > first_error and text:boxed)"), late.count(), "{name}");
        let sql = "SELECT first_error, count(*) AS n FROM traces WHERE first_error = 2 GROUP BY first_error";
        let answer = home.ends(0, &["query", "--project", &project, "--json", "--sql", sql]).json();
        assert_eq!(answer["n"], json!(count("first_error:2")));
    }
}
