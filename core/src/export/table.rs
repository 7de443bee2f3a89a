//! Parquet: rows wait in a file of lines until the types of all columns are known, then are written group by group.
//!
//! Columns have the types that Python's `datasets` infers from the same rows as JSONL: `string`, `bool`, `int64`,
//! `float64`, lists, objects, and `null` for what was null or empty in every row. All may be null. No schema of Arrow's
//! is written beside Parquet's own: readers would take its wider types (`large_string`) for the columns'. Files of one
//! export have the same schema, whatever rows each holds.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value};

use super::columns::Kind;

/// So much text, in bytes of JSON, is held in memory and becomes one row group.
const GROUP: usize = 16 << 20;

/// Rows of one file that wait for the types of their columns.
pub(super) struct Waiting {
    lines: BufWriter<File>,
    rows: u64,
}

impl Waiting {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self { lines: BufWriter::new(tempfile::tempfile_in(folder)?), rows: 0 })
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Keeps a row and adds what it shows of the columns. Gives the bytes of its line.
    pub(super) fn row(&mut self, line: &str, columns: &mut Option<Kind>) -> io::Result<u64> {
        let row: Map<String, Value> = serde_json::from_str(line)?;
        let seen = Kind::of_row(&row);
        let (joined, clash) = match columns.take() {
            None => (seen, None),
            Some(columns) => columns.joined(seen),
        };
        *columns = Some(joined);
        if let Some(clash) = clash {
            let said = format!("a row differs from those before it: {clash}; choose .jsonl");
            return Err(io::Error::other(said));
        }
        self.lines.write_all(line.as_bytes())?;
        self.lines.write_all(b"\n")?;
        self.rows += 1;
        Ok(line.len() as u64 + 1)
    }

    /// Writes the rows as Parquet.
    pub(super) fn write<W: Write + Send>(self, columns: Option<&Kind>, out: W) -> io::Result<W> {
        let fields = match columns {
            Some(Kind::Object(fields)) => fields.as_slice(),
            _ => &[],
        };
        let schema = schema(fields)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        let mut columns: Vec<(&str, Column)> =
            fields.iter().map(|(name, kind)| (name.as_str(), Column::of(kind))).collect();
        let mut lines = BufReader::new(self.lines.into_inner().map_err(io::IntoInnerError::into_error)?);
        lines.rewind()?;
        let (mut line, mut held) = (String::new(), 0);
        while lines.read_line(&mut line)? > 0 {
            let row: Map<String, Value> = serde_json::from_str(&line)?;
            for (name, column) in &mut columns {
                column.push(row.get(*name), Place::default());
            }
            held += line.len();
            line.clear();
            if held >= GROUP {
                write_group(&mut file, &mut columns)?;
                held = 0;
            }
        }
        if held > 0 {
            write_group(&mut file, &mut columns)?;
        }
        file.into_inner().map_err(failed)
    }
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

fn write_group<W: Write + Send>(file: &mut SerializedFileWriter<W>, columns: &mut [(&str, Column)]) -> io::Result<()> {
    let mut group = file.next_row_group().map_err(failed)?;
    for (_, column) in columns {
        column.write(&mut group).map_err(failed)?;
    }
    group.close().map_err(failed)?;
    Ok(())
}

fn schema(fields: &[(String, Kind)]) -> io::Result<TypePtr> {
    let fields = fields.iter().map(|(name, kind)| column_type(name, kind, name)).collect::<io::Result<Vec<_>>>()?;
    let schema = Type::group_type_builder("schema").with_fields(fields).build().map_err(failed)?;
    Ok(Arc::new(schema))
}

fn column_type(name: &str, kind: &Kind, place: &str) -> io::Result<TypePtr> {
    let plain = |physical| Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    let built = match kind {
        Kind::Null => plain(Physical::INT32).with_logical_type(Some(LogicalType::Unknown)).build(),
        Kind::Bool => plain(Physical::BOOLEAN).build(),
        Kind::Whole => plain(Physical::INT64).build(),
        Kind::Number => plain(Physical::DOUBLE).build(),
        Kind::Text => plain(Physical::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
            .build(),
        Kind::List(inner) => {
            let element = column_type("element", inner.as_deref().unwrap_or(&Kind::Null), place)?;
            let list =
                Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![element]);
            Type::group_type_builder(name)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::List))
                .with_converted_type(ConvertedType::LIST)
                .with_fields(vec![Arc::new(list.build().map_err(failed)?)])
                .build()
        }
        Kind::Object(fields) if fields.is_empty() => {
            let said = format!(
                "`{place}` holds an object without fields in every row, for which Parquet has no place; choose .jsonl"
            );
            return Err(io::Error::other(said));
        }
        Kind::Object(fields) => {
            let inner = fields.iter().map(|(name, kind)| column_type(name, kind, &format!("{place}.{name}")));
            let inner = inner.collect::<io::Result<Vec<_>>>()?;
            Type::group_type_builder(name).with_repetition(Repetition::OPTIONAL).with_fields(inner).build()
        }
    };
    built.map(Arc::new).map_err(failed)
}

/// Where a value stands: in which list it begins anew, how many of the things around it are there, how many are lists.
/// The first two are Parquet's levels of repetition and definition.
#[derive(Clone, Copy, Default)]
struct Place {
    begins: i16,
    there: i16,
    lists: i16,
}

/// The values of a column that wait for their row group.
enum Column {
    Null(Leaf<Int32Type>),
    Bool(Leaf<BoolType>),
    Whole(Leaf<Int64Type>),
    Number(Leaf<DoubleType>),
    Text(Leaf<ByteArrayType>),
    List(Box<Column>),
    Object(Vec<(String, Column)>),
}

impl Column {
    fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Null => Self::Null(Leaf::default()),
            Kind::Bool => Self::Bool(Leaf::default()),
            Kind::Whole => Self::Whole(Leaf::default()),
            Kind::Number => Self::Number(Leaf::default()),
            Kind::Text => Self::Text(Leaf::default()),
            Kind::List(inner) => Self::List(Box::new(Self::of(inner.as_deref().unwrap_or(&Kind::Null)))),
            Kind::Object(fields) => {
                Self::Object(fields.iter().map(|(name, kind)| (name.clone(), Self::of(kind))).collect())
            }
        }
    }

    /// Adds a value; what is not there is null.
    fn push(&mut self, value: Option<&Value>, place: Place) {
        let value = value.unwrap_or(&Value::Null);
        match self {
            Self::Null(leaf) => leaf.push(None, place),
            Self::Bool(leaf) => leaf.push(value.as_bool(), place),
            Self::Whole(leaf) => leaf.push(value.as_i64(), place),
            Self::Number(leaf) => leaf.push(value.as_f64(), place),
            Self::Text(leaf) => leaf.push(value.as_str().map(ByteArray::from), place),
            Self::List(inner) => match value.as_array().map(Vec::as_slice) {
                None => inner.push(None, place),
                Some([]) => inner.push(None, Place { there: place.there + 1, ..place }),
                Some(items) => {
                    let (there, lists) = (place.there + 2, place.lists + 1);
                    for (number, item) in items.iter().enumerate() {
                        let begins = if number == 0 { place.begins } else { lists };
                        inner.push(Some(item), Place { begins, there, lists });
                    }
                }
            },
            Self::Object(fields) => {
                let (object, there) = match value.as_object() {
                    Some(object) => (Some(object), place.there + 1),
                    None => (None, place.there),
                };
                for (name, column) in fields {
                    column.push(object.and_then(|object| object.get(name)), Place { there, ..place });
                }
            }
        }
    }

    fn write<W: Write + Send>(&mut self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError> {
        match self {
            Self::Null(leaf) => leaf.write(group),
            Self::Bool(leaf) => leaf.write(group),
            Self::Whole(leaf) => leaf.write(group),
            Self::Number(leaf) => leaf.write(group),
            Self::Text(leaf) => leaf.write(group),
            Self::List(inner) => inner.write(group),
            Self::Object(fields) => fields.iter_mut().try_for_each(|(_, column)| column.write(group)),
        }
    }
}

/// The values of a column without parts, each with its place.
struct Leaf<T: DataType> {
    values: Vec<T::T>,
    begins: Vec<i16>,
    there: Vec<i16>,
}

impl<T: DataType> Default for Leaf<T> {
    fn default() -> Self {
        Self { values: Vec::new(), begins: Vec::new(), there: Vec::new() }
    }
}

impl<T: DataType> Leaf<T> {
    fn push(&mut self, value: Option<T::T>, place: Place) {
        self.begins.push(place.begins);
        self.there.push(place.there + i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn write<W: Write + Send>(&mut self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError> {
        let Self { values, begins, there } = std::mem::take(self);
        let Some(mut column) = group.next_column()? else {
            return Err(ParquetError::General("a column of the schema is missing".into()));
        };
        column.typed::<T>().write_batch(&values, Some(&there), Some(&begins))?;
        column.close()
    }
}
