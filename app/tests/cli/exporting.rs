//! Exports in parts, without what is tested elsewhere, again from a manifest, and on a disk that is full.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Home;

/// A project of rows with twenty problems, labelled in the data.
fn project(home: &Home) -> String {
    let row = |number: usize| {
        json!({
            "id": format!("r{number}"), "generator": "m", "final_answer_correct": false, "label": 1,
            "problem": format!("Problem {} asks for number {}", ["one", "two", "three", "four"][number % 4], number / 2),
            "steps": ["first", "second", format!("third {}", "x".repeat(200))],
        })
    };
    let rows: Vec<Value> = (0..40).map(row).collect();
    let file = home.write("rows.json", serde_json::to_string(&rows).unwrap());
    let project = home.arg("p.stepscope");
    home.ends(0, &["import", &file, "--project", &project]);
    project
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_export_in_parts_is_made_again_from_its_manifest() {
    let home = Home::new();
    let project = project(&home);
    let test = home.write("tests.txt", "problem ONE asks for number 0\n");
    let first = home.write("first.txt", "Problem three asks for number 1\n");
    let folder = home.path("out");
    fs::create_dir(&folder).unwrap();
    let out = home.arg("out/rows.jsonl");
    let list = format!("test={first}");
    let args = [
        "export",
        "--json",
        "--project",
        &project,
        "--format",
        "trl-stepwise",
        "--out",
        &out,
        "--split",
        "train=0.8,validation=0.1,test=0.1",
        "--split-seed",
        "7",
        "--split-list",
        &list,
        "--decontaminate",
        &test,
    ];
    let report = home.ends(0, &args).json();
    assert_eq!((&report["rows"], &report["removed"]["problems"]), (&json!(39), &json!(1)), "{report}");
    let rows: u64 =
        ["train", "validation", "test"].iter().map(|part| report["parts"][part]["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 39);
    let written = names(&folder);
    let expected = [
        "rows-test.jsonl",
        "rows-train.jsonl",
        "rows-validation.jsonl",
        "rows.jsonl.decontamination.json",
        "rows.jsonl.manifest.json",
    ];
    assert_eq!(written, expected);
    assert!(fs::read_to_string(home.path("out/rows-test.jsonl")).unwrap().contains("three asks for number 1"));

    let manifest = home.arg("out/rows.jsonl.manifest.json");
    let other = home.arg("again.jsonl");
    let again = ["export", "--json", "--project", &project, "--manifest", &manifest];
    let to_other = [&again[..], &["--out", &other]].concat();
    let made = home.ends(0, &to_other).json();
    assert_eq!((&made["same"], &made["changed"], &made["rows"]), (&json!(true), &json!([]), &json!(39)));
    let same = |part: &str| {
        let file = |name: &str| fs::read(home.path(&format!("{name}-{part}.jsonl"))).unwrap();
        assert!(file("out/rows") == file("again"), "{part}");
    };
    for part in ["train", "validation", "test"] {
        same(part);
    }
    let before = fs::read(home.path("out/rows-train.jsonl")).unwrap();
    let text = home.ends(0, &["export", "--project", &project, "--manifest", &manifest]).out;
    assert!(text.contains("again     the same bytes as before"), "{text}");
    assert!(fs::read(home.path("out/rows-train.jsonl")).unwrap() == before);

    // What has changed is told, and nothing is written over.
    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "r1"]).json();
    let line = json!({
        "v": 1, "seq": 1, "at": "2026-11-21T10:00:00.000Z", "by": "ada", "gesture": 1,
        "event": { "status_set": { "trace": shown["id"], "status": "defective", "before": "open" } },
    });
    let annotations = home.path("p.stepscope/annotations");
    fs::create_dir_all(&annotations).unwrap();
    fs::write(annotations.join("ada.jsonl"), format!("{line}\n")).unwrap();
    let refused = home.ends(1, &again);
    assert!(refused.err.contains("changed since: there are new labels of ada"), "{}", refused.err);
    assert!(refused.err.contains("nothing written"), "{}", refused.err);
    assert!(fs::read(home.path("out/rows-train.jsonl")).unwrap() == before);
    let made = home.ends(1, &to_other).json();
    assert_eq!((&made["same"], &made["rows"]), (&json!(false), &json!(38)));
    home.ends(2, &[&again[..], &["--format", "native"]].concat());
    home.ends(1, &[&again[..], &["--split-seed", "1"]].concat());
}

#[test]
fn wrong_parts_are_refused() {
    let home = Home::new();
    let project = project(&home);
    let out = home.arg("rows.jsonl");
    let check = |args: &[&str], expected: &str| {
        let all = [&["export", "--project", &project, "--format", "native", "--out", &out], args].concat();
        let refused = home.ends(1, &all);
        assert!(refused.err.contains(expected), "{args:?}: {}", refused.err);
    };
    check(&["--split", "0.8,0.2"], "train=0.9");
    check(&["--split-seed", "1"], "--split-seed needs --split");
    check(&["--split-list", "tests.txt"], "write it as train=FILE");
    check(&["--split-list", "test=nowhere.txt"], "nowhere.txt");
    check(&["--decontaminate", "nowhere.txt"], "nowhere.txt");
    check(&["--near", "0"], "--near must be");
    check(&["--rows-in", "jsonl"], "--rows-in is for a folder");
    assert!(!Path::new(&out).exists());
}

#[test]
fn a_folder_for_the_hub() {
    let home = Home::new();
    let project = project(&home);
    let out = home.arg("set/");
    let args = ["export", "--json", "--project", &project, "--format", "processbench", "--out", &out, "--pseudonyms"];
    let report = home.ends(0, &[&args[..], &["--split", "train=1,test=1", "--rows-in", "jsonl.gz"]].concat()).json();
    assert_eq!(names(&home.path("set")), ["README.md", "data", "manifest.json"]);
    assert_eq!(names(&home.path("set/data")), ["test-00000-of-00001.jsonl.gz", "train-00000-of-00001.jsonl.gz"]);
    let manifest = read(&home.path("set/manifest.json"));
    assert_eq!((&manifest["files"][0]["part"], &manifest["hub"]), (&json!("train"), &json!("jsonl.gz")));
    assert_eq!(manifest["records"], json!([]));
    assert_eq!(manifest["by_source"].as_object().unwrap().len(), 1, "{manifest}");
    assert!(report["manifest"].as_str().unwrap().ends_with("manifest.json"));
    let path = home.arg("set/manifest.json");
    let again = home.ends(0, &["export", "--json", "--project", &project, "--manifest", &path]).json();
    assert_eq!(again["same"], true);
    home.ends(0, &["lint", &home.arg("set/data/train-00000-of-00001.jsonl.gz")]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let home = Home::new();
    let project = project(&home);
    let folder = home.path("out");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("rows.jsonl"), "old").unwrap();
    let out = home.arg("out/rows.jsonl");
    // No file may grow beyond 4 KiB; the program is told so as by a full disk, in the middle of the rows.
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let split: &[&str] = &["--split", "train=1,test=1"];
    for more in [&[][..], split, &["--shard-mb", "1"], &["--layout", "hf"]] {
        let target = if more.contains(&"hf") { home.arg("out/set") } else { out.clone() };
        let args = [&["export", "--project", &project, "--format", "native", "--out", &target], more].concat();
        let ended = home.run_in_shell(limited, &args);
        assert_eq!(ended.status, 1, "{more:?} {}", ended.out);
        assert!(ended.err.contains("writing failed"), "{more:?} {}", ended.err);
        assert_eq!(names(&folder), ["rows.jsonl"], "{more:?}");
        assert_eq!(fs::read_to_string(folder.join("rows.jsonl")).unwrap(), "old");
    }
}

#[cfg(unix)]
#[test]
fn a_source_is_not_written_over_by_any_name() {
    let home = Home::new();
    let project = project(&home);
    let source = home.path("rows.json");
    let before = fs::read(&source).unwrap();
    fs::hard_link(&source, home.path("hard.json")).unwrap();
    std::os::unix::fs::symlink(&source, home.path("soft.json")).unwrap();
    std::os::unix::fs::symlink(home.path("p.stepscope"), home.path("inside")).unwrap();
    for name in ["hard.json", "soft.json", "rows.json", "inside/rows.jsonl"] {
        let ended = home.ends(1, &["export", "--project", &project, "--format", "native", "--out", &home.arg(name)]);
        assert!(ended.err.contains("refused to write over a file of the project"), "{name}: {}", ended.err);
        assert!(fs::read(&source).unwrap() == before, "{name}");
    }
    let set = home.arg("inside/set");
    let ended = home.ends(1, &["export", "--project", &project, "--format", "native", "--layout", "hf", "--out", &set]);
    assert!(ended.err.contains("refused") && !home.path("p.stepscope/set").exists(), "{}", ended.err);
    assert!(home.path("hard.json").exists());
}

#[test]
fn only_traces_that_a_question_finds_are_exported_and_the_manifest_knows() {
    let home = Home::new();
    let project = project(&home);
    let out = home.arg("some.jsonl");
    let export = ["export", "--json", "--project", &project, "--format", "processbench", "--out", &out, "--where"];
    let made: Value =
        serde_json::from_str(&home.ends(0, &[&export[..], &["source_id:/^r1/ first_error = 2"]].concat()).out).unwrap();
    // r1 and r10 to r19.
    assert_eq!(made["rows"], 11);
    let manifest = made["manifest"].as_str().unwrap().to_owned();
    assert_eq!(read(Path::new(&manifest))["selection"], "source_id:/^r1/ first_error = 2");
    let text = home.ends(0, &["export", "--project", &project, "--manifest", &manifest]).out;
    assert!(text.contains("the same bytes as before"), "{text}");
    let refused = home.ends(1, &[&export[..], &["stepz > 3"]].concat());
    assert!(refused.err.contains("did you mean `steps`"), "{}", refused.err);
}

#[test]
fn traces_are_named_in_a_file() {
    let home = Home::new();
    let project = project(&home);
    let (out, list) = (home.arg("some.jsonl"), home.write("traces.txt", "r11\n\n r3\n"));
    let export = ["export", "--json", "--project", &project, "--format", "processbench", "--out", &out, "--traces"];
    let made = home.ends(0, &[&export[..], &[&list]].concat()).json();
    assert_eq!(made["rows"], 2);
    let rows = fs::read_to_string(home.path("some.jsonl")).unwrap();
    assert!(rows.lines().next().unwrap().contains("\"r3\""), "in the order of the project: {rows}");
    let manifest = made["manifest"].as_str().unwrap().to_owned();
    assert_eq!(read(Path::new(&manifest))["picked"].as_array().unwrap().len(), 2);
    let again = home.ends(0, &["export", "--json", "--project", &project, "--manifest", &manifest]).json();
    assert_eq!(again["same"], true);
    let wrong = home.write("wrong.txt", "r1\nnobody\n");
    let refused = home.ends(1, &[&export[..], &[&wrong]].concat());
    assert!(refused.err.contains("no trace is called `nobody`") && refused.err.contains("line 2"), "{}", refused.err);
}
