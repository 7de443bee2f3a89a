//! One writer per log: the lock that a second window finds taken.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;

use super::name::LogPaths;

/// The answer to the wish to write.
#[derive(Debug)]
pub(super) enum Claim {
    /// Ours until the file is closed, also by the end of the process.
    Held(File),
    /// The file system knows no locks; the writer notices others by the length of the log.
    Unlockable(String),
    /// Another window has it.
    Taken,
    /// Nothing can be written there.
    Unwritable(io::Error),
}

/// Tries to become the writer of a log.
pub(super) fn claim(paths: &LogPaths) -> Claim {
    let lock = match OpenOptions::new().create(true).truncate(false).write(true).open(paths.lock()) {
        Ok(file) => file,
        Err(error) => return Claim::Unwritable(error),
    };
    let is_taken = match lock.try_lock() {
        Ok(()) => None,
        Err(TryLockError::WouldBlock) => return Claim::Taken,
        Err(TryLockError::Error(error)) => Some(error),
    };
    // The lock alone says nothing about the log, which may be protected.
    if let Err(error) = OpenOptions::new().create(true).append(true).open(paths.log()) {
        return Claim::Unwritable(error);
    }
    sync_folder(paths);
    match is_taken {
        None => Claim::Held(lock),
        Some(error) => Claim::Unlockable(error.to_string()),
    }
}

/// Makes the new file's name as durable as its lines. Systems that cannot sync a folder need no help.
pub(super) fn sync_folder(paths: &LogPaths) {
    if let Some(folder) = paths.log().parent().and_then(|folder| fs::File::open(folder).ok()) {
        folder.sync_all().ok();
    }
}
