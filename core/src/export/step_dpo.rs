//! Step-DPO: the shared steps with numbers, ending inside the heading of the next, and two texts of that step
//! (dvlab-research/Step-DPO).

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{Made, Row, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pair_format::{PairFormat, Sides, pair_options};
use super::pairs::{Pair, PairMeta, PairRule, check_sides, one_by_one, pair_counts};
use super::policy::Policy;
use crate::model::{StepRating, Trace};

/// Rows as Step-DPO publishes them.
pub(super) struct StepDpo;

/// Stands before the first step.
const OPENING: &str = "Let's think step by step.";
/// Written where no reference answer is known: a column of nulls would have no type.
const NO_ANSWER: &str = "";

#[derive(Serialize, Deserialize)]
struct Line {
    dataset: String,
    prompt: String,
    initial_reason_steps: String,
    chosen: String,
    rejected: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    full_chosen: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    full_rejected: Option<String>,
    answer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

impl PairFormat for StepDpo {
    fn name(&self) -> &'static str {
        "step_dpo"
    }

    fn caption(&self) -> &'static str {
        "Step-DPO: shared steps, a chosen and a rejected next step"
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options!["policy_model", "only_finished"]
    }

    fn defaults(&self) -> Policy {
        let mut policy = Policy::default();
        policy.pairs.rules.retain(|rule| *rule != PairRule::Outcome);
        policy
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        // A step is chosen once for each beginning, also where it is better than several.
        let mut chosen: HashSet<(Vec<&str>, &str)> = HashSet::new();
        one_by_one(pairs, |pair| {
            check_ratings(pair)?;
            let line = line(pair, policy);
            check_line(&line)?;
            if !chosen.insert((pair.prefix_texts(), pair.chosen.text())) {
                let reason = "is chosen already over another step at that place";
                return Err(Objection::at(Rule::EqualSides, pair.chosen.step, reason));
            }
            Ok(Row { line: to_json(&line)?, counts: pair_counts(pair) })
        })
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        (row.get("initial_reason_steps")?.is_string() && row.get("chosen")?.is_string()).then(|| self.defaults())
    }

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides> {
        Sides::of(row, &["prompt", "initial_reason_steps"], "chosen", "rejected")
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn line(pair: &Pair<'_>, policy: &Policy) -> Line {
    let mut prefix = pair.prefix_texts();
    // An imported row brings it as a step.
    if prefix.first().is_some_and(|text| text.trim() == OPENING) {
        prefix.remove(0);
    }
    let next = prefix.len() + 1;
    let before = (1..).zip(&prefix).map(|(number, text)| format!("Step {number}:{}", body(text)));
    let lines = std::iter::once(OPENING.to_owned()).chain(before).chain([format!("Step {next}:")]);
    let steps = lines.collect::<Vec<_>>().join("\n");
    let full = |texts: Vec<&str>| {
        let step = |(number, text): (usize, &&str)| match number - next {
            0 => body(text),
            _ => format!("\nStep {number}:{}", body(text)),
        };
        (next..).zip(&texts).map(step).collect::<String>()
    };
    let trace = pair.chosen.trace();
    Line {
        dataset: trace.source.format.clone(),
        prompt: trace.problem.text().into_owned(),
        initial_reason_steps: steps,
        chosen: body(pair.chosen.text()),
        rejected: body(pair.rejected.text()),
        full_chosen: Some(full(pair.chosen.texts())),
        full_rejected: Some(full(pair.rejected.texts())),
        answer: trace.problem.answer.clone().unwrap_or_else(|| NO_ANSWER.into()),
        meta: Some(PairMeta::new(pair, &policy.pairs)),
    }
}

/// The text of a step without its heading and the line breaks at its ends, after a blank.
fn body(text: &str) -> String {
    let text = text.trim_matches(['\n', '\r']);
    let text = heading(text).map_or(text, |(_, rest)| rest);
    format!(" {}", text.trim_start())
}

/// The number of a heading such as `Step 3:` at the start of a text, and what follows.
fn heading(text: &str) -> Option<(usize, &str)> {
    let rest = text.trim_start();
    let (word, rest) = rest.split_at_checked(4)?;
    let rest = word.eq_ignore_ascii_case("step").then_some(rest)?.trim_start_matches([' ', '\t']);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = rest.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest.strip_prefix(':')?))
}

fn check_ratings(pair: &Pair<'_>) -> Result<(), Objection> {
    if pair.is_whole {
        return Err(Objection::new(Rule::Shape, "whole attempts are compared, and a row holds one step of each"));
    }
    for step in pair.prefix() {
        if pair.chosen.member.rating(step) == Some(StepRating::Bad) {
            return Err(Objection::at(Rule::Contradiction, step, "is bad, so what follows is not compared"));
        }
    }
    if pair.chosen.words.is_none() && pair.chosen.member.rating(pair.chosen.step) == Some(StepRating::Bad) {
        return Err(Objection::at(Rule::Contradiction, pair.chosen.step, "is chosen, but rated bad"));
    }
    if pair.rejected.member.rating(pair.rejected.step) == Some(StepRating::Good) {
        return Err(Objection::at(Rule::Contradiction, pair.rejected.step, "is rejected, but rated good"));
    }
    Ok(())
}

fn check_line(line: &Line) -> Result<(), Objection> {
    if line.prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    check_sides(&line.chosen, &line.rejected)?;
    let mut last = 0;
    let mut lines = line.initial_reason_steps.split('\n').peekable();
    while let Some(text) = lines.next() {
        let Some((number, rest)) = heading(text) else { continue };
        if number != last + 1 {
            let reason = format!("`initial_reason_steps` goes from step {last} to step {number}");
            return Err(Objection::new(Rule::Shape, reason));
        }
        last = number;
        let is_end = lines.peek().is_none();
        if rest.trim().is_empty() && !is_end {
            // The text may begin on the next line, but must not be another heading.
            let empty = lines.peek().is_some_and(|next| heading(next).is_some());
            if empty {
                return Err(Objection::new(Rule::EmptyStep, format!("step {number} of the beginning has no text")));
            }
        }
    }
    let end = line.initial_reason_steps.rsplit('\n').next().and_then(heading);
    if end.is_none_or(|(_, rest)| !rest.trim().is_empty()) {
        return Err(Objection::new(
            Rule::Shape,
            "`initial_reason_steps` does not end inside a heading such as `Step 3:`",
        ));
    }
    let sides = [("chosen", &line.chosen, &line.full_chosen), ("rejected", &line.rejected, &line.full_rejected)];
    for (name, step, full) in sides {
        if step.split('\n').any(|text| heading(text).is_some()) {
            return Err(Objection::new(Rule::Shape, format!("`{name}` holds a heading: it is more than one step")));
        }
        if full.as_ref().is_some_and(|full| !full.starts_with(step.as_str())) {
            return Err(Objection::new(Rule::Shape, format!("`full_{name}` does not begin with `{name}`")));
        }
    }
    Ok(())
}
