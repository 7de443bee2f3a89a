//! Scoring in the background: a worker process that keeps its model, fed from a queue that the view reorders.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use stepscope_core::job::{Job, JobContext, JobError, Outcome, Progress, Wake};
use stepscope_core::scoring::worker::run_session;
use stepscope_core::scoring::{
    Launch, ModelSource, ScoreBook, ScoreQueue, SessionEvent, SessionSpec, SessionSummary, TreeText,
};
use stepscope_core::store::Store;

use crate::app::App;
use crate::startup::Startup;

/// What the scoring thread tells the window.
enum News {
    /// The model is ready, and its scores are kept under this name.
    Ready(String),
    /// The scores of a trace are on disk.
    Scored,
    /// A trace, or some of its steps, have no score.
    Trouble(String),
    /// Nothing waits; the worker keeps its model.
    Idle,
}

/// A worker with its model, at work or waiting for more.
pub struct ScoringJob {
    queue: ScoreQueue,
    news: Receiver<News>,
    job: Job<SessionSummary>,
    busy_since: Option<Instant>,
    troubles: u64,
}

/// How to start the worker of this run: device and cache go along.
pub fn launch(startup: &Startup, device: &str) -> Launch {
    let mut launch = startup.worker.clone();
    let cache = startup.folders.score_cache();
    launch.args.extend([OsString::from("--device"), device.into(), "--cache".into(), cache.into_os_string()]);
    launch
}

impl ScoringJob {
    /// Starts a worker that loads the model.
    pub fn start(launch: Launch, model: &Path, store: Store, book: ScoreBook, wake: Wake) -> io::Result<Self> {
        let source = ModelSource { folder: model.to_string_lossy().into_owned(), ..ModelSource::default() };
        let spec = SessionSpec { launch, source };
        let queue = ScoreQueue::new();
        let (tell, news) = channel();
        let waiting = queue.clone();
        let job = Job::spawn("score", wake, move |ctx| score(&spec, &waiting, &store, &book, &tell, ctx))?;
        Ok(Self { queue, news, job, busy_since: Some(Instant::now()), troubles: 0 })
    }

    /// Adds rows, that one first.
    pub fn add(&mut self, first: Option<u32>, rows: &[u32]) {
        self.busy_since.get_or_insert_with(Instant::now);
        self.queue.push(rows.iter().copied());
        if let Some(first) = first {
            self.queue.prefer(first);
        }
    }

    /// Scores that row next, if it waits.
    pub fn prioritise(&self, row: u32) {
        self.queue.hurry(row);
    }

    /// True while something is loaded or scored.
    pub fn is_busy(&self) -> bool {
        self.busy_since.is_some()
    }

    /// How far it got.
    pub fn progress(&self) -> Progress {
        self.job.progress()
    }

    /// Time since it began to work.
    pub fn elapsed(&self) -> Duration {
        self.busy_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Asks it to stop; finished scores stay.
    pub fn cancel(&self) {
        self.job.cancel();
    }
}

/// The thread's part. Scores are written here, so that the window never waits for the disk.
fn score(
    spec: &SessionSpec,
    queue: &ScoreQueue,
    store: &Store,
    book: &ScoreBook,
    tell: &Sender<News>,
    ctx: &JobContext,
) -> Result<SessionSummary, JobError> {
    let name: Arc<OnceLock<String>> = Arc::default();
    let known = Arc::clone(&name);
    let mut text_of = |row: u32| {
        let trace = store.trace(row).map_err(|error| error.to_string())?;
        let scorer = known.get().map_or("", String::as_str);
        // Scored before, perhaps in an earlier run: nothing to do.
        let missing = trace.steps.iter().any(|step| book.get(scorer, &step.hash).is_none());
        Ok(missing.then(|| TreeText::from_trace(&trace)))
    };
    let mut on_event = |event| {
        let news = match event {
            SessionEvent::Started(_) => return,
            SessionEvent::Loaded(info) => {
                let adopted = book.adopt(&info);
                name.set(adopted.clone()).ok();
                News::Ready(adopted)
            }
            SessionEvent::Scored { row, scores } => {
                let hashes = store.step_hashes(row).into_iter().zip(&scores.scores);
                let values: Vec<_> = hashes.filter_map(|(hash, score)| Some((hash, (*score)?))).collect();
                match (book.append(name.get().map_or("", String::as_str), &values), scores.unscored.first()) {
                    (Err(error), _) => News::Trouble(error.to_string()),
                    (Ok(()), Some(unscored)) => {
                        News::Trouble(format!("{}, step {}: {}", scores.id, unscored.step + 1, unscored.reason))
                    }
                    (Ok(()), None) => News::Scored,
                }
            }
            SessionEvent::Failed { row, reason } => News::Trouble(format!("trace in row {}: {reason}", row + 1)),
            SessionEvent::Idle => News::Idle,
        };
        // The owner may have gone; then nobody wants the news.
        tell.send(news).ok();
        ctx.wake();
    };
    run_session(spec, queue, &mut text_of, &mut on_event, ctx)
}

/// Takes in what the worker did since the last frame.
pub(crate) fn poll(app: &mut App) {
    let Some(job) = &mut app.jobs.scoring else { return };
    let outcome = job.job.poll();
    let mut finished = false;
    for news in job.news.try_iter().collect::<Vec<_>>() {
        match news {
            News::Ready(name) => app.view.scorer = Some(name),
            News::Scored => app.view.has_scores = true,
            News::Trouble(reason) => {
                job.troubles += 1;
                app.notices.warning("Not every step could be scored", reason);
            }
            News::Idle => finished = true,
        }
    }
    if finished {
        job.busy_since = None;
        if job.troubles == 0 {
            app.notices.info("Scored", "The scores are kept in the project; scoring again costs nothing");
        }
        job.troubles = 0;
    }
    match outcome {
        None => {}
        Some(outcome) => {
            app.jobs.scoring = None;
            match outcome {
                Outcome::Done(_) => {}
                Outcome::Cancelled => app.notices.info("Scoring stopped", "Finished scores are kept"),
                Outcome::Failed(error) => app.notices.error(
                    "Scoring stopped",
                    format!("{error}\nLabels and finished scores are kept. M or Shift+M starts it again"),
                ),
            }
        }
    }
}
