//! TRL preference, conversational: the prompt as messages, each side as the assistant's answer to it.
//!
//! The trainer opens an assistant's turn after the prompt, so the prompt cannot end in half of one: the shared steps
//! stand at the beginning of both answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{Made, Row, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pair_format::{PairFormat, pair_options};
use super::pairs::{Pair, PairMeta, check_sides, joined, one_by_one, pair_counts, side_texts};
use super::policy::Policy;
use crate::model::{ChatMessage, Prompt, StepKind, Trace};

/// Rows for TRL's `DPOTrainer` and `RewardTrainer`, as messages.
pub(super) struct TrlPreferenceChat;

#[derive(Serialize, Deserialize)]
struct Line {
    prompt: Vec<Message>,
    chosen: Vec<Message>,
    rejected: Vec<Message>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    role: String,
    content: String,
}

impl PairFormat for TrlPreferenceChat {
    fn name(&self) -> &'static str {
        "trl_preference_chat"
    }

    fn caption(&self) -> &'static str {
        "TRL preference, conversational: messages, a chosen and a rejected answer"
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options!["completion", "policy_model", "only_finished", "step_separator"]
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        one_by_one(pairs, |pair| {
            check_kinds(pair)?;
            let answer = |side| {
                let texts = pair.prefix_texts().into_iter().chain(side_texts(pair, side, policy.pairs.completion));
                vec![Message { role: "assistant".into(), content: joined(texts, &policy.step_separator) }]
            };
            let line = Line {
                prompt: prompt(&pair.chosen.trace().problem.prompt),
                chosen: answer(&pair.chosen),
                rejected: answer(&pair.rejected),
                meta: Some(PairMeta::new(pair, &policy.pairs)),
            };
            check_line(&line)?;
            Ok(Row { line: to_json(&line)?, counts: pair_counts(pair) })
        })
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_chat = ["prompt", "chosen", "rejected"].iter().all(|key| row.get(*key).is_some_and(Value::is_array));
        is_chat.then(|| self.defaults())
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn prompt(prompt: &Prompt) -> Vec<Message> {
    let message = |message: &ChatMessage| Message { role: message.role.clone(), content: message.content.clone() };
    match prompt {
        Prompt::Text(text) => vec![Message { role: "user".into(), content: text.clone() }],
        Prompt::Messages(messages) => messages.iter().map(message).collect(),
    }
}

/// One answer cannot hold what others said in between.
fn check_kinds(pair: &Pair<'_>) -> Result<(), Objection> {
    for side in [&pair.chosen, &pair.rejected] {
        let prefix = side.member.prefix(side.step);
        for at in prefix.into_iter().chain(side.steps()) {
            let Some(step) = side.trace().step(at) else { continue };
            let foreign = matches!(step.kind, StepKind::ToolCall | StepKind::ToolResult | StepKind::Observation)
                || step.tool.is_some()
                || matches!(step.author.as_deref(), Some("user" | "system" | "tool"));
            if foreign && side.words.is_none() {
                let reason = "is a tool call, a result or somebody else's turn, which one answer cannot hold; \
                              choose trl_preference";
                return Err(Objection::at(Rule::Lossy, at, reason));
            }
        }
    }
    Ok(())
}

fn check_line(line: &Line) -> Result<(), Objection> {
    match line.prompt.last() {
        None => return Err(Objection::new(Rule::EmptyPrompt, "the prompt has no messages")),
        Some(last) if !matches!(last.role.as_str(), "user" | "tool") => {
            let reason = format!("the prompt ends with a message of `{}`, not of the user or a tool", last.role);
            return Err(Objection::new(Rule::Shape, reason));
        }
        Some(_) => {}
    }
    if line.prompt.iter().filter(|message| message.role != "system").all(|message| message.content.trim().is_empty()) {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    for (name, side) in [("chosen", &line.chosen), ("rejected", &line.rejected)] {
        if side.first().is_none_or(|message| message.role != "assistant") {
            return Err(Objection::new(
                Rule::Shape,
                format!("`{name}` does not begin with a message of the assistant"),
            ));
        }
    }
    let text = |side: &[Message]| side.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n");
    check_sides(&text(&line.chosen), &text(&line.rejected))
}
