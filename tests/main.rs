//! Journeys through the real app and the command line, and checks of the boundaries between the packages.
//!
//! One binary, because linking is slow. Every file beside this one is a module here; `tidy` checks that.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

/// That of the program, so that what is measured here is what its users feel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod asking_times;
mod beside_models;
mod canvas_times;
mod export_models;
mod frame_times;
mod journey;
mod journey_beside;
mod journey_canvas;
mod journey_export;
mod journey_feel;
mod journey_find;
mod journey_label;
mod journey_read;
mod journey_rich;
mod journey_shape;
mod journey_similar;
mod journey_sources;
mod journey_survey;
mod journey_work;
mod journey_write;
mod keystrokes;
mod pictures;
mod published;
mod reading_times;
mod readme;
mod real_traces;
mod rendering;
mod sample_data;
mod similar_models;
mod support;
mod texts;
mod tidy;
mod view_models;
mod walk;
mod write_models;
