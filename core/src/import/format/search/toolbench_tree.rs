//! `ToolBench` answers: a depth-first search over tool calls, with what each call returned (OpenBMB/ToolBench).

use serde_json::{Map, Value};

use super::node::mark_path;
use crate::import::fields::{Fields, float, raw_text, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{
    ITERATION, Metadata, Problem, ScoreKind, Step, StepFlag, StepIndex, StepKind, ToolCall, TraceBuilder,
};

/// Reads `ToolBench` answer trees.
pub(super) struct ToolBenchTree;

const REPEATS: &[&str] = &["compare_candidates", "train_messages"];

impl Importer for ToolBenchTree {
    fn name(&self) -> &'static str {
        "toolbench_tree"
    }

    fn caption(&self) -> &'static str {
        "ToolBench answers: search trees of tool calls"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["tree"], &["win"], &["answer_generation"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`win` and a `tree` of nodes with a `node_type`", |row| {
            let root = &row["tree"]["tree"];
            row.get("win").is_some() && root["node_type"].is_string() && root["children"].is_array()
        })
    }

    /// The chain that won, and the prompts that led to each of its calls: both stand in the tree.
    fn repeats(&self) -> &'static [&'static str] {
        REPEATS
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut answer = Fields::new(fields.take("answer_generation").unwrap_or_else(|| Map::new().into()))?;
        for key in REPEATS {
            fields.take(key);
            answer.take(key);
        }
        let mut tree = Fields::new(fields.take("tree").unwrap_or_default())?;
        let Some(Value::Object(root)) = tree.take("tree") else {
            return Err(RowError::new("`tree` has no `tree` with the first node; add it"));
        };
        let mut problem = Problem::from_text(answer.text("query").unwrap_or_default());
        if let Some(tools) = answer.take("function") {
            problem.metadata.insert("tools".into(), tools);
        }
        let mut reader = Reader { builder: TraceBuilder::new(problem), answers: Vec::new() };
        if reader.builder.trace_mut().problem.text().is_empty() {
            warn(&mut reader.builder, "`answer_generation` has no `query`, so the problem is not known");
        }
        reader.walk(root);
        let Reader { mut builder, answers } = reader;
        let returned = answer.get("final_answer").and_then(Value::as_str);
        let said = |(_, arguments): &&(StepIndex, String)| Some(arguments.as_str()) == returned;
        let leaf = answers.iter().find(said).or(answers.first()).map(|(step, _)| *step);
        match leaf {
            Some(leaf) => mark_path(&mut builder, Some(leaf)),
            // Without an answer the search returned no path, also where it never branched.
            None => warn(&mut builder, "the search gave no answer, so no path is marked as the solution"),
        }
        let trace = builder.trace_mut();
        trace.metadata.extend(fields.rest());
        let about = |name: &str, rest: Metadata, into: &mut Metadata| {
            let rest: Metadata = rest.into_iter().filter(|(_, value)| value.as_array() != Some(&Vec::new())).collect();
            if !rest.is_empty() {
                into.insert(name.into(), rest.into());
            }
        };
        about("tree", tree.rest(), &mut trace.metadata);
        about("answer_generation", answer.rest(), &mut trace.metadata);
        Ok(vec![builder.into()])
    }
}

/// What became of a call, by its code: 0 is all right, 3 the final answer, 4 giving up, all others errors.
const GIVEN: i64 = 3;
const GIVEN_UP: i64 = 4;

struct Reader {
    builder: TraceBuilder,
    /// The results of calls that gave the answer, with the arguments of these calls.
    answers: Vec<(StepIndex, String)>,
}

/// A tool that was chosen, before its arguments are known.
struct Chosen {
    name: String,
    data: Metadata,
}

impl Reader {
    /// The root is the problem. A tool and its arguments are two nodes in the file, and one step here.
    fn walk(&mut self, mut root: Map<String, Value>) {
        let mut pending: Vec<(Option<StepIndex>, Option<Chosen>, Value)> = Vec::new();
        let children = take_children(&mut root);
        if root.get("description").and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
            pending.push((None, None, root.into()));
        } else {
            score(&mut self.builder, None, &mut root);
        }
        pending.extend(children.into_iter().rev().map(|child| (None, None, child)));
        while let Some((above, chosen, node)) = pending.pop() {
            let Value::Object(mut node) = node else { continue };
            let children = take_children(&mut node);
            let text = node.shift_remove("description").as_ref().and_then(scalar_text).unwrap_or_default();
            let sort = node.shift_remove("node_type");
            let sort = sort.as_ref().and_then(Value::as_str).unwrap_or_default();
            match (sort, chosen) {
                ("Action", None) if !children.is_empty() => {
                    for child in children.into_iter().rev() {
                        pending.push((above, Some(Chosen { name: text.clone(), data: node.clone() }), child));
                    }
                }
                ("Action Input", Some(chosen)) => {
                    let end = self.call(above, chosen, text, node);
                    pending.extend(children.into_iter().rev().map(|child| (Some(end), None, child)));
                }
                // A tool whose arguments never came.
                ("Action", None) => {
                    let tool = ToolCall { name: text.clone(), arguments: String::new(), call_id: None };
                    self.push(above, StepKind::ToolCall, format!("{text}()"), Some(tool), node);
                }
                (sort, chosen) => {
                    // Arguments without a tool, or a tool that is followed by something else.
                    let above = match chosen {
                        Some(Chosen { name, data }) => {
                            let tool = ToolCall { name: name.clone(), arguments: String::new(), call_id: None };
                            Some(self.push(above, StepKind::ToolCall, format!("{name}()"), Some(tool), data))
                        }
                        None => above,
                    };
                    if sort != "Thought" {
                        node.insert("node_type".into(), sort.into());
                    }
                    let kind = if sort == "Thought" { StepKind::Thought } else { StepKind::Other };
                    let step = self.push(above, kind, text, None, node);
                    pending.extend(children.into_iter().rev().map(|child| (Some(step), None, child)));
                }
            }
        }
    }

    /// A call and what it returned. Gives the last step of the two.
    fn call(&mut self, above: Option<StepIndex>, chosen: Chosen, arguments: String, mut node: Metadata) -> StepIndex {
        let Chosen { name, mut data } = chosen;
        let observation = node.shift_remove("observation").as_ref().and_then(scalar_text);
        let code = node.shift_remove("observation_code");
        // Both nodes say the same of depth and the like; only what differs is kept twice.
        data.retain(|key, value| node.get(key) != Some(value) && !matches!(key.as_str(), "depth" | "child_count"));
        if !data.is_empty() {
            node.insert("action".into(), data.into());
        }
        let text = format!("{name}({arguments})");
        let tool = ToolCall { name: name.clone(), arguments: arguments.clone(), call_id: None };
        let call = self.push(above, StepKind::ToolCall, text, Some(tool), node);
        let (Some(text), code) = (observation, code) else { return call };
        let mut about = Metadata::new();
        let mut flags = Vec::new();
        let number = code.as_ref().and_then(Value::as_i64);
        match number {
            Some(GIVEN | GIVEN_UP) => flags.push(StepFlag::Terminal),
            Some(0) | None => {}
            Some(_) => flags.push(StepFlag::Failed),
        }
        if let Some(code) = code {
            about.insert("observation_code".into(), code);
        }
        let step = self.builder.push(Step {
            parent: Some(call),
            kind: StepKind::ToolResult,
            text,
            author: Some(name.clone()),
            tool: Some(ToolCall { name, ..ToolCall::default() }),
            flags,
            metadata: about,
            ..Step::default()
        });
        if number == Some(GIVEN) {
            self.answers.push((step, arguments));
        }
        step
    }

    fn push(
        &mut self,
        parent: Option<StepIndex>,
        kind: StepKind,
        text: String,
        tool: Option<ToolCall>,
        mut node: Metadata,
    ) -> StepIndex {
        let mut flags = Vec::new();
        for (flag, key) in [(StepFlag::Pruned, "pruned"), (StepFlag::Terminal, "is_terminal")] {
            match node.get(key).and_then(Value::as_bool) {
                Some(true) => flags.push(flag),
                Some(false) => {}
                None => continue,
            }
            node.shift_remove(key);
        }
        let step = self.builder.push(Step { parent, kind, text, tool, flags, ..Step::default() });
        score(&mut self.builder, Some(step), &mut node);
        node.retain(|_, value| !value.is_null() && value.as_object() != Some(&Map::new()));
        // Counted from 1 where the search went on from a node; 0 stands at nodes that it passed.
        if let Some(order) = node.get("expand_num").filter(|order| order.as_u64().is_some_and(|order| order > 0)) {
            node.insert(ITERATION.into(), order.clone());
        }
        if let Some(step) = self.builder.trace_mut().steps.get_mut(step as usize) {
            step.metadata = node;
        }
        step
    }
}

fn score(builder: &mut TraceBuilder, step: Option<StepIndex>, node: &mut Metadata) {
    match node.get("Elo").map(|value| (float(value), raw_text(value))) {
        Some((Some(value), _)) => {
            node.shift_remove("Elo");
            builder.score(step, "Elo", ScoreKind::Elo, value);
        }
        Some((None, raw)) => warn(builder, format!("an `Elo` is no number: {raw}")),
        None => {}
    }
}

fn take_children(node: &mut Metadata) -> Vec<Value> {
    match node.shift_remove("children") {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
