//! From records to the present state and the undo stack. Live editing and loading both go through here.
//!
//! ```text
//! log      g1   g2   g3    undo g3   undo g2   g4
//! done     1    12   123   12        1         14
//! undone   -    -    -     3         32        -       g2, g3 stay in the file; redo no longer reaches them
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::event::{Event, GestureId, NoteTarget, Record, Subject};
use super::state::Annotations;

/// What an undo or redo changed, so that the window can show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reversal {
    /// The gesture undone or redone.
    pub gesture: GestureId,
    /// The traces and steps it touched, in the order they were changed, each once.
    pub targets: Vec<NoteTarget>,
}

/// State and undo stack after the records so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fold {
    /// Shared, so that a background query can hold a moment of it; copied only while one does.
    pub(super) state: Arc<Annotations>,
    done: Vec<GestureId>,
    undone: Vec<GestureId>,
    events: HashMap<GestureId, Vec<Event>>,
    /// Whatever was ever said something of, also where it was taken back.
    touched: HashSet<Subject>,
}

impl Fold {
    /// Takes one record in. The error is a warning for the reader of the log: the record then changed nothing.
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), String> {
        match &record.event {
            Event::Undone { gesture } => self.undo(*gesture),
            Event::Redone { gesture } => self.redo(*gesture),
            event => {
                self.record(record.gesture, event);
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
        let mut targets = Vec::new();
        for target in self.events.get(&gesture).into_iter().flatten().filter_map(Event::target) {
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        Reversal { gesture, targets }
    }

    /// True where the log says something of it, or did once.
    pub(super) fn has_touched(&self, subject: &Subject) -> bool {
        self.touched.contains(subject)
    }

    fn record(&mut self, gesture: GestureId, event: &Event) {
        for lost in self.undone.drain(..) {
            self.events.remove(&lost);
        }
        let events = self.events.entry(gesture).or_default();
        // An unknown event cannot be taken back, so it alone makes no gesture that undo could stop at.
        if !matches!(event, Event::Unknown(_)) {
            if events.is_empty() {
                self.done.push(gesture);
            }
            Arc::make_mut(&mut self.state).apply(event);
            self.touched.extend(event.subject());
            events.push(event.clone());
        }
    }

    fn undo(&mut self, gesture: GestureId) -> Result<(), String> {
        if self.done.last() != Some(&gesture) {
            return self.out_of_turn("undoes", gesture);
        }
        self.done.pop();
        self.undone.push(gesture);
        let state = Arc::make_mut(&mut self.state);
        for event in self.events.get(&gesture).into_iter().flatten().rev() {
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
        for event in self.events.get(&gesture).into_iter().flatten() {
            state.apply(event);
        }
        Ok(())
    }

    fn out_of_turn(&self, verb: &str, gesture: GestureId) -> Result<(), String> {
        // A later version may undo its own kinds of events, of which there is nothing to take back here.
        if self.events.get(&gesture).is_some_and(Vec::is_empty) {
            return Ok(());
        }
        Err(format!("{verb} gesture {gesture}, which is not the one in turn; left out"))
    }
}
