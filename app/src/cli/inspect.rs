//! `stepscope inspect`: says what files hold and writes nothing.

use std::path::PathBuf;

use clap::Args;
use stepscope_core::import;

use super::Failure;
use super::import_options::ReadArgs;
use super::output::{Ending, Output};
use crate::startup::Startup;

/// Arguments of `inspect`.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// Files or folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Inspects.
pub fn run(args: &InspectArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let options = args.read.options(startup)?;
    let report = import::inspect(&args.paths, &options, &out.context())?;
    out.report(&report)?;
    Ok(if report.counts.rejected > 0 { Ending::SomeRejected } else { Ending::Done })
}
