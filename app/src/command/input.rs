//! From key presses to commands. One-letter keys are the heart of the window, so what passes when is exact.

use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers};

use super::Command;

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
    fn a_held_key_moves_but_does_not_label() {
        let held = |key| commands_from(&[press(key, Modifiers::NONE, true)], Focus::Traces);
        assert_eq!(held(Key::J), [Command::NextStep]);
        assert!(held(Key::E).is_empty());
    }
}
