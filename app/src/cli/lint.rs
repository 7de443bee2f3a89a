//! `stepscope lint`: checks training files that anyone made.

use std::path::PathBuf;

use clap::Args;
use stepscope_core::export::{self, LintOptions, format_by_name};

use super::Failure;
use super::output::{Ending, Output, warn};
use super::policy_args::{PolicyArgs, formats};

/// Arguments of `lint`.
#[derive(Args, Debug)]
pub struct LintArgs {
    /// The files: JSONL, a JSON array or CSV, also packed as .gz or .zst, and Parquet.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long, value_name = "F", help = "The format; without it, what the first row looks like", long_help = formats())]
    format: Option<String>,
    /// How many problems are listed of each file; all are counted.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// What the format was made with.
    #[command(flatten)]
    policy: PolicyArgs,
    /// Print one JSON object for each file.
    #[arg(long)]
    pub json: bool,
}

/// Checks; a file with problems ends it with status 1, as one that cannot be read.
pub fn run(args: &LintArgs, out: &Output) -> Result<Ending, Failure> {
    let format = match &args.format {
        Some(name) => {
            let format = format_by_name(name)?;
            Some((format, args.policy.policy(format)?))
        }
        None if args.policy.is_empty() => None,
        None => return Err("options of a format need --format".into()),
    };
    let options = LintOptions { format, limit: args.limit };
    let mut ending = Ending::Done;
    for file in &args.files {
        match export::lint(file, &options, &out.context()) {
            Ok(report) => {
                if report.problems_total > 0 {
                    ending = Ending::Failed;
                }
                out.report(&report)?;
            }
            Err(error) => {
                warn(format!("stepscope: {}", super::message(&error)));
                ending = Ending::Failed;
            }
        }
    }
    Ok(ending)
}
