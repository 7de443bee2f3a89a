//! What the source says of a step besides its text: tokens, time, cost, and the evidence of checkers and tests.

use serde_json::{Map, Value};
use stepscope_core::model::{Step, StepFlag};

use super::{Chip, Tone, one_line};

/// A figure about a step, such as `132 tokens`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Fact {
    /// The figure.
    pub text: String,
    /// More about it.
    pub hint: String,
}

/// Texts longer than this are not counted word by word in every frame, in bytes.
const COUNTED: usize = 20_000;

/// Lines of evidence that a tooltip shows.
const EVIDENCE_LINES: usize = 12;

/// Under which names importers keep evidence, and how each is called.
const EVIDENCE: [(&str, &str); 10] = [
    ("stdout", "stdout"),
    ("stderr", "stderr"),
    ("test_result", "tests"),
    ("tests", "tests"),
    ("test_feedback", "tests"),
    ("verification", "check"),
    ("evidence", "evidence"),
    ("feedback", "feedback"),
    ("observation", "observation"),
    ("error", "error"),
];

/// Length, time and cost.
pub fn facts(step: &Step) -> Vec<Fact> {
    let data = &step.metadata;
    let mut facts = vec![length(step)];
    if let Some(seconds) = number(data, "duration_s").filter(|seconds| *seconds >= 0.0) {
        let started = data.get("started_at").map(|at| format!("Began {}", plain(at)));
        facts.push(Fact { text: seconds_text(seconds), hint: started.unwrap_or_else(|| "How long it took".into()) });
    }
    if let Some(cost) = number(data, "cost_usd").filter(|cost| *cost > 0.0) {
        facts.push(Fact { text: cost_text(cost), hint: format!("It cost {cost} US dollars") });
    }
    facts
}

fn length(step: &Step) -> Fact {
    let data = &step.metadata;
    let all = step.text.len() + step.tool.as_ref().map_or(0, |tool| tool.arguments.len());
    let bytes = format!("{} bytes", grouped(all as u64));
    if let Some(tokens) = whole(data, "output_tokens").or_else(|| whole(data, "tokens")) {
        let read = whole(data, "input_tokens").map(|read| format!(", after reading {}", grouped(read)));
        let hint = format!("{} tokens written{}; {bytes}", grouped(tokens), read.unwrap_or_default());
        return Fact { text: format!("{} tokens", short(tokens)), hint };
    }
    if all > COUNTED {
        // About as long as words are, with what stands between them.
        return Fact { text: format!("≈ {} words", short(all as u64 / 6)), hint: bytes };
    }
    let in_call = step.tool.as_ref().map_or(0, |tool| tool.arguments.split_whitespace().count());
    let words = step.text.split_whitespace().count() + in_call;
    Fact { text: if words == 1 { "1 word".into() } else { format!("{words} words") }, hint: bytes }
}

/// What tests and checkers said, as chips whose tooltip shows the first lines; and what became of the step.
pub fn evidence(step: &Step) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut add = |text: String, tone, hint: String| chips.push(Chip { text, tone, imported: true, hint });
    for flag in &step.flags {
        match flag {
            StepFlag::Failed => add("✖ failed".into(), Tone::Bad, "It failed, according to the data".into()),
            StepFlag::Pruned => add("pruned".into(), Tone::Muted, "The search gave it up".into()),
            StepFlag::Copied => add("copied".into(), Tone::Muted, "Repeats an earlier run, for context".into()),
            StepFlag::Synthetic => add("synthetic".into(), Tone::Muted, "Made for a test or as training data".into()),
            StepFlag::Terminal => {}
        }
    }
    let mut look = |data: &Map<String, Value>| {
        if let Some(code) = data.get("exit_code").and_then(Value::as_i64) {
            let tone = if code == 0 { Tone::Muted } else { Tone::Bad };
            add(format!("exit {code}"), tone, "How the program ended: 0 is well".into());
        }
        for (key, name) in EVIDENCE {
            let Some(text) = data.get(key).map(plain).filter(|text| !text.trim().is_empty()) else { continue };
            add(name.into(), Tone::Neutral, first_lines(&text, EVIDENCE_LINES));
        }
    };
    look(&step.metadata);
    for key in ["extras", "metadata", "result"] {
        if let Some(Value::Object(inner)) = step.metadata.get(key) {
            look(inner);
        }
    }
    chips
}

/// So many lines of a text, none of them long.
pub fn first_lines(text: &str, most: usize) -> String {
    let mut lines: Vec<String> = text.lines().take(most).map(|line| one_line(line, 160)).collect();
    if text.lines().nth(most).is_some() {
        lines.push("…".into());
    }
    lines.join("\n")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

fn number(data: &Map<String, Value>, key: &str) -> Option<f64> {
    data.get(key)?.as_f64().filter(|value| value.is_finite())
}

fn whole(data: &Map<String, Value>, key: &str) -> Option<u64> {
    data.get(key)?.as_u64()
}

/// `0.42 s`, `12 s`, `3 min 20 s`.
pub fn seconds_text(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => format!("{:.0} ms", s * 1000.0),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.0} min {:.0} s", (s / 60.0).floor(), (s % 60.0).floor()),
    }
}

fn cost_text(cost: f64) -> String {
    if cost < 0.01 { format!("${cost:.4}") } else { format!("${cost:.2}") }
}

/// `940`, `12.4 k`, `3.1 M`.
pub fn short(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{:.1} k", count as f64 / 1e3),
        _ => format!("{:.1} M", count as f64 / 1e6),
    }
}

/// `1 234 567`, with spaces that do not break.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(metadata: &Value) -> Step {
        Step {
            text: "a b c".into(),
            metadata: metadata.as_object().cloned().unwrap_or_default(),
            flags: vec![StepFlag::Failed],
            ..Step::default()
        }
    }

    #[test]
    fn length_time_and_cost_in_few_letters() {
        let check = |metadata: &Value, expected: &[&str]| {
            let facts = facts(&step(metadata));
            assert_eq!(facts.iter().map(|fact| fact.text.as_str()).collect::<Vec<_>>(), expected);
        };
        check(&json!({}), &["3 words"]);
        check(&json!({"output_tokens": 132, "input_tokens": 9000}), &["132 tokens"]);
        check(
            &json!({"output_tokens": 12_412, "duration_s": 3.25, "cost_usd": 0.0123}),
            &["12.4 k tokens", "3.2 s", "$0.01"],
        );
        check(&json!({"duration_s": 200, "cost_usd": 0}), &["3 words", "3 min 20 s"]);
        check(&json!({"duration_s": "long"}), &["3 words"]);
    }

    #[test]
    fn evidence_is_found_wherever_it_is_kept() {
        let chips = evidence(&step(&json!({"stdout": "a\nb", "extras": {"exit_code": 2}, "tests": ""})));
        let shown: Vec<(&str, &str)> = chips.iter().map(|chip| (chip.text.as_str(), chip.hint.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("✖ failed", "It failed, according to the data"),
                ("stdout", "a\nb"),
                ("exit 2", "How the program ended: 0 is well"),
            ]
        );
        assert_eq!(first_lines("1\n2\n3", 2), "1\n2\n…");
    }
}
