//! `stepscope export`: writes training files from a project.

use std::path::PathBuf;

use clap::Args;
use stepscope_core::export::{self, ExportOptions, LeftOut};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output};
use crate::startup::Startup;
use crate::state::export_source::ProjectExport;

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// The format: trl-stepwise, processbench or native.
    #[arg(long, value_name = "F")]
    format: String,
    /// The file to write; its manifest is written beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Whose labels: own, own:NAME, imported, imported:NAME or scorer:NAME@THRESHOLD.
    #[arg(long, value_name = "SOURCE")]
    labels: Option<String>,
    /// What a neutral step becomes: good, bad or drop.
    #[arg(long, value_name = "VALUE")]
    neutral: Option<String>,
    /// What follows the first bad step: cut, bad or raw.
    #[arg(long, value_name = "VALUE")]
    after_error: Option<String>,
    /// What an undecided step becomes: drop, good or bad.
    #[arg(long, value_name = "VALUE")]
    unsure: Option<String>,
    /// What an unlabelled step becomes: refuse or good.
    #[arg(long, value_name = "VALUE")]
    unlabelled: Option<String>,
    /// Only traces marked as done.
    #[arg(long)]
    only_finished: bool,
    /// What the trainer puts between steps.
    #[arg(long, value_name = "TEXT")]
    step_separator: Option<String>,
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
    let source = ProjectExport::new(Store::open(&dir)?, None, scores)?;
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
    let only_finished = args.only_finished.then(|| "true".to_owned());
    let given = [
        ("neutral", &args.neutral),
        ("after_error", &args.after_error),
        ("unsure", &args.unsure),
        ("unlabelled", &args.unlabelled),
        ("only_finished", &only_finished),
        ("step_separator", &args.step_separator),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            options.policy.set(name, &value.replace("\\n", "\n"))?;
        }
    }
    Ok(options)
}
