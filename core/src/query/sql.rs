//! Questions in SQL, over the same views: tables `traces`, `steps`, `labels` and `scores`.

use polars::prelude::{AnyValue, DataFrame, IntoLazy as _, PolarsError};
use polars::sql::SQLContext;

use super::language::nearest;
use super::table::{Cell, Table};
use super::views::{COLUMNS, TABLES, Views};
use crate::job::{JobContext, JobError};

/// The answer to a question in SQL, with at most so many rows. Only reads: one `SELECT`, perhaps with `WITH` before it.
/// Columns are made when they are mentioned; `*` mentions all.
pub fn sql(text: &str, views: &Views, limit: usize, ctx: &JobContext) -> Result<Table, JobError> {
    let text = text.trim().trim_end_matches(';');
    let first: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
    // What stands in quotation marks is text.
    let has_next = text.split(['\'', '"']).step_by(2).any(|outside| outside.contains(';'));
    if !matches!(first.to_lowercase().as_str(), "select" | "with") || has_next {
        return Err(JobError::Failed("only one question is answered: SELECT …, or WITH … SELECT …".into()));
    }
    let words = mentioned(text);
    let mut context = SQLContext::new();
    for table in TABLES {
        if words.iter().any(|word| word == table) {
            context.register(table, views.frame(table, &words, ctx)?.lazy());
        }
    }
    ctx.checkpoint()?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let answer = context.execute(text).and_then(|answer| answer.limit(limit).collect());
    let answer = answer.map_err(|error| failed(&error, &words))?;
    ctx.checkpoint()?;
    table(&answer).map_err(|error| failed(&error, &words))
}

/// What stands in the text as a name, in small letters; `*` where all columns are asked for.
fn mentioned(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace("(*)", "()");
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let mut words: Vec<String> = text.split(|c| !is_inside(c)).map(str::to_owned).collect();
    // `traces.id` and `meta.level` are names of columns with and without a table.
    let parts: Vec<String> = words
        .iter()
        .filter_map(|word| word.split_once('.').map(|(table, rest)| [table.to_owned(), rest.to_owned()]))
        .flatten()
        .collect();
    words.extend(parts);
    // Names with blanks and signs stand between quotation marks.
    words.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
    if text.contains('*') {
        words.push("*".into());
    }
    words
}

/// Why it cannot be answered. Names that are not there are told with those that are, as the tables that were asked hold
/// no more columns than were mentioned.
fn failed(error: &PolarsError, words: &[String]) -> JobError {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default().trim();
    let named = |after: &str, mark: char| {
        let (_, rest) = text.split_once(after)?;
        rest.trim_start().strip_prefix(mark)?.split(mark).next()
    };
    if let Some(name) = named("unable to find column", '"').or_else(|| named("no column named", '\'')) {
        let tables = || TABLES.into_iter().filter(|table| words.iter().any(|word| word == table));
        let columns_of =
            |table: &'static str| COLUMNS.iter().filter(move |(of, ..)| *of == table).map(|(_, name, _)| *name);
        let known: Vec<String> =
            tables().map(|table| format!("{table} has {}", columns_of(table).collect::<Vec<_>>().join(", "))).collect();
        let near = nearest(name, tables().flat_map(columns_of)).map(|near| format!("did you mean `{near}`? "));
        let near = near.unwrap_or_default();
        return JobError::Failed(format!("there is no column `{name}`; {near}{}", known.join("; ")));
    }
    if let Some(name) = named("relation", '\'').filter(|_| text.ends_with("was not found")) {
        return JobError::Failed(format!("there is no table `{name}`; the tables are {}", TABLES.join(", ")));
    }
    JobError::Failed(format!("the question in SQL cannot be answered: {text}"))
}

fn table(frame: &DataFrame) -> Result<Table, PolarsError> {
    let columns = frame.get_column_names().iter().map(ToString::to_string).collect();
    let mut rows = vec![Vec::with_capacity(frame.width()); frame.height()];
    for column in frame.columns() {
        for (at, row) in rows.iter_mut().enumerate() {
            row.push(cell(&column.get(at)?));
        }
    }
    Ok(Table { columns, rows })
}

fn cell(value: &AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Nothing,
        AnyValue::Boolean(flag) => Cell::Flag(*flag),
        AnyValue::String(text) => Cell::Text((*text).to_owned()),
        AnyValue::StringOwned(text) => Cell::Text(text.to_string()),
        AnyValue::List(items) => Cell::List(items.iter().map(|item| cell(&item)).collect()),
        other => match other.extract::<f64>() {
            Some(number) => Cell::Number(number),
            None => Cell::Text(other.to_string()),
        },
    }
}
