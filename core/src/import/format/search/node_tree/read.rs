//! Makes traces of trees whose shape is known: rows of nodes, nested nodes, nodes with edges.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::super::graph::{Graph, Node, settle_kinds};
use super::super::node::{TEXTS, mark_path, name_of, node, take_numbers, take_question};
use super::{ENDS, IDS, PARENTS, Root, TREES, first, nested_root};
use crate::import::detect::kind;
use crate::import::fields::{Fields, scalar_text, warn};
use crate::import::{Imported, RowError};
use crate::model::{Metadata, Problem, TraceBuilder};

/// Rows of one tree, each of which names its parent.
pub(super) fn read_rows(rows: Vec<Value>) -> Result<Imported, RowError> {
    let tree = rows.first().and_then(|row| first(row, TREES)).and_then(name_of);
    let mut nodes = Vec::with_capacity(rows.len());
    for (at, row) in rows.into_iter().enumerate() {
        let Value::Object(row) = row else {
            return Err(RowError::new(format!("entry {} is {}; expected a node", at + 1, kind(&row))));
        };
        nodes.push(flat_node(row, format!("node {}", at + 1)));
    }
    build(nodes, None, Map::new(), tree)
}

/// A node that names itself and its parent.
fn flat_node(mut data: Metadata, otherwise: String) -> Node {
    let mut take = |keys: &[&str]| {
        let key =
            keys.iter().find(|key| data.get(**key).is_some_and(|value| !value.is_array() && !value.is_object()))?;
        name_of(&data.shift_remove(*key)?)
    };
    let (id, parent) = (take(IDS), take(PARENTS));
    // The children are told by their own parents.
    if data.get("children").and_then(Value::as_array).is_some_and(|list| !list.iter().any(Value::is_object)) {
        data.shift_remove("children");
    }
    node(id.unwrap_or(otherwise), parent, data)
}

/// A node with its `children`, and so on.
pub(super) fn read_nested(mut row: Map<String, Value>) -> Result<Imported, RowError> {
    let root = match nested_root(&row) {
        Some(Root::Field(key)) => row.shift_remove(key).unwrap_or_default(),
        Some(Root::Row) | None => Value::Object(std::mem::take(&mut row)),
    };
    let mut nodes: Vec<Node> = Vec::new();
    let mut pending = vec![(None, None, root)];
    while let Some((parent, key, value)) = pending.pop() {
        let Value::Object(mut data) = value else { continue };
        let children = match data.shift_remove("children") {
            Some(Value::Array(list)) => list.into_iter().map(|child| (None, child)).collect(),
            Some(Value::Object(map)) => map.into_iter().map(|(key, child)| (Some(key), child)).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(other) => {
                data.insert("children".into(), other);
                Vec::new()
            }
        };
        if let Some(key) = key
            && !has_text_in(&data)
        {
            data.insert("text".into(), Value::String(key));
        }
        // Here the place says what belongs to what, so ids need not be there, nor differ.
        let id = nodes.len().to_string();
        nodes.push(node(id.clone(), parent, data));
        pending.extend(children.into_iter().rev().map(|(key, child)| (Some(id.clone()), key, child)));
    }
    build(nodes, Some(0), row, None)
}

fn has_text_in(data: &Metadata) -> bool {
    TEXTS.iter().any(|key| data.get(*key).is_some_and(|value| scalar_text(value).is_some()))
}

/// `nodes` that name their parents, or `edges` between them.
pub(super) fn read_nodes(mut row: Map<String, Value>) -> Result<Imported, RowError> {
    let mut nodes: Vec<Node> = match row.shift_remove("nodes") {
        Some(Value::Array(list)) => list
            .into_iter()
            .enumerate()
            .filter_map(|(at, node)| match node {
                Value::Object(data) => Some(flat_node(unwrapped(data), format!("node {}", at + 1))),
                _ => None,
            })
            .collect(),
        Some(Value::Object(map)) => map
            .into_iter()
            .filter_map(|(key, node)| match node {
                Value::Object(data) => Some(flat_node(unwrapped(data), key)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let edges: Vec<Value> = match row.shift_remove("edges") {
        Some(Value::Array(list)) => list,
        Some(Value::Object(map)) => map.into_iter().map(|(_, edge)| edge).collect(),
        _ => Vec::new(),
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        places.entry(node.id.clone()).or_insert(at);
    }
    let (mut loose, mut second) = (0, 0);
    for edge in edges {
        let Some((source, target, mut data)) = ends(edge) else {
            loose += 1;
            continue;
        };
        let Some(node) = places.get(&target).and_then(|&at| nodes.get_mut(at)) else {
            loose += 1;
            continue;
        };
        node.scores.extend(take_numbers(&mut data));
        // A step continues one other; further edges stay with the step.
        if node.parent.as_ref().is_some_and(|known| *known != source) {
            second += 1;
            let others = node.step.metadata.entry("also_from").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(others) = others {
                others.push(source.into());
            }
        } else {
            node.parent = Some(source);
        }
        node.step.metadata.append(&mut data);
    }
    let mut trace = build(nodes, None, row, None)?;
    if loose > 0 {
        trace.trace.warnings.push(format!("{loose} edges do not lead to a node of the file; they are left out"));
    }
    if second > 0 {
        let text = format!("{second} edges lead to nodes that continue another; kept in `also_from` of these steps");
        trace.trace.warnings.push(text);
    }
    Ok(trace)
}

/// Many graph libraries keep what a node says in `data`.
fn unwrapped(mut data: Metadata) -> Metadata {
    if let Some(Value::Object(inner)) = data.get("data")
        && inner.keys().all(|key| !data.contains_key(key))
        && let Some(Value::Object(inner)) = data.shift_remove("data")
    {
        data.extend(inner);
    }
    data
}

/// Where an edge begins and ends, and what else it says.
fn ends(edge: Value) -> Option<(String, String, Metadata)> {
    match edge {
        Value::Array(pair) => Some((name_of(pair.first()?)?, name_of(pair.get(1)?)?, Map::new())),
        Value::Object(mut edge) => {
            let (from, to) = ENDS.into_iter().find(|(from, to)| edge.contains_key(*from) && edge.contains_key(*to))?;
            let source = name_of(&edge.shift_remove(from)?)?;
            let target = name_of(&edge.shift_remove(to)?)?;
            edge.shift_remove("id");
            Some((source, target, unwrapped(edge)))
        }
        _ => None,
    }
}

/// Makes the trace. The only root is the problem, unless the row names one and the root says something else.
fn build(
    mut nodes: Vec<Node>,
    root: Option<usize>,
    row: Map<String, Value>,
    tree: Option<String>,
) -> Result<Imported, RowError> {
    let mut fields = Fields::new(row.into())?;
    let names: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    // A usual way to say that there is no parent.
    let no_parent = !names.contains("-1");
    nodes
        .iter_mut()
        .filter(|node| no_parent && node.parent.as_deref() == Some("-1"))
        .for_each(|node| node.parent = None);
    let graph = Graph::new(nodes);
    let only = root.or_else(|| graph.root());
    let root_text = only.and_then(|root| graph.node(root)).map(|root| root.step.text.clone());
    let asked = take_question(&mut fields);
    let is_problem = match (&asked, &root_text) {
        (Some(asked), Some(root)) => root.trim().is_empty() || root.trim() == asked.trim(),
        _ => true,
    };
    let prompt = asked.or(root_text).unwrap_or_default();
    let answer = fields.text_of(&["final_answer", "ground_truth", "answer"]);
    let mut builder = TraceBuilder::new(Problem { answer, ..Problem::from_text(prompt.clone()) });
    if let Some(id) = tree.or_else(|| fields.text("id")) {
        builder = builder.source_id(id);
    }
    if prompt.trim().is_empty() {
        warn(&mut builder, "the file does not say what the problem was");
    }
    let problem = only.filter(|_| is_problem);
    let about = problem.and_then(|root| graph.node(root)).map(|root| root.step.metadata.clone());
    graph.push(&mut builder, problem);
    let empty = builder.trace_mut().steps.iter().filter(|step| step.text.is_empty()).count();
    if empty > 0 {
        warn(&mut builder, format!("{empty} nodes have no text of their own; what they hold is in their metadata"));
    }
    settle_kinds(&mut builder);
    mark_path(&mut builder, None);
    builder.trace_mut().metadata.extend(about.unwrap_or_default());
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(builder.into())
}
