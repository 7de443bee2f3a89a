//! The window and the command line of Stepscope; everything else is in `stepscope-core`.

#[cfg(feature = "window")]
pub mod app;
pub mod cli;
#[cfg(feature = "window")]
pub mod command;
#[cfg(feature = "window")]
mod dialog;
#[cfg(feature = "window")]
mod jobs;
#[cfg(feature = "window")]
mod panel;
mod sample;
#[cfg(feature = "window")]
mod scoring_job;
pub mod startup;
pub mod state;
#[cfg(feature = "window")]
mod ui_kit;
#[cfg(feature = "window")]
pub mod view_model;

#[cfg(feature = "window")]
pub use app::App;
pub use startup::{Folders, Startup};
