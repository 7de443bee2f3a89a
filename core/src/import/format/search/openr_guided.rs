//! Trees of guided search: `info` and `children` by their action (openreasoner/openr, `reason/guided_search`).

use serde_json::{Map, Value};

use super::graph::{Graph, settle_kinds};
use super::node::{mark_path, node, take_question};
use crate::import::detect::kind;
use crate::import::fields::{Fields, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Metadata, Problem, TraceBuilder};

/// Reads openr guided search trees.
pub(super) struct OpenrGuided;

impl Importer for OpenrGuided {
    fn name(&self) -> &'static str {
        "openr_guided"
    }

    fn caption(&self) -> &'static str {
        "openr guided search: trees with visits, values and priors"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["info", "tree", "root"], &["children", "tree", "root"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`info` with visits and values, and `children` by action", |row| {
            row.as_object().is_some_and(|row| is_tree(row) || tree_field(row).is_some())
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let Value::Object(mut row) = row else {
            return Err(RowError::new(format!("the row is {}; expected an object", kind(&row))));
        };
        let (root, rest) = if let Some(key) = tree_field(&row).map(str::to_owned) {
            (row.shift_remove(&key).unwrap_or_default(), row)
        } else {
            let keep = |key: &str| !matches!(key, "info" | "children");
            let rest = row.iter().filter(|(key, _)| keep(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
            row.retain(|key, _| !keep(key));
            (Value::Object(row), rest)
        };
        let mut fields = Fields::new(Value::Object(rest))?;
        let mut nodes = Vec::new();
        let mut prompt = None;
        let mut pending = vec![(None, String::new(), root)];
        while let Some((parent, action, value)) = pending.pop() {
            let Value::Object(mut value) = value else { continue };
            let id = nodes.len().to_string();
            let children = match value.shift_remove("children") {
                Some(Value::Object(children)) => children,
                _ => Map::new(),
            };
            let info = match value.shift_remove("info") {
                Some(Value::Object(info)) => info,
                _ => Metadata::new(),
            };
            let mut made = node(id.clone(), parent, with_text(info, action));
            if nodes.is_empty() {
                prompt = made.step.metadata.shift_remove("text_state").and_then(|text| Some(text.as_str()?.to_owned()));
            }
            made.step.metadata.append(&mut value);
            nodes.push(made);
            let first_last = children.into_iter().rev();
            pending.extend(first_last.map(|(action, child)| (Some(id.clone()), action, child)));
        }
        let problem = take_question(&mut fields).or(prompt).unwrap_or_default();
        let answer = fields.text_of(&["groundtruth", "answer", "final_answer"]);
        let mut builder = TraceBuilder::new(Problem { answer, ..Problem::from_text(problem) });
        Graph::new(nodes).push(&mut builder, Some(0));
        if builder.last_step().is_none() {
            warn(&mut builder, "the tree has no nodes below the problem");
        }
        settle_kinds(&mut builder);
        mark_path(&mut builder, None);
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// The action is the text of the node, and the key that leads to it; the node may name it in its own words.
fn with_text(mut info: Metadata, action: String) -> Metadata {
    let said = match info.get("last_action") {
        Some(Value::String(said)) => Some(said.clone()),
        _ => None,
    };
    if said.is_some() {
        info.shift_remove("last_action");
    }
    info.insert("text".into(), said.unwrap_or(action).into());
    info
}

fn is_tree(node: &Map<String, Value>) -> bool {
    let info = node.get("info").and_then(Value::as_object);
    let known = |info: &Map<String, Value>| ["visit_cnt", "value", "prior_p"].iter().any(|key| info.contains_key(*key));
    info.is_some_and(known) && node.get("children").is_some_and(Value::is_object)
}

/// The field that holds the tree, where the row says more than that.
fn tree_field(row: &Map<String, Value>) -> Option<&str> {
    ["tree", "root"].into_iter().find(|key| row.get(*key).and_then(Value::as_object).is_some_and(is_tree))
}
