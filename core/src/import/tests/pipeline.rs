//! Long files: read by several threads, handed on in order, shown early.

use std::fmt::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::import::batch;
use crate::model::Timestamp;
use crate::store::{ProjectDir, Store};

/// Rows of our own in the shape of ProcessBench; every `bad`th is none.
fn rows(count: usize, bad: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        if number % bad == bad - 1 {
            writeln!(text, "{{\"id\": {number}").unwrap();
            continue;
        }
        let row = json!({
            "id": format!("row-{number}"), "generator": "m", "problem": format!("What is {} + 1?", number % 7),
            "steps": [format!("Take {number}."), "padding ".repeat(20), "Add one."],
            "label": 1, "final_answer_correct": false,
        });
        writeln!(text, "{row}").unwrap();
    }
    text
}

#[test]
fn many_batches_come_in_the_order_of_the_file() {
    let count = 9000;
    let (report, kept) = read_bytes("long.jsonl", rows(count, 100));
    let report = report.unwrap();
    let (good, bad) = (count - count / 100, count / 100);
    assert_eq!((report.counts.rows, report.counts.traces), (count as u64, good as u64));
    assert_eq!((report.counts.rejected, kept.rejects.len()), (bad as u64, bad));
    let numbers = |rows: &[u64]| rows.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(numbers(&kept.traces.iter().map(|(row, _)| *row).collect::<Vec<_>>()));
    assert!(numbers(&kept.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>()));
    for (row, trace) in &kept.traces {
        assert_eq!(trace.source_id, Some(format!("row-{}", row - 1)));
        assert_eq!(trace.source.row, *row);
    }
    assert_eq!(report.counts.problems, 7);
}

#[test]
fn a_sink_that_wants_no_more_ends_the_readers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    fs::write(&path, rows(9000, usize::MAX)).unwrap();
    let trace = read_row(&path, 40, &ImportOptions::default(), &foreground()).unwrap();
    assert_eq!(trace.source_id.as_deref(), Some("row-39"));
}

#[test]
#[should_panic(expected = "row 3 burst")]
fn a_panic_of_a_reader_is_that_of_the_job() {
    let mut number = 0;
    let mut next = || {
        number += 1;
        Ok((number < 2000).then(|| {
            let mut row = crate::import::read::RawRow::from_bytes(&[b' '; 1000]);
            row.number = number;
            row
        }))
    };
    let work = |row: crate::import::read::RawRow| {
        assert!(row.number != 3, "row 3 burst");
        batch::ReadRow { number: row.number, repairs: Vec::new(), made: Ok(Vec::new()) }
    };
    batch::read(&mut next, &work, &foreground(), &mut |_| Ok(())).unwrap();
}

fn import_rows(files: &[(&str, String)], early: Option<Early<'_>>) -> (TempDir, Store, InspectReport) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, String)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().map(write).collect();
    let dir = ProjectDir::new(folder.path().join("p.stepscope"));
    let made = import_showing(&paths, &dir, &ImportOptions::default(), Timestamp(0), &foreground(), early).unwrap();
    (folder, made.store, made.report)
}

#[test]
fn the_first_traces_are_shown_while_the_rest_is_read() {
    let place = tempfile::tempdir().unwrap();
    let mut shown = None;
    let mut show = |preview| shown = Some(preview);
    let early = Early { folder: place.path(), show: &mut show };
    let (_folder, store, _) = import_rows(&[("long.jsonl", rows(3000, usize::MAX))], Some(early));
    let preview = shown.unwrap();
    assert_eq!(store.len(), 3000);
    assert!((1..=1000).contains(&preview.store.len()));
    for row in 0..u32::try_from(preview.store.len()).unwrap() {
        assert_eq!(preview.store.summary(row), store.summary(row));
    }
    assert_eq!(preview.store.trace(0).unwrap(), store.trace(0).unwrap());
    drop(preview);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_short_import_shows_nothing_early() {
    let place = tempfile::tempdir().unwrap();
    let mut show = |_| panic!("shown");
    let early = Early { folder: place.path(), show: &mut show };
    let (_folder, store, _) = import_rows(&[("short.jsonl", rows(3, usize::MAX))], Some(early));
    assert_eq!(store.len(), 3);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_problem_of_two_files_is_one_whatever_is_said_of_it() {
    let first = json!({"id": "a", "generator": "m", "problem": "1+1?", "steps": ["2"], "label": -1,
        "final_answer_correct": true});
    let second = json!({"prompt": "1+1?", "completions": ["3"], "labels": [false], "level": 5});
    let (_folder, store, report) =
        import_rows(&[("a.jsonl", first.to_string()), ("b.jsonl", second.to_string())], None);
    assert_eq!((report.counts.traces, report.counts.problems), (2, 1));
    let problem = |row| store.summary(row).unwrap().problem_id;
    assert_eq!(problem(0), problem(1));
}
