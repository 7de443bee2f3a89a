//! The window as a picture, in both themes, to be looked at: `target/pictures/`.

use std::fs;

use image::RgbaImage;

use crate::support::fixture::{copy_folder, workspace};
use crate::support::window::{Home, Window, ask, open, press, project, settle};
use stepscope::command::{Action, Command};
use stepscope::state::models_draft::ModelsRequest;
use stepscope_core::model::ScoreKind;
use stepscope_core::scoring::ScorerInfo;

/// Something in every corner: labels, and scores that no model gave, named so.
pub(crate) fn dress(window: &mut Window) {
    let store = project(window).store().clone();
    let scores = project(window).scores().clone();
    let info = ScorerInfo {
        name: "example scores".into(),
        fingerprint: "f00d".into(),
        kind: ScoreKind::Correctness,
        ..ScorerInfo::default()
    };
    let scorer = scores.adopt(&info);
    for row in 0..u32::try_from(store.len()).unwrap() {
        // Falls along the trace, at another place in each.
        let falls_at = f32::from(u16::try_from(row % 5).unwrap()) + 1.5;
        let steps = (0_u16..).map(|step| 0.97 / (1.0 + ((f32::from(step) - falls_at) * 1.6).exp()) + 0.02);
        let values: Vec<_> = store.step_hashes(row).into_iter().zip(steps).collect();
        let values: Vec<_> = values.into_iter().map(|(step, value)| (step, value.into())).collect();
        scores.append(&scorer, &values).unwrap();
    }
    let row = store.find("word-02-small").unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    ask(window, Action::ShowTrace(position - 3));
    press(window, "a Space j j e Space 1 Space 1 j e");
    settle(window);
}

pub(crate) fn picture(window: &mut Window, name: &str) -> RgbaImage {
    let folder = workspace().join("target/pictures");
    fs::create_dir_all(&folder).unwrap();
    let image = window.render().unwrap();
    image.save(folder.join(format!("{name}.png"))).unwrap();
    image
}

#[test]
fn the_window_in_both_themes() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    let dark = picture(&mut window, "window-dark");
    press(&mut window, "Ctrl+T");
    let light = picture(&mut window, "window-light");
    assert_eq!(dark.dimensions(), (1280, 800));
    let brightness = |image: &RgbaImage| {
        let sum: u64 = image.pixels().map(|pixel| u64::from(pixel.0[1])).sum();
        sum / (1280 * 800)
    };
    assert!(brightness(&dark) < 80 && brightness(&light) > 180, "{} {}", brightness(&dark), brightness(&light));
    press(&mut window, "Ctrl+K");
    picture(&mut window, "palette");
    press(&mut window, "Escape ?");
    picture(&mut window, "keys");
    press(&mut window, "Escape Ctrl+E");
    picture(&mut window, "export");
}

#[test]
fn a_tree_beside_the_steps() {
    let home = Home::new();
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    press(&mut window, "j j e");
    picture(&mut window, "tree");
}

#[test]
fn a_tree_as_a_picture() {
    let home = Home::new();
    let mut window = open(home.startup("traces/6-search-trees.jsonl"));
    press(&mut window, "j j e F2");
    picture(&mut window, "canvas-small");
    drop(window);
    fs::write(home.path("large.json"), crate::journey_canvas::large_tree(2_000, 60)).unwrap();
    let mut window = open(home.startup("large.json"));
    window.set_size([1440.0, 900.0].into());
    press(&mut window, "F9 F2");
    picture(&mut window, "canvas-2000-dark");
    press(&mut window, "j j j j j j = = = = = =");
    picture(&mut window, "canvas-dots-dark");
    press(&mut window, "= = = =");
    picture(&mut window, "canvas-labels-dark");
    press(&mut window, "= = = = = = = = = = = Ctrl+T");
    picture(&mut window, "canvas-cards-light");
    press(&mut window, "- - - - - - - - - - - - - - - -");
    picture(&mut window, "canvas-dots-light");
    press(&mut window, "Shift+O 0");
    let light = picture(&mut window, "canvas-2000-light");
    assert_eq!(light.dimensions(), (1440, 900));
}

#[test]
fn a_large_window() {
    let home = Home::new();
    let mut window = home.open_sample();
    window.set_size([2560.0, 1440.0].into());
    dress(&mut window);
    assert_eq!(picture(&mut window, "window-large").dimensions(), (2560, 1440));
}

#[test]
fn the_dialog_of_models() {
    let home = Home::new();
    for (name, from) in [("Qwen2-PRM", "qwen2_prm"), ("My-TRL-PRM", "qwen2_tokcls"), ("Unfinished", "qwen2_prm")] {
        copy_folder(&workspace().join("core/tests-data/scoring").join(from), &home.path("models").join(name));
    }
    fs::remove_file(home.path("models/Unfinished/tokenizer.json")).unwrap();
    fs::write(home.path("models/Unfinished/pytorch_model.bin"), "").unwrap();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+M");
    picture(&mut window, "models-empty");
    ask(&mut window, Action::Models(ModelsRequest::AddFolder(home.path("models"))));
    picture(&mut window, "models");
    press(&mut window, "ArrowDown ArrowDown Ctrl+T");
    picture(&mut window, "models-broken");
}

#[test]
fn ways_of_working() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "n Shift+H g");
    picture(&mut window, "halving");
    press(&mut window, "Shift+H Shift+Q ArrowDown");
    picture(&mut window, "verify-dialog");
    press(&mut window, "Enter");
    picture(&mut window, "verify");
    press(&mut window, "Shift+I");
    picture(&mut window, "blind");
    press(&mut window, "Ctrl+T Shift+N ArrowDown ArrowDown");
    picture(&mut window, "queue-dialog");
    press(&mut window, "Escape");
    ask(&mut window, Action::Run(Command::Sitting));
    picture(&mut window, "sitting");
    press(&mut window, "Escape");
    assert_eq!(window.state().view().dialog, None);
}
