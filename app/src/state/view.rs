//! What the window shows: the filter, the listed traces, the open trace and the selected step.

use std::collections::HashSet;

use stepscope_core::annotation::{Superseded, Target};
use stepscope_core::export::{ExportError, ExportFormat, ExportOptions, LabelSource, Policy};
use stepscope_core::model::{FirstError, Step, StepHash, StepIndex, StepTree, Trace};
use stepscope_core::query::{Query, Queue};

use super::import_draft::ImportDraft;
use super::models_draft::ModelsDraft;
use super::work::WorkState;

/// What the window shows of the project.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "wishes of one frame, each independent")]
pub struct ViewState {
    /// Filter and order of the table.
    pub query: Query,
    /// Rows of the store that the table lists, in order.
    pub rows: Vec<u32>,
    /// Position of the open trace in `rows`.
    pub position: Option<usize>,
    /// The open trace.
    pub open: Option<OpenTrace>,
    /// The open dialog.
    pub dialog: Option<DialogState>,
    /// The note being written.
    pub note: Option<NoteDraft>,
    /// The filter wants the keyboard.
    pub focus_filter: bool,
    /// The table should scroll to the open trace.
    pub scroll_to_trace: bool,
    /// The reader should scroll to the selected step.
    pub scroll_to_step: bool,
    /// Scorer shown in table and gutter; the first one where `None`.
    pub scorer: Option<String>,
    /// Some trace of the project has scores.
    pub has_scores: bool,
    /// Paths that are being opened, or could not be.
    pub unread: Vec<std::path::PathBuf>,
    /// Traces that have joined while the files were followed.
    pub fresh: usize,
    /// How the annotator works.
    pub work: WorkState,
    /// The row and step to come back to once the table is there.
    pub resume: Option<(u32, Option<StepHash>)>,
    /// The newcomer's hint is still shown.
    pub show_hint: bool,
}

/// A note that is being written. It names what it is about, so that moving on cannot put it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteDraft {
    /// What it is about.
    pub target: Target,
    /// What was typed so far.
    pub text: String,
    /// The field wants the keyboard.
    pub focus: bool,
}

/// An open dialog and what was entered in it.
#[derive(Clone, Debug, PartialEq)]
pub enum DialogState {
    /// The palette: what was typed, and which entry is selected.
    Palette {
        /// What was typed.
        text: String,
        /// Position of the selected entry.
        selected: usize,
    },
    /// The sheet of keys.
    Keys,
    /// Rows that could not be read.
    Rejects,
    /// Training files.
    Export(ExportDraft),
    /// How files are read.
    Import(Box<ImportDraft>),
    /// What the import found.
    Report,
    /// The models of this computer.
    Models(ModelsDraft),
    /// In which order traces come.
    Queue(QueueDraft),
    /// Whose labels are shown as proposals.
    Verify(VerifyDraft),
    /// What came of this sitting.
    Sitting,
    /// A trace as it was labelled.
    OldText(Box<Superseded>),
}

/// Choices of the dialog of orders.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueDraft {
    /// The order.
    pub queue: Queue,
    /// How many traces the table lists.
    pub listed: usize,
    /// How many of them are not labelled.
    pub left: usize,
}

/// Choices of the dialog of proposals.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyDraft {
    /// Position of the selected entry; the first is none.
    pub selected: usize,
    /// A step is bad where a scorer's score is below.
    pub threshold: f64,
    /// Whose labels there are.
    pub sources: Vec<LabelSource>,
}

/// Choices of the export dialog.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportDraft {
    /// Name of the format.
    pub format: &'static str,
    /// Whose labels; `None` for the default.
    pub labels: Option<LabelSource>,
    /// What becomes of labels that the format cannot hold.
    pub policy: Policy,
}

impl ExportDraft {
    /// The format with its own defaults.
    pub fn new(format: &'static dyn ExportFormat) -> Self {
        Self { format: format.name(), labels: None, policy: format.defaults() }
    }

    /// What to export, and how.
    pub fn options(&self) -> Result<ExportOptions, ExportError> {
        let options = ExportOptions::new(self.format)?;
        Ok(ExportOptions { labels: self.labels.clone(), policy: self.policy.clone(), ..options })
    }
}

/// A trace that is shown, with the path chosen through its tree.
#[derive(Clone, Debug)]
pub struct OpenTrace {
    /// Its row in the store.
    pub row: u32,
    /// The trace.
    pub trace: Trace,
    /// Its tree.
    pub tree: StepTree,
    /// The chosen path, from a first step to a leaf.
    pub path: Vec<StepIndex>,
    /// Position of the selected step in `path`.
    pub at: usize,
    /// How many attempts are shown as one tree; `None` where it is one trace.
    pub attempts: Option<usize>,
    /// The identities of all steps.
    hashes: HashSet<StepHash>,
}

impl OpenTrace {
    /// Shows a trace along the path that its source returned.
    pub fn new(row: u32, trace: Trace) -> Self {
        let tree = trace.tree();
        let path = tree.main_path(&trace.steps);
        let hashes = trace.steps.iter().map(|step| step.hash.clone()).collect();
        Self { row, trace, tree, path, at: 0, attempts: None, hashes }
    }

    /// Shows several attempts as one tree; `row` is that of the trace it was asked for from.
    pub fn of_attempts(row: u32, attempts: usize, tree: Trace) -> Self {
        let mut open = Self::new(row, tree);
        open.attempts = Some(attempts);
        open
    }

    /// True where the trace has that step.
    pub fn has(&self, step: &StepHash) -> bool {
        self.hashes.contains(step)
    }

    /// The selected step's position in the trace.
    pub fn selected(&self) -> Option<StepIndex> {
        self.path.get(self.at).copied()
    }

    /// The selected step.
    pub fn step(&self) -> Option<&Step> {
        self.trace.step(self.selected()?)
    }

    /// That the chosen path has no error, to be said or compared; `None` where it has no steps.
    pub fn no_error(&self) -> Option<FirstError> {
        Some(FirstError::NoneUpTo(self.trace.step(*self.path.last()?)?.hash.clone()))
    }

    /// Alternatives to the selected step, itself among them.
    pub fn siblings(&self) -> &[StepIndex] {
        self.selected().map_or(&[], |step| self.tree.siblings(&self.trace.steps, step))
    }

    /// Selects a step; one off the path changes the path to lead through it.
    pub fn select(&mut self, step: StepIndex) {
        if let Some(at) = self.path.iter().position(|&s| s == step) {
            self.at = at;
        } else if self.trace.step(step).is_some() {
            self.path = self.tree.path_through(&self.trace.steps, step);
            self.at = self.path.iter().position(|&s| s == step).unwrap_or(0);
        }
    }

    /// Moves along the path, stopping at its ends.
    pub fn move_by(&mut self, steps: isize) {
        self.at = self.at.saturating_add_signed(steps).min(self.path.len().saturating_sub(1));
    }

    /// Moves among the alternatives to the selected step, round and round.
    pub fn move_branch(&mut self, by: isize) {
        let siblings = self.siblings();
        let Some(here) = self.selected().and_then(|step| siblings.iter().position(|&s| s == step)) else { return };
        let count = isize::try_from(siblings.len()).unwrap_or(1);
        let next = (isize::try_from(here).unwrap_or(0) + by).rem_euclid(count);
        if let Some(&step) = usize::try_from(next).ok().and_then(|next| siblings.get(next)) {
            self.select(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{Problem, Step, TraceBuilder};

    use super::*;

    fn tree() -> OpenTrace {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
        for (parent, text) in [(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(2), "d")] {
            builder.push(Step { parent, text: text.into(), ..Step::default() });
        }
        OpenTrace::new(0, builder.build())
    }

    #[test]
    fn branches_change_the_path() {
        let mut open = tree();
        assert_eq!(open.path, [0, 1]);
        open.move_by(1);
        open.move_branch(1);
        assert_eq!((open.path.as_slice(), open.selected()), ([0, 2, 3].as_slice(), Some(2)));
        open.move_branch(1);
        assert_eq!(open.selected(), Some(1), "round and round");
        open.select(3);
        assert_eq!(open.path, [0, 2, 3]);
        open.move_by(10);
        assert_eq!(open.selected(), Some(3), "stops at the end");
    }
}
