//! What is labelled in the window is what the command line writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use eframe::egui::Role;
use egui_kittest::kittest::Queryable as _;
use stepscope::command::Action;
use stepscope::state::export_draft::{ExportPage, ExportScope};
use stepscope::state::{DialogState, ExportDraft};
use stepscope_core::export::split::SplitPart;
use stepscope_core::export::{FORMATS, format_by_name};

use crate::shared::window::{Home, Window, ask, frames, open, press, project, type_text};
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
    let mut draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
    show(&mut window, draft.clone());
    window.get_by_role_and_label(Role::RadioButton, "rstar_pairs");
    draft.look.page = ExportPage::Options;
    show(&mut window, draft);
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

fn show(window: &mut Window, draft: ExportDraft) {
    ask(window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
    frames(window, 2);
}

/// Every file below a folder with its bytes; of manifests without the time.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = fs::read(&path).unwrap();
            if path.to_str().unwrap().ends_with("manifest.json") {
                let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                manifest["created_at"].take();
                bytes = serde_json::to_vec(&manifest).unwrap();
            }
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
        }
    }
    found
}

/// What the window writes is what the command writes that the dialog shows, byte for byte.
#[cfg(unix)]
#[test]
fn the_command_that_the_dialog_shows_writes_the_same_bytes() {
    let home = Home::new();
    let mut window = open(home.startup("traces"));
    press(&mut window, "j e Space a Space 1 j 3");
    let tests = home.path("tests.txt");
    let text = project(&window).store().trace(0).unwrap().problem.text().into_owned();
    fs::write(&tests, text.replace('\n', " ") + "\n").unwrap();
    let named = |format: &str| ExportDraft::new(format_by_name(format).unwrap());
    let mut drafts: Vec<ExportDraft> = FORMATS
        .iter()
        .filter(|format| !["house", "critique_sft", "correction_sft", "weighted_pairs"].contains(&format.name()))
        .map(|format| ExportDraft::new(*format))
        .collect();
    let mut divided = named("trl-stepwise");
    divided.parts.divided = true;
    divided.parts.ratios = ["8", "1", "1"].map(str::to_owned);
    divided.parts.seed = "7".into();
    divided.tests = vec![tests.clone()];
    divided.set_labels("imported");
    divided.set_option("after_error", "raw");
    drafts.push(divided.clone());
    divided.parts.lists = vec![(SplitPart::Test, tests)];
    divided.tests.clear();
    divided.parts.together = false;
    (divided.folder, divided.pseudonyms, divided.key) = (true, true, "a key's".into());
    drafts.push(ExportDraft { end: "jsonl.gz".into(), ..divided.clone() });
    drafts.push(ExportDraft { end: "parquet".into(), shard_mb: "1".into(), ..divided });
    let mut asked = named("steps");
    (asked.scope, asked.question) = (ExportScope::Question, "steps > 3 outcome:correct".into());
    drafts.push(ExportDraft { end: "csv".into(), ..asked.clone() });
    drafts.push(ExportDraft { format: named("processbench").format, strict: true, ..asked });
    let mut house = named("house");
    house.set_option("template", "{\"q\": {{ problem.text }}}");
    drafts.push(house);
    for (number, draft) in drafts.into_iter().enumerate() {
        let what = format!("{number}: {} as {}", draft.format, draft.end);
        let by_window = home.path(&format!("window-{number}"));
        fs::create_dir(&by_window).unwrap();
        let out = by_window.join(draft.file_name());
        let template = draft.policy.get("template").unwrap();
        show(&mut window, draft);
        let command = window.state().export_model().unwrap().command;
        ask(&mut window, Action::WriteExport(out));

        let script = support::Home::new();
        let by_command = script.path("out");
        fs::create_dir(&by_command).unwrap();
        fs::write(by_command.join("template.jinja"), template).unwrap();
        let run = command.replacen("stepscope", "cd out && exec \"$0\"", 1);
        let ended = script.run_in_shell(&run, &[]);
        fs::remove_file(by_command.join("template.jinja")).unwrap();
        let (ours, theirs) = (files(&by_window), files(&by_command));
        let notice = window.state().notices().shown().last().unwrap();
        let written = notice.title == "Exported";
        assert_eq!(written, ended.status == 0, "{what}: {notice:?}\n{command}\n{}", ended.err);
        assert_eq!(written, !ours.is_empty(), "{what}");
        assert!(ours.keys().eq(theirs.keys()), "{what}: {:?} {:?}", ours.keys(), theirs.keys());
        for (path, bytes) in &ours {
            assert!(*bytes == theirs[path], "{what}: {} differs; {command}", path.display());
        }
        let id = notice.id;
        ask(&mut window, Action::DismissNotice(id));
    }
}
