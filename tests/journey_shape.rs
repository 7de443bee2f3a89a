//! The shape of a trace: its map, the curve, the timeline of an agent's run, and jumps, in the real window.

use std::fmt::Write as _;
use std::fs;

use egui_kittest::kittest::Queryable as _;
use serde_json::json;
use stepscope::command::{Action, Command};
use stepscope::state::OpenTrace;
use stepscope::view_model::minimap::{MinimapFacts, MinimapModel};
use stepscope::view_model::timeline::{Axis, TimelineModel};
use stepscope_core::import::native::NativeTrace;
use stepscope_core::model::{Problem, ScoreKind, Step, StepIndex, StepKind, ToolCall, Trace, TraceBuilder};

use crate::pictures::{dress, picture};
use crate::support::window::{Home, Window, ask, frames, notices, open, press};

/// When the run began, in seconds since 1970.
const BEGAN: i64 = 1_793_610_000;

/// A run of our own making: an agent that edits and tests, asks a sub-agent, waits for its user and fails twice.
fn run() -> Trace {
    let mut run = RunBuilder {
        builder: TraceBuilder::new(Problem::from_text("The test of the parser fails. Repair it.")),
        at: None,
    };
    run.says("I look at the test first.", 0.0, 4.0, 0.004);
    run.calls(
        "bash",
        r#"{"command": "sed -n 1,40p tests/parser.py"}"#,
        "def test_empty():\n    assert parse('') == []",
        4.0,
        0.2,
    );
    run.says("Now I run it.", 4.5, 3.0, 0.004);
    let failure =
        "Traceback (most recent call last):\n  File \"parser.py\", line 3\nIndexError: list index out of range";
    run.calls("bash", r#"{"command": "pytest -q tests/parser.py"}"#, failure, 7.5, 21.0);
    run.says("I let somebody look up how empty texts are to be read.", 29.0, 5.0, 0.006);
    let call = run.calls(
        "ask",
        r#"{"question": "What does the parser give for an empty text?"}"#,
        "An empty list.",
        34.0,
        17.0,
    );
    run.aside(call, "reader", &[("I search the manual.", 34.5, 4.0), ("It says: an empty list.", 44.0, 6.0)]);
    run.says("The empty text has no first letter. I guard against it.", 51.5, 8.0, 0.006);
    let edit = r#"{"command": "str_replace", "path": "parser.py", "old_str": "text[0]", "new_str": "text[:1]"}"#;
    run.calls("str_replace_editor", edit, "The file parser.py has been edited.", 59.5, 0.1);
    run.calls("bash", r#"{"command": "pytest -q parser.py"}"#, "Error: no tests ran", 60.0, 2.0);
    run.user("Go on, and write a line into the changelog.", 1_500.0);
    run.says("I add the line.", 1_500.5, 5.0, 0.006);
    let line = r#"{"command": "echo 'The parser takes an empty text' >> CHANGELOG.md"}"#;
    run.calls("bash", line, "", 1_506.0, 0.1);
    run.says("Done: the parser takes an empty text, and the changelog says so.", 1_507.0, 6.0, 0.006);
    run.builder.source_id("repair").generator("demo-agent").build()
}

struct RunBuilder {
    builder: TraceBuilder,
    at: Option<StepIndex>,
}

impl RunBuilder {
    fn push(&mut self, kind: StepKind, author: &str, text: &str, tool: Option<ToolCall>) -> StepIndex {
        let (text, author) = (text.to_owned(), Some(author.to_owned()));
        let step = Step { parent: self.at, kind, text, author, tool, on_path: true, ..Step::default() };
        let at = self.builder.push(step);
        self.at = Some(at);
        at
    }

    fn step(&mut self, at: StepIndex) -> &mut Step {
        &mut self.builder.trace_mut().steps[at as usize]
    }

    fn time(&mut self, at: StepIndex, from: f64, took: f64) {
        let metadata = &mut self.step(at).metadata;
        metadata.insert("started_at".into(), (f64::from(i32::try_from(BEGAN).unwrap()) + from).into());
        metadata.insert("duration_s".into(), took.into());
    }

    fn says(&mut self, text: &str, from: f64, took: f64, cost: f64) {
        let at = self.push(StepKind::Message, "assistant", text, None);
        self.time(at, from, took);
        let metadata = &mut self.step(at).metadata;
        metadata.insert("cost_usd".into(), cost.into());
        metadata.insert("input_tokens".into(), 1_200.into());
        metadata.insert("output_tokens".into(), (20 + text.len()).into());
    }

    fn user(&mut self, text: &str, at: f64) {
        let step = self.push(StepKind::Message, "user", text, None);
        self.time(step, at, 0.0);
    }

    /// Calls a tool that answers, and gives the call.
    fn calls(&mut self, name: &str, arguments: &str, answer: &str, from: f64, took: f64) -> StepIndex {
        let call_id = Some(format!("call-{}", self.at.unwrap_or(0)));
        let tool = ToolCall { name: name.into(), arguments: arguments.into(), call_id: call_id.clone() };
        let call = self.push(StepKind::ToolCall, "assistant", &format!("{name}({arguments})"), Some(tool));
        let tool = ToolCall { name: name.into(), arguments: String::new(), call_id };
        let result = self.push(StepKind::ToolResult, name, answer, Some(tool));
        self.time(result, from, took);
        call
    }

    /// What a sub-agent does meanwhile, beside the path.
    fn aside(&mut self, call: StepIndex, name: &str, says: &[(&str, f64, f64)]) {
        let back = self.at.replace(call);
        for (text, from, took) in says {
            let at = self.push(StepKind::Message, name, text, None);
            self.time(at, *from, *took);
            let step = self.step(at);
            (step.on_path, step.section) = (false, Some(name.to_owned()));
        }
        self.at = back;
    }
}

fn open_run(home: &Home) -> Window {
    let line = serde_json::to_string(&NativeTrace::from(run())).unwrap();
    fs::write(home.path("run.jsonl"), line).unwrap();
    open(home.startup("run.jsonl"))
}

fn shown(window: &Window) -> &OpenTrace {
    window.state().view().open.as_ref().unwrap()
}

/// The number of the selected step.
fn number(window: &Window) -> usize {
    shown(window).at + 1
}

#[test]
fn keys_go_from_failure_to_failure_and_from_edit_to_edit() {
    let home = Home::new();
    let mut window = open_run(&home);
    let mut seen = Vec::new();
    let kinds = |window: &Window| shown(window).step().unwrap().text.clone();
    for _ in 0..3 {
        press(&mut window, "Shift+T");
        seen.push(kinds(&window).chars().take(9).collect::<String>());
    }
    assert_eq!(seen, ["Traceback", "Error: no", "Traceback"], "round and round");
    assert!(notices(&window).contains("From the beginning"), "{}", notices(&window));
    press(&mut window, "Home Shift+D");
    assert!(kinds(&window).contains("str_replace"), "{}", kinds(&window));
    press(&mut window, "Shift+D");
    assert!(kinds(&window).contains("CHANGELOG"), "{}", kinds(&window));
    // From a call to its result, and back.
    let call = number(&window);
    press(&mut window, "Shift+J");
    assert_ne!(number(&window), call);
    press(&mut window, "Shift+J");
    assert_eq!(number(&window), call);
    press(&mut window, "Shift+L");
    assert!(notices(&window).contains("No scores to go by"), "{}", notices(&window));
}

#[test]
fn low_scores_are_found_and_stay_hidden_from_the_blind() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    ask(&mut window, Action::ShowTrace(0));
    press(&mut window, "Home Shift+L");
    assert_eq!(number(&window), 3, "the first step below one half");
    press(&mut window, "Shift+I n Home Shift+L");
    assert_eq!(number(&window), 1, "nothing is told");
    assert!(notices(&window).contains("Scores are hidden"), "{}", notices(&window));
}

#[test]
fn the_curve_keeps_its_height() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    let height = |window: &Window| window.get_by_label_contains("Curve of scores").rect().height();
    let before = height(&window);
    frames(&mut window, 40);
    assert!(before < 130.0 && (height(&window) - before).abs() < 0.5, "{before} then {}", height(&window));
    picture(&mut window, "curve-dark");
    press(&mut window, "Ctrl+T");
    picture(&mut window, "curve-light");
}

#[test]
fn a_click_on_the_map_shows_the_step_there() {
    let home = Home::new();
    let steps: Vec<String> = (1..=40).map(|step| format!("{step}: {}", "so it goes on and on ".repeat(20))).collect();
    let row = json!({"problem": "How far?", "steps": steps});
    fs::write(home.path("long.jsonl"), row.to_string()).unwrap();
    let mut window = open(home.startup("long.jsonl"));
    let name = "Map of the trace, step 1 of 40";
    window.get_by_label(name).click();
    crate::support::window::settle(&mut window);
    assert!((18..=23).contains(&number(&window)), "the middle of the map: {}", number(&window));
    ask(&mut window, Action::Run(Command::ToggleMinimap));
    assert!(window.query_by_label_contains("Map of the trace").is_none());
    press(&mut window, "F6");
    assert!(window.query_by_label_contains("Map of the trace").is_some());
}

#[test]
fn the_timeline_of_a_run() {
    let home = Home::new();
    let mut window = open_run(&home);
    let model = TimelineModel::new(shown(&window)).unwrap();
    assert_eq!(model.axis, Axis::Time);
    insta::assert_snapshot!(told(&model));
    assert!(window.query_by_label_contains("Timeline, ").is_some());
    press(&mut window, "Shift+T");
    picture(&mut window, "run-dark");
    press(&mut window, "Ctrl+T");
    picture(&mut window, "run-light");
    press(&mut window, "F7");
    assert!(window.query_by_label_contains("Timeline, ").is_none());
    // What is no run has none.
    let mut window = open(home.startup("traces/2-algebra.jsonl"));
    assert!(window.query_by_label_contains("Timeline, ").is_none());
    press(&mut window, "F7");
}

/// The timeline in lines: each lane with its bars, in hundredths of the axis.
fn told(model: &TimelineModel) -> String {
    let mut text = format!("{} | {}\n", model.header, model.remark);
    for lane in &model.lanes {
        write!(text, "{}{}:", "  ".repeat(lane.depth), lane.name).unwrap();
        for bar in &lane.bars {
            let failed = if bar.failed { "!" } else { "" };
            let (from, to) = (bar.edges.0 * 100.0, bar.edges.1 * 100.0);
            write!(text, " {from:.0}–{to:.0}{failed}").unwrap();
        }
        text.push('\n');
    }
    for pause in &model.pauses {
        writeln!(text, "pause {:.0} {}", pause.edges.0 * 100.0, pause.text).unwrap();
    }
    text
}

#[test]
fn a_run_without_times_is_told_by_order() {
    let home = Home::new();
    let window = open(home.startup("traces/5-agent.jsonl"));
    let model = TimelineModel::new(shown(&window)).unwrap();
    assert_eq!((model.axis, model.remark), (Axis::Order, "no times recorded: by order"));
    insta::assert_snapshot!(told(&model));
}

/// Building the map in every frame must cost next to nothing, whatever the trace.
#[test]
#[ignore = "measures: run with --release"]
fn the_shape_of_five_thousand_steps() {
    let trace = long_trace(5_000);
    let started = std::time::Instant::now();
    let open = OpenTrace::new(0, trace);
    println!("open {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    let found = stepscope::state::reading::Matches::default();
    let scores =
        stepscope::view_model::scores::series_of(&open.trace, &stepscope_core::scoring::ScoreBook::default(), None);
    let facts =
        MinimapFacts { said: None, scores: scores.first(), shows_imported: true, shows_outcome: true, found: &found };
    let time = |name: &str, what: &mut dyn FnMut()| {
        let started = std::time::Instant::now();
        for _ in 0..100 {
            what();
        }
        println!("{name} {:.3} ms", started.elapsed().as_secs_f64() * 10.0);
    };
    time("map", &mut || drop(MinimapModel::new(&open, facts, 0..40, 800.0)));
    time("timeline", &mut || drop(TimelineModel::new(&open)));
    let curve = stepscope::view_model::curve::CurveFacts {
        own_error: None,
        shows_imported: true,
        aggregate: stepscope_core::scoring::Aggregate::Min,
        threshold: None,
    };
    time("curve", &mut || drop(stepscope::view_model::curve::CurveModel::new(&open, &scores, curve)));
}

fn long_trace(steps: u32) -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text("?"));
    for number in 0..steps {
        let kind = [StepKind::Thought, StepKind::ToolCall, StepKind::ToolResult][number as usize % 3];
        let tool = ToolCall { name: "bash".into(), arguments: "{\"command\": \"ls\"}".into(), call_id: None };
        let mut step = Step { parent: number.checked_sub(1), kind, on_path: true, ..Step::default() };
        step.text = format!("step {number} says something of the usual length, as steps do, and then it ends");
        step.tool = (kind != StepKind::Thought).then_some(tool);
        step.metadata.insert("started_at".into(), (1_700_000_000 + i64::from(number) * 3).into());
        let index = builder.push(step);
        builder.score(Some(index), "prm", ScoreKind::Correctness, f64::from(number % 97) / 97.0);
    }
    builder.build()
}
