//! Filters and sorts the traces of a project. Stops at every thousandth row, or 16 MiB of text, when asked to.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::order::sort;
use super::queue::arrange;
use super::row::said;
use super::{Fields, Filter, Found, LabelState, Queue, Scores, ViewCache, Views};
use crate::annotation::{Annotations, KnownAnswers};
use crate::job::{JobContext, JobError};
use crate::labels::Panel;
use crate::model::AnnotatorId;
use crate::scoring::{Aggregate, ScoreBook};
use crate::store::{RowSet, Store};

/// Rows between two checkpoints.
pub(super) const GRAIN: u32 = 1000;

/// Which traces a list shows, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// What is asked for, in the language of [`LANGUAGE`](super::LANGUAGE). Plain words must all occur in problem, steps,
    /// tool calls, source name or generator, in any case.
    pub text: String,
    /// The order.
    pub sort: Sort,
    /// Only traces in that state.
    pub state: Option<LabelState>,
    /// How step scores make one of the trace, to sort by.
    pub aggregate: Aggregate,
    /// The order of those that are sorted by nothing else.
    pub queue: Queue,
}

/// What orders may depend on besides the traces and what the annotator said.
#[derive(Clone, Copy, Default)]
pub struct Aids<'a> {
    /// The scores to sort by; without them, the imported ones.
    pub scores: Option<&'a dyn Scores>,
    /// What others have said.
    pub others: &'a [(AnnotatorId, Arc<Annotations>)],
    /// Who asks.
    pub annotator: &'a str,
    /// Which answers are known, and the share of such traces that is mixed in.
    pub gold: Option<(&'a KnownAnswers, f64)>,
    /// Between whom traces are disputed; without it, the order of the most disputed is that of the source.
    pub panel: Option<&'a Panel<'a>>,
    /// What more than plain words is asked of; without it, of the traces and labels alone.
    pub views: Option<&'a Views>,
}

/// An order of traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// What to sort by. Equal traces keep the order of the source.
    pub key: SortKey,
    /// Largest first. Traces that lack the key stand last in either direction.
    pub descending: bool,
}

/// What traces can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// The order of the source.
    #[default]
    Row,
    /// The problem's text.
    Problem,
    /// The model that wrote the trace.
    Generator,
    /// How many steps.
    Steps,
    /// Wrong before right; not said counts as lacking.
    Outcome,
    /// How far the annotator got.
    State,
    /// The score of the trace, as [`Query::aggregate`] makes it of those along the main path.
    PathScore,
    /// Score of the last scored step of the main path.
    LastScore,
}

impl SortKey {
    /// True where the order depends on scores, and so changes with the scorer.
    pub const fn needs_scores(self) -> bool {
        matches!(self, Self::PathScore | Self::LastScore)
    }
}

/// The rows of the traces that the query asks for, in its order. `scores` are those to sort by; without them, the
/// imported ones.
pub fn run(
    query: &Query,
    store: &Store,
    annotations: &Annotations,
    scores: Option<&dyn Scores>,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    run_with(query, store, annotations, &Aids { scores, ..Aids::default() }, ctx)
}

/// The same, with all that an order may depend on.
pub fn run_with(
    query: &Query,
    store: &Store,
    annotations: &Annotations,
    aids: &Aids<'_>,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    find(query, store, annotations, aids, ctx).map(|found| found.rows)
}

/// The same, and the steps by which traces are found.
pub fn find(
    query: &Query,
    store: &Store,
    annotations: &Annotations,
    aids: &Aids<'_>,
    ctx: &JobContext,
) -> Result<Found, JobError> {
    let filter = Filter::parse(&query.text, &Fields::default()).map_err(|error| JobError::from_error(&error))?;
    ctx.checkpoint()?;
    let states = States::new(annotations);
    let all = 0..u32::try_from(store.len()).unwrap_or(u32::MAX);
    // The state first: it is cheap, and reading texts is not.
    let mut rows = match query.state {
        None => all.collect(),
        Some(wanted) => {
            let mut rows = Vec::new();
            for row in all {
                if row % GRAIN == 0 {
                    ctx.checkpoint()?;
                }
                if states.of(row, store) == wanted {
                    rows.push(row);
                }
            }
            rows
        }
    };
    let mut steps = None;
    if !filter.is_empty() && !rows.is_empty() {
        let found = if let Some(words) = filter.words() {
            store.search(&words, ctx)?
        } else {
            let own = || (AnnotatorId::new(aids.annotator), Arc::new(annotations.clone()));
            let made = aids.views.cloned().unwrap_or_else(|| {
                Views::new(store.clone(), own(), aids.others, ScoreBook::default(), None, &ViewCache::default())
            });
            let found = RowSet::new(store.len());
            let answer = filter.found(&made, ctx)?;
            answer.rows.iter().for_each(|row| found.insert(*row as usize));
            steps = answer.steps;
            found
        };
        rows.retain(|&row| found.contains(row as usize));
    }
    let rows = if query.sort == Sort::default() {
        arrange(rows, query, store, aids, ctx)?
    } else {
        sort(rows, query.sort, store, &|row| states.of(row, store), (aids.scores, query.aggregate), ctx)?
    };
    Ok(Found { rows, steps })
}

/// How far the annotator got with each trace.
struct States<'a>(HashMap<&'a str, LabelState>);

impl<'a> States<'a> {
    fn new(annotations: &'a Annotations) -> Self {
        Self(annotations.traces().map(|(trace, said)| (trace.as_str(), LabelState::new(Some(said)))).collect())
    }

    fn of(&self, row: u32, store: &Store) -> LabelState {
        let said = |id: &str| self.0.get(id).copied();
        if self.0.is_empty() { LabelState::default() } else { said(store.id_text(row)).unwrap_or_default() }
    }
}

/// The position in `rows` of the next trace without a label after position `after`, starting over at the end.
///
/// `None` where no other row lacks a label.
pub fn next_unlabelled(rows: &[u32], after: usize, store: &Store, annotations: &Annotations) -> Option<usize> {
    let unlabelled =
        |&(_, &row): &(usize, &u32)| LabelState::new(said(row, store, annotations)) == LabelState::Unlabelled;
    let behind = rows.iter().enumerate().skip(after.saturating_add(1));
    let before = rows.iter().enumerate().take(after);
    behind.chain(before).find(unlabelled).map(|(position, _)| position)
}
