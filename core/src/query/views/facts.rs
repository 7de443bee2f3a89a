//! What is read off the text of each step: its length, and whether a tool failed there.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use polars::prelude::StringChunked;

use super::Views;
use crate::job::{JobContext, JobError, for_each_unit};
use crate::model::{Step, StepFlag, StepKind, failure, word_count};
use crate::store::Store;

/// Steps that are read at once.
const GRAIN: usize = 1 << 14;

impl Views {
    /// How many words each step has.
    pub(super) fn words(&self, ctx: &JobContext) -> Result<Vec<u32>, JobError> {
        let texts = self.store.step_table().text;
        let arrays: Vec<_> = texts.downcast_iter().collect();
        let counts: Mutex<Vec<(usize, Vec<u32>)>> = Mutex::default();
        for_each_unit(arrays.len(), "Counting words", ctx, &|unit| {
            let Some(array) = arrays.get(unit) else { return };
            let found = array.iter().map(|text| text.map_or(0, word_count)).collect();
            counts.lock().unwrap_or_else(PoisonError::into_inner).push((unit, found));
        })?;
        let mut counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        counts.sort_unstable_by_key(|(unit, _)| *unit);
        Ok(counts.into_iter().flat_map(|(_, found)| found).collect())
    }

    /// Which steps failed, as [`failure`] tells. Only those are read of which it may be true.
    pub(super) fn failed(&self, ctx: &JobContext) -> Result<Vec<bool>, JobError> {
        let table = self.store.step_table();
        let cells = table.kind.iter().zip(table.flags.iter()).zip(table.metadata.iter()).enumerate();
        let result = StepKind::ToolResult.name();
        let may_fail: Vec<usize> = cells
            .filter(|(_, ((kind, flags), metadata))| *kind == Some(result) || flags.is_some() || metadata.is_some())
            .map(|(at, _)| at)
            .collect();
        let mut failed = vec![false; self.store.step_total()];
        if may_fail.is_empty() {
            return Ok(failed);
        }
        let [kind, text, flags, metadata] = [table.kind, table.text, table.flags, table.metadata].map(Cells::new);
        let found: Mutex<HashSet<usize>> = Mutex::default();
        for_each_unit(may_fail.len().div_ceil(GRAIN), "Looking for failures", ctx, &|unit| {
            for &at in may_fail.iter().skip(unit * GRAIN).take(GRAIN) {
                let step = Step {
                    kind: kind.get(at).and_then(StepKind::from_name).unwrap_or_default(),
                    text: text.get(at).unwrap_or_default().to_owned(),
                    flags: flags.get(at).unwrap_or_default().split(' ').filter_map(StepFlag::from_name).collect(),
                    metadata: Store::metadata_of(metadata.get(at)),
                    ..Step::default()
                };
                if failure(&step).is_some() {
                    found.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
                }
            }
        })?;
        for (at, slot) in failed.iter_mut().enumerate() {
            *slot = found.lock().unwrap_or_else(PoisonError::into_inner).contains(&at);
        }
        Ok(failed)
    }
}

/// Single cells of a column in pieces.
struct Cells {
    column: StringChunked,
    starts: Vec<usize>,
}

impl Cells {
    fn new(column: StringChunked) -> Self {
        let mut end = 0;
        let starts = column.downcast_iter().map(|array| {
            let start = end;
            end += array.len();
            start
        });
        let starts = starts.collect();
        Self { column, starts }
    }

    fn get(&self, row: usize) -> Option<&str> {
        let piece = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        self.column.downcast_get(piece)?.get(row - self.starts.get(piece)?)
    }
}
