//! Turns published formats into the model: one file per family, one list of them, detection by content.
//!
//! [`read`] streams traces into a [`Sink`]; [`inspect`] only counts. A row that cannot be read is handed to the sink
//! as a [`Reject`](crate::store::Reject) and the rest is read; a file that cannot be read does not hide the others.

mod chat;
mod detect;
mod error;
mod fields;
mod files;
mod importer;
mod math_shepherd;
pub mod native;
mod omegaprm;
mod pending;
mod prm800k;
mod processbench;
mod project;
mod read;
mod report;
mod run;
mod sink;
mod steps;
#[cfg(test)]
mod tests;

pub use error::{FileFault, ImportError, RowError};
pub use importer::{Imported, Importer, Recognition, Sample, Unit};
pub use pending::Pending;
pub use project::{ImportOutcome, each_trace, import, read_row};
pub use report::{Counts, FileReport, ImportWarning, InspectReport};
pub use run::{inspect, read, source_files};
pub use sink::{Carried, Sink, SourceFile};

/// Every family that can be read. Where two recognise a file equally well, the earlier one reads it, so the
/// narrower shapes come first.
pub const IMPORTERS: &[&dyn Importer] = &[
    &native::Native,
    &prm800k::Prm800k,
    &math_shepherd::MathShepherd,
    &omegaprm::OmegaPrm,
    &chat::Chat,
    &processbench::ProcessBench,
    &steps::Steps,
];

/// The importer with that name.
pub fn importer(name: &str) -> Option<&'static dyn Importer> {
    IMPORTERS.iter().copied().find(|importer| importer.name() == name)
}

/// What the user decided before the import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Name of the format, where detection shall not choose.
    pub format: Option<String>,
}
