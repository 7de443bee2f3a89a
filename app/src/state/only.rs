//! Traces that the table is narrowed to by what cannot be written as a question: some bars of figures, a list of
//! mistakes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use stepscope_core::model::StepIndex;
use stepscope_core::query::{Query, QueueOrder, Sort};
use stepscope_core::store::Store;

/// Some traces, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Only {
    /// What they are, in a few words.
    pub name: String,
    /// Their rows of the store.
    pub rows: Vec<u32>,
    /// Their order means something; the table keeps it where it is sorted by nothing else.
    pub ranked: bool,
    /// For the sake of which step a trace is among them, by row.
    pub steps: HashMap<u32, Listed>,
    /// Of a list of mistakes: what was listed when they were counted, and its number. The scorer stays judged by these,
    /// so that one list of mistakes after the other can be looked at.
    pub judged: Option<(u64, Arc<Vec<u32>>)>,
}

/// What a mark of a figure lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// What this condition asks for, which lists just the same.
    Clause(String),
    /// These traces: the language lacks the words.
    Only(Only),
}

/// A step for which a trace is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The step itself.
    Step(StepIndex),
    /// Its place on the main path, from 0.
    Place(u32),
    /// The same in the trace as its annotator has made it.
    OwnPlace(u32),
}

impl Only {
    /// Those of the found traces that are among them.
    pub fn keep(&self, query: &Query, found: &[u32]) -> Vec<u32> {
        let is_free = query.sort == Sort::default() && query.queue.order == QueueOrder::File;
        let (kept, order) =
            if self.ranked && is_free { (found, self.rows.as_slice()) } else { (self.rows.as_slice(), found) };
        let kept: HashSet<u32> = kept.iter().copied().collect();
        order.iter().copied().filter(|row| kept.contains(row)).collect()
    }

    /// The same traces in tables that were read again.
    #[must_use]
    pub fn moved(&self, old: &Store, new: &Store) -> Self {
        let moved = |&row: &u32| {
            let id = old.trace_id(row)?;
            // Mostly traces are where they were.
            if new.trace_id(row).as_ref() == Some(&id) { Some(row) } else { new.row_of(&id) }
        };
        let steps = self.steps.iter().filter_map(|(row, step)| Some((moved(row)?, *step))).collect();
        Self { rows: self.rows.iter().filter_map(moved).collect(), steps, judged: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::query::SortKey;

    use super::*;

    #[test]
    fn a_ranking_holds_unless_the_table_is_sorted() {
        let only =
            Only { name: "misses".into(), rows: vec![7, 2, 5], ranked: true, steps: HashMap::new(), judged: None };
        let found = [1, 2, 3, 5];
        assert_eq!(only.keep(&Query::default(), &found), [2, 5]);
        let reversed = Only { rows: vec![5, 2, 7], ..only.clone() };
        assert_eq!(reversed.keep(&Query::default(), &found), [5, 2]);
        let sort = Sort { key: SortKey::Steps, descending: false };
        assert_eq!(reversed.keep(&Query { sort, ..Query::default() }, &found), [2, 5]);
        assert_eq!(Only { ranked: false, ..reversed }.keep(&Query::default(), &found), [2, 5]);
    }
}
