//! A copy of a log of version 1, kept before the first line of this version goes into it: older programs refuse such a
//! log, and their users may want the one they had.

use std::io::{self, Write as _};

use super::disk::{Disk, Purpose, read_from};
use super::name::LogPaths;

/// Copies the log beside itself, for good when it returns. Never overwrites an earlier copy; the same again is not kept
/// twice.
pub(super) fn keep(disk: &dyn Disk, paths: &LogPaths) -> io::Result<()> {
    let bytes = read_from(disk, &paths.log(), 0)?;
    let mut number = 1;
    while disk.exists(&paths.backup(number)) {
        if read_from(disk, &paths.backup(number), 0)? == bytes {
            return Ok(());
        }
        number += 1;
    }
    let path = paths.backup(number);
    // A copy that was cut short must not pass for a whole one.
    let unfinished = path.with_added_extension("part");
    let mut file = disk.open(&unfinished, Purpose::Replace)?;
    file.write_all(&bytes)?;
    file.sync()?;
    disk.rename(&unfinished, &path)?;
    disk.sync_folder(paths.folder())
}
