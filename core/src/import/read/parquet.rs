//! Parquet: pages are read as they are needed, so that a row group of any size takes little memory.

use std::fs::File;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};

use super::records::{write_all, write_bytes, write_float, write_text};
use crate::import::FileFault;

/// A table.
pub(super) struct Parquet {
    rows: RowIter<'static>,
    /// To find the column at fault.
    file: File,
    done: u64,
    total: u64,
}

impl Parquet {
    pub(super) fn open(file: File) -> Result<Self, FileFault> {
        let again = file.try_clone().map_err(FileFault::from)?;
        let reader = SerializedFileReader::new(file).map_err(|error| damaged(&error))?;
        for group in reader.metadata().row_groups() {
            if let Some(column) = group.columns().iter().find(|column| column.compression() == Compression::LZO) {
                let path = column.column_path().string();
                let reason = format!("column `{path}` is compressed with LZO; write it with Snappy or zstd");
                return Err(FileFault::Table(reason));
            }
        }
        let total = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
        let rows = RowIter::from_file_into(Box::new(reader));
        Ok(Self { rows, file: again, done: 0, total })
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, FileFault> {
        match self.rows.next() {
            None if self.done < self.total => {
                let reason = format!("it ends after {} of {} rows", self.done, self.total);
                Err(FileFault::Table(reason))
            }
            None => Ok(None),
            Some(Ok(row)) => {
                self.done += 1;
                let mut out = String::new();
                write_row(&row, &mut out);
                Ok(Some(out.into_bytes()))
            }
            Some(Err(error)) => Err(self.column_at_fault().unwrap_or_else(|| damaged(&error))),
        }
    }

    pub(super) fn part_done(&self) -> f64 {
        self.done as f64 / self.total.max(1) as f64
    }

    /// Reads the pages of each column alone until one fails.
    fn column_at_fault(&self) -> Option<FileFault> {
        let reader = SerializedFileReader::new(self.file.try_clone().ok()?).ok()?;
        for number in 0..reader.num_row_groups() {
            let group = reader.get_row_group(number).ok()?;
            for column in 0..group.num_columns() {
                let pages = group.get_column_page_reader(column);
                let fault = pages.and_then(|mut pages| {
                    while pages.get_next_page()?.is_some() {}
                    Ok(())
                });
                if let Err(error) = fault {
                    let path = group.metadata().column(column).column_path().string();
                    let reason = format!("column `{path}` in row group {}: {error}", number + 1);
                    return Some(FileFault::Table(reason));
                }
            }
        }
        None
    }
}

fn damaged(error: &ParquetError) -> FileFault {
    FileFault::Table(error.to_string())
}

fn write_row(row: &Row, out: &mut String) {
    write_all(['{', '}'], row.get_column_iter(), out, |(name, field), out| {
        write_text(name, out);
        out.push(':');
        write_field(field, out);
    });
}

fn write_field(field: &Field, out: &mut String) {
    match field {
        Field::Null => out.push_str("null"),
        Field::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Field::Byte(value) => out.push_str(&value.to_string()),
        Field::Short(value) => out.push_str(&value.to_string()),
        Field::Int(value) => out.push_str(&value.to_string()),
        Field::Long(value) => out.push_str(&value.to_string()),
        Field::UByte(value) => out.push_str(&value.to_string()),
        Field::UShort(value) => out.push_str(&value.to_string()),
        Field::UInt(value) => out.push_str(&value.to_string()),
        Field::ULong(value) => out.push_str(&value.to_string()),
        Field::Float16(value) => write_float(value.to_f64(), out),
        Field::Float(value) => write_single(*value, out),
        Field::Double(value) => write_float(*value, out),
        Field::Str(text) => write_text(text, out),
        Field::Bytes(bytes) => write_bytes(bytes.data(), out),
        Field::Group(row) => write_row(row, out),
        Field::ListInternal(list) => write_all(['[', ']'], list.elements(), out, write_field),
        Field::MapInternal(map) => write_all(['{', '}'], map.entries(), out, |(key, value), out| {
            match key {
                Field::Str(text) => write_text(text, out),
                other => write_text(&other.to_string(), out),
            }
            out.push(':');
            write_field(value, out);
        }),
        // Times, dates and decimals, as they are usually written.
        other => write_text(&other.to_string(), out),
    }
}

/// In its own digits: as a number of twice the length 0.1 becomes 0.10000000149.
pub(super) fn write_single(value: f32, out: &mut String) {
    match value.to_string().parse() {
        Ok(same) if value.is_finite() => write_float(same, out),
        _ => write_float(value.into(), out),
    }
}
