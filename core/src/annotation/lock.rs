//! One writer per log: the lock that a second window finds taken.

use std::any::Any;
use std::io::{self, Write as _};

use super::disk::{Disk, DiskFile, Locked, Purpose, read_from};
use super::name::LogPaths;

/// More bytes than a window has on their way to the disk at one time.
const WRITTEN_AGAIN: u64 = 1 << 20;

/// The answer to the wish to write.
pub(super) enum Claim {
    /// Ours until this is dropped, also by the end of the process.
    Held(Box<dyn Any + Send>),
    /// The file system knows no locks; the writer notices others by the length and the end of the log.
    Unlockable(String),
    /// Another window has it.
    Taken,
    /// Nothing can be written there.
    Unwritable(io::Error),
}

/// Tries to become the writer of a log.
pub(super) fn claim(disk: &dyn Disk, paths: &LogPaths) -> Claim {
    let locked = match disk.lock(&paths.lock()) {
        Ok(Locked::Taken) => return Claim::Taken,
        Ok(locked) => locked,
        Err(error) => return Claim::Unwritable(error),
    };
    // The lock alone says nothing about the log, which may be protected.
    let opened = disk.open(&paths.log(), Purpose::AppendOrCreate);
    let synced = opened.and_then(|mut log| make_durable(disk, paths, &mut *log));
    if let Err(error) = synced.and_then(|()| disk.sync_folder(paths.folder())) {
        return Claim::Unwritable(error);
    }
    match locked {
        Locked::Held(lock) => Claim::Held(lock),
        Locked::Unlockable(error) => Claim::Unlockable(error.to_string()),
        Locked::Taken => Claim::Taken,
    }
}

/// Lines that a killed window left may not be on the disk yet, and must be before they are called saved.
///
/// A sync alone does not do that: after one that failed, systems take what was not written for written. Unless the log
/// was left in good order, its last bytes are written once more as they are.
fn make_durable(disk: &dyn Disk, paths: &LogPaths, log: &mut dyn DiskFile) -> io::Result<()> {
    let length = log.length()?;
    if length > 0 && !is_in_order(disk, paths, length) {
        let start = length.saturating_sub(WRITTEN_AGAIN);
        let mut bytes = vec![0; usize::try_from(length - start).map_err(io::Error::other)?];
        log.read_at(start, &mut bytes)?;
        let mut again = disk.open(&paths.log(), Purpose::Mend)?;
        again.write_again(start, &bytes)?;
        return again.sync();
    }
    log.sync()
}

/// True where the window before wrote its last line, saw it synced and noted how long the log was then.
fn is_in_order(disk: &dyn Disk, paths: &LogPaths, length: u64) -> bool {
    read_from(disk, &paths.lock(), 0).is_ok_and(|noted| noted == length.to_string().into_bytes())
}

/// Notes that the log was left in good order.
pub(super) fn leave_in_order(disk: &dyn Disk, paths: &LogPaths, length: u64) -> io::Result<()> {
    disk.open(&paths.lock(), Purpose::Replace)?.write_all(length.to_string().as_bytes())
}
