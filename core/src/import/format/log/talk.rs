//! Puts what was said into a trace: the messages before the first answer are the problem, the others one chain.

use std::collections::HashMap;
use std::ops::Range;

use super::turn::{Role, Turn};
use crate::import::fields::warn;
use crate::model::{ChatMessage, Metadata, Problem, Prompt, Step, StepIndex, StepKind, TraceBuilder};

/// A trace as it is being told.
#[derive(Default)]
pub(super) struct Talk {
    pub(super) builder: TraceBuilder,
    prompt: Vec<ChatMessage>,
    /// What the messages of the prompt say besides, by their number from 0.
    prompt_extras: Metadata,
    /// Names of the tools called, by the id of the call.
    calls: HashMap<String, String>,
    /// Somebody has answered.
    pub(super) answered: bool,
    said_last: Option<Role>,
}

impl Talk {
    /// Adds a message to the problem, whoever said it.
    pub(super) fn ask(&mut self, turn: &Turn) {
        let media: Vec<_> = turn.steps.iter().filter_map(|step| step.metadata.get("part")).cloned().collect();
        let mut extras = turn.extras.clone();
        if !media.is_empty() {
            extras.insert("parts".into(), media.into());
        }
        if !extras.is_empty() {
            self.prompt_extras.insert(self.prompt.len().to_string(), extras.into());
        }
        self.prompt.push(ChatMessage { role: turn.role_name.clone(), content: turn.words() });
    }

    /// Adds a message: to the problem as long as nobody has answered, then as steps. Gives their positions.
    pub(super) fn hear(&mut self, turn: Turn) -> Range<StepIndex> {
        if !self.answered && matches!(turn.role, Role::System | Role::User) {
            self.ask(&turn);
            let end = self.end();
            return end..end;
        }
        self.say(turn)
    }

    /// Adds a message as steps of the chain.
    pub(super) fn say(&mut self, turn: Turn) -> Range<StepIndex> {
        let first = self.end();
        let Turn { role, role_name, mut steps, extras } = turn;
        if steps.is_empty() {
            // Also a message without text is a turn.
            steps.push(Step { kind: role.kind(), author: Some(role_name.clone()), on_path: true, ..Step::default() });
        }
        if let Some(step) = steps.first_mut() {
            for (key, value) in extras {
                step.metadata.entry(key).or_insert(value);
            }
        }
        for step in steps {
            self.push(Step { author: step.author.or_else(|| Some(role_name.clone())), ..step });
        }
        if role != Role::System {
            self.said_last = Some(role);
        }
        self.answered = true;
        first..self.end()
    }

    /// Adds one step to the chain. A result is named after its call.
    pub(super) fn push(&mut self, mut step: Step) -> StepIndex {
        if let Some(tool) = &mut step.tool {
            let id = tool.call_id.clone().unwrap_or_default();
            if step.kind == StepKind::ToolCall && !id.is_empty() {
                self.calls.insert(id, tool.name.clone());
            } else if step.kind == StepKind::ToolResult && !id.is_empty() {
                match self.calls.get(&id) {
                    Some(name) if tool.name.is_empty() => {
                        tool.name.clone_from(name);
                        step.author = Some(name.clone());
                    }
                    Some(_) => {}
                    None => {
                        let number = self.end() + 1;
                        warn(
                            &mut self.builder,
                            format!("the tool result in step {number} answers no call of the trace: {id}"),
                        );
                    }
                }
            }
        }
        step.parent = self.builder.last_step();
        self.builder.push(step)
    }

    pub(super) fn end(&self) -> StepIndex {
        self.builder.last_step().map_or(0, |last| last + 1)
    }

    /// The step at that position.
    pub(super) fn step(&mut self, at: StepIndex) -> Option<&Step> {
        self.builder.trace_mut().steps.get(at as usize)
    }

    /// What was asked, so far.
    pub(super) fn asked(&self) -> bool {
        self.prompt.iter().any(|message| message.role != "system")
    }

    /// The trace, its problem and last answer settled. `otherwise` is the problem where no message asks anything.
    pub(super) fn finish(self, otherwise: Option<String>) -> TraceBuilder {
        let asked = self.asked();
        let Self { mut builder, mut prompt, prompt_extras, said_last, .. } = self;
        if !asked && let Some(text) = otherwise.filter(|text| !text.is_empty()) {
            prompt.push(ChatMessage { role: "user".into(), content: text });
        }
        let trace = builder.trace_mut();
        trace.problem = Problem::default();
        if let [ChatMessage { role, content }] = prompt.as_slice()
            && role != "system"
        {
            trace.problem.prompt = Prompt::Text(content.clone());
        } else if !prompt.is_empty() {
            trace.problem.prompt = Prompt::Messages(prompt);
        }
        if trace.problem.text().is_empty() {
            trace.warnings.push("no message asks anything before the first answer; the problem is empty".into());
        }
        if !prompt_extras.is_empty() {
            trace.metadata.insert("prompt_extras".into(), prompt_extras.into());
        }
        let is_empty = trace.steps.is_empty();
        match trace.steps.iter_mut().rev().find(|step| step.on_path && step.kind != StepKind::Note) {
            Some(step) if step.kind == StepKind::Message && said_last == Some(Role::Assistant) => {
                step.kind = StepKind::Answer;
            }
            None if is_empty => trace.warnings.push("nobody answers; the trace has no steps".into()),
            _ => {}
        }
        builder
    }
}
