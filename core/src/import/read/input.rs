//! Something to read: a file, or a member of an archive, compressed or not.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::archive::{Archive, Entry, spool};
use super::unpack::{Counter, Limits, PackFault, Packing, unpack};
use crate::import::{FileFault, ImportError};
use crate::job::JobContext;

/// A file, or a member of an archive. Shown as `archive.zip!member`.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    File(PathBuf),
    /// So many bytes of a file: as it was before it grew.
    Start(PathBuf, u64),
    Member(Arc<Archive>, Arc<Entry>),
}

/// What opening gives.
pub(super) struct Opened<'a> {
    /// The bytes, unpacked.
    pub(super) stream: Box<dyn Read + Send + 'a>,
    /// True where the stream is the file on disk, byte by byte.
    pub(super) plain: bool,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::Start(path, _) => write!(f, "{}", path.display()),
            Self::Member(archive, entry) => write!(f, "{}!{}", archive.path().display(), entry.name),
        }
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::File(path.into())
    }
}

impl Input {
    /// The last part of its name.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Start(path, _) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            Self::Member(_, entry) => entry.name.rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// Its path; for a member, as if the archive were a folder.
    pub(crate) fn place(&self) -> PathBuf {
        match self {
            Self::File(path) | Self::Start(path, _) => path.clone(),
            Self::Member(archive, entry) => archive.path().join(&entry.name),
        }
    }

    /// The path of the file on disk, where all of it is read.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Start(..) | Self::Member(..) => None,
        }
    }

    /// The file on disk, and how much of it is read; nothing for a member of an archive.
    pub(super) fn extent(&self) -> io::Result<Option<(File, u64)>> {
        let (path, limit) = match self {
            Self::File(path) => (path, u64::MAX),
            Self::Start(path, bytes) => (path, *bytes),
            Self::Member(..) => return Ok(None),
        };
        let file = File::open(path)?;
        let bytes = file.metadata()?.len().min(limit);
        Ok(Some((file, bytes)))
    }

    /// That fault of it.
    pub(crate) fn fault(&self, fault: impl Into<FileFault>) -> ImportError {
        ImportError::File { path: self.to_string().into(), fault: fault.into() }
    }

    /// True where what is read says how much of the file on disk is read.
    pub(super) fn is_measured(&self) -> bool {
        match self {
            Self::File(_) | Self::Start(..) => true,
            Self::Member(archive, _) => !archive.is_unpacked(),
        }
    }

    /// Opens it; `count` tells how many bytes of the file on disk were read.
    pub(super) fn open<'a>(&self, context: &'a JobContext, count: &Arc<AtomicU64>) -> io::Result<Opened<'a>> {
        match self {
            Self::File(path) => {
                let mut file = File::open(path)?;
                if Packing::of(&head(&mut file)?).is_none() {
                    return Ok(Opened { stream: Box::new(Counter::new(file, context, count)), plain: true });
                }
                let (stream, _) = unpack(Counter::new(file, context, count), count, Limits::USUAL)?;
                Ok(Opened { stream, plain: false })
            }
            Self::Start(path, bytes) => {
                let stream = Counter::new(File::open(path)?.take(*bytes), context, count);
                Ok(Opened { stream: Box::new(stream), plain: true })
            }
            Self::Member(archive, entry) => {
                let member = archive.member(entry, context, count)?;
                let (stream, _) = unpack(member, count, Limits::USUAL)?;
                Ok(Opened { stream, plain: false })
            }
        }
    }

    /// The bytes, unpacked, as a file: itself, or a nameless one.
    pub(super) fn on_disk(&self, context: &JobContext) -> io::Result<File> {
        if let Self::File(path) = self {
            let mut file = File::open(path)?;
            if Packing::of(&head(&mut file)?).is_none() {
                return Ok(file);
            }
        }
        spool(self.open(context, &Arc::default())?.stream)
    }
}

/// The first bytes, to be read again.
fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(4).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head)
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        let refused = error.get_ref().and_then(|inner| inner.downcast_ref::<PackFault>()).map(ToString::to_string);
        match (error.kind(), error.raw_os_error(), refused) {
            (_, _, Some(reason)) => Self::Packed(reason),
            (io::ErrorKind::NotFound, ..) => Self::Missing,
            (_, Some(_), None) => Self::Unreadable(error),
            // Only what unpacks gives errors that are not the system's.
            (_, None, None) => Self::Packed(format!("it is damaged ({error}); get it again from where it came from")),
        }
    }
}
