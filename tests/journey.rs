//! What a user does with the window, from opening files to training data, by keyboard, through the real app.

use std::fs;
use std::path::Path;

use eframe::egui::Role;
use egui_kittest::kittest::Queryable as _;
use stepscope::Startup;
use stepscope::command::{Action, Command};
use stepscope::state::import_draft::{ImportDraft, ReadWay};
use stepscope::state::{DialogState, ExportDraft};
use stepscope::view_model::import::ImportModel;
use stepscope::view_model::report::ReportModel;
use stepscope_core::export::format_by_name;
use stepscope_core::model::ScoreKind;
use stepscope_core::query::SortKey;
use stepscope_core::scoring::ScorerInfo;

use crate::support::wait::wait_until;
use crate::support::window::{
    Home, PATIENCE, Window, ask, close, drop_file, frames, notices, open, press, press_one, project, said, settle,
    shown, type_text,
};

const TRACES: usize = 66;

fn listed(window: &Window) -> usize {
    window.state().view().rows.len()
}

fn selected(window: &Window) -> usize {
    window.state().view().open.as_ref().unwrap().at
}

/// Shows the trace that its source calls so.
fn go_to(window: &mut Window, name: &str) {
    let row = project(window).store().find(name).unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(window, Action::ShowTrace(position));
}

/// The five traces that several journeys label, with keys only.
fn label_five(window: &mut Window) {
    press(window, "j e Space a Space 1 j 3 j 2 j 4 Space d n j e");
    press(window, "Shift+C");
    type_text(window, "look again: is -5 right?");
    press(window, "Escape");
}

const FIVE: &str = "row 0: first error 2, done
row 1: all correct, done
row 2: step 1 good, step 2 bad, step 3 neutral, step 4 unsure, done
row 3: defective
row 4: first error 2, “look again: is -5 right?”, open";

#[test]
fn the_sample_opens_and_says_what_to_press() {
    let home = Home::new();
    let window = home.open_sample();
    assert_eq!((listed(&window), project(&window).store().len()), (TRACES, TRACES), "{}", notices(&window));
    assert!(project(&window).rejects().is_empty());
    assert_eq!(shown(&window), "word-01-large");
    assert!(window.query_by_label_contains("J and K move").is_some());
    assert!(window.query_by_label_contains("66 of 66 traces").is_some());
}

#[test]
fn filter_by_keyboard() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "demo-large solve");
    let found = listed(&window);
    assert!(found > 0 && found < TRACES, "{found} traces");
    for &row in &window.state().view().rows {
        let trace = project(&window).store().trace(row).unwrap();
        assert_eq!(trace.generator.as_deref(), Some("demo-large"), "{row}");
    }
    press(&mut window, "Enter");
    assert_eq!(listed(&window), found, "Enter keeps the filter");
    assert_eq!(said(&window), "", "and says nothing of a trace");
    press(&mut window, "l a");
    assert_eq!(said(&window).lines().count(), 1, "keys are commands again");
    press(&mut window, "/ Escape");
    assert_eq!(listed(&window), TRACES, "Escape clears it");
    assert_eq!(window.state().view().query.text, "");
    press(&mut window, "u");
    assert_eq!(said(&window), "", "keys are commands again");
}

#[test]
fn labels_are_there_after_closing() {
    let home = Home::new();
    let mut window = home.open_sample();
    label_five(&mut window);
    assert_eq!(said(&window), FIVE);
    press(&mut window, "a");
    assert_ne!(said(&window), FIVE);
    press(&mut window, "Ctrl+Z");
    assert_eq!(said(&window), FIVE, "undone");
    press(&mut window, "Ctrl+Y");
    press(&mut window, "Ctrl+Z");
    let before = project(&window).annotations().clone();
    drop(window);

    let mut window = home.open_sample();
    assert_eq!(*project(&window).annotations(), before);
    assert_eq!(said(&window), FIVE);
    go_to(&mut window, "word-01-large");
    window.get_by_label("Step 2, ✖ first error");
    assert!(
        window.query_by_label_contains("4 labelled").is_some()
            || window.query_by_label_contains("5 labelled").is_some()
    );
    press(&mut window, "l");
    assert_eq!(shown(&window), "word-01-small");
    window.get_by_label("✔ all correct");
    press(&mut window, "l");
    window.get_by_label_contains("Step 2, ✖ bad");
}

#[test]
fn a_first_error_takes_two_keys() {
    let home = Home::new();
    let mut window = home.open_sample();
    let before = project(&window).log().saved_seq();
    // One key selects the step, the other says it; nothing needs to be confirmed or saved.
    for key in ["j", "e"] {
        press_one(&mut window, key);
    }
    assert_eq!(project(&window).log().last_seq(), before + 1, "said at once");
    settle(&mut window);
    assert_eq!(project(&window).log().saved_seq(), before + 1);
    window.get_by_label("✔ Saved");
    let log = fs::read_to_string(project(&window).dir().annotations().join("ada.jsonl")).unwrap();
    assert!(log.contains("first_error_marked"), "{log}");
    assert_eq!(said(&window), "row 0: first error 2, open");
    press(&mut window, "e");
    assert_eq!(said(&window), "", "again takes it away");
}

#[test]
fn notes_are_typed_and_kept_with_what_they_are_about() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "c");
    type_text(&mut window, "edu 15 j");
    assert_eq!(said(&window), "", "one-letter keys do nothing while a note is typed");
    press(&mut window, "Ctrl+Enter");
    assert_eq!(said(&window), "row 0: step 1 “edu 15 j”, open", "and the key that began it is not part of it");
    press(&mut window, "j c");
    type_text(&mut window, "second");
    // Whatever moves on writes the note first, and to the step it was begun on.
    window.get_by_label_contains("Step 4").click();
    settle(&mut window);
    assert_eq!(selected(&window), 3);
    assert_eq!(said(&window), "row 0: step 1 “edu 15 j”, step 2 “second”, open");
    press(&mut window, "u u");
    assert_eq!(said(&window), "");
    assert_eq!(shown(&window), "word-01-large", "undo shows what it touched");
    ask(&mut window, Action::Run(Command::Redo));
    assert_eq!(said(&window), "row 0: step 1 “edu 15 j”, open");
}

#[test]
fn a_note_being_typed_survives_closing() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "c");
    type_text(&mut window, "half a thou");
    eframe::App::on_exit(window.state_mut(), None);
    drop(window);
    assert_eq!(said(&home.open_sample()), "row 0: step 1 “half a thou”, open");
}

#[test]
fn the_palette_finds_and_runs() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+K");
    assert!(matches!(window.state().view().dialog, Some(DialogState::Palette { .. })));
    type_text(&mut window, "all correct");
    assert_eq!(said(&window), "", "letters go to the palette only");
    press(&mut window, "Enter");
    assert_eq!(window.state().view().dialog, None);
    assert_eq!(said(&window), "row 0: all correct, open");
    press(&mut window, "Ctrl+K Escape");
    assert_eq!(window.state().view().dialog, None);
    press(&mut window, "a");
    assert_eq!(said(&window), "", "keys are commands again");
}

#[test]
fn the_sheet_of_keys_opens_and_closes() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "?");
    assert!(matches!(window.state().view().dialog, Some(DialogState::Keys(_))));
    window.get_by_label("First error here, E");
    press(&mut window, "e");
    assert_eq!(said(&window), "", "keys do nothing behind a dialog");
    press(&mut window, "Escape");
    assert_eq!(window.state().view().dialog, None);
}

#[test]
fn what_cannot_run_says_why() {
    let home = Home::new();
    let mut window = home.open_sample();
    let mut check = |keys: &str, expected: &str| {
        press(&mut window, keys);
        let notices = notices(&window);
        assert!(notices.contains(expected), "{keys}: {notices}");
    };
    check("u", "Nothing to undo");
    check("Shift+P", "No scoring is running");
    check(".", "The selected step has no alternative");
}

#[test]
fn branches_are_walked_by_keys() {
    let home = Home::new();
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    let path = |window: &Window| window.state().view().open.as_ref().unwrap().path.clone();
    assert_eq!(listed(&window), 2);
    let first = path(&window);
    // The first step with an alternative.
    let branching = |window: &Window| window.state().view().open.as_ref().unwrap().siblings().len() > 1;
    for _ in 0..first.len() {
        if branching(&window) {
            break;
        }
        press(&mut window, "j");
    }
    assert!(branching(&window));
    let (at, siblings) = (selected(&window), window.state().view().open.as_ref().unwrap().siblings().len());
    press(&mut window, ".");
    let second = path(&window);
    assert_ne!(second, first);
    assert_eq!(second[..at], first[..at], "what stands above stays");
    assert_eq!(selected(&window), at);
    press(&mut window, "e");
    assert!(said(&window).contains("first error"), "{}", said(&window));
    press(&mut window, ",");
    assert_eq!(path(&window)[at], first[at]);
    for _ in 0..siblings {
        press(&mut window, ".");
    }
    assert_eq!(path(&window)[at], first[at], "round and round");
}

#[test]
fn another_window_only_looks() {
    let home = Home::new();
    let mut first = home.open_sample();
    press(&mut first, "a");
    let mut second = home.open_sample();
    assert!(notices(&second).contains("read-only"), "{}", notices(&second));
    assert_eq!(said(&second), "row 0: all correct, open", "it shows what was saved");
    press(&mut second, "l e");
    assert!(notices(&second).contains("The project is open read-only"), "{}", notices(&second));
    assert_eq!(said(&second), "row 0: all correct, open");
    press(&mut first, "l e");
    assert_eq!(said(&first), "row 0: all correct, open\nrow 1: first error 1, open", "the first goes on");
    drop(first);
    drop(second);
    let third = home.open_sample();
    assert!(!notices(&third).contains("read-only"), "{}", notices(&third));
    assert_eq!(said(&third).lines().count(), 2);
}

#[test]
fn a_dropped_file_is_opened() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "a");
    drop_file(&mut window, &home.path("traces/5-agent.jsonl"));
    assert_eq!(listed(&window), 4, "{}", notices(&window));
    assert_eq!(project(&window).dir().path(), home.path("traces/5-agent.stepscope"));
    assert_eq!(said(&window), "", "another project has its own labels");
    drop_file(&mut window, &home.path("traces"));
    assert_eq!(said(&window), "row 0: all correct, open", "what was open before is as it was left");
    drop_file(&mut window, &home.path("traces"));
    drop_file(&mut window, &home.path("traces.stepscope"));
    assert!(!notices(&window).contains("read-only"), "the same project again: {}", notices(&window));
    press(&mut window, "l a");
    assert_eq!(said(&window).lines().count(), 2);
}

#[test]
fn a_project_folder_may_be_given() {
    let home = Home::new();
    let startup = |paths: &[&str]| Startup {
        paths: paths.iter().map(|name| home.path(name)).collect(),
        project: Some(home.path("elsewhere")),
        ..home.startup("traces")
    };
    let mut window = open(startup(&["traces/5-agent.jsonl", "traces/4-code.jsonl"]));
    assert_eq!(listed(&window), 8, "{}", notices(&window));
    assert_eq!(project(&window).dir().path(), home.path("elsewhere"));
    press(&mut window, "a");
    drop(window);
    let window = open(startup(&[]));
    assert_eq!((listed(&window), said(&window).as_str()), (8, "row 0: all correct, open"), "{}", notices(&window));
    assert!(!home.path("traces/5-agent.stepscope").exists());
}

#[test]
fn a_bad_file_is_named_and_does_no_harm() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "a");
    let mut check = |name: &str, bytes: &[u8], expected: &[&str]| {
        let path = home.path(name);
        fs::write(&path, bytes).unwrap();
        drop_file(&mut window, &path);
        let notices = notices(&window);
        for part in [name].iter().chain(expected) {
            assert!(notices.contains(part), "{name}: no `{part}` in: {notices}");
        }
        assert_eq!(listed(&window), TRACES, "{name}: what was open is open: {notices}");
        assert_eq!(said(&window), "row 0: all correct, open", "{name}");
        press(&mut window, "l h");
        assert!(!home.path(name).with_extension("stepscope").exists(), "{name}: nothing is left behind");
    };
    check("empty.jsonl", b"", &["empty"]);
    check("text.jsonl", b"no traces here\nnor here\n", &["row 1", "JSON"]);
    check("torn.json", b"[{\"problem\": \"1+1?\", \"steps\": [\"2", &["row 1"]);
    check("shape.jsonl", b"{\"colour\": \"red\"}\n", &["row 1", "colour"]);
    press(&mut window, "a");
    assert_eq!(said(&window), "", "and can be labelled");
}

/// Waits until the window has as many traces.
fn wait_for(window: &mut Window, traces: usize) {
    wait_until(window, "the files are followed", PATIENCE, |window| {
        window.state().is_idle() && window.state().project().is_some_and(|project| project.store().len() == traces)
    });
    settle(window);
}

#[test]
fn a_growing_file_is_followed_and_nothing_moves() {
    let home = Home::new();
    let path = home.path("run.jsonl");
    let row = |n: u32, text: &str| {
        format!("{{\"id\": \"t{n}\", \"problem\": \"{n}+1?\", \"steps\": [\"think\", \"{text}\", \"end\"]}}\n")
    };
    let all = |count: u32, text: &str| (0..count).map(|n| row(n, text)).collect::<String>();
    fs::write(&path, all(3, "a")).unwrap();
    let mut window = open(home.startup("run.jsonl"));
    press(&mut window, "l j e");
    assert_eq!((shown(&window).as_str(), selected(&window)), ("t1", 1));
    let append = |text: &str| {
        let mut file = fs::File::options().append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    };
    let (whole, half) = (row(3, "a"), row(4, "a"));
    let (first_half, second_half) = half.split_at(20);
    append(&(whole + first_half));
    wait_for(&mut window, 4);
    assert_eq!((shown(&window).as_str(), selected(&window), listed(&window)), ("t1", 1, 4), "{}", notices(&window));
    assert_eq!(said(&window), "row 1: first error 2, open");
    append(second_half);
    wait_for(&mut window, 5);
    assert!(project(&window).rejects().is_empty(), "the half line has become a whole one");
    assert_eq!(notices(&window).lines().filter(|line| line.contains("rejected")).count(), 0, "{}", notices(&window));

    // Cut short, then replaced by texts of other words: the label stays with the text it was about.
    fs::write(&path, all(2, "a")).unwrap();
    wait_for(&mut window, 2);
    assert_eq!((shown(&window).as_str(), said(&window).as_str()), ("t1", "row 1: first error 2, open"));
    fs::write(home.path("aside"), all(6, "b")).unwrap();
    fs::rename(home.path("aside"), &path).unwrap();
    wait_for(&mut window, 6);
    assert_eq!((shown(&window).as_str(), selected(&window)), ("t1", 1));
    assert!(notices(&window).contains("A labelled trace has another text now"), "{}", notices(&window));
    assert!(window.query_by_label_contains("text changed").is_some());
    press(&mut window, "o");
    let Some(DialogState::OldText(kept)) = &window.state().view().dialog else { panic!("no dialog is open") };
    assert_eq!(kept.trace.steps[1].text, "a");
    press(&mut window, "Escape");
    assert!(window.state().view().dialog.is_none());
}

#[test]
fn new_files_of_a_followed_folder_join() {
    let home = Home::new();
    let mut window = home.open_sample();
    fs::write(home.path("traces/8-more.jsonl"), r#"{"problem": "p", "steps": ["a"]}"#).unwrap();
    wait_for(&mut window, TRACES + 1);
    assert_eq!(listed(&window), TRACES + 1);
    press(&mut window, "Ctrl+K");
    type_text(&mut window, "follow");
    press(&mut window, "Enter");
    fs::write(home.path("traces/9-last.jsonl"), r#"{"problem": "q", "steps": ["a"]}"#).unwrap();
    wait_until(&mut window, "the user is told", PATIENCE, |window| notices(window).contains("F5"));
    assert_eq!(listed(&window), TRACES + 1, "asked for only");
}

#[test]
fn attempts_at_a_problem_are_put_together_and_taken_apart() {
    let home = Home::new();
    let row = |n: u32, end: &str, right: bool| {
        format!(
            r#"{{"id": "r{n}", "generator": "g", "problem": "1+1?", "steps": ["add", "{end}"], "final_answer_correct": {right}, "label": -1}}"#
        )
    };
    let rows = [row(0, "it is 2", true), row(1, "it is 3", false), row(2, "it is 2", true)];
    fs::write(home.path("runs.jsonl"), rows.join("\n")).unwrap();
    let mut window = open(home.startup("runs.jsonl"));
    press(&mut window, "l t");
    let tree = window.state().view().open.clone().unwrap();
    assert_eq!((tree.attempts, tree.trace.steps.len()), (Some(3), 3));
    assert!(window.query_all_by_label_contains("2 of 3 right").next().is_some());
    press(&mut window, "j e");
    assert_eq!(said(&window), "", "a tree of attempts is not labelled");
    press(&mut window, "t");
    assert_eq!((shown(&window).as_str(), window.state().view().open.as_ref().unwrap().attempts), ("r1", None));
    press(&mut window, "j e");
    assert_eq!(said(&window), "row 1: first error 2, open");
}

#[test]
fn the_import_report_accounts_for_every_row() {
    let home = Home::new();
    let good = r#"{"problem": "1+1?", "steps": ["1+1=2"]}"#;
    fs::write(home.path("x.jsonl"), format!("{good}\n{{\"problem\": 3\n{good}\n")).unwrap();
    let mut window = open(home.startup("x.jsonl"));
    let model = ReportModel::new(project(&window).report().unwrap());
    assert_eq!(model.sums[0], "3 rows = 2 traces + 1 rejected");
    assert_eq!((model.files[0].format.as_str(), model.files[0].troubled), ("steps", true));
    ask(&mut window, Action::Run(Command::ShowReport));
    assert!(window.query_by_label_contains("3 rows = 2 traces + 1 rejected").is_some());
}

#[test]
fn a_file_of_unknown_shape_is_mapped_and_known_from_then_on() {
    let home = Home::new();
    let mut window = home.open_sample();
    let row = |n: u32| {
        format!(
            "{{\"q\": {{\"text\": \"{n}+1?\"}}, \"thoughts\": [\"so it is\", \"{n}\"], \"mistake_step\": 2, \"note\": \"found in a drawer\"}}\n"
        )
    };
    fs::write(home.path("odd.jsonl"), row(1) + &row(2)).unwrap();
    drop_file(&mut window, &home.path("odd.jsonl"));
    let model = |window: &Window| {
        let Some(DialogState::Import(draft)) = &window.state().view().dialog else { panic!("no dialog is open") };
        ImportModel::new(draft, window.state().import_preview())
    };
    let shown = model(&window);
    assert!(shown.detected.starts_with("Not recognised"), "{}", shown.detected);
    assert_eq!((shown.fault.as_deref(), shown.traces.len()), (None, 2), "the guess reads it");
    assert_eq!(shown.traces[0].steps[1].1[0].text, "first error", "counted from 1, as 2 is the last step");
    // The problem is not where the guess looks first: the user points at it.
    window.get_by_role_and_label(Role::TextInput, "Problem").focus();
    settle(&mut window);
    press(&mut window, "Ctrl+A");
    type_text(&mut window, "q.text");
    assert_eq!(model(&window).traces[0].problem, "1+1?", "the preview follows");
    window.get_by_role_and_label(Role::TextInput, "Name of the mapping").focus();
    settle(&mut window);
    type_text(&mut window, "odd");
    window.get_by_role_and_label(Role::Button, "Save mapping").click();
    settle(&mut window);
    assert!(notices(&window).contains("odd.toml"), "{}", notices(&window));
    window.get_by_role_and_label(Role::Button, "Read files").click();
    settle(&mut window);
    assert_eq!(listed(&window), 2, "{}", notices(&window));
    assert_eq!(project(&window).store().summary(0).unwrap().format, "mapped");
    fs::write(home.path("odd.jsonl"), row(1) + &row(2) + &row(3)).unwrap();
    press(&mut window, "F5");
    assert_eq!(listed(&window), 3, "read again by the same mapping: {}", notices(&window));
    fs::write(home.path("more.jsonl"), row(4)).unwrap();
    drop_file(&mut window, &home.path("more.jsonl"));
    assert_eq!(listed(&window), 1, "known by its keys: {}", notices(&window));
}

#[test]
fn files_can_be_read_as_another_format() {
    let home = Home::new();
    fs::write(home.path("x.jsonl"), r#"{"id": "a", "generator": "g", "problem": "p", "steps": ["a", "b"], "final_answer_correct": false, "label": 1}"#).unwrap();
    let mut window = open(home.startup("x.jsonl"));
    let format = |window: &Window| project(window).store().summary(0).unwrap().format;
    assert_eq!(format(&window), "processbench");
    press(&mut window, "Ctrl+R");
    let Some(DialogState::Import(draft)) = window.state().view().dialog.clone() else { panic!("no dialog is open") };
    let draft = ImportDraft { way: ReadWay::Format("steps"), ..*draft };
    ask(&mut window, Action::SetDialog(Some(DialogState::Import(Box::new(draft)))));
    window.get_by_role_and_label(Role::Button, "Read files").click();
    settle(&mut window);
    assert_eq!(format(&window), "steps");
    press(&mut window, "F5");
    assert_eq!(format(&window), "steps", "the choice stays with the project");
}

#[test]
fn bad_rows_are_kept_and_the_rest_is_loaded() {
    let home = Home::new();
    let good = r#"{"problem": "1+1?", "steps": ["1+1=2", "So 2."]}"#;
    fs::write(home.path("some.jsonl"), format!("{good}\nnot JSON\n{}\n", good.replace("1+1", "2+2"))).unwrap();
    let mut window = open(home.startup("some.jsonl"));
    assert_eq!(listed(&window), 2, "{}", notices(&window));
    assert!(notices(&window).contains("1 row"), "{}", notices(&window));
    ask(&mut window, Action::Run(Command::ShowRejects));
    window.get_by_label_contains("some.jsonl, row 2");
    ask(&mut window, Action::SetDialog(None));
    let saved = home.path("rejects.jsonl");
    ask(&mut window, Action::SaveRejects(saved.clone()));
    let saved = fs::read_to_string(saved).unwrap();
    assert!(saved.contains("JSON") && saved.lines().count() == 1, "{saved}");
}

/// Opens the dialog by its key, chooses a format and writes to that file, as after the system's dialog.
fn export(window: &mut Window, format: &str, path: &Path) {
    press(window, "Ctrl+E");
    assert!(matches!(window.state().view().dialog, Some(DialogState::Export(_))));
    let draft = ExportDraft::new(format_by_name(format).unwrap());
    ask(window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
    ask(window, Action::WriteExport(path.to_owned()));
    assert_eq!(window.state().view().dialog, None);
    assert!(notices(window).contains("Exported"), "{}", notices(window));
}

#[test]
fn a_native_export_opens_as_the_same_state() {
    let home = Home::new();
    let mut window = home.open_sample();
    label_five(&mut window);
    let book = project(&window).scores().clone();
    let name = book.adopt(&ScorerInfo {
        name: "tiny".into(),
        fingerprint: "f00d".into(),
        kind: ScoreKind::Correctness,
        ..ScorerInfo::default()
    });
    for row in [0, 30] {
        let steps = project(&window).store().step_hashes(row);
        let values: Vec<_> =
            steps.into_iter().zip([0.1_f32, 0.25, 1.0 / 3.0]).map(|(step, value)| (step, value.into())).collect();
        book.append(&name, &values).unwrap();
    }
    let file = home.path("export.jsonl");
    export(&mut window, "native", &file);
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), TRACES);

    let mut again = open(home.startup("export.jsonl"));
    let (old, new) = (project(&window), project(&again));
    assert_ne!(old.dir(), new.dir());
    assert!(new.rejects().is_empty());
    assert_eq!(new.store().len(), TRACES);
    for row in 0..u32::try_from(TRACES).unwrap() {
        let (mut before, mut after) = (old.store().trace(row).unwrap(), new.store().trace(row).unwrap());
        // The place where it was read last is the one thing that may differ.
        before.source = after.source.clone();
        assert_eq!(std::mem::take(&mut after.warnings), std::mem::take(&mut before.warnings), "{row}");
        assert_eq!(after, before, "{row}");
        for step in &before.steps {
            assert_eq!(new.scores().get("tiny", &step.hash), old.scores().get("tiny", &step.hash), "{row}");
        }
    }
    assert_eq!(new.scores().count("tiny"), 6);
    assert_eq!(new.annotations(), old.annotations());
    assert_eq!(said(&again), FIVE);
    // And once more: what is exported again is the same, line by line.
    let second = home.path("second.jsonl");
    export(&mut again, "native", &second);
    assert_eq!(fs::read_to_string(second).unwrap(), fs::read_to_string(file).unwrap());
}

#[test]
fn training_files_hold_the_labels() {
    let home = Home::new();
    let mut window = home.open_sample();
    go_to(&mut window, "word-01-small");
    press(&mut window, "j j e Space a Space");
    let file = home.path("train.jsonl");
    export(&mut window, "trl-stepwise", &file);
    let rows = fs::read_to_string(&file).unwrap();
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        assert_eq!(row["completions"].as_array().unwrap().len(), row["labels"].as_array().unwrap().len(), "{row}");
    }
    assert!(rows.lines().count() >= 1, "{rows}");
    let notice = window.state().notices().shown().last().unwrap().id;
    ask(&mut window, Action::DismissNotice(notice));
    let processbench = home.path("train-bench.jsonl");
    export(&mut window, "processbench", &processbench);
    let rows = fs::read_to_string(&processbench).unwrap();
    let label = |row: &str| serde_json::from_str::<serde_json::Value>(row).unwrap()["label"].as_i64().unwrap();
    let labels: Vec<_> = rows.lines().map(label).collect();
    assert_eq!(labels, [2, -1]);
}

#[test]
fn all_correct_holds_for_the_steps_that_were_there() {
    let home = Home::new();
    let write = |steps: &str| {
        let row = format!(r#"{{"id": "run-7", "problem": "1+1?", "steps": [{steps}]}}"#);
        fs::write(home.path("run.jsonl"), row + "\n").unwrap();
    };
    write(r#""1+1=2", "So 2.""#);
    let mut window = open(home.startup("run.jsonl"));
    press(&mut window, "a");
    window.get_by_label("✔ all correct");
    drop(window);

    write(r#""1+1=2", "So 2.", "No, 3.""#);
    let mut window = open(home.startup("run.jsonl"));
    assert_eq!(said(&window), "row 0: correct up to step 2, open");
    window.get_by_label("✔ correct up to step 2");
    let file = home.path("train.jsonl");
    press(&mut window, "Ctrl+E");
    let draft = ExportDraft::new(format_by_name("trl-stepwise").unwrap());
    ask(&mut window, Action::SetDialog(Some(DialogState::Export(Box::new(draft)))));
    ask(&mut window, Action::WriteExport(file.clone()));
    let rows = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(rows, "", "a step that nobody has read is not written: {}", notices(&window));
    ask(&mut window, Action::SetDialog(None));

    press(&mut window, "a");
    assert_eq!(said(&window), "row 0: all correct, open");
    press(&mut window, "a");
    assert_eq!(said(&window), "");
    press(&mut window, "Ctrl+Z Ctrl+Z");
    assert_eq!(said(&window), "row 0: correct up to step 2, open");
}

#[test]
fn a_torn_line_is_set_aside_and_told() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "a");
    let log = project(&window).dir().annotations().join("ada.jsonl");
    drop(window);
    let mut text = fs::read_to_string(&log).unwrap();
    text.push_str("{\"v\":1,\"seq\":2,\"at\":\"20");
    fs::write(&log, text).unwrap();
    let mut window = home.open_sample();
    assert!(notices(&window).contains("cut off"), "{}", notices(&window));
    assert_eq!(said(&window), "row 0: all correct, open");
    press(&mut window, "l a");
    drop(window);
    assert_eq!(said(&home.open_sample()).lines().count(), 2);
}

#[test]
fn the_first_run_opens_the_sample_and_the_next_what_was_open_last() {
    let home = Home::new();
    let startup = || Startup { paths: Vec::new(), ..home.startup("traces") };
    let mut window = open(startup());
    assert_eq!(listed(&window), TRACES, "{}", notices(&window));
    press(&mut window, "a Ctrl+T");
    let before = said(&window);
    drop(window);
    let mut window = open(startup());
    assert_eq!(said(&window), before);
    drop_file(&mut window, &home.path("traces/5-agent.jsonl"));
    drop(window);
    assert_eq!(listed(&open(startup())), 4, "the last one");
}

#[test]
fn labels_stay_with_their_steps_when_the_file_changes() {
    let home = Home::new();
    let file = home.path("some.jsonl");
    let row =
        |n: u32| format!("{{\"problem\": \"{n}+1?\", \"steps\": [\"I add {n} and 1.\", \"It is {}.\"]}}\n", n + 1);
    fs::write(&file, row(1) + &row(2)).unwrap();
    let mut window = open(home.startup("some.jsonl"));
    press(&mut window, "l j e");
    assert_eq!(said(&window), "row 1: first error 2, open");
    fs::write(&file, row(3) + &row(2) + &row(1) + &row(4)).unwrap();
    ask(&mut window, Action::Open(vec![file]));
    assert_eq!(listed(&window), 4, "{}", notices(&window));
    press(&mut window, "l a");
    press(&mut window, "u");
    assert_eq!(said(&window), "row 1: first error 2, open", "found by its content");
    press(&mut window, "l l e");
    assert_eq!(said(&window), "row 1: first error 2, open\nrow 3: first error 1, open");
}

#[test]
fn labels_in_the_data_can_be_hidden() {
    let home = Home::new();
    let mut window = home.open_sample();
    go_to(&mut window, "word-02-small");
    let seen = |window: &Window| window.query_all_by_label_contains("human: first error").count();
    assert!(seen(&window) > 0);
    ask(&mut window, Action::Run(Command::ToggleImported));
    assert_eq!(seen(&window), 0, "nobody is led by what others said");
    assert!(window.query_by_label("answer wrong").is_none());
}

#[test]
fn columns_sort_and_the_open_trace_stays() {
    let home = Home::new();
    let mut window = home.open_sample();
    go_to(&mut window, "word-02-small");
    ask(&mut window, Action::SortBy(SortKey::Steps));
    let steps = |window: &Window| -> Vec<u32> {
        let store = project(window).store();
        window.state().view().rows.iter().map(|&row| store.summary(row).unwrap().steps).collect()
    };
    assert!(steps(&window).is_sorted());
    assert_eq!(shown(&window), "word-02-small");
    ask(&mut window, Action::SortBy(SortKey::Steps));
    assert!(steps(&window).is_sorted_by(|a, b| a >= b));
    ask(&mut window, Action::SortBy(SortKey::Steps));
    assert!(window.state().view().rows.is_sorted(), "and back to the order of the files");
}

#[test]
fn space_presses_a_focused_button_only() {
    let home = Home::new();
    let mut window = home.open_sample();
    window.get_by_label_contains("Step 2").click();
    settle(&mut window);
    press(&mut window, "Space");
    assert_eq!(said(&window), "row 0: done", "a click on a step leaves the keys to the commands");
    window.get_by_label_contains("⚑ Defective").focus();
    settle(&mut window);
    press(&mut window, "Space");
    assert_eq!(said(&window), "row 0: done\nrow 1: defective");
    press(&mut window, "Escape Space");
    assert_eq!(said(&window), "row 0: done\nrow 1: done");
}

#[test]
fn chords_leave_a_note_alone_or_finish_it() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "a c");
    type_text(&mut window, "ab");
    press(&mut window, "Ctrl+Z");
    assert_eq!(said(&window), "row 0: all correct, open", "undo belongs to the text while it is typed");
    type_text(&mut window, "c");
    let typed = window.state().view().note.as_ref().unwrap().text.clone();
    press(&mut window, "Ctrl+K");
    type_text(&mut window, "next trace");
    press(&mut window, "Enter");
    assert_eq!(shown(&window), "word-01-small");
    assert_eq!(said(&window), format!("row 0: all correct, step 1 “{typed}”, open"));
    press(&mut window, "a");
    assert_eq!(said(&window).lines().count(), 2, "keys are commands again");
}

#[test]
fn labels_that_cannot_be_saved_are_not_dropped() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j e");
    let before = said(&window);
    let log = project(&window).dir().annotations().join("ada.jsonl");
    let elsewhere = home.path("elsewhere");
    fs::rename(&log, &elsewhere).unwrap();
    // Saving fails from here on, so there is no waiting until all is saved.
    let go_on = |window: &mut Window, action| {
        window.state_mut().request(action);
        frames(window, 3);
    };
    go_on(&mut window, Action::Run(Command::MarkAllCorrect));
    let after = said(&window);
    assert_ne!(before, after);
    for action in [Action::Run(Command::Reload), Action::Open(vec![home.path("traces/1-word-problems.json")])] {
        go_on(&mut window, action);
        assert_eq!(said(&window), after, "the project stays open");
        assert!(notices(&window).contains("Labels are not saved"), "{}", notices(&window));
    }
    assert!(close(&mut window), "once the window stays");
    assert!(notices(&window).contains("close again to leave without them"), "{}", notices(&window));
    assert!(!close(&mut window), "asked again it goes");

    fs::rename(&elsewhere, &log).unwrap();
    press(&mut window, "Ctrl+S");
    assert!(notices(&window).contains("Labels are saved"), "{}", notices(&window));
    assert!(!close(&mut window), "nothing would be lost");
    drop(window);
    assert_eq!(said(&home.open_sample()), after);
}

#[test]
fn a_source_that_is_gone_leaves_its_project() {
    let home = Home::new();
    let file = home.path("some.jsonl");
    fs::write(&file, "{\"problem\": \"1+1?\", \"steps\": [\"It is 2.\"]}\n").unwrap();
    let mut window = open(home.startup("some.jsonl"));
    press(&mut window, "a");
    let before = said(&window);
    fs::remove_file(&file).unwrap();
    ask(&mut window, Action::Run(Command::Reload));
    assert_eq!((listed(&window), said(&window)), (1, before), "{}", notices(&window));
}

#[test]
fn a_project_named_once_is_found_again() {
    let home = Home::new();
    let folder = home.path("mine");
    let named = Startup { project: Some(folder.clone()), ..home.startup("traces/1-word-problems.json") };
    let mut window = open(named);
    press(&mut window, "a");
    let before = said(&window);
    drop(window);
    let window = open(Startup { paths: Vec::new(), ..home.startup("traces") });
    assert_eq!((project(&window).dir().path(), said(&window)), (folder.as_path(), before));
}
