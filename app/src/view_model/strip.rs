//! The strip at the bottom: the keys that matter now, the most important first.
//!
//! To add a way of working: a mode, its title and its list. What does not fit into the line is left out from the end.

use crate::command::keymap::chord_from_text;
use crate::command::reference::keys_text;
use crate::command::{Availability, Command, CommandEnv, KeyMap};

/// What the keys are for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum StripMode {
    /// Nothing is open.
    Nothing,
    /// There are traces, and none is what was asked for.
    Unmatched,
    /// A trace is read and labelled.
    Reading,
    /// A trace is read, and a proposal is shown.
    Verifying,
    /// The first error is found by halving.
    Halving,
    /// A trace is only looked at.
    Looking,
    /// Figures stand in place of the reader.
    Survey,
    /// A button or the like was reached with Tab.
    Control,
    /// A note is typed.
    Note,
    /// The chooser of labels is open.
    Choosing,
    /// A text that the chooser asks for is typed.
    Text,
    /// The filter is typed.
    Filter,
    /// Words are looked for in the trace.
    Find,
    /// The palette is open.
    Palette,
    /// The keys are shown or changed.
    Keys,
    /// The history is open.
    History,
    /// Many traces are about to be labelled.
    Many,
    /// A step is being cut.
    Splitting,
    /// A step is written.
    Writing,
    /// Steps are taken from elsewhere.
    Taking,
    /// Alternatives are compared.
    Comparing,
    /// Another dialog is open.
    Dialog,
}

/// A key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct StripItem {
    /// The key, or keys that belong together.
    pub keys: String,
    /// What it does, in a word or two.
    pub words: &'static str,
}

/// The strip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct StripModel {
    /// What the keys are for.
    pub title: &'static str,
    /// The keys, the most important first.
    pub items: Vec<StripItem>,
}

/// One entry of a list: commands that go together, or a key that a field or dialog handles itself.
#[derive(Clone, Copy, Debug)]
pub enum Hint {
    /// Commands with their words. Those that cannot run now, or have no key, are left out.
    Run(&'static [Command], &'static str),
    /// A fixed key.
    Key(&'static str, &'static str),
    /// A fixed chord, written as the settings write it and shown as this system's keyboard has it.
    Chord(&'static str, &'static str),
}

impl StripModel {
    /// The keys that matter in that mode.
    pub fn new(mode: StripMode, env: CommandEnv, keys: &KeyMap) -> Self {
        let item = |hint: &Hint| match *hint {
            Hint::Key(keys, words) => Some(StripItem { keys: keys.into(), words }),
            Hint::Chord(text, words) => {
                chord_from_text(text).map(|chord| StripItem { keys: keys_text(&[chord]), words })
            }
            Hint::Run(commands, words) => {
                let ready = |command: &&Command| command.availability(env) == Availability::Ready;
                let keys: Vec<String> = commands.iter().filter(ready).map(|command| keys.first(*command)).collect();
                let keys: Vec<String> = keys.into_iter().filter(|key| !key.is_empty()).collect();
                (!keys.is_empty()).then(|| StripItem { keys: keys.join(" "), words })
            }
        };
        Self { title: mode.title(), items: mode.hints().iter().filter_map(item).collect() }
    }
}

impl StripMode {
    /// What the keys are for, in a word.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Nothing => "Nothing open",
            Self::Unmatched => "No trace matches",
            Self::Reading => "Trace",
            Self::Verifying => "Verify",
            Self::Halving => "Halving",
            Self::Looking => "Only looking",
            Self::Survey => "Survey",
            Self::Control => "Control",
            Self::Note => "Note",
            Self::Choosing => "Choose",
            Self::Text => "Text",
            Self::Filter => "Filter",
            Self::Find => "Find",
            Self::Palette => "Palette",
            Self::Keys => "Keys",
            Self::History => "History",
            Self::Many => "Many traces",
            Self::Splitting => "Split",
            Self::Writing => "Write",
            Self::Taking => "Take",
            Self::Comparing => "Compare",
            Self::Dialog => "Dialog",
        }
    }

    /// Its list, the most important first.
    const fn hints(self) -> &'static [Hint] {
        use Command as C;
        use Hint::{Chord, Key, Run};
        match self {
            Self::Nothing => &[
                Run(&[C::OpenFile], "open files"),
                Run(&[C::OpenFolder], "open a folder"),
                Run(&[C::Palette], "find a command"),
                Run(&[C::Keys], "keys"),
            ],
            Self::Unmatched => &[Run(&[C::Filter], "filter"), Run(&[C::Palette], "more"), Run(&[C::Keys], "keys")],
            Self::Reading => &[
                Run(&[C::NextStep, C::PreviousStep], "step"),
                Run(&[C::MarkFirstError], "first error"),
                Run(&[C::MarkAllCorrect], "all correct"),
                Run(&[C::Done], "done, next"),
                Run(&[C::ConfirmProposal], "confirm"),
                Run(&[C::BesidePrevious, C::BesideNext], "step beside"),
                Run(&[C::LinkBeside], "link"),
                Run(&[C::Parting], "where they part"),
                Run(&[C::Undo], "undo"),
                Run(&[C::RateGood, C::RateNeutral, C::RateBad, C::RateUnsure], "rate"),
                Run(&[C::PreviousBranch, C::NextBranch], "branch"),
                Run(&[C::ToggleCanvas], "tree as picture"),
                Run(&[C::ErrorType], "kind of error"),
                Run(&[C::NoteStep], "note"),
                Run(&[C::Skip], "skip"),
                Run(&[C::PreviousTrace, C::NextTrace], "trace"),
                Run(&[C::Find], "find"),
                Run(&[C::Palette], "more"),
                Run(&[C::Keys], "keys"),
            ],
            Self::Survey => &[
                Key("← → ↑ ↓", "figure"),
                Key("Enter", "enlarge, list"),
                Key("Backspace", "list more again"),
                Key("Escape", "back"),
                Run(&[C::Filter], "filter"),
                Run(&[C::Palette], "more"),
            ],
            Self::Verifying => &[
                Run(&[C::ConfirmProposal], "confirm, next"),
                Run(&[C::MarkFirstError], "first error"),
                Run(&[C::MarkAllCorrect], "all correct"),
                Run(&[C::NextStep, C::PreviousStep], "step"),
                Run(&[C::Skip], "skip"),
                Run(&[C::Undo], "undo"),
                Run(&[C::NoteStep], "note"),
                Run(&[C::Verify], "whose proposals"),
                Run(&[C::Palette], "more"),
            ],
            Self::Halving => &[
                Run(&[C::RateGood], "right up to here"),
                Run(&[C::RateBad], "an error by here"),
                Run(&[C::Done], "done, next"),
                Run(&[C::Undo], "undo"),
                Run(&[C::Halving], "stop halving"),
                Run(&[C::NextStep, C::PreviousStep], "step"),
                Run(&[C::MarkFirstError], "first error"),
                Run(&[C::NoteStep], "note"),
                Run(&[C::Palette], "more"),
            ],
            Self::Choosing => {
                &[Key("letter", "choose"), Key("↑ ↓ Enter", "choose"), Key("Backspace", "back"), Key("Escape", "close")]
            }
            Self::Text => &[Key("Enter", "say it"), Key("Shift+Enter", "new line"), Key("Escape", "drop it")],
            Self::Splitting => &[
                Key("Enter", "cut here"),
                Key("Tab", "next sentence"),
                Key("← →", "letter"),
                Key("W B", "word"),
                Key("Escape", "leave it whole"),
            ],
            Self::Writing => &[
                Chord("Ctrl+Enter", "save"),
                Chord("Ctrl+Shift+Enter", "save, write the next"),
                Key("Escape", "leave, keep the draft"),
            ],
            Self::Taking => &[
                Key("Enter", "take it and what follows"),
                Key("Shift+Enter", "take only this"),
                Key("↑ ↓", "step"),
                Key("← →", "from where"),
                Key("Escape", "close"),
            ],
            Self::Comparing => &[
                Key("← →", "the better one"),
                Key("0–3", "how clearly"),
                Key("B", "best"),
                Key("R", "rank"),
                Key("C", "in what"),
                Key("U", "undo"),
                Key("Escape", "close"),
            ],
            Self::Looking => &[
                Run(&[C::NextStep, C::PreviousStep], "step"),
                Run(&[C::PreviousTrace, C::NextTrace], "trace"),
                Run(&[C::PreviousBranch, C::NextBranch], "branch"),
                Run(&[C::MergeAttempts], "attempts as one tree"),
                Run(&[C::Filter], "filter"),
                Run(&[C::Palette], "more"),
                Run(&[C::Keys], "keys"),
            ],
            Self::Control => &[
                Key("Space", "press"),
                Key("Tab", "next control"),
                Key("Shift+Tab", "previous control"),
                Key("Escape", "back to the traces"),
            ],
            Self::Note => &[
                Key("Escape", "keep it and go back"),
                Chord("Ctrl+Enter", "keep it and go back"),
                Key("Enter", "new line"),
            ],
            Self::Find => &[
                Key("Enter", "next match"),
                Key("Shift Enter", "previous"),
                Run(&[C::FindNext, C::FindPrevious], "go on without the bar"),
                Key("Escape", "back to the trace"),
            ],
            Self::Filter => &[
                Key("Enter", "to the traces"),
                Key("Escape", "clear and go back"),
                Key("Tab", "take what is offered"),
                Key("↑", "earlier questions"),
            ],
            Self::Palette => &[Key("Enter", "run"), Key("↑ ↓", "choose"), Key("Escape", "close")],
            Self::Keys => &[
                Key("↑ ↓", "choose"),
                Key("Enter", "change its keys"),
                Key("Tab", "next control"),
                Key("Escape", "close"),
            ],
            Self::History => &[
                Key("↑ ↓", "choose"),
                Key("Enter", "show its place"),
                Key("Delete", "go back to here"),
                Key("Tab", "next control"),
                Key("Escape", "close"),
            ],
            Self::Many => {
                &[Key("↑ ↓", "choose"), Key("Enter", "label"), Key("Tab", "next control"), Key("Escape", "close")]
            }
            Self::Dialog => &[
                Key("Tab", "next control"),
                Key("Shift+Tab", "previous control"),
                Key("Space", "press"),
                Key("Escape", "close"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn working() -> CommandEnv {
        CommandEnv {
            has_project: true,
            has_rows: true,
            has_trace: true,
            has_step: true,
            can_write: true,
            ..CommandEnv::default()
        }
    }

    fn text(model: &StripModel) -> String {
        let items: Vec<String> = model.items.iter().map(|item| format!("{} {}", item.keys, item.words)).collect();
        items.join(" · ")
    }

    #[test]
    fn it_names_the_keys_in_use_of_what_can_run() {
        let keys = KeyMap::default();
        let strip = text(&StripModel::new(StripMode::Reading, working(), &keys));
        assert!(
            strip.starts_with("J K step · E first error · A all correct · Space done, next · 1 2 3 4 rate"),
            "{strip}"
        );
        assert!(!strip.contains("undo") && !strip.contains("branch"), "{strip}");
        let env = CommandEnv { can_undo: true, has_branch: true, ..working() };
        let strip = text(&StripModel::new(StripMode::Reading, env, &keys));
        assert!(strip.contains("Ctrl+Z undo") || strip.contains("Cmd+Z undo"), "{strip}");
        assert!(strip.contains(", . branch"), "{strip}");
        let changed = BTreeMap::from([
            ("label.first_error".to_owned(), vec!["F9".to_owned()]),
            ("label.all_correct".to_owned(), Vec::new()),
        ]);
        let strip = text(&StripModel::new(StripMode::Reading, env, &KeyMap::new(&changed).0));
        assert!(strip.contains("F9 first error") && !strip.contains("all correct"), "{strip}");
    }

    #[test]
    fn every_mode_says_how_to_get_out() {
        for mode in [
            StripMode::Control,
            StripMode::Note,
            StripMode::Filter,
            StripMode::Palette,
            StripMode::Keys,
            StripMode::History,
            StripMode::Many,
            StripMode::Choosing,
            StripMode::Text,
            StripMode::Splitting,
            StripMode::Writing,
            StripMode::Taking,
            StripMode::Comparing,
            StripMode::Dialog,
        ] {
            let strip = text(&StripModel::new(mode, CommandEnv::default(), &KeyMap::default()));
            assert!(strip.contains("Escape"), "{mode:?}: {strip}");
        }
    }
}
