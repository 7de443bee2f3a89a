//! The window and the command line of Stepscope; everything else is in `stepscope-core`.

#[cfg(feature = "window")]
pub mod app;
#[cfg(feature = "window")]
pub mod asking_jobs;
pub mod cli;
#[cfg(feature = "window")]
pub mod command;
#[cfg(feature = "window")]
pub mod dialog;
#[cfg(feature = "window")]
pub mod jobs;
#[cfg(feature = "window")]
pub mod layout;
#[cfg(feature = "window")]
pub mod panel;
pub mod sample;
#[cfg(feature = "window")]
pub mod scoring_job;
#[cfg(feature = "window")]
pub mod similar_jobs;
pub mod startup;
pub mod state;
#[cfg(feature = "window")]
pub mod text;
#[cfg(feature = "window")]
pub mod ui_kit;
#[cfg(feature = "window")]
pub mod view_model;

#[cfg(feature = "window")]
pub use app::App;
pub use startup::{Folders, HubAccess, Startup};
