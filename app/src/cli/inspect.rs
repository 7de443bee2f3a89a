//! `stepscope inspect`: says what files hold and writes nothing.

use std::path::PathBuf;

use clap::Args;
use stepscope_core::import::{self, ImportOptions};

use super::Failure;
use super::output::{Ending, Output};

/// Arguments of `inspect`.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// Files or folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Read everything as this format instead of finding out.
    #[arg(long, value_name = "F")]
    format: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Inspects.
pub fn run(args: &InspectArgs, out: &Output) -> Result<Ending, Failure> {
    let options = ImportOptions { format: args.format.clone(), ..ImportOptions::default() };
    let report = import::inspect(&args.paths, &options, &out.context())?;
    out.report(&report)?;
    Ok(if report.counts.rejected > 0 { Ending::SomeRejected } else { Ending::Done })
}
