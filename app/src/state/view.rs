//! What the window shows: the filter, the listed traces, the open trace and the selected step.

use std::collections::BTreeSet;
use std::sync::Arc;

use stepscope_core::annotation::{Superseded, Target};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{Critique, StepHash, TraceId};
use stepscope_core::query::{FoundSteps, Query, Queue, ViewCache};

use super::asking::Asking;
use super::beside::{BesideDraft, BesideState};
use super::canvas::CanvasState;
use super::choose::Choose;
use super::comparing::CompareDraft;
use super::draft_file::Draft;
use super::export_draft::ExportDraft;
use super::exporting::AgainDraft;
use super::history::{HistoryDraft, HistoryList};
use super::import_draft::ImportDraft;
use super::keys_draft::KeysDraft;
use super::many::ManyDraft;
use super::models_draft::ModelsDraft;
use super::only::Only;
use super::open_trace::OpenTrace;
use super::reading::ReadState;
use super::schema_draft::SchemaDraft;
use super::similar::{DuplicatesDraft, SimilarDraft};
use super::sources::{SourcesDraft, SourcesState};
use super::splitting::SplitDraft;
use super::survey::SurveyState;
use super::taking::TakeDraft;
use super::work::WorkState;
use super::writing::StepDraft;

/// What the window shows of the project.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "wishes of one frame, each independent")]
pub struct ViewState {
    /// Filter and order of the table.
    pub query: Query,
    /// Only these traces are listed, of those that the query finds.
    pub only: Option<Arc<Only>>,
    /// What queries keep from one to the next.
    pub cache: ViewCache,
    /// The question as it is typed, and all that belongs to asking.
    pub asking: Asking,
    /// Rows of the store that the table lists, in order.
    pub rows: Vec<u32>,
    /// The steps by which these were found.
    pub found_steps: Option<FoundSteps>,
    /// Rises with each change of these rows.
    pub listed: u64,
    /// Position of the open trace in `rows`.
    pub position: Option<usize>,
    /// Selected rows of the store, listed or not.
    pub selection: BTreeSet<u32>,
    /// The open trace.
    pub open: Option<OpenTrace>,
    /// The open dialog.
    pub dialog: Option<DialogState>,
    /// The choices of the export dialog as they were left.
    pub export: Option<Box<ExportDraft>>,
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
    /// The trace in which the first error was gone to, and the step from which.
    pub came_from: Option<(TraceId, StepHash)>,
    /// The newcomer's hint is still shown.
    pub show_hint: bool,
    /// How traces are read.
    pub reading: ReadState,
    /// The tree as a picture.
    pub canvas: CanvasState,
    /// What stands beside the open trace.
    pub beside: BesideState,
    /// Figures of what is listed, in place of the reader.
    pub survey: SurveyState,
    /// Which label sources are compared.
    pub sources: SourcesState,
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
    Export(Box<ExportDraft>),
    /// An export that a manifest describes.
    ExportAgain(AgainDraft),
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
    /// Steps that are like the selected one.
    Similar(Box<SimilarDraft>),
    /// What stands there twice.
    Duplicates(DuplicatesDraft),
    /// The language of questions.
    QueryHelp,
    /// Which label sources are compared.
    Sources(SourcesDraft),
    /// A name for what is listed.
    SaveView(String),
    /// The saved views; the selected one by its place.
    Views(usize),
    /// The columns of the table.
    Columns(ColumnsDraft),
    /// A question in SQL.
    Sql(String),
}

/// The dialog of columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnsDraft {
    /// What is looked for among the fields.
    pub search: String,
    /// The selected entry.
    pub selected: usize,
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
