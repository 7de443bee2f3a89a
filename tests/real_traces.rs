//! Fifty published traces labelled through the window by keys, ten in each way of working, with a picture of each way.
//!
//! The annotator knows the published answer; what is tested is that every key does what it says on real texts, that the
//! log tells how each label came about, and that what is exported is what was published. Skipped where the data is not.

use std::fs;

use serde_json::{Value, json};
use stepscope::state::DialogState;
use stepscope_core::model::{FirstError, ImportedValue, StepRating, Trace};

use crate::pictures::picture;
use crate::published::data;
use crate::support::window::{Home, Window, open, press, project, said};

const TRACES: usize = 10;

/// Opens ten rows of a published list, from that row on.
fn ten(home: &Home, file: &str, from: usize) -> Option<Window> {
    let path = data()?.join(file);
    let rows: Vec<Value> = match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => serde_json::from_slice(&fs::read(path).unwrap()).unwrap(),
        _ => fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    };
    // Tests fail where a character has no glyph, and no font for Chinese comes with the window yet.
    let has_glyphs = |line: &String| line.chars().all(|letter| u32::from(letter) < 0x2e80);
    let lines: Vec<String> = rows.iter().skip(from).map(Value::to_string).filter(has_glyphs).take(TRACES).collect();
    fs::write(home.path("ten.jsonl"), lines.join("\n")).unwrap();
    let window = open(home.startup("ten.jsonl"));
    assert_eq!(window.state().view().rows.len(), TRACES);
    Some(window)
}

fn shown_trace(window: &Window) -> std::sync::Arc<Trace> {
    window.state().view().open.as_ref().unwrap().trace.clone()
}

/// The position of the published first error on the path; `None` where there is none.
fn answer(window: &Window) -> Option<usize> {
    let open = window.state().view().open.as_ref().unwrap();
    match open.trace.imported_first_error(None).unwrap() {
        FirstError::At(step) => {
            let step = open.find_step(&step).unwrap();
            Some(open.path.iter().position(|&on_path| on_path == step).unwrap())
        }
        _ => None,
    }
}

/// The same key again and again, as one who reads down.
fn down(window: &mut Window, steps: usize) {
    press(window, "Home");
    for _ in 0..steps {
        press(window, "j");
    }
}

fn log_of(window: &Window) -> Vec<Value> {
    let log = fs::read_to_string(project(window).dir().annotations().join("ada.jsonl")).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every trace is finished, and says what was published.
fn all_as_published(window: &Window) {
    for row in 0..u32::try_from(TRACES).unwrap() {
        let trace = project(window).store().trace(row).unwrap();
        let own = project(window).said(&trace.id).unwrap_or_else(|| panic!("row {row} is not labelled"));
        assert_eq!(own.first_error, trace.imported_first_error(None), "row {row}");
    }
    assert_eq!(said(window).lines().filter(|line| line.ends_with(", done")).count(), TRACES, "{}", said(window));
}

/// What is exported by own labels has the first errors that were published.
fn exported_as_published(window: &mut Window, home: &Home) {
    use stepscope::command::Action;
    let target = home.path("out.jsonl");
    press(window, "Ctrl+E");
    let Some(DialogState::Export(draft)) = window.state().view().dialog.clone() else { panic!("no dialog is open") };
    let format = stepscope_core::export::format_by_name("processbench").unwrap();
    let draft =
        stepscope::state::ExportDraft { labels: draft.labels.clone(), ..stepscope::state::ExportDraft::new(format) };
    crate::support::window::ask(window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
    crate::support::window::ask(window, Action::WriteExport(target.clone()));
    let labels = |path: &std::path::Path| -> Vec<(String, i64)> {
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut labels: Vec<_> =
            rows.map(|row| (row["id"].as_str().unwrap().to_owned(), row["label"].as_i64().unwrap())).collect();
        labels.sort();
        labels
    };
    assert_eq!(labels(&target), labels(&home.path("ten.jsonl")));
}

#[test]
fn reading_down() {
    let home = Home::new();
    let Some(mut window) = ten(&home, "processbench/gsm8k.json", 0) else { return };
    for number in 0..TRACES {
        match answer(&window) {
            Some(at) => {
                down(&mut window, at);
                press(&mut window, "e");
            }
            None => press(&mut window, "a"),
        }
        if number == 3 {
            picture(&mut window, "real-reading-down");
        }
        press(&mut window, "Space");
    }
    all_as_published(&window);
    assert!(log_of(&window).iter().all(|line| line["under"]["way"] == Value::Null));
    exported_as_published(&mut window, &home);
}

#[test]
fn halving() {
    let home = Home::new();
    let Some(mut window) = ten(&home, "processbench/math.json", 0) else { return };
    press(&mut window, "Shift+H");
    let mut looks = 0;
    for number in 0..TRACES {
        let at = answer(&window);
        let trace = shown_trace(&window).id.clone();
        let steps = window.state().view().open.as_ref().unwrap().path.len();
        let most = usize::BITS - steps.leading_zeros();
        let mut here = 0;
        while project(&window).said(&trace).is_none_or(|said| said.first_error.is_none()) {
            if number == 2 && here == 1 {
                picture(&mut window, "real-halving");
            }
            let selected = window.state().view().open.as_ref().unwrap().at;
            press(&mut window, if at.is_none_or(|at| selected < at) { "g" } else { "b" });
            here += 1;
            assert!(here <= most as usize + 1, "{here} looks at {steps} steps");
        }
        looks += here;
        press(&mut window, "Space");
    }
    all_as_published(&window);
    println!("{looks} looks at {TRACES} traces");
    let ways = log_of(&window);
    assert!(ways.iter().filter(|line| line["event"].get("first_error_marked").is_some()).count() == TRACES);
    assert!(ways.iter().all(|line| line["under"]["way"] == "halving"));
    exported_as_published(&mut window, &home);
}

#[test]
fn verifying() {
    let home = Home::new();
    let Some(mut window) = ten(&home, "processbench/gsm8k.json", 200) else { return };
    press(&mut window, "Shift+Q");
    for _ in 0..20 {
        let Some(DialogState::Verify(draft)) = &window.state().view().dialog else { panic!("no dialog is open") };
        let chosen = draft.selected.checked_sub(1).map(|at| draft.sources[at].to_string());
        if chosen.is_some_and(|source| source.starts_with("imported")) {
            break;
        }
        press(&mut window, "ArrowDown");
    }
    press(&mut window, "Enter");
    picture(&mut window, "real-verifying");
    let mut corrected = Vec::new();
    for number in 0..TRACES {
        // Every fifth is said to be otherwise, as by one who disagrees.
        if number % 5 == 4 {
            corrected.push(shown_trace(&window).id.clone());
            let at = answer(&window);
            press(&mut window, "Home");
            press(&mut window, if at == Some(0) { "a Space" } else { "e Space" });
        } else {
            press(&mut window, "q");
        }
    }
    for row in 0..u32::try_from(TRACES).unwrap() {
        let trace = project(&window).store().trace(row).unwrap();
        let own = project(&window).said(&trace.id).unwrap();
        let agrees = own.first_error == trace.imported_first_error(None);
        assert_eq!(agrees, !corrected.contains(&trace.id), "row {row}");
    }
    let log = log_of(&window);
    let agreed = log.iter().filter_map(|line| line["event"]["labelled"]["label"]["verified"]["agreed"].as_bool());
    let agreed: Vec<bool> = agreed.collect();
    assert_eq!(agreed.iter().filter(|agreed| **agreed).count(), TRACES - corrected.len());
    assert_eq!(agreed.iter().filter(|agreed| !**agreed).count(), corrected.len());
    let marks = log.iter().filter(|line| line["event"].get("first_error_marked").is_some());
    assert!(marks.clone().all(|line| line["under"]["saw"].as_array().unwrap().contains(&json!("proposal"))));
}

#[test]
fn blind() {
    let home = Home::new();
    let Some(mut window) = ten(&home, "processbench/math.json", 500) else { return };
    press(&mut window, "Shift+I");
    picture(&mut window, "real-blind");
    for _ in 0..TRACES {
        match answer(&window) {
            Some(at) => {
                down(&mut window, at);
                press(&mut window, "e Space");
            }
            None => press(&mut window, "a Space"),
        }
    }
    all_as_published(&window);
    let log = log_of(&window);
    let saw: Vec<&Value> = log
        .iter()
        .filter(|line| line["event"].get("first_error_marked").is_some())
        .map(|line| &line["under"]["saw"])
        .collect();
    assert_eq!(*saw[0], json!(["outcome", "imported"]), "the first trace was on screen before");
    assert!(saw[1..].iter().all(|saw| saw.is_null()), "nothing was seen of the others: {saw:?}");
    exported_as_published(&mut window, &home);
}

#[test]
fn rating_each_step_by_lot() {
    let home = Home::new();
    let Some(mut window) = ten(&home, "agentprocessbench/data/AgentProcessBench/hotpotqa.jsonl", 0) else { return };
    press(&mut window, "Shift+N ArrowDown Enter");
    picture(&mut window, "real-by-lot");
    let mut order = Vec::new();
    for _ in 0..TRACES {
        let (row, path) = {
            let open = window.state().view().open.as_ref().unwrap();
            (open.row, open.path.clone())
        };
        order.push(row);
        let labels = shown_trace(&window).labels.clone();
        press(&mut window, "Home");
        for step in path {
            let rating = labels.iter().find_map(|label| match label.value {
                ImportedValue::Rating(rating) if label.step == Some(step) => Some(rating),
                _ => None,
            });
            match rating {
                Some(StepRating::Good) => press(&mut window, "1"),
                Some(StepRating::Neutral) => press(&mut window, "2"),
                Some(StepRating::Bad) => press(&mut window, "3"),
                Some(StepRating::Unsure) => press(&mut window, "4"),
                None => {}
            }
            press(&mut window, "j");
        }
        press(&mut window, "Space");
    }
    assert_eq!(said(&window).lines().filter(|line| line.ends_with(", done")).count(), TRACES);
    assert_ne!(order, (0..10).collect::<Vec<u32>>(), "by lot");
    let mut rated = 0;
    for row in 0..u32::try_from(TRACES).unwrap() {
        let trace = project(&window).store().trace(row).unwrap();
        let own = project(&window).said(&trace.id).unwrap();
        for label in &trace.labels {
            let (Some(step), ImportedValue::Rating(rating)) = (label.step, label.value) else { continue };
            let of_step = own.steps.get(&trace.step(step).unwrap().hash);
            assert_eq!(of_step.and_then(|said| said.rating), Some(rating), "row {row}, step {step}");
            rated += 1;
        }
    }
    println!("{rated} steps rated");
    assert!(rated > TRACES);
}
