//! Label sources side by side, their agreement and the queue of disputes, in the real window.

use std::time::Instant;

use egui_kittest::kittest::Queryable as _;
use stepscope::command::Action;
use stepscope::state::DialogState;
use stepscope::state::sources::SourcesRequest;
use stepscope_core::query::QueueOrder;

use crate::journey_work::{another_log, sees, selected, write};
use crate::pictures::picture;
use crate::support::window::{Home, Window, ask, notices, open, press, press_one, project, settle, shown, type_text};

/// Four traces of which the data and bob speak: they agree on two.
fn disputed(home: &Home) -> Window {
    write(home, "some.jsonl", &[("a", 6, Some(3)), ("b", 5, None), ("c", 5, Some(2)), ("d", 5, Some(5))]);
    another_log(home, "some", "bob", &[("a", Some(4)), ("b", None), ("c", Some(2)), ("d", None)]);
    open(home.startup("some.jsonl"))
}

fn names(window: &Window) -> Vec<String> {
    let store = project(window).store();
    let rows = window.state().view().rows.iter();
    rows.map(|&row| store.summary(row).unwrap().source_id.unwrap_or_default()).collect()
}

fn in_use(window: &Window) -> Vec<String> {
    window.state().view().sources.in_use().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// Steps in sight that are marked as disputed.
fn differing(window: &Window) -> usize {
    window.query_all_by_label_contains("sources differ").count()
}

#[test]
fn sources_stand_side_by_side_under_each_step() {
    let home = Home::new();
    let mut window = disputed(&home);
    press(&mut window, "F11");
    let sources = in_use(&window);
    assert_eq!(sources.len(), 2, "{sources:?}");
    assert_eq!(sources[0], "own:bob");
    let data = sources[1].strip_prefix("imported:").unwrap().to_owned();
    window.get_by_label("Source bob: ✖ at step 4");
    window.get_by_label(&format!("Source {data}: ✖ at step 3"));
    window.get_by_label(&format!("Step 2, bob says good, {data} says good"));
    window.get_by_label(&format!("Step 3, sources differ: bob says good, {data} says first error"));
    assert!(sees(&window, "≠ differ on 2 of 4 steps rated: 3, 4"));
    // From one difference to the next, and back.
    press(&mut window, "7");
    assert_eq!(selected(&window), 3);
    press(&mut window, "7");
    assert_eq!(selected(&window), 4);
    press(&mut window, "7");
    assert_eq!(selected(&window), 4);
    assert!(notices(&window).contains("They differ on no step after this one"), "{}", notices(&window));
    press(&mut window, "6");
    assert_eq!(selected(&window), 3);
    // What the annotator says stands among them at once.
    press(&mut window, "j e");
    window.get_by_label("Source you: ✖ at step 4");
    let log = std::fs::read_to_string(project(&window).dir().annotations().join("ada.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("\"others\""), "it is recorded what was seen: {log}");
    picture(&mut window, "sources-dark");
    press(&mut window, "F11");
    assert!(!sees(&window, "≠ differ"));
    press(&mut window, "F11");
    drop(window);
    let window = open(home.startup("some.jsonl"));
    assert!(sees(&window, "≠ differ"), "it stays when the program is started again");
}

#[test]
fn the_blind_see_no_source() {
    let home = Home::new();
    let mut window = disputed(&home);
    press(&mut window, "F11 Shift+I");
    assert!(sees(&window, "What label sources say is hidden until you have judged the trace"));
    assert!(differing(&window) == 0);
    press(&mut window, "7");
    assert_eq!(selected(&window), 1);
    assert!(notices(&window).contains("hidden until you have judged"), "{}", notices(&window));
    // Once it is judged, there is nothing to hide.
    press(&mut window, "j e Space h");
    assert_eq!(shown(&window), "a");
    assert!(differing(&window) == 3);
    press(&mut window, "Shift+I i");
    assert!(sees(&window, "Label sources are hidden with the labels in the data"));
}

#[test]
fn sources_are_chosen_in_a_dialog() {
    let home = Home::new();
    let mut window = disputed(&home);
    press(&mut window, "F11 Ctrl+F11");
    let before = in_use(&window);
    window.get_by_label(&format!("Compare {}", before[0])).click();
    settle(&mut window);
    assert_eq!(in_use(&window), [before[1].clone()]);
    press(&mut window, "Enter");
    assert_eq!(in_use(&window).len(), 2, "Enter takes the selected one in again");
    type_text(&mut window, "consensus:some");
    press(&mut window, "Enter");
    let problem = |window: &Window| match &window.state().view().dialog {
        Some(DialogState::Sources(draft)) => draft.problem.clone(),
        other => panic!("{other:?}"),
    };
    assert!(problem(&window).contains("some"), "{}", problem(&window));
    assert_eq!(in_use(&window).len(), 2);
    picture(&mut window, "sources-dialog-dark");
    let typed = format!("consensus:any-bad(own:bob, {})", before[1]);
    ask(&mut window, Action::Sources(SourcesRequest::Add("own:nobody".into())));
    assert!(problem(&window).contains("no annotator `nobody`"), "{}", problem(&window));
    ask(&mut window, Action::Sources(SourcesRequest::Add(typed.clone())));
    assert_eq!((in_use(&window).last(), problem(&window)), (Some(&typed), String::new()));
    press(&mut window, "Escape");
    window.get_by_label_contains("Source any bad of 2: ✖ at step 3");
    eframe::App::on_exit(window.state_mut(), None);
    drop(window);
    let mut window = open(home.startup("some.jsonl"));
    assert_eq!(in_use(&window).last(), Some(&typed), "they belong to the project");
    press(&mut window, "Ctrl+F11");
    window.get_by_label("The usual sources").click();
    settle(&mut window);
    assert_eq!(in_use(&window), before);
}

#[test]
fn a_cell_of_the_matrix_lists_what_two_dispute() {
    let home = Home::new();
    let mut window = disputed(&home);
    press(&mut window, "Shift+F11");
    let model = window.state().agreement_model().unwrap();
    insta::assert_yaml_snapshot!("agreement", model);
    picture(&mut window, "agreement-dark");
    window.get_by_label("First error").click();
    settle(&mut window);
    let cell = window.state().agreement_model().unwrap().cells[0][1].clone().unwrap();
    assert_eq!((cell.value.as_str(), cell.count.as_str()), ("50.0 %", "4 traces"));
    window.get_by_label(&cell.name).click();
    settle(&mut window);
    // Whether there is an error weighs more than where.
    assert_eq!(names(&window), ["d", "a"]);
    let only = window.state().view().only.clone().unwrap();
    assert!(only.ranked && only.name.starts_with("disputes between bob and "), "{}", only.name);
    assert!(!window.state().view().survey.shown);
    assert_eq!((shown(&window).as_str(), selected(&window)), ("d", 5), "the first of them, where they differ");
    window.get_by_label_contains("Step 5, sources differ: bob says good");
    // Of the listed traces only, and by keys as well.
    press(&mut window, "Shift+F11");
    let model = window.state().agreement_model().unwrap();
    assert_eq!(model.intro, "2 label sources on 2 listed traces");
    press(&mut window, "Backspace ArrowRight Enter");
    assert_eq!(names(&window), ["d", "a"]);
    press(&mut window, "Shift+F11 Backspace");
    assert_eq!(names(&window), ["a", "b", "c", "d"], "all are listed again");
    press(&mut window, "Shift+I");
    assert!(!window.state().view().survey.shown, "figures tell nothing to the blind");
}

#[test]
fn agreement_needs_two_sources() {
    let home = Home::new();
    write(&home, "some.jsonl", &[("a", 3, Some(2)), ("b", 3, None)]);
    let mut window = open(home.startup("some.jsonl"));
    press(&mut window, "Shift+F11");
    let model = window.state().agreement_model().unwrap();
    assert!(model.problem.unwrap().contains("two label sources or more"));
    assert!(sees(&window, "Ctrl+F11"), "it says what to do");
    ask(&mut window, Action::Sources(SourcesRequest::Add("scorer:nobody@0.5".into())));
    let model = window.state().agreement_model().unwrap();
    assert_eq!(model.cells[0][1].as_ref().unwrap().value, "–", "a scorer that gave nothing agrees with nobody");
}

#[test]
fn what_is_disputed_most_comes_first() {
    let home = Home::new();
    let mut window = disputed(&home);
    press(&mut window, "Shift+N");
    for _ in 0..20 {
        let Some(DialogState::Queue(draft)) = &window.state().view().dialog else { panic!("no dialog is open") };
        if draft.queue.order == QueueOrder::Disagreement {
            break;
        }
        press(&mut window, "ArrowDown");
    }
    assert!(sees(&window, "Most disputed first") && sees(&window, "Between"));
    picture(&mut window, "disputes-dialog-dark");
    press(&mut window, "Enter");
    assert_eq!(names(&window), ["d", "a", "b", "c"]);
    // Between others: the annotator and bob, who disputes what is said of the first.
    ask(&mut window, Action::ShowTrace(0));
    press(&mut window, "j j j e");
    let sources = ["own:ada", "own:bob"].map(|source| source.parse().unwrap()).to_vec();
    ask(&mut window, Action::Sources(SourcesRequest::Choose(Some(sources))));
    assert_eq!(names(&window)[0], "d", "of what two speak of, only that is disputed");
    assert!(sees(&window, "Most disputed first"), "the status line names the order");
}

/// What it costs to see sources of a long trace side by side. Prints figures, promises nothing.
#[test]
#[ignore = "a measurement"]
fn times_of_a_long_trace() {
    let home = Home::new();
    write(&home, "long.jsonl", &[("a", 5_000, Some(4_000)), ("b", 5, None)]);
    another_log(&home, "long", "bob", &[("a", Some(4_500)), ("b", None)]);
    let mut window = open(home.startup("long.jsonl"));
    let sources = ["own:ada", "own:bob", "imported:human", "consensus:majority(own:ada,own:bob,imported:human)"];
    let sources = sources.map(|source| source.parse().unwrap()).to_vec();
    ask(&mut window, Action::Sources(SourcesRequest::Choose(Some(sources))));
    let frames = |window: &mut Window| {
        let mut times: Vec<_> = (0..60).map(|_| timed(|| window.step())).collect();
        times.sort();
        (times[30], times[59])
    };
    let without = frames(&mut window);
    let first = timed(|| press(&mut window, "F11"));
    let with = frames(&mut window);
    press(&mut window, "End 6");
    assert_eq!(selected(&window), 4_500);
    let label = timed(|| press_one(&mut window, "e"));
    println!(
        "frames (p50, worst) without {without:.2?}, with {with:.2?}; shown in {first:.2?}, a label in {label:.2?}"
    );
}

fn timed(work: impl FnOnce()) -> std::time::Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
