//! The thread that brings lines to the disk: it appends all that wait at once, syncs them, then says so.

use std::fs::File;
use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::load::set_aside;
use super::log_file::LogFile;
use super::name::LogPaths;
use crate::job::Wake;

/// A closing window waits at most this long for the disk.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Whether what was said is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveState {
    /// Everything is written and synced.
    Saved,
    /// Records are on their way to the disk.
    Saving {
        /// How many.
        pending: usize,
    },
    /// Writing failed. Everything is kept in memory and tried again with the next label or on request.
    Failed(String),
}

/// The end of the writer that the log holds. Dropping it waits, for a bounded time, until everything is written; what
/// cannot be is put in a file beside the log, if any can be written there.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    paths: LogPaths,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// Lines not yet handed to the disk.
    lines: Vec<u8>,
    /// Number of the last line queued, and of the last line known to be on disk.
    queued_seq: u64,
    saved_seq: u64,
    failure: Option<String>,
    /// A failed write is to be tried again.
    retry: bool,
    stop: bool,
    ended: bool,
}

impl Queue {
    fn is_saved(&self) -> bool {
        self.saved_seq == self.queued_seq
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Starts the thread. `lock` is let go when the thread has written its last line.
    pub(super) fn start(
        paths: LogPaths,
        file: LogFile,
        lock: Option<File>,
        last_seq: u64,
        wake: Wake,
    ) -> io::Result<Self> {
        let queue = Queue { queued_seq: last_seq, saved_seq: last_seq, ..Queue::default() };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), changed: Condvar::new() });
        let ending = Ending { shared: Arc::clone(&shared), lock };
        thread::Builder::new().name("annotation writer".into()).spawn(move || run(&ending, file, &wake))?;
        Ok(Self { shared, paths })
    }

    /// Hands lines over and returns at once. Also tries again what failed before.
    pub(super) fn push(&self, lines: &[u8], last_seq: u64) {
        let mut queue = self.shared.lock();
        queue.lines.extend_from_slice(lines);
        queue.queued_seq = last_seq;
        queue.retry = true;
        drop(queue);
        self.shared.changed.notify_all();
    }

    pub(super) fn retry(&self) {
        self.shared.lock().retry = true;
        self.shared.changed.notify_all();
    }

    pub(super) fn saved_seq(&self) -> u64 {
        self.shared.lock().saved_seq
    }

    pub(super) fn state(&self) -> SaveState {
        let queue = self.shared.lock();
        if queue.is_saved() {
            return SaveState::Saved;
        }
        match &queue.failure {
            Some(message) => SaveState::Failed(message.clone()),
            None if queue.ended => SaveState::Failed(STOPPED.into()),
            None => {
                SaveState::Saving { pending: usize::try_from(queue.queued_seq - queue.saved_seq).unwrap_or(usize::MAX) }
            }
        }
    }

    /// Waits until everything is written or writing has failed.
    pub(super) fn flush(&self) -> Result<(), String> {
        let mut queue = self.shared.lock();
        loop {
            if queue.is_saved() {
                return Ok(());
            }
            match &queue.failure {
                Some(message) if !queue.retry => return Err(message.clone()),
                None if queue.ended => return Err(STOPPED.into()),
                _ => queue = self.shared.wait(queue),
            }
        }
    }
}

const STOPPED: &str = "The thread that saves labels has stopped. Restart Stepscope; labels shown as saved are safe";

impl Drop for Writer {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.stop = true;
        queue.retry = true;
        self.shared.changed.notify_all();
        let deadline = Instant::now() + LAST_WAIT;
        while !queue.ended {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return };
            queue = self.shared.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if !queue.lines.is_empty() {
            // The last try of all; whoever closed the log has been told that it is not saved.
            set_aside("rescue labels", |number| self.paths.rescued(number), &queue.lines).ok();
        }
    }
}

/// Whatever ends the thread, the lock is let go first and nobody waits for ever.
struct Ending {
    shared: Arc<Shared>,
    lock: Option<File>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        drop(self.lock.take());
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

fn run(ending: &Ending, mut file: LogFile, wake: &Wake) {
    let shared = &ending.shared;
    let mut queue = shared.lock();
    loop {
        let has_work = !queue.lines.is_empty() && (queue.failure.is_none() || queue.retry);
        if !has_work {
            if queue.stop {
                return;
            }
            queue = shared.wait(queue);
            continue;
        }
        let mut batch = mem::take(&mut queue.lines);
        let batch_seq = queue.queued_seq;
        // Cleared before writing, so that a wish during the write counts for the next one.
        queue.retry = false;
        queue.failure = None;
        drop(queue);
        let written = file.append(&batch);
        queue = shared.lock();
        match written {
            Ok(()) => {
                queue.saved_seq = batch_seq;
                queue.failure = None;
            }
            Err(error) => {
                batch.append(&mut queue.lines);
                queue.lines = batch;
                queue.failure = Some(file.explain(&error));
            }
        }
        shared.changed.notify_all();
        drop(queue);
        wake();
        queue = shared.lock();
    }
}
