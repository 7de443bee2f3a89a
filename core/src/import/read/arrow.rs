//! Arrow tables, as files or as they are sent, one batch after another.

use std::fs::File;
use std::io::{BufReader, Seek as _, SeekFrom};

use polars_arrow::array::{
    Array, BinaryArray, BinaryViewArray, BooleanArray, DictionaryArray, DictionaryKey, FixedSizeBinaryArray,
    FixedSizeListArray, ListArray, MapArray, PrimitiveArray, StructArray, Utf8Array, Utf8ViewArray,
};
use polars_arrow::datatypes::{IntegerType, PhysicalType};
use polars_arrow::io::ipc::read::{FileReader, StreamReader, StreamState, read_file_metadata, read_stream_metadata};
use polars_arrow::record_batch::RecordBatchT;
use polars_arrow::types::{NativeType, PrimitiveType};

use super::arrow_check::{Sound, check_blocks, check_stream};
use super::parquet::write_single;
use super::records::{write_all, write_bytes, write_float, write_text};
use crate::import::FileFault;

type Batch = RecordBatchT<Box<dyn Array>>;
type Found = Box<dyn Iterator<Item = Result<Batch, String>> + Send>;

/// A table.
pub(super) struct Arrow {
    names: Vec<String>,
    batches: Found,
    batch: Option<Batch>,
    row: usize,
    done: usize,
    total: Option<usize>,
    sound: Sound,
}

impl Arrow {
    pub(super) fn open(mut file: File, stream: bool) -> Result<Self, FileFault> {
        let damaged = |error: &dyn std::fmt::Display| FileFault::Table(error.to_string());
        let mut sound = if stream { check_stream(&mut file)? } else { Sound::default() };
        file.seek(SeekFrom::Start(0))?;
        let mut file = BufReader::new(file);
        let (names, batches, total): (_, Found, _) = if stream {
            let metadata = read_stream_metadata(&mut file).map_err(|error| damaged(&error))?;
            let names = metadata.schema.iter_names().map(ToString::to_string).collect();
            let reader = StreamReader::new(file, metadata, None);
            let batches = reader.map_while(|state| match state {
                Ok(StreamState::Some(batch)) => Some(Ok(batch)),
                // The sender may go on later; what is there is all for now.
                Ok(StreamState::Waiting) => None,
                Err(error) => Some(Err(error.to_string())),
            });
            (names, Box::new(batches), None)
        } else {
            let metadata = read_file_metadata(&mut file).map_err(|error| damaged(&error))?;
            let names = metadata.schema.iter_names().map(ToString::to_string).collect();
            let total = metadata.blocks.len();
            let dictionaries = metadata.dictionaries.as_deref().unwrap_or_default();
            sound = check_blocks(file.get_mut(), dictionaries, &metadata.blocks)?;
            let reader = FileReader::new(file, metadata, None, None);
            (names, Box::new(reader.map(|batch| batch.map_err(|error| error.to_string()))), Some(total))
        };
        Ok(Self { names, batches, batch: None, row: 0, done: 0, total, sound })
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, FileFault> {
        loop {
            if let Some(batch) = self.batch.as_ref().filter(|batch| self.row < batch.len()) {
                let mut out = String::new();
                let cells = self.names.iter().zip(batch.arrays());
                write_all(['{', '}'], cells, &mut out, |(name, array), out| {
                    write_text(name, out);
                    out.push(':');
                    write_cell(array.as_ref(), self.row, out);
                });
                self.row += 1;
                return Ok(Some(out.into_bytes()));
            }
            self.batch = None;
            self.row = 0;
            if let Some(fault) = self.sound.fault.take_if(|_| self.done == self.sound.batches) {
                self.batches = Box::new(std::iter::empty());
                return Err(FileFault::Table(format!("batch {}: {fault}", self.done + 1)));
            }
            match self.batches.next() {
                None => return Ok(None),
                Some(Ok(batch)) => self.batch = Some(batch),
                Some(Err(reason)) => {
                    // The reader would give the same error again and again.
                    self.batches = Box::new(std::iter::empty());
                    return Err(FileFault::Table(format!("batch {}: {reason}", self.done + 1)));
                }
            }
            self.done += 1;
        }
    }

    pub(super) fn part_done(&self) -> f64 {
        self.total.map_or(0.0, |total| self.done.saturating_sub(1) as f64 / total.max(1) as f64)
    }
}

/// The array as the type that its data type says.
fn of<T: Array>(array: &dyn Array) -> Option<&T> {
    array.as_any().downcast_ref()
}

fn primitive<T: NativeType>(array: &dyn Array, row: usize) -> Option<T> {
    of::<PrimitiveArray<T>>(array).filter(|array| row < array.len()).map(|array| array.value(row))
}

fn write_cell(array: &dyn Array, row: usize, out: &mut String) {
    if row >= array.len() || array.is_null(row) || !write_known(array, row, out) {
        out.push_str("null");
    }
}

/// False where the type has no equal in JSON.
fn write_known(array: &dyn Array, row: usize, out: &mut String) -> bool {
    let mut list = |items: Box<dyn Array>| {
        write_all(['[', ']'], 0..items.len(), out, |row, out| write_cell(items.as_ref(), row, out));
    };
    match array.dtype().to_physical_type() {
        PhysicalType::List => of::<ListArray<i32>>(array).map(|array| list(array.value(row))),
        PhysicalType::LargeList => of::<ListArray<i64>>(array).map(|array| list(array.value(row))),
        PhysicalType::FixedSizeList => of::<FixedSizeListArray>(array).map(|array| list(array.value(row))),
        PhysicalType::Map => of::<MapArray>(array).map(|array| list(array.value(row))),
        PhysicalType::Boolean => {
            of::<BooleanArray>(array).map(|array| out.push_str(if array.value(row) { "true" } else { "false" }))
        }
        PhysicalType::Utf8 => of::<Utf8Array<i32>>(array).map(|array| write_text(array.value(row), out)),
        PhysicalType::LargeUtf8 => of::<Utf8Array<i64>>(array).map(|array| write_text(array.value(row), out)),
        PhysicalType::Utf8View => of::<Utf8ViewArray>(array).map(|array| write_text(array.value(row), out)),
        PhysicalType::Binary => of::<BinaryArray<i32>>(array).map(|array| write_bytes(array.value(row), out)),
        PhysicalType::LargeBinary => of::<BinaryArray<i64>>(array).map(|array| write_bytes(array.value(row), out)),
        PhysicalType::BinaryView => of::<BinaryViewArray>(array).map(|array| write_bytes(array.value(row), out)),
        PhysicalType::FixedSizeBinary => {
            of::<FixedSizeBinaryArray>(array).map(|array| write_bytes(array.value(row), out))
        }
        PhysicalType::Struct => of::<StructArray>(array).map(|array| {
            let cells = array.fields().iter().zip(array.values());
            write_all(['{', '}'], cells, out, |(field, values), out| {
                write_text(&field.name, out);
                out.push(':');
                write_cell(values.as_ref(), row, out);
            });
        }),
        PhysicalType::Dictionary(key) => match key {
            IntegerType::Int8 => word::<i8>(array, row, out),
            IntegerType::Int16 => word::<i16>(array, row, out),
            IntegerType::Int32 => word::<i32>(array, row, out),
            IntegerType::Int64 => word::<i64>(array, row, out),
            IntegerType::UInt8 => word::<u8>(array, row, out),
            IntegerType::UInt16 => word::<u16>(array, row, out),
            IntegerType::UInt32 => word::<u32>(array, row, out),
            IntegerType::UInt64 => word::<u64>(array, row, out),
            _ => None,
        },
        PhysicalType::Primitive(kind) => number(array, kind, row, out),
        PhysicalType::Null | PhysicalType::Union => None,
    }
    .is_some()
}

/// An entry of a dictionary.
fn word<K: DictionaryKey>(array: &dyn Array, row: usize, out: &mut String) -> Option<()> {
    let array = of::<DictionaryArray<K>>(array)?;
    write_cell(array.values().as_ref(), array.key_value(row), out);
    Some(())
}

fn number(array: &dyn Array, kind: PrimitiveType, row: usize, out: &mut String) -> Option<()> {
    let whole = match kind {
        PrimitiveType::Int8 => primitive::<i8>(array, row)?.to_string(),
        PrimitiveType::Int16 => primitive::<i16>(array, row)?.to_string(),
        PrimitiveType::Int32 => primitive::<i32>(array, row)?.to_string(),
        PrimitiveType::Int64 => primitive::<i64>(array, row)?.to_string(),
        PrimitiveType::Int128 => primitive::<i128>(array, row)?.to_string(),
        PrimitiveType::UInt8 => primitive::<u8>(array, row)?.to_string(),
        PrimitiveType::UInt16 => primitive::<u16>(array, row)?.to_string(),
        PrimitiveType::UInt32 => primitive::<u32>(array, row)?.to_string(),
        PrimitiveType::UInt64 => primitive::<u64>(array, row)?.to_string(),
        PrimitiveType::Float32 => {
            write_single(primitive(array, row)?, out);
            return Some(());
        }
        PrimitiveType::Float64 => {
            write_float(primitive(array, row)?, out);
            return Some(());
        }
        _ => return None,
    };
    out.push_str(&whole);
    Some(())
}
