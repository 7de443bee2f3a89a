//! The map of the whole trace: one strip in which every step of the path is a band as high as the step is long.

use std::ops::Range;

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{FirstError, ImportedLabel, ImportedValue, LabelKind, StepIndex, StepKind, StepRating};

use super::calls::{THRESHOLD, failure};
use super::card::{imported_text, rating_text};
use super::scores::{ScoreSeries, score_text, score_tone};
use super::{Tone, one_line};
use crate::state::OpenTrace;
use crate::state::reading::Matches;

/// Fewer steps than this are seen at a glance without a map.
const LEAST_STEPS: usize = 6;

/// Bands are at least so high, in points; lower ones are put together.
const LEAST_HEIGHT: f64 = 2.0;

/// A step is at most so many times as high as the usual one, and at least this part of it.
const HEIGHTS: (f64, f64) = (0.35, 10.0);

/// What of a step is worth a mark; the more important one comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum Mark {
    /// Something else was said of it: a note, a tag.
    Other,
    /// Rated good.
    Good,
    /// Rated neutral.
    Neutral,
    /// Rated unsure.
    Unsure,
    /// Rated bad, or an error of some kind.
    Bad,
    /// The first error.
    FirstError,
}

impl Mark {
    /// What it suggests.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Other => Tone::Accent,
            Self::Good => Tone::Good,
            Self::Neutral => Tone::Neutral,
            Self::Unsure => Tone::Unsure,
            Self::Bad | Self::FirstError => Tone::Bad,
        }
    }
}

/// One step, or several that are too short to be told apart.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Band {
    /// Positions on the path, from 0.
    pub steps: Range<usize>,
    /// Upper and lower edge, in points from the top.
    pub edges: (f32, f32),
    /// Kind of the longest step.
    pub kind: StepKind,
    /// How long the longest step is, as a share of the longest of all, on a scale that lets short ones be seen.
    pub length: f32,
    /// The lowest score, as a share of the axis, and what it suggests.
    pub score: Option<(f32, Tone)>,
    /// What the annotator said of it.
    pub own: Option<Mark>,
    /// What the data says of it.
    pub imported: Option<Mark>,
    /// A call or a program failed.
    pub failed: bool,
    /// What is looked for is in it.
    pub found: bool,
}

/// The map.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct MinimapModel {
    /// The bands, from the top.
    pub bands: Vec<Band>,
    /// Steps on the path.
    pub steps: usize,
    /// Position of the selected step on the path.
    pub selected: usize,
    /// Upper and lower edge of what is on screen, in points.
    pub frame: Option<(f32, f32)>,
    /// Scores have a column.
    pub has_scores: bool,
    /// Something is looked for.
    pub is_finding: bool,
    /// The upper edge of every step and the lower one of the last, in points.
    #[cfg_attr(feature = "testing", serde(skip))]
    tops: Vec<f32>,
}

/// What the map is made of besides the trace.
#[derive(Clone, Copy, Debug)]
pub struct MinimapFacts<'a> {
    /// What the annotator said.
    pub said: Option<&'a TraceAnnotation>,
    /// The score that is shown.
    pub scores: Option<&'a ScoreSeries>,
    /// What the data says of right and wrong is shown.
    pub shows_imported: bool,
    /// Outcomes are shown.
    pub shows_outcome: bool,
    /// What was found.
    pub found: &'a Matches,
}

impl MinimapModel {
    /// True where the path is long enough for a map.
    pub fn is_worth(open: &OpenTrace) -> bool {
        open.path.len() >= LEAST_STEPS
    }

    /// Builds it for a strip of that height in points.
    pub fn new(open: &OpenTrace, facts: MinimapFacts<'_>, visible: Range<usize>, height: f32) -> Self {
        let tops = tops(open, f64::from(height));
        let scale = facts.scores.and_then(|series| Scale::of(series, &open.path));
        let first_error = facts.said.and_then(|said| match said.first_error.as_ref() {
            Some(FirstError::At(hash)) => open.find_step(hash),
            _ => None,
        });
        let imported_error = open.imported_error.filter(|_| facts.shows_imported);
        let mut bands: Vec<Band> = Vec::with_capacity(open.path.len().min(2 * tops.len()));
        let most = open.path.iter().map(|&step| open.facts.length(step)).max().unwrap_or(0).max(1);
        let mut longest = 0;
        for (position, (&index, edges)) in open.path.iter().zip(tops.windows(2)).enumerate() {
            let (Some(step), [top, bottom]) = (open.trace.step(index), edges) else { continue };
            let length = open.facts.length(index);
            let band = Band {
                steps: position..position + 1,
                edges: (*top, *bottom),
                kind: step.kind,
                length: share_of(length, most),
                score: facts.scores.zip(scale).and_then(|(series, scale)| {
                    let value = series.at(index).filter(|value| !value.is_nan())?;
                    Some((scale.share(value), score_tone(series.kind, value)))
                }),
                own: own_mark(open, facts.said, index, first_error),
                imported: facts.shows_imported.then(|| imported_mark(open, index, imported_error)).flatten(),
                failed: failure(open, index, facts.shows_outcome).is_some(),
                found: !facts.found.of_step(index).is_empty(),
            };
            let low = |last: &&mut Band| f64::from(last.edges.1 - last.edges.0) < LEAST_HEIGHT;
            if let Some(last) = bands.last_mut().filter(low) {
                last.join(&band, length > longest);
                longest = longest.max(length);
            } else {
                longest = length;
                bands.push(band);
            }
        }
        let mut model = Self {
            bands,
            steps: open.path.len(),
            selected: open.at,
            frame: None,
            has_scores: scale.is_some(),
            is_finding: !facts.found.all().is_empty(),
            tops,
        };
        model.follow(open.at, visible);
        model
    }

    /// Another step is selected, or others are on screen.
    pub fn follow(&mut self, selected: usize, visible: Range<usize>) {
        let edge = |at: usize| self.tops.get(at).copied();
        self.frame = edge(visible.start).zip(edge(visible.end)).filter(|_| !visible.is_empty());
        self.selected = selected;
    }

    /// The step at that height, and how far into it.
    pub fn at(&self, y: f32) -> Option<(usize, f32)> {
        let position = self.tops.partition_point(|top| *top <= y).saturating_sub(1).min(self.steps.checked_sub(1)?);
        let (top, bottom) = self.edges(position)?;
        Some((position, ((y - top) / (bottom - top).max(0.001)).clamp(0.0, 1.0)))
    }

    /// Upper and lower edge of a step, in points.
    pub fn edges(&self, position: usize) -> Option<(f32, f32)> {
        Some((*self.tops.get(position)?, *self.tops.get(position + 1)?))
    }
}

impl Band {
    /// Takes in the step below; what is worse or more important is kept.
    fn join(&mut self, other: &Self, is_longer: bool) {
        self.steps.end = other.steps.end;
        self.edges.1 = other.edges.1;
        if is_longer {
            self.kind = other.kind;
        }
        self.length = self.length.max(other.length);
        self.score = match (self.score, other.score) {
            (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
            (a, b) => a.or(b),
        };
        self.own = self.own.max(other.own);
        self.imported = self.imported.max(other.imported);
        self.failed |= other.failed;
        self.found |= other.found;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a length on screen")]
fn share_of(length: u64, most: u64) -> f32 {
    (length as f64 / most as f64).sqrt() as f32
}

/// The axis of scores: 0 to 1, or from the lowest to the highest of the path.
#[derive(Clone, Copy)]
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn of(series: &ScoreSeries, path: &[StepIndex]) -> Option<Self> {
        let values = || path.iter().filter_map(|&step| series.at(step)).filter(|value| value.is_finite());
        values().next()?;
        if series.kind.is_unit() {
            return Some(Self { least: 0.0, most: 1.0 });
        }
        Some(Self { least: values().fold(f64::MAX, f64::min), most: values().fold(f64::MIN, f64::max) })
    }

    #[expect(clippy::cast_possible_truncation, reason = "a length on screen")]
    fn share(self, value: f64) -> f32 {
        let span = self.most - self.least;
        if span <= 0.0 { 1.0 } else { ((value - self.least) / span).clamp(0.0, 1.0) as f32 }
    }
}

/// The upper edges of the steps and the lower one of the last.
#[expect(clippy::cast_possible_truncation, reason = "points on screen")]
fn tops(open: &OpenTrace, height: f64) -> Vec<f32> {
    let mut lengths: Vec<u64> = open.path.iter().map(|&step| open.facts.length(step).max(1)).collect();
    let heights = lengths.clone();
    let middle = lengths.len() / 2;
    let usual = if lengths.is_empty() { 1 } else { *lengths.select_nth_unstable(middle).1 };
    let (least, most) = HEIGHTS;
    let weight = |length: u64| (length as f64 / usual as f64).clamp(least, most);
    let total: f64 = heights.iter().map(|&length| weight(length)).sum();
    // Few steps do not fill the strip, so that a short step still looks short.
    let unit = (height / total.max(1.0)).min(40.0);
    let mut top = 0.0;
    let mut tops = Vec::with_capacity(heights.len() + 1);
    tops.push(0.0);
    for length in heights {
        top += weight(length) * unit;
        tops.push(top as f32);
    }
    tops
}

fn own_mark(
    open: &OpenTrace,
    said: Option<&TraceAnnotation>,
    step: StepIndex,
    first_error: Option<StepIndex>,
) -> Option<Mark> {
    if first_error == Some(step) {
        return Some(Mark::FirstError);
    }
    let said = said.filter(|said| !said.steps.is_empty())?;
    let of_step = said.steps.get(&open.trace.step(step)?.hash)?;
    if of_step.labels.has(LabelKind::Error) {
        return Some(Mark::Bad);
    }
    match of_step.rating {
        Some(rating) => Some(rating_mark(rating)),
        None => (!of_step.note.is_empty() || of_step.labels.iter().next().is_some()).then_some(Mark::Other),
    }
}

fn imported_mark(open: &OpenTrace, step: StepIndex, first_error: Option<StepIndex>) -> Option<Mark> {
    if first_error == Some(step) {
        return Some(Mark::FirstError);
    }
    open.labels_of(step).filter_map(mark_of).max()
}

fn mark_of(label: &ImportedLabel) -> Option<Mark> {
    match label.value {
        ImportedValue::Rating(rating) => Some(rating_mark(rating)),
        ImportedValue::Soft(value) => Some(if value < THRESHOLD { Mark::Bad } else { Mark::Good }),
        ImportedValue::FirstError => Some(Mark::FirstError),
        ImportedValue::ErrorSomewhere => Some(Mark::Bad),
        ImportedValue::NoError => None,
        ImportedValue::Preferred | ImportedValue::Dispreferred | ImportedValue::Tag | ImportedValue::Remark => {
            Some(Mark::Other)
        }
    }
}

const fn rating_mark(rating: StepRating) -> Mark {
    match rating {
        StepRating::Good => Mark::Good,
        StepRating::Neutral => Mark::Neutral,
        StepRating::Bad => Mark::Bad,
        StepRating::Unsure => Mark::Unsure,
    }
}

/// What is told of a step where the pointer is.
pub fn hover_text(open: &OpenTrace, facts: MinimapFacts<'_>, position: usize) -> Option<String> {
    let index = *open.path.get(position)?;
    let step = open.trace.step(index)?;
    let mut lines =
        vec![format!("Step {} of {} · {}", position + 1, open.path.len(), step.kind.name().replace('_', " "))];
    let words = one_line(&step.text, 90);
    if !words.is_empty() {
        lines.push(words);
    }
    if let Some((series, value)) = facts.scores.and_then(|series| Some((series, series.at(index)?))) {
        lines.push(format!("{} {}", series.name, score_text(value)));
    }
    if let Some(rating) = facts.said.and_then(|said| said.steps.get(&step.hash)?.rating) {
        lines.push(format!("You: {}", rating_text(rating).0));
    }
    if facts.shows_imported {
        let label = |label: &ImportedLabel| format!("{}: {}", label.source, one_line(&imported_text(label).0, 60));
        lines.extend(open.labels_of(index).take(3).map(label));
    }
    if let Some(why) = failure(open, index, facts.shows_outcome) {
        lines.push(format!("Failed: {why}"));
    }
    let found = facts.found.of_step(index).len();
    if found > 0 {
        lines.push(format!("{found} found"));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{Problem, Step, StepFlag, TraceBuilder};

    use super::*;

    fn open(lengths: &[usize]) -> OpenTrace {
        let mut builder = TraceBuilder::new(Problem::from_text("?"));
        for &length in lengths {
            builder = builder.thought("w ".repeat(length));
        }
        OpenTrace::new(0, builder.build())
    }

    fn facts(found: &Matches) -> MinimapFacts<'_> {
        MinimapFacts { said: None, scores: None, shows_imported: true, shows_outcome: true, found }
    }

    #[test]
    fn heights_follow_lengths_within_bounds() {
        let open = open(&[10, 20, 10, 1, 10, 100_000]);
        let none = Matches::default();
        let map = MinimapModel::new(&open, facts(&none), 0..2, 600.0);
        let height = |at: usize| map.edges(at).map(|(top, bottom)| bottom - top).unwrap();
        assert!((height(1) / height(0) - 2.0).abs() < 0.01, "twice as long, twice as high");
        assert!((height(3) / height(0) - 0.35).abs() < 0.01, "never too low");
        assert!((height(5) / height(0) - 10.0).abs() < 0.01, "never too high");
        assert_eq!(map.frame, Some((0.0, map.edges(1).unwrap().1)));
        assert_eq!(map.at(map.edges(2).unwrap().0 + 0.1).map(|(position, _)| position), Some(2));
        assert_eq!(map.at(-5.0), Some((0, 0.0)));
        assert_eq!(map.at(9_999.0), Some((5, 1.0)));
    }

    #[test]
    fn of_many_steps_the_worst_is_seen() {
        let mut builder = TraceBuilder::new(Problem::from_text("?"));
        for number in 0..5_000_u32 {
            let kind = if number == 1_234 { StepKind::ToolResult } else { StepKind::Thought };
            let flags = if number == 1_234 { vec![StepFlag::Failed] } else { Vec::new() };
            let parent = number.checked_sub(1);
            builder.push(Step { parent, kind, flags, text: "some words".into(), on_path: true, ..Step::default() });
        }
        builder.label(Some(4_321), ImportedValue::Rating(StepRating::Bad), "human", "rating", "-1");
        builder.label(Some(4_322), ImportedValue::Rating(StepRating::Good), "human", "rating", "1");
        let mut open = OpenTrace::new(0, builder.build());
        open.at = 77;
        let mut values = vec![Some(0.9); 5_000];
        values[2_000] = Some(0.1);
        let scores = ScoreSeries {
            name: "prm".into(),
            kind: stepscope_core::model::ScoreKind::Correctness,
            imported: false,
            values,
            details: std::collections::BTreeMap::new(),
        };
        let none = Matches::default();
        let facts = MinimapFacts { scores: Some(&scores), ..facts(&none) };
        let map = MinimapModel::new(&open, facts, 0..40, 700.0);
        assert!(map.bands.len() <= 350, "{} bands", map.bands.len());
        assert_eq!(map.bands.iter().map(|band| band.steps.len()).sum::<usize>(), 5_000, "no step is left out");
        let of = |step: usize| map.bands.iter().find(|band| band.steps.contains(&step)).unwrap();
        assert!(of(1_234).failed && !of(1_300).failed);
        assert_eq!(of(2_000).score.map(|(share, tone)| (share < 0.2, tone)), Some((true, Tone::Bad)));
        assert_eq!(of(4_321).imported, Some(Mark::Bad));
        let hidden = MinimapModel::new(&open, MinimapFacts { shows_imported: false, ..facts }, 0..40, 700.0);
        assert!(hidden.bands.iter().all(|band| band.imported.is_none()), "blind");
    }
}
