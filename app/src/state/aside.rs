//! Files that are there whole or not at all: written beside their place and renamed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes the file, safely on the disk. A folder that is gone is not made again: it may be on a disk that was taken out.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = written(path, bytes)?;
    aside.as_file().sync_all()?;
    aside.persist(path)?;
    // Makes the new name survive a power cut; not every system can open a folder.
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).ok();
    Ok(())
}

/// The same without waiting for the disk, and with its folder where there is none: for what the window writes often by
/// itself, and may be lost.
pub fn write_soon(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    written(path, bytes)?.persist(path)?;
    Ok(())
}

fn written(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // As any new file, not for its owner alone: labels and reports are handed on.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut aside = builder.tempfile_in(folder_of(path))?;
    aside.write_all(bytes)?;
    Ok(aside)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
