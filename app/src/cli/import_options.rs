//! How files are read: the arguments that `inspect`, `import`, `show` and `score` share.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use stepscope_core::import::{ImportOptions, load_mapping, load_mappings};
use stepscope_core::model::Splitter;

use super::Failure;
use super::output::warn;
use crate::startup::Startup;

/// How files are read.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ReadArgs {
    /// Read everything as this format instead of finding out.
    #[arg(long, value_name = "F", conflicts_with = "map")]
    format: Option<String>,
    /// Read everything by this mapping: a TOML file that says where problem, steps and labels stand.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Split texts into steps in this way: blank-line, line, heading, sentence, code-line, whole, marker:TEXT or
    /// regex:PATTERN.
    #[arg(long, value_name = "HOW")]
    splitter: Option<Splitter>,
}

impl ReadArgs {
    /// The options, with the mappings that the user has saved.
    pub(super) fn options(&self, startup: &Startup) -> Result<ImportOptions, Failure> {
        let map = self.map.as_deref().map(load_mapping).transpose()?.map(Arc::new);
        let (known, faults) = load_mappings(&startup.folders.mappings());
        for fault in faults {
            warn(format!("warning: {fault}"));
        }
        Ok(ImportOptions { format: self.format.clone(), splitter: self.splitter.clone(), map, known, follow: false })
    }
}
