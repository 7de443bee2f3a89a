//! Turns published formats into the model: one file per family, one list of them, detection by content.
//!
//! [`read`] streams traces into a [`Sink`]; [`inspect`] only counts. A row that cannot be read is handed to the sink
//! as a [`Reject`](crate::store::Reject) and the rest is read; a file that cannot be read does not hide the others.

mod batch;
mod detect;
mod early;
mod error;
mod fields;
mod files;
mod format;
mod importer;
mod join;
mod pending;
mod pipeline;
mod project;
mod read;
mod report;
mod run;
mod sink;
#[cfg(test)]
mod tests;
mod threaded;

pub use early::{Early, ImportPreview};
pub use error::{FileFault, ImportError, RowError};
pub use format::native;
pub use importer::{Attachment, Bundle, Imported, Importer, Recognition, Sample, Unit};
pub use pending::Pending;
pub use project::{ImportOutcome, each_trace, import, import_showing, read_row};
pub use report::{Counts, FileReport, ImportWarning, InspectReport};
pub use run::{inspect, read, source_files};
pub use sink::{Carried, Sink, SourceFile};

use crate::model::Splitter;

/// Every format that can be read.
pub fn importers() -> impl Iterator<Item = &'static dyn Importer> {
    format::FAMILIES.iter().copied().flatten().copied()
}

/// The importer with that name.
pub fn importer(name: &str) -> Option<&'static dyn Importer> {
    importers().find(|importer| importer.name() == name)
}

/// What the user decided before the import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Name of the format, where detection shall not choose.
    pub format: Option<String>,
    /// How to split texts into steps, where the file does not say.
    pub splitter: Option<Splitter>,
}
