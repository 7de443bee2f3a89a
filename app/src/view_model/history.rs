//! What was said, in words: one line for each gesture, with when and where.

use std::collections::HashSet;

use stepscope_core::annotation::{Annotations, Event, Gesture, LabelSchema, Named, StepRef, Target, Way, overlaid};
use stepscope_core::model::{
    FirstError, Label, OutcomeLabel, Relation, StepHash, StepRating, Timestamp, TraceId, TraceStatus,
};
use stepscope_core::store::Store;

use super::labels::{author, error_text, number, span_says, step_number};
use super::one_line;
use super::work::who;
use crate::state::OpenTrace;
use crate::state::beside::linked_step;

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct HistoryLine {
    /// Hours and minutes of the user's clock.
    pub time: String,
    /// What was said.
    pub words: String,
    /// The trace it was said of; empty where there were several.
    pub place: String,
    /// It was undone.
    pub undone: bool,
}

/// What names steps and traces in words.
pub trait Places {
    /// What a step is called in its trace, such as `step 4`.
    fn step(&self, step: &StepRef) -> String;

    /// What a trace is called.
    fn trace(&self, trace: &TraceId) -> String;

    /// What annotators are asked for, with the titles of tags, scales and kinds of errors.
    fn schema(&self) -> &LabelSchema;
}

/// Names from the open project.
#[derive(Clone, Copy)]
pub struct ProjectPlaces<'a> {
    /// The traces.
    pub store: &'a Store,
    /// What the annotator said: cuts and written steps change numbers.
    pub said: &'a Annotations,
    /// What annotators are asked for.
    pub schema: &'a LabelSchema,
    /// The open trace: of it nothing needs to be read.
    pub open: Option<&'a OpenTrace>,
}

impl Places for ProjectPlaces<'_> {
    fn step(&self, step: &StepRef) -> String {
        self.number(&step.trace, &step.step).map_or_else(|| "a step".into(), |number| format!("step {number}"))
    }

    fn trace(&self, trace: &TraceId) -> String {
        let summary = self.store.row_of(trace).and_then(|row| self.store.summary(row));
        match summary {
            Some(summary) => summary.source_id.unwrap_or_else(|| one_line(&summary.problem, 32)),
            None => "a trace that is gone".into(),
        }
    }

    fn schema(&self) -> &LabelSchema {
        self.schema
    }
}

impl ProjectPlaces<'_> {
    /// The number of a step, from 1, on the path that leads to it in the trace as the annotator sees it.
    fn number(&self, trace: &TraceId, step: &StepHash) -> Option<usize> {
        if let Some(open) = self.open.filter(|open| open.trace.id == *trace) {
            return step_number(open, step);
        }
        let row = self.store.row_of(trace)?;
        let said = self.said.trace(trace);
        // Without branches, cuts and written steps the table of steps is enough.
        let changed = said.is_some_and(|said| {
            said.labels
                .iter()
                .chain(said.steps.values().flat_map(|step| step.labels.iter()))
                .any(|label| matches!(label, Label::Written(_) | Label::Cut(_) | Label::Joined))
        });
        if !changed && self.store.summary(row).is_some_and(|summary| !summary.branching) {
            return self.store.step_hashes(row).iter().position(|hash| hash == step).map(|at| at + 1);
        }
        let source = self.store.trace(row).ok()?;
        let trace = said.and_then(|said| overlaid(&source, said)).unwrap_or(source);
        Some(trace.tree().path_to(&trace.steps, trace.find_step(step)?).len())
    }
}

impl HistoryLine {
    /// Puts a gesture into words; `offset_s` is how far the user's clock is ahead of UTC.
    pub fn new(gesture: &Gesture, undone: bool, offset_s: i32, places: &dyn Places) -> Self {
        let traces: HashSet<&TraceId> = gesture.events.iter().filter_map(|event| trace_of(event)).collect();
        let mut words = match traces.len() {
            0 | 1 => sentence(&gesture.events, places),
            count => of_many(&gesture.events, count, places.schema()),
        };
        if gesture.under.way == Way::Adopted {
            words.push_str(", taken over from a file");
        }
        let place = match (traces.len(), traces.iter().next()) {
            (1, Some(trace)) => places.trace(trace),
            _ => String::new(),
        };
        Self { time: time_text(gesture.at, offset_s), words, place, undone }
    }

    /// True where it contains all of these words, which are in lower case.
    pub fn contains(&self, words: &str) -> bool {
        let line = format!("{} {} {}", self.time, self.words, self.place).to_lowercase();
        words.split_whitespace().all(|word| line.contains(word))
    }
}

/// `14:02`.
pub fn time_text(at: Timestamp, offset_s: i32) -> String {
    let minutes = (at.0.div_euclid(1000) + i64::from(offset_s)).div_euclid(60).rem_euclid(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `Today`, `Yesterday`, or the date of a day since 1970.
pub fn day_text(day: i64, today: i64) -> String {
    match today - day {
        0 => "Today".into(),
        1 => "Yesterday".into(),
        _ => {
            let date = Timestamp(day.saturating_mul(86_400_000)).to_string();
            date.split('T').next().unwrap_or_default().to_owned()
        }
    }
}

fn trace_of(event: &Event) -> Option<&TraceId> {
    match event {
        Event::StepRated { step, .. } => Some(&step.trace),
        Event::FirstErrorMarked { trace, .. } | Event::StatusSet { trace, .. } => Some(trace),
        Event::NoteWritten { target, .. } | Event::Labelled { target, .. } => Some(target.trace()),
        Event::Undone { .. } | Event::Redone { .. } | Event::Unknown(_) => None,
    }
}

/// What was said of one trace: all of it where it is little, else the beginning.
fn sentence(events: &[Event], places: &dyn Places) -> String {
    // What an annotator read on the way is worth a word only where nothing came of it.
    let inspected = |event: &&Event| matches!(event, Event::Labelled { label: Some(Label::Inspected(_)), .. });
    let told: Vec<&Event> = events.iter().filter(|event| !inspected(event)).collect();
    let told: Vec<&Event> = if told.is_empty() { events.iter().collect() } else { told };
    match told.as_slice() {
        [] => "did something that this version does not know".into(),
        [one] => event_words(one, places),
        [one, other] => format!("{} and {}", event_words(one, places), event_words(other, places)),
        [one, other, rest @ ..] => {
            format!("{}, {} and {} more", event_words(one, places), event_words(other, places), rest.len())
        }
    }
}

/// What was said of many traces at once.
fn of_many(events: &[Event], traces: usize, schema: &LabelSchema) -> String {
    let Some(first) = events.first() else { return String::new() };
    // What became of a proposal follows from the mark.
    let follows = |event: &Event| match event {
        Event::Labelled { label, before, .. } => matches!(label.as_ref().or(before.as_ref()), Some(Label::Verified(_))),
        _ => false,
    };
    let alike = events.iter().all(|event| same_sort(first, event) || follows(event));
    match first {
        Event::StatusSet { status, .. } if alike => match status {
            TraceStatus::Open => format!("opened {traces} traces again"),
            TraceStatus::Defective => format!("flagged {traces} problems as defective"),
            TraceStatus::GivenUp => format!("gave up {traces} traces"),
            TraceStatus::Done => format!("labelled {traces} traces as done"),
            TraceStatus::Skipped => format!("labelled {traces} traces as skipped"),
        },
        Event::FirstErrorMarked { mark: Some(FirstError::NoneUpTo(_)), .. } if alike => {
            format!("marked {traces} traces as all correct")
        }
        Event::Labelled { label: Some(Label::Tag(tag)), .. } if alike => {
            format!("tagged {traces} traces “{}”", schema.tag_title(tag))
        }
        Event::Labelled { label: None, before: Some(Label::Tag(tag)), .. } if alike => {
            format!("took the tag “{}” off {traces} traces", schema.tag_title(tag))
        }
        _ if events.iter().all(takes_away) => format!("took the labels off {traces} traces"),
        _ => format!("labelled {traces} traces"),
    }
}

fn same_sort(one: &Event, other: &Event) -> bool {
    match (one, other) {
        (Event::StatusSet { status: one, .. }, Event::StatusSet { status: other, .. }) => one == other,
        (
            Event::FirstErrorMarked { mark: Some(FirstError::NoneUpTo(_)), .. },
            Event::FirstErrorMarked { mark: Some(FirstError::NoneUpTo(_)), .. },
        ) => true,
        (
            Event::Labelled { label: Some(Label::Tag(one)), .. },
            Event::Labelled { label: Some(Label::Tag(other)), .. },
        )
        | (
            Event::Labelled { label: None, before: Some(Label::Tag(one)), .. },
            Event::Labelled { label: None, before: Some(Label::Tag(other)), .. },
        ) => one == other,
        _ => false,
    }
}

fn takes_away(event: &Event) -> bool {
    match event {
        Event::StepRated { rating, .. } => rating.is_none(),
        Event::FirstErrorMarked { mark, .. } => mark.is_none(),
        Event::StatusSet { status, .. } => *status == TraceStatus::Open,
        Event::Labelled { label, .. } => label.is_none(),
        Event::NoteWritten { .. } | Event::Undone { .. } | Event::Redone { .. } | Event::Unknown(_) => false,
    }
}

/// One fact in words, in the past tense.
pub fn event_words(event: &Event, places: &dyn Places) -> String {
    match event {
        Event::StepRated { step, rating: Some(rating), .. } => {
            format!("rated {} {}", places.step(step), rating.name())
        }
        Event::StepRated { step, rating: None, before } => {
            let name = before.map_or("", StepRating::name);
            format!("took the rating “{name}” off {}", places.step(step))
        }
        Event::FirstErrorMarked { trace, mark, before } => {
            first_error_words(trace, mark.as_ref(), before.as_ref(), places)
        }
        Event::StatusSet { status, before, .. } => match status {
            TraceStatus::Done => "finished the trace".into(),
            TraceStatus::Skipped => "skipped the trace".into(),
            TraceStatus::Defective => "flagged the problem as defective".into(),
            TraceStatus::GivenUp => "gave up".into(),
            TraceStatus::Open if *before == TraceStatus::Defective => "took the flag off the problem".into(),
            TraceStatus::Open => "opened the trace again".into(),
        },
        Event::NoteWritten { target, text, before } => {
            let place = place_words(target, places);
            match (text.is_empty(), before.is_empty()) {
                (true, _) => format!("removed the note on {place}"),
                (false, true) => format!("wrote a note on {place}: “{}”", one_line(text, 60)),
                (false, false) => format!("changed the note on {place}: “{}”", one_line(text, 60)),
            }
        }
        Event::Labelled { target, label: Some(label), .. } => given_words(label, target, places),
        Event::Labelled { target, label: None, before } => match before {
            Some(before) => taken_words(before, target, places),
            None => format!("took a label off {}", place_words(target, places)),
        },
        Event::Undone { .. } => "undid something".into(),
        Event::Redone { .. } => "brought back something".into(),
        Event::Unknown(_) => "did something that this version does not know".into(),
    }
}

fn first_error_words(
    trace: &TraceId,
    mark: Option<&FirstError>,
    before: Option<&FirstError>,
    places: &dyn Places,
) -> String {
    let step = |hash: &StepHash| places.step(&StepRef { trace: trace.clone(), step: hash.clone() });
    match (mark, before) {
        (Some(FirstError::At(hash)), _) => format!("marked {} as first error", step(hash)),
        (Some(FirstError::NoneUpTo(hash)), _) => format!("marked all steps as correct, up to {}", step(hash)),
        (Some(FirstError::Unsure), _) => "left the first error undecided".into(),
        (None, Some(FirstError::At(hash))) => format!("took the first error off {}", step(hash)),
        (None, Some(FirstError::NoneUpTo(_))) => "took back that all steps are correct".into(),
        (None, Some(FirstError::Unsure) | None) => "took back that the first error is undecided".into(),
    }
}

fn place_words(target: &Target, places: &dyn Places) -> String {
    match target {
        Target::Trace(_) => "the trace".into(),
        Target::Step(step) => places.step(step),
    }
}

/// What a label says.
fn given_words(label: &Label, target: &Target, places: &dyn Places) -> String {
    let place = place_words(target, places);
    let other = |hash: &StepHash| places.step(&StepRef { trace: target.trace().clone(), step: hash.clone() });
    let quoted = |text: &str| format!("“{}”", one_line(text, 60));
    let schema = places.schema();
    match label {
        Label::Outcome(OutcomeLabel::Right) => "judged the answer right".into(),
        Label::Outcome(OutcomeLabel::Wrong) => "judged the answer wrong".into(),
        Label::Outcome(OutcomeLabel::Unsure) => "left the answer undecided".into(),
        Label::Reason(text) => format!("gave the reason {}", quoted(text)),
        Label::Verified(verified) if verified.agreed => format!("confirmed the proposal of {}", who(&verified.by)),
        Label::Verified(verified) => format!("corrected the proposal of {}", who(&verified.by)),
        Label::Tag(tag) => format!("tagged {place} {}", quoted(schema.tag_title(tag))),
        Label::Rated(rated) => {
            let value = number(rated.value);
            let level = schema.dimension(&rated.dimension).and_then(|scale| scale.level(rated.value));
            let level = level.filter(|level| *level != value).map(|level| format!(" ({level})")).unwrap_or_default();
            format!("rated {place} {value}{level} on {}", quoted(scale_title(schema, &rated.dimension)))
        }
        Label::Written(step) => match (&step.replaces, &step.taken_from) {
            (Some(replaced), _) => format!("rewrote {}: {}", other(replaced), quoted(&step.text)),
            (None, Some(_)) => format!("took over a step: {}", quoted(&step.text)),
            (None, None) => format!("wrote a step: {}", quoted(&step.text)),
        },
        Label::Soft(value) => format!("gave {place} the value {}", number(*value)),
        Label::Redundant => format!("marked {place} as redundant"),
        Label::Corrected(Some(by)) => format!("marked {place} as put right by {}", other(by)),
        Label::Corrected(None) => format!("marked {place} as put right later"),
        Label::Missing(text) if text.is_empty() => format!("marked a step as missing before {place}"),
        Label::Missing(text) => format!("marked a step as missing before {place}: {}", quoted(text)),
        Label::Error(error) => format!("called the error of {place} {}", quoted(&error_text(error, schema))),
        Label::Unsafe => format!("flagged {place} as unsafe"),
        Label::Masked => format!("left {place} out of training"),
        Label::Critique(critique) if critique.by.is_empty() => {
            format!("wrote a critique of {place}: {}", quoted(&critique.text))
        }
        Label::Critique(critique) => {
            let by = author(&critique.by);
            match (critique.accepted, critique.rating) {
                (true, _) => format!("accepted the critique of {place} by {by}"),
                (false, Some(rating)) => format!("rated the critique of {place} by {by} {}", rating.name()),
                (false, None) => format!("changed the critique of {place} by {by}"),
            }
        }
        Label::Span(span) if span.says.is_empty() => format!("marked words in {place}"),
        Label::Span(span) => format!("marked words in {place} as {}", quoted(&span_says(&span.says, schema))),
        Label::Link(link) => {
            let to = match link.relation {
                Relation::Reference if linked_step(&link.to).is_some() => "a step of another trace".to_owned(),
                Relation::Reference => format!("step {} of the reference solution", link.to),
                Relation::Premise | Relation::Evidence => other(&StepHash::new(link.to.clone())),
            };
            match link.relation {
                Relation::Premise => format!("based {place} on {to}"),
                Relation::Evidence => format!("named {to} as evidence for {place}"),
                Relation::Reference => format!("matched {place} with {to}"),
            }
        }
        Label::Inspected(true) => format!("found no error up to {place}"),
        Label::Inspected(false) => format!("found an error before or at {place}"),
        Label::Best => format!("chose {place} as the best alternative"),
        Label::Rank(rank) => format!("ranked {place} as number {rank}"),
        Label::Preferred(preference) => {
            let strength = match preference.strength {
                0 => "as good as",
                1 => "slightly better than",
                2 => "clearly better than",
                _ => "far better than",
            };
            let criterion = match preference.criterion.as_str() {
                "" => String::new(),
                id => {
                    let named = schema.criteria.iter().find(|named| named.id == id);
                    format!(" in {}", named.map_or(id, Named::shown))
                }
            };
            format!("judged {place} {strength} {}{criterion}", other(&preference.over))
        }
        Label::Cut(_) => format!("split {place}"),
        Label::Joined => format!("merged {place} with the step before it"),
    }
}

fn scale_title<'a>(schema: &'a LabelSchema, id: &'a str) -> &'a str {
    schema.dimension(id).map_or(id, |scale| scale.named.shown())
}

/// That a label is gone.
fn taken_words(label: &Label, target: &Target, places: &dyn Places) -> String {
    let place = place_words(target, places);
    let what = match label {
        Label::Outcome(_) => "the verdict on the answer",
        Label::Reason(_) => "the reason",
        Label::Verified(_) => "the word on the proposal",
        Label::Tag(tag) => {
            return format!("took the tag “{}” off {place}", one_line(places.schema().tag_title(tag), 60));
        }
        Label::Rated(rated) => {
            let title = one_line(scale_title(places.schema(), &rated.dimension), 60);
            return format!("took the value on “{title}” off {place}");
        }
        Label::Written(_) => return "removed a step that was written".into(),
        Label::Soft(_) => "the value",
        Label::Redundant => "“redundant”",
        Label::Corrected(_) => "“put right later”",
        Label::Missing(_) => "“a step is missing”",
        Label::Error(_) => "the kind of error",
        Label::Unsafe => "the safety flag",
        Label::Masked => return format!("took {place} back into training"),
        Label::Critique(_) => "a critique",
        Label::Span(_) => "the mark on words",
        Label::Link(_) => "a link",
        Label::Inspected(_) => "the answer on the way to the first error",
        Label::Best => "“best alternative”",
        Label::Rank(_) => "the rank",
        Label::Preferred(_) => "a comparison",
        Label::Cut(_) => return format!("took back the split of {place}"),
        Label::Joined => return format!("took {place} apart from the step before it"),
    };
    format!("took {what} off {place}")
}

#[cfg(test)]
mod tests;
