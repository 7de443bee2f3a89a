//! Waiting for what happens on other threads or in other processes: always with a deadline, never a bare sleep.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use egui_kittest::Harness;

use super::fixture;

/// How long a test waits between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs frames until `done` says so. After `limit` it saves a picture of the window and fails.
#[track_caller]
pub(crate) fn wait_until<'a, State>(
    harness: &mut Harness<'a, State>,
    description: &str,
    limit: Duration,
    mut done: impl FnMut(&mut Harness<'a, State>) -> bool,
) {
    let start = Instant::now();
    while !done(harness) {
        if start.elapsed() > limit {
            let picture = save_picture(harness, description);
            panic!("waited {limit:?} in vain until {description}; {picture}");
        }
        harness.step();
        thread::sleep(PAUSE);
    }
}

/// The same without a window, for processes and files.
#[track_caller]
pub(crate) fn wait_for(description: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() <= limit, "waited {limit:?} in vain until {description}");
        thread::sleep(PAUSE);
    }
}

/// Saves what the window shows under `target/failures/` and says where, or why there is no picture.
fn save_picture<State>(harness: &mut Harness<'_, State>, description: &str) -> String {
    let name: String = description.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let folder = fixture::workspace().join("target/failures");
    let path = folder.join(format!("{name}.png"));
    let saved = fs::create_dir_all(&folder)
        .map_err(|error| error.to_string())
        .and_then(|()| harness.render())
        .and_then(|image| image.save(&path).map_err(|error| error.to_string()));
    match saved {
        Ok(()) => format!("the window is shown in {}", path.display()),
        Err(error) => format!("no picture of the window: {error}"),
    }
}

#[test]
fn waiting_ends_when_the_condition_holds() {
    let mut looks = 0;
    wait_for("the third look", Duration::from_secs(10), || {
        looks += 1;
        looks == 3
    });
    assert_eq!(looks, 3);
}

#[test]
#[should_panic(expected = "in vain until pigs fly")]
fn waiting_has_a_deadline() {
    wait_for("pigs fly", Duration::ZERO, || false);
}

#[test]
fn frames_run_while_waiting() {
    let mut harness = Harness::new_ui_state(
        |ui, frames: &mut u32| {
            ui.label("waiting");
            *frames += 1;
        },
        0,
    );
    wait_until(&mut harness, "ten frames", Duration::from_secs(10), |harness| *harness.state() >= 10);
}
