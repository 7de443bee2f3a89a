//! One step of a trace.

use serde::{Deserialize, Serialize};

use super::StepHash;

/// Position of a step in [`Trace::steps`](super::Trace::steps), from 0.
pub type StepIndex = u32;

/// One step: a node of the trace's tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The step that this one continues; always earlier in the list. `None` for a first step.
    pub parent: Option<StepIndex>,
    /// What sort of step it is.
    pub kind: StepKind,
    /// The text, never trimmed or re-wrapped.
    pub text: String,
    /// Who wrote it: a role, an agent's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The payload of a tool call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolCall>,
    /// On the path that the source returned as the solution. All steps of a chain are.
    pub on_path: bool,
    /// Identity by content; see [`StepHash`].
    pub hash: StepHash,
}

/// What sort of step it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A step of reasoning.
    #[default]
    Thought,
    /// The final answer, or the step that states it.
    Answer,
    /// A call of a tool; its payload is in [`Step::tool`].
    ToolCall,
    /// What a tool returned.
    ToolResult,
    /// What an environment showed.
    Observation,
    /// A message between user, assistant or agents.
    Message,
    /// Program text.
    Code,
}

impl StepKind {
    /// Every kind, in the order of menus and legends.
    pub const ALL: [Self; 7] =
        [Self::Thought, Self::Answer, Self::ToolCall, Self::ToolResult, Self::Observation, Self::Message, Self::Code];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Thought => "thought",
            Self::Answer => "answer",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
            Self::Observation => "observation",
            Self::Message => "message",
            Self::Code => "code",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A tool call as the source gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Name of the tool.
    pub name: String,
    /// The arguments, exactly as written; usually JSON, sometimes broken JSON.
    pub arguments: String,
    /// Pairs a call with its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
}
