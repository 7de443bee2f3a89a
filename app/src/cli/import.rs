//! `stepscope import`: reads files into a project folder.

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use stepscope_core::import::InspectReport;
use stepscope_core::store::ProjectDir;

use super::Failure;
use super::import_options::ReadArgs;
use super::output::{Ending, Output, warn};
use crate::startup::Startup;
use crate::state::open::import_into;

/// Arguments of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Files or folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The project folder; made where it is missing.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    #[command(flatten)]
    read: ReadArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct ImportReport {
    #[serde(flatten)]
    found: InspectReport,
    project: String,
    /// Labels of native files taken over into the logs of their annotators.
    labels_taken_over: usize,
    elapsed_s: f64,
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nproject {} ({:.1} s)", self.found, self.project, self.elapsed_s)
    }
}

/// Imports.
pub fn run(args: &ImportArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let started = Instant::now();
    let options = args.read.options(startup)?;
    let dir = ProjectDir::new(&args.project);
    let (mut found, taken) = import_into(&args.paths, &dir, &options, &startup.clock, &out.context())?;
    if let Some(conflicts) = taken.conflicts() {
        warn(format!("warning: {conflicts}"));
    }
    for reason in &taken.waiting {
        warn(format!("warning: not taken over yet, tried again when the project is opened. {reason}"));
    }
    let ending = if found.counts.rejected > 0 { Ending::SomeRejected } else { Ending::Done };
    found.schema = "stepscope.import/1";
    out.report(&ImportReport {
        found,
        project: args.project.display().to_string(),
        labels_taken_over: taken.labels.taken,
        elapsed_s: started.elapsed().as_secs_f64(),
    })?;
    Ok(ending)
}
