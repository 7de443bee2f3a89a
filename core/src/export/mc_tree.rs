//! Search trees with the value of each node: the chance of a right end from there, as given or as the known ends of the
//! tree tell it.
//!
//! A row is a list of `nodes`, the problem first, each with `id`, `parent` (-1 for none), `kind`, `text`, `mc_value`
//! (null where it is not known), `right` and `ends` (right and known ends at or below it), `label` and `on_path`. Or it is
//! `OmegaPRM`'s nested `reasoning_steps` of `text`, `mc_value` and `children` (openreasoner/openr).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pairs::step_values;
use super::policy::Policy;
use super::shapes::{TreeLayout, TreeValues};
use super::steps::shown;
use crate::model::{Estimate, ScoreKind, StepIndex, StepKind, StepRating, monte_carlo};

/// Trees of Monte-Carlo values.
pub(super) struct McTree;

/// Deeper nests are more than JSON readers take: each level is an object in a list.
const DEEPEST: usize = 60;

#[derive(Serialize, Deserialize)]
struct Flat {
    id: String,
    question: String,
    /// Empty where it is not known.
    final_answer: String,
    nodes: Vec<Node>,
}

#[derive(Serialize, Deserialize)]
struct Node {
    id: i64,
    parent: i64,
    kind: String,
    text: String,
    mc_value: Option<f64>,
    right: u32,
    ends: u32,
    /// Empty for none.
    label: String,
    on_path: bool,
}

#[derive(Serialize, Deserialize)]
struct Nest {
    question: String,
    final_answer: String,
    question_id: String,
    reasoning_steps: Inner,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    text: String,
    mc_value: Option<f64>,
    children: Vec<Inner>,
}

impl ExportFormat for McTree {
    fn name(&self) -> &'static str {
        "mc_tree"
    }

    fn caption(&self) -> &'static str {
        "Search trees with the Monte-Carlo value of each node"
    }

    fn scope(&self) -> Scope {
        Scope::Tree { labels_needed: false }
    }

    fn options(&self) -> &'static [&'static str] {
        &["tree_layout", "tree_values", "pair_score", "only_finished"]
    }

    fn needs_scores(&self) -> bool {
        true
    }

    fn counted(&self) -> &'static [&'static str] {
        &["nodes", "valued", "branching"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![row(input, policy)]
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_valued = |node: &Value| node.get("mc_value").is_some();
        let nodes =
            row.get("nodes").and_then(Value::as_array).is_some_and(|nodes| nodes.first().is_some_and(is_valued));
        let nested = row.get("reasoning_steps").is_some_and(is_valued);
        let tree_layout = if nested { TreeLayout::Nested } else { TreeLayout::Nodes };
        (nodes || nested).then(|| Policy { tree_layout, ..self.defaults() })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        match policy.tree_layout {
            TreeLayout::Nodes => check_flat(&from_json(line)?),
            TreeLayout::Nested => check_nest(&from_json(line)?),
        }
    }
}

fn row(input: &RowInput<'_>, policy: &Policy) -> Made {
    let trace = input.trace;
    if trace.steps.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "the trace has no steps"));
    }
    let tree = trace.tree();
    let estimates = monte_carlo(trace, &tree);
    let mut whole = Estimate::default();
    for root in tree.roots() {
        let root = estimates.get(*root as usize).copied().unwrap_or_default();
        whole = Estimate { right: whole.right + root.right, judged: whole.judged + root.judged };
    }
    let is_value = |kind| kind == ScoreKind::Value;
    let given = step_values(trace, input.scores, &policy.pairs.score, is_value);
    let of_whole = || {
        let name = given.as_ref().map(|values| values.name);
        let mut whole = trace.scores.iter().filter(|score| score.step.is_none());
        whole.find(|score| name.map_or(is_value(score.kind), |name| score.name == name)).map(|score| score.value)
    };
    let value = |step: Option<StepIndex>, counted: &Estimate| match (policy.tree_values, step) {
        (TreeValues::Counted, _) => counted.mean(),
        (TreeValues::Given, Some(step)) => given.as_ref()?.of(step).map(shown),
        (TreeValues::Given, None) => of_whole().filter(|value| value.is_finite()).map(shown),
    };
    let question = trace.problem.text().into_owned();
    let mut nodes = vec![Node {
        id: 0,
        parent: -1,
        kind: StepKind::Message.name().into(),
        text: question.clone(),
        mc_value: value(None, &whole),
        right: whole.right,
        ends: whole.judged,
        label: String::new(),
        on_path: false,
    }];
    for ((index, step), counted) in (0..).zip(&trace.steps).zip(&estimates) {
        nodes.push(Node {
            id: i64::from(index) + 1,
            parent: step.parent.map_or(0, |parent| i64::from(parent) + 1),
            kind: step.kind.name().into(),
            text: step.text.clone(),
            mc_value: value(Some(index), counted),
            right: counted.right,
            ends: counted.judged,
            label: input.rating(index).map_or("", StepRating::name).into(),
            on_path: step.on_path,
        });
    }
    let valued = nodes.iter().filter(|node| node.mc_value.is_some()).count() as u64;
    let counts = vec![("nodes", nodes.len() as u64), ("valued", valued), ("branching", u64::from(tree.is_branching()))];
    let final_answer = trace.problem.answer.clone().unwrap_or_default();
    let line = match policy.tree_layout {
        TreeLayout::Nodes => {
            let line = Flat { id: input.id.into(), question, final_answer, nodes };
            check_flat(&line)?;
            to_json(&line)?
        }
        TreeLayout::Nested => {
            check_nodes(&nodes)?;
            let reasoning_steps = nested(nodes)?;
            let line = Nest { question, final_answer, question_id: input.id.into(), reasoning_steps };
            check_nest(&line)?;
            to_json(&line)?
        }
    };
    Ok(Row { line, counts })
}

/// The nodes within one another. From the last on each is whole when it is given to its parent.
fn nested(nodes: Vec<Node>) -> Result<Inner, Objection> {
    let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let above = usize::try_from(node.parent).ok().and_then(|parent| depths.get(parent));
        depths.push(above.map_or(0, |depth| depth + 1));
    }
    if let Some(depth) = depths.into_iter().max().filter(|depth| *depth > DEEPEST) {
        let reason =
            format!("the tree has {depth} levels, of which readers of JSON take {DEEPEST}; choose tree_layout nodes");
        return Err(Objection::new(Rule::Lossy, reason));
    }
    let parents: Vec<i64> = nodes.iter().map(|node| node.parent).collect();
    let inner = |node: Node| Inner { text: node.text, mc_value: node.mc_value, children: Vec::new() };
    let mut open: Vec<Inner> = nodes.into_iter().map(inner).collect();
    while open.len() > 1 {
        let Some(mut last) = open.pop() else { break };
        last.children.reverse();
        let parent = parents.get(open.len()).and_then(|parent| usize::try_from(*parent).ok());
        if let Some(parent) = parent.and_then(|parent| open.get_mut(parent)) {
            parent.children.push(last);
        }
    }
    let mut root = open.pop().ok_or_else(|| Objection::new(Rule::NoSteps, "the tree has no nodes"))?;
    root.children.reverse();
    Ok(root)
}

fn check_flat(line: &Flat) -> Result<(), Objection> {
    if line.id.is_empty() {
        return Err(Objection::new(Rule::Shape, "the id is empty"));
    }
    check_question(&line.question)?;
    check_nodes(&line.nodes)
}

fn check_question(question: &str) -> Result<(), Objection> {
    if question.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    Ok(())
}

fn check_nodes(nodes: &[Node]) -> Result<(), Objection> {
    let shape = |reason: String| Err(Objection::new(Rule::Shape, reason));
    if nodes.len() < 2 {
        return Err(Objection::new(Rule::NoSteps, "the tree has no nodes below the problem"));
    }
    let mut below = vec![Below::default(); nodes.len()];
    for (at, node) in nodes.iter().enumerate().rev() {
        let place = i64::try_from(at).unwrap_or(i64::MAX);
        if node.id != place || node.parent >= place || (node.parent < 0) != (at == 0) {
            return shape(format!("node {at} is not numbered by its place below an earlier node"));
        }
        if StepKind::from_name(&node.kind).is_none() {
            return shape(format!("`{}` is no kind of step", node.kind));
        }
        if !node.label.is_empty() && StepRating::from_name(&node.label).is_none() {
            return shape(format!("`{}` is no label", node.label));
        }
        check_value(node.mc_value)?;
        let here = below.get(at).copied().unwrap_or_default();
        if node.right > node.ends || here.any && (here.right != node.right || here.ends != node.ends) {
            return shape(format!(
                "node {at} counts {} right of {} ends, unlike those below it",
                node.right, node.ends
            ));
        }
        if let Some(above) = usize::try_from(node.parent).ok().and_then(|parent| below.get_mut(parent)) {
            *above = Below { any: true, right: above.right + node.right, ends: above.ends + node.ends };
        }
    }
    if nodes.iter().all(|node| node.mc_value.is_none()) {
        return Err(Objection::new(Rule::NothingToLearn, "no node has a value"));
    }
    Ok(())
}

/// What the children of a node count together.
#[derive(Clone, Copy, Default)]
struct Below {
    any: bool,
    right: u32,
    ends: u32,
}

fn check_value(value: Option<f64>) -> Result<(), Objection> {
    match value {
        Some(value) if !(0.0..=1.0).contains(&value) => {
            Err(Objection::new(Rule::Shape, format!("the value {value} is outside 0..1, so it is no chance")))
        }
        _ => Ok(()),
    }
}

fn check_nest(line: &Nest) -> Result<(), Objection> {
    check_question(&line.question)?;
    let mut pending = vec![(&line.reasoning_steps, true)];
    let (mut any, mut repeats, mut inner) = (false, true, 0);
    while let Some((node, is_root)) = pending.pop() {
        check_value(node.mc_value)?;
        any |= node.mc_value.is_some();
        for child in &node.children {
            if !is_root {
                inner += 1;
                repeats &= child.text.starts_with(&node.text);
            }
            pending.push((child, false));
        }
    }
    if line.reasoning_steps.children.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "the tree has no nodes below the problem"));
    }
    if !any {
        return Err(Objection::new(Rule::NothingToLearn, "no node has a value"));
    }
    // Files of this form repeat in each node the text before it, or do not; nothing else says which.
    if repeats && inner > 0 {
        let reason = "every step begins with the text of the one before it, which readers take for a repetition; \
                      choose tree_layout nodes";
        return Err(Objection::new(Rule::Lossy, reason));
    }
    Ok(())
}
