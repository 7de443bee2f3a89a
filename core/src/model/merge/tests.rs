//! Attempts merged: small cases, and what holds for all.

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
    let texts: Vec<String> = (0..100).map(|n| format!("Step {n}: and so it goes on, {}", "word ".repeat(20))).collect();
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
