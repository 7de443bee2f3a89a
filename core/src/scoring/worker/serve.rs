//! The worker's side: reads requests, answers them, and stops when nobody can hear it any more.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::lines;
use super::protocol::{PROTOCOL, Reply, Request, RequestId};
use crate::job::{JobError, Progress};
use crate::scoring::{
    Listener, ModelSource, ScoreEvent, ScorerFactory, ScoringError, StepScorer, TextEncoder, TreeText, WorkerError,
};

/// A sign of life is sent no more often than this.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Serves until the reader ends or the owner is gone. Runs on the calling thread; requests are read on another.
pub fn serve(
    reader: impl Read + Send + 'static,
    writer: impl Write,
    factory: &mut dyn ScorerFactory,
) -> Result<(), ScoringError> {
    let (sender, requests) = channel();
    let read = move || {
        for line in lines(reader) {
            if !line.trim().is_empty() && sender.send(line).is_err() {
                break;
            }
        }
    };
    let spawned = thread::Builder::new().name("worker-requests".into()).spawn(read);
    spawned.map_err(|e| ScoringError::WorkerLost(format!("the worker cannot start a thread: {e}")))?;
    let mut worker = Worker { requests, waiting: VecDeque::new(), writer, gone: false };
    let version = env!("CARGO_PKG_VERSION").into();
    let (device, capabilities) = (factory.device().clone(), factory.capabilities());
    worker.say(&Reply::Hello { protocol: PROTOCOL, version, device, capabilities });
    let mut scorer: Option<Box<dyn StepScorer>> = None;
    let mut encoder: Option<Box<dyn TextEncoder>> = None;
    while let Some(request) = worker.next() {
        match request {
            Request::Load { id, source } => {
                // The old model goes first: there may not be room for both.
                drop(scorer.take());
                scorer = worker.load(id, &source, factory);
            }
            Request::Score { id, trees } => {
                if !worker.score(id, &trees, scorer.as_deref_mut()) {
                    // After a panic its state is unknown.
                    scorer = None;
                }
            }
            Request::LoadEncoder { id, folder } => {
                drop(encoder.take());
                encoder = worker.load_encoder(id, &folder, factory);
            }
            Request::Encode { id, texts } => {
                if !worker.encode(id, &texts, encoder.as_deref_mut()) {
                    encoder = None;
                }
            }
            // What it meant has ended already.
            Request::Cancel { .. } => {}
            Request::Bye => {
                worker.say(&Reply::Bye { reason: "its owner said goodbye".into() });
                break;
            }
        }
    }
    Ok(())
}

pub(super) struct Worker<W> {
    requests: Receiver<String>,
    waiting: VecDeque<Request>,
    writer: W,
    /// The owner reads no more.
    gone: bool,
}

impl<W: Write> Worker<W> {
    pub(super) fn say(&mut self, reply: &Reply) {
        let Ok(mut line) = serde_json::to_vec(reply) else { return };
        line.push(b'\n');
        if self.writer.write_all(&line).and_then(|()| self.writer.flush()).is_err() {
            self.gone = true;
        }
    }

    fn next(&mut self) -> Option<Request> {
        loop {
            if self.gone {
                return None;
            }
            if let Some(request) = self.waiting.pop_front() {
                return Some(request);
            }
            let line = self.requests.recv().ok()?;
            if let Some(request) = self.parse(&line) {
                return Some(request);
            }
        }
    }

    fn parse(&mut self, line: &str) -> Option<Request> {
        match serde_json::from_str(line) {
            Ok(request) => Some(request),
            Err(error) => {
                let id = serde_json::from_str::<serde_json::Value>(line).ok();
                let id = id.and_then(|v| v.get("id")?.as_u64()).unwrap_or_default();
                self.say(&Reply::Failed { id, error: WorkerError::BadRequest(error.to_string()) });
                None
            }
        }
    }

    /// Looks at what came in while a request is being worked on: says whether to go on with it.
    fn go_on(&mut self, current: RequestId) -> Result<(), JobError> {
        loop {
            match self.requests.try_recv() {
                Ok(line) => match self.parse(&line) {
                    Some(Request::Cancel { id }) if id == current => return Err(JobError::Cancelled),
                    Some(Request::Cancel { id }) => {
                        let is_it = |waits: &Request| match waits {
                            Request::Score { id: of, .. } | Request::Encode { id: of, .. } => *of == id,
                            _ => false,
                        };
                        self.waiting.retain(|waits| !is_it(waits));
                    }
                    // What waits is wanted no more, nor is what is being done.
                    Some(Request::Bye) => {
                        self.waiting.clear();
                        self.waiting.push_back(Request::Bye);
                        return Err(JobError::Cancelled);
                    }
                    Some(other) => self.waiting.push_back(other),
                    None => {}
                },
                Err(TryRecvError::Empty) if !self.gone => return Ok(()),
                // Without an owner the work is for nobody.
                Err(_) => {
                    self.gone = true;
                    return Err(JobError::Cancelled);
                }
            }
        }
    }

    /// Calls `work` with one who hears the owner, gives signs of life and passes on what comes out.
    pub(super) fn watched<T>(
        &mut self,
        id: RequestId,
        work: impl FnOnce(&mut dyn Listener) -> Result<T, ScoringError>,
    ) -> Result<T, (WorkerError, bool)> {
        let mut speaker = Speaker { worker: self, id, told: Instant::now() };
        match catch_unwind(AssertUnwindSafe(|| work(&mut speaker))) {
            Ok(result) => result.map_err(|e| (WorkerError::from(&e), true)),
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().copied();
                let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
                Err((WorkerError::Internal(format!("internal error: {text}")), false))
            }
        }
    }

    /// Loads a model and tells who it is, or why it could not be loaded.
    pub(super) fn loaded<T>(
        &mut self,
        id: RequestId,
        load: impl FnOnce(&mut dyn Listener) -> Result<T, ScoringError>,
        who: impl FnOnce(&T) -> Reply,
    ) -> Option<T> {
        let loaded = self.watched(id, load);
        match &loaded {
            Ok(model) => self.say(&who(model)),
            Err((error, _)) => self.say(&Reply::Failed { id, error: error.clone() }),
        }
        loaded.ok()
    }

    /// Lets a model work and tells what came of it, if anything is left to tell, and that it is done. False where the
    /// model must not be used again.
    pub(super) fn used<T>(
        &mut self,
        id: RequestId,
        work: impl FnOnce(&mut dyn Listener) -> Result<T, ScoringError>,
        made: impl FnOnce(T) -> Option<Reply>,
    ) -> bool {
        match self.watched(id, work) {
            Ok(result) => {
                if let Some(reply) = made(result) {
                    self.say(&reply);
                }
                self.say(&Reply::Finished { id });
                true
            }
            Err((error, usable)) => {
                self.say(&Reply::Failed { id, error });
                usable
            }
        }
    }

    fn load(
        &mut self,
        id: RequestId,
        source: &ModelSource,
        factory: &mut dyn ScorerFactory,
    ) -> Option<Box<dyn StepScorer>> {
        let load = |listener: &mut dyn Listener| factory.load(source, &mut |progress| listener.progress(progress));
        self.loaded(id, load, |scorer| Reply::Loaded { id, scorer: scorer.info().clone() })
    }

    /// False where the scorer must not be used again.
    fn score(&mut self, id: RequestId, trees: &[TreeText], scorer: Option<&mut (dyn StepScorer + 'static)>) -> bool {
        let Some(scorer) = scorer else {
            self.say(&Reply::Failed { id, error: WorkerError::BadRequest("no model is loaded".into()) });
            return true;
        };
        self.used(id, |listener| scorer.score(trees, listener), |()| None)
    }
}

/// Speaks for the worker while it is at work on a request.
struct Speaker<'a, W> {
    worker: &'a mut Worker<W>,
    id: RequestId,
    told: Instant,
}

impl<W: Write> Listener for Speaker<'_, W> {
    fn progress(&mut self, progress: Progress) -> Result<(), JobError> {
        self.worker.go_on(self.id)?;
        if self.told.elapsed() >= PROGRESS_INTERVAL {
            self.told = Instant::now();
            let Progress { done, total, note } = progress;
            self.worker.say(&Reply::Progress { id: self.id, done, total, note });
        }
        Ok(())
    }

    fn tell(&mut self, event: ScoreEvent) {
        self.worker.say(&Reply::Event { id: self.id, event });
    }
}
