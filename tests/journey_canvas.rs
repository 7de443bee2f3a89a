//! The tree as a picture: shown, walked, folded, coloured, played back and saved.

use std::fmt::Write as _;
use std::fs;

use eframe::egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepscope::command::{Action, Command};
use stepscope::state::canvas::{CanvasRequest, ColourBy};
use stepscope::view_model::canvas::look::Detail;
use stepscope::view_model::canvas::scene::{EdgeStyle, Scene};
use stepscope_core::model::StepIndex;

use crate::support::window::{Home, Window, ask, frames, notices, open, press, settle};

/// A tree as the search has it after each iteration: a fan of three, one of them given up, one the returned path.
fn search() -> String {
    let node = |id: u32, text: &str, value: f64, more: &str| {
        format!(r#""{id}": {{"id": {id}, "data": {{"text": "{text}", "value": {value}{more}}}}}"#)
    };
    let edge = |id: u32, from: u32, to: u32| {
        format!(r#""{id}": {{"id": {id}, "source": {from}, "target": {to}, "data": {{}}}}"#)
    };
    let all = [
        node(0, "What is 1 + 1?", 0.5, ""),
        node(1, "Count on fingers", 0.75, ""),
        node(2, "Ask a friend", 0.25, r#", "pruned": true"#),
        node(3, "It is 2", 1.0, r#", "terminal": true"#),
        node(4, "It is 3", 0.0, r#", "terminal": true"#),
        node(5, "Look it up", 0.3, ""),
        node(6, "It is 11", 0.0, r#", "terminal": true"#),
    ];
    let edges = [edge(0, 0, 1), edge(1, 0, 2), edge(2, 1, 3), edge(3, 1, 4), edge(4, 0, 5), edge(5, 5, 6)];
    let log = |nodes: usize, edges_shown: usize| {
        format!(r#"{{"nodes": {{{}}}, "edges": {{{}}}}}"#, all[..nodes].join(","), edges[..edges_shown].join(","))
    };
    format!(r#"{{"logs": [{}, {}, {}]}}"#, log(3, 2), log(5, 4), log(7, 6))
}

fn shown(home: &Home) -> Window {
    fs::write(home.path("search.json"), search()).unwrap();
    let mut window = open(home.startup("search.json"));
    // Room for cards.
    press(&mut window, "F9 F10 F2");
    window
}

fn scene(window: &Window) -> Scene {
    window.state().canvas_scene().expect("a picture is shown")
}

fn selected(window: &Window) -> StepIndex {
    window.state().view().open.as_ref().unwrap().selected().unwrap()
}

/// Texts of the nodes in sight, in alphabetical order.
fn texts(window: &Window) -> Vec<String> {
    let open = window.state().view().open.as_ref().unwrap();
    let mut texts: Vec<String> =
        scene(window).nodes.iter().map(|node| open.trace.steps[node.step as usize].text.clone()).collect();
    texts.sort();
    texts
}

fn at(window: &Window, step: StepIndex) -> eframe::egui::Pos2 {
    scene(window).nodes.iter().find(|node| node.step == step).expect("in sight").at.into()
}

#[test]
fn the_tree_is_walked_with_the_keys_of_the_outline() {
    let home = Home::new();
    let mut window = shown(&home);
    let value = |window: &Window| window.get_by_label("Tree").accesskit_node().value().unwrap();
    assert_eq!(value(&window), "6 nodes, cards");
    assert_eq!(scene(&window).detail, Detail::Cards, "six nodes have room for cards");
    assert_eq!(texts(&window).len(), 6, "the problem is the root of the search");
    let before: Vec<StepIndex> = std::iter::once(selected(&window)).collect();
    press(&mut window, "j");
    assert_ne!(selected(&window), before[0]);
    press(&mut window, ".");
    let step = window.state().view().open.as_ref().unwrap().step().unwrap().text.clone();
    assert_eq!(step, "It is 3", "a sibling");
    // The path follows, and is seen as itself.
    let chosen = scene(&window).edges.iter().filter(|edge| edge.style == EdgeStyle::Chosen).count();
    assert_eq!(chosen, 2);
    window.get_by_label_contains("Node Look it up").click();
    settle(&mut window);
    let open = window.state().view().open.as_ref().unwrap();
    let path: Vec<&str> = open.path.iter().map(|step| open.trace.steps[*step as usize].text.as_str()).collect();
    assert_eq!(path, ["Look it up", "It is 11"], "choosing a node shows its path");
    assert!(scene(&window).nodes.iter().any(|node| node.signs.pruned), "what was given up is marked");
    press(&mut window, "F2");
    assert!(window.query_by_label("Tree").is_none(), "the outline is back");
}

#[test]
fn branches_fold_and_what_is_selected_stays_in_its_place() {
    let home = Home::new();
    let mut window = shown(&home);
    let step = selected(&window);
    let before = at(&window, step);
    press(&mut window, ";");
    assert_eq!(texts(&window), ["Ask a friend", "Count on fingers", "It is 11", "Look it up"]);
    let after = at(&window, step);
    assert!((before[0] - after[0]).abs() < 1.0 && (before[1] - after[1]).abs() < 1.0, "{before:?} {after:?}");
    let node = scene(&window).nodes.into_iter().find(|node| node.step == step).unwrap();
    assert_eq!((node.folded, node.hidden.as_deref()), (Some(2), Some("best 1.00, mean 0.50")));
    // Going on into what is folded opens it.
    press(&mut window, "j");
    assert!(texts(&window).contains(&"It is 2".to_owned()));
    press(&mut window, "k [");
    assert_eq!(texts(&window).len(), 3, "one level");
    press(&mut window, "]");
    assert_eq!(texts(&window).len(), 6);
    press(&mut window, "Shift+O");
    assert_eq!(texts(&window), ["Ask a friend", "Count on fingers", "It is 2", "It is 3", "Look it up"]);
    press(&mut window, "Shift+O");
    assert_eq!(texts(&window).len(), 6);
}

#[test]
fn colours_go_through_all_meanings_and_blind_hides_those_that_tell() {
    let home = Home::new();
    let mut window = shown(&home);
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(window.state().canvas_colour());
        press(&mut window, "Shift+G");
    }
    assert_eq!(
        seen[..5],
        ["value (value)", "Monte Carlo (recomputed) (value)", "Outcome", "Your labels", "Visits"].map(str::to_owned)
    );
    ask(&mut window, Action::Canvas(CanvasRequest::Colour(ColourBy::Outcome)));
    assert!(scene(&window).nodes.iter().any(|node| node.outcome == Some(false)));
    press(&mut window, "Shift+I");
    let blind = scene(&window);
    assert!(blind.nodes.iter().all(|node| node.outcome.is_none() && node.score.is_none() && node.hidden.is_none()));
    assert_eq!(window.state().canvas_colour(), "Your labels");
    press(&mut window, "Shift+O");
    assert!(notices(&window).contains("no scores to be seen"), "{}", notices(&window));
}

#[test]
fn the_search_is_played_back() {
    let home = Home::new();
    let mut window = shown(&home);
    let later = |window: &Window| scene(window).nodes.iter().filter(|node| node.signs.later).count();
    let place = at(&window, selected(&window));
    assert_eq!(later(&window), 0);
    window.get_by_label("iteration 3 of 3");
    press(&mut window, "8");
    window.get_by_label("iteration 2 of 3");
    assert_eq!(later(&window), 2);
    press(&mut window, "8 8");
    window.get_by_label("iteration 1 of 3");
    assert_eq!(later(&window), 4);
    assert_eq!(at(&window, selected(&window)), place, "the layout stays");
    press(&mut window, "9 9 9");
    assert_eq!(later(&window), 0);
}

#[test]
fn the_mouse_drags_and_the_wheel_zooms() {
    let home = Home::new();
    let mut window = shown(&home);
    let step = selected(&window);
    let before = at(&window, step);
    let tree = window.get_by_label("Tree").rect();
    let empty = pos2(tree.left() + 20.0, tree.bottom() - 20.0);
    let press_at = |window: &mut Window, pos: Pos2, pressed| {
        window.event(Event::PointerMoved(pos));
        window.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
        frames(window, 1);
    };
    press_at(&mut window, empty, true);
    window.event(Event::PointerMoved(empty + vec2(40.0, -30.0)));
    frames(&mut window, 2);
    press_at(&mut window, empty + vec2(40.0, -30.0), false);
    settle(&mut window);
    let after = at(&window, step);
    assert!(
        (after[0] - before[0] - 40.0).abs() < 1.0 && (after[1] - before[1] + 30.0).abs() < 1.0,
        "{before:?} {after:?}"
    );
    let zoom = |window: &Window| window.state().view().canvas.camera.unwrap().zoom;
    let was = zoom(&window);
    let wheel = |window: &mut Window, delta: f32, modifiers: Modifiers| {
        let unit = MouseWheelUnit::Point;
        window.event(Event::ModifiersChanged(modifiers));
        window.event(Event::MouseWheel {
            unit,
            delta: vec2(0.0, delta),
            modifiers,
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
        });
        frames(window, 12);
        window.event(Event::ModifiersChanged(Modifiers::NONE));
        settle(window);
    };
    wheel(&mut window, 200.0, Modifiers::COMMAND);
    let larger = zoom(&window);
    assert!(larger > was, "{larger} {was}");
    wheel(&mut window, -100.0, Modifiers::COMMAND);
    assert!(zoom(&window) < larger);
    press(&mut window, "- - - - - -");
    assert!(zoom(&window) <= was, "never smaller than all of it");
    press(&mut window, "0");
    assert_eq!(window.state().view().canvas.camera, None);
    assert_eq!(texts(&window).len(), 6, "all of it");
}

#[test]
fn a_tree_is_saved_as_drawing_and_as_picture() {
    let home = Home::new();
    let mut window = shown(&home);
    let (svg, png) = (home.path("tree.svg"), home.path("tree.png"));
    ask(&mut window, Action::Canvas(CanvasRequest::Save(svg.clone())));
    ask(&mut window, Action::Canvas(CanvasRequest::Save(png.clone())));
    let text = fs::read_to_string(&svg).unwrap();
    let read = count_nodes(&text);
    assert_eq!(read, 6, "{text}");
    assert!(text.contains("Count on fingers") && text.contains("colour: value (value)"), "{text}");
    let picture = image::open(&png).unwrap();
    assert!(picture.width() > 800 && picture.height() > 400, "{} × {}", picture.width(), picture.height());
    let colours: std::collections::HashSet<_> = picture.to_rgb8().pixels().map(|pixel| pixel.0).collect();
    assert!(colours.len() > 50, "something is drawn");
    ask(&mut window, Action::Canvas(CanvasRequest::Save(home.path("no/such/folder.svg"))));
    assert!(notices(&window).contains("Tree not saved"), "{}", notices(&window));
    let left: Vec<_> = fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".tmp")), "nothing is left over: {left:?}");
}

/// Counts the nodes of a drawing; its elements are closed in order.
fn count_nodes(text: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("every tag ends");
        let tag = &rest[start + 1..end];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        match tag {
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name)),
            _ if tag.ends_with('/') => {}
            _ => open.push(name),
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
    text.matches(r#"class="node""#).count()
}

/// A tree of that many nodes, the same in every run: values drift from parents to children, ends are right more often
/// where values are high, and the best end is the returned one.
pub(crate) fn large_tree(count: u32, bushy: u32) -> String {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut pick = move |most: u32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(seed >> 33).unwrap() % most
    };
    let (mut parents, mut values, mut levels) = (vec![0_u32], vec![0.5_f64], vec![0_u32]);
    for node in 1..count {
        // The search goes on where values are good, and mostly from recent nodes.
        let tries: Vec<u32> =
            (0..2).map(|_| if pick(10) < 8 { node - 1 - pick(node.min(bushy)) } else { pick(node) }).collect();
        let parent = tries.into_iter().max_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize])).unwrap();
        let above = values[parent as usize];
        let value = 0.92 * above + 0.04 + (f64::from(pick(1000)) - 520.0) / 1900.0;
        values.push(value.clamp(0.02, 0.98));
        parents.push(parent);
        levels.push(levels[parent as usize] + 1);
    }
    let mut is_leaf = vec![true; parents.len()];
    for parent in &parents {
        is_leaf[*parent as usize] = false;
    }
    let best = |node: &usize| f64::from(levels[*node]) / 40.0 + values[*node];
    let leaf = (0..parents.len()).filter(|node| is_leaf[*node]).max_by(|a, b| best(a).total_cmp(&best(b))).unwrap();
    let mut returned = vec![false; parents.len()];
    let mut at = leaf;
    while at > 0 {
        returned[at] = true;
        at = parents[at] as usize;
    }
    returned[0] = true;
    let mut rows = Vec::new();
    for node in 0..parents.len() {
        let mut row = format!(r#"{{"id": {node}, "on_path": {}, "value": {:.3}"#, returned[node], values[node]);
        if node > 0 {
            write!(row, r#", "parent_id": {}"#, parents[node]).unwrap();
        }
        if is_leaf[node] {
            let right = f64::from(pick(1000)) / 1000.0 < values[node] || node == leaf;
            let pruned = values[node] < 0.3 && node != leaf;
            let end = if pruned {
                r#""pruned": true"#.into()
            } else {
                format!(r#""terminal": true, "reward": {}"#, u8::from(right))
            };
            write!(row, ", {end}").unwrap();
        }
        let (a, b) = (pick(90) + 10, pick(90) + 10);
        write!(
            row,
            r#", "text": "Take {a} and {b}: {a} + {b} = {}, which leaves {} when divided by 4.", "visits": {}, "iteration": {}}}"#,
            a + b,
            (a + b) % 4,
            if is_leaf[node] { 1 + pick(4) } else { 4 + pick(60) },
            node / 50,
        )
        .unwrap();
        rows.push(row);
    }
    format!(
        r#"{{"question": "Find the sum of all primes below 100 that leave 1 when divided by 4.", "nodes": [{}]}}"#,
        rows.join(",")
    )
}

#[test]
fn details_come_as_the_tree_is_zoomed() {
    let home = Home::new();
    fs::write(home.path("large.json"), large_tree(2_000, 60)).unwrap();
    let mut window = open(home.startup("large.json"));
    press(&mut window, "F2");
    let mut details = vec![scene(&window).detail];
    for _ in 0..24 {
        ask(&mut window, Action::Run(Command::CanvasLarger));
        let scene = scene(&window);
        details.push(scene.detail);
        let painted = scene.nodes.len() + scene.bands.len() + scene.edges.len() + scene.funnels.len();
        assert!(painted < 9_000, "{painted} in {:?}", scene.detail);
        assert!(scene.nodes.iter().any(|node| node.signs.selected), "what is selected stays in sight");
    }
    details.dedup();
    assert_eq!(details, [Detail::Bands, Detail::Dots, Detail::Labels, Detail::Cards]);
    press(&mut window, "0");
    let bands = scene(&window).bands;
    assert!(bands.len() > 100 && bands.iter().all(|band| (0.0..=1.0).contains(&band.density)));
}
