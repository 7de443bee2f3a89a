//! One writer per log: the lock that a second window finds taken.

use std::any::Any;
use std::io;

use super::disk::{Disk, Locked, Purpose};
use super::name::LogPaths;

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
    // The lock alone says nothing about the log, which may be protected. Lines that a killed window left may not be on
    // the disk yet, and must be before they are called saved.
    let opened = disk.open(&paths.log(), Purpose::AppendOrCreate).and_then(|mut log| log.sync());
    if let Err(error) = opened.and_then(|()| disk.sync_folder(paths.folder())) {
        return Claim::Unwritable(error);
    }
    match locked {
        Locked::Held(lock) => Claim::Held(lock),
        Locked::Unlockable(error) => Claim::Unlockable(error.to_string()),
        Locked::Taken => Claim::Taken,
    }
}
