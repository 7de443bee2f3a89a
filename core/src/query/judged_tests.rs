//! What label sources are asked for in a question, against what their judges say of one trace after another.

use std::sync::Arc;

use proptest::prelude::*;

use super::filter_tests::{Case, case, project, quiet};
use super::{Cell, Fields, Filter, ViewCache, Views, select};
use crate::annotation::{AnnotationLog, Annotations, Change, StepRef};
use crate::job::JobContext;
use crate::labels::{Corpus, Judge, Place, Resolved, Unclear, Why};
use crate::model::{AnnotatorId, FirstError, FixedClock, StepIndex, StepRating, Trace, TraceStatus};
use crate::scoring::ScoreBook;
use crate::store::ProjectDir;

/// What a second annotator says of a trace.
#[derive(Clone, Debug)]
enum Other {
    Nothing,
    Rated(Vec<Option<StepRating>>),
    Error(StepIndex),
    NoError,
    Unsure,
    Skipped,
    Defective,
}

fn other() -> impl Strategy<Value = Other> {
    let rating = prop_oneof![4 => Just(Some(StepRating::Good)), 1 => Just(Some(StepRating::Bad)),
        1 => prop::option::of(prop::sample::select(StepRating::ALL.to_vec()))];
    prop_oneof![
        1 => Just(Other::Nothing),
        3 => prop::collection::vec(rating, 1..6).prop_map(Other::Rated),
        3 => (0..6_u32).prop_map(Other::Error),
        2 => Just(Other::NoError),
        1 => Just(Other::Unsure),
        1 => Just(Other::Skipped),
        1 => Just(Other::Defective),
    ]
}

const SOURCES: [&str; 9] = [
    "consensus:all",
    "consensus:majority",
    "consensus:any-bad",
    "consensus:first-error",
    "consensus:all(own:you)",
    "consensus:first-error(own, imported, min=1)",
    "consensus:majority(own:me, own:you, imported:human)",
    "consensus:any-bad(imported, scorer:q@0.5)",
    "scorer:q@0.4",
];

struct Project<'a> {
    cases: &'a [Case],
    said: Vec<(AnnotatorId, Arc<Annotations>)>,
}

impl Corpus for Project<'_> {
    fn len(&self) -> usize {
        self.cases.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        Ok(self.cases[row as usize].trace.clone())
    }

    fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &self.said
    }
}

/// The log of the second annotator.
fn said_by_other(dir: &ProjectDir, cases: &[Case], others: &[Other]) -> Annotations {
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) =
        AnnotationLog::open(&dir.annotations(), &AnnotatorId::new("you"), clock, Arc::new(|| {})).unwrap();
    let mut changes = Vec::new();
    for (case, other) in cases.iter().zip(others) {
        let trace = &case.trace;
        let mark = |mark| Change::MarkFirstError { trace: trace.id.clone(), mark: Some(mark) };
        let status = |status| Change::SetStatus { trace: trace.id.clone(), status };
        match other {
            Other::Nothing => {}
            Other::Rated(ratings) => changes.extend(trace.steps.iter().zip(ratings).filter_map(|(step, rating)| {
                let step = StepRef { trace: trace.id.clone(), step: step.hash.clone() };
                rating.map(|rating| Change::RateStep { step, rating: Some(rating) })
            })),
            Other::Error(step) => {
                changes.extend(trace.steps.get(*step as usize).map(|step| mark(FirstError::At(step.hash.clone()))));
            }
            Other::NoError => {
                let last = trace.tree().main_path(&trace.steps).last().copied();
                let last = last.and_then(|last| trace.step(last));
                changes.extend(last.map(|last| mark(FirstError::NoneUpTo(last.hash.clone()))));
            }
            Other::Unsure => changes.push(mark(FirstError::Unsure)),
            Other::Skipped => changes.push(status(TraceStatus::Skipped)),
            Other::Defective => changes.push(status(TraceStatus::Defective)),
        }
    }
    log.commit(changes).unwrap();
    log.flush().unwrap();
    log.annotations().clone()
}

type Verdict = Result<Resolved, Unclear>;

/// The number of the first error; what is said of it otherwise.
fn first_error(trace: &Trace, said: &Verdict) -> (Option<f64>, Option<&'static str>) {
    let tree = trace.tree();
    match said {
        Ok(said) => match Place::on(&tree.main_path(&trace.steps), &trace.steps, &said.ratings) {
            Some(Place::Step(step)) => (Some(tree.path_to(&trace.steps, step).len() as f64), None),
            Some(Place::NoError) => (None, Some("none")),
            None => (None, None),
        },
        Err(unclear) => (
            None,
            match unclear.why {
                Why::Unsure => Some("unsure"),
                Why::LostStep => Some("lost"),
                Why::Disagreement => Some("disputed"),
                _ => None,
            },
        ),
    }
}

fn rates(said: &Verdict, step: usize, rating: StepRating) -> bool {
    said.as_ref().is_ok_and(|said| said.ratings[step] == Some(rating))
}

fn rows(text: &str, views: &Views, ctx: &JobContext) -> Vec<u32> {
    let filter = Filter::parse(text, &Fields::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
    filter.rows(views, ctx).unwrap_or_else(|error| panic!("{text}: {error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn questions_say_what_judges_say(
        mut cases in prop::collection::vec(case(), 2..9),
        others in prop::collection::vec(other(), 9),
    ) {
        let (_folder, views) = project(&mut cases);
        let own = views.said_by(None).cloned().unwrap();
        let you = (AnnotatorId::new("you"), Arc::new(said_by_other(views.store().dir(), &cases, &others)));
        let views = Views::new(
            views.store().clone(), own.clone(), std::slice::from_ref(&you), ScoreBook::default(), None, &ViewCache::default(),
        );
        let corpus = Project { cases: &cases, said: vec![own, you] };
        let mut all: Vec<(&str, Vec<Verdict>)> = Vec::new();
        for source in SOURCES {
            // Who asks is meant by `own`.
            let judge = Judge::new(Some(&source.replace("own,", "own:me,").parse().unwrap()), &corpus);
            let asked = Filter::parse(&format!("has:label({source})"), &Fields::default()).unwrap();
            let answer = asked.rows(&views, &quiet());
            let has_scores = cases.iter().any(|case| !case.trace.scores.is_empty());
            // What cannot be worked out is told, and is no answer.
            let Ok(judge) = judge else {
                prop_assert!(answer.is_err(), "{source}");
                continue;
            };
            if source.contains("scorer") && !has_scores {
                prop_assert!(answer.unwrap_err().to_string().contains("no scorer"), "{source}");
                continue;
            }
            prop_assert!(answer.is_ok(), "{source}: {answer:?}");
            // As an evaluation asks.
            let said = cases.iter().map(|case| judge.judge(&case.trace).map(|(_, said)| said)).collect();
            all.push((source, said));
        }
        for (source, said) in &all {
            let expect = |text: &str, holds: &dyn Fn(&Trace, &Verdict) -> bool| {
                let met = (0..).zip(cases.iter().zip(said)).filter(|(_, (case, said))| holds(&case.trace, said));
                let met: Vec<u32> = met.map(|(row, _)| row).collect();
                assert_eq!(rows(text, &views, &quiet()), met, "{text}");
            };
            for number in 1..4_u32 {
                let holds = |trace: &Trace, said: &Verdict| first_error(trace, said).0 == Some(number.into());
                expect(&format!("first_error({source}) = {number}"), &holds);
            }
            for word in ["none", "unsure", "lost", "disputed"] {
                let holds = |trace: &Trace, said: &Verdict| first_error(trace, said).1 == Some(word);
                expect(&format!("first_error(\"{source}\"):{word}"), &holds);
            }
            for rating in StepRating::ALL {
                let name = rating.name();
                let holds =
                    |trace: &Trace, said: &Verdict| (0..trace.steps.len()).any(|step| rates(said, step, rating));
                expect(&format!("label({source}):{name}"), &holds);
                expect(&format!("any(label({source}):{name})"), &holds);
                let all = |trace: &Trace, said: &Verdict| (0..trace.steps.len()).all(|step| rates(said, step, rating));
                expect(&format!("all(label({source}) = {name})"), &all);
            }
            expect(&format!("any(is_error({source}))"), &|trace, said| first_error(trace, said).0.is_some());
            let cells = select(&views, &[0], &[format!("step.label({source})")], &quiet()).unwrap();
            let Cell::List(steps) = &cells.rows[0][0] else { panic!("a list") };
            for (step, cell) in steps.iter().enumerate() {
                let rating = said[0].as_ref().ok().and_then(|said| said.ratings[step]);
                let expected = rating.map_or(Cell::Nothing, |rating| Cell::Text(rating.name().into()));
                prop_assert_eq!(cell, &expected);
            }
        }
        for pair in all.windows(2) {
            let [(a, of_a), (b, of_b)] = pair else { continue };
            let text = format!("first_error({a}) != first_error({b})");
            let differ = |row: &u32| {
                let trace = &cases[*row as usize].trace;
                let number = |said: &[Verdict]| first_error(trace, &said[*row as usize]).0;
                number(of_a).zip(number(of_b)).is_some_and(|(a, b)| (a - b).abs() > 0.5)
            };
            let total = u32::try_from(cases.len()).unwrap();
            prop_assert_eq!(rows(&text, &views, &quiet()), (0..total).filter(differ).collect::<Vec<_>>(), "{}", text);
        }
    }
}
