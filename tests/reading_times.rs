//! How long long traces take to open, to scroll and to search: a measurement, not a test. Prints figures, promises
//! nothing.
//!
//! ```sh
//! cargo nextest run --workspace --cargo-profile release --run-ignored only --no-capture -E 'test(reading_times)'
//! ```

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use eframe::egui::{Event, Modifiers, MouseWheelUnit, TouchPhase, vec2};
use serde_json::{Value, json};
use stepscope::command::Action;
use stepscope::state::OpenTrace;
use stepscope_core::model::{Problem, Step, StepKind, ToolCall, Trace, TraceBuilder};

use crate::support::wait::wait_until;
use crate::support::window::{Home, Window, press, settle, start};

const SCROLLS: usize = 1_000;
const PATIENCE: Duration = Duration::from_mins(10);

/// Numbers that look drawn by lot and are the same in every run.
struct Lot(u64);

impl Lot {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A step of mathematics with formulas.
fn formulas(lot: &mut Lot, step: usize) -> String {
    let (a, b) = (lot.below(90) + 2, lot.below(90) + 2);
    let mut text = format!(
        "Step {step}. We have $x_{{{a}}} = \\frac{{{a}}}{{{b}}} + \\sqrt{{{b}}}$, so that the sum over all $k \\le {a}$ stays \
         below $\\sum_{{k=1}}^{{{a}}} k^{b}$."
    );
    if lot.below(3) == 0 {
        write!(text, "\n\n$$\\int_0^{{{a}}} \\frac{{t^{b}}}{{1 + t}}\\,dt = {a} \\cdot {b}$$\n\nand the rest follows.")
            .unwrap();
    }
    for _ in 0..lot.below(4) {
        text.push_str(" It carries over to the next line, as **before**, without a change of sign.");
    }
    text
}

fn chain(steps: usize) -> Value {
    let mut lot = Lot(7);
    let steps: Vec<String> = (1..=steps).map(|step| formulas(&mut lot, step)).collect();
    json!({"id": format!("chain-{}", steps.len()), "problem": "What is $x_1$?", "steps": steps, "final_answer_correct": true, "label": -1})
}

/// About 85,000 tokens with 116 tool calls.
fn agent() -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text("Mend the failing test."));
    let mut lot = Lot(11);
    for call in 0..116 {
        builder.chain(StepKind::Thought, format!("I look at file {call}. {}", "It may be here. ".repeat(8)));
        let arguments = json!({"path": format!("src/file_{call}.py"), "lines": [1, 80]}).to_string();
        let tool = ToolCall { name: "read".into(), arguments, call_id: Some(format!("c{call}")) };
        builder.push_tool_call(builder.last_step(), String::new(), tool);
        let lines = 20 + lot.below(40);
        let code: Vec<String> =
            (0..lines).map(|line| format!("{line:>4}  def method_{line}(self, value={line}):")).collect();
        builder.chain(StepKind::ToolResult, code.join("\n"));
    }
    builder.build()
}

fn tree(nodes: u32) -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text("Make 24 of 4, 9, 10 and 13."));
    for node in 0..nodes {
        let parent = node.checked_sub(1).map(|before| before / 3);
        builder.push(Step { parent, text: format!("{node} − 9 = 4, left: 4, 4, 10"), ..Step::default() });
    }
    builder.build()
}

fn native(trace: Trace, id: &str) -> String {
    let mut line = serde_json::to_value(stepscope_core::import::native::NativeTrace::from(trace)).unwrap();
    line["source_id"] = id.into();
    line.to_string()
}

#[test]
#[ignore = "a measurement"]
fn long_traces() {
    let home = Home::new();
    let folder = home.path("long");
    fs::create_dir_all(&folder).unwrap();
    let megabyte = json!({"id": "megabyte", "problem": "p", "steps": ["All of it. ".repeat(95_400), "Done."], "final_answer_correct": true, "label": -1});
    fs::write(folder.join("chains.json"), json!([chain(10), chain(5_000), megabyte]).to_string()).unwrap();
    let natives = [native(agent(), "agent"), native(tree(10_000), "tree-10000"), native(tree(100_000), "tree-100000")];
    fs::write(folder.join("others.jsonl"), natives.join("\n")).unwrap();
    let mut window = start(home.startup("long"));
    wait_until(&mut window, "the project is open", PATIENCE, |window| {
        window.state().is_idle() && window.state().project().is_some_and(stepscope::state::Project::can_write)
    });
    settle(&mut window);

    let names = ["chain-10", "chain-5000", "megabyte", "agent", "tree-10000", "tree-100000"];
    let store = window.state().project().unwrap().store().clone();
    for name in names {
        let Some(row) = store.find(name) else {
            println!("{name}: not in the store");
            continue;
        };
        let begun = Instant::now();
        let trace = store.trace(row).unwrap();
        let read = begun.elapsed();
        let begun = Instant::now();
        let open = OpenTrace::new(row, trace);
        let made = begun.elapsed();
        let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
        let began = Instant::now();
        window.state_mut().request(Action::ShowTrace(position));
        let first = frame(&mut window);
        let second = frame(&mut window);
        println!(
            "{name}: {} steps, path of {}; read {read:.1?}, made ready {made:.1?}; asked for to painted {:.1?} \
             (first frame {first:.1?}, second {second:.1?})",
            open.trace.steps.len(),
            open.path.len(),
            began.elapsed(),
        );
        settle(&mut window);
    }

    let row = store.find("chain-5000").unwrap();
    let position = window.state().view().rows.iter().position(|&listed| listed == row).unwrap();
    window.state_mut().request(Action::ShowTrace(position));
    settle(&mut window);
    window.hover_at(eframe::egui::pos2(800.0, 450.0));
    settle(&mut window);
    report("scrolling 5,000 steps with formulas, down", scroll(&mut window, -90.0));
    report("the same, up through what was seen", scroll(&mut window, 90.0));
    window.state_mut().request(Action::ShowStep(4_000));
    settle(&mut window);
    window.hover_at(eframe::egui::pos2(800.0, 450.0));
    report("up through what was never seen", scroll(&mut window, 90.0));
    press(&mut window, "j Ctrl+F");
    let mut typed = Vec::new();
    for _ in 0..20 {
        for letter in "the sum over".chars() {
            window.event(Event::Text(letter.to_string()));
            typed.push(frame(&mut window));
            typed.push(frame(&mut window));
        }
        for _ in 0..12 {
            let event = |pressed| Event::Key {
                key: eframe::egui::Key::Backspace,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers: Modifiers::NONE,
            };
            window.event(event(true));
            typed.push(frame(&mut window));
            window.event(event(false));
        }
    }
    report("typing in find on 5,000 steps", typed);
}

fn scroll(window: &mut Window, by: f32) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..SCROLLS {
        window.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            source: eframe::egui::MouseWheelSource::Unknown,
            delta: vec2(0.0, by),
            phase: TouchPhase::Move,
            modifiers: Modifiers::NONE,
        });
        times.push(frame(window));
    }
    times
}

#[expect(clippy::print_stdout, reason = "its result")]
fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what}: {} frames, p50 {:.2?}, p99 {:.2?}, worst {:.2?}", times.len(), at(50), at(99), at(100));
}

/// One frame: what is done, layout, and the triangles to be painted.
fn frame(window: &mut Window) -> Duration {
    let begun = Instant::now();
    window.step();
    let shapes = window.output().shapes.clone();
    let points = window.ctx.pixels_per_point();
    let triangles = window.ctx.tessellate(shapes, points);
    let took = begun.elapsed();
    assert!(!triangles.is_empty());
    took
}
