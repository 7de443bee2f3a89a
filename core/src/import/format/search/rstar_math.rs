//! rStar-Math search trees: nodes by their place in the tree, such as `0.1.2` (microsoft/rStar, branch rStar-math;
//! also MARIO-Math-Reasoning/Super_MARIO). A folder of rollouts holds one state of the search per file.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::graph::{Graph, Node, settle_kinds};
use super::node::{mark_path, take_question};
use crate::import::fields::{Fields, float};
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ITERATION, Metadata, Problem, ScoreKind, Step, StepFlag, StepKind, TraceBuilder};

/// Why an attempt ended without an answer; the names of the codes, and the words that stand in the files.
const FAILURES: &[&str] = &[
    "NO_VALID_CHILD",
    "TOO_MANY_STEPS",
    "TOO_MANY_CODE_ERRORS",
    "Fail to generate parsable text for next step.",
    "Fail to sove the problem within limited steps.",
    "Fail to solve the problem within limited steps.",
    "Too many consecutive steps have code errors.",
];

/// Rewards are 1 and −1 here, so their means are no chances.
const NUMBERS: &[(&str, ScoreKind)] = &[
    ("value", ScoreKind::Reward),
    ("q_value", ScoreKind::Reward),
    ("prior", ScoreKind::Prior),
    ("visit_count", ScoreKind::Count),
];

/// Reads rStar-Math trees.
pub(super) struct RStarMath;

impl Importer for RStarMath {
    fn name(&self) -> &'static str {
        "rstar_math"
    }

    fn caption(&self) -> &'static str {
        "rStar-Math: search trees with nodes such as 0.1.2"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &["rstar"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample
            .recognise("nodes by tags such as `0.1.2`", |row| row.as_object().is_some_and(|row| tree_of(row).is_some()))
    }

    /// The files of a folder `rollout`: one state of the search each.
    fn bundles(&self, paths: &[&str]) -> Vec<Bundle> {
        let mut folders: Vec<(&str, Vec<String>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for path in paths.iter().filter(|path| rollout_number(path).is_some()) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let place = *places.entry(folder).or_insert(folders.len());
            match folders.get_mut(place) {
                Some((_, files)) => files.push((*path).to_owned()),
                None => folders.push((folder, vec![(*path).to_owned()])),
            }
        }
        let several = folders.into_iter().filter(|(_, files)| files.len() > 1);
        several.map(|(_, shared)| Bundle { shared, each: Vec::new() }).collect()
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        match row {
            Value::Object(files) if !files.is_empty() && files.keys().all(|name| rollout_number(name).is_some()) => {
                read_snapshots(files)
            }
            row => read_tree(row, &HashMap::new()).map(|trace| vec![trace]),
        }
    }
}

/// The number in `rollout/rollout07.jsonl`.
fn rollout_number(path: &str) -> Option<u64> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let rest = name.strip_prefix("rollout")?;
    let named = folder.is_empty() || folder == "rollout" || folder.ends_with("/rollout");
    let is_lines = std::path::Path::new(name).extension().is_some_and(|extension| extension == "jsonl");
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|_| named && is_lines)?.parse().ok()
}

/// The field that holds the nodes: `rstar`, or another with tags for keys. All begin at the root, `0`.
fn tree_of(row: &Map<String, Value>) -> Option<&str> {
    let is_node = |(tag, node): (&String, &Value)| {
        parts(tag).is_some_and(|parts| parts.first() == Some(&0)) && node.is_object() && node["text"].is_string()
    };
    let is_tree = |value: &Value| value.as_object().is_some_and(|map| !map.is_empty() && map.iter().all(is_node));
    row.iter().find(|(_, value)| is_tree(value)).map(|(key, _)| key.as_str())
}

/// The numbers of a tag.
fn parts(tag: &str) -> Option<Vec<u64>> {
    tag.split('.').map(|part| part.parse().ok()).collect()
}

/// The last state of each question, with the rollout that brought each node.
fn read_snapshots(files: Map<String, Value>) -> Result<Vec<Imported>, RowError> {
    let mut files: Vec<(String, Value)> = files.into_iter().collect();
    files.sort_by_key(|(name, _)| rollout_number(name));
    let mut order: Vec<String> = Vec::new();
    let mut last: HashMap<String, (Value, HashMap<String, u64>)> = HashMap::new();
    for (name, rows) in files {
        let number = rollout_number(&name).unwrap_or_default();
        // A file of one line is that line.
        let rows = if let Value::Array(rows) = rows { rows } else { vec![rows] };
        for row in rows {
            let Some(tree) = row.as_object().and_then(tree_of).map(str::to_owned) else { continue };
            let question = row["question"].as_str().unwrap_or_default().to_owned();
            if !last.contains_key(&question) {
                order.push(question.clone());
            }
            let (known, born) = last.entry(question).or_default();
            for tag in row[tree.as_str()].as_object().into_iter().flat_map(Map::keys) {
                born.entry(tag.clone()).or_insert(number);
            }
            *known = row;
        }
    }
    let read = |question| last.remove(&question).map(|(row, born)| read_tree(row, &born));
    let traces: Vec<Imported> = order.into_iter().filter_map(read).collect::<Result<_, _>>()?;
    if traces.is_empty() {
        return Err(RowError::new("none of the rollouts has a tree of nodes such as `0.1.2`"));
    }
    Ok(traces)
}

fn read_tree(row: Value, born: &HashMap<String, u64>) -> Result<Imported, RowError> {
    let tree = row.as_object().and_then(tree_of).map(str::to_owned);
    let mut fields = Fields::new(row)?;
    let tree = tree.and_then(|key| fields.take(&key));
    let Some(Value::Object(tree)) = tree else {
        return Err(RowError::new("`rstar` is missing; add an object of nodes such as `0.1.2`"));
    };
    let mut tags: Vec<(Vec<u64>, String, Value)> =
        tree.into_iter().filter_map(|(tag, node)| Some((parts(&tag)?, tag, node))).collect();
    tags.sort_by(|a, b| a.0.cmp(&b.0));
    let question = take_question(&mut fields);
    let mut root_text = None;
    let mut nodes = Vec::new();
    // Where a node shows the output of its code, what follows continues the output.
    let mut ends: HashMap<String, String> = HashMap::new();
    for (numbers, tag, node) in tags {
        let Value::Object(data) = node else { continue };
        let above = tag.rsplit_once('.').map(|(above, _)| above.to_owned());
        let above = above.map(|tag| ends.get(&tag).cloned().unwrap_or(tag));
        let is_root = numbers.len() == 1;
        let (mut node, output) = read_node(tag.clone(), above, data);
        if let Some(number) = born.get(&tag) {
            node.step.metadata.insert(ITERATION.into(), (*number).into());
        }
        if is_root && root_text.is_none() {
            root_text = Some(node.step.text.clone());
        }
        nodes.push(node);
        if let Some(output) = output {
            ends.insert(tag, output.id.clone());
            nodes.push(output);
        }
    }
    let prompt = question.or(root_text).unwrap_or_default();
    let answer = fields.text_of(&["answer", "gt", "ground_truth"]);
    let mut builder = TraceBuilder::new(Problem { answer, ..Problem::from_text(prompt) });
    // The root of the search stands for the problem.
    let problem = nodes.iter().position(|node| node.id == "0");
    Graph::new(nodes).push(&mut builder, problem);
    settle_kinds(&mut builder);
    mark_path(&mut builder, None);
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(builder.into())
}

/// A node, and the output of its code as a node of its own.
fn read_node(tag: String, above: Option<String>, mut data: Metadata) -> (Node, Option<Node>) {
    let mut text_at = |key: &str| match data.get(key) {
        Some(Value::String(_)) => data.shift_remove(key).and_then(|text| text.as_str().map(str::to_owned)),
        _ => None,
    };
    let text = text_at("text").unwrap_or_default();
    let output = text_at("observation").filter(|text| !text.is_empty());
    let answer = data.get("final_answer").and_then(Value::as_str).unwrap_or_default();
    let mut flags = Vec::new();
    let failed = FAILURES.contains(&answer);
    if !answer.is_empty() {
        flags.push(StepFlag::Terminal);
    }
    if failed {
        flags.push(StepFlag::Failed);
    }
    let has_code = data.get("action_input").and_then(Value::as_str).is_some_and(|code| !code.is_empty());
    let kind = match (answer.is_empty() || failed, has_code) {
        (false, _) => StepKind::Answer,
        (true, true) => StepKind::Code,
        (true, false) => StepKind::Thought,
    };
    let mut scores = Vec::new();
    for &(name, kind) in NUMBERS {
        if let Some(value) = data.get(name).and_then(float) {
            data.shift_remove(name);
            scores.push(super::graph::Rated { name: name.into(), kind, value });
        }
    }
    data.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
    let output = output.map(|text| Node {
        id: format!("{tag} observation"),
        parent: Some(tag.clone()),
        step: Step { kind: StepKind::Observation, text, ..Step::default() },
        scores: Vec::new(),
    });
    let step = Step { kind, text, flags, metadata: data, ..Step::default() };
    (Node { id: tag, parent: above, step, scores }, output)
}
