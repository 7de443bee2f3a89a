//! Finds the traces of a problem across files.

use std::collections::HashMap;

use super::{Store, StoreError};
use crate::job::JobContext;
use crate::model::PrefixTree;

impl Store {
    /// All attempts at the problem of that trace as one tree, each known by its row. Can be stopped after each trace.
    pub fn prefix_tree(&self, row: u32, ctx: &JobContext) -> Result<PrefixTree, StoreError> {
        let rows = self.rows_of_problem(row);
        let mut traces = Vec::with_capacity(rows.len());
        for &row in &rows {
            ctx.checkpoint()?;
            traces.push(self.trace(row)?);
        }
        Ok(PrefixTree::new(rows.into_iter().zip(&traces)))
    }
}

/// The rows of traces by their problem. Problems of one identity are one, though their answers or metadata differ.
#[derive(Debug, Default)]
pub(super) struct ProblemIndex {
    /// The number of each row of the problem table; `None` where it has no prompt to be known by.
    numbers: Vec<Option<u32>>,
    /// The first row of each identity in the problem table, in the order of the identities.
    by_id: Vec<u32>,
    /// Where the rows of each number begin in `rows`; one more for the end.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl ProblemIndex {
    /// From the identity of each row of the problem table, and the problem of each trace.
    pub(super) fn new<'a>(
        problems: impl Iterator<Item = Option<&'a str>>,
        traces: impl Iterator<Item = Option<u32>> + Clone,
    ) -> Self {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut by_id = Vec::new();
        let mut numbers = Vec::new();
        for (row, id) in (0..).zip(problems) {
            numbers.push(id.map(|id| {
                let fresh = u32::try_from(known.len()).unwrap_or(u32::MAX);
                let number = *known.entry(id).or_insert(fresh);
                if number == fresh {
                    by_id.push((id, row));
                }
                number
            }));
        }
        by_id.sort_unstable();
        let by_id: Vec<u32> = by_id.into_iter().map(|(_, row)| row).collect();
        let count = known.len();
        let number = |problem: Option<u32>| numbers.get(problem? as usize).copied().flatten();
        // Counted, then put in place: two passes and no list per problem.
        let mut starts = vec![0_u32; count + 1];
        for place in traces.clone().filter_map(number) {
            if let Some(after) = starts.get_mut(place as usize + 1) {
                *after += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut rows = vec![0; sum as usize];
        for (row, problem) in (0..).zip(traces) {
            let Some(next) = number(problem).and_then(|place| next.get_mut(place as usize)) else { continue };
            if let Some(place) = rows.get_mut(*next as usize) {
                *place = row;
            }
            *next += 1;
        }
        Self { numbers, by_id, starts, rows }
    }

    /// The rows of all traces of the problem in that row of the problem table; `None` where it has no prompt.
    pub(super) fn rows_of(&self, problem: u32) -> Option<&[u32]> {
        let number = self.numbers.get(problem as usize).copied().flatten()? as usize;
        self.rows.get(*self.starts.get(number)? as usize..*self.starts.get(number + 1)? as usize)
    }

    /// A row of the problem table with that identity; `id_of` tells the identity of a row.
    pub(super) fn find<'a>(&self, id: &str, id_of: impl Fn(u32) -> Option<&'a str>) -> Option<u32> {
        let at = self.by_id.binary_search_by(|&row| id_of(row).cmp(&Some(id))).ok()?;
        self.by_id.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_found_by_their_problem() {
        let problems = [Some("b"), Some("a"), None, Some("b"), Some("z")];
        let traces = [Some(0), Some(1), Some(3), Some(2), Some(0), None, Some(9)];
        let index = ProblemIndex::new(problems.into_iter(), traces.into_iter());
        let rows = |problem| index.rows_of(problem).map(<[u32]>::to_vec);
        assert_eq!(rows(0), Some(vec![0, 2, 4]));
        assert_eq!(rows(3), rows(0), "one prompt, another answer");
        assert_eq!(rows(1), Some(vec![1]));
        assert_eq!((rows(2), rows(4), rows(9)), (None, Some(vec![]), None));
        let find = |id| index.find(id, |row| problems[row as usize]);
        assert_eq!(find("a").and_then(rows), Some(vec![1]));
        assert_eq!(find("c"), None);
    }

    #[test]
    fn a_million_traces_take_no_time() {
        let ids: Vec<String> = (0..300_000).map(|n| format!("{n:016x}")).collect();
        let start = std::time::Instant::now();
        let index =
            ProblemIndex::new(ids.iter().map(|id| Some(id.as_str())), (0..1_000_000).map(|n| Some(n % 300_000)));
        assert_eq!(index.rows_of(7), Some(&[7, 300_007, 600_007, 900_007][..]));
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
