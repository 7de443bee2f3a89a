//! Corrected trajectories to fine-tune on: an attempt up to its first error, then what should stand there, with what is
//! learned from.
//!
//! A correction is a pair of which the rejected side is the error: what an annotator wrote in its place, a good
//! alternative, or how another attempt at the problem went on from the same beginning. Learned from are steps rated good
//! or neutral and the correction; a correction ends before a step that is bad itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::messages::{
    ASSISTANT, Learned, Message, Piece, check_prompt, check_results, learned_messages, prompt_messages, tools,
};
use super::pair_format::pair_options;
use super::pairs::{
    Completion, Member, Pair, PairMeta, PairRule, Side, check_sides, joined, no_single_row, one_by_one,
};
use super::policy::{Policy, UnlabelledSteps};
use super::shapes::{LossAs, ToolTurns, WrongSteps};
use super::trl_preference_chat::{prefix_pieces, side_pieces};
use crate::model::{Label, LabelKind, StepIndex, StepKind, StepRating, Trace, Verdict};

/// Rows to fine-tune on corrections.
pub(super) struct CorrectionSft;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chat {
    messages: Vec<Marked>,
    /// 1 for each message that is learned from, else 0.
    loss_mask: Vec<u8>,
    edits: Vec<Edit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Completed {
    prompt: String,
    completion: String,
    edits: Vec<Edit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

/// A message with whether it is learned from, under the name that the trainer knows.
#[derive(Serialize, Deserialize)]
struct Marked {
    #[serde(flatten)]
    message: Message,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    train: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loss: Option<bool>,
}

/// What was put right.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// Its place in the path, from 0.
    step: usize,
    original: String,
    corrected: String,
    /// Empty where nobody said it in words.
    reason: String,
}

impl ExportFormat for CorrectionSft {
    fn name(&self) -> &'static str {
        "correction_sft"
    }

    fn caption(&self) -> &'static str {
        "Corrected trajectories: up to the first error, then what should stand there"
    }

    fn scope(&self) -> Scope {
        Scope::Problem
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options![
            "loss_as",
            "wrong_steps",
            "unlabelled",
            "completion",
            "tools",
            "tool_arguments",
            "policy_model",
            "only_finished",
            "step_separator"
        ]
    }

    fn defaults(&self) -> Policy {
        let mut policy = Policy { unlabelled: UnlabelledSteps::Mask, ..Policy::default() };
        policy.pairs.rules = vec![PairRule::Rewrite, PairRule::Label, PairRule::FirstError];
        policy.pairs.per_prefix = 1;
        policy
    }

    fn counted(&self) -> &'static [&'static str] {
        &["corrections", "learned", "masked"]
    }

    fn rows(&self, _input: &RowInput<'_>, _policy: &Policy) -> Vec<Made> {
        vec![no_single_row()]
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        // A preference between two right ways is no correction.
        let of_errors = pairs.iter().filter(|pair| is_correction(pair)).copied().collect::<Vec<_>>();
        if let (true, Some(first)) = (of_errors.is_empty(), pairs.first()) {
            let objection = Objection::new(Rule::NoPair, "no pair of its problem puts an error right");
            return vec![(first.rejected.trace(), Err(objection))];
        }
        one_by_one(&of_errors, |pair| row(pair, policy))
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        row.get("edits")?.as_array()?;
        let tools = if row.contains_key("tools") { ToolTurns::Messages } else { ToolTurns::Refuse };
        let first = row.get("messages").and_then(|messages| messages.get(0));
        let loss_as = match first {
            None => row.get("completion").map(|_text| LossAs::Completion)?,
            Some(first) if first.get("train").is_some() => LossAs::Train,
            Some(first) if first.get("loss").is_some() => LossAs::Loss,
            Some(_) => LossAs::Weight,
        };
        Some(Policy { tools, loss_as, ..self.defaults() })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        if policy.loss_as == LossAs::Completion {
            return check_completed(&from_json(line)?);
        }
        check_chat(&from_json(line)?, policy.loss_as)
    }
}

/// The rejected side is an error, by its rating or because something was written in its place.
fn is_correction(pair: &Pair<'_>) -> bool {
    let bad = pair.rejected.member.rating(pair.rejected.step) == Some(StepRating::Bad);
    !pair.is_whole && (bad || pair.rule == PairRule::Rewrite)
}

fn row(pair: &Pair<'_>, policy: &Policy) -> Made {
    let chosen = corrected(pair, policy)?;
    let edit = Edit {
        step: pair.rejected.member.prefix(pair.rejected.step).len(),
        original: pair.rejected.text().into(),
        corrected: pair.chosen.text().into(),
        reason: reason(&pair.rejected),
    };
    let meta = Some(PairMeta::new(pair, &policy.pairs));
    let counts = |learned: usize, masked: usize| {
        vec![("corrections", 1), ("learned", learned as u64), ("masked", masked as u64)]
    };
    if policy.loss_as == LossAs::Completion {
        return completed(pair, &chosen, edit, meta, policy).and_then(|line| {
            check_completed(&line)?;
            Ok(Row { line: to_json(&line)?, counts: counts(1, 0) })
        });
    }
    let mut pieces = Vec::new();
    // The words of the attempt that went wrong, which are those of the other as well.
    for piece in prefix_pieces(&pair.rejected) {
        let learned = is_learned(pair.rejected.member, piece.index, policy)?;
        pieces.push(Piece { learned, ..piece });
    }
    // A call that is kept would want its result.
    let wrong = side_pieces(pair, &pair.rejected, Completion::Step).into_iter().take(1);
    let is_call = |piece: &Piece<'_>| piece.step.is_some_and(|step| step.kind == StepKind::ToolCall);
    if policy.wrong_steps == WrongSteps::Keep {
        pieces.extend(wrong.filter(|piece| !is_call(piece)).map(|piece| Piece { learned: false, ..piece }));
    }
    pieces.extend(chosen);
    let trace = pair.rejected.trace();
    let asked = prompt_messages(&trace.problem.prompt).into_iter().map(|message| Learned { message, learned: false });
    let all: Vec<Learned> = asked.chain(learned_messages(pieces, policy)?).collect();
    let line = Chat {
        loss_mask: all.iter().map(|one| u8::from(one.learned)).collect(),
        messages: all.into_iter().map(|one| marked(one, policy.loss_as)).collect(),
        edits: vec![edit],
        tools: tools(trace, policy),
        meta,
    };
    check_chat(&line, policy.loss_as)?;
    let learned = line.loss_mask.iter().map(|mask| usize::from(*mask)).sum::<usize>();
    Ok(Row { line: to_json(&line)?, counts: counts(learned, line.loss_mask.len() - learned) })
}

/// The correction and what follows it, up to a step that is bad itself.
fn corrected<'a>(pair: &Pair<'a>, policy: &Policy) -> Result<Vec<Piece<'a>>, Objection> {
    let mut pieces = Vec::new();
    for piece in side_pieces(pair, &pair.chosen, policy.pairs.completion) {
        let is_first = pieces.is_empty();
        if !is_first && pair.chosen.member.rating(piece.index) == Some(StepRating::Bad) {
            break;
        }
        let learned = is_first || is_learned(pair.chosen.member, piece.index, policy)?;
        pieces.push(Piece { learned, ..piece });
    }
    Ok(pieces)
}

fn is_learned(member: &Member<'_>, step: StepIndex, policy: &Policy) -> Result<bool, Objection> {
    let Some(found) = member.trace.step(step) else { return Ok(false) };
    let said = member.said.and_then(|said| said.steps.get(&found.hash));
    if said.is_some_and(|said| said.labels.has(LabelKind::Masked)) {
        return Ok(false);
    }
    let ended_right =
        || member.outcome().is_some_and(|(right, _)| right) || member.trace.outcome.verdict == Verdict::Correct;
    match member.rating(step) {
        Some(StepRating::Good | StepRating::Neutral) => Ok(true),
        Some(StepRating::Bad | StepRating::Unsure) => Ok(false),
        None if found.hash.is_written() || found.on_path && ended_right() => Ok(true),
        None => match policy.unlabelled {
            UnlabelledSteps::Good => Ok(true),
            UnlabelledSteps::Mask => Ok(false),
            UnlabelledSteps::Refuse => Err(Objection::at(Rule::Unlabelled, step, "has no label")),
        },
    }
}

/// What was said in words of the error.
fn reason(wrong: &Side<'_>) -> String {
    let Some(step) = wrong.trace().step(wrong.step) else { return String::new() };
    let own = wrong.member.said.and_then(|said| said.steps.get(&step.hash));
    let critique = || {
        own?.labels.of_kind(LabelKind::Critique).find_map(|label| match label {
            Label::Critique(critique) if critique.by.is_empty() || critique.accepted => Some(critique.text.as_str()),
            _ => None,
        })
    };
    let note = own.map(|said| said.note.as_str()).filter(|note| !note.trim().is_empty());
    let imported = || {
        let mut labels = wrong.trace().labels.iter().filter(|label| label.step == Some(wrong.step));
        labels.find_map(|label| label.rationale.as_deref())
    };
    note.or_else(critique).or_else(imported).unwrap_or_default().to_owned()
}

fn completed(
    pair: &Pair<'_>,
    chosen: &[Piece<'_>],
    edit: Edit,
    meta: Option<PairMeta>,
    policy: &Policy,
) -> Result<Completed, Objection> {
    // Turns of others have no place in two texts.
    let all = prefix_pieces(&pair.rejected).chain(chosen.iter().copied());
    learned_messages(all, &Policy { tools: ToolTurns::Refuse, ..policy.clone() })?;
    let separator = policy.step_separator.as_str();
    let problem = pair.rejected.trace().problem.text();
    let before = prefix_pieces(&pair.rejected).map(|piece| piece.text);
    let prompt = joined(std::iter::once(&*problem).chain(before), separator);
    let texts = chosen.iter().map(|piece| piece.text);
    let whole = joined(std::iter::once(prompt.as_str()).chain(texts), separator);
    // White space between the two belongs to the completion.
    let end = prompt.trim_end().len();
    let (prompt, completion) = whole.split_at(end);
    Ok(Completed { prompt: prompt.into(), completion: completion.into(), edits: vec![edit], meta })
}

fn marked(one: Learned, loss_as: LossAs) -> Marked {
    let Learned { message, learned } = one;
    let as_flag = |wanted| (loss_as == wanted).then_some(learned);
    let weight = (loss_as == LossAs::Weight).then_some(u8::from(learned));
    Marked { message, weight, train: as_flag(LossAs::Train), loss: as_flag(LossAs::Loss) }
}

fn check_chat(line: &Chat, loss_as: LossAs) -> Result<(), Objection> {
    let shape = |reason: String| Err(Objection::new(Rule::Shape, reason));
    if line.messages.len() != line.loss_mask.len() {
        let reason = format!("{} messages, but {} entries in `loss_mask`", line.messages.len(), line.loss_mask.len());
        return shape(reason);
    }
    for (at, (marked, &mask)) in line.messages.iter().zip(&line.loss_mask).enumerate() {
        let flag = match loss_as {
            LossAs::Weight | LossAs::Completion => marked.weight,
            LossAs::Train => marked.train.map(u8::from),
            LossAs::Loss => marked.loss.map(u8::from),
        };
        if mask > 1 || flag != Some(mask) {
            return shape(format!("message {at} (from 0) is marked otherwise than `loss_mask` says"));
        }
        if mask == 1 && marked.message.role != ASSISTANT {
            return shape(format!("message {at} (from 0) is by `{}`, but learned from", marked.message.role));
        }
    }
    if !line.loss_mask.contains(&1) {
        return Err(Objection::new(Rule::NothingToLearn, "nothing is learned from"));
    }
    let first = line.messages.iter().position(|marked| marked.message.role == ASSISTANT).unwrap_or(0);
    let asked: Vec<Message> = line.messages.iter().take(first).map(|marked| marked.message.clone()).collect();
    check_prompt(&asked)?;
    check_results(line.messages.iter().map(|marked| &marked.message))?;
    check_edits(&line.edits)
}

fn check_completed(line: &Completed) -> Result<(), Objection> {
    if line.prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    if line.completion.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyStep, "the completion has no text"));
    }
    check_edits(&line.edits)
}

fn check_edits(edits: &[Edit]) -> Result<(), Objection> {
    if edits.is_empty() {
        return Err(Objection::new(Rule::Shape, "`edits` is empty, so nothing was put right"));
    }
    edits.iter().try_for_each(|edit| check_sides(&edit.corrected, &edit.original)).map_err(|objection| {
        let reason = objection.reason.replace("`chosen`", "a correction").replace("`rejected`", "a corrected step");
        Objection { reason, ..objection }
    })
}
