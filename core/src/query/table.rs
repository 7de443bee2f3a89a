//! Fields of traces as a table: what a query selects, and the order by any field.

use serde::{Serialize, Serializer};

use super::QueryError;
use super::language::{Field, Fields, Kind, parse_field};
use super::order::{by_key, ordered};
use super::views::{Values, Views};
use crate::job::{JobContext, JobError};

/// Rows of cells, under the names of their columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The names.
    pub columns: Vec<String>,
    /// Each row has a cell per column.
    pub rows: Vec<Vec<Cell>>,
}

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// None.
    #[default]
    Nothing,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Several: of a trace the values of its steps, or all its names.
    List(Vec<Self>),
}

/// Whole numbers below this are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
            Self::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(cells) => serializer.collect_seq(cells),
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(cells) => {
                for (at, cell) in cells.iter().enumerate() {
                    write!(f, "{}{cell}", if at == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

/// Checks the names of fields. The error comes with the position of the name that it is about.
pub fn check_fields(names: &[String], fields: &Fields) -> Result<(), (usize, QueryError)> {
    let check = |(at, name): (usize, &String)| parse_field(name, fields).map(drop).map_err(|error| (at, error));
    names.iter().enumerate().try_for_each(check)
}

/// Those fields of those traces. Fields of steps give a list, one value per step.
pub fn select(views: &Views, rows: &[u32], names: &[String], ctx: &JobContext) -> Result<Table, JobError> {
    let mut columns: Vec<Vec<Cell>> = Vec::new();
    for name in names {
        let field = read(name)?;
        let values = views.values(&field, ctx)?;
        let shape = if field.is_step() { Some(views.shape()?) } else { None };
        let cells = rows.iter().map(|&row| match &shape {
            None => values.cell(row as usize),
            Some(shape) => Cell::List(shape.steps(row as usize).map(|step| values.cell(step)).collect()),
        });
        columns.push(cells.collect());
    }
    let mut rows: Vec<Vec<Cell>> = vec![Vec::with_capacity(names.len()); rows.len()];
    for column in columns {
        for (row, cell) in rows.iter_mut().zip(column) {
            row.push(cell);
        }
    }
    Ok(Table { columns: names.to_vec(), rows })
}

/// The rows in the order of a field of traces; those without a value come last.
pub fn sort_by(
    views: &Views,
    rows: Vec<u32>,
    name: &str,
    descending: bool,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    let field = read(name)?;
    if field.is_step() {
        return Err(JobError::Failed(format!("`{name}` is a field of steps; traces are sorted by fields of traces")));
    }
    let values = views.values(&field, ctx)?;
    let key: Vec<Option<u64>> = match (&values, field.kind()) {
        (Values::Numbers(numbers), _) => numbers.values.iter().map(|number| number.map(ordered)).collect(),
        (Values::Flags(flags), _) => flags.iter().map(|flag| flag.map(u64::from)).collect(),
        (values, kind) => {
            let total = views.store().len();
            let texts: Vec<Option<String>> = (0..total)
                .map(|row| match values.cell(row) {
                    Cell::Nothing => None,
                    cell => Some(cell.to_string()),
                })
                .collect();
            let is_numeric = kind == Kind::Name && texts.iter().flatten().all(|text| text.parse::<f64>().is_ok());
            if is_numeric {
                texts.iter().map(|text| text.as_ref()?.parse().ok().map(ordered)).collect()
            } else {
                let lower: Vec<Option<String>> =
                    texts.into_iter().map(|text| text.map(|text| text.to_lowercase())).collect();
                let mut sorted: Vec<&String> = lower.iter().flatten().collect();
                sorted.sort_unstable();
                sorted.dedup();
                lower.iter().map(|text| sorted.binary_search(&text.as_ref()?).ok().map(|at| at as u64)).collect()
            }
        }
    };
    by_key(rows, |row| key.get(row as usize).copied().flatten(), descending, ctx)
}

fn read(name: &str) -> Result<Field, JobError> {
    parse_field(name, &Fields::default()).map_err(|error| JobError::from_error(&error))
}

impl Values {
    /// The value of one trace or step.
    fn cell(&self, row: usize) -> Cell {
        let text = |text: &str| Cell::Text(text.to_owned());
        match self {
            Self::Names(names) => names.name(row).map_or(Cell::Nothing, text),
            Self::Many(many) => {
                let mut names = u32::try_from(row).ok().into_iter().flat_map(|row| many.of(row)).map(text);
                match (names.next(), names.next()) {
                    (None, _) => Cell::Nothing,
                    (Some(only), None) => only,
                    (Some(first), Some(second)) => Cell::List([first, second].into_iter().chain(names).collect()),
                }
            }
            Self::Numbers(numbers) => numbers.values.get(row).map_or(Cell::Nothing, |number| {
                #[expect(clippy::cast_possible_truncation, reason = "it was computed with 32 bits")]
                let short = || (number as f32).to_string().parse().unwrap_or(number);
                Cell::Number(if numbers.is_short { short() } else { number })
            }),
            Self::Texts(texts) => texts.get(row).map_or(Cell::Nothing, text),
            Self::Flags(flags) => flags.get(row).map_or(Cell::Nothing, Cell::Flag),
        }
    }
}
