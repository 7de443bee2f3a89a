//! Walks over the steps of a trace.

use super::{Step, StepIndex};

/// The children of every step, in order. Built once per trace from the parents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepTree {
    roots: Vec<StepIndex>,
    children: Vec<Vec<StepIndex>>,
    is_branching: bool,
}

impl StepTree {
    /// Reads the tree off the parents. A parent that is not earlier in the list counts as none.
    pub fn new(steps: &[Step]) -> Self {
        let mut tree = Self { roots: Vec::new(), children: vec![Vec::new(); steps.len()], is_branching: false };
        for (index, step) in (0..).zip(steps) {
            let siblings = step.parent.filter(|&p| p < index).and_then(|p| tree.children.get_mut(p as usize));
            siblings.unwrap_or(&mut tree.roots).push(index);
        }
        tree.is_branching = tree.roots.len() > 1 || tree.children.iter().any(|children| children.len() > 1);
        tree
    }

    /// First steps. More than one where the trace branches at once.
    pub fn roots(&self) -> &[StepIndex] {
        &self.roots
    }

    /// Steps that continue this one.
    pub fn children(&self, step: StepIndex) -> &[StepIndex] {
        self.children.get(step as usize).map_or(&[], Vec::as_slice)
    }

    /// Steps that continue the parent of this one, itself among them.
    pub fn siblings(&self, steps: &[Step], step: StepIndex) -> &[StepIndex] {
        match steps.get(step as usize).and_then(|s| s.parent) {
            Some(parent) => self.children(parent),
            None => &self.roots,
        }
    }

    /// True where some step, or the problem itself, has more than one continuation.
    pub const fn is_branching(&self) -> bool {
        self.is_branching
    }

    /// From the first step down to this one.
    pub fn path_to(&self, steps: &[Step], step: StepIndex) -> Vec<StepIndex> {
        let mut path = Vec::new();
        let mut at = (step as usize) < steps.len();
        let mut next = step;
        while at {
            path.push(next);
            match steps.get(next as usize).and_then(|s| s.parent).filter(|&p| p < next) {
                Some(parent) => next = parent,
                None => at = false,
            }
        }
        path.reverse();
        path
    }

    /// The path to this step, continued to a leaf along the returned solution, else along first children.
    pub fn path_through(&self, steps: &[Step], step: StepIndex) -> Vec<StepIndex> {
        let mut path = self.path_to(steps, step);
        let mut at = step;
        while let Some(next) = preferred(steps, self.children(at)) {
            path.push(next);
            at = next;
        }
        path
    }

    /// The path that the source returned as the solution; in a chain, all steps. What an annotator wrote is no part of
    /// it.
    pub fn main_path(&self, steps: &[Step]) -> Vec<StepIndex> {
        let mut path = preferred(steps, &self.roots).map_or_else(Vec::new, |root| self.path_through(steps, root));
        // Written steps stand after those of the source, so they are taken where nothing else is left.
        let written = |step: &StepIndex| steps.get(*step as usize).is_some_and(|step| step.hash.is_written());
        path.truncate(path.iter().position(written).unwrap_or(path.len()));
        path
    }

    /// Steps without a continuation, in order.
    pub fn leaves(&self) -> impl Iterator<Item = StepIndex> + '_ {
        (0..).zip(&self.children).filter(|(_, c)| c.is_empty()).map(|(index, _)| index)
    }
}

/// True where every step continues the one before it.
pub(crate) fn is_chain(steps: &[Step]) -> bool {
    (0..).zip(steps).all(|(index, step): (StepIndex, &Step)| step.parent == index.checked_sub(1))
}

/// The path that the source returned as the solution. Builds no tree for a chain. For steps of the source only.
pub(crate) fn main_path(steps: &[Step]) -> Vec<StepIndex> {
    if is_chain(steps) && !steps.last().is_some_and(|step| step.hash.is_written()) {
        (0..).take(steps.len()).collect()
    } else {
        StepTree::new(steps).main_path(steps)
    }
}

/// True where some step, or the problem itself, has more than one continuation. Builds no tree for a chain.
pub(crate) fn is_branching(steps: &[Step]) -> bool {
    !is_chain(steps) && StepTree::new(steps).is_branching()
}

fn preferred(steps: &[Step], among: &[StepIndex]) -> Option<StepIndex> {
    let on_path = among.iter().find(|&&s| steps.get(s as usize).is_some_and(|s| s.on_path));
    on_path.or(among.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(parents: &[(Option<u32>, bool)]) -> Vec<Step> {
        parents.iter().map(|&(parent, on_path)| Step { parent, on_path, ..Step::default() }).collect()
    }

    #[test]
    fn main_path_follows_the_returned_solution() {
        let steps = steps(&[(None, true), (Some(0), false), (Some(0), true), (Some(1), false), (Some(2), false)]);
        let tree = StepTree::new(&steps);
        assert!(tree.is_branching());
        assert_eq!(tree.main_path(&steps), [0, 2, 4]);
        assert_eq!(tree.path_through(&steps, 1), [0, 1, 3]);
        assert_eq!(tree.siblings(&steps, 2), [1, 2]);
        assert_eq!(tree.leaves().collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn a_cycle_is_cut() {
        let steps = steps(&[(Some(1), false), (Some(0), false), (Some(2), false)]);
        let tree = StepTree::new(&steps);
        assert_eq!(tree.roots(), [0, 2]);
        assert_eq!(tree.path_to(&steps, 1), [0, 1]);
    }
}
