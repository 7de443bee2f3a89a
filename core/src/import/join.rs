//! Brings labels and scores that come without text to the traces of other files.

use std::collections::{HashMap, HashSet};

use chrono::DateTime;
use serde_json::{Value, json};

use super::{Attachment, Imported, Numbering};
use crate::model::{Metadata, Step, StepHash, StepIndex, Trace, TraceId, Verdict};

/// Where what no step could be found for is kept.
const UNPLACED: &str = "unplaced";
/// Where earlier answers of the same judge are kept.
const HISTORY: &str = "history";

/// Where a step, or a span without steps in the metadata of its trace, keeps the span that it came from.
const SPAN: &str = "span_id";

/// By what labels of one span find it; see [`Attachment::join`].
pub(super) fn span_key(id: &str) -> String {
    format!("span:{id}")
}

/// By what labels find a trace or one of its steps.
fn keys(imported: &Imported) -> Vec<(String, Option<StepIndex>)> {
    let trace = &imported.trace;
    let whole = imported.join.iter().map(|join| (join.clone(), None));
    let span = |value: Option<&Value>| value.and_then(Value::as_str).map(span_key);
    let steps = (0..).zip(&trace.steps).filter_map(|(at, step)| Some((span(step.metadata.get(SPAN))?, Some(at))));
    let outline = trace.metadata.get("spans").and_then(Value::as_array).into_iter().flatten();
    whole.chain(steps).chain(outline.filter_map(|listed| Some((span(listed.get(SPAN))?, None)))).collect()
}

/// Attachments on their way to their traces. They are in memory: such files are small beside the traces.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    by_key: HashMap<String, Vec<Held>>,
    siblings: HashSet<(TraceId, Option<StepHash>)>,
}

#[derive(Debug)]
struct Held {
    attachment: Attachment,
    /// Number of the file it came from.
    file: usize,
    name: String,
    found: bool,
}

impl Joiner {
    /// Keeps one from that file.
    pub(super) fn hold(&mut self, file: usize, name: &str, attachment: Attachment) {
        let held = Held { file, name: name.into(), found: false, attachment };
        self.by_key.entry(held.attachment.join.clone()).or_default().push(held);
    }

    /// True where traces may be waited for.
    pub(super) fn holds_any(&self) -> bool {
        !self.by_key.is_empty()
    }

    /// Adds to a trace what is known of it.
    pub(super) fn attach(&mut self, imported: &mut Imported) {
        let mut numbers = HashMap::new();
        for (key, place) in keys(imported) {
            let Some(held) = self.by_key.get_mut(&key) else { continue };
            for held in held.iter_mut() {
                held.found = true;
            }
            for (held, history) in latest(held) {
                let metadata = add(&mut imported.trace, held, history, place);
                keep(&mut imported.trace.metadata, &held.name, metadata, &mut numbers);
            }
        }
    }

    /// How many of each file found no trace.
    pub(super) fn waiting(&self) -> HashMap<usize, u64> {
        let mut waiting = HashMap::new();
        for held in self.by_key.values().flatten().filter(|held| !held.found) {
            *waiting.entry(held.file).or_default() += 1;
        }
        waiting
    }

    /// Whether a trace came before that several rows may give; see `Importer::shares_siblings`.
    pub(super) fn is_repeated(&mut self, trace: &Trace) -> bool {
        let last = trace.steps.last().map(|step| step.hash.clone());
        !self.siblings.insert((trace.id.clone(), last))
    }
}

/// Of each judge the latest answer with the earlier ones; what has no edition stands for itself.
fn latest(held: &[Held]) -> Vec<(&Held, Vec<Value>)> {
    let mut found: Vec<(&Held, Vec<Value>)> = Vec::new();
    for held in held {
        let Some(edition) = &held.attachment.edition else {
            found.push((held, Vec::new()));
            continue;
        };
        let same = found.iter_mut().find_map(|(other, history)| {
            let before = other.attachment.edition.as_ref().filter(|before| before.judge == edition.judge)?;
            Some((before, other, history))
        });
        match same {
            None => found.push((held, Vec::new())),
            // The same export under two names.
            Some((before, _, history)) if before.row == edition.row || history.contains(&edition.row) => {}
            Some((before, other, history)) if is_later(&edition.at, &before.at) => {
                history.push(before.row.clone());
                *other = held;
            }
            Some((_, _, history)) => history.push(edition.row.clone()),
        }
    }
    found
}

/// Whether it was said after the other, or at the same time and further down.
fn is_later(at: &str, other: &str) -> bool {
    match (DateTime::parse_from_rfc3339(at), DateTime::parse_from_rfc3339(other)) {
        (Ok(at), Ok(other)) => at >= other,
        _ => at >= other,
    }
}

/// Adds what one file says. What names no step goes to `place`. Gives what else is said.
fn add(trace: &mut Trace, held: &Held, history: Vec<Value>, place: Option<StepIndex>) -> Metadata {
    let from = &held.attachment;
    let places = Places::new(trace, from.numbering);
    let mut metadata = from.metadata.clone();
    let mut unplaced = Vec::new();
    let mut fields: Vec<String> = Vec::new();
    for label in &from.labels {
        let mut label = label.clone();
        if let Some(number) = label.step {
            let Some(place) = places.find(number) else {
                fields.push(label.field.clone());
                unplaced.extend(serde_json::to_value(label));
                continue;
            };
            label.step = Some(place.step);
        } else {
            label.step = place;
        }
        // What is said twice, in the file of the traces and beside it, is kept once.
        if !trace.labels.contains(&label) {
            trace.labels.push(label);
        }
    }
    let mut late = 0;
    for score in &from.scores {
        let mut score = score.clone();
        if let Some(number) = score.step {
            let Some(place) = places.find(number) else {
                late += 1;
                unplaced.extend(serde_json::to_value(score));
                continue;
            };
            score.step = Some(place.step);
            // Scorers of their own would stand beside the real ones everywhere.
            if place.part.is_some() {
                if let Some(step) = trace.steps.get_mut(place.step as usize) {
                    let parts = step.metadata.entry(format!("{} of parts", score.name)).or_insert_with(|| json!([]));
                    parts.as_array_mut().into_iter().for_each(|parts| parts.push(json!(score.value)));
                }
                continue;
            }
        } else {
            score.step = place;
        }
        trace.scores.push(score);
    }
    let steps = trace.steps.len();
    if !fields.is_empty() {
        let fields = fields.join("`, `");
        trace.warnings.push(format!(
            "{}: `{fields}` names no step of the trace, which has {steps}; kept in the metadata. All labels of \
             that file may be of another version of the trace; check them",
            held.name
        ));
    }
    if late > 0 {
        trace.warnings.push(format!(
            "{}: {late} scores for steps beyond the {steps} of the trace; kept in the metadata",
            held.name
        ));
    }
    if let Some(verdict) = from.verdict.filter(|_| trace.outcome.verdict == Verdict::Unknown) {
        trace.outcome.verdict = verdict;
    }
    for (key, list) in [(UNPLACED, unplaced), (HISTORY, history)] {
        if !list.is_empty() {
            metadata.insert(key.into(), list.into());
        }
    }
    metadata
}

/// Keeps it under the name of its file, with a number where there is more of it. `numbers` has the last one of each.
fn keep(all: &mut Metadata, name: &str, metadata: Metadata, numbers: &mut HashMap<String, u64>) {
    if metadata.is_empty() {
        return;
    }
    let number = numbers.entry(name.to_owned()).or_default();
    let key = loop {
        *number += 1;
        let key = if *number == 1 { name.to_owned() } else { format!("{name} ({number})") };
        if !all.contains_key(&key) {
            break key;
        }
    };
    all.insert(key, metadata.into());
}

/// Which step a number means.
struct Places {
    steps: u32,
    /// Numbers and their steps, in order of the numbers; empty where steps are counted.
    numbered: Vec<(u64, StepIndex)>,
    by_part: bool,
}

struct Place {
    step: StepIndex,
    /// Which part of the step, from 1, where it is not the last.
    part: Option<u64>,
}

impl Places {
    fn new(trace: &Trace, numbering: Numbering) -> Self {
        let (key, by_part) = match numbering {
            Numbering::Steps => (None, false),
            Numbering::Key(key) => (Some(key), false),
            Numbering::Parts(key) => (Some(key), true),
        };
        let number = |step: &Step| step.metadata.get(key?)?.as_u64();
        let mut numbered: Vec<(u64, StepIndex)> =
            (0..).zip(&trace.steps).filter_map(|(index, step)| Some((number(step)?, index))).collect();
        numbered.sort_unstable();
        Self { steps: StepIndex::try_from(trace.steps.len()).unwrap_or(StepIndex::MAX), numbered, by_part }
    }

    fn find(&self, number: StepIndex) -> Option<Place> {
        if self.numbered.is_empty() {
            return (number < self.steps).then_some(Place { step: number, part: None });
        }
        let number = u64::from(number);
        let at = self.numbered.partition_point(|(other, _)| *other < number);
        let &(last, step) = self.numbered.get(at)?;
        if last == number {
            return Some(Place { step, part: None });
        }
        let first = at.checked_sub(1).and_then(|at| self.numbered.get(at)).map_or(0, |(other, _)| other + 1);
        self.by_part.then_some(Place { step, part: Some(number - first + 1) })
    }
}
