//! From a step to those that say nearly the same, and from duplicates to the table.

use std::fs;

use egui_kittest::kittest::Queryable as _;
use stepscope::command::{Action, Command};
use stepscope::state::DialogState;

use crate::journey_work::another_log;
use crate::pictures::picture;
use crate::support::window::{Home, Window, ask, notices, open, press, project, settle, shown};

fn sees(window: &Window, text: &str) -> bool {
    let has = |found: Option<String>| found.is_some_and(|found| found.contains(text));
    window.query_all_by(|node| has(node.value()) || has(node.label())).next().is_some()
}

/// A file of traces, each with its name, problem and steps.
fn write(home: &Home, name: &str, traces: &[(&str, &str, &[&str])]) {
    let line = |(id, problem, steps): &(&str, &str, &[&str])| {
        let row = serde_json::json!({
            "id": id, "generator": "m", "problem": problem, "steps": steps, "final_answer_correct": false, "label": 0,
        });
        format!("{row}\n")
    };
    fs::create_dir_all(home.path("made")).unwrap();
    fs::write(home.path("made").join(name), traces.iter().map(line).collect::<String>()).unwrap();
}

fn made() -> Home {
    let home = Home::new();
    let hypotenuse = "By Pythagoras the hypotenuse is \\sqrt{9 + 16} = 5.";
    write(
        &home,
        "train.jsonl",
        &[
            ("a", "How long is the hypotenuse?", &["The legs are 3 and 4.", hypotenuse]),
            ("b", "How long is it?", &[hypotenuse, "So 5."]),
            ("c", "What is 1+1?", &["By Pythagoras the hypotenuse is \\sqrt{25 + 144} = 13.", "It is 2."]),
        ],
    );
    write(&home, "test.jsonl", &[("d", "what is 1 + 1", &["Two."]), ("e", "Who?", &["Nobody at all."])]);
    home
}

/// Shows the trace of that name.
fn show(window: &mut Window, name: &str) {
    let row = project(window).store().find(name).unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(window, Action::ShowTrace(position));
    assert_eq!(shown(window), name);
}

#[test]
fn similar_steps_are_listed_and_gone_to() {
    let home = made();
    let mut window = open(home.startup("made"));
    show(&mut window, "a");
    press(&mut window, "j Ctrl+I");
    assert!(sees(&window, "1 other step says exactly the same"), "{}", notices(&window));
    assert!(sees(&window, "b · step 1") && sees(&window, "c · step 1"));
    assert!(sees(&window, "✖ first error · imported"), "how it was labelled is shown");
    picture(&mut window, "similar-steps");
    press(&mut window, "ArrowDown Enter");
    assert!(window.state().view().dialog.is_none());
    assert_eq!((shown(&window), window.state().view().open.as_ref().unwrap().at), ("c".to_owned(), 0));

    // The index is kept; blind, what the data says is hidden.
    press(&mut window, "Shift+I Ctrl+I");
    let Some(DialogState::Similar(draft)) = &window.state().view().dialog else { panic!("no dialog") };
    assert!(draft.found.as_ref().is_some_and(|found| found.same.is_none() && !found.hits.is_empty()));
    assert!(!sees(&window, "first error · imported"));
    press(&mut window, "Enter");
    assert_ne!(shown(&window), "c");
}

#[test]
fn what_others_say_of_similar_steps_is_noted_as_seen() {
    let saw_others = |keys: &str| {
        let home = Home::new();
        crate::journey_work::write(&home, "some.jsonl", &[("a", 3, None), ("b", 3, None)]);
        // Under another name, so that the same words stand in both.
        let text = fs::read_to_string(home.path("some.jsonl")).unwrap().replace("b thought", "a thought");
        fs::write(home.path("some.jsonl"), text).unwrap();
        another_log(&home, "some", "bob", &[("b", Some(1))]);
        let mut window = open(home.startup("some.jsonl"));
        press(&mut window, keys);
        let log = fs::read_to_string(project(&window).dir().annotations().join("ada.jsonl")).unwrap();
        log.lines().last().unwrap().contains("\"others\"")
    };
    assert!(saw_others("Ctrl+I Escape e"));
    assert!(!saw_others("e"), "nothing of others was shown");
    assert!(!saw_others("Shift+I Ctrl+I Escape e"), "judging blind it is hidden");
}

#[test]
fn files_that_were_read_again_are_searched_again() {
    let home = made();
    let mut window = open(home.startup("made"));
    show(&mut window, "c");
    press(&mut window, "Ctrl+I Escape");
    assert!(window.state().view().dialog.is_none());
    write(&home, "more.jsonl", &[("f", "How far?", &["By Pythagoras the hypotenuse is \\sqrt{2}."])]);
    press(&mut window, "F5");
    show(&mut window, "c");
    press(&mut window, "Ctrl+I");
    assert!(sees(&window, "f · step 1"), "{}", notices(&window));
}

#[test]
fn duplicates_are_listed_in_the_table() {
    let home = made();
    let mut window = open(home.startup("made"));
    let all = window.state().view().rows.len();
    ask(&mut window, Action::Run(Command::Duplicates));
    assert!(sees(&window, "test.jsonl and train.jsonl share 1 problem"), "{}", notices(&window));
    assert!(sees(&window, "Same problem: 2 traces in test.jsonl and train.jsonl"));
    picture(&mut window, "duplicates");
    press(&mut window, "Enter");
    assert!(window.state().view().dialog.is_none());
    assert_eq!(window.state().view().rows.len(), 2, "of {all}");
    assert!(sees(&window, "Only same problem: 2 traces in test.jsonl and train.jsonl"), "the table says what it lists");
}

#[test]
fn how_near_duplicates_are_is_chosen() {
    let home = Home::new();
    let asks = |last: &str| format!("A train leaves the town at noon and drives ninety miles north to the {last}.");
    let (sea, lake) = (asks("sea"), asks("lake"));
    write(&home, "train.jsonl", &[("a", &sea, &["It is far."])]);
    write(&home, "test.jsonl", &[("b", &lake, &["So it is."])]);
    let mut window = open(home.startup("made"));
    ask(&mut window, Action::Run(Command::Duplicates));
    assert!(sees(&window, "No problem stands in several files"), "{}", notices(&window));
    press(&mut window, "ArrowLeft");
    assert!(sees(&window, "Nearly the same problem: 2 traces in test.jsonl and train.jsonl"));
    // It is remembered, and what was found at another share is not taken for it.
    press(&mut window, "Escape");
    ask(&mut window, Action::Run(Command::Duplicates));
    assert!(sees(&window, "Nearly the same problem"));
    window.get_by_label("equal only").click();
    settle(&mut window);
    assert!(sees(&window, "No problem stands in several files"));
    window.get_by_label("80 %").click();
    settle(&mut window);
    press(&mut window, "Enter");
    assert_eq!(window.state().view().rows.len(), 2);
}

#[test]
fn what_says_nothing_has_nothing_like_it() {
    let home = Home::new();
    write(&home, "empty.jsonl", &[("a", "Who?", &["Nobody at all.", " "])]);
    let mut window = open(home.startup("made"));
    press(&mut window, "Ctrl+I");
    assert!(sees(&window, "No other step shares a rare word with it"), "{}", notices(&window));
    press(&mut window, "Enter Escape");
    assert!(window.state().view().dialog.is_none());
    assert_eq!(shown(&window), "a");
}
