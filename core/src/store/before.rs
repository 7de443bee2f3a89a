//! What a writer that appends must know of the rows that are there already.

use super::manifest::{Manifest, Part, TableEntry};
use super::schema::{TableSchema, labels, problems, scores, steps, traces};
use super::{Store, rank};
use crate::model::TraceId;

/// With more parts an import of everything is due: each costs a little whenever a cell is looked up.
const MAX_PARTS: usize = 32;
/// So many parts of one tier at the end become one…
const FEW: usize = 6;
/// …and a tier are those of at most that many traces. Larger parts stay as they are: they are soon too slow to copy.
const TIERS: [u64; 3] = [64, 512, 4096];

/// The rows that stay where they are when others are appended.
pub(super) struct Before {
    pub(super) store: Store,
    /// The parts that stay; those after them are written again, together with what is appended.
    pub(super) parts: Vec<Part>,
    /// The number of the new part.
    pub(super) number: u64,
    rows: Rows,
    /// Rows of problems by the start of their identity, in order.
    problems: Vec<(u64, u32)>,
}

/// How many rows of each table stay.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rows {
    pub(super) problems: u32,
    pub(super) traces: u32,
    pub(super) steps: u32,
    pub(super) labels: u32,
    pub(super) scores: u32,
}

impl Before {
    /// `None` where everything has to be imported again, because there are too many parts.
    pub(super) fn new(store: &Store) -> Option<Self> {
        let manifest = store.manifest();
        let sizes: Vec<u64> = manifest.parts.iter().map(|part| rows_of(&part.tables, &traces::TABLE)).collect();
        let kept = kept(&sizes);
        if kept >= MAX_PARTS {
            return None;
        }
        let parts: Vec<Part> = manifest.parts.iter().take(kept).cloned().collect();
        let rows = Rows::of(manifest, &parts)?;
        let ids = &store.0.problems.id;
        let head = |row: u32| Some((rank::head(ids.get(row as usize)?), row));
        let mut problems: Vec<(u64, u32)> = (0..rows.problems).filter_map(head).collect();
        problems.sort_unstable();
        let number = manifest.parts.iter().map(|part| part.number).max().unwrap_or_default() + 1;
        Some(Self { store: store.clone(), parts, number, rows, problems })
    }

    pub(super) fn rows(&self) -> Rows {
        self.rows
    }

    /// The parts that are written again, in order.
    pub(super) fn merged(&self) -> &[Part] {
        self.store.manifest().parts.get(self.parts.len()..).unwrap_or_default()
    }

    /// Whether a trace that stays has that identity.
    pub(super) fn has_trace(&self, id: &str) -> bool {
        self.store.row_of(&TraceId::new(id)).is_some_and(|row| row < self.rows.traces)
    }

    /// The row of an equal problem that stays; the fields stand in the order text, messages, answer, solution, metadata.
    pub(super) fn problem_row(&self, id: &str, fields: [Option<&str>; 5]) -> Option<u32> {
        let table = &self.store.0.problems;
        let head = rank::head(id);
        let from = self.problems.partition_point(|(other, _)| *other < head);
        let alike = self.problems.iter().skip(from).take_while(|(other, _)| *other == head);
        alike.map(|(_, row)| *row).find(|&row| {
            let columns = [&table.text, &table.messages, &table.answer, &table.solution, &table.metadata];
            table.id.get(row as usize) == Some(id) && columns.map(|column| column.get(row as usize)) == fields
        })
    }
}

impl Rows {
    fn of(manifest: &Manifest, parts: &[Part]) -> Option<Self> {
        let count = |table: &TableSchema| {
            let rows = parts.iter().map(|part| rows_of(&part.tables, table)).sum::<u64>();
            u32::try_from(rows + rows_of(&manifest.tables, table)).ok()
        };
        Some(Self {
            problems: count(&problems::TABLE)?,
            traces: count(&traces::TABLE)?,
            steps: count(&steps::TABLE)?,
            labels: count(&labels::TABLE)?,
            scores: count(&scores::TABLE)?,
        })
    }
}

fn rows_of(tables: &std::collections::BTreeMap<String, TableEntry>, table: &TableSchema) -> u64 {
    tables.get(table.name).map_or(0, |entry| entry.rows)
}

/// How many parts of these sizes stay as they are.
fn kept(sizes: &[u64]) -> usize {
    let mut below = 0;
    for tier in TIERS {
        let small = || sizes.iter().rev().take_while(|size| **size <= tier);
        if small().filter(|size| **size > below || tier == TIERS[0]).count() >= FEW {
            return sizes.len() - small().count();
        }
        below = tier;
    }
    sizes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_are_put_together_before_they_become_many() {
        assert_eq!(kept(&[]), 0);
        assert_eq!(kept(&[1; 5]), 5);
        assert_eq!(kept(&[1; 6]), 0);
        assert_eq!(kept(&[9000, 600, 1, 1, 1, 1, 1, 1]), 2);
        assert_eq!(kept(&[9000; 40]), 40);
        // One row at a time, for long.
        let (mut sizes, mut copied) = (Vec::new(), 0);
        for _ in 0..50_000 {
            let merged: u64 = sizes.drain(kept(&sizes)..).sum();
            copied += merged;
            sizes.push(merged + 1);
            assert!(sizes.len() < MAX_PARTS, "{sizes:?}");
        }
        assert!(copied < 50_000 * 40, "{copied} rows were copied");
    }
}
