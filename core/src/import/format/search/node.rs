//! Reads one node whose fields nobody has agreed upon: its text, what sort of step it is, the numbers it carries.

use serde_json::Value;

use super::graph::{Node, Rated};
use crate::import::fields::{Fields, float, raw_text, scalar_text};
use crate::model::{Metadata, ScoreKind, Step, StepFlag, StepKind, TraceBuilder};

/// Fields that may hold the text, most telling first.
pub(super) const TEXTS: &[&str] =
    &["text", "content", "thought", "step", "action", "state", "description", "answer", "message", "label", "name"];

/// Names of numbers, with what they mean. `value` and `q` may turn out to be rewards; see
/// [`settle_kinds`](super::graph::settle_kinds).
const NUMBERS: &[(&str, ScoreKind)] = &[
    ("value", ScoreKind::Value),
    ("v", ScoreKind::Value),
    ("mc_value", ScoreKind::Value),
    ("mean_value", ScoreKind::Value),
    ("initial_value", ScoreKind::Value),
    ("q", ScoreKind::Value),
    ("q_value", ScoreKind::Value),
    ("prm_value", ScoreKind::Correctness),
    ("prior", ScoreKind::Prior),
    ("prior_p", ScoreKind::Prior),
    ("p", ScoreKind::Prior),
    ("reward", ScoreKind::Reward),
    ("r", ScoreKind::Reward),
    ("visits", ScoreKind::Count),
    ("visit", ScoreKind::Count),
    ("visit_count", ScoreKind::Count),
    ("visit_cnt", ScoreKind::Count),
    ("num_visits", ScoreKind::Count),
    ("numvisits", ScoreKind::Count),
    ("n", ScoreKind::Count),
    ("elo", ScoreKind::Elo),
    ("vote", ScoreKind::Vote),
    ("votes", ScoreKind::Vote),
    ("score", ScoreKind::Other),
    ("uct", ScoreKind::Other),
    ("ucb", ScoreKind::Other),
];

/// Takes the numbers with a known meaning.
pub(super) fn take_numbers(data: &mut Metadata) -> Vec<Rated> {
    let mut found = Vec::new();
    data.retain(|key, value| {
        let known = NUMBERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        let number = float(value).filter(|_| value.is_number() || value.is_string());
        match (known, number) {
            (Some((_, kind)), Some(value)) => {
                found.push(Rated { name: key.clone(), kind: *kind, value });
                false
            }
            _ => true,
        }
    });
    found
}

/// Takes the text. A node without one keeps an empty step; what it holds is then in the metadata.
pub(super) fn take_text(data: &mut Metadata) -> Option<String> {
    let key = TEXTS.iter().find(|key| data.get(**key).and_then(scalar_text).is_some())?;
    scalar_text(&data.shift_remove(*key)?)
}

/// The node with that name: what is not understood stays as its metadata.
pub(super) fn node(id: String, parent: Option<String>, mut data: Metadata) -> Node {
    let scores = take_numbers(&mut data);
    let text = take_text(&mut data).unwrap_or_default();
    let kind = ["kind", "type", "node_type", "role"].iter().find_map(|key| {
        let word = data.get(*key)?.as_str()?.to_lowercase().replace([' ', '-'], "_");
        let kind = StepKind::from_name(&word)?;
        data.shift_remove(*key);
        Some(kind)
    });
    let mut flags = Vec::new();
    for (flag, keys) in [
        (StepFlag::Pruned, &["pruned", "is_pruned"] as &[&str]),
        (StepFlag::Terminal, &["terminal", "is_terminal", "terminated", "isterminal"]),
        (StepFlag::Failed, &["failed", "is_failed"]),
    ] {
        if take_bool(&mut data, keys) == Some(true) {
            flags.push(flag);
        }
    }
    let on_path = take_bool(&mut data, &["on_path", "selected", "chosen", "is_selected"]) == Some(true);
    let author = data.get("author").and_then(Value::as_str).map(str::to_owned);
    if author.is_some() {
        data.shift_remove("author");
    }
    data.retain(|_, value| !value.is_null());
    let kind = kind.unwrap_or_default();
    let step = Step { kind, text, author, on_path, flags, metadata: data, ..Step::default() };
    Node { id, parent, step, scores }
}

fn take_bool(data: &mut Metadata, keys: &[&str]) -> Option<bool> {
    let key = data.keys().find(|key| keys.iter().any(|known| known.eq_ignore_ascii_case(key)))?.clone();
    let value = data.get(&key)?.as_bool()?;
    data.shift_remove(&key);
    Some(value)
}

/// The name of a node, of a parent or of the end of an edge. None where there is none, as at a root.
pub(super) fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::String(text) if text.is_empty() => None,
        other => Some(raw_text(other)),
    }
}

/// Takes what the row says of the problem, besides its nodes.
pub(super) fn take_question(fields: &mut Fields) -> Option<String> {
    fields.text_of(&["question", "problem", "prompt", "query", "task", "input"])
}

/// Marks the returned solution: the path to the leaf, or the whole chain where there is no choice.
pub(super) fn mark_path(builder: &mut TraceBuilder, leaf: Option<u32>) {
    let trace = builder.trace_mut();
    let tree = trace.tree();
    if trace.steps.iter().any(|step| step.on_path) && leaf.is_none() {
        return;
    }
    let path = match leaf {
        Some(leaf) => tree.path_to(&trace.steps, leaf),
        None if tree.is_branching() => Vec::new(),
        None => (0..).take(trace.steps.len()).collect(),
    };
    for at in path {
        if let Some(step) = trace.steps.get_mut(at as usize) {
            step.on_path = true;
        }
    }
}
