//! The background jobs of similar steps and duplicates, and what is kept of them.

use std::sync::Arc;

use stepscope_core::job::Job;
use stepscope_core::query::{Duplicates, MeaningIndex, SimilarIndex};

use crate::app::App;
use crate::command::dispatch::similar;
use crate::jobs::take;
use crate::state::similar::{AlikeBy, SimilarFound};

/// The running jobs, and what they made of the tables that are open.
#[derive(Default)]
pub struct SimilarJobs {
    /// Makes the index.
    pub(crate) building: Option<Job<SimilarIndex>>,
    /// The index; kept until the files are read again.
    pub(crate) index: Option<Arc<SimilarIndex>>,
    /// Encodes the steps.
    pub(crate) encoding: Option<Job<MeaningIndex>>,
    /// What the encoder made of them, and its folder; kept until the files are read again.
    pub(crate) meaning: Option<(String, Arc<MeaningIndex>)>,
    /// By what steps were compared last.
    pub(crate) by: AlikeBy,
    /// Looks for what is like a step.
    pub(crate) looking: Option<Job<SimilarFound>>,
    /// Looks for duplicates; and in what.
    pub(crate) comparing: Option<(ComparedIn, Job<Duplicates>)>,
    /// What was found in it.
    pub(crate) duplicates: Option<(ComparedIn, Arc<Duplicates>)>,
}

/// In what duplicates are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ComparedIn {
    /// Generation and length of the tables.
    pub(crate) tables: (u64, usize),
    /// From which share of common words on problems are taken for nearly the same, in hundredths.
    pub(crate) near: u32,
}

impl SimilarJobs {
    /// True while nothing of it runs.
    pub(crate) const fn is_idle(&self) -> bool {
        self.building.is_none() && self.encoding.is_none() && self.looking.is_none() && self.comparing.is_none()
    }
}

/// Takes in what has finished since the last frame.
pub(crate) fn poll(app: &mut App) {
    if let Some(outcome) = take(&mut app.jobs.similar.building) {
        similar::indexed(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.similar.encoding) {
        similar::encoded(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.similar.looking) {
        similar::found(app, outcome);
    }
    if let Some((of, job)) = &mut app.jobs.similar.comparing
        && let Some(outcome) = job.poll()
    {
        let of = *of;
        app.jobs.similar.comparing = None;
        similar::compared(app, of, outcome);
    }
}
