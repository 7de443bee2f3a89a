//! The user's own mapping: read by it, guessed, known again.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::import::mapping::{Mapping, guess, paths};
use crate::model::{ScoreKind, Verdict};

fn read_by(mapping: &Mapping, rows: &[Value]) -> (Result<InspectReport, ImportError>, Kept) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let options = ImportOptions { map: Some(Arc::new(mapping.clone())), ..ImportOptions::default() };
    let mut kept = Kept::default();
    (read(&[path], &options, &foreground(), &mut kept), kept)
}

fn toml(text: &str) -> Mapping {
    Mapping::from_toml(text).unwrap()
}

#[test]
fn a_row_is_read_where_the_mapping_points() {
    let mapping = toml(
        r#"
        problem = "task.q"
        steps = "out.moves"
        step_text = "say"
        id = "n"
        generator = "task.by"
        [labels]
        in_step = "ok"
        good = ["yes"]
        bad = ["no"]
        source = "human:ann"
        [[scores]]
        in_step = "p"
        kind = "correctness"
        [outcome]
        path = "win"
        correct = ["W"]
        "#,
    );
    let row = json!({"n": 7, "task": {"q": " 1+1? ", "by": "tiny"}, "win": "W", "more": 1,
        "out": {"moves": [{"say": "a ", "ok": "yes", "p": 0.5}, {"say": "b", "ok": "no"}, {"say": "c", "ok": "eh"}]}});
    let (report, kept) = read_by(&mapping, &[row]);
    assert_eq!(report.unwrap().format, "mapped");
    let trace = &kept.traces[0].1;
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("7"), Some("tiny")));
    assert_eq!((trace.problem.text().as_ref(), texts(trace)), (" 1+1? ", vec!["a ", "b", "c"]));
    assert_eq!(labels(trace), ["0 good human:ann yes", "1 bad human:ann no"]);
    assert_eq!((scores(trace), trace.scores[0].kind), (vec![(Some(0), 0.5)], ScoreKind::Correctness));
    assert_eq!(trace.outcome.verdict, Verdict::Correct);
    assert_eq!(trace.metadata["more"], 1);
    assert!(trace.warnings[0].contains("`eh` of step 3 has no meaning"), "{:?}", trace.warnings);
}

#[test]
fn first_errors_have_a_base_and_a_word_for_none() {
    let mapping =
        toml("problem = 'q'\nsteps = 's'\n[labels]\npath = 'e'\nsays = 'first_error'\nbase = 1\nnone = ['ok']");
    let row = |error: Value| json!({"q": "p", "s": ["a", "b"], "e": error});
    let (_, kept) = read_by(&mapping, &[row(json!(2)), row(json!("ok")), row(json!(0)), row(json!(3))]);
    let found: Vec<Vec<String>> = kept.traces.iter().map(|(_, trace)| labels(trace)).collect();
    assert_eq!(found, [vec!["1 first error dataset 2"], vec!["trace no error dataset ok"], vec![], vec![]]);
    assert_eq!(kept.traces[0].1.labels[0].base, Some(1));
    assert!(kept.traces[3].1.warnings[0].contains("names none of the 2 steps"));
}

#[test]
fn a_text_is_split_and_the_splitter_recorded() {
    let mapping = toml("problem = 'q'\nsteps = 'a'\nsplitter = 'line'");
    let (_, kept) = read_by(&mapping, &[json!({"q": "p", "a": "x\ny"})]);
    assert_eq!((texts(&kept.traces[0].1), kept.traces[0].1.splitter.as_deref()), (vec!["x", "y"], Some("line")));
}

#[test]
fn trees_are_built_whatever_the_order_and_circles_are_cut() {
    let mapping = toml("rows = 'data'\nproblem = 'q'\nsteps = 'n'\nstep_text = 't'\nstep_id = 'i'\nstep_parent = 'p'");
    let node = |id: u32, parent: Value| json!({"i": id, "p": parent, "t": format!("s{id}")});
    let row = |nodes: Vec<Value>| json!({"data": [{"q": "?", "n": nodes}]});
    let nodes = vec![node(3, json!(2)), node(1, Value::Null), node(2, json!(1)), node(4, json!(1)), node(5, json!(9))];
    let (report, kept) = read_by(&mapping, &[row(nodes)]);
    report.unwrap();
    let trace = &kept.traces[0].1;
    assert_eq!(texts(trace), ["s1", "s2", "s3", "s4", "s5"]);
    assert_eq!(parents(trace), [None, Some(0), Some(1), Some(0), None]);
    assert!(trace.warnings[0].contains("continues `9`, which is not there"));
    assert_eq!(trace.steps.iter().map(|s| s.on_path).collect::<Vec<_>>(), [true, true, true, false, false]);
    let (_, kept) = read_by(&mapping, &[row(vec![node(1, json!(2)), node(2, json!(1)), node(3, json!(3))])]);
    assert_eq!(kept.traces[0].1.steps.len(), 3);
    assert_eq!(kept.traces[0].1.warnings.len(), 2, "{:?}", kept.traces[0].1.warnings);
}

#[test]
fn wrong_paths_say_which() {
    let mapping = toml("problem = 'q'\nsteps = 'nowhere.x'");
    let (report, kept) = read_by(&mapping, &[json!({"q": "p"})]);
    assert!(report.unwrap_err().to_string().contains("`nowhere.x`"));
    assert_eq!(kept.rejects.len(), 1);
    let check = |text: &str, expected: &str| {
        let error = Mapping::from_toml(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("problem = 'q'", "`steps` is empty");
    check("steps = 's'\nsplitter = 'words'", "names no splitter");
    check("steps = 's'\n[labels]\nsource = 'x'", "`labels` needs either");
    check("steps = 's'\nstep_id = 'i'", "belong together");
    check("stesp = 's'", "stesp");
}

#[test]
fn the_guess_is_usually_right() {
    let check = |row: Value, expected: &str| {
        let mapping = guess(&Sample { rows: vec![row], ..Sample::default() });
        let labels = mapping.labels.as_ref().map(|l| format!("{}{} {:?} {}", l.path, l.in_step, l.says, l.base));
        let scores: Vec<String> = mapping.scores.iter().map(|s| format!("{}{}", s.path, s.in_step)).collect();
        let outcome = mapping.outcome.as_ref().map_or("", |o| &o.path);
        let found = [
            mapping.rows.as_str(),
            &mapping.problem,
            &mapping.steps,
            &mapping.step_text,
            &mapping.splitter,
            &labels.unwrap_or_default(),
            &scores.join(" "),
            outcome,
            &mapping.id,
            &mapping.generator,
        ];
        assert_eq!(found.join("|"), expected);
        mapping.check().unwrap();
    };
    check(
        json!({"uid": "a", "question": "q?", "thoughts": ["one", "two"], "error_step": 2, "model": "m", "correct": true}),
        "|question|thoughts|||error_step FirstError 1||correct|uid|model",
    );
    check(
        json!({"meta": {"prompt": "q?"}, "nodes": [{"content": "one", "value": 0.5, "rating": 1}]}),
        "|meta.prompt|nodes|content||rating Rating 0|value|||",
    );
    check(
        json!({"data": [{"id": 1, "problem": "q", "cot": "Step 1: a b c d e\nStep 2: f\nStep 3: g", "acc": 0}]}),
        "data|problem|cot||heading|||acc|id|",
    );
    check(
        json!({"x": "what?", "list": ["some longer thought", "and another"], "rewards": [0.5, 0.25]}),
        "|x|list||||rewards|||",
    );
}

#[test]
fn a_saved_mapping_reads_files_of_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, json!({"q": "p", "mine": ["a"]}).to_string()).unwrap();
    let read = |known: Vec<Arc<Mapping>>| {
        let options = ImportOptions { known, ..ImportOptions::default() };
        inspect(std::slice::from_ref(&path), &options, &foreground()).map(|report| report.by_file[0].why.clone())
    };
    assert!(read(Vec::new()).is_err());
    let mut mapping = toml("name = 'mine'\nkeys = ['q', 'mine']\nproblem = 'q'\nsteps = 'mine'");
    assert_eq!(Mapping::from_toml(&mapping.to_toml().unwrap()).unwrap(), mapping);
    assert!(read(vec![Arc::new(mapping.clone())]).unwrap().contains("“mine”"));
    mapping.keys.push("other".into());
    assert!(read(vec![Arc::new(mapping)]).is_err(), "another shape");
}

#[test]
fn paths_are_offered_with_examples() {
    let rows = [json!({"a": null, "b.c": 1}), json!({"a": {"x": "long"}, "s": [{"t": 1}, {"u": 2}]})];
    let found = paths(&rows);
    let found: Vec<String> =
        found.iter().map(|p| format!("{} {} {} {}", p.path, p.kind, p.example, p.entry_keys.join(","))).collect();
    assert_eq!(
        found,
        ["a an object {\"x\":\"long\"} ", "/b.c a number 1 ", "a.x a text long ", "s a list [{\"t\":1},{\"u\":2}] t,u",]
    );
}

#[test]
fn first_traces_stop_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    fs::write(&path, format!("{row}\n").repeat(50)).unwrap();
    let first = first_traces(&[path], 3, &ImportOptions::default(), &foreground()).unwrap();
    assert_eq!((first.traces.len(), first.rejects.len()), (3, 0));
    assert!(matches!(first.traces[0].1.labels.as_slice(), []));
}
