//! Files of a Thought Anchors folder that say nothing without the others.

use serde_json::Value;

use crate::import::Sample;
use crate::import::detect::Neighbour;

/// What each is when it comes alone.
pub(in super::super) const PARTS: &[Neighbour] = &[
    Neighbour { what: "the solution of a Thought Anchors problem, without its chunks; open its folder", fits: is_base },
    Neighbour {
        what: "the resamples of a Thought Anchors problem, without its chunks; open its folder",
        fits: are_resamples,
    },
    Neighbour {
        what: "the impacts in a Thought Anchors problem, without its chunks; open its folder",
        fits: are_impacts,
    },
    Neighbour {
        what: "the summary of a Thought Anchors problem, without its chunks; open its folder",
        fits: is_summary,
    },
    Neighbour {
        what: "the question of a Thought Anchors problem, without its chunks; open its folder",
        fits: is_problem,
    },
];

fn only(sample: &Sample) -> &Value {
    match sample.rows.as_slice() {
        [row] => row,
        _ => &Value::Null,
    }
}

fn has(row: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| row.get(key).is_some())
}

fn is_base(sample: &Sample) -> bool {
    has(only(sample), &["prompt", "solution", "full_cot"])
}

fn is_problem(sample: &Sample) -> bool {
    let row = only(sample);
    has(row, &["gt_solution", "gt_answer"]) || has(row, &["scenario_id", "system_prompt", "user_prompt"])
}

fn is_summary(sample: &Sample) -> bool {
    has(only(sample), &["num_chunks", "top_influential_steps"])
}

fn are_impacts(sample: &Sample) -> bool {
    !sample.rows.is_empty() && sample.rows.iter().all(|row| has(row, &["source_chunk_idx", "target_impacts"]))
}

fn are_resamples(sample: &Sample) -> bool {
    only(sample).as_object().is_some_and(|map| {
        let texts = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        !map.is_empty() && map.iter().all(|(key, value)| key.parse::<u32>().is_ok() && texts(value))
    })
}
