use std::collections::BTreeSet;

use stepscope_core::annotation::{Context, Dimension, ErrorKind};
use stepscope_core::model::{
    Critique, ErrorLabel, LabelKind, Link, Preference, Rated, Span, StepKind, Verified, WrittenStep,
};

use super::*;

/// Steps are called by their identity, traces too.
struct Called(LabelSchema);

/// Called so where the schema knows of nothing.
fn called() -> Called {
    Called(LabelSchema::default())
}

impl Places for Called {
    fn step(&self, step: &StepRef) -> String {
        format!("step {}", step.step)
    }

    fn trace(&self, trace: &TraceId) -> String {
        trace.to_string()
    }

    fn schema(&self) -> &LabelSchema {
        &self.0
    }
}

fn step() -> StepRef {
    StepRef { trace: TraceId::new("t"), step: StepHash::new("4") }
}

fn given(label: Label) -> Event {
    Event::Labelled { target: Target::Step(step()), label: Some(label), before: None }
}

fn taken(label: Label) -> Event {
    Event::Labelled { target: Target::Step(step()), label: None, before: Some(label) }
}

fn critique(by: &str, accepted: bool, rating: Option<StepRating>) -> Label {
    Label::Critique(Critique { by: by.into(), text: "forgets 5".into(), rating, accepted })
}

fn link(relation: Relation) -> Label {
    Label::Link(Link { relation, to: "2".into() })
}

/// Each sort of label with its words when given and when taken away.
fn labels() -> Vec<(Label, &'static str, &'static str)> {
    let written = WrittenStep {
        id: StepHash::new("own-1"),
        parent: None,
        text: "so it is 7".into(),
        kind: StepKind::default(),
        replaces: None,
        taken_from: None,
    };
    let rewritten = WrittenStep { replaces: Some(StepHash::new("3")), ..written.clone() };
    let elsewhere = WrittenStep { taken_from: Some((TraceId::new("u"), StepHash::new("9"))), ..written.clone() };
    let removed = "removed a step that was written";
    let preferred = |strength, criterion: &str| {
        Label::Preferred(Preference { over: StepHash::new("5"), strength, criterion: criterion.into() })
    };
    let error = ErrorLabel { kind: "logic".into(), sub: Some("case".into()), severity: None };
    vec![
        (Label::Outcome(OutcomeLabel::Right), "judged the answer right", "took the verdict on the answer off step 4"),
        (Label::Outcome(OutcomeLabel::Wrong), "judged the answer wrong", "took the verdict on the answer off step 4"),
        (
            Label::Outcome(OutcomeLabel::Unsure),
            "left the answer undecided",
            "took the verdict on the answer off step 4",
        ),
        (Label::Reason("too hard".into()), "gave the reason “too hard”", "took the reason off step 4"),
        (
            Label::Verified(Verified { by: "scorer:p@0.5".into(), agreed: true }),
            "confirmed the proposal of p (below 0.5)",
            "took the word on the proposal off step 4",
        ),
        (
            Label::Verified(Verified { by: "own:bob".into(), agreed: false }),
            "corrected the proposal of bob",
            "took the word on the proposal off step 4",
        ),
        (Label::Tag("odd".into()), "tagged step 4 “odd”", "took the tag “odd” off step 4"),
        (
            Label::Rated(Rated { dimension: "clarity".into(), value: 3.0 }),
            "rated step 4 3 on “clarity”",
            "took the value on “clarity” off step 4",
        ),
        (Label::Written(written), "wrote a step: “so it is 7”", removed),
        (Label::Written(rewritten), "rewrote step 3: “so it is 7”", removed),
        (Label::Written(elsewhere), "took over a step: “so it is 7”", removed),
        (Label::Soft(0.25), "gave step 4 the value 0.25", "took the value off step 4"),
        (Label::Redundant, "marked step 4 as redundant", "took “redundant” off step 4"),
        (Label::Corrected(None), "marked step 4 as put right later", "took “put right later” off step 4"),
        (
            Label::Corrected(Some(StepHash::new("6"))),
            "marked step 4 as put right by step 6",
            "took “put right later” off step 4",
        ),
        (
            Label::Missing(String::new()),
            "marked a step as missing before step 4",
            "took “a step is missing” off step 4",
        ),
        (
            Label::Missing("divide".into()),
            "marked a step as missing before step 4: “divide”",
            "took “a step is missing” off step 4",
        ),
        (Label::Error(error), "called the error of step 4 “logic › case”", "took the kind of error off step 4"),
        (Label::Unsafe, "flagged step 4 as unsafe", "took the safety flag off step 4"),
        (Label::Masked, "left step 4 out of training", "took step 4 back into training"),
        (critique("", true, None), "wrote a critique of step 4: “forgets 5”", "took a critique off step 4"),
        (critique("gpt", true, None), "accepted the critique of step 4 by gpt", "took a critique off step 4"),
        (
            critique("gpt", false, Some(StepRating::Bad)),
            "rated the critique of step 4 by gpt bad",
            "took a critique off step 4",
        ),
        (critique("gpt", false, None), "changed the critique of step 4 by gpt", "took a critique off step 4"),
        (
            Label::Span(Span { start: 0, end: 3, says: String::new() }),
            "marked words in step 4",
            "took the mark on words off step 4",
        ),
        (
            Label::Span(Span { start: 0, end: 3, says: "sign".into() }),
            "marked words in step 4 as “sign”",
            "took the mark on words off step 4",
        ),
        (link(Relation::Premise), "based step 4 on step 2", "took a link off step 4"),
        (link(Relation::Evidence), "named step 2 as evidence for step 4", "took a link off step 4"),
        (link(Relation::Reference), "matched step 4 with step 2 of the reference solution", "took a link off step 4"),
        (
            Label::Inspected(true),
            "found no error up to step 4",
            "took the answer on the way to the first error off step 4",
        ),
        (
            Label::Inspected(false),
            "found an error before or at step 4",
            "took the answer on the way to the first error off step 4",
        ),
        (Label::Best, "chose step 4 as the best alternative", "took “best alternative” off step 4"),
        (Label::Rank(2), "ranked step 4 as number 2", "took the rank off step 4"),
        (preferred(0, ""), "judged step 4 as good as step 5", "took a comparison off step 4"),
        (preferred(1, ""), "judged step 4 slightly better than step 5", "took a comparison off step 4"),
        (preferred(2, "rigour"), "judged step 4 clearly better than step 5 in rigour", "took a comparison off step 4"),
        (preferred(3, ""), "judged step 4 far better than step 5", "took a comparison off step 4"),
        (Label::Cut(9), "split step 4", "took back the split of step 4"),
        (Label::Joined, "merged step 4 with the step before it", "took step 4 apart from the step before it"),
    ]
}

/// Every sort of label; a new one does not compile until it is here.
const fn number(kind: LabelKind) -> usize {
    use LabelKind as K;
    match kind {
        K::Outcome => 0,
        K::Reason => 1,
        K::Verified => 2,
        K::Tag => 3,
        K::Rated => 4,
        K::Written => 5,
        K::Soft => 6,
        K::Redundant => 7,
        K::Corrected => 8,
        K::Missing => 9,
        K::Error => 10,
        K::Unsafe => 11,
        K::Masked => 12,
        K::Critique => 13,
        K::Span => 14,
        K::Link => 15,
        K::Inspected => 16,
        K::Best => 17,
        K::Rank => 18,
        K::Preferred => 19,
        K::Cut => 20,
        K::Joined => 21,
    }
}

#[test]
fn every_sort_of_label_has_words() {
    let mut kinds = BTreeSet::new();
    for (label, when_given, when_taken) in labels() {
        kinds.insert(number(label.kind()));
        assert_eq!(event_words(&given(label.clone()), &called()), when_given);
        assert_eq!(event_words(&taken(label), &called()), when_taken);
    }
    assert!(kinds.into_iter().eq(0..22), "a sort of label is missing in the list above");
}

#[test]
fn every_event_has_words() {
    let (trace, whole) = (TraceId::new("t"), Target::Trace(TraceId::new("t")));
    let at = || Some(FirstError::At(StepHash::new("4")));
    let none = || Some(FirstError::NoneUpTo(StepHash::new("8")));
    let mark = |mark, before| Event::FirstErrorMarked { trace: trace.clone(), mark, before };
    let status = |status, before| Event::StatusSet { trace: trace.clone(), status, before };
    let note = |text: &str, before: &str| Event::NoteWritten {
        target: whole.clone(),
        text: text.into(),
        before: before.into(),
    };
    let rated = |rating, before| Event::StepRated { step: step(), rating, before };
    let check = |event: &Event, expected: &str| assert_eq!(event_words(event, &called()), expected);
    check(&rated(Some(StepRating::Neutral), None), "rated step 4 neutral");
    check(&rated(None, Some(StepRating::Good)), "took the rating “good” off step 4");
    check(&mark(at(), None), "marked step 4 as first error");
    check(&mark(none(), at()), "marked all steps as correct, up to step 8");
    check(&mark(Some(FirstError::Unsure), None), "left the first error undecided");
    check(&mark(None, at()), "took the first error off step 4");
    check(&mark(None, none()), "took back that all steps are correct");
    check(&mark(None, Some(FirstError::Unsure)), "took back that the first error is undecided");
    check(&status(TraceStatus::Done, TraceStatus::Open), "finished the trace");
    check(&status(TraceStatus::Skipped, TraceStatus::Open), "skipped the trace");
    check(&status(TraceStatus::Defective, TraceStatus::Open), "flagged the problem as defective");
    check(&status(TraceStatus::GivenUp, TraceStatus::Open), "gave up");
    check(&status(TraceStatus::Open, TraceStatus::Done), "opened the trace again");
    check(&status(TraceStatus::Open, TraceStatus::Defective), "took the flag off the problem");
    check(&note("is 5\nright?", ""), "wrote a note on the trace: “is 5 right?”");
    check(&note("no", "is 5 right?"), "changed the note on the trace: “no”");
    check(&note("", "no"), "removed the note on the trace");
    check(&Event::Undone { gesture: 3 }, "undid something");
    check(&Event::Redone { gesture: 3 }, "brought back something");
    check(&Event::Unknown(serde_json::json!({"painted": 1})), "did something that this version does not know");
}

#[test]
fn what_the_schema_names_is_told_by_its_title() {
    let named = |id: &str, title: &str| Named { id: id.into(), title: title.into(), ..Named::default() };
    let clarity = Dimension {
        named: named("clarity", "How clear"),
        from: 1.0,
        to: 2.0,
        step: 1.0,
        levels: vec!["muddled".into(), "lucid".into()],
        ..Dimension::default()
    };
    let schema = LabelSchema {
        severities: vec![named("low", "Minor")],
        tags: vec![named("odd", "Strange")],
        criteria: vec![named("rigour", "Rigour of proof")],
        dimensions: vec![clarity],
        errors: vec![ErrorKind { named: named("logic", "Wrong reasoning"), subs: vec![named("case", "Missed case")] }],
        ..LabelSchema::default()
    };
    let places = Called(schema);
    let check = |label: &Label, when_given: &str, when_taken: &str| {
        assert_eq!(event_words(&given(label.clone()), &places), when_given);
        assert_eq!(event_words(&taken(label.clone()), &places), when_taken);
    };
    check(&Label::Tag("odd".into()), "tagged step 4 “Strange”", "took the tag “Strange” off step 4");
    check(
        &Label::Rated(Rated { dimension: "clarity".into(), value: 2.0 }),
        "rated step 4 2 (lucid) on “How clear”",
        "took the value on “How clear” off step 4",
    );
    check(
        &Label::Error(ErrorLabel { kind: "logic".into(), sub: Some("case".into()), severity: Some("low".into()) }),
        "called the error of step 4 “Wrong reasoning › Missed case, minor”",
        "took the kind of error off step 4",
    );
    check(
        &Label::Span(Span { start: 0, end: 3, says: "logic".into() }),
        "marked words in step 4 as “Wrong reasoning”",
        "took the mark on words off step 4",
    );
    check(
        &Label::Preferred(Preference { over: StepHash::new("5"), strength: 2, criterion: "rigour".into() }),
        "judged step 4 clearly better than step 5 in Rigour of proof",
        "took a comparison off step 4",
    );
    check(&critique("scorer:gpt", true, None), "accepted the critique of step 4 by gpt", "took a critique off step 4");
    let tags = ["t1", "t2"].map(|trace| Event::Labelled {
        target: Target::Trace(TraceId::new(trace)),
        label: Some(Label::Tag("odd".into())),
        before: None,
    });
    assert_eq!(HistoryLine::new(&gesture(tags.into()), false, 0, &places).words, "tagged 2 traces “Strange”");
}

fn gesture(events: Vec<Event>) -> Gesture {
    Gesture { id: 1, at: Timestamp(1_790_000_000_000), under: Context::default(), events }
}

fn line(events: Vec<Event>) -> HistoryLine {
    HistoryLine::new(&gesture(events), false, 0, &called())
}

#[test]
fn a_gesture_is_one_line() {
    let status =
        |trace: &str, status| Event::StatusSet { trace: TraceId::new(trace), status, before: TraceStatus::Open };
    let marked = |trace: &str| Event::FirstErrorMarked {
        trace: TraceId::new(trace),
        mark: Some(FirstError::NoneUpTo(StepHash::new("8"))),
        before: None,
    };
    let tag = |trace: &str, give: bool| {
        let tag = || Some(Label::Tag("odd".into()));
        let target = Target::Trace(TraceId::new(trace));
        let (label, before) = if give { (tag(), None) } else { (None, tag()) };
        Event::Labelled { target, label, before }
    };
    let check = |events: Vec<Event>, words: &str, place: &str| {
        let line = line(events);
        assert_eq!((line.words.as_str(), line.place.as_str()), (words, place));
    };
    let names: Vec<String> = (0..312).map(|n| format!("t{n}")).collect();
    let all = |event: &dyn Fn(&str) -> Event| names.iter().map(|name| event(name)).collect::<Vec<_>>();
    check(
        vec![marked("t"), status("t", TraceStatus::Done)],
        "marked all steps as correct, up to step 8 and finished the trace",
        "t",
    );
    check(
        vec![given(Label::Redundant), given(Label::Unsafe), given(Label::Masked)],
        "marked step 4 as redundant, flagged step 4 as unsafe and 1 more",
        "t",
    );
    check(vec![given(Label::Inspected(true)), marked("t")], "marked all steps as correct, up to step 8", "t");
    check(all(&|name| status(name, TraceStatus::Done)), "labelled 312 traces as done", "");
    check(all(&|name| status(name, TraceStatus::Skipped)), "labelled 312 traces as skipped", "");
    check(all(&|name| status(name, TraceStatus::Defective)), "flagged 312 problems as defective", "");
    check(all(&|name| status(name, TraceStatus::GivenUp)), "gave up 312 traces", "");
    check(all(&|name| status(name, TraceStatus::Open)), "opened 312 traces again", "");
    check(all(&marked), "marked 312 traces as all correct", "");
    check(all(&|name| tag(name, true)), "tagged 312 traces “odd”", "");
    check(all(&|name| tag(name, false)), "took the tag “odd” off 312 traces", "");
    let corrected = |name: &str| Event::Labelled {
        target: Target::Trace(TraceId::new(name)),
        label: Some(Label::Verified(Verified { by: "own:bob".into(), agreed: false })),
        before: None,
    };
    check(vec![marked("t1"), marked("t2"), corrected("t2")], "marked 2 traces as all correct", "");
    check(vec![tag("t1", false), status("t2", TraceStatus::Open)], "took the labels off 2 traces", "");
    check(vec![tag("t1", true), status("t2", TraceStatus::Done)], "labelled 2 traces", "");
    check(Vec::new(), "did something that this version does not know", "");
}

#[test]
fn times_are_those_of_the_user() {
    let check = |at: i64, offset_s: i32, expected: &str| assert_eq!(time_text(Timestamp(at), offset_s), expected);
    // 2026-09-21T14:13:20Z
    check(1_790_000_000_000, 0, "14:13");
    check(1_790_000_000_000, 7200, "16:13");
    check(1_790_000_000_000, -5 * 3600 - 1800, "08:43");
    check(-1, 0, "23:59");
    assert_eq!((day_text(20_717, 20_717), day_text(20_716, 20_717)), ("Today".into(), "Yesterday".into()));
    assert_eq!(day_text(20_000, 20_717), "2024-10-04");
}

#[test]
fn lines_are_found_by_their_words() {
    let line = line(vec![given(Label::Tag("Odd".into()))]);
    for (words, expected) in [("odd tagged", true), ("14:13", true), ("", true), ("t odd", true), ("even", false)] {
        assert_eq!(line.contains(words), expected, "{words}");
    }
}
