//! Keys of the user's own, the strip of keys, history, selection, labels on many traces, size, drafts, and that all of
//! it can be reached and read without a mouse and without eyes.

use std::fs;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Action as Wish;
use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers, Role};
use egui_kittest::kittest::{AccessKitNode, NodeT as _, Queryable as _};
use stepscope::command::{Action, Command, KeyMap};
use stepscope::state::many::{ManyScope, ManyWhat};
use stepscope::state::{DialogState, Settings};
use stepscope_core::annotation::Way;
use stepscope_core::model::TraceStatus;

use crate::support::wait::wait_until;
use crate::support::window::{
    Home, PATIENCE, Window, ask, frames, notices, open, press, press_one, project, said, settle, shown, type_text,
};

fn dialog(window: &Window) -> Option<&DialogState> {
    window.state().view().dialog.as_ref()
}

fn settings(home: &Home) -> Settings {
    Settings::load(&home.startup("traces").folders.settings()).unwrap()
}

/// The lines that the tree for assistive technology holds with that role.
fn names(window: &Window, role: Role) -> Vec<String> {
    let nodes = window.root().children_recursive();
    let of_role = nodes.map(|node| node.accesskit_node()).filter(|node| node.role() == role);
    of_role.filter_map(|node| node.label().or_else(|| node.value())).collect()
}

/// What the strip says.
fn strip(window: &Window) -> String {
    let titles = [
        "Trace, ",
        "Note, ",
        "Filter, ",
        "Control, ",
        "Dialog, ",
        "Keys, ",
        "History, ",
        "Many traces, ",
        "Palette, ",
        "Choose, ",
        "Text, ",
        "Split, ",
        "Write, ",
        "Halving, ",
    ];
    let lines = names(window, Role::Label);
    lines.into_iter().find(|line| titles.iter().any(|title| line.starts_with(title))).unwrap_or_default()
}

#[test]
fn a_key_behind_the_escape_that_closes_a_dialog_counts() {
    let home = Home::new();
    let mut window = home.open_sample();
    let press_key =
        |key| Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    let at = |window: &Window| window.state().view().open.as_ref().unwrap().at;
    for between in [0, 1] {
        let before = at(&window);
        ask(&mut window, Action::Run(Command::QueryHelp));
        assert!(dialog(&window).is_some());
        window.input_mut().events.push(press_key(Key::Escape));
        (0..between).for_each(|_| window.step());
        window.input_mut().events.extend([press_key(Key::J), Event::Text("j".into())]);
        settle(&mut window);
        assert_eq!((dialog(&window), at(&window)), (None, before + 1), "{between} frames later");
    }
}

#[test]
fn a_key_is_changed_by_keys_and_stays_changed() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "?");
    type_text(&mut window, "first error here");
    press(&mut window, "Enter");
    window.get_by_label_contains("Press the new key");
    press(&mut window, "F13");
    window.get_by_label("F13, instead of E");
    press(&mut window, "Escape");
    assert_eq!(dialog(&window), None);
    press(&mut window, "j e");
    assert_eq!(said(&window), "", "the old key does nothing");
    press(&mut window, "F13");
    assert_eq!(said(&window), "row 0: first error 2, open");
    // What is shown is what works.
    assert!(strip(&window).contains("F13 first error"), "{}", strip(&window));
    assert!(window.query_by_label_contains("F13 marks the first error").is_none(), "the hint has gone with the label");
    drop(window);

    let mut window = home.open_sample();
    assert!(window.query_by_label_contains("F13 marks the first error").is_some());
    press(&mut window, "l F13");
    assert_eq!(said(&window).lines().count(), 2, "after a restart");
    press(&mut window, "?");
    type_text(&mut window, "first error here");
    press(&mut window, "Tab Tab Tab");
    window.get_by_role_and_label(Role::Button, "Reset").click();
    settle(&mut window);
    press(&mut window, "Escape Escape e");
    assert_eq!(said(&window).lines().count(), 1, "the key it came with takes the mark away again");
    assert!(settings(&home).keys.is_empty());
}

#[test]
fn a_key_that_is_taken_is_named_and_given_or_not() {
    let home = Home::new();
    let mut window = home.open_sample();
    let choose = |window: &mut Window, words: &str| {
        press(window, "?");
        type_text(window, words);
        press(window, "Enter Ctrl+B");
        window.get_by_label("Ctrl+B is Label many traces…");
    };
    choose(&mut window, "first error here");
    press(&mut window, "Escape");
    assert!(dialog(&window).is_some(), "only the question goes away");
    press(&mut window, "Escape");
    assert!(settings(&home).keys.is_empty(), "nothing was changed");
    choose(&mut window, "first error here");
    press(&mut window, "Enter Escape Escape");
    assert_eq!(dialog(&window), None);
    press(&mut window, "j Ctrl+B");
    assert_eq!((said(&window).as_str(), dialog(&window)), ("row 0: first error 2, open", None), "replaced");
    // Keys that must keep their meaning.
    press(&mut window, "?");
    type_text(&mut window, "all correct");
    press(&mut window, "Enter");
    window.event(Event::Copy);
    settle(&mut window);
    window.get_by_label_contains("Ctrl+C cannot be used");
    press(&mut window, "Shift+Tab");
    window.get_by_label_contains("Shift+Tab cannot be used");
    press(&mut window, "Ctrl+J");
    press(&mut window, "Escape Escape Ctrl+J");
    assert_eq!(said(&window), "row 0: all correct, open");
    // Everything back.
    press(&mut window, "?");
    window.get_by_role_and_label(Role::Button, "Reset all…").click();
    settle(&mut window);
    window.get_by_role_and_label(Role::Button, "Yes, reset 3 commands").click();
    settle(&mut window);
    assert!(settings(&home).keys.is_empty());
}

#[test]
fn keys_of_the_settings_that_make_no_sense_are_told_and_kept() {
    let home = Home::new();
    let startup = home.startup("traces");
    fs::create_dir_all(&startup.folders.config).unwrap();
    let text = "dark = false\n[keys]\n\"label.first_error\" = [\"F9\", \"Strg+E\"]\n\"later.command\" = [\"F8\"]\n";
    fs::write(startup.folders.settings(), text).unwrap();
    let mut window = open(startup);
    press(&mut window, "F9 Ctrl+T");
    assert_eq!(said(&window), "row 0: first error 1, open");
    let kept = settings(&home).keys;
    assert_eq!(kept["later.command"], ["F8"], "another version may know it");
    assert_eq!(kept["label.first_error"], ["F9", "Strg+E"]);
}

/// Every text field of the window and its dialogs, by how to get there.
fn fields(window: &mut Window, field: usize) -> Option<&'static str> {
    let (name, keys) = [
        ("the filter", "/"),
        ("a note on a step", "c"),
        ("a note on the trace", "Shift+C"),
        ("the palette", "Ctrl+K"),
        ("the search for keys", "?"),
        ("the search in the history", "Ctrl+H"),
        ("a tag for many traces", "Ctrl+B ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown"),
        ("an own kind of error", "x o"),
        ("a critique", "Shift+R w"),
        ("why given up", "Shift+S"),
        ("a rewritten step", "w"),
        ("a step of one's own", "Shift+W"),
    ]
    .get(field)
    .copied()?;
    press(window, keys);
    assert!(window.ctx.text_edit_focused(), "{name} has no keyboard");
    Some(name)
}

#[test]
fn one_letter_keys_never_fire_while_anything_is_typed() {
    let plain = |key: &KeyboardShortcut| {
        !key.modifiers.command && !matches!(key.logical_key, Key::Enter | Key::ArrowUp | Key::ArrowDown)
    };
    let keys = KeyMap::default();
    let keys: Vec<KeyboardShortcut> =
        Command::ALL.iter().flat_map(|command| keys.keys(*command).to_vec()).filter(plain).collect();
    assert!(keys.len() > 40, "{keys:?}");
    for field in 0.. {
        let home = Home::new();
        let mut window = home.open_sample();
        press(&mut window, "j a");
        let before = project(&window).log().last_seq();
        let Some(name) = fields(&mut window, field) else { break };
        let open = dialog(&window).map(std::mem::discriminant);
        for KeyboardShortcut { logical_key: key, modifiers } in keys.iter().copied() {
            // As a keyboard sends it: with the character.
            let typed = key.symbol_or_name().to_lowercase();
            let character = if typed.len() == 1 { Some(typed) } else { None };
            let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            window.input_mut().events.push(event(true));
            window.input_mut().events.extend(character.map(Event::Text));
            window.step();
            window.input_mut().events.push(event(false));
            window.step();
            assert!(window.ctx.text_edit_focused(), "{name} lost the keyboard to {key:?}");
            assert_eq!(project(&window).log().last_seq(), before, "{name}: {key:?} said something");
            assert_eq!(dialog(&window).map(std::mem::discriminant), open, "{name}: {key:?}");
        }
        let at = window.state().view().open.as_ref().map_or(1, |open| open.at);
        assert_eq!(at, 1, "{name}: something was moved");
    }
}

#[test]
fn a_held_key_labels_once() {
    let home = Home::new();
    let mut window = home.open_sample();
    let held = |repeat| Event::Key {
        key: Key::E,
        physical_key: Some(Key::E),
        pressed: true,
        repeat,
        modifiers: Modifiers::NONE,
    };
    for _ in 0..5 {
        // The window itself sees that the key was not let go.
        window.input_mut().events.extend([held(false), Event::Text("e".into())]);
        window.step();
    }
    settle(&mut window);
    assert_eq!(said(&window), "row 0: first error 1, open");
    assert_eq!(project(&window).log().last_seq(), 1);
}

#[test]
fn the_strip_follows_what_is_done_and_can_be_hidden() {
    let home = Home::new();
    let mut window = home.open_sample();
    let check = |window: &mut Window, keys: &str, expected: &str| {
        press(window, keys);
        let strip = strip(window);
        assert!(strip.starts_with(expected), "after {keys}: {strip}");
    };
    check(&mut window, "j", "Trace, J K step, E first error, A all correct, Space done, next");
    assert!(!strip(&window).contains("undo"));
    check(&mut window, "e", "Trace, J K step, E first error, A all correct, Space done, next, Ctrl+Z undo");
    check(&mut window, "c", "Note, Escape keep it and go back");
    check(&mut window, "Escape /", "Filter, Enter to the traces");
    check(&mut window, "Escape Ctrl+K", "Palette, Enter run");
    check(&mut window, "Escape Ctrl+H", "History, ↑ ↓ choose");
    check(&mut window, "Escape Ctrl+B", "Many traces, ↑ ↓ choose");
    check(&mut window, "Escape ?", "Keys, ↑ ↓ choose");
    check(&mut window, "Escape Ctrl+E", "Dialog, Tab next control");
    check(&mut window, "Escape x", "Choose, letter choose");
    check(&mut window, "o", "Text, Enter say it");
    check(&mut window, "Escape Escape Escape Y", "Split, Enter cut here");
    check(&mut window, "Escape w", "Write, Ctrl+Enter save");
    check(&mut window, "Escape Shift+H", "Halving, 1 right up to here, 3 an error by here");
    check(&mut window, "Shift+H", "Trace, ");
    check(&mut window, "Escape Tab", "Control, Space press");
    check(&mut window, "Escape", "Trace, ");
    // In a narrow window the least important go, and nothing wraps.
    let height = |window: &Window| window.get_by_label_contains("Trace, J K").rect().height();
    let (wide, all) = (height(&window), strip(&window));
    window.set_size([700.0, 600.0].into());
    settle(&mut window);
    let narrow = strip(&window);
    assert!(all.starts_with(&narrow) && narrow.len() < all.len(), "{narrow}");
    assert!((height(&window) - wide).abs() < 0.5);
    press(&mut window, "Shift+K");
    assert_eq!(strip(&window), "");
    drop(window);
    assert_eq!(strip(&home.open_sample()), "", "remembered");
}

/// The lines of the history, as assistive technology reads them.
fn history(window: &Window) -> Vec<String> {
    let lines = names(window, Role::Button).into_iter();
    lines.filter(|name| name.as_bytes().get(2) == Some(&b':') && name.contains(" · ")).collect()
}

#[test]
fn the_history_tells_jumps_and_goes_back() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j j j e Space a Space 1 j 3 u");
    press(&mut window, "Ctrl+H");
    window.get_by_label("Today");
    let lines = [
        "14:13 rated step 2 bad · word-02-small, undone",
        "14:13 rated step 1 good · word-02-small",
        "14:13 finished the trace · word-01-small",
        "14:13 marked all steps as correct, up to step 6 · word-01-small",
        "14:13 finished the trace · word-01-large",
        "14:13 marked step 4 as first error · word-01-large",
    ];
    let told = history(&window);
    assert_eq!(told.len(), lines.len(), "{told:#?}");
    for (told, line) in told.iter().zip(lines) {
        let (told, line) = (told.split(", up to").next().unwrap(), line.split(", up to").next().unwrap());
        assert!(told.starts_with(&line[..20]), "{told} instead of {line}");
    }
    assert_eq!(told[5], lines[5]);
    assert_eq!(told[0].split(" · ").next(), lines[0].split(" · ").next());
    assert!(told[0].ends_with(", undone"));
    // The way to a place, with the words of a filter.
    type_text(&mut window, "first error");
    assert_eq!(history(&window).len(), 1);
    press(&mut window, "Enter");
    assert_eq!(dialog(&window), None);
    assert_eq!((shown(&window).as_str(), window.state().view().open.as_ref().unwrap().at), ("word-01-large", 3));
    // Back to the first finished trace: three gestures, each taken back by a line of its own.
    press(&mut window, "Ctrl+H ArrowDown ArrowDown ArrowDown");
    let before = project(&window).log().last_seq();
    press(&mut window, "Delete");
    window.get_by_role_and_label(Role::Button, "Yes, undo 3 gestures");
    press(&mut window, "Enter");
    assert_eq!(said(&window), "row 0: first error 4, done");
    assert_eq!(project(&window).log().last_seq(), before + 3);
    assert_eq!(history(&window).iter().filter(|line| line.ends_with(", undone")).count(), 4);
    // And forward again.
    press(&mut window, "ArrowUp ArrowUp Delete Enter");
    assert_eq!(said(&window).lines().count(), 2, "{}", said(&window));
    press(&mut window, "Escape");
    drop(window);
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+H");
    assert_eq!(history(&window).len(), 6, "history survives a restart");
}

#[test]
fn fifty_thousand_gestures_scroll() {
    use std::sync::Arc;
    use stepscope_core::annotation::{AnnotationLog, Change};
    use stepscope_core::model::{AnnotatorId, FixedClock, Timestamp};

    let home = Home::new();
    let window = home.open_sample();
    let folder = project(&window).dir().annotations();
    let ids: Vec<_> = (0..60).map(|row| project(&window).store().summary(row).unwrap().id).collect();
    drop(window);
    {
        let clock = Arc::new(FixedClock(Timestamp(1_789_990_000_000)));
        let (mut log, _) = AnnotationLog::open(&folder, &AnnotatorId::new("ada"), clock, Arc::new(|| {})).unwrap();
        for n in 0..50_000_usize {
            let status = if n / ids.len() % 2 == 0 { TraceStatus::Done } else { TraceStatus::Skipped };
            log.commit(vec![Change::SetStatus { trace: ids[n % ids.len()].clone(), status }]).unwrap();
        }
        log.flush().unwrap();
    }
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+H");
    window.get_by_label_contains("50000 gestures");
    let painted = history(&window).len();
    assert!(painted < 60, "only what is on screen is built, not {painted} lines");
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        press_one(&mut window, "PageDown");
        let begun = Instant::now();
        window.step();
        slowest = slowest.max(begun.elapsed());
    }
    // Debug builds on shared machines; the point is that it does not depend on how many there are.
    assert!(slowest < Duration::from_millis(250), "{slowest:?}");
    type_text(&mut window, "skipped");
    window.get_by_label("24980 of 50000 gestures have these words");
}

#[test]
fn traces_are_selected_and_labelled_at_once() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Shift+Space l l Shift+Space");
    window.get_by_label_contains("· 2 selected");
    press(&mut window, "Shift+Space");
    window.get_by_label_contains("· 1 selected");
    press(&mut window, "Ctrl+A");
    window.get_by_label_contains("· 66 selected");
    press(&mut window, "Ctrl+A Shift+Space h Shift+Space");
    // Two traces: done, in two keys.
    press(&mut window, "Ctrl+B");
    let Some(DialogState::Many(draft)) = dialog(&window) else { panic!("no dialog") };
    assert_eq!((draft.scope, draft.what), (ManyScope::Selected, ManyWhat::Status(TraceStatus::Done)));
    window.get_by_label("2 traces will change");
    let before = project(&window).log().last_seq();
    press(&mut window, "Enter");
    assert_eq!(dialog(&window), None);
    assert_eq!(said(&window), "row 1: done\nrow 2: done");
    assert!(notices(&window).contains("2 traces labelled as done"), "{}", notices(&window));
    let log = fs::read_to_string(project(&window).dir().annotations().join("ada.jsonl")).unwrap();
    assert_eq!(log.matches(r#""way":"bulk""#).count(), 2, "{log}");
    assert_eq!(project(&window).log().last_seq(), before + 2);
    // Said already.
    press(&mut window, "Ctrl+B");
    window.get_by_label("Nothing would change, 2 are so already");
    press(&mut window, "Escape u");
    assert_eq!(said(&window), "", "one undo");
    press(&mut window, "Ctrl+Y e");
    let last = project(&window).log().history().1.next().unwrap().under.way;
    assert_eq!(last, Way::Linear, "what is said next is said one by one");
}

#[test]
fn all_that_a_filter_lists_is_labelled() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "demo-large");
    press(&mut window, "Enter");
    let listed = window.state().view().rows.len();
    assert!(listed > 5 && listed < 66, "{listed}");
    // All correct.
    press(&mut window, "e Ctrl+B ArrowDown ArrowDown ArrowDown ArrowDown");
    window.get_by_label(&format!("The {listed} traces that the table lists, of 66"));
    window.get_by_label_contains("Of 1 trace you have judged errors or ratings yourself; that is replaced");
    press(&mut window, "Enter");
    assert_eq!(said(&window).matches("all correct").count(), listed, "{}", said(&window));
    // A tag, and off again.
    press(&mut window, "Ctrl+B ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown");
    window.get_by_label("Type a tag");
    type_text(&mut window, "batch one");
    window.get_by_label(&format!("{listed} traces will change"));
    press(&mut window, "Enter");
    let tagged = |window: &Window| {
        let traces = project(window).annotations().traces();
        traces.filter(|(_, said)| said.labels.iter().next().is_some()).count()
    };
    assert_eq!(tagged(&window), listed);
    press(&mut window, "Ctrl+B ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown");
    type_text(&mut window, "batch one");
    press(&mut window, "Enter");
    assert_eq!(tagged(&window), 0, "{}", notices(&window));
    press(&mut window, "u");
    assert_eq!(tagged(&window), listed);
    // Clear takes labels, not notes.
    press(&mut window, "Shift+C");
    type_text(&mut window, "stays");
    press(&mut window, "Ctrl+Enter Ctrl+B ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown Enter");
    assert_eq!((tagged(&window), said(&window).lines().count()), (0, 1), "{}", said(&window));
    assert!(said(&window).contains("“stays”"));
    press(&mut window, "u");
    assert_eq!(tagged(&window), listed, "one undo brings all of it back");
    press(&mut window, "Ctrl+H");
    assert!(history(&window).iter().any(|line| line.contains(&format!("tagged {listed} traces “batch one”"))));
}

/// Many short traces.
fn many_traces(home: &Home, count: usize) -> Window {
    let row = |n: usize| format!("{{\"id\": \"t{n}\", \"problem\": \"{n}+1?\", \"steps\": [\"a {n}\", \"b {n}\"]}}\n");
    fs::write(home.path("many.jsonl"), (0..count).map(row).collect::<String>()).unwrap();
    open(home.startup("many.jsonl"))
}

#[test]
fn very_many_traces_are_labelled_without_a_standstill_and_can_be_stopped() {
    let home = Home::new();
    let mut window = many_traces(&home, 5000);
    press(&mut window, "Ctrl+B");
    window.get_by_label("All 5000 traces");
    window.get_by_label_contains("This changes 5000 traces at once");
    press(&mut window, "Enter");
    assert!(said_count(&window) == 0 && dialog(&window).is_some(), "so many are asked for once more");
    window.get_by_role_and_label(Role::Button, "Yes: Label 5000 traces");
    press_one(&mut window, "Enter");
    assert!(!window.state().is_idle(), "it goes on in parts");
    window.get_by_label_contains("Labelling 5000 traces");
    press(&mut window, "Escape");
    assert_eq!(said_count(&window), 0, "stopped: all of it is taken back");
    assert!(notices(&window).contains("Nothing was labelled"), "{}", notices(&window));
    press(&mut window, "Ctrl+B Enter Enter");
    wait_until(&mut window, "all is said", PATIENCE, |window| window.state().is_idle());
    assert_eq!(said_count(&window), 5000);
    assert!(notices(&window).contains("5000 traces labelled as done"), "{}", notices(&window));
    press(&mut window, "u");
    assert_eq!(said_count(&window), 0, "one undo");
}

fn said_count(window: &Window) -> usize {
    project(window).annotations().traces().count()
}

#[test]
fn everything_can_be_larger_and_stays_so() {
    let home = Home::new();
    let mut window = home.open_sample();
    let zoom = |window: &Window| format!("{:.1}", window.ctx.zoom_factor());
    press(&mut window, "Ctrl+Plus");
    assert_eq!(zoom(&window), "1.1", "once, not twice");
    press(&mut window, "Ctrl+Equals Ctrl+Minus Ctrl+Plus Ctrl+Plus Ctrl+Plus");
    assert_eq!(zoom(&window), "1.4");
    for _ in 0..20 {
        press(&mut window, "Ctrl+Plus");
    }
    assert_eq!(zoom(&window), "2.5", "not without end");
    drop(window);
    let mut window = home.open_sample();
    assert_eq!(zoom(&window), "2.5", "remembered");
    press(&mut window, "Ctrl+0");
    assert_eq!(zoom(&window), "1.0");
    for _ in 0..9 {
        press(&mut window, "Ctrl+Minus");
    }
    assert_eq!(zoom(&window), "0.7");
}

#[test]
fn at_one_and_a_half_everything_is_still_there() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+Plus Ctrl+Plus Ctrl+Plus Ctrl+Plus Ctrl+Plus");
    frames(&mut window, 3);
    let size = window.ctx.content_rect();
    assert!((size.width() - 1280.0 / 1.5).abs() < 1.0, "{size:?}");
    // Table, card, inspector: side by side, within the window, and wide enough to read.
    let rect = |name: &str| {
        let mut named = window.query_all_by_label_contains(name);
        // The step, not what the inspector says of it.
        named.find(|node| node.accesskit_node().role() != Role::Label).unwrap().rect()
    };
    let (filter, card, note) = (rect("Filter traces"), rect("Step 1"), rect("Note on step"));
    assert!(filter.right() <= card.left() && card.right() <= note.left() + 8.0, "{filter:?} {card:?} {note:?}");
    assert!(note.right() <= size.right() + 1.0, "{note:?}");
    assert!(card.width() > 230.0, "{card:?}");
    for keys in ["?", "Ctrl+H", "Ctrl+B", "Ctrl+K", "Ctrl+E", "Ctrl+M"] {
        press(&mut window, keys);
        let outside: Vec<String> = window
            .root()
            .children_recursive()
            .filter(|node| {
                node.accesskit_node().role() == Role::Button
                    && node.accesskit_node().label().is_some_and(|l| l == "Close")
            })
            .filter(|node| !size.expand(1.0).contains_rect(node.rect()))
            .map(|node| format!("{:?}", node.rect()))
            .collect();
        assert!(outside.is_empty(), "{keys}: {outside:?}");
        press(&mut window, "Escape Escape");
    }
}

#[test]
fn a_note_in_the_making_survives_a_kill() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j j c");
    type_text(&mut window, "half a thou");
    let draft = project(&window).log().draft_path().to_owned();
    wait_until(&mut window, "the draft is on disk", PATIENCE, |_| {
        fs::read_to_string(&draft).is_ok_and(|text| text.contains("half a thou"))
    });
    let log = project(&window).dir().annotations().join("ada.jsonl");
    assert!(!fs::read_to_string(&log).unwrap_or_default().contains("half"), "no half words in the log");
    // Nothing is told: the window is gone, as with kill -9.
    drop(window);
    assert!(draft.exists());

    let mut window = home.open_sample();
    assert!(notices(&window).contains("A note that was not finished is back"), "{}", notices(&window));
    assert_eq!((shown(&window).as_str(), window.state().view().open.as_ref().unwrap().at), ("word-01-large", 2));
    window.get_by_label("Note not saved yet");
    assert_eq!(said(&window), "", "still only a draft");
    press(&mut window, "j");
    assert_eq!(said(&window), "row 0: step 3 “half a thou”, open", "kept with whatever comes next");
    wait_until(&mut window, "the draft is gone", PATIENCE, |_| !draft.exists());
    drop(window);
    let window = home.open_sample();
    assert!(!notices(&window).contains("not finished"), "{}", notices(&window));
    assert_eq!(said(&window), "row 0: step 3 “half a thou”, open");
}

#[test]
fn a_note_in_the_making_is_dropped_with_its_field() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Shift+C");
    type_text(&mut window, "x");
    let draft = project(&window).log().draft_path().to_owned();
    wait_until(&mut window, "the draft is on disk", PATIENCE, |_| draft.exists());
    press(&mut window, "Backspace Escape");
    wait_until(&mut window, "the draft is gone", PATIENCE, |_| !draft.exists());
    assert_eq!(said(&window), "");
}

/// The dialogs, by how they are opened.
const DIALOGS: [(&str, &str); 18] = [
    ("the chooser of errors", "x"),
    ("the chooser for the step", "f"),
    ("the chooser for the trace", "Shift+F"),
    ("critiques", "Shift+R"),
    ("a cut", "Y"),
    ("a rewrite", "w"),
    ("the labels of the project", "Ctrl+L"),
    ("what comes next", "Shift+N"),
    ("verifying", "Shift+Q"),
    ("halving", "Shift+H"),
    ("the palette", "Ctrl+K"),
    ("the keys", "?"),
    ("the history", "Ctrl+H"),
    ("many traces", "Ctrl+B"),
    ("the export", "Ctrl+E"),
    ("how files are read", "Ctrl+R"),
    ("the models", "Ctrl+M"),
    ("nothing", ""),
];

/// What assistive technology could use but not name.
fn unnamed(window: &Window) -> Vec<String> {
    let mut found = Vec::new();
    for node in window.root().children_recursive() {
        let node = node.accesskit_node();
        let data = node.data();
        let can_be_used = data.supports_action(Wish::Click) || data.supports_action(Wish::Focus);
        let mut names =
            node.label().into_iter().chain(node.labelled_by().filter_map(|other| other.label().or(other.value())));
        let is_text = matches!(node.role(), Role::Label | Role::TextRun)
            // A bar belongs to what it scrolls.
            || node.role() == Role::ScrollBar;
        if can_be_used && !is_text && !names.any(|name| !name.trim().is_empty()) {
            found.push(format!("{:?} at {:?}", node.role(), node.bounding_box()));
        }
    }
    found
}

/// What has the keyboard, as assistive technology calls it.
fn focused(window: &Window) -> Option<String> {
    let nodes = window.root().children_recursive();
    let node = nodes.map(|node| node.accesskit_node()).find(AccessKitNode::is_focused)?;
    Some(format!("{:?} {}", node.role(), node.label().unwrap_or_default()))
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j e");
    for (name, keys) in DIALOGS {
        press(&mut window, keys);
        let found = unnamed(&window);
        assert!(found.is_empty(), "{name}: {found:#?}");
        press(&mut window, "Escape Escape");
    }
    let mut tree = open(home.startup("traces/6-search-trees.jsonl"));
    press(&mut tree, "j");
    assert_eq!(unnamed(&tree), Vec::<String>::new());
}

/// Everything that Tab comes to, once round.
fn round(window: &mut Window) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for _ in 0..400 {
        press_one(window, "Tab");
        frames(window, 1);
        let Some(name) = focused(window) else { continue };
        if found.first() == Some(&name) && found.len() > 2 {
            break;
        }
        found.push(name);
    }
    found
}

#[test]
fn tab_comes_to_everything() {
    let home = Home::new();
    let mut window = home.open_sample();
    let found = round(&mut window);
    let missing: Vec<&str> = [
        "Button File",
        "Button View",
        "TextInput Filter traces",
        "Button Sort by Label",
        "Button Sort by Problem",
        "Button Step 1",
        "Button Step 2",
        "Button ✖ First error here",
        "Button ? Unsure",
        "Note on step",
        "Note on trace",
        "Button Done, next",
    ]
    .into_iter()
    .filter(|name| !found.iter().any(|found| found.contains(name)))
    .collect();
    assert!(missing.is_empty(), "no {missing:?} in {found:#?}");
    let nameless: Vec<&String> = found.iter().filter(|name| name.trim().split_once(' ').is_none()).collect();
    assert!(nameless.is_empty(), "{found:#?}");
    assert!(found.len() < 70, "{} stops: {found:#?}", found.len());
}

#[test]
fn tab_comes_to_everything_in_dialogs() {
    let home = Home::new();
    let mut window = home.open_sample();
    let mut check = |keys: &str, expected: &[&str]| {
        press(&mut window, keys);
        let found = round(&mut window);
        for name in expected {
            assert!(found.iter().any(|found| found.contains(name)), "{keys}: no {name} in {found:#?}");
        }
        assert!(!found.iter().any(|name| name.contains("Filter traces")), "{keys}: what is behind is out of reach");
        press(&mut window, "Escape Escape Escape");
    };
    check("?", &["Find commands", "Change", "Add", "Close"]);
    check("a Ctrl+H", &["Find in the history", "Close"]);
    check("Ctrl+B", &["Done", "All steps correct", "Close", "Label 66 traces"]);
}

#[test]
fn the_table_is_sorted_and_a_control_pressed_without_a_mouse() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/ Tab Tab Tab Tab Tab Tab");
    assert_eq!(focused(&window).as_deref(), Some("Button Sort by Problem"));
    let first = shown(&window);
    press(&mut window, "Space");
    assert_eq!(said(&window), "", "Space presses the control; it does not finish the trace");
    let rows = window.state().view().rows.clone();
    let problems: Vec<String> =
        rows.iter().map(|&row| project(&window).store().summary(row).unwrap().problem.to_lowercase()).collect();
    assert!(problems.is_sorted(), "sorted from {first}");
    press(&mut window, "Escape Space");
    assert_eq!(said(&window).lines().count(), 1, "Escape gives the keys back");
}

#[test]
fn where_the_keyboard_is_can_be_seen() {
    let home = Home::new();
    let mut window = home.open_sample();
    for theme in ["dark", "light"] {
        for stops in [1, 9, 12] {
            press(&mut window, "Escape");
            let before = window.render().unwrap();
            for _ in 0..stops {
                press_one(&mut window, "Tab");
            }
            settle(&mut window);
            let name = focused(&window);
            let after = window.render().unwrap();
            let changed = before.pixels().zip(after.pixels()).filter(|(one, other)| one != other).count();
            assert!(changed > 60, "{theme}: only {changed} points tell that {name:?} has the keyboard");
        }
        press(&mut window, "Escape Ctrl+T");
    }
}

/// Pictures of what is new, to be looked at.
#[test]
fn pictures() {
    use crate::pictures::{dress, picture};

    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "Shift+Space l l Shift+Space u u");
    let shots = [
        ("strip", "", true),
        ("history-back", "Ctrl+H ArrowDown ArrowDown Delete", true),
        ("keys-conflict", "? Enter Ctrl+B", true),
        ("many", "Ctrl+B", false),
        ("tab", "Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab", false),
    ];
    for theme in ["dark", "light"] {
        for (size, (width, height)) in [("small", (1280.0, 800.0)), ("large", (2560.0, 1440.0))] {
            window.set_size([width, height].into());
            settle(&mut window);
            for (name, keys, _) in shots.iter().filter(|(_, _, large)| *large || size == "small") {
                press(&mut window, keys);
                picture(&mut window, &format!("feel-{name}-{theme}-{size}"));
                press(&mut window, "Escape Escape Escape");
            }
        }
        press(&mut window, "Ctrl+T");
    }
    window.set_size([1280.0, 800.0].into());
    press(&mut window, "Ctrl+Plus Ctrl+Plus Ctrl+Plus Ctrl+Plus Ctrl+Plus");
    picture(&mut window, "feel-scale");
    press(&mut window, "?");
    picture(&mut window, "feel-scale-keys");
}
