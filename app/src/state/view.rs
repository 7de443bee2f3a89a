//! What the window shows: the filter, the listed traces, the open trace and the selected step.

use std::collections::{BTreeSet, HashSet};

use stepscope_core::annotation::{Superseded, Target, TraceAnnotation, overlaid};
use stepscope_core::export::{ExportError, ExportFormat, ExportOptions, LabelSource, Policy};
use stepscope_core::model::{Critique, FirstError, Label, LabelKind, Step, StepHash, StepIndex, StepTree, Trace};
use stepscope_core::query::{Query, Queue};

use super::beside::{BesideDraft, BesideState};
use super::canvas::CanvasState;
use super::choose::Choose;
use super::comparing::CompareDraft;
use super::draft_file::Draft;
use super::history::{HistoryDraft, HistoryList};
use super::import_draft::ImportDraft;
use super::keys_draft::KeysDraft;
use super::many::ManyDraft;
use super::models_draft::ModelsDraft;
use super::reading::ReadState;
use super::schema_draft::SchemaDraft;
use super::splitting::SplitDraft;
use super::taking::TakeDraft;
use super::work::WorkState;
use super::writing::StepDraft;

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
    /// Selected rows of the store, listed or not.
    pub selection: BTreeSet<u32>,
    /// The open trace.
    pub open: Option<OpenTrace>,
    /// The open dialog.
    pub dialog: Option<DialogState>,
    /// The text being written.
    pub note: Option<NoteDraft>,
    /// What else can be said, and is being chosen.
    pub choose: Option<Choose>,
    /// A note that was being typed when the program ended; shown as soon as the table is there.
    pub found_draft: Option<Draft>,
    /// What the dialog of history lists.
    pub history: HistoryList,
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
    /// Why they could not be opened.
    pub failure: Option<String>,
    /// Traces that have joined while the files were followed.
    pub fresh: usize,
    /// How the annotator works.
    pub work: WorkState,
    /// The row and step to come back to once the table is there.
    pub resume: Option<(u32, Option<StepHash>)>,
    /// The newcomer's hint is still shown.
    pub show_hint: bool,
    /// How traces are read.
    pub reading: ReadState,
    /// The tree as a picture.
    pub canvas: CanvasState,
    /// What stands beside the open trace.
    pub beside: BesideState,
}

/// A text that is being written. It names what it is about, so that moving on cannot put it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteDraft {
    /// What becomes of it.
    pub about: About,
    /// What it is about.
    pub target: Target,
    /// What was typed so far.
    pub text: String,
    /// The field wants the keyboard.
    pub focus: bool,
}

/// What becomes of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// A note.
    #[default]
    Note,
    /// A kind of error that the schema does not have.
    OwnError,
    /// A tag that the schema does not have.
    OwnTag,
    /// What a missing step would say.
    Missing,
    /// A number: how likely the step is right.
    Soft,
    /// A number on that scale.
    Scale(String),
    /// The words of a critique, which was this one.
    Critique(Critique),
    /// Why the trace was skipped, given up or flagged.
    Reason,
    /// Why the trace is given up, which this does.
    GiveUp,
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
    /// The keys, and changes to them.
    Keys(KeysDraft),
    /// What was said, newest first.
    History(HistoryDraft),
    /// Labels on many traces at once.
    Many(ManyDraft),
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
    /// A step that is being written.
    Write(Box<StepDraft>),
    /// Steps to be taken from elsewhere.
    Take(Box<TakeDraft>),
    /// A step that is being cut in two; painted in its card.
    Split(SplitDraft),
    /// The alternatives of a step.
    Compare(Box<CompareDraft>),
    /// What annotators are asked for.
    Schema(Box<SchemaDraft>),
    /// What stands beside the open trace.
    Beside(BesideDraft),
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
    /// The identities of all steps, those of the source among them.
    hashes: HashSet<StepHash>,
    /// The trace as its source has it, where the annotator made another of it.
    source: Option<Trace>,
    /// What the annotator made of it.
    shape: Vec<(StepHash, Label)>,
    /// The record of the log up to which that was looked at.
    looked_at: Option<u64>,
}

impl OpenTrace {
    /// Shows a trace as its annotator made it: with cuts, joints and steps of their own.
    pub fn overlaid(row: u32, source: Trace, said: Option<&TraceAnnotation>) -> Self {
        let made = said.and_then(|said| overlaid(&source, said));
        let shape = said.map(shape_of).unwrap_or_default();
        let Some(trace) = made else { return Self { shape, ..Self::new(row, source) } };
        let mut open = Self { shape, ..Self::new(row, trace) };
        open.hashes.extend(source.steps.iter().map(|step| step.hash.clone()));
        Self { source: Some(source), ..open }
    }

    /// Shows a trace along the path that its source returned.
    pub fn new(row: u32, trace: Trace) -> Self {
        let tree = trace.tree();
        let path = tree.main_path(&trace.steps);
        let hashes = trace.steps.iter().map(|step| step.hash.clone()).collect();
        Self { row, trace, tree, path, at: 0, attempts: None, hashes, source: None, shape: Vec::new(), looked_at: None }
    }

    /// Shows several attempts as one tree; `row` is that of the trace it was asked for from.
    pub fn of_attempts(row: u32, attempts: usize, tree: Trace) -> Self {
        let mut open = Self::new(row, tree);
        open.attempts = Some(attempts);
        open
    }

    /// The trace as its source has it.
    pub fn source(&self) -> &Trace {
        self.source.as_ref().unwrap_or(&self.trace)
    }

    /// True where the trace has that step, as it is shown or as its source has it.
    pub fn has(&self, step: &StepHash) -> bool {
        self.hashes.contains(step)
    }

    /// Takes over what the annotator has made of the trace since it was shown. The selected step stays selected; where
    /// it is gone, one that stands near. True where the steps are others now. `last_seq` is
    /// that of the log.
    pub fn follow(&mut self, said: Option<&TraceAnnotation>, last_seq: u64) -> bool {
        if self.looked_at.replace(last_seq) == Some(last_seq) {
            return false;
        }
        if self.attempts.is_some() || said.map(shape_of).unwrap_or_default() == self.shape {
            return false;
        }
        let source = self.source.take().unwrap_or_else(|| self.trace.clone());
        let mut now = Self { looked_at: self.looked_at, ..Self::overlaid(self.row, source, said) };
        now.select_near(self);
        let changed = now.trace.steps != self.trace.steps;
        *self = now;
        changed
    }

    /// Selects what was selected before, and keeps to the path that was shown.
    fn select_near(&mut self, before: &Self) {
        let hash = |step: &StepIndex| Some(before.trace.step(*step)?.hash.clone());
        let path: Vec<StepHash> = before.path.iter().filter_map(hash).collect();
        let find = |hash: &StepHash| self.trace.find_step(hash);
        // The last step that is still there says which branch was shown.
        let branch = path.iter().rev().find_map(find);
        let was_written = path.get(before.at).is_some_and(StepHash::is_written);
        let here = path.get(before.at).and_then(find);
        let replaced = before.shape.iter().find_map(|(_, label)| match label {
            Label::Written(step) if Some(&step.id) == path.get(before.at) => step.replaces.as_ref(),
            _ => None,
        });
        let after = || path.iter().skip(before.at).find_map(find).filter(|_| !was_written);
        let earlier = || path.iter().take(before.at).rev().find_map(find);
        let selected = here.or_else(|| replaced.and_then(find)).or_else(after).or_else(earlier);
        if let Some(branch) = branch {
            self.select(branch);
        }
        if let Some(step) = selected {
            self.select(step);
        }
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

/// Everything that makes the trace another than its source has it, in one order.
fn shape_of(said: &TraceAnnotation) -> Vec<(StepHash, Label)> {
    let written = said.labels.of_kind(LabelKind::Written).map(|label| (StepHash::default(), label.clone()));
    let of_step = |(hash, step): (&StepHash, &stepscope_core::annotation::StepAnnotation)| {
        let labels = step.labels.of_kind(LabelKind::Cut).chain(step.labels.of_kind(LabelKind::Joined));
        labels.map(|label| (hash.clone(), label.clone())).collect::<Vec<_>>()
    };
    let mut shape: Vec<_> = written.chain(said.steps.iter().flat_map(of_step)).collect();
    shape.sort_by_cached_key(|(hash, label)| (hash.clone(), label.key()));
    shape
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
