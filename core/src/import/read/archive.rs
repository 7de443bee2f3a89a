//! ZIP and tar archives, themselves compressed or not: a list of members that are read like files.
//!
//! Nothing is ever written to a path that an archive names. A compressed tar cannot be read at any place, so it is
//! unpacked once into a nameless temporary file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::slice::Slice;
use super::unpack::{Counter, Guard, Limits, Packing, refuse, unpack};
use super::zip::{self, Method};
use crate::job::JobContext;

/// More members are not listed.
pub(super) const MEMBERS: u64 = 2_000_000;

/// Bytes by which an archive is known: the first header of a tar.
const HEAD: u64 = 512;

/// An open archive.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    data: Slice,
    /// True where it had to be unpacked to be read.
    unpacked: bool,
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As the archive has it, with `/`. Never a path on disk.
    pub(crate) name: String,
    /// Where it starts.
    pub(super) at: u64,
    /// Its size in the archive.
    pub(crate) packed: u64,
    /// Its own size.
    pub(super) bytes: u64,
    /// How it is written; `None` for plain bytes.
    pub(super) method: Option<Method>,
}

/// What an archive holds.
pub(crate) struct Members {
    pub(crate) archive: Arc<Archive>,
    /// The files, in natural order, each name once.
    pub(crate) entries: Vec<Entry>,
    /// How many were left out because a later one has the same name.
    pub(crate) superseded: usize,
}

/// What kind of archive starts like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zip,
    Tar,
}

impl Kind {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            _ if is_tar_header(head) => Some(Self::Tar),
            _ => None,
        }
    }
}

/// A tar has no magic bytes of old, but each header has a sum over its bytes.
fn is_tar_header(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<512>() else { return false };
    let (sum, expected) = (
        header.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u64::from(byte) }),
        header.get(148..156).unwrap_or_default(),
    );
    let digits: String = expected.iter().map(|&byte| char::from(byte)).filter(char::is_ascii_digit).collect();
    u64::from_str_radix(&digits, 8).is_ok_and(|expected| expected == sum.sum::<u64>())
}

impl Archive {
    /// The archive at that path; `None` where it is none.
    pub(crate) fn open(path: &Path, context: &JobContext) -> io::Result<Option<Members>> {
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        (&mut file).take(HEAD).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let (kind, data, unpacked) = if Packing::of(&head).is_none() {
            (Kind::of(&head), Slice::whole(file)?, false)
        } else {
            let count: Arc<AtomicU64> = Arc::default();
            // What is wrong with it is told when it is read as a file.
            let Ok((mut stream, _)) = unpack(Counter::new(file, context, &count), &count, Limits::USUAL) else {
                return Ok(None);
            };
            let mut head = Vec::new();
            if (&mut stream).take(HEAD).read_to_end(&mut head).is_err() {
                return Ok(None);
            }
            let Some(kind) = Kind::of(&head) else { return Ok(None) };
            (Some(kind), Slice::whole(spool(io::Cursor::new(head).chain(stream))?)?, true)
        };
        let Some(kind) = kind else { return Ok(None) };
        let listed = match kind {
            Kind::Zip => zip::members(&data)?,
            Kind::Tar => tar_members(&data, context)?,
        };
        let archive = Arc::new(Self { path: path.into(), data, unpacked });
        let (entries, superseded) = files(listed);
        Ok(Some(Members { archive, entries, superseded }))
    }

    /// Whether the file is an archive; false also where it cannot be read.
    pub(crate) fn is_at(path: &Path, context: &JobContext) -> bool {
        let look = || -> io::Result<bool> {
            let count: Arc<AtomicU64> = Arc::default();
            let (stream, _) = unpack(Counter::new(File::open(path)?, context, &count), &count, Limits::USUAL)?;
            let mut head = Vec::new();
            stream.take(HEAD).read_to_end(&mut head)?;
            Ok(Kind::of(&head).is_some())
        };
        look().unwrap_or(false)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True where reading a member tells nothing about how much of the file is read.
    pub(super) fn is_unpacked(&self) -> bool {
        self.unpacked
    }

    /// The member's bytes without the archive's own compression.
    pub(super) fn member<'a>(
        &self,
        entry: &Entry,
        context: &'a JobContext,
        count: &Arc<AtomicU64>,
    ) -> io::Result<Box<dyn Read + Send + 'a>> {
        let Some(method) = entry.method else {
            return Ok(Box::new(Counter::new(self.data.part(entry.at, entry.bytes), context, count)));
        };
        let raw = Counter::new(zip::raw(&self.data, entry, method)?, context, count);
        Ok(Box::new(Guard::new(zip::decoded(raw, entry, method)?, count, Limits::USUAL)))
    }
}

/// Writes a stream to a nameless file, to be read at any place.
pub(super) fn spool(mut stream: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut stream, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn tar_members(data: &Slice, context: &JobContext) -> io::Result<Vec<Entry>> {
    let mut archive = tar::Archive::new(data.clone());
    let mut entries = Vec::new();
    for entry in archive.entries_with_seek()? {
        context.checkpoint().map_err(io::Error::other)?;
        let entry = match entry {
            Ok(entry) => entry,
            // What comes before the damage can be read.
            Err(_) if !entries.is_empty() => break,
            Err(error) => return Err(error),
        };
        if entries.len() as u64 >= MEMBERS {
            return Err(refuse(format!("it has more than {MEMBERS} members; unpack it first")));
        }
        if entry.header().entry_type().is_file() || entry.header().entry_type().is_contiguous() {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let (at, bytes) = (entry.raw_file_position(), entry.size());
            entries.push(Entry { name, at, packed: bytes, bytes, method: None });
        }
    }
    Ok(entries)
}

/// The files among the members, hidden ones left out, the last of each name.
fn files(listed: Vec<Entry>) -> (Vec<Entry>, usize) {
    let hidden = |part: &str| part == "__MACOSX" || part.starts_with('.') && !matches!(part, "." | "..");
    let mut entries: Vec<Entry> = Vec::with_capacity(listed.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut superseded = 0;
    for entry in listed {
        if entry.name.ends_with('/') || entry.name.split('/').any(hidden) {
            continue;
        }
        if let Some(before) = places.get(&entry.name).and_then(|&at| entries.get_mut(at)) {
            *before = entry;
            superseded += 1;
        } else {
            places.insert(entry.name.clone(), entries.len());
            entries.push(entry);
        }
    }
    entries.sort_by(|a, b| crate::import::files::natural(&a.name, &b.name));
    (entries, superseded)
}
