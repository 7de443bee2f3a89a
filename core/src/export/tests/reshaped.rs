//! Traces whose annotator cut, joined and wrote steps: exported as they were made, and kept whole in the native format.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::slice;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::annotation::{
    AnnotationLog, Annotations, Change, NewStep, Reshape, StepRef, Target, TraceAnnotation, Way, adopt, overlaid,
};
use crate::import::native::{NativeAnnotation, NativeTrace};
use crate::import::{self, Imported};
use crate::model::{
    AnnotatorId, Critique, ErrorLabel, FirstError, FixedClock, Label, LabelKind, Link, OutcomeLabel, Preference, Rated,
    Relation, Span, StepHash, StepIndex, StepRating, Trace, TraceStatus, Verified, WrittenStep,
};

use super::source::{Project, chain, options, outcome, tree};

/// One trace and the log of one annotator.
struct Desk {
    source: Trace,
    log: AnnotationLog,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new(source: Trace) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, ann) = (Arc::new(FixedClock::default()), AnnotatorId::new("ann"));
        let (log, _) = AnnotationLog::open(folder.path(), &ann, clock, Arc::new(|| {})).unwrap();
        Self { source, log, _folder: folder }
    }

    fn said(&self) -> TraceAnnotation {
        self.log.annotations().trace(&self.source.id).cloned().unwrap_or_default()
    }

    fn shown(&self) -> Trace {
        overlaid(&self.source, &self.said()).unwrap_or_else(|| self.source.clone())
    }

    fn make<T>(&mut self, gesture: impl FnOnce(&Reshape<'_>) -> Result<T, &'static str>) -> T {
        let said = self.said();
        gesture(&Reshape::new(&self.source, Some(&said), self.log.last_seq())).unwrap()
    }

    fn say(&mut self, changes: Vec<Change>) {
        self.log.commit(changes).unwrap().expect("it changes something");
    }

    fn split(&mut self, step: StepIndex, at: usize) {
        let changes = self.make(|desk| desk.split(step, at));
        self.say(changes);
    }

    fn merge(&mut self, step: StepIndex) {
        let changes = self.make(|desk| desk.merge(step));
        self.say(changes);
    }

    fn write(&mut self, after: Option<StepIndex>, texts: &[&str]) -> Vec<StepHash> {
        let steps = texts.iter().map(|text| NewStep { text: (*text).into(), ..NewStep::default() }).collect();
        let (changes, ids) = self.make(|desk| desk.continue_after(after, steps));
        self.say(changes);
        ids
    }

    fn name(&self, step: usize) -> StepHash {
        self.shown().steps[step].hash.clone()
    }

    fn rate(&mut self, step: usize, rating: StepRating) {
        let step = StepRef { trace: self.source.id.clone(), step: self.name(step) };
        self.say(vec![Change::RateStep { step, rating: Some(rating) }]);
    }

    fn mark(&mut self, mark: FirstError) {
        self.say(vec![Change::MarkFirstError { trace: self.source.id.clone(), mark: Some(mark) }]);
    }

    fn give(&mut self, step: Option<usize>, label: Label) {
        let trace = self.source.id.clone();
        let target = match step {
            None => Target::Trace(trace),
            Some(step) => Target::Step(StepRef { trace, step: self.name(step) }),
        };
        self.say(vec![Change::Give { target, label }]);
    }

    fn project(&self) -> Project {
        let mut project = Project::of(self.source.clone());
        *project.says("ann") = self.said();
        project
    }

    /// The rows of an export of the annotator's labels, or why there is none.
    fn rows(&self, format: &str) -> Vec<Value> {
        let mut options = options(format, &[]);
        options.labels = Some("own:ann".parse().unwrap());
        let preview = self.project().preview(&options);
        let rows = preview.sample.iter().map(|line| serde_json::from_str(line).unwrap());
        rows.chain(preview.left_out.iter().map(|one| json!(format!("{:?}: {}", one.step, one.reason)))).collect()
    }
}

#[test]
fn a_first_error_on_a_part_is_exported_at_its_place() {
    let mut source = chain(3);
    source.steps[1].text = "so 1+1 = 3".into();
    let mut builder = crate::model::TraceBuilder::new(source.problem.clone()).source_id("t").generator("m");
    for step in source.steps.drain(..) {
        builder.push(step);
    }
    let mut desk = Desk::new(builder.verdict(crate::model::Verdict::Incorrect).build());
    desk.split(1, 6);
    // The part that is wrong is cut off at both ends.
    desk.split(2, 2);
    let error = FirstError::At(desk.name(2));
    assert!(error != FirstError::At(desk.source.steps[1].hash.clone()), "a part with a name of its own");
    desk.mark(error);
    let steps = json!(["a", "so 1+1", " =", " 3", "c"]);
    let row = &desk.rows("processbench")[0];
    assert_eq!((&row["steps"], &row["label"]), (&steps, &json!(2)));
    assert_eq!(
        desk.rows("trl_stepwise"),
        [json!({"prompt": "1+1?", "completions": ["a", "so 1+1", " ="], "labels": [true, true, false]})]
    );
    // Joined again, the whole step is the first error.
    desk.merge(2);
    desk.merge(1);
    let row = &desk.rows("processbench")[0];
    assert_eq!((&row["steps"], &row["label"]), (&json!(["a", "so 1+1 = 3", "c"]), &json!(1)));
}

#[test]
fn joined_steps_are_one_step_of_the_row() {
    let mut desk = Desk::new(chain(4));
    for step in 0..4 {
        desk.rate(step, if step == 2 { StepRating::Bad } else { StepRating::Good });
    }
    desk.merge(1);
    assert_eq!(
        desk.rows("trl_stepwise"),
        [json!({"prompt": "1+1?", "completions": ["a", "b\nc"], "labels": [true, false]})]
    );
    let row = &desk.rows("processbench")[0];
    assert_eq!((&row["steps"], &row["label"]), (&json!(["a", "b\nc", "d"]), &json!(1)));
}

#[test]
fn labels_of_others_are_exported_with_the_steps_of_the_source() {
    let mut desk = Desk::new(chain(3));
    desk.merge(0);
    desk.rate(0, StepRating::Good);
    desk.rate(1, StepRating::Good);
    let mut project = desk.project().label("", None);
    *project.says("ann") = desk.said();
    let whole = project.traces[0].steps[2].hash.clone();
    project.says("bo").first_error = Some(FirstError::NoneUpTo(whole));
    let check = |source: &str, expected: &str| {
        let mut options = options("trl_stepwise", &[]);
        options.labels = Some(source.parse().unwrap());
        assert_eq!(outcome(&project, &options), expected, "{source}");
    };
    check("own:ann", "++");
    check("own:bo", "+++");
}

#[test]
fn a_written_branch_is_exported_beside_the_main_path_once_it_is_judged() {
    let mut desk = Desk::new(chain(3));
    desk.mark(FirstError::At(desk.name(1)));
    let source = json!({"prompt": "1+1?", "completions": ["a", "b"], "labels": [true, false]});
    let (changes, _) = desk.make(|desk| desk.rewrite(1, "better"));
    desk.say(changes);
    desk.write(Some(3), &["and done"]);
    assert_eq!(desk.rows("trl_stepwise"), slice::from_ref(&source), "what nobody judged is no row");
    desk.rate(3, StepRating::Good);
    desk.rate(4, StepRating::Good);
    let written = json!({"prompt": "1+1?", "completions": ["a", "better", "and done"], "labels": [true, true, true]});
    assert_eq!(desk.rows("trl_stepwise"), [source, written]);
    let rows = desk.rows("processbench");
    assert_eq!(rows[0]["steps"], json!(["a", "b", "c"]));
    assert!(rows[1].as_str().unwrap().starts_with("Some(4): the outcome is that of the main path"), "{rows:?}");
}

#[test]
fn a_continuation_of_the_last_step_is_not_part_of_the_main_path() {
    let mut desk = Desk::new(chain(2));
    desk.mark(FirstError::NoneUpTo(desk.name(1)));
    desk.write(Some(1), &["more"]);
    let source = json!({"prompt": "1+1?", "completions": ["a", "b"], "labels": [true, true]});
    assert_eq!(desk.rows("trl_stepwise"), slice::from_ref(&source));
    desk.rate(2, StepRating::Bad);
    let longer = json!({"prompt": "1+1?", "completions": ["a", "b", "more"], "labels": [true, true, false]});
    assert_eq!(desk.rows("trl_stepwise"), [source, longer]);
    assert_eq!(desk.rows("processbench")[0]["label"], json!(-1));
}

#[test]
fn a_first_error_on_a_written_step_is_exported_on_its_branch() {
    let mut desk = Desk::new(chain(2));
    let ids = desk.write(Some(0), &["x", "y"]);
    desk.mark(FirstError::At(ids[1].clone()));
    let branch = json!({"prompt": "1+1?", "completions": ["a", "x", "y"], "labels": [true, true, false]});
    assert_eq!(desk.rows("trl_stepwise"), [branch, json!("Some(1): step 2 has no label")]);
}

/// A label of that kind. A new kind does not compile until it is added here.
fn example(kind: LabelKind, of: &StepHash) -> Label {
    match kind {
        LabelKind::Outcome => Label::Outcome(OutcomeLabel::Unsure),
        LabelKind::Reason => Label::Reason("too hard".into()),
        LabelKind::Verified => Label::Verified(Verified { by: "scorer:prm@0.5".into(), agreed: true }),
        LabelKind::Tag => Label::Tag("algebra ≠".into()),
        LabelKind::Rated => Label::Rated(Rated { dimension: "clarity".into(), value: 0.1 + 0.2 }),
        LabelKind::Written => Label::Written(WrittenStep {
            id: StepHash::written(900),
            parent: None,
            text: "w\n".into(),
            kind: crate::model::StepKind::Code,
            replaces: Some(of.clone()),
            taken_from: Some((crate::model::TraceId::new("elsewhere"), of.clone())),
        }),
        LabelKind::Soft => Label::Soft(1.0 / 3.0),
        LabelKind::Redundant => Label::Redundant,
        LabelKind::Corrected => Label::Corrected(Some(of.clone())),
        LabelKind::Missing => Label::Missing("so".into()),
        LabelKind::Error => Label::Error(ErrorLabel {
            kind: "calculation".into(),
            sub: Some("sign".into()),
            severity: Some("minor".into()),
        }),
        LabelKind::Unsafe => Label::Unsafe,
        LabelKind::Masked => Label::Masked,
        LabelKind::Critique => Label::Critique(Critique {
            by: "judge".into(),
            text: "no".into(),
            rating: Some(StepRating::Neutral),
            accepted: true,
        }),
        LabelKind::Span => Label::Span(Span { start: 0, end: 1, says: "here".into() }),
        LabelKind::Link => Label::Link(Link { relation: Relation::Reference, to: "3".into() }),
        LabelKind::Inspected => Label::Inspected(false),
        LabelKind::Best => Label::Best,
        LabelKind::Rank => Label::Rank(2),
        LabelKind::Preferred => {
            Label::Preferred(Preference { over: of.clone(), strength: 3, criterion: "clarity".into() })
        }
        LabelKind::Cut => Label::Cut(1),
        LabelKind::Joined => Label::Joined,
    }
}

const OF_TRACE: [LabelKind; 6] =
    [LabelKind::Outcome, LabelKind::Reason, LabelKind::Verified, LabelKind::Tag, LabelKind::Rated, LabelKind::Written];
const OF_STEP: [LabelKind; 18] = [
    LabelKind::Tag,
    LabelKind::Rated,
    LabelKind::Soft,
    LabelKind::Redundant,
    LabelKind::Corrected,
    LabelKind::Missing,
    LabelKind::Error,
    LabelKind::Unsafe,
    LabelKind::Masked,
    LabelKind::Critique,
    LabelKind::Span,
    LabelKind::Link,
    LabelKind::Inspected,
    LabelKind::Best,
    LabelKind::Rank,
    LabelKind::Preferred,
    LabelKind::Cut,
    LabelKind::Joined,
];

/// A trace with every kind of label on the trace, on a whole step, a part of one and a written one.
fn full() -> Desk {
    let mut desk = Desk::new(tree(&[(None, "one two"), (Some(0), "three"), (Some(1), "four"), (Some(0), "other")]));
    let of = desk.name(1);
    for kind in OF_TRACE {
        desk.give(None, example(kind, &of));
    }
    desk.split(0, 3);
    let ids = desk.write(Some(2), &["written", "further"]);
    let steps = [desk.name(0), desk.name(2), ids[0].clone()];
    for step in &steps {
        let step = StepRef { trace: desk.source.id.clone(), step: step.clone() };
        // A cut of a part means nothing, but what the log holds is kept.
        let give = |kind| Change::Give { target: Target::Step(step.clone()), label: example(kind, &of) };
        let mut changes: Vec<Change> = OF_STEP.into_iter().map(give).collect();
        changes.push(Change::RateStep { step: step.clone(), rating: Some(StepRating::Unsure) });
        desk.say(changes);
    }
    let target = Target::Step(StepRef { trace: desk.source.id.clone(), step: ids[1].clone() });
    desk.say(vec![
        Change::WriteNote { target, text: "note".into() },
        Change::SetStatus { trace: desk.source.id.clone(), status: TraceStatus::GivenUp },
    ]);
    desk.mark(FirstError::At(ids[1].clone()));
    desk
}

/// What an import of those lines gives.
fn read_back(lines: &[String]) -> Vec<Imported> {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    let sample = import::Sample::default();
    let reader: &dyn import::Importer = &import::native::Native;
    let rows = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.flat_map(|row| reader.read_row(row, &sample).unwrap()).collect()
}

#[test]
fn every_label_comes_back_from_a_native_file() {
    let desk = full();
    let shown = desk.shown();
    let mut project = desk.project();
    let own = shown.steps.iter().position(|step| step.hash.is_written()).unwrap();
    project.by_key = shown.score_keys().into_iter().zip((1..).map(|n: u8| 1.0 / f32::from(n))).collect();
    let preview = project.preview(&options("native", &[]));
    assert_eq!(preview.left_out_total, 0, "{:?}", preview.left_out);

    let back = read_back(&preview.sample).remove(0);
    assert_eq!(back.trace, desk.source, "the source is as it was");
    let carried = back.carried.unwrap();
    let scores = &carried.scores[0];
    assert_eq!(scores.values.iter().flatten().count(), desk.source.steps.len());
    let keys = shown.score_keys();
    let mut more: BTreeMap<StepHash, f32> = BTreeMap::new();
    for step in [0, own] {
        more.insert(keys[step].clone(), project.by_key[&keys[step]]);
    }
    assert!(more.iter().all(|(key, value)| scores.more.get(key) == Some(value)), "{:?}", scores.more);

    let mut other = Desk::new(desk.source.clone());
    let adopted = adopt(&mut other.log, &carried.trace, &carried.annotations[0]).unwrap();
    assert_eq!(adopted.conflicts, 0);
    assert_eq!(other.log.annotations(), desk.log.annotations());
    assert_eq!(overlaid(&back.trace, &other.said()), Some(shown));
    {
        let (_, mut done) = other.log.history();
        let gesture = done.next().unwrap();
        assert_eq!((gesture.under.way, gesture.events.len()), (Way::Adopted, adopted.taken));
    }
    assert_eq!(adopt(&mut other.log, &carried.trace, &carried.annotations[0]).unwrap().taken, 0, "nothing twice");
    other.log.undo().unwrap();
    assert_eq!(*other.log.annotations(), Annotations::default());
}

#[test]
fn a_mark_on_a_part_or_a_written_step_is_kept_where_these_are_there() {
    let desk = full();
    let line = desk.project().preview(&options("native", &[])).sample.remove(0);
    let check = |edit: &dyn Fn(&mut NativeTrace), kept: bool| {
        let mut native: NativeTrace = serde_json::from_str(&line).unwrap();
        edit(&mut native);
        let back = read_back(&[serde_json::to_string(&native).unwrap()]).remove(0);
        assert_eq!(back.carried.unwrap().annotations[0].first_error.is_some(), kept);
    };
    let part = desk.source.steps[0].hash.part(3);
    check(&|_| {}, true);
    check(&|native| native.annotations[0].first_error = Some(FirstError::At(part.clone())), true);
    check(&|native| native.annotations[0].first_error = Some(FirstError::At(StepHash::new("gone").part(3))), false);
    check(&|native| native.annotations[0].labels.clear(), false);
    check(
        &|native| {
            native.annotations[0].first_error = Some(FirstError::At(part.clone()));
            native.steps[0].text.push('!');
        },
        false,
    );
}

#[test]
fn written_steps_of_another_log_do_not_take_the_place_of_own_ones() {
    let mut mine = Desk::new(chain(2));
    let mine_id = mine.write(Some(0), &["mine"]);
    let mut theirs = Desk::new(chain(2));
    let their_ids = theirs.write(Some(0), &["theirs", "and on"]);
    assert_eq!(mine_id[0], their_ids[0], "the same name for different words");
    theirs.rate(2, StepRating::Bad);
    theirs.rate(3, StepRating::Bad);
    theirs.rate(0, StepRating::Good);
    theirs.mark(FirstError::At(their_ids[1].clone()));
    let line = theirs.project().preview(&options("native", &[])).sample.remove(0);
    let said: NativeAnnotation = serde_json::from_str::<NativeTrace>(&line).unwrap().annotations.remove(0);
    let adopted = adopt(&mut mine.log, &mine.source.id, &said).unwrap();
    assert_eq!((adopted.taken, adopted.conflicts), (1, 5), "only the rating of the step that both have");
    assert_eq!(mine.said().steps.len(), 1);
    assert_eq!(mine.shown().steps.len(), 3);
}

#[test]
fn numbers_of_labels_that_json_cannot_hold_are_named() {
    let mut desk = Desk::new(chain(1));
    desk.give(Some(0), Label::Soft(0.5));
    let mut project = desk.project();
    let said = project.says("ann");
    let step = said.steps.values_mut().next().unwrap();
    step.labels = [Label::Soft(f64::NAN)].into_iter().collect();
    let preview = project.preview(&options("native", &[]));
    assert_eq!(preview.left_out[0].reason, "a soft label of ann is NaN, which JSON cannot hold");
}
