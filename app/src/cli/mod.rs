//! The command line: one file per subcommand, each calling the same core functions as the window.

pub mod agree;
pub mod check;
pub mod duplicates;
pub mod evaluate;
pub mod export;
pub mod import;
mod import_options;
pub mod inspect;
pub mod lint;
pub mod merge;
pub mod models;
pub mod output;
mod policy_args;
pub mod query;
pub mod score;
pub mod show;
pub mod similar;
mod split_args;
pub mod worker;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use self::output::{Ending, Output, warn};
use crate::startup::Startup;

/// Annotate and inspect reasoning traces.
#[derive(Debug, Parser)]
#[command(name = "stepscope", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without it the window opens.
    #[command(subcommand)]
    pub job: Option<Subcommands>,
    /// What to show in the window.
    #[command(flatten)]
    pub window: WindowArgs,
}

/// Arguments of the window.
#[derive(Args, Debug)]
pub struct WindowArgs {
    /// Trace files, folders or a project folder; without them the last ones, else the sample data.
    pub paths: Vec<PathBuf>,
    /// Keep labels and scores in this folder instead of beside the first path.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Label under this name.
    #[arg(long, value_name = "NAME")]
    pub annotator: Option<String>,
}

/// Jobs that need no window.
#[derive(Debug, Subcommand)]
pub enum Subcommands {
    /// Say what files hold; writes nothing.
    Inspect(inspect::InspectArgs),
    /// Read files into a project folder.
    Import(import::ImportArgs),
    /// Print one trace.
    Show(show::ShowArgs),
    /// Score steps with a reward model.
    Score(score::ScoreArgs),
    /// Check, list and fetch reward models.
    Models(models::ModelsArgs),
    /// Write training files.
    Export(export::ExportArgs),
    /// Judge a scorer, or a label source, by labels.
    Evaluate(evaluate::EvaluateArgs),
    /// Check training files that anyone made.
    Lint(lint::LintArgs),
    /// Say how far annotators and other label sources agree.
    Agree(agree::AgreeArgs),
    /// Unite annotators' logs from elsewhere with a project.
    Merge(merge::MergeArgs),
    /// Find traces, or ask about them in SQL.
    Query(query::QueryArgs),
    /// Find the steps that say nearly the same as a step or a text.
    Similar(similar::SimilarArgs),
    /// Find problems that files share, and traces that are copies.
    Duplicates(duplicates::DuplicatesArgs),
    /// Verify a project folder and repair what can be repaired.
    Check(check::CheckArgs),
    /// Run as a scoring worker on stdin and stdout.
    Worker(worker::WorkerArgs),
}

/// Why a subcommand failed, in words for the user.
pub type Failure = Box<dyn std::error::Error>;

/// Runs a subcommand and gives the exit status.
pub fn run(job: &Subcommands, startup: &Startup) -> u8 {
    let ended = match job {
        Subcommands::Inspect(args) => inspect::run(args, startup, &Output::new(args.json)),
        Subcommands::Import(args) => import::run(args, startup, &Output::new(args.json)),
        Subcommands::Show(args) => show::run(args, startup, &Output::new(args.json)),
        Subcommands::Score(args) => score::run(args, startup, &Output::new(args.json)),
        Subcommands::Models(args) => models::run(args, startup, &Output::new(args.json)),
        Subcommands::Export(args) => export::run(args, startup, &Output::new(args.json)),
        Subcommands::Evaluate(args) => evaluate::run(args, startup, &Output::new(args.json)),
        Subcommands::Lint(args) => lint::run(args, &Output::new(args.json)),
        Subcommands::Agree(args) => agree::run(args, &Output::new(args.json)),
        Subcommands::Merge(args) => merge::run(args, &Output::new(args.json)),
        Subcommands::Query(args) => query::run(args, startup, &Output::new(args.json)),
        Subcommands::Similar(args) => similar::run(args, startup, &Output::new(args.json)),
        Subcommands::Duplicates(args) => duplicates::run(args, &Output::new(args.json)),
        Subcommands::Check(args) => check::run(args, &Output::new(args.json)),
        Subcommands::Worker(args) => worker::run(args, startup),
    };
    match ended {
        Ok(ending) => ending.status(),
        Err(failure) => {
            warn(format!("stepscope: {}", message(failure.as_ref())));
            Ending::Failed.status()
        }
    }
}

fn message(failure: &(dyn std::error::Error + 'static)) -> String {
    stepscope_core::job::JobError::from_error(failure).to_string()
}
