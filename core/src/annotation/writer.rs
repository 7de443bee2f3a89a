//! The thread that brings lines to the disk: it appends all that wait at once, syncs them, then says so. What fails is
//! tried again after a pause.

use std::any::Any;
use std::fmt;
use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::load::set_aside;
use super::lock::leave_in_order;
use super::log_file::LogFile;
use crate::job::Wake;

/// A closing window waits at most this long for the disk.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How long the first pause after a failure is; each further one is twice as long, up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

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
    /// Writing failed. Everything is kept in memory and tried again: after a pause, with the next label, on request.
    Failed(String),
}

/// What is done with the log when all is saved and nothing more will come.
pub(super) type Last = Box<dyn FnOnce(&LogFile) + Send>;

/// How the lines come to the disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drive {
    /// By a thread, with that first pause after a failure.
    Thread(Duration),
    /// Only when somebody waits for it, so that tests know what happens when.
    #[cfg(test)]
    ByHand,
}

impl Default for Drive {
    fn default() -> Self {
        Self::Thread(PAUSE)
    }
}

/// The end of the writer that the log holds. Dropping it waits, for a bounded time, until everything is written; what
/// cannot be is put in a file beside the log, if any can be written there.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Where no thread has it.
    by_hand: Option<Mutex<Ending>>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Lines not yet handed to the disk.
    lines: Vec<u8>,
    /// Number of the last line queued, and of the last line known to be on disk.
    queued_seq: u64,
    saved_seq: u64,
    failure: Option<String>,
    /// A failed write is to be tried again at once.
    retry: bool,
    last: Option<Last>,
    stop: bool,
    ended: bool,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queued_seq, saved_seq, failure, .. } = self;
        let mut text = f.debug_struct("Queue");
        text.field("queued_seq", queued_seq).field("saved_seq", saved_seq).field("failure", failure);
        text.finish_non_exhaustive()
    }
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

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>, at_most: Option<Duration>) -> MutexGuard<'a, Queue> {
        match at_most {
            None => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            Some(time) => self.changed.wait_timeout(queue, time).unwrap_or_else(PoisonError::into_inner).0,
        }
    }
}

impl Writer {
    /// Starts the thread. `lock` is let go when the thread has written its last line.
    pub(super) fn start(
        file: LogFile,
        lock: Option<Box<dyn Any + Send>>,
        last_seq: u64,
        wake: Wake,
        drive: Drive,
    ) -> io::Result<Self> {
        let queue = Queue { queued_seq: last_seq, saved_seq: last_seq, ..Queue::default() };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), changed: Condvar::new() });
        let mut ending = Ending { shared: Arc::clone(&shared), file, lock };
        let by_hand = match drive {
            Drive::Thread(pause) => {
                let run = move || ending.run(&wake, pause);
                thread::Builder::new().name("annotation writer".into()).spawn(run)?;
                None
            }
            #[cfg(test)]
            Drive::ByHand => Some(Mutex::new(ending)),
        };
        Ok(Self { shared, by_hand })
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

    /// Sets what is to be done at the end, if all is saved then.
    pub(super) fn finally(&self, last: Last) {
        self.shared.lock().last = Some(last);
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

    /// Waits until everything is written or writing has failed, or so long.
    pub(super) fn flush(&self, at_most: Duration) -> Result<(), String> {
        if let Some(ending) = &self.by_hand {
            ending.lock().unwrap_or_else(PoisonError::into_inner).attempt();
        }
        let deadline = Instant::now() + at_most;
        let mut queue = self.shared.lock();
        loop {
            if queue.is_saved() {
                return Ok(());
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return Err(SILENT.into()) };
            match &queue.failure {
                Some(message) if !queue.retry || self.by_hand.is_some() => return Err(message.clone()),
                None if queue.ended => return Err(STOPPED.into()),
                _ => queue = self.shared.wait(queue, Some(left)),
            }
        }
    }
}

const SILENT: &str = "The disk does not answer. Labels are kept in this window and are on their way to it";

const STOPPED: &str = "The thread that saves labels has stopped. Restart Stepscope; labels shown as saved are safe";

impl Drop for Writer {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.stop = true;
        queue.retry = true;
        self.shared.changed.notify_all();
        if let Some(ending) = self.by_hand.take() {
            drop(queue);
            let mut ending = ending.into_inner().unwrap_or_else(PoisonError::into_inner);
            ending.attempt();
            return ending.end();
        }
        let deadline = Instant::now() + LAST_WAIT;
        while !queue.ended {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return };
            queue = self.shared.wait(queue, Some(left));
        }
    }
}

/// What the thread has. Whatever ends it, the lock is let go first and nobody waits for ever.
#[derive(Debug)]
struct Ending {
    shared: Arc<Shared>,
    file: LogFile,
    lock: Option<Box<dyn Any + Send>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        drop(self.lock.take());
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

impl Ending {
    fn run(&mut self, wake: &Wake, first_pause: Duration) {
        let shared = Arc::clone(&self.shared);
        let (mut pause, mut next_pause) = (first_pause, first_pause);
        let mut tried = Instant::now();
        let mut queue = shared.lock();
        loop {
            let waits = !queue.lines.is_empty();
            let left = match &queue.failure {
                Some(_) if waits && !queue.retry => Some(pause.saturating_sub(tried.elapsed())),
                _ => None,
            };
            if waits && left.is_none_or(|left| left.is_zero()) {
                drop(queue);
                if self.attempt() {
                    next_pause = first_pause;
                }
                pause = next_pause;
                next_pause = (pause * 2).min(LONGEST_PAUSE);
                tried = Instant::now();
                wake();
                queue = shared.lock();
            } else if queue.stop {
                drop(queue);
                return self.end();
            } else {
                queue = shared.wait(queue, left);
            }
        }
    }

    /// Brings everything that waits to the disk, or notes why not. True where it is there.
    fn attempt(&mut self) -> bool {
        let mut queue = self.shared.lock();
        if queue.lines.is_empty() {
            return true;
        }
        let mut batch = mem::take(&mut queue.lines);
        let batch_seq = queue.queued_seq;
        // Cleared before writing, so that a wish during the write counts for the next one.
        queue.retry = false;
        queue.failure = None;
        drop(queue);
        let written = self.file.append(&batch);
        let mut queue = self.shared.lock();
        match &written {
            Ok(()) => queue.saved_seq = batch_seq,
            Err(error) => {
                batch.append(&mut queue.lines);
                queue.lines = batch;
                queue.failure = Some(self.file.explain(error));
            }
        }
        drop(queue);
        self.shared.changed.notify_all();
        written.is_ok()
    }

    /// The last that is done. What is not saved goes beside the log; whoever closed it has been told.
    fn end(&mut self) {
        let (last, lines) = {
            let mut queue = self.shared.lock();
            (queue.last.take(), queue.lines.clone())
        };
        if lines.is_empty() {
            if let Some(last) = last {
                last(&self.file);
            }
            // Only the next start does more without it.
            leave_in_order(self.file.disk(), self.file.paths(), self.file.durable().0).ok();
            return;
        }
        let paths = self.file.paths();
        set_aside(self.file.disk(), "rescue labels", |number| paths.rescued(number), &lines).ok();
    }
}
