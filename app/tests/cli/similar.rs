//! `similar` and `duplicates`: what is near a step or a text, and what stands there twice.

use serde_json::{Value, json};

use crate::support::{Home, in_workspace};

fn project(home: &Home, files: &[&str]) -> String {
    let project = home.arg("p.stepscope");
    home.ends(0, &[&["import"], files, &["--project", &project]].concat());
    project
}

#[test]
fn steps_are_found_by_what_they_say() {
    let home = Home::new();
    let project = project(&home, &[&in_workspace("sample-data/1-word-problems.json")]);
    let args = ["similar", "--json", "--project", &project, "--trace", "word-01-small", "--step", "2", "--n", "3"];
    let found = home.ends(0, &args).json();
    assert_eq!(found["schema"], "stepscope.similar/1");
    let hits = found["hits"].as_array().unwrap();
    assert!((1..=3).contains(&hits.len()), "{found}");
    let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores.iter().all(|score| *score > 0.0 && *score <= 1.0), "{found}");
    let itself = |place: &Value| place["source_id"] == "word-01-small" && place["step"] == 1;
    assert!(hits.iter().all(|hit| !hit["places"].as_array().unwrap().iter().any(itself)), "it is left out");
    assert!(hits.iter().all(|hit| hit["steps"].as_u64() >= hit["traces"].as_u64()));

    // Asked by its own text, the step says the same.
    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    let text = shown["steps"][1]["text"].as_str().unwrap();
    let by_text = home.ends(0, &["similar", "--json", "--project", &project, text]).json();
    assert!(by_text["same"]["places"].as_array().unwrap().iter().any(itself), "{by_text}");
    assert_eq!(by_text["same"]["text"], text.trim());
    let said = by_text["same"]["said"].as_array().unwrap();
    assert!(said.iter().all(|said| said["source"].as_str().unwrap().starts_with("imported")), "{by_text}");
    let plain = home.ends(0, &["similar", "--project", &project, text]).out;
    assert!(plain.starts_with("Same text in ") && plain.contains("word-01-small  step 2"), "{plain}");
}

#[test]
fn what_cannot_be_looked_for_is_told() {
    let home = Home::new();
    let project = project(&home, &[&in_workspace("sample-data/1-word-problems.json")]);
    let none = home.ends(0, &["similar", "--project", &project, "zyzzyva"]).out;
    assert_eq!(none.trim(), "No step shares a rare word with it");
    let refused = |args: &[&str], status, expected: &str| {
        let error = home.ends(status, &[&["similar", "--project", &project], args].concat()).err;
        assert!(error.contains(expected), "{error}");
    };
    refused(&["--trace", "nobody", "--step", "1"], 1, "`nobody` names no trace");
    refused(&["--trace", "word-01-small", "--step", "99"], 1, "has no step 99");
    refused(&["--trace", "word-01-small"], 2, "--step");
    refused(&["--trace", "word-01-small", "--step", "0"], 2, "0");
    refused(&[], 2, "required");
}

#[test]
fn steps_are_found_by_meaning_with_an_encoder_of_ones_own() {
    let home = Home::new();
    let project = project(&home, &[&in_workspace("sample-data/1-word-problems.json")]);
    let encoder = in_workspace("core/tests-data/encoders/bert");
    let args = ["similar", "--project", &project, "--encoder", &encoder];
    let built = home.ends(0, &[&args[..], &["--json"]].concat()).json();
    assert_eq!((built["schema"].as_str(), built["encoder"]["dims"].as_u64()), (Some("stepscope.encoded/1"), Some(32)));
    let texts = built["texts"].as_u64().unwrap();
    assert!(texts > 10 && built["encoded"] == built["texts"], "{built}");
    let again = home.ends(0, &args).out;
    assert!(
        again.starts_with(&format!("{texts} different texts of steps, 0 of them encoded now with bert")),
        "{again}"
    );

    let of_step = ["--json", "--trace", "word-01-small", "--step", "2", "--n", "3"];
    let found = home.ends(0, &[&args[..], &of_step].concat()).json();
    assert_eq!((found["hits"].as_array().unwrap().len(), found["encoder"]["name"].as_str()), (3, Some("bert")));
    let itself = |place: &Value| place["source_id"] == "word-01-small" && place["step"] == 1;
    assert!(found["hits"].as_array().unwrap().iter().all(|hit| !itself(&hit["places"][0])), "{found}");
    // A text that no step says is encoded for the question; in capitals it has the same tokens.
    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    let text = shown["steps"][1]["text"].as_str().unwrap().to_uppercase();
    let by_text = home.ends(0, &[&args[..], &["--json", &text]].concat()).json();
    assert!(by_text["same"].is_null() && itself(&by_text["hits"][0]["places"][0]), "{by_text}");
    assert!(by_text["hits"][0]["score"].as_f64().unwrap() > 0.997, "{by_text}");

    let refused = |encoder: &str, expected: &str| {
        let error = home.ends(1, &["similar", "--project", &project, "--encoder", encoder, "x"]).err;
        assert!(error.contains(expected), "{error}");
    };
    refused(&home.arg("nowhere"), "no sentence encoder");
    refused(&in_workspace("core/tests-data/scoring/qwen2_prm"), "so it is no sentence encoder");
}

#[test]
fn what_stands_twice_is_found_across_files() {
    let home = Home::new();
    let trace = |id: &str, problem: &str, steps: &[&str]| {
        json!({ "id": id, "generator": "m", "problem": problem, "steps": steps, "final_answer_correct": true, "label": -1 }).to_string()
    };
    let many = "A farmer has 12 sheep and buys 7 more at the market on Monday, then sells 4 of them on Friday to a \
        neighbour; how many sheep does the farmer have left at the end of that week";
    let lines = |rows: &[String]| rows.join("\n") + "\n";
    let train = home.write(
        "train.jsonl",
        lines(&[trace("a", "What is 1+1?", &["It is 2."]), trace("b", many, &["12 + 7 = 19", "19 - 4 = 15"])]),
    );
    let test = home.write(
        "test.jsonl",
        lines(&[
            trace("c", "what is 1 + 1", &["It is 2."]),
            trace("d", &format!("{many} in total"), &["15"]),
            trace("e", "Alone", &["Nothing."]),
        ]),
    );
    let project = project(&home, &[&train, &test]);
    let found = home.ends(0, &["duplicates", "--json", "--project", &project]).json();
    assert_eq!(found["schema"], "stepscope.duplicates/1");
    let pair = &found["pairs"][0];
    assert_eq!((&pair["equal"], &pair["near"], &pair["copies"]), (&json!(1), &json!(1), &json!(1)), "{found}");
    let kinds: Vec<&str> =
        found["clusters"].as_array().unwrap().iter().map(|one| one["likeness"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["equal", "near", "copies"]);
    let names: Vec<&str> =
        found["traces"].as_array().unwrap().iter().map(|one| one["source_id"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    let text = home.ends(0, &["duplicates", "--project", &project]).out;
    assert!(text.contains("share 1 problem, 1 group of nearly the same problems, 1 trace"), "{text}");
    let strict = home.ends(0, &["duplicates", "--json", "--project", &project, "--near", "2"]).json();
    assert_eq!(strict["clusters"].as_array().unwrap().len(), 2, "{strict}");
}

#[test]
fn a_project_without_duplicates_says_so() {
    let home = Home::new();
    let row = json!({ "id": "a", "generator": "m", "problem": "1+1?", "steps": ["2"], "final_answer_correct": true, "label": -1 });
    let file = home.write("one.jsonl", format!("{row}\n"));
    let project = project(&home, &[&file]);
    let text = home.ends(0, &["duplicates", "--project", &project]).out;
    assert!(text.starts_with("No problem stands in several files"), "{text}");
    let found = home.ends(0, &["duplicates", "--json", "--project", &project]).json();
    assert_eq!((&found["pairs"], &found["clusters"]), (&json!([]), &json!([])));
}
