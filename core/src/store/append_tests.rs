//! Rows that are appended to a store: they read as if they had been written at once, interrupted or damaged as they may be.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::job::JobContext;
use crate::model::{ImportedLabel, ImportedScore, ImportedValue, Problem, ScoreKind, Trace, TraceBuilder};

fn project() -> (TempDir, ProjectDir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = ProjectDir::new(folder.path().join("traces.stepscope"));
    (folder, dir)
}

/// A trace of few words, so that identities and problems recur; some have labels and scores.
fn trace(seed: usize) -> Trace {
    let mut problem = Problem::from_text(format!("problem {}", seed % 5));
    problem.answer = seed.is_multiple_of(3).then(|| "4".into());
    let builder = TraceBuilder::new(problem).generator(format!("model {}", seed % 2));
    let mut trace = (0..seed % 4).fold(builder, |b, n| b.thought(format!("step {n}"))).build();
    if seed % 4 == 3 {
        trace.labels.push(ImportedLabel {
            step: Some(1),
            value: ImportedValue::FirstError,
            source: "s".into(),
            field: "f".into(),
            raw: "1".into(),
            base: None,
            rationale: None,
            correction: Some("better".into()),
        });
        let kind = ScoreKind::ALL[0];
        trace.scores.push(ImportedScore { step: Some(0), name: "s".into(), kind, value: 0.25 });
    }
    trace
}

fn reject(row: u64) -> Reject {
    Reject { file: "a.jsonl".into(), row, reason: "not JSON".into(), text: "{".into() }
}

fn fill(mut writer: StoreWriter, seeds: &[usize]) -> Store {
    for &seed in seeds {
        writer.push(&trace(seed)).unwrap();
        if seed % 7 == 6 {
            writer.reject(&reject(seed as u64)).unwrap();
        }
    }
    writer.finish(Vec::new()).unwrap()
}

fn append(store: &Store, seeds: &[usize]) -> Store {
    fill(StoreWriter::append(store).unwrap().unwrap(), seeds)
}

/// All that can be read of a store.
fn content(store: &Store) -> String {
    let rows = 0..u32::try_from(store.len()).unwrap();
    let search = |word: &str| store.search(&[word], &JobContext::foreground(None)).unwrap().iter().collect::<Vec<_>>();
    let of_row = |row: u32| {
        let marks = (store.imported_mark(row), store.imported_scores(row), store.main_path_hashes(row));
        let found = store.row_of(&store.trace_id(row).unwrap());
        (store.summary(row), store.trace(row).unwrap(), store.rows_of_problem(row), marks, found)
    };
    let rows: Vec<_> = rows.map(of_row).collect();
    let words = ["step 2", "problem 3", "model 1"].map(search);
    let ranks: Vec<_> =
        (0..store.len()).map(|row| store.contains_text(u32::try_from(row).unwrap(), "step 1")).collect();
    format!("{rows:#?} {words:?} {ranks:?} {:?} {}", store.rejects().unwrap(), store.rejected())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn appended_rows_read_as_if_written_at_once(
        seeds in prop::collection::vec(0..40_usize, 0..40),
        cuts in prop::collection::vec(0..=40_usize, 0..12),
    ) {
        let (_folder, dir) = project();
        let (_other, other) = project();
        let whole = fill(StoreWriter::create(&other).unwrap(), &seeds);
        let mut cuts: Vec<usize> = cuts.into_iter().chain([0, 40]).map(|cut| cut.min(seeds.len())).collect();
        cuts.sort_unstable();
        let mut store = fill(StoreWriter::create(&dir).unwrap(), &[]);
        for pair in cuts.windows(2) {
            store = append(&store, &seeds[pair[0]..pair[1]]);
        }
        prop_assert_eq!(store.0.problems.rows, whole.0.problems.rows);
        prop_assert_eq!(content(&store), content(&whole));
        prop_assert_eq!(check(&dir), []);
        prop_assert!(store.manifest().parts.len() < 12);
    }
}

fn folders(dir: &ProjectDir) -> Vec<String> {
    let entries = fs::read_dir(dir.generation(1)).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_interrupted_append_changes_nothing() {
    let (_folder, dir) = project();
    let first = fill(StoreWriter::create(&dir).unwrap(), &[1, 2, 3]);
    let store = append(&first, &[4]);
    assert_eq!((first.len(), store.len(), store.generation()), (3, 4, 1));
    let before = content(&store);
    let mut writer = StoreWriter::append(&store).unwrap().unwrap();
    assert!(matches!(StoreWriter::append(&store), Err(StoreError::Busy { .. })));
    writer.push(&trace(5)).unwrap();
    assert_eq!(folders(&dir), ["part-1", "part-2.tmp"]);
    drop(writer);
    assert_eq!((folders(&dir), content(&Store::open(&dir).unwrap())), (vec!["part-1".to_owned()], before.clone()));

    // The process ends between putting the part in place and announcing it.
    let announced = fs::read(dir.manifest()).unwrap();
    let last = append(&store, &[5, 6]);
    fs::write(dir.manifest(), &announced).unwrap();
    assert_eq!(content(&Store::open(&dir).unwrap()), before);
    assert_eq!(check(&dir), []);
    assert_eq!(folders(&dir), ["part-1", "part-2"]);
    assert!(StoreWriter::append(&last).unwrap().is_none(), "the store is not what the project file says");
    let again = append(&store, &[7]);
    assert_eq!((again.len(), folders(&dir)), (5, vec!["part-1".to_owned(), "part-2".to_owned()]));
    assert_eq!(check(&dir), []);
    // Nothing new leaves no part.
    let sources = vec![SourceEntry { path: "/a.jsonl".into(), ..SourceEntry::default() }];
    let same = StoreWriter::append(&again).unwrap().unwrap().finish(sources.clone()).unwrap();
    assert_eq!((same.sources(), folders(&dir).len()), (sources.as_slice(), 2));
    // An import of everything takes the parts with it.
    let whole = fill(StoreWriter::create(&dir).unwrap(), &[1]);
    assert_eq!((whole.len(), whole.generation(), dir.generation(1).exists()), (1, 2, false));
    assert_eq!(again.trace(4).unwrap().problem.text(), "problem 2", "an open store keeps its parts");
}

#[test]
fn damaged_parts_are_named() {
    let (_folder, dir) = project();
    let store = append(&fill(StoreWriter::create(&dir).unwrap(), &[1]), &[3]);
    let path = dir.part(1, 1).join("steps.arrow");
    let good = fs::read(&path).unwrap();
    for (bytes, expected) in [(&good[1..], "bytes instead of"), (&vec![b'x'; good.len()], "its content changed")] {
        // Never in place: the store has it mapped.
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let error = Store::open(&dir).err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains("part-1"), "{error}");
        let found = check(&dir);
        assert_eq!((found.len(), &found[0].file), (1, &path), "{found:?}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(check(&dir).len(), 1);
    fs::write(&path, good).unwrap();
    assert_eq!(check(&dir), []);
    assert_eq!(content(&Store::open(&dir).unwrap()), content(&store));
}

#[test]
fn tables_of_an_older_version_are_not_appended_to() {
    let (_folder, dir) = project();
    fill(StoreWriter::create(&dir).unwrap(), &[1]);
    let text = fs::read_to_string(dir.manifest()).unwrap().replace("stepscope.project/2", "stepscope.project/1");
    fs::write(dir.manifest(), text).unwrap();
    assert!(StoreWriter::append(&Store::open(&dir).unwrap()).unwrap().is_none());
}
