//! What the panels are given to paint, as snapshots: small traces, every kind of mark.

use std::collections::HashMap;

use stepscope::state::OpenTrace;
use stepscope::state::choose::{Choose, Page};
use stepscope::state::models_draft::{ModelChoice, ModelsDraft};
use stepscope::state::schema_draft::SchemaDraft;
use stepscope::state::sitting::{GoldFigures, SittingReport};
use stepscope::state::work::{Proposal, Visible, WorkState};
use stepscope::view_model::choose::ChooseModel;
use stepscope::view_model::curve::{CurveFacts, CurveModel};
use stepscope::view_model::inspector::InspectorModel;
use stepscope::view_model::models::{Enter, ModelsFacts, ModelsModel};
use stepscope::view_model::queue::QueueModel;
use stepscope::view_model::reader::ReaderModel;
use stepscope::view_model::schema::SchemaModel;
use stepscope::view_model::scores::series_of;
use stepscope::view_model::sitting::SittingModel;
use stepscope::view_model::trace_table::TraceRowModel;
use stepscope::view_model::tree::TreeModel;
use stepscope::view_model::work;
use stepscope_core::annotation::{Agreement, LabelSchema, Labels, StepAnnotation, StepRef, Target, TraceAnnotation};
use stepscope_core::job::{JobContext, Progress};
use stepscope_core::model::{
    Critique, ErrorLabel, FirstError, ImportedScore, ImportedValue, Label, Link, OutcomeLabel, Problem, ProblemId,
    Rated, Relation, ScoreKind, Span, Step, StepHash, StepKind, StepRating, ToolCall, Trace, TraceBuilder, TraceId,
    TraceStatus, Verdict, Verified,
};
use stepscope_core::query::{LabelState, Queue, QueueOrder, TableRow};
use stepscope_core::scoring::models::{self, ListedModel, ModelList, ModelPlace, Places};
use stepscope_core::scoring::{Aggregate, Recipes, ScoreBook, ScorerInfo, StepScore};
use stepscope_core::store::{Mark, TraceSummary};

/// Three steps: a thought, a call, an answer; labelled and scored by its source.
fn chain() -> Trace {
    let mut problem = Problem::from_text("What is 12 × 12?");
    problem.answer = Some("144".into());
    let mut builder = TraceBuilder::new(problem)
        .source_id("squares-1")
        .generator("demo")
        .verdict(Verdict::Incorrect)
        .thought("I ask the calculator.");
    let tool = ToolCall { name: "calculator".into(), arguments: "{\"a\": 12}".into(), call_id: None };
    builder.push_tool_call(Some(0), String::new(), tool);
    builder.push(Step {
        parent: Some(1),
        kind: StepKind::Answer,
        text: "It is 142.".into(),
        author: Some("assistant".into()),
        on_path: true,
        ..Step::default()
    });
    builder.label(Some(2), ImportedValue::FirstError, "human", "label", "2");
    builder.label(Some(0), ImportedValue::Rating(StepRating::Good), "human", "rating", "1");
    let trace = builder.trace_mut();
    trace.source.format = "step-list".into();
    trace.source.file = "folder/squares.jsonl".into();
    trace.source.row = 3;
    trace.warnings.push("the field `extra` was not understood".into());
    trace.scores = [0.98, 0.5, 0.031]
        .into_iter()
        .zip(0..)
        .map(|(value, step)| ImportedScore {
            step: Some(step),
            name: "prm".into(),
            kind: ScoreKind::Correctness,
            value,
        })
        .collect();
    builder.build()
}

/// One step with two continuations, the second of which goes on.
fn tree() -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text("1 + 1?")).source_id("tree");
    for (parent, text) in [(None, "I add."), (Some(0), "It is 3."), (Some(0), "It is 2."), (Some(2), "Done: 2.")] {
        builder.push(Step { parent, text: text.into(), ..Step::default() });
    }
    builder.build()
}

fn rated(
    trace: &Trace,
    ratings: &[(usize, StepRating, &str)],
) -> HashMap<stepscope_core::model::StepHash, StepAnnotation> {
    ratings
        .iter()
        .map(|&(step, rating, note)| {
            (
                trace.steps[step].hash.clone(),
                StepAnnotation { rating: Some(rating), note: note.into(), ..StepAnnotation::default() },
            )
        })
        .collect()
}

fn labelled(trace: &Trace) -> TraceAnnotation {
    TraceAnnotation {
        first_error: Some(FirstError::At(trace.steps[1].hash.clone())),
        labels: Labels::default(),
        status: TraceStatus::Done,
        note: "a note on the trace".into(),
        steps: rated(trace, &[(0, StepRating::Good, "a note on the step")]),
    }
}

/// Nothing is hidden.
const ALL: Visible =
    Visible { scores: true, verdict: true, answer: true, imported: true, imported_proposal: true, proposal: true };

#[test]
fn reader() {
    let trace = chain();
    let series = series_of(&trace, &ScoreBook::default(), None);
    let mut open = OpenTrace::new(0, trace);
    insta::assert_yaml_snapshot!("reader_untouched", ReaderModel::new(&open, None, &series, true).whole());
    open.move_by(1);
    let said = labelled(&open.trace);
    insta::assert_yaml_snapshot!("reader_labelled", ReaderModel::new(&open, Some(&said), &series, true).whole());
}

#[test]
fn ways_of_working() {
    let mut builder = TraceBuilder::new(Problem::from_text("1 + 1?")).source_id("long");
    for n in 1..=6 {
        builder = builder.thought(format!("Thought {n}."));
    }
    let mut open = OpenTrace::new(0, builder.build());
    let step = |open: &OpenTrace, n: usize| open.trace.steps[n].hash.clone();
    let look =
        |right| StepAnnotation { labels: [Label::Inspected(right)].into_iter().collect(), ..StepAnnotation::default() };
    let steps = [(step(&open, 1), look(true)), (step(&open, 4), look(false))].into();
    let said = TraceAnnotation { steps, ..TraceAnnotation::default() };
    open.move_by(2);
    let halving = WorkState { halving: true, ..WorkState::default() };
    let shown = |open: &OpenTrace, said: Option<&TraceAnnotation>, work: &WorkState, visible| {
        let mut model = ReaderModel::new(open, said, &[], true);
        work::dress(&mut model, open, said, work);
        let cards = model.cards();
        let cards = cards.iter().map(|card| {
            let chips: Vec<String> = card.chips.iter().map(|chip| chip.text.clone()).collect();
            format!("{}{}{}", card.number, if card.dimmed { " dimmed " } else { " " }, chips.join(", "))
        });
        let bars = work::bars(open, said, work, visible);
        (bars, cards.map(|card| card.trim().to_owned()).collect::<Vec<_>>(), model.chips.len())
    };
    insta::assert_yaml_snapshot!("work_halving", shown(&open, Some(&said), &halving, ALL));
    let found = TraceAnnotation { first_error: Some(FirstError::At(step(&open, 3))), ..said.clone() };
    insta::assert_yaml_snapshot!("work_found", shown(&open, Some(&found), &halving, ALL));
    let proposed = |mark| WorkState {
        verify: "scorer:prm@0.5".parse().ok(),
        proposal: Some(Proposal { by: "scorer:prm@0.5".into(), mark }),
        ..WorkState::default()
    };
    let proposal = proposed(FirstError::At(step(&open, 2)));
    insta::assert_yaml_snapshot!("work_proposed", shown(&open, None, &proposal, ALL));
    let clean = proposed(open.no_error().unwrap());
    insta::assert_yaml_snapshot!("work_proposed_clean", shown(&open, None, &clean, ALL));
    let verified = TraceAnnotation {
        first_error: Some(FirstError::At(step(&open, 3))),
        labels: [Label::Verified(Verified { by: "imported:human".into(), agreed: false })].into_iter().collect(),
        ..TraceAnnotation::default()
    };
    let work = WorkState { proposal: None, ..proposal };
    insta::assert_yaml_snapshot!("work_corrected", shown(&open, Some(&verified), &work, ALL).0);
    let blind = Visible { scores: false, proposal: false, ..ALL };
    insta::assert_yaml_snapshot!("work_blind", shown(&open, None, &work, blind).0);
}

#[test]
fn dialogs_of_work() {
    let queue = Queue { order: QueueOrder::FirstDrop, threshold: 0.35, ..Queue::default() };
    insta::assert_yaml_snapshot!("queue", QueueModel::new(&queue, 66, 12, String::new()));
    let report =
        SittingReport { steps: 9, active_ms: 754_000, median_ms: Some(65_300), undone: 2, ..Default::default() };
    insta::assert_yaml_snapshot!("sitting", SittingModel::new(&report, false, None));
    let sitting = Agreement { faulty: 3, faulty_right: 2, clean: 1, clean_right: 1 };
    let gold = GoldFigures { sitting, all: Agreement { faulty: 8, faulty_right: 6, clean: 4, clean_right: 2 } };
    insta::assert_yaml_snapshot!("sitting_gold", SittingModel::new(&report, true, Some(&gold)));
}

#[test]
fn reader_of_a_branch() {
    let mut open = OpenTrace::new(0, tree());
    open.move_by(1);
    open.move_branch(1);
    let cards: Vec<_> = ReaderModel::new(&open, None, &[], true)
        .cards()
        .iter()
        .map(|card| (card.number, card.body.to_owned(), card.branch, card.selected))
        .collect();
    assert_eq!(
        cards,
        [
            (1, "I add.".to_owned(), None, false),
            (2, "It is 2.".to_owned(), Some((2, 2)), true),
            (3, "Done: 2.".to_owned(), None, false),
        ]
    );
}

#[test]
fn all_correct_shows_what_was_read() {
    let check = |trace: Trace, step: Option<usize>, expected: &str, is_all_correct: bool| {
        let last = step.map_or_else(|| StepHash::new("gone"), |step| trace.steps[step].hash.clone());
        let open = OpenTrace::new(0, trace);
        let said = TraceAnnotation { first_error: Some(FirstError::NoneUpTo(last)), ..TraceAnnotation::default() };
        let chips = ReaderModel::new(&open, Some(&said), &[], false).chips;
        assert_eq!(chips[0].text, expected, "{step:?}");
        assert_eq!(chips.iter().any(|chip| chip.text == "text changed"), step.is_none(), "{step:?}");
        let inspector = InspectorModel::new(&open, Some(&said), &[], false, Aggregate::Min);
        assert_eq!(inspector.is_all_correct, is_all_correct, "{step:?}");
    };
    check(chain(), Some(2), "✔ all correct", true);
    check(chain(), Some(1), "✔ correct up to step 2", false);
    check(chain(), None, "lost", false);
    check(tree(), Some(1), "✔ all correct", true);
    check(tree(), Some(3), "✔ another path correct", false);
    check(tree(), Some(2), "✔ correct up to step 2", false);
}

#[test]
fn what_a_scorer_says_besides_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (book, _) = ScoreBook::open(folder.path()).unwrap();
    let trace = chain();
    let scorer =
        |name: &str, kind| ScorerInfo { name: name.into(), fingerprint: name.into(), kind, ..ScorerInfo::default() };
    let note = Some("17 × 3 = 54 is false: 51".to_owned());
    let first = StepScore { value: 0.25, spread: Some(0.125), note };
    for (scorer, value) in
        [(scorer("check", ScoreKind::Correctness), first), (scorer("judge", ScoreKind::Reward), 7.5.into())]
    {
        let name = book.adopt(&scorer);
        book.append(&name, &[(trace.steps[0].hash.clone(), value)]).unwrap();
    }
    let series = series_of(&trace, &book, Some("check"));
    let open = OpenTrace::new(0, trace);
    let chip = ReaderModel::new(&open, None, &series, true).card(0).unwrap().score.unwrap();
    assert_eq!(chip.hint, "check (correctness): 0.25\nIts members disagree by ± 0.125\n17 × 3 = 54 is false: 51");
    let inspector = InspectorModel::new(&open, None, &series, true, Aggregate::Mean);
    assert_eq!((inspector.aggregate, inspector.scores[0].note.as_str()), ("Mean", "± 0.125  17 × 3 = 54 is false: 51"));
    let facts = CurveFacts { own_error: None, shows_imported: true, aggregate: Aggregate::Mean, threshold: None };
    let curve = CurveModel::new(&open, &series, facts);
    let names: Vec<&str> = curve.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names[0], "check (correctness), mean 0.25");
    assert!(!names.iter().any(|name| name.contains("judge")), "another kind has no place on this axis: {names:?}");
}

#[test]
fn inspector() {
    let trace = chain();
    let series = series_of(&trace, &ScoreBook::default(), None);
    let mut open = OpenTrace::new(0, trace);
    insta::assert_yaml_snapshot!(
        "inspector_untouched",
        InspectorModel::new(&open, None, &series, true, Aggregate::Min)
    );
    open.move_by(1);
    let said = labelled(&open.trace);
    insta::assert_yaml_snapshot!(
        "inspector_labelled",
        InspectorModel::new(&open, Some(&said), &series, true, Aggregate::Min)
    );
}

#[test]
fn tree_model() {
    let trace = chain();
    assert_eq!(TreeModel::new(&OpenTrace::new(0, trace), None, &[]), None, "a chain has no tree");
    let mut open = OpenTrace::new(0, tree());
    open.select(3);
    let mut said = labelled(&open.trace);
    said.steps = rated(&open.trace, &[(0, StepRating::Neutral, ""), (3, StepRating::Good, "")]);
    insta::assert_yaml_snapshot!("tree", TreeModel::new(&open, Some(&said), &[]));
}

#[test]
fn table_row() {
    let summary = TraceSummary {
        problem: "What is 12 × 12?".into(),
        row: 0,
        id: TraceId::new("t"),
        source_id: None,
        problem_id: ProblemId::new("p"),
        generator: Some("demo".into()),
        steps: 7,
        branching: true,
        verdict: Verdict::Incorrect,
        format: "step-list".into(),
        file: "squares.jsonl".into(),
        imported_first_error: None,
        min_score: None,
        last_score: None,
        warnings: 0,
    };
    let row = TableRow {
        summary,
        state: LabelState::Done,
        own_first_error: Some(Mark::At(3)),
        own_error_number: Some(4),
        path_score: Some(0.031),
        last_score: Some(f64::NAN),
    };
    insta::assert_yaml_snapshot!("table_row", TraceRowModel::new(&row, ALL));
    let check = |state, mark, expected: &str| {
        let row = TableRow { state, own_first_error: mark, ..row.clone() };
        assert_eq!(TraceRowModel::new(&row, ALL).state.0, expected, "{state:?}");
    };
    check(LabelState::Unlabelled, None, "");
    check(LabelState::Labelled, None, "…");
    check(LabelState::Labelled, Some(Mark::NoError), "✔");
    check(LabelState::Skipped, Some(Mark::NoError), "skip");
    check(LabelState::Labelled, Some(Mark::Lost), "lost");
    check(LabelState::Defective, None, "⚑");
    check(LabelState::Done, None, "done");
}

/// A built-in model, one of the cache that scores, and one that does not.
fn models() -> ModelList {
    let model = |name: &str, place, recipe: Option<&str>| ListedModel {
        name: name.into(),
        path: format!("/models/{name}").into(),
        place,
        revision: (place == ModelPlace::Cache).then(|| "main".into()),
        backbone: Some("qwen2, 28 layers, 3584 wide, 4096 tokens".into()),
        parameters: Some(7_085_000_000),
        recipe: recipe.map(Into::into),
        why_not: recipe.is_none().then(|| "no recipe fits".into()),
    };
    ModelList {
        schema: "stepscope.models_list/1",
        cache: "/cache".into(),
        added: vec!["/models".into()],
        models: vec![
            ListedModel {
                backbone: Some("checks arithmetic".into()),
                ..model("builtin:x", ModelPlace::BuiltIn, Some("x"))
            },
            model("org/prm", ModelPlace::Cache, Some("qwen2.5-math-prm")),
            model("chat", ModelPlace::Added, None),
        ],
    }
}

fn facts<'a>(draft: &'a ModelsDraft, list: &'a Result<ModelList, String>) -> ModelsFacts<'a> {
    ModelsFacts {
        draft,
        list: Some(list),
        is_looking: false,
        report: None,
        is_checking: false,
        pull: None,
        in_use: None,
        endpoint: "https://hub.example",
    }
}

#[test]
fn the_dialog_of_models() {
    let list = Ok(models());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests-data/scoring/qwen2_prm");
    let mut report =
        models::check(&folder, &Places::default(), &Recipes::built_in(), &JobContext::foreground(None)).unwrap();
    report.path = "/models/org/prm".into();
    let draft = ModelsDraft { text: String::new(), selected: ModelChoice::Listed("/models/org/prm".into()) };
    let model = ModelsModel::new(&ModelsFacts {
        report: Some(&report),
        pull: Some(Progress { done: 1_500_000, total: Some(6_000_000), note: "fetching config.json".into() }),
        in_use: Some(std::path::Path::new("/models/chat")),
        ..facts(&draft, &list)
    });
    insta::assert_yaml_snapshot!(model);
}

#[test]
fn words_filter_models_and_names_fetch_them() {
    let list = Ok(models());
    let check = |text: &str, titles: &[&str], enter: Option<Enter>| {
        let draft = ModelsDraft { text: text.into(), selected: ModelChoice::First };
        let model = ModelsModel::new(&facts(&draft, &list));
        let found: Vec<&str> = model.rows.iter().map(|row| row.title.as_str()).collect();
        assert_eq!((found.as_slice(), model.enter), (titles, enter), "{text:?}");
    };
    check("", &["builtin:x", "org/prm", "chat"], Some(Enter::Use("/models/builtin:x".into())));
    check("PRM 7.0", &["org/prm"], Some(Enter::Use("/models/org/prm".into())));
    check("chat", &["chat"], None);
    check("org/new", &["Fetch org/new"], Some(Enter::Pull("org/new".into())));
    check("org/prm", &["org/prm", "Fetch org/prm"], Some(Enter::Use("/models/org/prm".into())));
    check("org/../x", &[], None);
    check("nothing", &[], None);
    let draft = ModelsDraft::default();
    let looking = ModelsModel::new(&ModelsFacts { list: None, is_looking: true, ..facts(&draft, &list) });
    assert_eq!(looking.empty.as_deref(), Some("Looking for models…"));
}

/// Everything that can be said of the middle step of a chain and of the chain.
fn said_in_full(trace: &Trace) -> TraceAnnotation {
    let link = |relation, to: &str| Label::Link(Link { relation, to: to.into() });
    let of_step = [
        Label::Error(ErrorLabel {
            kind: "calculation".into(),
            sub: Some("copy".into()),
            severity: Some("minor".into()),
        }),
        Label::Soft(0.125),
        Label::Redundant,
        Label::Corrected(Some(trace.steps[2].hash.clone())),
        Label::Missing("ask first".into()),
        Label::Unsafe,
        Label::Masked,
        Label::Tag("discuss".into()),
        Label::Tag("a word of mine".into()),
        Label::Rated(Rated { dimension: "local_quality".into(), value: 0.25 }),
        Label::Rated(Rated { dimension: "gone".into(), value: 3.0 }),
        Label::Critique(Critique {
            by: "scorer:judge".into(),
            text: "12 × 12 is not 142".into(),
            rating: Some(StepRating::Good),
            accepted: true,
        }),
        Label::Critique(Critique { text: "mine".into(), accepted: true, ..Critique::default() }),
        link(Relation::Premise, trace.steps[0].hash.as_str()),
        link(Relation::Reference, "2"),
        Label::Best,
        Label::Cut(3),
    ];
    let steps = [
        (
            trace.steps[1].hash.clone(),
            StepAnnotation { labels: of_step.into_iter().collect(), ..StepAnnotation::default() },
        ),
        (
            trace.steps[2].hash.clone(),
            StepAnnotation {
                labels: [Label::Span(Span { start: 6, end: 9, says: "calculation".into() })].into_iter().collect(),
                ..StepAnnotation::default()
            },
        ),
    ];
    let labels = [
        Label::Outcome(OutcomeLabel::Wrong),
        Label::Reason("the tool was down".into()),
        Label::Rated(Rated { dimension: "progress".into(), value: 0.5 }),
    ];
    TraceAnnotation {
        labels: labels.into_iter().collect(),
        steps: steps.into_iter().collect(),
        ..TraceAnnotation::default()
    }
}

#[test]
fn labels_of_every_kind() {
    let schema = LabelSchema::usual();
    let mut open = OpenTrace::new(0, chain());
    open.move_by(1);
    let said = said_in_full(&open.trace);
    let mut reader = ReaderModel::new(&open, Some(&said), &[], true);
    reader.add_labels(&open, Some(&said), &schema, Some((0, 2)));
    insta::assert_yaml_snapshot!("labels_in_the_reader", reader.whole());
    let mut inspector = InspectorModel::new(&open, Some(&said), &[], true, Aggregate::Min);
    inspector.add_labels(&open, Some(&said), &schema);
    insta::assert_yaml_snapshot!("labels_in_the_inspector", (&inspector.step_labels, &inspector.trace_labels));
}

#[test]
fn the_chooser() {
    let mut trace = chain();
    trace.problem.solution = Some("12 × 12 = 144\n\nSo it is 144.".into());
    let mut open = OpenTrace::new(0, trace);
    open.move_by(1);
    let (schema, said) = (LabelSchema::usual(), said_in_full(&open.trace));
    let step = open.step().unwrap().hash.clone();
    let on_step = Target::Step(StepRef { trace: open.trace.id.clone(), step });
    let model = |target: &Target, page: Page, said: Option<&TraceAnnotation>| {
        ChooseModel::new(&Choose::new(target.clone(), page), &open, said, &schema, &[], true)
    };
    for (name, page) in [
        ("errors", Page::Errors),
        ("subs", Page::Subs("calculation".into())),
        ("severity", Page::Severity),
        ("step", Page::Step),
        ("soft", Page::Soft),
        ("scale", Page::Scale("contribution".into())),
        ("later", Page::Later),
        ("tags", Page::Tags),
        ("reference", Page::Link(Relation::Reference)),
        ("critiques", Page::Critiques),
    ] {
        insta::assert_yaml_snapshot!(format!("choose_{name}"), model(&on_step, page, Some(&said)));
    }
    let on_trace = Target::Trace(open.trace.id.clone());
    insta::assert_yaml_snapshot!("choose_trace", model(&on_trace, Page::Trace, Some(&said)));
    // Each letter of a page chooses one entry only.
    for page in [Page::Errors, Page::Step, Page::Soft, Page::Tags, Page::Words, Page::Critiques] {
        let mut keys: Vec<char> = model(&on_step, page, None).unwrap().entries.iter().filter_map(|e| e.key).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
    // Whatever was opened for another step is not shown.
    open.move_by(1);
    let choose = Choose::new(on_step, Page::Errors);
    assert_eq!(ChooseModel::new(&choose, &open, None, &schema, &[], true), None);
}

#[test]
fn the_dialog_of_labels() {
    let mut draft = SchemaDraft::new(LabelSchema::usual());
    assert!(!SchemaModel::new(&draft, true).can_save, "nothing is changed");
    draft.take_preset("agent_process_bench");
    assert!(SchemaModel::new(&draft, true).can_save);
    insta::assert_yaml_snapshot!("the_dialog_of_labels", SchemaModel::new(&draft, true));
    assert_eq!(SchemaModel::new(&draft, false).problems, ["The project is open read-only"]);
}

#[test]
fn critiques_come_from_the_data_unless_it_is_hidden() {
    let mut trace = chain();
    trace.labels[0].rationale = Some("142 is no square".into());
    let mut open = OpenTrace::new(0, trace);
    open.move_by(2);
    let step = StepRef { trace: open.trace.id.clone(), step: open.step().unwrap().hash.clone() };
    let choose = Choose::new(Target::Step(step), Page::Critiques);
    let check = |show_imported, expected: &[&str]| {
        let model = ChooseModel::new(&choose, &open, None, &LabelSchema::usual(), &[], show_imported).unwrap();
        assert_eq!(model.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), expected);
    };
    check(true, &["human  142 is no square"]);
    check(false, &[]);
}

#[test]
fn a_step_after_the_first_error_is_unjudged_until_it_is_judged() {
    let open = OpenTrace::new(0, chain());
    let check = |label: Label, unjudged: bool| {
        let step = StepAnnotation { labels: [label.clone()].into_iter().collect(), ..StepAnnotation::default() };
        let said = TraceAnnotation {
            first_error: Some(FirstError::At(open.trace.steps[0].hash.clone())),
            steps: [(open.trace.steps[2].hash.clone(), step)].into_iter().collect(),
            ..TraceAnnotation::default()
        };
        let mut reader = ReaderModel::new(&open, Some(&said), &[], true);
        let schema = LabelSchema::usual();
        reader.add_labels(&open, Some(&said), &schema, None);
        assert_eq!((reader.card(1).unwrap().unjudged, reader.card(2).unwrap().unjudged), (true, unjudged), "{label:?}");
    };
    check(Label::Tag("discuss".into()), true);
    check(Label::Soft(0.5), false);
    check(Label::Error(ErrorLabel::default()), false);
}
