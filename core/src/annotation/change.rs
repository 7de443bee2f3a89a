//! What an annotator can ask for. The log adds what was there before.

use super::event::{Event, StepRef, Target};
use super::state::Annotations;
use crate::model::{FirstError, Label, LabelKey, StepRating, TraceId, TraceStatus};

/// One wished change of the annotations.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Rates a step.
    RateStep {
        /// The step.
        step: StepRef,
        /// The rating; `None` takes it away.
        rating: Option<StepRating>,
    },
    /// Marks where a trace first goes wrong.
    MarkFirstError {
        /// The trace.
        trace: TraceId,
        /// The mark; `None` takes it away.
        mark: Option<FirstError>,
    },
    /// Finishes, skips, flags or reopens a trace.
    SetStatus {
        /// The trace.
        trace: TraceId,
        /// The status.
        status: TraceStatus,
    },
    /// Writes a note, in place of the one before.
    WriteNote {
        /// What it is about.
        target: Target,
        /// The whole text; empty removes the note.
        text: String,
    },
    /// Gives a label, in place of the one of the same key.
    Give {
        /// What it is about.
        target: Target,
        /// The label.
        label: Label,
    },
    /// Takes a label away.
    Take {
        /// What it is about.
        target: Target,
        /// Which.
        key: LabelKey,
    },
}

impl Change {
    /// The trace it is about.
    pub const fn trace(&self) -> &TraceId {
        match self {
            Self::RateStep { step, .. } => &step.trace,
            Self::MarkFirstError { trace, .. } | Self::SetStatus { trace, .. } => trace,
            Self::WriteNote { target, .. } | Self::Give { target, .. } | Self::Take { target, .. } => target.trace(),
        }
    }

    /// What a value is for that is no number: JSON knows none such, so it could not be read back.
    pub(super) fn impossible(&self) -> Option<String> {
        let Self::Give { label, .. } = self else { return None };
        match label {
            Label::Soft(value) if !value.is_finite() => Some("soft label".into()),
            Label::Rated(rated) if !rated.value.is_finite() => Some(rated.dimension.clone()),
            _ => None,
        }
    }

    /// The fact that this change makes of the present state; `None` where it would change nothing.
    pub(super) fn into_event(self, present: &Annotations) -> Option<Event> {
        match self {
            Self::RateStep { step, rating } => {
                let before = present.step(&step.trace, &step.step).and_then(|said| said.rating);
                (rating != before).then_some(Event::StepRated { step, rating, before })
            }
            Self::MarkFirstError { trace, mark } => {
                let before = present.trace(&trace).and_then(|said| said.first_error.clone());
                (mark != before).then_some(Event::FirstErrorMarked { trace, mark, before })
            }
            Self::SetStatus { trace, status } => {
                let before = present.trace(&trace).map(|said| said.status).unwrap_or_default();
                (status != before).then_some(Event::StatusSet { trace, status, before })
            }
            Self::WriteNote { target, text } => {
                let before = present.note(&target).to_owned();
                (text != before).then_some(Event::NoteWritten { target, text, before })
            }
            Self::Give { target, label } => {
                let before = present.label(&target, &label.key()).cloned();
                (before.as_ref() != Some(&label)).then_some(Event::Labelled { target, label: Some(label), before })
            }
            Self::Take { target, key } => {
                let before = present.label(&target, &key).cloned()?;
                Some(Event::Labelled { target, label: None, before: Some(before) })
            }
        }
    }
}
