//! Which traces a list shows, in which order, and what each of its rows says.

mod choices;
mod duplicates;
mod facets;
mod filter;
mod found;
mod groups;
mod language;
mod order;
mod queue;
mod row;
mod run;
mod similar;
mod sql;
mod state;
mod table;
mod views;

#[cfg(test)]
mod filter_tests;
#[cfg(test)]
mod judged_tests;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;

pub use duplicates::{Alike, Duplicates, FilePair, Likeness, NEAR, clusters, duplicates};
pub(crate) use duplicates::{Met, shingle};
pub use facets::{Facet, FacetValue, Question, facets, facets_of};
pub use found::{Found, FoundSteps};
pub use groups::{Group, Groups, can_group, group_field, group_fields, groups, hidden_key};
pub use language::{
    Clause, FieldHelp, Fields, Filter, KnownValue, LANGUAGE, QueryError, Suggestion, Tells, clauses, complete,
    field_before, field_help, tells,
};
pub(crate) use language::{in_quotes, quoted};
pub use queue::{Queue, QueueOrder, first_below};
pub use row::{Scores, TableRow, aggregated, row};
pub use run::{Aids, Query, Sort, SortKey, find, next_unlabelled, run, run_with};
pub use similar::{Asked, MeaningIndex, Nearest, Similar, SimilarIndex, StepAt, TextSaid, nearest, said_of};
pub use sql::sql;
pub use state::LabelState;
pub use table::{Cell, Table, check_fields, select, sort_by};
pub use views::{COLUMNS, InData, ViewCache, Views};
