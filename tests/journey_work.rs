//! Ways of working, by keyboard: halving, proposals, judging blind, queues, known answers, coming back, the sitting.

use std::fs;

use eframe::egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepscope::Startup;
use stepscope::command::{Action, Command};
use stepscope::state::DialogState;
use stepscope_core::annotation::{AnnotationLog, Change};
use stepscope_core::model::{AnnotatorId, FirstError, FixedClock, LabelKind};
use stepscope_core::query::QueueOrder;

use crate::support::window::{
    Home, Window, ask, frames, notices, open, press, press_one, project, said, settle, shown, type_text,
};

/// Traces with their first error, from 1, or none, as a file that names its labels and outcomes.
pub(crate) fn write(home: &Home, name: &str, traces: &[(&str, usize, Option<usize>)]) {
    let row = |(id, steps, error): &(&str, usize, Option<usize>)| {
        let texts: Vec<String> = (1..=*steps).map(|n| format!("\"{id} thought {n}\"")).collect();
        let label = error.map_or(-1, |error| i64::try_from(error).unwrap() - 1);
        format!(
            r#"{{"id": "{id}", "generator": "g", "problem": "Problem {id}?", "steps": [{}], "final_answer_correct": {}, "label": {label}}}"#,
            texts.join(", "),
            error.is_none(),
        ) + "\n"
    };
    fs::write(home.path(name), traces.iter().map(row).collect::<String>()).unwrap();
}

/// The same without labels.
fn write_plain(home: &Home, name: &str, traces: &[(&str, usize)]) {
    let row = |(id, steps): &(&str, usize)| {
        let texts: Vec<String> = (1..=*steps).map(|n| format!("\"{id} thought {n}\"")).collect();
        format!("{{\"id\": \"{id}\", \"problem\": \"Problem {id}?\", \"steps\": [{}]}}\n", texts.join(", "))
    };
    fs::write(home.path(name), traces.iter().map(row).collect::<String>()).unwrap();
}

/// Gives the project of a file that schema, and opens it again.
fn with_schema(home: &Home, name: &str, schema: &str) -> Window {
    drop(open(home.startup(&format!("{name}.jsonl"))));
    let manifest = home.path(&format!("{name}.stepscope/project.toml"));
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\n{schema}")).unwrap();
    open(home.startup(&format!("{name}.jsonl")))
}

fn log_of(window: &Window) -> Vec<serde_json::Value> {
    let log = fs::read_to_string(project(window).dir().annotations().join("ada.jsonl")).unwrap_or_default();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn last_under(window: &Window) -> serde_json::Value {
    log_of(window).last().unwrap()["under"].clone()
}

pub(crate) fn selected(window: &Window) -> usize {
    window.state().view().open.as_ref().unwrap().at + 1
}

pub(crate) fn sees(window: &Window, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

/// Answers as one who sees the first error at that step; gives the number of answers.
fn halve(window: &mut Window, error: usize) -> usize {
    for answers in 0..10 {
        if !sees(window, "Still right up to step") {
            return answers;
        }
        let key = if selected(window) < error { "g" } else { "b" };
        press(window, key);
    }
    panic!("halving does not end: {}", said(window));
}

#[test]
fn halving_finds_the_first_error_in_few_looks() {
    let home = Home::new();
    write_plain(&home, "long.jsonl", &[("a", 12), ("b", 12), ("c", 12)]);
    let mut window = open(home.startup("long.jsonl"));
    press(&mut window, "Shift+H");
    assert_eq!(selected(&window), 6);
    assert!(sees(&window, "Still right up to step 6?"));
    assert!(sees(&window, "Steps 1–12 are undecided, at most 4 looks left"));
    let looks = halve(&mut window, 9);
    assert!(looks <= 4, "{looks} looks");
    assert_eq!(said(&window), "row 0: first error 9, open");
    assert_eq!(selected(&window), 9, "what was found is shown");
    assert!(sees(&window, "First error at step 9"));
    let inspected = |window: &Window| {
        let open = window.state().view().open.as_ref().unwrap();
        let said = project(window).said(&open.trace.id);
        said.map_or(0, |said| said.steps.values().filter(|step| step.labels.has(LabelKind::Inspected)).count())
    };
    assert_eq!(inspected(&window), looks, "what follows is not stored");
    let log = log_of(&window);
    assert!(log.iter().all(|line| line["under"]["way"] == "halving"), "{log:?}");
    let gesture = &log.last().unwrap()["gesture"];
    assert_eq!(log.iter().filter(|line| line["gesture"] == *gesture).count(), 2, "the last look marks as well");
    press(&mut window, "g");
    assert_eq!(said(&window), "row 0: first error 9, open", "a key too many rates nothing");
    assert!(notices(&window).contains("Halving is done here"), "{}", notices(&window));

    // Undo steps back, answer by answer.
    press(&mut window, "u");
    assert_eq!((said(&window).as_str(), inspected(&window)), ("row 0: open", looks - 1));
    assert!(sees(&window, "Still right up to step"));
    assert_eq!(halve(&mut window, 9), 1);

    // The next trace is halved as well; one may look elsewhere, and a broken-off search goes on after a restart.
    press(&mut window, "Space");
    assert_eq!((shown(&window).as_str(), selected(&window)), ("b", 6));
    press(&mut window, "End");
    assert!(sees(&window, "Still right up to step 12?"));
    press(&mut window, "g");
    assert!(said(&window).contains("row 1: all correct"), "{}", said(&window));
    press(&mut window, "l g");
    assert_eq!((shown(&window).as_str(), selected(&window)), ("c", 9));
    eframe::App::on_exit(window.state_mut(), None);
    drop(window);
    let mut window = open(home.startup("long.jsonl"));
    assert_eq!(shown(&window), "c");
    assert!(sees(&window, "Steps 7–12 are undecided"), "{:?}", window.state().view().work);
    // The bar has buttons for the mouse.
    window.get_by_role_and_label(Role::Button, "No, an error by here 3").click();
    settle(&mut window);
    assert_eq!(inspected(&window), 2);
    press(&mut window, "u");
    press(&mut window, "Shift+H");
    assert!(!sees(&window, "undecided"));
    assert_eq!(inspected(&window), 1, "stopping takes nothing back");
    press(&mut window, "g");
    assert!(said(&window).contains("step 9 good"), "the keys rate again: {}", said(&window));
}

/// Chooses a source of proposals in the dialog.
fn verify(window: &mut Window, name: &str) {
    press(window, "Shift+Q");
    for _ in 0..20 {
        let Some(DialogState::Verify(draft)) = &window.state().view().dialog else { panic!("no dialog is open") };
        let source = draft.selected.checked_sub(1).map(|at| draft.sources[at].to_string());
        if source.is_some_and(|source| source.starts_with(name)) {
            press(window, "Enter");
            return;
        }
        press(window, "ArrowDown");
    }
    panic!("{name} cannot be chosen");
}

/// What another annotator says of traces, by their names in the file: the first error from 1, or none.
pub(crate) fn another_log(home: &Home, project_dir: &str, name: &str, says: &[(&str, Option<usize>)]) {
    let window = open(home.startup(&format!("{project_dir}.jsonl")));
    let store = project(&window).store().clone();
    drop(window);
    let folder = home.path(&format!("{project_dir}.stepscope/annotations"));
    let clock = std::sync::Arc::new(FixedClock::default());
    let annotator = AnnotatorId::new(name);
    let (mut log, _) = AnnotationLog::open(&folder, &annotator, clock, std::sync::Arc::new(|| {})).unwrap();
    for (trace, error) in says {
        let trace = store.trace(store.find(trace).unwrap()).unwrap();
        let mark = match error {
            Some(error) => FirstError::At(trace.steps[error - 1].hash.clone()),
            None => FirstError::NoneUpTo(trace.steps.last().unwrap().hash.clone()),
        };
        log.commit(vec![Change::MarkFirstError { trace: trace.id.clone(), mark: Some(mark) }]).unwrap();
    }
    log.flush().unwrap();
}

#[test]
fn proposals_are_confirmed_or_corrected_by_one_key() {
    let home = Home::new();
    write_plain(&home, "some.jsonl", &[("a", 5), ("b", 5), ("c", 5), ("d", 5)]);
    another_log(&home, "some", "bob", &[("a", Some(3)), ("b", None), ("c", Some(2))]);
    let mut window = open(home.startup("some.jsonl"));
    press(&mut window, "q");
    assert!(notices(&window).contains("No proposal is shown"), "off by default: {}", notices(&window));
    verify(&mut window, "own:bob");
    assert_eq!(selected(&window), 3, "what is proposed is shown");
    assert!(sees(&window, "bob proposes: first error at step 3"));
    window.get_by_label_contains("Step 3, ✖ proposed by bob");
    assert_eq!(said(&window), "", "a proposal is no label");
    press_one(&mut window, "q");
    settle(&mut window);
    assert_eq!(said(&window), "row 0: first error 3, done");
    assert_eq!(shown(&window), "b", "and it goes on");
    let under = last_under(&window);
    assert_eq!((under["proposed_by"].as_str(), under["way"].as_str()), (Some("own:bob"), Some("verify")));
    assert_eq!(under["saw"], serde_json::json!(["others", "proposal"]));
    let verified = |window: &Window| {
        let lines = log_of(window);
        let found = lines.iter().rev().find_map(|line| line["event"]["labelled"]["label"].get("verified").cloned());
        found.unwrap_or_default()
    };
    assert_eq!(verified(&window), serde_json::json!({"by": "own:bob", "agreed": true}));

    assert!(sees(&window, "bob proposes: all steps correct"));
    press(&mut window, "j e");
    assert_eq!(verified(&window), serde_json::json!({"by": "own:bob", "agreed": false}));
    assert!(sees(&window, "You corrected bob"));
    press(&mut window, "a");
    assert_eq!(verified(&window), serde_json::json!({"by": "own:bob", "agreed": true}), "of the mark that stands");
    press(&mut window, "u u");
    assert!(sees(&window, "bob proposes"), "undone, it is proposed again");
    press(&mut window, "j e Space");
    assert_eq!(shown(&window), "c");
    press(&mut window, "e");
    assert_eq!(verified(&window), serde_json::json!({"by": "own:bob", "agreed": true}), "the same by another key");
    press(&mut window, "Space");
    assert!(sees(&window, "Nothing is proposed for this trace"));
    press(&mut window, "Shift+Q Home ArrowUp ArrowUp ArrowUp ArrowUp Enter");
    assert!(!sees(&window, "proposed"), "and off again");
}

#[test]
fn what_others_say_is_read_again() {
    let home = Home::new();
    write_plain(&home, "some.jsonl", &[("a", 3), ("b", 3)]);
    let mut window = open(home.startup("some.jsonl"));
    assert!(project(&window).others().is_empty());
    press(&mut window, "j e");
    another_log(&home, "some", "bob", &[("a", Some(2))]);
    press(&mut window, "F5");
    let others: Vec<&str> = project(&window).others().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(others, ["bob"], "one's own log is not another's");
    // Those that bob has seen come last where one reader is enough.
    press(&mut window, "Shift+N");
    for _ in 0..10 {
        press(&mut window, "ArrowDown");
    }
    press(&mut window, "ArrowLeft Enter");
    assert_eq!(window.state().view().query.queue.order, QueueOrder::FewestReaders);
    assert_eq!(window.state().view().query.queue.readers, 1);
    assert_eq!(window.state().view().rows, [1, 0]);
    assert!(sees(&window, "Fewest readers first"), "the status line names the order");
}

#[test]
fn a_scorer_proposes_the_first_step_below_its_threshold() {
    let home = Home::new();
    let mut window = home.open_sample();
    crate::pictures::dress(&mut window);
    press(&mut window, "n");
    verify(&mut window, "scorer:example scores");
    let proposed = |window: &Window| {
        let proposal = window.state().view().work.proposal.clone().unwrap();
        (proposal.by, selected(window))
    };
    let (by, step) = proposed(&window);
    assert_eq!(by, "scorer:example scores@0.5");
    press(&mut window, "Shift+Q ArrowRight ArrowRight ArrowRight ArrowRight ArrowRight ArrowRight ArrowRight Enter");
    let (by, earlier) = proposed(&window);
    assert_eq!(by, "scorer:example scores@0.85");
    assert!(earlier <= step, "{earlier} {step}");
    let row = window.state().view().open.as_ref().unwrap().row;
    press(&mut window, "q");
    assert!(said(&window).contains(&format!("row {row}: first error {earlier}, done")), "{}", said(&window));
    assert!(last_under(&window)["saw"].as_array().unwrap().contains(&"scores".into()));
}

#[test]
fn blind_hides_what_leads_until_it_is_judged() {
    let home = Home::new();
    let mut window = home.open_sample();
    crate::pictures::dress(&mut window);
    let row = project(&window).store().find("word-03-large").unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(&mut window, Action::ShowTrace(position));
    assert!(said(&window).lines().all(|line| !line.starts_with(&format!("row {row}:"))), "not judged yet");
    let leads = ["answer wrong", "answer right", "human:", "Reference answer", "example scores", "Outcome"];
    let seen = |window: &Window| leads.into_iter().filter(|lead| sees(window, lead)).collect::<Vec<_>>();
    // Scores have two decimals; those of a trace stand in two columns.
    let numbers = |window: &Window| {
        let is_number = |text: String| text.len() == 4 && text.parse::<f64>().is_ok();
        let texts = window.query_all_by_label_contains("0.").map(|node| {
            let node = node.accesskit_node();
            node.label().or_else(|| node.value())
        });
        texts.flatten().filter(|text| is_number(text.clone())).count()
    };
    let all = seen(&window);
    assert_eq!(all, ["answer right", "human:", "example scores", "Outcome"]);
    assert!(numbers(&window) > 40, "the table is full of scores: {}", numbers(&window));
    press(&mut window, "Shift+I");
    assert_eq!(seen(&window), Vec::<&str>::new());
    assert!(numbers(&window) <= 2 * 4, "{} scores, of more than the judged traces", numbers(&window));
    assert!(sees(&window, "Blind") && sees(&window, "Hidden until you have judged"));
    let everything = serde_json::json!(["scores", "outcome", "imported"]);
    press(&mut window, "3");
    assert_eq!(last_under(&window)["saw"], everything, "what was on screen before was seen");
    press(&mut window, "u");
    ask(&mut window, Action::ShowTrace(position + 1));
    press(&mut window, "j j 3");
    assert_eq!(last_under(&window)["saw"], serde_json::Value::Null, "nothing was seen");
    press(&mut window, "e");
    let log = log_of(&window);
    assert_eq!(last_under(&window)["saw"], serde_json::Value::Null, "{:?}", &log[log.len() - 3..]);
    assert!(!seen(&window).is_empty(), "judged, it shows");
    press(&mut window, "k e");
    let saw = last_under(&window)["saw"].clone();
    assert_eq!(saw, everything, "whoever changes it has seen");
    press(&mut window, "u u");
    assert_eq!(seen(&window), Vec::<&str>::new(), "undone, it is hidden again");
    press(&mut window, "e");
    assert_eq!(last_under(&window)["saw"], saw, "but it was seen, and that is not forgotten");
    press(&mut window, "u");
    // A verdict or a score in the table leads as well.
    ask(&mut window, Action::SortBy(stepscope_core::query::SortKey::PathScore));
    assert!(numbers(&window) <= 2 * 4, "{} scores, of more than the judged traces", numbers(&window));
    drop(window);
    let window = home.open_sample();
    assert!(window.state().view().work.blind, "whoever works blind opens blind");
    assert_eq!(seen(&window), Vec::<&str>::new());
}

#[test]
fn a_project_decides_who_judges_blind() {
    let home = Home::new();
    write(&home, "data.jsonl", &[("a", 4, Some(2)), ("b", 4, None)]);
    let mut window = with_schema(&home, "data", "[labels.blind]\nannotators = [\"ada\"]\n");
    assert!(!sees(&window, "answer wrong") && sees(&window, "Blind"));
    press(&mut window, "Shift+I Shift+I");
    assert!(!sees(&window, "answer wrong"), "the annotator cannot look");
    assert!(notices(&window).contains("This project hides this trace"), "{}", notices(&window));
    press(&mut window, "a");
    assert!(sees(&window, "answer wrong"));
    drop(window);
    let bob = Startup { annotator: AnnotatorId::new("bob"), ..home.startup("data.jsonl") };
    assert!(sees(&open(bob), "answer wrong"), "bob is not blind");
}

#[test]
fn the_queue_is_chosen_by_keys_and_followed() {
    let home = Home::new();
    write(&home, "data.jsonl", &(["a", "b", "c", "d", "e", "f", "g", "h"].map(|id| (id, 3, (id < "e").then_some(1)))));
    let mut window = open(home.startup("data.jsonl"));
    let rows = |window: &Window| window.state().view().rows.clone();
    let file = rows(&window);
    press(&mut window, "Shift+N");
    window.get_by_role_and_label(Role::RadioButton, "By lot");
    assert!(sees(&window, "8 traces, 8 of them not labelled yet"));
    press(&mut window, "ArrowDown Enter");
    assert_eq!(window.state().view().query.queue.order, QueueOrder::Random);
    let drawn = rows(&window);
    assert_ne!(drawn, file);
    assert_eq!(shown(&window), "a", "the open trace stays");
    press(&mut window, "Shift+N ArrowRight Enter");
    assert_ne!(rows(&window), drawn, "another lot");
    press(&mut window, "Shift+N ArrowLeft ArrowDown ArrowDown Enter");
    let wrong = |window: &Window| -> Vec<bool> { rows(window).iter().map(|row| *row < 4).collect() };
    assert_eq!(wrong(&window), [true, false, true, false, true, false, true, false], "right and wrong in turn");
    let in_turn = rows(&window);
    let position = window.state().view().position.unwrap();
    press(&mut window, "Space");
    let next = window.state().view().open.as_ref().unwrap().row;
    assert_eq!(next, in_turn[(position + 1) % 8], "the next one is the next in this order");
    eframe::App::on_exit(window.state_mut(), None);
    drop(window);
    let window = open(home.startup("data.jsonl"));
    assert_eq!(rows(&window), in_turn, "and so it is after a restart");
    assert_eq!(window.state().view().open.as_ref().unwrap().row, next);
}

#[test]
fn the_next_trace_is_read_beforehand() {
    let home = Home::new();
    let mut window = home.open_sample();
    assert_eq!(window.state().read_ahead(), Some(1));
    press(&mut window, "l");
    assert_eq!(window.state().read_ahead(), Some(2));
    press(&mut window, "a Space");
    assert_eq!((shown(&window).as_str(), window.state().read_ahead()), ("word-01-medium", Some(3)));
}

#[test]
fn known_answers_are_told_at_once_and_look_like_any_other() {
    let home = Home::new();
    write(&home, "data.jsonl", &[("a", 6, Some(4)), ("b", 6, None), ("c", 6, Some(2))]);
    let schema = "[labels.gold]\nsource = \"imported\"\nrate = 0.5\ntell_at_once = true\n";
    let mut window = with_schema(&home, "data", schema);
    for lead in ["answer wrong", "human", "first error:"] {
        assert!(!sees(&window, lead), "{lead} gives the answer away");
    }
    press(&mut window, "j j j j e");
    assert!(
        notices(&window).contains("Known answer: first error at step 4; you said: first error at step 5"),
        "{}",
        notices(&window)
    );
    assert!(sees(&window, "answer wrong"), "judged, it shows");
    press(&mut window, "Space a");
    assert!(notices(&window).contains("You found the known answer"), "{}", notices(&window));
    press(&mut window, "Ctrl+K");
    type_text(&mut window, "this sitting");
    press(&mut window, "Enter");
    for text in ["Traces judged", "Same answer", "50 %", "0 of 1", "1 of 1"] {
        assert!(sees(&window, text), "{text}");
    }
}

#[test]
fn the_window_opens_where_it_was_left() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "demo-large");
    press(&mut window, "Enter l l j j");
    ask(&mut window, Action::SortBy(stepscope_core::query::SortKey::Steps));
    let state = |window: &Window| {
        let view = window.state().view();
        (shown(window), selected(window), view.rows.clone(), view.query.clone())
    };
    let left = state(&window);
    assert_eq!(left.1, 3);
    eframe::App::on_exit(window.state_mut(), None);
    drop(window);
    let mut window = home.open_sample();
    assert_eq!(state(&window), left);
    press(&mut window, "k F5");
    assert_eq!((shown(&window), selected(&window)), (left.0.clone(), 2), "reading again keeps the place as well");
    assert_eq!(state(&window).3, left.3);
    let log = fs::read_to_string(project(&window).dir().annotations().join("ada.jsonl")).unwrap_or_default();
    assert_eq!(log, "", "moving about is nobody's business");
    let file = project(&window).dir().path().join("places/ada.toml");
    drop(window);
    fs::write(&file, "trace = \"gone\"\n").unwrap();
    assert_eq!(shown(&home.open_sample()), "word-01-large", "a trace that is gone is no error");
    fs::write(&file, "not this").unwrap();
    let window = home.open_sample();
    assert_eq!((shown(&window).as_str(), notices(&window).contains("not")), ("word-01-large", false));
}

#[test]
fn a_mark_may_go_on() {
    let home = Home::new();
    let mut window = home.open_sample();
    ask(&mut window, Action::Run(Command::GoOn));
    press(&mut window, "j e");
    assert_eq!(said(&window), "row 0: first error 2, done");
    assert_eq!(shown(&window), "word-01-small");
    press(&mut window, "a");
    assert_eq!((said(&window).lines().count(), shown(&window).as_str()), (2, "word-01-medium"));
    press(&mut window, "u");
    assert_eq!((said(&window).as_str(), shown(&window).as_str()), ("row 0: first error 2, done", "word-01-small"));
    press(&mut window, "h e");
    assert_eq!(said(&window), "row 0: first error 1, done", "another step of a finished trace");
    assert_eq!(shown(&window), "word-01-small");
}

#[test]
fn work_is_timed_without_keystrokes_and_told_in_the_sitting() {
    let home = Home::new();
    let mut window = home.open_sample();
    // Half a minute of reading: frames go by, and nothing is pressed.
    let start = window.ctx.input(|input| input.time);
    while window.ctx.input(|input| input.time) < start + 30.0 {
        frames(&mut window, 1);
    }
    press(&mut window, "j e");
    let spent = last_under(&window)["spent_ms"].as_u64().unwrap();
    assert!((30_000..45_000).contains(&spent), "{spent} ms");
    assert!(sees(&window, "Time"));
    press(&mut window, "Space a u");
    press(&mut window, "Ctrl+K");
    type_text(&mut window, "this sitting");
    press(&mut window, "Enter");
    for text in ["Traces judged", "Steps labelled", "Undone", "No traces with known answers are mixed in"] {
        assert!(sees(&window, text), "{text}");
    }
    press(&mut window, "Escape");
    assert_eq!(window.state().view().dialog, None);
}
