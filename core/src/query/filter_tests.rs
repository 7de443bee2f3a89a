//! Questions answered by columns, and the same ones answered trace by trace, straight from the model.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::annotation::{AnnotationLog, Annotations, Change, StepRef};
use crate::job::JobContext;
use crate::model::{
    AnnotatorId, FirstError, FixedClock, ImportedScore, ImportedValue, Problem, ScoreKind, Step, StepIndex, StepKind,
    StepRating, Trace, TraceBuilder, Verdict,
};
use crate::scoring::ScoreBook;
use crate::store::{ProjectDir, Store, StoreWriter};

const WORDS: [&str; 4] = ["apple", "Pear", "Error: no", "plum 7"];
const KINDS: [StepKind; 4] = [StepKind::Thought, StepKind::ToolCall, StepKind::ToolResult, StepKind::Answer];

/// A trace with what its annotator said of it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) trace: Trace,
    pub(super) own_error: Option<StepIndex>,
}

/// A condition on a trace, with its text and its meaning.
#[derive(Clone, Debug)]
enum Asked {
    Word(usize),
    Steps(&'static str, u32),
    Generator(&'static str),
    NotGenerator(&'static str),
    Outcome(Verdict),
    Level(&'static str, u32),
    LevelIs(u32),
    FirstError(&'static str, u32),
    NoError,
    ImportedError(&'static str, u32),
    Differ,
    Lowest(&'static str, u32),
    Has(&'static str),
    Bad,
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Steps4(&'static str, OfStep),
    Count(OfStep, &'static str, u32),
}

/// A condition on a step.
#[derive(Clone, Debug)]
enum OfStep {
    Kind(usize),
    Word(usize),
    Score(&'static str, u32),
    Delta(&'static str, i32),
    Number(&'static str, u32),
    Last,
    First,
    Failed,
    IsError,
    AfterError,
    Generator(&'static str),
    Bad,
    Within(u32, bool, Box<Self>),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

fn holds(sign: &str, left: Option<f64>, right: f64) -> bool {
    let Some(left) = left else { return false };
    match sign {
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        "!=" => (left - right).abs() > 1e-9,
        _ => (left - right).abs() < 1e-9,
    }
}

impl Asked {
    fn text(&self) -> String {
        match self {
            Self::Word(at) => format!("\"{}\"", WORDS[*at]),
            Self::Steps(sign, number) => format!("steps {sign} {number}"),
            Self::Generator(name) => format!("generator:{name}"),
            Self::NotGenerator(name) => format!("generator != {name}"),
            Self::Outcome(verdict) => format!("outcome:{}", verdict.name()),
            Self::Level(sign, number) => format!("meta.level {sign} {number}"),
            Self::LevelIs(number) => format!("meta.level:{number}"),
            Self::FirstError(sign, number) => format!("first_error {sign} {number}"),
            Self::NoError => "first_error:none".into(),
            Self::ImportedError(sign, number) => format!("first_error(imported:human) {sign} {number}"),
            Self::Differ => "first_error(own) != first_error(imported)".into(),
            Self::Lowest(sign, tenths) => format!("score(\"q\").min {sign} {}", f64::from(*tenths) / 10.0),
            Self::Has(field) => format!("has:{field}"),
            Self::Bad => "label(imported):bad".into(),
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::And(a, b) => format!("({}) ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) or ({})", a.text(), b.text()),
            Self::Steps4(how, inner) => format!("{how}({})", inner.text()),
            Self::Count(inner, sign, number) => format!("count({}) {sign} {number}", inner.text()),
        }
    }

    fn holds(&self, case: &Case) -> bool {
        let trace = &case.trace;
        let is_met = |inner: &OfStep| -> Vec<bool> {
            (0..).take(trace.steps.len()).map(|step: StepIndex| inner.holds(case, step)).collect()
        };
        match self {
            Self::Word(at) => {
                let word = WORDS[*at].to_lowercase();
                let texts = trace.steps.iter().map(|step| step.text.clone());
                let mut texts = texts.chain([trace.problem.text().into_owned()]).chain(trace.generator.clone());
                texts.any(|text| text.to_lowercase().contains(&word))
            }
            Self::Steps(sign, number) => holds(sign, Some(trace.steps.len() as f64), f64::from(*number)),
            Self::Generator(name) => trace.generator.as_deref() == Some(name),
            Self::NotGenerator(name) => trace.generator.as_deref().is_some_and(|own| own != *name),
            Self::Outcome(verdict) => trace.outcome.verdict == *verdict,
            Self::Level(sign, number) => holds(sign, level(trace), f64::from(*number)),
            Self::LevelIs(number) => level(trace) == Some(f64::from(*number)),
            Self::FirstError(sign, number) => {
                let said = if case.own_error.is_some() { own_number(case) } else { data_number(trace) };
                holds(sign, said, f64::from(*number))
            }
            Self::NoError => {
                let clean = matches!(trace.imported_first_error(None), Some(FirstError::NoneUpTo(_)));
                case.own_error.is_none() && clean
            }
            Self::ImportedError(sign, number) => {
                let said = trace.imported_first_error(Some("human"));
                holds(sign, said.and_then(|said| number_of(trace, &said)), f64::from(*number))
            }
            Self::Differ => match (own_number(case), data_number(trace)) {
                (Some(own), Some(data)) => (own - data).abs() > 0.5,
                _ => false,
            },
            Self::Lowest(sign, tenths) => {
                let path = trace.tree().main_path(&trace.steps);
                let values = path.iter().filter_map(|step| score(trace, *step));
                holds(sign, values.min_by(f64::total_cmp), f64::from(*tenths) / 10.0)
            }
            Self::Has(field) => match *field {
                "generator" => trace.generator.is_some(),
                "meta.level" => level(trace).is_some(),
                "first_error(imported)" => data_number(trace).is_some(),
                "label(own)" => case.own_error.is_some(),
                _ => trace.tree().main_path(&trace.steps).iter().any(|step| score(trace, *step).is_some()),
            },
            Self::Bad => (0..).take(trace.steps.len()).any(|step| is_bad(trace, step)),
            Self::Not(inner) => !inner.holds(case),
            Self::And(a, b) => a.holds(case) && b.holds(case),
            Self::Or(a, b) => a.holds(case) || b.holds(case),
            Self::Steps4(how, inner) => match *how {
                "any" => is_met(inner).contains(&true),
                "all" => !is_met(inner).contains(&false),
                _ => !is_met(inner).contains(&true),
            },
            Self::Count(inner, sign, number) => {
                let count = is_met(inner).into_iter().filter(|met| *met).count();
                holds(sign, Some(count as f64), f64::from(*number))
            }
        }
    }
}

impl OfStep {
    fn text(&self) -> String {
        match self {
            Self::Kind(at) => format!("kind = {}", KINDS[*at].name()),
            Self::Word(at) => format!("text:\"{}\"", WORDS[*at]),
            Self::Score(sign, tenths) => format!("step.score(\"q\") {sign} {}", f64::from(*tenths) / 10.0),
            Self::Delta(sign, tenths) => format!("delta {sign} {}", f64::from(*tenths) / 10.0),
            Self::Number(sign, number) => format!("number {sign} {number}"),
            Self::Last => "is_last".into(),
            Self::First => "step.is_first".into(),
            Self::Failed => "failed:yes".into(),
            Self::IsError => "is_error".into(),
            Self::AfterError => "number > first_error".into(),
            Self::Generator(name) => format!("generator:{name}"),
            Self::Bad => "label(imported:human):bad".into(),
            Self::Within(most, is_after, inner) => {
                format!("within({most}, {}, {})", if *is_after { "after" } else { "before" }, inner.text())
            }
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::And(a, b) => format!("({}) and ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) or ({})", a.text(), b.text()),
        }
    }

    fn holds(&self, case: &Case, at: StepIndex) -> bool {
        let trace = &case.trace;
        let step = &trace.steps[at as usize];
        let said = || if case.own_error.is_some() { own_number(case) } else { data_number(trace) };
        match self {
            Self::Kind(kind) => step.kind == KINDS[*kind],
            Self::Word(word) => step.text.to_lowercase().contains(&WORDS[*word].to_lowercase()),
            Self::Score(sign, tenths) => holds(sign, score(trace, at), f64::from(*tenths) / 10.0),
            Self::Delta(sign, tenths) => {
                let before = step.parent.and_then(|parent| score(trace, parent));
                let delta = score(trace, at).zip(before).map(|(now, before)| now - before);
                holds(sign, delta, f64::from(*tenths) / 10.0)
            }
            Self::Number(sign, number) => holds(sign, Some(depth(trace, at)), f64::from(*number)),
            Self::Last => trace.tree().children(at).is_empty(),
            Self::First => step.parent.is_none(),
            Self::Failed => step.kind == StepKind::ToolResult && step.text.starts_with("Error:"),
            Self::IsError => match case.own_error {
                Some(own) => own == at,
                None => match trace.imported_first_error(None) {
                    Some(FirstError::At(hash)) => trace.find_step(&hash) == Some(at),
                    _ => false,
                },
            },
            Self::AfterError => said().is_some_and(|error| depth(trace, at) > error),
            Self::Generator(name) => trace.generator.as_deref() == Some(name),
            Self::Bad => is_bad(trace, at),
            Self::Within(most, is_after, inner) => (0..).take(trace.steps.len()).any(|other: StepIndex| {
                let (above, below) = if *is_after { (other, at) } else { (at, other) };
                let path = trace.tree().path_to(&trace.steps, below);
                let far = path.iter().rev().position(|step| *step == above);
                far.is_some_and(|far| far > 0 && far <= *most as usize) && inner.holds(case, other)
            }),
            Self::Not(inner) => !inner.holds(case, at),
            Self::And(a, b) => a.holds(case, at) && b.holds(case, at),
            Self::Or(a, b) => a.holds(case, at) || b.holds(case, at),
        }
    }
}

fn level(trace: &Trace) -> Option<f64> {
    trace.metadata.get("level").or_else(|| trace.problem.metadata.get("level"))?.as_f64()
}

fn score(trace: &Trace, step: StepIndex) -> Option<f64> {
    trace.scores.iter().find(|score| score.step == Some(step)).map(|score| score.value)
}

fn is_bad(trace: &Trace, step: StepIndex) -> bool {
    trace.labels.iter().any(|l| l.step == Some(step) && l.value == ImportedValue::Rating(StepRating::Bad))
}

fn depth(trace: &Trace, step: StepIndex) -> f64 {
    trace.tree().path_to(&trace.steps, step).len() as f64
}

fn number_of(trace: &Trace, said: &FirstError) -> Option<f64> {
    let FirstError::At(hash) = said else { return None };
    Some(depth(trace, trace.find_step(hash)?))
}

fn data_number(trace: &Trace) -> Option<f64> {
    number_of(trace, &trace.imported_first_error(None)?)
}

fn own_number(case: &Case) -> Option<f64> {
    Some(depth(&case.trace, case.own_error?))
}

fn sign() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["<", "<=", ">", ">=", "=", "!="])
}

fn of_step() -> impl Strategy<Value = OfStep> {
    let leaf = prop_oneof![
        (0..4_usize).prop_map(OfStep::Kind),
        (0..4_usize).prop_map(OfStep::Word),
        (sign(), 0..10_u32).prop_map(|(sign, tenths)| OfStep::Score(sign, tenths)),
        (sign(), -5..5_i32).prop_map(|(sign, tenths)| OfStep::Delta(sign, tenths)),
        (sign(), 0..4_u32).prop_map(|(sign, number)| OfStep::Number(sign, number)),
        Just(OfStep::Last),
        Just(OfStep::First),
        Just(OfStep::Failed),
        Just(OfStep::IsError),
        Just(OfStep::AfterError),
        prop::sample::select(vec!["a", "b"]).prop_map(OfStep::Generator),
        Just(OfStep::Bad),
    ];
    leaf.prop_recursive(3, 6, 2, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(OfStep::Not),
            (boxed(), boxed()).prop_map(|(a, b)| OfStep::And(a, b)),
            (boxed(), boxed()).prop_map(|(a, b)| OfStep::Or(a, b)),
            (1..3_u32, any::<bool>(), boxed()).prop_map(|(most, is_after, a)| OfStep::Within(most, is_after, a)),
        ]
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let name = || prop::sample::select(vec!["a", "b"]);
    let fields = vec!["generator", "meta.level", "first_error(imported)", "label(own)", "score(\"q\")"];
    let leaf = prop_oneof![
        (0..4_usize).prop_map(Asked::Word),
        (sign(), 0..5_u32).prop_map(|(sign, number)| Asked::Steps(sign, number)),
        name().prop_map(Asked::Generator),
        name().prop_map(Asked::NotGenerator),
        prop::sample::select(vec![Verdict::Correct, Verdict::Incorrect, Verdict::Unknown]).prop_map(Asked::Outcome),
        (sign(), 1..4_u32).prop_map(|(sign, number)| Asked::Level(sign, number)),
        (1..4_u32).prop_map(Asked::LevelIs),
        (sign(), 1..4_u32).prop_map(|(sign, number)| Asked::FirstError(sign, number)),
        Just(Asked::NoError),
        (sign(), 1..4_u32).prop_map(|(sign, number)| Asked::ImportedError(sign, number)),
        Just(Asked::Differ),
        (sign(), 0..10_u32).prop_map(|(sign, tenths)| Asked::Lowest(sign, tenths)),
        prop::sample::select(fields).prop_map(Asked::Has),
        Just(Asked::Bad),
        (prop::sample::select(vec!["any", "all", "none"]), of_step()).prop_map(|(how, of)| Asked::Steps4(how, of)),
        (of_step(), sign(), 0..4_u32).prop_map(|(of, sign, number)| Asked::Count(of, sign, number)),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(Asked::Not),
            (boxed(), boxed()).prop_map(|(a, b)| Asked::And(a, b)),
            (boxed(), boxed()).prop_map(|(a, b)| Asked::Or(a, b)),
        ]
    })
}

#[derive(Clone, Debug)]
struct RawStep {
    kind: usize,
    word: usize,
    /// How far up its parent is.
    up: u32,
    score: Option<u32>,
    rating: Option<StepRating>,
}

fn raw_step() -> impl Strategy<Value = RawStep> {
    let rating = prop::option::of(prop::sample::select(StepRating::ALL.to_vec()));
    let up = prop_oneof![4 => Just(1_u32), 1 => 2..4_u32];
    (0..4_usize, 0..4_usize, up, prop::option::of(0..10_u32), rating)
        .prop_map(|(kind, word, up, score, rating)| RawStep { kind, word, up, score, rating })
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let generator = prop::option::of(prop::sample::select(vec!["a", "b"]));
    let verdict = prop::sample::select(vec![Verdict::Correct, Verdict::Incorrect, Verdict::Unknown]);
    let marks = (prop::option::of(0..6_u32), prop::option::of(0..6_u32), any::<bool>());
    let meta = (prop::option::of(1..4_u32), prop::option::of(1..4_u32));
    (prop::collection::vec(raw_step(), 0..6), generator, verdict, marks, meta).prop_map(
        |(raw, generator, verdict, (own, data, no_error), (level, problem_level))| {
            let mut problem = Problem::from_text("what");
            if let Some(level) = problem_level {
                problem.metadata.insert("level".into(), json!(level));
            }
            let mut builder = TraceBuilder::new(problem).verdict(verdict);
            builder.trace_mut().generator = generator.map(str::to_owned);
            if let Some(level) = level {
                builder.trace_mut().metadata.insert("level".into(), json!(f64::from(level)));
            }
            for (at, raw) in (0_u32..).zip(&raw) {
                builder.push(Step {
                    parent: at.checked_sub(raw.up),
                    kind: KINDS[raw.kind],
                    text: format!("{} {at}", WORDS[raw.word]),
                    on_path: raw.word % 2 == 0,
                    ..Step::default()
                });
                if let Some(tenths) = raw.score {
                    let value = f64::from(tenths) / 10.0;
                    let score = ImportedScore { step: Some(at), name: "q".into(), kind: ScoreKind::Value, value };
                    builder.trace_mut().scores.push(score);
                }
                if let Some(rating) = raw.rating {
                    builder.label(Some(at), ImportedValue::Rating(rating), "human", "f", "r");
                }
            }
            let within = |step: Option<u32>| step.filter(|step| (*step as usize) < raw.len());
            if let Some(step) = within(data) {
                builder.label(Some(step), ImportedValue::FirstError, "rule", "f", "r");
            } else if no_error {
                builder.label(None, ImportedValue::NoError, "rule", "f", "r");
            }
            Case { trace: builder.build(), own_error: within(own) }
        },
    )
}

/// A project of these traces; their problems are made different, so that each has an identity of its own.
pub(super) fn project(cases: &mut [Case]) -> (TempDir, Views) {
    let folder = tempfile::tempdir().unwrap();
    let dir = ProjectDir::new(folder.path().join("p.stepscope"));
    let mut writer = StoreWriter::create(&dir).unwrap();
    for (number, case) in cases.iter_mut().enumerate() {
        let mut builder = TraceBuilder::new(Problem {
            prompt: crate::model::Prompt::Text(format!("what {number}")),
            ..case.trace.problem.clone()
        });
        let old = std::mem::take(&mut case.trace);
        let problem = builder.trace_mut().problem.clone();
        *builder.trace_mut() = Trace { problem, ..old };
        case.trace = builder.build();
        writer.push(&case.trace).unwrap();
    }
    let store: Store = writer.finish(Vec::new()).unwrap();
    let said = annotated(&dir, cases);
    let own = (AnnotatorId::new("me"), Arc::new(said));
    // The scale of what is missing: a scorer that scored nothing is none.
    let views = Views::new(store, own, &[], ScoreBook::default(), None, &ViewCache::default());
    (folder, views)
}

fn annotated(dir: &ProjectDir, cases: &[Case]) -> Annotations {
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) =
        AnnotationLog::open(&dir.annotations(), &AnnotatorId::new("me"), clock, Arc::new(|| {})).unwrap();
    let changes = cases.iter().filter_map(|case| {
        let step = case.trace.steps[case.own_error? as usize].hash.clone();
        Some(Change::MarkFirstError { trace: case.trace.id.clone(), mark: Some(FirstError::At(step)) })
    });
    log.commit(changes.collect()).unwrap();
    log.flush().unwrap();
    log.annotations().clone()
}

pub(super) fn quiet() -> JobContext {
    JobContext::foreground(None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_traces_give_the_same(
        mut cases in prop::collection::vec(case(), 1..9),
        asked in prop::collection::vec(asked(), 1..12),
    ) {
        let (_folder, views) = project(&mut cases);
        let has_scores = cases.iter().any(|case| !case.trace.scores.is_empty());
        let has_levels = cases.iter().any(|case| level(&case.trace).is_some());
        for asked in asked {
            let text = asked.text();
            // What no trace has is refused by name.
            if (!has_scores && text.contains("score(")) || (!has_levels && text.contains("meta.level")) {
                continue;
            }
            let filter = Filter::parse(&text, &Fields::default());
            prop_assert!(filter.is_ok(), "{text}: {filter:?}");
            let found = filter.unwrap().found(&views, &quiet());
            prop_assert!(found.is_ok(), "{text}: {found:?}");
            let found = found.unwrap();
            let expected: Vec<u32> =
                (0..).zip(&cases).filter(|(_, case)| asked.holds(case)).map(|(row, _)| row).collect();
            prop_assert_eq!(&found.rows, &expected, "{}", text);
            // The steps that a condition asks for are found with the traces.
            if let Asked::Steps4("any", inner) = &asked {
                for row in found.rows {
                    let case = &cases[row as usize];
                    let steps: Vec<StepIndex> = found.steps.as_ref().unwrap().of(views.store(), row).collect();
                    let all = (0..).take(case.trace.steps.len());
                    let expected: Vec<StepIndex> = all.filter(|step| inner.holds(case, *step)).collect();
                    prop_assert_eq!(steps, expected, "{}", text);
                }
            }
        }
    }

}

proptest! {
    // Every value is two questions.
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn facets_count_what_their_clauses_find(mut cases in prop::collection::vec(case(), 1..12)) {
        let (_folder, views) = project(&mut cases);
        let all: Vec<u32> = (0..).take(cases.len()).collect();
        // What is kept of a project is counted anew when the annotator says something, and when it is taken back.
        for views in [views.clone(), views.clone().with_own(Arc::default()), views] {
            let fields = views.fields(&quiet()).unwrap();
            let rows = |text: &str| Filter::parse(text, &fields).unwrap().rows(&views, &quiet()).unwrap();
            let some: Vec<u32> = all.iter().copied().filter(|row| row % 3 != 1).collect();
            for among in [&all, &some] {
                for facet in facets(&views, among, 100, &quiet()).unwrap() {
                    prop_assert_eq!(facet.more, 0);
                    for value in facet.values {
                        let (with, without) = (rows(&value.include), rows(&value.exclude));
                        let counted = with.iter().filter(|row| among.contains(row)).count();
                        prop_assert_eq!(counted as u64, value.count, "{}", value.include);
                        prop_assert_eq!(with.len() + without.len(), cases.len(), "{}", value.exclude);
                    }
                }
            }
        }
    }
}

#[test]
fn a_field_with_a_chosen_value_keeps_its_others() {
    let of = |generator: &str, verdict| {
        let builder = TraceBuilder::new(Problem::from_text("sum")).generator(generator).verdict(verdict);
        Case { trace: builder.thought(format!("{generator} {verdict:?}")).build(), own_error: None }
    };
    let mut cases =
        [("a", Verdict::Correct), ("a", Verdict::Incorrect), ("b", Verdict::Correct), ("c", Verdict::Correct)]
            .map(|(generator, verdict)| of(generator, verdict));
    let (_folder, views) = project(&mut cases);
    let list = |text: &str, ctx: &JobContext| Filter::parse(text, &Fields::default()).unwrap().rows(&views, ctx);
    let check = |text: &str, generators: &[(&str, u64)], outcomes: &[(&str, u64)]| {
        let rows = list(text, &quiet()).unwrap();
        let found = facets_of(&views, &rows, &Question { text, list: &list }, 100, &quiet()).unwrap();
        let values = |field: &str| {
            let facet = found.iter().find(|facet| facet.field == field);
            let values = facet.into_iter().flat_map(|facet| &facet.values);
            values.map(|value| (value.value.as_str(), value.count)).collect::<Vec<_>>()
        };
        assert_eq!(values("generator"), generators, "{text}");
        assert_eq!(values("outcome"), outcomes, "{text}");
    };
    let all: &[(&str, u64)] = &[("a", 2), ("b", 1), ("c", 1)];
    check("", all, &[("correct", 3), ("incorrect", 1)]);
    check("generator:a", all, &[("correct", 1), ("incorrect", 1)]);
    check("generator = \"a\"", all, &[("correct", 1), ("incorrect", 1)]);
    check("-generator:a -generator:b", all, &[("correct", 1)]);
    // Each is counted under what the other fields are asked for.
    check("generator:a outcome:incorrect", &[("a", 1)], &[("correct", 1), ("incorrect", 1)]);
    check("generator:b outcome:incorrect", &[("a", 1), ("b", 0)], &[("correct", 1), ("incorrect", 0)]);
    // Another condition on the field is no choice among its values.
    check("generator:a* ", &[("a", 2)], &[("correct", 1), ("incorrect", 1)]);
    check("generator:a or generator:b", &[("a", 2), ("b", 1)], &[("correct", 2), ("incorrect", 1)]);
}

#[test]
fn fields_are_selected_and_sorted_by() {
    let mut builder = TraceBuilder::new(Problem::from_text("sum")).generator("m1").verdict(Verdict::Correct);
    builder = builder.thought("one two").thought("three");
    builder.score(Some(0), "q", ScoreKind::Value, 0.5);
    builder.trace_mut().metadata.insert("tags".into(), json!(["x", "y"]));
    let first = builder.build();
    let second = TraceBuilder::new(Problem::from_text("product")).thought("four").build();
    let mut cases = [first, second].map(|trace| Case { trace, own_error: None });
    let (_folder, views) = project(&mut cases);
    let names = ["row", "generator", "steps", "score", "meta.tags", "step.words"].map(str::to_owned);
    let table = select(&views, &[1, 0], &names, &quiet()).unwrap();
    let rows: Vec<String> = table.rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
    assert_eq!(rows, ["[2,null,1,null,null,[1]]", r#"[1,"m1",2,0.5,["x","y"],[2,1]]"#]);
    assert_eq!(sort_by(&views, vec![0, 1], "steps", false, &quiet()).unwrap(), [1, 0]);
    assert_eq!(sort_by(&views, vec![1, 0], "generator", true, &quiet()).unwrap(), [0, 1], "the missing last");
    assert!(sort_by(&views, vec![0], "step.words", false, &quiet()).is_err());
}

#[test]
fn sql_reads_the_same_tables() {
    let mut builder = TraceBuilder::new(Problem::from_text("sum")).generator("m1").verdict(Verdict::Correct);
    builder = builder.thought("one two").thought("three");
    builder.label(Some(1), ImportedValue::FirstError, "human", "f", "r");
    builder.trace_mut().metadata.insert("level".into(), json!(3));
    builder.score(Some(0), "q", ScoreKind::Value, 0.5);
    let first = builder.build();
    let second = TraceBuilder::new(Problem::from_text("product")).thought("four").build();
    let mut cases = [first, second].map(|trace| Case { trace, own_error: None });
    let (_folder, views) = project(&mut cases);
    let ask = |text: &str| {
        let table = sql(text, &views, 100, &quiet()).unwrap();
        serde_json::to_string(&table.rows).unwrap()
    };
    assert_eq!(ask("SELECT count(*) AS n FROM traces"), "[[2]]");
    assert_eq!(
        ask("select generator, first_error, \"meta.level\" from traces order by row"),
        r#"[["m1",2,3],[null,null,null]]"#
    );
    assert_eq!(
        ask("SELECT t.row, count(*) AS n FROM traces t JOIN steps s ON s.trace = t.row GROUP BY t.row ORDER BY t.row"),
        "[[1,2],[2,1]]"
    );
    assert_eq!(ask("SELECT trace, step, source, says FROM labels"), r#"[[1,2,"human","first_error"]]"#);
    assert_eq!(ask("SELECT scorer, value, origin FROM scores;"), r#"[["q",0.5,"imported"]]"#);
    assert_eq!(ask("SELECT text FROM steps WHERE words > 1"), r#"[["one two"]]"#);
    for (text, expected) in
        [("DROP TABLE traces", "only one question"), ("SELECT nothing FROM traces", "cannot be answered")]
    {
        let error = sql(text, &views, 10, &quiet()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_has_changed_is_read_again() {
    let mut cases = [case_of("a"), case_of("b")];
    let (_folder, views) = project(&mut cases);
    let rows =
        |views: &Views, text: &str| Filter::parse(text, &Fields::default()).unwrap().rows(views, &quiet()).unwrap();
    assert_eq!(rows(&views, "first_error:1 or label(own):bad"), [0_u32; 0]);
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) =
        AnnotationLog::open(&views.store().dir().annotations(), &AnnotatorId::new("me"), clock, Arc::new(|| {}))
            .unwrap();
    let step = StepRef { trace: cases[1].trace.id.clone(), step: cases[1].trace.steps[0].hash.clone() };
    log.commit(vec![Change::RateStep { step, rating: Some(StepRating::Bad) }]).unwrap();
    let later = views.clone().with_own(Arc::new(log.annotations().clone()));
    assert_eq!(rows(&later, "first_error:1 or label(own):bad"), [1]);
    assert_eq!(rows(&later, "state:labelled"), [1]);
    assert_eq!(rows(&views, "label(own):bad"), [0_u32; 0]);
}

fn case_of(name: &str) -> Case {
    Case { trace: TraceBuilder::new(Problem::from_text(name)).thought(name).build(), own_error: None }
}
