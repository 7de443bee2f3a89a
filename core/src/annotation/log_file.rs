//! The log on disk, and how much of it is known to be there. The only place that adds to a log.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::backup;
use super::disk::{Disk, DiskFile, Purpose};
use super::load::{Loaded, TAIL, cut};
use super::name::LogPaths;
use super::sum::LogSum;

/// Appends to one log for as long as we hold its lock.
#[derive(Debug)]
pub(super) struct LogFile {
    disk: Arc<dyn Disk>,
    paths: LogPaths,
    /// Length that survives a power cut.
    durable: u64,
    /// The last bytes of it.
    tail: Vec<u8>,
    sum: LogSum,
    /// What a failed write may have left a part of.
    rest: Option<Vec<u8>>,
    /// The log is of an older version, and a copy of it must be kept before anything is added.
    is_old: bool,
}

impl LogFile {
    /// The log as it was loaded, after repair.
    pub(super) fn new(disk: Arc<dyn Disk>, paths: LogPaths, loaded: &mut Loaded) -> Self {
        let (durable, tail, sum) = (loaded.whole, std::mem::take(&mut loaded.tail), std::mem::take(&mut loaded.sum));
        let is_old = loaded.progress.has_old && !loaded.progress.has_new;
        Self { disk, paths, durable, tail, sum, rest: None, is_old }
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    pub(super) fn paths(&self) -> &LogPaths {
        &self.paths
    }

    /// Length and sums of what is there for good.
    pub(super) fn durable(&self) -> (u64, Vec<u32>) {
        (self.durable, self.sum.blocks())
    }

    /// Appends and syncs: afterwards either all of the bytes are there for good, or none of them count.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Opened anew each time, so that a file that was moved away or replaced is noticed.
        let mut file = self.disk.open(&self.paths.log(), Purpose::Append)?;
        self.make_ready(&mut *file)?;
        if self.is_old {
            backup::keep(&*self.disk, &self.paths)?;
            self.is_old = false;
        }
        let end = self.durable + bytes.len() as u64;
        let written = file.write_all(bytes).and_then(|()| file.sync());
        let written = written.and_then(|()| if file.length()? == end { Ok(()) } else { Err(changed()) });
        if let Err(error) = written {
            self.rest = Some(bytes.to_vec());
            // Tidies up at once if it can; otherwise before the next try.
            self.make_ready(&mut *file).ok();
            return Err(error);
        }
        self.durable = end;
        self.sum.add(bytes);
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        Ok(())
    }

    /// Sees that the log is as we left it, and cuts off what a failed write of ours left: that was never shown as saved.
    fn make_ready(&mut self, file: &mut dyn DiskFile) -> io::Result<()> {
        let length = file.length()?;
        let Some(rest) = length.checked_sub(self.durable) else { return Err(changed()) };
        let known = self.tail.len();
        let mut end = vec![0; known + usize::try_from(rest).map_err(io::Error::other)?];
        file.read_at(self.durable - known as u64, &mut end)?;
        let (tail, found) = end.split_at(known);
        let is_ours = found.is_empty() || self.rest.as_ref().is_some_and(|rest| rest.starts_with(found));
        if tail != self.tail || !is_ours {
            return Err(changed());
        }
        if self.rest.is_some() {
            cut(&*self.disk, &self.paths.log(), self.durable)?;
            self.rest = None;
        }
        Ok(())
    }

    /// The failure in words for the user, with what to do.
    pub(super) fn explain(&self, error: &io::Error) -> String {
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "Make room on the disk"
            }
            io::ErrorKind::NotFound if !self.disk.exists(self.paths.folder()) => {
                "The whole folder is gone: put it back, or connect its drive"
            }
            io::ErrorKind::NotFound => "Put the file back where it was",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "Make the file writable",
            io::ErrorKind::Other => "Keep a copy of the file, then put it back as it was",
            _ => "Check the disk",
        };
        format!(
            "Could not save labels: {error}. {remedy}. The labels are kept while this window is open, and saving is \
             tried again by itself. {}",
            self.paths.log().display()
        )
    }
}

fn changed() -> io::Error {
    io::Error::other("another program has changed the file")
}
