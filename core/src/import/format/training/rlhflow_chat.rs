//! `RLHFlow`'s process rewards as a chat: each user message is a step, each answer `+` or `-`. The first message also
//! holds the problem. (RLHFlow/RLHF-Reward-Modeling, math-rm)

use serde_json::Value;

use super::math_shepherd::solution_start;
use crate::import::fields::{Fields, warn};
use crate::import::response::{self, Turn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ChatMessage, ImportedValue, Metadata, Problem, Prompt, StepKind, StepRating, TraceBuilder};

const MESSAGES: &[&str] = &["conversations", "messages"];
const PROBLEM: &[&str] = &["problem", "question", "prompt"];
const SOURCE: &str = "dataset";

/// Reads `RLHFlow`'s chats.
pub(super) struct RlhflowChat;

impl Importer for RlhflowChat {
    fn name(&self) -> &'static str {
        "rlhflow_chat"
    }

    fn caption(&self) -> &'static str {
        "Chats of steps, each answered by + or - (RLHFlow)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[MESSAGES]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("messages whose answers are all `+` or `-`", |row| {
            MESSAGES.iter().find_map(|key| response::turns(&row[*key])).is_some_and(|turns| {
                turns.iter().any(|turn| turn.role == "assistant")
                    && turns.iter().all(|turn| turn.role != "assistant" || rating(turn).is_some())
            })
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let list = Value::Array(fields.list(MESSAGES)?);
        let turns = response::turns(&list)
            .ok_or_else(|| RowError::new("an entry of the messages has no role or no text; add them"))?;
        let known = fields.text_of(PROBLEM);
        let mut turns = turns.into_iter().peekable();
        let mut asked = Vec::new();
        while let Some(turn) = turns.next_if(|turn| turn.role != "user" && turn.role != "assistant") {
            asked.push(ChatMessage { role: turn.role, content: turn.text });
        }
        let mut builder = TraceBuilder::default();
        let mut extras = Metadata::new();
        let mut first = true;
        let mut open = false;
        for (number, turn) in (asked.len()..).zip(turns) {
            if turn.role == "assistant" {
                answer(&mut builder, open, number, &turn);
                open = false;
            } else {
                if open {
                    warn(
                        &mut builder,
                        format!("message {} (from 0) has no answer; its step is unlabelled", number - 1),
                    );
                }
                let mut text = turn.text;
                if first {
                    let (question, step) = split_problem(&mut builder, known.as_deref(), &text);
                    builder.trace_mut().problem = problem(&asked, question);
                    text = step;
                    first = false;
                }
                builder.chain(StepKind::Thought, text);
                open = true;
            }
            if !turn.rest.is_empty() {
                extras.insert(number.to_string(), turn.rest.into());
            }
        }
        if !extras.is_empty() {
            builder.trace_mut().metadata.insert("message_extras".into(), extras.into());
        }
        let trace = builder.trace_mut();
        trace.source_id = fields.text_of(&["id", "idx"]);
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

fn problem(asked: &[ChatMessage], question: String) -> Problem {
    if asked.is_empty() {
        return Problem::from_text(question);
    }
    let mut messages = asked.to_vec();
    messages.push(ChatMessage { role: "user".into(), content: question });
    Problem { prompt: Prompt::Messages(messages), ..Problem::default() }
}

/// Where the problem ends and the first step starts in the first message.
fn split_problem(builder: &mut TraceBuilder, known: Option<&str>, text: &str) -> (String, String) {
    if let Some((known, step)) = known.and_then(|known| Some((known, text.strip_prefix(known)?))) {
        return (known.to_owned(), step.strip_prefix([' ', '\n']).unwrap_or(step).to_owned());
    }
    if let Some(known) = known {
        return (known.to_owned(), text.to_owned());
    }
    let (start, guessed) = solution_start(text);
    let (question, step) = text.split_at(start);
    if guessed {
        warn(builder, "no `Step 1:` in the first message; where the problem ends was guessed");
    }
    (question.strip_suffix(' ').unwrap_or(question).to_owned(), step.to_owned())
}

fn answer(builder: &mut TraceBuilder, open: bool, number: usize, turn: &Turn) {
    let step = builder.last_step().filter(|_| open);
    match (step, rating(turn)) {
        (Some(step), Some(rating)) => {
            builder.label(Some(step), ImportedValue::Rating(rating), SOURCE, "content", &turn.text);
        }
        (step, _) => {
            let why = if step.is_none() { "answers no step" } else { "is neither + nor -" };
            warn(builder, format!("message {number} (from 0) {why}; it says {:?}", turn.text));
        }
    }
}

fn rating(turn: &Turn) -> Option<StepRating> {
    match turn.text.trim() {
        "+" => Some(StepRating::Good),
        "-" => Some(StepRating::Bad),
        _ => None,
    }
}
