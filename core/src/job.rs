//! One background job: progress, result, cancel. Dropping the handle cancels the job and never waits for it.

mod priority;

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Asks the owner to look again; the window passes a closure that requests a repaint.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Progress wakes the owner at most this often; the end of a job always does.
const WAKE_INTERVAL: Duration = Duration::from_millis(33);

/// How far a job got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Units done: rows, steps, bytes, as the note says.
    pub done: u64,
    /// All units, where that is known.
    pub total: Option<u64>,
    /// What is being done, for the status bar.
    pub note: String,
}

impl Progress {
    /// The share done, 0..=1, where the total is known.
    pub fn fraction(&self) -> Option<f32> {
        let total = self.total?;
        Some(if total == 0 { 1.0 } else { (self.done as f32 / total as f32).min(1.0) })
    }
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// With a result.
    Done(T),
    /// Because its owner asked.
    Cancelled,
    /// With an error.
    Failed(JobError),
}

/// Why a job stopped early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Its owner asked it to.
    #[error("stopped on request")]
    Cancelled,
    /// It failed; the text is for the user.
    #[error("{0}")]
    Failed(String),
}

impl JobError {
    /// Turns any error into a failure with its message and causes.
    pub fn from_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            let message = next.to_string();
            // Some crates repeat the cause in their own message.
            if !text.contains(&message) {
                text.push_str(": ");
                text.push_str(&message);
            }
            cause = next.source();
        }
        Self::Failed(text)
    }
}

/// Receives progress in the foreground, for the command line.
pub type Reporter = Arc<dyn Fn(&Progress) + Send + Sync>;

struct Shared {
    stop: AtomicBool,
    progress: Mutex<(Progress, Option<Instant>)>,
}

/// The worker's side of a job.
#[derive(Clone)]
pub struct JobContext {
    shared: Arc<Shared>,
    /// Another wish to stop, of a part of the work.
    also: Option<Arc<AtomicBool>>,
    wake: Option<Wake>,
    reporter: Option<Reporter>,
}

impl JobContext {
    /// A context for work done by the calling thread: never cancelled, progress goes to `reporter`.
    pub fn foreground(reporter: Option<Reporter>) -> Self {
        Self { shared: Shared::new(), also: None, wake: None, reporter }
    }

    /// The same, but stopped by that flag as well: for a part of the work that may end before the rest.
    pub(crate) fn stopped_also_by(&self, flag: Arc<AtomicBool>) -> Self {
        Self { also: Some(flag), ..self.clone() }
    }

    /// Returns an error once the owner wants to stop.
    pub fn checkpoint(&self) -> Result<(), JobError> {
        let also = self.also.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed));
        if also || self.shared.stop.load(Ordering::Relaxed) { Err(JobError::Cancelled) } else { Ok(()) }
    }

    /// Publishes progress and wakes the owner, at most 30 times a second.
    pub fn report(&self, progress: Progress) {
        if let Some(reporter) = &self.reporter {
            reporter(&progress);
        }
        let mut slot = self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = slot.1.is_none_or(|last| now.duration_since(last) >= WAKE_INTERVAL);
        slot.0 = progress;
        if due {
            slot.1 = Some(now);
            drop(slot);
            self.wake();
        }
    }

    /// Somebody else may want the cores more.
    const fn is_background(&self) -> bool {
        self.wake.is_some()
    }

    /// Wakes the owner now, for results that the job hands over by other means.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake();
        }
    }
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { stop: AtomicBool::new(false), progress: Mutex::default() })
    }
}

/// The owner's side of a job.
pub struct Job<T> {
    name: String,
    started: Instant,
    shared: Arc<Shared>,
    outcome: Receiver<Outcome<T>>,
    ended: bool,
}

impl<T: Send + 'static> Job<T> {
    /// Runs `work` on a thread of that name, which gives way to the window.
    pub fn spawn(
        name: &str,
        wake: Wake,
        work: impl FnOnce(&JobContext) -> Result<T, JobError> + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Shared::new();
        let context =
            JobContext { shared: Arc::clone(&shared), also: None, wake: Some(Arc::clone(&wake)), reporter: None };
        let (sender, outcome) = sync_channel(1);
        let body = move || {
            priority::give_way();
            run(&context, work, &sender, &wake);
        };
        thread::Builder::new().name(name.into()).spawn(body)?;
        Ok(Self { name: name.into(), started: Instant::now(), shared, outcome, ended: false })
    }

    /// What the job is called in the status bar.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Time since it was started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// How far it got.
    pub fn progress(&self) -> Progress {
        self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Asks it to stop at its next checkpoint.
    pub fn cancel(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// The outcome, once.
    pub fn poll(&mut self) -> Option<Outcome<T>> {
        if self.ended {
            return None;
        }
        let outcome = match self.outcome.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Outcome::Failed(JobError::Failed("the job ended without a word".into())),
        };
        self.ended = true;
        Some(outcome)
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

/// Does `work` for the units `0..count` on all cores, in any order; tells progress in units.
///
/// Stops at the next unit when the owner of the job asks.
pub(crate) fn for_each_unit(
    count: usize,
    note: &str,
    context: &JobContext,
    work: &(dyn Fn(usize) + Sync),
) -> Result<(), JobError> {
    let next = AtomicUsize::new(0);
    let take_turns = |tell: bool| {
        while context.checkpoint().is_ok() {
            let unit = next.fetch_add(1, Ordering::Relaxed);
            if unit >= count {
                break;
            }
            if tell {
                context.report(Progress { done: unit as u64, total: Some(count as u64), note: note.into() });
            }
            work(unit);
        }
    };
    let helpers = thread::available_parallelism().map_or(1, usize::from).min(count).saturating_sub(1);
    thread::scope(|scope| {
        for number in 1..=helpers {
            let help = || {
                if context.is_background() {
                    priority::lower();
                }
                take_turns(false);
            };
            // Without a helper the others do its share.
            thread::Builder::new().name(format!("{note} {number}")).spawn_scoped(scope, help).ok();
        }
        take_turns(true);
    });
    context.checkpoint()
}

fn run<T>(
    context: &JobContext,
    work: impl FnOnce(&JobContext) -> Result<T, JobError>,
    sender: &SyncSender<Outcome<T>>,
    wake: &Wake,
) {
    // A panic in a job must reach the user as a message, not end the window.
    let outcome = match catch_unwind(AssertUnwindSafe(|| work(context))) {
        Ok(Ok(result)) => Outcome::Done(result),
        Ok(Err(JobError::Cancelled)) => Outcome::Cancelled,
        Ok(Err(error)) => Outcome::Failed(error),
        Err(panic) => Outcome::Failed(JobError::Failed(format!("internal error: {}", panic_message(&*panic)))),
    };
    // The owner may have gone; then nobody wants the outcome.
    sender.send(outcome).ok();
    wake();
}

/// The words of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T: Send + 'static>(job: &mut Job<T>) -> Outcome<T> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(outcome) = job.poll() {
                return outcome;
            }
            assert!(Instant::now() < deadline, "the job did not end");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn quiet() -> Wake {
        Arc::new(|| {})
    }

    #[test]
    fn gives_its_result_once() {
        let mut job = Job::spawn("add", quiet(), |_| Ok(2)).unwrap();
        assert!(matches!(wait(&mut job), Outcome::Done(2)));
        assert!(job.poll().is_none());
    }

    #[test]
    fn stops_at_a_checkpoint() {
        let mut job: Job<()> = Job::spawn("spin", quiet(), |context| {
            loop {
                context.checkpoint()?;
                thread::sleep(Duration::from_millis(1));
            }
        })
        .unwrap();
        job.cancel();
        assert!(matches!(wait(&mut job), Outcome::Cancelled));
    }

    #[test]
    fn a_dropped_job_leaves_no_thread() {
        let held = Arc::new(());
        let inside = Arc::clone(&held);
        let job: Job<()> = Job::spawn("spin", quiet(), move |context| {
            loop {
                assert_eq!(Arc::strong_count(&inside), 2);
                context.checkpoint()?;
                thread::sleep(Duration::from_millis(1));
            }
        })
        .unwrap();
        drop(job);
        let deadline = Instant::now() + Duration::from_secs(10);
        while Arc::strong_count(&held) > 1 {
            assert!(Instant::now() < deadline, "the thread lives on");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_panic_is_reported() {
        let mut job: Job<()> = Job::spawn("burst", quiet(), |_| panic!("out of paper")).unwrap();
        let Outcome::Failed(error) = wait(&mut job) else { panic!("not failed") };
        assert_eq!(error.to_string(), "internal error: out of paper");
    }
}
