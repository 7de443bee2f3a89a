//! From records to the present state and the undo stack. Live editing and loading both go through here.
//!
//! ```text
//! log      g1   g2   g3    undo g3   undo g2   g4
//! done     1    12   123   12        1         14
//! undone   -    -    -     3         32        -       g2, g3 stay in the file; redo no longer reaches them
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::context::Context;
use super::event::{Event, GestureId, Record, Subject, Target};
use super::state::Annotations;
use crate::model::{Timestamp, TraceId};

/// One key press or dialog: what is undone together.
#[derive(Clone, Debug, PartialEq)]
pub struct Gesture {
    /// Its number.
    pub id: GestureId,
    /// When it was said.
    pub at: Timestamp,
    /// Under which circumstances.
    pub under: Context,
    /// What was said, in order.
    pub events: Vec<Event>,
}

impl Gesture {
    /// The traces and steps it touches, in the order they were changed, each once.
    pub fn targets(&self) -> Vec<Target> {
        let mut seen = HashSet::new();
        self.events.iter().filter_map(Event::target).filter(|target| seen.insert(target.clone())).collect()
    }
}

/// What an undo or redo changed, so that the window can show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reversal {
    /// The gesture undone or redone.
    pub gesture: GestureId,
    /// The traces and steps it touched, in the order they were changed, each once.
    pub targets: Vec<Target>,
}

/// State and undo stack after the records so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fold {
    /// Shared, so that a background query can hold a moment of it; copied only while one does.
    pub(super) state: Arc<Annotations>,
    done: Vec<GestureId>,
    undone: Vec<GestureId>,
    gestures: HashMap<GestureId, Gesture>,
    /// Whatever was ever said something of, also where it was taken back.
    touched: HashSet<Subject>,
    /// Milliseconds of work on each trace. Undoing takes no time back.
    spent: HashMap<TraceId, u64>,
}

impl Fold {
    /// Takes one record in. The error is a warning for the reader of the log: the record then changed nothing.
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), String> {
        match &record.event {
            Event::Undone { gesture } => self.undo(*gesture),
            Event::Redone { gesture } => self.redo(*gesture),
            _ => {
                self.record(record);
                Ok(())
            }
        }
    }

    /// The gesture that undo would take back.
    pub(super) fn last_done(&self) -> Option<GestureId> {
        self.done.last().copied()
    }

    /// The gesture that redo would bring back.
    pub(super) fn last_undone(&self) -> Option<GestureId> {
        self.undone.last().copied()
    }

    /// What that gesture touches.
    pub(super) fn reversal(&self, gesture: GestureId) -> Reversal {
        Reversal { gesture, targets: self.gestures.get(&gesture).map(Gesture::targets).unwrap_or_default() }
    }

    /// What redo would bring back, the last of it first; then what undo would take back, newest first.
    pub(super) fn history(&self) -> (impl Iterator<Item = &Gesture>, impl Iterator<Item = &Gesture>) {
        let gesture = |id: &GestureId| self.gestures.get(id);
        (self.undone.iter().filter_map(gesture), self.done.iter().rev().filter_map(gesture))
    }

    /// That gesture, unless redo can no longer reach it.
    pub(super) fn gesture(&self, gesture: GestureId) -> Option<&Gesture> {
        self.gestures.get(&gesture)
    }

    /// Milliseconds of work on that trace.
    pub(super) fn spent(&self, trace: &TraceId) -> u64 {
        self.spent.get(trace).copied().unwrap_or_default()
    }

    /// True where the log says something of it, or did once.
    pub(super) fn has_touched(&self, subject: &Subject) -> bool {
        self.touched.contains(subject)
    }

    fn record(&mut self, record: &Record) {
        let Record { at, gesture: id, ref event, ref under, .. } = *record;
        for lost in self.undone.drain(..) {
            self.gestures.remove(&lost);
        }
        let gesture =
            self.gestures.entry(id).or_insert_with(|| Gesture { id, at, under: under.clone(), events: Vec::new() });
        // An unknown event cannot be taken back, so it alone makes no gesture that undo could stop at.
        if !matches!(event, Event::Unknown(_)) {
            if gesture.events.is_empty() {
                self.done.push(id);
            }
            Arc::make_mut(&mut self.state).apply(event);
            self.touched.extend(event.subject());
            if let Some(target) = event.target().filter(|_| under.spent_ms > 0) {
                *self.spent.entry(target.trace().clone()).or_default() += u64::from(under.spent_ms);
            }
            gesture.events.push(event.clone());
        }
    }

    fn undo(&mut self, gesture: GestureId) -> Result<(), String> {
        if self.done.last() != Some(&gesture) {
            return self.out_of_turn("undoes", gesture);
        }
        self.done.pop();
        self.undone.push(gesture);
        let state = Arc::make_mut(&mut self.state);
        for event in self.gestures.get(&gesture).into_iter().flat_map(|gesture| gesture.events.iter().rev()) {
            state.revert(event);
        }
        Ok(())
    }

    fn redo(&mut self, gesture: GestureId) -> Result<(), String> {
        if self.undone.last() != Some(&gesture) {
            return self.out_of_turn("redoes", gesture);
        }
        self.undone.pop();
        self.done.push(gesture);
        let state = Arc::make_mut(&mut self.state);
        for event in self.gestures.get(&gesture).into_iter().flat_map(|gesture| &gesture.events) {
            state.apply(event);
        }
        Ok(())
    }

    fn out_of_turn(&self, verb: &str, gesture: GestureId) -> Result<(), String> {
        // A later version may undo its own kinds of events, of which there is nothing to take back here.
        if self.gestures.get(&gesture).is_some_and(|gesture| gesture.events.is_empty()) {
            return Ok(());
        }
        Err(format!("{verb} gesture {gesture}, which is not the one in turn; left out"))
    }
}
