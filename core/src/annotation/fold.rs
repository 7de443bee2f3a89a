//! From records to the present state and the undo stack. Live editing and loading both go through here.
//!
//! ```text
//! log      g1   g2   g3    undo g3   undo g2   g4
//! done     1    12   123   12        1         14
//! undone   -    -    -     3         32        -       g2, g3 stay in the file; redo no longer reaches them
//! ```

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use super::context::Context;
use super::event::{Event, GestureId, Target};
use super::fact::{Fact, Subject};
use super::place::{Entry, LineSource, Lines};
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
    pub(super) done: Vec<Entry>,
    pub(super) undone: Vec<Entry>,
    /// The highest number of a gesture that was ever done.
    pub(super) highest: GestureId,
    /// Gestures of which this version knows no event.
    pub(super) foreign: HashSet<GestureId>,
    /// What something was said of until it was taken back.
    pub(super) taken_back: HashSet<Subject>,
    /// Milliseconds of work on each trace. Undoing takes no time back.
    pub(super) spent: HashMap<TraceId, u64>,
}

impl Fold {
    /// Takes in one record that says something. Live editing and loading both come through here.
    pub(super) fn say(&mut self, gesture: GestureId, spent_ms: u32, lines: Lines, fact: Fact<'_>) {
        // A log put together by hand may say more in an earlier gesture.
        let earlier =
            if gesture > self.highest { None } else { self.done.iter_mut().rev().find(|entry| entry.id == gesture) };
        match earlier {
            Some(entry) => entry.add(lines),
            None => self.done.push(Entry::new(gesture, lines)),
        }
        self.highest = self.highest.max(gesture);
        self.foreign.remove(&gesture);
        self.say_more(spent_ms, fact);
    }

    /// Takes in more of the gesture that was said last. Like any new word it ends redo.
    pub(super) fn say_more(&mut self, spent_ms: u32, fact: Fact<'_>) {
        self.undone.clear();
        if spent_ms > 0 {
            match self.spent.get_mut(&*fact.trace) {
                Some(spent) => *spent += u64::from(spent_ms),
                None => {
                    self.spent.insert(TraceId::new(&*fact.trace), u64::from(spent_ms));
                }
            }
        }
        set(&mut self.state, &mut self.taken_back, fact);
    }

    /// Notes where more of the gesture that was said last stands, and what it says.
    pub(super) fn go_on(&mut self, lines: Lines, events: Vec<Event>) {
        if let Some(entry) = self.done.last_mut() {
            entry.go_on(lines, events);
        }
    }

    /// Notes where the gesture that was said last stands, and what it says.
    pub(super) fn settle(&mut self, lines: Lines, gesture: Gesture) {
        if let Some(entry) = self.done.last_mut().filter(|entry| entry.id == gesture.id) {
            entry.lines = lines;
            entry.know(gesture);
        }
    }

    /// Takes back what was said last, as if it had not been: with its gesture where it began one. `undone` is what could
    /// be redone before.
    pub(super) fn unsay(&mut self, events: &[Event], began_gesture: bool, undone: Vec<Entry>) {
        for fact in events.iter().rev().filter_map(Event::before) {
            Arc::make_mut(&mut self.state).set(fact);
        }
        if began_gesture {
            self.done.pop();
        }
        self.undone = undone;
    }

    /// Takes in a record of a kind that only a later version knows. It cannot be taken back, so that it alone makes no
    /// gesture that undo could stop at.
    pub(super) fn pass(&mut self, gesture: GestureId) {
        self.undone.clear();
        if self.done.last().is_none_or(|last| last.id != gesture) {
            self.foreign.insert(gesture);
        }
    }

    /// The error is a warning for the reader of the log: the record then changed nothing.
    pub(super) fn undo(&mut self, gesture: GestureId, source: &dyn LineSource) -> Result<(), String> {
        let Some(entry) = self.done.last().filter(|entry| entry.id == gesture) else {
            return self.out_of_turn("undoes", gesture);
        };
        let events = &entry.gesture(source).map_err(|error| unread("undoes", gesture, &error))?.events;
        for fact in events.iter().rev().filter_map(Event::before) {
            set(&mut self.state, &mut self.taken_back, fact);
        }
        self.undone.extend(self.done.pop());
        Ok(())
    }

    /// As [`Fold::undo`].
    pub(super) fn redo(&mut self, gesture: GestureId, source: &dyn LineSource) -> Result<(), String> {
        let Some(entry) = self.undone.last().filter(|entry| entry.id == gesture) else {
            return self.out_of_turn("redoes", gesture);
        };
        let events = &entry.gesture(source).map_err(|error| unread("redoes", gesture, &error))?.events;
        for fact in events.iter().filter_map(Event::after) {
            set(&mut self.state, &mut self.taken_back, fact);
        }
        self.done.extend(self.undone.pop());
        Ok(())
    }

    /// What redo would bring back, the last of it first; then what undo would take back, newest first. What cannot be
    /// read again, as when the log is gone, is passed over.
    pub(super) fn history<'a>(
        &'a self,
        source: &'a dyn LineSource,
    ) -> (impl Iterator<Item = &'a Gesture>, impl Iterator<Item = &'a Gesture>) {
        let gesture = |entry: &'a Entry| entry.gesture(source).ok();
        (self.undone.iter().filter_map(gesture), self.done.iter().rev().filter_map(gesture))
    }

    /// The gestures of [`Fold::history`] by number. Reads nothing.
    pub(super) fn gesture_ids(&self) -> (impl Iterator<Item = GestureId>, impl Iterator<Item = GestureId>) {
        (self.undone.iter().map(|entry| entry.id), self.done.iter().rev().map(|entry| entry.id))
    }

    /// That gesture, unless redo can no longer reach it, or it cannot be read again.
    pub(super) fn gesture<'a>(&'a self, id: GestureId, source: &dyn LineSource) -> Option<&'a Gesture> {
        let done = match self.done.binary_search_by_key(&id, |entry| entry.id) {
            Ok(at) => self.done.get(at),
            // A log put together by hand may have another order.
            Err(_) => self.done.iter().chain(&self.undone).find(|entry| entry.id == id),
        };
        done?.gesture(source).ok()
    }

    /// Milliseconds of work on that trace.
    pub(super) fn spent(&self, trace: &TraceId) -> u64 {
        self.spent.get(trace).copied().unwrap_or_default()
    }

    /// True where something was said of it that is not said any more.
    pub(super) fn was_taken_back(&self, subject: &Subject) -> bool {
        self.taken_back.contains(subject)
    }

    fn out_of_turn(&self, verb: &str, gesture: GestureId) -> Result<(), String> {
        // A later version may undo its own kinds of events, of which there is nothing to take back here.
        if self.foreign.contains(&gesture) {
            return Ok(());
        }
        Err(format!("{verb} gesture {gesture}, which is not the one in turn; left out"))
    }
}

fn set(state: &mut Arc<Annotations>, taken_back: &mut HashSet<Subject>, fact: Fact<'_>) {
    taken_back.extend(fact.taken_back());
    Arc::make_mut(state).set(fact);
}

fn unread(verb: &str, gesture: GestureId, error: &io::Error) -> String {
    format!("{verb} gesture {gesture}, which cannot be read again ({error}); left out")
}
