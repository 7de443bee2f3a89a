//! Several threads that read rows, while the calling thread cuts them out and takes what they gave in order.
//!
//! The calling thread alone touches the file and the sink, so neither need know of threads. A file of one batch is read
//! without any.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};

use serde_json::Value;

use super::read::{Parsed, RawRow};
use super::report::Tally;
use super::{ImportError, Imported, Importer, Sample, depth};
use crate::job::JobContext;

/// Text of a batch. The first one is short, so that the first rows are there at once.
const FIRST_BYTES: usize = 64 << 10;
const BATCH_BYTES: usize = 512 << 10;
/// Text of all rows that are cut out and not yet handed on. A single row may be longer; then it is alone.
const BYTES_UNDER_WAY: usize = 48 << 20;
/// A row takes so much beside its text. Without it, a batch of very short rows would be of very many.
const ROW_BYTES: usize = 256;
/// A row of more text than this is given back as soon as it is parsed.
const LONG_BYTES: usize = 1 << 20;
/// More readers than this only wait for the one that cuts.
const MAX_READERS: usize = 16;

/// What a row gave.
pub(super) struct ReadRow {
    pub(super) number: u64,
    /// What was changed in the row so that it could be read.
    pub(super) repairs: Vec<String>,
    /// The traces; or why it was rejected, and its text.
    pub(super) made: Result<Vec<Made>, (String, String)>,
}

/// A trace, and what it adds to the counts.
pub(super) struct Made {
    pub(super) imported: Imported,
    pub(super) tally: Tally,
}

/// Parses a row and reads it.
pub(super) fn read_row(importer: &dyn Importer, sample: &Sample, row: RawRow) -> ReadRow {
    let number = row.number;
    let (parsed, repairs) = match row.parse(importer.repeats()) {
        Ok(Parsed { value, repairs }) => (Ok(value), repairs),
        Err(reason) => (Err(reason), Vec::new()),
    };
    // A long row does not stay beside what was made of it, but for the text that is shown where it is rejected.
    let row = if row.len() > LONG_BYTES { Err(row.text()) } else { Ok(row) };
    let text = || row.map_or_else(|text| text, |row| row.text());
    ReadRow { number, repairs, made: made(importer, sample, parsed, text) }
}

/// What a parsed row gives.
pub(super) fn made(
    importer: &dyn Importer,
    sample: &Sample,
    parsed: Result<Value, String>,
    text: impl FnOnce() -> String,
) -> Result<Vec<Made>, (String, String)> {
    let found = parsed.and_then(|value| importer.read_row(value, sample).map_err(|error| error.0));
    let mut found = found.map_err(|reason| (reason, text()))?;
    for imported in &mut found {
        depth::bound(&mut imported.trace);
    }
    Ok(found.into_iter().map(|imported| Made { tally: Tally::new(&imported.trace), imported }).collect())
}

type Batch = Vec<RawRow>;
type Answer = Result<Vec<ReadRow>, Box<dyn Any + Send>>;

/// Cuts all rows out with `next`, reads them with `work` on several threads and hands them to `take` in order.
///
/// Where `next` fails, what it gave before is handed on first; only a cancelled job stops at once.
pub(super) fn read(
    next: &mut dyn FnMut() -> Result<Option<RawRow>, ImportError>,
    work: &(dyn Fn(RawRow) -> ReadRow + Sync),
    context: &JobContext,
    take: &mut dyn FnMut(ReadRow) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_READERS);
    let jobs = Jobs::default();
    let (sender, receiver) = channel();
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        // Dropped at the end of this closure, however it is left: then the readers end.
        let queue = Queue { sender, jobs: &jobs };
        let mut under_way: VecDeque<(usize, Receiver<Answer>)> = VecDeque::new();
        let mut bytes_under_way = 0;
        let mut readers = 0;
        let mut limit = FIRST_BYTES;
        let mut ended = None;
        while ended.is_none() || !under_way.is_empty() {
            context.checkpoint()?;
            let room = bytes_under_way < BYTES_UNDER_WAY && under_way.len() < 2 * threads + 2;
            if ended.is_none() && (room || under_way.is_empty()) {
                let (batch, bytes, end) = cut(next, limit, context)?;
                ended = end;
                if threads == 1 || (readers == 0 && ended.is_some()) {
                    batch.into_iter().try_for_each(|row| take(work(row)))?;
                    continue;
                }
                if readers == 0 {
                    readers = start_readers(threads, scope, &receiver, &jobs, work).map_err(no_thread)?;
                }
                limit = BATCH_BYTES;
                bytes_under_way += bytes;
                under_way.push_back((bytes, queue.send(batch)));
            } else if let Some((bytes, answer)) = under_way.pop_front() {
                let rows = match answer.recv() {
                    Ok(Ok(rows)) => rows,
                    // The job reports it, as if it had happened here.
                    Ok(Err(panic)) => resume_unwind(panic),
                    Err(_) => return Err(ImportError::Cancelled),
                };
                rows.into_iter().try_for_each(&mut *take)?;
                bytes_under_way -= bytes;
            }
        }
        ended.unwrap_or(Ok(()))
    })
}

/// Cuts out rows of about `limit` bytes. Gives how the file ended, where it did.
#[expect(clippy::type_complexity, reason = "three things that are taken apart at once")]
fn cut(
    next: &mut dyn FnMut() -> Result<Option<RawRow>, ImportError>,
    limit: usize,
    context: &JobContext,
) -> Result<(Batch, usize, Option<Result<(), ImportError>>), ImportError> {
    let (mut batch, mut bytes) = (Batch::new(), 0);
    while bytes < limit {
        match next() {
            Ok(Some(row)) => {
                bytes += ROW_BYTES + row.len();
                batch.push(row);
            }
            Ok(None) => return Ok((batch, bytes, Some(Ok(())))),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => return Ok((batch, bytes, Some(Err(error)))),
        }
    }
    context.checkpoint()?;
    Ok((batch, bytes, None))
}

/// Tells the readers that nobody wants their answers any more.
#[derive(Default)]
struct Jobs {
    stop: AtomicBool,
}

struct Queue<'a> {
    sender: Sender<(Batch, SyncSender<Answer>)>,
    jobs: &'a Jobs,
}

impl Queue<'_> {
    fn send(&self, batch: Batch) -> Receiver<Answer> {
        let (sender, answer) = sync_channel(1);
        // The receiver lives as long as the scope.
        self.sender.send((batch, sender)).ok();
        answer
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        self.jobs.stop.store(true, Ordering::Relaxed);
    }
}

/// Starts at least one reader, and as many as can be had.
fn start_readers<'scope, 'env: 'scope>(
    count: usize,
    scope: &'scope Scope<'scope, 'env>,
    batches: &'env Mutex<Receiver<(Batch, SyncSender<Answer>)>>,
    jobs: &'env Jobs,
    work: &'env (dyn Fn(RawRow) -> ReadRow + Sync),
) -> std::io::Result<usize> {
    let mut started = 0;
    for number in 1..=count {
        let body = move || {
            loop {
                let batch = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((batch, answer)) = batch else { return };
                let read = |row: RawRow| (!jobs.stop.load(Ordering::Relaxed)).then(|| work(row));
                let rows = catch_unwind(AssertUnwindSafe(|| batch.into_iter().map_while(read).collect()));
                // Nobody may want it any more.
                answer.send(rows).ok();
            }
        };
        match thread::Builder::new().name(format!("read rows {number}")).spawn_scoped(scope, body) {
            Ok(_) => started += 1,
            Err(error) if started == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(started)
}

fn no_thread(error: std::io::Error) -> ImportError {
    ImportError::Sink(Box::new(error))
}
