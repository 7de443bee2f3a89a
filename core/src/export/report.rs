//! What an export did, for the command line and the window.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::left_out::{LeftOut, Rule};
use super::tally::Counts;
use crate::labels::LabelSource;

/// What an export did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportReport {
    /// `stepscope.export/1`.
    pub schema: String,
    /// The format.
    pub format: String,
    /// How many rows were written.
    pub rows: u64,
    /// What did not become a row, in the order of the project.
    pub left_out: Vec<LeftOut>,
    /// The same as counts by rule.
    pub left_out_by_rule: BTreeMap<Rule, u64>,
    /// Labels in the rows.
    pub counts: Counts,
    /// The label source in use; `null` where the format takes all labels.
    pub labels: Option<LabelSource>,
    /// The files written, without the manifest.
    pub files: Vec<String>,
    /// The manifest.
    pub manifest: String,
}

impl ExportReport {
    /// Names the shape of the report.
    pub const SCHEMA: &'static str = "stepscope.export/1";
}

impl fmt::Display for ExportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} rows as {} in {}", self.rows, self.format, self.files.join(", "))?;
        let counts: Vec<String> = self.counts.0.iter().map(|(name, n)| format!("{n} {name}")).collect();
        writeln!(f, "counts    {}", counts.join(", "))?;
        if let Some(labels) = &self.labels {
            writeln!(f, "labels    {labels}")?;
        }
        if !self.left_out.is_empty() {
            let rules: Vec<String> =
                self.left_out_by_rule.iter().map(|(rule, n)| format!("{n} {}", rule.caption())).collect();
            writeln!(f, "left out  {}: {}", self.left_out.len(), rules.join(", "))?;
        }
        write!(f, "manifest  {}", self.manifest)
    }
}
