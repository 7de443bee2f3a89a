//! Comparing the alternatives of a step: which is looked at, against which, and what is being said.

use stepscope_core::annotation::{Annotations, Change, Target};
use stepscope_core::model::{Label, LabelKey, LabelKind, Preference, StepHash, TraceId};

use super::OpenTrace;
use super::writing::step_ref;

/// The alternatives of a step, and where one is in comparing them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareDraft {
    /// The trace.
    pub trace: TraceId,
    /// The alternatives, in the order of the tree.
    pub steps: Vec<StepHash>,
    /// Position of the highlighted one.
    pub at: usize,
    /// Position of the one that the others are compared with.
    pub with: usize,
    /// In what respect two are compared: 0 all in all, else the criterion of the schema, from 1.
    pub criterion: usize,
    /// What digits mean now.
    pub mode: CompareMode,
    /// The highlighted one has just changed, so that it is to be seen.
    pub moved: bool,
}

/// What digits mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CompareMode {
    /// They rate the highlighted alternative.
    #[default]
    Rate,
    /// They name the next best alternative; those named so far, best first.
    Rank(Vec<usize>),
    /// They say how clearly one of two is better: true where it is the highlighted one.
    Prefer(bool),
}

/// What the dialog asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareRequest {
    /// Highlight an alternative.
    Look(usize),
    /// Compare the others with the highlighted one.
    CompareWith,
    /// Rate it with that key, 1 to 4.
    Rate(u8),
    /// It is the best, or no longer.
    Best,
    /// Begin to put them in order.
    BeginRank,
    /// That one is the next best.
    RankNext(usize),
    /// Say the order as far as it was given.
    EndRank,
    /// The highlighted one is better than the one compared with, or (false) worse; how clearly comes next.
    Better(bool),
    /// How clearly, 0 to 3.
    Strength(u8),
    /// Go on to the next criterion.
    Criterion,
    /// Give up what was begun.
    Cancel,
    /// Take back what was said last.
    Undo,
    /// Close the dialog and select the highlighted alternative.
    Choose,
}

impl CompareDraft {
    /// The alternatives of the selected step; `None` where it has none.
    pub fn new(open: &OpenTrace) -> Option<Self> {
        let selected = open.selected()?;
        let siblings = open.siblings();
        let with = siblings.iter().position(|&step| step == selected)?;
        let steps = siblings.iter().filter_map(|&step| Some(open.trace.step(step)?.hash.clone()));
        Some(Self {
            trace: open.trace.id.clone(),
            steps: steps.collect(),
            // The next one, so that one key says which of the two is better.
            at: (with + 1) % siblings.len().max(1),
            with,
            criterion: 0,
            mode: CompareMode::Rate,
            moved: true,
        })
    }

    /// The highlighted alternative.
    pub fn here(&self) -> Option<&StepHash> {
        self.steps.get(self.at)
    }

    /// The one that the others are compared with.
    pub fn other(&self) -> Option<&StepHash> {
        self.steps.get(self.with).filter(|_| self.with != self.at)
    }

    /// The order that was said, as labels: a place for each that was named, none for the others.
    pub fn ranks(&self, open: &OpenTrace) -> Vec<Change> {
        let CompareMode::Rank(order) = &self.mode else { return Vec::new() };
        let target = |step: &StepHash| Target::Step(step_ref(open, step));
        let change = |(position, step): (usize, &StepHash)| match order.iter().position(|&named| named == position) {
            Some(place) => {
                let label = Label::Rank(u32::try_from(place + 1).unwrap_or(u32::MAX));
                Change::Give { target: target(step), label }
            }
            None => Change::Take { target: target(step), key: LabelKey::only(LabelKind::Rank) },
        };
        self.steps.iter().enumerate().map(change).collect()
    }

    /// That one of two is better, so clearly; what was said of the two the other way round goes.
    pub fn preference(&self, open: &OpenTrace, strength: u8, criterion: &str) -> Vec<Change> {
        let (CompareMode::Prefer(better), Some(here), Some(other)) = (&self.mode, self.here(), self.other()) else {
            return Vec::new();
        };
        let (winner, loser) = if *better { (here, other) } else { (other, here) };
        let preferred = |over: &StepHash| {
            Label::Preferred(Preference { over: over.clone(), strength, criterion: criterion.to_owned() })
        };
        let target = |step: &StepHash| Target::Step(step_ref(open, step));
        vec![
            Change::Take { target: target(loser), key: preferred(winner).key() },
            Change::Give { target: target(winner), label: preferred(loser) },
        ]
    }
}

/// That a step is the best of its alternatives, or no longer: there is only one best.
pub fn best(open: &OpenTrace, said: &Annotations, step: &StepHash) -> Vec<Change> {
    let key = || LabelKey::only(LabelKind::Best);
    let target = |step: &StepHash| Target::Step(step_ref(open, step));
    let index = open.find_step(step);
    let siblings = index.map_or(&[][..], |index| open.tree.siblings(&open.trace.steps, index));
    let siblings = siblings.iter().filter_map(|&index| Some(&open.trace.step(index)?.hash));
    let is_best = said.label(&target(step), &key()).is_some();
    let mut changes: Vec<Change> =
        siblings.map(|sibling| Change::Take { target: target(sibling), key: key() }).collect();
    if !is_best {
        changes.retain(|change| !matches!(change, Change::Take { target: of, .. } if *of == target(step)));
        changes.push(Change::Give { target: target(step), label: Label::Best });
    }
    changes
}
