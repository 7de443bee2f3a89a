//! TRL preference: `{"prompt": str, "chosen": str, "rejected": str}`, and where the pair comes from in `meta`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{Made, Row, from_json, to_json};
use super::left_out::Objection;
use super::pair_format::{PairFormat, Sides, pair_options};
use super::pairs::{Pair, PairMeta, check_texts, one_by_one, pair_counts, pair_texts};
use super::policy::Policy;
use crate::model::Trace;

/// Rows for TRL's `DPOTrainer` and `RewardTrainer`, as text.
pub(super) struct TrlPreference;

#[derive(Serialize, Deserialize)]
struct Line {
    prompt: String,
    chosen: String,
    rejected: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<PairMeta>,
}

impl PairFormat for TrlPreference {
    fn name(&self) -> &'static str {
        "trl_preference"
    }

    fn caption(&self) -> &'static str {
        "TRL preference: a prompt, a chosen and a rejected continuation"
    }

    fn options(&self) -> &'static [&'static str] {
        pair_options!["completion", "policy_model", "only_finished", "step_separator"]
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        one_by_one(pairs, |pair| {
            let texts = pair_texts(pair, policy.pairs.completion, &policy.step_separator);
            check_texts(&texts.prompt, &texts.chosen, &texts.rejected)?;
            let meta = Some(PairMeta::new(pair, &policy.pairs));
            let line = Line { prompt: texts.prompt, chosen: texts.chosen, rejected: texts.rejected, meta };
            Ok(Row { line: to_json(&line)?, counts: pair_counts(pair) })
        })
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_text = ["prompt", "chosen", "rejected"].iter().all(|key| row.get(*key).is_some_and(Value::is_string));
        let is_other = ["weight", "initial_reason_steps"].iter().any(|key| row.contains_key(*key));
        (is_text && !is_other).then(|| self.defaults())
    }

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides> {
        Sides::of(row, &["prompt"], "chosen", "rejected")
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        let line: Line = from_json(line)?;
        check_texts(&line.prompt, &line.chosen, &line.rejected)
    }
}
