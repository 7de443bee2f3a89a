//! Writing steps, cutting and joining them, comparing alternatives: by keyboard, through the real app.

use std::fs;

use egui_kittest::kittest::Queryable as _;
use stepscope::command::Action;
use stepscope::state::DialogState;
use stepscope_core::model::{Label, LabelKind, StepHash};

use crate::pictures::picture;
use crate::support::window::{Home, Window, ask, notices, open, press, project, said, settle, shown, type_text};

/// The texts of the path that is shown, and which of them is selected.
fn path(window: &Window) -> (Vec<String>, usize) {
    let open = window.state().view().open.as_ref().unwrap();
    (open.path.iter().map(|&step| open.trace.steps[step as usize].text.clone()).collect(), open.at)
}

fn selected(window: &Window) -> StepHash {
    window.state().view().open.as_ref().unwrap().step().unwrap().hash.clone()
}

/// Shows the trace that its source calls so.
fn go_to(window: &mut Window, name: &str) {
    let row = project(window).store().find(name).unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(window, Action::ShowTrace(position));
}

/// The labels of that sort on the selected step.
fn labels(window: &Window, kind: LabelKind) -> Vec<Label> {
    let open = window.state().view().open.as_ref().unwrap();
    let said = project(window).said(&open.trace.id);
    let of_step = said.and_then(|said| said.steps.get(&open.step().unwrap().hash));
    of_step.map(|said| said.labels.of_kind(kind).cloned().collect()).unwrap_or_default()
}

#[test]
fn a_rewrite_shows_what_it_changes() {
    let home = Home::new();
    let mut window = home.open_sample();
    let (before, _) = path(&window);
    press(&mut window, "j W");
    assert!(matches!(window.state().view().dialog, Some(DialogState::Write(_))), "{}", notices(&window));
    window.get_by_label("Nothing is changed yet");
    press(&mut window, "Ctrl+Enter");
    assert!(window.state().view().dialog.is_some(), "the same text is no rewrite");
    press(&mut window, "Ctrl+End");
    type_text(&mut window, " as we saw");
    assert!(window.query_by_label_contains("3 words in").is_some());
    picture(&mut window, "write-rewrite-dark");
    press(&mut window, "Ctrl+Enter");
    assert!(window.state().view().dialog.is_none(), "{}", notices(&window));
    let (after, at) = path(&window);
    assert_eq!((after[at].as_str(), at), (format!("{} as we saw", before[1]).as_str(), 1));
    assert!(selected(&window).is_written());
    window.get_by_label_contains("Step 2, written by you, instead of step 2");
    picture(&mut window, "write-rewritten-dark");
    // The step itself stays beside it, and the rewrite can be changed.
    press(&mut window, ",");
    assert_eq!(path(&window).0, before);
    press(&mut window, "W Ctrl+End");
    type_text(&mut window, " above");
    press(&mut window, "Ctrl+Enter");
    assert_eq!(path(&window).0[1], format!("{} as we saw above", before[1]), "again is the same rewrite");
    let open = window.state().view().open.as_ref().unwrap();
    assert_eq!(open.siblings().len(), 2);
    let annotations = project(&window).annotations().clone();
    drop(window);

    let mut window = home.open_sample();
    assert_eq!(*project(&window).annotations(), annotations);
    press(&mut window, "j .");
    assert_eq!(path(&window).0[1], format!("{} as we saw above", before[1]), "there after closing");
    press(&mut window, "1 Ctrl+Z Ctrl+Z");
    assert_eq!(path(&window).0[1], format!("{} as we saw", before[1]));
    press(&mut window, "Ctrl+Z");
    assert_eq!(path(&window).0, before);
    assert_eq!(said(&window), "");
    press(&mut window, "Ctrl+Shift+Z");
    assert!(selected(&window).is_written(), "what is brought back is shown");
}

#[test]
fn what_was_typed_is_not_lost() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "W Ctrl+End");
    type_text(&mut window, " nearly");
    press(&mut window, "Escape");
    assert!(window.state().view().dialog.is_none());
    assert!(notices(&window).contains("Draft kept"), "{}", notices(&window));
    window.get_by_label_contains("Draft of a step not saved yet");
    press(&mut window, "j W Escape k W");
    window.get_by_label_contains("1 word in");
    press(&mut window, "Ctrl+Enter");
    assert!(path(&window).0[0].ends_with(" nearly"));
    assert!(window.query_by_label_contains("Draft of a step").is_none());
}

#[test]
fn steps_are_written_one_after_another() {
    let home = Home::new();
    let mut window = home.open_sample();
    let (before, _) = path(&window);
    press(&mut window, "j Shift+W");
    type_text(&mut window, "First of mine");
    press(&mut window, "Ctrl+Shift+Enter");
    type_text(&mut window, "second of mine");
    picture(&mut window, "write-next-dark");
    press(&mut window, "Ctrl+Enter");
    let (after, at) = path(&window);
    assert_eq!(after, [&before[..2], &["First of mine".to_owned(), "second of mine".to_owned()]].concat());
    assert_eq!(at, 3);
    // They are labelled like any step.
    press(&mut window, "1 k 3");
    picture(&mut window, "write-branch-dark");
    press(&mut window, "Delete");
    assert_eq!(path(&window), (before.clone(), 1), "with what follows it");
    assert_eq!(said(&window), "", "and with what was said of them");
    press(&mut window, "Ctrl+Z");
    assert_eq!(path(&window).0.len(), 4);
    press(&mut window, "k Delete");
    assert!(notices(&window).contains("not one that you wrote"), "{}", notices(&window));
    press(&mut window, "Ctrl+Z Ctrl+Z Ctrl+Z Ctrl+Z");
    assert_eq!((path(&window).0, project(&window).annotations().traces().count()), (before, 0));
}

#[test]
fn steps_are_taken_from_another_attempt() {
    let home = Home::new();
    let mut window = home.open_sample();
    go_to(&mut window, "word-01-small");
    let (theirs, _) = path(&window);
    go_to(&mut window, "word-01-large");
    let (before, _) = path(&window);
    press(&mut window, "Ctrl+W");
    picture(&mut window, "write-take-dark");
    window.get_by_label("Step 2, taken");
    press(&mut window, "Enter");
    let (after, at) = path(&window);
    assert_eq!(after, [&before[..1], &theirs[1..]].concat());
    assert_eq!(at, 1);
    window.get_by_label("Step 2, taken from another attempt");
    press(&mut window, "Ctrl+Z");
    assert_eq!(path(&window).0, before, "one gesture");
    press(&mut window, "Ctrl+W ArrowUp Shift+Enter");
    assert_eq!(path(&window).0, [&before[..1], &theirs[..1]].concat(), "only the highlighted one");
}
