//! Every subcommand on good input: what it prints, what it writes, how it ends.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, in_workspace, workspace};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The fields that the contract of the command line promises; more may be added.
const INSPECT: [&str; 21] = [
    "schema",
    "format",
    "files",
    "rows",
    "expanded",
    "merged",
    "waiting",
    "problems",
    "traces",
    "steps",
    "branching_traces",
    "first_error_labels",
    "no_error_labels",
    "step_labels",
    "step_scores",
    "trace_scores",
    "outcomes",
    "rejected",
    "repaired",
    "warnings",
    "by_file",
];

#[test]
fn inspect_counts_the_sample() {
    let home = Home::new();
    let found = home.ends(0, &["inspect", "--json", &in_workspace("sample-data")]).json();
    assert_eq!(keys(&found), INSPECT);
    assert_eq!(found["schema"], "stepscope.inspect/1");
    assert_eq!(found["format"], "mixed");
    let counts = ["traces", "branching_traces", "rejected"].map(|name| found[name].as_u64().unwrap());
    // Two search trees, and the candidates of PRM800K.
    assert_eq!(counts, [66, 4, 0]);
    let by_file = found["by_file"].as_array().unwrap();
    let word = by_file.iter().find(|file| file["file"].as_str().unwrap().ends_with("1-word-problems.json")).unwrap();
    assert_eq!((&word["format"], &word["traces"], &word["rejected"]), (&json!("processbench"), &json!(29), &json!(0)));
    assert_eq!(word["first_error_labels"].as_u64().unwrap() + word["no_error_labels"].as_u64().unwrap(), 29);
    assert!(!workspace().join("sample-data.stepscope").exists(), "inspect writes nothing");
    let text = home.ends(0, &["inspect", &in_workspace("sample-data")]).out;
    assert!(text.contains("66") && !text.starts_with('{'), "{text}");
}

#[test]
fn inspect_counts_processbench() {
    let home = Home::new();
    let check = |name: &str, traces: u64, correct: u64, wrong: u64| {
        let file = in_workspace(&format!("../shared/data/processbench/{name}.json"));
        if !std::path::Path::new(&file).exists() {
            eprintln!("skipped: no {file}");
            return;
        }
        let found = home.ends(0, &["inspect", "--json", &file]).json();
        let counts =
            ["traces", "no_error_labels", "first_error_labels", "rejected"].map(|f| found[f].as_u64().unwrap());
        assert_eq!(counts, [traces, correct, wrong, 0], "{name}");
    };
    check("gsm8k", 400, 193, 207);
    check("math", 1000, 406, 594);
}

/// A project made from the sample data; its path as an argument.
fn project(home: &Home) -> String {
    let project = home.arg("p.stepscope");
    home.ends(0, &["import", &in_workspace("sample-data"), "--project", &project]);
    project
}

#[test]
fn import_then_show() {
    let home = Home::new();
    let project = home.arg("p.stepscope");
    let made = home.ends(0, &["import", "--json", &in_workspace("sample-data"), "--project", &project]).json();
    assert_eq!(made["schema"], "stepscope.import/1");
    assert_eq!(keys(&made)[1..21], INSPECT[1..]);
    assert_eq!(
        (&made["traces"], &made["project"], &made["labels_taken_over"]),
        (&json!(66), &json!(project), &json!(0))
    );
    assert!(made["elapsed_s"].is_f64());

    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    assert_eq!((&shown["schema"], &shown["source_id"]), (&json!("stepscope.show/1"), &json!("word-01-small")));
    for field in ["id", "problem", "steps", "outcome", "generator"] {
        assert!(!shown[field].is_null(), "{field}");
    }
    assert_eq!(keys(&shown["steps"][0]), ["id", "parent", "kind", "author", "text", "labels", "scores"]);
    let id = shown["id"].as_str().unwrap();
    let by_id = home.ends(0, &["show", "--json", "--project", &project, "--trace", id]).json();
    assert_eq!(by_id, shown);
    let text = home.ends(0, &["show", "--project", &project, "--trace", "word-01-small"]).out;
    assert!(text.contains(shown["steps"][0]["text"].as_str().unwrap().lines().next().unwrap()), "{text}");

    let sample = in_workspace("sample-data/1-word-problems.json");
    let from_file = home.ends(0, &["show", "--json", &sample, "--row", "2"]).json();
    assert_eq!((&from_file["id"], &from_file["steps"]), (&shown["id"], &shown["steps"]));
    let missing = home.ends(1, &["show", "--project", &project, "--trace", "nobody"]);
    assert!(missing.err.contains("nobody") && missing.out.is_empty(), "{}", missing.err);
    let missing = home.ends(1, &["show", &sample, "--row", "99"]);
    assert!(missing.err.contains("row 99"), "{}", missing.err);
}

#[test]
fn export_writes_a_file_and_its_manifest() {
    let home = Home::new();
    let project = project(&home);
    let check = |format: &str, name: &str, schema: &str, labels: Option<&str>| {
        let out = home.arg(name);
        let mut args = vec!["export", "--json", "--project", &project, "--format", format, "--out", &out];
        args.extend(labels.map(|labels| ["--labels", labels]).into_iter().flatten());
        let report = home.ends(0, &args).json();
        for field in ["format", "rows", "left_out", "counts", "files", "manifest"] {
            assert!(!report[field].is_null(), "{format}: {field}: {report}");
        }
        let written = fs::read_to_string(&out).unwrap();
        let rows = match serde_json::from_str::<Value>(&written) {
            Ok(Value::Array(rows)) => rows,
            _ => written.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        assert_eq!(report["rows"].as_u64(), Some(rows.len() as u64), "{format}");
        assert!(!rows.is_empty() && rows.iter().all(|row| !row[schema].is_null()), "{format}");
        let manifest = fs::read_to_string(report["manifest"].as_str().unwrap()).unwrap();
        assert!(serde_json::from_str::<Value>(&manifest).is_ok(), "{manifest}");
        out
    };
    let trl = check("trl-stepwise", "trl.jsonl", "completions", Some("imported"));
    let bench = check("processbench", "bench.json", "steps", None);
    let native = check("native", "native.jsonl", "schema", None);
    // What was written is what other commands read.
    for (file, format) in [(trl, "steps"), (bench, "processbench"), (native, "stepscope")] {
        let found = home.ends(0, &["inspect", "--json", &file]).json();
        assert_eq!(found["rejected"], 0, "{file}");
        let name = found["format"].as_str().unwrap();
        assert!(name.contains(format), "{file}: {name}");
    }
    let refused = home
        .ends(1, &["export", "--project", &project, "--format", "native", "--out", &home.arg("p.stepscope/x.jsonl")]);
    assert!(refused.out.is_empty() && refused.err.contains("x.jsonl"), "{}", refused.err);
    let strict = home.run(&[
        "export",
        "--strict",
        "--project",
        &project,
        "--format",
        "processbench",
        "--out",
        &home.arg("strict.json"),
    ]);
    assert_eq!(strict.status, 1, "{}", strict.err);
    assert!(strict.err.contains("left out") && !home.path("strict.json").exists(), "{}", strict.err);
}

#[test]
fn every_option_of_a_format_is_a_flag() {
    let home = Home::new();
    let project = project(&home);
    let help = home.ends(0, &["export", "--help"]).out;
    let flags =
        ["--self-corrected", "--soft-threshold", "--verdict-line", "--pair-neutral", "--rstar-stage", "--shard-mb"];
    for name in flags.iter().chain(&["trl-preference-chat", "critique-sft", "monte_carlo"]) {
        assert!(help.contains(name), "{name}: {help}");
    }
    let out = home.arg("pairs.jsonl");
    let export = ["export", "--project", &project, "--labels", "imported", "--out", &out, "--format"];
    let with = |format: &str, options: &[&'static str]| {
        let args: Vec<String> = export.iter().chain(&[format]).chain(options).map(|arg| (*arg).to_owned()).collect();
        home.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let written = with("trl-preference", &["--json", "--pairs", "outcome,label", "--per-problem", "1"]);
    assert_eq!(written.status, 0, "{}", written.err);
    assert!(written.json()["rows"].as_u64().unwrap() > 0 && written.err.is_empty(), "{}", written.err);
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(home.path("pairs.jsonl.manifest.json")).unwrap()).unwrap();
    assert!(manifest.to_string().contains("\"per_problem\":\"1\""), "{manifest}");
    let idle = with("processbench", &["--per-problem", "1"]);
    assert!(idle.err.contains("--per-problem has no effect on processbench"), "{}", idle.err);
    let refused = with("trl-preference", &["--pair-neutral", "maybe"]);
    assert!(refused.status == 1 && refused.err.contains("between, good, bad, drop"), "{}", refused.err);
}

#[test]
fn lint_tells_what_is_wrong_and_where() {
    let home = Home::new();
    let good = home.write("good.jsonl", "{\"prompt\":\"p\",\"completions\":[\"a\",\"b\"],\"labels\":[true,false]}\n");
    let clean = home.ends(0, &["lint", "--json", &good]).json();
    assert_eq!(keys(&clean), ["schema", "file", "format", "rows", "problems_total", "problems"]);
    assert_eq!((&clean["schema"], &clean["format"]), (&json!("stepscope.lint/1"), &json!("trl_stepwise")));
    assert_eq!((&clean["rows"], &clean["problems"]), (&json!(1), &json!([])));
    let bad = home.write("bad.jsonl", "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\"}\n".repeat(2));
    let found = home.ends(1, &["lint", "--json", &good, &bad]).lines();
    let problem = &found[1]["problems"][0];
    assert_eq!((&found[1]["format"], &problem["row"]), (&json!("trl_preference"), &json!(2)));
    assert_eq!((&problem["rule"], &problem["message"]), (&json!("repeated"), &json!("repeats row 1")));
    assert!(home.ends(1, &["lint", &bad]).out.contains("row 2: repeats row 1"));
    let forced = home.ends(1, &["lint", "--format", "step-dpo", &good]);
    assert!(forced.out.contains("row 1"), "{}", forced.out);
    let missing = home.ends(1, &["lint", &home.arg("nowhere.jsonl"), &good]);
    assert!(missing.err.contains("nowhere.jsonl") && missing.out.contains("good.jsonl"), "{}", missing.err);
}

#[test]
fn show_lists_labels_of_every_kind_with_the_part_they_are_of() {
    let home = Home::new();
    let project = project(&home);
    let show = || home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    let before = show();
    let (trace, step) = (&before["id"], before["steps"][0]["id"].as_str().unwrap());
    let part = format!("{step}@3");
    let of = |step: &str| json!({ "step": { "trace": trace, "step": step } });
    let labelled = |target: Value, label: Value| json!({ "labelled": { "target": target, "label": label } });
    let written = json!({ "id": "own-4", "parent": part, "text": "w" });
    let events = [
        labelled(of(step), json!({ "cut": 3 })),
        labelled(of(&part), json!("redundant")),
        labelled(of(step), json!({ "soft": 0.25 })),
        labelled(json!({ "trace": trace }), json!({ "written": written })),
        labelled(of("own-4"), json!({ "tag": "neat" })),
        labelled(json!({ "trace": trace }), json!({ "outcome": "wrong" })),
        json!({ "first_error_marked": { "trace": trace, "mark": { "kind": "at", "step": part } } }),
    ];
    let line = |(seq, event): (u64, &Value)| {
        let at = "2026-11-21T10:00:00.000Z";
        format!("{}\n", json!({ "v": 2, "seq": seq, "at": at, "by": "ada", "gesture": seq, "event": event }))
    };
    let annotations = home.path("p.stepscope/annotations");
    fs::create_dir_all(&annotations).unwrap();
    fs::write(annotations.join("ada.jsonl"), (1..).zip(&events).map(line).collect::<String>()).unwrap();

    let shown = show();
    let own = |labels: &Value| {
        let labels = labels.as_array().unwrap().iter().filter(|label| label["source"] == "own:ada");
        labels.cloned().collect::<Vec<_>>()
    };
    let source = "own:ada";
    assert_eq!(
        own(&shown["steps"][0]["labels"]),
        [
            json!({ "source": source, "value": "first_error", "step": part }),
            json!({ "source": source, "label": "redundant", "step": part }),
            json!({ "source": source, "label": { "soft": 0.25 } }),
            json!({ "source": source, "label": { "cut": 3 } }),
        ]
    );
    let of_trace = own(&shown["labels"]);
    assert_eq!(of_trace[0], json!({ "source": source, "status": "open" }));
    assert_eq!(of_trace[1], json!({ "source": source, "label": { "outcome": "wrong" } }));
    assert_eq!(of_trace[2]["label"]["written"]["text"], "w");
    assert_eq!(of_trace[3], json!({ "source": source, "label": { "tag": "neat" }, "step": "own-4" }));
    assert_eq!(shown["steps"].as_array().unwrap().len(), before["steps"].as_array().unwrap().len());
    let text = home.ends(0, &["show", "--project", &project, "--trace", "word-01-small"]).out;
    assert!(text.contains(r#"[own:ada: {"soft":0.25}]"#), "{text}");
}

#[test]
fn check_finds_and_repairs() {
    let home = Home::new();
    let project = project(&home);
    let whole = home.ends(0, &["check", "--json", "--project", &project]).json();
    assert_eq!(whole["schema"], "stepscope.check/1");
    assert_eq!((&whole["ok"], &whole["repaired"], &whole["problems"]), (&json!(true), &json!([]), &json!([])));

    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    let line = json!({
        "v": 1, "seq": 1, "at": "2026-11-21T10:00:00.000Z", "by": "ada", "gesture": 1,
        "event": { "status_set": { "trace": shown["id"], "status": "done", "before": "open" } },
    });
    let annotations = home.path("p.stepscope/annotations");
    fs::create_dir_all(&annotations).unwrap();
    fs::write(annotations.join("ada.jsonl"), format!("{line}\n{{\"v\":1,\"seq\":2,\"at\"")).unwrap();
    let repaired = home.ends(0, &["check", "--json", "--project", &project]).json();
    assert_eq!(repaired["repaired"].as_array().unwrap().len(), 1, "{repaired}");
    assert_eq!(repaired["repaired"][0]["what"], "torn");
    assert!(repaired["repaired"][0]["file"].as_str().unwrap().ends_with("ada.jsonl"), "{repaired}");
    let again = home.ends(0, &["check", "--json", "--project", &project]).json();
    assert_eq!(again["repaired"], json!([]), "once is enough");
    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    assert!(shown["labels"].to_string().contains("\"done\""), "{}", shown["labels"]);

    // A snapshot that does not fit is made anew; a line that does not fit its checksum, and a schema, are told.
    fs::write(annotations.join("ada.snapshot"), "rubbish").unwrap();
    let again = home.ends(0, &["check", "--json", "--project", &project]).json();
    assert_eq!((&again["repaired"][0]["what"], &again["ok"]), (&json!("snapshot"), &json!(true)), "{again}");
    let again = home.ends(0, &["check", "--json", "--project", &project]).json();
    assert_eq!(again["repaired"], json!([]), "and fits then");
    let log = fs::read_to_string(annotations.join("ada.jsonl")).unwrap();
    let manifest = home.path("p.stepscope/project.toml");
    let schema = fs::read_to_string(&manifest).unwrap();
    fs::write(annotations.join("ada.jsonl"), format!("{log}{{\"v\":2,\"seq\":2,\"sum\":\"00000000\"}}\n")).unwrap();
    fs::write(&manifest, format!("{schema}\n[labels]\nreaders = \"many\"\n")).unwrap();
    let told = home.ends(1, &["check", "--json", "--project", &project]).json();
    let kinds: Vec<_> = told["problems"].as_array().unwrap().iter().map(|found| found["what"].clone()).collect();
    assert_eq!(kinds, ["line", "schema"], "{told}");
    assert!(told["problems"][0]["detail"].as_str().unwrap().contains("does not fit its checksum"), "{told}");
    fs::write(annotations.join("ada.jsonl"), log).unwrap();
    fs::write(&manifest, schema).unwrap();

    let table = home.tables("p.stepscope").join("steps.arrow");
    let bytes = fs::read(&table).unwrap();
    fs::write(&table, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = home.ends(1, &["check", "--json", "--project", &project]);
    assert_eq!(damaged.json()["ok"], false);
    assert!(damaged.json()["problems"].to_string().contains("steps.arrow"), "{}", damaged.out);
    let nothing = home.ends(1, &["check", "--project", &home.arg("nowhere")]);
    assert!(nothing.err.contains("nowhere"), "{}", nothing.err);
}

#[test]
fn wrong_usage_ends_with_2() {
    let home = Home::new();
    let wrong: [&[&str]; 6] = [
        &["inspect"],
        &["import", "x.jsonl"],
        &["show"],
        &["score", "x.jsonl"],
        &["export", "--nonsense"],
        &["frobnicate", "--json"],
    ];
    for args in wrong {
        let ended = home.ends(2, args);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{args:?}");
    }
    assert!(home.ends(0, &["--version"]).out.starts_with("stepscope "));
    for command in ["inspect", "import", "show", "score", "export", "lint", "query", "check", "worker"] {
        assert!(home.ends(0, &["--help"]).out.contains(command), "{command}");
    }
}

#[test]
fn labels_of_a_native_file_are_taken_over_once() {
    let home = Home::new();
    let project = project(&home);
    let shown = home.ends(0, &["show", "--json", "--project", &project, "--trace", "word-01-small"]).json();
    let said = |seq: u64, status: &str, before: &str| {
        let line = json!({
            "v": 1, "seq": seq, "at": "2026-11-21T10:00:00.000Z", "by": "ada", "gesture": seq,
            "event": { "status_set": { "trace": shown["id"], "status": status, "before": before } },
        });
        format!("{line}\n")
    };
    let log = |project: &str| home.path(project).join("annotations/ada.jsonl");
    fs::create_dir_all(log("p.stepscope").parent().unwrap()).unwrap();
    fs::write(log("p.stepscope"), said(1, "done", "open")).unwrap();
    let native = home.arg("native.jsonl");
    home.ends(0, &["export", "--project", &project, "--format", "native", "--out", &native]);

    let second = home.arg("q.stepscope");
    let import = || home.ends(0, &["import", "--json", &native, "--project", &second]);
    // Another window labels as ada: the traces are read, her labels wait.
    let annotations = home.path("q.stepscope/annotations");
    fs::create_dir_all(&annotations).unwrap();
    let lock = fs::File::create(annotations.join("ada.lock")).unwrap();
    lock.lock().unwrap();
    let made = import();
    assert_eq!((&made.json()["labels_taken_over"], &made.json()["traces"]), (&json!(0), &json!(66)));
    assert!(made.err.contains("another window is labelling as “ada”"), "{}", made.err);
    assert!(home.path("q.stepscope/carried.jsonl").exists());
    drop(lock);
    let made = import();
    assert_eq!((&made.json()["labels_taken_over"], made.err.as_str()), (&json!(1), ""));
    assert!(!home.path("q.stepscope/carried.jsonl").exists());
    let made = import();
    assert_eq!((&made.json()["labels_taken_over"], made.err.as_str()), (&json!(0), ""), "nothing new");
    let lines = fs::read_to_string(log("q.stepscope")).unwrap();
    fs::write(log("q.stepscope"), lines + &said(2, "open", "done")).unwrap();
    let made = import();
    assert_eq!(made.json()["labels_taken_over"], json!(0), "what was taken back stays so");
    assert!(made.err.contains("1 labels of the file were left out"), "{}", made.err);
}

#[test]
fn a_source_given_by_a_relative_path_is_not_written_over() {
    let home = Home::new();
    let row = json!({"problem": "1+1?", "steps": ["2"], "labels": [true]}).to_string();
    let (source, other) = (home.write("traces.jsonl", &row), home.write("notes.jsonl", "no trace"));
    let made = home.run(&["import", "traces.jsonl", "notes.jsonl", "--project", "p.stepscope"]);
    assert!(home.path("p.stepscope/project.toml").exists(), "{}", made.err);
    let manifest = fs::read_to_string(home.path("p.stepscope/project.toml")).unwrap();
    assert!(std::path::Path::new(&source).is_absolute() && manifest.contains("/traces.jsonl\""), "{manifest}");
    for target in [&source, &other] {
        let before = fs::read_to_string(target).unwrap();
        home.ends(1, &["export", "--project", "p.stepscope", "--format", "native", "--out", target]);
        assert_eq!(fs::read_to_string(target).unwrap(), before);
    }
}

#[test]
fn a_mapping_reads_what_no_format_knows() {
    let home = Home::new();
    let (file, map, project) = (home.arg("odd.jsonl"), home.arg("odd.toml"), home.arg("p.stepscope"));
    std::fs::write(&file, "{\"q\": \"1+1?\", \"a\": \"x = 1\\ny = 2\", \"bad\": 2}\n").unwrap();
    assert!(home.ends(1, &["inspect", &file]).err.contains("shape that is not known"));
    let text =
        "problem = 'q'\nsteps = 'a'\nsplitter = 'line'\n[labels]\npath = 'bad'\nsays = 'first_error'\nbase = 1\n";
    std::fs::write(&map, text).unwrap();
    let found = home.ends(0, &["inspect", "--json", "--map", &map, &file]).json();
    assert_eq!(
        (&found["format"], &found["steps"], &found["first_error_labels"]),
        (&json!("mapped"), &json!(2), &json!(1))
    );
    home.ends(0, &["import", "--map", &map, &file, "--project", &project]);
    let shown = home.ends(0, &["show", "--json", "--map", &map, &file, "--row", "1"]).json();
    assert_eq!(shown["steps"][1]["labels"][0]["value"], "first_error");
    std::fs::write(&map, "steps = ").unwrap();
    assert!(home.ends(1, &["inspect", "--map", &map, &file]).err.contains("odd.toml"));
    assert_eq!(home.ends(2, &["inspect", "--splitter", "words", &file]).out, "");
}
