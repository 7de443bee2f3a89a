//! `stepscope query`: traces that a question asks for, or the answer to one in SQL.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Map, Value, json};
use stepscope_core::annotation::{self, Annotations};
use stepscope_core::job::JobContext;
use stepscope_core::labels::LabelSource;
use stepscope_core::model::AnnotatorId;
use stepscope_core::query::{
    self, COLUMNS, Cell, Fields, Filter, LANGUAGE, QueryError, Table, ViewCache, Views, field_help,
};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output, warn};
use crate::startup::Startup;
use crate::state::{aside, table_file};

/// What is shown where nothing is selected.
const SHOWN: [&str; 6] = ["row", "id", "generator", "outcome", "steps", "first_error"];

/// Arguments of `query`.
#[derive(Args, Debug)]
#[command(after_long_help = help())]
pub struct QueryArgs {
    /// What is asked for; without it, all traces. `--help` explains the language.
    #[arg(
        value_name = "EXPR",
        default_value = "",
        hide_default_value = true,
        conflicts_with = "sql",
        allow_hyphen_values = true
    )]
    question: String,
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// Fields to show, with commas between them.
    #[arg(long, value_name = "F1,F2", conflicts_with = "sql")]
    select: Vec<String>,
    /// Order by this field; `-FIELD` for the largest first.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true, conflicts_with = "sql")]
    sort: Option<String>,
    /// Show at most so many rows.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print how many traces there are, and nothing else.
    #[arg(long, conflicts_with_all = ["sql", "select", "sort", "out"])]
    count: bool,
    /// Ask in SQL instead, of the tables traces, steps, labels and scores.
    #[arg(long, value_name = "SELECT …")]
    sql: Option<String>,
    /// Whose labels are `own`; without it, yours.
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    /// Whose scores are meant where none is named; without it, those of the first scorer, else of the data.
    #[arg(long, value_name = "NAME")]
    scorer: Option<String>,
    /// Write to this file instead: .jsonl or .csv.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON object per row.
    #[arg(long)]
    pub json: bool,
}

fn help() -> String {
    let mut text = LANGUAGE.to_owned();
    for (is_step, title) in [(false, "Fields of traces"), (true, "Fields of steps")] {
        write!(text, "\n## {title}\n\n").ok();
        for field in field_help().filter(|field| field.is_step == is_step) {
            writeln!(text, "{:14} {}", field.name, field.help).ok();
        }
    }
    text.push_str("\n## Tables\n\n");
    for (table, column, says) in COLUMNS {
        writeln!(text, "{:28} {says}", format!("{table}.{column}")).ok();
    }
    text
}

/// Asks.
pub fn run(args: &QueryArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let ctx = out.context();
    let views = views(&args.project, args.annotator.as_deref(), args.scorer.as_deref(), startup)?;
    if let Some(text) = &args.sql {
        let table = query::sql(text, &views, args.limit.unwrap_or(usize::MAX), &ctx)?;
        return written(&table, args, out);
    }
    // A question may begin with a hyphen, so the parser of arguments lets slips of options through.
    if let Some(option) = args.question.split_whitespace().next().filter(|word| word.starts_with("--")) {
        return Err(format!("there is no option {option}; `stepscope query --help` lists them").into());
    }
    let filter = read(&args.question, &Fields::default())?;
    let doubted = |doubt: &QueryError| warn(format!("{doubt}\n{}", doubt.pointed_out(&args.question)));
    filter.doubts().iter().for_each(doubted);
    let selected: Vec<String> =
        if args.select.is_empty() { SHOWN.map(str::to_owned).into() } else { named(&args.select) };
    check(&selected)?;
    let found = filter.rows(&views, &ctx);
    let mut rows = found.or_else(|error| {
        // What the project lacks is pointed at in the question.
        read(&args.question, &views.fields(&ctx)?)?;
        Err(Failure::from(error))
    })?;
    if rows.is_empty() && !views.store().is_empty() {
        // Now it is worth the time to look whether the names in it are known.
        let known = read(&args.question, &views.fields(&ctx)?)?;
        known.doubts().iter().filter(|doubt| !filter.doubts().contains(doubt)).for_each(doubted);
    }
    if args.count {
        return counted(rows.len(), args, out);
    }
    if let Some(sort) = &args.sort {
        let (name, descending) = sort.strip_prefix('-').map_or((sort.as_str(), false), |name| (name, true));
        check(&[name.to_owned()])?;
        rows = query::sort_by(&views, rows, name, descending, &ctx)?;
    }
    rows.truncate(args.limit.unwrap_or(usize::MAX));
    written(&query::select(&views, &rows, &selected, &ctx)?, args, out)
}

/// Names with commas between them; those within quotation marks are part of a name.
fn named(lists: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for list in lists {
        let (mut name, mut is_quoted) = (String::new(), false);
        for c in list.chars() {
            is_quoted ^= c == '"';
            if c == ',' && !is_quoted {
                names.push(std::mem::take(&mut name));
            } else {
                name.push(c);
            }
        }
        names.push(name);
    }
    names
}

/// Says where sources of labels in the data are named that the project does not have.
pub(super) fn check_sources<'a>(
    sources: impl IntoIterator<Item = &'a LabelSource>,
    views: &Views,
    ctx: &JobContext,
) -> Result<(), Failure> {
    let mut named: Vec<String> = Vec::new();
    let mut all: Vec<&LabelSource> = sources.into_iter().collect();
    while let Some(source) = all.pop() {
        match source {
            LabelSource::Imported(Some(_)) => named.push(source.to_string()),
            LabelSource::Consensus(consensus) => all.extend(consensus.members.iter().map(|member| &member.source)),
            _ => {}
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let fields = views.fields(ctx)?;
    for name in named {
        let asked = format!("has:first_error(\"{}\")", name.replace('\\', "\\\\").replace('"', "\\\""));
        Filter::parse(&asked, &fields)?;
    }
    Ok(())
}

fn read(question: &str, fields: &Fields) -> Result<Filter, Failure> {
    Filter::parse(question, fields).map_err(|error| pointed_out(&error, question))
}

fn check(names: &[String]) -> Result<(), Failure> {
    query::check_fields(names, &Fields::default())
        .map_err(|(at, error)| pointed_out(&error, names.get(at).map(String::as_str).unwrap_or_default()))
}

fn pointed_out(error: &QueryError, text: &str) -> Failure {
    format!("{error}\n{}", error.pointed_out(text)).into()
}

/// The rows of the traces that a question finds; one about names that the project lacks is an error.
pub(super) fn rows_where(
    question: &str,
    project: &Path,
    startup: &Startup,
    ctx: &JobContext,
) -> Result<Vec<u32>, Failure> {
    let views = views(project, None, None, startup)?;
    Ok(read(question, &views.fields(ctx)?)?.rows(&views, ctx)?)
}

/// The project with everyone's labels.
pub(super) fn views(
    project: &Path,
    annotator: Option<&str>,
    scorer: Option<&str>,
    startup: &Startup,
) -> Result<Views, Failure> {
    let dir = ProjectDir::new(project);
    let store = Store::open(&dir)?;
    let (book, report) = ScoreBook::open(&dir.scores())?;
    report.warnings.iter().for_each(warn);
    if let Some(name) = scorer
        && !book.scorers().iter().any(|scorer| scorer.name == name)
    {
        let known: Vec<String> = book.scorers().into_iter().map(|scorer| scorer.name).collect();
        return Err(format!("no scorer `{name}` in this project; there is {}", known.join(", ")).into());
    }
    let mut said: Vec<(AnnotatorId, Arc<Annotations>)> = Vec::new();
    for annotator in annotation::list_annotators(&dir.annotations())? {
        let (annotations, _) = annotation::read(&dir.annotations(), &annotator)?;
        said.push((annotator, Arc::new(annotations)));
    }
    let own = if let Some(name) = annotator {
        said.iter().find(|(annotator, _)| annotator.as_str() == name).cloned().ok_or_else(|| {
            let known: Vec<String> = said.iter().map(|(annotator, _)| annotator.to_string()).collect();
            format!("no annotator `{name}` in this project; there is {}", known.join(", "))
        })?
    } else {
        let own = said.iter().find(|(annotator, _)| *annotator == startup.annotator);
        // Of one annotator there is no doubt whose labels are meant.
        let only = || said.first().filter(|_| said.len() == 1);
        own.or_else(only).cloned().unwrap_or_else(|| (startup.annotator.clone(), Arc::default()))
    };
    let scorer = scorer.map(str::to_owned).or_else(|| book.scorers().first().map(|scorer| scorer.name.clone()));
    Ok(Views::new(store, own, &said, book, scorer, &ViewCache::default()))
}

fn counted(count: usize, args: &QueryArgs, out: &Output) -> Result<Ending, Failure> {
    if args.json {
        out.line(&json!({ "schema": "stepscope.query/1", "count": count }))?;
    } else {
        out.text(&count)?;
    }
    Ok(Ending::Done)
}

fn written(table: &Table, args: &QueryArgs, out: &Output) -> Result<Ending, Failure> {
    match &args.out {
        Some(path) => write_file(table, path)?,
        None if args.json => {
            for row in &table.rows {
                out.line(&object(table, row))?;
            }
        }
        None => out.text(&aligned(table))?,
    }
    Ok(Ending::Done)
}

fn object(table: &Table, row: &[Cell]) -> Value {
    let cells = table.columns.iter().zip(row);
    Value::Object(cells.map(|(name, cell)| (name.clone(), json!(cell))).collect::<Map<_, _>>())
}

/// Writes beside the file and renames, so that a file is there whole or not at all.
fn write_file(table: &Table, path: &Path) -> Result<(), Failure> {
    let kind = path.extension().and_then(|kind| kind.to_str()).map(str::to_lowercase);
    let mut bytes: Vec<u8> = Vec::new();
    match kind.as_deref() {
        Some("jsonl") => {
            for row in &table.rows {
                serde_json::to_writer(&mut bytes, &object(table, row))?;
                bytes.push(b'\n');
            }
        }
        Some("csv") => bytes = table_file::csv(table).into_bytes(),
        _ => return Err(format!("{} is neither .jsonl nor .csv", path.display()).into()),
    }
    Ok(aside::write(path, &bytes).map_err(|error| format!("could not write {}: {error}", path.display()))?)
}

/// Columns side by side, each value on one line.
fn aligned(table: &Table) -> String {
    const WIDEST: usize = 60;
    let short = |text: String| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > WIDEST {
            format!("{}…", line.chars().take(WIDEST - 1).collect::<String>())
        } else {
            line
        }
    };
    let mut lines: Vec<Vec<String>> = vec![table.columns.clone()];
    lines.extend(table.rows.iter().map(|row| row.iter().map(|cell| short(cell.to_string())).collect()));
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..table.columns.len()).map(|at| width(at).unwrap_or_default()).collect();
    let mut text = String::new();
    for line in &lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            write!(row, "{cell:width$}  ").ok();
        }
        writeln!(text, "{}", row.trim_end()).ok();
    }
    text
}
