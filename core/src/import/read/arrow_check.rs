//! Looks through the messages of an Arrow table before they are read: a reader believes the sizes in them, and a forged
//! one asks for more memory than there is, which nothing can catch.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use polars_arrow::io::ipc::format::ipc::planus::ReadAsRoot as _;
use polars_arrow::io::ipc::format::ipc::{Block, MessageHeaderRef, MessageRef, RecordBatchRef};

/// What stands before the length of a message.
const MARK: [u8; 4] = [0xFF; 4];

/// A message may grow so many times when it is unpacked, but to so many bytes always; as for whole files.
const RATIO: u64 = 400;
const ALWAYS: u64 = 256 << 20;

/// Rows of a batch. Columns that hold only nulls take no space, so that any number of them could be claimed.
const ROWS: i64 = 1 << 30;

/// Dictionaries in a row; the reader calls itself for each.
const DICTIONARIES: usize = 1000;

/// The file and its size.
struct Messages<'a> {
    file: &'a mut File,
    size: u64,
}

/// A message: where its body starts, and how long it is.
struct Found {
    body: u64,
    bytes: u64,
    is_dictionary: bool,
}

/// How many batches are sound, and what is wrong with the next one; where a message cannot be read at all, the reader
/// says so itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) batches: usize,
    pub(super) fault: Option<&'static str>,
}

/// Looks through a table as it is sent.
pub(super) fn check_stream(file: &mut File) -> io::Result<Sound> {
    let size = file.metadata()?.len();
    let mut messages = Messages { file, size };
    let (mut at, mut is_schema, mut dictionaries, mut batches) = (0, true, 0, 0);
    loop {
        let found = match messages.message(at, None)? {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Sound { batches, fault: None }),
            Err(fault) => return Ok(Sound { batches, fault: Some(fault) }),
        };
        if found.is_dictionary {
            dictionaries += 1;
        } else if !is_schema {
            dictionaries = 0;
            batches += 1;
        }
        if dictionaries > DICTIONARIES {
            let fault = "it has more than 1000 dictionaries in a row; write it again without dictionaries";
            return Ok(Sound { batches, fault: Some(fault) });
        }
        // The reader passes over no body of a schema.
        at = found.body.saturating_add(if is_schema { 0 } else { found.bytes });
        is_schema = false;
    }
}

/// Looks through the messages that the directory of a file names; all dictionaries are read before the first batch.
pub(super) fn check_blocks(file: &mut File, dictionaries: &[Block], batches: &[Block]) -> io::Result<Sound> {
    let size = file.metadata()?.len();
    let mut messages = Messages { file, size };
    let mut sound = Sound::default();
    for (number, block) in dictionaries.iter().chain(batches).enumerate() {
        let (start, length) = (u64::try_from(block.offset), u64::try_from(block.meta_data_length));
        if let (Ok(start), Ok(length)) = (start, length)
            && let Err(fault) = messages.message(start, Some(start.saturating_add(length)))?
        {
            sound.fault = Some(fault);
            break;
        }
        sound.batches = (number + 1).saturating_sub(dictionaries.len());
    }
    Ok(sound)
}

impl Messages<'_> {
    /// The message there, its body checked. Nothing where none can be read, as at the end.
    fn message(&mut self, at: u64, body: Option<u64>) -> io::Result<Result<Option<Found>, &'static str>> {
        let Some(mut start) = self.bytes::<4>(at)? else { return Ok(Ok(None)) };
        let mut at = at + 4;
        if start == MARK {
            let Some(length) = self.bytes(at)? else { return Ok(Ok(None)) };
            start = length;
            at += 4;
        }
        let length = u64::try_from(i32::from_le_bytes(start)).unwrap_or(0);
        if length == 0 {
            return Ok(Ok(None));
        }
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(at))?;
        self.file.by_ref().take(length).read_to_end(&mut text)?;
        let Ok(message) = MessageRef::read_as_root(&text) else { return Ok(Ok(None)) };
        let body = body.unwrap_or(at + text.len() as u64);
        let bytes = message.body_length().ok().and_then(|bytes| u64::try_from(bytes).ok());
        let (Some(bytes), Ok(Some(header))) = (bytes, message.header()) else { return Ok(Ok(None)) };
        let (batch, is_dictionary) = match header {
            MessageHeaderRef::RecordBatch(batch) => (Some(batch), false),
            MessageHeaderRef::DictionaryBatch(batch) => (batch.data().ok().flatten(), true),
            _ => (None, false),
        };
        let checked = batch.map_or(Ok(Ok(())), |batch| self.check(body, batch))?;
        Ok(checked.map(|()| Some(Found { body, bytes, is_dictionary })))
    }

    /// Whether its parts lie within the file and do not grow beyond measure.
    fn check(&mut self, body: u64, batch: RecordBatchRef<'_>) -> io::Result<Result<(), &'static str>> {
        if batch.length().is_ok_and(|rows| rows > ROWS) {
            return Ok(Err("a batch claims more than a thousand million rows; the file is damaged"));
        }
        let is_packed = matches!(batch.compression(), Ok(Some(_)));
        let (mut packed, mut unpacked) = (0_u64, 0_u64);
        for part in batch.buffers().ok().flatten().into_iter().flatten() {
            let (Ok(offset), Ok(length)) = (u64::try_from(part.offset()), u64::try_from(part.length())) else {
                return Ok(Err("a part has a negative size; the file is damaged"));
            };
            let start = body.saturating_add(offset);
            if length > 0 && start.saturating_add(length) > self.size {
                return Ok(Err("a part of it lies outside; the file is damaged or cut off"));
            }
            if is_packed && length >= 8 {
                let claimed = self.bytes(start)?.map_or(-1, i64::from_le_bytes);
                packed += length;
                unpacked = unpacked.saturating_add(u64::try_from(claimed).unwrap_or(length));
            }
        }
        if unpacked > ALWAYS && unpacked / RATIO > packed {
            return Ok(Err("it grows to more than 400 times its size; write it again without compression"));
        }
        Ok(Ok(()))
    }

    fn bytes<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        if at.saturating_add(N as u64) > self.size {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}
