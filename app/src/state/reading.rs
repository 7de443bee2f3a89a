//! How the open trace is read: typeset or as written, what is folded, what is looked for.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use stepscope_core::model::{StepHash, StepIndex, Trace, TraceId};

pub use super::finding::{Find, Found, FoundIn, Matches, Query};

/// How traces are read.
#[derive(Clone, Debug, Default)]
pub struct ReadState {
    /// Texts are shown as they are written, not typeset.
    pub as_written: bool,
    /// What is looked for in the open trace, and where it stands.
    pub find: Find,
    /// What is shown short, trace by trace.
    pub folds: HashMap<TraceId, Folds>,
    /// The reader shall scroll there.
    pub scroll_to: Option<Spot>,
    /// The steps on screen, as positions on the path; written back while they are painted.
    visible: Cell<(usize, usize)>,
}

/// A place in the list of steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spot {
    /// The problem, above the steps.
    Problem,
    /// The step at that position of the path, so far into it (0 is its upper edge, 1 its lower), in the middle.
    Step(usize, f32),
    /// The step at that position, scrolled no further than is needed.
    InView(usize),
}

/// What find bar, cards and map ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadRequest {
    /// Look for this in the open trace.
    Look(Query),
    /// Go on to the next match, or back to the one before.
    Next {
        /// Back.
        back: bool,
    },
    /// Look no further.
    CloseFind,
    /// Fold a step, or show it whole.
    Fold(StepIndex),
    /// Fold a message of the prompt, or show it whole.
    FoldPrompt(usize),
    /// Fold the section that begins at that position of the path, or show it.
    FoldSection(usize),
    /// Scroll there; nothing is selected.
    ScrollTo(Spot),
}

/// What of a trace is shown short or not at all. Long texts are shown short until they are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    /// All steps alike, where that was asked for; `true` is short.
    pub all: Option<bool>,
    /// Steps that differ from that.
    pub steps: HashMap<StepHash, bool>,
    /// Messages of the prompt that are shown whole.
    pub prompt: Vec<usize>,
    /// Sections that are not shown, by the first step of each.
    pub sections: Vec<StepHash>,
}

impl Folds {
    /// True where a long step is shown short.
    pub fn is_short(&self, step: &StepHash) -> bool {
        self.steps.get(step).copied().or(self.all).unwrap_or(true)
    }
}

impl ReadState {
    /// The steps on screen, as positions on the path.
    pub fn visible(&self) -> Range<usize> {
        let (start, end) = self.visible.get();
        start..end
    }

    /// Notes what is on screen.
    pub fn set_visible(&self, visible: Range<usize>) {
        self.visible.set((visible.start, visible.end));
    }

    /// What was found in that trace: nothing while the bar is closed or another trace was searched.
    pub fn matches(&self, trace: &Arc<Trace>) -> &Matches {
        self.find.matches(trace)
    }
}
