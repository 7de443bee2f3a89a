//! Tree of Thoughts, breadth first: each step proposes continuations, judges them and keeps the best
//! (princeton-nlp/tree-of-thought-llm). Nodes have no names: a continuation begins with what it continues.

use std::collections::HashMap;

use serde_json::Value;

use super::node::mark_path;
use crate::import::detect::kind;
use crate::import::fields::{Fields, float, raw_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{
    ITERATION, Metadata, Problem, ScoreKind, Step, StepFlag, StepIndex, StepKind, TraceBuilder, Verdict,
};

/// Reads breadth-first logs.
pub(super) struct TotBfs;

impl Importer for TotBfs {
    fn name(&self) -> &'static str {
        "tot_bfs"
    }

    fn caption(&self) -> &'static str {
        "Tree of Thoughts, breadth first"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["steps"], &["ys"], &["infos", "accs", "idx"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`steps` with proposals in `new_ys`", |row| {
            let is_layer = |step: &Value| step["new_ys"].is_array() && step["ys"].is_array();
            row["steps"].as_array().is_some_and(|steps| !steps.is_empty() && steps.iter().all(is_layer))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let layers = fields.list(&["steps"])?;
        let puzzle = layers.iter().find_map(|layer| layer["x"].as_str()).unwrap_or_default();
        let mut builder = TraceBuilder::new(Problem::from_text(puzzle));
        if let Some(id) = fields.text("idx") {
            builder = builder.source_id(id);
        }
        // The steps of the layer before, by their whole text. Where it stands there twice, the first goes on.
        let mut above: HashMap<String, StepIndex> = HashMap::new();
        for (number, layer) in layers.iter().enumerate() {
            above = read_layer(&mut builder, number, layer, &above)?;
        }
        let outputs = match fields.take("ys") {
            Some(Value::Array(list)) => list,
            other => other.into_iter().collect(),
        };
        let results = ["infos", "accs"].iter().find_map(|key| fields.take(key));
        let results = results.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !results.is_empty() && results.len() != outputs.len() {
            let text =
                format!("{} results for {} solutions in `ys`; paired from the first", results.len(), outputs.len());
            warn(&mut builder, text);
        }
        let mut best = None;
        for (number, output) in outputs.iter().enumerate() {
            let found = output.as_str().and_then(|text| above.get(text).copied());
            let Some(step) = found else {
                warn(&mut builder, format!("solution {} in `ys` is no proposal of the last step", number + 1));
                continue;
            };
            if let Some(result) = results.get(number) {
                outcome(&mut builder, step, result);
            }
            if number == 0 {
                best = Some(step);
                // The solutions stand in the order of their value; the first is what the search would return.
                let reward = results.first().and_then(|result| float(&result["r"]).or_else(|| float(result)));
                match reward {
                    Some(1.0) => builder = builder.verdict(Verdict::Correct),
                    Some(0.0) => builder = builder.verdict(Verdict::Incorrect),
                    _ => {}
                }
            }
            if let Some(step) = builder.trace_mut().steps.get_mut(step as usize)
                && !step.flags.contains(&StepFlag::Terminal)
            {
                step.flags.push(StepFlag::Terminal);
            }
        }
        mark_path(&mut builder, best);
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// Adds the proposals of one step, and gives those that are kept, by their whole text.
fn read_layer(
    builder: &mut TraceBuilder,
    number: usize,
    layer: &Value,
    above: &HashMap<String, StepIndex>,
) -> Result<HashMap<String, StepIndex>, RowError> {
    let texts = |key: &str| layer[key].as_array().map(Vec::as_slice).unwrap_or_default().iter();
    let starts: Vec<&str> = texts("ys").filter_map(Value::as_str).collect();
    // A text that is kept once and proposed twice is the first of the two.
    let mut kept: HashMap<&str, usize> = HashMap::new();
    for text in texts("select_new_ys").filter_map(Value::as_str) {
        *kept.entry(text).or_default() += 1;
    }
    let selects = layer["select_new_ys"].is_array();
    let values: Vec<&Value> = texts("values").collect();
    let proposals: Vec<&Value> = texts("new_ys").collect();
    if layer["values"].is_array() && values.len() != proposals.len() {
        let (have, want) = (values.len(), proposals.len());
        warn(builder, format!("step {} has {have} `values` for {want} `new_ys`; paired from the first", number + 1));
    }
    let mut orphans = 0;
    let mut steps = HashMap::new();
    for (at, proposal) in proposals.into_iter().enumerate() {
        let Some(text) = proposal.as_str() else {
            let what = kind(proposal);
            return Err(RowError::new(format!("entry {} of `new_ys` is {what}; expected a text", at + 1)));
        };
        let start = starts.iter().filter(|start| text.starts_with(**start)).max_by_key(|start| start.len());
        let parent = start.and_then(|start| above.get(*start).copied());
        // At the first step all continue the empty text, which is no step.
        orphans += usize::from(start.is_none() || parent.is_none() && start.is_some_and(|start| !start.is_empty()));
        let added = start.and_then(|start| text.strip_prefix(*start)).unwrap_or(text);
        let kind = if added.trim_start().starts_with("Answer:") { StepKind::Answer } else { StepKind::Thought };
        let pruned = match kept.get_mut(text).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                false
            }
            None => selects,
        };
        let flags = if pruned { vec![StepFlag::Pruned] } else { Vec::new() };
        // The beam goes on one layer at a time.
        let metadata = Metadata::from_iter([(ITERATION.to_owned(), (number + 1).into())]);
        let step = builder.push(Step { parent, kind, text: added.into(), flags, metadata, ..Step::default() });
        match values.get(at).map(|value| (float(value), value)) {
            Some((Some(value), _)) => builder.score(Some(step), "value", ScoreKind::Vote, value),
            Some((None, value)) if !value.is_null() => {
                warn(builder, format!("value {} of step {} is no number: {}", at + 1, number + 1, raw_text(value)));
            }
            _ => {}
        }
        if !pruned || !steps.contains_key(text) {
            let known = steps.entry(text.to_owned()).or_insert((step, pruned));
            if known.1 && !pruned {
                *known = (step, false);
            }
        }
    }
    if orphans > 0 {
        let text =
            format!("{orphans} proposals of step {} continue no text that was kept; they start anew", number + 1);
        warn(builder, text);
    }
    Ok(steps.into_iter().map(|(text, (step, _))| (text, step)).collect())
}

/// What the check of a solution gave.
fn outcome(builder: &mut TraceBuilder, step: StepIndex, result: &Value) {
    if let Some(reward) = float(&result["r"]).or_else(|| float(result)) {
        builder.score(Some(step), "r", ScoreKind::Reward, reward);
    }
    let Some(rest) = result.as_object() else { return };
    let rest = rest.iter().filter(|(key, value)| *key != "r" || float(value).is_none());
    if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
        step.metadata.extend(rest.map(|(key, value)| (key.clone(), value.clone())));
    }
}
