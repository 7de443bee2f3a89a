//! Everything Stepscope does without a window: read traces, keep them, score them, record labels, export.
//!
//! Modules are ordered; each may use only those above it in this list. A test holds the order.

pub mod csv;

pub mod model;

pub mod job;

pub mod watch;

pub mod store;

pub mod import;

pub mod scoring;

pub mod annotation;

pub mod labels;

pub mod query;

pub mod evaluate;

pub mod export;
