//! Puts nodes that name their parents in the order of a trace: parents before children, whatever the file did.

use std::collections::HashMap;

use crate::import::fields::warn;
use crate::model::{ScoreKind, Step, StepIndex, TraceBuilder};

/// So many names stand in a warning; the rest are counted.
const NAMED: usize = 5;

/// A node as the file gives it. The parent of its step is found by [`Graph`].
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) step: Step,
    pub(super) scores: Vec<Rated>,
}

/// A number that a node carries.
#[derive(Clone, Debug)]
pub(super) struct Rated {
    pub(super) name: String,
    pub(super) kind: ScoreKind,
    pub(super) value: f64,
}

/// Nodes with their parents resolved: without cycles, and each of them there.
pub(super) struct Graph {
    nodes: Vec<Node>,
    parents: Vec<Option<usize>>,
    warnings: Vec<String>,
}

impl Graph {
    /// Finds the parent of each node. What cannot be one is cut, with a warning, and its node is a root.
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        let mut first: HashMap<&str, usize> = HashMap::with_capacity(nodes.len());
        let mut twins: Vec<&str> = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            if first.contains_key(node.id.as_str()) {
                twins.push(&node.id);
            } else {
                first.insert(&node.id, at);
            }
        }
        let mut missing: Vec<&str> = Vec::new();
        let mut parents = Vec::with_capacity(nodes.len());
        for node in &nodes {
            let parent = node.parent.as_deref().map(|name| first.get(name).copied().ok_or(name));
            parents.push(parent.and_then(|found| found.map_err(|name| missing.push(name)).ok()));
        }
        let cut = cut_cycles(&mut parents);
        let cut: Vec<&str> = cut.into_iter().filter_map(|at| nodes.get(at)).map(|node| node.id.as_str()).collect();
        let warnings = [
            said(&twins, "nodes repeat the id of an earlier one; all are shown, children belong to the first"),
            said(&missing, "nodes name a parent that is not in the file; they stand at the start of the tree"),
            said(&cut, "nodes are their own ancestors; they were cut off there and stand at the start of the tree"),
        ];
        Self { warnings: warnings.into_iter().flatten().collect(), nodes, parents }
    }

    /// The node where all others begin: none where several stand without a parent, or where that one was cut off.
    pub(super) fn root(&self) -> Option<usize> {
        let mut roots = self.parents.iter().enumerate().filter(|(_, parent)| parent.is_none()).map(|(at, _)| at);
        let first = roots.next()?;
        let is_whole = self.nodes.get(first).is_some_and(|node| node.parent.is_none());
        (roots.next().is_none() && is_whole).then_some(first)
    }

    pub(super) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// Adds the nodes as steps and gives the step of each. The node that is the problem becomes none; its scores are
    /// those of the trace.
    pub(super) fn push(self, builder: &mut TraceBuilder, problem: Option<usize>) -> Vec<Option<StepIndex>> {
        let Self { nodes, parents, warnings } = self;
        for warning in warnings {
            warn(builder, warning);
        }
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        let mut pending = Vec::new();
        for (at, parent) in parents.iter().enumerate().rev() {
            match parent.and_then(|parent| children.get_mut(parent)) {
                Some(siblings) => siblings.push(at),
                None => pending.push((at, None)),
            }
        }
        let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
        let mut steps = vec![None; nodes.len()];
        // Last in, first out: all lists are in reverse, so the order is that of the file, depth first.
        while let Some((at, parent)) = pending.pop() {
            let Some(node) = nodes.get_mut(at).and_then(Option::take) else { continue };
            let step = (problem != Some(at)).then(|| builder.push(Step { parent, ..node.step }));
            for Rated { name, kind, value } in node.scores {
                builder.score(step, &name, kind, value);
            }
            if let Some(place) = steps.get_mut(at) {
                *place = step;
            }
            pending.extend(children.get(at).into_iter().flatten().map(|&child| (child, step)));
        }
        steps
    }
}

/// Takes the parent off one node of each cycle, and gives these nodes.
fn cut_cycles(parents: &mut [Option<usize>]) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; parents.len()];
    let mut cut = Vec::new();
    for start in 0..parents.len() {
        let mut path = Vec::new();
        let mut at = Some(start);
        while let Some(node) = at {
            match states.get_mut(node) {
                Some(state) if *state == State::New => {
                    *state = State::Open;
                    path.push(node);
                    at = parents.get(node).copied().flatten();
                }
                Some(State::Open) => {
                    if let Some(parent) = parents.get_mut(node) {
                        *parent = None;
                    }
                    cut.push(node);
                    break;
                }
                _ => break,
            }
        }
        for node in path {
            if let Some(state) = states.get_mut(node) {
                *state = State::Done;
            }
        }
    }
    cut
}

fn said(names: &[&str], what: &str) -> Option<String> {
    let (shown, more) = names.split_at(names.len().min(NAMED));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    (!names.is_empty()).then(|| format!("{} {what}: {}{more}", names.len(), shown.join(", ")))
}

/// Declares as a reward what is called a value and leaves 0..=1 somewhere in the trace, and the like.
pub(super) fn settle_kinds(builder: &mut TraceBuilder) {
    let scores = &mut builder.trace_mut().scores;
    let mut wide: Vec<String> = Vec::new();
    for score in scores.iter() {
        if score.kind.is_unit() && !(0.0..=1.0).contains(&score.value) && !wide.contains(&score.name) {
            wide.push(score.name.clone());
        }
    }
    for score in scores.iter_mut().filter(|score| wide.contains(&score.name)) {
        score.kind = if score.kind == ScoreKind::Value { ScoreKind::Reward } else { ScoreKind::Other };
    }
}
