//! The window as a picture, in both themes, to be looked at: `target/pictures/`.
//!
//! Some are kept in `tests/pictures/` and compared. To keep another, copy it there; after a change that is wanted,
//! `UPDATE_PICTURES=1` draws those that are kept anew.

use std::fs;
use std::path::Path;

use egui_kittest::kittest::Queryable as _;
use image::RgbaImage;

use crate::support::fixture::{copy_folder, workspace};
use crate::support::window::{Home, Window, ask, open, press, project, settle};
use stepscope::command::{Action, Command};
use stepscope::state::models_draft::ModelsRequest;
use stepscope_core::model::ScoreKind;
use stepscope_core::scoring::ScorerInfo;

/// So many pixels may differ from those of a kept picture: the status bar names a temporary folder, the inspector says
/// how long the trace has been open.
const MOST_DIFFERING: usize = 1_500;

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
    let kept = workspace().join("tests/pictures").join(format!("{name}.png"));
    if kept.exists() {
        // How long they have been there depends on how fast the computer is.
        let notices: Vec<u64> = window.state().notices().shown().iter().map(|notice| notice.id).collect();
        for id in notices {
            ask(window, Action::DismissNotice(id));
        }
    }
    let image = window.render().unwrap();
    image.save(folder.join(format!("{name}.png"))).unwrap();
    if kept.exists() {
        compare(&image, &kept);
    }
    image
}

/// Holds a picture against the one that is kept.
fn compare(image: &RgbaImage, kept: &Path) {
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        return image.save(kept).unwrap();
    }
    let before = image::open(kept).unwrap().into_rgba8();
    let differs = |(a, b): &(&image::Rgba<u8>, &image::Rgba<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 24);
    let same_size = before.dimensions() == image.dimensions();
    let differing = before.pixels().zip(image.pixels()).filter(differs).count();
    if !same_size || differing > MOST_DIFFERING {
        let new = kept.with_extension("new.png");
        image.save(&new).unwrap();
        panic!("the picture has changed: {differing} pixels differ; look at {}", new.display());
    }
}

/// A mathematical solution with formulas of every sort, as long as those of olympiads are.
fn olympiad() -> serde_json::Value {
    serde_json::json!({
        "id": "olympiad-01",
        "generator": "demo-large",
        "problem": "Let $a, b, c > 0$ with $abc = 1$. Prove that\n$$\\frac{a}{b} + \\frac{b}{c} + \\frac{c}{a} \\ge a + b + c.$$",
        "steps": [
            "We look for an estimate of each fraction by **weighted means**. Since $abc = 1$, we have $\\frac{a}{b} = \\frac{a \\cdot \\sqrt[3]{abc}}{b \\cdot \\sqrt[3]{abc}}$ and may write everything with exponents.",
            "By AM–GM with weights $\\tfrac{2}{3}$ and $\\tfrac{1}{3}$,\n\\[\n\\frac{2}{3}\\cdot\\frac{a}{b} + \\frac{1}{3}\\cdot\\frac{b}{c} \\;\\ge\\; \\left(\\frac{a}{b}\\right)^{2/3} \\left(\\frac{b}{c}\\right)^{1/3} = \\sqrt[3]{\\frac{a^2}{bc}}.\n\\]",
            "Because $bc = \\dfrac{1}{a}$, the right side is $\\sqrt[3]{a^3} = a$. So\n$$\\frac{2a}{3b} + \\frac{b}{3c} \\ge a. \\tag{1}$$",
            "The same for the other two, going round:\n\\begin{aligned}\n\\frac{2b}{3c} + \\frac{c}{3a} &\\ge b, \\\\\n\\frac{2c}{3a} + \\frac{a}{3b} &\\ge c.\n\\end{aligned}",
            "We add the three lines. On the left each of the fractions stands with the weight $\\tfrac23 + \\tfrac13 = 1$:\n$$\\sum_{\\text{cyc}} \\frac{a}{b} \\;\\ge\\; a + b + c.$$",
            "For equality all means must be equal, so $\\frac{a}{b} = \\frac{b}{c} = \\frac{c}{a} = t$ with $t^3 = 1$, hence $a = b = c = \\boxed{1}$. With the matrix $\\begin{pmatrix} 0 & 1 & 0 \\\\ 0 & 0 & 1 \\\\ 1 & 0 & 0 \\end{pmatrix}$ of the cyclic shift, $M^3 = I$ says the same."
        ],
        "final_answer_correct": true,
        "label": -1
    })
}

#[test]
fn a_proof_with_formulas_in_both_themes() {
    let home = Home::new();
    fs::write(home.path("proof.jsonl"), olympiad().to_string()).unwrap();
    let mut window = open(home.startup("proof.jsonl"));
    press(&mut window, "F9 F10 j j");
    picture(&mut window, "proof-dark");
    press(&mut window, "Ctrl+T");
    picture(&mut window, "proof-light");
    assert!(window.query_by_label_contains("Thinking").is_none(), "nobody named parts");
}

#[test]
fn program_text_and_other_scripts() {
    let home = Home::new();
    let mut window = open(home.startup("traces/4-code.jsonl"));
    press(&mut window, "F9 j j");
    picture(&mut window, "code-dark");
    let row = serde_json::json!({
        "id": "scripts",
        "problem": "一个长方形的周长是 36 厘米，长是宽的两倍。它的面积是多少？",
        "steps": [
            "设宽为 $w$ 厘米，则长为 $2w$ 厘米。周长是 $2(w + 2w) = 6w = 36$，所以 $w = 6$。",
            "面积は $2w \\cdot w = 2w^2 = 72$ 平方センチメートルです。",
            "검산: 둘레는 $2(6 + 12) = 36$ 이므로 맞습니다.",
            "Проверка: периметр равен $2\\cdot(6+12)=36$, площадь $72$. Ответ: **72 см²**.",
            "Τελική απάντηση: $\\boxed{72}$ — שטח, مساحة, 😀 𝔽₂ ⊂ ℝ, ∀x∈𝑋"
        ],
        "final_answer_correct": true,
        "label": -1
    });
    fs::write(home.path("scripts.jsonl"), row.to_string()).unwrap();
    let mut window = open(home.startup("scripts.jsonl"));
    press(&mut window, "F9 Ctrl+T");
    picture(&mut window, "scripts-light");
}

/// Published traces of competition mathematics; only looked at, for the data are not ours to keep.
#[test]
fn published_traces_of_competitions() {
    let Some(folder) = crate::published::data() else { return };
    let home = Home::new();
    let file = folder.join("processbench/math.json");
    if !file.exists() {
        return eprintln!("skipped: {} is not there", file.display());
    }
    fs::copy(file, home.path("math.json")).unwrap();
    let mut window = open(home.startup("math.json"));
    press(&mut window, "F9 F10 j j j");
    picture(&mut window, "published-math-dark");
    press(&mut window, "n n n n Ctrl+T");
    picture(&mut window, "published-math-light");
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
