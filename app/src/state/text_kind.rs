//! How a text is to be read: as prose, as program text, as what a terminal showed.

use stepscope_core::model::{Step, StepKind};

/// How a text is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// Prose with markdown and formulas.
    Prose,
    /// Program text in that language; empty where unknown.
    Code(String),
    /// What a tool or an environment returned: a terminal's output, a structured value, a difference, prose.
    Output,
    /// A structured value, such as the arguments of a call.
    Value,
    /// Nothing in it means anything else.
    Plain,
}

impl TextKind {
    /// How the text of a step is to be read.
    pub fn of(step: &Step) -> Self {
        match step.kind {
            StepKind::Code => Self::Code(String::new()),
            StepKind::ToolResult | StepKind::Observation | StepKind::State => Self::Output,
            _ => Self::Prose,
        }
    }
}
