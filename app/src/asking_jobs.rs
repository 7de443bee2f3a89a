//! The background jobs of asking: what can be asked about, facets, values of columns, saved views, answers in SQL.

use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::query::{Facet, Fields, Table};

use crate::app::App;
use crate::command::dispatch::asking;
use crate::state::asking::Cells;
use crate::state::saved_views::SavedView;

/// A state of what is counted: listing, labels, scores.
pub(crate) type Stamp = (u64, u64, u64);

/// The running jobs, and what came of the newest question in SQL.
#[derive(Default)]
pub struct AskingJobs {
    /// What can be asked about, and what it was made from.
    pub(crate) fields: Option<Job<Fields>>,
    pub(crate) fields_of: Option<Stamp>,
    /// Counts the facets.
    pub(crate) facets: Option<(Stamp, Job<Vec<Facet>>)>,
    /// Values of further columns around the rows shown.
    pub(crate) cells: Option<Job<Cells>>,
    /// Reads or changes the saved views; the word is said when it is done.
    pub(crate) views: Option<(String, Job<Vec<SavedView>>)>,
    /// Answers in SQL.
    pub(crate) sql: Option<Job<Table>>,
    /// Generation and length of the tables that were asked.
    pub(crate) asked_of: Option<(u64, usize)>,
    /// The newest answer.
    pub(crate) answer: Option<Result<Arc<Table>, String>>,
    /// Writes the answer.
    pub(crate) save: Option<Job<PathBuf>>,
}

impl AskingJobs {
    /// True while nothing of it runs.
    pub(crate) const fn is_idle(&self) -> bool {
        self.fields.is_none()
            && self.facets.is_none()
            && self.cells.is_none()
            && self.views.is_none()
            && self.sql.is_none()
            && self.save.is_none()
    }
}

/// Takes in what has finished since the last frame.
pub(crate) fn poll(app: &mut App) {
    if let Some(outcome) = take(&mut app.jobs.asking.fields) {
        match outcome {
            Outcome::Done(fields) => asking::known(app, fields),
            Outcome::Cancelled => {}
            // Questions are answered without it too.
            Outcome::Failed(error) => tracing::warn!("fields not listed: {error}"),
        }
    }
    if let Some((stamp, job)) = &mut app.jobs.asking.facets
        && let Some(outcome) = job.poll()
    {
        let (stamp, took) = (*stamp, job.elapsed());
        app.jobs.asking.facets = None;
        asking::counted(app, stamp, took, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.asking.cells) {
        asking::filled(app, outcome);
    }
    if let Some((done, job)) = &mut app.jobs.asking.views
        && let Some(outcome) = job.poll()
    {
        let done = std::mem::take(done);
        app.jobs.asking.views = None;
        match outcome {
            Outcome::Done(views) => {
                app.view.asking.views = views;
                if !done.is_empty() {
                    app.notices.info(done, "");
                }
            }
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Views not read or written", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.asking.sql) {
        app.jobs.asking.answer = match outcome {
            Outcome::Done(table) => Some(Ok(Arc::new(table))),
            Outcome::Cancelled => None,
            Outcome::Failed(error) => Some(Err(error.to_string())),
        };
    }
    if let Some(outcome) = take(&mut app.jobs.asking.save) {
        match outcome {
            Outcome::Done(path) => app.notices.info("Answer saved", path.display().to_string()),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Answer not saved", error.to_string()),
        }
    }
}

fn take<T: Send + 'static>(slot: &mut Option<Job<T>>) -> Option<Outcome<T>> {
    let outcome = slot.as_mut()?.poll()?;
    *slot = None;
    Some(outcome)
}
