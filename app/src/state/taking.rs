//! Taking steps from elsewhere: what follows the alternatives of a step, and other attempts at the problem.

use stepscope_core::annotation::NewStep;
use stepscope_core::model::{StepHash, StepIndex, StepKind, Trace, TraceId, Verdict};

use super::{OpenTrace, Project};

/// More paths through the alternatives are not listed.
const MOST_PATHS: usize = 50;

/// Where steps can be taken from, and what is chosen there.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeDraft {
    /// The trace that is continued.
    pub trace: TraceId,
    /// Its step that is continued.
    pub after: StepHash,
    /// Number of that step on the path, from 1.
    pub number: usize,
    /// Where steps can be taken from.
    pub sources: Vec<TakeSource>,
    /// Position of the chosen one.
    pub source: usize,
    /// The steps of the chosen one.
    pub steps: Vec<TakenStep>,
    /// Position of the highlighted step.
    pub step: usize,
}

/// A place to take steps from.
#[derive(Clone, Debug, PartialEq)]
pub enum TakeSource {
    /// What follows an alternative of the step, up to the end of one branch.
    Alternative {
        /// Which alternative, from 1.
        number: usize,
        /// Its position in the trace.
        step: StepIndex,
        /// The last step of the branch.
        leaf: StepIndex,
    },
    /// Another attempt at the problem.
    Attempt {
        /// Its row in the store.
        row: u32,
        /// Its name.
        name: String,
        /// Whether it succeeded, as far as the data says.
        verdict: Verdict,
    },
}

/// A step that can be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenStep {
    /// Its number on its path, from 1.
    pub number: usize,
    /// Where it stands.
    pub from: (TraceId, StepHash),
    /// The text.
    pub text: String,
    /// What sort of step it is.
    pub kind: StepKind,
}

/// What the dialog asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeRequest {
    /// Show another source.
    Source(usize),
    /// Highlight another step.
    Step(usize),
    /// Take the highlighted step, and all that follow it where true.
    Take(bool),
}

impl TakeDraft {
    /// Everything that the selected step could go on with; `None` where no step is selected.
    pub fn new(open: &OpenTrace, project: &Project) -> Option<Self> {
        let step = open.step()?;
        let mut sources = alternatives(open);
        let attempts = project.store.rows_of_problem(open.row).into_iter().filter(|&row| row != open.row);
        sources.extend(attempts.filter_map(|row| {
            let summary = project.store.summary(row)?;
            let name = summary.source_id.clone().unwrap_or_else(|| summary.id.to_string());
            let name = summary.generator.as_ref().map_or(name.clone(), |generator| format!("{name} · {generator}"));
            Some(TakeSource::Attempt { row, name, verdict: summary.verdict })
        }));
        let mut draft = Self {
            trace: open.trace.id.clone(),
            after: step.hash.clone(),
            number: open.at + 1,
            sources,
            source: 0,
            steps: Vec::new(),
            step: 0,
        };
        draft.look(open, project);
        Some(draft)
    }

    /// Reads the steps of the chosen source, and highlights the one that stands where the taken ones would.
    pub(crate) fn look(&mut self, open: &OpenTrace, project: &Project) {
        match self.sources.get(self.source) {
            None => self.steps.clear(),
            Some(TakeSource::Alternative { step, leaf, .. }) => {
                let path = open.tree.path_to(&open.trace.steps, *leaf);
                let after = path.iter().position(|on| on == step).map_or(0, |at| at + 1);
                self.steps = steps_of(&open.trace, &path).split_off(after.min(path.len()));
                self.step = 0;
            }
            Some(TakeSource::Attempt { row, .. }) => {
                let trace = project.store.trace(*row).ok();
                self.steps = trace.map_or_else(Vec::new, |trace| {
                    let path = trace.tree().main_path(&trace.steps);
                    steps_of(&trace, &path)
                });
                self.step = self.number.min(self.steps.len().saturating_sub(1));
            }
        }
    }

    /// The chosen steps, to be written after the selected one.
    pub fn taken(&self, with_rest: bool) -> Vec<NewStep> {
        let count = if with_rest { self.steps.len() } else { 1 };
        let chosen = self.steps.iter().skip(self.step).take(count);
        let new = |step: &TakenStep| NewStep {
            text: step.text.clone(),
            kind: step.kind,
            taken_from: Some(step.from.clone()),
        };
        // A step without words, such as a picture that was left out, cannot be written.
        chosen.filter(|step| !step.text.trim().is_empty()).map(new).collect()
    }
}

/// The branches below the alternatives of the selected step.
fn alternatives(open: &OpenTrace) -> Vec<TakeSource> {
    let mut sources = Vec::new();
    for (number, &step) in (1..).zip(open.siblings()) {
        if open.selected() == Some(step) {
            continue;
        }
        let mut waiting: Vec<StepIndex> = open.tree.children(step).iter().rev().copied().collect();
        while let Some(at) = waiting.pop().filter(|_| sources.len() < MOST_PATHS) {
            let children = open.tree.children(at);
            if children.is_empty() {
                sources.push(TakeSource::Alternative { number, step, leaf: at });
            }
            waiting.extend(children.iter().rev());
        }
    }
    sources
}

fn steps_of(trace: &Trace, path: &[StepIndex]) -> Vec<TakenStep> {
    let steps = path.iter().filter_map(|&index| trace.step(index));
    let step = |(number, step): (usize, &stepscope_core::model::Step)| {
        let call = step.tool.as_ref().filter(|_| step.text.is_empty());
        TakenStep {
            number,
            from: (trace.id.clone(), step.hash.clone()),
            text: call.map_or_else(|| step.text.clone(), |tool| format!("{}({})", tool.name, tool.arguments)),
            kind: step.kind,
        }
    };
    (1..).zip(steps).map(step).collect()
}
