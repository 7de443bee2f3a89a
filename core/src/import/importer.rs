//! What one format family has to offer, and the sample rows by which it recognises its files.

use serde_json::Value;

use super::{Carried, RowError};
use crate::model::{Trace, TraceBuilder};

/// Reads one family of published formats. Foreign field names are spelled in its file only.
pub trait Importer: Sync {
    /// Short stable name, for `--format` and for the source of each trace.
    fn name(&self) -> &'static str;

    /// One line for dialogs and help.
    fn caption(&self) -> &'static str;

    /// Groups of keys of which a row needs one each; for messages about rows that come close.
    fn needs(&self) -> &'static [&'static [&'static str]];

    /// Whether the file looks like one of the family, and why.
    fn recognise(&self, sample: &Sample) -> Option<Recognition>;

    /// Turns one row into traces. The sample settles what a single row leaves open.
    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError>;
}

/// What a row gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The trace; its source is filled in by the caller where it has none.
    pub trace: Trace,
    /// Labels and scores of a native file.
    pub carried: Option<Carried>,
}

impl From<TraceBuilder> for Imported {
    fn from(builder: TraceBuilder) -> Self {
        Self { trace: builder.build(), carried: None }
    }
}

/// An importer's opinion of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Share of the sample rows that fit, above 0 and up to 1.
    pub share: f32,
    /// Why, for the user.
    pub reason: String,
    /// What one row is.
    pub unit: Unit,
}

/// What an importer wants to be given as one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A line, or an element of the outer list.
    #[default]
    Row,
    /// A whole document: here the outer list is itself one trace.
    Document,
}

/// Rows from the start of a file and a few from its middle and end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The rows that could be parsed.
    pub rows: Vec<Value>,
    /// Number of the first of them.
    pub first_row: u64,
    /// True where the rows are elements of one list.
    pub in_list: bool,
}

impl Sample {
    /// All keys that occur in any of the rows, in order of appearance.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for key in self.rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        keys
    }

    /// A recognition, where at least one row fits.
    pub fn recognise(&self, reason: &str, fits: impl Fn(&Value) -> bool) -> Option<Recognition> {
        let fitting = self.rows.iter().filter(|row| fits(row)).count();
        (fitting > 0).then(|| Recognition {
            share: fitting as f32 / self.rows.len() as f32,
            reason: format!("{fitting} of {} sample rows have {reason}", self.rows.len()),
            unit: Unit::Row,
        })
    }
}
