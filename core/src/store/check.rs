//! Verifies that the tables of a project are whole and agree with one another.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::schema::TABLES;
use super::{ProjectDir, Store, StoreError};
use crate::model::{Trace, TraceBuilder};

/// More are not listed: they have one cause.
const MAX_PROBLEMS: usize = 100;

/// Something in a project that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreProblem {
    /// The file, or the project folder.
    pub file: PathBuf,
    /// Number of the trace, from 0, where it is about one.
    pub row: Option<u32>,
    /// What is wrong, with the remedy.
    pub message: String,
}

/// Reads all tables and recomputes what can be recomputed; gives at most 100 problems, none where all is well.
pub fn check(dir: &ProjectDir) -> Vec<StoreProblem> {
    let about = |file: &Path, error: &StoreError| StoreProblem {
        file: file.to_path_buf(),
        row: None,
        message: error.to_string(),
    };
    let manifest = match Manifest::read(dir) {
        Ok(manifest) => manifest,
        Err(error) => return vec![about(&dir.manifest(), &error)],
    };
    // Contents first: nothing of a file that changed may be mapped.
    let mut problems = changed_files(dir, &manifest);
    if !problems.is_empty() {
        return problems;
    }
    let store = match Store::open(dir) {
        Ok(store) => store,
        Err(error) => return vec![about(dir.path(), &error)],
    };
    check_traces(&store, &mut problems);
    match store.rejects() {
        Ok(rejects) if rejects.len() as u64 != store.rejected() => {
            let message = format!("{} rejected rows are kept instead of {}", rejects.len(), store.rejected());
            problems.push(StoreProblem { file: dir.path().to_path_buf(), row: None, message });
        }
        Ok(_) => {}
        Err(error) => problems.push(about(dir.path(), &error)),
    }
    problems.truncate(MAX_PROBLEMS);
    problems
}

fn changed_files(dir: &ProjectDir, manifest: &Manifest) -> Vec<StoreProblem> {
    let pieces = manifest.pieces(dir);
    let mut problems = Vec::new();
    for (piece, table) in pieces.iter().flat_map(|piece| TABLES.iter().map(move |table| (piece, table))) {
        let path = piece.folder.join(table.file_name());
        let hash = || -> std::io::Result<String> {
            let mut hasher = blake3::Hasher::new();
            std::io::copy(&mut File::open(&path)?, &mut hasher)?;
            Ok(hasher.finalize().to_hex().to_string())
        };
        let error = match (hash(), piece.tables.get(table.name)) {
            (Ok(found), Some(entry)) if found == entry.blake3 => continue,
            (Ok(_), _) => StoreError::damaged(&path, "its content changed"),
            (Err(error), _) => StoreError::damaged(&path, error.to_string()),
        };
        problems.push(StoreProblem { file: path, row: None, message: error.to_string() });
    }
    problems
}

fn check_traces(store: &Store, problems: &mut Vec<StoreProblem>) {
    let mut ends = (0, 0, 0);
    for row in 0..u32::try_from(store.len()).unwrap_or(u32::MAX) {
        let mut report = |message: String| {
            problems.push(StoreProblem { file: store.dir().path().to_path_buf(), row: Some(row), message });
        };
        match (store.step_rows(row), store.label_rows(row), store.score_rows(row)) {
            (Ok(steps), Ok(labels), Ok(scores)) => {
                if (steps.start, labels.start, scores.start) != ends {
                    report("its rows do not follow those of the trace before; import the sources again".into());
                }
                ends = (steps.end, labels.end, scores.end);
                if steps.clone().any(|at| store.step_owner(at) != Some(row)) {
                    report("it has steps of another trace; import the sources again".into());
                }
            }
            (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => report(error.to_string()),
        }
        match store.trace(row) {
            Ok(trace) => {
                if let Some(message) = wrong_hashes(&trace) {
                    report(message);
                }
                if store.row_of(&trace.id) != Some(row) {
                    report("another trace has the same identity; import the sources again".into());
                }
            }
            Err(error) => report(error.to_string()),
        }
        if problems.len() >= MAX_PROBLEMS {
            return;
        }
    }
    let (labels, scores) = store.label_and_score_totals();
    if ends != (store.step_total(), labels, scores) {
        let message = "there are steps, labels or scores of no trace; import the sources again".into();
        problems.push(StoreProblem { file: store.dir().path().to_path_buf(), row: None, message });
    }
}

fn wrong_hashes(trace: &Trace) -> Option<String> {
    let mut builder = TraceBuilder::default();
    *builder.trace_mut() = trace.clone();
    let rebuilt = builder.build();
    if let Some(index) = trace.steps.iter().zip(&rebuilt.steps).position(|(is, should)| is.hash != should.hash) {
        return Some(format!("the hash of step {} does not belong to its text; import the sources again", index + 1));
    }
    let suffix = trace.id.as_str().strip_prefix(rebuilt.id.as_str());
    let numbered = |suffix: &str| suffix.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok());
    let fits = suffix.is_some_and(|suffix| suffix.is_empty() || numbered(suffix));
    (!fits).then(|| format!("its identity should be {}; import the sources again", rebuilt.id))
}
