//! Tables in columns, Parquet and Arrow, as rows of JSON, one row group or batch at a time.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::arrow::Arrow;
use super::json::special;
use super::layout::Framing;
use super::parquet::Parquet;
use crate::import::FileFault;

/// The records of a table, one after another.
pub(super) enum Records {
    Parquet(Parquet),
    Arrow(Arrow),
}

impl Records {
    pub(super) fn open(file: File, framing: Framing) -> Result<Self, FileFault> {
        guarded(|| match framing {
            Framing::Parquet => Parquet::open(file).map(Self::Parquet),
            framing => Arrow::open(file, framing == Framing::ArrowStream).map(Self::Arrow),
        })
    }

    /// The next record as JSON.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, FileFault> {
        guarded(|| match self {
            Self::Parquet(table) => table.next(),
            Self::Arrow(table) => table.next(),
        })
    }

    /// Which part of the records was given, 0..=1.
    pub(super) fn part_done(&self) -> f64 {
        match self {
            Self::Parquet(table) => table.part_done(),
            Self::Arrow(table) => table.part_done(),
        }
    }
}

/// Both readers panic on some damaged files.
fn guarded<T>(read: impl FnOnce() -> Result<T, FileFault>) -> Result<T, FileFault> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(FileFault::Table("its content contradicts itself".into())))
}

/// Writes a text as JSON.
pub(super) fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Writes a number as JSON, or as the word for what JSON has no number for.
pub(super) fn write_float(value: f64, out: &mut String) {
    match serde_json::Number::from_f64(value) {
        Some(number) => out.push_str(&number.to_string()),
        None => write_text(special(value), out),
    }
}

/// Writes bytes as the text they are, else in hexadecimal digits.
pub(super) fn write_bytes(bytes: &[u8], out: &mut String) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return write_text(text, out);
    }
    out.push('"');
    for byte in bytes {
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    out.push('"');
}

/// Writes items between brackets, with commas.
pub(super) fn write_all<T>(
    brackets: [char; 2],
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    let [open, close] = brackets;
    out.push(open);
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}
