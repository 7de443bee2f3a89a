//! Which key runs which command: what the registry declares, and what the user made of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use eframe::egui::{Context, Id, Key, KeyboardShortcut, Modifiers, Ui};

use super::reference::{keys_text, system_command};
use super::{Command, CommandSpec};

/// The keys of every command. Whatever shows or matches a key asks here, so that what is shown is what works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMap {
    /// By position in [`Command::ALL`].
    keys: Vec<Vec<KeyboardShortcut>>,
}

impl Default for KeyMap {
    fn default() -> Self {
        Self { keys: Command::ALL.iter().map(|command| command.spec().keys.to_vec()).collect() }
    }
}

impl KeyMap {
    /// The declared keys, changed as the settings say, and what of the settings could not be followed. A chord that the
    /// user gave to one command is taken from the command that was declared with it.
    pub fn new(changed: &BTreeMap<String, Vec<String>>) -> (Self, Vec<String>) {
        let (mut map, mut problems) = (Self::default(), Vec::new());
        let mut chosen: Vec<(KeyboardShortcut, Command)> = Vec::new();
        for (id, chords) in changed {
            let Some(command) = command_by_id(id) else {
                problems.push(format!("No command is called “{id}”; its keys are kept in the settings"));
                continue;
            };
            let mut keys = Vec::new();
            for text in chords {
                let Some(chord) = chord_from_text(text) else {
                    problems.push(format!(
                        "“{text}” is no key that Stepscope knows; it was to be for {}",
                        command.spec().title
                    ));
                    continue;
                };
                if let Some((_, holder)) = chosen.iter().find(|(taken, _)| *taken == chord) {
                    problems.push(format!(
                        "{text} is given to {} and to {}; the first has it",
                        holder.spec().title,
                        command.spec().title
                    ));
                } else {
                    chosen.push((chord, command));
                    keys.push(chord);
                }
            }
            if let Some(slot) = map.keys.get_mut(command as usize) {
                *slot = keys;
            }
        }
        for (position, keys) in map.keys.iter_mut().enumerate() {
            keys.retain(|key| chosen.iter().all(|(taken, holder)| taken != key || *holder as usize == position));
        }
        (map, problems)
    }

    /// The keys in use in the window that is being painted.
    pub fn of(ui: &Ui) -> Arc<Self> {
        Self::of_context(ui.ctx())
    }

    /// The keys in use in that window; the declared ones where none were put in use.
    pub fn of_context(ctx: &Context) -> Arc<Self> {
        ctx.data_mut(|data| data.get_temp_mut_or_insert_with(place(), || Arc::new(Self::default())).clone())
    }

    /// Puts these keys in use for all that is painted from now on.
    pub fn install(self: &Arc<Self>, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(place(), Arc::clone(self)));
    }

    /// The keys of a command, primary first.
    pub fn keys(&self, command: Command) -> &[KeyboardShortcut] {
        self.keys.get(command as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys of a command as text, such as `J or ↓`; empty where it has none.
    pub fn text(&self, command: Command) -> String {
        keys_text(self.keys(command))
    }

    /// The primary key of a command as text; empty where it has none.
    pub fn first(&self, command: Command) -> String {
        keys_text(self.keys(command).get(..1).unwrap_or_default())
    }

    /// The command that has exactly that chord.
    pub fn holder(&self, chord: KeyboardShortcut) -> Option<Command> {
        Command::ALL.iter().copied().find(|command| self.keys(*command).contains(&chord))
    }

    /// True where the command has other keys than it was declared with.
    pub fn is_changed(&self, command: Command) -> bool {
        self.keys(command) != command.spec().keys
    }

    /// Puts the primary key of a command in place of its identity in braces: `{edit.undo} takes it back`. A command
    /// without a key is called by its title, as the palette finds it.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            if let Some((command, after)) =
                after.split_once('}').and_then(|(id, after)| Some((command_by_id(id)?, after)))
            {
                let key = self.first(command);
                if key.is_empty() {
                    write!(filled, "“{}” of the palette", command.spec().title).ok();
                } else {
                    filled.push_str(&key);
                }
                rest = after;
            } else {
                filled.push('{');
                rest = after;
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// A wish of the dialog of keys. Chords are written as [`chord_to_text`] writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysRequest {
    /// Gives a command this key and no other; whoever had it loses it.
    Change(Command, String),
    /// Gives a command one more key; whoever had it loses it.
    Add(Command, String),
    /// Leaves a command without a key.
    Clear(Command),
    /// Gives a command the keys it came with.
    Reset(Command),
    /// Gives every command the keys it came with.
    ResetAll,
}

fn place() -> Id {
    Id::unique("keys in use")
}

/// The command of that identity.
pub fn command_by_id(id: &str) -> Option<Command> {
    Command::ALL.iter().copied().find(|command| command.spec().id == id)
}

/// Why a chord cannot be given to a command; `None` where it can.
pub fn refusal(chord: KeyboardShortcut) -> Option<&'static str> {
    let KeyboardShortcut { modifiers, logical_key: key } = chord;
    if matches!(key, Key::Escape | Key::Tab) {
        return Some("Escape and Tab lead out of fields and from one to the next");
    }
    if modifiers.command && !modifiers.shift && matches!(key, Key::C | Key::X | Key::V) {
        return Some("The system copies, cuts and pastes with it");
    }
    if modifiers.command && modifiers.alt && !cfg!(target_os = "macos") {
        return Some("Ctrl+Alt is the AltGr key of many keyboards, which types characters");
    }
    None
}

/// Reads a chord such as `Ctrl+Shift+Z`, as [`keys_text`] writes it.
pub fn chord_from_text(text: &str) -> Option<KeyboardShortcut> {
    let (mut modifiers, mut rest) = (Modifiers::NONE, text.trim());
    // A lone plus is a key.
    while let Some((held, after)) = rest.split_once('+').filter(|(held, after)| !held.is_empty() && !after.is_empty()) {
        modifiers |= match held.trim() {
            "Ctrl" | "Cmd" | "Command" => Modifiers::COMMAND,
            "Shift" => Modifiers::SHIFT,
            "Alt" | "Option" => Modifiers::ALT,
            _ => return None,
        };
        rest = after;
    }
    let key = match rest.trim() {
        "↑" => Key::ArrowUp,
        "↓" => Key::ArrowDown,
        "←" => Key::ArrowLeft,
        "→" => Key::ArrowRight,
        other => Key::from_name(other)?,
    };
    Some(KeyboardShortcut::new(modifiers, key))
}

/// A chord as the settings keep it: the same on every system.
pub fn chord_to_text(chord: KeyboardShortcut) -> String {
    let text = keys_text(&[chord]);
    match text.strip_prefix(system_command()) {
        Some(rest) if chord.modifiers.command => format!("Ctrl{rest}"),
        _ => text,
    }
}

impl CommandSpec {
    /// Its declared keys as the settings would write them.
    pub fn key_texts(&self) -> Vec<String> {
        self.keys.iter().map(|key| chord_to_text(*key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        entries.iter().map(|(id, texts)| ((*id).to_owned(), own(texts))).collect()
    }

    #[test]
    fn every_declared_key_survives_being_written_and_read() {
        for command in Command::ALL {
            for key in command.spec().keys {
                let text = chord_to_text(*key);
                assert_eq!(chord_from_text(&text), Some(*key), "{command:?} {text}");
            }
        }
        let check = |text: &str, expected: Option<(Modifiers, Key)>| {
            let expected = expected.map(|(modifiers, key)| KeyboardShortcut::new(modifiers, key));
            assert_eq!(chord_from_text(text), expected, "{text}");
        };
        check("Ctrl+Shift+Z", Some((Modifiers::COMMAND | Modifiers::SHIFT, Key::Z)));
        check(" Cmd+z ", Some((Modifiers::COMMAND, Key::Z)));
        check("+", Some((Modifiers::NONE, Key::Plus)));
        check("Ctrl++", Some((Modifiers::COMMAND, Key::Plus)));
        check("↓", Some((Modifiers::NONE, Key::ArrowDown)));
        check("Hyper+Z", None);
        check("Ctrl+", None);
        check("", None);
    }

    #[test]
    fn the_users_keys_go_before_the_declared_ones() {
        let changed = settings(&[("label.first_error", &["W", "Ctrl+1"]), ("edit.undo", &[])]);
        let (map, problems) = KeyMap::new(&changed);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(map.text(Command::MarkFirstError), "W or Ctrl+1");
        assert_eq!(map.text(Command::Undo), "");
        assert_eq!(map.text(Command::RewriteStep), "", "W is somebody else's now");
        assert!(map.is_changed(Command::RewriteStep) && !map.is_changed(Command::Redo));
        let e = chord_from_text("E").unwrap();
        assert_eq!(map.holder(e), None, "and E nobody's");
    }

    #[test]
    fn what_cannot_be_followed_is_told() {
        let changed = settings(&[
            ("label.bad", &["Strg+B"]),
            ("label.good", &["Q"]),
            ("label.neutral", &["Q", "Z"]),
            ("later.command", &["B"]),
        ]);
        let (map, problems) = KeyMap::new(&changed);
        assert_eq!(problems.len(), 3, "{problems:?}");
        for (problem, word) in problems.iter().zip(["Strg+B", "Rate step good", "later.command"]) {
            assert!(problem.contains(word), "{problem}");
        }
        assert_eq!((map.text(Command::RateGood), map.text(Command::RateNeutral)), ("Q".into(), "Z".into()));
        assert_eq!(map.text(Command::ConfirmProposal), "");
    }

    #[test]
    fn no_two_commands_share_a_key_whatever_is_chosen() {
        let (map, _) = KeyMap::new(&settings(&[("label.good", &["E", "J", "Ctrl+Z"]), ("step.next", &["A"])]));
        let mut seen = std::collections::HashSet::new();
        for command in Command::ALL {
            for key in map.keys(*command) {
                assert!(seen.insert(*key), "{command:?} repeats {key:?}");
            }
        }
    }

    #[test]
    fn texts_name_the_keys_in_use() {
        let (map, _) = KeyMap::new(&settings(&[("edit.undo", &[]), ("label.first_error", &["W"])]));
        let check = |text: &str, expected: &str| assert_eq!(map.fill(text), expected);
        check("{label.first_error} marks, {edit.undo} takes back", "W marks, “Undo” of the palette takes back");
        check("{no.such} {", "{no.such} {");
        check("", "");
    }
}
