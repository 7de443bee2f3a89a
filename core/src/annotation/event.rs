//! The lines of an annotation log: facts in the past tense, each with what was there before.

use serde::{Deserialize, Serialize};

use crate::model::{AnnotatorId, FirstError, StepHash, StepRating, Timestamp, TraceId, TraceStatus};

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
    /// What was said.
    pub event: Event,
}

/// Number of a gesture: the `seq` of its first record.
pub type GestureId = u64;

/// A step, named so that a label never moves to other words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StepRef {
    /// The trace.
    pub trace: TraceId,
    /// The step in it, by content.
    pub step: StepHash,
}

/// What a note is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteTarget {
    /// A whole trace.
    Trace(TraceId),
    /// One step.
    Step(StepRef),
}

/// A fact. `before` makes each line reversible and readable alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        target: NoteTarget,
        /// The whole text.
        text: String,
        /// The whole text until then.
        before: String,
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
