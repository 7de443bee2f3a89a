//! From key to painted frame on a large project: a measurement, not a test. Prints figures, promises nothing.
//!
//! ```sh
//! cargo nextest run --workspace --cargo-profile release --run-ignored only --no-capture -E 'test(frame_times)'
//! ```

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, pos2, vec2};
use stepscope::state::Project;
use stepscope_core::annotation::{AnnotationLog, Change, StepRef};
use stepscope_core::model::{AnnotatorId, FirstError, FixedClock, StepRating, TraceStatus};

use crate::support::wait::wait_until;
use crate::support::window::{Home, Window, project, settle, start};

const TRACES: usize = 100_000;
/// Traces of the table that is scrolled.
const MANY: usize = 1_000_000;
const STEPS: usize = 10;
/// Frames over which the memory is watched.
const LONG: usize = 10_000;
const EVENTS: u64 = 50_000;
const KEYS: usize = 2_000;
/// Reading so many traces takes its time where nothing is optimised.
const PATIENCE: Duration = Duration::from_mins(10);

#[test]
#[ignore = "a measurement"]
fn key_to_painted_frame() {
    let home = Home::new();
    fs::write(home.path("many.jsonl"), traces(TRACES)).unwrap();
    let mut window = open(&home);
    let store = project(&window).store().clone();
    let folder = store.dir().annotations();
    drop(window);
    label(&folder, &store);

    let begun = Instant::now();
    window = open(&home);
    let opened = begun.elapsed();
    let records = project(&window).log().last_seq();
    let mut times = Vec::new();
    let keys = [Key::J, Key::J, Key::Num1, Key::J, Key::Num3, Key::E, Key::Space, Key::A, Key::N, Key::U];
    for key in keys.into_iter().cycle().take(KEYS) {
        times.push(frame(&mut window, key));
    }
    settle(&mut window);
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{TRACES} traces, {records} records, opened in {opened:.1?}; key to painted frame, {KEYS} keys: \
         p50 {:.2?}, p99 {:.2?}, worst {:.2?}; all saved: {}",
        at(50),
        at(99),
        at(100),
        project(&window).log().saved_seq() == project(&window).log().last_seq(),
    );
}

#[test]
#[ignore = "a measurement"]
fn frame_times_of_a_million_traces() {
    let home = Home::new();
    fs::write(home.path("many.jsonl"), traces(MANY)).unwrap();
    let mut window = open(&home);
    let table = pos2(200.0, 420.0);
    window.input_mut().events.push(Event::PointerMoved(table));
    window.step();
    let mut times = Vec::new();
    for at in 0..2_000_usize {
        // Slowly, then by leaps, down and up.
        let by = [-40.0, -900.0, -25_000.0, 30_000.0][at / 500];
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            source: MouseWheelSource::Unknown,
            delta: vec2(0.0, by),
            phase: TouchPhase::Move,
            modifiers: Modifiers::NONE,
        };
        times.push(timed(&mut window, wheel));
    }
    report(&format!("{MANY} traces, scrolling the table"), times);
    let before = memory();
    let keys = [Key::J, Key::N, Key::J, Key::K, Key::P].into_iter().cycle();
    let times = keys.take(LONG / 2).map(|key| frame(&mut window, key)).collect();
    report("the same, walking steps and traces", times);
    println!("memory before {before} MiB, after {LONG} frames {} MiB", memory());
}

/// What the process holds in memory, in MiB; 0 where the system does not tell.
fn memory() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or(0);
    pages * 4096 / (1 << 20)
}

#[expect(clippy::print_stdout, reason = "its result")]
pub(crate) fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what}: {} frames, p50 {:.2?}, p99 {:.2?}, worst {:.2?}", times.len(), at(50), at(99), at(100));
}

/// One frame with that key in it, and one in which it is let go.
fn frame(window: &mut Window, key: Key) -> Duration {
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    let took = timed(window, event(true));
    window.input_mut().events.push(event(false));
    window.step();
    took
}

/// One frame with that in it: what is done about it, layout, and the triangles to be painted.
fn timed(window: &mut Window, event: Event) -> Duration {
    window.input_mut().events.push(event);
    painted(window)
}

/// One frame: logic, layout, and the triangles to be painted.
pub(crate) fn painted(window: &mut Window) -> Duration {
    let begun = Instant::now();
    window.step();
    let shapes = window.output().shapes.clone();
    let points = window.ctx.pixels_per_point();
    let triangles = window.ctx.tessellate(shapes, points);
    let took = begun.elapsed();
    assert!(!triangles.is_empty());
    took
}

fn open(home: &Home) -> Window {
    let mut window = start(home.startup("many.jsonl"));
    wait_until(&mut window, "the project is open", PATIENCE, |window| {
        window.state().is_idle() && window.state().project().is_some_and(Project::can_write)
    });
    settle(&mut window);
    window
}

/// Traces whose steps all differ, in the shape of ProcessBench.
fn traces(count: usize) -> String {
    let mut text = String::new();
    for trace in 0..count {
        let steps: Vec<String> = (0..STEPS)
            .map(|step| {
                format!("From {trace} and {step} we get {}, which we carry over to the next line.", trace + step)
            })
            .collect();
        let steps = serde_json::to_string(&steps).unwrap();
        writeln!(
            text,
            r#"{{"id":"t-{trace}","generator":"model-{}","problem":"What becomes of {trace}?","steps":{steps},"final_answer_correct":{},"label":{}}}"#,
            trace % 7,
            trace % 2 == 0,
            if trace % 2 == 0 { -1 } else { i64::try_from(trace % STEPS).unwrap() },
        )
        .unwrap();
    }
    text
}

/// As an annotator would: ratings, first errors, finished traces.
fn label(folder: &std::path::Path, store: &stepscope_core::store::Store) {
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) = AnnotationLog::open(folder, &AnnotatorId::new("ada"), clock, Arc::new(|| {})).unwrap();
    for row in (0..).step_by(3) {
        if log.last_seq() >= EVENTS {
            break;
        }
        let trace = store.trace(row).unwrap();
        let step = |at: usize| StepRef { trace: trace.id.clone(), step: trace.steps[at].hash.clone() };
        let mark = Some(FirstError::At(trace.steps[4].hash.clone()));
        log.commit(vec![Change::RateStep { step: step(1), rating: Some(StepRating::Good) }]).unwrap();
        log.commit(vec![Change::RateStep { step: step(2), rating: Some(StepRating::Neutral) }]).unwrap();
        log.commit(vec![
            Change::MarkFirstError { trace: trace.id.clone(), mark },
            Change::SetStatus { trace: trace.id.clone(), status: TraceStatus::Done },
        ])
        .unwrap();
    }
    log.flush().unwrap();
}
