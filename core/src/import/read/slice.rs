//! Part of a file, read at a position of its own, so that many readers may share one open file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a file from `start` on.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    file: Arc<Mutex<File>>,
    start: u64,
    len: u64,
    at: u64,
}

impl Slice {
    /// All of a file.
    pub(super) fn whole(mut file: File) -> io::Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        Ok(Self { file: Arc::new(Mutex::new(file)), start: 0, len, at: 0 })
    }

    /// A part of it, cut where the file ends.
    pub(super) fn part(&self, start: u64, len: u64) -> Self {
        let start = start.min(self.len);
        Self { file: Arc::clone(&self.file), start: self.start + start, len: len.min(self.len - start), at: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

impl Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let size = left.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..size).filter(|_| size > 0) else { return Ok(0) };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + self.at))?;
        let count = file.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Slice {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
