//! What is labelled in the window is what the command line writes.

use crate::shared::window::{Home, open, press, project};
use crate::support;

#[test]
fn labels_of_the_window_are_exported_by_the_command_line() {
    let home = Home::new();
    let mut window = open(home.startup("traces/1-word-problems.json"));
    press(&mut window, "j e l a l 1 j 3");
    let folder = project(&window).dir().path().to_str().unwrap().to_owned();
    // The window stays open: reading needs no lock.
    let script = support::Home::new();
    let shown = script.ends(0, &["show", "--json", "--project", &folder, "--trace", "word-01-large"]).json();
    let labels = shown["steps"][1]["labels"].to_string();
    assert!(labels.contains("own:ada") && labels.contains("first_error"), "{labels}");
    let out = script.arg("own.jsonl");
    let args =
        ["export", "--json", "--project", &folder, "--format", "processbench", "--labels", "own:ada", "--out", &out];
    let report = script.ends(0, &args).json();
    assert_eq!(report["rows"], 3, "{report}");
    let rows = std::fs::read_to_string(out).unwrap();
    let label = |row: &str| serde_json::from_str::<serde_json::Value>(row).unwrap()["label"].as_i64().unwrap();
    assert_eq!(rows.lines().map(label).collect::<Vec<_>>(), [1, -1, 1]);
    script.ends(0, &["check", "--project", &folder]);
}
