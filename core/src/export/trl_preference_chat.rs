//! TRL preference, conversational: the prompt as messages, each side as the assistant's answer to it.
//!
//! The trainer opens an assistant's turn after the prompt, so the prompt cannot end in half of one: the shared steps
//! stand at the beginning of both answers. Where tools were called, the prompt goes on up to the last result that both
//! share.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{Made, Row, from_json, to_json};
use super::left_out::Objection;
use super::messages::{Message, Piece, asked, check_answer, check_prompt, messages, prompt_messages, said, tools};
use super::pair_format::{PairFormat, Sides, pair_options};
use super::pairs::{Completion, Pair, PairMeta, Side, check_sides, one_by_one, pair_counts};
use super::policy::Policy;
use super::shapes::ToolTurns;
use crate::model::Trace;

/// Rows for TRL's `DPOTrainer` and `RewardTrainer`, as messages.
pub(super) struct TrlPreferenceChat;

#[derive(Serialize, Deserialize)]
struct Line {
    prompt: Vec<Message>,
    chosen: Vec<Message>,
    rejected: Vec<Message>,
    /// The text of a JSON list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

impl PairFormat for TrlPreferenceChat {
    fn name(&self) -> &'static str {
        "trl_preference_chat"
    }

    fn caption(&self) -> &'static str {
        "TRL preference, conversational: messages, a chosen and a rejected answer"
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options!["completion", "tools", "tool_arguments", "policy_model", "only_finished", "step_separator"]
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        one_by_one(pairs, |pair| {
            let trace = pair.chosen.trace();
            let mut prompt = prompt_messages(&trace.problem.prompt);
            let mut chosen = answer(pair, &pair.chosen, policy)?;
            let mut rejected = answer(pair, &pair.rejected, policy)?;
            // What both say before a tool or the user answers is asked already.
            let same = chosen.iter().zip(&rejected).take_while(|(a, b)| a == b).count();
            let shared = asked(&chosen, same);
            prompt.extend(chosen.drain(..shared));
            rejected.drain(..shared);
            // Chat templates write a line break before an answer; one more would make another token of it.
            for answer in [&mut chosen, &mut rejected] {
                if let Some(first) = answer.first_mut() {
                    first.content = first.content.trim_start_matches(['\n', '\r']).to_owned();
                }
            }
            let meta = Some(PairMeta::new(pair, &policy.pairs));
            let line = Line { prompt, chosen, rejected, tools: tools(trace, policy), meta };
            check_line(&line)?;
            Ok(Row { line: to_json(&line)?, counts: pair_counts(pair) })
        })
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_chat = ["prompt", "chosen", "rejected"].iter().all(|key| row.get(*key).is_some_and(Value::is_array));
        let tools = if row.contains_key("tools") { ToolTurns::Messages } else { ToolTurns::Refuse };
        is_chat.then(|| Policy { tools, ..self.defaults() })
    }

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides> {
        Sides::of(row, &["prompt"], "chosen", "rejected")
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

/// The shared steps and those of the side.
fn answer(pair: &Pair<'_>, side: &Side<'_>, policy: &Policy) -> Result<Vec<Message>, Objection> {
    messages(prefix_pieces(side).chain(side_pieces(pair, side, policy.pairs.completion)), policy)
}

/// The steps before a side.
pub(super) fn prefix_pieces<'a>(side: &Side<'a>) -> impl Iterator<Item = Piece<'a>> {
    let trace = side.trace();
    side.member.prefix(side.step).into_iter().filter_map(move |step| Piece::of(trace, step))
}

/// What a row holds of a side.
pub(super) fn side_pieces<'a>(pair: &Pair<'_>, side: &Side<'a>, completion: Completion) -> Vec<Piece<'a>> {
    if let Some(text) = side.words {
        return vec![Piece { text, index: side.step, step: None, learned: true }];
    }
    let most = if completion == Completion::Step && !pair.is_whole { 1 } else { usize::MAX };
    side.steps().into_iter().take(most).filter_map(|step| Piece::of(side.trace(), step)).collect()
}

fn check_line(line: &Line) -> Result<(), Objection> {
    check_prompt(&line.prompt)?;
    check_answer("chosen", &line.prompt, &line.chosen)?;
    check_answer("rejected", &line.prompt, &line.rejected)?;
    check_sides(&said(&line.chosen), &said(&line.rejected))
}
