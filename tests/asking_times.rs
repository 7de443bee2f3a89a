//! Whether the window stays fluent while a million traces with ten million steps are asked about, their values counted
//! and their figures drawn: a measurement, not a test. Prints figures, promises nothing.
//!
//! ```sh
//! cargo nextest run --workspace --cargo-profile release --run-ignored only --no-capture -E 'test(asking_times)'
//! ```

use std::thread::sleep;
use std::time::{Duration, Instant};

use stepscope::command::{Action, Command};
use stepscope::state::asking::AskRequest;
use stepscope_core::model::{ImportedScore, ImportedValue, Problem, ScoreKind, TraceBuilder, Verdict};
use stepscope_core::store::{ProjectDir, StoreWriter};

use crate::frame_times::{painted, report};
use crate::support::wait::wait_until;
use crate::support::window::{Home, Window, frames, project, settle, start};

const TRACES: u64 = 1_000_000;
const STEPS: u32 = 10;
/// From one picture to the next on a screen of 120 Hz.
const PICTURE: Duration = Duration::from_micros(8_333);
/// Reading so many traces takes its time where nothing is optimised.
const PATIENCE: Duration = Duration::from_mins(20);

const QUESTIONS: [&str; 8] = [
    "generator:model-1",
    "outcome:correct steps >= 10",
    "first_error >= 5",
    "score(\"q\").min < 0.3",
    "any(kind = thought and score(\"q\") < 0.01)",
    "any(number > 4 and within(2, after, score(\"q\") < 0.01))",
    "error_type:none or first_error:none",
    "",
];

#[test]
#[ignore = "a measurement"]
fn asking_times() {
    let home = Home::new();
    make(&ProjectDir::new(home.path("judged")));
    let mut startup = home.startup("");
    (startup.paths, startup.project) = (Vec::new(), Some(home.path("judged")));
    let mut window = start(startup);
    let idle = |window: &mut Window| window.state().is_idle() && window.state().project().is_some();
    wait_until(&mut window, "the project is open", PATIENCE, idle);
    assert_eq!(project(&window).store().len() as u64, TRACES);
    for command in [Command::ToggleFacets, Command::ToggleSurvey] {
        window.state_mut().request(Action::Run(command));
        frames(&mut window, 3);
        wait_until(&mut window, "all is counted", PATIENCE, idle);
    }
    settle(&mut window);
    report("nothing is asked", (0..200).map(|_| painted(&mut window)).collect());
    // What is kept from one question to the next is made by the first of its kind.
    for again in [false, true] {
        for question in QUESTIONS {
            let (times, answered) = asked(&mut window, question);
            if again {
                report(&format!("{question:?}, all shown after {answered:.0?}"), times);
            }
        }
    }
}

/// Asks, and paints at the pace of a screen until facets and figures are there.
fn asked(window: &mut Window, question: &str) -> (Vec<Duration>, Duration) {
    let begun = Instant::now();
    window.state_mut().request(Action::Ask(AskRequest::Type(question.into(), question.len())));
    let (mut times, mut busy) = (Vec::new(), begun);
    // A job may begin a picture after the one that it waits for has ended.
    while busy.elapsed() < 10 * PICTURE {
        let frame = Instant::now();
        times.push(painted(window));
        if !window.state().is_idle() {
            busy = Instant::now();
        }
        sleep(PICTURE.saturating_sub(frame.elapsed()));
    }
    (times, busy - begun)
}

/// Traces with a first error each, and a score for each step; the same ones each time.
fn make(dir: &ProjectDir) {
    let mut writer = StoreWriter::create(dir).unwrap();
    for trace in 0..TRACES {
        let lot = trace.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33;
        let mut builder = TraceBuilder::new(Problem::from_text(format!("What becomes of {}?", trace / 4)))
            .source_id(format!("t-{trace}"))
            .generator(["model-1", "model-2", "model-3"][(lot % 3) as usize])
            .verdict(Verdict::from_bool(lot.is_multiple_of(2)));
        for step in 0..STEPS {
            builder = builder.thought(format!("From {trace} and {step} we get {}, and so on.", lot % 1000 * trace));
            let value = f64::from(u32::try_from((lot >> step) % 1000).unwrap()) / 1000.0;
            let score = ImportedScore { step: Some(step), name: "q".into(), kind: ScoreKind::Value, value };
            builder.trace_mut().scores.push(score);
        }
        let error = u32::try_from(lot % u64::from(STEPS + 1)).unwrap();
        let error = (error < STEPS).then_some(error);
        let value = if error.is_some() { ImportedValue::FirstError } else { ImportedValue::NoError };
        builder.label(error, value, "human", "label", "raw");
        writer.push(&builder.build()).unwrap();
    }
    writer.finish(Vec::new()).unwrap();
}
