//! The owner's side: starts a worker, talks to it, and says why when it is lost.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::process::{LastLines, Process};
use super::protocol::{Capabilities, PROTOCOL, Reply, Request, RequestId};
use super::{Launch, lines};
use crate::job::{JobContext, JobError, Progress};
use crate::scoring::{DeviceChoice, ModelSource, ScoreEvent, ScorerInfo, ScoringError, TreeScores, TreeText};

/// A worker that is silent this long after a wish to stop is ended. The user waits for it.
const PATIENCE: Duration = Duration::from_millis(100);
/// A worker that was said goodbye to may take this long to leave before it is ended.
const FAREWELL: Duration = Duration::from_millis(50);
/// How often a wish to stop is looked for while waiting.
const NAP: Duration = Duration::from_millis(20);
/// A worker at work that gives no sign of life for this long is lost: its computer or the way there is down.
const SILENCE: Duration = Duration::from_mins(5);

/// What a worker says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Greeting {
    /// Version of Stepscope.
    pub version: String,
    /// Device asked for, used, and why.
    pub device: DeviceChoice,
    /// What it can do.
    pub capabilities: Capabilities,
    /// The process on this computer, if it was started here.
    pub process_id: Option<u32>,
}

/// A connection to one worker. Dropping it ends the worker.
pub struct WorkerClient {
    requests: Option<Sender<Vec<u8>>>,
    replies: Receiver<Heard>,
    process: Option<Process>,
    last_lines: LastLines,
    next_id: RequestId,
    lost: Option<String>,
    silence: Duration,
}

enum Heard {
    Reply(Reply),
    End,
}

impl WorkerClient {
    /// Starts the process. Does not wait for it; [`hello`](Self::hello) does.
    pub fn start(launch: &Launch) -> Result<Self, ScoringError> {
        let last_lines = LastLines::default();
        let (process, stdin, stdout) = Process::start(launch, last_lines.clone())?;
        let mut client = Self::connect(stdout, stdin, last_lines)?;
        client.process = Some(process);
        Ok(client)
    }

    /// Talks to a worker over any pair of pipes; its process, if any, is somebody else's.
    pub fn over(
        replies: impl Read + Send + 'static,
        requests: impl Write + Send + 'static,
    ) -> Result<Self, ScoringError> {
        Self::connect(replies, requests, LastLines::default())
    }

    fn connect(
        replies: impl Read + Send + 'static,
        mut requests: impl Write + Send + 'static,
        last_lines: LastLines,
    ) -> Result<Self, ScoringError> {
        let (to_worker, outgoing) = channel::<Vec<u8>>();
        let (heard, incoming) = channel();
        let words = last_lines.clone();
        let listen = move || {
            let mut greeted = false;
            for line in lines(replies) {
                // Login shells greet too, and libraries print; what is no reply is log text.
                let reply: Option<Reply> = serde_json::from_str(&line).ok();
                let reply = reply.filter(|r| greeted || matches!(r, Reply::Hello { .. }));
                let Some(reply) = reply else {
                    words.remember(line);
                    continue;
                };
                greeted = true;
                if heard.send(Heard::Reply(reply)).is_err() {
                    return;
                }
            }
            heard.send(Heard::End).ok();
        };
        // Writing has its own thread: a worker that does not read must not block the one that waits for a Stop.
        let write = move || {
            for line in outgoing {
                if requests.write_all(&line).and_then(|()| requests.flush()).is_err() {
                    break;
                }
            }
        };
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            thread::Builder::new()
                .name(name.into())
                .spawn(body)
                .map(drop)
                .map_err(|e| ScoringError::WorkerLost(format!("a thread cannot be started: {e}")))
        };
        spawn("worker-replies", Box::new(listen))?;
        spawn("worker-requests", Box::new(write))?;
        Ok(Self {
            requests: Some(to_worker),
            replies: incoming,
            process: None,
            last_lines,
            next_id: 1,
            lost: None,
            silence: SILENCE,
        })
    }

    /// Counts a worker at work as lost after this long without a sign of life, instead of five minutes.
    #[must_use]
    pub fn lost_after(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Waits for the worker's greeting, however long: a cluster may first have to find room for it. Call it once,
    /// first.
    pub fn hello(&mut self, context: &JobContext) -> Result<Greeting, ScoringError> {
        loop {
            if context.checkpoint().is_err() {
                self.end();
                return Err(ScoringError::Cancelled);
            }
            match self.hear(NAP)? {
                Some(Reply::Hello { protocol: PROTOCOL, version, device, capabilities }) => {
                    return Ok(Greeting { version, device, capabilities, process_id: self.process_id() });
                }
                Some(Reply::Hello { protocol, version, .. }) => {
                    let text = format!(
                        "the scoring worker speaks protocol {protocol} (Stepscope {version}), this program {PROTOCOL}; \
                         use the same version of both"
                    );
                    return Err(self.give_up(text));
                }
                Some(_) | None => {}
            }
        }
    }

    /// Loads a model and gives who will score.
    pub fn load(&mut self, source: &ModelSource, context: &JobContext) -> Result<ScorerInfo, ScoringError> {
        let id = self.send(|id| Request::Load { id, source: Box::new(source.clone()) })?;
        let mut loaded = None;
        self.converse(id, context, &mut |reply| {
            if let Reply::Loaded { scorer, .. } = reply {
                loaded = Some(scorer);
            }
        })?;
        loaded.ok_or_else(|| self.give_up("the scoring worker broke the protocol: it loaded nothing".into()))
    }

    /// Scores traces; each is told to `each` once, as it is done. `progress` is told of the worker's signs of life.
    pub fn score(
        &mut self,
        trees: &[TreeText],
        context: &JobContext,
        progress: &mut dyn FnMut(Progress),
        each: &mut dyn FnMut(ScoreEvent),
    ) -> Result<(), ScoringError> {
        let id = self.send(|id| Request::Score { id, trees: trees.to_vec() })?;
        let mut told = vec![false; trees.len()];
        let mut broken = false;
        self.converse(id, context, &mut |reply| match reply {
            Reply::Event { event, .. } => {
                let fits = match &event {
                    ScoreEvent::Scored { tree, scores } => {
                        let right = trees.get(*tree).is_some_and(|t| t.steps.len() == scores.scores.len());
                        right && told.get_mut(*tree).is_some_and(|told| !std::mem::replace(told, true))
                    }
                    ScoreEvent::Failed { tree, .. } => {
                        told.get_mut(*tree).is_some_and(|told| !std::mem::replace(told, true))
                    }
                    ScoreEvent::Critique { tree, .. } => *tree < trees.len(),
                };
                if fits {
                    each(event);
                }
                broken |= !fits;
            }
            Reply::Progress { done, total, note, .. } => progress(Progress { done, total, note }),
            _ => {}
        })?;
        if broken || told.contains(&false) {
            let text = "the scoring worker broke the protocol: its scores do not fit the steps";
            return Err(self.give_up(text.into()));
        }
        Ok(())
    }

    /// Scores one trace and waits for it.
    pub fn score_one(
        &mut self,
        tree: &TreeText,
        context: &JobContext,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<TreeScores, ScoringError> {
        let mut result = None;
        self.score(std::slice::from_ref(tree), context, progress, &mut |event| match event {
            ScoreEvent::Scored { scores, .. } => result = Some(Ok(scores)),
            ScoreEvent::Failed { error, .. } => result = Some(Err(ScoringError::Worker(error))),
            ScoreEvent::Critique { .. } => {}
        })?;
        result.unwrap_or_else(|| Err(ScoringError::WorkerLost("the scoring worker gave nothing".into())))
    }

    /// Looks whether the worker has ended, while nothing is asked of it.
    pub(super) fn is_there(&mut self) -> Result<(), ScoringError> {
        while self.hear(Duration::ZERO)?.is_some() {}
        Ok(())
    }

    /// The worker's last lines of log, oldest first.
    pub fn last_lines(&self) -> Vec<String> {
        self.last_lines.all()
    }

    /// The process id of the worker.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    pub(super) fn send(&mut self, request: impl FnOnce(RequestId) -> Request) -> Result<RequestId, ScoringError> {
        if let Some(lost) = &self.lost {
            return Err(ScoringError::WorkerLost(lost.clone()));
        }
        let id = self.next_id;
        self.next_id += 1;
        self.post(&request(id));
        Ok(id)
    }

    /// A worker that is gone is noticed where its replies are read.
    fn post(&self, request: &Request) {
        if let (Some(requests), Ok(mut line)) = (&self.requests, serde_json::to_vec(request)) {
            line.push(b'\n');
            requests.send(line).ok();
        }
    }

    /// Passes the replies to `id` on until it has ended.
    pub(super) fn converse(
        &mut self,
        id: RequestId,
        context: &JobContext,
        each: &mut dyn FnMut(Reply),
    ) -> Result<(), ScoringError> {
        let mut heard = Instant::now();
        loop {
            if context.checkpoint() == Err(JobError::Cancelled) {
                // A worker that dies meanwhile has stopped as well.
                self.cancel(id).ok();
                return Err(ScoringError::Cancelled);
            }
            let reply = self.hear(NAP)?;
            if reply.is_some() {
                heard = Instant::now();
            } else if heard.elapsed() >= self.silence {
                let seconds = self.silence.as_secs_f32();
                return Err(self.give_up(format!("the scoring worker was silent for {seconds} s and was ended")));
            }
            match reply {
                Some(Reply::Failed { id: of, error }) if of == id => return Err(ScoringError::Worker(error)),
                Some(Reply::Finished { id: of }) if of == id => return Ok(()),
                Some(reply @ (Reply::Loaded { .. } | Reply::EncoderLoaded { .. })) if reply.id() == Some(id) => {
                    each(reply);
                    return Ok(());
                }
                Some(reply) if reply.id() == Some(id) => each(reply),
                Some(_) | None => {}
            }
        }
    }

    /// Asks the worker to stop; ends it if it stays silent.
    fn cancel(&mut self, id: RequestId) -> Result<(), ScoringError> {
        self.post(&Request::Cancel { id });
        let asked = Instant::now();
        while let Some(left) = PATIENCE.checked_sub(asked.elapsed()) {
            match self.hear(left)? {
                Some(Reply::Failed { id: of, .. } | Reply::Finished { id: of }) if of == id => return Ok(()),
                Some(Reply::Loaded { id: of, .. } | Reply::EncoderLoaded { id: of, .. }) if of == id => return Ok(()),
                Some(_) | None => {}
            }
        }
        self.give_up("the scoring worker did not stop when asked and was ended".into());
        Ok(())
    }

    fn hear(&mut self, timeout: Duration) -> Result<Option<Reply>, ScoringError> {
        if let Some(lost) = &self.lost {
            return Err(ScoringError::WorkerLost(lost.clone()));
        }
        match self.replies.recv_timeout(timeout) {
            Ok(Heard::Reply(Reply::Bye { reason })) => {
                Err(self.give_up(format!("the scoring worker left: {reason}{}", self.last_words())))
            }
            Ok(Heard::Reply(reply)) => Ok(Some(reply)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => {
                let status = self.process.as_mut().map(Process::status);
                let status = status.unwrap_or_else(|| "the connection was closed".into());
                // The last words may still be on their way.
                thread::sleep(NAP);
                Err(self.give_up(format!("the scoring worker ended ({status}){}", self.last_words())))
            }
        }
    }

    fn last_words(&self) -> String {
        let words = self.last_lines.all().join("\n");
        if words.is_empty() { words } else { format!("; its last words:\n{words}") }
    }

    pub(super) fn give_up(&mut self, text: String) -> ScoringError {
        self.lost = Some(text.clone());
        self.end();
        ScoringError::WorkerLost(text)
    }

    fn end(&mut self) {
        if self.lost.is_none() {
            self.post(&Request::Bye);
            self.lost = Some("the scoring worker was ended".into());
            self.requests = None;
            // One that leaves by itself can take the programs between here and there, such as `srun`, along.
            if let Some(process) = &mut self.process {
                process.left_within(FAREWELL);
            }
        }
        self.requests = None;
        self.process = None;
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        self.end();
    }
}
