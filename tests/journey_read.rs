//! Reading a trace: finding in it, folding, typeset or as written, sections; by keyboard alone.

use std::fmt::Write as _;
use std::fs;

use eframe::egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use serde_json::json;
use stepscope::command::{Action, Command};
use stepscope::state::reading::{Find, ReadRequest, Spot};

use crate::support::window::{Home, Window, ask, frames, notices, open, press, settle, type_text};

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

/// A trace of so many steps that wrap, none of them like the one before; every seventh holds formulas.
fn open_wrapping(home: &Home, steps: usize) -> Window {
    let text = |step: usize| {
        let words = format!("In step {step} the words go on for as long as it takes to fill some lines. ");
        let formulas = "$$\\sum_{k=1}^{n}\\frac{1}{k^2}=\\frac{\\pi^2}{6}$$\n\n".repeat(4);
        if step.is_multiple_of(7) { formulas } else { words.repeat(1 + step * step % 9) }
    };
    let steps: Vec<String> = (1..=steps).map(text).collect();
    let row = json!({"id": "t", "problem": "How long?", "steps": steps, "final_answer_correct": true, "label": -1});
    fs::write(home.path("wrapping.json"), format!("[{row}]")).unwrap();
    open(home.startup("wrapping.json"))
}

/// Where the card of a step is on screen; it may have been given a label since.
fn card(window: &Window, step: usize) -> eframe::egui::Rect {
    window.get_by_role_and_label(Role::Button, &format!("Step {step}")).rect()
}

#[test]
fn what_is_read_stays_in_its_place_when_the_reader_becomes_narrower() {
    let home = Home::new();
    let mut window = open_wrapping(&home, 200);
    let reader = visible_area(&window);
    for step in [40, 41, 90, 133, 180, 199] {
        // From below and from above: the step is at the upper edge, then at the lower one.
        for before in [1, 200] {
            ask(&mut window, Action::ShowStep(before - 1));
            ask(&mut window, Action::ShowStep(u32::try_from(step - 1).unwrap()));
            let was = card(&window, step);
            for shown in [true, false] {
                ask(&mut window, Action::Run(Command::ToggleFacets));
                frames(&mut window, 4);
                let now = card(&window, step);
                assert!(shown == (now.width() < was.width() - 50.0), "the reader has another width");
                let moved = now.top() - was.top();
                assert!(moved.abs() < 2.0, "step {step} moved by {moved}, facets {shown}, from {before}");
            }
        }
    }
    // The selected step is elsewhere: what is read stays.
    ask(&mut window, Action::ShowStep(0));
    ask(&mut window, Action::Read(ReadRequest::ScrollTo(Spot::Step(100, 0.0))));
    let first = visible(&window).find(|at| card(&window, at + 1).top() >= reader.min).unwrap() + 1;
    let was = card(&window, first).top();
    ask(&mut window, Action::Run(Command::ToggleFacets));
    frames(&mut window, 4);
    let moved = card(&window, first).top() - was;
    assert!(moved.abs() < 2.0, "step {first} moved by {moved}");
    // Who reads from the beginning goes on doing so.
    ask(&mut window, Action::Read(ReadRequest::ScrollTo(Spot::Problem)));
    ask(&mut window, Action::Run(Command::ToggleFacets));
    frames(&mut window, 4);
    assert_eq!(visible(&window).start, 0);
    assert!(card(&window, 1).top() > reader.min + 20.0, "the problem is above the first step");
}

/// Upper and lower edge of the list of steps.
fn visible_area(window: &Window) -> eframe::egui::Rangef {
    let table = window.get_by_label_contains("of 1 traces").rect();
    eframe::egui::Rangef::new(60.0, table.top())
}

#[test]
fn a_step_never_shown_before_is_shown_whole() {
    let home = Home::new();
    for step in [35, 70, 105, 140, 196, 200] {
        let mut window = open_wrapping(&home, 200);
        let reader = visible_area(&window);
        ask(&mut window, Action::ShowStep(step - 1));
        frames(&mut window, 4);
        let card = card(&window, step as usize);
        assert!(card.top() >= reader.min && card.bottom() <= reader.max, "step {step} at {card:?} in {reader:?}");
    }
    let mut window = open_steps(&home, 300);
    press(&mut window, "Shift+A");
    ask(&mut window, Action::ShowStep(149));
    let card = card(&window, 150);
    assert!(card.top() < visible_area(&window).min + 90.0, "too high to be whole: from its beginning, {card:?}");
}

#[test]
fn the_first_error_is_gone_to_and_come_back_from() {
    let home = Home::new();
    let steps: Vec<String> = (1..=40).map(|step| format!("This is step {step}.")).collect();
    let row = json!({"id": "t", "problem": "Where?", "steps": steps, "final_answer_correct": false, "label": 29});
    fs::write(home.path("wrong.json"), format!("[{row}]")).unwrap();
    let mut window = open(home.startup("wrong.json"));
    press(&mut window, "j j 5");
    assert_eq!(selected(&window), 30, "that of the data");
    assert!(visible(&window).contains(&29));
    press(&mut window, "5");
    assert_eq!(selected(&window), 3, "back");
    press(&mut window, "j j e k k k 5");
    assert_eq!(selected(&window), 5, "one's own comes first");
    press(&mut window, "5 5 5");
    assert_eq!(selected(&window), 2);
    press(&mut window, "a 5");
    assert_eq!(selected(&window), 2);
    assert!(notices(&window).contains("There is no first error to go to: You found none"), "{}", notices(&window));
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
