//! OmegaPRM search trees with Monte-Carlo values: nested nodes, or a flat list of solution prefixes.

use serde_json::Value;

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
        &[&["question"], &["reasoning_steps"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`question` and a tree or solution prefixes in `reasoning_steps`", |row| {
            let steps = &row["reasoning_steps"];
            let nested = steps["text"].is_string() && steps["children"].is_array();
            let flat = steps.as_array().is_some_and(|list| list.iter().all(|step| step["solution_prefix"].is_string()));
            row["question"].is_string() && (nested || flat)
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let prompt = fields.prompt(&["question"])?;
        let question = if let Prompt::Text(text) = &prompt { text.clone() } else { String::new() };
        // The number of the question is not unique in published files, so it does not name the trace.
        let mut builder =
            TraceBuilder::new(Problem { prompt, answer: fields.text("final_answer"), ..Problem::default() });
        match fields.take("reasoning_steps") {
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

/// True where every node starts with the text of its parent, as the format's description says but few files do.
fn is_cumulative(root: &Value) -> bool {
    let mut any = false;
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let text = node["text"].as_str().unwrap_or_default();
        for child in node["children"].as_array().map(Vec::as_slice).unwrap_or_default() {
            if text.is_empty() || !child["text"].as_str().is_some_and(|below| below.starts_with(text)) {
                return false;
            }
            any = true;
            nodes.push(child);
        }
    }
    any
}

/// One distinct prefix.
struct Prefix<'a> {
    text: &'a str,
    /// Where it stands in the file; several times where it was sampled again.
    rows: Vec<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

/// The parent of a prefix is the longest other prefix that it starts with; its text is what it adds.
fn flat(builder: &mut TraceBuilder, question: &str, list: &[Value]) -> Result<(), RowError> {
    let texts: Option<Vec<&str>> = list.iter().map(|step| step["solution_prefix"].as_str()).collect();
    let texts = texts.ok_or_else(|| RowError::new("an entry of `reasoning_steps` has no `solution_prefix`; add it"))?;
    let mut prefixes = prefix_tree(&texts);
    // In the order of the file, parents before children.
    let first_row = |prefix: &Prefix<'_>| prefix.rows.first().copied().unwrap_or_default();
    let order: Vec<usize> = prefixes.iter().map(first_row).collect();
    let in_file_order = |nodes: &mut Vec<usize>| nodes.sort_by_key(|&node| std::cmp::Reverse(order.get(node).copied()));
    for prefix in &mut prefixes {
        in_file_order(&mut prefix.children);
    }
    let mut roots: Vec<usize> =
        (0..prefixes.len()).filter(|&n| prefixes.get(n).is_some_and(|p| p.parent.is_none())).collect();
    in_file_order(&mut roots);
    let mut pending: Vec<(usize, Option<StepIndex>, &str)> =
        roots.into_iter().map(|node| (node, None, question)).collect();
    while let Some((node, parent, before)) = pending.pop() {
        let Some(prefix) = prefixes.get(node) else { continue };
        let added = prefix.text.strip_prefix(before).unwrap_or(prefix.text);
        // The problem itself is a prefix as well.
        let step = match parent {
            None if added.is_empty() => None,
            _ => Some(builder.push(Step { parent, text: added.into(), ..Step::default() })),
        };
        for value in prefix.rows.iter().filter_map(|&row| list.get(row)) {
            score(builder, step, &value[VALUE]);
        }
        pending.extend(prefix.children.iter().map(|&child| (child, step, prefix.text)));
    }
    Ok(())
}

fn prefix_tree<'a>(texts: &[&'a str]) -> Vec<Prefix<'a>> {
    let mut sorted: Vec<(&str, usize)> = texts.iter().copied().zip(0..).collect();
    // A prefix sorts right before what starts with it, so one stack finds all parents.
    sorted.sort_unstable();
    let mut prefixes: Vec<Prefix<'a>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (text, row) in sorted {
        if let Some(twin) = prefixes.last_mut().filter(|last| last.text == text) {
            twin.rows.push(row);
            continue;
        }
        while open.last().and_then(|&top| prefixes.get(top)).is_some_and(|top| !text.starts_with(top.text)) {
            open.pop();
        }
        let node = prefixes.len();
        let parent = open.last().copied();
        if let Some(above) = parent.and_then(|above| prefixes.get_mut(above)) {
            above.children.push(node);
        }
        prefixes.push(Prefix { text, rows: vec![row], parent, children: Vec::new() });
        open.push(node);
    }
    prefixes
}
