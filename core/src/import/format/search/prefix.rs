//! Makes a tree of texts of which some begin with others, as searches leave them.

use crate::model::{Step, StepIndex, TraceBuilder};

/// One distinct prefix.
struct Prefix<'a> {
    text: &'a str,
    /// Where it stands in the file; several times where it was sampled again.
    rows: Vec<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

/// Adds each distinct text as a step: its parent is the longest other text that it starts with, its own text what it
/// adds. `before` is the text of the problem, where the texts begin with it. Gives the text's position in the list and
/// its step, none for the problem itself, in the order of the steps.
pub(super) fn push_prefixes(
    builder: &mut TraceBuilder,
    before: &str,
    texts: &[&str],
) -> Vec<(usize, Option<StepIndex>)> {
    let mut prefixes = prefix_tree(texts);
    // In the order of the file, parents before children.
    let order: Vec<usize> = prefixes.iter().map(|p| p.rows.first().copied().unwrap_or_default()).collect();
    let in_file_order = |nodes: &mut Vec<usize>| nodes.sort_by_key(|&node| std::cmp::Reverse(order.get(node).copied()));
    for prefix in &mut prefixes {
        in_file_order(&mut prefix.children);
    }
    let mut roots: Vec<usize> =
        (0..prefixes.len()).filter(|&n| prefixes.get(n).is_some_and(|p| p.parent.is_none())).collect();
    in_file_order(&mut roots);
    let mut pending: Vec<(usize, Option<StepIndex>, &str)> =
        roots.into_iter().map(|node| (node, None, before)).collect();
    let mut steps = Vec::with_capacity(texts.len());
    while let Some((node, parent, before)) = pending.pop() {
        let Some(prefix) = prefixes.get(node) else { continue };
        let added = prefix.text.strip_prefix(before).unwrap_or(prefix.text);
        // The problem itself is a prefix as well.
        let step = match parent {
            None if added.is_empty() => None,
            _ => Some(builder.push(Step { parent, text: added.into(), ..Step::default() })),
        };
        steps.extend(prefix.rows.iter().map(|&row| (row, step)));
        pending.extend(prefix.children.iter().map(|&child| (child, step, prefix.text)));
    }
    steps
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
