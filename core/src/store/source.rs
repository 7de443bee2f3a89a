//! Whether source files are still those that were imported.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{SourceEntry, Store, StoreError};
use crate::job::JobContext;

const BLOCK_BYTES: usize = 1 << 20;

/// SHA-256 of a file's content in hexadecimal. Can be stopped after each mebibyte.
pub fn sha256_file(path: &Path, ctx: &JobContext) -> Result<String, StoreError> {
    sha256(File::open(path).map_err(StoreError::io("read the source", path))?, path, ctx)
}

fn sha256(mut file: impl Read, path: &Path, ctx: &JobContext) -> Result<String, StoreError> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        ctx.checkpoint()?;
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(StoreError::io("read the source", path)(error)),
        };
        hasher.update(block.get(..read).unwrap_or_default());
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        write!(text, "{byte:02x}").ok();
    }
    Ok(text)
}

impl Store {
    /// True where the project was made from exactly these files as they are now.
    ///
    /// Paths are compared as absolute ones. Reads the files only where all lengths agree.
    pub fn is_current(&self, paths: &[impl AsRef<Path>], ctx: &JobContext) -> Result<bool, StoreError> {
        if paths.len() != self.sources().len() {
            return Ok(false);
        }
        let mut pairs = Vec::with_capacity(paths.len());
        for path in paths.iter().map(AsRef::as_ref) {
            let full = std::path::absolute(path).map_err(StoreError::io("find the source", path))?;
            let name = full.to_string_lossy();
            let Some(entry) = self.sources().iter().find(|s| s.path == name) else { return Ok(false) };
            match path.metadata() {
                Ok(found) if found.len() == entry.bytes + entry.waiting => pairs.push((path, entry)),
                Ok(_) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(StoreError::io("read the source", path)(error)),
            }
        }
        for (path, entry) in pairs {
            if !entry.is_current(path, ctx)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl SourceEntry {
    /// True where the file holds what was read, and behind it at most a line that is still not complete.
    pub fn is_current(&self, path: &Path, ctx: &JobContext) -> Result<bool, StoreError> {
        let failed = |error| StoreError::io("read the source", path)(error);
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() != self.bytes + self.waiting {
            return Ok(false);
        }
        if sha256((&mut file).take(self.bytes), path, ctx)? != self.sha256 {
            return Ok(false);
        }
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            ctx.checkpoint()?;
            let count = file.read(&mut block).map_err(failed)?;
            let read = block.get(..count).unwrap_or_default();
            if read.is_empty() || read.contains(&b'\n') {
                return Ok(read.is_empty());
            }
        }
    }
}
