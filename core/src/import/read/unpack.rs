//! Takes compression off a stream: gzip and zstd, of several members or frames, and one within the other.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use crate::job::JobContext;

/// Compressed at most so often.
const LAYERS: usize = 2;

/// How far a stream may grow when it is unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Times its packed size.
    ratio: u64,
    /// So much is always allowed.
    always: u64,
    /// No more than this in any case.
    total: u64,
}

impl Limits {
    /// Deflate cannot exceed 1032; texts of traces, much repeated, stay far below 400.
    pub(super) const USUAL: Self = Self { ratio: 400, always: 256 << 20, total: 1 << 40 };
}

/// Why something cannot be unpacked, for the user; travels inside [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct PackFault(pub(super) String);

pub(super) fn refuse(reason: impl Into<String>) -> io::Error {
    io::Error::other(PackFault(reason.into()))
}

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            // Also a frame that holds no data, with which parallel compressors begin.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// The stream without its compression, and whether there was any. `packed` counts what is read from `raw`.
pub(super) fn unpack<'a>(
    raw: impl Read + Send + 'a,
    packed: &Arc<AtomicU64>,
    limits: Limits,
) -> io::Result<(Box<dyn Read + Send + 'a>, bool)> {
    let mut stream: Box<dyn Read + Send + 'a> = Box::new(raw);
    for layer in 0..=LAYERS {
        let mut head = Vec::new();
        (&mut stream).take(4).read_to_end(&mut head)?;
        let packing = Packing::of(&head);
        let whole = Cursor::new(head).chain(stream);
        let unpacked: Box<dyn Read + Send + 'a> = match packing {
            None => return Ok((Box::new(whole), layer > 0)),
            Some(_) if layer == LAYERS => return Err(refuse("it is compressed more than twice; unpack it first")),
            Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(BufReader::new(whole))),
            Some(Packing::Zstd) => Box::new(zstd::Decoder::new(whole)?),
        };
        stream = Box::new(Guard { inner: unpacked, packed: Arc::clone(packed), bytes: 0, limits });
    }
    Err(refuse("it is compressed more than twice; unpack it first"))
}

/// Ends a stream that grows beyond measure.
pub(super) struct Guard<R> {
    inner: R,
    packed: Arc<AtomicU64>,
    bytes: u64,
    limits: Limits,
}

impl<R> Guard<R> {
    pub(super) fn new(inner: R, packed: &Arc<AtomicU64>, limits: Limits) -> Self {
        Self { inner, packed: Arc::clone(packed), bytes: 0, limits }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        let Limits { ratio, always, total } = self.limits;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.bytes > total || self.bytes > always && self.bytes / ratio > packed {
            return Err(refuse(format!(
                "it grows to more than {ratio} times its size or {} GiB, as no traces do; unpack and check it first",
                total >> 30
            )));
        }
        Ok(count)
    }
}

/// Counts what is read, and stops once the job is cancelled.
pub(super) struct Counter<'a, R> {
    inner: R,
    context: &'a JobContext,
    count: Arc<AtomicU64>,
}

impl<'a, R> Counter<'a, R> {
    pub(super) fn new(inner: R, context: &'a JobContext, count: &Arc<AtomicU64>) -> Self {
        Self { inner, context, count: Arc::clone(count) }
    }
}

impl<R: Read> Read for Counter<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.context.checkpoint().map_err(io::Error::other)?;
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn unpacked(bytes: &[u8], limits: Limits) -> io::Result<(Vec<u8>, bool)> {
        let context = JobContext::foreground(None);
        let count = Arc::default();
        let (mut stream, packed) = unpack(Counter::new(bytes, &context, &count), &count, limits)?;
        let mut all = Vec::new();
        stream.read_to_end(&mut all)?;
        Ok((all, packed))
    }

    #[test]
    fn members_frames_and_two_layers_come_off() {
        let skippable = [&[0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9][..], &zstd(b"abcd")].concat();
        for (bytes, packed) in [
            (b"abcd".to_vec(), false),
            ([gzip(b"ab"), gzip(b""), gzip(b"cd")].concat(), true),
            ([zstd(b"ab"), zstd(b"cd")].concat(), true),
            (gzip(&zstd(b"abcd")), true),
            (zstd(&gzip(b"abcd")), true),
            (skippable, true),
        ] {
            assert_eq!(unpacked(&bytes, Limits::USUAL).unwrap(), (b"abcd".to_vec(), packed));
        }
        assert_eq!(unpacked(b"", Limits::USUAL).unwrap(), (Vec::new(), false));
        let thrice = unpacked(&gzip(&gzip(&gzip(b"a"))), Limits::USUAL).unwrap_err();
        assert!(thrice.to_string().contains("more than twice"), "{thrice}");
        unpacked(&gzip(b"abcd")[..14], Limits::USUAL).unwrap_err();
    }

    #[test]
    fn what_grows_beyond_measure_is_refused() {
        let limits = Limits { ratio: 20, always: 1 << 16, total: 1 << 20 };
        let zeros = vec![0; 1 << 18];
        for bytes in [gzip(&zeros), zstd(&zeros), gzip(&gzip(&zeros))] {
            assert!(unpacked(&bytes, limits).unwrap_err().to_string().contains("20 times"));
        }
        assert!(unpacked(&gzip(&zeros[..1 << 16]), limits).is_ok(), "so much is allowed always");
    }
}
