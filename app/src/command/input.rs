//! From key presses to commands. One-letter keys are the heart of the window, so what passes when is exact.
//!
//! A keyboard sends the key, the place of the key on a US keyboard, and the character that it types. Letters count by
//! what is printed on the key, on every layout. Digits and punctuation count by what they type and, where that means
//! nothing, by their place: on a French keyboard the digits need Shift, and here they do not. What `AltGr` types counts
//! as that character alone: a bracket is a bracket, a `€` is no `E`. A key that only begins an accented letter is no
//! command.

use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers};

use super::keymap::KeyMap;
use super::{Action, Command};
use crate::state::choose::ChooseKey;
use crate::state::survey::SurveyRequest;

/// What has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The traces: every key is a command.
    Traces,
    /// A button or the like, reached with Tab: Space and Enter press it, arrows go on from it.
    Widget,
    /// A text field: only chords with the command modifier pass, and none that edit text.
    Text,
    /// A dialog: nothing passes.
    Dialog,
}

/// The commands that these events ask for, in order.
pub fn commands_from(events: &[Event], focus: Focus, keys: &KeyMap) -> Vec<Command> {
    events.iter().enumerate().filter_map(|(at, event)| command_from(event, events.get(at + 1), focus, keys)).collect()
}

/// The command that an event asks for; `next` is the event after it, which may be the character that the key types.
pub fn command_from(event: &Event, next: Option<&Event>, focus: Focus, keys: &KeyMap) -> Option<Command> {
    let stroke = Stroke::new(event, next)?;
    let Event::Key { repeat, .. } = event else { return None };
    let command = stroke.readings().into_iter().flatten().find_map(|chord| keys.holder(chord))?;
    let (key, modifiers) = (stroke.key, stroke.modifiers);
    let passes = match focus {
        Focus::Traces => true,
        Focus::Widget => !presses_or_moves(key),
        Focus::Text => modifiers.command && !edits_text(key),
        Focus::Dialog => false,
    };
    (passes && (!repeat || command.repeats())).then_some(command)
}

/// The chord that a key press would be remembered by; `None` where the key types what no command can be given.
pub fn chord_from(event: &Event, next: Option<&Event>) -> Option<KeyboardShortcut> {
    let stroke = Stroke::new(event, next)?;
    let is_modifier = matches!(
        stroke.key,
        Key::ShiftLeft
            | Key::ShiftRight
            | Key::ControlLeft
            | Key::ControlRight
            | Key::AltLeft
            | Key::AltRight
            | Key::SuperLeft
            | Key::SuperRight
            | Key::CapsLock
    );
    // A character that takes Shift to type is the character, not Shift and something.
    let [exact, without_shift, by_place] = stroke.readings();
    let exact = if without_shift.is_some() { without_shift } else { exact };
    exact.or(by_place).filter(|_| !is_modifier)
}

/// One key press.
struct Stroke<'a> {
    key: Key,
    /// The key at that place of a US keyboard; unknown for keys that tests and on-screen keyboards send.
    place: Option<Key>,
    modifiers: Modifiers,
    /// The character that came with it.
    typed: Option<&'a str>,
}

impl<'a> Stroke<'a> {
    fn new(event: &Event, next: Option<&'a Event>) -> Option<Self> {
        let Event::Key { key, physical_key, pressed: true, modifiers, .. } = event else { return None };
        let typed = match next {
            Some(Event::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        Some(Self { key: *key, place: *physical_key, modifiers: *modifiers, typed })
    }

    /// The chords that this may be: as it stands; without Shift, where Shift was only needed to type the character; by
    /// its place.
    fn readings(&self) -> [Option<KeyboardShortcut>; 3] {
        let held = Modifiers { shift: self.modifiers.shift, alt: self.modifiers.alt, ..self.command() };
        let chord = |key, shift| Some(KeyboardShortcut::new(Modifiers { shift, ..held }, key));
        let (exact, unshifted) = (chord(self.key, held.shift), chord(self.key, false));
        let Some(own) = character(self.key) else { return [exact, None, None] };
        // Chords type nothing, and simulated keys have no place: they are what they say.
        if held.command || held.alt || self.place.is_none() {
            let by_place = self.place.filter(|place| *place != self.key && counts_by_place(*place));
            let shifted =
                held.shift && !own.is_ascii_alphanumeric() || held.shift && held.command && own.is_ascii_digit();
            let without = if shifted { unshifted } else { None };
            return [exact, without, by_place.and_then(|place| chord(place, held.shift))];
        }
        let Some(typed) = self.typed.and_then(single) else { return [None; 3] };
        let place = self.place.filter(|place| counts_by_place(*place) && may_stand_for_place(typed));
        let by_place = place.and_then(|place| chord(place, held.shift));
        if own == typed.to_ascii_lowercase() {
            let needed = held.shift && !own.is_ascii_alphabetic() && own != ' ';
            return [exact, if needed { unshifted } else { None }, by_place.filter(|_| !own.is_ascii_alphabetic())];
        }
        // The window did not know the character and gave the place instead: right for a letter of another script.
        if own.is_ascii_alphabetic() {
            [exact.filter(|_| is_of_another_script(typed)), None, None]
        } else {
            [None, None, by_place]
        }
    }

    fn command(&self) -> Modifiers {
        if self.modifiers.command { Modifiers::COMMAND } else { Modifiers::NONE }
    }
}

/// The only character of a text, as typed.
fn single(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// The character of a key, in lower case; `None` for keys that type nothing.
fn character(key: Key) -> Option<char> {
    Some(match key {
        Key::Space => ' ',
        Key::Minus => '-',
        Key::Quote => '\'',
        other => single(other.symbol_or_name())?.to_ascii_lowercase(),
    })
}

/// Digits and punctuation count by their place too.
fn counts_by_place(key: Key) -> bool {
    character(key).is_some_and(|character| !character.is_ascii_alphabetic() && character != ' ')
}

/// True for what common layouts type, without `AltGr`, where a US keyboard has digits and punctuation.
fn may_stand_for_place(typed: char) -> bool {
    typed.is_alphabetic() || "&\"'(-_!+*§;:,.".contains(typed)
}

fn is_of_another_script(typed: char) -> bool {
    typed.is_alphabetic() && !matches!(u32::from(typed), 0..=0x24f | 0x1e00..=0x1eff)
}

const fn presses_or_moves(key: Key) -> bool {
    matches!(key, Key::Space | Key::Enter | Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight)
}

/// The key as the chooser understands it, and whether Shift was held; `None` for keys that are never the chooser's.
///
/// A held letter does not choose again; a held arrow moves on.
pub fn choose_key(event: &Event, next: Option<&Event>, focus: Focus) -> Option<(ChooseKey, bool)> {
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
    if let Some(moves) = moves {
        return Some((moves, modifiers.shift));
    }
    // The same readings as for commands, so that the chooser understands the same keyboards.
    let readings = Stroke::new(event, next)?.readings().into_iter().flatten().filter(|_| !repeat);
    let chosen = readings.filter_map(|chord| Some((choice(chord.logical_key, focus)?, chord.modifiers.shift)));
    let chosen: Vec<_> = chosen.collect();
    // No sign chooses anything; on some keyboards it stands where a digit is meant.
    let is_sign = |key: &ChooseKey| matches!(key, ChooseKey::Char(letter) if !letter.is_ascii_alphanumeric());
    chosen.iter().find(|(key, _)| !is_sign(key)).or(chosen.first()).copied()
}

/// Takes away the events behind an Escape that may close a dialog or a list: whether they are commands is known in the
/// next frame only.
pub fn behind_escape(events: &mut Vec<Event>, focus: Focus) -> Vec<Event> {
    let closes = |event: &Event| matches!(event, Event::Key { key: Key::Escape, pressed: true, .. });
    match events.iter().position(closes).filter(|_| focus == Focus::Dialog) {
        Some(at) => events.split_off(at + 1),
        None => Vec::new(),
    }
}

/// What a key asks of the survey while that is shown; `None` for keys that are never the survey's.
pub fn survey_key(event: &Event, focus: Focus) -> Option<Action> {
    let Event::Key { key, pressed: true, modifiers, .. } = event else { return None };
    if focus != Focus::Traces || modifiers.any() {
        return None;
    }
    let request = match key {
        Key::ArrowLeft => SurveyRequest::Move(-1, 0),
        Key::ArrowRight => SurveyRequest::Move(1, 0),
        Key::ArrowUp => SurveyRequest::Move(0, -1),
        Key::ArrowDown => SurveyRequest::Move(0, 1),
        Key::Enter => SurveyRequest::Enter,
        Key::Escape => SurveyRequest::Back,
        Key::Backspace => SurveyRequest::Widen,
        _ => return None,
    };
    Some(Action::Survey(request))
}

fn choice(key: Key, focus: Focus) -> Option<ChooseKey> {
    match key {
        // A button that has the keyboard is pressed by Enter.
        Key::Enter if focus == Focus::Traces => Some(ChooseKey::Enter),
        Key::Backspace => Some(ChooseKey::Back),
        Key::Escape => Some(ChooseKey::Escape),
        Key::Space if focus != Focus::Traces => None,
        // Also what chooses nothing: typed by mistake, it must not finish the trace.
        other => character(other).filter(char::is_ascii).map(ChooseKey::Char),
    }
}

const fn edits_text(key: Key) -> bool {
    matches!(key, Key::A | Key::C | Key::V | Key::X | Key::Y | Key::Z)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn press(key: Key, modifiers: Modifiers, repeat: bool) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat, modifiers }
    }

    fn check(key: Key, modifiers: Modifiers, focus: Focus, expected: Option<Command>) {
        let found = commands_from(&[press(key, modifiers, false)], focus, &KeyMap::default());
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
        check(Key::Space, Modifiers::SHIFT, Focus::Traces, Some(Command::SelectTrace));
        check(Key::Space, Modifiers::NONE, Focus::Widget, None);
        check(Key::ArrowDown, Modifiers::NONE, Focus::Widget, None);
        check(Key::E, Modifiers::NONE, Focus::Widget, Some(Command::MarkFirstError));
        check(Key::K, Modifiers::COMMAND, Focus::Dialog, None);
        check(Key::Questionmark, Modifiers::SHIFT, Focus::Traces, Some(Command::Keys));
        check(Key::E, Modifiers::ALT, Focus::Traces, None);
        check(Key::E, Modifiers::COMMAND | Modifiers::ALT, Focus::Traces, None);
    }

    #[test]
    fn no_plain_key_passes_while_text_is_typed() {
        for command in Command::ALL {
            for key in command.spec().keys.iter().filter(|key| !key.modifiers.command) {
                check(key.logical_key, key.modifiers, Focus::Text, None);
                check(key.logical_key, key.modifiers, Focus::Dialog, None);
            }
        }
    }

    #[test]
    fn the_chooser_takes_letters_digits_and_moves() {
        let check = |key, modifiers, repeat, focus, expected: Option<(ChooseKey, bool)>| {
            assert_eq!(
                choose_key(&press(key, modifiers, repeat), None, focus),
                expected,
                "{modifiers:?} {key:?} {focus:?}"
            );
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
        check(Key::Space, none, false, traces, Some((ChooseKey::Char(' '), false)));
        check(Key::Period, none, false, traces, Some((ChooseKey::Char('.'), false)));
        check(Key::Space, none, false, Focus::Widget, None);
    }

    #[test]
    fn what_follows_an_escape_waits_for_the_dialog_to_close() {
        let keys = |focus| {
            let mut events: Vec<Event> =
                [Key::J, Key::Escape, Key::E].map(|key| press(key, Modifiers::NONE, false)).into();
            let later = behind_escape(&mut events, focus);
            (events.len(), commands_from(&later, Focus::Traces, &KeyMap::default()))
        };
        assert_eq!(keys(Focus::Dialog), (2, vec![Command::MarkFirstError]));
        assert_eq!(keys(Focus::Traces), (3, vec![]));
        assert_eq!(keys(Focus::Text), (3, vec![]));
    }

    #[test]
    fn a_held_key_moves_but_does_not_label() {
        let held = |key| commands_from(&[press(key, Modifiers::NONE, true)], Focus::Traces, &KeyMap::default());
        assert_eq!(held(Key::J), [Command::NextStep]);
        for command in Command::ALL.iter().filter(|command| !command.repeats()) {
            for key in command.spec().keys {
                let event = press(key.logical_key, key.modifiers, true);
                assert_eq!(commands_from(&[event], Focus::Traces, &KeyMap::default()), [], "{command:?}");
            }
        }
    }

    /// What a keyboard sends: the key as the window knows it (that of the place where it does not know the character),
    /// the place, and the character.
    fn typed(key: Key, place: Key, held: &str, text: &str) -> Vec<Event> {
        let modifiers = Modifiers {
            shift: held.contains("Shift"),
            ctrl: held.contains("Ctrl"),
            command: held.contains("Ctrl"),
            alt: held.contains("Alt"),
            ..Modifiers::NONE
        };
        let event = Event::Key { key, physical_key: Some(place), pressed: true, repeat: false, modifiers };
        std::iter::once(event).chain((!text.is_empty()).then(|| Event::Text(text.into()))).collect()
    }

    #[track_caller]
    fn layout(key: Key, place: Key, held: &str, text: &str, expected: Option<Command>) {
        let found = commands_from(&typed(key, place, held, text), Focus::Traces, &KeyMap::default());
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{held} {key:?} at {place:?} types “{text}”");
    }

    #[test]
    fn a_us_keyboard() {
        layout(Key::E, Key::E, "", "e", Some(Command::MarkFirstError));
        layout(Key::E, Key::E, "", "E", Some(Command::MarkFirstError));
        layout(Key::E, Key::E, "Shift", "E", Some(Command::MarkUnsure));
        layout(Key::Num1, Key::Num1, "", "1", Some(Command::RateGood));
        layout(Key::Exclamationmark, Key::Num1, "Shift", "!", None);
        layout(Key::Num2, Key::Num2, "Shift", "@", None);
        layout(Key::Slash, Key::Slash, "", "/", Some(Command::Filter));
        layout(Key::Questionmark, Key::Slash, "Shift", "?", Some(Command::Keys));
        layout(Key::Comma, Key::Comma, "Shift", "<", None);
        layout(Key::Plus, Key::Equals, "Shift Ctrl", "", Some(Command::Larger));
        layout(Key::Equals, Key::Equals, "Ctrl", "", Some(Command::Larger));
        layout(Key::Minus, Key::Minus, "Ctrl", "", Some(Command::Smaller));
        layout(Key::Num0, Key::Num0, "Ctrl", "", Some(Command::UsualSize));
        layout(Key::Space, Key::Space, "", " ", Some(Command::Done));
        layout(Key::Space, Key::Space, "Shift", " ", Some(Command::SelectTrace));
        layout(Key::Z, Key::Z, "Ctrl", "", Some(Command::Undo));
    }

    #[test]
    fn a_german_keyboard() {
        layout(Key::Y, Key::Z, "", "y", Some(Command::SplitStep));
        layout(Key::Z, Key::Y, "", "z", Some(Command::ToggleSource));
        layout(Key::Z, Key::Y, "Ctrl", "", Some(Command::Undo));
        layout(Key::Y, Key::Z, "Ctrl", "", Some(Command::Redo));
        layout(Key::Slash, Key::Num7, "Shift", "/", Some(Command::Filter));
        layout(Key::Questionmark, Key::Minus, "Shift", "?", Some(Command::Keys));
        layout(Key::Plus, Key::CloseBracket, "Ctrl", "", Some(Command::Larger));
        layout(Key::Equals, Key::Num0, "Shift Ctrl", "", Some(Command::Larger));
        layout(Key::Num3, Key::Num3, "", "3", Some(Command::RateBad));
        // AltGr: the window sees no modifier at all, or Ctrl and Alt.
        layout(Key::E, Key::E, "", "€", None);
        layout(Key::Q, Key::Q, "", "@", None);
        layout(Key::M, Key::M, "", "µ", None);
        layout(Key::Num2, Key::Num2, "", "²", None);
        layout(Key::Num3, Key::Num3, "", "³", None);
        layout(Key::OpenBracket, Key::Num8, "", "[", Some(Command::FoldShallower));
        layout(Key::OpenCurlyBracket, Key::Num7, "", "{", None);
        layout(Key::E, Key::E, "Ctrl Alt", "€", None);
        // A dead key, and letters where a US keyboard has punctuation.
        layout(Key::Backtick, Key::Backtick, "", "", None);
        layout(Key::Semicolon, Key::Semicolon, "", "ö", Some(Command::FoldBranch));
    }

    #[test]
    fn a_french_keyboard() {
        layout(Key::A, Key::Q, "", "a", Some(Command::MarkAllCorrect));
        layout(Key::Q, Key::A, "", "q", Some(Command::ConfirmProposal));
        layout(Key::M, Key::Semicolon, "", "m", Some(Command::ScoreTrace));
        // Digits without Shift and with it.
        layout(Key::Num1, Key::Num1, "", "&", Some(Command::RateGood));
        layout(Key::Num2, Key::Num2, "", "é", Some(Command::RateNeutral));
        layout(Key::Num3, Key::Num3, "", "\"", Some(Command::RateBad));
        layout(Key::Quote, Key::Num4, "", "'", Some(Command::RateUnsure));
        layout(Key::Num1, Key::Num1, "Shift", "1", Some(Command::RateGood));
        layout(Key::Num4, Key::Num4, "Shift", "4", Some(Command::RateUnsure));
        layout(Key::Num0, Key::Num0, "Ctrl", "", Some(Command::UsualSize));
        layout(Key::Num0, Key::Num0, "Shift Ctrl", "", Some(Command::UsualSize));
        // AltGr on the digits: dead or a sign.
        layout(Key::Num2, Key::Num2, "", "", None);
        layout(Key::Num3, Key::Num3, "", "#", None);
        layout(Key::Comma, Key::M, "", ",", Some(Command::PreviousBranch));
        layout(Key::Period, Key::Comma, "Shift", ".", Some(Command::NextBranch));
        layout(Key::Slash, Key::Period, "Shift", "/", Some(Command::Filter));
        layout(Key::Questionmark, Key::M, "Shift", "?", Some(Command::Keys));
        layout(Key::E, Key::E, "", "€", None);
        layout(Key::OpenBracket, Key::OpenBracket, "", "", None);
    }

    #[test]
    fn the_chooser_understands_the_same_keyboards() {
        let check = |events: &[Event], expected: Option<(ChooseKey, bool)>| {
            assert_eq!(choose_key(&events[0], events.get(1), Focus::Traces), expected, "{events:?}");
        };
        let char = |letter| Some((ChooseKey::Char(letter), false));
        check(&typed(Key::E, Key::E, "", "e"), char('e'));
        check(&typed(Key::E, Key::E, "", "€"), None);
        check(&typed(Key::Num4, Key::Num4, "", "4"), char('4'));
        check(&typed(Key::Quote, Key::Num4, "", "'"), char('4'));
        check(&typed(Key::Num4, Key::Num4, "Shift", "4"), Some((ChooseKey::Char('4'), true)));
        check(&typed(Key::Equals, Key::Num0, "Shift", "="), Some((ChooseKey::Char('='), true)));
        check(&typed(Key::Y, Key::Z, "", "y"), char('y'));
    }

    #[test]
    fn other_scripts_and_accents() {
        // Cyrillic: the window knows the place only, which is printed on the key as well.
        layout(Key::E, Key::E, "", "у", Some(Command::MarkFirstError));
        layout(Key::A, Key::A, "", "Ф", Some(Command::MarkAllCorrect));
        layout(Key::Z, Key::Z, "Ctrl", "", Some(Command::Undo));
        // Polish: AltGr and a letter is another letter.
        layout(Key::A, Key::A, "", "ą", None);
        layout(Key::E, Key::E, "", "ę", None);
        // Option on a Mac.
        layout(Key::E, Key::E, "Alt", "´", None);
    }

    #[test]
    fn a_chord_is_remembered_as_it_will_be_found() {
        let check = |events: Vec<Event>, expected: Option<&str>| {
            let chord = chord_from(&events[0], events.get(1));
            let text = chord.map(super::super::keymap::chord_to_text);
            assert_eq!(text.as_deref(), expected, "{events:?}");
            if let Some(chord) = chord {
                let id = Command::MarkFirstError.spec().id.to_owned();
                let changed = BTreeMap::from([(id, vec![super::super::keymap::chord_to_text(chord)])]);
                let (keys, _) = KeyMap::new(&changed);
                assert_eq!(commands_from(&events, Focus::Traces, &keys), [Command::MarkFirstError], "{events:?}");
            }
        };
        check(typed(Key::G, Key::G, "", "g"), Some("G"));
        check(typed(Key::G, Key::G, "Shift", "G"), Some("Shift+G"));
        check(typed(Key::G, Key::G, "Ctrl", ""), Some("Ctrl+G"));
        check(typed(Key::Questionmark, Key::Slash, "Shift", "?"), Some("?"));
        check(typed(Key::Num2, Key::Num2, "", "é"), Some("2"));
        check(typed(Key::Num2, Key::Num2, "Shift", "2"), Some("2"));
        check(typed(Key::F6, Key::F6, "Shift", ""), Some("Shift+F6"));
        check(typed(Key::E, Key::E, "", "€"), None);
        check(typed(Key::ShiftLeft, Key::ShiftLeft, "Shift", ""), None);
        check(typed(Key::Plus, Key::Equals, "Shift Ctrl", ""), Some("Ctrl+Plus"));
    }
}
