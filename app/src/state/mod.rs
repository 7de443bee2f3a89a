//! What the program knows: the open project, what the window shows of it, and what it remembers.

pub mod export_source;
pub mod follow;
pub mod import_draft;
pub mod merged;
pub mod models_draft;
pub mod notice;
pub mod open;
pub mod place;
pub mod project;
pub mod scores;
pub mod settings;
pub mod sitting;
pub mod view;
pub mod work;
pub mod workers;

pub use notice::{Level, Notice, Notices};
pub use project::Project;
pub use settings::Settings;
pub use view::{DialogState, ExportDraft, NoteDraft, OpenTrace, QueueDraft, VerifyDraft, ViewState};
