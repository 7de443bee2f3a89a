//! What an export did, for the command line and the window.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::left_out::{LeftOut, Rule};
use super::manifest::Manifest;
use super::split::{Plan, SplitMade, SplitPart};
use super::tally::Counts;
use super::target::Target;
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
    /// Rows and problems of each part; empty where all rows stand together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<SplitPart, PartReport>,
    /// Entries of the lists of problems that name none of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_problems: Vec<String>,
    /// What was removed because it is like problems that are tested with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<RemovedReport>,
    /// The files with rows.
    pub files: Vec<String>,
    /// The manifest.
    pub manifest: String,
}

/// A part of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReport {
    /// How many rows it has.
    pub rows: u64,
    /// Of how many problems.
    pub problems: u64,
}

impl PartReport {
    /// Those of a division.
    pub(super) fn of(split: Option<&SplitMade>) -> BTreeMap<SplitPart, Self> {
        let Some(made) = split.map(|split| &split.made) else { return BTreeMap::new() };
        let part = |part: SplitPart| {
            let count = |counts: &BTreeMap<SplitPart, u64>| counts.get(&part).copied().unwrap_or_default();
            (part, Self { rows: count(&made.rows), problems: count(&made.problems) })
        };
        SplitPart::ALL.into_iter().map(part).collect()
    }
}

/// What was removed because it is like problems that are tested with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedReport {
    /// How many problems.
    pub problems: u64,
    /// How many rows were lost with them.
    pub rows: u64,
    /// The file that lists each with its reason.
    pub report: String,
}

impl ExportReport {
    /// Names the shape of the report.
    pub const SCHEMA: &'static str = "stepscope.export/1";

    pub(super) fn new(manifest: Manifest, plan: &Plan, files: &[PathBuf], target: &Target) -> Self {
        Self {
            schema: Self::SCHEMA.into(),
            parts: PartReport::of(manifest.split.as_ref()),
            unknown_problems: manifest.split.map(|split| split.unknown).unwrap_or_default(),
            format: manifest.format,
            rows: manifest.rows,
            left_out: manifest.left_out,
            left_out_by_rule: manifest.left_out_by_rule,
            counts: manifest.counts,
            labels: manifest.labels,
            removed: plan.removed.as_ref().map(|removed| RemovedReport {
                problems: removed.removed.len() as u64,
                rows: removed.rows(),
                report: target.report().display().to_string(),
            }),
            files: files.iter().map(|name| name.display().to_string()).collect(),
            manifest: target.manifest().display().to_string(),
        }
    }
}

impl fmt::Display for ExportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} rows as {} in {}", self.rows, self.format, self.files.join(", "))?;
        let counts: Vec<String> = self.counts.0.iter().map(|(name, n)| format!("{n} {name}")).collect();
        writeln!(f, "counts    {}", counts.join(", "))?;
        if let Some(labels) = &self.labels {
            writeln!(f, "labels    {labels}")?;
        }
        if !self.parts.is_empty() {
            let part = |(part, of): (&SplitPart, &PartReport)| {
                format!("{} {} rows of {} problems", part.name(), of.rows, of.problems)
            };
            writeln!(f, "split     {}", self.parts.iter().map(part).collect::<Vec<_>>().join(", "))?;
        }
        if !self.unknown_problems.is_empty() {
            writeln!(f, "unknown   {} entries of the lists name no problem here", self.unknown_problems.len())?;
        }
        if let Some(RemovedReport { problems, rows, report }) = &self.removed {
            writeln!(f, "removed   {problems} problems with {rows} rows, listed in {report}")?;
        }
        if !self.left_out.is_empty() {
            let rules: Vec<String> =
                self.left_out_by_rule.iter().map(|(rule, n)| format!("{n} {}", rule.caption())).collect();
            writeln!(f, "left out  {}: {}", self.left_out.len(), rules.join(", "))?;
        }
        write!(f, "manifest  {}", self.manifest)
    }
}
