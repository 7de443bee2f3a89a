//! What stands beside the open trace: reference and other attempts, links by keys and by drag, differences, where two
//! part; and the look: themes, density, panels.

use std::fs;

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{Event, PointerButton, Pos2, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepscope::Startup;
use stepscope::app::App;
use stepscope::command::{Action, Command};
use stepscope::state::Settings;
use stepscope::state::beside::{BesideRequest, BesideWhat};
use stepscope::state::look::{Density, ThemeChoice};
use stepscope_core::model::{Label, LabelKind};

use crate::pictures::picture;
use crate::published::data;
use crate::support::raster::Raster;
use crate::support::window::{
    Home, Window, ask, frames, notices, open, press, project, said, settle, shown, type_text,
};

/// Shows the trace of that name.
fn show(window: &mut Window, name: &str) {
    let row = project(window).store().find(name).unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(window, Action::ShowTrace(position));
    assert_eq!(shown(window), name);
}

/// The links that the annotator made in the open trace: number of the step, what it is linked to.
fn links(window: &Window) -> Vec<(usize, String)> {
    let open = window.state().view().open.as_ref().unwrap();
    let Some(said) = project(window).said(&open.trace.id) else { return Vec::new() };
    let mut links = Vec::new();
    for (number, step) in (1..).zip(&open.trace.steps) {
        let Some(of_step) = said.steps.get(&step.hash) else { continue };
        for label in of_step.labels.of_kind(LabelKind::Link) {
            if let Label::Link(link) = label {
                links.push((number, link.to.clone()));
            }
        }
    }
    links
}

/// The name of what stands beside, and the number of the step selected there.
fn beside(window: &Window) -> (String, usize) {
    let beside = &window.state().view().beside;
    (beside.side.as_ref().map(|side| side.title.clone()).unwrap_or_default(), beside.at + 1)
}

fn sees(window: &Window, text: &str) -> bool {
    window
        .query_all_by(|node| {
            node.value().is_some_and(|value| value.contains(text))
                || node.label().is_some_and(|label| label.contains(text))
        })
        .next()
        .is_some()
}

#[test]
fn another_attempt_stands_beside_and_steps_are_linked() {
    let home = Home::new();
    let mut window = home.open_sample();
    show(&mut window, "word-01-small");
    press(&mut window, "F8");
    let (title, _) = beside(&window);
    assert!(title.starts_with("word-01-"), "another attempt at the same problem: {title}");
    assert!(sees(&window, "correspond"), "how many steps correspond is said");
    // The side follows: its selected step is the one that corresponds.
    press(&mut window, "j");
    let guess = window.state().view().beside.side.as_ref().unwrap().guess.clone();
    assert!(!guess.is_empty(), "some steps correspond by their words");
    picture(&mut window, "beside-attempt");

    press(&mut window, "Home Shift+X");
    let made = links(&window);
    assert_eq!(made.len(), 1, "{made:?}");
    assert!(made[0].1.contains(' '), "a step of another trace is named by the identities of both: {made:?}");
    assert!(sees(&window, "↔ 1"), "the link is marked on the card");
    press(&mut window, "Shift+X");
    assert_eq!(links(&window), [], "again takes it away");
    press(&mut window, "u");
    assert_eq!(links(&window), made, "undone like any label");

    press(&mut window, "Shift+ArrowDown j Shift+ArrowDown Shift+X");
    assert_eq!(links(&window).len(), 2, "the step selected beside is the one linked");
    press(&mut window, "Backslash");
    assert!(window.state().view().beside.diff);
    picture(&mut window, "beside-differences");
    press(&mut window, "F8");
    assert!(!window.state().view().beside.shown);
    press(&mut window, "Shift+X");
    assert!(notices(&window).contains("Nothing stands beside"), "{}", notices(&window));
}

#[test]
fn a_step_is_linked_by_dragging_its_number() {
    let home = Home::new();
    let mut window = home.open_sample();
    show(&mut window, "word-01-small");
    press(&mut window, "F8");
    let from = window.get_by_label("Drag step 2 onto the step it corresponds to").rect().center();
    let to = window
        .get_by(|node| node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with("Step 3")));
    let to = to.rect().center();
    let button = |pos: Pos2, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: eframe::egui::Modifiers::NONE,
    };
    for event in [Event::PointerMoved(from), button(from, true), Event::PointerMoved(from + (to - from) / 2.0)] {
        window.input_mut().events.push(event);
        window.step();
    }
    window.input_mut().events.push(Event::PointerMoved(to));
    frames(&mut window, 2);
    picture(&mut window, "beside-dragging");
    window.input_mut().events.push(button(to, false));
    settle(&mut window);
    let made = links(&window);
    assert_eq!(made.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3], "{made:?}");
}

#[test]
fn a_reference_solution_stands_beside_unless_judged_blind() {
    let home = Home::new();
    let solution = "There are 3 boxes with 4 apples each.\n\\[\n3 \\cdot 4 = 12\n\\]\nSo there are 12 apples.";
    let steps = ["Three boxes hold 4 apples each.", "That makes 3 + 4 = 7.", "So there are 7 apples."];
    let row = serde_json::json!({
        "id": "boxes", "problem": "How many apples?", "steps": steps,
        "ground_truth_solution": solution, "ground_truth_answer": "12",
    });
    fs::write(home.path("reference.jsonl"), format!("{row}\n")).unwrap();
    let mut window = open(home.startup("reference.jsonl"));
    press(&mut window, "F8");
    assert_eq!(beside(&window), ("Reference solution".to_owned(), 1));
    let side = window.state().view().beside.side.clone().unwrap();
    let numbers: Vec<&str> = side.steps.iter().map(|step| step.number.as_str()).collect();
    assert_eq!(numbers, ["1", "2", "5"], "a displayed formula is one step, and numbers are those of lines");
    assert!(side.guess.contains(&(2, 2)), "the last ones correspond: {:?}", side.guess);
    picture(&mut window, "beside-reference");
    press(&mut window, "j Shift+X");
    assert_eq!(links(&window), [(2, "2".to_owned())], "as the chooser of labels links them");

    press(&mut window, "Shift+I");
    assert!(sees(&window, "hidden until you have judged"));
    assert!(!sees(&window, "So there are 12 apples."), "blind is blind");
    press(&mut window, "Shift+X");
    assert_eq!(links(&window).len(), 1, "nothing is linked to what is not seen");
    press(&mut window, "e");
    assert!(sees(&window, "So there are 12 apples."), "once judged, it is shown: {}", said(&window));
}

#[test]
fn two_rollouts_are_shown_from_where_they_part() {
    let home = Home::new();
    let rollout = |id: &str, rest: [&str; 2]| {
        let steps = ["Let x be the number.", "Then 2x = 10.", rest[0], rest[1]];
        serde_json::json!({ "id": id, "problem": "Twice a number is 10. Which?", "steps": steps, "label": -1 })
    };
    let rows = [rollout("r1", ["So x = 5.", "The answer is 5."]), rollout("r2", ["So x = 20.", "The answer is 20."])];
    fs::write(home.path("rollouts.json"), serde_json::Value::from(rows.to_vec()).to_string()).unwrap();
    let mut window = open(home.startup("rollouts.json"));
    press(&mut window, "F8");
    assert_eq!(beside(&window).0, "r2");
    assert!(sees(&window, "The first 2 steps are the same"));
    assert!(!sees(&window, "Beside, step 1"), "what both have is one line");
    press(&mut window, "Shift+U");
    assert_eq!(window.state().view().open.as_ref().unwrap().at, 2, "the first step at which they differ");
    assert_eq!(beside(&window).1, 3);
    press(&mut window, "Backslash");
    picture(&mut window, "beside-parting");
    ask(&mut window, Action::Beside(BesideRequest::Unfold));
    assert!(sees(&window, "Beside, step 1"));
    // The next trace has the other one beside it.
    press(&mut window, "l");
    assert_eq!((shown(&window), beside(&window).0), ("r2".to_owned(), "r1".to_owned()));
}

#[test]
fn any_trace_is_found_by_name() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Shift+F8");
    type_text(&mut window, "word-09");
    settle(&mut window);
    picture(&mut window, "beside-choose");
    press(&mut window, "ArrowDown Enter");
    let (title, _) = beside(&window);
    assert!(title.starts_with("word-09"), "{title}");
    let row = match window.state().view().beside.side.as_ref().unwrap().what {
        BesideWhat::Trace(row) => row,
        BesideWhat::Solution => panic!("a trace was chosen"),
    };
    assert_eq!(
        project(&window).store().summary(row).unwrap().source_id.unwrap_or_default(),
        title.split(" · ").next().unwrap()
    );
    press(&mut window, "Shift+F8");
    type_text(&mut window, "no such trace");
    assert!(sees(&window, "No trace has such a name"));
    press(&mut window, "Escape");
    assert_eq!(beside(&window).0, title, "Escape leaves all as it is");
}

fn settings(home: &Home) -> Settings {
    Settings::load(&home.startup("traces").folders.settings()).unwrap()
}

#[test]
fn the_theme_follows_the_system_until_one_is_chosen() {
    let home = Home::new();
    let mut window = home.open_sample();
    // The harness chooses a theme of its own at first.
    ask(&mut window, Action::Run(Command::SystemTheme));
    assert_eq!(window.ctx.theme(), Theme::Dark, "where the system says nothing");
    window.input_mut().system_theme = Some(Theme::Light);
    frames(&mut window, 2);
    assert_eq!(window.ctx.theme(), Theme::Light, "the system has changed");
    press(&mut window, "Ctrl+T");
    assert_eq!((window.ctx.theme(), settings(&home).theme), (Theme::Dark, ThemeChoice::Dark));
    ask(&mut window, Action::Run(Command::SystemTheme));
    assert_eq!((window.ctx.theme(), settings(&home).theme), (Theme::Light, ThemeChoice::System));

    let file = home.startup("traces").folders.settings();
    for (text, expected) in
        [("dark = true", ThemeChoice::Dark), ("dark = false", ThemeChoice::Light), ("", ThemeChoice::System)]
    {
        fs::write(&file, text).unwrap();
        assert_eq!(settings(&home).theme, expected, "settings of an earlier version: {text}");
    }
}

#[test]
fn density_and_panels_are_remembered() {
    let home = Home::new();
    let mut window = home.open_sample();
    let usual = window.ctx.global_style().spacing.clone();
    press(&mut window, "F4");
    assert!(window.ctx.global_style().spacing.item_spacing.y > usual.item_spacing.y, "airy");
    picture(&mut window, "look-airy");
    press(&mut window, "F4");
    assert!(window.ctx.global_style().spacing.item_spacing.y < usual.item_spacing.y, "compact");
    picture(&mut window, "look-compact");
    assert_eq!(settings(&home).density, Density::Compact);
    assert!(settings(&home).panels.is_untouched(), "nothing was dragged");

    // The edge between table and steps.
    let edge = |window: &Window| window.get_by_label("Columns").rect().right() + 8.0;
    let before = edge(&window);
    let y = 400.0;
    let button = |x: f32, pressed| Event::PointerButton {
        pos: Pos2::new(x, y),
        button: PointerButton::Primary,
        pressed,
        modifiers: eframe::egui::Modifiers::NONE,
    };
    let moves = [
        Event::PointerMoved(Pos2::new(before, y)),
        button(before, true),
        Event::PointerMoved(Pos2::new(before + 40.0, y)),
        Event::PointerMoved(Pos2::new(before + 80.0, y)),
        button(before + 80.0, false),
    ];
    for event in moves {
        window.input_mut().events.push(event);
        window.step();
    }
    settle(&mut window);
    let dragged = edge(&window);
    assert!((dragged - before - 80.0).abs() < 12.0, "{before} {dragged}");
    press(&mut window, "F10");
    drop(window);

    let window = open(home.startup("traces"));
    assert!((edge(&window) - dragged).abs() < 3.0, "{} {dragged}", edge(&window));
    assert!(!window.state().view().rows.is_empty() && !settings(&home).show_inspector);
}

#[test]
fn the_middle_says_how_to_begin_and_what_went_wrong() {
    let home = Home::new();
    fs::write(home.path("broken.json"), "[[[").unwrap();
    let mut window = open(home.startup("broken.json"));
    press(&mut window, "Escape");
    assert!(sees(&window, "broken.json could not be opened"), "{}", notices(&window));
    picture(&mut window, "empty-broken");

    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "xyzzy");
    press(&mut window, "Enter");
    assert!(sees(&window, "None of 66 traces fits “xyzzy”"));
    press(&mut window, "F4");
    picture(&mut window, "empty-filter");
    window.get_by_label("Clear the filter").click();
    settle(&mut window);
    assert_eq!(window.state().view().rows.len(), 66);

    let nothing = Startup { paths: vec![home.path("gone.json")], ..home.startup("traces") };
    let mut window = open(nothing);
    press(&mut window, "Escape");
    picture(&mut window, "empty-gone");
    assert!(sees(&window, "gone.json could not be opened"), "{}", notices(&window));
    window
        .get_by(|node| {
            node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with("Open sample data"))
        })
        .click();
    settle(&mut window);
    assert!(!window.state().view().rows.is_empty(), "{}", notices(&window));
}

#[test]
fn menus_show_what_is_on() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "F9");
    window.get_by_label("View").click();
    frames(&mut window, 3);
    let is_on = |window: &Window, name: &str| {
        let entry = window.get_by(|node| node.role() == Role::CheckBox && node.label().as_deref() == Some(name));
        entry.accesskit_node().toggled() == Some(Toggled::True)
    };
    picture(&mut window, "look-menu");
    assert!(!is_on(&window, "Table of traces") && is_on(&window, "Inspector") && is_on(&window, "Score curve"));
}

#[test]
fn pictures_are_crisp_at_two_sizes() {
    let home = Home::new();
    let startup = home.startup("traces");
    // As many points as in the other pictures, each of two by two pixels.
    let sharp = Harness::builder().with_size([1280.0, 800.0]).with_pixels_per_point(2.0).renderer(Raster::default());
    let mut window = sharp.build_eframe(|cc| App::new(cc, startup));
    settle(&mut window);
    show(&mut window, "word-03-small");
    press(&mut window, "F8 j j Backslash");
    let large = picture(&mut window, "beside-hidpi");
    assert_eq!(large.dimensions(), (2560, 1600));
    // Sharp type has pixels that differ from the one before; enlarged type has pairs that are the same.
    let odd = |image: &image::RgbaImage| {
        let differs = |x: u32, y: u32| image.get_pixel(x, y) != image.get_pixel(x + 1, y);
        (200..1400).flat_map(|y| (900..1900).map(move |x| (x / 2 * 2, y))).filter(|&(x, y)| differs(x, y)).count()
    };
    assert!(odd(&large) > 2000, "{}", odd(&large));
    press(&mut window, "Ctrl+T");
    picture(&mut window, "beside-hidpi-light");
}

#[test]
fn a_published_trace_stands_beside_the_one_it_was_made_from() {
    let Some(data) = data() else { return };
    let home = Home::new();
    let file = "prmbench/mr_eval/tasks/prmtest_classified/data/prm800k_test_p1_4o_step_contradiction.jsonl";
    fs::copy(data.join(file), home.path("contradictions.jsonl")).unwrap();
    let mut window = open(home.startup("contradictions.jsonl"));
    press(&mut window, "F8");
    let (mut shown_traces, mut linked, mut steps) = (0, 0, 0);
    for _ in 0..12 {
        let open = window.state().view().open.as_ref().unwrap();
        let (name, count) = (shown(&window), open.path.len());
        if !name.ends_with("#original") {
            let side = window.state().view().beside.side.clone().unwrap();
            assert!(side.title.ends_with("#original"), "{name}: {}", side.title);
            assert!(side.is_reference, "it gives the errors away");
            shown_traces += 1;
            linked += side.guess.len();
            steps += count.min(side.steps.len());
        }
        press(&mut window, "l");
    }
    assert!(shown_traces >= 5, "{shown_traces}");
    assert!(linked * 10 >= steps * 9, "{linked} of {steps} steps correspond, as most were left as they were");
    ask(&mut window, Action::ShowTrace(0));
    press(&mut window, "Backslash Shift+U");
    picture(&mut window, "beside-published");
}
