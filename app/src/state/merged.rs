//! All attempts at one problem as one tree, shown like a trace: to be read, not to be labelled.

use serde_json::json;

use stepscope_core::model::{
    Estimate, ImportedLabel, ImportedScore, ImportedValue, Metadata, PrefixNode, PrefixTree, Problem, ScoreKind,
    SourceRef, Step, StepIndex, Trace, TraceBuilder,
};

/// Where a step of the tree keeps how many of the attempts that came there are right, and how many are known to be right
/// or wrong.
const RIGHT: &str = "right";
const JUDGED: &str = "judged";

/// Name of the share of right attempts.
pub const MONTE_CARLO: &str = "Monte Carlo";

/// How many of the attempts that came to a step are right, where attempts were put together.
pub fn right_attempts(step: &Step) -> Option<Estimate> {
    let count = |key: &str| u32::try_from(step.metadata.get(key)?.as_u64()?).ok();
    step.metadata.contains_key("attempts").then_some(())?;
    Some(Estimate { right: count(RIGHT)?, judged: count(JUDGED)? })
}

/// The tree as a trace. Each step knows how many attempts came there and how they ended: as chips, and as scores, the
/// Monte-Carlo mean of their outcomes with its count.
pub fn trace_from_attempts(tree: &PrefixTree, problem: Problem) -> Trace {
    let mut builder = TraceBuilder::new(problem).source_id(format!("{} attempts", tree.attempts.len()));
    let common = most_common_path(tree);
    for (index, node) in (0..).zip(&tree.nodes) {
        builder.push(Step {
            parent: node.parent,
            kind: node.kind,
            text: node.text.clone(),
            on_path: common.contains(&index),
            metadata: attempts_of(tree, node),
            ..Step::default()
        });
        let trace = builder.trace_mut();
        trace.labels.push(chip(index, node));
        let mut score = |name: &str, kind, value| {
            trace.scores.push(ImportedScore { step: Some(index), name: name.into(), kind, value });
        };
        if let Some(mean) = node.tally.mean() {
            score(MONTE_CARLO, ScoreKind::Value, mean);
        }
        if let Some(mean) = node.tally.mean_reward() {
            score("mean reward", ScoreKind::Reward, mean);
        }
        score("attempts", ScoreKind::Count, f64::from(node.tally.attempts()));
    }
    builder.trace_mut().source = SourceRef { format: "attempts".into(), ..SourceRef::default() };
    builder.build()
}

/// From a root, always on to where most attempts went.
fn most_common_path(tree: &PrefixTree) -> Vec<StepIndex> {
    let size = |index: &&StepIndex| tree.node(**index).map_or(0, |node| node.visits.len());
    // The first of equals: `max_by_key` would give the last.
    let most = |nodes: &[StepIndex]| nodes.iter().rev().max_by_key(size).copied();
    let mut path = Vec::new();
    let mut at = most(&tree.roots);
    while let Some(index) = at {
        path.push(index);
        at = tree.node(index).and_then(|node| most(&node.children));
    }
    path
}

fn chip(step: StepIndex, node: &PrefixNode) -> ImportedLabel {
    let tally = node.tally;
    let judged = tally.judged();
    let text = match (tally.attempts(), judged) {
        (1, 0) => "1 attempt".to_owned(),
        (attempts, 0) => format!("{attempts} attempts"),
        (attempts, judged) if attempts == judged => format!("{} of {judged} right", tally.correct),
        (attempts, judged) => format!("{} of {judged} right, {attempts} attempts", tally.correct),
    };
    ImportedLabel {
        step: Some(step),
        value: ImportedValue::Tag,
        source: "attempts".into(),
        field: "outcomes below".into(),
        raw: text,
        base: None,
        rationale: None,
        correction: None,
    }
}

/// Which attempts came here.
fn attempts_of(tree: &PrefixTree, node: &PrefixNode) -> Metadata {
    let attempts = node.visits.iter().filter_map(|visit| tree.attempts.get(visit.attempt as usize));
    let ids: Vec<_> = attempts.map(|attempt| json!({"trace": attempt.id.as_str(), "row": attempt.row})).collect();
    let mut metadata = Metadata::new();
    metadata.insert("attempts".into(), ids.into());
    metadata.insert(RIGHT.into(), node.tally.correct.into());
    metadata.insert(JUDGED.into(), node.tally.judged().into());
    metadata
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::Verdict;

    use super::*;

    #[test]
    fn attempts_share_their_beginning_and_count_their_ends() {
        let attempt = |steps: &[&str], verdict| {
            let builder = TraceBuilder::new(Problem::from_text("1+1?")).verdict(verdict);
            steps.iter().fold(builder, |builder, step| builder.thought(*step)).build()
        };
        let traces = [
            attempt(&["add", "it is 2"], Verdict::Correct),
            attempt(&["add", "it is 3"], Verdict::Incorrect),
            attempt(&["add ", "it is 2."], Verdict::Correct),
        ];
        let tree = PrefixTree::new((0..).zip(&traces));
        let trace = trace_from_attempts(&tree, traces[0].problem.clone());
        let texts: Vec<&str> = trace.steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(texts, ["add", "it is 2", "it is 3"]);
        let chips: Vec<&str> = trace.labels.iter().map(|label| label.raw.as_str()).collect();
        assert_eq!(chips, ["2 of 3 right", "2 of 2 right", "0 of 1 right"]);
        assert_eq!(trace.steps.iter().map(|step| step.on_path).collect::<Vec<_>>(), [true, true, false]);
        let means: Vec<f64> = trace.scores.iter().filter(|s| s.kind == ScoreKind::Value).map(|s| s.value).collect();
        assert_eq!(means.len(), 3);
        assert!((means[0] - 2.0 / 3.0).abs() < 1e-12);
    }
}
