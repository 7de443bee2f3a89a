//! Where in the log a gesture stands. A long history is not held in memory: what is to be undone or shown is read again.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::disk::{Disk, Purpose};
use super::event::{Event, GestureId, Record};
use super::fold::Gesture;
use super::line::read_record;

/// Lines of the log: bytes from `start` on, and further ones where others stand between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) start: u64,
    pub(super) length: u32,
    pub(super) more: Option<Box<Lines>>,
}

impl Lines {
    pub(super) fn new(start: u64, length: usize) -> Self {
        Self { start, length: u32::try_from(length).unwrap_or(u32::MAX), more: None }
    }

    /// Adds lines that come later in the log.
    pub(super) fn add(&mut self, other: Self) {
        let mut last = self;
        while last.more.is_some() {
            let Some(more) = last.more.as_deref_mut() else { return };
            last = more;
        }
        let joined = last.length.checked_add(other.length);
        match joined.filter(|_| last.start + u64::from(last.length) == other.start && other.more.is_none()) {
            Some(length) => last.length = length,
            None => last.more = Some(Box::new(other)),
        }
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |lines| lines.more.as_deref())
    }
}

/// Something that lines can be read from.
pub(super) trait LineSource: Sync {
    fn read(&self, start: u64, length: u32) -> io::Result<Cow<'_, [u8]>>;
}

/// The log on disk.
#[derive(Clone, Debug)]
pub(super) struct OnDisk {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) path: PathBuf,
}

impl LineSource for OnDisk {
    fn read(&self, start: u64, length: u32) -> io::Result<Cow<'_, [u8]>> {
        let mut bytes = vec![0; length as usize];
        self.disk.open(&self.path, Purpose::Read)?.read_at(start, &mut bytes)?;
        Ok(Cow::Owned(bytes))
    }
}

/// The part of the log that is being read, and what stands before it.
#[derive(Debug)]
pub(super) struct InMemory<'a> {
    pub(super) start: u64,
    pub(super) bytes: &'a [u8],
    pub(super) before: &'a OnDisk,
}

impl LineSource for InMemory<'_> {
    fn read(&self, start: u64, length: u32) -> io::Result<Cow<'_, [u8]>> {
        let Some(from) = start.checked_sub(self.start) else { return self.before.read(start, length) };
        let from = usize::try_from(from).map_err(io::Error::other)?;
        let part = self.bytes.get(from..from + length as usize);
        part.map(Cow::Borrowed).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// A gesture on a stack of the fold: in memory once it was needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) id: GestureId,
    pub(super) lines: Lines,
    known: OnceLock<Arc<Gesture>>,
}

impl Entry {
    pub(super) fn new(id: GestureId, lines: Lines) -> Self {
        Self { id, lines, known: OnceLock::new() }
    }

    /// Adds lines that belong to the gesture as well.
    pub(super) fn add(&mut self, lines: Lines) {
        self.lines.add(lines);
        self.known = OnceLock::new();
    }

    /// Spares the reading.
    pub(super) fn know(&mut self, gesture: Gesture) {
        self.known = OnceLock::from(Arc::new(gesture));
    }

    /// Adds lines of the same gesture, and what they say.
    pub(super) fn go_on(&mut self, lines: Lines, events: Vec<Event>) {
        self.lines.add(lines);
        if let Some(mut known) = self.known.take() {
            Arc::make_mut(&mut known).events.extend(events);
            self.known = OnceLock::from(known);
        }
    }

    pub(super) fn gesture(&self, source: &dyn LineSource) -> io::Result<&Gesture> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let read = self.read(source)?;
        Ok(self.known.get_or_init(|| Arc::new(read)))
    }

    fn read(&self, source: &dyn LineSource) -> io::Result<Gesture> {
        let mut records = Vec::new();
        for part in self.lines.parts() {
            let bytes = source.read(part.start, part.length)?;
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            let read: Option<Vec<Record>> = lines.map(read_record).collect();
            records.extend(read.ok_or_else(changed)?);
        }
        let first = records.first().filter(|first| first.gesture == self.id).ok_or_else(changed)?;
        let (at, under) = (first.at, first.under.clone());
        let events = records.into_iter().map(|record| record.event);
        let events = events.filter(|event| !matches!(event, Event::Unknown(_))).collect();
        Ok(Gesture { id: self.id, at, under, events })
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.lines == other.lines
    }
}

fn changed() -> io::Error {
    io::Error::other("the log is not as it was read")
}
