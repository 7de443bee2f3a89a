//! Turns published formats into the model: one file per family, one list of them, detection by content.
//!
//! [`read`] streams traces into a [`Sink`]; [`inspect`] only counts. A row that cannot be read is handed to the sink
//! as a [`Reject`](crate::store::Reject) and the rest is read; a file that cannot be read does not hide the others.

mod batch;
mod depth;
mod detect;
mod early;
mod error;
mod fields;
mod files;
mod format;
mod importer;
mod join;
pub mod mapping;
mod options;
mod paths;
mod pending;
mod pipeline;
mod preview;
mod project;
mod read;
mod report;
mod response;
mod run;
mod sink;
#[cfg(test)]
mod tests;
mod threaded;

pub use early::{Early, ImportPreview};
pub use error::{FileFault, ImportError, RowError};
pub use format::native;
pub use importer::{Attachment, Bundle, Edition, Imported, Importer, Numbering, Recognition, Sample, Unit};
pub use mapping::Mapping;
pub use options::{ImportOptions, load_mapping, load_mappings, save_mapping};
pub use pending::Pending;
pub use preview::{FilePreview, preview};
pub use project::{First, ImportOutcome, each_trace, first_traces, import, import_showing, read_row, refresh};
pub(crate) use read::{each_row, is_table};
pub use report::{Counts, FileReport, ImportWarning, InspectReport};
pub use run::{inspect, read, source_files};
pub use sink::{Carried, Sink, SourceFile};

/// Every format that can be read.
pub fn importers() -> impl Iterator<Item = &'static dyn Importer> {
    format::FAMILIES.iter().copied().flatten().copied()
}

/// The importer with that name.
pub fn importer(name: &str) -> Option<&'static dyn Importer> {
    importers().find(|importer| importer.name() == name)
}
