//! The directory of a ZIP archive, and its members as streams.
//!
//! Read here and not by a crate: members are wanted as streams that outlive the directory, twice-written names must not
//! vanish, and a forged directory must not ask for memory.

use std::io::{self, BufReader, Read, Seek as _, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::archive::{Entry, MEMBERS};
use super::slice::Slice;
use super::unpack::refuse;

const END: [u8; 4] = *b"PK\x05\x06";
const END_SIZE: u64 = 22;
/// The comment behind the end may be so long.
const COMMENT: u64 = 65_535;
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;
const END_64: [u8; 4] = *b"PK\x06\x06";
const END_64_SIZE: usize = 56;
const HEADER: [u8; 4] = *b"PK\x01\x02";
const HEADER_SIZE: usize = 46;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const LOCAL_SIZE: usize = 30;
/// In place of numbers that stand in the field for large archives.
const LARGE: u32 = u32::MAX;
const ENCRYPTED: u16 = 1;
const UTF8: u16 = 1 << 11;

/// How a member is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    code: u16,
    encrypted: bool,
    crc: u32,
}

/// Little-endian numbers out of a header; zero past its end.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at))
    }
}

fn damaged(what: &str) -> io::Error {
    refuse(format!("the archive is damaged: {what}; get it again, or unpack what can be saved with `zip -FF`"))
}

/// The members, in the order of the directory.
pub(super) fn members(archive: &Slice) -> io::Result<Vec<Entry>> {
    let (count, start) = directory(archive)?;
    if count > MEMBERS {
        return Err(refuse(format!("it has {count} members, more than {MEMBERS}; unpack it first")));
    }
    let mut reader = archive.clone();
    reader.seek(SeekFrom::Start(start))?;
    let mut reader = BufReader::new(reader);
    let mut entries = Vec::new();
    for _ in 0..count {
        let mut header = [0; HEADER_SIZE];
        reader.read_exact(&mut header).map_err(|error| damaged(&format!("its directory is cut off ({error})")))?;
        if !header.starts_with(&HEADER) {
            return Err(damaged("its directory is not where it should be"));
        }
        let numbers = Numbers(&header);
        let flags = numbers.u16(8);
        let mut text = |len: usize| {
            let mut bytes = vec![0; len];
            reader.read_exact(&mut bytes).map_err(|error| damaged(&format!("its directory is cut off ({error})")))?;
            io::Result::Ok(bytes)
        };
        let name = text(numbers.u16(28).into())?;
        let extra = text(numbers.u16(30).into())?;
        text(numbers.u16(32).into())?;
        let mut bytes = numbers.u32(24).into();
        let mut packed = numbers.u32(20).into();
        let mut at = numbers.u32(42).into();
        large_numbers(&extra, [&mut bytes, &mut packed, &mut at]);
        let name = if flags & UTF8 != 0 { String::from_utf8_lossy(&name).into_owned() } else { old_text(&name) };
        let method = Method { code: numbers.u16(10), encrypted: flags & ENCRYPTED != 0, crc: numbers.u32(16) };
        entries.push(Entry { name: name.replace('\\', "/"), at, packed, bytes, method: Some(method) });
    }
    Ok(entries)
}

/// The number of members and where their directory starts.
fn directory(archive: &Slice) -> io::Result<(u64, u64)> {
    let tail_start = archive.len().saturating_sub(END_SIZE + COMMENT);
    let mut tail = Vec::new();
    archive.part(tail_start, u64::MAX).read_to_end(&mut tail)?;
    let end = tail.windows(END.len()).rposition(|window| window == END);
    let end = end.ok_or_else(|| damaged("it has no directory, so it may have been cut off"))?;
    let numbers = Numbers(tail.get(end..).unwrap_or_default());
    let (count, start) = (numbers.u16(10), numbers.u32(16));
    let locator = (tail_start + end as u64).checked_sub(LOCATOR_SIZE as u64);
    let mut found = [0; LOCATOR_SIZE];
    if let Some(at) = locator
        && archive.part(at, LOCATOR_SIZE as u64).read_exact(&mut found).is_ok()
        && found.starts_with(&LOCATOR)
    {
        let mut end = [0; END_64_SIZE];
        let read = archive.part(Numbers(&found).u64(8), END_64_SIZE as u64).read_exact(&mut end);
        if read.is_ok() && end.starts_with(&END_64) {
            return Ok((Numbers(&end).u64(32), Numbers(&end).u64(48)));
        }
    }
    Ok((count.into(), start.into()))
}

/// Takes the numbers that did not fit into 32 bits from the field for large archives, where they stand in that order.
fn large_numbers(mut extra: &[u8], numbers: [&mut u64; 3]) {
    while extra.len() >= 4 {
        let field = Numbers(extra);
        let (id, size) = (field.u16(0), usize::from(field.u16(2)));
        let rest = extra.get(4..).unwrap_or_default();
        if id == 1 {
            let mut at = 0;
            for number in numbers {
                if *number == u64::from(LARGE) {
                    *number = Numbers(rest).u64(at);
                    at += 8;
                }
            }
            return;
        }
        extra = rest.get(size..).unwrap_or_default();
    }
}

/// Names of old archives are in an encoding that is not told; most often UTF-8 all the same.
fn old_text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect())
}

/// The member's bytes as they are in the archive, still packed.
pub(super) fn raw(archive: &Slice, entry: &Entry, method: Method) -> io::Result<Slice> {
    if method.encrypted {
        return Err(refuse("it is encrypted; unpack it with its password first"));
    }
    let mut header = [0; LOCAL_SIZE];
    archive
        .part(entry.at, LOCAL_SIZE as u64)
        .read_exact(&mut header)
        .map_err(|error| damaged(&format!("a member is missing ({error})")))?;
    if !header.starts_with(&LOCAL) {
        return Err(damaged("a member is not where the directory says"));
    }
    let numbers = Numbers(&header);
    let skipped = LOCAL_SIZE as u64 + u64::from(numbers.u16(26)) + u64::from(numbers.u16(28));
    Ok(archive.part(entry.at.saturating_add(skipped), entry.packed))
}

/// Takes off the archive's own compression and checks the sum at the end.
pub(super) fn decoded<'a>(
    raw: impl Read + Send + 'a,
    entry: &Entry,
    method: Method,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let inner: Box<dyn Read + Send + 'a> = match method.code {
        0 => Box::new(raw),
        8 => Box::new(DeflateDecoder::new(BufReader::new(raw))),
        93 => Box::new(zstd::Decoder::new(raw)?),
        code => {
            return Err(refuse(format!("its compression (method {code}) is not supported; unpack it first")));
        }
    };
    Ok(Box::new(Checked { inner, crc: Crc::new(), expected: method.crc, bytes: entry.bytes }))
}

/// Compares size and checksum once all is read.
struct Checked<R> {
    inner: R,
    crc: Crc,
    expected: u32,
    bytes: u64,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..count).unwrap_or_default());
        if count == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(refuse(format!(
                "its checksum is wrong, so part of its {} bytes is damaged; get the archive again",
                self.bytes
            )));
        }
        Ok(count)
    }
}
