//! `stepscope merge`: unites annotators' logs from elsewhere with those of a project.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use stepscope_core::annotation::{self, Conflict, United};
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output};

/// Arguments of `merge`.
#[derive(Args, Debug)]
pub struct MergeArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// Annotation logs, such as `annotations/NAME.jsonl` of another copy of the project. They are only read.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Merged {
    schema: &'static str,
    files: Vec<MergedFile>,
}

#[derive(Serialize)]
struct MergedFile {
    file: String,
    annotators: Vec<MergedAnnotator>,
    warnings: Vec<MergedWarning>,
}

#[derive(Serialize)]
struct MergedAnnotator {
    annotator: String,
    lines: u64,
    labels: u64,
    conflicts: Vec<MergedConflict>,
    kept: Option<String>,
}

#[derive(Serialize)]
struct MergedConflict {
    trace: String,
    step: Option<String>,
    what: String,
    taken: bool,
}

#[derive(Serialize)]
struct MergedWarning {
    line: u64,
    message: String,
}

/// Unites.
pub fn run(args: &MergeArgs, out: &Output) -> Result<Ending, Failure> {
    let dir = ProjectDir::new(&args.project);
    // A mistyped folder must not become a project.
    Store::open(&dir)?;
    let mut files = Vec::new();
    for log in &args.logs {
        let report = annotation::unite(&dir.annotations(), log)?;
        files.push(MergedFile {
            file: log.display().to_string(),
            annotators: report.united.into_iter().map(MergedAnnotator::from).collect(),
            warnings: report
                .warnings
                .into_iter()
                .map(|warning| MergedWarning { line: warning.line, message: warning.message })
                .collect(),
        });
    }
    let is_whole = files.iter().all(|file| file.warnings.is_empty());
    out.report(&Merged { schema: "stepscope.merge/1", files })?;
    Ok(if is_whole { Ending::Done } else { Ending::SomeRejected })
}

impl From<United> for MergedAnnotator {
    fn from(united: United) -> Self {
        let conflict = |Conflict { trace, step, what, taken }: Conflict| {
            let step = step.map(|step| step.to_string());
            MergedConflict { trace: trace.to_string(), step, what, taken }
        };
        Self {
            annotator: united.annotator.to_string(),
            lines: united.lines,
            labels: united.labels,
            conflicts: united.conflicts.into_iter().map(conflict).collect(),
            kept: united.aside.map(|file| file.display().to_string()),
        }
    }
}

impl fmt::Display for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for MergedFile { file, annotators, warnings } in &self.files {
            for MergedAnnotator { annotator, lines, labels, conflicts, kept } in annotators {
                match (lines, kept) {
                    (0, None) => writeln!(f, "{annotator}: nothing new: {file}")?,
                    (lines, None) => writeln!(f, "{annotator}: {lines} lines added: {file}")?,
                    (_, Some(kept)) => {
                        writeln!(f, "{annotator}: both logs had gone on; {labels} labels taken over: {file}")?;
                        writeln!(f, "  the lines of the other log are kept: {kept}")?;
                    }
                }
                for MergedConflict { trace, step, what, taken } in conflicts {
                    let place = step.as_deref().map(|step| format!(" step {step}")).unwrap_or_default();
                    let word = if *taken { "taken from the other log" } else { "stays as it is here" };
                    writeln!(f, "  said anew in both: {what} of {trace}{place}: {word}")?;
                }
            }
            for MergedWarning { line, message } in warnings {
                writeln!(f, "line {line} {message}: {file}")?;
            }
        }
        Ok(())
    }
}
