//! Writes one table as an Arrow file, in record batches of bounded size.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    BooleanChunkedBuilder, ChunkFullNull as _, ChunkedBuilder as _, Column, DataFrame, Float64Type, IntoColumn as _,
    PolarsResult, PrimitiveChunkedBuilder, Schema, StringChunked, StringChunkedBuilder, UInt32Type, UInt64Type,
};
use polars_io::SerWriter as _;
use polars_io::ipc::{BatchedWriter, IpcWriter};

use super::StoreError;
use super::manifest::TableEntry;
use super::map;
use super::schema::{ColumnKind, TableSchema};

/// A batch is written when it holds this much text or this many rows: what an import keeps in memory per table.
const BATCH_BYTES: usize = 16 << 20;
/// Tests have tables of several batches.
const BATCH_ROWS: usize = if cfg!(test) { 5 } else { 1 << 17 };
/// Longer texts do not fit the columnar format.
const MAX_TEXT_BYTES: usize = 1 << 30;

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Text(Option<&'a str>),
    U32(Option<u32>),
    U64(u64),
    F64(Option<f64>),
    Bool(bool),
}

/// A table being written.
pub(super) struct TableWriter {
    schema: &'static TableSchema,
    path: PathBuf,
    target: Target,
    writer: BatchedWriter<Target>,
    columns: Vec<Builder>,
    batch_rows: usize,
    batch_bytes: usize,
    /// Number of its first row: where it goes on with a table, how many rows that has.
    first: u32,
    /// Number of the next row.
    rows: u32,
}

enum Builder {
    /// Most columns of text are empty from end to end: nothing is built until there is a text.
    Text(Option<StringChunkedBuilder>, usize),
    U32(PrimitiveChunkedBuilder<UInt32Type>),
    U64(PrimitiveChunkedBuilder<UInt64Type>),
    F64(PrimitiveChunkedBuilder<Float64Type>),
    Bool(BooleanChunkedBuilder),
}

impl TableWriter {
    /// Creates the file of the table in that folder; its rows are numbered from `first` on.
    pub(super) fn create(folder: &Path, schema: &'static TableSchema, first: u32) -> Result<Self, StoreError> {
        let path = folder.join(schema.file_name());
        let file = File::create_new(&path).map_err(StoreError::io("create a data file", &path))?;
        let target = Target::new(file);
        let fields: Schema = schema.columns.iter().map(|&(name, kind)| (name.into(), kind.dtype())).collect();
        // One empty description per column: there are no dictionaries to number.
        let ipc_fields = std::iter::repeat_with(Default::default).take(schema.columns.len()).collect();
        // Uncompressed, or it could not be mapped.
        let writer = IpcWriter::new(target.clone())
            .with_compression(None)
            .batched(&fields, ipc_fields)
            .map_err(|e| StoreError::Write { reason: e.to_string(), path: path.clone() })?;
        let columns = new_builders(schema);
        Ok(Self { schema, path, target, writer, columns, batch_rows: 0, batch_bytes: 0, first, rows: first })
    }

    /// The number of the next row.
    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    /// Adds a row; the cells stand in the order of the schema.
    pub(super) fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), StoreError> {
        let wrong = || StoreError::Write { reason: "a row does not fit its table".into(), path: self.path.clone() };
        if cells.len() != self.columns.len() {
            return Err(wrong());
        }
        let lengths = || cells.iter().map(|cell| if let Cell::Text(Some(text)) = cell { text.len() } else { 0 });
        let bytes: usize = lengths().sum();
        if bytes > MAX_TEXT_BYTES && lengths().any(|length| length > MAX_TEXT_BYTES) {
            return Err(self.too_large("a text of more than 1 GiB"));
        }
        let Some(rows) = self.rows.checked_add(1).filter(|&rows| rows < u32::MAX) else {
            return Err(self.too_large(&format!("more than 4 thousand million {}", self.schema.name)));
        };
        for ((column, cell), (name, _)) in self.columns.iter_mut().zip(cells).zip(self.schema.columns) {
            match (column, *cell) {
                (Builder::Text(None, empty), Cell::Text(None)) => *empty += 1,
                (Builder::Text(column, empty), Cell::Text(text)) => {
                    let column = column.get_or_insert_with(|| {
                        let mut column = StringChunkedBuilder::new((*name).into(), 0);
                        (0..*empty).for_each(|_| column.append_null());
                        column
                    });
                    column.append_option(text);
                }
                (Builder::U32(column), Cell::U32(number)) => column.append_option(number),
                (Builder::U64(column), Cell::U64(number)) => column.append_value(number),
                (Builder::F64(column), Cell::F64(number)) => column.append_option(number),
                (Builder::Bool(column), Cell::Bool(flag)) => column.append_value(flag),
                _ => return Err(wrong()),
            }
        }
        self.rows = rows;
        self.batch_rows += 1;
        self.batch_bytes += bytes;
        if self.batch_rows >= BATCH_ROWS || self.batch_bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and the footer, waits for the disk, and says what the file must be.
    pub(super) fn finish(mut self) -> Result<TableEntry, StoreError> {
        self.flush()?;
        self.writer.finish().map_err(|e| StoreError::Write { reason: e.to_string(), path: self.path.clone() })?;
        let (bytes, blake3) = self.target.close().map_err(StoreError::io("write a data file", &self.path))?;
        let seal = map::seal(&self.path, bytes)?;
        Ok(TableEntry { rows: u64::from(self.rows - self.first), bytes, seal, blake3 })
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.batch_rows == 0 {
            return Ok(());
        }
        let builders = std::mem::replace(&mut self.columns, new_builders(self.schema));
        let named = builders.into_iter().zip(self.schema.columns);
        let columns: Vec<Column> = named.map(|(column, (name, _))| column.finish(name)).collect();
        let write = |writer: &mut BatchedWriter<Target>| -> PolarsResult<()> {
            writer.write_batch(&DataFrame::new(self.batch_rows, columns)?)
        };
        write(&mut self.writer).map_err(|e| StoreError::Write { reason: e.to_string(), path: self.path.clone() })?;
        (self.batch_rows, self.batch_bytes) = (0, 0);
        Ok(())
    }

    fn too_large(&self, what: &str) -> StoreError {
        StoreError::TooLarge { what: what.into(), path: self.path.clone() }
    }
}

fn new_builders(schema: &TableSchema) -> Vec<Builder> {
    let builder = |&(name, kind): &(&'static str, ColumnKind)| match kind {
        ColumnKind::Text => Builder::Text(None, 0),
        ColumnKind::U32 => Builder::U32(PrimitiveChunkedBuilder::new(name.into(), 0)),
        ColumnKind::U64 => Builder::U64(PrimitiveChunkedBuilder::new(name.into(), 0)),
        ColumnKind::F64 => Builder::F64(PrimitiveChunkedBuilder::new(name.into(), 0)),
        ColumnKind::Bool => Builder::Bool(BooleanChunkedBuilder::new(name.into(), 0)),
    };
    schema.columns.iter().map(builder).collect()
}

impl Builder {
    fn finish(self, name: &str) -> Column {
        match self {
            Self::Text(Some(column), _) => column.finish().into_column(),
            Self::Text(None, rows) => StringChunked::full_null(name.into(), rows).into_column(),
            Self::U32(column) => column.finish().into_column(),
            Self::U64(column) => column.finish().into_column(),
            Self::F64(column) => column.finish().into_column(),
            Self::Bool(column) => column.finish().into_column(),
        }
    }
}

/// The file under the columnar writer, which does not give back what it was given; counts and hashes on the way.
#[derive(Clone)]
struct Target(Arc<Mutex<TargetState>>);

struct TargetState {
    file: BufWriter<File>,
    bytes: u64,
    hasher: blake3::Hasher,
}

impl Target {
    fn new(file: File) -> Self {
        let file = BufWriter::with_capacity(1 << 18, file);
        Self(Arc::new(Mutex::new(TargetState { file, bytes: 0, hasher: blake3::Hasher::new() })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut TargetState) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until all is on disk; gives the length and the BLAKE3 of the file.
    fn close(&self) -> io::Result<(u64, String)> {
        self.with(|state| {
            state.file.flush()?;
            state.file.get_ref().sync_all()?;
            Ok((state.bytes, state.hasher.finalize().to_hex().to_string()))
        })
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|state| {
            state.file.write_all(bytes)?;
            state.hasher.update(bytes);
            state.bytes += bytes.len() as u64;
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|state| state.file.flush())
    }
}
