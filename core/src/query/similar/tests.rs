//! Nearest steps: against the cosine worked out one by one, of copies, of labels, and of published traces.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::words::bag;
use super::*;
use crate::import::{ImportOptions, import};
use crate::job::{Job, JobContext, JobError, Outcome};
use crate::labels::Corpus;
use crate::model::{ImportedValue, Problem, StepRating, Timestamp, Trace, TraceBuilder};
use crate::store::{ProjectDir, Store, StoreWriter};

pub(super) fn ctx() -> JobContext {
    JobContext::foreground(None)
}

/// Chains of these steps.
fn store(traces: &[Vec<String>]) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = StoreWriter::create(&ProjectDir::new(folder.path().join("p.stepscope"))).unwrap();
    for (number, steps) in traces.iter().enumerate() {
        let builder = TraceBuilder::new(Problem::from_text("1+1?")).source_id(format!("t{number}"));
        writer.push(&steps.iter().fold(builder, TraceBuilder::thought).build()).unwrap();
    }
    (folder, writer.finish(Vec::new()).unwrap())
}

pub(super) fn of(texts: &[&[&str]]) -> (TempDir, Store) {
    store(&texts.iter().map(|steps| steps.iter().map(|&step| step.to_owned()).collect()).collect::<Vec<_>>())
}

pub(super) fn at(row: u32, step: u32) -> StepAt {
    StepAt { row, step }
}

fn ask(store: &Store, asked: &Asked, n: usize) -> Nearest {
    nearest(&SimilarIndex::build(store, &ctx()).unwrap(), store, asked, n, &ctx()).unwrap()
}

#[test]
fn what_shares_rare_words_is_near() {
    let (_folder, store) = of(&[
        &["So the area of the triangle is \\frac{1}{2} \\cdot 3", "So the answer is 7"],
        &["the area of a triangle is \\frac{1}{2} \\cdot 5", "So the answer is 9", ""],
        &["The train leaves at noon"],
    ]);
    let found = ask(&store, &Asked::Step(at(0, 0)), 2);
    assert_eq!(found.same, None);
    assert_eq!(found.hits[0].steps, [at(1, 0)]);
    assert!(found.hits[0].score > 0.5 && found.hits[0].score < 1.0, "{found:?}");
    assert_eq!(found.hits.len(), 2, "no more than asked for, of three that share a word");
    let by_text = ask(&store, &Asked::Text("when does the TRAIN leave".into()), 1);
    assert_eq!(by_text.hits[0].steps, [at(2, 0)]);
    assert_eq!(ask(&store, &Asked::Text("zyzzyva".into()), 5), Nearest::default());
    assert_eq!(ask(&store, &Asked::Step(at(1, 2)), 5), Nearest::default(), "it says nothing");
}

#[test]
fn copies_are_counted_apart() {
    let (_folder, store) = of(&[&["x = 2", "so x = 2"], &[" x = 2\n"], &["x = 2", "x = 2"], &["X = 2"]]);
    let found = ask(&store, &Asked::Step(at(1, 0)), 5);
    let same = found.same.unwrap();
    assert_eq!((same.steps, same.traces), (vec![at(0, 0), at(2, 0), at(2, 1)], 2));
    let others: Vec<&[StepAt]> = found.hits.iter().map(|hit| hit.steps.as_slice()).collect();
    assert_eq!(others, [&[at(3, 0)][..], &[at(0, 1)]], "in another case it is another text, as near as can be");
    assert!((found.hits[0].score - 1.0).abs() < 1e-6);
    let text = ask(&store, &Asked::Text("x = 2".into()), 5);
    assert_eq!(text.same.unwrap().steps.len(), 4);
}

#[test]
fn the_index_belongs_to_its_tables() {
    let (folder, store) = of(&[&["a b"], &["a c"]]);
    let index = SimilarIndex::build(&store, &ctx()).unwrap();
    assert_eq!(index.texts(), 2);
    let none = nearest(&index, &store, &Asked::Step(at(0, 7)), 3, &ctx()).unwrap_err();
    assert_eq!(none.to_string(), "trace number 0 has no step 8");
    let mut more = StoreWriter::append(&store).unwrap().unwrap();
    more.push(&TraceBuilder::new(Problem::from_text("?")).thought("a d").build()).unwrap();
    let longer = more.finish(Vec::new()).unwrap();
    assert!(index.fits(&store) && !index.fits(&longer));
    assert!(nearest(&index, &longer, &Asked::Text("a".into()), 3, &ctx()).is_err());
    drop(folder);
}

#[test]
fn building_stops_when_asked() {
    let (_folder, store) = of(&[&["a b"]]);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let job = Job::spawn("index", std::sync::Arc::new(|| {}), move |ctx| {
        wait.recv().ok();
        SimilarIndex::build(&store, ctx).map(|_| ())
    });
    let mut job = job.unwrap();
    job.cancel();
    go.send(()).unwrap();
    let outcome = std::iter::repeat_with(|| job.poll()).find_map(|outcome| outcome).unwrap();
    assert!(matches!(outcome, Outcome::Cancelled), "{outcome:?}");
}

struct Said(Vec<Trace>);

impl Corpus for Said {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.0.get(row as usize).cloned().ok_or_else(|| "no such row".into())
    }
}

#[test]
fn labels_of_copies_are_put_together() {
    let trace = |name: &str, value, step| {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).source_id(name).thought("a").thought("b");
        builder.label(Some(step), value, "human", "label", "1");
        builder.build()
    };
    let corpus = Said(vec![
        trace("x", ImportedValue::FirstError, 1),
        trace("y", ImportedValue::FirstError, 1),
        trace("z", ImportedValue::Rating(StepRating::Good), 1),
    ]);
    let places = [at(0, 1), at(1, 1), at(2, 1)];
    let said = said_of(&places, 10, &corpus, &ctx()).unwrap();
    let short: Vec<_> = said.iter().map(|said| (said.rating, said.first_error, said.steps)).collect();
    assert_eq!(short, [(Some(StepRating::Bad), true, 2), (Some(StepRating::Good), false, 1)]);
    assert_eq!(said[0].source.to_string(), "imported:human");
    assert_eq!(said_of(&places, 1, &corpus, &ctx()).unwrap()[0].steps, 1);
    assert!(matches!(said_of(&[at(9, 0)], 1, &corpus, &ctx()), Err(JobError::Failed(_))));
}

/// The cosine of two texts, by its formula and nothing else.
fn cosine(a: &str, b: &str, texts: &BTreeSet<&str>) -> f64 {
    let count = |text: &str| -> BTreeMap<String, f64> {
        let mut words = BTreeMap::new();
        text.split(' ').for_each(|word| *words.entry(word.to_lowercase()).or_default() += 1.0);
        words
    };
    let weigh = |text: &str| -> BTreeMap<String, f64> {
        let with = |word: &str| texts.iter().filter(|text| count(text).contains_key(word)).count();
        let rarity = |word: &str| (1.0 + texts.len() as f64 / with(word) as f64).ln();
        count(text).into_iter().map(|(word, n)| (word.clone(), (1.0 + n.ln()) * rarity(&word))).collect()
    };
    let (a, b) = (weigh(a), weigh(b));
    let length = |text: &BTreeMap<String, f64>| text.values().map(|weight| weight * weight).sum::<f64>().sqrt();
    a.iter().filter_map(|(word, weight)| Some(weight * b.get(word)?)).sum::<f64>() / (length(&a) * length(&b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every other text that shares a word is found, with the cosine of the formula; the order is that of cosines; copies
    /// name one another.
    #[test]
    fn small_sets_agree_with_the_formula(
        traces in prop::collection::vec(prop::collection::vec("[a-fA]( [a-f]){0,5}", 1..4), 1..8),
        picked in any::<prop::sample::Index>(),
    ) {
        let (_folder, store) = store(&traces);
        let index = SimilarIndex::build(&store, &ctx()).unwrap();
        let places: Vec<(StepAt, &str)> = (0..).zip(&traces)
            .flat_map(|(row, steps)| (0..).zip(steps).map(move |(step, text)| (at(row, step), text.as_str())))
            .collect();
        let texts: BTreeSet<&str> = places.iter().map(|(_, text)| *text).collect();
        prop_assert_eq!(index.texts(), texts.len());
        let &(place, text) = picked.get(&places);
        let found = nearest(&index, &store, &Asked::Step(place), 100, &ctx()).unwrap();
        let expected: BTreeMap<&str, f64> = texts.iter()
            .map(|other| (*other, cosine(text, other, &texts)))
            .filter(|(other, score)| *other != text && *score > 0.0)
            .collect();
        prop_assert_eq!(found.hits.len(), expected.len());
        for hit in &found.hits {
            let score = expected.get(hit.text.as_str());
            prop_assert!(score.is_some_and(|score| (score - hit.score).abs() < 1e-4), "{:?}: {:?}", hit, score);
            let there: Vec<StepAt> = places.iter().filter(|(_, other)| *other == hit.text).map(|(at, _)| *at).collect();
            prop_assert_eq!(&hit.steps, &there);
        }
        prop_assert!(found.hits.is_sorted_by(|a, b| a.score >= b.score));
        // Copies name one another; asked by its text, a step is the nearest of all.
        let others: Vec<StepAt> =
            places.iter().filter(|(other, says)| *says == text && *other != place).map(|(at, _)| *at).collect();
        prop_assert_eq!(found.same.map(|same| same.steps).unwrap_or_default(), others);
        let by_text = nearest(&index, &store, &Asked::Text(text.into()), 1, &ctx()).unwrap();
        prop_assert!(by_text.same.is_some_and(|same| same.steps.contains(&place)));
    }
}

/// In published traces the index finds what comparing with every step finds.
#[test]
fn published_steps_have_the_neighbours_that_a_full_search_finds() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/processbench/gsm8k.json");
    if !file.exists() {
        eprintln!("skipped: no {}", file.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = ProjectDir::new(folder.path().join("p.stepscope"));
    let store = import(&[file], &dir, &ImportOptions::default(), Timestamp(0), &ctx()).unwrap().store;
    let index = SimilarIndex::build(&store, &ctx()).unwrap();
    let all: Vec<String> = (0..store.step_total()).map(|at| store.step_says(at)[0].to_owned()).collect();
    let weigh = |text: &str| -> BTreeMap<u64, f64> {
        bag(&[text]).into_iter().map(|(word, count)| (word, f64::from(index.weight(word, count)))).collect()
    };
    let length = |text: &BTreeMap<u64, f64>| text.values().map(|weight| weight * weight).sum::<f64>().sqrt();
    let vectors: Vec<(BTreeMap<u64, f64>, f64)> =
        all.iter().map(|text| weigh(text)).map(|v| (v.clone(), length(&v))).collect();
    let (mut found, mut asked) = (0, 0);
    for step in (0..all.len()).step_by(53) {
        let (row, number) = store.step_place(step).unwrap();
        let best = (0..all.len()).filter(|&other| all[other].trim() != all[step].trim()).map(|other| {
            let dot: f64 =
                vectors[step].0.iter().filter_map(|(word, weight)| Some(weight * vectors[other].0.get(word)?)).sum();
            dot / (vectors[step].1 * vectors[other].1)
        });
        let best = best.fold(0.0, f64::max);
        let near = nearest(&index, &store, &Asked::Step(at(row, number)), 1, &ctx()).unwrap();
        asked += 1;
        found += usize::from(near.hits.first().is_some_and(|hit| hit.score > best - 1e-6));
    }
    assert!(asked > 30 && found * 20 >= asked * 19, "the nearest of all was found for {found} of {asked}");
}
