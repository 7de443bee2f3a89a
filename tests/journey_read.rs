//! Reading a trace: finding in it, folding, typeset or as written, sections; by keyboard alone.

use std::fmt::Write as _;
use std::fs;

use eframe::egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use serde_json::json;
use stepscope::command::Action;
use stepscope::state::reading::{Find, ReadRequest, Spot};

use crate::support::window::{Home, Window, ask, frames, open, press, settle, type_text};

/// A trace of so many short steps; every tenth is long, with a word that stands nowhere else far down in it.
fn open_steps(home: &Home, steps: usize) -> Window {
    let text = |step: usize| {
        let line = format!("Line of step {step}, where x = {step}.\n\n");
        if step.is_multiple_of(10) { format!("{}needle {step}.", line.repeat(60)) } else { line }
    };
    let steps: Vec<String> = (1..=steps).map(text).collect();
    let row =
        json!({"id": "t", "problem": "What of the needle?", "steps": steps, "final_answer_correct": true, "label": -1});
    fs::write(home.path("long.json"), format!("[{row}]")).unwrap();
    open(home.startup("long.json"))
}

fn find(window: &Window) -> &Find {
    &window.state().view().reading.find
}

fn selected(window: &Window) -> usize {
    window.state().view().open.as_ref().unwrap().at + 1
}

fn visible(window: &Window) -> std::ops::Range<usize> {
    window.state().view().reading.visible()
}

/// Names of the buttons that begin so.
fn buttons(window: &Window, begin: &str) -> Vec<String> {
    let nodes = window.root().children_recursive();
    let of_role = nodes.map(|node| node.accesskit_node()).filter(|node| node.role() == Role::Button);
    of_role.filter_map(|node| node.label()).filter(|label| label.starts_with(begin)).collect()
}

#[test]
fn words_are_found_gone_through_and_left() {
    let home = Home::new();
    let mut window = open_steps(&home, 60);
    press(&mut window, "j j Ctrl+F");
    type_text(&mut window, "needle");
    // The problem has one, six steps have one each; the first at or after the selected step is shown.
    assert_eq!(find(&window).count_text(), "2 of 7");
    assert_eq!(selected(&window), 10);
    assert!(visible(&window).contains(&9), "{:?}", visible(&window));
    press(&mut window, "Enter");
    assert_eq!((find(&window).count_text().as_str(), selected(&window)), ("3 of 7", 20));
    press(&mut window, "Shift+Enter Shift+Enter");
    assert_eq!(find(&window).count_text(), "1 of 7", "in the problem");
    assert_eq!(visible(&window).start, 0);
    press(&mut window, "Shift+F3");
    assert_eq!((find(&window).count_text().as_str(), selected(&window)), ("7 of 7", 60));
    press(&mut window, "Ctrl+G");
    assert_eq!(find(&window).count_text(), "1 of 7", "round and round");
    let trace = &window.state().view().open.as_ref().unwrap().trace;
    assert_eq!(window.state().view().reading.matches(trace).of_step(9).len(), 1, "for the map and the tree");

    press(&mut window, "Escape");
    assert!(!find(&window).shown);
    let before = selected(&window);
    press(&mut window, "k");
    assert_eq!(selected(&window), before - 1, "the keyboard is with the traces again");
    press(&mut window, "F3");
    assert_eq!(
        (find(&window).count_text().as_str(), find(&window).shown),
        ("2 of 7", true),
        "goes on without the field"
    );
    press(&mut window, "j");
    assert_eq!(selected(&window), 11);
    press(&mut window, "Escape");
    assert!(!find(&window).shown);
}

#[test]
fn an_expression_that_cannot_be_says_why_and_where() {
    let home = Home::new();
    let mut window = open_steps(&home, 12);
    press(&mut window, "Ctrl+F");
    window.get_by_role_and_label(Role::CheckBox, "Regular expression").click();
    settle(&mut window);
    type_text(&mut window, "x = (1");
    assert_eq!(find(&window).query.text, "x = (1");
    assert_eq!(find(&window).problem.as_ref().unwrap().to_string(), "unclosed group, at character 5");
    window.get_by_label_contains("unclosed group, at character 5");
    type_text(&mut window, ")");
    assert_eq!(find(&window).problem, None);
    // Steps 1, 10 to 12; step 10 says it sixty times.
    assert_eq!(find(&window).count_text(), "1 of 63");
    window.get_by_role_and_label(Role::CheckBox, "Match case").click();
    settle(&mut window);
    assert_eq!(find(&window).count_text(), "1 of 63");
    window.get_by_role_and_label(Role::CheckBox, "Regular expression").click();
    settle(&mut window);
    assert_eq!(find(&window).count_text(), "no match");
}

#[test]
fn long_steps_fold_and_say_what_is_hidden() {
    let home = Home::new();
    let mut window = open_steps(&home, 30);
    press(&mut window, "j j j j j j j j j");
    assert_eq!(selected(&window), 10);
    assert_eq!(buttons(&window, "Unfold step 10"), ["Unfold step 10, 109 more lines"]);
    press(&mut window, "e");
    assert_eq!(buttons(&window, "Unfold step 10"), ["Unfold step 10, 109 more lines · ✖ first error"]);
    press(&mut window, "Shift+Z");
    assert_eq!(buttons(&window, "Unfold step 10").len(), 0);
    ask(&mut window, Action::Read(ReadRequest::ScrollTo(Spot::Step(9, 1.0))));
    assert_eq!(buttons(&window, "Fold step 10"), ["Fold step 10, show less"]);
    window.get_by_label("Fold step 10, show less").click();
    settle(&mut window);
    assert_eq!(buttons(&window, "Unfold step 10").len(), 1);
    assert!(visible(&window).contains(&9), "what was folded stays in view");
    press(&mut window, "Shift+A");
    ask(&mut window, Action::Read(ReadRequest::ScrollTo(Spot::Step(19, 1.0))));
    assert_eq!(buttons(&window, "Fold step 20").len(), 1, "all are shown whole");
    press(&mut window, "Shift+A");
    ask(&mut window, Action::Read(ReadRequest::ScrollTo(Spot::Step(19, 0.5))));
    assert_eq!(buttons(&window, "Unfold step 20").len(), 1);
    // A match in what is hidden is counted, and shown as soon as it is gone to.
    press(&mut window, "g Ctrl+F");
    type_text(&mut window, "needle 20");
    assert_eq!((find(&window).count_text().as_str(), selected(&window)), ("1 of 1", 20));
    assert_eq!(buttons(&window, "Unfold step 20").len(), 0);
    press(&mut window, "Escape");
    let short = buttons(&window, "Fold step 2");
    assert_eq!(short.len(), buttons(&window, "Fold step 20").len(), "short steps never fold");
}

#[test]
fn far_steps_are_reached_and_nothing_jumps() {
    let home = Home::new();
    let mut window = open_steps(&home, 300);
    press(&mut window, "End");
    assert_eq!((selected(&window), visible(&window).end), (300, 300));
    press(&mut window, "Home");
    assert_eq!((selected(&window), visible(&window).start), (1, 0));
    ask(&mut window, Action::ShowStep(150));
    assert!(visible(&window).contains(&150), "{:?}", visible(&window));
    // A card stays where it is while those above it are measured: scrolled up bit by bit, every step comes by once.
    let top = |window: &Window| window.get_by_role_and_label(Role::Button, "Step 151").rect().top();
    let mut before = top(&window);
    for _ in 0..6 {
        let pointer = window.get_by_role_and_label(Role::Button, "Step 151").rect().center();
        window.hover_at(pointer);
        window.event(eframe::egui::Event::MouseWheel {
            unit: eframe::egui::MouseWheelUnit::Point,
            source: eframe::egui::MouseWheelSource::Unknown,
            delta: eframe::egui::vec2(0.0, 40.0),
            phase: eframe::egui::TouchPhase::Move,
            modifiers: eframe::egui::Modifiers::NONE,
        });
        frames(&mut window, 12);
        let now = top(&window);
        assert!((20.0..=60.0).contains(&(now - before)), "moved by {}", now - before);
        before = now;
    }
}

#[test]
fn texts_as_they_are_written() {
    let home = Home::new();
    let mut window = open_steps(&home, 3);
    assert!(!window.state().view().reading.as_written);
    press(&mut window, "z");
    assert!(window.state().view().reading.as_written);
    frames(&mut window, 2);
    press(&mut window, "z");
    assert!(!window.state().view().reading.as_written);
}

#[test]
fn thinking_and_answer_are_two_sections() {
    let home = Home::new();
    let mut rows = String::new();
    let text = "<think>\nFirst I add.\n\nThen I add again.\n\nSo it is 4.\n</think>\nThe answer is 4.";
    let messages = json!([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": text}]);
    writeln!(rows, "{}", json!({"messages": messages})).unwrap();
    fs::write(home.path("think.jsonl"), rows).unwrap();
    let mut window = open(home.startup("think.jsonl"));
    let sections = buttons(&window, "Fold section");
    assert_eq!(sections.len(), 2, "{sections:?}");
    assert!(sections[0].starts_with("Fold section Thinking, ") && sections[1].starts_with("Fold section Answer, "));
    let steps = buttons(&window, "Step ").len();
    press(&mut window, "End");
    window.get_by_label(&sections[0]).focus();
    window.step();
    press(&mut window, "Enter");
    assert_eq!(buttons(&window, "Show section Thinking").len(), 1);
    assert!(buttons(&window, "Step ").len() < steps);
    // Whoever goes to a step of it sees it.
    ask(&mut window, Action::ShowStep(0));
    assert_eq!(buttons(&window, "Step ").len(), steps);
}

#[test]
fn a_trace_without_steps_and_a_problem_without_text() {
    let home = Home::new();
    let row = json!({"id": "t", "problem": "", "steps": [], "final_answer_correct": true, "label": -1});
    fs::write(home.path("empty.json"), format!("[{row}]")).unwrap();
    let mut window = open(home.startup("empty.json"));
    frames(&mut window, 2);
    if window.state().view().open.is_some() {
        window.get_by_label("This trace has no steps");
        window.get_by_label("The problem has no text");
    }
    press(&mut window, "Ctrl+F");
    type_text(&mut window, "x");
    assert!(find(&window).count_text() == "no match" || window.state().view().open.is_none());
}
