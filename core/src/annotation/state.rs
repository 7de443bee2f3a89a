//! What an annotator has said, at one moment: the fold of a log.

use std::collections::{BTreeMap, HashMap};

use super::event::{Event, StepRef, Target};
use crate::model::{FirstError, Label, LabelKey, LabelKind, StepHash, StepRating, TraceId, TraceStatus, WrittenStep};

/// Everything one annotator has said. Cheap to read, changed only by applying records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    pub(super) traces: HashMap<TraceId, TraceAnnotation>,
}

/// What was said of one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceAnnotation {
    /// Where it first goes wrong; `None` where nothing was said.
    pub first_error: Option<FirstError>,
    /// How far the annotator got.
    pub status: TraceStatus,
    /// The note on the whole trace; empty where there is none.
    pub note: String,
    /// Everything else that was said of the trace as a whole.
    pub labels: Labels,
    /// What was said of single steps.
    pub steps: HashMap<StepHash, StepAnnotation>,
}

/// What was said of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepAnnotation {
    /// The rating; `None` where nothing was said.
    pub rating: Option<StepRating>,
    /// The note; empty where there is none.
    pub note: String,
    /// Everything else that was said of it.
    pub labels: Labels,
}

/// Labels of one trace or step, each under its key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels(BTreeMap<LabelKey, Label>);

impl Labels {
    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, sort by sort.
    pub fn iter(&self) -> impl Iterator<Item = &Label> {
        self.0.values()
    }

    /// The label of that key.
    pub fn get(&self, key: &LabelKey) -> Option<&Label> {
        self.0.get(key)
    }

    /// The label of a sort of which there is only one.
    pub fn only(&self, kind: LabelKind) -> Option<&Label> {
        self.get(&LabelKey::only(kind))
    }

    /// The labels of one sort, in the order of their keys.
    pub fn of_kind(&self, kind: LabelKind) -> impl Iterator<Item = &Label> {
        self.0.range(LabelKey::only(kind)..).take_while(move |(key, _)| key.kind == kind).map(|(_, label)| label)
    }

    /// True where there is one of that sort.
    pub fn has(&self, kind: LabelKind) -> bool {
        self.of_kind(kind).next().is_some()
    }

    fn set(&mut self, key: LabelKey, label: Option<Label>) {
        match label {
            Some(label) => {
                self.0.insert(key, label);
            }
            None => {
                self.0.remove(&key);
            }
        }
    }
}

impl FromIterator<Label> for Labels {
    fn from_iter<T: IntoIterator<Item = Label>>(labels: T) -> Self {
        Self(labels.into_iter().map(|label| (label.key(), label)).collect())
    }
}

impl Annotations {
    /// What was said of that trace; `None` where nothing was.
    pub fn trace(&self, trace: &TraceId) -> Option<&TraceAnnotation> {
        self.traces.get(trace)
    }

    /// What was said of that step; `None` where nothing was.
    pub fn step(&self, trace: &TraceId, step: &StepHash) -> Option<&StepAnnotation> {
        self.trace(trace)?.steps.get(step)
    }

    /// Every trace of which something was said, in no particular order.
    pub fn traces(&self) -> impl Iterator<Item = (&TraceId, &TraceAnnotation)> {
        self.traces.iter()
    }

    /// The note on that trace or step; empty where there is none.
    pub fn note(&self, target: &Target) -> &str {
        let note = match target {
            Target::Trace(trace) => self.trace(trace).map(|said| &said.note),
            Target::Step(step) => self.step(&step.trace, &step.step).map(|said| &said.note),
        };
        note.map_or("", String::as_str)
    }

    /// The labels of that trace or step; `None` where it has nothing.
    pub fn labels(&self, target: &Target) -> Option<&Labels> {
        match target {
            Target::Trace(trace) => self.trace(trace).map(|said| &said.labels),
            Target::Step(step) => self.step(&step.trace, &step.step).map(|said| &said.labels),
        }
    }

    /// The label of that key on that trace or step.
    pub fn label(&self, target: &Target, key: &LabelKey) -> Option<&Label> {
        self.labels(target)?.get(key)
    }

    /// Makes the fact true.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::StepRated { step, rating, .. } => self.rate(step, *rating),
            Event::FirstErrorMarked { trace, mark, .. } => self.mark(trace, mark.clone()),
            Event::StatusSet { trace, status, .. } => self.set_status(trace, *status),
            Event::NoteWritten { target, text, .. } => self.write_note(target, text),
            Event::Labelled { target, label, before } => self.set_label(target, label.as_ref(), before.as_ref()),
            Event::Undone { .. } | Event::Redone { .. } | Event::Unknown(_) => {}
        }
    }

    /// Restores what was there before the fact.
    pub(super) fn revert(&mut self, event: &Event) {
        match event {
            Event::StepRated { step, before, .. } => self.rate(step, *before),
            Event::FirstErrorMarked { trace, before, .. } => self.mark(trace, before.clone()),
            Event::StatusSet { trace, before, .. } => self.set_status(trace, *before),
            Event::NoteWritten { target, before, .. } => self.write_note(target, before),
            Event::Labelled { target, label, before } => self.set_label(target, before.as_ref(), label.as_ref()),
            Event::Undone { .. } | Event::Redone { .. } | Event::Unknown(_) => {}
        }
    }

    fn rate(&mut self, step: &StepRef, rating: Option<StepRating>) {
        self.change_step(step, |said| said.rating = rating);
    }

    fn mark(&mut self, trace: &TraceId, mark: Option<FirstError>) {
        self.change(trace, |said| said.first_error = mark);
    }

    fn set_status(&mut self, trace: &TraceId, status: TraceStatus) {
        self.change(trace, |said| said.status = status);
    }

    fn write_note(&mut self, target: &Target, text: &str) {
        match target {
            Target::Trace(trace) => self.change(trace, |said| said.note = text.into()),
            Target::Step(step) => self.change_step(step, |said| said.note = text.into()),
        }
    }

    /// Puts `label` where `other`, its like of before or after, may stand: one of the two names the place.
    fn set_label(&mut self, target: &Target, label: Option<&Label>, other: Option<&Label>) {
        let Some(key) = label.or(other).map(Label::key) else { return };
        let label = label.cloned();
        match target {
            Target::Trace(trace) => self.change(trace, |said| said.labels.set(key, label)),
            Target::Step(step) => self.change_step(step, |said| said.labels.set(key, label)),
        }
    }

    fn change_step(&mut self, step: &StepRef, change: impl FnOnce(&mut StepAnnotation)) {
        self.change(&step.trace, |said| {
            let of_step = said.steps.entry(step.step.clone()).or_default();
            change(of_step);
            if *of_step == StepAnnotation::default() {
                said.steps.remove(&step.step);
            }
        });
    }

    /// Changes what is said of a trace. What is empty again is removed, so that equal states compare equal.
    fn change(&mut self, trace: &TraceId, change: impl FnOnce(&mut TraceAnnotation)) {
        let said = self.traces.entry(trace.clone()).or_default();
        change(said);
        if said.is_empty() {
            self.traces.remove(trace);
        }
    }
}

impl TraceAnnotation {
    /// True where nothing is said any more, as after undo.
    pub fn is_empty(&self) -> bool {
        self.first_error.is_none()
            && self.status == TraceStatus::Open
            && self.note.is_empty()
            && self.labels.is_empty()
            && self.steps.values().all(|step| *step == StepAnnotation::default())
    }

    /// True where the annotator judged the trace or a step of it: what lists, filters and exports call labelled. A note,
    /// a status or a label that does not [judge](LabelKind::judges) is none.
    pub fn is_labelled(&self) -> bool {
        let judges = |labels: &Labels| labels.iter().any(|label| label.kind().judges());
        self.first_error.is_some()
            || judges(&self.labels)
            || self.steps.values().any(|step| step.rating.is_some() || judges(&step.labels))
    }

    /// True where the annotator labelled the trace, or finished, skipped, gave up or flagged it.
    pub fn is_judged(&self) -> bool {
        self.status != TraceStatus::Open || self.is_labelled()
    }

    /// The written step of that name.
    pub fn written(&self, step: &StepHash) -> Option<&WrittenStep> {
        match self.labels.get(&LabelKey::of(LabelKind::Written, step.as_str()))? {
            Label::Written(step) => Some(step),
            _ => None,
        }
    }
}
