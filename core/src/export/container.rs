//! What the rows of a file stand in: lines of JSON, one JSON array, a table of CSV or of Parquet. The name decides.

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Map, Value};

use super::ExportError;
use super::shards::HashingFile;
use crate::csv::push_line;

/// What rows stand in, and how the file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Container {
    /// What rows stand in.
    pub layout: Layout,
    /// How the file is packed.
    pub packing: Packing,
}

/// What rows stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A row a line.
    Lines,
    /// One array of all rows.
    Array,
    /// A table with a line of headings; for rows that hold no lists or objects.
    Csv,
    /// A table in columns, packed inside.
    Parquet,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Plain,
    /// As gzip.
    Gzip,
    /// As Zstandard.
    Zstd,
}

impl Container {
    /// By the end of the name: `.parquet`, `.json`, `.csv`, else lines of JSON; but for Parquet perhaps `.gz` or `.zst`
    /// after it.
    pub fn of(path: &Path) -> Result<Self, ExportError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let (name, packing) = if let Some(name) = name.strip_suffix(".gz") {
            (name, Packing::Gzip)
        } else if let Some(name) = name.strip_suffix(".zst") {
            (name, Packing::Zstd)
        } else {
            (name.as_str(), Packing::Plain)
        };
        let layout = match name.rsplit_once('.').map(|(_, end)| end) {
            Some("json") => Layout::Array,
            Some("csv") => Layout::Csv,
            Some("parquet") if packing == Packing::Plain => Layout::Parquet,
            Some("parquet" | "arrow" | "tsv" | "xlsx") => {
                return Err(ExportError::Container { path: path.into() });
            }
            _ => Layout::Lines,
        };
        Ok(Self { layout, packing })
    }
}

/// Writes rows into one file of text. Parquet is written by [`table`](super::table).
pub(super) struct RowWriter {
    layout: Layout,
    packed: Packed,
    rows: u64,
    /// Of CSV.
    headings: Vec<String>,
}

enum Packed {
    Plain(HashingFile),
    Gzip(flate2::write::GzEncoder<HashingFile>),
    Zstd(zstd::Encoder<'static, HashingFile>),
}

impl RowWriter {
    pub(super) fn new(container: Container, file: HashingFile) -> io::Result<Self> {
        let packed = match container.packing {
            Packing::Plain => Packed::Plain(file),
            // Without a time and a name in its head, so that equal rows give equal bytes.
            Packing::Gzip => Packed::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::default())),
            Packing::Zstd => Packed::Zstd(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?),
        };
        Ok(Self { layout: container.layout, packed, rows: 0, headings: Vec::new() })
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes a row and gives the bytes it takes before packing. What CSV cannot hold is an error.
    pub(super) fn row(&mut self, line: &str) -> io::Result<u64> {
        let text = match self.layout {
            Layout::Lines => format!("{line}\n"),
            Layout::Array => format!("{}{line}", if self.rows == 0 { "[\n" } else { ",\n" }),
            Layout::Csv | Layout::Parquet => self.table_row(line)?,
        };
        self.rows += 1;
        self.put(&text)?;
        Ok(text.len() as u64)
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> io::Result<HashingFile> {
        if self.layout == Layout::Array {
            self.put(if self.rows == 0 { "[]\n" } else { "\n]\n" })?;
        }
        match self.packed {
            Packed::Plain(file) => Ok(file),
            Packed::Gzip(file) => file.finish(),
            Packed::Zstd(file) => file.finish(),
        }
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        match &mut self.packed {
            Packed::Plain(file) => file.write_all(text.as_bytes()),
            Packed::Gzip(file) => file.write_all(text.as_bytes()),
            Packed::Zstd(file) => file.write_all(text.as_bytes()),
        }
    }

    fn table_row(&mut self, line: &str) -> io::Result<String> {
        let row: Map<String, Value> = serde_json::from_str(line)?;
        let mut text = String::new();
        if self.rows == 0 {
            self.headings = row.keys().cloned().collect();
            push_line(&mut text, self.headings.iter().map(Some));
        }
        if !row.keys().eq(&self.headings) {
            return Err(io::Error::other("a row has other columns than the first"));
        }
        let cell = |(name, value): (&String, &Value)| match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
            Value::Array(_) | Value::Object(_) => Err(io::Error::other(format!(
                "`{name}` holds a list or an object, for which CSV has no place; choose .jsonl or the format `steps`"
            ))),
        };
        let cells = row.iter().map(cell).collect::<io::Result<Vec<_>>>()?;
        push_line(&mut text, cells);
        Ok(text)
    }
}
