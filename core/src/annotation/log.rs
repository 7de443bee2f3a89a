//! The log of one annotator, open for work: commit, undo, redo, and whether it is saved.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change::Change;
use super::context::Context;
use super::error::AnnotationError;
use super::event::{Event, GestureId, LOG_VERSION, Record};
use super::fold::{Fold, Gesture, Reversal};
use super::load::{LineWarning, LoadReport, load, repair};
use super::lock::{Claim, claim};
use super::log_file::LogFile;
use super::name::LogPaths;
use super::state::Annotations;
use super::writer::{SaveState, Writer};
use crate::job::Wake;
use crate::model::{AnnotatorId, Clock, TraceId};

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
    pub(super) fold: Fold,
    last_seq: u64,
    pub(super) context: Context,
    access: Access,
    writer: Option<Writer>,
}

impl fmt::Debug for AnnotationLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { annotator, last_seq, access, .. } = self;
        let mut text = f.debug_struct("AnnotationLog");
        text.field("annotator", annotator).field("last_seq", last_seq).field("access", access);
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
        let paths = LogPaths::new(folder, annotator)?;
        let claimed = match fs::create_dir_all(folder) {
            Ok(()) => claim(&paths),
            Err(error) => Claim::Unwritable(error),
        };
        // Read after the lock is taken, so that nobody appends in between.
        let mut loaded = load(&paths, annotator)?;
        let (lock, access) = match claimed {
            Claim::Held(lock) => (Some(lock), Access::Writable),
            Claim::Unlockable(why) => {
                let message = format!("cannot be locked here ({why}): do not label in two windows at once");
                loaded.report.warnings.push(LineWarning { line: 0, message });
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
        let mut writer = None;
        if access == Access::Writable {
            repair(&paths, &mut loaded)?;
            let path = paths.log();
            let started = Writer::start(paths, LogFile::new(path.clone(), loaded.whole), lock, loaded.last_seq, wake);
            writer = Some(started.map_err(AnnotationError::io("start saving labels", &path))?);
        }
        let annotator = annotator.clone();
        let (fold, last_seq, context) = (loaded.fold, loaded.last_seq, Context::default());
        let log = Self { annotator, draft, clock, fold, last_seq, context, access, writer };
        Ok((log, loaded.report))
    }

    /// What the annotator has said up to now, saved or not.
    pub fn annotations(&self) -> &Annotations {
        &self.fold.state
    }

    /// The present state for a background job: it stays as it is, whatever is said meanwhile.
    pub fn snapshot(&self) -> Arc<Annotations> {
        Arc::clone(&self.fold.state)
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
        self.fold.gesture(gesture)
    }

    /// What redo would bring back, the last of it first; then what undo would take back, newest first.
    pub fn history(&self) -> (impl Iterator<Item = &Gesture>, impl Iterator<Item = &Gesture>) {
        self.fold.history()
    }

    /// Milliseconds of work on that trace, without idle time, over all sittings.
    pub fn spent_ms(&self, trace: &TraceId) -> u64 {
        self.fold.spent(trace)
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
        let begun = gesture.filter(|gesture| self.fold.last_done() == Some(*gesture));
        let gesture = begun.unwrap_or(self.last_seq + 1);
        let mut lines = Vec::new();
        for change in changes {
            // Each against the state that the one before it left.
            if let Some(event) = change.into_event(&self.fold.state)
                && let Err(error) = self.add(gesture, event, &mut lines)
            {
                self.push(&lines);
                return Err(error);
            }
        }
        self.push(&lines);
        Ok(begun.or((!lines.is_empty()).then_some(gesture)))
    }

    /// Takes the last gesture back; `None` where there is none.
    pub fn undo(&mut self) -> Result<Option<Reversal>, AnnotationError> {
        self.reverse(self.fold.last_done(), |gesture| Event::Undone { gesture })
    }

    /// Brings the last undone gesture back; `None` where there is none.
    pub fn redo(&mut self) -> Result<Option<Reversal>, AnnotationError> {
        self.reverse(self.fold.last_undone(), |gesture| Event::Redone { gesture })
    }

    /// True where there is something to undo.
    pub fn can_undo(&self) -> bool {
        self.writer.is_some() && self.fold.last_done().is_some()
    }

    /// True where there is something to redo.
    pub fn can_redo(&self) -> bool {
        self.writer.is_some() && self.fold.last_undone().is_some()
    }

    /// Whether everything said is on disk.
    pub fn save_state(&self) -> SaveState {
        self.writer.as_ref().map_or(SaveState::Saved, Writer::state)
    }

    /// Number of the last record said. Gestures are numbered by their first record.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Number of the last record that is on disk for good.
    pub fn saved_seq(&self) -> u64 {
        self.writer.as_ref().map_or(self.last_seq, Writer::saved_seq)
    }

    /// Tries to save again after a failure.
    pub fn retry(&self) {
        if let Some(writer) = &self.writer {
            writer.retry();
        }
    }

    /// Waits until everything is saved or saving has failed. For the command line, tests and the end of the program.
    pub fn flush(&self) -> Result<(), AnnotationError> {
        self.writer.as_ref().map_or(Ok(()), |writer| writer.flush().map_err(AnnotationError::NotSaved))
    }

    fn reverse(
        &mut self,
        gesture: Option<GestureId>,
        event: impl FnOnce(GestureId) -> Event,
    ) -> Result<Option<Reversal>, AnnotationError> {
        self.check_writable()?;
        let Some(gesture) = gesture else { return Ok(None) };
        let mut lines = Vec::new();
        self.add(self.last_seq + 1, event(gesture), &mut lines)?;
        self.push(&lines);
        Ok(Some(self.fold.reversal(gesture)))
    }

    fn check_writable(&self) -> Result<(), AnnotationError> {
        match &self.access {
            Access::Writable => Ok(()),
            Access::ReadOnly { reason } => Err(AnnotationError::ReadOnly { reason: reason.clone() }),
        }
    }

    /// Applies one event and adds its line to `lines`.
    fn add(&mut self, gesture: GestureId, event: Event, lines: &mut Vec<u8>) -> Result<(), AnnotationError> {
        let (at, by) = (self.clock.now(), self.annotator.clone());
        let under = self.context.clone();
        let record = Record { v: LOG_VERSION, seq: self.last_seq + 1, at, by, gesture, event, under };
        // A record that cannot be written must not count in memory either.
        let line = serde_json::to_vec(&record)?;
        self.fold.apply(&record).map_err(AnnotationError::NotSaved)?;
        lines.extend(line);
        lines.push(b'\n');
        self.last_seq = record.seq;
        self.context.spent_ms = 0;
        Ok(())
    }

    fn push(&self, lines: &[u8]) {
        if let Some(writer) = self.writer.as_ref().filter(|_| !lines.is_empty()) {
            writer.push(lines, self.last_seq);
        }
    }
}
