//! Pairs with what each weighs and in what respect one side is better: for weighted DPO and for several criteria.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{Made, Row, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pair_format::{PairFormat, Sides, pair_options};
use super::pairs::{Pair, PairMeta, PairRule, check_texts, one_by_one, pair_counts, pair_texts, pair_weight};
use super::policy::Policy;
use crate::model::Trace;

/// Rows as TRL's preferences, with a weight and a criterion.
pub(super) struct WeightedPairs;

#[derive(Serialize, Deserialize)]
struct Line {
    prompt: String,
    chosen: String,
    rejected: String,
    /// Above 0.
    weight: f64,
    /// Empty for all in all.
    criterion: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

impl PairFormat for WeightedPairs {
    fn name(&self) -> &'static str {
        "weighted_pairs"
    }

    fn caption(&self) -> &'static str {
        "Weighted pairs: preferences with a weight and a criterion"
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options!["completion", "pair_weight", "policy_model", "only_finished", "step_separator"]
    }

    fn defaults(&self) -> Policy {
        let mut policy = Policy::default();
        policy.pairs.rules.push(PairRule::Criterion);
        policy.pairs.rules.sort_unstable();
        policy
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        one_by_one(pairs, |pair| {
            let texts = pair_texts(pair, policy.pairs.completion, &policy.step_separator);
            let line = Line {
                prompt: texts.prompt,
                chosen: texts.chosen,
                rejected: texts.rejected,
                weight: pair_weight(pair, &policy.pairs),
                criterion: pair.criterion.into(),
                meta: Some(PairMeta::new(pair, &policy.pairs)),
            };
            check_line(&line)?;
            Ok(Row { line: to_json(&line)?, counts: pair_counts(pair) })
        })
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_text = ["prompt", "chosen", "rejected"].iter().all(|key| row.get(*key).is_some_and(Value::is_string));
        (is_text && row.contains_key("weight")).then(|| self.defaults())
    }

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides> {
        Sides::of(row, &["prompt"], "chosen", "rejected")
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn check_line(line: &Line) -> Result<(), Objection> {
    check_texts(&line.prompt, &line.chosen, &line.rejected)?;
    if line.weight > 0.0 {
        return Ok(());
    }
    Err(Objection::new(Rule::Shape, format!("weight {} is not above 0", line.weight)))
}
