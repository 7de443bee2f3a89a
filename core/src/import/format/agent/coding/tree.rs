//! Where the rows of a log hang that name the row before them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::run::Run;
use crate::import::fields::scalar_text;
use crate::model::StepIndex;

/// Rows by their id, with the step after which their children go on.
#[derive(Default)]
pub(super) struct Tree {
    places: HashMap<String, Option<StepIndex>>,
    /// The last step on the main path so far.
    main: Option<StepIndex>,
    /// Whether some row named its parent, so that the order alone does not tell.
    linked: bool,
}

/// Which keys name the row and the one before it.
pub(super) struct Links {
    pub(super) id: &'static str,
    pub(super) parent: &'static str,
}

impl Tree {
    /// Goes to where the row hangs. `start` is where a row without parent hangs.
    pub(super) fn go(&mut self, run: &mut Run, links: &Links, row: &mut Map<String, Value>, start: Option<StepIndex>) {
        run.at = match row.get(links.parent) {
            None => self.main,
            Some(Value::Null) => start,
            Some(parent) => {
                self.linked = true;
                let name = scalar_text(parent).unwrap_or_default();
                if let Some(place) = self.places.get(&name) {
                    *place
                } else {
                    let id = row.get(links.id).and_then(scalar_text).unwrap_or_default();
                    run.warn(format!(
                        "the row {id} goes on after {name}, which is not in the file; it hangs on the row above"
                    ));
                    return self.fallback(run);
                }
            }
        };
        row.shift_remove(links.parent);
    }

    fn fallback(&self, run: &mut Run) {
        run.at = self.main;
    }

    /// The row is read; what names it goes on after its last step.
    pub(super) fn done(&mut self, run: &Run, id: Option<String>) {
        if let Some(id) = id {
            self.places.insert(id, run.at);
        }
        if !run.aside {
            self.main = run.at;
        }
    }

    /// The last step of the main path.
    pub(super) fn main(&self) -> Option<StepIndex> {
        self.main
    }

    /// Leaves only the way to the last step on the main path: what was tried before lies beside it.
    pub(super) fn finish(&self, run: &mut Run) {
        if !self.linked {
            return;
        }
        let steps = &mut run.builder.trace_mut().steps;
        let mut way = vec![false; steps.len()];
        let mut at = self.main;
        while let Some(index) = at {
            // Parents stand before their children, so this ends.
            let Some(mark) = way.get_mut(index as usize).filter(|mark| !**mark) else { break };
            *mark = true;
            at = steps.get(index as usize).and_then(|step| step.parent);
        }
        for (step, on) in steps.iter_mut().zip(way) {
            step.on_path &= on;
        }
    }
}
