//! Parts of the data, what is tested with elsewhere, and the same export again from its manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::export::split::{Decontamination, Overlap, SplitAsked, SplitPart};
use crate::export::{
    ExportError, ExportOptions, ExportReport, FORMATS, Manifest, Scope, manifest_path, read_manifest, write,
};
use crate::job::JobContext;
use crate::labels::{Corpus, LabelSource, Selection};
use crate::model::{Problem, TraceId, Verdict};

use super::source::{Project, chain, import, options, tree};

pub(super) fn export(source: &dyn Corpus, options: &ExportOptions, out: &Path) -> Result<ExportReport, ExportError> {
    write(source, options, out, &JobContext::foreground(None), crate::model::Timestamp(0), "0.1.0")
}

/// Problems in words of their own, each with two attempts, labelled in the data; the last says what the first says.
pub(super) fn problems(count: usize) -> Project {
    let mut project = Project::default();
    for number in 0..count {
        let words = ["apples", "pears", "coins", "stones"][number % 4];
        let text = match number {
            last if last + 1 == count && count > 1 => "how many apples do 0 people have if each has 3?".into(),
            _ => format!("How many {words} do {number} people have, if each has 3?"),
        };
        for attempt in 0..2 {
            let mut trace = if attempt == 0 { chain(3) } else { tree(&[(None, "x"), (Some(0), "y"), (Some(0), "z")]) };
            trace.id = TraceId::new(format!("t{number}-{attempt}"));
            trace.source_id = Some(format!("p{number}-{attempt}"));
            trace.problem = Problem::from_text(text.clone());
            trace.source.file = format!("file-{}.jsonl", number % 2);
            trace.outcome.verdict = if attempt == 0 { Verdict::Incorrect } else { Verdict::Correct };
            import(&mut trace, "human:zoe", "++-");
            for label in &mut trace.labels {
                label.rationale = Some("because".into());
            }
            project.traces.push(trace);
        }
    }
    project
}

fn asked(ratios: &str) -> SplitAsked {
    SplitAsked { ratios: SplitAsked::ratios(ratios).unwrap(), ..SplitAsked::default() }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            names.extend(self::names(&path).into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn manifest(path: &Path) -> Manifest {
    read_manifest(path).unwrap()
}

#[test]
fn parts_are_files_of_their_own_and_share_no_problem() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let project = problems(21);
    let options =
        ExportOptions { split: Some(asked("train=0.8,validation=0.1,test=0.1")), ..options("trl_stepwise", &[]) };
    let report = export(&project, &options, &out).unwrap();
    let parts = ["rows-test.jsonl", "rows-train.jsonl", "rows-validation.jsonl"];
    assert_eq!(names(folder.path()), [&parts[..], &["rows.jsonl.manifest.json"]].concat());
    let prompts = |part: &str| -> BTreeSet<String> {
        let words = |row: &Value| row["prompt"].as_str().unwrap().to_lowercase().replace(',', "");
        lines(&folder.path().join(format!("rows-{part}.jsonl"))).iter().map(words).collect()
    };
    let (train, validation, test) = (prompts("train"), prompts("validation"), prompts("test"));
    assert!(train.is_disjoint(&validation) && train.is_disjoint(&test) && validation.is_disjoint(&test));
    assert_eq!((train.len() + validation.len() + test.len(), report.rows), (20, 63));
    assert_eq!(report.parts[&SplitPart::Test].rows, 6, "a tenth of the rows");
    assert_eq!(report.parts.values().map(|part| part.rows).sum::<u64>(), 63);
    let made = manifest(&manifest_path(&out));
    let split = made.split.unwrap();
    assert_eq!((split.made.joined.len(), split.asked.seed), (1, 0), "what says the same stays together");
    let part_rows: BTreeMap<_, _> = made.files.iter().map(|file| (file.part.unwrap(), file.rows)).collect();
    assert_eq!(part_rows, split.made.rows);
    let shown = report.to_string();
    assert!(shown.contains("\nsplit     train 51 rows of 17 problems, validation 6"), "{shown}");
    // Another seed, another division; the same one, the same bytes.
    let read = || fs::read(folder.path().join("rows-test.jsonl")).unwrap();
    let before = read();
    export(&project, &options, &out).unwrap();
    assert_eq!(read(), before);
    let seeded = ExportOptions { split: options.split.clone().map(|split| SplitAsked { seed: 5, ..split }), ..options };
    export(&project, &seeded, &out).unwrap();
    assert_ne!(read(), before);
}

#[test]
fn lists_name_problems_by_text_or_identity() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let project = problems(5);
    let id = project.traces[2].problem.id();
    let list = vec!["how many COINS do 2 people have if each has 3".into(), id.as_str().into(), "nothing".into()];
    let split =
        SplitAsked { lists: [(SplitPart::Test, list)].into(), ratios: BTreeMap::new(), ..SplitAsked::default() };
    let options = ExportOptions { split: Some(split), ..options("trl_stepwise", &[]) };
    let report = export(&project, &options, &out).unwrap();
    assert_eq!(report.unknown_problems, ["nothing"]);
    assert_eq!(report.parts[&SplitPart::Test].problems, 2, "{report}");
    assert_eq!(names(folder.path()), ["rows-test.jsonl", "rows-train.jsonl", "rows.jsonl.manifest.json"]);
    for wrong in ["train", "train=x", "all=1", "train=0,test=0", "train=-1", "train=1,train=1", "train=inf"] {
        assert!(SplitAsked::ratios(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_folder_for_the_hub_has_a_card() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("new").join("set");
    let project = problems(8);
    let options = ExportOptions {
        split: Some(asked("train=0.5,test=0.5")),
        hub: Some("jsonl".into()),
        pseudonyms: Some(String::new()),
        ..options("trl_stepwise", &[])
    };
    let report = export(&project, &options, &out).unwrap();
    let files = ["README.md", "data/test-00000-of-00001.jsonl", "data/train-00000-of-00001.jsonl", "manifest.json"];
    assert_eq!(names(&out), files);
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    let front = card.strip_prefix("---\n").unwrap().split("\n---\n").next().unwrap();
    for expected in [
        "# license: choose one",
        "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*.jsonl\n  - split: test",
        "size_categories:\n- n<1K",
        "  features:\n  - name: \"prompt\"\n    dtype: string\n  - name: \"completions\"\n    list: string\n  - name: \"labels\"\n    list: bool\n",
        "  splits:\n  - name: train\n",
        "    num_examples: 12\n",
    ] {
        assert!(front.contains(expected), "{expected}\n{card}");
    }
    assert!(card.contains("| train | 12 |") && card.contains("`after_error`: `cut`"), "{card}");
    let made = manifest(&out.join("manifest.json"));
    assert_eq!(made.files[0].file, "data/train-00000-of-00001.jsonl");
    assert_eq!(
        (made.out(&out.join("manifest.json")), report.manifest),
        (out.clone(), out.join("manifest.json").display().to_string())
    );
    // Parts of an export before are gone, files of others stay.
    fs::write(out.join("data").join("mine.txt"), "mine").unwrap();
    let whole = ExportOptions { split: None, ..options };
    export(&project, &whole, &out).unwrap();
    assert_eq!(names(&out), ["README.md", "data/mine.txt", "data/train-00000-of-00001.jsonl", "manifest.json"]);
    // What fails leaves no folder.
    let nowhere = folder.path().join("other");
    let own = ExportOptions { labels: Some(LabelSource::Scorer { name: "no".into(), threshold: 0.5 }), ..whole };
    export(&project, &own, &nowhere).unwrap_err();
    assert!(!nowhere.exists());
}

#[test]
fn test_problems_are_removed_and_listed() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let project = problems(6);
    let (texts, rows) = (folder.path().join("tests.txt"), folder.path().join("bench.jsonl"));
    fs::write(&texts, "Quite another problem\n\nHow many pears do 1 people have, if each has 3?\n").unwrap();
    fs::write(&rows, "{\"question\":\"how many COINS do 2 people have if each has 3\"}\n").unwrap();
    let options = ExportOptions { decontaminate: vec![texts.clone(), rows], ..options("trl_stepwise", &[]) };
    let report = export(&project, &options, &out).unwrap();
    let removed = report.removed.clone().unwrap();
    assert_eq!((removed.problems, removed.rows, report.rows), (2, 6, 12));
    assert!(report.to_string().contains("\nremoved   2 problems with 6 rows, listed in "), "{report}");
    let list: Decontamination = serde_json::from_str(&fs::read_to_string(&removed.report).unwrap()).unwrap();
    assert_eq!((list.schema.as_str(), list.tests.len()), ("stepscope.decontamination/1", 2));
    let pears = &list.removed[0];
    assert_eq!((&pears.reason, pears.test_number, pears.rows), (&Overlap::Equal, 2, 3));
    assert_eq!((pears.text.as_str(), pears.test_text.as_str()), (pears.test_text.as_str(), pears.text.as_str()));
    assert_eq!(pears.test_file, texts.display().to_string());
    let written = fs::read_to_string(&out).unwrap();
    assert!(!written.contains("pears do 1") && written.contains("apples"), "{written}");
    assert_eq!(manifest(&manifest_path(&out)).decontamination.unwrap().report, "rows.jsonl.decontamination.json");
    // Without test problems the list of the export before is gone.
    let plain = ExportOptions { decontaminate: Vec::new(), ..options.clone() };
    export(&project, &plain, &out).unwrap();
    assert!(!Path::new(&removed.report).exists());
    fs::write(&texts, "\n").unwrap();
    let message = export(&project, &options, &out).unwrap_err().to_string();
    assert!(message.starts_with("no problem to test with is found"), "{message}");
}

#[test]
fn near_test_problems_are_told_with_the_nearest() {
    let word = |at: usize| format!("word{at}");
    let text = |changed: &[usize]| {
        let all = (0..12).map(|at| if changed.contains(&at) { format!("other{at}") } else { word(at) });
        all.collect::<Vec<_>>().join(" ")
    };
    let problem =
        |text: String| crate::export::split::SplitProblem { id: crate::model::ProblemId::new("p"), text, rows: 1 };
    let tests = [text(&[3, 8]), text(&[11]), text(&[0])];
    let find = |near: f64| {
        let found =
            crate::export::split::decontaminate(&[problem(text(&[]))], &tests, near, &JobContext::foreground(None));
        found.unwrap().into_iter().map(|one| (one.test, one.overlap)).collect::<Vec<_>>()
    };
    assert_eq!(find(0.8), [(1, Overlap::Near(9.0 / 11.0))]);
    assert!(find(0.9).is_empty() && find(2.0).is_empty());
}

#[test]
fn an_export_is_made_again_from_its_manifest_byte_for_byte() {
    let folder = TempDir::new().unwrap();
    let tests = folder.path().join("tests.txt");
    fs::write(&tests, "How many pears do 1 people have, if each has 3?\n").unwrap();
    let mut project = problems(12);
    project.says("ann").note = "a note".into();
    for format in FORMATS {
        for (name, hub, shard_bytes) in [
            ("rows.jsonl", None, None),
            ("rows.jsonl.gz", None, Some(600)),
            ("set", Some("jsonl.zst".to_owned()), None),
        ] {
            let out = folder.path().join(format.name()).join(name);
            fs::create_dir_all(out.parent().unwrap()).unwrap();
            let mut options = ExportOptions::new(format.name()).unwrap();
            options.labels = Some(LabelSource::Imported(None)).filter(|_| format.scope() != Scope::Trace);
            options.split = Some(SplitAsked { seed: 3, ..asked("train=0.5,validation=0.3,test=0.2") });
            options.decontaminate = vec![tests.clone()];
            options.pseudonyms = Some("key".into());
            options.selection = Some("all of it".into());
            (options.hub, options.shard_bytes) = (hub, shard_bytes);
            let place = format!("{} {name}", format.name());
            let report = match export(&project, &options, &out) {
                Ok(report) => report,
                // These need scores of a search, or a template.
                Err(ExportError::NothingToWrite { .. })
                    if ["rstar_pairs", "mc_tree", "house"].contains(&format.name()) =>
                {
                    continue;
                }
                Err(error) => panic!("{place}: {error}"),
            };
            let before = manifest(Path::new(&report.manifest));
            let again = before.options(Some("key")).unwrap();
            assert_eq!(before.changes(&project, &again, "0.1.0").unwrap(), [""; 0], "{place}");
            let other = folder.path().join(format.name()).join("again").join(name);
            fs::create_dir_all(other.parent().unwrap()).unwrap();
            let report = export(&project, &again, &other).unwrap();
            let after = manifest(Path::new(&report.manifest));
            let lists = |manifest: Manifest| Manifest { labels_asked: None, ..manifest };
            assert_eq!(lists(after), lists(before), "{place}");
            for file in &report.files {
                let file = PathBuf::from(file);
                let first = out.parent().unwrap().join(file.strip_prefix(other.parent().unwrap()).unwrap());
                assert_eq!(fs::read(&file).unwrap(), fs::read(&first).unwrap(), "{place}: {}", first.display());
            }
            assert!(before_key(&again).is_err(), "the key is not kept");
        }
    }
}

fn before_key(options: &ExportOptions) -> Result<(), ExportError> {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("r.jsonl");
    let options =
        ExportOptions { decontaminate: Vec::new(), hub: None, shard_bytes: None, split: None, ..options.clone() };
    export(&problems(4), &options, &out)?;
    manifest(&manifest_path(&out)).options(None).map(|_| ())
}

#[test]
fn what_has_changed_since_is_told() {
    use crate::labels::{RecordFile, RecordKind, SourceFile};
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let file =
        |path: &str, sha256: &str| SourceFile { path: path.into(), sha256: sha256.into(), ..SourceFile::default() };
    let log = |name: &str, sha256: &str, bytes| RecordFile {
        kind: RecordKind::Annotations,
        name: name.into(),
        sha256: sha256.into(),
        bytes,
    };
    let mut project = problems(3);
    project.sources = vec![file("a", "1"), file("b", "2")];
    project.provenance.records = vec![log("ann", "1", 10), log("bo", "2", 20)];
    project.provenance.label_schema = Some(2);
    export(&project, &options("native", &[]), &out).unwrap();
    let before = manifest(&manifest_path(&out));
    assert_eq!(before.records, project.provenance.records);
    project.sources = vec![file("a", "3"), file("c", "4")];
    project.provenance.records = vec![log("ann", "5", 30), log("cy", "6", 1)];
    project.provenance.label_schema = Some(3);
    let changes = before.changes(&project, &before.options(None).unwrap(), "0.2.0").unwrap();
    assert_eq!(
        changes,
        [
            "a source has been read again and is another: a",
            "a source is no longer in the project: b",
            "a source is new: c",
            "the label schema is revision 3, not 2",
            "labels of ann have changed: 30 bytes, 10 before",
            "there are no labels of bo any more",
            "there are new labels of cy",
            "this is Stepscope 0.2.0, not 0.1.0",
        ]
    );
    let text = fs::read_to_string(manifest_path(&out)).unwrap().replace("stepscope.manifest/2", "stepscope.manifest/9");
    fs::write(manifest_path(&out), text).unwrap();
    let message = read_manifest(&manifest_path(&out)).unwrap_err().to_string();
    assert!(message.contains("its schema is `stepscope.manifest/9`"), "{message}");
}

#[test]
fn the_manifest_counts_by_source_and_by_who_labelled() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let mut project = problems(3).label("++-", None);
    let imported = ExportOptions { labels: Some(LabelSource::Imported(None)), ..options("trl_stepwise", &[]) };
    export(&project, &imported, &out).unwrap();
    let origins = manifest(&manifest_path(&out)).origins;
    let json = serde_json::to_value(&origins).unwrap();
    assert_eq!(json["by_source"]["file-0.jsonl"], serde_json::json!({"bad": 4, "good": 10, "rows": 6, "traces": 4}));
    assert_eq!(json["by_label_source"]["human:zoe"], serde_json::json!({"bad": 6, "good": 12, "traces": 6}));
    assert_eq!(json["by_annotator"], serde_json::json!({}), "her labels were not used");
    project.says("bo").note = "not labelled".into();
    export(&project, &options("trl_stepwise", &[]), &out).unwrap();
    let json = serde_json::to_value(manifest(&manifest_path(&out)).origins).unwrap();
    assert_eq!(json["by_annotator"], serde_json::json!({"ann": {"bad": 1, "done": 0, "good": 2, "traces": 1}}));
    assert_eq!(json["by_label_source"], serde_json::json!({}));
}

#[test]
fn a_selection_counts_its_rows_and_keeps_the_label_source() {
    let mut project = problems(3).label("++-", None);
    project.traces.swap(0, 5);
    let some = Selection::new(&project, vec![4, 1, 99]);
    assert_eq!(
        (some.len(), some.trace(0).unwrap().id, some.trace(2).is_err()),
        (2, project.traces[4].id.clone(), true)
    );
    assert_eq!(some.problem(1).unwrap(), project.traces[1].problem.id());
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    // The selection has no trace of ann's, and yet her labels are meant.
    let error = export(&some, &options("trl_stepwise", &[]), &out).unwrap_err().to_string();
    assert_eq!(error, "no row to write: all 2 traces are left out: 2 without labels");
    let options = ExportOptions {
        selection: Some("row < 5".into()),
        labels: Some(LabelSource::Imported(None)),
        ..options("processbench", &[])
    };
    export(&some, &options, &out).unwrap();
    let made = manifest(&manifest_path(&out));
    assert_eq!((made.rows, made.traces, made.selection.as_deref()), (2, 2, Some("row < 5")));
}

#[test]
fn a_preview_counts_what_is_written() {
    let folder = TempDir::new().unwrap();
    let tests = folder.path().join("tests.txt");
    fs::write(&tests, "How many pears do 1 people have, if each has 3?\n").unwrap();
    let mut project = problems(12);
    for at in [3, 4] {
        project.traces[at].labels.clear();
    }
    let mut split = asked("train=0.5,test=0.5");
    split.lists.insert(SplitPart::Test, vec!["nobody asks this".into()]);
    let options = ExportOptions { split: Some(split), decontaminate: vec![tests], ..options("trl_stepwise", &[]) };
    let shown = crate::export::preview(&project, &options, 1, &JobContext::foreground(None)).unwrap();
    let report = export(&project, &options, &folder.path().join("rows.jsonl")).unwrap();
    assert_eq!((shown.rows, &shown.counts, &shown.parts), (report.rows, &report.counts, &report.parts));
    assert_eq!(
        (shown.left_out_total, &shown.left_out_by_rule),
        (report.left_out.len() as u64, &report.left_out_by_rule)
    );
    assert_eq!(shown.unknown_problems, report.unknown_problems);
    let removed = shown.removed.unwrap();
    assert_eq!((removed.rows(), removed.removed.len() as u64), (report.removed.as_ref().unwrap().rows, 1));
    // Of each rule the first, and the traces of all.
    assert_eq!((shown.sample.len(), shown.sample_of.len(), shown.left_out.len()), (1, 1, shown.left_out_by_rule.len()));
    let all: Vec<&TraceId> = report.left_out.iter().map(|one| &one.trace).collect();
    assert_eq!(shown.left_out_traces.values().flatten().collect::<Vec<_>>(), all);
}

#[test]
fn picked_traces_are_named_in_the_manifest() {
    let folder = TempDir::new().unwrap();
    let project = problems(4);
    let picked = vec![project.traces[1].id.clone()];
    let options = ExportOptions { picked: Some(picked.clone()), ..options("processbench", &[]) };
    let some = Selection::new(&project, vec![1]);
    let report = export(&some, &options, &folder.path().join("rows.jsonl")).unwrap();
    assert_eq!(report.rows, 1);
    let manifest = read_manifest(Path::new(&report.manifest)).unwrap();
    assert_eq!((&manifest.picked, manifest.options(None).unwrap().picked), (&Some(picked.clone()), Some(picked)));
}
