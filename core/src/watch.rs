//! Tells when a file has grown or been replaced, so that the window can offer to read it again.
//!
//! The folders of the files are watched, because many programs replace a file by renaming another over it. A burst of
//! messages is answered once, after it has calmed down.

use std::collections::BTreeMap;
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
        let changes = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&changes);
        thread::Builder::new().name("file watcher".into()).spawn(move || run(&messages, files, &found, &wake))?;
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

fn run(messages: &Receiver<Vec<PathBuf>>, mut files: Vec<Watched>, found: &Mutex<Vec<Change>>, wake: &Wake) {
    while let Ok(first) = messages.recv() {
        let mut concerns_us = concerns(&first, &files);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match messages.recv_timeout(QUIET.min(left)) {
                Ok(more) => concerns_us |= concerns(&more, &files),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        if concerns_us {
            let news: Vec<Change> = files.iter_mut().filter_map(Watched::compare).collect();
            if !news.is_empty() {
                found.lock().unwrap_or_else(PoisonError::into_inner).extend(news);
                wake();
            }
        }
    }
}

/// True where a message names one of our files, or none at all. Compared by name: folders may be spelled differently.
fn concerns(paths: &[PathBuf], files: &[Watched]) -> bool {
    let is_ours =
        |path: &PathBuf| files.iter().flat_map(|file| &file.names).any(|name| name.as_deref() == path.file_name());
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
