//! From the paths that the user gave to the files to read: folders opened, in natural order, each file once.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FileFault, ImportError};

/// Folders of folders deeper than this are not followed; no data set is.
const DEPTH: usize = 32;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Path as given, or below the folder as given.
    pub(super) path: PathBuf,
    /// Size in bytes, for progress.
    pub(super) bytes: u64,
    /// Named by the user, or named like JSON: worth a complaint if it cannot be read.
    pub(super) expected: bool,
    /// The path that the user gave: itself, or a folder above it.
    pub(super) root: Arc<Path>,
}

/// The files of `paths`, and what could not be looked at.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<(PathBuf, ImportError)>) {
    let mut finder =
        Finder { root: Path::new("").into(), files: Vec::new(), failed: Vec::new(), visited: HashSet::new() };
    for path in paths {
        finder.root = path.as_path().into();
        if let Err(error) = finder.add(path, true, 0) {
            finder.failed.push((path.clone(), error));
        }
    }
    (finder.files, finder.failed)
}

struct Finder {
    root: Arc<Path>,
    files: Vec<Found>,
    failed: Vec<(PathBuf, ImportError)>,
    // So that links in a circle end and a file given twice is read once.
    visited: HashSet<Identity>,
}

impl Finder {
    fn add(&mut self, path: &Path, named: bool, depth: usize) -> Result<(), ImportError> {
        let fail = |error: std::io::Error| FileFault::from(error).at(path);
        let about = fs::metadata(path).map_err(fail)?;
        if !self.visited.insert(identity(path, &about).map_err(fail)?) {
            return Ok(());
        }
        if about.is_dir() {
            return if depth < DEPTH { self.add_folder(path, named, depth) } else { Ok(()) };
        }
        if about.is_file() {
            if !named && is_annotation_log(path) {
                return Ok(());
            }
            self.files.push(Found {
                path: path.into(),
                bytes: about.len(),
                expected: named || is_named_like_json(path),
                root: Arc::clone(&self.root),
            });
            return Ok(());
        }
        if named { Err(FileFault::NotAFile.at(path)) } else { Ok(()) }
    }

    fn add_folder(&mut self, folder: &Path, named: bool, depth: usize) -> Result<(), ImportError> {
        let fail = |error: std::io::Error| FileFault::from(error).at(folder);
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if !is_skipped(&path) {
                entries.push(path);
            }
        }
        entries.sort_by(|a, b| natural(&name(a), &name(b)));
        let before = self.files.len();
        for path in entries {
            if let Err(error) = self.add(&path, false, depth + 1) {
                self.failed.push((path, error));
            }
        }
        if named && self.files.len() == before && self.failed.is_empty() {
            return Err(FileFault::EmptyFolder.at(folder));
        }
        Ok(())
    }
}

/// What tells files apart, whatever their paths.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn identity(_: &Path, about: &fs::Metadata) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Ok((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path, _: &fs::Metadata) -> std::io::Result<Identity> {
    fs::canonicalize(path)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Hidden entries and Stepscope's own project folders hold no traces of the user.
fn is_skipped(path: &Path) -> bool {
    name(path).starts_with('.') || path.extension() == Some(OsStr::new("stepscope"))
}

/// Logs of annotators hold labels, not traces. They are known by the start of their first line.
fn is_annotation_log(path: &Path) -> bool {
    if path.extension() != Some(OsStr::new("jsonl")) {
        return false;
    }
    let mut start = [0; 64];
    let read = fs::File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or_default();
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(version) = start[..read].strip_prefix(b"{\"v\":") else { return false };
    let Some(seq) = version[digits(version)..].strip_prefix(b",\"seq\":") else { return false };
    seq[digits(seq)..].starts_with(b",\"at\":\"")
}

/// Also where it is compressed.
pub(super) fn is_named_like_json(path: &Path) -> bool {
    let name = name(path).to_lowercase();
    let name = [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    [".json", ".jsonl", ".jsonc", ".ndjson"].iter().any(|ending| name.ends_with(ending))
}

/// Compares names so that `2.json` stands before `10.json`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = match (left.chars().next(), right.chars().next()) {
            (Some(x), Some(y)) => (x, y),
            // Equal but for leading zeros: any fixed order will do.
            (None, None) => return a.cmp(b),
            (x, y) => return x.is_some().cmp(&y.is_some()),
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (number, rest) = split_number(left);
            let (other, other_rest) = split_number(right);
            let order = number.len().cmp(&other.len()).then_with(|| number.cmp(other));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (rest, other_rest);
        } else if x == y {
            left = left.get(x.len_utf8()..).unwrap_or_default();
            right = right.get(y.len_utf8()..).unwrap_or_default();
        } else {
            return x.cmp(&y);
        }
    }
}

/// The digits at the start without leading zeros, and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["b", "10.json", "2.json", "a10b2", "a10b10", "a9", "02.json", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "02.json", "2.json", "10.json", "a9", "a10b2", "a10b10", "b"]);
    }

    #[test]
    fn folders_are_opened_and_circles_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["10.json", "2.json", ".hidden.json", "sub/notes.txt", "old.stepscope/x.jsonl"] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        // An annotator's log is no file of traces, unless somebody insists.
        fs::write(root.join("ann.jsonl"), "{\"v\":12,\"seq\":1,\"at\":\"2026-11-21T10:00:00.000Z\"}\n").unwrap();
        assert_eq!(find(&[root.join("ann.jsonl")]).0.len(), 1);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root, root.join("sub/circle")).unwrap();
            std::os::unix::fs::symlink("nowhere", root.join("broken")).unwrap();
        }
        let (files, failed) = find(&[root.to_path_buf(), root.join("2.json")]);
        let names: Vec<String> = files.iter().map(|f| name(&f.path)).collect();
        assert_eq!(names, ["2.json", "10.json", "notes.txt"]);
        assert!(!files.last().unwrap().expected);
        assert_eq!(failed.len(), usize::from(cfg!(unix)), "the broken link");
    }
}
