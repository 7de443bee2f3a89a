//! Every action of the user, declared once. Menus, palette, keys, help and the README table are derived from here.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::env::CommandEnv;

/// Where a command belongs in menus and help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Opening, exporting, leaving.
    File,
    /// Moving between traces and steps.
    Navigate,
    /// Saying something about a trace or a step.
    Annotate,
    /// Writing steps, cutting and joining them, comparing alternatives.
    Write,
    /// Ways of working: what comes next, what is hidden, what was done.
    Work,
    /// Running a reward model.
    Score,
    /// Reading the open trace: finding, folding, its tree, its neighbours.
    Read,
    /// What the window shows.
    View,
}

impl Group {
    /// Every group, in menu order.
    pub const ALL: [Self; 8] =
        [Self::File, Self::Navigate, Self::Annotate, Self::Write, Self::Work, Self::Score, Self::Read, Self::View];

    /// Title of the menu.
    pub const fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Navigate => "Go",
            Self::Annotate => "Label",
            Self::Write => "Write",
            Self::Work => "Work",
            Self::Score => "Score",
            Self::Read => "Read",
            Self::View => "View",
        }
    }
}

/// What is known of a command before it runs.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// Stable name for settings and logs; never reused.
    pub id: &'static str,
    /// Menu it belongs to.
    pub group: Group,
    /// Sentence case; ends in `…` if a dialog follows.
    pub title: &'static str,
    /// One line that says what it does.
    pub hint: &'static str,
    /// Keys as declared, primary first; those in use are in [`KeyMap`](super::KeyMap).
    pub keys: &'static [KeyboardShortcut],
}

/// Whether a command can run now; the reason becomes the tooltip of the grey entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can run.
    Ready,
    /// It cannot, and why.
    Blocked(&'static str),
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn command_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

macro_rules! commands {
    ($($name:ident = $id:literal, $group:ident, $title:literal, $hint:literal, [$($key:expr),* $(,)?];)*) => {
        /// Something the user can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $(#[doc = $hint] $name,)*
        }

        impl Command {
            /// Every command, in the order of menus and palette.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its declaration.
            pub const fn spec(self) -> CommandSpec {
                match self {
                    $(Self::$name => CommandSpec {
                        id: $id,
                        group: Group::$group,
                        title: $title,
                        hint: $hint,
                        keys: const { &[$($key),*] },
                    },)*
                }
            }
        }
    };
}

commands! {
    OpenFile = "file.open", File, "Open files…", "Open trace files; a project folder is kept beside them",
        [command(Key::O)];
    OpenFolder = "file.open_folder", File, "Open folder…", "Open every trace file of a folder, or a project folder",
        [command_shift(Key::O)];
    OpenSample = "file.open_sample", File, "Open sample data", "Open the traces that come with Stepscope", [];
    Reload = "file.reload", File, "Read files again", "Import the open files anew where they have changed",
        [plain(Key::F5)];
    ReadAs = "file.read_as", File, "How files are read…",
        "Choose format, splitter or a mapping of your own beside a live preview", [command(Key::R)];
    ShowRejects = "file.rejects", File, "Rejected rows…", "See and save the rows that could not be read", [];
    ShowReport = "file.report", File, "Import report…",
        "See what was found in each file, and what could not be read as meant", [];
    Export = "file.export", File, "Export…", "Write training files", [command(Key::E)];
    ExportAgain = "file.export_again", File, "Export again from a manifest…",
        "Make an export again, and see what has changed in the project since", [];
    Quit = "file.quit", File, "Quit", "Close the window; everything said is saved already", [command(Key::Q)];

    NextStep = "step.next", Navigate, "Next step", "Select the step below", [plain(Key::J), plain(Key::ArrowDown)];
    PreviousStep = "step.previous", Navigate, "Previous step", "Select the step above",
        [plain(Key::K), plain(Key::ArrowUp)];
    FirstStep = "step.first", Navigate, "First step", "Select the first step", [plain(Key::Home)];
    LastStep = "step.last", Navigate, "Last step", "Select the last step", [plain(Key::End)];
    NextBranch = "branch.next", Navigate, "Next branch", "Show the next alternative to the selected step",
        [plain(Key::Period)];
    PreviousBranch = "branch.previous", Navigate, "Previous branch", "Show the previous alternative to the selected step",
        [plain(Key::Comma)];
    NextTrace = "trace.next", Navigate, "Next trace", "Show the trace below in the table",
        [plain(Key::L), plain(Key::ArrowRight), plain(Key::PageDown)];
    PreviousTrace = "trace.previous", Navigate, "Previous trace", "Show the trace above in the table",
        [plain(Key::H), plain(Key::ArrowLeft), plain(Key::PageUp)];
    NextUnlabelled = "trace.next_unlabelled", Navigate, "Next unlabelled trace",
        "Show the next trace of which nothing is said yet", [plain(Key::N)];
    NextDisagreement = "step.next_disputed", Navigate, "Next disagreement",
        "Select the next step on which label sources differ", [plain(Key::Num7)];
    PreviousDisagreement = "step.previous_disputed", Navigate, "Previous disagreement",
        "Select the previous step on which label sources differ", [plain(Key::Num6)];
    GoToFirstError = "step.first_error", Navigate, "To the first error",
        "Select the first error that you marked, else that of the data; again to go back", [plain(Key::Num5)];
    Filter = "trace.filter", Navigate, "Filter traces", "Type words or conditions, such as steps > 10 outcome:correct",
        [plain(Key::Slash), command_shift(Key::F)];

    MarkFirstError = "label.first_error", Annotate, "First error here",
        "Mark the selected step as the first error; again to take the mark away", [plain(Key::E)];
    MarkAllCorrect = "label.all_correct", Annotate, "All steps correct",
        "Mark the path shown as free of errors; again to take the mark away", [plain(Key::A)];
    RateGood = "label.good", Annotate, "Rate step good", "The step is correct; again to take the rating away",
        [plain(Key::Num1), plain(Key::G)];
    RateNeutral = "label.neutral", Annotate, "Rate step neutral", "The step neither helps nor harms; again to take the rating away",
        [plain(Key::Num2)];
    RateBad = "label.bad", Annotate, "Rate step bad", "The step is wrong; again to take the rating away",
        [plain(Key::Num3), plain(Key::B)];
    RateUnsure = "label.unsure", Annotate, "Rate step unsure", "You looked and cannot decide; again to take the rating away",
        [plain(Key::Num4)];
    MarkUnsure = "label.unsure_first_error", Annotate, "First error unclear",
        "You looked for the first error and cannot decide; again to take it away", [shift(Key::E)];
    ErrorType = "label.error_type", Annotate, "Kind of error…",
        "Say what sort of error the step makes: one letter for the kind, one for the kind within it", [plain(Key::X)];
    StepLabels = "label.step_more", Annotate, "More about the step…",
        "Redundant, put right later, a step missing before, soft value, scales, tags, words, links", [plain(Key::F)];
    TraceLabels = "label.trace_more", Annotate, "More about the trace…",
        "Whether the answer is right, scales, tags", [shift(Key::F)];
    Critique = "label.critique", Annotate, "Critiques of the step…",
        "Rate or accept what others say of the step, or write your own", [shift(Key::R)];
    GiveUp = "label.give_up", Annotate, "Give up…", "You tried and cannot judge the trace; say why and go on",
        [shift(Key::S)];
    ConfirmProposal = "label.confirm", Annotate, "Confirm proposal",
        "Say the same as the proposal that is shown, and go on", [plain(Key::Q)];
    NoteStep = "note.step", Annotate, "Note on step", "Write a note on the selected step", [plain(Key::C)];
    NoteTrace = "note.trace", Annotate, "Note on trace", "Write a note on the whole trace", [shift(Key::C)];
    FlagDefective = "label.defective", Annotate, "Flag problem as defective",
        "The problem itself is wrong or unclear; again to take the flag away", [plain(Key::D)];
    Skip = "label.skip", Annotate, "Skip trace", "Leave the trace for somebody else and go to the next unlabelled one",
        [plain(Key::S)];
    Done = "label.done", Annotate, "Done, next unlabelled", "Finish the trace and go to the next unlabelled one",
        [plain(Key::Space), plain(Key::Enter)];
    Reopen = "label.reopen", Annotate, "Open trace again", "Take back done, skipped, given up or defective", [plain(Key::R)];
    Undo = "edit.undo", Annotate, "Undo", "Take back the last label or note", [command(Key::Z), plain(Key::U)];
    Redo = "edit.redo", Annotate, "Redo", "Bring back what was undone", [command_shift(Key::Z), command(Key::Y)];
    SaveAgain = "edit.save_again", Annotate, "Save again", "Try once more to save the labels that could not be saved",
        [command(Key::S)];

    RewriteStep = "write.rewrite", Write, "Rewrite step…",
        "Write what should stand there; the step itself stays, and the differences are shown", [plain(Key::W)];
    ContinueHere = "write.continue", Write, "Write next step…",
        "Write a step that continues the selected one, as a branch of your own", [shift(Key::W)];
    TakeBranch = "write.take", Write, "Take steps from elsewhere…",
        "Continue the selected step with steps of an alternative or of another attempt", [command(Key::W)];
    RemoveWritten = "write.remove", Write, "Remove written step",
        "Take away a step of your own, and those of your own after it", [plain(Key::Delete)];
    SplitStep = "write.split", Write, "Split step…", "Cut the selected step in two, at the place you choose",
        [plain(Key::Y)];
    MergeStep = "write.merge", Write, "Merge with next step", "Make one step of the selected one and the next",
        [shift(Key::Y)];
    BestStep = "write.best", Write, "Best alternative",
        "The selected step is the best of its alternatives; again to take that away", [shift(Key::B)];
    Compare = "write.compare", Write, "Compare alternatives…",
        "See the alternatives side by side; choose, rank, or say which of two is better, how clearly and in what",
        [plain(Key::P)];

    Halving = "work.halving", Work, "Find the first error by halving",
        "Jump to the middle of what is undecided and say whether all is right up to there; again to stop",
        [shift(Key::H)];
    Verify = "work.verify", Work, "Verify proposals…",
        "Choose whose labels are shown as proposals, to be confirmed or corrected", [shift(Key::Q)];
    Blind = "work.blind", Work, "Judge blind",
        "Hide scores, outcomes and labels of others until you have judged; again to show them", [shift(Key::I)];
    Queue = "work.queue", Work, "What comes next…", "Choose the order in which traces come", [shift(Key::N)];
    GoOn = "work.go_on", Work, "Go on after a mark",
        "First error and all correct finish the trace and show the next one; again to stay with the trace", [];
    Sitting = "work.sitting", Work, "This sitting…", "How much was labelled, how fast, and how it agrees with known answers",
        [];
    History = "work.history", Work, "History…", "See what was said, and jump to its place", [command(Key::H)];
    SelectTrace = "work.select", Work, "Select trace", "Add the trace to the selection, or take it out",
        [shift(Key::Space)];
    SelectAll = "work.select_all", Work, "Select all listed traces", "Select every trace of the table; again to select none",
        [command(Key::A)];
    LabelMany = "work.many", Work, "Label many traces…",
        "Label the selected traces, or all that the table lists, at once", [command(Key::B)];
    SaveView = "work.save_view", Work, "Save view…", "Save what is listed, its order, columns and scorer under a name",
        [command_shift(Key::S)];
    Views = "work.views", Work, "Views…", "List what a saved view asks for; delete views, hand them on", [command_shift(Key::V)];
    Columns = "work.columns", Work, "Columns of the table…", "Choose what the table shows of each trace, and in which order",
        [];
    Sql = "work.sql", Work, "Question in SQL…", "Ask tables of traces, steps, labels and scores", [command_shift(Key::Q)];
    QueryHelp = "work.query_help", Work, "Language of the filter…", "Read how traces are asked for, and which fields there are",
        [];
    Duplicates = "work.duplicates", Work, "Near-duplicates and leaks…",
        "Find problems that files share, in the same words or nearly, and traces that are copies", [];
    Schema = "work.schema", Work, "Labels of this project…",
        "Choose what annotators are asked for: kinds of errors, scales, tags, guideline", [command(Key::L)];

    ChooseModel = "score.choose_model", Score, "Choose reward model…",
        "See the models of this computer, choose or check one, or fetch one by name", [command(Key::M)];
    ScoreTrace = "score.trace", Score, "Score this trace", "Score the steps of this trace with the chosen model",
        [plain(Key::M)];
    ScoreAll = "score.all", Score, "Score all listed traces", "Score every trace of the table, the visible one first",
        [shift(Key::M)];
    NextAggregate = "score.aggregate", Score, "Make trace scores another way",
        "Go through lowest, product, last, mean and soft minimum of the step scores", [shift(Key::V)];
    ToggleCritiques = "score.critiques", Score, "Let the judge write critiques",
        "Models that can judge in words write why before their verdict; again for verdicts at once", [];
    PauseScoring = "score.pause", Score, "Pause or resume scoring",
        "Let the workers finish what they hold and wait with their model; again to go on", [shift(Key::P)];
    StopScoring = "score.stop", Score, "Stop scoring", "Stop the worker; finished scores stay", [];

    Find = "read.find", Read, "Find in trace…", "Find words or a regular expression in the open trace",
        [command(Key::F)];
    FindNext = "read.find_next", Read, "Next match", "Show the next place that matches", [plain(Key::F3), command(Key::G)];
    FindPrevious = "read.find_previous", Read, "Previous match", "Show the previous place that matches",
        [shift(Key::F3), command_shift(Key::G)];
    ToggleSource = "read.source", Read, "Source of formulas and markdown",
        "Show texts as they are written; again to show them typeset", [plain(Key::Z)];
    FoldStep = "read.fold", Read, "Fold or unfold step", "Show the selected step short, or whole", [shift(Key::Z)];
    FoldAll = "read.fold_all", Read, "Fold or unfold all", "Show every long step short, or whole", [shift(Key::A)];
    FoldSection = "read.fold_section", Read, "Fold or unfold section",
        "Show only the heading of the part that holds the selected step, or all of it", [command(Key::D)];
    NextLowScore = "step.next_low", Read, "Next low score", "Select the next step that the scorer holds for wrong",
        [shift(Key::L)];
    NextToolError = "step.next_failure", Read, "Next failed call", "Select the next step where a tool or a program failed",
        [shift(Key::T)];
    NextEdit = "step.next_edit", Read, "Next edit", "Select the next step that changes a file", [shift(Key::D)];
    CallPartner = "step.partner", Read, "Call or its result", "Go from a call to what it returned, or back",
        [shift(Key::J)];
    ToggleCanvas = "view.canvas", Read, "Tree as a picture",
        "Show the tree of the trace to pan and zoom; again for the outline", [plain(Key::F2)];
    CanvasFit = "canvas.fit", Read, "Whole tree", "Show all of the tree", [plain(Key::Num0)];
    CanvasLarger = "canvas.larger", Read, "Tree larger", "Zoom into the tree", [plain(Key::Equals), plain(Key::Plus)];
    CanvasSmaller = "canvas.smaller", Read, "Tree smaller", "Zoom out of the tree", [plain(Key::Minus)];
    FoldBranch = "canvas.fold", Read, "Fold or unfold branch", "Hide what follows the selected step in the tree, or show it",
        [plain(Key::Semicolon)];
    FoldDeeper = "canvas.fold_deeper", Read, "One level more", "Show the tree one level deeper", [plain(Key::CloseBracket)];
    FoldShallower = "canvas.fold_shallower", Read, "One level less", "Show the tree one level less deep",
        [plain(Key::OpenBracket)];
    FoldLow = "canvas.fold_low", Read, "Fold low branches", "Fold branches that begin with a low score; again to show them",
        [shift(Key::O)];
    CanvasColour = "canvas.colour", Read, "Colour nodes by…", "Go through scores and labels as the colour of nodes",
        [shift(Key::G)];
    LaterInSearch = "canvas.later", Read, "Later in the search", "Show the tree one iteration later", [plain(Key::Num9)];
    EarlierInSearch = "canvas.earlier", Read, "Earlier in the search", "Show the tree one iteration earlier",
        [plain(Key::Num8)];
    SaveTree = "canvas.save", Read, "Save tree as picture…", "Write the tree as SVG or PNG", [];
    SimilarSteps = "read.similar", Read, "Similar steps…",
        "Show the steps of all traces that say nearly the same as the selected one, and how they were labelled",
        [command(Key::I)];
    ToggleBeside = "view.beside", Read, "Reference beside", "Show the reference solution or another trace side by side; again to hide it",
        [plain(Key::F8)];
    ChooseBeside = "beside.choose", Read, "What stands beside…", "Choose the reference or another attempt to stand beside",
        [shift(Key::F8)];
    BesideNext = "beside.next", Read, "Next step beside", "Select the next step of what stands beside",
        [shift(Key::ArrowDown)];
    BesidePrevious = "beside.previous", Read, "Previous step beside", "Select the previous step of what stands beside",
        [shift(Key::ArrowUp)];
    LinkBeside = "beside.link", Read, "Link steps", "Say that the selected step and the one beside it correspond; again to undo that",
        [shift(Key::X)];
    ToggleDiff = "beside.diff", Read, "Differences", "Show how linked steps differ, word by word", [plain(Key::Backslash)];
    Parting = "beside.parting", Read, "Where they part", "Go to where the two traces part", [shift(Key::U)];

    Palette = "view.palette", View, "Command palette…", "Find a command by name", [command(Key::K)];
    Keys = "view.keys", View, "Keys…", "Show every key, and change them", [plain(Key::Questionmark), plain(Key::F1)];
    ToggleSurvey = "view.survey", View, "Survey of what is listed",
        "Show figures of the listed traces in place of the reader; again for the trace", [plain(Key::F12)];
    JudgeScorer = "view.survey_scorer", View, "How well a scorer does",
        "Show how well scores find what the labels say, and where they fail", [shift(Key::F12)];
    ShowAgreement = "view.survey_agreement", View, "How far label sources agree",
        "Compare annotators, labels of the data, scorers and consensus rules, each with each", [shift(Key::F11)];
    ToggleSources = "view.sources", View, "Sources side by side",
        "Show under each step what every label source says of it; again to hide that", [plain(Key::F11)];
    ChooseSources = "view.choose_sources", View, "Label sources…",
        "Choose which label sources are compared, scorers at a threshold and consensus rules among them",
        [command(Key::F11)];
    ToggleTheme = "view.theme", View, "Switch light and dark", "Use the other theme", [command(Key::T)];
    ToggleImported = "view.imported", View, "Labels in the data",
        "Show or hide what the data says of right and wrong, to judge without it", [plain(Key::I)];
    MergeAttempts = "view.attempts", View, "All attempts as one tree",
        "Put all attempts at this problem together: equal steps once, with how many attempts came there and how they ended; again for the single trace",
        [plain(Key::T)];
    ToggleFollow = "view.follow", View, "Follow files",
        "Read files again by itself while they grow; new traces join at the end of the table", [];
    ShowOldText = "view.old_text", View, "Text as labelled…",
        "Show the text of this trace as it was when it was labelled", [plain(Key::O)];
    ToggleStrip = "view.strip", View, "Strip of keys", "Show or hide the keys that matter now", [shift(Key::K)];
    Larger = "view.larger", View, "Larger", "Make everything larger", [command(Key::Plus), command(Key::Equals)];
    Smaller = "view.smaller", View, "Smaller", "Make everything smaller", [command(Key::Minus)];
    UsualSize = "view.usual_size", View, "Usual size", "Show everything in its usual size", [command(Key::Num0)];
    ToggleCurve = "view.curve", View, "Score curve", "Show or hide the curve of scores", [plain(Key::V)];
    ToggleMinimap = "view.minimap", View, "Map of the trace", "Show or hide the map of the whole trace", [plain(Key::F6)];
    ToggleTimeline = "view.timeline", View, "Timeline", "Show or hide when each call was made and how long it took",
        [plain(Key::F7)];
    ToggleTable = "view.table", View, "Table of traces", "Show or hide the table of traces", [plain(Key::F9)];
    ToggleFacets = "view.facets", View, "Facets", "Show or hide the values of the listed traces, to filter by them",
        [shift(Key::F9)];
    ToggleInspector = "view.inspector", View, "Inspector", "Show or hide labels, scores and facts at the right",
        [plain(Key::F10)];
    NextDensity = "view.density", View, "Denser or airier", "Go through compact, usual and airy", [plain(Key::F4)];
    SystemTheme = "view.system_theme", View, "Light or dark as the system", "Follow the system's theme", [];
}

impl Command {
    /// Whether it can run now.
    pub fn availability(self, env: CommandEnv) -> Availability {
        let project = (env.has_project, "Nothing is open");
        let rows = (env.has_rows, "The table lists no trace");
        let none =
            if env.is_surveying { "The survey is shown; Escape goes back to the trace" } else { "No trace is open" };
        let trace = (env.has_trace, none);
        let step = (env.has_step, if env.is_surveying { none } else { "No step is selected" });
        let single = (!env.is_merged, "This is several attempts as one tree; {view.attempts} shows the single trace");
        let write = (env.can_write, "The project is open read-only");
        match self {
            Self::NextStep
            | Self::PreviousStep
            | Self::FirstStep
            | Self::LastStep
            | Self::GoToFirstError
            | Self::FoldStep
            | Self::FoldSection
            | Self::SimilarSteps => needs(&[trace, step]),
            Self::NextBranch | Self::PreviousBranch => {
                needs(&[step, (env.has_branch, "The selected step has no alternative")])
            }
            Self::NextTrace | Self::PreviousTrace | Self::NextUnlabelled | Self::ScoreAll | Self::SelectAll => {
                needs(&[rows])
            }
            Self::MarkFirstError
            | Self::RateGood
            | Self::RateNeutral
            | Self::RateBad
            | Self::RateUnsure
            | Self::ErrorType
            | Self::StepLabels
            | Self::Critique
            | Self::RewriteStep
            | Self::ContinueHere
            | Self::TakeBranch
            | Self::SplitStep
            | Self::NoteStep => needs(&[step, single, write]),
            Self::MarkAllCorrect
            | Self::MarkUnsure
            | Self::TraceLabels
            | Self::GiveUp
            | Self::Halving
            | Self::NoteTrace
            | Self::FlagDefective
            | Self::Skip
            | Self::Done
            | Self::Reopen => needs(&[trace, single, write]),
            Self::ConfirmProposal => needs(&[trace, single, write, (env.has_proposal, "No proposal is shown")]),
            Self::RemoveWritten => {
                needs(&[step, single, write, (env.is_written, "The step is not one that you wrote")])
            }
            Self::MergeStep => needs(&[step, single, write, (env.can_merge, "No single step follows this one")]),
            Self::BestStep | Self::Compare => {
                needs(&[step, single, write, (env.has_branch, "The selected step has no alternative")])
            }
            Self::LabelMany => needs(&[rows, write]),
            Self::ChooseSources
            | Self::Verify
            | Self::Blind
            | Self::Queue
            | Self::Sitting
            | Self::History
            | Self::SaveView
            | Self::Views
            | Self::Columns
            | Self::Sql
            | Self::Duplicates
            | Self::Schema
            | Self::Filter
            | Self::Export
            | Self::ExportAgain
            | Self::Reload
            | Self::ChooseModel
            | Self::ToggleCritiques => needs(&[project]),
            Self::NextDisagreement | Self::PreviousDisagreement => needs(&[
                step,
                single,
                (!env.hides_sources, "What others say is hidden until you have judged the trace"),
            ]),
            Self::ToggleSurvey | Self::JudgeScorer | Self::ShowAgreement => needs(&[
                project,
                (
                    !env.hides_survey || env.is_surveying,
                    "Figures would tell what is hidden from you while you judge ({work.blind}, {view.imported})",
                ),
            ]),
            Self::Undo => needs(&[(env.can_undo, "Nothing to undo")]),
            Self::Redo => needs(&[(env.can_redo, "Nothing to redo")]),
            Self::SaveAgain => needs(&[project, write]),
            Self::ShowReport => needs(&[(
                env.has_report,
                "The files were not read since the project was opened; {file.reload} reads them again",
            )]),
            Self::ShowRejects => needs(&[(env.has_rejects, "Every row could be read")]),
            Self::ScoreTrace => needs(&[trace, single]),
            Self::PauseScoring | Self::StopScoring => needs(&[(env.is_scoring, "No scoring is running")]),
            Self::ShowOldText => needs(&[trace, (env.has_old_text, "The text is as it was labelled")]),
            Self::ReadAs => needs(&[(env.has_files, "No files are open")]),
            Self::MergeAttempts
            | Self::SelectTrace
            | Self::Find
            | Self::FoldAll
            | Self::NextLowScore
            | Self::NextToolError
            | Self::NextEdit
            | Self::ToggleBeside
            | Self::ChooseBeside => needs(&[trace]),
            Self::FindNext | Self::FindPrevious => {
                needs(&[trace, (env.is_finding, "Nothing is looked for; {read.find} begins")])
            }
            Self::CallPartner => needs(&[step, (env.has_partner, "The step is neither a call nor the result of one")]),
            Self::ToggleCanvas
            | Self::CanvasFit
            | Self::CanvasLarger
            | Self::CanvasSmaller
            | Self::FoldBranch
            | Self::FoldDeeper
            | Self::FoldShallower
            | Self::FoldLow
            | Self::CanvasColour
            | Self::SaveTree => needs(&[trace, (env.is_tree, "The trace does not branch")]),
            Self::LaterInSearch | Self::EarlierInSearch => {
                needs(&[trace, (env.has_iterations, "The file does not say in which order the tree grew")])
            }
            Self::LinkBeside => {
                needs(&[step, (env.has_beside, "Nothing stands beside; {view.beside} shows it"), single, write])
            }
            Self::BesideNext | Self::BesidePrevious | Self::ToggleDiff | Self::Parting => {
                needs(&[trace, (env.has_beside, "Nothing stands beside; {view.beside} shows it")])
            }
            Self::ToggleSource
            | Self::ToggleMinimap
            | Self::ToggleTimeline
            | Self::ToggleTable
            | Self::ToggleFacets
            | Self::ToggleInspector
            | Self::QueryHelp
            | Self::NextDensity
            | Self::SystemTheme
            | Self::OpenFile
            | Self::OpenFolder
            | Self::OpenSample
            | Self::Quit
            | Self::Palette
            | Self::Keys
            | Self::ToggleTheme
            | Self::ToggleImported
            | Self::ToggleFollow
            | Self::NextAggregate
            | Self::GoOn
            | Self::ToggleStrip
            | Self::Larger
            | Self::Smaller
            | Self::UsualSize
            | Self::ToggleSources
            | Self::ToggleCurve => Availability::Ready,
        }
    }

    /// True for moves, which a held key may repeat; a label must not repeat.
    pub const fn repeats(self) -> bool {
        let moves =
            matches!(self.spec().group, Group::Navigate) && !matches!(self, Self::Filter | Self::GoToFirstError);
        moves
            || matches!(
                self,
                Self::FindNext
                    | Self::FindPrevious
                    | Self::CanvasLarger
                    | Self::CanvasSmaller
                    | Self::LaterInSearch
                    | Self::EarlierInSearch
                    | Self::BesideNext
                    | Self::BesidePrevious
            )
    }
}

/// Ready where all is there, else blocked for want of the first thing that is not.
fn needs(things: &[(bool, &'static str)]) -> Availability {
    let missing = things.iter().find(|(there, _)| !there);
    missing.map_or(Availability::Ready, |(_, reason)| Availability::Blocked(reason))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identities_are_unique() {
        let ids: HashSet<_> = Command::ALL.iter().map(|c| c.spec().id).collect();
        assert_eq!(ids.len(), Command::ALL.len());
    }

    #[test]
    fn no_two_commands_share_a_key() {
        let mut seen = HashSet::new();
        for command in Command::ALL {
            for key in command.spec().keys {
                assert!(seen.insert(*key), "{command:?} repeats {key:?}");
            }
        }
    }

    #[test]
    fn titles_obey_the_rules() {
        for command in Command::ALL {
            let spec = command.spec();
            assert!(!spec.title.ends_with('.') && !spec.hint.ends_with('.'), "{}", spec.id);
            assert!(spec.title.starts_with(char::is_uppercase) && spec.hint.starts_with(char::is_uppercase));
        }
    }

    #[test]
    fn a_label_key_is_one_key_without_modifiers() {
        for command in [Command::MarkFirstError, Command::MarkAllCorrect, Command::RateBad, Command::Done] {
            assert!(command.spec().keys[0].modifiers.is_none(), "{command:?}");
        }
    }
}
