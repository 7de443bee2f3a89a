//! The files of an export, written aside with their hashes, cut where they grow too large, and moved into place together.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::ExportError;
use super::columns::Kind;
use super::container::{Container, Layout, RowWriter};
use super::manifest::ManifestFile;
use super::table::Waiting;
use super::target::with_suffix;

/// How files begin that are not in place yet. Who writes one holds its lock.
const PREFIX: &str = ".stepscope-export-";

/// How the second names of files begin that are being replaced.
const OLDER: &str = ".stepscope-older-";

/// Bytes of a file that are collected before they are written.
const BUFFER: usize = 256 << 10;

/// A file that is written but not in place.
pub(super) struct Aside {
    pub(super) file: NamedTempFile,
    /// Where it belongs.
    pub(super) target: PathBuf,
}

/// What was written: the files, and how the manifest names them.
pub(super) struct Written {
    pub(super) files: Vec<Aside>,
    pub(super) named: Vec<ManifestFile>,
}

/// Rows on their way into one file, or into several of about equal size.
pub(super) struct Shards {
    container: Container,
    out: PathBuf,
    /// Bytes of rows in one file, before packing; `None` for one file.
    limit: Option<u64>,
    /// Whether files are numbered.
    numbered: bool,
    current: Rows,
    /// Bytes of rows in the current file.
    bytes: u64,
    ended: Vec<Part>,
    /// The columns of a table, as far as its rows have shown them.
    columns: Option<Kind>,
}

/// The rows of a file that is still growing.
enum Rows {
    Text(Box<RowWriter>),
    Table(Waiting),
}

/// A file whose rows are complete.
enum Part {
    Written(NamedTempFile, ManifestFile),
    /// Its columns may still get types from rows of other files.
    Waiting(Waiting),
}

impl Shards {
    /// Files are numbered where they may be cut, and where `numbered` says so.
    pub(super) fn create(
        container: Container,
        out: &Path,
        limit: Option<u64>,
        numbered: bool,
    ) -> Result<Self, ExportError> {
        let current = Rows::open(container, out)?;
        let numbered = numbered || limit.is_some();
        Ok(Self { container, out: out.into(), limit, numbered, current, bytes: 0, ended: Vec::new(), columns: None })
    }

    /// Writes a row. A row that is larger than a file may be stands in one alone.
    pub(super) fn row(&mut self, line: &str) -> Result<(), ExportError> {
        if self.limit.is_some_and(|limit| self.bytes > 0 && self.bytes + line.len() as u64 > limit) {
            let next = Rows::open(self.container, &self.out)?;
            let full = std::mem::replace(&mut self.current, next);
            self.ended.push(full.ended(&self.out)?);
            self.bytes = 0;
        }
        let written = match &mut self.current {
            Rows::Text(rows) => rows.row(line),
            Rows::Table(rows) => rows.row(line, &mut self.columns),
        };
        self.bytes += written.map_err(|source| failed(&self.out, source))?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Written, ExportError> {
        let Self { out, numbered, current, ended: mut all, columns, .. } = self;
        all.push(current.ended(&out)?);
        let count = all.len();
        let mut written = Written { files: Vec::with_capacity(count), named: Vec::with_capacity(count) };
        for (number, part) in all.into_iter().enumerate() {
            let (file, about) = match part {
                Part::Written(file, about) => (file, about),
                Part::Waiting(rows) => table(rows, columns.as_ref(), &out)?,
            };
            let target = if numbered { shard_path(&out, number, count) } else { out.clone() };
            let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
            written.named.push(ManifestFile { file: name, ..about });
            written.files.push(Aside { file, target });
        }
        Ok(written)
    }
}

impl Rows {
    fn open(container: Container, out: &Path) -> Result<Self, ExportError> {
        if container.layout == Layout::Parquet {
            return Waiting::create(&folder_of(out)).map(Self::Table).map_err(|source| failed(out, source));
        }
        let rows = RowWriter::new(container, HashingFile::create(out)?);
        rows.map(|rows| Self::Text(Box::new(rows))).map_err(|source| failed(out, source))
    }

    fn ended(self, out: &Path) -> Result<Part, ExportError> {
        match self {
            Self::Table(rows) => Ok(Part::Waiting(rows)),
            Self::Text(writer) => {
                let rows = writer.rows();
                let file = writer.finish().map_err(|source| failed(out, source))?;
                described(file, rows).map(|(file, about)| Part::Written(file, about))
            }
        }
    }
}

fn table(waiting: Waiting, columns: Option<&Kind>, out: &Path) -> Result<(NamedTempFile, ManifestFile), ExportError> {
    let rows = waiting.rows();
    let file = waiting.write(columns, HashingFile::create(out)?).map_err(|source| failed(out, source))?;
    described(file, rows)
}

fn described(file: HashingFile, rows: u64) -> Result<(NamedTempFile, ManifestFile), ExportError> {
    let (file, sha256, bytes) = file.finish()?;
    Ok((file, ManifestFile { sha256, bytes, rows, ..ManifestFile::default() }))
}

fn failed(out: &Path, source: io::Error) -> ExportError {
    ExportError::Io { doing: "writing", path: out.into(), source }
}

/// The name of a part: `rows-00000-of-00003.jsonl.gz` of `rows.jsonl.gz`.
fn shard_path(out: &Path, number: usize, count: usize) -> PathBuf {
    with_suffix(out, &format!("-{number:05}-of-{count:05}"))
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Removes what an interrupted export left in the folder. What another one is writing is locked, and stays.
pub(super) fn remove_interrupted(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let is_left = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_ours && is_file && is_left() {
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// Moves all files into place. Where one cannot be moved, those before it are taken back: older files are there again.
pub(super) fn put_in_place(files: Vec<Aside>) -> Result<(), ExportError> {
    let renaming = |path: &Path, source: io::Error| ExportError::Io { doing: "renaming", path: path.into(), source };
    let mut put: Vec<(PathBuf, Option<NamedTempFile<()>>)> = Vec::with_capacity(files.len());
    let folders: BTreeSet<PathBuf> = files.iter().map(|file| folder_of(&file.target)).collect();
    for Aside { file, target } in files {
        let moved = older(&target).and_then(|older| {
            file.persist(&target).map_err(|error| error.error)?;
            Ok(older)
        });
        match moved {
            Ok(older) => put.push((target, older)),
            Err(error) => {
                put.into_iter().rev().for_each(take_back);
                return Err(renaming(&target, error));
            }
        }
    }
    // Makes the new names survive a power cut; not every system can open a folder.
    for folder in folders {
        File::open(folder).and_then(|folder| folder.sync_all()).ok();
    }
    Ok(())
}

fn older(target: &Path) -> io::Result<Option<NamedTempFile<()>>> {
    target.symlink_metadata().is_ok().then(|| second_name(target)).transpose()
}

fn take_back((target, older): (PathBuf, Option<NamedTempFile<()>>)) {
    match older {
        // Should this fail too, the older file is kept under its second name.
        Some(older) => older.persist(target).map_or_else(|error| drop(error.file.into_temp_path().keep()), drop),
        None => drop(fs::remove_file(target)),
    }
}

/// A second name for a file, gone when dropped. Where the file system has none, a copy.
fn second_name(file: &Path) -> io::Result<NamedTempFile<()>> {
    tempfile::Builder::new().prefix(OLDER).make_in(folder_of(file), |name| match fs::hard_link(file, name) {
        // Another name is tried.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::copy(file, name).map(drop),
        Ok(()) => Ok(()),
    })
}

/// A file that is not in place yet, with the hash of what was written to it.
pub(super) struct HashingFile {
    writer: BufWriter<NamedTempFile>,
    hash: Sha256,
    bytes: u64,
    target: PathBuf,
}

impl HashingFile {
    pub(super) fn create(target: &Path) -> Result<Self, ExportError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        // Temporary files are private by default; an export is as readable as any file of the user.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder_of(target)).map_err(|source| failed(target, source))?;
        // Where files cannot be locked, an interrupted one stays.
        file.as_file().try_lock().ok();
        Ok(Self {
            writer: BufWriter::with_capacity(BUFFER, file),
            hash: Sha256::new(),
            bytes: 0,
            target: target.into(),
        })
    }

    /// The file, safely on the disk, with its hash and size.
    pub(super) fn finish(self) -> Result<(NamedTempFile, String, u64), ExportError> {
        let Self { writer, hash, bytes, target } = self;
        let file = writer.into_inner().map_err(|error| failed(&target, error.into_error()))?;
        file.as_file().sync_all().map_err(|source| failed(&target, source))?;
        Ok((file, format!("{:x}", hash.finalize()), bytes))
    }
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_comes_back_where_the_last_one_cannot_be_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("rows.jsonl");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let put = |manifest: PathBuf| {
            let aside = || NamedTempFile::new_in(folder.path()).unwrap();
            let mut rows = aside();
            rows.write_all(b"new").unwrap();
            put_in_place(vec![Aside { file: rows, target: out.clone() }, Aside { file: aside(), target: manifest }])
        };
        let nowhere = || folder.path().join("missing").join("rows.jsonl.manifest.json");
        put(nowhere()).unwrap_err();
        assert_eq!(names(), 0, "nothing was there");
        fs::write(&out, "old").unwrap();
        put(nowhere()).unwrap_err();
        assert_eq!((fs::read_to_string(&out).unwrap().as_str(), names()), ("old", 1));
        put(folder.path().join("rows.jsonl.manifest.json")).unwrap();
        assert_eq!((fs::read_to_string(&out).unwrap().as_str(), names()), ("new", 2));
    }

    #[test]
    fn parts_are_named_before_the_first_dot() {
        let check = |name: &str, expected: &str| {
            assert_eq!(shard_path(Path::new(name), 1, 3), Path::new(expected));
        };
        check("a/rows.jsonl", "a/rows-00001-of-00003.jsonl");
        check("rows.jsonl.gz", "rows-00001-of-00003.jsonl.gz");
        check("rows", "rows-00001-of-00003");
        check(".rows", ".rows-00001-of-00003");
    }
}
