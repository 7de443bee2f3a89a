//! What a record makes true, without who, when and what was there before. Borrows where it can: most facts are read,
//! put into the state and forgotten.

use std::borrow::Cow;

use super::event::{StepRef, Target};
use crate::model::{FirstError, Label, LabelKey, StepHash, StepRating, TraceId, TraceStatus};

/// One thing that is said now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fact<'a> {
    pub(super) trace: Cow<'a, str>,
    /// `None` for the trace as a whole.
    pub(super) step: Option<Cow<'a, str>>,
    pub(super) value: Value<'a>,
}

/// What is said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Rating(Option<StepRating>),
    FirstError(Option<Cow<'a, FirstError>>),
    Status(TraceStatus),
    Note(Cow<'a, str>),
    Label(LabelKey, Option<Cow<'a, Label>>),
}

/// What can hold one value at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Subject {
    pub(super) trace: TraceId,
    pub(super) step: Option<StepHash>,
    pub(super) place: Place,
}

/// The part of a trace's or step's annotation that holds the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Rating,
    FirstError,
    Status,
    Note,
    Label(LabelKey),
}

impl<'a> Fact<'a> {
    pub(super) fn of_trace(trace: &'a TraceId, value: Value<'a>) -> Self {
        Self { trace: trace.as_str().into(), step: None, value }
    }

    pub(super) fn of_step(step: &'a StepRef, value: Value<'a>) -> Self {
        Self { trace: step.trace.as_str().into(), step: Some(step.step.as_str().into()), value }
    }

    pub(super) fn of(target: &'a Target, value: Value<'a>) -> Self {
        match target {
            Target::Trace(trace) => Self::of_trace(trace, value),
            Target::Step(step) => Self::of_step(step, value),
        }
    }

    /// What it is said of, where it says that nothing is said any more.
    pub(super) fn taken_back(&self) -> Option<Subject> {
        let place = match &self.value {
            Value::Rating(None) => Place::Rating,
            Value::FirstError(None) => Place::FirstError,
            Value::Status(TraceStatus::Open) => Place::Status,
            Value::Note(text) if text.is_empty() => Place::Note,
            Value::Label(key, None) => Place::Label(key.clone()),
            _ => return None,
        };
        let step = self.step.as_deref().map(StepHash::new);
        Some(Subject { trace: TraceId::new(&*self.trace), step, place })
    }
}

impl Subject {
    pub(super) fn new(target: &Target, place: Place) -> Self {
        Self { trace: target.trace().clone(), step: target.step().cloned(), place }
    }
}

impl Fact<'_> {
    /// The same, borrowing nothing.
    pub(super) fn into_owned(self) -> Fact<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let value = match self.value {
            Value::Rating(rating) => Value::Rating(rating),
            Value::FirstError(mark) => Value::FirstError(mark.map(|mark| Cow::Owned(mark.into_owned()))),
            Value::Status(status) => Value::Status(status),
            Value::Note(text) => Value::Note(owned(text)),
            Value::Label(key, label) => Value::Label(key, label.map(|label| Cow::Owned(label.into_owned()))),
        };
        Fact { trace: owned(self.trace), step: self.step.map(owned), value }
    }
}
