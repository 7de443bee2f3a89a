//! What an import found, counted: one struct, rendered as JSON and as text.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use crate::model::{FirstError, ProblemId, Trace, Verdict, is_branching};

/// Name of the shape of [`InspectReport`] as JSON.
const SCHEMA: &str = "stepscope.inspect/1";

/// Warnings listed per file; the rest is counted.
const WARNINGS_LISTED: usize = 200;
/// In very many files no more than this in all, but for the first few of each file.
const WARNINGS_OF_ALL: usize = 20_000;
const WARNINGS_LEAST: usize = 3;

/// What was found in all files.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectReport {
    /// Names the shape of the JSON.
    pub schema: &'static str,
    /// The format, or `mixed`.
    pub format: String,
    /// Files looked at, those that could not be read among them.
    pub files: u64,
    /// The sums.
    #[serde(flatten)]
    pub counts: Counts,
    /// What could not be read as meant.
    pub warnings: Vec<ImportWarning>,
    /// The same per file.
    pub by_file: Vec<FileReport>,
}

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileReport {
    /// Path as the user gave it.
    pub file: String,
    /// The format; `unknown` where the file could not be read.
    pub format: String,
    /// Why it was taken for that format; empty where it could not be read.
    pub why: String,
    /// The format that fits next best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<&'static str>,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// What could not be read as meant.
    pub warnings: Vec<ImportWarning>,
    /// Its place among the files of the run.
    #[serde(skip)]
    pub(super) number: usize,
    /// How many warnings it may list.
    #[serde(skip)]
    room: usize,
    #[serde(skip)]
    unlisted: u64,
    #[serde(skip)]
    problems: HashSet<ProblemId>,
}

/// What was found, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that the files hold, read or not. `rows + expanded = traces + rejected + merged + waiting`.
    pub rows: u64,
    /// Traces beyond the first of a row: a row may hold several attempts.
    pub expanded: u64,
    /// Rows that make no trace of their own: they go on with one, or bring labels or scores for one.
    pub merged: u64,
    /// Rows with labels or scores for traces that are not there.
    pub waiting: u64,
    /// Different problems.
    pub problems: u64,
    /// Traces.
    pub traces: u64,
    /// Steps of all traces.
    pub steps: u64,
    /// Traces that branch.
    pub branching_traces: u64,
    /// Traces with an error marked.
    pub first_error_labels: u64,
    /// Traces marked all correct.
    pub no_error_labels: u64,
    /// Labels on steps.
    pub step_labels: u64,
    /// Scores on steps.
    pub step_scores: u64,
    /// Scores on whole traces.
    pub trace_scores: u64,
    /// Traces of which the source says whether they succeeded.
    pub outcomes: u64,
    /// Rows, or whole files, that could not be read.
    pub rejected: u64,
    /// Rows that were read after a repair: invalid UTF-8, bare `NaN` and the like. Counted among the others as well.
    pub repaired: u64,
}

/// What one trace adds to the counts; made by the thread that read it.
pub(super) struct Tally {
    counts: Counts,
    problem: ProblemId,
}

impl Tally {
    pub(super) fn new(trace: &Trace) -> Self {
        let on_steps = trace.scores.iter().filter(|score| score.step.is_some()).count() as u64;
        let mut counts = Counts {
            traces: 1,
            steps: trace.steps.len() as u64,
            branching_traces: u64::from(is_branching(&trace.steps)),
            step_labels: trace.labels.iter().filter(|label| label.step.is_some()).count() as u64,
            step_scores: on_steps,
            trace_scores: trace.scores.len() as u64 - on_steps,
            outcomes: u64::from(trace.outcome.verdict != Verdict::Unknown),
            ..Counts::default()
        };
        match trace.imported_first_error(None) {
            Some(FirstError::At(_)) => counts.first_error_labels = 1,
            Some(FirstError::NoneUpTo(_)) => counts.no_error_labels = 1,
            Some(FirstError::Unsure) | None => {}
        }
        Self { counts, problem: trace.problem.id() }
    }
}

/// Something that could not be read as meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportWarning {
    /// Path as the user gave it.
    pub file: String,
    /// Row from 1; 0 where it concerns the whole file.
    pub row: u64,
    /// What, in a sentence.
    pub message: String,
}

impl FileReport {
    pub(super) fn new(file: &str, format: &str) -> Self {
        Self { file: file.into(), format: format.into(), room: WARNINGS_LISTED, ..Self::default() }
    }

    /// With fewer warnings, where the files before have listed so many.
    pub(super) fn after(mut self, listed: usize) -> Self {
        let least = WARNINGS_LEAST.min(self.room);
        self.room = WARNINGS_OF_ALL.saturating_sub(listed).clamp(least, self.room);
        self
    }

    /// Counts a trace and lists its warnings.
    pub(super) fn add(&mut self, row: u64, trace: &Trace, tally: Tally) {
        self.counts.add(&tally.counts);
        self.problems.insert(tally.problem);
        self.counts.problems = self.problems.len() as u64;
        for message in &trace.warnings {
            self.warn(row, message.clone());
        }
    }

    /// Tells of a last line of that many bytes that is not complete.
    pub(super) fn tell_waiting(&mut self, bytes: u64) {
        if bytes > 0 {
            self.warn(0, format!("the last line is not complete yet ({bytes} bytes); it is read as soon as it is"));
        }
    }

    /// Some of its labels found no trace.
    pub(super) fn wait(&mut self, count: u64) {
        self.counts.merged = self.counts.merged.saturating_sub(count);
        self.counts.waiting = count;
        self.warn(0, format!("{count} labels or scores are for traces that are not there; open their file as well"));
    }

    pub(super) fn warn(&mut self, row: u64, message: String) {
        if self.warnings.len() < self.room {
            self.warnings.push(ImportWarning { file: self.file.clone(), row, message });
        } else {
            self.unlisted += 1;
        }
    }
}

impl InspectReport {
    pub(super) fn new(mut by_file: Vec<FileReport>) -> Self {
        let mut counts = Counts::default();
        let mut problems: HashSet<&ProblemId> = HashSet::new();
        let mut formats: Vec<&str> = Vec::new();
        for file in &by_file {
            counts.add(&file.counts);
            problems.extend(&file.problems);
            if file.counts.traces > 0 && !formats.contains(&file.format.as_str()) {
                formats.push(&file.format);
            }
        }
        counts.problems = problems.len() as u64;
        let format = match formats.as_slice() {
            [] => "unknown".to_owned(),
            [one] => (*one).to_owned(),
            _ => "mixed".to_owned(),
        };
        for file in &mut by_file {
            if file.unlisted > 0 {
                let message = format!("{} further warnings are not listed", file.unlisted);
                file.warnings.push(ImportWarning { file: file.file.clone(), row: 0, message });
            }
        }
        let warnings = by_file.iter().flat_map(|file| file.warnings.clone()).collect();
        Self { schema: SCHEMA, format, files: by_file.len() as u64, counts, warnings, by_file }
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.expanded += other.expanded;
        self.merged += other.merged;
        self.waiting += other.waiting;
        self.traces += other.traces;
        self.steps += other.steps;
        self.branching_traces += other.branching_traces;
        self.first_error_labels += other.first_error_labels;
        self.no_error_labels += other.no_error_labels;
        self.step_labels += other.step_labels;
        self.step_scores += other.step_scores;
        self.trace_scores += other.trace_scores;
        self.outcomes += other.outcomes;
        self.rejected += other.rejected;
        self.repaired += other.repaired;
    }

    fn rows(&self) -> [(&'static str, u64); 16] {
        [
            ("rows", self.rows),
            ("problems", self.problems),
            ("traces", self.traces),
            ("branching traces", self.branching_traces),
            ("steps", self.steps),
            ("first errors", self.first_error_labels),
            ("all correct", self.no_error_labels),
            ("step labels", self.step_labels),
            ("step scores", self.step_scores),
            ("trace scores", self.trace_scores),
            ("known outcomes", self.outcomes),
            ("more traces", self.expanded),
            ("merged rows", self.merged),
            ("waiting labels", self.waiting),
            ("rejected", self.rejected),
            ("repaired", self.repaired),
        ]
    }
}

impl fmt::Display for InspectReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<18}{}", "format", self.format)?;
        write!(f, "\n{:<18}{}", "files", self.files)?;
        // Zeros say nothing here, but that nothing was rejected is good to know.
        for (name, number) in self.counts.rows() {
            if number > 0 || matches!(name, "traces" | "rejected") {
                write!(f, "\n{name:<18}{number}")?;
            }
        }
        if let [only] = self.by_file.as_slice() {
            write!(f, "\n{:<18}{}", "recognised by", only.why)?;
        } else {
            for file in &self.by_file {
                let Counts { traces, rejected, .. } = file.counts;
                write!(f, "\n  {}: {}, {traces} traces, {rejected} rejected", file.file, file.format)?;
            }
        }
        for warning in &self.warnings {
            write!(f, "\nwarning: {}, row {}: {}", warning.file, warning.row, warning.message)?;
        }
        Ok(())
    }
}
