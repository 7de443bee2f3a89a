//! `agree` and `merge`: what annotators and other sources say of the same traces, and logs from elsewhere.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, in_workspace};

/// A project of the sample data, and of its first traces identity and steps.
fn project(home: &Home) -> (String, Vec<Value>) {
    let project = home.arg("p.stepscope");
    home.ends(0, &["import", &in_workspace("sample-data/1-word-problems.json"), "--project", &project]);
    let show = |number: u32| {
        let name = format!("word-0{number}");
        let rows = ["small", "large"].iter().find_map(|kind| {
            let ended = home.run(&["show", "--json", "--project", &project, "--trace", &format!("{name}-{kind}")]);
            (ended.status == 0).then(|| ended.json())
        });
        rows.unwrap_or_else(|| panic!("no {name}"))
    };
    let traces = (1..=4).map(show).collect();
    (project, traces)
}

/// A log in which somebody marks the first error of traces; a step of `None` is none.
fn log(by: &str, traces: &[Value], marks: &[Option<usize>]) -> String {
    let line = |(number, (trace, mark)): (usize, (&Value, &Option<usize>))| {
        let steps = trace["steps"].as_array().unwrap();
        let step = &mark.map_or_else(|| steps.last().unwrap(), |at| &steps[at])["id"];
        let kind = if mark.is_some() { "at" } else { "none" };
        let event = json!({ "first_error_marked": {
            "trace": trace["id"], "mark": { "kind": kind, "step": step }, "before": null } });
        let (seq, at) = (number + 1, format!("2026-11-21T10:00:{number:02}.000Z"));
        format!("{}\n", json!({ "v": 2, "seq": seq, "at": at, "by": by, "gesture": seq, "event": event }))
    };
    traces.iter().zip(marks).enumerate().map(line).collect()
}

#[test]
fn annotators_are_merged_compared_and_agreed() {
    let home = Home::new();
    let (project, traces) = project(&home);
    let ann = home.write("ann.jsonl", log("ann", &traces, &[Some(1), None, Some(0), None]));
    let bob = home.write("bob.jsonl", log("bob", &traces, &[Some(1), None, Some(1), Some(0)]) + "{\"v\":2,");

    let merged = home.ends(3, &["merge", "--json", "--project", &project, &ann, &bob]).json();
    assert_eq!(merged["schema"], "stepscope.merge/1");
    assert_eq!(merged["files"][0]["annotators"][0]["lines"], 4);
    assert_eq!(merged["files"][1]["warnings"][0]["line"], 5, "{merged}");
    let log_of_ann = fs::read(home.path("p.stepscope").join("annotations/ann.jsonl")).unwrap();
    assert_eq!(log_of_ann, fs::read(&ann).unwrap(), "byte for byte");
    let again = home.ends(0, &["merge", "--project", &project, &ann]).out;
    assert!(again.starts_with("ann: nothing new"), "{again}");

    let found = home.ends(0, &["agree", "--json", "--project", &project]).json();
    assert_eq!((&found["schema"], &found["sources"]), (&json!("stepscope.agree/1"), &json!(["own:ann", "own:bob"])));
    for field in ["alpha", "kappa", "first_error_exact", "n"] {
        assert!(found["overall"][field].is_number() && found["pairs"][0][field].is_number(), "{field}: {found}");
    }
    assert_eq!((&found["overall"]["first_error_exact"], &found["overall"]["first_error_n"]), (&json!(0.5), &json!(4)));
    let matrix = home
        .ends(0, &["agree", "--json", "--project", &project, "--sources", "own:ann,own:bob,consensus:first-error"])
        .json();
    assert_eq!(matrix["pairs"].as_array().unwrap().len(), 3);
    assert_eq!(matrix["pairs"][1]["first_error_exact"], 1.0, "a consensus agrees with its members");
    let queue = home.ends(0, &["agree", "--queue", "--project", &project]).out;
    let (first, second) = (traces[3]["id"].as_str().unwrap(), traces[2]["id"].as_str().unwrap());
    let lines: Vec<&str> = queue.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with(first) && lines[1].starts_with(second), "{queue}");
    assert!(lines[0].contains("at stake") && lines[0].ends_with("own:ann no error; own:bob step 1"), "{queue}");
    // What follows from the others does not agree with itself in the figures of all.
    let both = home.ends(0, &["agree", "--json", "--project", &project, "--sources", "own:ann,own:bob"]).json();
    assert_eq!(matrix["overall"]["first_error_exact"], both["overall"]["first_error_exact"]);
    let unknown = home.ends(1, &["agree", "--project", &project, "--sources", "own:ann,imported:nobody"]).err;
    assert!(unknown.contains("nobody"), "{unknown}");

    // Of the traces that a question finds; rows are those of the project.
    let some = ["agree", "--json", "--project", &project, "--where", "first_error(own:bob) = 2"];
    let found = home.ends(0, &some).json();
    assert_eq!((&found["overall"]["first_error_n"], &found["overall"]["first_error_exact"]), (&json!(2), &json!(0.5)));
    let whole = home.ends(0, &["agree", "--json", "--queue", "--project", &project]).json();
    let part = home.ends(0, &[&some[..], &["--queue"]].concat()).json();
    assert_eq!((&whole["disputed"], &part["disputed"]), (&json!(2), &json!(1)));
    assert_eq!((&part["queue"][0]["trace"], &part["queue"][0]), (&traces[2]["id"], &whole["queue"][1]));
    home.ends(1, &["agree", "--project", &project, "--where", "stepz > 3"]);

    let out = home.arg("train.json");
    let args = ["export", "--json", "--project", &project, "--format", "processbench", "--out", &out];
    let report = home.ends(0, &[&args[..], &["--labels", "consensus:first-error"]].concat()).json();
    assert_eq!((&report["rows"], &report["labels"]), (&json!(2), &json!("consensus:first-error(own:ann, own:bob)")));
    let reasons = report["left_out"].to_string();
    assert!(reasons.contains("own:ann: step 1, own:bob: step 2"), "{reasons}");

    let id = traces[2]["id"].as_str().unwrap();
    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", id]).json();
    let sources = &shown["side_by_side"]["sources"];
    assert_eq!(sources[0], json!({ "source": "own:ann", "first_error": { "step": 0 } }));
    assert_eq!(sources[1], json!({ "source": "own:bob", "first_error": { "step": 1 } }));
    assert_eq!(shown["side_by_side"]["steps"].as_array().unwrap().len(), shown["steps"].as_array().unwrap().len());
}

#[test]
fn what_cannot_be_compared_is_said() {
    let home = Home::new();
    let (project, _) = project(&home);
    let check = |args: &[&str], expected: &str| {
        let ended = home.ends(1, &[args, &["--project", &project]].concat());
        assert!(ended.err.contains(expected) && ended.out.is_empty(), "{args:?}: {}", ended.err);
    };
    check(&["agree"], "agreement needs two label sources");
    check(&["agree", "--sources", "own:eve,imported"], "no annotator `eve`");
    check(&["agree", "--sources", "consensus:most"], "choose all, majority, any-bad or first-error");
    check(&["merge", &home.arg("none.jsonl")], "none.jsonl");
    home.ends(2, &["merge", "--project", &project]);
}
