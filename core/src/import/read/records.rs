//! Tables in columns, Parquet and Arrow, as rows of JSON.

use super::layout::Framing;
use super::slice::Slice;
use crate::import::FileFault;

/// The records of a table, one after another.
pub(super) struct Records;

impl Records {
    pub(super) fn open(_slice: Slice, _framing: Framing) -> Result<Self, FileFault> {
        Ok(Self)
    }

    /// The next record as JSON.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, FileFault> {
        Ok(None)
    }

    /// Which part of the records was given, 0..=1.
    pub(super) fn part_done(&self) -> f64 {
        0.0
    }
}
