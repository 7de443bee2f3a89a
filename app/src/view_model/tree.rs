//! Beside the steps where a trace branches: the tree, with the chosen path.

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{FirstError, StepIndex, StepTree};

use super::scores::{ScoreSeries, score_text, score_tone};
use super::{Tone, one_line};
use crate::state::OpenTrace;

/// The nodes of the tree in reading order, each with its place.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TreeModel {
    /// The nodes, parents before children.
    pub nodes: Vec<NodeModel>,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct NodeModel {
    /// The step.
    pub step: StepIndex,
    /// Indentation: branchings above it. A chain stays at one depth, so that deep trees remain readable.
    pub indent: usize,
    /// Number of the step below its problem, from 1.
    pub depth: usize,
    /// Its first words.
    pub text: String,
    /// Its score.
    pub score: Option<(String, Tone)>,
    /// Label in one sign.
    pub mark: Option<(&'static str, Tone)>,
    /// On the chosen path.
    pub on_path: bool,
    /// The selected step.
    pub selected: bool,
}

/// Where a node stands in the outline. Worked out once per trace: trees may have 100,000 nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutlineRow {
    step: StepIndex,
    indent: usize,
    depth: usize,
}

/// The nodes of a tree in reading order; empty for a chain.
pub fn outline(tree: &StepTree) -> Vec<OutlineRow> {
    let mut rows = Vec::new();
    if !tree.is_branching() {
        return rows;
    }
    // A stack instead of recursion: traces may be thousands of steps deep.
    let row = |step, indent, depth| OutlineRow { step, indent, depth };
    let mut stack: Vec<OutlineRow> = tree.roots().iter().rev().map(|&root| row(root, 0, 1)).collect();
    while let Some(next) = stack.pop() {
        rows.push(next);
        let children = tree.children(next.step);
        let below = next.indent + usize::from(children.len() > 1);
        stack.extend(children.iter().rev().map(|&child| row(child, below, next.depth + 1)));
    }
    rows
}

/// The position of a step in the outline.
pub fn row_of(rows: &[OutlineRow], step: StepIndex) -> Option<usize> {
    rows.iter().position(|row| row.step == step)
}

impl TreeModel {
    /// The tree of a branching trace; `None` for a chain.
    pub fn new(open: &OpenTrace, said: Option<&TraceAnnotation>, scores: &[ScoreSeries]) -> Option<Self> {
        let rows = outline(&open.tree);
        (!rows.is_empty()).then(|| Self::of(open, said, scores, &rows))
    }

    /// Those rows of the outline.
    pub fn of(open: &OpenTrace, said: Option<&TraceAnnotation>, scores: &[ScoreSeries], rows: &[OutlineRow]) -> Self {
        let nodes = rows.iter().filter_map(|row| node(open, said, scores.first(), row.step, row.indent, row.depth));
        Self { nodes: nodes.collect() }
    }
}

fn node(
    open: &OpenTrace,
    said: Option<&TraceAnnotation>,
    scores: Option<&ScoreSeries>,
    index: StepIndex,
    indent: usize,
    depth: usize,
) -> Option<NodeModel> {
    let step = open.trace.step(index)?;
    let own = said.and_then(|s| s.steps.get(&step.hash)).and_then(|s| s.rating);
    let is_error =
        matches!(said.and_then(|s| s.first_error.as_ref()), Some(FirstError::At(hash)) if *hash == step.hash);
    let text = step.tool.as_ref().filter(|_| step.text.is_empty()).map_or(step.text.as_str(), |tool| &tool.name);
    Some(NodeModel {
        step: index,
        indent,
        depth,
        text: if step.hash.is_written() { format!("✎ {}", one_line(text, 60)) } else { one_line(text, 60) },
        score: scores.and_then(|s| s.at(index).map(|v| (score_text(v), score_tone(s.kind, v)))),
        mark: if is_error {
            Some(("✖", Tone::Bad))
        } else {
            own.map(|rating| {
                let (text, tone) = super::card::rating_text(rating);
                (text.split(' ').next().unwrap_or_default(), tone)
            })
        },
        on_path: open.position(index).is_some(),
        selected: open.selected() == Some(index),
    })
}
