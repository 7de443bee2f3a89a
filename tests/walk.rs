//! A researcher's question, answered in the real window on published data: five traces whose answer is right, in which a
//! reward model missed an arithmetic slip. What it takes is written to `walk.md`; `UPDATE_DOCS=1` writes the file anew.
//!
//! The data are ReasonEval's: solutions with right answers, the first wrong step of each as people marked it, and what
//! Math-Shepherd's reward model says of the steps. Which of the missed errors are slips in arithmetic nobody has written
//! down; who reads them sees it. That reading is here as [`SLIPS`].

use std::fmt::Write as _;
use std::fs;

use eframe::egui::Role;
use egui_kittest::kittest::Queryable as _;
use stepscope_core::model::Verdict;

use crate::pictures::picture;
use crate::published::data;
use crate::support::fixture::workspace;
use crate::support::window::{Home, Window, open, press, said, settle, shown, type_text};

const FILE: &str = "tests/walk.md";
const SOLUTIONS: &str = "dataset/mr-math_invalid_errors.json";
const SCORES: &str = "eval_results/mr-math_invalid_errors/math-shepherd_mistral-7b_eval_results.json";

/// The first five of the list whose first wrong step computes wrongly: 24 / 2 = 6, 0.4 = 2.5 / 6, 28 / 3 = 9,
/// 9 + N ≡ 0 taken for N ≡ 1, and 99 − 3 + 1 = 33.
const SLIPS: [&str; 5] = ["100", "39", "135", "153", "19"];

/// What was done, in order.
#[derive(Default)]
struct Walk {
    lines: String,
    actions: usize,
}

impl Walk {
    /// One line of the table: keys as they were pressed, or a click.
    fn tell(&mut self, what: &str, how: &str, actions: usize) {
        writeln!(self.lines, "| {what} | {how} | {actions} |").unwrap();
        self.actions += actions;
    }

    fn press(&mut self, window: &mut Window, what: &str, keys: &str) {
        press(window, keys);
        let told: Vec<String> = keys.split_whitespace().map(|key| format!("`{key}`")).collect();
        self.tell(what, &told.join(" "), told.len());
    }
}

/// The open trace has a right answer, stands at the step that people call its first error, and no step of it is flagged.
fn is_missed(window: &Window) -> bool {
    let open = window.state().view().open.as_ref().unwrap();
    let selected = open.path.get(open.at).copied();
    let mut scores = open.trace.scores.iter().filter(|score| score.name.contains("mistral-7b"));
    open.trace.outcome.verdict == Verdict::Correct
        && selected.is_some_and(|step| open.imported_error == Some(step))
        && scores.all(|score| score.value >= 0.5)
}

#[test]
fn five_missed_slips_are_found() {
    let Some(data) = data() else { return };
    let home = Home::new();
    for file in [SOLUTIONS, SCORES] {
        let copy = home.path("reasoneval").join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(data.join("reasoneval").join(file), copy).unwrap();
    }
    let mut window = open(home.startup("reasoneval"));
    let all = window.state().view().rows.len();
    let mut walk = Walk::default();
    walk.press(&mut window, "See how well the reward model finds the first error", "Shift+F12");
    picture(&mut window, "walk-1-scorer");
    window.get_by_role_and_label(Role::Button, "List 18 missed entirely").click();
    settle(&mut window);
    walk.tell("List the traces with an error in which it flags no step", "click on “18 missed entirely”", 1);
    let missed = window.state().view().rows.len();
    assert_eq!(missed, 18);
    walk.press(&mut window, "Read the first of them; it opens at the step that people call the first error", "Escape");
    let mut found = Vec::new();
    let mut passed = 0;
    while found.len() < SLIPS.len() {
        assert!(is_missed(&window), "{}", shown(&window));
        if SLIPS.contains(&shown(&window).as_str()) {
            if passed > 0 {
                let keys = vec!["`l`"; passed].join(" ");
                walk.tell("Go on to the next slip, reading what is between", &keys, passed);
                passed = 0;
            }
            found.push(shown(&window));
            picture(&mut window, &format!("walk-2-slip-{}", found.len()));
            walk.press(&mut window, "Call it a wrong calculation, in arithmetic", "x c a");
        }
        if found.len() < SLIPS.len() {
            press(&mut window, "l");
            passed += 1;
        }
    }
    assert_eq!(found, SLIPS);
    let (actions, read) = (walk.actions, window.state().view().position.unwrap() + 1);
    // They can be asked for from now on.
    press(&mut window, "Escape /");
    type_text(&mut window, "error_type:calculation/arithmetic");
    press(&mut window, "Enter");
    assert_eq!(window.state().view().rows.len(), SLIPS.len());
    assert_eq!(said(&window).lines().count(), SLIPS.len());
    picture(&mut window, "walk-3-found");
    let text = format!(
        "# Walk: what a reward model missed\n\nMade by `tests/walk.rs`, which does it in the real window, by keys and \
         clicks, and checks what came of it. The data are those of ReasonEval: {all} solutions whose answer is right, \
         the first wrong step of each as people marked it, and what Math-Shepherd's reward model says of each step. \
         The task: find five cases where the model missed an arithmetic slip in a trace with the right answer.\n\n\
         | What | How | Actions |\n|---|---|---:|\n{}\n\
         **{actions} actions** for five cases: three to get to the list of {missed}, then {read} traces read, each \
         opened at the step that matters. They are in the log as kinds of errors, so that \
         `error_type:calculation/arithmetic` lists them, and they can be exported.\n",
        walk.lines
    );
    let path = workspace().join(FILE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "{FILE} is old: UPDATE_DOCS=1 cargo test -p stepscope-tests walk");
}
