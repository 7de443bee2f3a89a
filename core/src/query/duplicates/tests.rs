//! Near-duplicates of texts, and those of projects made for it and of published files.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::import::{ImportOptions, import};
use crate::job::Job;
use crate::model::{Problem, SourceRef, Timestamp, TraceBuilder};
use crate::store::{ProjectDir, StoreWriter};

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

/// Forty words, some of them changed.
fn long(changed: &[usize]) -> String {
    let word = |at: usize| if changed.contains(&at) { format!("other{at}") } else { format!("word{at}") };
    (0..40).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_are_compared_without_case_blanks_and_punctuation() {
    assert_eq!(words("If $x+7 = 3$,\n then X?"), ["if", "x", "+", "7", "=", "3", "then", "x"]);
    assert_eq!(words("求x的值。"), ["求", "x", "的", "值"]);
    assert!(words(" …\n").is_empty());
}

#[test]
fn equal_and_nearly_equal_problems_are_one_cluster() {
    let texts =
        [long(&[]), "What is 1+1?".into(), "what is  1 + 1".into(), "What is 1+2?".into(), long(&[20]), long(&[3, 20])];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = |near| clusters(&texts, near, &ctx()).unwrap();
    // One of forty words is three of 38 shingles: 35 of 41.
    assert_eq!(found(0.85), [vec![0, 4, 5], vec![1, 2], vec![3]], "5 is near 4, which is near 0");
    assert_eq!(found(0.9), [vec![0], vec![1, 2], vec![3], vec![4], vec![5]]);
    assert_eq!(found(2.0), [vec![0], vec![1, 2], vec![3], vec![4], vec![5]]);
    // Without words nothing is told apart.
    assert_eq!(clusters(&["?", " ", "a"], 0.9, &ctx()).unwrap(), [vec![0, 1], vec![2]]);
}

/// A store of chains, each with its file, its problem and its steps.
fn store(traces: &[(&str, &str, &[&str])]) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = StoreWriter::create(&ProjectDir::new(folder.path().join("p.stepscope"))).unwrap();
    for (row, (file, problem, steps)) in (1..).zip(traces) {
        let mut builder = TraceBuilder::new(Problem::from_text(*problem)).source_id(format!("t{row}"));
        builder.trace_mut().source = SourceRef { file: (*file).into(), row, format: "made".into() };
        writer.push(&steps.iter().fold(builder, |builder, step| builder.thought(*step)).build()).unwrap();
    }
    (folder, writer.finish(Vec::new()).unwrap())
}

#[test]
fn leaks_near_duplicates_and_copies_are_told_apart() {
    let (first, changed) = (long(&[]), long(&[20]));
    let (_folder, store) = store(&[
        ("train", "What is 1+1?", &["It is", "2"]),
        ("train", "What is 1+1?", &["Two."]),
        ("test", "what is  1 + 1", &[" It is\n", "2"]),
        ("test", &first, &["a"]),
        ("test", &changed, &["b"]),
        ("train", "Alone here", &["a"]),
        ("train", "Alone here", &["b"]),
        ("train", "?", &["a"]),
        ("test", "!", &["a"]),
    ]);
    let found = duplicates(&store, 0.85, &ctx()).unwrap();
    let clusters: Vec<_> =
        found.clusters.iter().map(|c| (c.likeness, c.problems, c.files.join(" "), c.rows.clone())).collect();
    let expected = [
        (Likeness::Equal, 2, "test train".to_owned(), vec![0, 1, 2]),
        (Likeness::Copies, 2, "test train".to_owned(), vec![0, 2]),
        (Likeness::Near, 2, "test".to_owned(), vec![3, 4]),
    ];
    assert_eq!(clusters, expected, "attempts of one file, and what asks nothing, are no duplicates");
    assert_eq!(found.clusters[0].asks, "What is 1+1?");
    let files = ["test", "train"].map(str::to_owned);
    assert_eq!(found.pairs, [FilePair { files, equal: 1, near: 0, copies: 1 }]);
    let strict = duplicates(&store, 2.0, &ctx()).unwrap();
    assert_eq!(strict.clusters.len(), 2);
}

#[test]
fn the_search_for_duplicates_stops_when_asked() {
    let (_folder, store) = store(&[("a", "x", &["y"]), ("b", "x", &["y"])]);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let job = Job::spawn("duplicates", std::sync::Arc::new(|| {}), move |ctx| {
        wait.recv().ok();
        let made = duplicates(&store, 0.9, ctx);
        assert_eq!(made, Err(JobError::Cancelled));
        made
    });
    let mut job = job.unwrap();
    job.cancel();
    go.send(()).unwrap();
    let outcome = std::iter::repeat_with(|| job.poll()).find_map(|outcome| outcome).unwrap();
    assert!(matches!(outcome, crate::job::Outcome::Cancelled), "{outcome:?}");
}

#[test]
fn published_files_that_share_problems_are_found() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/processbench");
    if !data.exists() {
        eprintln!("skipped: no {}", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The first rows of a file once more, as a test set that leaked would be.
    let text = fs::read_to_string(data.join("math.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let leaked = folder.path().join("leaked.json");
    fs::write(&leaked, serde_json::to_string(&rows[..20]).unwrap()).unwrap();
    let files = [data.join("gsm8k.json"), data.join("math.json"), leaked];
    let dir = ProjectDir::new(folder.path().join("p.stepscope"));
    let store = import(&files, &dir, &ImportOptions::default(), Timestamp(0), &ctx()).unwrap().store;
    let found = duplicates(&store, 0.9, &ctx()).unwrap();
    let asked: HashSet<&str> = rows[..20].iter().map(|row| row["problem"].as_str().unwrap()).collect();
    let pair = found.pairs.iter().find(|pair| pair.files.iter().any(|file| file.ends_with("leaked.json"))).unwrap();
    assert_eq!((pair.equal, pair.copies), (asked.len() as u64, 20), "{:?}", found.pairs);
    assert_eq!(found.pairs.len(), 1, "ProcessBench's own files share nothing: {:?}", found.pairs);
}

/// ProcessBench took its problems from the test set of GSM8K.
#[test]
fn a_benchmark_made_of_another_is_found_in_it_whole() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let (benchmark, source) = (data.join("processbench/gsm8k.json"), data.join("gsm8k_model_solutions/test.jsonl"));
    if !benchmark.exists() || !source.exists() {
        eprintln!("skipped: no {}", data.display());
        return;
    }
    let rows: Vec<serde_json::Value> = serde_json::from_str(&fs::read_to_string(&benchmark).unwrap()).unwrap();
    let asked: HashSet<&str> = rows.iter().map(|row| row["problem"].as_str().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let dir = ProjectDir::new(folder.path().join("p.stepscope"));
    let store = import(&[benchmark, source], &dir, &ImportOptions::default(), Timestamp(0), &ctx()).unwrap().store;
    let found = duplicates(&store, NEAR, &ctx()).unwrap();
    assert_eq!(found.pairs.len(), 1);
    assert_eq!((found.pairs[0].equal, found.pairs[0].copies), (asked.len() as u64, 0), "{:?}", found.pairs);
}
