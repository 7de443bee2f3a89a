//! Logs of every version ever written load for ever, and are kept before a later version adds to them.

use super::super::line::write_line;
use super::*;
use crate::model::{LABEL_KINDS, Label};

const V1: &str = include_str!("../../../../sample-data/logs/v1.jsonl");
const V2: &str = include_str!("../../../../sample-data/logs/v2.jsonl");

/// One line per fact, in a fixed order.
fn report_of(said: &Annotations) -> Vec<String> {
    let mut lines = Vec::new();
    for (trace, of_trace) in said.traces() {
        let TraceAnnotation { first_error, status, note, steps, .. } = of_trace;
        lines.push(format!("{trace}: {first_error:?}, {status:?}, {note:?}"));
        let steps = steps.iter().map(|(step, said)| format!("{trace}: {step}: {:?}, {:?}", said.rating, said.note));
        lines.extend(steps);
    }
    lines.sort();
    lines
}

fn read_sample(text: &str) -> (Annotations, LoadReport) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sample.jsonl"), text).unwrap();
    read(folder.path(), &AnnotatorId::new("sample")).unwrap()
}

#[test]
fn a_log_of_version_1_loads_for_ever() {
    let (said, report) = read_sample(V1);
    assert_eq!(report, LoadReport { records: 16, ..LoadReport::default() });
    let expected = [
        "7c1f0e52a9b34d68: 369d0369b20369cd369d0369b20369cd: Some(Unsure), \"\"",
        "7c1f0e52a9b34d68: 5b05b05ad35b05ab5b05b05ad35b05ab: Some(Bad), \"see above\\nand below\"",
        "7c1f0e52a9b34d68: Some(At(StepHash(\"5b05b05ad35b05ab5b05b05ad35b05ab\"))), Done, \"Adds the tax twice: 1.2² ≠ 1.2\"",
        "90ab44e1c35d7f20-2: Some(NoneUpTo(StepHash(\"0f1e2d3c4b5a69780f1e2d3c4b5a6978\"))), Defective, \"\"",
    ];
    assert_eq!(report_of(&said), expected);
    for line in V1.lines() {
        let record: Record = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), line, "read to the last field");
    }
}

#[test]
fn a_log_of_version_2_loads_for_ever() {
    let (said, report) = read_sample(V2);
    assert_eq!(report, LoadReport { records: V2.lines().count() as u64, ..LoadReport::default() });
    let mut kinds = std::collections::BTreeSet::new();
    let mut labels = std::collections::BTreeSet::new();
    for line in V2.split_inclusive('\n') {
        let record: Record = serde_json::from_str(line).unwrap();
        assert_eq!(record.v, LOG_VERSION);
        assert_eq!(String::from_utf8(write_line(&record).unwrap()).unwrap(), line, "this version writes what it reads");
        let event = serde_json::to_value(&record.event).unwrap();
        kinds.extend(event.as_object().unwrap().keys().cloned());
        if let Event::Labelled { label: Some(label), .. } = &record.event {
            labels.insert(label.kind());
        }
    }
    assert_eq!(kinds.len(), Event::KINDS.len(), "every kind of event: {kinds:?}");
    assert_eq!(labels.len(), LABEL_KINDS.len(), "every sort of label: {labels:?}");
    let (id, of_trace) = said.traces().next().unwrap();
    assert_eq!((id.as_str(), said.traces().count()), ("7c1f0e52a9b34d68", 1));
    assert_eq!(of_trace.status, TraceStatus::GivenUp);
    let kept: usize = of_trace.steps.values().map(|said| said.labels.iter().count()).sum();
    assert_eq!((of_trace.labels.iter().count(), kept), (5, 17));
    assert!(of_trace.steps.values().any(|said| said.labels.iter().any(|label| *label == Label::Soft(0.1))));
}

#[test]
fn an_old_log_is_kept_before_anything_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let (log_file, backup) = (folder.path().join("ann.jsonl"), folder.path().join("ann.v1-backup"));
    let old = V1.replace("\"by\":\"sample\"", "\"by\":\"ann\"");
    fs::write(&log_file, &old).unwrap();
    drop(open(folder.path()));
    assert!(!backup.exists(), "looking at it is nothing to keep a copy for");

    let (mut log, report) = open(folder.path());
    assert_eq!(report.warnings, []);
    log.commit(vec![note(1, "new")]).unwrap();
    log.flush().unwrap();
    assert_eq!(fs::read_to_string(&backup).unwrap(), old);
    log.commit(vec![note(1, "newer")]).unwrap();
    drop(log);
    let now = fs::read_to_string(&log_file).unwrap();
    assert!(now.starts_with(&old) && now.lines().count() == old.lines().count() + 2);
    let (mut log, _) = open(folder.path());
    log.commit(vec![note(1, "newest")]).unwrap();
    drop(log);
    assert_eq!(fs::read_to_string(&backup).unwrap(), old, "never overwritten");

    // The copy was put back and the older program added to it: that is another log to keep.
    let longer = format!("{old}{}\n", old.lines().last().unwrap().replace("\"seq\":16", "\"seq\":17"));
    fs::write(&log_file, &longer).unwrap();
    let (mut log, _) = open(folder.path());
    log.commit(vec![note(1, "again")]).unwrap();
    drop(log);
    assert_eq!(fs::read_to_string(&backup).unwrap(), old);
    assert_eq!(fs::read_to_string(folder.path().join("ann.v1-backup-2")).unwrap(), longer);
    assert_eq!(list_annotators(folder.path()).unwrap(), [ann()], "copies are nobody's logs");
}

#[test]
fn a_new_log_needs_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    log.commit(vec![note(1, "new")]).unwrap();
    drop(log);
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["ann.jsonl", "ann.lock"]);
}
