//! Puts rows in order. Every key becomes one optional number, so that there is one comparison.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::row::{path_scores, said};
use super::run::GRAIN;
use super::{LabelState, Scores, Sort, SortKey};
use crate::annotation::Annotations;
use crate::job::{JobContext, JobError};
use crate::model::Verdict;
use crate::store::Store;

/// Sorts rows that stand in the order of the source.
pub(super) fn sort(
    rows: Vec<u32>,
    sort: Sort,
    store: &Store,
    annotations: &Annotations,
    scores: Option<&dyn Scores>,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    let text = |row: u32| match sort.key {
        SortKey::Problem => store.problem_preview(row),
        SortKey::Generator => store.generator(row),
        _ => None,
    };
    let ranks = ranks(rows.iter().filter_map(|&row| text(row)));
    let key = |row: u32| match sort.key {
        SortKey::Row => Some(f64::from(row)),
        SortKey::Problem | SortKey::Generator => ranks.get(text(row)?).copied(),
        SortKey::Steps => Some(f64::from(store.step_count(row))),
        SortKey::Outcome => match store.verdict(row) {
            Verdict::Unknown => None,
            Verdict::Incorrect => Some(0.0),
            Verdict::Correct => Some(1.0),
        },
        SortKey::State => Some(f64::from(LabelState::new(said(row, store, annotations)) as u8)),
        SortKey::MinScore => path_scores(row, store, scores).0,
        SortKey::LastScore => path_scores(row, store, scores).1,
    };
    let mut keyed = Vec::with_capacity(rows.len());
    for (index, row) in (0_u32..).zip(rows) {
        if index % GRAIN == 0 {
            ctx.checkpoint()?;
        }
        keyed.push((key(row), row));
    }
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) if sort.descending => b.total_cmp(a),
        (Some(a), Some(b)) => a.total_cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    Ok(keyed.into_iter().map(|(_, row)| row).collect())
}

/// The place of each text among all, without regard to case first.
fn ranks<'a>(texts: impl Iterator<Item = &'a str>) -> HashMap<&'a str, f64> {
    let mut ranks: HashMap<&str, f64> = texts.map(|text| (text, 0.0)).collect();
    let mut sorted: Vec<(String, &str)> = ranks.keys().map(|&text| (text.to_lowercase(), text)).collect();
    sorted.sort_unstable();
    for (rank, (_, text)) in (0_u32..).zip(sorted) {
        ranks.insert(text, f64::from(rank));
    }
    ranks
}
