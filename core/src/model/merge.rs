//! Puts the attempts at one problem together to one tree: what they have in common stands there once.

use std::collections::HashMap;

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
        let mut counted = std::collections::HashSet::new();
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Problem, Step, TraceBuilder};

    fn chain(texts: &[&str], verdict: Verdict) -> Trace {
        let builder = TraceBuilder::new(Problem::from_text("1+1?")).verdict(verdict);
        texts.iter().fold(builder, |b, t| b.thought(*t)).build()
    }

    /// Text, attempts, right ones and judged ones of each node.
    fn outline(tree: &PrefixTree) -> Vec<(&str, u32, u32, u32)> {
        let line = |node: &'_ PrefixNode| (node.tally.attempts(), node.tally.correct, node.tally.judged());
        tree.nodes.iter().map(|node| (node.text.as_str(), line(node).0, line(node).1, line(node).2)).collect()
    }

    fn merge(traces: &[Trace]) -> PrefixTree {
        PrefixTree::new((0..).zip(traces))
    }

    #[test]
    fn texts_are_compared_without_layout() {
        let check = |text: &str, expected: &str| assert_eq!(normalised_text(text), expected, "{text:?}");
        check("  so\n\tx = 2 . \n", "so x = 2");
        check("5!", "5!");
        check("why?", "why?");
        check("因此。", "因此");
        check("...", "");
        check("a.b", "a.b");
    }

    #[test]
    fn what_attempts_share_stands_once() {
        let traces = [
            chain(&["a", "b", "right"], Verdict::Correct),
            chain(&["a ", "b.", "wrong"], Verdict::Incorrect),
            chain(&["a", "c"], Verdict::Unknown),
            chain(&["d"], Verdict::Correct),
        ];
        let tree = merge(&traces);
        assert_eq!(
            outline(&tree),
            [("a", 3, 1, 2), ("b", 2, 1, 2), ("right", 1, 1, 1), ("wrong", 1, 0, 1), ("c", 1, 0, 0), ("d", 1, 1, 1),]
        );
        assert_eq!(tree.roots, [0, 5]);
        assert_eq!(tree.nodes[1].children, [2, 3]);
        assert_eq!((tree.nodes[1].tally.mean(), tree.nodes[4].tally.mean()), (Some(0.5), None));
        assert_eq!(tree.path_to(3), [0, 1, 3]);
        assert_eq!(tree.place(Visit { attempt: 2, step: 1 }), Some(4));
    }

    #[test]
    fn a_search_counts_its_outcome_on_the_returned_path() {
        let mut builder = TraceBuilder::new(Problem::from_text("q")).verdict(Verdict::Correct);
        builder.trace_mut().outcome.reward = Some(2.0);
        for (text, on_path) in [("a", true), ("b", false), ("b.", true), ("c", false)] {
            let parent = (text != "a").then_some(0);
            builder.push(Step { parent, text: text.into(), on_path, ..Step::default() });
        }
        let traces = [builder.build(), chain(&["a", "c"], Verdict::Incorrect)];
        let tree = merge(&traces);
        let tallies: Vec<(u32, u32, u32)> =
            tree.nodes.iter().map(|n| (n.tally.correct, n.tally.incorrect, n.tally.unknown)).collect();
        // The twins `b` are one node and one attempt.
        assert_eq!(tallies, [(1, 1, 0), (1, 0, 0), (0, 1, 1)]);
        assert_eq!(tree.nodes[1].visits.len(), 2);
        assert_eq!((tree.nodes[1].tally.mean_reward(), tree.nodes[2].tally.mean_reward()), (Some(2.0), None));
    }

    #[test]
    fn calls_and_words_stay_apart() {
        let mut builder = TraceBuilder::new(Problem::from_text("q"));
        builder.chain(StepKind::ToolCall, "look()");
        let tree = merge(&[builder.build(), chain(&["look()"], Verdict::Unknown)]);
        assert_eq!(tree.nodes.len(), 2);
    }

    #[test]
    fn a_thousand_long_attempts_take_no_time() {
        let texts: Vec<String> =
            (0..100).map(|n| format!("Step {n}: and so it goes on, {}", "word ".repeat(20))).collect();
        // Without hashes, which this does not need.
        let make = |number: usize| {
            let step = |at: usize| Step {
                parent: u32::try_from(at).unwrap().checked_sub(1),
                text: texts[(at + number % 7) % 100].clone(),
                ..Step::default()
            };
            Trace { steps: (0..100).map(step).collect(), ..Trace::default() }
        };
        let traces: Vec<Trace> = (0..1000).map(make).collect();
        let start = Instant::now();
        let tree = merge(&traces);
        assert_eq!(tree.nodes.len(), 700);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    fn any_trace() -> impl Strategy<Value = Trace> {
        let step = (any::<prop::sample::Index>(), 0..4_usize, any::<bool>());
        (prop::collection::vec(step, 0..12), 0..3_usize, any::<bool>()).prop_map(|(steps, verdict, chain)| {
            let verdict = [Verdict::Correct, Verdict::Incorrect, Verdict::Unknown][verdict];
            let mut builder = TraceBuilder::new(Problem::from_text("q")).verdict(verdict);
            for (at, (parent, text, on_path)) in (0..).zip(steps) {
                let any = u32::try_from(parent.index(at + 1)).unwrap().checked_sub(1);
                let parent = if chain { u32::try_from(at).unwrap().checked_sub(1) } else { any };
                let text = ["a", "a ", "b", "c."][text].to_owned();
                builder.push(Step { parent, text, on_path, ..Step::default() });
            }
            builder.build()
        })
    }

    /// Each node as its path of texts, with the rows and steps that are there and its counts.
    fn content(traces: &[(u32, Trace)]) -> BTreeSet<String> {
        let tree = PrefixTree::new(traces.iter().map(|(row, trace)| (*row, trace)));
        let row = |visit: &Visit| (tree.attempts[visit.attempt as usize].row, visit.step);
        let line = |(at, node): (u32, &PrefixNode)| {
            let path: Vec<&str> = tree.path_to(at).iter().map(|&at| tree.nodes[at as usize].text.as_str()).collect();
            format!("{path:?} {:?} {:?}", node.visits.iter().map(row).collect::<Vec<_>>(), node.tally)
        };
        (0..).zip(&tree.nodes).map(line).collect()
    }

    proptest! {
        #[test]
        fn every_attempt_reads_back_its_own_texts(traces in prop::collection::vec(any_trace(), 0..6)) {
            let tree = merge(&traces);
            for (attempt, trace) in (0..).zip(&traces) {
                let steps = trace.tree();
                for step in 0..u32::try_from(trace.steps.len()).unwrap() {
                    let own: Vec<String> =
                        steps.path_to(&trace.steps, step).iter().map(|&s| normalised_text(&trace.steps[s as usize].text)).collect();
                    let path = tree.path_to(tree.place(Visit { attempt, step }).unwrap());
                    let read: Vec<String> = path.iter().map(|&node| {
                        let visit = tree.nodes[node as usize].visits.iter().find(|v| v.attempt == attempt).unwrap();
                        normalised_text(&trace.steps[visit.step as usize].text)
                    }).collect();
                    prop_assert_eq!(own, read);
                }
            }
        }

        #[test]
        fn counts_add_up(traces in prop::collection::vec(any_trace(), 0..6)) {
            let tree = merge(&traces);
            let steps: usize = traces.iter().map(|t| t.steps.len()).sum();
            prop_assert_eq!(tree.nodes.iter().map(|n| n.visits.len()).sum::<usize>(), steps);
            for node in &tree.nodes {
                let attempts: BTreeSet<u32> = node.visits.iter().map(|v| v.attempt).collect();
                prop_assert_eq!(node.tally.attempts() as usize, attempts.len());
                for &child in &node.children {
                    let here: BTreeSet<u32> = tree.nodes[child as usize].visits.iter().map(|v| v.attempt).collect();
                    prop_assert!(here.is_subset(&attempts));
                }
            }
        }

        #[test]
        fn the_order_makes_no_difference(traces in prop::collection::vec(any_trace(), 0..6).prop_shuffle(), turn in 0..6_usize) {
            let mut numbered: Vec<(u32, Trace)> = (0..).zip(traces).collect();
            let first = content(&numbered);
            let turn = turn.min(numbered.len());
            numbered.rotate_left(turn);
            let second = content(&numbered);
            prop_assert_eq!(first, second);
        }

        #[test]
        fn one_chain_is_itself(texts in prop::collection::vec("[ab .]{0,4}", 0..8)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let trace = chain(&texts, Verdict::Correct);
            let tree = merge(std::slice::from_ref(&trace));
            prop_assert_eq!(tree.nodes.len(), trace.steps.len());
            for (node, step) in tree.nodes.iter().zip(&trace.steps) {
                prop_assert_eq!(node.parent, step.parent);
                prop_assert_eq!(node.tally.mean(), Some(1.0));
            }
        }
    }
}
