//! What the source says of each step besides its text: when, how long, what it cost, whether it failed. Importers write
//! these facts into the metadata of steps under names of ours.

use serde_json::Value;

use super::calls::{is_call, is_result};
use super::{Calls, ScoreKind, Step, StepFlag, StepIndex, StepKind, Trace, instant_ns};

/// What the source says of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepFacts {
    /// When it was worked on, where that is known.
    pub span: Option<StepSpan>,
    /// Seconds it took, where the source says so or both ends are known. Of a result it is the time of its call.
    pub seconds: Option<f64>,
    /// Money spent, in US dollars.
    pub cost_usd: Option<f64>,
    /// Tokens that were read.
    pub input_tokens: Option<u64>,
    /// Tokens that were written.
    pub output_tokens: Option<u64>,
    /// Words of its text; of a call, with its arguments.
    pub words: u32,
    /// Why it counts as failed, as a short word for the user.
    pub failure: Option<String>,
}

/// From when to when, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSpan {
    /// The beginning.
    pub start_ns: i64,
    /// The end, not before it.
    pub end_ns: i64,
}

impl StepSpan {
    /// How long it is.
    pub fn seconds(self) -> f64 {
        (self.end_ns - self.start_ns) as f64 / 1e9
    }
}

/// The facts of every step of a trace, and which result belongs to which call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFacts {
    /// One per step.
    pub steps: Vec<StepFacts>,
    /// Calls and results.
    pub calls: Calls,
}

/// What is read off a step alone.
#[derive(Default)]
struct Raw {
    started: Option<i64>,
    ended: Option<i64>,
    seconds: Option<f64>,
}

impl RunFacts {
    /// Reads them off a trace.
    pub fn new(trace: &Trace) -> Self {
        let calls = Calls::new(&trace.steps);
        let (mut steps, raw): (Vec<StepFacts>, Vec<Raw>) = trace.steps.iter().map(read).unzip();
        for score in &trace.scores {
            let Some(step) = score.step.and_then(|step| steps.get_mut(step as usize)) else { continue };
            if score.kind == ScoreKind::Cost {
                step.cost_usd.get_or_insert(score.value);
            } else if score.kind == ScoreKind::Latency {
                step.seconds.get_or_insert(score.value);
            }
        }
        let mut facts = Self { steps, calls };
        facts.place(&trace.steps, &raw);
        facts
    }

    /// The facts of a step.
    pub fn of(&self, step: StepIndex) -> Option<&StepFacts> {
        self.steps.get(step as usize)
    }

    /// Tokens that a step is long: those that were written, where the source says so, else its words.
    pub fn length(&self, step: StepIndex) -> u64 {
        self.of(step).map_or(0, |facts| facts.output_tokens.unwrap_or(u64::from(facts.words)))
    }

    /// True where the step failed.
    pub fn failed(&self, step: StepIndex) -> bool {
        self.of(step).is_some_and(|facts| facts.failure.is_some())
    }

    /// Says when each step was worked on.
    ///
    /// Logs that give a beginning and a length give both for what they know; a lone beginning is a beginning there.
    /// Other logs write one moment, when the step was there: it was worked on since the step before.
    fn place(&mut self, steps: &[Step], raw: &[Raw]) {
        let is_exact = raw.iter().any(|raw| raw.started.is_some() && (raw.ended.is_some() || raw.seconds.is_some()));
        let mut latest: Vec<Option<i64>> = Vec::with_capacity(steps.len());
        for ((step, raw), facts) in steps.iter().zip(raw).zip(&mut self.steps) {
            let before = step.parent.and_then(|parent| latest.get(parent as usize).copied().flatten());
            let length = facts.seconds.map(ns);
            let span = match (raw.started, raw.ended, length) {
                (Some(from), Some(to), _) => Some((from, to)),
                (Some(from), None, Some(length)) => Some((from, from.saturating_add(length))),
                (None, Some(to), Some(length)) => Some((to.saturating_sub(length), to)),
                (Some(at), None, None) if is_exact => Some((at, at)),
                (Some(at), None, None) | (None, Some(at), None) => Some((before.unwrap_or(at).min(at), at)),
                (None, None, Some(length)) => before.map(|before| (before, before.saturating_add(length))),
                (None, None, None) => None,
            };
            facts.span = span.map(|(from, to)| StepSpan { start_ns: from, end_ns: to.max(from) });
            latest.push(facts.span.map(|span| span.end_ns).or(before));
        }
        if is_exact {
            self.end_lone_results(steps, raw);
        }
        for (index, ((step, raw), latest_before)) in (0_u32..).zip(steps.iter().zip(raw).zip(before(steps, &latest))) {
            let called_at = self.calls.call_of(index).and_then(|call| latest.get(call as usize).copied().flatten());
            let Some(facts) = self.steps.get_mut(index as usize) else { continue };
            let Some(span) = facts.span.filter(|_| facts.seconds.is_none()) else { continue };
            let is_moment = !is_exact && (raw.started.is_none() || raw.ended.is_none());
            let from = match called_at.filter(|_| is_moment && is_result(step)) {
                // Of several calls in a row each took until its own result.
                Some(called) => Some(called),
                None if is_moment => latest_before,
                None => (span.end_ns > span.start_ns || raw.ended.is_some()).then_some(span.start_ns),
            };
            facts.seconds = from.map(|from| StepSpan { start_ns: from, end_ns: span.end_ns.max(from) }.seconds());
            if let Some(from) = from.filter(|_| is_moment) {
                facts.span = Some(StepSpan { start_ns: from.min(span.end_ns), ..span });
            }
        }
    }

    /// A result of which only the beginning is known took until the next thing began, at most.
    fn end_lone_results(&mut self, steps: &[Step], raw: &[Raw]) {
        let mut next: Vec<Option<i64>> = vec![None; steps.len()];
        for (at, (step, raw)) in steps.iter().zip(raw).enumerate().rev() {
            let after = next.get(at).copied().flatten();
            let Some(facts) = self.steps.get_mut(at) else { continue };
            if let (Some(span), Some(after)) = (&mut facts.span, after)
                && is_result(step)
                && raw.ended.is_none()
                && facts.seconds.is_none()
            {
                span.end_ns = after.max(span.start_ns);
            }
            let starts = facts.span.map(|span| span.start_ns).or(after);
            if let Some(above) = step.parent.and_then(|parent| next.get_mut(parent as usize)) {
                *above = starts;
            }
        }
    }
}

/// For each step until when was worked on what stands before it.
fn before(steps: &[Step], latest: &[Option<i64>]) -> impl Iterator<Item = Option<i64>> {
    steps.iter().map(|step| latest.get(step.parent? as usize).copied().flatten())
}

#[expect(clippy::cast_possible_truncation, reason = "centuries fit")]
fn ns(seconds: f64) -> i64 {
    (seconds.clamp(0.0, 9e9) * 1e9) as i64
}

fn read(step: &Step) -> (StepFacts, Raw) {
    let mut facts = StepFacts { words: word_count(&step.text), ..StepFacts::default() };
    if let Some(tool) = &step.tool
        && !step.text.contains(&tool.arguments)
    {
        facts.words += word_count(&tool.arguments);
    }
    let mut raw = Raw::default();
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| *n >= 0.0);
    for (key, value) in &step.metadata {
        match key.as_str() {
            "started_at" => raw.started = instant_ns(value),
            "ended_at" => raw.ended = instant_ns(value),
            "duration_s" => raw.seconds = number(value),
            "cost_usd" => facts.cost_usd = number(value),
            "input_tokens" => facts.input_tokens = value.as_u64(),
            "output_tokens" => facts.output_tokens = value.as_u64(),
            _ => {}
        }
    }
    facts.seconds = raw.seconds;
    facts.failure = failure(step);
    (facts, raw)
}

/// Why a step counts as failed: its source says so, or the words that a program gives back leave no doubt.
pub fn failure(step: &Step) -> Option<String> {
    if step.flags.contains(&StepFlag::Failed) {
        return Some("failed".into());
    }
    for key in ["exit_code", "returncode", "is_error"] {
        match step.metadata.get(key) {
            Some(Value::Bool(true)) => return Some("failed".into()),
            Some(Value::Number(code)) if code.as_i64().is_some_and(|code| code != 0) => {
                return Some(format!("exit code {code}"));
            }
            _ => {}
        }
    }
    if !matches!(step.kind, StepKind::ToolResult) {
        return None;
    }
    let text = step.text.trim_start();
    if let Some(code) = text.strip_prefix("<returncode>").and_then(|rest| rest.split('<').next())
        && code.trim() != "0"
    {
        return Some(format!("exit code {}", code.trim()));
    }
    let beginnings = ["Traceback (most recent call last)", "<tool_use_error>", "Error:", "error:"];
    if beginnings.iter().any(|beginning| text.starts_with(beginning)) {
        return Some("says it failed".into());
    }
    // An object that has an error for an answer.
    if text.starts_with('{') && text.len() < MOST_JSON && text.contains("rror") {
        let answer: Value = serde_json::from_str(text).ok()?;
        let says = answer["error"].as_str().is_some_and(|error| !error.trim().is_empty());
        let is_error = answer["isError"] == true || answer["is_error"] == true;
        return (says || is_error).then(|| "says it failed".into());
    }
    None
}

/// Longer answers are not looked into, in bytes.
const MOST_JSON: usize = 64 << 10;

/// How many words a text has: runs of what is not space. Each Chinese, Japanese or Korean letter is one.
pub fn word_count(text: &str) -> u32 {
    let (mut words, mut is_in_word) = (0_u32, false);
    for byte in text.bytes() {
        match byte {
            // Where a letter of three bytes or more begins, from the Chinese punctuation on.
            0xe3..=0xf4 => {
                words += 1;
                is_in_word = false;
            }
            b' ' | b'\n' | b'\t' | b'\r' => is_in_word = false,
            0x80..=0xbf => {}
            _ => {
                words += u32::from(!is_in_word);
                is_in_word = true;
            }
        }
    }
    words
}

/// True where the trace is the run of an agent: something was called, or it is known when something was done.
pub fn is_run(trace: &Trace, facts: &RunFacts) -> bool {
    trace.steps.iter().any(is_call) || facts.steps.iter().any(|step| step.span.is_some() || step.seconds.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Problem, ToolCall, TraceBuilder};

    fn run(steps: &[(StepKind, Value)]) -> RunFacts {
        let mut builder = TraceBuilder::new(Problem::from_text("?"));
        for (kind, metadata) in steps {
            let Value::Object(metadata) = metadata.clone() else { panic!("an object") };
            let tool = matches!(kind, StepKind::ToolCall | StepKind::ToolResult);
            let tool = tool.then(|| ToolCall { name: "sh".into(), ..ToolCall::default() });
            let at = builder.chain(*kind, "a b");
            let step = &mut builder.trace_mut().steps[at as usize];
            (step.metadata, step.tool) = (metadata, tool);
        }
        RunFacts::new(&builder.build())
    }

    fn seconds(facts: &RunFacts) -> Vec<Option<f64>> {
        facts.steps.iter().map(|step| step.seconds).collect()
    }

    use StepKind::{Message, ToolCall as Call, ToolResult as Result_};

    #[test]
    fn moments_are_ends() {
        let facts = run(&[
            (Message, json!({"started_at": 100, "cost_usd": 0.5})),
            (Call, json!({})),
            (Call, json!({})),
            (Result_, json!({"started_at": 103})),
            (Result_, json!({"started_at": 107})),
            (Message, json!({"started_at": 110})),
        ]);
        assert_eq!(seconds(&facts), [None, None, None, Some(3.0), Some(7.0), Some(3.0)]);
        assert_eq!(facts.steps[0].cost_usd, Some(0.5));
    }

    #[test]
    fn beginnings_with_lengths_are_beginnings() {
        let facts = run(&[
            (Message, json!({"started_at": 100, "duration_s": 2.0})),
            (Call, json!({})),
            (Result_, json!({"started_at": 102})),
            (Message, json!({"started_at": 105, "ended_at": 106})),
        ]);
        assert_eq!(seconds(&facts), [Some(2.0), None, Some(3.0), Some(1.0)]);
    }

    #[test]
    fn lengths_alone_are_kept() {
        let facts = run(&[(Call, json!({})), (Result_, json!({"duration_s": 0.25}))]);
        assert_eq!((seconds(&facts), facts.steps[1].span), (vec![None, Some(0.25)], None));
    }

    #[test]
    fn failures_are_told_where_certain() {
        let cases = [
            ("", json!({"returncode": 2}), true),
            ("", json!({"exit_code": 0}), false),
            ("", json!({"is_error": true}), true),
            ("Error: reservation not found", json!({}), true),
            ("There was an error: none", json!({}), false),
            (r#"{"error": "Unauthorized", "response": ""}"#, json!({}), true),
            (r#"{"error": "", "response": "errors"}"#, json!({}), false),
            ("<returncode>1</returncode>", json!({}), true),
            ("<returncode>0</returncode>", json!({}), false),
            ("Traceback (most recent call last):\n", json!({}), true),
        ];
        for (text, metadata, expected) in cases {
            let Value::Object(metadata) = metadata else { panic!("an object") };
            let step = Step { kind: Result_, text: text.into(), metadata, ..Step::default() };
            assert_eq!(failure(&step).is_some(), expected, "{text} {:?}", step.metadata);
        }
        assert_eq!(failure(&Step { text: "Error: no".into(), ..Step::default() }), None, "a thought");
    }

    #[test]
    fn words_are_counted_in_any_script() {
        for (text, expected) in [("", 0), ("a b\n c", 3), ("die Lösung", 2), ("我们有三个", 5), ("π ≤ 4", 3)] {
            assert_eq!(word_count(text), expected, "{text}");
        }
    }
}
