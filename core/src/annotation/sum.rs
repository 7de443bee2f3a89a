//! Checksums of a log block by block: whether a snapshot belongs to it is known without parsing it.

use std::io;
use std::path::Path;

use flate2::Crc;
use rayon::prelude::*;

use super::disk::{Disk, Purpose};
use super::line::crc;

/// Bytes that have a sum of their own.
const BLOCK: usize = 4 << 20;

/// The sums of a file that grows.
#[derive(Debug, Default)]
pub(super) struct LogSum {
    whole: Vec<u32>,
    /// The block that is not full yet.
    rest: Crc,
}

impl LogSum {
    /// The sums of what is in memory.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let blocks = bytes.par_chunks_exact(BLOCK);
        let mut rest = Crc::new();
        rest.update(blocks.remainder());
        Self { whole: blocks.map(crc).collect(), rest }
    }

    /// Goes on with what is added to the file.
    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK - self.rest.amount() as usize;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.rest.update(now);
            if now.len() == room {
                self.whole.push(self.rest.sum());
                self.rest.reset();
            }
            bytes = later;
        }
    }

    /// One number per block, the last of which may not be full.
    pub(super) fn blocks(&self) -> Vec<u32> {
        let rest = (self.rest.amount() > 0).then(|| self.rest.sum());
        self.whole.iter().copied().chain(rest).collect()
    }

    /// The sums of the first `length` bytes of a file, where they are the expected ones.
    pub(super) fn of_file(disk: &dyn Disk, path: &Path, length: u64, expected: &[u32]) -> io::Result<Option<Self>> {
        let starts: Vec<u64> = (0..length).step_by(BLOCK).collect();
        if starts.len() != expected.len() {
            return Ok(None);
        }
        // As few handles and buffers as there are threads.
        let shares = starts.len().div_ceil(rayon::current_num_threads()).max(1);
        let fits = starts.par_chunks(shares).zip(expected.par_chunks(shares)).map(|(starts, expected)| {
            let mut file = disk.open(path, Purpose::Read)?;
            let mut block = vec![0; BLOCK];
            for (start, expected) in starts.iter().zip(expected) {
                let part = usize::try_from(length - start).map_or(BLOCK, |left| left.min(BLOCK));
                file.read_at(*start, &mut block[..part])?;
                if crc(&block[..part]) != *expected {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let all: io::Result<Vec<bool>> = fits.collect();
        if all?.contains(&false) {
            return Ok(None);
        }
        let rest = length % BLOCK as u64;
        let mut bytes = vec![0; usize::try_from(rest).map_err(io::Error::other)?];
        if rest > 0 {
            disk.open(path, Purpose::Read)?.read_at(length - rest, &mut bytes)?;
        }
        let mut sum = Self { whole: expected.to_vec(), rest: Crc::new() };
        if rest > 0 {
            sum.whole.pop();
            sum.rest.update(&bytes);
        }
        Ok(Some(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_grow_as_the_file_does() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, bytes.len()] {
            let mut grown = LogSum::default();
            for part in bytes[..length].chunks(BLOCK / 3 + 5) {
                grown.add(part);
            }
            assert_eq!(grown.blocks(), LogSum::of(&bytes[..length]).blocks(), "{length}");
        }
    }
}
