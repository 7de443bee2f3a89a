//! Puts the attempts at one problem together to one tree: what they have in common stands there once.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::{Outcome, StepIndex, StepKind, Trace, TraceId, Verdict};

/// Position of a node in [`PrefixTree::nodes`], from 0.
pub type NodeIndex = u32;

/// Attempts at one problem as one tree. Two steps are one node where their texts are equal after
/// [`normalised_text`] and their parents are one node.
///
/// An attempt that branches brings all its paths. Its outcome is that of the path its source returned, so only the
/// nodes on that path count it; on other paths it counts as not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrefixTree {
    /// The attempts, in the order of their rows.
    pub attempts: Vec<Attempt>,
    /// The nodes; a parent stands before its children.
    pub nodes: Vec<PrefixNode>,
    /// The first nodes.
    pub roots: Vec<NodeIndex>,
    /// For each attempt, the node of each of its steps.
    places: Vec<Vec<NodeIndex>>,
}

/// One attempt that went into the tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attempt {
    /// The row of the trace, as the caller named it.
    pub row: u32,
    /// The identity of the trace.
    pub id: TraceId,
    /// How it ended.
    pub outcome: Outcome,
}

/// What one or more attempts say at the same place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrefixNode {
    /// The node that this one continues; always earlier in the list.
    pub parent: Option<NodeIndex>,
    /// The nodes that continue this one, in the order in which attempts first came to them.
    pub children: Vec<NodeIndex>,
    /// What sort of step the first attempt has here.
    pub kind: StepKind,
    /// Its text, as the first attempt has it.
    pub text: String,
    /// The steps that are this node, in the order of attempts.
    pub visits: Vec<Visit>,
    /// How the attempts that came here ended.
    pub tally: Tally,
}

/// A step of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visit {
    /// Position in [`PrefixTree::attempts`].
    pub attempt: u32,
    /// Position in the trace.
    pub step: StepIndex,
}

/// How attempts ended, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Attempts with a right answer.
    pub correct: u32,
    /// Attempts with a wrong answer.
    pub incorrect: u32,
    /// Attempts of which it is not said.
    pub unknown: u32,
    /// Attempts with a reward.
    pub rewarded: u32,
    /// The sum of their rewards.
    pub reward_sum: f64,
}

impl Tally {
    /// How many attempts there are.
    pub const fn attempts(&self) -> u32 {
        self.correct + self.incorrect + self.unknown
    }

    /// How many of them have a known outcome: the count behind [`mean`](Self::mean).
    pub const fn judged(&self) -> u32 {
        self.correct + self.incorrect
    }

    /// The share of right answers among the attempts with a known outcome: the Monte-Carlo value of the node.
    pub fn mean(&self) -> Option<f64> {
        (self.judged() > 0).then(|| f64::from(self.correct) / f64::from(self.judged()))
    }

    /// The mean of the rewards.
    pub fn mean_reward(&self) -> Option<f64> {
        (self.rewarded > 0).then(|| self.reward_sum / f64::from(self.rewarded))
    }

    fn add(&mut self, outcome: &Outcome) {
        match outcome.verdict {
            Verdict::Correct => self.correct += 1,
            Verdict::Incorrect => self.incorrect += 1,
            Verdict::Unknown => self.unknown += 1,
        }
        if let Some(reward) = outcome.reward {
            self.rewarded += 1;
            self.reward_sum += reward;
        }
    }
}

/// What a node is recognised by, below its parent.
type Key = (Option<NodeIndex>, Sort, String);

/// A call and its result are never one step with something that was merely said.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    Call,
    Result,
    Said,
}

impl PrefixTree {
    /// Merges attempts, each with the row that the caller knows it by. The order in which they are given makes no
    /// difference as long as their rows differ.
    pub fn new<'a>(traces: impl IntoIterator<Item = (u32, &'a Trace)>) -> Self {
        let mut traces: Vec<(u32, &Trace)> = traces.into_iter().collect();
        traces.sort_by_key(|(row, _)| *row);
        let mut tree = Self::default();
        let mut known: HashMap<Key, NodeIndex> = HashMap::new();
        for (number, (row, trace)) in (0..).zip(traces) {
            tree.add(number, trace, &mut known);
            tree.attempts.push(Attempt { row, id: trace.id.clone(), outcome: trace.outcome.clone() });
        }
        tree
    }

    /// The node of a step.
    pub fn place(&self, visit: Visit) -> Option<NodeIndex> {
        self.places.get(visit.attempt as usize)?.get(visit.step as usize).copied()
    }

    /// The node at that position.
    pub fn node(&self, index: NodeIndex) -> Option<&PrefixNode> {
        self.nodes.get(index as usize)
    }

    /// From a first node down to this one.
    pub fn path_to(&self, index: NodeIndex) -> Vec<NodeIndex> {
        let above = |at: &NodeIndex| self.node(*at)?.parent;
        let mut path: Vec<NodeIndex> =
            std::iter::successors(Some(index).filter(|at| self.node(*at).is_some()), above).collect();
        path.reverse();
        path
    }

    fn add(&mut self, attempt: u32, trace: &Trace, known: &mut HashMap<Key, NodeIndex>) {
        // In a chain there is one path, whatever the source says of it.
        let branching = trace.tree().is_branching();
        let mut places: Vec<NodeIndex> = Vec::with_capacity(trace.steps.len());
        for (step, at) in trace.steps.iter().zip(0..) {
            let parent = step.parent.and_then(|parent| places.get(parent as usize)).copied();
            let sort = match step.kind {
                StepKind::ToolCall => Sort::Call,
                StepKind::ToolResult => Sort::Result,
                _ => Sort::Said,
            };
            let fresh = NodeIndex::try_from(self.nodes.len()).unwrap_or(NodeIndex::MAX);
            let place = *known.entry((parent, sort, normalised_text(&step.text))).or_insert(fresh);
            if place == fresh {
                let (kind, text) = (step.kind, step.text.clone());
                self.nodes.push(PrefixNode { parent, kind, text, ..PrefixNode::default() });
                let siblings = match parent.and_then(|parent| self.nodes.get_mut(parent as usize)) {
                    Some(above) => &mut above.children,
                    None => &mut self.roots,
                };
                siblings.push(place);
            }
            places.push(place);
            if let Some(node) = self.nodes.get_mut(place as usize) {
                let again = node.visits.last().is_some_and(|last| last.attempt == attempt);
                node.visits.push(Visit { attempt, step: at });
                if !again {
                    node.tally.unknown += 1;
                }
            }
        }
        // Now that all steps are in place: twins count once, with the outcome if one of them is on the path.
        let mut counted = HashSet::new();
        for (step, &place) in trace.steps.iter().zip(&places) {
            if (step.on_path || !branching)
                && counted.insert(place)
                && let Some(node) = self.nodes.get_mut(place as usize)
            {
                node.tally.unknown -= 1;
                node.tally.add(&trace.outcome);
            }
        }
        self.places.push(places);
    }
}

/// The text by which steps are compared: blanks and line breaks are one blank, and there are none at the ends; nor is
/// there a full stop, comma, colon or semicolon at the end. All else counts, letter case included.
pub fn normalised_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    let stops = ['.', ',', ':', ';', '。', '，', '：', '；', '、'];
    let end = out.trim_end_matches(|c: char| c.is_whitespace() || stops.contains(&c)).len();
    out.truncate(end);
    out
}
