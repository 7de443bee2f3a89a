//! The project folder and its columnar tables: written by an import, read memory-mapped, never changed in place.

mod before;
mod check;
mod columns;
mod error;
mod exact_json;
mod manifest;
mod map;
mod problem_index;
mod project;
mod rank;
mod reader;
mod rejects;
mod rows;
mod schema;
mod search;
mod search_column;
mod section;
mod source;
mod step_text;
mod summary;
mod table;
mod tables;
mod text;
mod writer;

#[cfg(test)]
mod append_tests;
#[cfg(test)]
mod tests;

pub use check::{StoreProblem, check};
pub use error::StoreError;
pub use manifest::SourceEntry;
pub use project::{Placement, ProjectDir, project_dir_for, project_dir_with};
pub use reader::Store;
pub(crate) use rows::RowSet;
pub use section::{read_section, write_section};
pub use source::sha256_file;
pub(crate) use summary::min_and_last;
pub use summary::{Mark, TraceSummary};
pub(crate) use tables::{LabelTable, ProblemTable, TraceTable};
pub use writer::{Reject, StoreWriter};
