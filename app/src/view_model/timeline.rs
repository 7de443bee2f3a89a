//! The run of an agent over time: who worked when, which tools were called, how long it took and what it cost.

use stepscope_core::model::{RunFacts, ScoreKind, Step, StepFlag, StepIndex, StepKind, is_call, is_result, is_run};

use super::calls::{cost_text, count_text, failure, seconds_text};
use super::one_line;
use crate::state::OpenTrace;

/// More lanes than this are put together.
const MOST_LANES: usize = 8;

/// So many tools have a lane of their own.
const MOST_TOOLS: usize = 5;

/// A pause is drawn short where it is longer than this part of all.
const LONG_PAUSE: f64 = 0.06;

/// Width of a pause that is drawn short, as a part of all.
const SHORT_PAUSE: f64 = 0.02;

/// What the horizontal axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum Axis {
    /// When things happened.
    Time,
    /// How long things took, one after another; when is not recorded.
    Lengths,
    /// The order of the steps; no times are recorded.
    Order,
}

/// What a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum BarKind {
    /// Somebody thought or spoke.
    Turn,
    /// A tool was called.
    Call,
    /// The run waited for somebody.
    Wait,
}

/// Something that took its time.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Bar {
    /// The step: of a call with its result, the call.
    pub step: StepIndex,
    /// The result of a call.
    pub result: Option<StepIndex>,
    /// Beginning and end, as parts of the axis.
    pub edges: (f32, f32),
    /// What it is.
    pub kind: BarKind,
    /// It failed.
    pub failed: bool,
}

/// One agent, or one tool of an agent.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// How deep it is nested: sub-agents stand below the agent that called them, tools below the agent.
    pub depth: usize,
    /// The bars, by their beginning.
    pub bars: Vec<Bar>,
}

/// A pause that is drawn shorter than it was.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Pause {
    /// Where it is, as parts of the axis.
    pub edges: (f32, f32),
    /// How long it was.
    pub text: String,
}

/// The run of an agent.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TimelineModel {
    /// Time, calls, failures, cost and tokens together.
    pub header: String,
    /// What the axis shows where it is not time.
    pub remark: &'static str,
    /// What the axis shows.
    pub axis: Axis,
    /// Who did something.
    pub lanes: Vec<Lane>,
    /// Pauses that are drawn short.
    pub pauses: Vec<Pause>,
}

/// A bar before the lanes and the axis are known.
struct Item {
    step: StepIndex,
    result: Option<StepIndex>,
    kind: BarKind,
    agent: usize,
    tool: Option<String>,
    /// On whatever axis there is: nanoseconds, seconds, or slots.
    from: f64,
    to: f64,
    failed: bool,
}

/// Who acts, in the order in which they first do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Agent {
    name: String,
    depth: usize,
}

impl TimelineModel {
    /// Builds it for the path shown and the sub-agents that worked beside it; `None` for what is no run of an agent.
    pub fn new(open: &OpenTrace) -> Option<Self> {
        let depths = depths(open);
        let mut agents: Vec<Agent> = Vec::new();
        let mut items = items(open, &depths, &mut agents);
        if items.len() < 2 || !(is_run(&open.trace, &open.facts) || agents.len() > 2) {
            return None;
        }
        let axis = axis_of(open, &items);
        place(open, axis, &depths, &mut items);
        let (pauses, scale) = if axis == Axis::Time { Scale::with_pauses(&items) } else { Scale::plain(&items) };
        let header = header(open, &depths, &agents, &items, axis);
        let lanes = lanes(&agents, items, &scale);
        let remark = match axis {
            Axis::Time if pauses.is_empty() => "",
            Axis::Time => "long pauses drawn short",
            Axis::Lengths => "when is not recorded: one after another",
            Axis::Order => "no times recorded: by order",
        };
        Some(Self { header, remark, axis, lanes, pauses })
    }

    /// The lane and the bar of a step: its own, or that of the call whose result it is.
    pub fn bar_of(&self, step: StepIndex) -> Option<(usize, &Bar)> {
        let bars = || self.lanes.iter().enumerate().flat_map(|(at, lane)| lane.bars.iter().map(move |bar| (at, bar)));
        bars().find(|(_, bar)| bar.step == step || bar.result == Some(step))
    }

    /// The bar of a lane at a place of the axis, or one within `reach` of it.
    pub fn bar_at(&self, lane: usize, x: f32, reach: f32) -> Option<&Bar> {
        let near = |bar: &&Bar| bar.edges.0 - reach <= x && x <= bar.edges.1 + reach;
        let distance = |bar: &Bar| (f32::midpoint(bar.edges.0, bar.edges.1) - x).abs() - f32::from(bar.failed) * reach;
        let bars = self.lanes.get(lane)?.bars.iter().filter(near);
        bars.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// What is told of a bar where the pointer is.
pub fn hover_text(open: &OpenTrace, bar: &Bar) -> Option<String> {
    let step = open.trace.step(bar.step)?;
    let facts = open.facts.of(bar.step)?;
    let result = bar.result.and_then(|result| open.facts.of(result));
    let number = |step| open.position(step).map_or_else(|| "beside the path".into(), |at| format!("step {}", at + 1));
    let who = match &step.tool {
        Some(tool) => tool.name.clone(),
        None => step.author.clone().unwrap_or_else(|| step.kind.name().replace('_', " ")),
    };
    let mut lines = vec![format!("{who} · {}", number(bar.step))];
    let arguments = step.tool.as_ref().map(|tool| tool.arguments.as_str()).filter(|arguments| !arguments.is_empty());
    let words = one_line(arguments.unwrap_or(&step.text), 90);
    if !words.is_empty() {
        lines.push(words);
    }
    if let Some(seconds) = result.map_or(facts.seconds, |result| result.seconds) {
        lines.push(if bar.kind == BarKind::Wait {
            format!("waited {}", seconds_text(seconds))
        } else {
            seconds_text(seconds)
        });
    }
    let spent = [facts.cost_usd, result.and_then(|result| result.cost_usd)];
    if let Some(cost) = spent.into_iter().flatten().reduce(|a, b| a + b) {
        lines.push(cost_text(cost));
    }
    if let Some(text) = tokens_text(facts.input_tokens, facts.output_tokens) {
        lines.push(text);
    }
    if let Some(why) = [Some(bar.step), bar.result].into_iter().flatten().find_map(|step| failure(open, step, false)) {
        lines.push(format!("Failed: {why}"));
    }
    if is_call(step) && bar.result.is_none() {
        lines.push("No result is recorded".into());
    }
    Some(lines.join("\n"))
}

fn tokens_text(read: Option<u64>, written: Option<u64>) -> Option<String> {
    let read = read.map(|tokens| format!("{} tokens read", count_text(tokens)));
    let written = written.map(|tokens| format!("{} written", count_text(tokens)));
    let parts: Vec<String> = [read, written].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How deep each step is nested; `None` for steps that are no part of the run: other branches.
fn depths(open: &OpenTrace) -> Vec<Option<usize>> {
    let mut depths: Vec<Option<usize>> = vec![None; open.trace.steps.len()];
    let mut path = open.path.iter().copied().peekable();
    for (index, step) in (0..).zip(&open.trace.steps) {
        let depth = if path.next_if_eq(&index).is_some() {
            Some(0)
        } else {
            let above = step.parent.and_then(|parent| Some((open.trace.step(parent)?, depths.get(parent as usize)?)));
            let is_aside = !step.on_path && step.section.is_some() && !step.flags.contains(&StepFlag::Pruned);
            match above {
                Some((above, Some(depth))) if is_aside => Some(depth + usize::from(above.section != step.section)),
                None if is_aside => Some(1),
                _ => None,
            }
        };
        if let Some(slot) = depths.get_mut(index as usize) {
            *slot = depth;
        }
    }
    depths
}

/// Names that say no more than that it is the model.
const MODELS: &[&str] = &["assistant", "agent", "ai", "model", "gpt", "bot", "llm"];

/// Names of those whom the run waits for.
const USERS: &[&str] = &["user", "human"];

/// Who did a step; `None` where nobody acts.
fn agent_of(open: &OpenTrace, step: &Step, depth: usize) -> Option<(String, BarKind)> {
    let author = step.author.as_deref().unwrap_or_default();
    let small = author.to_lowercase();
    if USERS.contains(&small.as_str()) {
        return Some(("user".into(), BarKind::Wait));
    }
    if is_result(step) {
        return Some((if author.is_empty() { "environment".into() } else { author.to_owned() }, BarKind::Turn));
    }
    if matches!(step.kind, StepKind::System | StepKind::Note | StepKind::State) {
        return None;
    }
    let is_span = step.metadata.contains_key("span_id");
    let section = step.section.as_deref().filter(|_| depth > 0 || is_span);
    let is_plain =
        small.is_empty() || MODELS.contains(&small.as_str()) || open.trace.generator.as_deref() == Some(author);
    Some(match section {
        Some(section) => (section.rsplit(" / ").next().unwrap_or(section).to_owned(), BarKind::Turn),
        None if is_plain => ("agent".into(), BarKind::Turn),
        None => (author.to_owned(), BarKind::Turn),
    })
}

fn items(open: &OpenTrace, depths: &[Option<usize>], agents: &mut Vec<Agent>) -> Vec<Item> {
    let mut items = Vec::new();
    for (index, (step, depth)) in (0..).zip(open.trace.steps.iter().zip(depths)) {
        let Some(depth) = *depth else { continue };
        // A result is drawn with its call.
        if open.facts.calls.call_of(index).is_some_and(|call| depths.get(call as usize).copied().flatten().is_some()) {
            continue;
        }
        let Some((name, kind)) = agent_of(open, step, depth) else { continue };
        let agent = Agent { name, depth };
        let place = agents.iter().position(|known| *known == agent).unwrap_or_else(|| {
            agents.push(agent);
            agents.len() - 1
        });
        let result = open.facts.calls.results_of(index);
        let result = result.iter().copied().find(|&result| depths.get(result as usize).copied().flatten().is_some());
        let called = is_call(step);
        let failed = [Some(index), result].into_iter().flatten().any(|step| failure(open, step, false).is_some());
        let tool = called.then(|| step.tool.as_ref().map_or("action", |tool| tool.name.as_str()).to_owned());
        let kind = if called { BarKind::Call } else { kind };
        items.push(Item { step: index, result, kind, agent: place, tool, from: 0.0, to: 0.0, failed });
    }
    items
}

fn axis_of(open: &OpenTrace, items: &[Item]) -> Axis {
    let facts = |item: &Item| open.facts.of(item.result.unwrap_or(item.step));
    let timed = items.iter().filter_map(facts).filter(|facts| facts.span.is_some()).count();
    let lasted = items.iter().filter_map(facts).filter(|facts| facts.seconds.is_some()).count();
    match (timed, lasted) {
        (2.., _) if timed * 4 >= items.len() => Axis::Time,
        (_, 2..) => Axis::Lengths,
        _ => Axis::Order,
    }
}

/// Puts the items on the axis. What has no time of its own stands where the step before it ended.
fn place(open: &OpenTrace, axis: Axis, depths: &[Option<usize>], items: &mut [Item]) {
    let origin = open.facts.steps.iter().filter_map(|facts| Some(facts.span?.start_ns)).min().unwrap_or(0);
    let seconds = |ns: i64| ns.saturating_sub(origin) as f64 / 1e9;
    let mut next_slot = 0.0;
    let slots: Vec<f64> = depths
        .iter()
        .map(|depth| {
            let slot = next_slot;
            next_slot += if depth.is_some() { 1.0 } else { 0.0 };
            slot
        })
        .collect();
    let slot = |step: StepIndex| slots.get(step as usize).copied().unwrap_or_default();
    let mut at = 0.0;
    for item in items {
        let facts = open.facts.of(item.result.unwrap_or(item.step));
        let span = facts.and_then(|facts| facts.span).map(|span| (seconds(span.start_ns), seconds(span.end_ns)));
        (item.from, item.to) = match axis {
            Axis::Time => span.unwrap_or((at, at)),
            Axis::Lengths => (at, at + facts.and_then(|facts| facts.seconds).unwrap_or(0.0)),
            Axis::Order => (slot(item.step), slot(item.result.unwrap_or(item.step)) + 1.0),
        };
        at = item.to;
    }
}

/// From the axis of the items to parts of the width; pauses are drawn short.
struct Scale {
    /// Beginning and end on the axis, and as parts of the width.
    pieces: Vec<(f64, f64, f64, f64)>,
}

impl Scale {
    fn plain(items: &[Item]) -> (Vec<Pause>, Self) {
        let from = items.iter().map(|item| item.from).fold(f64::MAX, f64::min);
        let to = items.iter().map(|item| item.to).fold(f64::MIN, f64::max);
        (Vec::new(), Self { pieces: vec![(from, to, 0.0, 1.0)] })
    }

    fn with_pauses(items: &[Item]) -> (Vec<Pause>, Self) {
        let mut busy: Vec<(f64, f64)> =
            items.iter().filter(|item| item.kind != BarKind::Wait).map(|item| (item.from, item.to)).collect();
        busy.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(first) = busy.first() else { return Self::plain(items) };
        let worked: f64 = union(&busy).iter().map(|(from, to)| to - from).sum();
        let least = (worked * LONG_PAUSE).max(1.0);
        // Stretches of work with the short pauses in them.
        let mut stretches: Vec<(f64, f64)> = vec![*first];
        for span in union(&busy) {
            match stretches.last_mut() {
                Some(stretch) if span.0 - stretch.1 < least => stretch.1 = stretch.1.max(span.1),
                _ => stretches.push(span),
            }
        }
        let drawn: f64 = stretches.iter().map(|(from, to)| to - from).sum();
        let gaps = stretches.len().saturating_sub(1) as f64;
        let pause = SHORT_PAUSE.min(0.5 / gaps.max(1.0));
        let per_second = (1.0 - pause * gaps) / drawn.max(1e-9);
        let (mut pieces, mut pauses, mut x) = (Vec::new(), Vec::new(), 0.0);
        let mut before: Option<f64> = None;
        for (from, to) in stretches {
            if let Some(before) = before {
                pieces.push((before, from, x, x + pause));
                pauses.push(Pause { edges: (part(x), part(x + pause)), text: seconds_text(from - before) });
                x += pause;
            }
            let width = (to - from) * per_second;
            pieces.push((from, to, x, x + width));
            x += width;
            before = Some(to);
        }
        (pauses, Self { pieces })
    }

    fn at(&self, value: f64) -> f32 {
        let piece = self.pieces.partition_point(|piece| piece.0 <= value).saturating_sub(1);
        let Some((from, to, left, right)) = self.pieces.get(piece) else { return 0.0 };
        let share = if to > from { ((value - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        part(left + share * (right - left))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place on screen")]
fn part(value: f64) -> f32 {
    value.clamp(0.0, 1.0) as f32
}

/// Spans that overlap as one; they come by their beginning.
fn union(spans: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for &(from, to) in spans {
        match all.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

/// One lane per agent and, where there is only one, per tool; with several, one for the calls of each.
fn lanes(agents: &[Agent], items: Vec<Item>, scale: &Scale) -> Vec<Lane> {
    let callers: Vec<usize> =
        (0..agents.len()).filter(|&at| items.iter().any(|i| i.agent == at && i.tool.is_some())).collect();
    let tools = if callers.len() == 1 { usual_tools(&items) } else { Vec::new() };
    let mut lanes: Vec<((usize, usize), Lane)> = Vec::new();
    let mut order: Vec<usize> = (0..agents.len()).collect();
    // Sub-agents stand below the others, in the order in which they came.
    order.sort_by_key(|&at| agents.get(at).map_or(0, |agent| agent.depth));
    for item in items {
        let Some(agent) = agents.get(item.agent) else { continue };
        let (row, name, depth) = match &item.tool {
            None => (0, agent.name.clone(), agent.depth),
            Some(tool) => match tools.iter().position(|known| known == tool) {
                Some(at) => (1 + at, tool.clone(), agent.depth + 1),
                None if tools.is_empty() => (1, "calls".into(), agent.depth + 1),
                None => (1 + tools.len(), "other tools".into(), agent.depth + 1),
            },
        };
        let key = (order.iter().position(|&at| at == item.agent).unwrap_or(0), row);
        let edges = (scale.at(item.from), scale.at(item.to));
        let bar = Bar { step: item.step, result: item.result, edges, kind: item.kind, failed: item.failed };
        match lanes.iter_mut().find(|(known, _)| *known == key) {
            Some((_, lane)) => lane.bars.push(bar),
            None => lanes.push((key, Lane { name, depth, bars: vec![bar] })),
        }
    }
    lanes.sort_by_key(|(key, _)| *key);
    let mut lanes: Vec<Lane> = lanes.into_iter().map(|(_, lane)| lane).collect();
    if lanes.len() > MOST_LANES {
        let rest = lanes.split_off(MOST_LANES - 1);
        let name = format!("{} others", rest.len());
        lanes.push(Lane { name, depth: 0, bars: rest.into_iter().flat_map(|lane| lane.bars).collect() });
    }
    for lane in &mut lanes {
        lane.bars.sort_by(|a, b| a.edges.0.total_cmp(&b.edges.0));
    }
    lanes
}

/// The tools that are called most, in the order in which they were first.
fn usual_tools(items: &[Item]) -> Vec<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for tool in items.iter().filter_map(|item| item.tool.as_deref()) {
        match counts.iter_mut().find(|(known, _)| *known == tool) {
            Some((_, count)) => *count += 1,
            None => counts.push((tool, 1)),
        }
    }
    let mut by_count: Vec<usize> = counts.iter().map(|(_, count)| *count).collect();
    by_count.sort_unstable_by(|a, b| b.cmp(a));
    let least = by_count.get(MOST_TOOLS - 1).copied().unwrap_or(0);
    let usual = counts.into_iter().filter(|(_, count)| *count >= least);
    usual.map(|(tool, _)| tool.to_owned()).take(MOST_TOOLS).collect()
}

fn header(open: &OpenTrace, depths: &[Option<usize>], agents: &[Agent], items: &[Item], axis: Axis) -> String {
    let RunFacts { steps, .. } = &open.facts;
    let of_run = || steps.iter().zip(depths).filter(|(_, depth)| depth.is_some()).map(|(facts, _)| facts);
    let of_trace =
        |kind| open.trace.scores.iter().find(|score| score.step.is_none() && score.kind == kind).map(|s| s.value);
    let ends = || items.iter().map(|item| (item.from, item.to)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let took = match axis {
        Axis::Time | Axis::Lengths => ends().map(|(from, to)| to - from),
        Axis::Order => None,
    };
    let took = of_trace(ScoreKind::Latency).or(took).filter(|seconds| *seconds > 0.0);
    let calls = items.iter().filter(|item| item.kind == BarKind::Call).count();
    let failed = items.iter().filter(|item| item.failed).count();
    let cost = of_run().filter_map(|facts| facts.cost_usd).reduce(|a, b| a + b).or(of_trace(ScoreKind::Cost));
    let sum = |of: fn(&stepscope_core::model::StepFacts) -> Option<u64>| of_run().filter_map(of).reduce(|a, b| a + b);
    let acting = agents.iter().enumerate().filter(|(at, agent)| {
        let acts = |item: &&Item| item.agent == *at && item.kind != BarKind::Wait;
        agent.name != "environment" && items.iter().any(|item| acts(&item))
    });
    let acting = acting.count();
    let plural = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let parts = [
        took.map(|seconds| match axis {
            Axis::Lengths => format!("{} in calls", seconds_text(seconds)),
            _ => seconds_text(seconds),
        }),
        (calls > 0).then(|| plural(calls, "call")),
        (failed > 0).then(|| format!("{failed} failed")),
        cost.map(cost_text),
        tokens_text(sum(|facts| facts.input_tokens), sum(|facts| facts.output_tokens)),
        (acting > 1).then(|| plural(acting, "agent")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
