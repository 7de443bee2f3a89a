//! Panning, zooming and walking the picture of a large tree: a measurement, not a test. Prints figures, promises nothing.
//!
//! ```sh
//! cargo nextest run --workspace --cargo-profile release --run-ignored only --no-capture -E 'test(canvas_times)'
//! ```

use std::fs;
use std::time::{Duration, Instant};

use eframe::egui::{Event, Key, Modifiers};
use stepscope::command::{Action, Command};
use stepscope::state::canvas::{Camera, CanvasRequest};

use crate::journey_canvas::large_tree;
use crate::support::wait::wait_until;
use crate::support::window::{Home, Window, ask, frames, start};

const FRAMES: u16 = 600;
/// Reading so large a trace takes its time where nothing is optimised.
const PATIENCE: Duration = Duration::from_mins(10);

#[test]
#[ignore = "a measurement"]
fn canvas_times_of_10_000_nodes() {
    measure(10_000, 120);
}

#[test]
#[ignore = "a measurement"]
fn canvas_times_of_100_000_nodes() {
    measure(100_000, 400);
}

#[expect(clippy::print_stdout, reason = "its result")]
fn measure(nodes: u32, bushy: u32) {
    let home = Home::new();
    fs::write(home.path("tree.json"), large_tree(nodes, bushy)).unwrap();
    let mut window = start(home.startup("tree.json"));
    wait_until(&mut window, "the project is open", PATIENCE, |window| window.state().is_idle());
    frames(&mut window, 5);
    let begun = Instant::now();
    window.state_mut().request(Action::Run(Command::ToggleCanvas));
    let (mut slowest, mut shown) = (Duration::ZERO, false);
    while !shown {
        slowest = slowest.max(frame(&mut window, None));
        shown = window.state().canvas_scene().is_some();
    }
    println!("{nodes} nodes: picture shown after {:.1?}, slowest frame meanwhile {slowest:.1?}", begun.elapsed());
    let fit = window.state().canvas_look().unwrap();
    for (name, zoom) in [("whole", fit.scale[0]), ("bands", 2.0), ("dots", 6.0), ("labels", 40.0), ("cards", 130.0)] {
        let place = |at: u16| {
            let along = f32::from(at) / f32::from(FRAMES);
            let [x, y] = fit.at;
            let camera = Camera { x: x * (0.2 + 1.6 * along), y: y * (0.5 + along), zoom };
            Action::Canvas(CanvasRequest::Look(camera))
        };
        let times = (0..FRAMES).map(|at| frame(&mut window, Some(place(at)))).collect();
        report(&format!("  panning, {name}"), times);
    }
    ask(&mut window, Action::Canvas(CanvasRequest::Fit));
    let zooms = (0..FRAMES).map(|at| {
        let command = if at % 120 < 60 { Command::CanvasLarger } else { Command::CanvasSmaller };
        frame(&mut window, Some(Action::Run(command)))
    });
    let zooms = zooms.collect();
    report("  zooming in and out", zooms);
    let keys = [Key::J, Key::Period, Key::J, Key::J, Key::Period, Key::K];
    let walks = keys.into_iter().cycle().take(usize::from(FRAMES)).map(|key| {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        window.input_mut().events.push(event(true));
        let took = frame(&mut window, None);
        window.input_mut().events.push(event(false));
        window.step();
        took
    });
    let walks = walks.collect();
    report("  walking", walks);
}

/// One frame: what is asked for, layout, and the triangles to be painted.
fn frame(window: &mut Window, action: Option<Action>) -> Duration {
    if let Some(action) = action {
        window.state_mut().request(action);
    }
    let begun = Instant::now();
    window.step();
    let shapes = window.output().shapes.clone();
    let triangles = window.ctx.tessellate(shapes, window.ctx.pixels_per_point());
    let took = begun.elapsed();
    assert!(!triangles.is_empty());
    took
}

#[expect(clippy::print_stdout, reason = "its result")]
fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what}: p50 {:.2?}, p99 {:.2?}, worst {:.2?}", at(50), at(99), at(100));
}
