//! The one way from keys, menus, palette, panels and dropped files to a change of state.

use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::annotation::{GestureId, Target};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::StepIndex;
use stepscope_core::query::{Queue, SortKey};

use super::{Command, KeysRequest};
use crate::state::DialogState;
use crate::state::asking::AskRequest;
use crate::state::beside::BesideRequest;
use crate::state::canvas::CanvasRequest;
use crate::state::choose::ChooseRequest;
use crate::state::exporting::ExportRequest;
use crate::state::look::SizedPanel;
use crate::state::models_draft::ModelsRequest;
use crate::state::only::Only;
use crate::state::reading::ReadRequest;
use crate::state::similar::SimilarRequest;
use crate::state::sources::SourcesRequest;
use crate::state::survey::SurveyRequest;
use crate::state::writing::WriteRequest;

/// A command, or a command that carries its target.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Run a command on what is selected.
    Run(Command),
    /// Show the trace at that position of the table.
    ShowTrace(usize),
    /// Select that step, changing the path if it lies on another branch.
    ShowStep(StepIndex),
    /// Sort the table; the same key again turns the order round.
    SortBy(SortKey),
    /// Filter the table by these words.
    FilterBy(String),
    /// Open files, a folder or a project folder.
    Open(Vec<PathBuf>),
    /// Change the draft of a note.
    EditNote(Target, String),
    /// Change the text that is being written.
    EditText(String),
    /// Write the draft into the log.
    CommitNote,
    /// The same, asked for outright, so that an empty text counts as well.
    CommitText,
    /// Choose in the chooser, or close it.
    Choose(ChooseRequest),
    /// Make the schema of the dialog the project's.
    SaveSchema,
    /// Show that scorer in table and gutter.
    ShowScorer(String),
    /// Use the model in that folder.
    UseModel(PathBuf),
    /// What the dialog of models asks for.
    Models(ModelsRequest),
    /// What a dialog of writing, taking, cutting or comparing asks for.
    Write(WriteRequest),
    /// Write the rejected rows to that file.
    SaveRejects(PathBuf),
    /// Write the export to that file.
    WriteExport(PathBuf),
    /// What the dialogs of exports ask for.
    Export(ExportRequest),
    /// Ask for a file to export to, then write it.
    AskExportPath,
    /// Ask for a file to save the rejected rows to.
    AskRejectsPath,
    /// Read the files as the import dialog says.
    ReadFiles,
    /// Save the mapping of the import dialog for files of the same keys.
    SaveMapping,
    /// Let traces come in that order.
    SetQueue(Queue),
    /// Show that source's labels as proposals, or none.
    ProposeFrom(Option<LabelSource>),
    /// Change the open dialog, or close it.
    SetDialog(Option<DialogState>),
    /// Change keys.
    Keys(KeysRequest),
    /// Select traces with the mouse.
    Select(SelectRequest),
    /// Say what the dialog of many traces is set to.
    LabelMany,
    /// Stop saying it, and take back what was said of it.
    StopLabelling,
    /// Show where that gesture was made.
    ShowGesture(GestureId),
    /// Undo or redo until that gesture is the newest that counts.
    GoBackTo(GestureId),
    /// Take away a notice.
    DismissNotice(u64),
    /// Find, fold, jump within the open trace.
    Read(ReadRequest),
    /// Move in the picture of the tree, or change it.
    Canvas(CanvasRequest),
    /// Change what stands beside the open trace.
    Beside(BesideRequest),
    /// What the dialogs of similar steps and of duplicates ask for.
    Similar(SimilarRequest),
    /// List only these traces, or all that the query finds.
    ListOnly(Option<Arc<Only>>),
    /// What the survey asks for.
    Survey(SurveyRequest),
    /// What is asked of label sources.
    Sources(SourcesRequest),
    /// What the query bar, facets, columns, views or SQL ask for.
    Ask(AskRequest),
    /// Remember the size to which a panel was dragged, as a share of its room.
    KeepSize(SizedPanel, f32),
}

/// Traces to select, by position in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectRequest {
    /// Adds one, or takes it out.
    Toggle(usize),
    /// Adds all from the open one up to this.
    UpTo(usize),
}

/// Collects actions during a frame; `App` drains it at one point.
#[derive(Debug, Default)]
pub struct CommandSink {
    actions: Vec<Action>,
}

impl CommandSink {
    /// Asks for an action.
    pub fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Asks for a command on what is selected.
    pub fn run(&mut self, command: Command) {
        self.push(Action::Run(command));
    }

    /// True where something was asked for and not yet done.
    pub fn is_waiting(&self) -> bool {
        !self.actions.is_empty()
    }

    /// Everything asked for since the last call.
    pub fn drain(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }
}
