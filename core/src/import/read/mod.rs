//! From a file to rows: opens archives and takes compression off, decodes, finds out how the rows are laid out, cuts them
//! out one at a time.
//!
//! Never more than one row is in memory, besides the sample by which the format is recognised. Only YAML, and JSON that
//! is written column by column, are read whole, up to a limit.

mod archive;
mod arrow;
mod arrow_check;
mod bytes;
mod careful;
mod columns;
mod comments;
mod input;
mod json;
mod layout;
mod parquet;
mod records;
mod rows;
mod sample;
mod sheet;
mod slice;
mod table;
mod unpack;
mod value_end;
mod whole;
mod yaml;
mod zip;

pub(super) use archive::{Archive, Members};
pub(super) use bytes::Share;
pub(super) use input::Input;
pub(super) use json::Parsed;
pub(super) use layout::{Framing, Layout};
pub(super) use rows::{FileSum, RawRow, RowReader};
pub(super) use sample::{Head, look_at, take_sample};
pub(crate) use table::{each_row, is_table};
pub(super) use whole::read_whole;
