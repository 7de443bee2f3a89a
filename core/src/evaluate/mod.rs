//! Judges the judges: how well scores, or other labels, find what the labels of a project find.
//!
//! [`collect`] reads the project once, into [`Columns`] of numbers. Everything else is worked out of these columns, or
//! of plain pairs of a score and the truth ([`binary`], [`first_error`], [`chance`]). A [`Report`] holds the figures in
//! numbers, a [`Plot`](figures::Plot) makes pictures of them and knows the rows behind each mark.

pub mod binary;
pub mod chance;
mod collect;
mod columns;
mod document;
mod error;
mod failures;
pub mod figures;
pub mod first_error;
mod read;
mod reading;
mod report;
mod request;
pub mod response;
pub mod steps;
mod tables;
mod text;
mod work_out;

#[cfg(test)]
mod tests;

pub use collect::{CONTRADICTION, collect};
pub use columns::{Columns, Field, Gold, LeftOut, RaterColumn, StepFacts, TraceFacts};
pub use error::EvaluateError;
pub use failures::{Failure, Wrong, failures};
pub use reading::{answer_reached, final_answer, is_math};
pub use report::{
    Chosen, FailureCount, FirstErrorFigures, FitOn, GroupFigures, Report, SCHEMA, Settings, SweepPoint, Threshold,
};
pub use request::{Rater, Request};
pub use tables::Table;
pub use work_out::{report, usual_threshold};
