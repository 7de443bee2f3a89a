//! The log of one annotator, open for work: commit, undo, redo, and whether it is saved.

use std::fmt;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::change::Change;
use super::context::Context;
use super::disk::{Disk, RealDisk};
use super::error::AnnotationError;
use super::event::{Event, GestureId, LOG_VERSION, Record};
use super::fold::{Fold, Gesture, Reversal};
use super::line::write_line;
use super::load::{LineWarning, LoadReport, load, repair};
use super::lock::{Claim, claim};
use super::log_file::LogFile;
use super::name::LogPaths;
use super::place::{Entry, Lines, OnDisk};
use super::replay::Progress;
use super::snapshot;
use super::state::Annotations;
use super::writer::{Drive, SaveState, Writer};
use crate::job::Wake;
use crate::model::{AnnotatorId, Clock, Timestamp, TraceId};

/// A closed log gets a new snapshot when it has grown by so many records; fewer are read in a moment.
const SNAPSHOT_AFTER: u64 = 5_000;
/// Gestures that can be undone without reading the log again, should it be out of reach.
const KEPT_GESTURES: usize = 100;
/// A clock that is this far behind the last record was set back; less is the usual trembling of clocks.
const SET_BACK_MS: i64 = 60_000;

/// Whether labels can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// They can.
    Writable,
    /// They can only be looked at.
    ReadOnly {
        /// Why, in words for a notice.
        reason: String,
    },
}

/// One annotator's log. What is said counts at once in memory; a thread brings it to the disk.
///
/// Dropped while it cannot be saved, what is missing in the log goes to `<annotator>.rescued-N` beside it, if possible.
pub struct AnnotationLog {
    annotator: AnnotatorId,
    draft: PathBuf,
    clock: Arc<dyn Clock>,
    progress: Progress,
    source: OnDisk,
    /// Where the next line will stand.
    end: u64,
    last_at: Option<Timestamp>,
    pub(super) context: Context,
    access: Access,
    writer: Option<Writer>,
    /// Records in the log when its snapshot was written.
    snapshot_records: u64,
    snapshot_after: u64,
}

/// How a log is opened: as always, or with what tests put in its place.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) drive: Drive,
    pub(super) snapshot_after: u64,
}

impl Default for Setting {
    fn default() -> Self {
        Self { disk: Arc::new(RealDisk), drive: Drive::default(), snapshot_after: SNAPSHOT_AFTER }
    }
}

impl fmt::Debug for AnnotationLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { annotator, progress, access, .. } = self;
        let mut text = f.debug_struct("AnnotationLog");
        text.field("annotator", annotator).field("last_seq", &progress.last_seq).field("access", access);
        text.finish_non_exhaustive()
    }
}

impl AnnotationLog {
    /// Opens or begins the log of an annotator.
    ///
    /// A torn last line is moved to `<annotator>.torn-N` and reported. Where another window has the log, or nothing can
    /// be written, the log opens read-only. `wake` is called after each save and each failure.
    pub fn open(
        folder: &Path,
        annotator: &AnnotatorId,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Result<(Self, LoadReport), AnnotationError> {
        Self::open_with(Setting::default(), folder, annotator, clock, wake)
    }

    pub(super) fn open_with(
        setting: Setting,
        folder: &Path,
        annotator: &AnnotatorId,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Result<(Self, LoadReport), AnnotationError> {
        let Setting { disk, drive, snapshot_after } = setting;
        let paths = LogPaths::new(folder, annotator)?;
        let claimed = match disk.create_folder(folder) {
            Ok(()) => claim(&*disk, &paths),
            Err(error) => Claim::Unwritable(error),
        };
        // Read after the lock is taken, so that nobody appends in between.
        let mut loaded = load(&disk, &paths, annotator)?;
        let mut notes = Vec::new();
        let mut note = |message| notes.push(LineWarning { line: 0, message });
        let (lock, access) = match claimed {
            Claim::Held(lock) => (Some(lock), Access::Writable),
            Claim::Unlockable(why) => {
                note(format!("cannot be locked here ({why}): do not label in two windows at once"));
                (None, Access::Writable)
            }
            Claim::Taken => {
                let reason =
                    format!("another window is labelling as “{annotator}” in this project. Close it and open again");
                (None, Access::ReadOnly { reason })
            }
            Claim::Unwritable(error) => {
                let place = paths.log();
                let reason = format!("the labels file cannot be written ({error}). {}", place.display());
                (None, Access::ReadOnly { reason })
            }
        };
        let draft = paths.draft();
        let source = OnDisk { disk: Arc::clone(&disk), path: paths.log() };
        let end = loaded.whole;
        let mut writer = None;
        if access == Access::Writable {
            repair(&*disk, &paths, &mut loaded)?;
            let file = LogFile::new(disk, paths, &mut loaded);
            let started = Writer::start(file, lock, loaded.progress.last_seq, wake, drive);
            writer = Some(started.map_err(AnnotationError::io("start saving labels", &source.path))?);
            let fold = &loaded.progress.fold;
            let kept = fold.done.iter().rev().take(KEPT_GESTURES);
            for entry in kept.chain(fold.undone.iter().rev().take(KEPT_GESTURES)) {
                entry.gesture(&source).ok();
            }
        }
        let log = Self {
            annotator: annotator.clone(),
            draft,
            clock,
            source,
            end,
            last_at: loaded.last_at,
            context: Context::default(),
            access,
            writer,
            snapshot_records: loaded.snapshot.unwrap_or_default(),
            snapshot_after,
            progress: loaded.progress,
        };
        let mut report = log.progress.report.clone();
        report.warnings.extend(notes);
        Ok((log, report))
    }

    /// What the annotator has said up to now, saved or not.
    pub fn annotations(&self) -> &Annotations {
        &self.progress.fold.state
    }

    /// The present state for a background job: it stays as it is, whatever is said meanwhile.
    pub fn snapshot(&self) -> Arc<Annotations> {
        Arc::clone(&self.progress.fold.state)
    }

    /// Who speaks.
    pub fn annotator(&self) -> &AnnotatorId {
        &self.annotator
    }

    /// Where a note that is being typed can be kept, beside the log. The log itself never touches it.
    pub fn draft_path(&self) -> &Path {
        &self.draft
    }

    /// Whether labels can be changed.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Under which circumstances the next gestures are said. Time spent counts for the first record only.
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
    }

    /// That gesture, unless redo can no longer reach it.
    pub fn gesture(&self, gesture: GestureId) -> Option<&Gesture> {
        self.progress.fold.gesture(gesture, &self.source)
    }

    /// What redo would bring back, the last of it first; then what undo would take back, newest first.
    pub fn history(&self) -> (impl Iterator<Item = &Gesture>, impl Iterator<Item = &Gesture>) {
        self.progress.fold.history(&self.source)
    }

    /// The gestures of [`AnnotationLog::history`] by number, also those that cannot be read again. Reads nothing, so that
    /// it may be asked for in the window's thread, however long the history.
    pub fn gesture_ids(&self) -> (impl Iterator<Item = GestureId>, impl Iterator<Item = GestureId>) {
        self.progress.fold.gesture_ids()
    }

    /// Milliseconds of work on that trace, without idle time, over all sittings.
    pub fn spent_ms(&self, trace: &TraceId) -> u64 {
        self.progress.fold.spent(trace)
    }

    /// Says something, as one gesture: undone together. Never waits for the disk.
    ///
    /// Changes that change nothing are left out; where none is left, nothing is written and the answer is `None`.
    pub fn commit(&mut self, changes: Vec<Change>) -> Result<Option<GestureId>, AnnotationError> {
        self.commit_more(None, changes)
    }

    /// Goes on with the gesture that was said last, so that one of very many changes need not hold up the window:
    /// what is said in several calls is undone together. `None`, or a gesture that is not the last, begins one.
    pub fn commit_more(
        &mut self,
        gesture: Option<GestureId>,
        changes: Vec<Change>,
    ) -> Result<Option<GestureId>, AnnotationError> {
        self.check_writable()?;
        if let Some(name) = changes.iter().find_map(Change::impossible) {
            return Err(AnnotationError::Value { name });
        }
        let begun = gesture.filter(|gesture| self.progress.fold.done.last().is_some_and(|last| last.id == *gesture));
        let gesture = begun.unwrap_or(self.progress.last_seq + 1);
        let undone = self.progress.fold.undone.clone();
        let mut events = Vec::new();
        for change in changes {
            let fold = &mut self.progress.fold;
            // Each against the state that the one before it left.
            let Some(event) = change.into_event(&fold.state) else { continue };
            let spent_ms = if events.is_empty() { self.context.spent_ms } else { 0 };
            match event.after() {
                Some(fact) if begun.is_some() => fold.say_more(spent_ms, fact),
                Some(fact) => fold.say(gesture, spent_ms, Lines::new(self.end, 0), fact),
                None => {}
            }
            events.push(event);
        }
        if events.is_empty() {
            return Ok(begun);
        }
        match self.write(gesture, &events) {
            Ok((_, _, lines)) if begun.is_some() => self.progress.fold.go_on(lines, events),
            Ok((at, under, lines)) => self.progress.fold.settle(lines, Gesture { id: gesture, at, under, events }),
            Err(error) => {
                // A record that cannot be written must not count in memory either.
                self.progress.fold.unsay(&events, begun.is_none(), undone);
                return Err(error);
            }
        }
        Ok(Some(gesture))
    }

    /// Takes the last gesture back; `None` where there is none.
    pub fn undo(&mut self) -> Result<Option<Reversal>, AnnotationError> {
        self.check_writable()?;
        let Some(entry) = self.progress.fold.done.last() else { return Ok(None) };
        let (reversal, gesture) = (self.reversal(entry)?, entry.id);
        self.write(self.progress.last_seq + 1, &[Event::Undone { gesture }])?;
        self.progress.fold.undo(gesture, &self.source).map_err(AnnotationError::NotSaved)?;
        Ok(Some(reversal))
    }

    /// Brings the last undone gesture back; `None` where there is none.
    pub fn redo(&mut self) -> Result<Option<Reversal>, AnnotationError> {
        self.check_writable()?;
        let Some(entry) = self.progress.fold.undone.last() else { return Ok(None) };
        let (reversal, gesture) = (self.reversal(entry)?, entry.id);
        self.write(self.progress.last_seq + 1, &[Event::Redone { gesture }])?;
        self.progress.fold.redo(gesture, &self.source).map_err(AnnotationError::NotSaved)?;
        Ok(Some(reversal))
    }

    /// True where there is something to undo.
    pub fn can_undo(&self) -> bool {
        self.writer.is_some() && !self.progress.fold.done.is_empty()
    }

    /// True where there is something to redo.
    pub fn can_redo(&self) -> bool {
        self.writer.is_some() && !self.progress.fold.undone.is_empty()
    }

    /// Whether everything said is on disk.
    pub fn save_state(&self) -> SaveState {
        self.writer.as_ref().map_or(SaveState::Saved, Writer::state)
    }

    /// Number of the last record said. Gestures are numbered by their first record.
    pub fn last_seq(&self) -> u64 {
        self.progress.last_seq
    }

    /// Number of the last record that is on disk for good.
    pub fn saved_seq(&self) -> u64 {
        self.writer.as_ref().map_or(self.progress.last_seq, Writer::saved_seq)
    }

    /// Tries to save again after a failure.
    pub fn retry(&self) {
        if let Some(writer) = &self.writer {
            writer.retry();
        }
    }

    /// Waits until everything is saved or saving has failed. For the command line and tests.
    pub fn flush(&self) -> Result<(), AnnotationError> {
        self.flush_within(Duration::from_secs(u64::from(u32::MAX)))
    }

    /// The same, for a window that must not wait for a disk that hangs.
    pub fn flush_within(&self, at_most: Duration) -> Result<(), AnnotationError> {
        self.writer.as_ref().map_or(Ok(()), |writer| writer.flush(at_most).map_err(AnnotationError::NotSaved))
    }

    /// What is said of a clock that tells an earlier time than the last record bears.
    ///
    /// Each record bears the time its computer told, also then: an invented one would be no better. The order of records
    /// is that of their numbers, in the log, for undo and in the history, whatever their times.
    pub fn clock_warning(&self) -> Option<String> {
        let (last, now) = (self.last_at?, self.clock.now());
        (now.0 < last.0.saturating_sub(SET_BACK_MS)).then(|| {
            format!(
                "the clock of this computer says {now}, but something was said at {last} already: it was set back, or was \
                 wrong then. Labels keep their order; set the clock, so that their times are right"
            )
        })
    }

    /// Appends lines of the same annotator as they are, and waits until they are on disk. The log in memory does not know
    /// of them, so it is to be opened anew.
    pub(super) fn append_lines(&mut self, lines: &[u8]) -> Result<(), AnnotationError> {
        self.check_writable()?;
        if let Some(writer) = &self.writer {
            writer.push(lines, self.progress.last_seq + 1);
        }
        self.flush()
    }

    pub(super) fn fold(&self) -> &Fold {
        &self.progress.fold
    }

    /// What undoing or redoing that gesture changes. Fails where the gesture is in a log that cannot be read any more.
    fn reversal(&self, entry: &Entry) -> Result<Reversal, AnnotationError> {
        let read = entry.gesture(&self.source);
        let gesture = read.map_err(AnnotationError::io("read again what is to be undone", &self.source.path))?;
        Ok(Reversal { gesture: entry.id, targets: gesture.targets() })
    }

    fn check_writable(&self) -> Result<(), AnnotationError> {
        match &self.access {
            Access::Writable => Ok(()),
            Access::ReadOnly { reason } => Err(AnnotationError::ReadOnly { reason: reason.clone() }),
        }
    }

    /// Makes lines of the events of a gesture and hands them to the writer. Gives when and under what they were said,
    /// and where they stand.
    fn write(&mut self, gesture: GestureId, events: &[Event]) -> Result<(Timestamp, Context, Lines), AnnotationError> {
        let (at, under) = (self.clock.now(), self.context.clone());
        let of = if events.len() > 1 { u32::try_from(events.len()).unwrap_or(u32::MAX) } else { 0 };
        let mut lines = Vec::new();
        for (event, seq) in events.iter().zip(self.progress.last_seq + 1..) {
            // Time spent counts once.
            let spent_ms = if lines.is_empty() { under.spent_ms } else { 0 };
            let under = Context { spent_ms, ..under.clone() };
            let (by, event) = (self.annotator.clone(), event.clone());
            lines.extend(write_line(&Record { v: LOG_VERSION, seq, at, by, gesture, of, event, under })?);
        }
        let count = events.len() as u64;
        self.progress.last_seq += count;
        self.progress.lines += count;
        self.progress.report.records += count;
        self.progress.has_new = true;
        let stand = Lines::new(self.end, lines.len());
        self.end += lines.len() as u64;
        self.last_at = Some(at);
        self.context.spent_ms = 0;
        if let Some(writer) = &self.writer {
            writer.push(&lines, self.progress.last_seq);
        }
        Ok((at, under, stand))
    }
}

impl Drop for AnnotationLog {
    /// Leaves a snapshot behind, if all is saved and there is enough new in it.
    fn drop(&mut self) {
        let Some(writer) = &self.writer else { return };
        if self.progress.report.records < self.snapshot_records.saturating_add(self.snapshot_after) {
            return;
        }
        let (progress, end) = (mem::take(&mut self.progress), self.end);
        writer.finally(Box::new(move |file| {
            if file.durable().0 == end {
                // Only the next start is slower without it.
                snapshot::write(file, &progress).ok();
            }
        }));
    }
}
