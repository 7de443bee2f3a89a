//! Maps a table's file into memory, after making sure that it is the one that was written.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{
    ChunkFullNull, ChunkedArray, DataFrame, DataType, PlSmallStr, PolarsDataType, PolarsResult, Series,
    StaticArray as _,
};
use polars_io::SerReader as _;
use polars_io::ipc::IpcReader;

use super::StoreError;
use super::manifest::Piece;
use super::schema::{ColumnKind, TableSchema};

const SEAL_BYTES: u64 = 1 << 20;

/// A table, mapped: its texts stay on disk until they are read.
pub(super) struct MappedTable {
    /// The first of its files.
    path: PathBuf,
    frame: DataFrame,
    starts: Arc<[usize]>,
    added: &'static [&'static str],
}

/// A column with its type known, so that reading a cell looks up no name.
#[derive(Clone)]
pub(super) struct TypedColumn<T: PolarsDataType> {
    array: ChunkedArray<T>,
    /// The first row of each batch of the files; the same for all columns of a table.
    starts: Arc<[usize]>,
}

impl MappedTable {
    /// Maps the table's file in all these folders; the rows of each follow those of the one before.
    pub(super) fn open(pieces: &[Piece<'_>], schema: &TableSchema) -> Result<Self, StoreError> {
        let mut all: Option<Self> = None;
        for piece in pieces {
            let next = Self::open_piece(piece, schema)?;
            let Some(table) = &mut all else {
                all = Some(next);
                continue;
            };
            // Puts the batches one after another; nothing is copied.
            table.frame.vstack_mut(&next.frame).map_err(|e| StoreError::damaged(&next.path, e.to_string()))?;
        }
        let mut all = all.ok_or_else(|| StoreError::damaged(Path::new(schema.name), "there are no tables"))?;
        all.starts = all.first_rows();
        Ok(all)
    }

    fn first_rows(&self) -> Arc<[usize]> {
        self.frame.columns().first().map(|column| starts(column.as_materialized_series())).unwrap_or_default()
    }

    /// Touching a page behind the end of a cut file would kill the process, so length and footer are compared first.
    /// A change further up in a large file is found by [`check`](super::check) only.
    fn open_piece(piece: &Piece<'_>, schema: &TableSchema) -> Result<Self, StoreError> {
        let path = piece.folder.join(schema.file_name());
        let entry = piece.tables.get(schema.name);
        let entry = entry.ok_or_else(|| StoreError::damaged(&path, "the project file does not mention it"))?;
        let bytes = path.metadata().map_err(|e| StoreError::damaged(&path, e.to_string()))?.len();
        if bytes != entry.bytes {
            return Err(StoreError::damaged(&path, format!("{bytes} bytes instead of {}", entry.bytes)));
        }
        if seal(&path, bytes)? != entry.seal {
            return Err(StoreError::damaged(&path, "its content changed"));
        }
        let frame = map(&path).map_err(|e| StoreError::damaged(&path, e.to_string()))?;
        let table = Self { path, frame, starts: Arc::default(), added: schema.added };
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
            return Ok(TypedColumn { array: ChunkedArray::default(), starts: Arc::default() });
        }
        let column = self.frame.column(name).map_err(|e| StoreError::damaged(&self.path, e.to_string()))?;
        let series = column.as_materialized_series();
        let typed: Option<&ChunkedArray<T>> = series.as_any().downcast_ref();
        let typed =
            typed.ok_or_else(|| StoreError::damaged(&self.path, format!("column {name} is of another type")))?;
        if starts(series) != self.starts {
            return Err(StoreError::damaged(&self.path, format!("column {name} is cut in other places")));
        }
        Ok(TypedColumn { array: typed.clone(), starts: Arc::clone(&self.starts) })
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
        let batch = self.starts.partition_point(|&start| start <= row).checked_sub(1)?;
        self.array.downcast_get(batch)?.get(row - self.starts.get(batch)?)
    }

    /// How many batches there are.
    pub(super) fn batches(&self) -> usize {
        self.starts.len()
    }

    /// A batch and its first row; `None` where it has no cell that is not empty.
    pub(super) fn batch(&self, batch: usize) -> Option<(usize, &T::Array)> {
        let chunk = self.array.chunks().get(batch)?;
        let array = self.array.downcast_get(batch)?;
        (chunk.null_count() < chunk.len()).then_some((*self.starts.get(batch)?, array))
    }

    /// The whole column, nothing copied; empty cells where projects of older versions lack it.
    pub(super) fn whole(&self, rows: usize) -> ChunkedArray<T>
    where
        ChunkedArray<T>: ChunkFullNull,
    {
        if self.array.len() == rows { self.array.clone() } else { ChunkedArray::full_null(PlSmallStr::EMPTY, rows) }
    }

    /// True where some cell is not empty.
    pub(super) fn has_any(&self) -> bool {
        self.array.null_count() < self.array.len()
    }
}

/// The first row of each batch.
fn starts(series: &Series) -> Arc<[usize]> {
    series
        .chunk_lengths()
        .scan(0, |end, length| {
            let start = *end;
            *end += length;
            Some(start)
        })
        .collect()
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
