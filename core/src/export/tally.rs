//! What an export counts on its way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::format::Row;
use super::left_out::{LeftOut, Objection, Rule};
use super::rows::Produced;
use crate::labels::LabelSource;
use crate::model::Trace;

/// Counts by name, in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<String, u64>);

impl Counts {
    pub(super) fn zero(names: &[&'static str]) -> Self {
        Self(names.iter().map(|&name| (name.to_owned(), 0)).collect())
    }

    pub(super) fn add(&mut self, name: &str, more: u64) {
        if let Some(count) = self.0.get_mut(name) {
            *count += more;
        } else {
            self.0.insert(name.to_owned(), more);
        }
    }

    /// The count of that name; 0 where it was not counted.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }
}

/// What was counted on the way.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) left_out: u64,
    pub(super) left_out_by_rule: BTreeMap<Rule, u64>,
    pub(super) counts: Counts,
    /// The source in use; `None` where the format takes all labels.
    pub(super) labels: Option<LabelSource>,
}

impl Tally {
    pub(super) fn new(counted: &[&'static str], labels: Option<LabelSource>) -> Self {
        Self { rows: 0, left_out: 0, left_out_by_rule: BTreeMap::new(), counts: Counts::zero(counted), labels }
    }

    /// Counts what came of a trace.
    pub(super) fn count<'a>(&mut self, trace: &'a Trace, made: Result<Row, Objection>) -> Produced<'a> {
        match made {
            Ok(row) => {
                self.rows += 1;
                for &(name, more) in &row.counts {
                    self.counts.add(name, more);
                }
                Produced::Row(trace, row)
            }
            Err(Objection { rule, step, reason }) => {
                self.left_out += 1;
                *self.left_out_by_rule.entry(rule).or_default() += 1;
                let source_id = trace.source_id.clone();
                let hash = step.and_then(|step| trace.step(step)).map(|step| step.hash.clone());
                Produced::LeftOut(LeftOut { trace: trace.id.clone(), source_id, step, hash, rule, reason })
            }
        }
    }

    /// The most frequent reasons, with counts: "12 without labels, 3 skipped".
    pub(super) fn reasons(&self) -> String {
        let mut rules: Vec<(&Rule, &u64)> = self.left_out_by_rule.iter().collect();
        rules.sort_by(|(_, a), (_, b)| b.cmp(a));
        let shown: Vec<String> = rules.iter().take(3).map(|(rule, n)| format!("{n} {}", rule.caption())).collect();
        shown.join(", ")
    }
}
