//! Starts the real program: every subcommand, and the window with a real scoring worker.
//!
//! They live here because cargo tells only this package where the program lies.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod agree;
mod bad_input;
mod commands;
mod evaluate;
mod exporting;
#[path = "../../../core/src/scoring/models/tests/hub.rs"]
mod hub;
mod models;
mod query;
mod scoring;
#[cfg(feature = "window")]
#[expect(dead_code, reason = "shared with the journeys, which use all of it")]
#[path = "../../../tests/support/mod.rs"]
mod shared;
mod similar;
mod support;
#[cfg(feature = "window")]
mod window_export;
#[cfg(feature = "window")]
mod window_models;
#[cfg(feature = "window")]
mod window_scoring;
mod window_similar;
