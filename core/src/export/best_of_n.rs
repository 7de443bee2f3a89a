//! Attempts at one problem in a row, with outcomes and scores beside them, as pools for best-of-N have them.
//!
//! Columns are `problem_id`, `problem`, `answer`, then the attempts as `candidates` (lists of steps) or `completions`
//! (texts), and as long lists beside them: `is_correct` (null where it is not known), `scores` (one per step, null where
//! there is none) of the score named in `scorer`, `rewards`, `models`, `traces`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pairs::{Group, Member, joined, no_single_row};
use super::policy::Policy;
use super::shapes::AttemptLayout;
use super::steps::shown;
use crate::model::ScoreKind;

/// Pools of attempts.
pub(super) struct BestOfN;

#[derive(Serialize, Deserialize)]
struct Line {
    problem_id: String,
    problem: String,
    /// Empty where it is not known.
    answer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    candidates: Option<Vec<Vec<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completions: Option<Vec<String>>,
    is_correct: Vec<Option<bool>>,
    /// Empty where there are no scores.
    scorer: String,
    scores: Vec<Vec<Option<f64>>>,
    rewards: Vec<Option<f64>>,
    /// Empty where it is not known.
    models: Vec<String>,
    traces: Vec<String>,
}

impl ExportFormat for BestOfN {
    fn name(&self) -> &'static str {
        "best_of_n"
    }

    fn caption(&self) -> &'static str {
        "Best of N: all attempts at a problem with outcomes and scores"
    }

    fn scope(&self) -> Scope {
        Scope::Attempts
    }

    fn options(&self) -> &'static [&'static str] {
        &["attempts", "pair_score", "only_finished", "step_separator"]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["attempts", "right", "wrong", "unknown", "without_steps"]
    }

    fn rows(&self, _input: &RowInput<'_>, _policy: &Policy) -> Vec<Made> {
        vec![no_single_row()]
    }

    fn group_row(&self, group: &Group<'_>, policy: &Policy) -> Made {
        row(group, policy)
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let attempts = match (row.get("candidates"), row.get("completions")) {
            (Some(Value::Array(_)), None) => AttemptLayout::Steps,
            (None, Some(Value::Array(_))) => AttemptLayout::Text,
            _ => return None,
        };
        let beside = ["is_correct", "scores", "models"].iter().all(|key| row.get(*key).is_some_and(Value::is_array));
        beside.then(|| Policy { attempts, ..self.defaults() })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?, policy)
    }
}

/// An attempt with the texts of the path that its source returned.
struct Attempt<'a> {
    member: &'a Member<'a>,
    path: Vec<u32>,
}

fn row(group: &Group<'_>, policy: &Policy) -> Made {
    let Some(first) = group.members.first() else { return no_single_row() };
    let all = group.members.iter().map(|member| Attempt { member, path: member.main_path() });
    let (attempts, empty): (Vec<Attempt<'_>>, Vec<Attempt<'_>>) = all.partition(|attempt| !attempt.path.is_empty());
    // One scorer for all of them: the one that was asked for, else the first that says how good a step is.
    let named = policy.pairs.score.as_str();
    let scorer = attempts.iter().find_map(|attempt| attempt.member.step_values(named, ScoreKind::is_quality));
    let scorer = scorer.map_or("", |values| values.name);
    let scores = attempts.iter().map(|attempt| {
        let values = (!scorer.is_empty()).then(|| attempt.member.step_values(scorer, |_| false)).flatten();
        attempt.path.iter().map(|&step| values.as_ref()?.of(step).map(shown)).collect()
    });
    let scores: Vec<Vec<Option<f64>>> = scores.collect();
    let texts = |attempt: &Attempt<'_>| -> Vec<String> {
        attempt.path.iter().map(|&step| attempt.member.text(step).to_owned()).collect()
    };
    let text = |attempt: &Attempt<'_>| {
        joined(attempt.path.iter().map(|&step| attempt.member.text(step)), &policy.step_separator)
    };
    let is_steps = policy.attempts == AttemptLayout::Steps;
    let reward = |attempt: &Attempt<'_>| attempt.member.trace.outcome.reward.filter(|reward| reward.is_finite());
    let line = Line {
        problem_id: group.problem.as_str().into(),
        problem: first.trace.problem.text().into_owned(),
        answer: first.trace.problem.answer.clone().unwrap_or_default(),
        candidates: is_steps.then(|| attempts.iter().map(texts).collect()),
        completions: (!is_steps).then(|| attempts.iter().map(text).collect()),
        is_correct: attempts.iter().map(|attempt| Some(attempt.member.outcome()?.0)).collect(),
        scorer: scorer.into(),
        scores,
        rewards: attempts.iter().map(reward).collect(),
        models: attempts.iter().map(|attempt| attempt.member.trace.generator.clone().unwrap_or_default()).collect(),
        traces: attempts.iter().map(|attempt| attempt.member.trace.id.as_str().into()).collect(),
    };
    check_line(&line, policy)?;
    let ended = |wanted: Option<bool>| line.is_correct.iter().filter(|right| **right == wanted).count() as u64;
    let counts = vec![
        ("attempts", line.models.len() as u64),
        ("right", ended(Some(true))),
        ("wrong", ended(Some(false))),
        ("unknown", ended(None)),
        ("without_steps", empty.len() as u64),
    ];
    Ok(Row { line: to_json(&line)?, counts })
}

fn check_line(line: &Line, policy: &Policy) -> Result<(), Objection> {
    if line.problem.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    let (count, empty) = match (&line.candidates, &line.completions) {
        (Some(steps), None) => {
            (steps.len(), steps.iter().position(|steps| steps.iter().all(|text| text.trim().is_empty())))
        }
        (None, Some(texts)) => (texts.len(), texts.iter().position(|text| text.trim().is_empty())),
        _ => return Err(Objection::new(Rule::Shape, "either `candidates` or `completions` must hold the attempts")),
    };
    if let Some(at) = empty {
        return Err(Objection::new(Rule::EmptyStep, format!("attempt {} has no text", at + 1)));
    }
    if count < 2 {
        return Err(Objection::new(Rule::NoPair, "there is only one attempt at its problem with steps"));
    }
    let beside = [
        ("is_correct", line.is_correct.len()),
        ("scores", line.scores.len()),
        ("rewards", line.rewards.len()),
        ("models", line.models.len()),
        ("traces", line.traces.len()),
    ];
    if let Some((name, has)) = beside.into_iter().find(|(_, has)| *has != count) {
        return Err(Objection::new(Rule::Shape, format!("`{name}` has {has} entries for {count} attempts")));
    }
    if policy.attempts == AttemptLayout::Steps {
        let lengths = line.candidates.iter().flatten().zip(&line.scores);
        let uneven = lengths.enumerate().find(|(_, (steps, scores))| steps.len() != scores.len());
        if let Some((at, (steps, scores))) = uneven {
            let reason = format!("attempt {} has {} scores for {} steps", at + 1, scores.len(), steps.len());
            return Err(Objection::new(Rule::Shape, reason));
        }
    }
    Ok(())
}
