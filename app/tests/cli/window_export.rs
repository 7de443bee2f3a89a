//! What is labelled in the window is what the command line writes.

use eframe::egui::Role;
use egui_kittest::kittest::Queryable as _;
use stepscope::command::Action;
use stepscope::state::{DialogState, ExportDraft};
use stepscope_core::export::format_by_name;

use crate::shared::window::{Home, ask, frames, open, press, project, type_text};
use crate::support;

#[test]
fn labels_of_the_window_are_exported_by_the_command_line() {
    let home = Home::new();
    let mut window = open(home.startup("traces/1-word-problems.json"));
    press(&mut window, "j e l a l 1 j 3");
    let folder = project(&window).dir().path().to_str().unwrap().to_owned();
    // The window stays open: reading needs no lock.
    let script = support::Home::new();
    let shown = script.ends(0, &["show", "--json", "--project", &folder, "--trace", "word-01-large"]).json();
    let labels = shown["steps"][1]["labels"].to_string();
    assert!(labels.contains("own:ada") && labels.contains("first_error"), "{labels}");
    let out = script.arg("own.jsonl");
    let args =
        ["export", "--json", "--project", &folder, "--format", "processbench", "--labels", "own:ada", "--out", &out];
    let report = script.ends(0, &args).json();
    assert_eq!(report["rows"], 3, "{report}");
    let rows = std::fs::read_to_string(out).unwrap();
    let label = |row: &str| serde_json::from_str::<serde_json::Value>(row).unwrap()["label"].as_i64().unwrap();
    assert_eq!(rows.lines().map(label).collect::<Vec<_>>(), [1, -1, 1]);
    script.ends(0, &["check", "--project", &folder]);
}

#[test]
fn the_dialog_lists_the_options_of_pairs_and_takes_numbers_as_they_are_typed() {
    let home = Home::new();
    let mut window = open(home.startup("traces/1-word-problems.json"));
    let draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
    ask(&mut window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
    frames(&mut window, 2);
    window.get_by_label("rstar_pairs");
    assert!(window.query_by_label("Headings").is_none());
    window.get_by_role_and_label(Role::TextInput, "Min margin").focus();
    frames(&mut window, 2);
    for text in [".", "7", "5"] {
        type_text(&mut window, text);
        frames(&mut window, 2);
    }
    let Some(DialogState::Export(draft)) = &window.state().view().dialog else { panic!("the dialog is open") };
    assert_eq!(draft.policy.get("min_margin").unwrap(), "0.75");
}
