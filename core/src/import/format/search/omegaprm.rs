//! OmegaPRM search trees with Monte-Carlo values: nested nodes, or a flat list of solution prefixes or of search states
//! (openreasoner/openr).

use serde_json::{Value, json};

use super::prefix::push_prefixes;
use crate::import::detect::kind;
use crate::import::fields::{Fields, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedScore, Problem, Prompt, ScoreKind, Step, StepIndex, TraceBuilder};

const VALUE: &str = "mc_value";

/// Reads OmegaPRM trees.
pub(super) struct OmegaPrm;

impl Importer for OmegaPrm {
    fn name(&self) -> &'static str {
        "omegaprm"
    }

    fn caption(&self) -> &'static str {
        "OmegaPRM: search trees with Monte-Carlo values"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question", "q"], &["reasoning_steps", "states"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`question` and a tree or solution prefixes in `reasoning_steps`", |row| {
            let steps = &row["reasoning_steps"];
            let nested = steps["text"].is_string() && steps["children"].is_array();
            let states = |row: &Value| {
                let is_state = |state: &Value| state["state"].is_string() && !state["mcs"].is_string();
                row["states"].as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_state))
            };
            let is_flat = |step: &Value| step["solution_prefix"].is_string() || states(step);
            let flat = steps.as_array().is_some_and(|list| list.iter().all(is_flat));
            row["question"].is_string() && (nested || flat) || row["q"].is_string() && states(row)
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let prompt = fields.prompt(&["question", "q"])?;
        let question = if let Prompt::Text(text) = &prompt { text.clone() } else { String::new() };
        // The number of the question is not unique in published files, so it does not name the trace.
        let mut builder =
            TraceBuilder::new(Problem { prompt, answer: fields.text("final_answer"), ..Problem::default() });
        let states = fields.take("states").map(|states| Value::Array(vec![json!({ "states": states })]));
        match fields.take("reasoning_steps").or(states) {
            Some(Value::Array(list)) => flat(&mut builder, &question, &list)?,
            Some(root @ Value::Object(_)) => nested(&mut builder, &question, &root)?,
            Some(other) => {
                let found = kind(&other);
                return Err(RowError::new(format!(
                    "`reasoning_steps` is {found}; expected a tree or a list of prefixes"
                )));
            }
            None => return Err(RowError::new("`reasoning_steps` is missing; add it or choose another format")),
        }
        let trace = builder.trace_mut();
        if trace.steps.is_empty() {
            trace.warnings.push("the tree has no nodes below the problem".into());
        }
        // Which leaf was returned is not said; only in a chain is there no choice.
        let chain = !trace.tree().is_branching();
        trace.steps.iter_mut().for_each(|step| step.on_path = chain);
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

fn score(builder: &mut TraceBuilder, step: Option<StepIndex>, value: &Value) {
    if let Some(value) = value.as_f64() {
        builder.trace_mut().scores.push(ImportedScore { step, name: VALUE.into(), kind: ScoreKind::Value, value });
    } else if !value.is_null() {
        warn(builder, format!("`{VALUE}` is {}; expected a number", kind(value)));
    }
}

/// A node on its way into the trace.
struct Pending<'a> {
    node: &'a Value,
    parent: Option<StepIndex>,
    /// The text before it, if nodes repeat it.
    before: Option<String>,
}

/// The root is the problem; each node below it a step. Walks without recursion: trees may be deep.
fn nested(builder: &mut TraceBuilder, question: &str, root: &Value) -> Result<(), RowError> {
    let text = node_text(root)?;
    let cumulative = is_cumulative(root);
    let mut pending = Vec::new();
    if text == question {
        score(builder, None, &root[VALUE]);
        push_children(&mut pending, root, None, cumulative.then_some(text.as_str()));
    } else {
        pending.push(Pending { node: root, parent: None, before: None });
    }
    while let Some(Pending { node, parent, before }) = pending.pop() {
        let full = node_text(node)?;
        let text =
            before.and_then(|before| full.strip_prefix(&before).map(str::to_owned)).unwrap_or_else(|| full.clone());
        let step = builder.push(Step { parent, text, ..Step::default() });
        score(builder, Some(step), &node[VALUE]);
        push_children(&mut pending, node, Some(step), cumulative.then_some(full.as_str()));
    }
    Ok(())
}

fn push_children<'a>(pending: &mut Vec<Pending<'a>>, node: &'a Value, parent: Option<StepIndex>, before: Option<&str>) {
    let children = node["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    pending.extend(children.iter().rev().map(|node| Pending { node, parent, before: before.map(str::to_owned) }));
}

fn node_text(node: &Value) -> Result<String, RowError> {
    scalar_text(&node["text"]).ok_or_else(|| RowError::new("a node of the tree has no `text`; add it"))
}

/// True where every node starts with the text of its parent, as the format's description says but few files do. The
/// first steps may go without the problem.
fn is_cumulative(root: &Value) -> bool {
    let mut below_root = 0;
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let text = node["text"].as_str().unwrap_or_default();
        for child in node["children"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let starts = !text.trim().is_empty() && child["text"].as_str().is_some_and(|below| below.starts_with(text));
            if !starts && !std::ptr::eq(node, root) {
                return false;
            }
            below_root += usize::from(!std::ptr::eq(node, root) || starts);
            nodes.push(child);
        }
    }
    below_root > 0
}

/// The prefixes of solutions that are known, each with its value.
fn flat(builder: &mut TraceBuilder, question: &str, list: &[Value]) -> Result<(), RowError> {
    let mut texts: Vec<&str> = Vec::new();
    let mut values: Vec<&Value> = Vec::new();
    let mut whole: Vec<String> = Vec::new();
    for entry in list {
        if let Some(states) = entry["states"].as_array() {
            whole.extend(states.iter().filter_map(whole_rollout));
            for state in states {
                texts.push(state["state"].as_str().ok_or_else(|| lacks("states", "state"))?);
                values.push(&state["mcs"]);
            }
        } else {
            texts.push(entry["solution_prefix"].as_str().ok_or_else(|| lacks("reasoning_steps", "solution_prefix"))?);
            values.push(&entry[VALUE]);
        }
    }
    texts.extend(whole.iter().map(String::as_str));
    for (row, step) in push_prefixes(builder, question, &texts) {
        if let Some(value) = values.get(row) {
            score(builder, step, value);
        }
    }
    Ok(())
}

/// A state with the rest of the attempt that was made from it.
fn whole_rollout(state: &Value) -> Option<String> {
    let (before, rest) = (state["state"].as_str()?, state["rollout"].as_str().filter(|rest| !rest.is_empty())?);
    Some(if rest.starts_with(before) { rest.to_owned() } else { format!("{before}{rest}") })
}

fn lacks(list: &str, field: &str) -> RowError {
    RowError::new(format!("an entry of `{list}` has no `{field}`; add it"))
}
