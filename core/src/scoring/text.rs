//! Text in, scores out: what a scorer is given and what it gives back. Also the wire form of both.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{Prompt, Step, StepHash, Trace};

/// A problem and the steps of one trace, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeText {
    /// Names the trace in the answer.
    pub id: String,
    /// What was asked.
    pub prompt: PromptText,
    /// The steps; a parent stands before its children.
    pub steps: Vec<StepText>,
}

/// The question, as one text or as the chat that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptText {
    /// Plain text.
    Text(String),
    /// Messages before the first step.
    Messages(Vec<MessageText>),
}

/// One message of a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageText {
    /// `system`, `user`, `assistant`, …
    pub role: String,
    /// Its text.
    pub content: String,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepText {
    /// The step that this one continues; one that is not earlier in the list counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Its text.
    pub text: String,
}

/// The scores of one trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeScores {
    /// The name given in [`TreeText::id`].
    pub id: String,
    /// One per step, in order; none where the step was not scored.
    pub scores: Vec<Option<StepScore>>,
    /// Why steps have no score; one entry for each of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscored: Vec<Unscored>,
    /// The score of the whole trace, where the recipe says how the steps make one. In a tree the best path's.
    #[serde(default)]
    pub trace_score: Option<f32>,
    /// Tokens that were computed for it; 0 where all came from the cache.
    #[serde(default)]
    pub tokens: u64,
}

/// The score of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepScore {
    /// The score; its meaning is the scorer's [kind](super::ScorerInfo::kind).
    pub value: f32,
    /// How far an ensemble disagrees: the standard deviation of its members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f32>,
    /// Why: the evidence of a checker, the critique of a judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<f32> for StepScore {
    fn from(value: f32) -> Self {
        Self { value, ..Self::default() }
    }
}

/// A step without a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscored {
    /// Its position, from 0.
    pub step: u32,
    /// Why, in words for the user.
    pub reason: String,
    /// The scorer has looked and has nothing to say, which is no trouble.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abstained: bool,
}

impl TreeScores {
    /// The scores there are, with the keys of their steps: what a score book takes. `keys` are
    /// [those](Trace::score_keys) of the trace that was scored.
    pub fn by_step(&self, keys: &[StepHash]) -> Vec<(StepHash, StepScore)> {
        let scored = keys.iter().zip(&self.scores);
        scored.filter_map(|(key, score)| Some((key.clone(), score.clone()?))).collect()
    }

    /// The bare numbers, one per step.
    pub fn values(&self) -> Vec<Option<f32>> {
        self.scores.iter().map(|score| score.as_ref().map(|s| s.value)).collect()
    }

    /// True where a step lacks a score that it should have.
    pub fn is_troubled(&self) -> bool {
        self.unscored.iter().any(|step| !step.abstained)
    }
}

impl Default for PromptText {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl PromptText {
    /// The question as one text: messages joined by blank lines, system messages left out.
    pub fn joined(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Messages(messages) => {
                let asked: Vec<&str> =
                    messages.iter().filter(|m| m.role != "system").map(|m| m.content.as_str()).collect();
                asked.join("\n\n")
            }
        }
    }
}

impl TreeText {
    /// The text of a trace. Every step is kept, whatever its kind: leaving some out would change what the later
    /// ones mean. A tool call is its text followed by its payload, unless the text already shows the arguments.
    pub fn from_trace(trace: &Trace) -> Self {
        let prompt = match &trace.problem.prompt {
            Prompt::Text(text) => PromptText::Text(text.clone()),
            Prompt::Messages(messages) => PromptText::Messages(
                messages.iter().map(|m| MessageText { role: m.role.clone(), content: m.content.clone() }).collect(),
            ),
        };
        let steps = trace.steps.iter().map(|step| StepText { parent: step.parent, text: step_text(step) }).collect();
        Self { id: trace.id.as_str().into(), prompt, steps }
    }

    /// The texts of the steps along a path.
    pub(crate) fn along(&self, path: &[u32]) -> Vec<&str> {
        path.iter().filter_map(|&step| self.steps.get(step as usize)).map(|step| step.text.as_str()).collect()
    }

    /// From every leaf the path that leads to it, in the order of the leaves. Each step is on at least one.
    pub(crate) fn paths(&self) -> Vec<Vec<u32>> {
        let parents: Vec<Option<u32>> =
            (0..).zip(&self.steps).map(|(index, step)| step.parent.filter(|&p| p < index)).collect();
        let inner: BTreeSet<u32> = parents.iter().flatten().copied().collect();
        let leaves = (0..).zip(&parents).filter(|(index, _)| !inner.contains(index));
        leaves
            .map(|(leaf, _): (u32, _)| {
                let up = |&at: &u32| parents.get(at as usize).copied().flatten();
                let mut path: Vec<u32> = std::iter::successors(Some(leaf), up).collect();
                path.reverse();
                path
            })
            .collect()
    }
}

fn step_text(step: &Step) -> String {
    match &step.tool {
        Some(tool) if !step.text.contains(&tool.arguments) || step.text.is_empty() => {
            let gap = if step.text.is_empty() || step.text.ends_with('\n') { "" } else { "\n" };
            format!("{}{gap}{}({})", step.text, tool.name, tool.arguments)
        }
        _ => step.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Problem, StepKind, ToolCall, TraceBuilder};

    fn tree(parents: &[Option<u32>]) -> TreeText {
        let steps = parents.iter().map(|&parent| StepText { parent, text: String::new() }).collect();
        TreeText { steps, ..TreeText::default() }
    }

    #[test]
    fn paths_lead_to_leaves() {
        let check = |parents: &[Option<u32>], expected: &[&[u32]]| assert_eq!(tree(parents).paths(), expected);
        check(&[], &[]);
        check(&[None, Some(0), Some(1)], &[&[0, 1, 2]]);
        check(&[None, Some(0), Some(0), None, Some(2)], &[&[0, 1], &[3], &[0, 2, 4]]);
        check(&[Some(0), Some(9)], &[&[0], &[1]]);
    }

    #[test]
    fn scores_go_by_step() {
        let trace = TraceBuilder::new(Problem::from_text("1+1?")).thought("a").thought("b").build();
        let scores = TreeScores { scores: vec![None, Some(0.5.into())], ..TreeScores::default() };
        assert_eq!(scores.by_step(&trace.score_keys()), [(trace.steps[1].hash.clone(), 0.5.into())]);
    }

    #[test]
    fn a_tool_call_is_text_and_payload() {
        let tool = |text: &str| {
            let call = ToolCall { name: "add".into(), arguments: "[1,2]".into(), call_id: None };
            let mut builder = TraceBuilder::new(Problem::from_text("1+2?"));
            builder.push_tool_call(None, text.into(), call);
            let trace = builder.build();
            assert_eq!(trace.steps[0].kind, StepKind::ToolCall);
            TreeText::from_trace(&trace).steps[0].text.clone()
        };
        assert_eq!(tool("let me add"), "let me add\nadd([1,2])");
        assert_eq!(tool(""), "add([1,2])");
        assert_eq!(tool("add([1,2])"), "add([1,2])");
    }
}
