//! The parts of a trace: thinking and answer, and those that the source names.

use std::ops::Range;

use stepscope_core::model::{Step, StepHash, StepKind};

use crate::state::OpenTrace;

/// A part of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// How much it holds: `12 steps`.
    pub count: String,
    /// Positions on the path.
    pub steps: Range<usize>,
    /// Its first step, by which it is known.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub first: StepHash,
}

/// The parts of the chosen path, in order; none where it has only one.
pub fn sections(open: &OpenTrace) -> Vec<Section> {
    let steps: Vec<&Step> = open.path.iter().filter_map(|&step| open.trace.step(step)).collect();
    let is_named = steps.iter().any(|step| step.section.as_ref().is_some_and(|name| !name.is_empty()));
    let name = |step: &Step| match &step.section {
        Some(name) if is_named => title(name),
        _ if is_named && step.kind == StepKind::Answer => "Answer".into(),
        _ if is_named => String::new(),
        _ => of_kind(step.kind).to_owned(),
    };
    // Without names only thinking that ends in an answer has parts; calls in between make it a run of turns.
    if !is_named && !is_thought_then_answer(&steps) {
        return Vec::new();
    }
    let mut parts: Vec<(String, Range<usize>)> = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        let name = name(step);
        match parts.last_mut() {
            Some((last, range)) if *last == name => range.end = position + 1,
            _ => parts.push((name, position..position + 1)),
        }
    }
    if parts.len() < 2 {
        return Vec::new();
    }
    let section = |(title, range): (String, Range<usize>)| {
        let first = steps.get(range.start)?.hash.clone();
        let count = if range.len() == 1 { "1 step".into() } else { format!("{} steps", range.len()) };
        Some(Section { title: if title.is_empty() { "Steps".into() } else { title }, count, steps: range, first })
    };
    parts.into_iter().filter_map(section).collect()
}

const fn of_kind(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Answer => "Answer",
        _ => "Thinking",
    }
}

fn is_thought_then_answer(steps: &[&Step]) -> bool {
    let thoughts = steps.iter().take_while(|step| step.kind == StepKind::Thought).count();
    let rest = steps.get(thoughts..).unwrap_or_default();
    thoughts > 1 && !rest.is_empty() && rest.iter().all(|step| step.kind == StepKind::Answer)
}

/// The name of a section as a heading.
fn title(name: &str) -> String {
    match name {
        "thinking" | "reasoning" | "think" => "Thinking".into(),
        "response" | "answer" => "Answer".into(),
        other => {
            let words = if other.contains(' ') { other.to_owned() } else { other.replace('_', " ") };
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{Problem, TraceBuilder};

    use super::*;

    fn shown(steps: &[(StepKind, Option<&str>)]) -> Vec<String> {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
        for (number, (kind, section)) in (0..).zip(steps) {
            let step = Step {
                parent: u32::checked_sub(number, 1),
                kind: *kind,
                section: section.map(Into::into),
                ..Step::default()
            };
            builder.push(step);
        }
        let open = OpenTrace::new(0, builder.build());
        sections(&open).iter().map(|part| format!("{} {:?}", part.title, part.steps)).collect()
    }

    #[test]
    fn parts_by_name_or_by_kind() {
        use StepKind::{Answer, Thought, ToolCall};
        let (thinking, response) = (Some("thinking"), Some("response"));
        assert_eq!(
            shown(&[(Thought, thinking), (Thought, thinking), (Answer, response)]),
            ["Thinking 0..2", "Answer 2..3"]
        );
        assert_eq!(shown(&[(Thought, None), (Thought, None), (Answer, None)]), ["Thinking 0..2", "Answer 2..3"]);
        assert_eq!(shown(&[(Thought, None), (Thought, None)]).len(), 0, "one part needs no heading");
        assert_eq!(shown(&[(Thought, thinking), (Thought, thinking)]).len(), 0);
        assert_eq!(shown(&[(Thought, None), (ToolCall, None), (Answer, None)]).len(), 0, "a run of turns");
        assert_eq!(
            shown(&[(Thought, None), (ToolCall, Some("sub-agent")), (Thought, None)]),
            ["Steps 0..1", "Sub-agent 1..2", "Steps 2..3"]
        );
        assert_eq!(
            shown(&[(Thought, Some("unit_circle")), (Thought, Some("Final check"))]),
            ["Unit circle 0..1", "Final check 1..2"]
        );
    }
}
