//! What the program knows: the open project, what the window shows of it, and what it remembers.

pub mod aside;
pub mod asking;
pub mod beside;
pub mod canvas;
pub mod choose;
pub mod comparing;
pub mod corpus;
pub mod draft_file;
pub mod export_draft;
pub mod exporting;
pub mod finding;
pub mod follow;
pub mod history;
pub mod import_draft;
pub mod keys_draft;
pub mod look;
pub mod many;
pub mod merged;
pub mod models_draft;
pub mod notice;
pub mod only;
pub mod open;
pub mod open_trace;
pub mod place;
pub mod project;
#[cfg(feature = "window")]
pub mod raster;
pub mod reading;
pub mod saved_views;
pub mod schema_draft;
pub mod scores;
pub mod settings;
pub mod similar;
pub mod sitting;
pub mod sources;
pub mod splitting;
pub mod survey;
pub mod table_file;
pub mod taking;
pub mod text_kind;
#[cfg(feature = "window")]
pub mod tree_file;
pub mod view;
pub mod work;
pub mod workers;
pub mod writing;

pub use export_draft::ExportDraft;
pub use notice::{Level, Notice, Notices};
pub use open_trace::OpenTrace;
pub use project::Project;
pub use settings::Settings;
pub use view::{About, ColumnsDraft, DialogState, NoteDraft, QueueDraft, VerifyDraft, ViewState};
