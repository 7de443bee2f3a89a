//! Reading sources again while they are open: new traces join the list at its end, nothing moves under the eyes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::annotation::{self, Annotations};
use stepscope_core::import::{self, ImportOptions, InspectReport};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::model::{Clock, TraceId};
use stepscope_core::query::{FoundSteps, Query};
use stepscope_core::store::{ProjectDir, Reject, Store};

use super::only::Only;
use super::open::failed;
use super::scores::QueryAids;

/// What to read again, and what was shown of it.
pub struct FollowRequest {
    /// The tables as they are shown.
    pub store: Store,
    /// What was opened.
    pub paths: Vec<PathBuf>,
    /// The folder of the user's mappings.
    pub mappings: PathBuf,
    /// What the annotator has said.
    pub said: Arc<Annotations>,
    /// Filter and order of the table.
    pub query: Query,
    /// What its order depends on.
    pub aids: QueryAids,
    /// The rows that the table lists.
    pub listed: Vec<u32>,
    /// What it is narrowed to.
    pub only: Option<Arc<Only>>,
    /// The present time.
    pub clock: Arc<dyn Clock>,
}

/// The sources as they are now.
pub struct Followed {
    /// The tables.
    pub store: Store,
    /// The rows of the table: those listed before in their order, then the new ones.
    pub rows: Vec<u32>,
    /// The steps by which traces are found.
    pub steps: Option<FoundSteps>,
    /// What the table is narrowed to.
    pub only: Option<Arc<Only>>,
    /// How many traces are new.
    pub fresh: usize,
    /// How many are gone.
    pub gone: usize,
    /// Labelled traces whose text is another now.
    pub changed: Vec<TraceId>,
    /// Rows that could not be read.
    pub rejects: Vec<Reject>,
    /// What was found.
    pub report: InspectReport,
}

/// Reads the sources again.
pub fn follow(request: &FollowRequest, ctx: &JobContext) -> Result<Followed, JobError> {
    let old = &request.store;
    let dir = old.dir().clone();
    let mut options = ImportOptions::load(&dir).map_err(failed)?;
    options.known = import::load_mappings(&request.mappings).0;
    let now = request.clock.now();
    let outcome = import::refresh(old, &request.paths, &options, now, ctx)?;
    let store = outcome.store;
    let changed = keep_changed(&dir, old, &store, &request.said, &*request.clock)?;
    let mut found = request.aids.run(&request.query, &store, &request.said, ctx)?;
    let only = request.only.as_ref().map(|only| Arc::new(only.moved(old, &store)));
    if let Some(only) = &only {
        found.rows = only.keep(&request.query, &found.rows);
    }
    let rows = joined(old, &store, &request.listed, &found.rows);
    let (before, after) = (old.len(), store.len());
    let rejects = store.rejects().map_err(failed)?;
    Ok(Followed {
        rows,
        steps: found.steps,
        only,
        fresh: after.saturating_sub(before),
        gone: before.saturating_sub(after),
        changed,
        rejects,
        report: outcome.report,
        store,
    })
}

/// Keeps the labelled texts that are no longer there, whoever labelled them.
pub fn keep_changed(
    dir: &ProjectDir,
    old: &Store,
    new: &Store,
    own: &Annotations,
    clock: &dyn Clock,
) -> Result<Vec<TraceId>, JobError> {
    let mut said = vec![own.clone()];
    for annotator in annotation::list_annotators(&dir.annotations()).map_err(failed)? {
        // Somebody else's log may be damaged; that is told where it is opened.
        said.extend(annotation::read(&dir.annotations(), &annotator).ok().map(|(said, _)| said));
    }
    annotation::keep_superseded(dir, old, new, &said, clock.now()).map_err(failed)
}

/// The rows listed before, as far as they are still found, then those that were not listed.
fn joined(old: &Store, new: &Store, listed: &[u32], found: &[u32]) -> Vec<u32> {
    let wanted: HashSet<u32> = found.iter().copied().collect();
    let mut rows = Vec::with_capacity(found.len());
    for &row in listed {
        let now = old.summary(row).and_then(|was| {
            // Mostly traces are where they were.
            if new.summary(row).is_some_and(|is| is.id == was.id) { Some(row) } else { new.row_of(&was.id) }
        });
        rows.extend(now.filter(|row| wanted.contains(row)));
    }
    let known: HashSet<u32> = rows.iter().copied().collect();
    rows.extend(found.iter().copied().filter(|row| !known.contains(row)));
    rows
}
