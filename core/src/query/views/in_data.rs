//! Who says something of steps in the data: sources of labels, and scorers.

use std::sync::Arc;

use super::Views;
use super::cache::{Key, Layer};
use super::labels::{LabelRow, NOTHING};
use crate::job::JobError;
use crate::model::{ImportedValue, ScoreKind, StepRating};

/// Who says something of steps in the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InData {
    /// Sources of labels that judge steps, in alphabetical order.
    pub sources: Vec<String>,
    /// Several sources judge the same traces: more than a tenth of those that any source judges.
    pub is_shared: bool,
    /// Scorers that scored steps, with what their numbers mean, in the order in which they first appear.
    pub scorers: Vec<(String, ScoreKind)>,
}

impl Views {
    /// Who says something of steps in the data. Looks at all labels and scores when first called.
    pub fn in_data(&self) -> Result<Arc<InData>, JobError> {
        self.kept(Layer::Store, Key::InData, || {
            let labels = self.imported_labels()?;
            let rates = |name: &str| name == "soft" || StepRating::ALL.iter().any(|rating| rating.name() == name);
            let marks = [ImportedValue::FirstError.name(), ImportedValue::NoError.name()];
            // Of each name that says something: of a step alone, and of a trace as well.
            let judges: Vec<(bool, bool)> =
                labels.names.iter().map(|name| (rates(name), marks.contains(&name.as_str()))).collect();
            let source = |row: &LabelRow| {
                let (rates, marks) = judges.get(row.says as usize)?;
                (*marks || *rates && row.step != NOTHING).then_some(row.source)
            };
            let mut sources = labels.used(source);
            sources.sort_unstable();
            let (mut judged, mut shared) = (0_u64, 0_u64);
            for rows in labels.rows.chunk_by(|a, b| a.trace == b.trace) {
                let mut by = rows.iter().filter_map(source);
                let first = by.next();
                judged += u64::from(first.is_some());
                shared += u64::from(by.any(|other| Some(other) != first));
            }
            let table = self.store.score_table();
            let mut scorers: Vec<(String, ScoreKind)> = Vec::new();
            for ((step, name), kind) in table.step.iter().zip(table.name.iter()).zip(table.kind.iter()) {
                let Some(name) = step.and(name) else { continue };
                let is_last = scorers.last().is_some_and(|(last, _)| last == name);
                if !is_last && !scorers.iter().any(|(known, _)| known == name) {
                    scorers.push((name.to_owned(), kind.and_then(ScoreKind::from_name).unwrap_or_default()));
                }
            }
            Ok(InData { sources, is_shared: shared * 10 > judged, scorers })
        })
    }
}
