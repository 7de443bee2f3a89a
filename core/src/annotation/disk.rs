//! What the log needs of a file system. Between them, so that tests can put one that fails and loses power.

use std::any::Any;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read; it must exist.
    Read,
    /// To read and to add at its end; it must exist.
    Append,
    /// The same, made where there is none.
    AppendOrCreate,
    /// To write; it must not exist.
    New,
    /// To write from the start; whatever was there goes.
    Replace,
    /// To shorten, or to write again what is there; it must exist. A handle that only appends could not do this on
    /// every system.
    Mend,
}

/// The answer to the wish to hold a lock.
pub(super) enum Locked {
    /// Ours until this is dropped, also by the end of the process.
    Held(Box<dyn Any + Send>),
    /// Another has it.
    Taken,
    /// The file system knows no locks.
    Unlockable(io::Error),
}

/// A file system.
pub(super) trait Disk: fmt::Debug + Send + Sync {
    fn open(&self, path: &Path, purpose: Purpose) -> io::Result<Box<dyn DiskFile>>;
    fn exists(&self, path: &Path) -> bool;
    /// Puts a file in the place of another in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes names of new files as durable as their contents. Systems that cannot sync a folder need no help.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Tries to hold the lock on a file, which is made where there is none.
    fn lock(&self, path: &Path) -> io::Result<Locked>;
}

/// An open file.
pub(super) trait DiskFile: Write + Send {
    fn length(&self) -> io::Result<u64>;
    /// Fills the buffer from that place on.
    fn read_at(&mut self, start: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes bytes again that are there already.
    fn write_again(&mut self, start: u64, bytes: &[u8]) -> io::Result<()>;
    /// Shortens the file, for good when it returns.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Returns when everything written is there for good.
    fn sync(&mut self) -> io::Result<()>;
}

/// Reads a part of a file, from `start` to its end.
pub(super) fn read_from(disk: &dyn Disk, path: &Path, start: u64) -> io::Result<Vec<u8>> {
    let mut file = disk.open(path, Purpose::Read)?;
    let length = file.length()?.saturating_sub(start);
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_at(start, &mut bytes)?;
    Ok(bytes)
}

/// The file system of the computer.
#[derive(Clone, Copy, Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path, purpose: Purpose) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        match purpose {
            Purpose::Read => options.read(true),
            Purpose::Append => options.read(true).append(true),
            Purpose::AppendOrCreate => options.read(true).append(true).create(true),
            Purpose::New => options.write(true).create_new(true),
            Purpose::Replace => options.write(true).create(true).truncate(true),
            Purpose::Mend => options.write(true),
        };
        Ok(Box::new(options.open(path)?))
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        match File::open(path).and_then(|folder| folder.sync_all()) {
            // Not every system lets a folder be opened, nor every file system have it synced.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && cfg!(windows) => Ok(()),
            result => result,
        }
    }

    fn lock(&self, path: &Path) -> io::Result<Locked> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        Ok(match file.try_lock() {
            Ok(()) => Locked::Held(Box::new(file)),
            Err(TryLockError::WouldBlock) => Locked::Taken,
            Err(TryLockError::Error(error)) => Locked::Unlockable(error),
        })
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&mut self, start: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(start))?;
        self.read_exact(buffer)
    }

    fn write_again(&mut self, start: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(start))?;
        self.write_all(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.sync_all()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl fmt::Debug for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held(_) => "Held",
            Self::Taken => "Taken",
            Self::Unlockable(_) => "Unlockable",
        })
    }
}
