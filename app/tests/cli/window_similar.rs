//! The window with a real sentence encoder in a worker: steps are encoded once, compared by meaning, and by words again.

use stepscope::Startup;
use stepscope::command::Action;
use stepscope::state::DialogState;
use stepscope::state::similar::{AlikeBy, SimilarRequest};
use stepscope_core::scoring::Launch;

use crate::shared::window::{Home, Window, ask, notices, open, press, project, settle};
use crate::support::{PROGRAM, workspace};

fn startup(home: &Home) -> Startup {
    Startup { worker: Launch::new(PROGRAM, ["worker"]), ..home.startup("traces") }
}

/// By what the dialog compares, and how many other texts it lists.
fn listed(window: &Window) -> (AlikeBy, Option<usize>) {
    let Some(DialogState::Similar(draft)) = &window.state().view().dialog else { panic!("{}", notices(window)) };
    (draft.by, draft.found.as_ref().map(|found| found.hits.len()))
}

fn use_encoder(window: &mut Window, folder: &str) {
    let folder = workspace().join(folder);
    ask(window, Action::Similar(SimilarRequest::UseEncoder(folder)));
    settle(window);
}

#[test]
fn steps_are_compared_by_meaning() {
    let home = Home::new();
    let mut window = open(startup(&home));
    press(&mut window, "Ctrl+I ArrowRight");
    assert_eq!(listed(&window).0, AlikeBy::Words, "without an encoder there is one way");
    use_encoder(&mut window, "core/tests-data/encoders/bert");
    assert_eq!(listed(&window), (AlikeBy::Meaning, Some(20)), "{}", notices(&window));
    let encodings = project(&window).store().dir().encodings();
    let files = || std::fs::read_dir(&encodings).map_or(0, Iterator::count);
    assert_eq!(files(), 1);
    press(&mut window, "ArrowLeft");
    assert!(matches!(listed(&window), (AlikeBy::Words, Some(_))), "{}", notices(&window));
    press(&mut window, "ArrowRight ArrowDown Enter");
    assert!(window.state().view().dialog.is_none());
    press(&mut window, "Ctrl+I");
    assert_eq!(listed(&window), (AlikeBy::Meaning, Some(20)), "the way is kept");
    // An encoder that cannot be loaded leaves the words.
    use_encoder(&mut window, "core/tests-data/scoring/qwen2_prm");
    assert!(matches!(listed(&window), (AlikeBy::Words, Some(_))), "{}", notices(&window));
    assert!(notices(&window).contains("Steps not encoded"), "{}", notices(&window));
    use_encoder(&mut window, "sample-data");
    assert!(notices(&window).contains("This is no sentence encoder"), "{}", notices(&window));
}
