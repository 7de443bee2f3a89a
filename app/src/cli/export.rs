//! `stepscope export`: writes training files from a project.

use std::path::PathBuf;

use clap::Args;
use stepscope_core::export::{self, ExportOptions, LeftOut};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output};
use super::policy_args::{PolicyArgs, formats};
use crate::startup::Startup;
use crate::state::corpus::ProjectCorpus;

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    #[arg(long, value_name = "F", help = formats())]
    format: String,
    /// The file to write: .jsonl, .json or .csv, also .gz or .zst, or .parquet. Its manifest is written beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Whose labels: own, own:NAME, imported, imported:NAME or scorer:NAME@THRESHOLD.
    #[arg(long, value_name = "SOURCE")]
    labels: Option<String>,
    /// What becomes of labels that the format cannot hold, and which pairs are made.
    #[command(flatten)]
    policy: PolicyArgs,
    /// Cut the rows into files of so many megabytes, before packing.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    shard_mb: Option<u64>,
    /// Fail where any trace is left out.
    #[arg(long)]
    strict: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Exports.
pub fn run(args: &ExportArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let options = options(args)?;
    let dir = ProjectDir::new(&args.project);
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    let source = ProjectCorpus::new(Store::open(&dir)?, None, scores)?;
    let ctx = out.context();
    if args.strict {
        let preview = export::preview(&source, &options, 1, &ctx)?;
        if let Some(first) = preview.left_out.first() {
            let count = preview.left_out_total;
            let LeftOut { trace, reason, .. } = first;
            return Err(format!("nothing written: {count} traces would be left out, first {trace}: {reason}").into());
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    let report = export::write(&source, &options, &args.out, &ctx, startup.clock.now(), version)?;
    out.report(&report)?;
    Ok(Ending::Done)
}

fn options(args: &ExportArgs) -> Result<ExportOptions, Failure> {
    let mut options = ExportOptions::new(&args.format)?;
    if let Some(labels) = &args.labels {
        options.labels = Some(labels.parse()?);
    }
    options.policy = args.policy.policy(options.format)?;
    options.shard_bytes = args.shard_mb.map(|megabytes| megabytes.saturating_mul(1_000_000));
    Ok(options)
}
