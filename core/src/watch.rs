//! Tells when a file has grown or been replaced, or a folder has got new files, so that they can be read again.
//!
//! Not every file system tells what happens on it (network drives, some containers), so the files are also looked at
//! now and then without being told. That costs one system call per file.
//!
//! The folders of the files are watched, because many programs replace a file by renaming another over it. A burst of
//! messages is answered once, after it has calmed down.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use notify::{EventKind, RecursiveMode, Watcher as _};

use crate::job::Wake;
use crate::model::ContentHasher;

/// A burst is over when nothing happened for this long.
const QUIET: Duration = Duration::from_millis(150);

/// A file that never calms down is looked at this often all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// Without any message the files are looked at this often; where there are many, less often.
const LOOK: Duration = Duration::from_secs(1);
const FILES_PER_LOOK: usize = 500;

/// New files are looked for so deep and among so many.
const DEPTH: usize = 8;
const MOST_FILES: usize = 100_000;

/// So many bytes at either end tell whether a longer file still begins as the old one did.
const PROBE: u64 = 4096;

/// Something that happened to a watched file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file, as it was named to [`Watcher::new`].
    pub path: PathBuf,
    /// What happened.
    pub kind: ChangeKind,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Bytes were added at its end.
    Grown,
    /// Its content is another, or it has come into being.
    Replaced,
    /// It is gone.
    Removed,
}

/// Watching cannot begin at all.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system's own mechanism failed.
    #[error("Could not start watching files for changes: {0}")]
    System(#[from] notify::Error),
    /// No thread.
    #[error("Could not start watching files for changes: {0}")]
    Thread(#[from] io::Error),
}

/// Watches files until it is dropped.
pub struct Watcher {
    changes: Arc<Mutex<Vec<Change>>>,
    unwatched: Vec<PathBuf>,
    // Dropping it ends the messages, and with them the thread.
    _system: notify::RecommendedWatcher,
}

impl Watcher {
    /// Watches these files, which may be missing for now. `wake` is called when [`Watcher::poll`] has something to tell.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, wake: Wake) -> Result<Self, WatchError> {
        Self::with_folders(paths, Vec::new(), wake)
    }

    /// Watches files, and folders for files that come into being in them or in folders below.
    pub fn with_folders(
        paths: impl IntoIterator<Item = PathBuf>,
        new_in: Vec<PathBuf>,
        wake: Wake,
    ) -> Result<Self, WatchError> {
        let (sender, messages) = channel();
        let mut system = notify::recommended_watcher(Relay(sender))?;
        let mut files: Vec<Watched> = Vec::new();
        let mut folders: BTreeMap<PathBuf, bool> = BTreeMap::new();
        let mut unwatched = Vec::new();
        for path in paths {
            let mut is_watched = |path: &Path| {
                let watch = |folder: &PathBuf| system.watch(folder, RecursiveMode::NonRecursive).is_ok();
                *folders.entry(folder_of(path)).or_insert_with_key(watch)
            };
            if !is_watched(&path) {
                unwatched.push(path);
                continue;
            }
            let mut names = vec![path.file_name().map(OsStr::to_owned)];
            // Behind a link, the bytes change elsewhere; if that place cannot be watched, the link itself still is.
            if let Ok(target) = path.canonicalize()
                && is_watched(&target)
            {
                names.push(target.file_name().map(OsStr::to_owned));
            }
            // Looked at after watching began, so that no change falls in between.
            files.push(Watched { known: Fingerprint::of(&path), path, names });
        }
        for folder in &new_in {
            // Where it cannot be watched, looking now and then has to do.
            system.watch(folder, RecursiveMode::Recursive).ok();
        }
        let new_in: Vec<Grown> = new_in.into_iter().map(Grown::new).collect();
        let changes = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&changes);
        thread::Builder::new()
            .name("file watcher".into())
            .spawn(move || run(&messages, files, new_in, &found, &wake))?;
        Ok(Self { changes, unwatched, _system: system })
    }

    /// What happened since the last call, oldest first. Never waits.
    pub fn poll(&self) -> Vec<Change> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The files that cannot be watched, because their folder is missing or the system has no room for more.
    pub fn unwatched(&self) -> &[PathBuf] {
        &self.unwatched
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.into(),
        _ => PathBuf::from("."),
    }
}

/// Passes on that something happened to the names in a folder; what it was, the files themselves tell.
struct Relay(Sender<Vec<PathBuf>>);

impl notify::EventHandler for Relay {
    fn handle_event(&mut self, event: notify::Result<notify::Event>) {
        let paths = match event {
            // Reading changes nothing.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
            Ok(event) => event.paths,
            // Messages were lost: look at everything.
            Err(_) => Vec::new(),
        };
        // Nobody listens while the watcher is being dropped.
        self.0.send(paths).ok();
    }
}

fn run(
    messages: &Receiver<Vec<PathBuf>>,
    mut files: Vec<Watched>,
    mut folders: Vec<Grown>,
    found: &Mutex<Vec<Change>>,
    wake: &Wake,
) {
    let count = files.len() + folders.iter().map(|folder| folder.files.len()).sum::<usize>();
    let pause = LOOK * u32::try_from(1 + count / FILES_PER_LOOK).unwrap_or(u32::MAX);
    loop {
        let first = match messages.recv_timeout(pause) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut concerns_us = first.as_ref().is_none_or(|first| concerns(first, &files, &folders));
        let deadline = Instant::now() + PATIENCE;
        // Nothing was told: nothing has to calm down.
        while first.is_some() {
            let left = deadline.saturating_duration_since(Instant::now());
            match messages.recv_timeout(QUIET.min(left)) {
                Ok(more) => concerns_us |= concerns(&more, &files, &folders),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        if concerns_us {
            let mut news: Vec<Change> = files.iter_mut().filter_map(Watched::compare).collect();
            news.extend(folders.iter_mut().filter_map(Grown::compare));
            if !news.is_empty() {
                found.lock().unwrap_or_else(PoisonError::into_inner).extend(news);
                wake();
            }
        }
    }
}

/// A folder in which files may come into being.
struct Grown {
    path: PathBuf,
    files: BTreeSet<PathBuf>,
}

impl Grown {
    fn new(path: PathBuf) -> Self {
        Self { files: files_below(&path), path }
    }

    /// Looks again; `None` where no file is new.
    fn compare(&mut self) -> Option<Change> {
        let now = files_below(&self.path);
        let is_new = now.iter().any(|file| !self.files.contains(file));
        self.files = now;
        is_new.then(|| Change { path: self.path.clone(), kind: ChangeKind::Grown })
    }
}

/// The files in a folder and in folders below it, but for hidden ones and project folders. Bounded in depth and number.
fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let (mut files, mut open) = (BTreeSet::new(), vec![(folder.to_path_buf(), 0)]);
    while let Some((folder, depth)) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || name.ends_with(".stepscope") || files.len() >= MOST_FILES {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEPTH => open.push((entry.path(), depth + 1)),
                Ok(kind) if kind.is_file() => drop(files.insert(entry.path())),
                _ => {}
            }
        }
    }
    files
}

/// True where a message names one of our files, or none at all. Compared by name: folders may be spelled differently.
fn concerns(paths: &[PathBuf], files: &[Watched], folders: &[Grown]) -> bool {
    let is_ours = |path: &PathBuf| {
        let is_named = files.iter().flat_map(|file| &file.names).any(|name| name.as_deref() == path.file_name());
        is_named || folders.iter().any(|folder| path.starts_with(&folder.path))
    };
    paths.is_empty() || paths.iter().any(is_ours)
}

/// One file and what is known of it.
struct Watched {
    path: PathBuf,
    /// Its name, and where it is a link, that of the file behind it.
    names: Vec<Option<OsString>>,
    known: Option<Fingerprint>,
}

impl Watched {
    /// Looks again; `None` where nothing changed.
    fn compare(&mut self) -> Option<Change> {
        if self.known.as_ref().is_some_and(|known| known.looks_the_same(&self.path)) {
            return None;
        }
        let now = Fingerprint::of(&self.path);
        let kind = match (&self.known, &now) {
            (None, None) => return None,
            (Some(_), None) => ChangeKind::Removed,
            (Some(old), Some(new)) if old == new => return None,
            (Some(old), Some(new)) if new.length > old.length && old.is_start_of(&self.path) => ChangeKind::Grown,
            (_, Some(_)) => ChangeKind::Replaced,
        };
        self.known = now;
        Some(Change { path: self.path.clone(), kind })
    }
}

/// What is remembered of a file: enough to tell growth from replacement without reading it all.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    length: u64,
    modified: Option<SystemTime>,
    ends: String,
}

impl Fingerprint {
    /// `None` where the file is missing or cannot be read.
    fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let length = about.len();
        Some(Self { length, modified: about.modified().ok(), ends: ends(path, length).ok()? })
    }

    /// Without reading it. A file that is written to gets a new time.
    fn looks_the_same(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|about| {
            about.is_file()
                && about.len() == self.length
                && self.modified.is_some()
                && about.modified().ok() == self.modified
        })
    }

    fn is_start_of(&self, path: &Path) -> bool {
        ends(path, self.length).is_ok_and(|ends| ends == self.ends)
    }
}

/// A hash of both ends of the first `length` bytes.
fn ends(path: &Path, length: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut part = |from: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(PROBE.min(length - from)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let (head, tail) = (part(0)?, part(length.saturating_sub(PROBE))?);
    Ok(ContentHasher::new("watched file").part(head).part(tail).hex(32))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn wait(watcher: &Watcher) -> Vec<Change> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let changes = watcher.poll();
            if !changes.is_empty() {
                return changes;
            }
            assert!(Instant::now() < deadline, "no change was told");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn growth_replacement_and_removal_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traces.jsonl");
        fs::write(&path, "one\n").unwrap();
        let (sender, woken) = channel();
        let wake: Wake = Arc::new(move || sender.send(()).unwrap());
        let watcher = Watcher::new([path.clone()], wake).unwrap();
        let expect = |kind| assert_eq!(wait(&watcher), [Change { path: path.clone(), kind }]);

        for line in ["two\n", "three\n"] {
            File::options().append(true).open(&path).unwrap().write_all(line.as_bytes()).unwrap();
        }
        expect(ChangeKind::Grown);
        woken.recv_timeout(Duration::from_secs(10)).unwrap();

        let aside = folder.path().join("aside");
        fs::write(&aside, "a longer text that begins otherwise\n").unwrap();
        fs::rename(&aside, &path).unwrap();
        expect(ChangeKind::Replaced);

        fs::remove_file(&path).unwrap();
        expect(ChangeKind::Removed);

        fs::write(&path, "back\n").unwrap();
        expect(ChangeKind::Replaced);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_behind_a_link_is_watched() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (path, target) = (folder.path().join("traces.jsonl"), elsewhere.path().join("blob"));
        fs::write(&target, "one\n").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        let watcher = Watcher::new([path.clone()], Arc::new(|| {})).unwrap();
        File::options().append(true).open(&target).unwrap().write_all(b"two\n").unwrap();
        assert_eq!(wait(&watcher), [Change { path, kind: ChangeKind::Grown }]);
    }

    #[test]
    fn new_files_of_a_folder_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("run-1");
        fs::create_dir(&below).unwrap();
        fs::write(below.join("old.json"), "{}").unwrap();
        let root = folder.path().to_path_buf();
        let watcher = Watcher::with_folders([], vec![root.clone()], Arc::new(|| {})).unwrap();
        fs::write(below.join(".hidden"), "").unwrap();
        fs::create_dir(root.join("x.stepscope")).unwrap();
        fs::write(root.join("x.stepscope/project.toml"), "").unwrap();
        thread::sleep(QUIET * 4);
        assert_eq!(watcher.poll(), []);
        fs::write(below.join("new.json"), "{}").unwrap();
        assert_eq!(wait(&watcher), [Change { path: root, kind: ChangeKind::Grown }]);
    }

    #[test]
    fn what_no_message_tells_is_found_by_looking() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traces.jsonl");
        fs::write(&path, "one\n").unwrap();
        let (sender, messages) = channel();
        let files = vec![Watched { known: Fingerprint::of(&path), names: Vec::new(), path: path.clone() }];
        let (found, woken) = (Arc::new(Mutex::new(Vec::new())), channel());
        let (seen, told) = (Arc::clone(&found), woken.0);
        let wake: Wake = Arc::new(move || told.send(()).unwrap_or_default());
        let looking = thread::Builder::new().spawn(move || run(&messages, files, Vec::new(), &seen, &wake)).unwrap();
        File::options().append(true).open(&path).unwrap().write_all(b"two\n").unwrap();
        woken.1.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(*found.lock().unwrap(), [Change { path, kind: ChangeKind::Grown }]);
        drop(sender);
        looking.join().unwrap();
    }

    #[test]
    fn other_files_and_reading_are_no_news() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traces.jsonl");
        fs::write(&path, "one\n").unwrap();
        let watcher = Watcher::new([path.clone()], Arc::new(|| {})).unwrap();
        fs::write(folder.path().join("other"), "two\n").unwrap();
        fs::read(&path).unwrap();
        thread::sleep(QUIET * 4);
        assert_eq!(watcher.poll(), []);
    }

    #[test]
    fn a_missing_file_is_awaited_and_a_missing_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later.jsonl");
        let nowhere = folder.path().join("no/such/file");
        let watcher = Watcher::new([path.clone(), nowhere.clone(), PathBuf::from("/")], Arc::new(|| {})).unwrap();
        assert_eq!(watcher.unwatched(), [nowhere]);
        fs::write(&path, "one\n").unwrap();
        assert_eq!(wait(&watcher), [Change { path, kind: ChangeKind::Replaced }]);
    }
}
