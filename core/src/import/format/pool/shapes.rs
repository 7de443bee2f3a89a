//! The pools by their keys: PURE, search-and-learn, `RLHFlow`, R-PRM, Tree-of-Thought samples, and any list of attempts
//! with outcomes or scores beside it.

use serde_json::Value;

use super::best_of_n::BestOfN;
use super::candidates::{self, Lists, is_attempt};
use crate::import::fields::scalar_text;
use crate::import::format::asked::asks;
use crate::model::ScoreKind;

/// Samples of the PURE process reward model: the texts twice, outcome and reward of each.
/// (CJReinforce/PURE, eval)
pub(super) const PURE_MATH: BestOfN = BestOfN {
    name: "pure_math",
    caption: "PURE: sampled solutions with outcome and reward",
    needs: &[&["question", "problem"], &["response", "code"], &["score"]],
    attempts: &["response", "code"],
    lists: Lists {
        verdicts: &["score"],
        trace_scores: &[("pred_score", ScoreKind::Trajectory)],
        step_scores: &[],
        generators: &["model"],
        shared: &[],
    },
    looks_like: "a question, lists of solutions and of true or false in `score`",
    fits: |row| asks(row) && lists_match(row, &["response", "code"], "score", Value::is_boolean),
};

/// Beam search and best-of-N of search-and-learn: scores of a process reward model per step. (huggingface/search-and-learn)
pub(super) const SEARCH_AND_LEARN: BestOfN = BestOfN {
    name: "search_and_learn",
    caption: "search-and-learn: completions with step scores",
    needs: &[&["problem", "question", "prompt"], &["completions"], &["scores"]],
    attempts: &["completions"],
    lists: Lists {
        verdicts: &["is_correct", "correct"],
        trace_scores: &[("agg_scores", ScoreKind::Other)],
        step_scores: &[("scores", ScoreKind::Correctness)],
        generators: &["model"],
        shared: &[],
    },
    looks_like: "a problem, `completions` and a list of scores for each",
    fits: |row| asks(row) && lists_match(row, &["completions"], "scores", Value::is_array),
};

/// `RLHFlow`'s pools for best-of-N. (RLHFlow/RLHF-Reward-Modeling, math-rm)
pub(super) const RLHFLOW_BON: BestOfN = BestOfN {
    name: "rlhflow_bon",
    caption: "RLHFlow: answers with outcome and step scores",
    needs: &[&["prompt", "problem", "question"], &["answers"], &["label", "labels", "step_scores"]],
    attempts: &["answers"],
    lists: Lists {
        verdicts: &["label", "labels"],
        trace_scores: &[],
        step_scores: &[("step_scores", ScoreKind::Correctness)],
        generators: &["model"],
        shared: &[],
    },
    looks_like: "a `prompt`, `answers` and as many labels or lists of scores",
    fits: |row| {
        asks(row)
            && (lists_match(row, &["answers"], "label", is_outcome)
                || lists_match(row, &["answers"], "labels", is_outcome)
                || lists_match(row, &["answers"], "step_scores", Value::is_array))
    },
};

/// R-PRM's pools of eight: each attempt a list of steps, with its outcome. (NJUNLP/R-PRM)
pub(super) const RPRM_BO8: BestOfN = BestOfN {
    name: "rprm_bo8",
    caption: "R-PRM: attempts in steps with their outcomes",
    needs: &[&["problem", "question", "prompt"], &["steps"], &["labels"]],
    attempts: &["steps"],
    lists: Lists {
        verdicts: &["labels"],
        trace_scores: &[],
        step_scores: &[("scores", ScoreKind::Other)],
        generators: &["generator", "model"],
        shared: &[],
    },
    looks_like: "lists of steps in `steps` and an outcome for each in `labels`",
    fits: |row| {
        row["steps"].as_array().is_some_and(|steps| steps.iter().all(Value::is_array))
            && lists_match(row, &["steps"], "labels", is_outcome)
    },
};

/// Samples without search of Tree of Thoughts; the questions are in another file. (princeton-nlp/tree-of-thought-llm)
pub(super) const TOT_SAMPLES: BestOfN = BestOfN {
    name: "tot_samples",
    caption: "Tree of Thoughts: samples without search",
    needs: &[&["ys"], &["infos", "accs"]],
    attempts: &["ys"],
    lists: Lists {
        verdicts: &["accs", "r_game"],
        trace_scores: &[("r", ScoreKind::Other), ("r_letter", ScoreKind::Other), ("r_word", ScoreKind::Other)],
        step_scores: &[],
        generators: &[],
        shared: &[],
    },
    looks_like: "samples in `ys` with what they are worth",
    fits: |row| {
        row.get("steps").is_none()
            && (lists_match(row, &["ys"], "infos", Value::is_object) || lists_match(row, &["ys"], "accs", is_outcome))
    },
};

const CANDIDATES: &[&str] = &[
    "candidates",
    "responses",
    "generations",
    "completions",
    "samples",
    "outputs",
    "solutions",
    "answers",
    "attempts",
];

/// Any other list of attempts at a problem.
pub(super) const ANY: BestOfN = BestOfN {
    name: "candidates",
    caption: "Several attempts at each problem",
    needs: &[CANDIDATES],
    attempts: CANDIDATES,
    lists: Lists {
        verdicts: &[
            "is_correct",
            "correct",
            "correctness",
            "correctness_math_verify",
            "labels",
            "label",
            "accs",
            "correctness_llama",
        ],
        trace_scores: &[("score", ScoreKind::Other), ("rewards", ScoreKind::Reward), ("reward", ScoreKind::Reward)],
        step_scores: &[("step_scores", ScoreKind::Other), ("scores", ScoreKind::Other)],
        generators: &["models", "model", "generator"],
        shared: &["choices", "options", "tags", "topics"],
    },
    looks_like: "a problem and a list of attempts at it",
    fits: |row| {
        let attempts = CANDIDATES.iter().find_map(|key| row[*key].as_array());
        asks(row) && attempts.is_some_and(|list| !list.is_empty() && list.iter().all(is_attempt))
    },
};

/// The row has a list of attempts, and as long a list beside it.
fn lists_match(row: &Value, attempts: &[&str], beside: &str, fits: fn(&Value) -> bool) -> bool {
    let Some(attempts) = attempts.iter().find_map(|key| row[*key].as_array()) else { return false };
    !attempts.is_empty()
        && attempts.iter().all(is_attempt)
        && row[beside].as_array().is_some_and(|list| list.len() == attempts.len() && list.iter().all(fits))
}

fn is_outcome(value: &Value) -> bool {
    value.is_boolean() || scalar_text(value).is_some() && candidates::verdict(value).is_some()
}
