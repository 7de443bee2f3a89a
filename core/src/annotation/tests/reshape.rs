//! Cutting, joining and writing steps: what becomes of the labels, and that nothing is ever lost by it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::model::{
    Critique, ErrorLabel, Label, LabelKind, Link, Preference, Problem, Relation, Span, Step, StepIndex, StepKind,
    ToolCall, Trace, TraceBuilder, WrittenStep,
};

/// A log, the trace that is labelled, and the trace as it is shown.
struct Desk {
    log: AnnotationLog,
    source: Trace,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(source: Trace) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = open(folder.path());
        Self { log, source, folder }
    }

    fn chain(texts: &[&str]) -> Self {
        let builder = TraceBuilder::new(Problem::from_text("1+1?"));
        Self::new(texts.iter().fold(builder, |builder, text| builder.thought(*text)).build())
    }

    fn said(&self) -> Option<&TraceAnnotation> {
        self.log.annotations().trace(&self.source.id)
    }

    fn shown(&self) -> Trace {
        self.said().and_then(|said| overlaid(&self.source, said)).unwrap_or_else(|| self.source.clone())
    }

    fn reshape(&self) -> Reshape<'_> {
        Reshape::new(&self.source, self.said(), self.log.last_seq())
    }

    fn commit(&mut self, changes: Vec<Change>) {
        self.log.commit(changes).unwrap();
    }

    fn target(&self, step: usize) -> Target {
        Target::Step(self.step(step))
    }

    fn step(&self, step: usize) -> StepRef {
        StepRef { trace: self.source.id.clone(), step: self.shown().steps[step].hash.clone() }
    }

    fn give(&mut self, step: usize, label: Label) {
        let target = self.target(step);
        self.commit(vec![Change::Give { target, label }]);
    }

    fn rate(&mut self, step: usize, rating: StepRating) {
        let step = self.step(step);
        self.commit(vec![Change::RateStep { step, rating: Some(rating) }]);
    }

    fn mark(&mut self, step: usize) {
        let mark = Some(FirstError::At(self.step(step).step));
        self.commit(vec![Change::MarkFirstError { trace: self.source.id.clone(), mark }]);
    }

    fn split(&mut self, step: StepIndex, at: usize) {
        let changes = self.reshape().split(step, at).unwrap();
        self.commit(changes);
    }

    fn merge(&mut self, step: StepIndex) {
        let changes = self.reshape().merge(step).unwrap();
        self.commit(changes);
    }

    /// Every step with all that is said of it: text, rating, first error, note, labels.
    fn sheet(&self) -> Vec<String> {
        let said = self.said().cloned().unwrap_or_default();
        let line = |step: &Step| {
            let of_step = said.steps.get(&step.hash).cloned().unwrap_or_default();
            let mut words = vec![format!("{:?}", step.text)];
            words.extend(of_step.rating.map(|rating| rating.name().to_owned()));
            words.extend((said.first_error == Some(FirstError::At(step.hash.clone()))).then(|| "error".to_owned()));
            words.extend((!of_step.note.is_empty()).then(|| format!("note {:?}", of_step.note)));
            let shape = [LabelKind::Cut, LabelKind::Joined];
            words.extend(of_step.labels.iter().filter(|label| !shape.contains(&label.kind())).map(word));
            words.join(" ")
        };
        self.shown().steps.iter().map(line).collect()
    }
}

fn word(label: &Label) -> String {
    match label {
        Label::Tag(tag) => format!("#{tag}"),
        Label::Span(span) => format!("{}..{} {}", span.start, span.end, span.says),
        Label::Error(error) => format!("error:{}", error.kind),
        Label::Critique(critique) => format!("says {:?}", critique.text),
        other => format!("{other:?}"),
    }
}

fn span(start: usize, end: usize, says: &str) -> Label {
    Label::Span(Span { start, end, says: says.into() })
}

fn error(kind: &str) -> Label {
    Label::Error(ErrorLabel { kind: kind.into(), ..ErrorLabel::default() })
}

#[test]
fn a_cut_leaves_what_was_said_with_the_end_and_its_words() {
    let mut desk = Desk::chain(&["so 1+1 = 2", "done"]);
    desk.rate(0, StepRating::Good);
    desk.mark(0);
    desk.give(0, error("slip"));
    for (start, end, says) in [(0, 2, "left"), (3, 8, "both"), (8, 10, "right")] {
        desk.give(0, span(start, end, says));
    }
    let before = desk.sheet();
    desk.split(0, 6);
    assert_eq!(
        desk.sheet(),
        [r#""so 1+1" good 0..2 left 3..6 both"#, r#"" = 2" good error error:slip 0..2 both 2..4 right"#, r#""done""#]
    );
    desk.merge(0);
    assert_eq!(desk.sheet()[0], r#""so 1+1 = 2" good error error:slip 0..2 left 3..6 both 6..8 both 8..10 right"#);
    desk.log.undo().unwrap();
    desk.log.undo().unwrap();
    assert_eq!(desk.sheet(), before);
}

#[test]
fn a_cut_copies_no_other_rating() {
    for rating in [StepRating::Neutral, StepRating::Bad, StepRating::Unsure] {
        let mut desk = Desk::chain(&["ab"]);
        desk.rate(0, rating);
        desk.split(0, 1);
        assert_eq!(desk.sheet(), [r#""a""#.to_owned(), format!(r#""b" {}"#, rating.name())]);
    }
}

#[test]
fn merged_ratings_are_the_worse_of_two() {
    use StepRating::{Bad, Good, Neutral, Unsure};
    let check = |first: Option<StepRating>, second: Option<StepRating>, expected: Option<StepRating>| {
        let mut desk = Desk::chain(&["a", "b", "c"]);
        for (step, rating) in [(0, first), (1, second)] {
            if let Some(rating) = rating {
                desk.rate(step, rating);
            }
        }
        desk.merge(0);
        let expected = expected.map_or_else(String::new, |rating| format!(" {}", rating.name()));
        assert_eq!(desk.sheet(), [format!(r#""a\nb"{expected}"#), r#""c""#.into()], "{first:?} {second:?}");
    };
    check(None, None, None);
    check(Some(Good), Some(Good), Some(Good));
    check(Some(Good), Some(Neutral), Some(Neutral));
    check(Some(Unsure), Some(Neutral), Some(Unsure));
    check(Some(Bad), Some(Unsure), Some(Bad));
    check(Some(Bad), None, Some(Bad));
    check(None, Some(Bad), Some(Bad));
    check(Some(Good), None, None);
    check(None, Some(Good), None);
}

#[test]
fn a_merge_brings_over_what_holds_of_the_whole() {
    let mut desk = Desk::chain(&["ab", "cd", "ef"]);
    let critique = |text: &str| Label::Critique(Critique { text: text.into(), ..Critique::default() });
    for label in [error("slip"), Label::Tag("algebra".into()), Label::Soft(0.9), Label::Redundant, span(0, 1, "x")] {
        desk.give(0, label);
    }
    for label in [error("gap"), Label::Tag("algebra".into()), span(0, 1, "y")] {
        desk.give(1, label);
    }
    desk.give(0, critique("first"));
    desk.give(1, critique("second"));
    desk.mark(0);
    for (step, text) in [(0, "one"), (1, "two")] {
        let target = desk.target(step);
        desk.commit(vec![Change::WriteNote { target, text: text.into() }]);
    }
    let first = desk.step(0).step;
    desk.give(2, Label::Link(Link { relation: Relation::Premise, to: first.to_string() }));
    let before = desk.log.annotations().clone();
    desk.merge(0);
    let merged = r#""ab\ncd" error note "one\ntwo" #algebra error:gap says "first\nsecond" 0..1 x 3..4 y"#;
    assert_eq!(desk.sheet()[0], merged);
    let second = desk.step(0).step;
    assert!(desk.sheet()[1].contains(second.as_str()), "the premise is the merged step: {:?}", desk.sheet());
    // What holds of the earlier step alone is there again when the two are taken apart.
    desk.split(0, 2);
    assert_eq!(desk.sheet()[0], r#""ab" Soft(0.9) Redundant error:slip 0..1 x"#);
    desk.log.undo().unwrap();
    desk.log.undo().unwrap();
    assert_eq!(*desk.log.annotations(), before);
}

#[test]
fn gestures_that_make_no_sense_are_refused_with_a_reason() {
    let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought("ab ").thought("≠").thought("x");
    builder.push(Step { text: "y".into(), parent: Some(1), ..Step::default() });
    builder.push_tool_call(Some(2), "call".into(), ToolCall::default());
    builder.push(Step { text: "other".into(), author: Some("bob".into()), parent: Some(3), ..Step::default() });
    let mut desk = Desk::new(builder.build());
    let check = |result: Result<Vec<Change>, Refusal>, reason: &str| {
        let given = result.err().unwrap_or("nothing refused");
        assert!(given.contains(reason), "{given:?} should say {reason:?}");
    };
    check(desk.reshape().split(0, 0), "no text on one side");
    check(desk.reshape().split(0, 2), "no text on one side");
    check(desk.reshape().split(0, 3), "no text on one side");
    check(desk.reshape().split(0, 9), "not inside");
    check(desk.reshape().split(1, 1), "not inside");
    check(desk.reshape().split(4, 2), "call of a tool");
    check(desk.reshape().split(9, 2), "no such step");
    check(desk.reshape().merge(1), "Several steps follow");
    check(desk.reshape().merge(2), "call of a tool");
    check(desk.reshape().merge(3), "different authors");
    check(desk.reshape().merge(5), "No step follows");
    check(desk.reshape().edit_written(0, "x"), "part of the source");
    check(desk.reshape().remove_written(0), "part of the source");
    check(desk.reshape().rewrite(0, " ").map(|made| made.0), "no text");
    check(desk.reshape().rewrite(0, "ab ").map(|made| made.0), "says the same");
    check(desk.reshape().continue_after(None, Vec::new()).map(|made| made.0), "no text");
    let (changes, _) = desk.reshape().rewrite(0, "better").unwrap();
    desk.commit(changes);
    check(desk.reshape().split(0, 1), "corrected version");
    check(desk.reshape().merge(0), "corrected version");
    let (changes, _) = desk.reshape().continue_after(Some(5), vec![new_step("more")]).unwrap();
    desk.commit(changes);
    check(desk.reshape().merge(5), "written step cannot be merged");
}

fn new_step(text: &str) -> NewStep {
    NewStep { text: text.into(), ..NewStep::default() }
}

#[test]
fn written_steps_are_cut_merged_edited_and_removed_with_all_that_hangs_on_them() {
    let mut desk = Desk::chain(&["a", "b"]);
    let (changes, ids) = desk.reshape().continue_after(Some(0), vec![new_step("one two"), new_step("three")]).unwrap();
    assert_eq!(ids.iter().map(StepHash::as_str).collect::<Vec<_>>(), ["own-1", "own-2"]);
    desk.commit(changes);
    desk.rate(2, StepRating::Good);
    desk.give(2, span(4, 7, "x"));
    desk.split(2, 3);
    assert_eq!(desk.sheet()[2..], [r#""one" good"#, r#"" two" good 1..4 x"#, r#""three""#]);
    desk.merge(2);
    desk.merge(2);
    assert_eq!(desk.sheet()[2..], [r#""one two\nthree" 4..7 x"#]);
    assert_eq!(desk.step(2).step, ids[1], "known by its end");
    let (changes, better) = desk.reshape().rewrite(2, "better").unwrap();
    desk.commit(changes);
    let changes = desk.reshape().edit_written(2, "changed").unwrap();
    desk.commit(changes);
    desk.mark(2);
    let over = desk.step(2).step;
    desk.give(1, Label::Preferred(Preference { over, strength: 2, criterion: String::new() }));
    let before = desk.log.annotations().clone();
    let changes = desk.reshape().remove_written(2).unwrap();
    desk.commit(changes);
    assert_eq!(desk.sheet(), [r#""a""#, r#""b""#, r#""better""#]);
    assert_eq!(desk.step(2).step, better);
    let written = desk.said().unwrap().labels.of_kind(LabelKind::Written).next().cloned();
    assert!(matches!(written, Some(Label::Written(step)) if step.replaces.is_none()));
    desk.log.undo().unwrap();
    assert_eq!(*desk.log.annotations(), before);
    desk.log.redo().unwrap();
    let changes = desk.reshape().remove_written(2).unwrap();
    desk.commit(changes);
    assert!(desk.said().is_none(), "nothing is left behind: {:?}", desk.said());
}

#[test]
fn new_identities_lie_above_all_that_are_known() {
    let mut desk = Desk::chain(&["a"]);
    let adopted = WrittenStep {
        id: StepHash::written(40),
        parent: None,
        text: "from another log".into(),
        kind: StepKind::Thought,
        replaces: None,
        taken_from: None,
    };
    let target = Target::Trace(desk.source.id.clone());
    desk.commit(vec![Change::Give { target, label: Label::Written(adopted) }]);
    let (changes, ids) = desk.reshape().continue_after(None, vec![new_step("x"), new_step("y")]).unwrap();
    desk.commit(changes);
    assert_eq!(ids, [StepHash::written(41), StepHash::written(42)]);
    assert_eq!(desk.reshape().rewrite(0, "z").unwrap().1, StepHash::written(43));
}

/// What an annotator does; places are drawn from what there is at that moment.
#[derive(Clone, Debug)]
enum Deed {
    Split(Index, Index),
    Merge(Index),
    Rewrite(Index, String),
    Continue(Option<Index>, Vec<String>),
    Edit(Index, String),
    Remove(Index),
    Rate(Index, StepRating),
    Mark(Index),
    Note(Index),
    Label(Index, Label),
    Span(Index, Index, Index),
    Refer(Index, Index, u8),
    Undo,
    Redo,
}

fn deed() -> impl Strategy<Value = Deed> {
    let index = any::<Index>;
    let text = || "[ab ≠]{1,6}";
    let label = select(vec![
        Label::Redundant,
        Label::Soft(0.25),
        Label::Tag("t".into()),
        Label::Tag("u".into()),
        error("slip"),
        error("gap"),
        Label::Unsafe,
        Label::Masked,
        Label::Missing("m".into()),
        Label::Inspected(true),
        Label::Inspected(false),
        Label::Best,
        Label::Rank(2),
    ]);
    prop_oneof![
        6 => (index(), index()).prop_map(|(step, at)| Deed::Split(step, at)),
        6 => index().prop_map(Deed::Merge),
        2 => (index(), text()).prop_map(|(step, text)| Deed::Rewrite(step, text)),
        2 => (proptest::option::of(index()), vec(text(), 1..4)).prop_map(|(step, texts)| Deed::Continue(step, texts)),
        1 => (index(), text()).prop_map(|(step, text)| Deed::Edit(step, text)),
        1 => index().prop_map(Deed::Remove),
        3 => (index(), select(&StepRating::ALL[..])).prop_map(|(step, rating)| Deed::Rate(step, rating)),
        2 => index().prop_map(Deed::Mark),
        2 => index().prop_map(Deed::Note),
        4 => (index(), label).prop_map(|(step, label)| Deed::Label(step, label)),
        3 => (index(), index(), index()).prop_map(|(step, start, end)| Deed::Span(step, start, end)),
        3 => (index(), index(), 0..3_u8).prop_map(|(step, to, kind)| Deed::Refer(step, to, kind)),
        2 => Just(Deed::Undo),
        1 => Just(Deed::Redo),
    ]
}

fn tree() -> impl Strategy<Value = Trace> {
    let step = (any::<Index>(), "[ab ≠\n]{0,10}", 0..12_u8);
    vec(step, 1..7).prop_map(|steps| {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
        for (number, (parent, text, sort)) in steps.into_iter().enumerate() {
            // Mostly the step before, so that there is something to join.
            let parent = match (number, sort) {
                (0, _) | (_, 0) => None,
                (_, 1..4) => Some(parent.index(number)),
                _ => Some(number - 1),
            };
            let parent = parent.and_then(|parent| StepIndex::try_from(parent).ok());
            let tool = (sort == 11).then(ToolCall::default);
            let author = (sort == 10).then(|| "bob".to_owned());
            builder.push(Step { parent, text, tool, author, on_path: true, ..Step::default() });
        }
        builder.build()
    })
}

impl Desk {
    /// The changes that a deed asks for; `None` where there is nothing to do or it is refused.
    fn changes(&self, deed: &Deed, number: usize) -> Option<Vec<Change>> {
        let shown = self.shown();
        let pick = |index: &Index| StepIndex::try_from(index.index(shown.steps.len())).unwrap();
        let hash = |index: &Index| shown.steps[pick(index) as usize].hash.clone();
        let step = |index: &Index| StepRef { trace: self.source.id.clone(), step: hash(index) };
        let give = |index: &Index, label| Some(vec![Change::Give { target: Target::Step(step(index)), label }]);
        let boundaries = |index: &Index| {
            let text = &shown.steps[pick(index) as usize].text;
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect::<Vec<_>>()
        };
        let reshape = self.reshape();
        match deed {
            Deed::Split(of, at) => reshape.split(pick(of), *at.get(&boundaries(of))).ok(),
            Deed::Merge(of) => reshape.merge(pick(of)).ok(),
            Deed::Rewrite(of, text) => reshape.rewrite(pick(of), text).ok().map(|made| made.0),
            Deed::Continue(of, texts) => {
                let steps = texts.iter().map(|text| new_step(text)).collect();
                reshape.continue_after(of.as_ref().map(pick), steps).ok().map(|made| made.0)
            }
            Deed::Edit(of, text) => reshape.edit_written(pick(of), text).ok(),
            Deed::Remove(of) => reshape.remove_written(pick(of)).ok(),
            Deed::Rate(of, rating) => Some(vec![Change::RateStep { step: step(of), rating: Some(*rating) }]),
            Deed::Mark(of) => {
                let mark = Some(FirstError::At(hash(of)));
                Some(vec![Change::MarkFirstError { trace: self.source.id.clone(), mark }])
            }
            Deed::Note(of) => {
                Some(vec![Change::WriteNote { target: Target::Step(step(of)), text: format!("n{number}.") }])
            }
            Deed::Label(of, label) => give(of, label.clone()),
            Deed::Span(of, from, to) => {
                let places = boundaries(of);
                let (from, to) = (*from.get(&places), *to.get(&places));
                let says = format!("s{number}");
                (from < to).then(|| give(of, Label::Span(Span { start: from, end: to, says })))?
            }
            Deed::Refer(of, to, kind) => {
                let to = hash(to);
                give(
                    of,
                    match kind {
                        0 => Label::Corrected(Some(to)),
                        1 => Label::Link(Link { relation: Relation::Evidence, to: to.to_string() }),
                        _ => Label::Preferred(Preference { over: to, strength: 1, criterion: String::new() }),
                    },
                )
            }
            Deed::Undo | Deed::Redo => None,
        }
    }

    /// What must be true of the trace at any time.
    fn check_shape(&self) -> Result<(), TestCaseError> {
        let shown = self.shown();
        let names: BTreeSet<_> = shown.steps.iter().map(|step| &step.hash).collect();
        prop_assert_eq!(names.len(), shown.steps.len(), "two steps of one name");
        for (index, step) in (0..).zip(&shown.steps) {
            prop_assert!(step.parent.is_none_or(|parent| parent < index), "a parent stands after its child");
        }
        prop_assert_eq!(&shown.warnings, &self.source.warnings, "a written step has lost its place");
        let (tree, source) = (shown.tree(), self.source.tree());
        let plain = |texts: Vec<&str>| texts.concat().replace('\n', "");
        for leaf in source.leaves() {
            let wanted = source.path_to(&self.source.steps, leaf);
            let wanted = wanted.iter().map(|step| self.source.steps[*step as usize].text.as_str()).collect();
            let leaf = shown.find_step(&self.source.steps[leaf as usize].hash);
            prop_assert!(leaf.is_some(), "the last step of a path keeps its name");
            let path = tree.path_to(&shown.steps, leaf.unwrap());
            let texts = path.iter().map(|step| shown.steps[*step as usize].text.as_str()).collect();
            prop_assert_eq!(plain(texts), plain(wanted));
        }
        Ok(())
    }

    /// Labels in words, whatever step they hang on; of marked words those that are marked, joined over all steps.
    fn labels(&self) -> (BTreeSet<String>, BTreeMap<String, String>) {
        let (mut labels, mut spans) = (BTreeSet::new(), BTreeMap::<String, String>::new());
        let shown = self.shown();
        let Some(said) = self.said() else { return (labels, spans) };
        for hash in said.steps.keys().collect::<BTreeSet<_>>() {
            let of_step = &said.steps[hash];
            labels.extend(of_step.note.lines().map(ToOwned::to_owned));
            for label in of_step.labels.iter() {
                match label {
                    Label::Cut(_) | Label::Joined | Label::Span(_) => {}
                    // They may name the merged step now.
                    Label::Corrected(_) | Label::Link(_) | Label::Preferred(_) => {
                        labels.insert(format!("{:?}", label.kind()));
                    }
                    _ => drop(labels.insert(format!("{label:?}"))),
                }
            }
            prop_assert_span_steps_are_shown(&shown, hash, of_step);
        }
        for step in &shown.steps {
            let Some(of_step) = said.steps.get(&step.hash) else { continue };
            let mut here: Vec<&Span> = Vec::new();
            for label in of_step.labels.of_kind(LabelKind::Span) {
                if let Label::Span(span) = label {
                    here.push(span);
                }
            }
            here.sort_by_key(|span| span.start);
            for span in here {
                let text = step.text.get(span.start..span.end).expect("marked words lie in the text");
                for says in span.says.split("; ") {
                    spans.entry(says.to_owned()).or_default().push_str(&text.replace('\n', ""));
                }
            }
        }
        (labels, spans)
    }

    /// How often something said of a step, that one aside, refers to a step which is not shown.
    fn lost_references(&self, aside: Option<&StepHash>) -> usize {
        let shown = self.shown();
        let lost = |name: &str| shown.find_step(&StepHash::new(name)).is_none();
        let Some(said) = self.said() else { return 0 };
        let mark = matches!(&said.first_error, Some(FirstError::At(step)) if lost(step.as_str()));
        let shown_steps = shown.steps.iter().filter(|step| Some(&step.hash) != aside);
        let shown_steps = shown_steps.filter_map(|step| said.steps.get(&step.hash));
        let is_lost = |label: &Label| match label {
            Label::Corrected(Some(step)) => lost(step.as_str()),
            Label::Preferred(preference) => lost(preference.over.as_str()),
            _ => false,
        };
        let named = shown_steps.flat_map(|of_step| {
            // Where both steps are named that are merged, one name is enough.
            let named = move |kind| of_step.labels.of_kind(kind).all(is_lost).then_some(of_step.labels.of_kind(kind));
            let kinds = [LabelKind::Corrected, LabelKind::Preferred].into_iter();
            kinds.filter_map(named).flatten().filter(|label| is_lost(label))
        });
        named.count() + usize::from(mark)
    }
}

/// Marked words always go over to the step that is shown: what is kept with a hidden one has none.
fn prop_assert_span_steps_are_shown(shown: &Trace, hash: &StepHash, said: &StepAnnotation) {
    assert!(shown.find_step(hash).is_some() || !said.labels.has(LabelKind::Span), "marked words of a hidden step");
}

/// Hash, text and parent of every step, without the line breaks that joining puts in.
fn shape(trace: &Trace) -> Vec<(StepHash, String, Option<StepIndex>)> {
    trace.steps.iter().map(|step| (step.hash.clone(), step.text.replace('\n', ""), step.parent)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_nothing_is_lost_and_all_of_it_can_be_undone(source in tree(), deeds in vec(deed(), 1..40)) {
        let mut desk = Desk::new(source);
        for (number, deed) in deeds.iter().enumerate() {
            match deed {
                Deed::Undo => drop(desk.log.undo().unwrap()),
                Deed::Redo => drop(desk.log.redo().unwrap()),
                _ => {
                    let Some(changes) = desk.changes(deed, number) else { continue };
                    let (before, shown) = (desk.log.annotations().clone(), desk.shown());
                    let (labels, lost) = (desk.labels(), desk.lost_references(None));
                    if desk.log.commit(changes).unwrap().is_none() {
                        continue;
                    }
                    let after = desk.log.annotations().clone();
                    if matches!(deed, Deed::Split(..) | Deed::Merge(_)) {
                        prop_assert_ne!(shape(&shown), shape(&desk.shown()), "nothing was done");
                        prop_assert_eq!(&labels, &desk.labels());
                        // What one part of a merged step says of another is kept as it is.
                        let merged = match deed {
                            Deed::Merge(of) => {
                                let first = of.index(shown.steps.len());
                                let next = shown.steps.iter().find(|step| step.parent.is_some_and(|p| p as usize == first));
                                next.map(|step| &step.hash)
                            }
                            _ => None,
                        };
                        prop_assert!(desk.lost_references(merged) <= lost, "a reference is lost");
                    }
                    desk.log.undo().unwrap();
                    prop_assert_eq!(desk.log.annotations(), &before);
                    desk.log.redo().unwrap();
                    prop_assert_eq!(desk.log.annotations(), &after);
                    if let Deed::Split(of, _) = deed {
                        let step = &shown.steps[of.index(shown.steps.len())].hash;
                        let now = desk.shown();
                        let first = now.steps[now.find_step(step).unwrap() as usize].parent.unwrap();
                        desk.merge(first);
                        prop_assert_eq!(shape(&desk.shown()), shape(&shown));
                        desk.log.undo().unwrap();
                    }
                }
            }
            desk.check_shape()?;
        }
        let Desk { log, folder, .. } = desk;
        let live = log.annotations().clone();
        drop(log);
        let (log, _) = open(folder.path());
        prop_assert_eq!(log.annotations(), &live);
    }
}
