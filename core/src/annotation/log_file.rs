//! The log on disk, and how much of it is known to be there. The only place that adds to a log.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::load::cut;

/// Appends to one log for as long as we hold its lock.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    /// Length that survives a power cut.
    durable: u64,
    /// A failed write may have left a part of its bytes.
    has_rest: bool,
}

impl LogFile {
    pub(super) fn new(path: PathBuf, durable: u64) -> Self {
        Self { path, durable, has_rest: false }
    }

    /// Appends and syncs: afterwards either all of the bytes are there for good, or none of them count.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = fs::metadata(&self.path)?.len();
        if self.has_rest && length > self.durable {
            // Only our own unfinished bytes: they were never shown as saved.
            cut(&self.path, self.durable)?;
        } else if length != self.durable {
            return Err(io::Error::other("another program has changed the file"));
        }
        self.has_rest = false;
        // Opened anew each time, so that a file that was moved away or replaced is noticed.
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_data()) {
            // Tidies up at once if it can; otherwise before the next try.
            self.has_rest = cut(&self.path, self.durable).is_err();
            return Err(error);
        }
        self.durable += bytes.len() as u64;
        Ok(())
    }

    /// The failure in words for the user, with what to do.
    pub(super) fn explain(&self, error: &io::Error) -> String {
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "Make room on the disk"
            }
            io::ErrorKind::NotFound => "Put the file back where it was",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "Make the file writable",
            io::ErrorKind::Other => "Keep a copy of the file, then put it back as it was",
            _ => "Check the disk",
        };
        format!(
            "Could not save labels: {error}. {remedy}, then save again; the labels are kept while this window is open. {}",
            self.path.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_failed_write_is_cut_off_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "one\ntw").unwrap();
        let mut file = LogFile { path: path.clone(), durable: 4, has_rest: true };
        file.append(b"two\n").unwrap();
        file.append(b"three\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn what_another_program_wrote_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "one\nforeign\n").unwrap();
        let mut file = LogFile::new(path.clone(), 4);
        let error = file.append(b"two\n").unwrap_err();
        let message = file.explain(&error);
        assert!(
            message.starts_with("Could not save labels: another program has changed the file. Keep a copy"),
            "{message}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\nforeign\n");
    }
}
