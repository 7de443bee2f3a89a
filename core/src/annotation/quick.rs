//! Reads of an intact line what the state needs, and passes over the rest: most of the time of opening a long log.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{GestureId, LOG_VERSION};
use super::fact::{Fact, Value};
use super::line::{Line, What};
use crate::model::{FirstError, Label, StepRating, TraceStatus};

/// `None` where it cannot be read like this, as a kind of event that only a later version knows.
pub(super) fn read(line: &[u8]) -> Option<Line<'_>> {
    let read: QuickRecord<'_> = serde_json::from_slice(line).ok()?;
    if read.v > LOG_VERSION {
        return None;
    }
    let what = match read.event {
        QuickEvent::StepRated { step, rating } => What::Said(step.says(Value::Rating(rating))),
        QuickEvent::FirstErrorMarked { trace, mark } => {
            What::Said(Fact { trace, step: None, value: Value::FirstError(mark.map(Cow::Owned)) })
        }
        QuickEvent::StatusSet { trace, status } => What::Said(Fact { trace, step: None, value: Value::Status(status) }),
        QuickEvent::NoteWritten { target, text } => What::Said(target.says(Value::Note(text))),
        QuickEvent::Labelled { target, label, before } => {
            let key = match &label {
                Some(label) => label.key(),
                None => serde_json::from_str::<Label>(before.get()).ok()?.key(),
            };
            What::Said(target.says(Value::Label(key, label.map(Cow::Owned))))
        }
        QuickEvent::Undone { gesture } => What::Undone(gesture),
        QuickEvent::Redone { gesture } => What::Redone(gesture),
    };
    let QuickRecord { v, seq, by, gesture, of, under, .. } = read;
    Some(Line { v, seq, by, gesture, of, spent_ms: under.spent_ms, what })
}

#[derive(Deserialize)]
struct QuickRecord<'a> {
    v: u16,
    seq: u64,
    #[serde(borrow)]
    by: Cow<'a, str>,
    gesture: GestureId,
    #[serde(default)]
    of: u32,
    #[serde(borrow)]
    event: QuickEvent<'a>,
    #[serde(default)]
    under: Spent,
}

#[derive(Default, Deserialize)]
struct Spent {
    #[serde(default)]
    spent_ms: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum QuickEvent<'a> {
    StepRated {
        #[serde(borrow)]
        step: QuickStep<'a>,
        rating: Option<StepRating>,
    },
    FirstErrorMarked {
        #[serde(borrow)]
        trace: Cow<'a, str>,
        mark: Option<FirstError>,
    },
    StatusSet {
        #[serde(borrow)]
        trace: Cow<'a, str>,
        status: TraceStatus,
    },
    NoteWritten {
        #[serde(borrow)]
        target: QuickTarget<'a>,
        #[serde(borrow)]
        text: Cow<'a, str>,
    },
    Labelled {
        #[serde(borrow)]
        target: QuickTarget<'a>,
        label: Option<Label>,
        /// Names the place where a label was taken away.
        #[serde(borrow)]
        before: &'a RawValue,
    },
    Undone {
        gesture: GestureId,
    },
    Redone {
        gesture: GestureId,
    },
}

#[derive(Deserialize)]
struct QuickStep<'a> {
    #[serde(borrow)]
    trace: Cow<'a, str>,
    #[serde(borrow)]
    step: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum QuickTarget<'a> {
    Trace(#[serde(borrow)] Cow<'a, str>),
    Step(#[serde(borrow)] QuickStep<'a>),
}

impl<'a> QuickStep<'a> {
    fn says(self, value: Value<'a>) -> Fact<'a> {
        Fact { trace: self.trace, step: Some(self.step), value }
    }
}

impl<'a> QuickTarget<'a> {
    fn says(self, value: Value<'a>) -> Fact<'a> {
        match self {
            Self::Trace(trace) => Fact { trace, step: None, value },
            Self::Step(step) => step.says(value),
        }
    }
}
