//! How the steps of all traces hang together.

use std::ops::Range;

use super::cache::{Key, Layer};
use super::{Numbers, Views};
use crate::job::JobError;
use crate::model::{Step, StepTree};
use std::sync::Arc;

/// Stands where there is no step.
const NONE: u32 = u32::MAX;

/// Where the steps of each trace stand in the step table, and what each continues.
#[derive(Debug)]
pub(in crate::query) struct Shape {
    /// First step and number of steps of each trace.
    spans: Vec<(u32, u32)>,
    /// The trace of each step.
    owners: Vec<u32>,
    /// The row, in the step table, of the step that each continues.
    parents: Vec<u32>,
    /// Steps on the main paths; `None` where all are.
    on_path: Option<Vec<bool>>,
}

impl Views {
    pub(in crate::query) fn shape(&self) -> Result<Arc<Shape>, JobError> {
        self.kept(Layer::Store, Key::Shape, || Ok(self.make_shape()))
    }

    fn make_shape(&self) -> Shape {
        let (traces, steps) = (self.store.trace_table(), self.store.step_table());
        let total = self.store.step_total();
        let firsts = traces.first_step.iter().map(Option::unwrap_or_default);
        let counts = traces.steps.iter().map(Option::unwrap_or_default);
        let fits = |(first, count): (u32, u32)| {
            if first as usize + count as usize <= total { (first, count) } else { (0, 0) }
        };
        let spans: Vec<(u32, u32)> = firsts.zip(counts).map(fits).collect();
        let mut owners = vec![NONE; total];
        let mut parents = vec![NONE; total];
        for (owner, &(first, count)) in (0..).zip(&spans) {
            if let Some(owners) = owners.get_mut(first as usize..(first + count) as usize) {
                owners.fill(owner);
            }
        }
        for (at, (slot, parent)) in (0..).zip(parents.iter_mut().zip(steps.parent.iter())) {
            let first = owners.get(at as usize).and_then(|owner| spans.get(*owner as usize)).map(|span| span.0);
            // A parent that is not earlier counts as none.
            if let Some(parent) = first.zip(parent).map(|(first, parent)| first + parent).filter(|parent| *parent < at)
            {
                *slot = parent;
            }
        }
        let mut shape = Shape { spans, owners, parents, on_path: None };
        let branching: Vec<usize> =
            traces.branching.iter().enumerate().filter_map(|(row, is)| (is == Some(true)).then_some(row)).collect();
        if !branching.is_empty() {
            let mut on_path = vec![true; total];
            let flags = steps.on_path.rechunk();
            for row in branching {
                let range = shape.steps(row);
                let start = range.start;
                let steps: Vec<Step> = range
                    .clone()
                    .map(|at| Step {
                        parent: shape.parent(at).and_then(|parent| u32::try_from(parent - start).ok()),
                        on_path: flags.get(at).unwrap_or_default(),
                        ..Step::default()
                    })
                    .collect();
                if let Some(slots) = on_path.get_mut(range) {
                    slots.fill(false);
                    for step in StepTree::new(&steps).main_path(&steps) {
                        if let Some(slot) = slots.get_mut(step as usize) {
                            *slot = true;
                        }
                    }
                }
            }
            shape.on_path = Some(on_path);
        }
        shape
    }
}

impl Shape {
    /// The rows, in the step table, of the steps of a trace.
    pub(in crate::query) fn steps(&self, trace: usize) -> Range<usize> {
        self.spans.get(trace).map_or(0..0, |&(first, count)| first as usize..(first + count) as usize)
    }

    /// The row, in the step table, of a step of a trace.
    pub(in crate::query) fn row(&self, trace: usize, step: u32) -> Option<u32> {
        let &(first, count) = self.spans.get(trace)?;
        (step < count).then(|| first + step)
    }

    pub(in crate::query) fn traces(&self) -> usize {
        self.spans.len()
    }

    /// The trace of each step.
    pub(in crate::query) fn owners(&self) -> &[u32] {
        &self.owners
    }

    pub(in crate::query) fn parent(&self, step: usize) -> Option<usize> {
        self.parents.get(step).filter(|parent| **parent != NONE).map(|parent| *parent as usize)
    }

    /// For each step the row of the one before it.
    pub(in crate::query) fn parents(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        self.parents.iter().map(|parent| (*parent != NONE).then_some(*parent as usize))
    }

    pub(in crate::query) fn is_on_path(&self, step: usize) -> bool {
        self.on_path.as_ref().is_none_or(|on_path| on_path.get(step).copied().unwrap_or_default())
    }

    /// The main path of a trace, as rows of the step table.
    pub(in crate::query) fn main_path(&self, trace: usize) -> impl Iterator<Item = usize> + '_ {
        self.steps(trace).filter(|at| self.is_on_path(*at))
    }

    /// The number of each step on the path that leads to it, from 1.
    pub(in crate::query) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = Vec::with_capacity(self.parents.len());
        for parent in self.parents() {
            numbers.push(parent.and_then(|parent| numbers.get(parent)).map_or(1, |number| number + 1));
        }
        numbers
    }

    /// The number of one step on the path that leads to it, from 1.
    pub(in crate::query) fn number(&self, step: usize) -> u32 {
        let (mut number, mut at) = (1, step);
        while let Some(parent) = self.parent(at) {
            number += 1;
            at = parent;
        }
        number
    }

    /// The number of each step among those of its trace, from 1.
    pub(super) fn indices(&self) -> Numbers {
        let first = |owner: &u32| self.spans.get(*owner as usize).map_or(0, |span| span.0);
        Numbers::counted((0..).zip(&self.owners).map(|(at, owner): (u32, &u32)| at.saturating_sub(first(owner)) + 1))
    }

    /// Which steps are continued by none.
    pub(super) fn leaves(&self) -> Vec<bool> {
        let mut leaves = vec![true; self.parents.len()];
        for parent in self.parents().flatten() {
            if let Some(leaf) = leaves.get_mut(parent) {
                *leaf = false;
            }
        }
        leaves
    }
}
