//! From key presses to commands. One-letter keys are the heart of the window, so what passes when is exact.

use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers};

use super::Command;
use crate::state::choose::ChooseKey;

/// What has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The traces: every key is a command.
    Traces,
    /// A button or the like, reached with Tab: Space and Enter press it.
    Widget,
    /// A text field: only chords with the command modifier pass, and none that edit text.
    Text,
    /// A dialog: nothing passes.
    Dialog,
}

/// The commands that these events ask for, in order.
pub fn commands_from(events: &[Event], focus: Focus) -> Vec<Command> {
    events.iter().filter_map(|event| command_from(event, focus)).collect()
}

fn command_from(event: &Event, focus: Focus) -> Option<Command> {
    let Event::Key { key, pressed: true, repeat, modifiers, .. } = event else { return None };
    let command = command_for(*key, *modifiers)?;
    let passes = match focus {
        Focus::Traces => true,
        Focus::Widget => !matches!(key, Key::Space | Key::Enter),
        Focus::Text => modifiers.command && !edits_text(*key),
        Focus::Dialog => false,
    };
    (passes && (!repeat || command.repeats())).then_some(command)
}

/// The command on exactly that chord. Shift and Alt count, so that `M` and `Shift+M` differ.
pub fn command_for(key: Key, modifiers: Modifiers) -> Option<Command> {
    let matches = |shortcut: &KeyboardShortcut| {
        // The question mark needs Shift on some keyboards and none on others.
        let shift = key == Key::Questionmark || shortcut.modifiers.shift == modifiers.shift;
        shortcut.logical_key == key
            && shift
            && shortcut.modifiers.alt == modifiers.alt
            && shortcut.modifiers.command == modifiers.command
    };
    Command::ALL.iter().copied().find(|command| command.spec().keys.iter().any(matches))
}

/// The key as the chooser understands it, and whether Shift was held; `None` for keys that are never the chooser's.
///
/// A held letter does not choose again; a held arrow moves on.
pub fn choose_key(event: &Event, focus: Focus) -> Option<(ChooseKey, bool)> {
    let Event::Key { key, pressed: true, repeat, modifiers, .. } = event else { return None };
    if modifiers.command || modifiers.alt || matches!(focus, Focus::Text | Focus::Dialog) {
        return None;
    }
    let moves = match key {
        Key::ArrowUp => Some(ChooseKey::Up),
        Key::ArrowDown => Some(ChooseKey::Down),
        Key::ArrowLeft => Some(ChooseKey::Left),
        Key::ArrowRight => Some(ChooseKey::Right),
        Key::J if *repeat => Some(ChooseKey::Char('j')),
        Key::K if *repeat => Some(ChooseKey::Char('k')),
        _ => None,
    };
    let chosen = match key {
        // A button that has the keyboard is pressed by Enter.
        Key::Enter if focus == Focus::Traces => Some(ChooseKey::Enter),
        Key::Backspace => Some(ChooseKey::Back),
        Key::Escape => Some(ChooseKey::Escape),
        Key::Equals => Some(ChooseKey::Char('=')),
        other => {
            let mut name = other.name().chars();
            let letter = name.next().filter(|letter| name.next().is_none() && letter.is_ascii_alphanumeric());
            letter.map(|letter| ChooseKey::Char(letter.to_ascii_lowercase()))
        }
    };
    Some((moves.or(chosen.filter(|_| !repeat))?, modifiers.shift))
}

const fn edits_text(key: Key) -> bool {
    matches!(key, Key::A | Key::C | Key::V | Key::X | Key::Y | Key::Z)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: Key, modifiers: Modifiers, repeat: bool) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat, modifiers }
    }

    fn check(key: Key, modifiers: Modifiers, focus: Focus, expected: Option<Command>) {
        let found = commands_from(&[press(key, modifiers, false)], focus);
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{modifiers:?} {key:?} {focus:?}");
    }

    #[test]
    fn letters_label_unless_typed() {
        check(Key::E, Modifiers::NONE, Focus::Traces, Some(Command::MarkFirstError));
        check(Key::E, Modifiers::NONE, Focus::Text, None);
        check(Key::E, Modifiers::COMMAND, Focus::Text, Some(Command::Export));
        check(Key::Z, Modifiers::COMMAND, Focus::Traces, Some(Command::Undo));
        check(Key::Z, Modifiers::COMMAND, Focus::Text, None);
        check(Key::Z, Modifiers::COMMAND | Modifiers::SHIFT, Focus::Traces, Some(Command::Redo));
        check(Key::M, Modifiers::SHIFT, Focus::Traces, Some(Command::ScoreAll));
        check(Key::M, Modifiers::NONE, Focus::Traces, Some(Command::ScoreTrace));
        check(Key::Space, Modifiers::NONE, Focus::Traces, Some(Command::Done));
        check(Key::Space, Modifiers::NONE, Focus::Widget, None);
        check(Key::E, Modifiers::NONE, Focus::Widget, Some(Command::MarkFirstError));
        check(Key::K, Modifiers::COMMAND, Focus::Dialog, None);
        check(Key::Questionmark, Modifiers::SHIFT, Focus::Traces, Some(Command::Keys));
    }

    #[test]
    fn the_chooser_takes_letters_digits_and_moves() {
        let check = |key, modifiers, repeat, focus, expected: Option<(ChooseKey, bool)>| {
            assert_eq!(choose_key(&press(key, modifiers, repeat), focus), expected, "{modifiers:?} {key:?} {focus:?}");
        };
        let (none, traces) = (Modifiers::NONE, Focus::Traces);
        check(Key::C, none, false, traces, Some((ChooseKey::Char('c'), false)));
        check(Key::C, Modifiers::SHIFT, false, traces, Some((ChooseKey::Char('c'), true)));
        check(Key::Num7, none, false, traces, Some((ChooseKey::Char('7'), false)));
        check(Key::ArrowDown, none, true, traces, Some((ChooseKey::Down, false)));
        check(Key::C, none, true, traces, None);
        check(Key::Z, Modifiers::COMMAND, false, traces, None);
        check(Key::C, none, false, Focus::Text, None);
        check(Key::Enter, none, false, Focus::Widget, None);
        check(Key::F5, none, false, traces, None);
        check(Key::Space, none, false, traces, None);
    }

    #[test]
    fn a_held_key_moves_but_does_not_label() {
        let held = |key| commands_from(&[press(key, Modifiers::NONE, true)], Focus::Traces);
        assert_eq!(held(Key::J), [Command::NextStep]);
        assert!(held(Key::E).is_empty());
    }
}
