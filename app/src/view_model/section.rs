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
    // That a solution ends in an answer is seen at its last step; only names make it parts.
    if steps.iter().all(|step| step.section.as_ref().is_none_or(String::is_empty)) {
        return Vec::new();
    }
    let name = |step: &Step| match &step.section {
        Some(name) => title(name),
        None if step.kind == StepKind::Answer => "Answer".into(),
        None => String::new(),
    };
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
    fn parts_have_names() {
        use StepKind::{Answer, Thought, ToolCall};
        let (thinking, response) = (Some("thinking"), Some("response"));
        assert_eq!(
            shown(&[(Thought, thinking), (Thought, thinking), (Answer, response)]),
            ["Thinking 0..2", "Answer 2..3"]
        );
        assert_eq!(shown(&[(Thought, None), (Thought, None), (Answer, None)]).len(), 0, "no part has a name");
        assert_eq!(
            shown(&[(Thought, thinking), (Thought, thinking), (Answer, None)]),
            ["Thinking 0..2", "Answer 2..3"]
        );
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
