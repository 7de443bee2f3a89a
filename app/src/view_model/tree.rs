//! Beside the steps where a trace branches: the tree, with the chosen path.

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{FirstError, StepIndex};

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

impl TreeModel {
    /// The tree of a branching trace; `None` for a chain.
    pub fn new(open: &OpenTrace, said: Option<&TraceAnnotation>, scores: &[ScoreSeries]) -> Option<Self> {
        if !open.tree.is_branching() {
            return None;
        }
        let mut nodes = Vec::with_capacity(open.trace.steps.len());
        // A stack instead of recursion: traces may be thousands of steps deep.
        let mut stack: Vec<(StepIndex, usize, usize)> =
            open.tree.roots().iter().rev().map(|&root| (root, 0, 1)).collect();
        while let Some((step, indent, depth)) = stack.pop() {
            nodes.extend(node(open, said, scores.first(), step, indent, depth));
            let children = open.tree.children(step);
            let below = indent + usize::from(children.len() > 1);
            stack.extend(children.iter().rev().map(|&child| (child, below, depth + 1)));
        }
        Some(Self { nodes })
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
