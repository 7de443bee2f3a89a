//! What an annotator has said, at one moment: the fold of a log.

use std::collections::HashMap;

use crate::model::{FirstError, StepHash, StepRating, TraceId, TraceStatus};

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
}

impl TraceAnnotation {
    /// True where nothing is said any more, as after undo.
    pub fn is_empty(&self) -> bool {
        self.first_error.is_none()
            && self.status == TraceStatus::Open
            && self.note.is_empty()
            && self.steps.values().all(|s| s.rating.is_none() && s.note.is_empty())
    }

    /// True where the annotator judged the trace: marked an error or none, or finished, skipped or flagged it.
    pub fn is_judged(&self) -> bool {
        self.first_error.is_some() || self.status != TraceStatus::Open
    }
}
