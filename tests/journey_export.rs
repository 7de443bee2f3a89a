//! The export dialog in the real window: by names and keys, to files, and back to what was left out.

use std::fs;
use std::path::Path;

use eframe::egui::Role;
use egui_kittest::kittest::Queryable as _;
use serde_json::Value;
use stepscope::command::{Action, Command};
use stepscope::state::DialogState;
use stepscope::state::export_draft::{ExportDraft, ExportPage, ExportScope};
use stepscope::state::exporting::ExportRequest;
use stepscope_core::export::{Rule, format_by_name};
use stepscope_core::labels::LabelSource;

use crate::pictures::picture;
use crate::support::window::{Home, Window, ask, notices, press, project, settle, shown, type_text};

fn draft(window: &Window) -> &ExportDraft {
    match &window.state().view().dialog {
        Some(DialogState::Export(draft)) => draft,
        other => panic!("the export dialog is not open: {other:?}"),
    }
}

#[track_caller]
fn click(window: &mut Window, role: Role, name: &str) {
    window.get_by_role_and_label(role, name).click();
    settle(window);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_folder_in_parts_is_chosen_by_name_and_written() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+E");
    picture(&mut window, "export-format");
    click(&mut window, Role::RadioButton, "processbench");
    assert_eq!(draft(&window).format, "processbench");
    click(&mut window, Role::Tab, "Labels and options");
    picture(&mut window, "export-options");
    click(&mut window, Role::Tab, "Traces and parts");
    click(&mut window, Role::CheckBox, "Divide into train, validation and test, by problem");
    let model = window.state().export_model().unwrap();
    let parts: Vec<&str> = model.result.parts.iter().map(|(part, ..)| *part).collect();
    assert_eq!(parts, ["train", "validation", "test"]);
    picture(&mut window, "export-traces");
    click(&mut window, Role::Tab, "Files");
    click(&mut window, Role::RadioButton, "A folder with a card, as the Hugging Face hub has them");
    picture(&mut window, "export-files");
    let rows = window.state().export_model().unwrap().result.parts.clone();

    let folder = home.path("set");
    ask(&mut window, Action::WriteExport(folder.clone()));
    assert!(notices(&window).contains("Exported"), "{}", notices(&window));
    assert_eq!(names(&folder), ["README.md", "data", "manifest.json"]);
    let manifest = read(&folder.join("manifest.json"));
    for (part, shown, _) in &rows {
        let written = &manifest["split"]["made"]["rows"][part];
        let shown = shown.split(' ').next().unwrap().replace(',', "");
        assert_eq!(written.to_string(), shown, "{part}: what was shown is what was written");
    }
    // A folder that holds other things is not filled: a folder in it is.
    press(&mut window, "Ctrl+E");
    let other = home.path("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("README.md"), "mine").unwrap();
    ask(&mut window, Action::WriteExport(other.clone()));
    assert_eq!(fs::read_to_string(other.join("README.md")).unwrap(), "mine");
    assert_eq!(names(&other.join("processbench")), ["README.md", "data", "manifest.json"]);
    // Nor is one in it whose files only bear our names; what an export of ours wrote is written anew.
    fs::remove_dir_all(other.join("processbench")).unwrap();
    fs::create_dir(other.join("processbench")).unwrap();
    for folder in [&other, &other.join("processbench")] {
        fs::write(folder.join("manifest.json"), "{}").unwrap();
    }
    for _ in 0..2 {
        press(&mut window, "Ctrl+E");
        ask(&mut window, Action::WriteExport(other.clone()));
        assert_eq!(names(&other), ["README.md", "manifest.json", "processbench", "processbench-2"]);
        assert_eq!(names(&other.join("processbench-2")), ["README.md", "data", "manifest.json"]);
        assert_eq!(names(&other.join("processbench")), ["manifest.json"]);
    }
}

#[test]
fn formats_are_searched_and_chosen_by_keys() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+E");
    let first = draft(&window).format;
    press(&mut window, "ArrowDown");
    assert_eq!((first, draft(&window).format), ("trl_stepwise", "trl_preference"));
    type_text(&mut window, "kto");
    press(&mut window, "ArrowDown ArrowDown");
    assert_eq!(draft(&window).format, "trl_unpaired_chat");
    // Pages turn by keys as well, and the choices of another format stay where they mean the same.
    for page in [ExportPage::Options, ExportPage::Traces, ExportPage::Files, ExportPage::Files] {
        press(&mut window, "Ctrl+PageDown");
        assert_eq!(draft(&window).look.page, page);
    }
    press(&mut window, "Escape");
    assert_eq!(window.state().view().dialog, None);
    press(&mut window, "Ctrl+E");
    assert_eq!((draft(&window).format, draft(&window).look.page), ("trl_unpaired_chat", ExportPage::Files));
}

#[test]
fn what_is_left_out_is_shown_and_listed_and_the_choices_are_kept() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+E");
    let model = window.state().export_model().unwrap();
    let (left_out, group) = (model.result.left_out, model.result.groups[0].clone());
    assert!(left_out > 0 && group.lines.is_empty());
    click(&mut window, Role::Tab, &format!("Left out ({left_out})"));
    click(&mut window, Role::Button, &group.title);
    picture(&mut window, "export-left-out");
    let line = window.state().export_model().unwrap().result.groups[0].lines[1].clone();
    click(&mut window, Role::Button, &format!("Show {}: {}", line.name, line.reason));
    assert_eq!(window.state().view().dialog, None);
    assert_eq!(shown(&window), line.name);
    if let Some(step) = line.step {
        assert_eq!(window.state().view().open.as_ref().unwrap().selected(), Some(step));
    }

    press(&mut window, "Ctrl+E");
    assert!(draft(&window).look.open.contains(&group.rule), "the dialog is as it was left");
    click(&mut window, Role::Button, &format!("List traces {}", group.title));
    let view = window.state().view();
    assert_eq!(
        (view.dialog.is_none(), view.only.as_ref().unwrap().name.as_str()),
        (true, &*format!("left out: {}", group.rule.caption()))
    );
    assert!(view.rows.len() as u64 <= left_out && !view.rows.is_empty());

    // What is listed now is not one question: the manifest names the traces.
    let listed = view.rows.len();
    press(&mut window, "Ctrl+E");
    let scoped = ExportDraft { scope: ExportScope::Listed, ..ExportDraft::new(format_by_name("native").unwrap()) };
    ask(&mut window, Action::SetDialog(Some(DialogState::Export(Box::new(scoped)))));
    let out = home.path("listed.jsonl");
    ask(&mut window, Action::WriteExport(out.clone()));
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), listed);
    let manifest = read(&home.path("listed.jsonl.manifest.json"));
    assert_eq!((manifest["picked"].as_array().unwrap().len(), &manifest["selection"]), (listed, &Value::Null));
}

#[test]
fn a_question_chooses_traces_and_its_mistakes_are_shown_in_place() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+E");
    click(&mut window, Role::Tab, "Traces and parts");
    click(&mut window, Role::RadioButton, "Those that a question finds");
    window.get_by_role_and_label(Role::TextInput, "Question").focus();
    settle(&mut window);
    type_text(&mut window, "stepz > 3");
    let model = window.state().export_model().unwrap();
    assert_eq!(model.scope.mark, Some(0..5));
    assert!(model.scope.fault.as_ref().unwrap().contains("stepz"), "{:?}", model.scope.fault);
    assert!(model.blocked.is_some());
    picture(&mut window, "export-question");
    click(&mut window, Role::Button, "Write steps");
    assert_eq!(draft(&window).question, "steps > 3");
    let model = window.state().export_model().unwrap();
    assert_eq!(model.blocked, None);
    assert!(model.command.contains("--where 'steps > 3'"), "{}", model.command);
    ask(&mut window, Action::WriteExport(home.path("long.jsonl")));
    assert_eq!(read(&home.path("long.jsonl.manifest.json"))["selection"], "steps > 3");
}

#[test]
fn strict_writes_nothing_where_something_is_left_out() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+E");
    click(&mut window, Role::Tab, "Files");
    assert_eq!(window.state().export_model().unwrap().blocked, None);
    click(&mut window, Role::CheckBox, "Strict: write nothing where any trace is left out");
    assert!(window.state().export_model().unwrap().blocked.unwrap().contains("Strict"));
    let out = home.path("strict.jsonl");
    ask(&mut window, Action::WriteExport(out.clone()));
    assert!(notices(&window).contains("traces would be left out"), "{}", notices(&window));
    assert!(!out.exists());
}

#[test]
fn an_export_is_made_again_from_its_manifest() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j e Space a Ctrl+E");
    let out = home.path("rows.jsonl");
    ask(&mut window, Action::WriteExport(out.clone()));
    let (before, manifest) = (fs::read(&out).unwrap(), home.path("rows.jsonl.manifest.json"));
    fs::remove_file(&out).unwrap();
    let look = || Action::Export(ExportRequest::Look(manifest.clone()));
    ask(&mut window, look());
    window.get_by_label("Nothing has changed since: it would be the same, byte for byte");
    picture(&mut window, "export-again");
    click(&mut window, Role::Button, "Write again");
    assert!(notices(&window).contains("the same bytes as before"), "{}", notices(&window));
    assert_eq!(fs::read(&out).unwrap(), before);

    // Another label since: it is told, nothing is written over, and the choices can be gone on with.
    press(&mut window, "Space e");
    assert!(project(&window).log().last_seq() > 2);
    ask(&mut window, look());
    window.get_by_label_contains("labels of ada have changed");
    ask(&mut window, Action::Export(ExportRequest::Again));
    assert!(notices(&window).contains("would not give the same rows"), "{}", notices(&window));
    assert_eq!(fs::read(&out).unwrap(), before);
    ask(&mut window, look());
    click(&mut window, Role::Button, "Change its choices…");
    assert_eq!(draft(&window).format, "trl_stepwise");
    ask(&mut window, Action::SetDialog(None));
    ask(&mut window, Action::Export(ExportRequest::Look(out.clone())));
    window.get_by_label_contains("not a manifest of an export");
    assert!(Command::ALL.contains(&Command::ExportAgain));
}

#[test]
fn pairs_are_shown_with_their_differences() {
    let home = Home::new();
    let mut window = home.open_sample();
    window.set_size([2560.0, 1440.0].into());
    press(&mut window, "Ctrl+E");
    click(&mut window, Role::RadioButton, "trl_preference");
    let model = window.state().export_model().unwrap();
    assert!(!model.result.sample.is_empty(), "the sample data gives pairs");
    picture(&mut window, "export-pairs-large");
    click(&mut window, Role::Tab, "Labels and options");
    let rules = draft(&window).policy.get("pairs").unwrap();
    click(&mut window, Role::CheckBox, "search");
    assert_eq!(draft(&window).policy.get("pairs").unwrap().matches(',').count(), rules.matches(',').count() + 1);
    picture(&mut window, "export-pair-options-large");
}

fn choose(window: &mut Window, scope: ExportScope, labels: Option<LabelSource>) {
    let native = ExportDraft::new(format_by_name("native").unwrap());
    let format = format_by_name("trl-stepwise").unwrap();
    let draft = match labels {
        None => ExportDraft { scope, ..native },
        Some(labels) => ExportDraft { scope, labels: Some(labels), ..ExportDraft::new(format) },
    };
    ask(window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
}

#[test]
fn what_is_listed_is_written_though_its_question_finds_other_traces_by_now() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "not has:label(own)");
    press(&mut window, "Enter");
    let listed = window.state().view().rows.len();
    assert!(listed > 1);
    let command = |window: &Window| window.state().export_model().unwrap().command;
    choose(&mut window, ExportScope::Listed, None);
    assert!(command(&window).contains("--where 'not has:label(own)'"), "{}", command(&window));
    ask(&mut window, Action::SetDialog(None));

    press(&mut window, "j e");
    assert!(project(&window).log().last_seq() > 0);
    assert_eq!(window.state().view().rows.len(), listed, "a label does not ask again");
    choose(&mut window, ExportScope::Listed, None);
    assert!(command(&window).contains("--traces traces.txt"), "{}", command(&window));
    ask(&mut window, Action::WriteExport(home.path("listed.jsonl")));
    assert_eq!(fs::read_to_string(home.path("listed.jsonl")).unwrap().lines().count(), listed);
    let manifest = read(&home.path("listed.jsonl.manifest.json"));
    assert_eq!((manifest["picked"].as_array().unwrap().len(), &manifest["selection"]), (listed, &Value::Null));
}

#[test]
fn labels_of_others_are_not_shown_to_the_blind() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Shift+I");
    choose(&mut window, ExportScope::All, Some(LabelSource::Imported(None)));
    let result = window.state().export_model().unwrap().result;
    assert!(result.hidden.is_some() && result.sample.is_empty() && result.groups.is_empty() && result.left_out > 0);
    window.get_by_label("Labels of others are written, not shown while you judge blind");
    ask(&mut window, Action::Export(ExportRequest::List(Rule::NoLabels)));
    assert!(notices(&window).contains("judge blind") && window.state().view().only.is_none());
    choose(&mut window, ExportScope::All, Some(LabelSource::Own(Some("ada".into()))));
    assert_eq!(window.state().export_model().unwrap().result.hidden, None);
    // Under another name they are one's own all the same, those of others are not.
    let draft = |window: &Window| match &window.state().view().dialog {
        Some(DialogState::Export(draft)) => draft.clone(),
        _ => panic!("no export dialog"),
    };
    let mut named = draft(&window);
    (named.pseudonyms, named.key) = (true, "a key".into());
    ask(&mut window, Action::SetDialog(Some(DialogState::Export(named.clone()))));
    assert_eq!(window.state().export_model().unwrap().result.hidden, None);
    named.labels = Some(LabelSource::Imported(None));
    ask(&mut window, Action::SetDialog(Some(DialogState::Export(named))));
    assert!(window.state().export_model().unwrap().result.hidden.is_some());
}

#[test]
fn an_answer_that_comes_late_leaves_other_dialogs_open() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+E");
    ask(&mut window, Action::SetDialog(Some(DialogState::QueryHelp)));
    ask(&mut window, Action::WriteExport(home.path("late.jsonl")));
    assert_eq!(window.state().view().dialog, Some(DialogState::QueryHelp));
    assert!(!home.path("late.jsonl").exists());
}
