//! Reads the trace that will be asked for next while the annotator reads, so that it is there at once.

use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::model::Trace;
use stepscope_core::query;

use crate::app::App;
use crate::state::open::failed;

/// Most rows that are looked through for the next unlabelled one, so that no frame is late.
const ROWS: usize = 1000;

/// The trace that is read beforehand.
#[derive(Default)]
pub(crate) struct Ahead {
    /// For which position of the table and record of the log it was worked out.
    asked: Option<(usize, u64)>,
    job: Option<Job<(u32, Trace)>>,
    ready: Option<(u32, Trace)>,
}

impl Ahead {
    /// The trace of that row, where it was read beforehand.
    pub(crate) fn take(&mut self, row: u32) -> Option<Trace> {
        self.ready.take_if(|(ready, _)| *ready == row).map(|(_, trace)| trace)
    }

    /// The row that was read, for tests.
    pub(crate) fn row(&self) -> Option<u32> {
        self.ready.as_ref().map(|(row, _)| *row)
    }

    /// True while it is being read.
    pub(crate) const fn is_reading(&self) -> bool {
        self.job.is_some()
    }
}

/// Begins to read the next unlabelled trace, where that is not done yet.
pub(crate) fn read(app: &mut App) {
    if let Some(outcome) = app.ahead.job.as_mut().and_then(Job::poll) {
        app.ahead.job = None;
        if let Outcome::Done(found) = outcome {
            app.ahead.ready = Some(found);
        }
    }
    let (Some(project), Some(position)) = (&app.project, app.view.position) else { return };
    let asked = Some((position, project.log.last_seq()));
    if app.ahead.asked == asked || app.ahead.job.is_some() {
        return;
    }
    let near = app.view.rows.get(position..).unwrap_or_default();
    let near = near.get(..ROWS).unwrap_or(near);
    let next = query::next_unlabelled(near, 0, &project.store, project.annotations());
    app.ahead.asked = asked;
    let Some(&row) = next.and_then(|next| near.get(next)) else { return };
    if app.ahead.row() != Some(row) {
        let store = project.store.clone();
        let job =
            Job::spawn("read ahead", Arc::clone(&app.wake), move |_| Ok((row, store.trace(row).map_err(failed)?)));
        // Without it, the trace is read when it is asked for.
        app.ahead.job = job.ok();
    }
}
