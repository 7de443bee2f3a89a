//! What the dialogs of writing are given to paint, and the cards of what was written, as snapshots.

use stepscope::state::OpenTrace;
use stepscope::state::comparing::{CompareDraft, CompareMode};
use stepscope::state::taking::{TakeDraft, TakeSource, TakenStep};
use stepscope::state::writing::StepDraft;
use stepscope::view_model::compare::CompareModel;
use stepscope::view_model::reader::ReaderModel;
use stepscope::view_model::take::TakeModel;
use stepscope::view_model::tree::TreeModel;
use stepscope::view_model::word_diff::WordDiff;
use stepscope_core::annotation::{LabelSchema, Named, StepAnnotation, TraceAnnotation};
use stepscope_core::model::{
    Label, Preference, Problem, StepHash, StepKind, StepRating, Trace, TraceBuilder, TraceId, Verdict, WrittenStep,
};

fn source() -> Trace {
    let builder = TraceBuilder::new(Problem::from_text("What is 12 × 12?")).source_id("squares-1");
    ["I split it. 12 × 10 = 120.", "12 × 2 = 26.", "Together it is 146."]
        .into_iter()
        .fold(builder, TraceBuilder::thought)
        .build()
}

fn step(labels: &[Label]) -> StepAnnotation {
    StepAnnotation { labels: labels.iter().cloned().collect(), ..StepAnnotation::default() }
}

/// The first step is cut, the second corrected, the correction goes on with a step of another attempt.
fn said(trace: &Trace) -> TraceAnnotation {
    let hash = |step: usize| trace.steps[step].hash.clone();
    let corrected = WrittenStep {
        id: StepHash::written(1),
        parent: Some(hash(0)),
        text: "12 × 2 = 24.".into(),
        kind: StepKind::Thought,
        replaces: Some(hash(1)),
        taken_from: None,
    };
    let taken = WrittenStep {
        id: StepHash::written(2),
        parent: Some(corrected.id.clone()),
        text: "Together it is 144.".into(),
        kind: StepKind::Answer,
        replaces: None,
        taken_from: Some((TraceId::new("another"), StepHash::new("there"))),
    };
    let preferred = Preference { over: hash(1), strength: 3, criterion: "clarity".into() };
    let best = step(&[Label::Best, Label::Rank(1), Label::Preferred(preferred)]);
    TraceAnnotation {
        labels: [corrected, taken].into_iter().map(Label::Written).collect(),
        steps: [
            (hash(0), step(&[Label::Cut(12)])),
            (hash(1), StepAnnotation { rating: Some(StepRating::Bad), ..step(&[Label::Rank(2)]) }),
            (StepHash::written(1), best),
        ]
        .into(),
        ..TraceAnnotation::default()
    }
}

fn open() -> (OpenTrace, TraceAnnotation) {
    let source = source();
    let said = said(&source);
    let mut open = OpenTrace::overlaid(0, source, Some(&said));
    open.select(open.find_step(&StepHash::written(1)).unwrap());
    (open, said)
}

#[test]
fn cards_say_what_was_made_of_the_steps() {
    let (open, said) = open();
    let texts: Vec<&str> = open.path.iter().map(|&step| open.trace.steps[step as usize].text.as_str()).collect();
    assert_eq!(texts, ["I split it. ", "12 × 10 = 120.", "12 × 2 = 24.", "Together it is 144."]);
    assert!(!said.is_of_other_text(|step| open.has(step)), "the text is as it was labelled");
    insta::assert_yaml_snapshot!("reader_written", ReaderModel::new(&open, Some(&said), &[], true).whole());
    insta::assert_yaml_snapshot!("tree_written", TreeModel::new(&open, Some(&said), &[]).unwrap());
}

#[test]
fn alternatives_side_by_side() {
    let (open, said) = open();
    let mut draft = CompareDraft::new(&open).unwrap();
    let schema = LabelSchema {
        criteria: vec![Named { id: "clarity".into(), title: "Clarity".into(), ..Named::default() }],
        ..LabelSchema::default()
    };
    let model = |draft: &CompareDraft| CompareModel::new(draft, &open, Some(&said), &[], &schema);
    insta::assert_yaml_snapshot!("compare", model(&draft));
    draft.criterion = 1;
    draft.mode = CompareMode::Prefer(false);
    let prompt = model(&draft);
    assert_eq!(prompt.criterion.as_deref(), Some("Clarity"));
    assert_eq!(prompt.prompt, "2 is better than 1. How clearly? 0 no difference, 1 slightly, 2 clearly, 3 by far");
    draft.mode = CompareMode::Rank(vec![1]);
    let ranks = model(&draft);
    assert_eq!(ranks.cards.iter().map(|card| card.place).collect::<Vec<_>>(), [None, Some(1)]);
}

#[test]
fn sources_to_take_from() {
    let taken = |number, text: &str| TakenStep {
        number,
        from: (TraceId::new("t"), StepHash::new("s")),
        text: text.into(),
        kind: StepKind::Thought,
    };
    let draft = TakeDraft {
        trace: TraceId::new("t"),
        after: StepHash::new("s"),
        number: 1,
        sources: vec![
            TakeSource::Alternative { number: 2, step: 1, leaf: 1 },
            TakeSource::Attempt { row: 4, name: "squares-2 · demo".into(), verdict: Verdict::Correct },
        ],
        source: 1,
        steps: vec![taken(1, "Twelve twelves."), taken(2, "144"), taken(3, &"long ".repeat(400))],
        step: 1,
    };
    let model = TakeModel::new(&draft, |_| true);
    assert!(model.steps[2].text.len() < 1300 && model.steps[2].text.ends_with('…'));
    assert_eq!(model.take, "Take 2 steps");
    assert_eq!(model.sources[1].chip.as_ref().unwrap().text, "answer right");
    assert_eq!(TakeModel::new(&draft, |_| false).sources[1].chip, None, "not shown to those who judge without it");
    let taken = draft.taken(true);
    assert_eq!(taken.iter().map(|step| step.text.len()).collect::<Vec<_>>(), [3, 2000], "whole, not as previewed");
    assert_eq!(draft.taken(false).len(), 1);
}

#[test]
fn a_rewrite_begins_with_the_text() {
    let (mut open, said) = open();
    let again = StepDraft::instead(&open, Some(&said)).unwrap();
    assert_eq!((again.title.as_str(), again.text.as_str()), ("Rewrite step 3, as you wrote it", "12 × 2 = 24."));
    assert_eq!(again.original.as_deref(), Some("12 × 2 = 26."), "differences are shown against the original");
    assert_eq!(again.refusal(), Some("The text is the same as before"));
    open.move_branch(-1);
    assert_eq!(StepDraft::instead(&open, Some(&said)), Some(again), "from the original to the same rewrite");
    open.move_by(-1);
    let fresh = StepDraft::instead(&open, Some(&said)).unwrap();
    assert_eq!(fresh.refusal(), Some("The text is the same as before"));
    let next = StepDraft::after(&open).unwrap();
    assert_eq!((next.title.as_str(), next.before.as_str()), ("Write step 3", "12 × 10 = 120."));
    assert_eq!(next.refusal(), Some("A step needs some words"));
}

#[test]
fn differences_as_painted() {
    insta::assert_yaml_snapshot!(
        "word_diff",
        WordDiff::new("12 × 2 = 26, so it is 146.", "12 × 2 = 24, so it is 144.")
    );
}
