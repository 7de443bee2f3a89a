//! Whole stores: written, read back, interrupted and damaged.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::job::JobContext;
use crate::model::{
    ChatMessage, ImportedLabel, ImportedScore, ImportedValue, Outcome, Problem, Prompt, ScoreKind, SourceRef, Step,
    StepFlag, StepKind, StepRating, ToolCall, Trace, TraceBuilder, TraceId, Verdict,
};

fn project() -> (TempDir, ProjectDir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = ProjectDir::new(folder.path().join("traces.stepscope"));
    (folder, dir)
}

fn write(dir: &ProjectDir, traces: &[Trace]) -> Store {
    let mut writer = StoreWriter::create(dir).unwrap();
    for trace in traces {
        writer.push(trace).unwrap();
    }
    writer.finish(Vec::new()).unwrap()
}

fn chain(problem: &str, texts: &[&str]) -> Trace {
    texts.iter().fold(TraceBuilder::new(Problem::from_text(problem)), |b, t| b.thought(*t)).build()
}

fn error_of<T>(result: Result<T, StoreError>) -> String {
    result.err().map(|e| e.to_string()).unwrap_or_default()
}

/// Equal to the last bit: `Debug` tells NaN apart from nothing, and the bits are compared besides.
fn same(a: &Trace, b: &Trace) -> bool {
    let bits = |trace: &Trace| -> Vec<u64> {
        let labels = trace.labels.iter().filter_map(|l| match l.value {
            ImportedValue::Soft(value) => Some(value.to_bits()),
            _ => None,
        });
        labels
            .chain(trace.scores.iter().map(|s| s.value.to_bits()))
            .chain(trace.outcome.reward.map(f64::to_bits))
            .collect()
    };
    format!("{a:?}") == format!("{b:?}") && bits(a) == bits(b)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("a\0b\u{feff}\r\n".to_owned()),
        Just("twelve bytes".to_owned()),
        Just("x = \\frac{1}{2} ".repeat(40)),
        any::<String>(),
    ]
}

fn any_metadata() -> impl Strategy<Value = crate::model::Metadata> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any_text().prop_map(serde_json::Value::from),
    ];
    prop::collection::vec((any_text(), prop::collection::vec(leaf, 0..3)), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(key, values)| (key, serde_json::Value::from(values))).collect())
}

fn any_problem() -> impl Strategy<Value = Problem> {
    let message = (any_text(), any_text()).prop_map(|(role, content)| ChatMessage { role, content });
    let prompt = prop_oneof![
        any_text().prop_map(Prompt::Text),
        prop::collection::vec(message, 0..3).prop_map(Prompt::Messages),
    ];
    (prompt, prop::option::of(any_text()), prop::option::of(any_text()), any_metadata())
        .prop_map(|(prompt, answer, solution, metadata)| Problem { prompt, answer, solution, metadata })
}

fn any_step() -> impl Strategy<Value = Step> {
    let tool = (any_text(), any_text(), prop::option::of(any_text())).prop_map(|(name, arguments, call_id)| ToolCall {
        name,
        arguments,
        call_id,
    });
    let kind = prop::sample::select(StepKind::ALL.to_vec());
    let flags = prop::sample::subsequence(StepFlag::ALL.to_vec(), 0..=StepFlag::ALL.len());
    let more = (prop::option::of(any_text()), flags, any_metadata());
    let names = (prop::option::of(any_text()), prop::option::of(tool));
    (prop::option::of(0..6_u32), kind, any_text(), names, any::<bool>(), more).prop_map(
        |(parent, kind, text, (author, tool), on_path, (section, flags, metadata))| Step {
            parent,
            kind,
            text,
            author,
            tool,
            on_path,
            section,
            flags,
            metadata,
            ..Step::default()
        },
    )
}

fn any_label() -> impl Strategy<Value = ImportedLabel> {
    let value = prop_oneof![
        Just(ImportedValue::FirstError),
        Just(ImportedValue::NoError),
        Just(ImportedValue::ErrorSomewhere),
        Just(ImportedValue::Preferred),
        Just(ImportedValue::Dispreferred),
        Just(ImportedValue::Tag),
        Just(ImportedValue::Remark),
        prop::sample::select(StepRating::ALL.to_vec()).prop_map(ImportedValue::Rating),
        any::<u64>().prop_map(|bits| ImportedValue::Soft(f64::from_bits(bits))),
    ];
    let words = (prop::option::of(any::<u32>()), prop::option::of(any_text()), prop::option::of(any_text()));
    (prop::option::of(0..8_u32), value, any_text(), any_text(), any_text(), words).prop_map(
        |(step, value, source, field, raw, (base, rationale, correction))| ImportedLabel {
            step,
            value,
            source,
            field,
            raw,
            base,
            rationale,
            correction,
        },
    )
}

fn any_score() -> impl Strategy<Value = ImportedScore> {
    let kind = prop::sample::select(ScoreKind::ALL.to_vec());
    (prop::option::of(0..8_u32), any_text(), kind, any::<u64>()).prop_map(|(step, name, kind, bits)| ImportedScore {
        step,
        name,
        kind,
        value: f64::from_bits(bits),
    })
}

fn any_trace() -> impl Strategy<Value = Trace> {
    let verdict = prop::sample::select(vec![Verdict::Unknown, Verdict::Correct, Verdict::Incorrect]);
    let outcome = (verdict, prop::option::of(any::<u64>().prop_map(f64::from_bits)))
        .prop_map(|(verdict, reward)| Outcome { verdict, reward });
    let source = (any_text(), any::<u64>(), any_text()).prop_map(|(file, row, format)| SourceRef { file, row, format });
    let names = (prop::option::of(any_text()), prop::option::of(any_text()));
    let lists = (
        prop::collection::vec(any_step(), 0..6),
        prop::collection::vec(any_label(), 0..4),
        prop::collection::vec(any_score(), 0..4),
        prop::collection::vec(any_text(), 0..3),
    );
    (any_problem(), names, outcome, source, any_metadata(), lists).prop_map(
        |(problem, (source_id, generator), outcome, source, metadata, (steps, labels, scores, warnings))| {
            let mut builder = TraceBuilder::new(problem);
            let trace = builder.trace_mut();
            *trace = Trace {
                problem: std::mem::take(&mut trace.problem),
                id: TraceId::default(),
                source_id,
                generator,
                outcome,
                steps,
                labels,
                scores,
                metadata,
                source,
                warnings,
                splitter: None,
            };
            builder.build()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_trace_comes_back_as_it_was(traces in prop::collection::vec(any_trace(), 0..6)) {
        let (_folder, dir) = project();
        write(&dir, &traces);
        let store = Store::open(&dir).unwrap();
        prop_assert_eq!(store.len(), traces.len());
        for (row, pushed) in (0..).zip(&traces) {
            let read = store.trace(row).unwrap();
            let mut renamed = pushed.clone();
            renamed.id = read.id.clone();
            prop_assert!(read.id.as_str().starts_with(pushed.id.as_str()));
            prop_assert!(same(&read, &renamed), "{:#?}\n{:#?}", read, renamed);
            prop_assert_eq!(store.row_of(&read.id), Some(row));
            let summary = store.summary(row).unwrap();
            prop_assert_eq!(summary.problem_id, pushed.problem.id());
            prop_assert_eq!(summary.steps as usize, pushed.steps.len());
            prop_assert_eq!(summary.branching, pushed.tree().is_branching());
            let hashes: Vec<_> = pushed.steps.iter().map(|s| s.hash.clone()).collect();
            let tree = pushed.tree();
            let path: Vec<_> =
                tree.main_path(&pushed.steps).iter().map(|&s| pushed.steps[s as usize].hash.clone()).collect();
            prop_assert_eq!(store.main_path_hashes(row), path);
            prop_assert_eq!(store.step_hashes(row), hashes);
        }
        prop_assert_eq!(check(&dir), []);
    }
}

#[test]
fn equal_identities_are_numbered() {
    let (_folder, dir) = project();
    let trace = chain("1+1?", &["2"]);
    let mut second = trace.clone();
    second.id = TraceId::new(format!("{}-2", trace.id));
    let store = write(&dir, &[trace.clone(), second, trace.clone(), trace.clone()]);
    let ids: Vec<String> = (0..4).map(|row| store.summary(row).unwrap().id.to_string()).collect();
    let id = trace.id.as_str();
    assert_eq!(ids, [id.to_owned(), format!("{id}-2"), format!("{id}-3"), format!("{id}-4")]);
    assert_eq!(store.row_of(&TraceId::new(format!("{id}-3"))), Some(2));
}

#[test]
fn a_summary_says_what_the_list_shows() {
    let (_folder, dir) = project();
    let mut builder = TraceBuilder::new(Problem::from_text("What\nis 1+1?")).generator("m").source_id("run/1");
    for (parent, on_path) in [(None, true), (Some(0), false), (Some(0), true)] {
        builder.push(Step { parent, on_path, ..Step::default() });
    }
    builder.label(Some(2), ImportedValue::FirstError, "human", "label", "2");
    let scored = |step, name: &str, value| ImportedScore { step, name: name.into(), kind: ScoreKind::Value, value };
    builder.trace_mut().scores = vec![
        scored(None, "whole", 9.0),
        scored(Some(0), "q", 0.75),
        scored(Some(1), "q", 0.0),
        scored(Some(2), "q", 0.5),
        scored(Some(0), "other", -1.0),
    ];
    builder.trace_mut().warnings = vec!["odd".into()];
    let store = write(&dir, &[builder.build()]);
    let summary = store.summary(0).unwrap();
    assert_eq!(summary.problem, "What is 1+1?");
    assert_eq!(summary.generator.as_deref(), Some("m"));
    assert!(summary.branching);
    assert_eq!(summary.imported_first_error, Some(Mark::At(2)));
    assert_eq!((summary.min_score, summary.last_score), (Some(0.5), Some(0.5)), "main path, first name only");
    assert_eq!(summary.warnings, 1);
    assert_eq!(store.summary(1), None);
    assert!(error_of(store.trace(1)).starts_with("no trace number 1; the project has 1"));
}

#[test]
fn a_trace_is_found_by_identity_name_or_beginning() {
    let (_folder, dir) = project();
    let name = |id: &str, source: &str| Trace {
        id: TraceId::new(id),
        source_id: Some(source.into()),
        ..chain("1+1?", &["2"])
    };
    let store = write(&dir, &[name("abc1", "x"), name("abc2", "y"), name("b", "abc1")]);
    let check = |text: &str, expected: Option<u32>| assert_eq!(store.find(text), expected, "{text}");
    check("abc1", Some(0));
    check("y", Some(1));
    check("abc2", Some(1));
    check("abc", None);
    check("", None);
    check("nothing", None);
    let store = write(&dir, &[name("abc1", "x"), name("b", "y")]);
    assert_eq!(store.find("abc"), Some(0));
}

#[test]
fn text_is_searched_everywhere_it_matters() {
    let (_folder, dir) = project();
    let mut builder = TraceBuilder::new(Problem {
        prompt: Prompt::Messages(vec![ChatMessage { role: "user".into(), content: "Say \"Ünder\"".into() }]),
        ..Problem::default()
    });
    builder = builder.thought("First STEP").source_id("Run-7").generator("Qwen");
    let tool = ToolCall { name: "grep".into(), arguments: "{\"q\": \"Needle\"}".into(), call_id: None };
    builder.push_tool_call(Some(0), String::new(), tool);
    let store = write(&dir, &[builder.build()]);
    for needle in ["say \"ü", "first step", "run-7", "qwen", "grep", "needle", ""] {
        assert!(store.contains_text(0, needle), "{needle}");
    }
    assert!(!store.contains_text(0, "second"));
    assert!(!store.contains_text(1, "first"));
}

#[test]
fn an_unfinished_import_changes_nothing() {
    let (_folder, dir) = project();
    write(&dir, &[chain("1+1?", &["2"])]);
    let mut writer = StoreWriter::create(&dir).unwrap();
    writer.push(&chain("2+2?", &["4"])).unwrap();
    assert!(error_of(StoreWriter::create(&dir)).starts_with("another import into this project is running"));
    drop(writer);
    let store = Store::open(&dir).unwrap();
    assert_eq!((store.len(), store.generation()), (1, 1));
    // What a killed process leaves behind: a folder half written, another renamed but not yet announced.
    fs::create_dir(dir.store().join("gen-2.tmp")).unwrap();
    fs::create_dir(dir.store().join("gen-7")).unwrap();
    let next = write(&dir, &[chain("3+3?", &["6"])]);
    assert_eq!(next.generation(), 2);
    assert_eq!(store.trace(0).unwrap().problem.text(), "1+1?", "an open store keeps its own generation");
    let mut left: Vec<String> =
        fs::read_dir(dir.store()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["gen-2", "lock"]);
}

#[test]
fn unknown_keys_of_the_project_file_stay() {
    let (_folder, dir) = project();
    write(&dir, &[]);
    let text = fs::read_to_string(dir.manifest()).unwrap();
    fs::write(dir.manifest(), format!("title = \"mine\"\n{text}\n[view]\ndark = true\n")).unwrap();
    let store = write(&dir, &[chain("1+1?", &["2"])]);
    assert_eq!((store.len(), store.generation()), (1, 2));
    let table: toml::Table = fs::read_to_string(dir.manifest()).unwrap().parse().unwrap();
    assert_eq!(table["title"].as_str(), Some("mine"));
    assert_eq!(table["view"]["dark"].as_bool(), Some(true));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let (_folder, dir) = project();
    assert!(!Store::exists(&dir));
    assert!(error_of(Store::open(&dir)).starts_with("no project here yet; import traces first: "));
    write(&dir, &[chain("1+1?", &["2"])]);
    let good = fs::read_to_string(dir.manifest()).unwrap();
    let check = |text: &str, expected: &str| {
        fs::write(dir.manifest(), text).unwrap();
        let error = error_of(Store::open(&dir));
        assert!(error.contains(expected), "{error}");
        assert_eq!(super::check(&dir).len(), 1);
    };
    check(&good.replace("stepscope.project/2", "stepscope.project/9"), "use a newer Stepscope");
    assert!(matches!(StoreWriter::create(&dir), Err(StoreError::Newer { .. })), "a newer project is left alone");
    check("schema = 3", "it does not say which format it is");
    check("[[", "import the sources again");
    drop(StoreWriter::create(&dir).unwrap());
    fs::write(dir.manifest(), &good).unwrap();
    assert_eq!(Store::open(&dir).unwrap().generation(), 1, "a repaired project file brings the tables back");
    check("[[", "import the sources again");
    let store = write(&dir, &[chain("2+2?", &["4"])]);
    assert_eq!(store.len(), 1, "importing again is a remedy");
    assert_eq!(fs::read_to_string(dir.manifest().with_extension("toml.damaged")).unwrap(), "[[");
}

#[test]
fn damaged_tables_are_named() {
    let (_folder, dir) = project();
    let path = |name: &str| -> PathBuf { dir.generation(1).join(name) };
    write(&dir, &[chain("1+1?", &["2"])]);
    let check = |name: &str, change: &dyn Fn(&Path), expected: &str| {
        let path = path(name);
        let good = fs::read(&path).unwrap();
        change(&path);
        let error = error_of(Store::open(&dir));
        assert!(
            error.contains(expected) && error.contains(name) && error.contains("import the sources again"),
            "{error}"
        );
        let found = super::check(&dir);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].file, path);
        fs::write(&path, good).unwrap();
        assert!(Store::open(&dir).is_ok());
    };
    for name in ["problems.arrow", "traces.arrow", "steps.arrow", "labels.arrow", "scores.arrow"] {
        check(name, &|path| fs::remove_file(path).unwrap(), "os error 2");
        check(name, &|path| fs::write(path, "").unwrap(), "0 bytes instead of");
        check(name, &|path| fs::write(path, &fs::read(path).unwrap()[1..]).unwrap(), "bytes instead of");
        let flip = |path: &Path, at: fn(usize) -> usize| {
            let mut bytes = fs::read(path).unwrap();
            let at = at(bytes.len());
            bytes[at] ^= 0xff;
            fs::write(path, bytes).unwrap();
        };
        check(name, &|path| flip(path, |length| length - 20), "its content changed");
        check(name, &|path| flip(path, |length| length / 3), "its content changed");
    }
}

#[test]
fn rejects_are_kept() {
    let (_folder, dir) = project();
    let mut writer = StoreWriter::create(&dir).unwrap();
    let reject = Reject { file: "a.jsonl".into(), row: 3, reason: "not JSON".into(), text: "{\n\0".into() };
    writer.reject(&reject).unwrap();
    let store = writer.finish(Vec::new()).unwrap();
    assert_eq!((store.rejects().unwrap(), store.rejected()), (vec![reject], 1));
    assert_eq!(check(&dir), []);
}

#[test]
fn changed_sources_are_noticed() {
    let (folder, dir) = project();
    let ctx = JobContext::foreground(None);
    let source = folder.path().join("traces.jsonl");
    fs::write(&source, "abc").unwrap();
    let sha256 = sha256_file(&source, &ctx).unwrap();
    assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let path = source.to_str().unwrap().to_owned();
    let entry = SourceEntry { path, sha256, bytes: 3, format: "steps".into(), traces: 1, ..SourceEntry::default() };
    let store = StoreWriter::create(&dir).unwrap().finish(vec![entry.clone()]).unwrap();
    assert_eq!(Store::open(&dir).unwrap().sources(), [entry]);
    assert!(store.is_current(&[&source], &ctx).unwrap());
    assert!(!store.is_current(&[&source, &source], &ctx).unwrap());
    for changed in ["abd", "abcd"] {
        fs::write(&source, changed).unwrap();
        assert!(!store.is_current(&[&source], &ctx).unwrap());
    }
    fs::remove_file(&source).unwrap();
    assert!(!store.is_current(&[&source], &ctx).unwrap());
}

#[test]
fn equal_problems_are_stored_once() {
    let (_folder, dir) = project();
    let text = "long ".repeat(100_000);
    let traces: Vec<Trace> = ["a", "b", "c"].iter().map(|step| chain(&text, &[step])).collect();
    write(&dir, &traces);
    let bytes = fs::metadata(dir.generation(1).join("problems.arrow")).unwrap().len();
    assert!((500_000..600_000).contains(&bytes), "{bytes}");
}

/// How many bytes are mapped from files of that name, and how many of them were read; `None` on other systems.
fn mapped_bytes(path: &Path) -> Option<(u64, u64)> {
    let smaps = fs::read_to_string("/proc/self/smaps").ok()?;
    let name = path.to_str()?;
    let mut sums = (0, 0);
    let mut inside = false;
    for line in smaps.lines() {
        let kib = |rest: &str| rest.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024;
        if let Some(rest) = line.strip_prefix("Size:") {
            sums.0 += if inside { kib(rest) } else { 0 };
        } else if let Some(rest) = line.strip_prefix("Rss:") {
            sums.1 += if inside { kib(rest) } else { 0 };
        } else if line.contains('-') && line.split(' ').next().is_some_and(|range| !range.ends_with(':')) {
            inside = line.ends_with(name);
        }
    }
    Some(sums)
}

#[test]
fn a_large_store_is_mapped_and_not_read() {
    let (_folder, dir) = project();
    let text = "All work and no play makes a long step. ".repeat(25_000);
    let mut writer = StoreWriter::create(&dir).unwrap();
    for row in 0..48 {
        let mut trace = chain("1+1?", &[]);
        trace.id = TraceId::new(format!("t{row}"));
        trace.steps = vec![Step { text: format!("{row} {text}"), ..Step::default() }];
        writer.push(&trace).unwrap();
    }
    drop(writer.finish(Vec::new()).unwrap());
    let store = Store::open(&dir).unwrap();
    if let Some((mapped, read)) = mapped_bytes(&dir.generation(1).join("steps.arrow")) {
        assert!(mapped > 48_000_000, "{mapped} bytes are mapped");
        assert!(read < 4 << 20, "opening read {read} bytes");
    }
    assert!(store.trace(47).unwrap().steps[0].text.starts_with("47 All work"));
    assert!(store.trace(0).unwrap().steps[0].text.starts_with("0 All work"));
}

#[test]
fn problems_that_recur_are_joined_by_content() {
    let (_folder, dir) = project();
    let mut other = chain("1+1?", &["x"]);
    other.problem.answer = Some("2".into());
    let store =
        write(&dir, &[chain("1+1?", &["a"]), chain("", &["b"]), chain("2+2?", &["c"]), other, chain("", &["d"])]);
    let rows: Vec<Vec<u32>> = (0..6).map(|row| store.rows_of_problem(row)).collect();
    assert_eq!(rows, [vec![0, 3], vec![1], vec![2], vec![0, 3], vec![4], vec![]]);
    assert_eq!(store.rows_with_problem(&Problem::from_text("2+2?").id()), [2]);
    assert!(store.rows_with_problem(&Problem::from_text("").id()).is_empty(), "an empty prompt joins nothing");
    let tree = store.prefix_tree(3, &JobContext::foreground(None)).unwrap();
    assert_eq!(tree.attempts.iter().map(|attempt| attempt.row).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(tree.nodes.iter().map(|node| node.text.as_str()).collect::<Vec<_>>(), ["a", "x"]);
}

/// Texts of which some stand beside the buffers, some run into each other and some are long.
fn words() -> impl Strategy<Value = String> {
    let word =
        prop::sample::select(vec!["ab", "AB", "aab", "b", "\u{e9}t\u{e9}", "\u{c9}T\u{c9}", " ", "xxxxxxxxxxxx"]);
    prop::collection::vec(word, 0..6).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_search_finds_what_is_there(
        traces in prop::collection::vec((words(), prop::collection::vec(words(), 0..5)), 0..9),
        needles in prop::collection::vec(words(), 1..3),
    ) {
        let traces: Vec<Trace> = traces
            .iter()
            .map(|(problem, texts)| chain(problem, &texts.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        let (_folder, dir) = project();
        let store = write(&dir, &traces);
        let needles: Vec<String> = needles.iter().map(|needle| needle.to_lowercase()).collect();
        let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
        let found: Vec<usize> = store.search(&needles, &JobContext::foreground(None)).unwrap().iter().collect();
        let holds = |trace: &Trace, needle: &str| {
            let texts = trace.steps.iter().map(|step| step.text.to_lowercase());
            trace.problem.text().to_lowercase().contains(needle) || texts.into_iter().any(|text| text.contains(needle))
        };
        let rows = (0..).zip(&traces).filter(|(_, trace)| needles.iter().all(|needle| holds(trace, needle)));
        prop_assert_eq!(found, rows.map(|(row, _)| row).collect::<Vec<usize>>());
    }
}
