//! What an annotator has said, at one moment: the fold of a log.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::event::Target;
use super::fact::{Fact, Value};
use crate::model::{FirstError, Label, LabelKey, LabelKind, StepHash, StepRating, TraceId, TraceStatus, WrittenStep};

/// Everything one annotator has said. Cheap to read, changed only by applying records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    pub(super) traces: HashMap<TraceId, TraceAnnotation>,
    /// How many of them are judged: windows show it in every frame.
    judged: usize,
}

impl From<HashMap<TraceId, TraceAnnotation>> for Annotations {
    fn from(traces: HashMap<TraceId, TraceAnnotation>) -> Self {
        let judged = traces.values().filter(|said| said.is_judged()).count();
        Self { traces, judged }
    }
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
    /// How many traces are [judged](TraceAnnotation::is_judged).
    pub fn judged(&self) -> usize {
        self.judged
    }

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
    pub(super) fn set(&mut self, fact: Fact<'_>) {
        let Fact { trace, step, value } = fact;
        match step {
            None => self.change(&trace, |said| match value {
                Value::FirstError(mark) => said.first_error = mark.map(Cow::into_owned),
                Value::Status(status) => said.status = status,
                Value::Note(text) => said.note = text.into_owned(),
                Value::Label(key, label) => said.labels.set(key, label.map(Cow::into_owned)),
                // Only steps are rated.
                Value::Rating(_) => {}
            }),
            Some(step) => self.change_step(&trace, &step, |said| match value {
                Value::Rating(rating) => said.rating = rating,
                Value::Note(text) => said.note = text.into_owned(),
                Value::Label(key, label) => said.labels.set(key, label.map(Cow::into_owned)),
                // These are said of whole traces.
                Value::FirstError(_) | Value::Status(_) => {}
            }),
        }
    }

    fn change_step(&mut self, trace: &str, step: &str, change: impl FnOnce(&mut StepAnnotation)) {
        self.change(trace, |said| {
            if let Some(of_step) = said.steps.get_mut(step) {
                change(of_step);
                if of_step.is_empty() {
                    said.steps.remove(step);
                }
            } else {
                let mut of_step = StepAnnotation::default();
                change(&mut of_step);
                if !of_step.is_empty() {
                    said.steps.insert(StepHash::new(step), of_step);
                }
            }
        });
    }

    /// Changes what is said of a trace. What is empty again is removed, so that equal states compare equal.
    fn change(&mut self, trace: &str, change: impl FnOnce(&mut TraceAnnotation)) {
        if let Some(said) = self.traces.get_mut(trace) {
            self.judged -= usize::from(said.is_judged());
            change(said);
            self.judged += usize::from(said.is_judged());
            if said.is_empty() {
                self.traces.remove(trace);
            }
        } else {
            let mut said = TraceAnnotation::default();
            change(&mut said);
            if !said.is_empty() {
                self.judged += usize::from(said.is_judged());
                self.traces.insert(TraceId::new(trace), said);
            }
        }
    }
}

impl StepAnnotation {
    fn is_empty(&self) -> bool {
        self.rating.is_none() && self.note.is_empty() && self.labels.is_empty()
    }
}

impl TraceAnnotation {
    /// True where nothing is said any more, as after undo.
    pub fn is_empty(&self) -> bool {
        self.first_error.is_none()
            && self.status == TraceStatus::Open
            && self.note.is_empty()
            && self.labels.is_empty()
            && self.steps.values().all(StepAnnotation::is_empty)
    }

    /// True where the annotator judged the trace or a step of it: what lists, filters and exports call labelled. A note,
    /// a status or a label that does not [judge](LabelKind::judges) is none.
    pub fn is_labelled(&self) -> bool {
        let judges = |labels: &Labels| labels.iter().any(|label| label.kind().judges());
        self.first_error.is_some()
            || judges(&self.labels)
            || self.steps.values().any(|step| step.rating.is_some() || judges(&step.labels))
    }

    /// True where the annotator judged the trace as a whole: said where it first goes wrong, that it does not or that it
    /// is unclear, or finished, skipped, gave up or flagged it. Ratings on the way there do not count.
    pub fn is_judged(&self) -> bool {
        self.status != TraceStatus::Open || self.first_error.is_some()
    }

    /// The written step of that name.
    pub fn written(&self, step: &StepHash) -> Option<&WrittenStep> {
        match self.labels.get(&LabelKey::of(LabelKind::Written, step.as_str()))? {
            Label::Written(step) => Some(step),
            _ => None,
        }
    }
}
