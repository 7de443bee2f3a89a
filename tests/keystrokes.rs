//! How many keys the commonest tasks take, done by keys in the real window and written to `keystrokes.md`.
//! `UPDATE_DOCS=1` writes the file anew.
//!
//! Keys that only move (to the step, to the next trace) are counted apart: how many there are depends on where one is.

use std::fmt::Write as _;
use std::fs;

use stepscope::command::{Command, Group, KeyMap};
use stepscope::state::OpenTrace;
use stepscope_core::model::{Label, LabelKind};

use crate::support::fixture::workspace;
use crate::support::window::{Home, Window, open, press, project, said, shown, type_text};

const FILE: &str = "tests/keystrokes.md";

/// A task: what is done, the keys, and what must have come of it.
struct Task {
    name: &'static str,
    /// Keys in order, as a user presses them.
    keys: &'static str,
    /// Most keys that it may take, without those that only move.
    most: Option<usize>,
    /// What the window must say and show then.
    check: fn(&Window),
}

/// One trace of twelve steps, one of eight, one with a step of two sentences; of the tasks that need alternatives, the search
/// trees of the sample data.
fn start(home: &Home, needs_alternatives: bool) -> Window {
    let steps = |count: usize| (1..=count).map(|n| format!("\"step {n}\"")).collect::<Vec<_>>().join(", ");
    let row = |id: &str, count: usize| {
        format!("{{\"id\": \"{id}\", \"problem\": \"What is {id}?\", \"steps\": [{}]}}\n", steps(count))
    };
    let long = r#"{"id": "long", "problem": "1+1?", "steps": ["One and one. It is two.", "Done."]}"#;
    let rows = format!("{}{}{long}\n", row("twelve", 12), row("eight", 8));
    fs::write(home.path("tasks.jsonl"), rows).unwrap();
    open(home.startup(if needs_alternatives { "traces/6-search-trees.jsonl" } else { "tasks.jsonl" }))
}

fn at(window: &Window) -> usize {
    window.state().view().open.as_ref().map(|open: &OpenTrace| open.at).unwrap()
}

/// The labels of that sort on the selected step and on its trace.
fn labels(window: &Window, kind: LabelKind) -> Vec<Label> {
    let open = window.state().view().open.as_ref().unwrap();
    let Some(said) = project(window).said(&open.trace.id) else { return Vec::new() };
    let of_step = open.step().and_then(|step| said.steps.get(&step.hash));
    let of_step = of_step.into_iter().flat_map(|step| step.labels.of_kind(kind));
    said.labels.of_kind(kind).chain(of_step).cloned().collect()
}

/// Every task begins in a fresh window, on the first step of the trace of twelve steps. To add one: a line.
fn tasks() -> Vec<Task> {
    let task = |name, keys, most, check| Task { name, keys, most, check };
    vec![
        task("First error on step 7 of 12, go on to the next trace", "j j j j j j e Space", Some(2), |window| {
            assert_eq!(said(window), "row 0: first error 7, done");
            assert_eq!(shown(window), "eight");
        }),
        task("All steps correct", "a", Some(1), |window| assert_eq!(said(window), "row 0: all correct, open")),
        task("Rate each of 8 steps", "l 1 j 1 j 2 j 1 j 3 j 3 j 4 j 3", Some(8), |window| {
            let said = said(window);
            assert!(said.starts_with("row 1: step 1 good, step 2 good, step 3 neutral, step 4 good"), "{said}");
            assert!(said.ends_with("step 5 bad, step 6 bad, step 7 unsure, step 8 bad, open"), "{said}");
        }),
        task("Say what kind of error a step makes", "j x c a", Some(3), |window| {
            let found = labels(window, LabelKind::Error);
            let [Label::Error(error)] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!((error.kind.as_str(), error.sub.as_deref()), ("calculation", Some("arithmetic")));
        }),
        task("Rewrite a step", "j w “, and so it ends” Ctrl+Enter", Some(2), |window| {
            let found = labels(window, LabelKind::Written);
            let [Label::Written(step)] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!(step.text, "step 2, and so it ends");
        }),
        task("Say which of two alternatives is better, and how clearly", "p Right 2", Some(3), |window| {
            let said = project(window).said(&window.state().view().open.as_ref().unwrap().trace.id).unwrap();
            let found: Vec<u8> = said
                .steps
                .values()
                .flat_map(|step| step.labels.of_kind(LabelKind::Preferred))
                .map(|label| {
                    let Label::Preferred(preference) = label else { panic!("{label:?}") };
                    preference.strength
                })
                .collect();
            assert_eq!(found, [2]);
        }),
        task("Split a step after its first sentence", "l l y Enter", Some(2), |window| {
            let open = window.state().view().open.as_ref().unwrap();
            let texts: Vec<&str> = open.trace.steps.iter().map(|step| step.text.as_str()).collect();
            assert_eq!(texts, ["One and one. ", "It is two.", "Done."]);
        }),
        task("Skip the trace, go on to the next", "s", Some(1), |window| {
            assert_eq!((said(window).as_str(), shown(window).as_str()), ("row 0: skipped", "eight"));
        }),
        task("Undo what was said of a trace, two traces later", "e l l u", Some(2), |window| {
            assert_eq!((said(window).as_str(), shown(window).as_str(), at(window)), ("", "twelve", 0));
            assert!(project(window).log().can_redo());
        }),
        task("Next trace", "l", Some(0), |window| assert_eq!(shown(window), "eight")),
    ]
}

/// True for a key that only moves.
fn moves(key: &str) -> bool {
    // In the dialog that compares it says which is better.
    if key == "Right" {
        return false;
    }
    let chord = stepscope::command::keymap::chord_from_text(key);
    let command = chord.and_then(|chord| KeyMap::default().holder(chord));
    command.is_some_and(|command: Command| command.spec().group == Group::Navigate && command != Command::Filter)
}

#[test]
fn the_commonest_tasks_take_few_keys() {
    let mut table = String::from(
        "# Keystrokes\n\nMade by `tests/keystrokes.rs`, which does each task in the real window, by keys alone, and \
         checks what came of it. Moving is counted apart: how far one has to go depends on where one is. Words that are typed, as in a rewrite, are not counted.\n\n\
         | Task | Keys | Keystrokes | Moving |\n|---|---|---:|---:|\n",
    );
    for task in tasks() {
        let home = Home::new();
        let mut window = start(&home, task.name.contains("alternatives"));
        // What stands in quotation marks is typed; how much of it there is, the annotator decides.
        let keys = match task.keys.split_once('“').and_then(|(before, rest)| Some((before, rest.split_once('”')?)))
        {
            None => {
                press(&mut window, task.keys);
                task.keys.to_owned()
            }
            Some((before, (text, after))) => {
                press(&mut window, before);
                type_text(&mut window, text);
                press(&mut window, after);
                format!("{before}{after}")
            }
        };
        (task.check)(&window);
        let (moving, saying): (Vec<&str>, Vec<&str>) = keys.split_whitespace().partition(|key| moves(key));
        if let Some(most) = task.most {
            assert!(saying.len() <= most, "{}: {} keys instead of {most}", task.name, saying.len());
        }
        let keys = keys.split_whitespace().map(|key| if key.len() == 1 { key.to_uppercase() } else { key.into() });
        let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
        writeln!(table, "| {} | {} | {} | {} |", task.name, keys.join(" "), saying.len(), moving.len()).unwrap();
    }
    let path = workspace().join(FILE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, table).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, table, "{FILE} is old: UPDATE_DOCS=1 cargo test -p stepscope-tests keystrokes");
}
