//! Puts the paths of a question together to one tree.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::import::RowError;
use crate::import::fields::{float, scalar_text, warn};
use crate::model::{ITERATION, ScoreKind, Step, StepIndex, StepKind, TraceBuilder};

/// A node of a path.
struct Node {
    kind: StepKind,
    text: String,
    value: Option<f64>,
    /// The field it came from.
    field: &'static str,
}

/// The steps that are there, by what stands above them.
#[derive(Default)]
pub(super) struct Tree {
    steps: HashMap<(Option<StepIndex>, &'static str, String), StepIndex>,
    /// The values that each step has got, bit by bit: sheets repeat them.
    values: HashSet<(StepIndex, u64)>,
}

impl Tree {
    /// Adds what is new of a path, and tells its last step which rollout ended there.
    pub(super) fn add_path(
        &mut self,
        builder: &mut TraceBuilder,
        prompt: &str,
        sheet: &str,
        number: usize,
        mut row: Value,
    ) -> Result<(), RowError> {
        let mut take = |key: &str| row.get_mut(key).map(Value::take).unwrap_or_default();
        let rollout = take("rollout_id");
        let Value::Object(trace) = take("trace") else {
            return Err(RowError::new(format!("path {} of the {sheet} has no `trace`; add it", number + 1)));
        };
        let mut at = None;
        for node in path(trace, prompt, builder) {
            let key = (at, node.field, node.text);
            let step = if let Some(&step) = self.steps.get(&key) {
                step
            } else {
                let (parent, _, text) = &key;
                let step = Step { parent: *parent, kind: node.kind, text: text.clone(), ..Step::default() };
                let step = builder.push(step);
                self.steps.insert(key, step);
                step
            };
            if let Some(value) = node.value.filter(|value| self.values.insert((step, value.to_bits()))) {
                // The share of samples that agree with the answer.
                builder.score(Some(step), "value", ScoreKind::Correctness, value);
            }
            if let Some(found) = rollout.as_u64()
                && let Some(step) = builder.trace_mut().steps.get_mut(step as usize)
            {
                // Sheets repeat paths; a node is as old as the first rollout that came to it.
                let known = step.metadata.get(ITERATION).and_then(Value::as_u64);
                step.metadata.insert(ITERATION.into(), known.map_or(found, |known| known.min(found)).into());
            }
            at = Some(step);
        }
        // The last step of the path remembers which rollouts it ended.
        if let Some(step) = at.and_then(|at| builder.trace_mut().steps.get_mut(at as usize)) {
            let ended = step.metadata.entry(sheet).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(ended) = ended {
                ended.push(rollout);
            }
        }
        Ok(())
    }
}

/// The nodes of a path, in the order of their numbers.
fn path(trace: Map<String, Value>, prompt: &str, builder: &mut TraceBuilder) -> Vec<Node> {
    let mut parts: Vec<(u64, Value)> = Vec::new();
    for (key, value) in trace {
        match key.trim().parse() {
            Ok(number) => parts.push((number, value)),
            Err(_) => warn(builder, format!("`{key}` in `trace` is no number, so its place in the path is not known")),
        }
    }
    parts.sort_by_key(|(number, _)| *number);
    let mut nodes = Vec::new();
    let thought = |field, value: &Value| {
        let (text, value) = if value.is_object() { (&value["text"], float(&value["value"])) } else { (value, None) };
        scalar_text(text).map(|text| Node { kind: StepKind::Thought, text, value, field })
    };
    for (_, part) in parts {
        // The question itself is no step; the same in other words is the first of its branch.
        nodes.extend(thought("user_question", &part["user_question"]).filter(|node| node.text != prompt));
        nodes.extend(thought("subquestion", &part["subquestion"]));
        nodes.extend(thought("subanswer", &part["subanswer"]));
        let mut single: Vec<(u64, &Value)> = part["ost_step"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(number, step)| (number.trim().parse().unwrap_or(u64::MAX), step))
            .collect();
        single.sort_by_key(|(number, _)| *number);
        nodes.extend(single.into_iter().filter_map(|(_, step)| thought("ost_step", step)));
        let answer = thought("direct_answer", &part["direct_answer"]);
        nodes.extend(answer.map(|node| Node { kind: StepKind::Answer, ..node }));
    }
    nodes
}
