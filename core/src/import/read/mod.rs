//! From a file to rows: decodes, finds out how the rows are laid out, cuts them out one at a time.
//!
//! Never more than one row is in memory, besides the sample by which the format is recognised.

mod bytes;
mod comments;
mod layout;
mod rows;
mod sample;
mod value_end;
mod whole;

pub(super) use bytes::{ByteSource, Share};
pub(super) use layout::Framing;
pub(super) use rows::{RawRow, RowReader};
pub(super) use sample::{Look, take_sample};
pub(super) use whole::read_whole;
