//! Similar steps and duplicates, as their dialogs show them: what is near, what stands there twice, what is hidden.

use std::sync::Arc;

use stepscope::state::similar::{AlikeBy, DuplicatesDraft, SimilarDraft, SimilarEntry, SimilarFound, USUAL_NEAR};
use stepscope::view_model::similar::{DuplicatesModel, SimilarModel};
use stepscope_core::job::Progress;
use stepscope_core::labels::LabelSource;
use stepscope_core::model::StepRating;
use stepscope_core::query::{Alike, Asked, Duplicates, FilePair, Likeness, Similar, StepAt, TextSaid};

fn entry(score: f64, steps: &[(u32, u32)], traces: usize, said: Vec<TextSaid>) -> SimilarEntry {
    let steps = steps.iter().map(|&(row, step)| StepAt { row, step }).collect();
    let similar = Similar { score, text: "So x = 10 / 2\n = 5.".into(), steps, traces };
    SimilarEntry { similar, name: "word-01".into(), file: "/data/train.jsonl".into(), said }
}

fn said(source: &str, rating: Option<StepRating>, first_error: bool, steps: usize) -> TextSaid {
    TextSaid { source: source.parse().unwrap(), rating, soft: None, first_error, steps }
}

fn draft(found: Option<SimilarFound>) -> SimilarDraft {
    let asked = Asked::Step(StepAt { row: 0, step: 2 });
    SimilarDraft { by: AlikeBy::Words, asked, text: "So x = 5.".into(), found: found.map(Arc::new), selected: 1 }
}

#[test]
fn what_is_near_and_how_it_was_labelled() {
    let said = vec![
        said("imported:human", Some(StepRating::Bad), true, 3),
        said("own:ada", Some(StepRating::Good), false, 1),
        TextSaid { soft: Some(0.25), ..said("imported:mc", None, false, 1) },
    ];
    let found = SimilarFound {
        same: Some(entry(1.0, &[(1, 0), (2, 4), (2, 5)], 2, said)),
        hits: vec![entry(0.876, &[(7, 1)], 1, Vec::new()), entry(0.5, &[(8, 1), (8, 2)], 1, Vec::new())],
    };
    let draft = draft(Some(found));
    insta::assert_yaml_snapshot!("similar_steps", SimilarModel::new(&draft, None, None, |_| true));
    let own = |said: &TextSaid| matches!(said.source, LabelSource::Own(_));
    let blind = SimilarModel::new(&draft, None, None, own);
    let chips: Vec<&str> = blind.entries.iter().flat_map(|line| &line.chips).map(|chip| chip.text.as_str()).collect();
    assert_eq!(chips, ["✔ good · own:ada"], "what others say is hidden");
}

#[test]
fn what_is_still_looked_for_and_what_is_not_found() {
    let progress = Progress { done: 1, total: Some(4), note: "Counting words".into() };
    let model = SimilarModel::new(&draft(None), None, Some(&progress), |_| true);
    assert_eq!((model.doing, model.entries.len()), (Some(("Counting words".into(), Some(0.25))), 0));
    let model = SimilarModel::new(&draft(None), None, None, |_| true);
    assert_eq!(model.doing, Some(("Looking…".into(), None)));
    let none = SimilarModel::new(&draft(Some(SimilarFound::default())), None, None, |_| true);
    assert_eq!((none.doing, none.selected), (None, 0));
    assert_eq!(none.summary, "No other step shares a rare word with it");
}

#[test]
fn by_words_or_by_meaning() {
    let of = |by| SimilarDraft { by, ..draft(Some(SimilarFound::default())) };
    let without = SimilarModel::new(&of(AlikeBy::Words), None, None, |_| true);
    assert!(without.ways.is_empty() && without.hint.contains("sentence encoder"));
    assert_eq!((without.choose, without.turned(true)), ("Choose an encoder…", None));
    let words = SimilarModel::new(&of(AlikeBy::Words), Some("/models/all-MiniLM-L6-v2"), None, |_| true);
    let titles: Vec<(&str, bool)> = words.ways.iter().map(|way| (way.title.as_str(), way.chosen)).collect();
    assert_eq!(titles, [("by words", true), ("by meaning (all-MiniLM-L6-v2)", false)]);
    assert_eq!((words.turned(true), words.turned(false), words.hint), (Some(AlikeBy::Meaning), None, ""));
    let meaning = SimilarModel::new(&of(AlikeBy::Meaning), Some("them/encoder"), None, |_| true);
    assert_eq!((meaning.turned(true), meaning.turned(false)), (None, Some(AlikeBy::Words)));
    assert_eq!(meaning.summary, "There is no other text to compare it with");
}

#[test]
fn what_stands_twice() {
    let cluster = |likeness, files: &[&str], rows: &[u32]| Alike {
        likeness,
        problems: 1,
        files: files.iter().map(|&file| file.to_owned()).collect(),
        rows: rows.to_vec(),
        asks: "What is 1+1?".into(),
    };
    let (a, b) = ("/data/a.jsonl".to_owned(), "/data/b.jsonl".to_owned());
    let found = Duplicates {
        near: 0.9,
        pairs: vec![FilePair { files: [a.clone(), b.clone()], equal: 2, near: 0, copies: 1 }],
        clusters: vec![
            cluster(Likeness::Equal, &[&a, &b], &[0, 1, 2]),
            cluster(Likeness::Near, &[&a, &b, "c"], &[0, 1]),
            cluster(Likeness::Copies, &[&a], &[4, 5]),
        ],
    };
    let draft = DuplicatesDraft { near: 90, found: Some(Arc::new(found.clone())), selected: 9 };
    let model = DuplicatesModel::new(&draft, None);
    insta::assert_yaml_snapshot!("duplicates", model);
    assert_eq!((model.turned(false), model.turned(true)), (Some(80), Some(101)));
    let usual = f64::from(USUAL_NEAR) / 100.0;
    assert!((usual - stepscope_core::query::NEAR).abs() < 1e-12, "as on the command line");
    let last = DuplicatesModel::new(&DuplicatesDraft { near: 101, ..draft.clone() }, None);
    assert_eq!(last.turned(true), None);
    let with = |found: Duplicates| {
        DuplicatesModel::new(&DuplicatesDraft { found: Some(Arc::new(found)), ..draft.clone() }, None)
    };
    assert!(with(Duplicates::default()).summary.starts_with("No problem stands"));
    let many = with(Duplicates { clusters: found.clusters.iter().cycle().take(412).cloned().collect(), ..found });
    assert_eq!(many.entries.len(), 300);
    assert!(many.summary.starts_with("412 groups of traces, of which the first 300 are listed"), "{}", many.summary);
    let waits = DuplicatesModel::new(&DuplicatesDraft { found: None, ..draft.clone() }, None);
    assert!(waits.doing.is_some() && waits.summary.is_empty());
}
