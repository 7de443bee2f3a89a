//! The laid-out tree: where each node stands, level by level, and what is folded away.

use std::collections::BTreeMap;

use stepscope_core::job::{JobContext, JobError};
use stepscope_core::model::{StepIndex, Trace};

use super::single;
use super::tidy::{Shape, columns};

/// What does not change while a trace is open: who continues whom, and how much is below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// The parent of each step.
    pub parents: Vec<Option<u32>>,
    /// The level of each step, from 0; below the problem where there are several first steps.
    pub levels: Vec<u32>,
    /// Steps below each step.
    pub below: Vec<u32>,
    /// Ends at or below each step.
    pub ends: Vec<u32>,
    /// First steps.
    pub roots: u32,
}

impl Skeleton {
    /// Reads it off a trace.
    pub fn new(trace: &Trace) -> Self {
        let count = trace.steps.len();
        let parent = |(index, step): (StepIndex, &stepscope_core::model::Step)| step.parent.filter(|&p| p < index);
        let parents: Vec<Option<u32>> = (0..).zip(&trace.steps).map(parent).collect();
        let roots = u32::try_from(parents.iter().filter(|parent| parent.is_none()).count()).unwrap_or(u32::MAX);
        let mut levels: Vec<u32> = Vec::with_capacity(count);
        for parent in &parents {
            let above = parent.and_then(|parent| levels.get(parent as usize)).map(|level| level + 1);
            levels.push(above.unwrap_or(u32::from(roots > 1)));
        }
        let (mut below, mut ends) = (vec![0_u32; count], vec![0_u32; count]);
        for (index, parent) in parents.iter().enumerate().rev() {
            let (steps, leaves) = match (below.get(index), ends.get_mut(index)) {
                (Some(&steps), Some(leaves)) => {
                    *leaves = (*leaves).max(1);
                    (steps + 1, *leaves)
                }
                _ => continue,
            };
            if let Some(parent) = parent.map(|parent| parent as usize) {
                below.get_mut(parent).into_iter().for_each(|sum| *sum += steps);
                ends.get_mut(parent).into_iter().for_each(|sum| *sum += leaves);
            }
        }
        Self { parents, levels, below, ends, roots }
    }
}

/// The nodes of one level that are shown, from left to right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Their columns.
    pub columns: Vec<f32>,
    /// Their steps.
    pub steps: Vec<StepIndex>,
}

impl Layer {
    /// Positions of the nodes between two columns.
    pub fn between(&self, from: f32, to: f32) -> std::ops::Range<usize> {
        let start = self.columns.partition_point(|column| *column < from);
        start..self.columns.partition_point(|column| *column <= to).max(start)
    }
}

/// The laid-out tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// The column of each step; not a number where it is folded away.
    columns: Vec<f32>,
    /// The levels, from the top.
    pub layers: Vec<Layer>,
    /// Folded steps, with the number of steps that they hide.
    pub folded: BTreeMap<StepIndex, u32>,
    /// The column of the problem, where there are several first steps.
    pub problem: Option<f32>,
    /// Columns from the leftmost node to the rightmost.
    pub width: f32,
    /// Nodes that are shown.
    pub shown: usize,
}

impl Picture {
    /// Lays a tree out. `folded` says which steps are folded; empty where none is.
    pub fn new(skeleton: &Skeleton, folded: &[bool], ctx: Option<&JobContext>) -> Result<Self, JobError> {
        let checkpoint = || ctx.map_or(Ok(()), JobContext::checkpoint);
        let count = skeleton.parents.len();
        let is_folded = |step: usize| {
            folded.get(step).copied().unwrap_or_default() && skeleton.below.get(step).is_some_and(|below| *below > 0)
        };
        // Parents come first, so what is above is known.
        let mut hidden = vec![false; count];
        for (step, parent) in skeleton.parents.iter().enumerate() {
            let above = parent.map(|parent| parent as usize);
            let hides = above.is_some_and(|above| is_folded(above) || hidden.get(above).copied().unwrap_or_default());
            if let Some(hidden) = hidden.get_mut(step) {
                *hidden = hides;
            }
        }
        checkpoint()?;
        let is_shown = |step: usize| !hidden.get(step).copied().unwrap_or(true);
        let shape = Shape::new(&skeleton.parents, is_shown);
        let placed = columns(&shape);
        checkpoint()?;
        let mut picture = Self { columns: vec![f32::NAN; count], ..Self::default() };
        for step in shape.in_order() {
            let at = step as usize;
            let column = single(placed.get(at).copied().unwrap_or_default());
            let level = skeleton.levels.get(at).copied().unwrap_or_default() as usize;
            if picture.layers.len() <= level {
                picture.layers.resize(level + 1, Layer::default());
            }
            if let (Some(layer), Some(slot)) = (picture.layers.get_mut(level), picture.columns.get_mut(at)) {
                *slot = column;
                layer.columns.push(column);
                layer.steps.push(step);
            }
            picture.width = picture.width.max(column);
            picture.shown += 1;
            if is_folded(at) {
                picture.folded.insert(step, skeleton.below.get(at).copied().unwrap_or_default());
            }
        }
        picture.problem = (skeleton.roots > 1).then(|| single(placed.last().copied().unwrap_or_default()));
        Ok(picture)
    }

    /// Where a step stands, as column; `None` where it is folded away.
    pub fn column(&self, step: StepIndex) -> Option<f32> {
        self.columns.get(step as usize).copied().filter(|column| !column.is_nan())
    }

    /// The step itself, or the one that hides it.
    pub fn shown_as(&self, skeleton: &Skeleton, step: StepIndex) -> Option<StepIndex> {
        let above = |at: &StepIndex| skeleton.parents.get(*at as usize).copied().flatten();
        std::iter::successors(Some(step), above).find(|at| self.column(*at).is_some())
    }

    /// Where a node is, or the one that hides it: column and level.
    pub fn place(&self, skeleton: &Skeleton, step: StepIndex) -> Option<[f32; 2]> {
        let shown = self.shown_as(skeleton, step)?;
        Some([self.column(shown)?, *skeleton.levels.get(shown as usize)? as f32])
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{Problem, Step, TraceBuilder};

    use super::*;

    fn skeleton(parents: &[Option<u32>]) -> Skeleton {
        let mut builder = TraceBuilder::new(Problem::from_text("q"));
        for &parent in parents {
            builder.push(Step { parent, ..Step::default() });
        }
        Skeleton::new(&builder.build())
    }

    #[test]
    fn folding_hides_what_is_below() {
        let skeleton = skeleton(&[None, Some(0), Some(0), Some(1), Some(1), Some(3)]);
        assert_eq!(skeleton.below, [5, 3, 0, 1, 0, 0]);
        assert_eq!(skeleton.ends, [3, 2, 1, 1, 1, 1]);
        let picture = Picture::new(&skeleton, &[], None).unwrap();
        assert_eq!((picture.shown, picture.layers.len(), picture.problem), (6, 4, None));
        let folded = Picture::new(&skeleton, &[false, true, true, false, false, false], None).unwrap();
        assert_eq!(folded.folded, BTreeMap::from([(1, 3)]), "a leaf has nothing to fold");
        assert_eq!((folded.shown, folded.column(3)), (3, None));
        assert_eq!((folded.shown_as(&skeleton, 5), folded.shown_as(&skeleton, 2)), (Some(1), Some(2)));
        assert_eq!(folded.place(&skeleton, 5), Some([0.0, 1.0]));
    }

    #[test]
    fn several_first_steps_stand_below_the_problem() {
        let skeleton = skeleton(&[None, None, Some(1)]);
        assert_eq!(skeleton.levels, [1, 1, 2]);
        let picture = Picture::new(&skeleton, &[], None).unwrap();
        assert_eq!((picture.problem, picture.layers[0].steps.len(), picture.layers[1].steps.len()), (Some(0.5), 0, 2));
    }
}
