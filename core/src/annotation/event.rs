//! The lines of an annotation log: facts in the past tense, each with what was there before.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fact::{Fact, Value};
use crate::model::{AnnotatorId, FirstError, Label, StepHash, StepRating, Timestamp, TraceId, TraceStatus};

/// The version this program writes. It rises only when a reader of older lines would misread newer ones; a new kind of
/// event alone does not raise it, because [`Event::Unknown`] keeps what a reader does not know.
pub const LOG_VERSION: u16 = 2;

/// One line of an annotation log. Written once, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the log format.
    pub v: u16,
    /// Number of the line in its log, from 1.
    pub seq: u64,
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    pub by: AnnotatorId,
    /// The key press or dialog it belongs to: the unit of undo.
    pub gesture: GestureId,
    /// How many records the gesture has, where there are several: it counts only when all of them are there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub of: u32,
    /// What was said.
    pub event: Event,
    /// Under which circumstances.
    #[serde(default, skip_serializing_if = "Context::is_empty")]
    pub under: Context,
}

/// Number of a gesture: the `seq` of its first record.
pub type GestureId = u64;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A step, named so that a label never moves to other words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StepRef {
    /// The trace.
    pub trace: TraceId,
    /// The step in it, by content.
    pub step: StepHash,
}

/// What something is said of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A whole trace.
    Trace(TraceId),
    /// One step.
    Step(StepRef),
}

/// A fact. `before` makes each line reversible and readable alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "labels are most of what is said")]
pub enum Event {
    /// A step was rated, or its rating taken away.
    StepRated {
        /// The step.
        step: StepRef,
        /// The rating; `None` takes it away.
        rating: Option<StepRating>,
        /// The rating until then.
        before: Option<StepRating>,
    },
    /// The first error of a trace was marked, or the mark taken away.
    FirstErrorMarked {
        /// The trace.
        trace: TraceId,
        /// The mark; `None` takes it away.
        mark: Option<FirstError>,
        /// The mark until then.
        before: Option<FirstError>,
    },
    /// A trace was finished, skipped, flagged or opened again.
    StatusSet {
        /// The trace.
        trace: TraceId,
        /// The status.
        status: TraceStatus,
        /// The status until then.
        before: TraceStatus,
    },
    /// A note was written, changed or (empty text) removed.
    NoteWritten {
        /// What it is about.
        target: Target,
        /// The whole text.
        text: String,
        /// The whole text until then.
        before: String,
    },
    /// A label was given, changed or taken away. Not both `label` and `before` are `None`.
    Labelled {
        /// What it is about.
        target: Target,
        /// The label; `None` takes it away.
        label: Option<Label>,
        /// The label of the same key until then.
        before: Option<Label>,
    },
    /// A gesture was undone.
    Undone {
        /// The gesture.
        gesture: GestureId,
    },
    /// An undone gesture was redone.
    Redone {
        /// The gesture.
        gesture: GestureId,
    },
    /// From a later version: kept and counted, never dropped.
    #[serde(untagged)]
    Unknown(serde_json::Value),
}

impl Event {
    /// The names of the kinds this version knows, as written in logs.
    pub const KINDS: [&str; 7] =
        ["step_rated", "first_error_marked", "status_set", "note_written", "labelled", "undone", "redone"];

    /// What the event is about; `None` for undo, redo and unknown events.
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::StepRated { step, .. } => Some(Target::Step(step.clone())),
            Self::FirstErrorMarked { trace, mark, before } => Some(match mark.as_ref().or(before.as_ref()) {
                Some(FirstError::At(step)) => Target::Step(StepRef { trace: trace.clone(), step: step.clone() }),
                _ => Target::Trace(trace.clone()),
            }),
            Self::StatusSet { trace, .. } => Some(Target::Trace(trace.clone())),
            Self::NoteWritten { target, .. } | Self::Labelled { target, .. } => Some(target.clone()),
            Self::Undone { .. } | Self::Redone { .. } | Self::Unknown(_) => None,
        }
    }

    /// What it makes true; `None` for undo, redo and unknown events.
    pub(super) fn after(&self) -> Option<Fact<'_>> {
        Some(match self {
            Self::StepRated { step, rating, .. } => Fact::of_step(step, Value::Rating(*rating)),
            Self::FirstErrorMarked { trace, mark, .. } => {
                Fact::of_trace(trace, Value::FirstError(mark.as_ref().map(Cow::Borrowed)))
            }
            Self::StatusSet { trace, status, .. } => Fact::of_trace(trace, Value::Status(*status)),
            Self::NoteWritten { target, text, .. } => Fact::of(target, Value::Note(text.into())),
            Self::Labelled { target, label, before } => Self::labelled(target, label.as_ref(), before.as_ref())?,
            Self::Undone { .. } | Self::Redone { .. } | Self::Unknown(_) => return None,
        })
    }

    /// What was true until then; `None` for undo, redo and unknown events.
    pub(super) fn before(&self) -> Option<Fact<'_>> {
        Some(match self {
            Self::StepRated { step, before, .. } => Fact::of_step(step, Value::Rating(*before)),
            Self::FirstErrorMarked { trace, before, .. } => {
                Fact::of_trace(trace, Value::FirstError(before.as_ref().map(Cow::Borrowed)))
            }
            Self::StatusSet { trace, before, .. } => Fact::of_trace(trace, Value::Status(*before)),
            Self::NoteWritten { target, before, .. } => Fact::of(target, Value::Note(before.into())),
            Self::Labelled { target, label, before } => Self::labelled(target, before.as_ref(), label.as_ref())?,
            Self::Undone { .. } | Self::Redone { .. } | Self::Unknown(_) => return None,
        })
    }

    /// `label` where `other`, its like of before or after, may stand: one of the two names the place.
    fn labelled<'a>(target: &'a Target, label: Option<&'a Label>, other: Option<&Label>) -> Option<Fact<'a>> {
        let key = label.or(other)?.key();
        Some(Fact::of(target, Value::Label(key, label.map(Cow::Borrowed))))
    }

    /// The known kind that an unknown event bears the name of: it is then not from the future but damaged.
    ///
    /// The last variant takes whatever fits no other, so a known kind with a broken field arrives there too.
    pub fn damaged_kind(&self) -> Option<&'static str> {
        let Self::Unknown(value) = self else { return None };
        Self::KINDS.into_iter().find(|kind| value.get(kind).is_some() || value.as_str() == Some(kind))
    }
}

impl Target {
    /// The trace it is or lies in.
    pub const fn trace(&self) -> &TraceId {
        match self {
            Self::Trace(trace) => trace,
            Self::Step(step) => &step.trace,
        }
    }

    /// The step, unless it is a whole trace.
    pub fn step(&self) -> Option<&StepHash> {
        match self {
            Self::Trace(_) => None,
            Self::Step(step) => Some(&step.step),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn step() -> StepRef {
        StepRef { trace: TraceId::new("t"), step: StepHash::new("s") }
    }

    fn known() -> Vec<Event> {
        let (at, none) = (FirstError::At(StepHash::new("s")), FirstError::NoneUpTo(StepHash::new("l")));
        vec![
            Event::StepRated { step: step(), rating: Some(StepRating::Bad), before: None },
            Event::FirstErrorMarked { trace: TraceId::new("t"), mark: Some(at), before: Some(none) },
            Event::StatusSet { trace: TraceId::new("t"), status: TraceStatus::Done, before: TraceStatus::Open },
            Event::NoteWritten { target: Target::Step(step()), text: "≠ \n".into(), before: String::new() },
            Event::Labelled { target: Target::Step(step()), label: Some(Label::Redundant), before: None },
            Event::Undone { gesture: 3 },
            Event::Redone { gesture: u64::MAX },
        ]
    }

    #[test]
    fn known_events_round_trip_as_known() {
        let mut kinds = Vec::new();
        for event in known() {
            let text = serde_json::to_string(&event).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            kinds.extend(value.as_object().unwrap().keys().cloned());
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
        }
        assert_eq!(kinds, Event::KINDS);
    }

    #[test]
    fn a_future_event_is_kept_and_a_broken_one_is_told_apart() {
        let check = |value: Value, damaged: Option<&str>| {
            let event: Event = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(event.damaged_kind(), damaged, "{value}");
            assert_eq!(event, Event::Unknown(value));
        };
        check(json!({"step_painted": {"from": 3, "to": 9, "tag": "algebra"}}), None);
        check(json!("session_opened"), None);
        check(json!({"undone": {"gesture": "three"}}), Some("undone"));
        check(json!({"step_rated": {"step": {"trace": "t", "step": "s"}, "rating": "perfect"}}), Some("step_rated"));
        check(json!("redone"), Some("redone"));
    }
}
