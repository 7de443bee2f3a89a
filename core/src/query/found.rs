//! What a question found: traces, and the steps in them that answer it.

use std::sync::Arc;

use crate::model::StepIndex;
use crate::store::{RowSet, Store};

/// What a question found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The rows of the traces, in the order that was asked for.
    pub rows: Vec<u32>,
    /// The steps that answer it; `None` where nothing was asked about steps.
    pub steps: Option<FoundSteps>,
}

/// Steps of a project, of the import that was asked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FoundSteps {
    generation: u64,
    steps: Arc<RowSet>,
}

impl FoundSteps {
    pub(super) fn new(store: &Store, steps: RowSet) -> Self {
        Self { generation: store.generation(), steps: Arc::new(steps) }
    }

    /// Those of a trace, in the order of the source. None where the tables are others than those that were asked.
    pub fn of(&self, store: &Store, row: u32) -> impl Iterator<Item = StepIndex> {
        let is_same = store.generation() == self.generation;
        let steps = if is_same { store.step_rows(row).unwrap_or_default() } else { 0..0 };
        (0..).zip(steps).filter(|(_, step)| self.steps.contains(*step)).map(|(index, _)| index)
    }
}
