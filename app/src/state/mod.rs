//! What the program knows: the open project, what the window shows of it, and what it remembers.

pub mod draft_file;
pub mod export_source;
pub mod follow;
pub mod history;
pub mod import_draft;
pub mod keys_draft;
pub mod many;
pub mod merged;
pub mod models_draft;
pub mod notice;
pub mod open;
pub mod project;
pub mod scores;
pub mod settings;
pub mod view;
pub mod workers;

pub use notice::{Level, Notice, Notices};
pub use project::Project;
pub use settings::Settings;
pub use view::{DialogState, ExportDraft, NoteDraft, OpenTrace, ViewState};
