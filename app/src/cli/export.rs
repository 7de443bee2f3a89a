//! `stepscope export`: writes training files from a project.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use stepscope_core::export::{self, ExportOptions, ExportReport, read_manifest};
use stepscope_core::job::JobContext;
use stepscope_core::labels::{SOURCE_HELP, Selection};
use stepscope_core::model::TraceId;
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output, warn};
use super::policy_args::{PolicyArgs, formats};
use super::query::rows_where;
use super::split_args::SplitArgs;
use crate::startup::Startup;
use crate::state::corpus::ProjectCorpus;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    #[arg(long, value_name = "F", required_unless_present = "manifest", help = formats())]
    format: Option<String>,
    /// The file to write: .jsonl, .json or .csv, also .gz or .zst, or .parquet, its manifest beside it; or a folder as the Hugging Face hub has them.
    #[arg(long, value_name = "FILE|DIR", required_unless_present = "manifest")]
    out: Option<PathBuf>,
    /// Export again what this manifest describes; tells what has changed in the project since.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "labels", "shard_mb", "layout", "rows_in"])]
    manifest: Option<PathBuf>,
    #[arg(long, value_name = "SOURCE", help = format!("Whose labels: {SOURCE_HELP}"))]
    labels: Option<String>,
    /// Only traces that this question finds; `stepscope query --help` explains the language.
    #[arg(long = "where", value_name = "EXPR", conflicts_with = "manifest", allow_hyphen_values = true)]
    selection: Option<String>,
    /// Only the traces that this file names: an identity, or the name its source gives it, a line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["manifest", "selection"])]
    traces: Option<PathBuf>,
    /// What becomes of labels that the format cannot hold, and which pairs are made.
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    split: SplitArgs,
    /// What to write; without it a folder where `--out` is one or ends with a slash.
    #[arg(long, value_name = "LAYOUT")]
    layout: Option<FileLayout>,
    /// The end of files with rows in a folder: jsonl, json, jsonl.gz, jsonl.zst, …
    #[arg(long, value_name = "END")]
    rows_in: Option<String>,
    /// Cut the rows into files of so many megabytes, before packing.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    shard_mb: Option<u64>,
    /// Give annotators other names, always the same ones; with a key that is kept secret nobody can work them out.
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    pseudonyms: Option<String>,
    /// Fail where any trace is left out.
    #[arg(long)]
    strict: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What an export writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileLayout {
    /// Files of rows and a manifest.
    File,
    /// A folder with a card that `datasets.load_dataset` reads.
    Hf,
}

/// Exports.
pub fn run(args: &ExportArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let ctx = out.context();
    let again = args.manifest.as_deref().map(|path| Ok::<_, Failure>((path, read_manifest(path)?))).transpose()?;
    let mut options = match &again {
        None => options(args, &ctx)?,
        Some((_, manifest)) => {
            if args.split.is_given() || !args.policy.is_empty() {
                return Err("--manifest says how to export; leave out other options".into());
            }
            manifest.options(args.pseudonyms.as_deref())?
        }
    };
    options.strict = args.strict;
    let dir = ProjectDir::new(&args.project);
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    let store = Store::open(&dir)?;
    if let Some(file) = &args.traces {
        options.picked = Some(named_traces(file, &store)?);
    }
    let all = ProjectCorpus::new(store, None, scores)?;
    let found = options.selection.as_deref().map(|question| rows_where(question, &args.project, startup, &ctx));
    let (rows, gone) = all.chosen(found.transpose()?, options.picked.as_deref());
    let source = Selection::new(&all, rows);
    let now = startup.clock.now();
    let write = |path: &Path| export::write(&source, &options, path, &ctx, now, VERSION);
    let Some((path, manifest)) = again else {
        let path = args.out.as_deref().ok_or("--out is missing")?;
        out.report(&write(path)?)?;
        return Ok(Ending::Done);
    };
    let mut changed = manifest.changes(&source, &options, VERSION)?;
    changed.extend(gone);
    for change in &changed {
        warn(format!("changed since: {change}"));
    }
    let target = args.out.clone().unwrap_or_else(|| manifest.out(path));
    if args.out.is_none() && !changed.is_empty() {
        return Err(
            "nothing written: the same export would not give the same rows; name another file with --out".into()
        );
    }
    let report = write(&target)?;
    let same = manifest.has_same_files(&read_manifest(Path::new(&report.manifest))?);
    out.report(&Again { report, same, changed })?;
    Ok(if same { Ending::Done } else { Ending::Failed })
}

/// The traces that a file names.
fn named_traces(file: &Path, store: &Store) -> Result<Vec<TraceId>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let mut rows = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let unknown = || format!("no trace is called `{}`: {}, line {number}", line.trim(), file.display());
        rows.insert(store.find(line.trim()).ok_or_else(unknown)?);
    }
    Ok(rows.into_iter().filter_map(|row| store.trace_id(row)).collect())
}

/// What an export did that was run again.
#[derive(Serialize)]
struct Again {
    #[serde(flatten)]
    report: ExportReport,
    /// Whether every file has the same bytes as before.
    same: bool,
    /// What is no longer as it was.
    changed: Vec<String>,
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = if self.same { "the same bytes as before" } else { "other bytes than before" };
        write!(f, "{}\nagain     {same}", self.report)
    }
}

fn options(args: &ExportArgs, ctx: &JobContext) -> Result<ExportOptions, Failure> {
    let mut options = ExportOptions::new(args.format.as_deref().ok_or("--format is missing")?)?;
    if let Some(labels) = &args.labels {
        options.labels = Some(labels.parse()?);
    }
    options.policy = args.policy.policy(options.format)?;
    options.shard_bytes = args.shard_mb.map(|megabytes| megabytes.saturating_mul(1_000_000));
    options.pseudonyms.clone_from(&args.pseudonyms);
    options.selection.clone_from(&args.selection);
    args.split.apply(&mut options, ctx)?;
    let is_folder = |out: &PathBuf| out.is_dir() || out.as_os_str().to_string_lossy().ends_with(['/', '\\']);
    let layout = args
        .layout
        .unwrap_or_else(|| if args.out.as_ref().is_some_and(is_folder) { FileLayout::Hf } else { FileLayout::File });
    match (layout, &args.rows_in) {
        (FileLayout::Hf, end) => options.hub = Some(end.clone().unwrap_or_else(|| "jsonl".into())),
        (FileLayout::File, Some(_)) => {
            return Err("--rows-in is for a folder; the name of a file has its own end".into());
        }
        (FileLayout::File, None) => {}
    }
    Ok(options)
}
