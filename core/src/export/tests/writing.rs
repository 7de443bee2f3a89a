//! Files: in place at once or not at all, described by a manifest, never over a source.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::export::{ExportError, ExportReport, Manifest, manifest_path, write};
use crate::job::{Job, JobContext, Outcome};
use crate::labels::SourceFile;
use crate::model::Timestamp;

use super::source::{Project, chain, options};

fn export(project: &Project, format: &str, out: &Path) -> Result<ExportReport, ExportError> {
    write(project, &options(format, &[]), out, &JobContext::foreground(None), Timestamp(0), "0.1.0")
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_and_its_manifest() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let mut project = Project::of(chain(3)).label("", Some(1));
    let mut unlabelled = chain(2);
    unlabelled.id = crate::model::TraceId::new("other");
    project.traces.push(unlabelled);
    project.sources = vec![SourceFile { path: "a.jsonl".into(), sha256: "00".into(), format: "x".into(), traces: 2 }];
    let report = export(&project, "trl_stepwise", &out).unwrap();

    assert_eq!(names(&folder), ["rows.jsonl", "rows.jsonl.manifest.json"]);
    let text = fs::read_to_string(&out).unwrap();
    assert_eq!(text, "{\"prompt\":\"1+1?\",\"completions\":[\"a\",\"b\"],\"labels\":[true,false]}\n");
    let manifest: Manifest = serde_json::from_str(&fs::read_to_string(manifest_path(&out)).unwrap()).unwrap();
    let digest = format!("{:x}", Sha256::digest(text.as_bytes()));
    assert_eq!((manifest.sha256, manifest.bytes, manifest.rows), (digest, text.len() as u64, 1));
    assert_eq!(manifest.sources, project.sources);
    assert_eq!(manifest.policy["after_error"], "cut");
    assert_eq!((manifest.labels_asked, manifest.labels.unwrap().to_string()), (None, "own:ann".to_owned()));
    assert_eq!(manifest.created_at, Timestamp(0));

    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["schema"], "stepscope.export/1");
    assert_eq!(json["left_out"][0]["trace"], "other");
    assert_eq!(json["left_out"][0]["reason"], "ann has not labelled it");
    assert_eq!(json["counts"], serde_json::json!({"bad": 1, "good": 1}));
    let path = out.display().to_string();
    let expected = format!(
        "1 rows as trl_stepwise in {path}\ncounts    1 bad, 1 good\nlabels    own:ann\n\
         left out  1: 1 without labels\nmanifest  {path}.manifest.json"
    );
    assert_eq!(report.to_string(), expected);
}

#[test]
fn the_same_state_gives_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let mut written = Vec::new();
    for _ in 0..2 {
        let mut project = Project::of(chain(6)).label("+0-?+-", None);
        project.says("bo").note = "n".into();
        let out = folder.path().join("n.jsonl");
        export(&project, "native", &out).unwrap();
        written.push((fs::read(&out).unwrap(), fs::read(manifest_path(&out)).unwrap()));
    }
    assert!(written[0] == written[1]);
}

#[test]
fn a_stopped_export_leaves_the_old_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    fs::write(&out, "old").unwrap();
    let mut project = Project::of(chain(3)).label("", Some(1));
    project.traces = vec![project.traces[0].clone(); 200_000];
    let (started, has_started) = channel();
    let target = out.clone();
    let mut job = Job::spawn("export", Arc::new(|| {}), move |ctx| {
        started.send(()).ok();
        Ok(write(&project, &options("native", &[]), &target, ctx, Timestamp(0), "0.1.0")?)
    })
    .unwrap();
    has_started.recv_timeout(Duration::from_secs(10)).unwrap();
    job.cancel();
    let outcome = loop {
        if let Some(outcome) = job.poll() {
            break outcome;
        }
    };
    assert!(matches!(outcome, Outcome::Cancelled));
    assert_eq!(fs::read_to_string(&out).unwrap(), "old");
    assert_eq!(names(&folder), ["rows.jsonl"]);
}

#[test]
fn no_rows_is_an_error_that_says_why() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let error = export(&Project::of(chain(2)), "trl_stepwise", &out).unwrap_err();
    assert_eq!(error.to_string(), "no row to write: all 1 traces are left out: 1 without labels");
    assert!(names(&folder).is_empty());
    export(&Project::default(), "native", &out).unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), "");
}

#[test]
fn sources_are_never_written_over() {
    let folder = TempDir::new().unwrap();
    let traces = folder.path().join("traces.jsonl");
    fs::write(&traces, "source").unwrap();
    let mut project = Project::of(chain(2)).label("++", None);
    let path = traces.display().to_string();
    project.sources = vec![SourceFile { path, ..SourceFile::default() }];
    let around = folder.path().join(".").join("traces.jsonl");
    for out in [&traces, &around] {
        assert!(matches!(export(&project, "native", out), Err(ExportError::Protected { .. })));
    }
    assert_eq!(fs::read_to_string(&traces).unwrap(), "source");
    assert_eq!(names(&folder), ["traces.jsonl"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let project = Project::of(chain(2)).label("++", None);
    for out in [folder.path().to_path_buf(), folder.path().join("missing").join("rows.jsonl")] {
        let message = export(&project, "native", &out).unwrap_err().to_string();
        assert!(message.starts_with("writing failed: "), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn an_export_is_as_readable_as_any_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let (out, plain) = (folder.path().join("rows.jsonl"), folder.path().join("plain"));
    fs::write(&plain, "").unwrap();
    export(&Project::of(chain(2)).label("++", None), "native", &out).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&out), mode(&plain));
}

/// The project of `count` traces with different problems, all labelled.
fn many(count: usize) -> Project {
    let mut project = Project::default();
    for number in 0..count {
        let mut trace = chain(3);
        trace.id = crate::model::TraceId::new(format!("t{number}"));
        trace.problem = crate::model::Problem::from_text(format!("{number}, \"+\" 1?"));
        super::source::import(&mut trace, "human", "++-");
        project.traces.push(trace);
    }
    project
}

/// The labels of all traces of a file that Stepscope wrote.
fn read_back(path: &Path) -> Vec<usize> {
    let mut labels = Vec::new();
    crate::import::each_trace(
        &[path.to_owned()],
        &crate::import::ImportOptions::default(),
        &JobContext::foreground(None),
        &mut |trace| {
            labels.push(trace.labels.len());
            Ok(())
        },
    )
    .unwrap();
    labels
}

#[test]
fn the_name_decides_what_rows_stand_in() {
    let folder = TempDir::new().unwrap();
    for name in ["rows.jsonl", "rows.json", "rows.jsonl.gz", "rows.jsonl.zst", "rows.json.gz", "rows.JSON.zst", "rows"]
    {
        let out = folder.path().join(name);
        let report = export(&many(5), "trl_stepwise", &out).unwrap();
        let manifest: Manifest = serde_json::from_str(&fs::read_to_string(manifest_path(&out)).unwrap()).unwrap();
        let bytes = fs::read(&out).unwrap();
        let digest = format!("{:x}", Sha256::digest(&bytes));
        assert_eq!((&manifest.sha256, manifest.bytes, report.rows), (&digest, bytes.len() as u64, 5), "{name}");
        assert_eq!((&manifest.files[0].sha256, manifest.files[0].rows), (&digest, 5), "{name}");
        assert_eq!(read_back(&out), [3; 5], "{name}");
        export(&many(5), "trl_stepwise", &out).unwrap();
        assert_eq!(fs::read(&out).unwrap(), bytes, "{name}: the same rows give the same bytes");
    }
    let message = export(&many(1), "trl_stepwise", &folder.path().join("rows.parquet.gz")).unwrap_err().to_string();
    assert!(message.starts_with("rows are written as .jsonl, .json or .csv"), "{message}");
}

#[test]
fn a_table_of_csv() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("steps.csv");
    let mut project = many(2);
    project.traces[1].steps[1].text = "say \"b\",\nthen c".into();
    export(&project, "steps", &out).unwrap();
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("trace,problem,generator,outcome,step,parent,kind,text,label\n"), "{text}");
    assert!(text.contains(",thought,\"say \"\"b\"\",\nthen c\",good\n"), "{text}");
    assert_eq!(text.matches(",bad\n").count(), 2);
    let message = export(&project, "trl_stepwise", &folder.path().join("rows.csv")).unwrap_err().to_string();
    assert!(message.contains("`completions` holds a list or an object, for which CSV has no place"), "{message}");
    assert_eq!(names(&folder), ["steps.csv", "steps.csv.manifest.json"]);
}

#[test]
fn large_exports_are_cut_into_parts() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let cut = |bytes: u64| {
        let options = crate::export::ExportOptions { shard_bytes: Some(bytes), ..options("trl_stepwise", &[]) };
        write(&many(10), &options, &out, &JobContext::foreground(None), Timestamp(0), "0.1.0").unwrap()
    };
    export(&many(10), "trl_stepwise", &out).unwrap();
    let whole = fs::read_to_string(&out).unwrap();
    fs::remove_file(&out).unwrap();
    let report = cut(330);
    assert_eq!(report.files.len(), 3);
    let parts = ["rows-00000-of-00003.jsonl", "rows-00001-of-00003.jsonl", "rows-00002-of-00003.jsonl"];
    assert_eq!(names(&folder), [&parts[..], &["rows.jsonl.manifest.json"]].concat());
    let read: Vec<String> = parts.iter().map(|part| fs::read_to_string(folder.path().join(part)).unwrap()).collect();
    assert_eq!(read.concat(), whole, "together they are the file");
    assert!(read.iter().all(|part| part.len() <= 330), "{read:?}");
    let manifest: Manifest = serde_json::from_str(&fs::read_to_string(manifest_path(&out)).unwrap()).unwrap();
    assert_eq!((manifest.bytes, manifest.rows), (whole.len() as u64, 10));
    for (file, text) in manifest.files.iter().zip(&read) {
        let digest = format!("{:x}", Sha256::digest(text.as_bytes()));
        assert_eq!((&file.sha256, file.bytes, file.rows), (&digest, text.len() as u64, text.lines().count() as u64));
    }
    fs::write(folder.path().join("rows-00000-of-00009.jsonl"), "mine").unwrap();
    assert_eq!(cut(1).files.len(), 10, "a row that is too large stands alone");
    cut(330);
    let kept = [&parts[..1], &["rows-00000-of-00009.jsonl"], &parts[1..], &["rows.jsonl.manifest.json"]].concat();
    assert_eq!(names(&folder), kept, "parts of the export before are gone, others stay");
}

#[test]
fn strict_writes_nothing_where_something_is_left_out() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let mut project = Project::of(chain(3)).label("", Some(1));
    let strict = crate::export::ExportOptions { strict: true, ..options("trl_stepwise", &[]) };
    let write = |project: &Project| write(project, &strict, &out, &JobContext::foreground(None), Timestamp(0), "0");
    assert_eq!(write(&project).unwrap().rows, 1);
    let before = fs::read(&out).unwrap();
    let mut unlabelled = chain(2);
    unlabelled.id = crate::model::TraceId::new("other");
    project.traces.push(unlabelled);
    let error = write(&project).unwrap_err();
    assert_eq!(error.to_string(), "nothing written: 1 traces would be left out, first other: ann has not labelled it");
    assert_eq!((fs::read(&out).unwrap(), names(&folder).len()), (before, 2));
}

#[test]
fn what_an_interrupted_export_left_goes_with_the_next_one() {
    let folder = TempDir::new().unwrap();
    let project = Project::of(chain(3)).label("", Some(1));
    let left = folder.path().join(".stepscope-export-killed");
    fs::write(&left, "half a row").unwrap();
    // Another export is writing this one just now.
    let running = folder.path().join(".stepscope-export-running");
    let held = fs::File::create(&running).unwrap();
    held.try_lock().unwrap();
    fs::write(folder.path().join(".stepscope-other"), "mine").unwrap();
    export(&project, "trl_stepwise", &folder.path().join("rows.jsonl")).unwrap();
    let expected = [".stepscope-export-running", ".stepscope-other", "rows.jsonl", "rows.jsonl.manifest.json"];
    assert_eq!(names(&folder), expected);
}
