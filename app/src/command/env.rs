//! What decides whether commands can run: a few facts, gathered once a frame.

/// Facts about the present state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct CommandEnv {
    /// A project is open.
    pub has_project: bool,
    /// The open trace was labelled when it had another text.
    pub has_old_text: bool,
    /// Several attempts are shown as one tree.
    pub is_merged: bool,
    /// There is a report of the import.
    pub has_report: bool,
    /// Files are open, or could not be opened.
    pub has_files: bool,
    /// The table lists at least one trace.
    pub has_rows: bool,
    /// A trace is shown.
    pub has_trace: bool,
    /// A step is selected.
    pub has_step: bool,
    /// The selected step has siblings.
    pub has_branch: bool,
    /// The annotator wrote the selected step.
    pub is_written: bool,
    /// The selected step has one next step that it can be joined with.
    pub can_merge: bool,
    /// A proposal is shown that can be confirmed.
    pub has_proposal: bool,
    /// Labels can be written.
    pub can_write: bool,
    /// There is a gesture to undo.
    pub can_undo: bool,
    /// There is a gesture to redo.
    pub can_redo: bool,
    /// Some rows could not be read.
    pub has_rejects: bool,
    /// A scoring job is running.
    pub is_scoring: bool,
    /// The open trace branches.
    pub is_tree: bool,
    /// The source says in which order the tree grew.
    pub has_iterations: bool,
    /// Something stands beside the open trace.
    pub has_beside: bool,
    /// Something is looked for in the open trace.
    pub is_finding: bool,
    /// The selected step is a call with a result, or the result of a call.
    pub has_partner: bool,
    /// Figures stand in place of the reader.
    pub is_surveying: bool,
    /// What label sources say of the open trace is not shown.
    pub hides_sources: bool,
    /// What figures would tell is hidden from the annotator.
    pub hides_survey: bool,
}
