//! The window with a real scoring worker: it is slow, dies, or never answers, and labelling goes on.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable as _;
use stepscope::Startup;
use stepscope::command::{Action, Command};
use stepscope_core::annotation::{AnnotationLog, NewStep, Reshape, overlaid};
use stepscope_core::model::FixedClock;
use stepscope_core::scoring::Launch;

use crate::shared::wait::{wait_for, wait_until};
use crate::shared::window::{
    Home, PATIENCE, Window, ask, frames, notices, open, press, press_one, project, said, settle,
};
use crate::support::{PROGRAM, workspace};

const FAKE: &str = "fake";

/// Started with the sample data and the program itself as worker, which behaves as told.
fn startup(home: &Home, fake: &str) -> Startup {
    let args = vec![OsString::from("worker"), format!("--fake={fake}").into()];
    Startup { worker: Launch { program: PROGRAM.into(), args }, ..home.startup("traces") }
}

/// The window with a model chosen; the fake does not look into its folder.
fn open_with(home: &Home, fake: &str) -> Window {
    let mut window = open(startup(home, fake));
    let model = home.path("model");
    std::fs::create_dir_all(&model).unwrap();
    std::fs::write(model.join("config.json"), "{}").unwrap();
    ask(&mut window, Action::UseModel(model));
    window
}

fn scored(window: &Window) -> usize {
    project(window).scores().count(FAKE)
}

/// Steps of the sample data.
fn steps(window: &Window) -> usize {
    let store = project(window).store();
    (0..u32::try_from(store.len()).unwrap()).map(|row| store.step_hashes(row).len()).sum()
}

/// The processes that this window started, told from those of other tests by the folder they are given.
#[cfg(target_os = "linux")]
fn workers(home: &Home) -> Vec<String> {
    let cache = home.path("user").to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_ours = |pid: &String| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&cache)
    };
    processes.filter(|name| name.parse::<u32>().is_ok()).filter(is_ours).collect()
}

#[test]
fn all_traces_are_scored() {
    let home = Home::new();
    let mut window = open_with(&home, "prompt");
    press(&mut window, "Shift+M");
    assert_eq!(scored(&window), steps(&window), "{}", notices(&window));
    assert!(notices(&window).contains("Scored"), "{}", notices(&window));
    drop(window);
    let window = open(startup(&home, "prompt"));
    assert_eq!(scored(&window), steps(&window), "kept in the project");
}

#[test]
fn steps_are_scored_as_the_annotator_made_them() {
    let home = Home::new();
    let window = open_with(&home, "prompt");
    let (store, log) = (project(&window).store().clone(), project(&window).log());
    let (folder, annotator) = (project(&window).dir().annotations(), log.annotator().clone());
    drop(window);
    let trace = store.trace(0).unwrap();
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) = AnnotationLog::open(&folder, &annotator, clock, Arc::new(|| {})).unwrap();
    let at = trace.steps[0].text.char_indices().nth(5).unwrap().0;
    let changes = Reshape::new(&trace, None, log.last_seq()).split(0, at).unwrap();
    log.commit(changes).unwrap();
    let said = log.snapshot();
    let written = NewStep { text: "so it is five".into(), ..NewStep::default() };
    let reshape = Reshape::new(&trace, said.trace(&trace.id), log.last_seq());
    let (changes, _) = reshape.continue_after(Some(1), vec![written]).unwrap();
    log.commit(changes).unwrap();
    log.flush().unwrap();
    let made = overlaid(&trace, log.annotations().trace(&trace.id).unwrap()).unwrap();
    drop(log);
    assert_eq!(made.steps.len(), trace.steps.len() + 2);

    let mut window = open(startup(&home, "prompt"));
    press(&mut window, "Shift+M");
    assert_eq!(scored(&window), steps(&window) + 2, "{}", notices(&window));
    for key in made.score_keys() {
        assert!(project(&window).scores().get(FAKE, &key).is_some(), "{key}");
    }
    press(&mut window, "Shift+M");
    assert_eq!(scored(&window), steps(&window) + 2, "nothing is scored twice");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_worker_costs_nothing_but_time() {
    let home = Home::new();
    let mut window = open_with(&home, "slow:30");
    press(&mut window, "a");
    press_one(&mut window, "Shift+M");
    wait_until(&mut window, "some traces are scored", PATIENCE, |window| scored(window) > 10);
    for worker in workers(&home) {
        assert!(std::process::Command::new("kill").args(["-9", &worker]).status().unwrap().success());
    }
    wait_until(&mut window, "the loss is told", PATIENCE, |window| notices(window).contains("Scoring stopped"));
    let before = scored(&window);
    assert!(before > 10 && before < steps(&window), "{before} scores are kept");
    settle(&mut window);
    press(&mut window, "l e");
    assert_eq!(said(&window), "row 0: all correct, open\nrow 1: first error 1, open");
    press(&mut window, "Shift+M");
    assert_eq!(scored(&window), steps(&window), "{}", notices(&window));
}

#[test]
fn a_worker_that_dies_by_itself_is_told_of() {
    for fake in ["exit-after:3", "abort-after:3"] {
        let home = Home::new();
        let mut window = open_with(&home, fake);
        press_one(&mut window, "Shift+M");
        wait_until(&mut window, "the loss is told", PATIENCE, |window| notices(window).contains("Scoring stopped"));
        settle(&mut window);
        let kept = scored(&window);
        assert!(kept >= 3 && kept < steps(&window), "{fake}: {kept}");
        press(&mut window, "a");
        drop(window);
        let mut window = open(startup(&home, "prompt"));
        assert_eq!((scored(&window), said(&window).as_str()), (kept, "row 0: all correct, open"), "{fake}");
        press(&mut window, "Shift+M");
        assert_eq!(scored(&window), steps(&window), "{fake}: {}", notices(&window));
    }
}

/// Settings that name the program itself as workers, which behave so.
fn settings(home: &Home, fakes: &[&str]) {
    let worker = |fake: &&str| format!("[[worker]]\nname = \"{fake}\"\ncommand = \"stepscope worker --fake={fake}\"\n");
    let folder = home.path("user/config");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("settings.toml"), fakes.iter().map(worker).collect::<String>()).unwrap();
}

#[test]
fn another_worker_takes_over() {
    let home = Home::new();
    settings(&home, &["slow:40", "abort-after:2", "slow:30"]);
    let mut window = open_with(&home, "prompt");
    press_one(&mut window, "Shift+M");
    wait_until(&mut window, "the loss is told", PATIENCE, |window| {
        notices(window).contains("A scoring worker is lost")
    });
    assert!(notices(&window).contains("2 others go on with its traces. abort-after:2: "), "{}", notices(&window));
    settle(&mut window);
    assert_eq!(scored(&window), steps(&window), "{}", notices(&window));
}

#[test]
fn scoring_waits_and_goes_on() {
    let home = Home::new();
    let mut window = open_with(&home, "slow:20");
    press_one(&mut window, "Shift+M");
    wait_until(&mut window, "some traces are scored", PATIENCE, |window| scored(window) > 3);
    assert!(
        window.query_by_label_contains("fake (correctness) · this computer, CPU").is_some(),
        "it is said who scores"
    );
    press_one(&mut window, "Shift+P");
    wait_until(&mut window, "it pauses", PATIENCE, |window| window.query_by_label_contains("paused").is_some());
    press_one(&mut window, "a");
    window.get_by_label("Resume").click();
    settle(&mut window);
    assert_eq!(scored(&window), steps(&window), "{}", notices(&window));
}

#[test]
fn without_a_choice_a_scorer_that_comes_along_is_used() {
    let home = Home::new();
    let mut window = open(startup(&home, "prompt"));
    press(&mut window, "m");
    assert!(scored(&window) > 0, "{}", notices(&window));
}

#[test]
fn a_worker_that_never_answers_stops_nothing() {
    let home = Home::new();
    let mut window = open_with(&home, "stall");
    press_one(&mut window, "Shift+M");
    frames(&mut window, 2);
    assert!(!window.state().is_idle());
    let begun = Instant::now();
    for _ in 0..20 {
        press_one(&mut window, "l");
        press_one(&mut window, "a");
    }
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?} for 80 frames");
    assert_eq!(said(&window).lines().count(), 20);
    wait_until(&mut window, "labels are saved", PATIENCE, |window| {
        let log = project(window).log();
        log.saved_seq() == log.last_seq()
    });
    assert!(!window.state().is_idle(), "it still stalls");
    window.state_mut().request(Action::Run(Command::StopScoring));
    wait_until(&mut window, "scoring has stopped", Duration::from_secs(10), |window| window.state().is_idle());
    assert!(notices(&window).contains("Scoring stopped"), "{}", notices(&window));
    #[cfg(target_os = "linux")]
    wait_for("the worker is gone", PATIENCE, || workers(&home).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn no_worker_outlives_the_window() {
    let home = Home::new();
    let mut window = open_with(&home, "stall");
    press_one(&mut window, "Shift+M");
    wait_until(&mut window, "the worker runs", PATIENCE, |_| !workers(&home).is_empty());
    let begun = Instant::now();
    drop(window);
    assert!(begun.elapsed() < Duration::from_secs(5), "closing took {:?}", begun.elapsed());
    wait_for("the worker is gone", PATIENCE, || workers(&home).is_empty());
}

#[test]
fn a_worker_that_cannot_be_started_is_told_of() {
    let home = Home::new();
    let worker = Launch { program: "no-such-program".into(), args: Vec::new() };
    let mut window = open_with(&home, "prompt");
    drop(window);
    window = open(Startup { worker, ..home.startup("traces") });
    press_one(&mut window, "m");
    wait_until(&mut window, "it is told", PATIENCE, |window| notices(window).contains("no-such-program"));
    settle(&mut window);
    press(&mut window, "a");
    assert_eq!(said(&window), "row 0: all correct, open");
}

#[test]
fn a_real_model_scores_the_open_trace() {
    let home = Home::new();
    let worker = Launch { program: PROGRAM.into(), args: vec!["worker".into()] };
    // Short enough for a model that reads 256 tokens.
    let trace = r#"{"problem": "1+1?", "steps": ["One and one.", "That is 2."]}"#;
    std::fs::write(home.path("short.jsonl"), format!("{trace}\n{}", trace.replace('2', "3"))).unwrap();
    let mut window = open(Startup { worker, ..home.startup("short.jsonl") });
    ask(&mut window, Action::UseModel(workspace().join("core/tests-data/scoring/qwen2_prm")));
    press(&mut window, "m");
    let open = window.state().view().open.as_ref().unwrap();
    let book = project(&window).scores();
    let scorers = book.scorers();
    assert_eq!(scorers.len(), 1, "{}", notices(&window));
    for step in &open.trace.steps {
        let score = book.get(&scorers[0].name, &step.hash);
        let score = score.unwrap_or_else(|| panic!("{}", notices(&window)));
        assert!((0.0..=1.0).contains(&score), "{score}");
    }
    let others: usize = scorers.iter().map(|scorer| book.count(&scorer.name)).sum();
    assert_eq!(others, open.trace.steps.len(), "only what was asked for");
}
