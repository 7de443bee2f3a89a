//! Which traces a list shows, in which order, and what each of its rows says.

mod order;
mod queue;
mod row;
mod run;
mod state;

#[cfg(test)]
mod tests;

pub use queue::{Queue, QueueOrder, first_below};
pub use row::{Scores, TableRow, aggregated, row};
pub use run::{Aids, Query, Sort, SortKey, next_unlabelled, run, run_with};
pub use state::LabelState;
