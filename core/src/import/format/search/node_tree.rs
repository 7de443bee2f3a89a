//! Trees that follow no published format: nested `children`, nodes that name their parent, nodes and edges.

mod read;

use std::collections::HashMap;

use serde_json::{Map, Value};

use read::{read_nested, read_nodes, read_rows};

use super::node::{TEXTS, name_of};
use crate::import::detect::kind;
use crate::import::fields::{raw_text, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};

const IDS: &[&str] = &["id", "node_id", "message_id"];
const PARENTS: &[&str] = &["parent_id", "parentId", "parent", "parent_node"];
/// Which tree a node belongs to, where a file holds several.
const TREES: &[&str] = &["tree_id", "message_tree_id", "trace_id", "problem_id", "question_id"];
/// Where a row keeps its tree.
const ROOTS: &[&str] = &["tree", "root", "search_tree"];
const ENDS: [(&str, &str); 3] = [("source", "target"), ("from", "to"), ("parent", "child")];

/// Reads trees of nodes.
pub(super) struct NodeTree;

impl Importer for NodeTree {
    fn name(&self) -> &'static str {
        "node_tree"
    }

    fn caption(&self) -> &'static str {
        "Trees of nodes: nested, by parent, or nodes and edges"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["children", "nodes", "parent_id", "parentId", "parent", "tree", "root"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let whole = sample.recognise("a tree in nested `children`, or `nodes`", |row| {
            row.as_object().is_some_and(|row| nested_root(row).is_some() || has_nodes(row))
        });
        whole.or_else(|| {
            let any_parent = sample.rows.iter().any(|row| first(row, PARENTS).is_some());
            let found = sample.recognise("nodes with an id, a text and a parent", |row| {
                let names = first(row, IDS).is_some_and(|id| name_of(id).is_some());
                names && any_parent && first(row, PARENTS).is_none_or(|parent| !parent.is_array()) && has_text(row)
            })?;
            let unit = if sample.in_list { Unit::Document } else { Unit::Group };
            (sample.rows.len() > 1).then_some(Recognition { unit, ..found })
        })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        group.first().is_some_and(|before| first(before, TREES) == first(row, TREES))
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        match row {
            Value::Array(rows) => by_tree(rows).into_iter().map(read_rows).collect(),
            Value::Object(row) if nested_root(&row).is_some() => read_nested(row).map(|trace| vec![trace]),
            Value::Object(row) if has_nodes(&row) => read_nodes(row).map(|trace| vec![trace]),
            row @ Value::Object(_) => read_rows(vec![row]).map(|trace| vec![trace]),
            other => Err(RowError::new(format!("the row is {}; expected a tree of nodes", kind(&other)))),
        }
    }
}

fn first<'a>(row: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| row.get(*key))
}

fn has_text(row: &Value) -> bool {
    TEXTS.iter().any(|key| row.get(*key).is_some_and(|value| scalar_text(value).is_some()))
}

/// Where the first node of a nested tree is.
#[derive(Clone, Copy)]
enum Root {
    /// The row itself.
    Row,
    Field(&'static str),
}

fn nested_root(row: &Map<String, Value>) -> Option<Root> {
    let is_root = |node: &Map<String, Value>| match node.get("children") {
        Some(Value::Array(list)) => {
            list.iter().all(Value::is_object) && (!list.is_empty() || TEXTS.iter().any(|t| node.contains_key(*t)))
        }
        Some(Value::Object(map)) => !map.is_empty() && map.values().all(Value::is_object),
        _ => false,
    };
    if is_root(row) {
        return Some(Root::Row);
    }
    ROOTS.iter().find(|key| row.get(**key).and_then(Value::as_object).is_some_and(is_root)).map(|key| Root::Field(key))
}

/// Nodes as a list or by their id. What they are is told by their ids, parents or edges.
fn has_nodes(row: &Map<String, Value>) -> bool {
    let linked = |node: &Value| first(node, PARENTS).is_some();
    match row.get("nodes") {
        Some(Value::Array(nodes)) => {
            let named = nodes.iter().all(|node| first(node, IDS).is_some_and(|id| name_of(id).is_some()));
            named && !nodes.is_empty() && (row.contains_key("edges") || nodes.iter().any(linked))
        }
        Some(Value::Object(nodes)) => {
            let objects = nodes.values().all(Value::is_object);
            objects && !nodes.is_empty() && (row.contains_key("edges") || nodes.values().any(linked))
        }
        _ => false,
    }
}

/// Rows of one tree each, in order of appearance.
fn by_tree(rows: Vec<Value>) -> Vec<Vec<Value>> {
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    let mut trees: Vec<Vec<Value>> = Vec::new();
    for row in rows {
        let place = *places.entry(first(&row, TREES).map(raw_text)).or_insert(trees.len());
        match trees.get_mut(place) {
            Some(tree) => tree.push(row),
            None => trees.push(vec![row]),
        }
    }
    trees
}
