//! The first traces of an import as a small project of their own, for the window to show while the rest is read.

use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::model::Trace;
use crate::store::{ProjectDir, Store, StoreWriter};

/// Shown once there are so many, or after this time, whichever comes first.
const TRACES: usize = 1000;
const PATIENCE: Duration = Duration::from_millis(300);

/// Where the first traces are put, and who wants them.
pub struct Early<'a> {
    /// A folder for temporary files.
    pub folder: &'a Path,
    /// Called at most once, on the thread that imports. Never where the import ends before.
    pub show: &'a mut dyn FnMut(ImportPreview),
}

/// The first traces of an import under way. They keep their rows and identities in the finished project.
pub struct ImportPreview {
    /// Their tables.
    pub store: Store,
    /// Removed with the preview; stands below the store, which is closed before.
    _folder: TempDir,
}

/// Collects the first traces until they are shown.
pub(super) struct Collector<'a> {
    early: Early<'a>,
    folder: TempDir,
    writer: StoreWriter,
    count: usize,
    started: Instant,
}

impl<'a> Collector<'a> {
    /// A preview is a courtesy: where it cannot be made, the import goes on without.
    pub(super) fn start(early: Early<'a>) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("stepscope-preview").tempdir_in(early.folder).ok()?;
        let writer = StoreWriter::create(&ProjectDir::new(folder.path())).ok()?;
        Some(Self { early, folder, writer, count: 0, started: Instant::now() })
    }

    /// Takes in a trace. Gives nothing once the preview is shown or has failed.
    pub(super) fn add(mut self, trace: &Trace) -> Option<Self> {
        self.writer.push(trace).ok()?;
        self.count += 1;
        if self.count < TRACES && self.started.elapsed() < PATIENCE {
            return Some(self);
        }
        let store = self.writer.finish(Vec::new()).ok()?;
        (self.early.show)(ImportPreview { store, _folder: self.folder });
        None
    }
}
