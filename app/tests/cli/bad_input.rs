//! Files that cannot be read: a message that names file and row and says what to do; never a panic.

use crate::support::Home;

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let home = Home::new();
    let check = |name: &str, content: &[u8], expected: &[&str]| {
        let file = home.write(name, content);
        let project = home.arg("bad.stepscope");
        let runs: [&[&str]; 4] = [
            &["inspect", "--json", &file],
            &["inspect", &file],
            &["import", "--json", &file, "--project", &project],
            &["show", &file, "--row", "1"],
        ];
        for args in runs {
            let ended = home.ends(1, args);
            assert!(ended.out.is_empty(), "{args:?}: {}", ended.out);
            for part in [name].iter().chain(expected) {
                assert!(ended.err.contains(part), "{args:?}: no `{part}` in: {}", ended.err);
            }
        }
        assert!(!home.path("bad.stepscope/project.toml").exists(), "{name}: no project is made");
    };
    check("empty.jsonl", b"", &["empty"]);
    check("blank.jsonl", b"\n\n  \n", &["empty"]);
    check("text.jsonl", b"not JSON\nat all\n", &["row 1", "JSON"]);
    check("torn.json", b"[{\"problem\": \"1+1?\", \"steps\": [\"2", &["row 1"]);
    check("shape.jsonl", b"{\"colour\": \"red\"}\n", &["row 1", "colour"]);
    check("number.json", b"42", &["row 1"]);
    check("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", &[]);
    let deep = "[".repeat(200_000);
    check("deep.json", deep.as_bytes(), &[]);
}

#[test]
fn a_missing_file_is_named() {
    let home = Home::new();
    let ended = home.ends(1, &["inspect", "--json", "nowhere.jsonl"]);
    assert!(ended.err.contains("nowhere.jsonl") && ended.out.is_empty(), "{}", ended.err);
}

#[test]
fn bad_rows_are_told_and_the_rest_is_read() {
    let home = Home::new();
    let good = r#"{"problem": "1+1?", "steps": ["1+1=2", "So 2."]}"#;
    let mut rows = format!("{good}\n{{\"problem\": \n").into_bytes();
    rows.extend(b"{\"problem\": \"caf\xe9\", \"steps\": [\"a\"]}\n");
    rows.extend(format!("{}\n{{\"problem\": \"2+2?\", \"steps\": [\"it is", good.replace("1+1", "3+3")).bytes());
    let file = home.write("some.jsonl", rows);
    let found = home.ends(3, &["inspect", "--json", &file]).json();
    // Bytes that are no UTF-8 are replaced, and the row is read.
    let counts = ["traces", "rejected", "repaired"].map(|key| found[key].as_u64().unwrap());
    assert_eq!(counts, [3, 2, 1], "{found}");
    let project = home.arg("some.stepscope");
    let made = home.ends(3, &["import", "--json", &file, "--project", &project]).json();
    assert_eq!(made["rejected"], 2);
    let rejects = std::fs::read_to_string(home.tables("some.stepscope").join("rejects.jsonl")).unwrap();
    let rows: Vec<u64> = rejects
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["row"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [2, 5]);
    let bad = home.ends(1, &["show", &file, "--row", "2"]);
    assert!(bad.err.contains("row 2") && bad.err.contains("some.jsonl"), "{}", bad.err);
    home.ends(0, &["check", "--project", &project]);
}

#[test]
fn a_folder_that_is_no_project_is_named() {
    let home = Home::new();
    let runs: [&[&str]; 3] = [
        &["show", "--project", "nowhere", "--trace", "x"],
        &["export", "--project", "nowhere", "--format", "native", "--out", "x.jsonl"],
        &["score", "--project", "nowhere", "--model", "no-model"],
    ];
    for args in runs {
        let ended = home.ends(1, args);
        assert!(ended.out.is_empty() && !home.path("nowhere").exists(), "{args:?}: {}", ended.err);
        assert!(ended.err.contains("nowhere") || ended.err.contains("no-model"), "{args:?}: {}", ended.err);
    }
}
