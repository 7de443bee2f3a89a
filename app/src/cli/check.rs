//! `stepscope check`: verifies store, scores, logs with their snapshots and the label schema, repairs what can be
//! repaired and says so.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use stepscope_core::annotation;
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{self, ProjectDir};

use super::Failure;
use super::output::{Ending, Output, warn};

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct CheckReport {
    schema: &'static str,
    ok: bool,
    repaired: Vec<Finding>,
    problems: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    what: String,
    file: String,
    detail: String,
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, findings) in [("repaired", &self.repaired), ("problem", &self.problems)] {
            for Finding { what, file, detail } in findings {
                writeln!(f, "{word} ({what}): {detail}: {file}")?;
            }
        }
        f.write_str(if self.ok { "ok" } else { "not ok" })
    }
}

/// Checks.
pub fn run(args: &CheckArgs, out: &Output) -> Result<Ending, Failure> {
    let dir = ProjectDir::new(&args.project);
    if !dir.path().is_dir() {
        return Err(format!("no project folder: {}", dir.path().display()).into());
    }
    let (mut repaired, mut problems) = (Vec::new(), Vec::new());
    for found in store::check(&dir) {
        let file = found.file.display().to_string();
        problems.push(Finding { what: "store".into(), file, detail: found.message });
    }
    let labels = annotation::check(&dir.annotations()).into_iter();
    for found in labels.chain(annotation::check_schema(&dir.manifest())) {
        let finding =
            Finding { what: found.what.to_string(), file: found.file.display().to_string(), detail: found.detail };
        match found.what {
            // Nothing is wrong with records of a later version, so they only deserve a word.
            "unknown" => warn(format!("{}: {}", finding.detail, finding.file)),
            _ if found.repaired => repaired.push(finding),
            _ => problems.push(finding),
        }
    }
    let (book, report) = ScoreBook::open(&dir.scores())?;
    for file in book.repair()? {
        let (what, detail) = ("torn".into(), "the last line of the scores was cut off and removed".into());
        repaired.push(Finding { what, file: file.display().to_string(), detail });
    }
    for detail in report.warnings {
        problems.push(Finding { what: "scores".into(), file: dir.scores().display().to_string(), detail });
    }
    let ok = problems.is_empty();
    out.report(&CheckReport { schema: "stepscope.check/1", ok, repaired, problems })?;
    Ok(if ok { Ending::Done } else { Ending::Failed })
}
