//! Any bytes under any name go through all of reading: archives, compression, layouts, detection, every importer.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use stepscope_core::import::{ImportOptions, inspect};
use stepscope_core::job::JobContext;

/// The name decides only where the content does not.
const NAMES: [&str; 10] =
    ["a", "a.json", "a.jsonl", "a.csv", "a.tsv", "a.yaml", "a.zip", "a.tar.gz", "a.parquet", "a.arrow"];

fuzz_target!(|input: (u8, &[u8])| {
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
