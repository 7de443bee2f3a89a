//! Labels of every kind, by keyboard: the chooser, texts, critiques, marked words, and the labels of a project.

use std::fs;

use egui_kittest::kittest::Queryable as _;
use stepscope::command::{Action, Command};
use stepscope::view_model::labels::label_text;
use stepscope_core::annotation::{LabelSchema, TraceAnnotation};
use stepscope_core::model::{Label, ScoreKind};
use stepscope_core::scoring::{ScorerInfo, StepScore};

use crate::pictures::picture;
use crate::support::window::{Home, Window, ask, notices, open, press, project, settle, shown, type_text};

/// What is said of the open trace besides first error, rating, status and note, in words.
fn labels(window: &Window) -> String {
    let project = project(window);
    let open = window.state().view().open.as_ref().unwrap();
    let Some(said) = project.said(&open.trace.id) else { return String::new() };
    let text = |label: &Label| label_text(label, project.schema(), open).map(|(text, ..)| text);
    let mut lines: Vec<String> = said.labels.iter().filter_map(text).collect();
    for (number, step) in (1..).zip(&open.trace.steps) {
        let Some(of_step) = said.steps.get(&step.hash) else { continue };
        lines.extend(of_step.labels.iter().filter_map(text).map(|text| format!("{number} {text}")));
    }
    lines.join(", ")
}

fn said(window: &Window) -> Option<TraceAnnotation> {
    let open = window.state().view().open.as_ref().unwrap();
    project(window).said(&open.trace.id).cloned()
}

/// Keys, and what is said of the trace then.
#[track_caller]
fn check(window: &mut Window, keys: &str, expected: &str) {
    press(window, keys);
    assert_eq!(labels(window), expected, "after {keys}; {}", notices(window));
}

/// Checks that the last notice tells that text, which was not said.
#[track_caller]
fn check_unsaid(window: &Window, text: &str) {
    let notices = notices(window);
    assert_eq!(notices.lines().last(), Some(format!("Not said: {text}").as_str()), "{notices}");
}

/// Goes to the next trace while a text has the keyboard, and back.
fn go_and_come_back(window: &mut Window) {
    ask(window, Action::Run(Command::NextTrace));
    press(window, "h");
}

fn is_choosing(window: &Window) -> bool {
    window.state().view().choose.is_some()
}

#[test]
fn the_kind_of_an_error_takes_two_letters() {
    let home = Home::new();
    let mut window = home.open_sample();
    check(&mut window, "j x c a", "2 Calculation › Arithmetic");
    assert!(is_choosing(&window), "severity may follow");
    press(&mut window, "j");
    assert!(!is_choosing(&window), "any other key goes on");
    assert_eq!(window.state().view().open.as_ref().unwrap().at, 2, "and does what it does elsewhere");
    check(&mut window, "k x c l 2", "2 Calculation › Algebra, major");
    assert!(!is_choosing(&window));
    // A slip of the finger is put right by the same key.
    check(&mut window, "x 2", "2 Calculation › Algebra");
    check(&mut window, "x c l", "");
    check(&mut window, "Ctrl+Z Ctrl+Z", "2 Calculation › Algebra, major");
    check(&mut window, "Ctrl+Y x c l", "");
    check(&mut window, "x m Enter Escape", "2 Missing step");
    check(&mut window, "x m Backspace l d Escape", "2 Logic › Does not follow");
    check(&mut window, "x Escape Escape", "2 Logic › Does not follow");
    // An own kind, and the name of a known one.
    press(&mut window, "x o");
    type_text(&mut window, "units of e");
    check(&mut window, "Enter", "2 units of e");
    press(&mut window, "x o");
    type_text(&mut window, "knowledge");
    check(&mut window, "Enter", "2 Knowledge");
    // Half a word makes no kind, by Escape or by moving on.
    press(&mut window, "x o");
    type_text(&mut window, "uni");
    check(&mut window, "Escape", "2 Knowledge");
    check_unsaid(&window, "uni");
    press(&mut window, "x o");
    type_text(&mut window, "unit");
    go_and_come_back(&mut window);
    assert_eq!(labels(&window), "2 Knowledge");
    check_unsaid(&window, "unit");
    assert_eq!(said(&window).unwrap().first_error, None, "letters that are typed or chosen label nothing else");
}

#[test]
fn everything_else_of_a_step() {
    let home = Home::new();
    let mut window = home.open_sample();
    let mut expected: Vec<String> = Vec::new();
    // In the order of sorts, as they are listed.
    for (keys, text) in [
        ("f t d", "1 # To discuss"),
        ("f q 4", "1 Local quality 0.75 good"),
        ("f s 7", "1 p 0.7"),
        ("f r", "1 redundant"),
        ("f c u", "1 put right later"),
        ("f u", "1 ⚠ unsafe"),
        ("f k", "1 masked"),
    ] {
        expected.push(text.into());
        check(&mut window, keys, &expected.join(", "));
        assert!(!is_choosing(&window), "{keys}");
    }
    for gesture in (0..expected.len()).rev() {
        expected.truncate(gesture);
        check(&mut window, "Ctrl+Z", &expected.join(", "));
    }
    check(&mut window, "Ctrl+Y f t d", "");
    // Held with Shift, the chooser stays for the next.
    check(&mut window, "f t Shift+A Shift+D", "1 # Ambiguous problem, 1 # To discuss");
    assert!(is_choosing(&window));
    check(&mut window, "Shift+A", "1 # To discuss");
    check(&mut window, "d", "");
    assert!(!is_choosing(&window));
    // Any number, with a comma as well; what is no number is asked for again.
    press(&mut window, "f s 0");
    type_text(&mut window, "1.25");
    press(&mut window, "Enter");
    assert!(notices(&window).contains("“1.25” is not a number from 0 to 1"), "{}", notices(&window));
    press(&mut window, "Backspace Backspace Backspace Backspace");
    type_text(&mut window, "0,125");
    check(&mut window, "Enter", "1 p 0.125");
}

#[test]
fn a_missing_step_and_what_puts_an_error_right() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j f m");
    type_text(&mut window, "e a x 1");
    check(&mut window, "Enter", "2 step missing before");
    assert!(window.query_by_label("Missing before  e a x 1").is_some());
    let words = said(&window).unwrap();
    assert_eq!(words.first_error, None, "letters never label while a text is typed");
    check(&mut window, "f m", "");
    press(&mut window, "f m");
    type_text(&mut window, "dra");
    check(&mut window, "Escape", "");
    check_unsaid(&window, "dra");
    // Left in the middle: what was typed counts, and belongs to the step it was typed for.
    press(&mut window, "f m");
    type_text(&mut window, "draft");
    go_and_come_back(&mut window);
    press(&mut window, "j");
    assert_eq!(labels(&window), "2 step missing before");
    check(&mut window, "f m Ctrl+Z f m", "");
    check(&mut window, "f c 4", "2 put right in 4");
    check(&mut window, "f c j Enter", "");
    check(&mut window, "f c j Enter", "2 put right in 4");
    check(&mut window, "f c Enter", "2 put right in 3");
    check(&mut window, "f c 3", "");
}

#[test]
fn links_and_marked_words() {
    let home = Home::new();
    let mut window = home.open_sample();
    check(&mut window, "j j j f p 1 2", "4 rests on 2, 4 rests on 1");
    assert!(is_choosing(&window), "there may be more");
    check(&mut window, "1 Escape f e j Enter Escape", "4 shown by 2, 4 rests on 2");
    assert!(window.query_by_label("rests on 2 · shown by 2").is_some());
    let text = window.state().view().open.as_ref().unwrap().step().unwrap().text.clone();
    let first: Vec<&str> = text.split_whitespace().take(3).collect();
    press(&mut window, "f w Right Shift+Right c");
    let marked = format!("Calculation: “{} {}”", first[1], first[2]);
    assert_eq!(labels(&window), format!("4 {marked}, 4 shown by 2, 4 rests on 2"));
    // The inspector takes away what it lists.
    window.get_by_label(&format!("Take away {marked}")).click();
    settle(&mut window);
    assert_eq!(labels(&window), "4 shown by 2, 4 rests on 2");
    check(&mut window, "Ctrl+Z", &format!("4 {marked}, 4 shown by 2, 4 rests on 2"));
}

#[test]
fn the_trace_as_a_whole() {
    let home = Home::new();
    let mut window = home.open_sample();
    check(&mut window, "Shift+F w", "✖ wrong answer");
    check(&mut window, "Shift+F p 3", "✖ wrong answer, Progress made 0.5 half");
    check(&mut window, "Shift+F t l", "✖ wrong answer, # Lucky answer, Progress made 0.5 half");
    check(&mut window, "Shift+F r", "✔ right answer, # Lucky answer, Progress made 0.5 half");
    check(&mut window, "Shift+F r Shift+F p 3 Shift+F t l", "");
    press(&mut window, "Shift+F t o");
    type_text(&mut window, "my word");
    check(&mut window, "Enter", "# my word");
    check(&mut window, "Shift+F t m", "");
    // Moving on closes the chooser: a letter never goes to another trace.
    press(&mut window, "Shift+F");
    assert!(is_choosing(&window));
    ask(&mut window, Action::ShowTrace(3));
    assert!(!is_choosing(&window));
}

#[test]
fn giving_up_says_why_and_goes_on() {
    let home = Home::new();
    let mut window = home.open_sample();
    let first = shown(&window);
    press(&mut window, "Shift+S Escape");
    assert_eq!((labels(&window), shown(&window)), (String::new(), first.clone()), "thought better of it");
    assert!(!notices(&window).contains("Not said"), "nothing was typed, so there is nothing to tell");
    press(&mut window, "Shift+S");
    type_text(&mut window, "no");
    press(&mut window, "Escape");
    assert_eq!((labels(&window), shown(&window)), (String::new(), first.clone()), "Escape says nothing");
    check_unsaid(&window, "no");
    press(&mut window, "Shift+S");
    type_text(&mut window, "no idea");
    go_and_come_back(&mut window);
    check_unsaid(&window, "no idea");
    assert_eq!(project(&window).log().last_seq(), 0, "neither does moving on");
    press(&mut window, "Shift+S");
    type_text(&mut window, "no idea what a knot is");
    press(&mut window, "Enter");
    assert_ne!(shown(&window), first);
    press(&mut window, "Ctrl+Z");
    assert_eq!((labels(&window), shown(&window)), (String::new(), first.clone()), "one gesture");
    check(&mut window, "Ctrl+Y", "because no idea what a knot is");
    assert_eq!(said(&window).unwrap().status.name(), "given_up");
    press(&mut window, "Shift+F b");
    type_text(&mut window, ", really");
    check(&mut window, "Enter", "because no idea what a knot is, really");
    press(&mut window, "Shift+F b");
    type_text(&mut window, " none");
    go_and_come_back(&mut window);
    assert_eq!(labels(&window), "because no idea what a knot is, really none", "only words, so they are kept");
}

#[test]
fn critiques_are_rated_accepted_and_edited() {
    let home = Home::new();
    let mut window = home.open_sample();
    let (store, scores) = (project(&window).store().clone(), project(&window).scores().clone());
    let info = ScorerInfo {
        name: "judge".into(),
        fingerprint: "f00d".into(),
        kind: ScoreKind::Correctness,
        ..ScorerInfo::default()
    };
    let scorer = scores.adopt(&info);
    let score = StepScore { note: Some("The sum is wrong.".into()), ..0.2_f32.into() };
    scores.append(&scorer, &[(store.step_hashes(0)[0].clone(), score)]).unwrap();
    check(&mut window, "Shift+R 1 Escape", "1 Critique of judge (rated good)  The sum is wrong.");
    check(&mut window, "Shift+R a", "1 Critique of judge (rated good, accepted)  The sum is wrong.");
    check(&mut window, "Shift+R 1 a", "");
    // Looking at the words to edit them accepts nothing.
    check(&mut window, "Shift+R e Escape", "");
    press(&mut window, "Shift+R e");
    type_text(&mut window, " by 2");
    check(&mut window, "Enter", "1 Critique of judge (accepted)  The sum is wrong. by 2");
    press(&mut window, "Shift+R w");
    type_text(&mut window, "mine");
    check(&mut window, "Enter", "1 Critique (accepted)  mine, 1 Critique of judge (accepted)  The sum is wrong. by 2");
    check(&mut window, "Ctrl+Z Ctrl+Z", "");
    check(&mut window, "j Shift+R w x Escape", "");
    check_unsaid(&window, "x");
    // Moving on keeps one's own words, but nobody stands by half of them.
    press(&mut window, "Shift+R w x");
    go_and_come_back(&mut window);
    assert_eq!(labels(&window), "2 Critique  x");
    press(&mut window, "j");
    check(&mut window, "Shift+R w Enter", "2 Critique (accepted)  x");
    press(&mut window, "Shift+R w y");
    go_and_come_back(&mut window);
    assert_eq!(labels(&window), "2 Critique (accepted)  x");
    check_unsaid(&window, "xy");
}

#[test]
fn two_keys_in_one_frame_are_two_keys() {
    use eframe::egui::{Event, Key, Modifiers};
    let home = Home::new();
    let mut window = home.open_sample();
    for key in [Key::X, Key::C, Key::A] {
        window.input_mut().events.push(Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        });
    }
    settle(&mut window);
    assert_eq!(labels(&window), "1 Calculation › Arithmetic");
}

/// Chooses a preset in the dialog of labels.
fn choose_preset(window: &mut Window, name: &str) {
    press(window, "Ctrl+L");
    window.get_by_label("Preset").click();
    settle(window);
    window.get_by_label(name).click();
    settle(window);
}

#[test]
fn the_labels_of_a_project_are_kept_with_it() {
    let home = Home::new();
    let mut window = home.open_sample();
    check(&mut window, "x c a Escape Shift+F p 3", "Progress made 0.5 half, 1 Calculation › Arithmetic");
    choose_preset(&mut window, "Proof grading, 0 to 7");
    assert!(window.query_by_label_contains("4 kinds of errors").is_some());
    window.get_by_label("Save").click();
    settle(&mut window);
    assert!(notices(&window).contains("Proof grading, 0 to 7: revision 1 saved"), "{}", notices(&window));
    press(&mut window, "Shift+F g 5");
    let under = |window: &Window| {
        let (_, done) = project(window).log().history();
        done.map(|gesture| (gesture.under.schema, gesture.under.guideline.clone())).collect::<Vec<_>>()
    };
    let usual = (0, String::new());
    assert_eq!(under(&window), [(1, "proof-1".into()), usual.clone(), usual]);
    let expected = "Grade 5 nearly all, progress 0.5, 1 calculation › arithmetic";
    assert_eq!(labels(&window), expected, "what the schema no longer has keeps its name");
    // Read again because the files have changed, and opened once more.
    let file = home.path("traces/2-algebra.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("equation", "Equation")).unwrap();
    press(&mut window, "F5");
    assert_eq!(project(&window).schema().revision, 1, "{}", notices(&window));
    drop(window);
    let mut window = open(home.startup("traces"));
    assert_eq!((project(&window).schema().revision, labels(&window).as_str()), (1, expected));
    // A change is a revision of its own; cancelled, it is none.
    press(&mut window, "Ctrl+L");
    window.get_by_label("bad").click();
    settle(&mut window);
    press(&mut window, "Escape");
    assert!(window.query_by_label("Nothing of this is saved yet").is_some(), "nothing is lost silently");
    window.get_by_label("Throw changes away").click();
    settle(&mut window);
    assert_eq!(project(&window).schema().revision, 1);
    press(&mut window, "Ctrl+L");
    window.get_by_label("bad").click();
    settle(&mut window);
    window.get_by_label("Save").click();
    settle(&mut window);
    assert_eq!(project(&window).schema().revision, 2);
    press(&mut window, "3");
    assert!(notices(&window).contains("does not ask for “bad”"), "{}", notices(&window));
    let dir = project(&window).dir();
    assert_eq!(LabelSchema::revision(dir, 1).unwrap().ratings.len(), 4);
    assert_eq!(LabelSchema::revision(dir, 2).unwrap().ratings.len(), 3);
}

#[test]
fn clashing_letters_are_shown_and_refused() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+L");
    window.get_by_label("Tags and criteria").click();
    settle(&mut window);
    window.get_by_label("Letter of Tag 2").click();
    settle(&mut window);
    type_text(&mut window, "a");
    let told = "⚠ “Ambiguous problem” and “Lucky answer” of the tags both have the letter a";
    assert!(window.query_by_label(told).is_some());
    window.get_by_label("Save").click();
    settle(&mut window);
    assert!(window.query_by_label(told).is_some());
    assert_eq!(project(&window).schema().revision, 0);
}

#[test]
fn labels_that_cannot_be_read_are_told_and_left_alone() {
    let home = Home::new();
    let window = home.open_sample();
    let manifest = project(&window).dir().manifest();
    drop(window);
    let broken = format!("{}\n[labels]\nratings = ['brilliant']\n", fs::read_to_string(&manifest).unwrap());
    fs::write(&manifest, &broken).unwrap();
    let mut window = open(home.startup("traces"));
    assert!(notices(&window).contains("The labels of this project could not be read"), "{}", notices(&window));
    check(&mut window, "x c a Escape", "1 Calculation › Arithmetic");
    assert_eq!(fs::read_to_string(&manifest).unwrap(), broken);
}

#[test]
fn the_chooser_in_both_themes() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "j x c a 2 f t d f q 4 f s 7 j j f p 1 2 Escape f w Right Shift+Right c k k e");
    press(&mut window, "Shift+F w j j f w Right Right Shift+Right Shift+Right");
    picture(&mut window, "label-words");
    press(&mut window, "Escape x");
    press(&mut window, "c");
    picture(&mut window, "label-subs");
    press(&mut window, "Escape f Ctrl+T");
    picture(&mut window, "label-step-light");
    press(&mut window, "p");
    picture(&mut window, "label-links-light");
    press(&mut window, "Escape Shift+F");
    press(&mut window, "Escape Ctrl+T f m");
    type_text(&mut window, "what is missing");
    picture(&mut window, "label-text");
    press(&mut window, "Enter Ctrl+L");
    window.get_by_label("Kinds of errors").click();
    settle(&mut window);
    picture(&mut window, "label-schema-errors");
    press(&mut window, "Escape");
    assert!(window.state().view().dialog.is_none(), "nothing was changed, so Escape closes");
}
