//! The dialog of keys: every command with its keys, and what a new key would collide with.

use crate::command::keymap::{chord_from_text, command_by_id, refusal};
use crate::command::{Command, Group, KeyMap};
use crate::state::keys_draft::KeysDraft;

/// The dialog.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct KeysModel {
    /// Groups and their commands.
    pub groups: Vec<(&'static str, Vec<KeyLine>)>,
    /// What is said of the selected command.
    pub detail: Option<KeyDetail>,
    /// How many commands have other keys than they came with.
    pub changed: usize,
}

/// A command in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct KeyLine {
    /// Identity of the command.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it does.
    pub hint: &'static str,
    /// Its keys.
    pub keys: String,
    /// They are not those it came with.
    pub changed: bool,
    /// It is selected.
    pub selected: bool,
}

/// The selected command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct KeyDetail {
    /// Identity of the command.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What to do or decide now.
    pub says: String,
    /// The chord that another command has.
    pub conflict: Option<String>,
    /// It has a key to take away.
    pub has_keys: bool,
    /// Its keys are not those it came with.
    pub changed: bool,
}

impl KeysModel {
    /// Lists the commands that match the filter.
    pub fn new(draft: &KeysDraft, keys: &KeyMap) -> Self {
        let words = draft.filter.to_lowercase();
        let selected = selected(draft, keys);
        let line = |command: &Command| {
            let spec = command.spec();
            KeyLine {
                id: spec.id,
                title: spec.title,
                hint: spec.hint,
                keys: keys.text(*command),
                changed: keys.is_changed(*command),
                selected: selected == Some(*command),
            }
        };
        let of_group = |group: Group| {
            let commands = Command::ALL.iter().filter(|c| c.spec().group == group && matches(**c, &words, keys));
            (group.title(), commands.map(line).collect::<Vec<_>>())
        };
        Self {
            groups: Group::ALL.into_iter().map(of_group).filter(|(_, lines)| !lines.is_empty()).collect(),
            detail: selected.map(|command| detail(command, draft, keys)),
            changed: Command::ALL.iter().filter(|command| keys.is_changed(**command)).count(),
        }
    }

    /// The command `by` lines below the selected one.
    pub fn beside(&self, by: isize) -> Option<&'static str> {
        let lines: Vec<&KeyLine> = self.groups.iter().flat_map(|(_, lines)| lines).collect();
        let here = lines.iter().position(|line| line.selected).unwrap_or(0);
        lines.get(here.saturating_add_signed(by).min(lines.len().saturating_sub(1))).map(|line| line.id)
    }
}

/// The selected command, or the first that is listed.
fn selected(draft: &KeysDraft, keys: &KeyMap) -> Option<Command> {
    let words = draft.filter.to_lowercase();
    let chosen = draft.selected.and_then(command_by_id).filter(|command| matches(*command, &words, keys));
    let in_order =
        Group::ALL.into_iter().flat_map(|group| Command::ALL.iter().filter(move |c| c.spec().group == group));
    chosen.or_else(|| in_order.copied().find(|command| matches(*command, &words, keys)))
}

fn matches(command: Command, words: &str, keys: &KeyMap) -> bool {
    let spec = command.spec();
    let text = format!("{} {} {}", spec.title, spec.hint, spec.group.title()).to_lowercase();
    let own = keys.text(command).to_lowercase();
    let is_key = |word: &str| own.split(" or ").any(|key| key == word);
    // A single character is in most texts; whoever types one looks for a key.
    words.split_whitespace().all(|word| is_key(word) || word.chars().count() > 1 && text.contains(word))
}

fn detail(command: Command, draft: &KeysDraft, keys: &KeyMap) -> KeyDetail {
    let spec = command.spec();
    let own = keys.text(command);
    let conflict = draft.pressed.as_deref().and_then(|text| Some((text, keys.holder(chord_from_text(text)?)?)));
    let says = match (&conflict, draft.listening, &draft.refused) {
        (Some((text, holder)), ..) => format!("{text} is {}", holder.spec().title),
        (None, _, Some(reason)) => format!("{reason}. Press another key; Escape leaves things as they are"),
        (None, Some(_), None) => "Press the new key; Escape leaves things as they are".into(),
        (None, None, None) if own.is_empty() => "No key; the palette and the menu run it".into(),
        (None, None, None) if keys.is_changed(command) => {
            let usual = crate::command::reference::keys_text(spec.keys);
            let usual = if usual.is_empty() { "no key".into() } else { usual };
            format!("{own}, instead of {usual}")
        }
        (None, None, None) => own.clone(),
    };
    KeyDetail {
        id: spec.id,
        title: spec.title,
        says,
        conflict: conflict.map(|(text, _)| text.to_owned()),
        has_keys: !own.is_empty(),
        changed: keys.is_changed(command),
    }
}

/// Why that chord cannot be used for the command, in words.
pub fn why_not(text: &str) -> Option<String> {
    let chord = chord_from_text(text)?;
    refusal(chord).map(|reason| format!("{text} cannot be used: {}", lower_first(reason)))
}

fn lower_first(text: &str) -> String {
    // Names of keys keep their capital.
    if text.starts_with("Ctrl") || text.starts_with("Escape") {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::state::keys_draft::Listening;

    fn titles(filter: &str) -> Vec<&'static str> {
        let draft = KeysDraft { filter: filter.into(), ..KeysDraft::default() };
        let model = KeysModel::new(&draft, &KeyMap::default());
        model.groups.iter().flat_map(|(_, lines)| lines.iter().map(|line| line.title)).collect()
    }

    #[test]
    fn commands_are_found_by_words_and_by_key() {
        assert_eq!(titles("").len(), Command::ALL.len());
        assert_eq!(titles("first error here"), ["First error here", "Find the first error by halving"]);
        assert_eq!(titles("e"), ["First error here"], "a letter is a key");
        assert_eq!(titles("ctrl+z"), ["Undo"]);
        assert!(titles("no such words").is_empty());
    }

    #[test]
    fn a_key_of_another_command_is_named() {
        let draft = KeysDraft {
            selected: Some("label.first_error"),
            listening: Some(Listening::Change),
            ..KeysDraft::default()
        };
        let keys = KeyMap::default();
        let detail = |draft: &KeysDraft, keys: &KeyMap| KeysModel::new(draft, keys).detail.unwrap();
        assert_eq!(detail(&draft, &keys).says, "Press the new key; Escape leaves things as they are");
        let pressed = KeysDraft { pressed: Some("Ctrl+B".into()), ..draft.clone() };
        assert_eq!(detail(&pressed, &keys).says, "Ctrl+B is Label many traces…");
        assert_eq!(detail(&pressed, &keys).conflict.as_deref(), Some("Ctrl+B"));
        let (changed, _) = KeyMap::new(&BTreeMap::from([("label.first_error".to_owned(), vec!["F13".to_owned()])]));
        let quiet = KeysDraft { listening: None, ..draft };
        assert_eq!(detail(&quiet, &changed).says, "F13, instead of E");
        assert_eq!((KeysModel::new(&quiet, &changed).changed, detail(&quiet, &changed).changed), (1, true));
        assert_eq!(detail(&quiet, &keys).says, "E");
    }

    #[test]
    fn some_keys_are_not_for_commands() {
        for text in ["Escape", "Tab", "Shift+Tab", "Ctrl+C", "Ctrl+V", "Ctrl+X"] {
            assert!(why_not(text).is_some_and(|reason| reason.starts_with(text)), "{text}");
        }
        for text in ["Ctrl+Shift+C", "F6", "C", "Ctrl+J"] {
            assert_eq!(why_not(text), None, "{text}");
        }
    }

    #[test]
    fn the_selection_walks_the_list() {
        let mut draft = KeysDraft { filter: "branch".into(), ..KeysDraft::default() };
        let beside = |draft: &KeysDraft, by| KeysModel::new(draft, &KeyMap::default()).beside(by);
        assert_eq!(beside(&draft, 0), Some("branch.next"));
        draft.selected = beside(&draft, 1);
        assert_eq!(draft.selected, Some("branch.previous"));
        assert_eq!(beside(&draft, -5), Some("branch.next"));
    }
}
