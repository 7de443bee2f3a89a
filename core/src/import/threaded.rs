//! A store writer on a thread of its own, so that columns are built while rows are read.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use super::ImportError;
use crate::model::{Step, Trace};
use crate::store::{Reject, StoreError, StoreWriter};

/// Handed over together; a trace of more text than this, metadata among it, goes at once.
const TRACES: usize = 256;
const TEXT_BYTES: usize = 1 << 20;
/// Packets that wait for the writer.
const WAITING: usize = 4;

enum Item {
    Trace(Box<Trace>),
    Reject(Reject),
}

/// The reading side of a store writer. Dropped, it ends the writer, which then leaves the project as it was.
pub(super) struct Threaded {
    /// `None` once the writer has failed or ended.
    sender: Option<SyncSender<Vec<Item>>>,
    packet: Vec<Item>,
    text_bytes: usize,
    thread: Option<JoinHandle<Result<StoreWriter, StoreError>>>,
}

impl Threaded {
    /// Takes the writer to a thread.
    pub(super) fn start(writer: StoreWriter) -> Result<Self, ImportError> {
        let (sender, receiver) = sync_channel(WAITING);
        let body = move || write(writer, &receiver);
        let thread = thread::Builder::new().name("write traces".into()).spawn(body);
        let thread = thread.map_err(|error| ImportError::Sink(Box::new(error)))?;
        Ok(Self { sender: Some(sender), packet: Vec::new(), text_bytes: 0, thread: Some(thread) })
    }

    pub(super) fn push(&mut self, trace: Trace) -> Result<(), ImportError> {
        self.text_bytes += text_bytes(&trace);
        self.add(Item::Trace(Box::new(trace)))
    }

    pub(super) fn reject(&mut self, reject: Reject) -> Result<(), ImportError> {
        self.text_bytes += reject.text.len();
        self.add(Item::Reject(reject))
    }

    /// Waits until everything is written, and gives the writer back.
    pub(super) fn end(mut self) -> Result<StoreWriter, StoreError> {
        // Where the writer failed, it says why below.
        self.send().ok();
        self.sender = None;
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Ok(result)) => result,
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(crate::job::JobError::Cancelled.into()),
        }
    }

    fn add(&mut self, item: Item) -> Result<(), ImportError> {
        self.packet.push(item);
        if self.packet.len() >= TRACES || self.text_bytes >= TEXT_BYTES { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), ImportError> {
        let packet = std::mem::take(&mut self.packet);
        self.text_bytes = 0;
        let sent = self.sender.as_ref().is_some_and(|sender| packet.is_empty() || sender.send(packet).is_ok());
        // The reason is told by `end`.
        if sent { Ok(()) } else { Err(ImportError::Sink("the writer ended".into())) }
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        self.sender = None;
        // What the writer has begun is removed before anybody looks.
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// About how much text a trace holds.
fn text_bytes(trace: &Trace) -> usize {
    let step = |step: &Step| step.text.len() + step.tool.as_ref().map_or(0, |tool| tool.arguments.len());
    let metadata = trace.steps.iter().map(|step| &step.metadata).chain([&trace.metadata, &trace.problem.metadata]);
    trace.steps.iter().map(step).sum::<usize>() + value_bytes(metadata.flat_map(serde_json::Map::values).collect())
}

/// About how much the values take.
fn value_bytes(mut values: Vec<&Value>) -> usize {
    let mut bytes = 0;
    while let Some(value) = values.pop() {
        bytes += size_of::<Value>();
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(items) => values.extend(items),
            Value::Object(map) => values.extend(map.values()),
            _ => {}
        }
    }
    bytes
}

fn write(mut writer: StoreWriter, packets: &Receiver<Vec<Item>>) -> Result<StoreWriter, StoreError> {
    for item in packets.iter().flatten() {
        match item {
            Item::Trace(trace) => writer.push(&trace)?,
            Item::Reject(reject) => writer.reject(&reject)?,
        }
    }
    Ok(writer)
}
