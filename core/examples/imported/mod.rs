//! A project as the source of exports and figures, for the benches.

use std::path::PathBuf;

use stepscope_core::labels::Corpus;
use stepscope_core::model::{ProblemId, Trace};
use stepscope_core::store::Store;

/// A project with the labels that came with it alone.
pub(crate) struct Imported(pub(crate) Store);

impl Corpus for Imported {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.0.trace(row).map_err(|error| error.to_string())
    }

    fn problem(&self, row: u32) -> Result<ProblemId, String> {
        self.0.summary(row).map(|summary| summary.problem_id).ok_or_else(|| "its summary is missing".into())
    }

    fn protected(&self) -> Vec<PathBuf> {
        vec![self.0.dir().path().to_owned()]
    }
}
