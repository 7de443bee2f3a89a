//! Questions answered by columns, and the same ones answered trace by trace, straight from the model.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

pub(super) use super::naive::Case;
use super::naive::{Asked, Own, WORDS, asked};
use super::*;
use crate::annotation::{AnnotationLog, Annotations, Change, StepRef, Target};
use crate::job::JobContext;
use crate::model::{
    AnnotatorId, ErrorLabel, FirstError, FixedClock, ImportedScore, ImportedValue, Label, Problem, Rated, ScoreKind,
    Step, StepFlag, StepIndex, StepKind, StepRating, ToolCall, Trace, TraceBuilder, Verdict,
};
use crate::scoring::ScoreBook;
use crate::store::{ProjectDir, Store, StoreWriter};

const KINDS: [StepKind; 4] = [StepKind::Thought, StepKind::ToolCall, StepKind::ToolResult, StepKind::Answer];

#[derive(Clone, Debug)]
struct RawStep {
    kind: usize,
    word: usize,
    /// How far up its parent is.
    up: u32,
    /// In quarters.
    score: Option<i32>,
    rating: Option<StepRating>,
    /// Label of the data: in quarters, and a tag.
    soft: Option<i32>,
    tag: Option<&'static str>,
    section: Option<&'static str>,
    flags: Vec<StepFlag>,
}

fn perhaps<T: Clone + std::fmt::Debug + 'static>(from: &[T]) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.4, prop::sample::select(from.to_vec()))
}

fn raw_step() -> impl Strategy<Value = RawStep> {
    let rating = prop::option::of(prop::sample::select(StepRating::ALL.to_vec()));
    let up = prop_oneof![4 => Just(1_u32), 1 => 2..4_u32];
    let data = (prop::option::weighted(0.3, -4..5_i32), perhaps(&["slip", "Odd one"]));
    let flags = prop::sample::subsequence(vec![StepFlag::Failed, StepFlag::Pruned], 0..=1);
    let rest = (perhaps(&["thinking", "The End"]), flags);
    (0..4_usize, 0..4_usize, up, prop::option::of(-4..5_i32), rating, data, rest).prop_map(
        |(kind, word, up, score, rating, (soft, tag), (section, flags))| RawStep {
            kind,
            word,
            up,
            score,
            rating,
            soft,
            tag,
            section,
            flags,
        },
    )
}

/// What an annotator says of some steps, and of the trace where that can be said of it.
fn said() -> impl Strategy<Value = Vec<(Option<StepIndex>, Own)>> {
    let quarter = || (-4..5_i32).prop_map(|quarters| f64::from(quarters) / 4.0);
    let own = prop_oneof![
        prop::sample::select(vec!["slip", "Algebra", "odd one"]).prop_map(Own::Tag),
        quarter().prop_map(Own::Scale),
        prop::sample::select(vec!["Look again", "fine"]).prop_map(Own::Note),
        quarter().prop_map(Own::Soft),
        (perhaps(&["sign", "Unit"]), perhaps(&["minor", "Grave"]))
            .prop_map(|(sub, severity)| Own::Error("algebra", sub, severity)),
    ];
    prop::collection::vec((prop::option::weighted(0.8, 0..6_u32), own), 0..4)
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let generator = perhaps(&["a", "Ab", "AB", "b c"]);
    let verdict = prop::sample::select(vec![Verdict::Correct, Verdict::Incorrect, Verdict::Unknown]);
    let marks = (prop::option::of(0..6_u32), prop::option::of(0..6_u32), any::<bool>(), said());
    let meta = (prop::option::of(1..8_u32), prop::option::of(1..4_u32), prop::option::of(-4..5_i32));
    (prop::collection::vec(raw_step(), 0..6), generator, verdict, marks, meta).prop_map(
        |(raw, generator, verdict, (own, data, no_error, said), (level, problem_level, whole))| {
            let mut problem = Problem::from_text("what");
            if let Some(level) = problem_level {
                problem.metadata.insert("level".into(), json!(level));
            }
            let mut builder = TraceBuilder::new(problem).verdict(verdict);
            builder.trace_mut().generator = generator.map(str::to_owned);
            if let Some(level) = level {
                builder.trace_mut().metadata.insert("level".into(), json!(f64::from(level) / 4.0));
            }
            let score = |step: Option<u32>, quarters: i32| ImportedScore {
                step,
                name: "q".into(),
                kind: ScoreKind::Value,
                value: f64::from(quarters) / 4.0,
            };
            builder.trace_mut().scores.extend(whole.map(|quarters| score(None, quarters)));
            for (at, raw) in (0_u32..).zip(&raw) {
                let is_call = KINDS[raw.kind] == StepKind::ToolCall;
                builder.push(Step {
                    parent: at.checked_sub(raw.up),
                    kind: KINDS[raw.kind],
                    text: format!("{} {at}", WORDS[raw.word]),
                    tool: is_call.then(|| ToolCall {
                        name: if raw.word % 2 == 0 { "search" } else { "Calc" }.into(),
                        arguments: "{\"q\": \"Plum 7\"}".into(),
                        call_id: None,
                    }),
                    section: raw.section.map(str::to_owned),
                    flags: raw.flags.clone(),
                    on_path: raw.word % 2 == 0,
                    ..Step::default()
                });
                builder.trace_mut().scores.extend(raw.score.map(|quarters| score(Some(at), quarters)));
                if let Some(rating) = raw.rating {
                    builder.label(Some(at), ImportedValue::Rating(rating), "human", "f", "r");
                }
                if let Some(quarters) = raw.soft {
                    builder.label(Some(at), ImportedValue::Soft(f64::from(quarters) / 4.0), "mc", "f", "r");
                }
                if let Some(tag) = raw.tag {
                    builder.label(Some(at), ImportedValue::Tag, "human", "f", tag);
                }
            }
            let within = |step: Option<u32>| step.filter(|step| (*step as usize) < raw.len());
            if let Some(step) = within(data) {
                builder.label(Some(step), ImportedValue::FirstError, "rule", "f", "r");
            } else if no_error {
                builder.label(None, ImportedValue::NoError, "rule", "f", "r");
            }
            // One of a sort for each place: another would replace it.
            let mut places = BTreeSet::new();
            let sort = |own: &Own| match own {
                Own::Tag(tag) => format!("tag {tag}"),
                Own::Scale(_) => "scale".to_owned(),
                Own::Note(_) => "note".to_owned(),
                Own::Soft(_) => "soft".to_owned(),
                Own::Error(..) => "error".to_owned(),
            };
            let fits = |(step, own): &(Option<StepIndex>, Own)| match (step, own) {
                (Some(step), _) => (*step as usize) < raw.len(),
                (None, own) => !matches!(own, Own::Soft(_) | Own::Error(..)),
            };
            let said = said.into_iter().filter(fits).filter(|(step, own)| places.insert((*step, sort(own)))).collect();
            Case { trace: builder.build(), own_error: within(own), said }
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
    let mut changes = Vec::new();
    for case in cases {
        let (trace, hash) = (&case.trace.id, |step: StepIndex| case.trace.steps[step as usize].hash.clone());
        if let Some(step) = case.own_error {
            let mark = Some(FirstError::At(hash(step)));
            changes.push(Change::MarkFirstError { trace: trace.clone(), mark });
        }
        for (step, own) in &case.said {
            let target = match step {
                Some(step) => Target::Step(StepRef { trace: trace.clone(), step: hash(*step) }),
                None => Target::Trace(trace.clone()),
            };
            let label = match own.clone() {
                Own::Note(text) => {
                    changes.push(Change::WriteNote { target, text: text.into() });
                    continue;
                }
                Own::Tag(tag) => Label::Tag(tag.into()),
                Own::Scale(value) => Label::Rated(Rated { dimension: "clarity".into(), value }),
                Own::Soft(value) => Label::Soft(value),
                Own::Error(kind, sub, severity) => Label::Error(ErrorLabel {
                    kind: kind.into(),
                    sub: sub.map(str::to_owned),
                    severity: severity.map(str::to_owned),
                }),
            };
            changes.push(Change::Give { target, label });
        }
    }
    log.commit(changes).unwrap();
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
        asked in prop::collection::vec(asked(), 1..16),
    ) {
        let (_folder, views) = project(&mut cases);
        let has_scores = cases.iter().any(|case| !case.trace.scores.is_empty());
        let has_levels = cases.iter().any(|case| {
            case.trace.metadata.contains_key("level") || case.trace.problem.metadata.contains_key("level")
        });
        for asked in asked {
            let text = asked.text();
            // What no trace has is refused by name.
            if (!has_scores && text.contains("(\"q\")")) || (!has_levels && text.contains("meta.level")) {
                continue;
            }
            let filter = Filter::parse(&text, &Fields::default());
            prop_assert!(filter.is_ok(), "{text}: {filter:?}");
            let found = filter.unwrap().found(&views, &quiet());
            prop_assert!(found.is_ok(), "{text}: {found:?}");
            let found = found.unwrap();
            let expected: Vec<u32> =
                (0..).zip(&cases).filter(|(_, case)| asked.holds(case, None)).map(|(row, _)| row).collect();
            prop_assert_eq!(&found.rows, &expected, "{}", text);
            // The steps that a condition asks for are found with the traces.
            if let Asked::Steps("any", inner) = &asked {
                for row in found.rows {
                    let case = &cases[row as usize];
                    let steps: Vec<StepIndex> = found.steps.as_ref().unwrap().of(views.store(), row).collect();
                    let all = (0..).take(case.trace.steps.len());
                    let expected: Vec<StepIndex> = all.filter(|step| inner.holds(case, Some(*step))).collect();
                    prop_assert_eq!(steps, expected, "{}", text);
                }
            }
        }
    }
}

/// A trace with metadata and a score of its own.
#[derive(Clone, Debug)]
struct Measured {
    cost: Option<f64>,
    score: Option<f64>,
    /// Numbers, written as numbers and as text, with words between them; of some traces two.
    mixed: Vec<&'static str>,
    tokens: Option<i32>,
}

fn measured() -> impl Strategy<Value = Measured> {
    let number =
        || prop_oneof![4 => -1e3..1e3_f64, 2 => (-40..40_i32).prop_map(|n| f64::from(n) / 8.0), 1 => any::<f64>()];
    let finite = move || prop::option::weighted(0.9, number().prop_filter("in JSON", |number| number.is_finite()));
    let words = vec!["5", "5.0", "7e1", "n/a", "N/A", "nan", "-inf", "two  words", "a*", "\"x\\"];
    let mixed = prop::collection::vec(prop::sample::select(words), 0..3);
    let tokens = prop::option::of(prop_oneof![0..9_i32, -20_000..90_000_i32]);
    (finite(), finite(), mixed, tokens).prop_map(|(cost, score, mixed, tokens)| Measured { cost, score, mixed, tokens })
}

impl Measured {
    fn case(&self) -> Case {
        let mut builder = TraceBuilder::new(Problem::from_text("what")).thought("so");
        let metadata = &mut builder.trace_mut().metadata;
        metadata.extend(self.cost.map(|cost| ("cost".to_owned(), json!(cost))));
        metadata.extend(self.tokens.map(|tokens| ("a key".to_owned(), json!(tokens))));
        let mixed: Vec<_> =
            self.mixed.iter().map(|text| json!(text)).chain(self.cost.map(|cost| json!(cost))).collect();
        metadata.insert("mixed".into(), json!(mixed));
        // Each trace has one of its own, so it names traces and is not counted, but where there are few.
        metadata.insert("name".into(), json!(format!("{:?}", self.score)));
        if let Some(score) = self.score {
            builder.score(Some(0), "q", ScoreKind::Value, score);
        }
        Case { trace: builder.build(), own_error: None, said: Vec::new() }
    }
}

/// Each value counts the traces that its clause lists, and the other clause lists all others.
fn counts_what_it_lists(views: &Views, traces: usize) -> Result<(), TestCaseError> {
    let all: Vec<u32> = (0..).take(traces).collect();
    let some: Vec<u32> = all.iter().copied().filter(|row| row % 3 != 1).collect();
    let fields = views.fields(&quiet()).unwrap();
    let rows = |text: &str| Filter::parse(text, &fields).unwrap().rows(views, &quiet()).unwrap();
    for among in [&all, &some] {
        for facet in facets(views, among, 100, &quiet()).unwrap() {
            prop_assert_eq!(facet.more, 0);
            for value in facet.values {
                let (with, without) = (rows(&value.include), rows(&value.exclude));
                let counted = with.iter().filter(|row| among.contains(row)).count();
                prop_assert_eq!(counted as u64, value.count, "{}", value.include);
                prop_assert_eq!(with.len() + without.len(), traces, "{}", value.exclude);
            }
        }
    }
    Ok(())
}

proptest! {
    // Every value is two questions.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn facets_count_what_their_clauses_find(mut cases in prop::collection::vec(case(), 1..12)) {
        let (_folder, views) = project(&mut cases);
        // What is kept of a project is counted anew when the annotator says something, and when it is taken back.
        for views in [views.clone(), views.clone().with_own(Arc::default()), views] {
            counts_what_it_lists(&views, cases.len())?;
        }
    }

    #[test]
    fn spans_count_what_their_clauses_find(measured in prop::collection::vec(measured(), 24..36)) {
        let mut cases: Vec<Case> = measured.iter().map(Measured::case).collect();
        let (_folder, views) = project(&mut cases);
        counts_what_it_lists(&views, cases.len())?;
        let all: Vec<u32> = (0..).take(cases.len()).collect();
        let found = facets(&views, &all, 100, &quiet()).unwrap();
        let scores = found.iter().find(|facet| facet.field == "score(\"q\").min");
        let scored = measured.iter().filter(|measured| measured.score.is_some()).count() as u64;
        // Each has its place in one span.
        prop_assert_eq!(scores.map_or(0, |facet| facet.values.iter().map(|value| value.count).sum::<u64>()), scored);
        let costs = found.iter().find(|facet| facet.field == "meta.cost").unwrap();
        prop_assert!(costs.values.len() <= 21, "{costs:?}");
    }
}

#[test]
fn numbers_are_counted_in_spans_and_many_words_by_the_most_frequent() {
    let trace = |number: u32| {
        let mut builder = TraceBuilder::new(Problem::from_text("what")).thought("so");
        let metadata = &mut builder.trace_mut().metadata;
        metadata.insert("cost".into(), json!(f64::from(number) * 0.0013));
        metadata.insert("tokens".into(), json!(number * 3));
        metadata.insert("level".into(), json!(number % 5));
        metadata.insert("word".into(), json!(format!("w{}", number.min(150))));
        metadata.insert("name".into(), json!(format!("n{number}")));
        metadata.insert("set".into(), json!("test"));
        if number < 3 {
            metadata.insert("rare".into(), json!("yes"));
        }
        builder.score(Some(0), "logit", ScoreKind::Value, f64::from(number) / 10.0 - 12.0);
        Case { trace: builder.build(), own_error: None, said: Vec::new() }
    };
    let mut cases: Vec<Case> = (0..200).map(trace).collect();
    let (_folder, views) = project(&mut cases);
    let all: Vec<u32> = (0..200).collect();
    let found = facets(&views, &all, 3, &quiet()).unwrap();
    let facet = |field: &str| found.iter().find(|facet| facet.field == field);
    let shown = |field: &str| -> Vec<(&str, u64)> {
        facet(field).into_iter().flat_map(|facet| &facet.values).map(|v| (v.value.as_str(), v.count)).collect()
    };
    assert_eq!(shown("meta.cost").iter().map(|(_, count)| count).sum::<u64>(), 200);
    let first = &facet("meta.cost").unwrap().values[..2];
    assert_eq!([first[0].value.as_str(), first[1].value.as_str()], ["below 0.02", "0.02–0.05"]);
    assert_eq!(first[1].include, "(meta.cost >= 0.02 and meta.cost < 0.05)");
    assert_eq!(facet("meta.tokens").unwrap().values[1].include, "meta.tokens:50..149");
    assert_eq!(shown("score(\"logit\").min")[..2], [("-12 to -10", 20), ("-10 to -8", 20)]);
    assert_eq!((shown("meta.level"), facet("meta.level").unwrap().more), (vec![("0", 40), ("1", 40), ("2", 40)], 2));
    // The most frequent word, and the others by a part of them.
    let words = facet("meta.word").unwrap();
    assert_eq!((shown("meta.word")[0], words.more), (("w150", 50), 148));
    assert_eq!(words.containing("W1"), "meta.word ~ \"W1\"");
    let filter = Filter::parse(&words.containing("W1"), &Fields::default()).unwrap();
    assert_eq!(filter.rows(&views, &quiet()).unwrap().len(), 1 + 10 + 100);
    assert_eq!((facet("meta.name"), facet("meta.set")), (None, None), "names of traces, and what all have");
    assert_eq!((shown("meta.rare"), facet("meta.rare").unwrap().missing), (vec![("yes", 3)], 197));
}

#[test]
fn a_field_with_a_chosen_value_keeps_its_others() {
    let of = |generator: &str, verdict| {
        let builder = TraceBuilder::new(Problem::from_text("sum")).generator(generator).verdict(verdict);
        Case { trace: builder.thought(format!("{generator} {verdict:?}")).build(), own_error: None, said: Vec::new() }
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
    let mut cases = [first, second].map(|trace| Case { trace, own_error: None, said: Vec::new() });
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
    let mut cases = [first, second].map(|trace| Case { trace, own_error: None, said: Vec::new() });
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
    assert_eq!(ask("SELECT* FROM scores WHERE scorer = 'a;b'"), "[]");
    assert_eq!(ask("SELECT text FROM steps WHERE words > 1"), r#"[["one two"]]"#);
    for (text, expected) in [
        ("DROP TABLE traces", "only one question"),
        ("SELECT generatr FROM traces", "did you mean `generator`? traces has row, id"),
        ("SELECT traces.x FROM traces", "no column `x`"),
        ("SELECT row FROM trace", "the tables are traces"),
        ("SELECT (row FROM traces", "cannot be answered"),
        ("SELECT 1; SELECT 2", "only one question"),
    ] {
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
    Case { trace: TraceBuilder::new(Problem::from_text(name)).thought(name).build(), own_error: None, said: Vec::new() }
}
