//! `stepscope agree`: how far annotators, and other label sources, agree; and where they do not.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use stepscope_core::labels::{
    self, AgreementReport, Disputed, Panel, Place, SOURCE_HELP, Selection, sources_from_list,
};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output};
use super::query::{check_sources, rows_where, views};
use crate::startup::Startup;
use crate::state::corpus::ProjectCorpus;

/// Arguments of `agree`.
#[derive(Args, Debug)]
pub struct AgreeArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    #[arg(long, value_name = "SRC,SRC…", help = sources_help())]
    sources: Option<String>,
    /// Only traces that this question finds; `stepscope query --help` explains the language.
    #[arg(long = "where", value_name = "EXPR", allow_hyphen_values = true)]
    selection: Option<String>,
    /// List the traces on which they disagree instead, most at stake first.
    #[arg(long)]
    queue: bool,
    /// At most so many traces of the queue.
    #[arg(long, value_name = "N", requires = "queue")]
    limit: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn sources_help() -> String {
    format!(
        "Label sources to compare: {SOURCE_HELP}. Without it all annotators, and where there are fewer than two, those \
         of the data as well"
    )
}

#[derive(Serialize)]
struct QueueReport {
    schema: &'static str,
    sources: Vec<String>,
    disputed: usize,
    queue: Vec<Disputed>,
}

impl fmt::Display for QueueReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for found in &self.queue {
            let name = found.source_id.as_deref().unwrap_or_default();
            write!(f, "{} {name}: at stake {:.2}", found.trace, found.stake)?;
            for (source, place) in &found.first_errors {
                match place {
                    Place::Step(step) => write!(f, "; {source} step {}", u64::from(*step) + 1)?,
                    Place::NoError => write!(f, "; {source} no error")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Compares.
pub fn run(args: &AgreeArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let dir = ProjectDir::new(&args.project);
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    let all = ProjectCorpus::new(Store::open(&dir)?, None, scores)?;
    let ctx = out.context();
    let found = args.selection.as_deref().map(|question| rows_where(question, &args.project, startup, &ctx));
    let (rows, _) = all.chosen(found.transpose()?, None);
    let corpus = Selection::new(&all, rows.clone());
    let panel = match &args.sources {
        Some(sources) => {
            let sources = sources_from_list(sources)?;
            check_sources(&sources, &views(&args.project, None, None, startup)?, &ctx)?;
            Panel::new(&sources, &corpus)?
        }
        None => Panel::of_all(&corpus, &ctx)?,
    };
    if args.queue {
        let mut queue = labels::disputed(&panel, &ctx)?;
        let disputed = queue.len();
        queue.truncate(args.limit.unwrap_or(disputed));
        // The selection counts from 0; what is told are rows of the project.
        for found in &mut queue {
            found.row = rows.get(found.row as usize).copied().unwrap_or(found.row);
        }
        let sources = panel.sources().iter().map(ToString::to_string).collect();
        out.report(&QueueReport { schema: "stepscope.agree_queue/1", sources, disputed, queue })?;
    } else {
        let report: AgreementReport = labels::agreement(&panel, &ctx)?;
        out.report(&report)?;
    }
    Ok(Ending::Done)
}
