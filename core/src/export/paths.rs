//! Which root-to-leaf paths of a trace become rows.
//!
//! A chain gives one. A tree, or a chain to which an annotator wrote branches, gives its main path, and each further
//! leaf's path that has a judged step which no row before it holds: so no judgement is lost and none is repeated alone.
//! A main path of which nothing is judged gives way to the others.

use crate::model::{StepIndex, StepTree, Trace};

use crate::labels::Resolved;

/// A path to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JudgedPath {
    pub(super) steps: Vec<StepIndex>,
    /// How many steps at its start a path before it has as well.
    pub(super) shared: usize,
}

/// The paths to export, the main path first.
pub(super) fn judged_paths(trace: &Trace, tree: &StepTree, said: &Resolved) -> Vec<JudgedPath> {
    let judged = |step: StepIndex| said.judges(step);
    let main = tree.main_path(&trace.steps);
    // Also a chain may go on in steps that the annotator wrote.
    if !tree.is_branching() && main.len() == trace.steps.len() {
        return vec![JudgedPath { steps: main, shared: 0 }];
    }
    let mut held = vec![false; trace.steps.len()];
    let mut paths = Vec::new();
    let others = tree.leaves().filter(|leaf| main.last() != Some(leaf)).collect::<Vec<_>>();
    let others = others.into_iter().map(|leaf| tree.path_to(&trace.steps, leaf));
    for path in std::iter::once(main.clone()).chain(others) {
        let is_held = |step: StepIndex| held.get(step as usize).copied().unwrap_or(true);
        if !path.iter().any(|&step| judged(step) && !is_held(step)) {
            continue;
        }
        let shared = path.iter().take_while(|&&step| is_held(step)).count();
        for &step in &path {
            if let Some(slot) = held.get_mut(step as usize) {
                *slot = true;
            }
        }
        paths.push(JudgedPath { steps: path, shared });
    }
    if paths.is_empty() { vec![JudgedPath { steps: main, shared: 0 }] } else { paths }
}
