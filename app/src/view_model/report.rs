//! What an import found: file by file, and what could not be read as meant.

use stepscope_core::import::{Counts, InspectReport};

use crate::state::open::name_of;

/// Warnings shown; the rest is counted.
const WARNINGS: usize = 500;

/// What an import found.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ReportModel {
    /// The sums, in one sentence each.
    pub sums: Vec<String>,
    /// The files: name, format, what was found, and why the file was taken for that format.
    pub files: Vec<FileLine>,
    /// What could not be read as meant: place and sentence.
    pub warnings: Vec<(String, String)>,
}

/// One file.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FileLine {
    /// Its name.
    pub name: String,
    /// The format.
    pub format: String,
    /// What was found.
    pub found: String,
    /// Why it was taken for that format, and the next best.
    pub why: String,
    /// Some of it could not be read.
    pub troubled: bool,
}

impl ReportModel {
    /// The report for the dialog.
    pub fn new(report: &InspectReport) -> Self {
        let files = report.by_file.iter().map(|file| {
            let why = match file.runner_up {
                Some(next) => format!("{}. Next best: {next}", file.why),
                None => file.why.clone(),
            };
            FileLine {
                name: name_of(std::path::Path::new(&file.file)),
                format: file.format.clone(),
                found: found(&file.counts),
                why,
                troubled: file.counts.rejected > 0 || file.counts.waiting > 0,
            }
        });
        let place = |file: &str, row: u64| {
            let name = name_of(std::path::Path::new(file));
            if row == 0 { name } else { format!("{name}, row {row}") }
        };
        let warnings = report.warnings.iter().take(WARNINGS);
        let mut warnings: Vec<_> = warnings.map(|w| (place(&w.file, w.row), w.message.clone())).collect();
        if report.warnings.len() > WARNINGS {
            warnings.push((String::new(), format!("and {} more", report.warnings.len() - WARNINGS)));
        }
        Self { sums: sums(&report.counts), files: files.collect(), warnings }
    }
}

fn found(counts: &Counts) -> String {
    let mut parts = vec![format!("{} traces", counts.traces)];
    let mut add = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    add(counts.rejected, "rejected");
    add(counts.merged, "merged");
    add(counts.waiting, "waiting");
    add(counts.repaired, "repaired");
    parts.join(", ")
}

/// Every row is accounted for.
fn sums(counts: &Counts) -> Vec<String> {
    let Counts { rows, expanded, traces, rejected, merged, waiting, repaired, .. } = *counts;
    let more = if expanded > 0 { format!(" and {expanded} further attempts in them") } else { String::new() };
    let mut parts = vec![format!("{traces} traces"), format!("{rejected} rejected")];
    if merged > 0 {
        parts.push(format!("{merged} merged into others"));
    }
    if waiting > 0 {
        parts.push(format!("{waiting} labels without traces"));
    }
    let mut sums = vec![format!("{rows} rows{more} = {}", parts.join(" + "))];
    if repaired > 0 {
        sums.push(format!("{repaired} rows were read after a repair"));
    }
    sums.push(format!(
        "{} problems, {} steps; first error in {}, none in {}; {} step labels, {} step scores; {} outcomes",
        counts.problems,
        counts.steps,
        counts.first_error_labels,
        counts.no_error_labels,
        counts.step_labels,
        counts.step_scores,
        counts.outcomes
    ));
    sums
}
