//! The bytes of a file as UTF-8: decoded, without byte order mark and comments, hashed on the way.

use std::fmt::Write as _;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::comments::CommentFilter;
use super::input::{Input, Opened};
use crate::import::{FileFault, ImportError};
use crate::job::{JobContext, Progress};
use crate::store::sha256_file;

/// Read at once. A cancelled job stops at the next chunk, in the middle of a row if need be.
const CHUNK: usize = 64 * 1024;
/// Hashed at once where nothing else is done with it.
const BLOCK: usize = 1 << 20;

/// How the text is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Utf8,
    Utf16Little,
    Utf16Big,
}

/// What the progress of this file counts from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Share {
    /// Bytes of the files before it.
    pub(crate) before: u64,
    /// Bytes of all files.
    pub(crate) total: u64,
    /// For the status bar.
    pub(crate) note: String,
}

/// Gives the text of a file chunk by chunk.
pub(crate) struct ByteSource<'a> {
    input: Input,
    stream: Box<dyn Read + Send + 'a>,
    context: &'a JobContext,
    share: Option<Share>,
    /// Of a file that is read as it is on disk.
    hasher: Option<Sha256>,
    /// The sum and the length up to the last end of a line.
    lines: Option<(Sha256, u64)>,
    /// Bytes read of the file on disk.
    bytes: Arc<AtomicU64>,
    encoding: Encoding,
    comments: Option<CommentFilter>,
    /// What is read goes here first.
    fresh: Vec<u8>,
    raw: Vec<u8>,
    chunk: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a> ByteSource<'a> {
    /// Opens the file. Progress is reported where `share` says of what.
    pub(crate) fn open(input: &Input, share: Option<Share>, context: &'a JobContext) -> Result<Self, ImportError> {
        let bytes: Arc<AtomicU64> = Arc::default();
        let opened = input.open(context, &bytes);
        context.checkpoint()?;
        let Opened { stream, plain } = opened.map_err(|error| input.fault(error))?;
        let mut source = Self {
            input: input.clone(),
            stream,
            context,
            share: share.filter(|_| input.is_measured()),
            hasher: plain.then(Sha256::new),
            lines: None,
            bytes,
            encoding: Encoding::default(),
            comments: None,
            fresh: vec![0; CHUNK],
            raw: Vec::new(),
            chunk: Vec::new(),
            at: 0,
            ended: false,
        };
        source.read_raw()?;
        let (encoding, mark) = encoding_of(&source.raw);
        source.encoding = encoding;
        source.raw.drain(..mark);
        Ok(source)
    }

    /// Opens a file of UTF-8 behind its first `bytes`, if these still have that sum. Gives how many lines end in them, and
    /// whether the last of them ends a line. `None` where they are others.
    pub(super) fn open_behind(
        input: &Input,
        sha256: &str,
        bytes: u64,
        context: &'a JobContext,
    ) -> Result<Option<(Self, u64, bool)>, ImportError> {
        let mut source = Self::open(input, None, context)?;
        if !source.is_lines_of_text() {
            return Ok(None);
        }
        // Begins again: what `open` has looked at belongs to the start.
        let opened = input.open(context, &source.bytes);
        source.bytes.store(0, Ordering::Relaxed);
        source.stream = opened.map_err(|error| input.fault(error))?.stream;
        source.raw.clear();
        let mut hasher = Sha256::new();
        let (mut left, mut lines, mut last) = (bytes, 0, b'\n');
        let mut block = vec![0; BLOCK];
        while left > 0 {
            context.checkpoint()?;
            let wanted = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            let count = match source.stream.read(block.get_mut(..wanted).unwrap_or_default()) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    context.checkpoint()?;
                    return Err(input.fault(error));
                }
                Ok(count) => count,
            };
            let read = block.get(..count).unwrap_or_default();
            let Some(&end) = read.last() else { return Ok(None) };
            hasher.update(read);
            lines += memchr::memchr_iter(b'\n', read).count() as u64;
            left -= count as u64;
            last = end;
        }
        if hex(hasher.clone()) != sha256 {
            return Ok(None);
        }
        source.lines = Some((hasher.clone(), bytes));
        source.hasher = Some(hasher);
        Ok(Some((source, lines, last == b'\n')))
    }

    /// True where lines of the file are lines of the text: it is read as it is on disk, in UTF-8, and whole.
    pub(super) fn is_lines_of_text(&self) -> bool {
        self.is_plain() && !self.is_recoded() && self.comments.is_none()
    }

    /// The sum and the length up to the last end of a line, and how many bytes follow it.
    pub(super) fn finish_lines(self) -> (String, u64, u64) {
        let (hasher, bytes) = self.lines.unwrap_or_default();
        (hex(hasher), bytes, self.bytes.load(Ordering::Relaxed).saturating_sub(bytes))
    }

    /// Leaves comments out. To be called before anything is read.
    pub(crate) fn skip_comments(&mut self) {
        self.comments = Some(CommentFilter::default());
    }

    /// True where the file is not in UTF-8.
    pub(super) fn is_recoded(&self) -> bool {
        self.encoding != Encoding::Utf8
    }

    /// True where the file is read as it is on disk.
    pub(super) fn is_plain(&self) -> bool {
        self.hasher.is_some()
    }

    /// What is read and not consumed; empty at the end of the file only.
    pub(super) fn rest(&mut self) -> Result<&[u8], ImportError> {
        while self.at >= self.chunk.len() && !self.ended {
            if self.raw.len() < 4 {
                self.read_raw()?;
            }
            self.chunk.clear();
            self.at = 0;
            let mut text = Vec::new();
            self.decode(&mut text);
            match &mut self.comments {
                Some(filter) => filter.filter(&text, &mut self.chunk),
                None => self.chunk = text,
            }
            // Reading on gives nothing more, and nothing is left to decode.
            self.ended = self.chunk.is_empty() && self.raw.is_empty() && !self.read_raw()?;
        }
        Ok(self.chunk.get(self.at..).unwrap_or_default())
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.chunk.len());
    }

    /// The next byte, consumed only if it is blank or `also`; `None` at the end.
    pub(super) fn skip_blanks(&mut self, also: &[u8]) -> Result<Option<u8>, ImportError> {
        loop {
            let rest = self.rest()?;
            let skipped = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || also.contains(byte)).count();
            let next = rest.get(skipped).copied();
            let ended = rest.is_empty();
            self.consume(skipped);
            if next.is_some() || ended {
                return Ok(next);
            }
        }
    }

    /// All that is left, unless it is longer than that.
    pub(super) fn read_all(&mut self, limit: usize) -> Result<Option<Vec<u8>>, ImportError> {
        let mut all = Vec::new();
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok(Some(all));
            }
            if all.len() + rest.len() > limit {
                return Ok(None);
            }
            all.extend_from_slice(rest);
            let count = rest.len();
            self.consume(count);
        }
    }

    /// Reads what is left and gives the SHA-256 of the whole file and its size; no sum for a part of an archive.
    pub(crate) fn finish(mut self) -> Result<(String, u64), ImportError> {
        // What has been added since the end was seen was not read, and must not be counted as read.
        while !self.ended {
            self.raw.clear();
            self.ended = !self.read_raw()?;
        }
        match self.hasher {
            None => whole_file(&self.input, self.context),
            Some(hasher) => Ok((hex(hasher), self.bytes.load(Ordering::Relaxed))),
        }
    }

    /// Adds bytes of the file to `raw`; false at its end.
    fn read_raw(&mut self) -> Result<bool, ImportError> {
        self.context.checkpoint()?;
        let count = loop {
            match self.stream.read(&mut self.fresh) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.context.checkpoint()?;
                    return Err(self.input.fault(error));
                }
                Ok(count) => break count,
            }
        };
        let fresh = self.fresh.get(..count).unwrap_or_default();
        self.raw.extend_from_slice(fresh);
        if let Some(hasher) = &mut self.hasher {
            let ended = memchr::memrchr(b'\n', fresh).map_or(0, |at| at + 1);
            hasher.update(fresh.get(..ended).unwrap_or_default());
            if ended > 0 {
                let behind = (fresh.len() - ended) as u64;
                self.lines = Some((hasher.clone(), self.bytes.load(Ordering::Relaxed).saturating_sub(behind)));
            }
            hasher.update(fresh.get(ended..).unwrap_or_default());
        }
        if let Some(share) = &self.share {
            let done = share.before + self.bytes.load(Ordering::Relaxed);
            self.context.report(Progress { done, total: Some(share.total.max(done)), note: share.note.clone() });
        }
        Ok(count > 0)
    }

    /// Moves what can be decoded from `raw` to `text`.
    fn decode(&mut self, text: &mut Vec<u8>) {
        let unit = match self.encoding {
            Encoding::Utf8 => return text.append(&mut self.raw),
            Encoding::Utf16Little => u16::from_le_bytes,
            Encoding::Utf16Big => u16::from_be_bytes,
        };
        let (pairs, odd) = self.raw.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let mut left = odd.to_vec();
        // Half a character at the end of a chunk waits for its other half; at the end of the file it is lost.
        if units.len() > 1
            && units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit))
            && let Some(pair) = pairs.last()
        {
            units.pop();
            left = [pair.as_slice(), odd].concat();
        }
        if units.is_empty() {
            left.clear();
        }
        let decoded = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        text.extend(decoded.collect::<String>().into_bytes());
        self.raw = left;
    }
}

fn hex(hasher: Sha256) -> String {
    let mut digest = String::with_capacity(64);
    for byte in hasher.finalize() {
        write!(digest, "{byte:02x}").ok();
    }
    digest
}

/// SHA-256 and size of a file that was not read as it is on disk; nothing for a part of an archive.
pub(super) fn whole_file(input: &Input, context: &JobContext) -> Result<(String, u64), ImportError> {
    let Some(path) = input.file() else { return Ok(Default::default()) };
    let bytes = path.metadata().map_err(|error| input.fault(error))?.len();
    let sha256 = sha256_file(path, context);
    context.checkpoint()?;
    let sha256 = sha256.map_err(|error| input.fault(FileFault::Unreadable(std::io::Error::other(error))))?;
    Ok((sha256, bytes))
}

/// The encoding by its byte order mark, else by the zero bytes of UTF-16, and the length of the mark.
fn encoding_of(start: &[u8]) -> (Encoding, usize) {
    match start {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16Little, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16Big, 2),
        [b'{' | b'[' | b'/' | b' ' | b'\n' | b'\r', 0, ..] => (Encoding::Utf16Little, 0),
        [0, b'{' | b'[' | b'/' | b' ' | b'\n' | b'\r', ..] => (Encoding::Utf16Big, 0),
        _ => (Encoding::Utf8, 0),
    }
}
