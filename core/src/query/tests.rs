//! Queries over small stores.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::annotation::{AnnotationLog, Annotations, Change, StepAnnotation, StepRef, Target, TraceAnnotation};
use crate::job::{Job, JobContext, JobError, Outcome, Progress};
use crate::model::{
    AnnotatorId, ErrorLabel, FirstError, FixedClock, ImportedScore, Label, Problem, ScoreKind, Step, StepHash,
    StepKind, StepRating, Trace, TraceBuilder, TraceStatus, Verdict, WrittenStep,
};
use crate::scoring::Aggregate;
use crate::store::{Mark, ProjectDir, Store, StoreWriter};

struct Table(HashMap<StepHash, f32>);

impl Scores for Table {
    fn step(&self, hash: &StepHash) -> Option<f32> {
        self.0.get(hash).copied()
    }
}

fn store(traces: &[Trace]) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = StoreWriter::create(&ProjectDir::new(folder.path().join("p.stepscope"))).unwrap();
    for trace in traces {
        writer.push(trace).unwrap();
    }
    (folder, writer.finish(Vec::new()).unwrap())
}

fn trace(problem: &str, generator: Option<&str>, verdict: Verdict, scores: &[f64]) -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text(problem)).verdict(verdict);
    builder.trace_mut().generator = generator.map(str::to_owned);
    for (step, &value) in (0..).zip(scores) {
        builder = builder.thought(format!("{problem} step {step}"));
        let score = ImportedScore { step: Some(step), name: "q".into(), kind: ScoreKind::Value, value };
        builder.trace_mut().scores.push(score);
    }
    builder.build()
}

fn three() -> [Trace; 3] {
    [
        trace("pears", Some("b"), Verdict::Correct, &[0.9, 0.5]),
        trace("Apples", Some("A"), Verdict::Unknown, &[]),
        trace("oranges", None, Verdict::Incorrect, &[0.1, 0.7, f64::NAN]),
    ]
}

/// What the log holds after these changes.
fn annotated(changes: Vec<Change>) -> Annotations {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) = AnnotationLog::open(folder.path(), &AnnotatorId::new("a"), clock, Arc::new(|| {})).unwrap();
    log.commit(changes).unwrap();
    log.flush().unwrap();
    log.annotations().clone()
}

fn done(trace: &Trace) -> Change {
    Change::SetStatus { trace: trace.id.clone(), status: TraceStatus::Done }
}

fn quiet() -> JobContext {
    JobContext::foreground(None)
}

#[test]
fn sorts_by_every_key_with_the_missing_last() {
    let (_folder, store) = store(&three());
    let annotations = annotated(vec![done(&three()[0])]);
    let check = |key, expected: [u32; 3], reversed: [u32; 3]| {
        for (descending, expected) in [(false, expected), (true, reversed)] {
            let query = Query { sort: Sort { key, descending }, ..Query::default() };
            let rows = run(&query, &store, &annotations, None, &quiet()).unwrap();
            assert_eq!(rows, expected, "{:?}", query.sort);
        }
    };
    check(SortKey::Row, [0, 1, 2], [2, 1, 0]);
    check(SortKey::Problem, [1, 2, 0], [0, 2, 1]);
    check(SortKey::Generator, [1, 0, 2], [0, 1, 2]);
    check(SortKey::Steps, [1, 0, 2], [2, 0, 1]);
    check(SortKey::Outcome, [2, 0, 1], [0, 2, 1]);
    check(SortKey::State, [1, 2, 0], [0, 1, 2]);
    check(SortKey::PathScore, [2, 0, 1], [0, 2, 1]);
    check(SortKey::LastScore, [0, 2, 1], [2, 0, 1]);
}

#[test]
fn scores_of_a_scorer_replace_the_imported_ones() {
    let traces = three();
    let (_folder, store) = store(&traces);
    let hash = |trace: usize, step: usize| traces[trace].steps[step].hash.clone();
    let scores = Table([(hash(0, 0), 0.25), (hash(0, 1), 0.75), (hash(2, 0), f32::NAN)].into());
    let found = |row: u32| {
        let row = super::row(row, &store, &Annotations::default(), Some(&scores), Aggregate::Min).unwrap();
        (row.path_score, row.last_score)
    };
    assert_eq!(found(0), (Some(0.25), Some(0.75)));
    assert_eq!(found(2), (None, None), "not mixed with imported scores");
    let query = Query { sort: Sort { key: SortKey::PathScore, descending: true }, ..Query::default() };
    assert_eq!(run(&query, &store, &Annotations::default(), Some(&scores), &quiet()).unwrap(), [0, 1, 2]);
}

#[test]
fn a_trace_score_is_made_as_asked() {
    let traces = three();
    let (_folder, store) = store(&traces);
    let hash = |step: usize| traces[0].steps[step].hash.clone();
    let scores = Table([(hash(0), 0.25), (hash(1), 0.75)].into());
    let check = |aggregate: Aggregate, expected: f64| {
        let row = super::row(0, &store, &Annotations::default(), Some(&scores), aggregate).unwrap();
        assert!((row.path_score.unwrap() - expected).abs() < 1e-6, "{aggregate:?}");
        assert_eq!(row.last_score, Some(0.75));
    };
    check(Aggregate::None, 0.25);
    check(Aggregate::Min, 0.25);
    check(Aggregate::Product, 0.1875);
    check(Aggregate::Last, 0.75);
    check(Aggregate::Mean, 0.5);
    let imported = |row| super::row(row, &store, &Annotations::default(), None, Aggregate::Mean).unwrap().path_score;
    let lowest = |row| super::row(row, &store, &Annotations::default(), None, Aggregate::Min).unwrap().path_score;
    assert_eq!(imported(0).is_some(), lowest(0).is_some(), "imported scores as well");
    assert_eq!(aggregated(Aggregate::Product, &[0.5, f64::NAN]), Some(0.5));
}

#[test]
fn all_words_must_occur() {
    let (_folder, store) = store(&three());
    let check = |text: &str, expected: &[u32]| {
        let query = Query { text: text.into(), ..Query::default() };
        assert_eq!(run(&query, &store, &Annotations::default(), None, &quiet()).unwrap(), expected, "{text}");
    };
    check("", &[0, 1, 2]);
    check("  STEP  1 ", &[0, 2]);
    check("step pear", &[0]);
    check("apples oranges", &[]);
}

#[test]
fn states_are_told_apart() {
    let step = StepHash::new("s");
    let rated = |rating| StepAnnotation { rating, note: "n".into(), ..StepAnnotation::default() };
    let check = |said: TraceAnnotation, expected| assert_eq!(LabelState::new(Some(&said)), expected, "{said:?}");
    let none = FirstError::NoneUpTo(step.clone());
    let with = |status| TraceAnnotation { status, first_error: Some(none.clone()), ..TraceAnnotation::default() };
    assert_eq!(LabelState::new(None), LabelState::Unlabelled);
    check(TraceAnnotation { note: "hm".into(), ..TraceAnnotation::default() }, LabelState::Unlabelled);
    check(
        TraceAnnotation { steps: [(step.clone(), rated(None))].into(), ..TraceAnnotation::default() },
        LabelState::Unlabelled,
    );
    check(
        TraceAnnotation { steps: [(step, rated(Some(StepRating::Good)))].into(), ..TraceAnnotation::default() },
        LabelState::Labelled,
    );
    check(with(TraceStatus::Open), LabelState::Labelled);
    check(with(TraceStatus::Done), LabelState::Done);
    check(with(TraceStatus::Skipped), LabelState::Skipped);
    check(with(TraceStatus::Defective), LabelState::Defective);
}

#[test]
fn rows_show_the_own_mark_by_position() {
    let traces = three();
    let (_folder, store) = store(&traces);
    let at = |trace: &Trace, step: StepHash| Change::MarkFirstError {
        trace: trace.id.clone(),
        mark: Some(FirstError::At(step)),
    };
    let annotations =
        annotated(vec![at(&traces[0], traces[0].steps[1].hash.clone()), at(&traces[2], StepHash::new("gone"))]);
    let mark = |row| super::row(row, &store, &annotations, None, Aggregate::Min).unwrap().own_first_error;
    assert_eq!([mark(0), mark(1), mark(2)], [Some(Mark::At(1)), None, Some(Mark::Lost)]);
    assert!(super::row(3, &store, &annotations, None, Aggregate::Min).is_none());
}

#[test]
fn marks_on_parts_and_written_steps_are_found_and_numbered_as_shown() {
    let traces = [trace("pears", None, Verdict::Unknown, &[0.9, 0.5, 0.1])];
    let (_folder, store) = store(&traces);
    let [first, second, third] = [0, 1, 2].map(|step: usize| traces[0].steps[step].hash.clone());
    let give = |step: &StepHash, label| Change::Give {
        target: Target::Step(StepRef { trace: traces[0].id.clone(), step: step.clone() }),
        label,
    };
    let write = |number, parent: Option<&StepHash>| Change::Give {
        target: Target::Trace(traces[0].id.clone()),
        label: Label::Written(WrittenStep {
            id: StepHash::written(number),
            parent: parent.cloned(),
            text: "w".into(),
            kind: StepKind::Thought,
            replaces: None,
            taken_from: None,
        }),
    };
    let shape = || {
        let own = StepHash::written;
        vec![
            give(&first, Label::Cut(2)),
            give(&first, Label::Cut(4)),
            give(&second, Label::Joined),
            give(&third, Label::Cut(3)),
            write(1, Some(&third)),
            write(2, Some(&own(1))),
            write(3, None),
        ]
    };
    // pe|ar|s step 0 + pears step 1|, pea|rs step 2, then two written steps; another at the start.
    let shown = |mark: FirstError| {
        let mut changes = shape();
        changes.push(Change::MarkFirstError { trace: traces[0].id.clone(), mark: Some(mark) });
        let row = super::row(0, &store, &annotated(changes), None, Aggregate::Min).unwrap();
        (row.own_first_error, row.own_error_number)
    };
    let check = |step: StepHash, position, number| {
        assert_eq!(shown(FirstError::At(step.clone())), (Some(Mark::At(position)), Some(number)), "{step}");
    };
    check(first.part(2), 0, 1);
    check(first.part(4), 0, 2);
    check(second.clone(), 1, 3);
    check(third.part(3), 2, 4);
    check(third.clone(), 2, 5);
    check(StepHash::written(1), 2, 6);
    check(StepHash::written(2), 2, 7);
    check(StepHash::written(3), 0, 1);
    assert_eq!(shown(FirstError::At(StepHash::written(4))).0, Some(Mark::Lost));
    assert_eq!(shown(FirstError::At(StepHash::new("gone").part(1))).0, Some(Mark::Lost));
    assert_eq!(shown(FirstError::NoneUpTo(third.clone())).0, Some(Mark::NoError), "what was written is not the source");
    assert_eq!(shown(FirstError::NoneUpTo(third.part(3))).0, Some(Mark::Lost), "the rest of the step is unjudged");
    assert_eq!(shown(FirstError::NoneUpTo(StepHash::written(2))).0, Some(Mark::NoError));
    assert_eq!(shown(FirstError::NoneUpTo(StepHash::written(1))).0, Some(Mark::Lost));
}

#[test]
fn what_judges_makes_a_trace_labelled() {
    let traces = three();
    let target = Target::Step(StepRef { trace: traces[0].id.clone(), step: traces[0].steps[0].hash.clone() });
    let check = |label: Label, expected| {
        let said = annotated(vec![Change::Give { target: target.clone(), label: label.clone() }]);
        let state = LabelState::new(said.trace(&traces[0].id));
        assert_eq!(state, expected, "{label:?}");
    };
    for label in [Label::Soft(0.5), Label::Redundant, Label::Error(ErrorLabel::default()), Label::Best] {
        check(label, LabelState::Labelled);
    }
    for label in [Label::Tag("t".into()), Label::Cut(1), Label::Joined, Label::Inspected(true), Label::Masked] {
        check(label, LabelState::Unlabelled);
    }
}

#[test]
fn all_correct_holds_for_the_text_that_was_read() {
    let traces = three();
    let (_folder, store) = store(&traces);
    let up_to = |trace: &Trace, step: StepHash| Change::MarkFirstError {
        trace: trace.id.clone(),
        mark: Some(FirstError::NoneUpTo(step)),
    };
    let hash = |trace: usize, step: usize| traces[trace].steps[step].hash.clone();
    let annotations = annotated(vec![up_to(&traces[0], hash(0, 1)), up_to(&traces[2], hash(2, 1))]);
    let mark = |annotations, row| super::row(row, &store, annotations, None, Aggregate::Min).unwrap().own_first_error;
    assert_eq!(mark(&annotations, 0), Some(Mark::NoError));
    assert_eq!(mark(&annotations, 2), Some(Mark::Lost), "a step has been added since");
    let annotations = annotated(vec![up_to(&traces[0], StepHash::new("gone"))]);
    assert_eq!(mark(&annotations, 0), Some(Mark::Lost));
}

#[test]
fn the_next_unlabelled_trace_wraps_around() {
    let traces = three();
    let (_folder, store) = store(&traces);
    let annotations = annotated(vec![done(&traces[1])]);
    let rows = [2, 1, 0];
    let check = |after, expected| assert_eq!(next_unlabelled(&rows, after, &store, &annotations), expected, "{after}");
    check(0, Some(2));
    check(1, Some(2));
    check(2, Some(0));
    check(99, Some(0));
    let all = annotated(traces.iter().skip(1).map(done).collect());
    assert_eq!(next_unlabelled(&rows, 2, &store, &all), None, "only the present one is left");
    assert_eq!(next_unlabelled(&[], 0, &store, &all), None);
}

#[test]
fn a_query_can_be_stopped() {
    let (_folder, store) = store(&three());
    let mut job = Job::spawn("query", Arc::new(|| {}), move |ctx| {
        while ctx.checkpoint().is_ok() {
            std::thread::yield_now();
        }
        run(&Query::default(), &store, &Annotations::default(), None, ctx)
    })
    .unwrap();
    job.cancel();
    let outcome = loop {
        if let Some(outcome) = job.poll() {
            break outcome;
        }
        std::thread::yield_now();
    };
    assert!(matches!(outcome, Outcome::Cancelled));
    assert_eq!(JobError::Cancelled.to_string(), "stopped on request");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_sort_loses_no_row_and_is_stable(
        lengths in prop::collection::vec(0..4_usize, 0..12),
        descending: bool,
    ) {
        let traces: Vec<Trace> = lengths
            .iter()
            .enumerate()
            .map(|(n, &steps)| {
                let mut builder = TraceBuilder::new(Problem::from_text(format!("p{n}")));
                for _ in 0..steps {
                    builder.push(Step::default());
                }
                builder.build()
            })
            .collect();
        let (_folder, store) = store(&traces);
        let query = Query { sort: Sort { key: SortKey::Steps, descending }, ..Query::default() };
        let rows = run(&query, &store, &Annotations::default(), None, &quiet()).unwrap();
        prop_assert_eq!(rows.len(), traces.len());
        for pair in rows.windows(2) {
            let (a, b) = (lengths[pair[0] as usize], lengths[pair[1] as usize]);
            let in_order = if a == b { pair[0] < pair[1] } else { (a < b) != descending };
            prop_assert!(in_order);
        }
    }
}

mod queues {
    use super::*;
    use crate::annotation::{Gold, KnownAnswers};
    use crate::labels::{Corpus, Panel};
    use crate::model::ImportedValue;

    fn named(name: &str, generator: &str, verdict: Verdict, scores: &[f64]) -> Trace {
        trace(name, Some(generator), verdict, scores)
    }

    fn order(store: &Store, order: QueueOrder, seed: u64, aids: &Aids<'_>) -> Vec<u32> {
        let query = Query { queue: Queue { order, seed, ..Queue::default() }, ..Query::default() };
        run_with(&query, store, &Annotations::default(), aids, &quiet()).unwrap()
    }

    /// What somebody said, by trace and step; no step for "all correct".
    fn says(name: &str, marks: &[(&Trace, Option<usize>)]) -> (AnnotatorId, Arc<Annotations>) {
        let changes = marks.iter().map(|(trace, step)| {
            let mark = match step {
                Some(step) => FirstError::At(trace.steps[*step].hash.clone()),
                None => FirstError::NoneUpTo(trace.steps.last().unwrap().hash.clone()),
            };
            Change::MarkFirstError { trace: trace.id.clone(), mark: Some(mark) }
        });
        (AnnotatorId::new(name), Arc::new(annotated(changes.collect())))
    }

    #[test]
    fn drawn_orders_follow_their_seed_and_lose_no_row() {
        let traces: Vec<Trace> =
            (0..60).map(|n| named(&format!("p{n}"), ["a", "b", "c"][n % 7 % 3], Verdict::Unknown, &[])).collect();
        let (_folder, store) = store(&traces);
        let none = Aids::default();
        for drawn in QueueOrder::ALL.into_iter().filter(|order| order.is_drawn()) {
            let first = order(&store, drawn, 1, &none);
            assert_eq!(first, order(&store, drawn, 1, &none), "{drawn:?}");
            assert_ne!(first, order(&store, drawn, 2, &none), "{drawn:?}");
            let mut rows = first;
            rows.sort_unstable();
            assert_eq!(rows, (0..60).collect::<Vec<u32>>(), "{drawn:?}");
        }
        assert_eq!(order(&store, QueueOrder::File, 5, &none), (0..60).collect::<Vec<u32>>());
    }

    #[test]
    fn strata_come_in_turn() {
        let traces: Vec<Trace> = (0..9)
            .map(|n| {
                let verdict = if n < 7 { Verdict::Correct } else { Verdict::Incorrect };
                named(&format!("p{n}"), if n < 6 { "many" } else { "few" }, verdict, &[])
            })
            .collect();
        let (_folder, store) = store(&traces);
        let generators: Vec<Option<String>> = order(&store, QueueOrder::EachGenerator, 3, &Aids::default())
            .into_iter()
            .map(|row| store.summary(row).unwrap().generator)
            .collect();
        let named: Vec<&str> = generators.iter().map(|name| name.as_deref().unwrap()).collect();
        assert_eq!(named, ["many", "few", "many", "few", "many", "few", "many", "many", "many"]);
        let right: Vec<bool> = order(&store, QueueOrder::EachOutcome, 3, &Aids::default())
            .into_iter()
            .map(|row| store.summary(row).unwrap().verdict == Verdict::Correct)
            .collect();
        assert_eq!(right[..4], [true, false, true, false]);
    }

    struct Ensemble(HashMap<StepHash, f32>);
    impl Scores for Ensemble {
        fn step(&self, _: &StepHash) -> Option<f32> {
            Some(0.5)
        }
        fn spread(&self, hash: &StepHash) -> Option<f32> {
            self.0.get(hash).copied()
        }
    }

    #[test]
    fn scores_decide_what_is_worth_a_look() {
        let traces = [
            named("sure", "g", Verdict::Correct, &[0.9, 0.95]),
            named("torn", "g", Verdict::Incorrect, &[0.9, 0.55]),
            named("silent", "g", Verdict::Correct, &[]),
            named("low", "g", Verdict::Correct, &[0.2, 0.8]),
            named("late", "g", Verdict::Correct, &[0.9, 0.3]),
        ];
        let (_folder, store) = store(&traces);
        let none = Aids::default();
        assert_eq!(order(&store, QueueOrder::Uncertain, 1, &none), [1, 4, 3, 0, 2]);
        assert_eq!(order(&store, QueueOrder::FirstDrop, 1, &none), [3, 4, 0, 1, 2]);
        assert_eq!(
            order(&store, QueueOrder::RightLowScore, 1, &none),
            [3, 4, 0, 1, 2],
            "the wrong answer is not meant"
        );
        let spreads = [(1, 0, 0.1), (3, 1, 0.4), (4, 0, 0.2), (4, 1, f32::NAN)];
        let spreads = Ensemble(spreads.map(|(n, step, spread)| (traces[n].steps[step].hash.clone(), spread)).into());
        let aids = Aids { scores: Some(&spreads), ..none };
        assert_eq!(order(&store, QueueOrder::Spread, 1, &aids), [3, 4, 1, 0, 2]);
    }

    /// A project with what some annotators said.
    struct Said(Store, Vec<(AnnotatorId, Arc<Annotations>)>);

    impl Corpus for Said {
        fn len(&self) -> usize {
            self.0.len()
        }

        fn trace(&self, row: u32) -> Result<Trace, String> {
            self.0.trace(row).map_err(|error| error.to_string())
        }

        fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
            &self.1
        }
    }

    #[test]
    fn sources_that_disagree_come_first() {
        let mut traces: Vec<Trace> =
            (0..4).map(|n| named(&format!("p{n}"), "g", Verdict::Unknown, &[0.9, 0.9, 0.9, 0.2])).collect();
        let label = |trace: &mut Trace, step| {
            let mut builder = TraceBuilder::default();
            builder.label(Some(step), ImportedValue::FirstError, "human", "label", "");
            trace.labels = builder.build().labels;
        };
        label(&mut traces[1], 3);
        label(&mut traces[2], 1);
        let (_folder, store) = store(&traces);
        let corpus = Said(store.clone(), vec![says("bob", &[(&traces[2], Some(0)), (&traces[3], None)])]);
        let by = |sources: &str| {
            let sources = crate::labels::sources_from_list(sources).unwrap();
            let panel = Panel::new(&sources, &corpus).unwrap();
            order(&store, QueueOrder::Disagreement, 1, &Aids { panel: Some(&panel), ..Aids::default() })
        };
        // Three that name three steps; two that differ in whether there is an error; two that agree; one.
        assert_eq!(by("imported:human,own:bob,scorer:q@0.5"), [2, 3, 1, 0]);
        assert_eq!(by("imported:human,scorer:q@0.5"), [2, 1, 0, 3], "bob does not count");
        assert_eq!(order(&store, QueueOrder::Disagreement, 1, &Aids::default()), [0, 1, 2, 3], "nobody to compare");
    }

    #[test]
    fn comparing_sources_tells_how_far_it_is_and_stops() {
        use std::sync::atomic::{AtomicBool, Ordering};

        let count = 600;
        let traces: Vec<Trace> =
            (0..count).map(|n| named(&format!("p{n}"), "g", Verdict::Unknown, &[0.9, 0.2])).collect();
        let (_folder, store) = store(&traces);
        let corpus = Said(store.clone(), Vec::new());
        let panel =
            Panel::new(&crate::labels::sources_from_list("scorer:q@0.5,scorer:q@0.1").unwrap(), &corpus).unwrap();
        let aids = Aids { panel: Some(&panel), ..Aids::default() };
        let query = Query { queue: Queue { order: QueueOrder::Disagreement, ..Queue::default() }, ..Query::default() };
        // Stopped as soon as the first lot is compared.
        for stops in [false, true] {
            let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
            let (flag, list) = (Arc::clone(&stop), Arc::clone(&told));
            let reporter: crate::job::Reporter = Arc::new(move |progress: &Progress| {
                list.lock().unwrap().push((progress.done, progress.total));
                flag.store(stops, Ordering::Relaxed);
            });
            let ctx = JobContext::foreground(Some(reporter)).stopped_also_by(stop);
            let found = run_with(&query, &store, &Annotations::default(), &aids, &ctx);
            let told = told.lock().unwrap();
            if stops {
                assert!(matches!(found, Err(JobError::Cancelled)));
                assert_eq!(told.len(), 1, "{told:?}");
            } else {
                assert_eq!(found.unwrap().len(), count, "all are listed");
                assert_eq!(told.last(), Some(&(count as u64, Some(count as u64))));
                assert!(told.is_sorted() && told.len() > 1);
            }
        }
    }

    #[test]
    fn what_few_have_seen_comes_first() {
        let traces: Vec<Trace> = (0..3).map(|n| named(&format!("p{n}"), "g", Verdict::Unknown, &[0.5, 0.5])).collect();
        let (_folder, store) = store(&traces);
        let others = [says("bob", &[(&traces[0], None), (&traces[1], None)]), says("cy", &[(&traces[0], Some(1))])];
        let aids = Aids { others: &others, ..Aids::default() };
        assert_eq!(order(&store, QueueOrder::FewestReaders, 1, &aids), [2, 1, 0], "two have seen the first");
    }

    #[test]
    fn known_answers_are_mixed_in_at_their_rate() {
        let mut traces: Vec<Trace> =
            (0..50).map(|n| named(&format!("p{n}"), "g", Verdict::Unknown, &[0.5, 0.5])).collect();
        for trace in traces.iter_mut().skip(40) {
            let mut builder = TraceBuilder::default();
            builder.label(None, ImportedValue::NoError, "expert", "label", "");
            trace.labels = builder.build().labels;
        }
        let (_folder, store) = store(&traces);
        let mixed = |source: &str, who: &str, rate: f64| {
            let gold = Gold { source: source.into(), rate, tell_at_once: false };
            let known = KnownAnswers::new(&gold, &AnnotatorId::new(who), &Arc::default()).unwrap();
            let aids = Aids { annotator: who, gold: Some((&known, rate)), ..Aids::default() };
            order(&store, QueueOrder::File, 1, &aids)
        };
        let rows = mixed("imported", "ann", 0.2);
        for stretch in rows[..50].chunks(5) {
            assert_eq!(stretch.iter().filter(|row| **row >= 40).count(), 1, "{rows:?}");
        }
        let places: Vec<usize> = rows.chunks(5).map(|s| s.iter().position(|row| *row >= 40).unwrap()).collect();
        assert!(places.iter().any(|place| *place != places[0]), "nobody can count: {places:?}");
        assert_eq!(rows, mixed("imported:expert", "ann", 0.2));
        assert_ne!(rows, mixed("imported", "bob", 0.2), "each annotator at other places");
        let few = mixed("imported", "ann", 0.1);
        assert_eq!(few.iter().take(44).filter(|row| **row >= 40).count(), 4, "what is more than asked for comes last");
        assert_eq!(mixed("imported", "ann", 0.0), (0..50).collect::<Vec<u32>>());
        for rate in [0.01, 0.5, 0.7, 1.0] {
            let mut all = mixed("imported", "ann", rate);
            all.sort_unstable();
            assert_eq!(all, (0..50).collect::<Vec<u32>>(), "at {rate} nothing is lost");
        }
        assert!(
            KnownAnswers::new(
                &Gold { source: "own:ann".into(), ..Gold::default() },
                &AnnotatorId::new("ann"),
                &Arc::default()
            )
            .is_none()
        );
    }

    #[test]
    fn a_queue_can_be_stopped() {
        let (_folder, store) = store(&three());
        for order in QueueOrder::ALL {
            let store = store.clone();
            let mut job = Job::spawn("queue", Arc::new(|| {}), move |ctx| {
                while ctx.checkpoint().is_ok() {
                    std::thread::yield_now();
                }
                let query = Query { queue: Queue { order, ..Queue::default() }, ..Query::default() };
                run(&query, &store, &Annotations::default(), None, ctx)
            })
            .unwrap();
            job.cancel();
            let outcome = loop {
                if let Some(outcome) = job.poll() {
                    break outcome;
                }
                std::thread::yield_now();
            };
            assert!(matches!(outcome, Outcome::Cancelled), "{order:?}");
        }
    }
}
