//! Writing steps, cutting and joining them, comparing alternatives: by keyboard, through the real app.

use std::fs;

use eframe::egui::Role;
use egui_kittest::kittest::Queryable as _;
use stepscope::command::Action;
use stepscope::state::{DialogState, ExportDraft};
use stepscope_core::export::format_by_name;
use stepscope_core::model::{Label, LabelKind, Preference, StepHash};

use crate::pictures::picture;
use crate::published::data;
use crate::support::window::{Home, Window, ask, close, notices, open, press, project, said, settle, type_text};

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
    press(&mut window, "Home j");
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

#[test]
fn a_step_is_cut_in_two_and_joined_again() {
    let home = Home::new();
    let mut window = home.open_sample();
    let (before, _) = path(&window);
    // Said of a later step, to see that it stays there.
    press(&mut window, "End 4 e Home j j");
    let first = said(&window);
    press(&mut window, "Y");
    picture(&mut window, "write-split-dark");
    press(&mut window, "Enter");
    let (after, at) = path(&window);
    assert_eq!((after.len(), at), (before.len() + 1, 2), "{}", notices(&window));
    assert_eq!(format!("{}{}", after[2], after[3]), before[2]);
    assert_eq!(after[2], "The bags hold 6 rolls each. ");
    window.get_by_label("Step 3, part 1 of 2");
    window.get_by_label("Step 6, ✖ first error, ? unsure");
    assert_eq!(said(&window), first);
    // Each part is rated on its own.
    press(&mut window, "1 j 3");
    window.get_by_label("Step 3, ✔ good, part 1 of 2");
    window.get_by_label("Step 4, ✖ bad, part 2 of 2");
    picture(&mut window, "write-parts-dark");
    let annotations = project(&window).annotations().clone();
    drop(window);

    let mut window = home.open_sample();
    assert_eq!(*project(&window).annotations(), annotations);
    assert_eq!(path(&window).0, after, "there after closing");
    press(&mut window, "Home j j Shift+Y");
    assert_eq!(path(&window), (before.clone(), 2));
    window.get_by_label("Step 3, ✖ bad");
    // Two steps of the source become one, and fall apart at their seam.
    press(&mut window, "Home Shift+Y");
    let (joined, at) = path(&window);
    assert_eq!((joined.len(), at), (before.len() - 1, 0));
    assert!(joined[0].starts_with(&before[0]) && joined[0].ends_with(&before[1]), "{}", joined[0]);
    window.get_by_label("Step 1, 2 steps in one");
    press(&mut window, "Y Enter");
    assert_eq!(path(&window), (before.clone(), 0), "{}", notices(&window));
    press(&mut window, "End Shift+Y");
    assert!(notices(&window).contains("No single step follows"), "{}", notices(&window));
    while window.state().project().unwrap().log().can_undo() {
        press(&mut window, "Ctrl+Z");
    }
    assert_eq!((said(&window), path(&window).0), (String::new(), before));
    assert_eq!(project(&window).annotations().traces().count(), 0, "nothing is left");
}

#[test]
fn the_caret_goes_where_keys_and_mouse_send_it() {
    let home = Home::new();
    let mut window = home.open_sample();
    let (before, _) = path(&window);
    let caret = |window: &Window| match &window.state().view().dialog {
        Some(DialogState::Split(draft)) => Some(draft.at),
        _ => None,
    };
    press(&mut window, "Y");
    let start = caret(&window).unwrap();
    press(&mut window, "w");
    assert!(caret(&window).unwrap() > start);
    press(&mut window, "b ArrowRight ArrowLeft");
    assert_eq!(caret(&window), Some(start));
    press(&mut window, "Home Enter");
    assert!(caret(&window).is_some(), "there is nothing before it");
    assert!(notices(&window).contains("no text on one side"), "{}", notices(&window));
    // No label key fires meanwhile.
    press(&mut window, "e 1 a Escape");
    assert_eq!((caret(&window), said(&window)), (None, String::new()));
    press(&mut window, "j j Y");
    window.get_by_label_contains("Place to cut").click();
    settle(&mut window);
    let clicked = caret(&window).unwrap();
    press(&mut window, "Enter");
    assert_eq!(path(&window).0[2], before[2][..clicked]);
    press(&mut window, "Y");
    // Another step is selected with the mouse: the caret is gone.
    ask(&mut window, Action::ShowStep(0));
    assert_eq!(caret(&window), None);
    press(&mut window, "e");
    assert_eq!(said(&window), "row 0: first error 1, open");
}

/// Selects the first step with that many alternatives, itself among them.
fn go_to_siblings(window: &mut Window, count: usize) {
    let open = window.state().view().open.as_ref().unwrap();
    let steps = 0..u32::try_from(open.trace.steps.len()).unwrap();
    let step = steps.into_iter().find(|&step| open.tree.siblings(&open.trace.steps, step).len() == count).unwrap();
    ask(window, Action::ShowStep(step));
}

#[test]
fn alternatives_are_compared() {
    let home = Home::new();
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    go_to_siblings(&mut window, 2);
    let first = selected(&window);
    press(&mut window, "P");
    picture(&mut window, "write-compare-dark");
    // The other is clearly better.
    press(&mut window, "ArrowRight");
    picture(&mut window, "write-prefer-dark");
    press(&mut window, "2 1 b Enter");
    let second = selected(&window);
    assert_ne!(first, second, "Enter goes to the highlighted one");
    let expected = Preference { over: first.clone(), strength: 2, criterion: String::new() };
    assert_eq!(labels(&window, LabelKind::Preferred), [Label::Preferred(expected)]);
    window.get_by_label_contains("✔ good, ★ best, better than 1, clearly");
    // The other way round takes the place of what was said.
    press(&mut window, "P ArrowLeft 3 Escape");
    assert_eq!(labels(&window, LabelKind::Preferred), []);
    press(&mut window, ",");
    assert_eq!(labels(&window, LabelKind::Preferred).len(), 1);
    // There is one best.
    press(&mut window, "Shift+B");
    assert_eq!(labels(&window, LabelKind::Best), [Label::Best]);
    press(&mut window, ".");
    assert_eq!(labels(&window, LabelKind::Best), []);
    press(&mut window, "Ctrl+Z");
    assert_eq!(selected(&window), second, "what is taken back is shown");
    assert_eq!(labels(&window, LabelKind::Best), [Label::Best], "one gesture");
    let annotations = project(&window).annotations().clone();
    drop(window);
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    assert_eq!(*project(&window).annotations(), annotations);
    while window.state().project().unwrap().log().can_undo() {
        press(&mut window, "Ctrl+Z");
    }
    assert_eq!(project(&window).annotations().traces().count(), 0);
}

#[test]
fn alternatives_are_put_in_order() {
    let home = Home::new();
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    go_to_siblings(&mut window, 2);
    // A third one, of one's own.
    press(&mut window, "W Ctrl+End");
    type_text(&mut window, " or so");
    press(&mut window, "Ctrl+Enter P r 3");
    picture(&mut window, "write-order-dark");
    press(&mut window, "1 2");
    let ranks = |window: &mut Window| {
        let mut ranks = Vec::new();
        for _ in 0..3 {
            let branch = window.state().view().open.as_ref().unwrap();
            let at = branch.siblings().iter().position(|&step| Some(step) == branch.selected()).unwrap();
            ranks.push((at, labels(window, LabelKind::Rank)));
            press(window, ".");
        }
        ranks.sort_by_key(|(at, _)| *at);
        ranks.into_iter().map(|(_, rank)| rank).collect::<Vec<_>>()
    };
    press(&mut window, "Escape");
    let rank = |place| vec![Label::Rank(place)];
    assert_eq!(ranks(&mut window), [rank(2), rank(3), rank(1)]);
    // Half an order says nothing of the rest.
    press(&mut window, "P r 2 Enter Escape");
    assert_eq!(ranks(&mut window), [vec![], rank(1), vec![]]);
    press(&mut window, "Ctrl+Z");
    assert_eq!(ranks(&mut window), [rank(2), rank(3), rank(1)], "an order is one gesture");
    press(&mut window, "P r Escape u");
    assert!(matches!(window.state().view().dialog, Some(DialogState::Compare(_))));
    press(&mut window, "Escape");
    assert_eq!(ranks(&mut window), [vec![], vec![], vec![]]);
}

#[test]
fn candidates_are_rated_and_the_best_goes_on() {
    // As in the first phase of PRM800K: every candidate is rated, one's own is written where none is good.
    let home = Home::new();
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    go_to_siblings(&mut window, 2);
    press(&mut window, "3 . 2 k Shift+W");
    type_text(&mut window, "Mine is better");
    press(&mut window, "Ctrl+Enter 1 Shift+B");
    let open = window.state().view().open.as_ref().unwrap();
    let said = project(&window).said(&open.trace.id).unwrap();
    let ratings: Vec<_> = open
        .siblings()
        .iter()
        .map(|&step| said.steps[&open.trace.steps[step as usize].hash].rating.unwrap().name())
        .collect();
    assert_eq!(ratings, ["bad", "neutral", "good"]);
    assert_eq!(labels(&window, LabelKind::Best), [Label::Best]);
    press(&mut window, "Shift+W");
    type_text(&mut window, "and on");
    press(&mut window, "Ctrl+Enter");
    assert_eq!(path(&window).0.last().unwrap(), "and on");
}

#[test]
fn a_corrected_step_goes_on_as_the_original_did() {
    let home = Home::new();
    let mut window = home.open_sample();
    let (before, _) = path(&window);
    press(&mut window, "Ctrl+T j W Ctrl+End");
    type_text(&mut window, " Corrected");
    picture(&mut window, "write-rewrite-light");
    press(&mut window, "Ctrl+Enter Ctrl+W");
    window.get_by_role_and_label(Role::Button, "After alternative 1");
    picture(&mut window, "write-take-light");
    press(&mut window, "Enter");
    let (after, at) = path(&window);
    assert_eq!((&after[2..], at), (&before[2..], 2));
    assert!(after[1].ends_with("Corrected"));
    window.get_by_label("Step 3, taken from step 3");
    picture(&mut window, "write-corrected-light");
    // What was corrected is not cut while its correction stands beside it.
    press(&mut window, "k , Shift+Y");
    assert!(notices(&window).contains("corrected version"), "{}", notices(&window));
    press(&mut window, "P");
    picture(&mut window, "write-compare-light");
    press(&mut window, "Escape Home Y");
    picture(&mut window, "write-split-light");
}

#[test]
fn what_is_exported_is_cut_as_it_was_labelled() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j j Y Enter j e Space");
    go_to(&mut window, "word-01-large");
    let (steps, _) = path(&window);
    let file = home.path("export.json");
    press(&mut window, "Ctrl+E");
    let draft = ExportDraft::new(format_by_name("processbench").unwrap());
    ask(&mut window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
    ask(&mut window, Action::WriteExport(file.clone()));
    let text = fs::read_to_string(&file).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text)
        .unwrap_or_else(|_| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    assert_eq!(rows.len(), 1, "{}", notices(&window));
    assert_eq!(rows[0]["steps"], serde_json::json!(steps));
    assert_eq!((steps.len(), &rows[0]["label"]), (6, &serde_json::json!(3)), "the second part is the first error");
}

#[test]
fn closing_the_window_tells_of_a_draft() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Shift+W");
    type_text(&mut window, "half a st");
    press(&mut window, "Escape");
    assert!(close(&mut window), "once the window stays");
    assert!(notices(&window).contains("A step you began to write would be lost"), "{}", notices(&window));
    press(&mut window, "Shift+W");
    assert!(matches!(&window.state().view().dialog, Some(DialogState::Write(draft)) if draft.text == "half a st"));
    press(&mut window, "Escape");
    assert!(!close(&mut window), "asked again it goes");
}

#[test]
fn published_candidates_are_rated_with_few_keys() {
    let Some(data) = data() else { return };
    let home = Home::new();
    fs::copy(data.join("prm800k/samples_prm800k.jsonl"), home.path("prm800k.jsonl")).unwrap();
    let mut window = open(home.startup("prm800k.jsonl"));
    // The labels of the data stay hidden, as for an annotator who judges anew.
    press(&mut window, "I");
    go_to_siblings(&mut window, 5);
    // Two keys for each candidate.
    press(&mut window, "3 . 2 . 3 . 1 . 3");
    let rated = |window: &Window| {
        let open = window.state().view().open.as_ref().unwrap();
        project(window).said(&open.trace.id).unwrap().steps.len()
    };
    assert_eq!(rated(&window), 5);
    press(&mut window, ", Shift+B P");
    picture(&mut window, "write-candidates-dark");
    // Compared with the best: that one is better than its neighbour, by far, and the order is said.
    press(&mut window, "ArrowLeft 3 r 4 2 1 3 5");
    picture(&mut window, "write-candidates-said-dark");
    press(&mut window, "Escape");
    window.get_by_label_contains("✔ good, ★ best, rank 1, better than 5, by far");
    press(&mut window, "Shift+W");
    type_text(&mut window, "So we go on");
    press(&mut window, "Ctrl+Enter");
    assert_eq!(path(&window).0.last().unwrap(), "So we go on");
}

#[test]
fn a_long_published_step_is_rewritten_and_cut() {
    let Some(data) = data() else { return };
    let home = Home::new();
    fs::copy(data.join("deltabench/Deltabench_v1_examples.jsonl"), home.path("deltabench.jsonl")).unwrap();
    let mut window = open(home.startup("deltabench.jsonl"));
    let store = project(&window).store().clone();
    let longest = (0..u32::try_from(store.len()).unwrap()).flat_map(|row| {
        let steps = store.trace(row).unwrap().steps;
        (0..).zip(steps).map(move |(at, step)| (step.text.len(), row, at)).collect::<Vec<_>>()
    });
    let (length, row, at) = longest.max().unwrap();
    assert!(length > 1000, "{length}");
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(&mut window, Action::ShowTrace(position));
    ask(&mut window, Action::ShowStep(at));
    let before = path(&window).0;
    press(&mut window, "Tab W Ctrl+End");
    type_text(&mut window, " Checked.");
    picture(&mut window, "write-long-dark");
    press(&mut window, "Ctrl+Enter");
    assert!(path(&window).0[at as usize].ends_with(" Checked."));
    press(&mut window, "Ctrl+Z Y");
    picture(&mut window, "write-long-split-dark");
    press(&mut window, "Tab Enter");
    let after = path(&window).0;
    assert_eq!(after.len(), before.len() + 1, "{}", notices(&window));
    assert_eq!(format!("{}{}", after[at as usize], after[at as usize + 1]), before[at as usize]);
}
