//! One step of a trace.

use serde::{Deserialize, Serialize};

use super::{Metadata, RatedStep, StepHash, StepRating};

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
    /// The named part of the trace that it belongs to: `thinking`, `response`, a titled section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// What became of it, where the source says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<StepFlag>,
    /// Everything else the source says of the step: times, costs, tokens, links.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
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
    /// Instructions that the system gave on the way.
    System,
    /// A judgement of other steps, or a reflection on a failed attempt.
    Critique,
    /// An action in an environment that is not a tool call: a move, a click.
    Action,
    /// The state of a search or an environment.
    State,
    /// A remark of the program that wrote the log.
    Note,
    /// Anything else.
    Other,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepFlag {
    /// The search gave it up.
    Pruned,
    /// The search ended here.
    Terminal,
    /// It failed: an error of a tool, code that did not run.
    Failed,
    /// Repeats an earlier run, for context.
    Copied,
    /// Made for a test or as training data, not by a model that tried to solve the problem.
    Synthetic,
}

impl StepFlag {
    /// Every flag.
    pub const ALL: [Self; 5] = [Self::Pruned, Self::Terminal, Self::Failed, Self::Copied, Self::Synthetic];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pruned => "pruned",
            Self::Terminal => "terminal",
            Self::Failed => "failed",
            Self::Copied => "copied",
            Self::Synthetic => "synthetic",
        }
    }

    /// The flag with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }
}

impl StepKind {
    /// Every kind, in the order of menus and legends.
    pub const ALL: [Self; 13] = [
        Self::Thought,
        Self::Answer,
        Self::ToolCall,
        Self::ToolResult,
        Self::Observation,
        Self::Message,
        Self::Code,
        Self::System,
        Self::Critique,
        Self::Action,
        Self::State,
        Self::Note,
        Self::Other,
    ];

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
            Self::System => "system",
            Self::Critique => "critique",
            Self::Action => "action",
            Self::State => "state",
            Self::Note => "note",
            Self::Other => "other",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Step {
    /// The step with that rating, as one of a path.
    pub fn rated(&self, rating: Option<StepRating>) -> RatedStep<'_> {
        RatedStep { rating, kind: self.kind, author: self.author.as_deref() }
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
