//! Any bytes under any name go through all of reading: archives, compression, layouts, detection, every importer.

#![no_main]

use std::{fs, panic};

use libfuzzer_sys::fuzz_target;
use stepscope_core::import::{ImportOptions, inspect};
use stepscope_core::job::JobContext;

/// The name decides only where the content does not.
const NAMES: [&str; 10] =
    ["a", "a.json", "a.jsonl", "a.csv", "a.tsv", "a.yaml", "a.zip", "a.tar.gz", "a.parquet", "a.arrow"];

/// Readers of tables panic on damaged ones, which is caught. Caught or not, any other panic ends the run at once.
fn allow_panics_of_table_readers() {
    let abort = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or("", |place| place.file());
        if !["/parquet-", "/polars-"].iter().any(|reader| place.contains(reader)) {
            abort(info);
        }
    }));
}

fuzz_target!(init: allow_panics_of_table_readers(), |input: (u8, &[u8])| {
    let (name, bytes) = input;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(NAMES[usize::from(name) % NAMES.len()]);
    fs::write(&path, bytes).expect("a file");
    if let Ok(report) = inspect(&[path], &ImportOptions::default(), &JobContext::foreground(None)) {
        let counts = report.counts;
        let read = counts.traces + counts.rejected + counts.merged + counts.waiting;
        assert_eq!(counts.rows + counts.expanded, read, "{report}");
    }
});
