//! What plots show, as plain data.
//!
//! A [`Plot`] puts each trace, or each of its steps, into cells. Counting the cells gives the [`Figure`]; asking which
//! traces fall into a cell gives its rows. Both go the same way, so what is clicked is what was counted. The curves of a
//! [`Report`](super::Report) are figures as well; no single traces stand behind their marks.

mod clause;
mod compare;
mod contrast;
mod csv;
mod frame;
mod of_report;
mod of_steps;
mod of_traces;
mod plot;
mod split;
mod svg;

pub(crate) use svg::escaped;

pub use clause::Clauses;
pub use contrast::{Contrast, Measure, Side};
pub use frame::{Axis, Figure, Mark, MarkSeries, Shape, Tone};
pub use plot::Plot;
pub use split::Split;
