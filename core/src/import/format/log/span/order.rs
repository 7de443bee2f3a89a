//! The order in which spans are told: each before its children, siblings by their start.

use std::collections::HashMap;

use super::super::instant::instant;
use super::{Span, Work, is_nothing};

/// Sections of sections are told up to this many bytes; deeper ones have the name of the last that fits.
const SECTION: usize = 160;

/// A span at its place in the order.
pub(super) struct Place {
    /// Its number in the log.
    pub(super) span: usize,
    /// The names of the spans around it.
    pub(super) section: Option<String>,
    /// Whether something below it has steps.
    pub(super) holds_work: bool,
}

pub(super) struct Order {
    pub(super) places: Vec<Place>,
    pub(super) warnings: Vec<String>,
}

pub(super) fn order(spans: &[Span]) -> Order {
    let mut warnings = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for (number, span) in spans.iter().enumerate() {
        if numbers.insert(&span.id, number).is_some() && !span.id.is_empty() {
            warnings.push(format!("two spans have the id {}; both are shown", span.id));
        }
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    let mut orphans = Vec::new();
    for (number, span) in spans.iter().enumerate() {
        let above = span.parent.as_deref().filter(|parent| !parent.is_empty());
        match above.map(|parent| numbers.get(parent)) {
            None => roots.push(number),
            Some(Some(&parent)) if parent != number => {
                if let Some(siblings) = children.get_mut(parent) {
                    siblings.push(number);
                }
            }
            Some(found) => {
                let why = if found.is_some() { "which is itself" } else { "which is not in the log" };
                let parent = span.parent.as_deref().unwrap_or_default();
                warnings.push(format!("span {} is below {parent}, {why}; it was put where its time is", span.id));
                orphans.push(number);
            }
        }
    }
    // Under the only root an orphan stands between its neighbours in time; else it is a root.
    match (roots.as_slice(), &orphans) {
        (&[root], orphans) => children.get_mut(root).into_iter().for_each(|list| list.extend(orphans)),
        (_, orphans) => roots.extend(orphans),
    }
    let starts: Vec<Option<i64>> = spans.iter().map(|span| span.started.as_ref().and_then(instant)).collect();
    let start = |number: usize| starts.get(number).copied().flatten();
    let sort = |list: &mut Vec<usize>| {
        // Where a time is missing or unreadable, the order of the log says more.
        if list.iter().all(|&number| start(number).is_some()) {
            list.sort_by_key(|&number| start(number));
        }
    };
    sort(&mut roots);
    children.iter_mut().for_each(sort);

    let mut places: Vec<Place> = Vec::with_capacity(spans.len());
    let mut seen = vec![false; spans.len()];
    let mut todo: Vec<(usize, Option<String>)> = roots.into_iter().rev().map(|root| (root, None)).collect();
    let mut next_unseen = 0;
    loop {
        let Some((number, section)) = todo.pop() else {
            // What is left hangs together in circles.
            let Some(left) = (next_unseen..spans.len()).find(|&number| seen.get(number) == Some(&false)) else { break };
            next_unseen = left + 1;
            let id = spans.get(left).map(|span| span.id.as_str()).unwrap_or_default();
            warnings.push(format!("span {id} is below itself; the circle was cut there"));
            todo.push((left, None));
            continue;
        };
        let (Some(mark), Some(span)) = (seen.get_mut(number), spans.get(number)) else { continue };
        if std::mem::replace(mark, true) {
            continue;
        }
        let inner = inner_section(section.as_deref(), &span.name);
        for &child in children.get(number).into_iter().flatten().rev() {
            todo.push((child, inner.clone()));
        }
        places.push(Place { span: number, section, holds_work: false });
    }
    mark_work(spans, &numbers, &mut places);
    Order { places, warnings }
}

/// Tells every span above one with steps that it holds one. Children stand behind their parents.
fn mark_work(spans: &[Span], numbers: &HashMap<&str, usize>, places: &mut [Place]) {
    let mut holds = vec![false; spans.len()];
    for place in places.iter_mut().rev() {
        let Some(span) = spans.get(place.span) else { continue };
        place.holds_work = holds.get(place.span) == Some(&true);
        let works = place.holds_work || span.work != Work::Other || !is_nothing(&span.output);
        let above = span.parent.as_deref().and_then(|parent| numbers.get(parent)).filter(|_| works);
        if let Some(above) = above.and_then(|&above| holds.get_mut(above)) {
            *above = true;
        }
    }
}

fn inner_section(section: Option<&str>, name: &str) -> Option<String> {
    match section {
        _ if name.is_empty() => section.map(str::to_owned),
        None => Some(name.to_owned()),
        Some(outer) if outer.len() + name.len() > SECTION => Some(outer.to_owned()),
        Some(outer) => Some(format!("{outer} / {name}")),
    }
}
