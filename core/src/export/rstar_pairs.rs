//! rStar-Math's pairs of next steps: in stage 1 a pair a row, in stage 2 a beginning a row (microsoft/rStar, branch
//! rStar-math).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{Made, Row, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pair_format::{PairFormat, Sides, pair_options};
use super::pairs::{Joined, Pair, PairMeta, PairRule, check_sides, pair_counts};
use super::policy::Policy;
use crate::model::Trace;

/// Rows as rStar-Math makes them.
pub(super) struct RstarPairs;

#[derive(Serialize, Deserialize)]
struct Stage1 {
    prefix: String,
    chosen_step: String,
    chosen_steps: Vec<String>,
    rejected_step: String,
    rejected_steps: Vec<String>,
    step_margin: f64,
    steps_margin: f64,
    question: String,
    neg_count: u64,
    pos_count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

#[derive(Serialize, Deserialize)]
struct Stage2 {
    prompt: String,
    neg: Vec<String>,
    pos: Vec<String>,
    neg_count: u64,
    pos_count: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    meta: Vec<PairMeta>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Stage1(Box<Stage1>),
    Stage2(Stage2),
}

impl PairFormat for RstarPairs {
    fn name(&self) -> &'static str {
        "rstar_pairs"
    }

    fn caption(&self) -> &'static str {
        "rStar-Math: good and bad next steps of a search"
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options!["policy_model", "rstar_stage", "only_finished", "step_separator"]
    }

    fn defaults(&self) -> Policy {
        let mut policy = Policy::default();
        policy.pairs.rules = vec![PairRule::Search];
        policy.pairs.min_margin = 0.5;
        policy.pairs.min_edit_distance = 20;
        policy.pairs.per_problem = 0;
        policy
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        let mut rows = Vec::new();
        for fork in by_fork(pairs) {
            let Some(first) = fork.first() else { continue };
            let (pos, neg) = (distinct(&fork, |pair| pair.chosen.text()), distinct(&fork, |pair| pair.rejected.text()));
            if let Some(both) = pos.iter().find(|step| neg.contains(step)) {
                let reason = format!("a step is chosen and rejected at one place: {}", start(both));
                rows.push((first.chosen.trace(), Err(Objection::new(Rule::Contradiction, reason))));
                continue;
            }
            if policy.pairs.stage == 2 {
                rows.push((first.chosen.trace(), stage_2(&fork, &pos, &neg, policy)));
            } else {
                rows.extend(fork.iter().map(|pair| (pair.chosen.trace(), stage_1(pair, &pos, &neg, policy))));
            }
        }
        rows
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let mut policy = self.defaults();
        let is_fork = ["pos", "neg"].iter().all(|key| row.get(*key).is_some_and(Value::is_array));
        policy.pairs.stage = if is_fork { 2 } else { 1 };
        (is_fork || row.contains_key("chosen_step") && row.contains_key("rejected_step")).then_some(policy)
    }

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides> {
        let stage_1 = Sides::of(row, &["prefix"], "chosen_step", "rejected_step");
        stage_1.or_else(|| Sides::of(row, &["prompt"], "pos", "neg"))
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        match from_json(line).map_err(|_either| {
            Objection::new(Rule::Shape, "neither a pair (`chosen_step`, …) nor a beginning with `pos` and `neg`")
        })? {
            Line::Stage1(line) => check_stage_1(&line, policy),
            Line::Stage2(line) => check_stage_2(&line),
        }
    }
}

/// Pairs of one beginning together, in the order of the first of each.
fn by_fork<'a>(pairs: &[Pair<'a>]) -> Vec<Vec<Pair<'a>>> {
    let mut forks: Vec<(Vec<&str>, Vec<Pair<'a>>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for pair in pairs {
        let prefix = pair.prefix_texts();
        let place = *places.entry(prefix.clone()).or_insert(forks.len());
        match forks.get_mut(place) {
            Some((_, fork)) => fork.push(*pair),
            None => forks.push((prefix, vec![*pair])),
        }
    }
    forks.into_iter().map(|(_, fork)| fork).collect()
}

fn distinct<'a>(fork: &[Pair<'a>], step: impl Fn(&Pair<'a>) -> &'a str) -> Vec<&'a str> {
    let mut steps: Vec<&str> = Vec::new();
    for pair in fork {
        let step = step(pair);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

fn stage_1(pair: &Pair<'_>, pos: &[&str], neg: &[&str], policy: &Policy) -> Made {
    let question = pair.chosen.trace().problem.text().into_owned();
    let mut prefix = Joined { text: question.clone() };
    for text in pair.prefix_texts() {
        prefix.push(text, &policy.step_separator);
    }
    let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    let line = Stage1 {
        prefix: prefix.text,
        chosen_step: pair.chosen.text().into(),
        chosen_steps: texts(pair.chosen.texts()),
        rejected_step: pair.rejected.text().into(),
        rejected_steps: texts(pair.rejected.texts()),
        step_margin: pair.margin,
        steps_margin: pair.path_margin,
        question,
        neg_count: neg.len() as u64,
        pos_count: pos.len() as u64,
        meta: Some(PairMeta::new(pair, &policy.pairs)),
    };
    check_stage_1(&line, policy)?;
    Ok(Row { line: to_json(&line)?, counts: pair_counts(pair) })
}

fn stage_2(fork: &[Pair<'_>], pos: &[&str], neg: &[&str], policy: &Policy) -> Made {
    let mut prompt = String::new();
    let mut counts = Vec::new();
    if let Some(pair) = fork.first() {
        let mut steps = Joined::default();
        for text in pair.prefix_texts() {
            steps.push(text, &policy.step_separator);
        }
        prompt = format!("<|user|>:\n{}\n<|assistant|>: {}", pair.chosen.trace().problem.text(), steps.text);
    }
    for pair in fork {
        counts.extend(pair_counts(pair));
    }
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let line = Stage2 {
        prompt,
        neg: texts(neg),
        pos: texts(pos),
        neg_count: neg.len() as u64,
        pos_count: pos.len() as u64,
        meta: fork.iter().map(|pair| PairMeta::new(pair, &policy.pairs)).collect(),
    };
    check_stage_2(&line)?;
    Ok(Row { line: to_json(&line)?, counts })
}

fn check_stage_1(line: &Stage1, policy: &Policy) -> Result<(), Objection> {
    if line.prefix.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prefix is empty"));
    }
    check_sides(&line.chosen_step, &line.rejected_step)?;
    let sides =
        [("chosen", &line.chosen_step, &line.chosen_steps), ("rejected", &line.rejected_step, &line.rejected_steps)];
    for (name, step, steps) in sides {
        if steps.first() != Some(step) {
            return Err(Objection::new(Rule::Shape, format!("`{name}_steps` does not begin with `{name}_step`")));
        }
    }
    for (name, margin) in [("step_margin", line.step_margin), ("steps_margin", line.steps_margin)] {
        if margin.is_nan() || margin <= 0.0 {
            return Err(Objection::new(Rule::Shape, format!("`{name}` is {margin}, not above 0")));
        }
    }
    if line.step_margin < policy.pairs.min_margin {
        let reason = format!("`step_margin` is {}, below {}", line.step_margin, policy.pairs.min_margin);
        return Err(Objection::new(Rule::Shape, reason));
    }
    check_counts(line.pos_count, line.neg_count)
}

fn check_stage_2(line: &Stage2) -> Result<(), Objection> {
    if line.prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    let sides = [("pos", &line.pos, line.pos_count), ("neg", &line.neg, line.neg_count)];
    for (name, steps, count) in sides {
        if steps.len() as u64 != count {
            let reason = format!("`{name}` has {} steps, but `{name}_count` is {count}", steps.len());
            return Err(Objection::new(Rule::Shape, reason));
        }
        if steps.iter().any(|step| step.trim().is_empty()) {
            return Err(Objection::new(Rule::EmptyStep, format!("a step of `{name}` has no text")));
        }
    }
    if let Some(both) = line.pos.iter().find(|step| line.neg.contains(step)) {
        let reason = format!("a step stands in `pos` and in `neg`: {}", start(both));
        return Err(Objection::new(Rule::Contradiction, reason));
    }
    check_counts(line.pos_count, line.neg_count)
}

fn check_counts(pos: u64, neg: u64) -> Result<(), Objection> {
    if pos > 0 && neg > 0 {
        return Ok(());
    }
    Err(Objection::new(Rule::Shape, format!("{pos} good and {neg} bad steps; both are needed")))
}
