//! Tree logs of LLM Reasoners: the state of a search after each iteration (maitrix-org/llm-reasoners).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::graph::{Graph, settle_kinds};
use super::node::{mark_path, name_of, node, take_numbers, take_question};
use crate::import::fields::{Fields, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ITERATION, Metadata, Problem, TraceBuilder};

/// Reads tree logs.
pub(super) struct TreeLog;

impl Importer for TreeLog {
    fn name(&self) -> &'static str {
        "treelog"
    }

    fn caption(&self) -> &'static str {
        "LLM Reasoners tree log: a search tree after each iteration"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["logs"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`logs` of `nodes` and `edges`", |row| {
            let is_snapshot = |log: &Value| entries(&log["nodes"]).is_some() && entries(&log["edges"]).is_some();
            row["logs"].as_array().is_some_and(|logs| !logs.is_empty() && logs.iter().all(is_snapshot))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let logs = fields.list(&["logs"])?;
        // A node that a later state no longer shows is kept: it was searched. What is said of it last counts.
        let mut order: Vec<String> = Vec::new();
        let mut born: HashMap<String, usize> = HashMap::new();
        let mut data: HashMap<String, Metadata> = HashMap::new();
        let mut parents: HashMap<String, (String, Metadata)> = HashMap::new();
        for (iteration, log) in logs.iter().enumerate() {
            for entry in entries(&log["nodes"]).unwrap_or_default() {
                let Some(id) = name_of(&entry["id"]) else { continue };
                if !born.contains_key(&id) {
                    order.push(id.clone());
                }
                let first = *born.entry(id.clone()).or_insert(iteration);
                let mut said = object(&entry["data"]);
                said.insert(ITERATION.into(), first.into());
                data.insert(id, said);
            }
            for edge in entries(&log["edges"]).unwrap_or_default() {
                if let (Some(source), Some(target)) = (name_of(&edge["source"]), name_of(&edge["target"])) {
                    parents.insert(target, (source, object(&edge["data"])));
                }
            }
        }
        let mut nodes = Vec::new();
        for id in &order {
            let mut said = data.remove(id).unwrap_or_default();
            join_texts(&mut said);
            let (parent, mut edge) = parents.remove(id).map_or((None, Metadata::new()), |(p, e)| (Some(p), e));
            let scores = take_numbers(&mut edge);
            let mut made = node(id.clone(), parent, said);
            made.scores.extend(scores);
            edge.retain(|_, value| !value.is_null());
            made.step.metadata.append(&mut edge);
            nodes.push(made);
        }
        let graph = Graph::new(nodes);
        // The root stands for the problem, unless the search has several.
        let problem = graph.root();
        let root_text = problem.and_then(|root| graph.node(root)).map(|root| root.step.text.clone());
        let prompt = take_question(&mut fields).or(root_text).unwrap_or_default();
        let mut builder = TraceBuilder::new(Problem::from_text(prompt.clone()));
        if prompt.trim().is_empty() {
            warn(&mut builder, "the log does not say what the problem was");
        }
        let steps = graph.push(&mut builder, problem);
        let places: HashMap<&str, usize> = order.iter().map(String::as_str).zip(0..).collect();
        let chosen = logs.last().map(|log| selected(log, problem.and_then(|root| order.get(root)))).unwrap_or_default();
        let leaf = chosen.last().and_then(|id| *steps.get(*places.get(id.as_str())?)?);
        settle_kinds(&mut builder);
        mark_path(&mut builder, leaf);
        builder.trace_mut().metadata.insert("iterations".into(), logs.len().into());
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// The entries of a list, or of an object by id.
fn entries(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(list) => Some(list.iter().collect()),
        Value::Object(map) => Some(map.values().collect()),
        _ => None,
    }
}

fn object(value: &Value) -> Metadata {
    match value {
        Value::Object(map) => map.clone(),
        Value::Null => Map::new(),
        other => Map::from_iter([("text".to_owned(), other.clone())]),
    }
}

/// A question and its answer are one text; a state that is no text is shown as it is written.
fn join_texts(data: &mut Metadata) {
    if let (Some(question), Some(answer)) =
        (data.get("question").and_then(Value::as_str), data.get("answer").and_then(Value::as_str))
    {
        let text = format!("{question}\n{answer}");
        data.shift_remove("question");
        data.shift_remove("answer");
        data.insert("text".into(), text.into());
    } else if let Some(state) = data.get("state").filter(|state| state.is_object() || state.is_array()) {
        let text = state.to_string();
        data.shift_remove("state");
        data.insert("text".into(), text.into());
    } else if !super::node::TEXTS.iter().any(|key| data.contains_key(*key))
        && let Some(key) = data.iter().find(|(_, value)| value.is_string()).map(|(key, _)| key.clone())
        && let Some(text) = data.shift_remove(&key)
    {
        data.insert("text".into(), text);
    }
}

/// The nodes that the state marks as chosen, from the root down.
fn selected(log: &Value, root: Option<&String>) -> Vec<String> {
    let by_id = |key: &str| -> HashMap<String, &Value> {
        entries(&log[key]).unwrap_or_default().into_iter().filter_map(|e| Some((name_of(&e["id"])?, e))).collect()
    };
    let (nodes, edges) = (by_id("nodes"), by_id("edges"));
    let mut path: Vec<String> = Vec::new();
    let mut at = root.cloned();
    while let Some(id) = at.take_if(|_| path.len() <= nodes.len()) {
        let edge = nodes.get(&id).and_then(|node| edges.get(&name_of(&node["selected_edge"])?));
        at = edge.and_then(|edge| name_of(&edge["target"]));
        path.push(id);
    }
    path
}
