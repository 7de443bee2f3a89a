//! Maps a table's file into memory, after making sure that it is the one that was written.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use polars::prelude::{ChunkedArray, DataFrame, DataType, PolarsDataType, PolarsResult};
use polars_io::SerReader as _;
use polars_io::ipc::IpcReader;

use super::StoreError;
use super::manifest::TableEntry;
use super::schema::{ColumnKind, TableSchema};

const SEAL_BYTES: u64 = 1 << 20;

/// A table, mapped: its texts stay on disk until they are read.
pub(super) struct MappedTable {
    path: PathBuf,
    frame: DataFrame,
    added: &'static [&'static str],
}

/// A column with its type known, so that reading a cell looks up no name.
#[derive(Clone)]
pub(super) struct TypedColumn<T: PolarsDataType>(ChunkedArray<T>);

impl MappedTable {
    /// Maps the table's file in that folder.
    ///
    /// Touching a page behind the end of a cut file would kill the process, so length and footer are compared first.
    /// A change further up in a large file is found by [`check`](super::check) only.
    pub(super) fn open(folder: &Path, schema: &TableSchema, entry: &TableEntry) -> Result<Self, StoreError> {
        let path = folder.join(schema.file_name());
        let bytes = path.metadata().map_err(|e| StoreError::damaged(&path, e.to_string()))?.len();
        if bytes != entry.bytes {
            return Err(StoreError::damaged(&path, format!("{bytes} bytes instead of {}", entry.bytes)));
        }
        if seal(&path, bytes)? != entry.seal {
            return Err(StoreError::damaged(&path, "its content changed"));
        }
        let frame = map(&path).map_err(|e| StoreError::damaged(&path, e.to_string()))?;
        let table = Self { path, frame, added: schema.added };
        table.expect_columns(schema)?;
        if table.frame.height() as u64 != entry.rows {
            let reason = format!("{} rows instead of {}", table.frame.height(), entry.rows);
            return Err(StoreError::damaged(&table.path, reason));
        }
        Ok(table)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn rows(&self) -> usize {
        self.frame.height()
    }

    /// A column by name and type.
    pub(super) fn column<T: PolarsDataType>(&self, name: &str) -> Result<TypedColumn<T>, StoreError>
    where
        ChunkedArray<T>: 'static,
    {
        if self.added.contains(&name) && self.frame.get_column_index(name).is_none() {
            return Ok(TypedColumn(ChunkedArray::default()));
        }
        let column = self.frame.column(name).map_err(|e| StoreError::damaged(&self.path, e.to_string()))?;
        let series = column.as_materialized_series();
        let typed: Option<&ChunkedArray<T>> = series.as_any().downcast_ref();
        let typed =
            typed.ok_or_else(|| StoreError::damaged(&self.path, format!("column {name} is of another type")))?;
        Ok(TypedColumn(typed.clone()))
    }

    fn expect_columns(&self, schema: &TableSchema) -> Result<(), StoreError> {
        for &(name, kind) in schema.columns {
            let found: Option<DataType> = self.frame.column(name).ok().map(|c| c.dtype().clone());
            let may_lack = found.is_none() && schema.added.contains(&name);
            if !may_lack && found.as_ref() != Some(&ColumnKind::dtype(kind)) {
                return Err(StoreError::damaged(&self.path, format!("column {name} is missing or of another type")));
            }
        }
        Ok(())
    }
}

impl<T: PolarsDataType> TypedColumn<T> {
    /// The cell in that row; `None` where it is empty or there is no such row.
    pub(super) fn get(&self, row: usize) -> Option<T::Physical<'_>> {
        if row < self.0.len() { self.0.get(row) } else { None }
    }
}

/// BLAKE3 of the last mebibyte of a file of that length.
pub(super) fn seal(path: &Path, bytes: u64) -> Result<String, StoreError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(bytes.saturating_sub(SEAL_BYTES)))?;
        let mut tail = Vec::new();
        file.take(SEAL_BYTES).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = read().map_err(StoreError::io("read a data file", path))?;
    Ok(blake3::hash(&tail).to_hex().to_string())
}

#[expect(unsafe_code, reason = "mapping a file is unsafe as such: nothing may change it while it is mapped")]
fn map(path: &Path) -> PolarsResult<DataFrame> {
    let file = File::open(path)?;
    // SAFETY: the file lies in a generation folder. Such files are written under another name, renamed when complete
    // and never written to again; a later import writes new ones and unlinks these, which leaves the mapping intact.
    let reader = unsafe { IpcReader::new(file).memory_mapped(Some(path.to_path_buf())) };
    reader.finish()
}
