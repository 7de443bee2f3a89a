//! JSON that is written column by column, `{"a": {"0": 1, …}, …}` or `{"a": [1, …], …}`, as data frames are saved.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::bytes::ByteSource;
use super::rows::{MakeFault, RawRow};
use crate::import::FileFault;

/// Longer files are not read: their last row is only complete at their end.
const LIMIT: usize = 128 << 20;
/// As rows, each of which names all columns again, it may be so many times as long.
const GROWTH: usize = 4;

/// A column: the name of each row, in an object, and its cell.
struct Column<'a> {
    names: Option<Vec<Cow<'a, str>>>,
    cells: Vec<&'a RawValue>,
}

/// All columns, in order.
struct Frame<'a>(Vec<(Cow<'a, str>, Column<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Column<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = Column<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut cells = Vec::new();
                while let Some(cell) = items.next_element()? {
                    cells.push(cell);
                }
                Ok(Column { names: None, cells })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let (mut names, mut cells) = (Vec::new(), Vec::new());
                while let Some((name, cell)) = entries.next_entry()? {
                    names.push(name);
                    cells.push(cell);
                }
                Ok(Column { names: Some(names), cells })
            }
        }
        deserializer.deserialize_any(Cells)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Frame<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> Visitor<'de> for Columns {
            type Value = Frame<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut columns: Vec<(Cow<'de, str>, Column<'de>)> = Vec::new();
                while let Some((name, column)) = entries.next_entry::<Cow<'de, str>, Column<'de>>()? {
                    // A file of one row, or of single values, is none in columns.
                    if column.cells.len() < 2 {
                        return Err(A::Error::custom("a column of less than two rows"));
                    }
                    columns.push((name, column));
                }
                Ok(Frame(columns))
            }
        }
        deserializer.deserialize_any(Columns)
    }
}

/// The rows. An error where the file is not written so.
pub(super) fn rows(source: &mut ByteSource<'_>) -> Result<Vec<RawRow>, MakeFault> {
    let text = source.read_all(LIMIT)?.ok_or(FileFault::TooLong { limit: LIMIT })?;
    let not_columns = |reason: String| FileFault::NotJson { row: 1, reason };
    let Frame(columns) = serde_json::from_slice(&text).map_err(|error| not_columns(error.to_string()))?;
    // The first of them, where several are as long.
    let longest = columns.iter().rev().max_by_key(|(_, column)| column.cells.len());
    let Some((_, longest)) = longest.filter(|_| columns.len() > 1) else {
        return Err(not_columns("there are no columns".into()).into());
    };
    if columns.iter().any(|(_, column)| column.names.is_some() != longest.names.is_some()) {
        return Err(not_columns("some columns are lists and some are not".into()).into());
    }
    // The place of each row's name, for columns that leave rows out or have them in another order.
    let places: Vec<HashMap<&str, usize>> = columns
        .iter()
        .map(|(_, column)| {
            let same = column.names == longest.names;
            let names = column.names.iter().flatten().filter(|_| !same);
            names.enumerate().map(|(at, name)| (name.as_ref(), at)).collect()
        })
        .collect();
    let mut rows = Vec::with_capacity(longest.cells.len());
    let mut left = GROWTH * LIMIT;
    for at in 0..longest.cells.len() {
        let mut row = RawRow::default();
        row.extend(b"{");
        let row_name = longest.names.as_ref().and_then(|names| names.get(at));
        for ((name, column), places) in columns.iter().zip(&places) {
            let there = row_name.filter(|_| !places.is_empty());
            let place = there.map_or(Some(at), |row_name| places.get(row_name.as_ref()).copied());
            if let Some(cell) = place.and_then(|place| column.cells.get(place)) {
                row.extend(if row.len() > 1 { b"," } else { b"" });
                row.extend(serde_json::to_string(name).unwrap_or_default().as_bytes());
                row.extend(b":");
                row.extend(cell.get().as_bytes());
            }
        }
        row.extend(b"}");
        left = left.checked_sub(row.len()).ok_or(FileFault::TooLong { limit: LIMIT })?;
        rows.push(row);
    }
    Ok(rows)
}
