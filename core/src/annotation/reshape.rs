//! Cutting, joining and writing steps: which changes of the log a gesture makes, with what becomes of the labels.
//!
//! What was said stays with the piece that keeps the identity, and with the words it was said of:
//!
//! - *Cut*: a step rated good is good in both pieces. Marked words go with their piece.
//! - *Merge*: what was said of the earlier step goes over to the merged one where that has nothing of the kind and it
//!   holds of more than its words: an error, a tag, a critique do; a value, "redundant", "fine up to here" do not. What
//!   does not go over is kept with the earlier step, and is there again when the two are taken apart. Notes are put
//!   together. Of two ratings the worse counts; of one only if it is bad.
//! - A step that a written one corrects or continues stays as it is, so that written text never hangs on other words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::change::Change;
use super::event::{StepRef, Target};
use super::overlay::{Place, Shape, cuts, glue, written};
use super::state::{StepAnnotation, TraceAnnotation};
use crate::model::{
    Critique, FirstError, Label, LabelKey, LabelKind, Link, Preference, Relation, Span, Step, StepHash, StepIndex,
    StepKind, StepRating, StepTree, Trace, TraceId, WrittenStep,
};

static NOTHING: LazyLock<TraceAnnotation> = LazyLock::new(TraceAnnotation::default);

/// Why a gesture is refused, in words for a notice.
pub type Refusal = &'static str;

const NO_STEP: Refusal = "There is no such step";
const CORRECTED: Refusal = "A corrected version of this step stands beside it. Remove that first";
const EMPTY: Refusal = "There is no text";

/// Makes the changes of one gesture on the steps of one trace, to be committed together.
///
/// Steps are numbered as in the trace that [`overlaid`](super::overlaid) gives, or in the source where it gives none.
#[derive(Debug)]
pub struct Reshape<'a> {
    source: &'a Trace,
    said: &'a TraceAnnotation,
    shape: Shape,
    tree: StepTree,
    /// Number of the next written step.
    next: u64,
}

/// A step to be written, or taken from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewStep {
    /// The text.
    pub text: String,
    /// What sort of step it is.
    pub kind: StepKind,
    /// Where the text was taken from.
    pub taken_from: Option<(TraceId, StepHash)>,
}

impl<'a> Reshape<'a> {
    /// Looks at a trace as its source gives it, and what one annotator said of it. `last_seq` is that of the log.
    pub fn new(source: &'a Trace, said: Option<&'a TraceAnnotation>, last_seq: u64) -> Self {
        let said = said.unwrap_or(&NOTHING);
        let shape = Shape::new(source, said);
        let tree = StepTree::new(&shape.steps);
        // A gesture has at least one record per step it writes, so numbers above the last record are new. Steps that
        // were taken over from another log may have larger ones.
        let known = said.steps.keys().chain(written(said).map(|step| &step.id)).filter_map(StepHash::written_number);
        let next = known.max().unwrap_or_default().max(last_seq).saturating_add(1);
        Self { source, said, shape, tree, next }
    }

    /// Cuts a step in two, so many bytes into its text as shown. A merged step falls apart at its seam.
    pub fn split(&self, step: StepIndex, at: usize) -> Result<Vec<Change>, Refusal> {
        let (shown, place) = self.step(step)?;
        let (Some(left), Some(right)) = (shown.text.get(..at), shown.text.get(at..)) else {
            return Err("The caret is not inside the step");
        };
        if left.trim().is_empty() || right.trim().is_empty() {
            return Err("There is no text on one side of the caret");
        }
        if shown.tool.is_some() {
            return Err("A call of a tool cannot be split");
        }
        if self.is_corrected(&shown.hash) {
            return Err(CORRECTED);
        }
        match place {
            Place::Written => self.split_written(&shown.hash, left, right),
            Place::Source { from, to } => self.split_source(shown, from, to, at),
        }
    }

    /// Makes a step and the one after it one.
    pub fn merge(&self, step: StepIndex) -> Result<Vec<Change>, Refusal> {
        let (first, place) = self.step(step)?;
        let next = match self.tree.children(step) {
            [] => return Err("No step follows this one"),
            [next] => *next,
            _ => return Err("Several steps follow this one, so it cannot be merged with one of them"),
        };
        let (second, next_place) = self.step(next)?;
        if first.tool.is_some() || second.tool.is_some() {
            return Err("A call of a tool cannot be merged");
        }
        if self.is_corrected(&first.hash) {
            return Err(CORRECTED);
        }
        let mut changes = match (place, next_place) {
            (Place::Source { to, .. }, Place::Source { from, .. }) => {
                vec![self.merge_source(first, second, to, from)?]
            }
            (Place::Written, Place::Written) => self.merge_written(first, second)?,
            _ => return Err("A written step cannot be merged with one of the source"),
        };
        // Pieces of one step have nothing between them.
        let is_one_step =
            matches!((place, next_place), (Place::Source { to, .. }, Place::Source { from, .. }) if to == from);
        let between = if is_one_step { "" } else { glue(&first.text, &second.text) };
        self.carry_over(first, second, first.text.len() + between.len(), &mut changes);
        Ok(changes)
    }

    /// Writes a corrected version of a step beside it. Gives its identity as well.
    pub fn rewrite(&self, step: StepIndex, text: &str) -> Result<(Vec<Change>, StepHash), Refusal> {
        let (shown, _) = self.step(step)?;
        if text.trim().is_empty() {
            return Err(EMPTY);
        }
        if text == shown.text {
            return Err("It says the same as the step");
        }
        let id = self.new_id(0);
        let parent = shown.parent.and_then(|parent| self.shape.steps.get(parent as usize));
        let written = WrittenStep {
            id: id.clone(),
            parent: parent.map(|parent| parent.hash.clone()),
            text: text.into(),
            kind: shown.kind,
            replaces: Some(shown.hash.clone()),
            taken_from: None,
        };
        Ok((vec![self.write(written)], id))
    }

    /// Writes steps, each after the one before it, as a branch that begins after `step`, or at the start. Gives their
    /// identities as well.
    pub fn continue_after(
        &self,
        step: Option<StepIndex>,
        steps: Vec<NewStep>,
    ) -> Result<(Vec<Change>, Vec<StepHash>), Refusal> {
        let mut parent = step.map(|step| self.step(step)).transpose()?.map(|(step, _)| step.hash.clone());
        if steps.is_empty() || steps.iter().any(|step| step.text.trim().is_empty()) {
            return Err(EMPTY);
        }
        let (mut changes, mut ids) = (Vec::new(), Vec::new());
        for (number, NewStep { text, kind, taken_from }) in (0..).zip(steps) {
            let id = self.new_id(number);
            let written = WrittenStep { id: id.clone(), parent, text, kind, replaces: None, taken_from };
            changes.push(self.write(written));
            parent = Some(id.clone());
            ids.push(id);
        }
        Ok((changes, ids))
    }

    /// Changes the text of a written step. Words that were marked in it are no longer marked.
    pub fn edit_written(&self, step: StepIndex, text: &str) -> Result<Vec<Change>, Refusal> {
        let (shown, _) = self.step(step)?;
        let present = self.written(&shown.hash)?;
        if text.trim().is_empty() {
            return Err(EMPTY);
        }
        let mut changes = vec![self.write(WrittenStep { text: text.into(), ..present.clone() })];
        changes.extend(self.spans(&shown.hash).map(|span| self.take(&shown.hash, Label::Span(span.clone()).key())));
        Ok(changes)
    }

    /// Removes a written step, the written steps after it, and what was said of them.
    pub fn remove_written(&self, step: StepIndex) -> Result<Vec<Change>, Refusal> {
        let (shown, _) = self.step(step)?;
        self.written(&shown.hash)?;
        let mut gone: Vec<&StepHash> = Vec::new();
        let mut waiting = vec![step];
        while let Some(step) = waiting.pop() {
            gone.push(&self.step(step)?.0.hash);
            waiting.extend(self.tree.children(step));
        }
        let mut changes = Vec::new();
        for step in &gone {
            changes.extend(self.silence(step));
            let key = LabelKey::of(LabelKind::Written, step.as_str());
            changes.push(Change::Take { target: Target::Trace(self.source.id.clone()), key });
        }
        if let Some(FirstError::At(step) | FirstError::NoneUpTo(step)) = &self.said.first_error
            && gone.contains(&step)
        {
            changes.push(self.mark(None));
        }
        for step in written(self.said).filter(|step| !gone.contains(&&step.id)) {
            if step.replaces.as_ref().is_some_and(|replaced| gone.contains(&replaced)) {
                changes.push(self.write(WrittenStep { replaces: None, ..step.clone() }));
            }
        }
        for (of, label) in self.step_labels().filter(|(of, _)| !gone.contains(of)) {
            if named(label).is_some_and(|named| gone.iter().any(|gone| gone.as_str() == named)) {
                changes.push(match label {
                    Label::Corrected(_) => self.give(of, Label::Corrected(None)),
                    _ => self.take(of, label.key()),
                });
            }
        }
        Ok(changes)
    }

    fn split_source(
        &self,
        shown: &Step,
        from: (StepIndex, usize),
        to: (StepIndex, usize),
        at: usize,
    ) -> Result<Vec<Change>, Refusal> {
        let mut chain = vec![to.0];
        while let Some(&last) = chain.last().filter(|last| **last != from.0) {
            chain.push(self.source.step(last).and_then(|step| step.parent).ok_or(NO_STEP)?);
        }
        let mut before: Option<&Step> = None;
        let mut end = 0;
        for index in chain.into_iter().rev() {
            let step = self.source.step(index).ok_or(NO_STEP)?;
            let begins = if index == from.0 { from.1 } else { 0 };
            let ends = if index == to.0 { to.1 } else { step.text.len() };
            let text = step.text.get(begins..ends).ok_or(NO_STEP)?;
            let start = end + glue(shown.text.get(..end).unwrap_or_default(), text).len();
            if let Some(before) = before.filter(|_| (end..=start).contains(&at)) {
                let mut changes = vec![self.take(&step.hash, LabelKey::only(LabelKind::Joined))];
                self.divide(shown, &before.hash, (end, start), &mut changes);
                return Ok(changes);
            }
            if (start + 1..start + text.len()).contains(&at) {
                let cut = begins + at - start;
                let mut changes = vec![self.give(&step.hash, Label::Cut(cut))];
                self.divide(shown, &step.hash.part(cut), (at, at), &mut changes);
                return Ok(changes);
            }
            end = start + text.len();
            before = Some(step);
        }
        Err("The caret is not inside the step")
    }

    fn split_written(&self, step: &StepHash, left: &str, right: &str) -> Result<Vec<Change>, Refusal> {
        let present = self.written(step)?;
        let first = WrittenStep { id: self.new_id(0), text: left.into(), ..present.clone() };
        let second =
            WrittenStep { parent: Some(first.id.clone()), text: right.into(), replaces: None, ..present.clone() };
        let id = first.id.clone();
        let mut changes = vec![self.write(first), self.write(second)];
        let (shown, _) = self.find(step)?;
        self.divide(shown, &id, (left.len(), left.len()), &mut changes);
        Ok(changes)
    }

    /// What was said of a step that falls in two. The earlier piece ends at `seam.0`, the later one starts at `seam.1`.
    fn divide(&self, shown: &Step, first: &StepHash, seam: (usize, usize), changes: &mut Vec<Change>) {
        let said = self.of(&shown.hash);
        if said.and_then(|said| said.rating) == Some(StepRating::Good) {
            changes.push(self.rate(first, Some(StepRating::Good)));
        }
        let (end, start) = seam;
        let moved: Vec<&Span> = self.spans(&shown.hash).collect();
        changes.extend(moved.iter().map(|span| self.take(&shown.hash, Label::Span((*span).clone()).key())));
        // Of the same words there is one label. Where those that differed are cut to the same, it says both.
        let mut parts: BTreeMap<(bool, usize, usize), Vec<&str>> = BTreeMap::new();
        for Span { start: from, end: to, says } in moved {
            let mut part = |is_first: bool, from: usize, to: usize| {
                let all = parts.entry((is_first, from, to)).or_default();
                all.extend((!all.contains(&says.as_str())).then_some(says.as_str()));
            };
            if *from < end {
                part(true, *from, end.min(*to));
            }
            if *to > start || *from >= end {
                part(false, from.saturating_sub(start), to.saturating_sub(start));
            }
        }
        changes.extend(parts.into_iter().map(|((is_first, start, end), says)| {
            let span = Label::Span(Span { start, end, says: says.join("; ") });
            self.give(if is_first { first } else { &shown.hash }, span)
        }));
    }

    fn merge_source(
        &self,
        first: &Step,
        second: &Step,
        to: (StepIndex, usize),
        from: (StepIndex, usize),
    ) -> Result<Change, Refusal> {
        let (step, end) = (self.source.step(to.0).ok_or(NO_STEP)?, to.1);
        if to == from && cuts(step, self.said).contains(&end) {
            return Ok(self.take(&step.hash, LabelKey::of(LabelKind::Cut, end.to_string())));
        }
        if first.author != second.author {
            return Err("The two steps are of different authors");
        }
        let next = self.source.step(from.0).filter(|next| from.1 == 0 && next.parent == Some(to.0)).ok_or(NO_STEP)?;
        Ok(self.give(&next.hash, Label::Joined))
    }

    fn merge_written(&self, first: &Step, second: &Step) -> Result<Vec<Change>, Refusal> {
        let (before, after) = (self.written(&first.hash)?, self.written(&second.hash)?);
        let origin = |step: &WrittenStep| step.taken_from.as_ref().map(|(trace, _)| trace.clone());
        let merged = WrittenStep {
            parent: before.parent.clone(),
            text: [&before.text, glue(&before.text, &after.text), &after.text].concat(),
            replaces: before.replaces.clone(),
            taken_from: after.taken_from.clone().filter(|_| origin(before) == origin(after)),
            ..after.clone()
        };
        let key = LabelKey::of(LabelKind::Written, before.id.as_str());
        Ok(vec![Change::Take { target: Target::Trace(self.source.id.clone()), key }, self.write(merged)])
    }

    /// Brings what was said of a step to the merged one, which is known by the name of the later. The text of that one
    /// begins at `shift`.
    fn carry_over(&self, first: &Step, second: &Step, shift: usize, changes: &mut Vec<Change>) {
        let (from, to) = (&first.hash, &second.hash);
        let spans: Vec<&Span> = self.spans(to).collect();
        changes.extend(spans.iter().map(|span| self.take(to, Label::Span((*span).clone()).key())));
        changes.extend(spans.into_iter().map(|span| {
            self.give(
                to,
                Label::Span(Span { start: span.start + shift, end: span.end + shift, says: span.says.clone() }),
            )
        }));
        if self.said.first_error.as_ref() == Some(&FirstError::At(from.clone())) {
            changes.push(self.mark(Some(FirstError::At(to.clone()))));
        }
        for (of, label) in self.step_labels() {
            let Some(renamed) = renamed(label, from, to).filter(|_| of != from && of != to) else { continue };
            if self.is_free(of, &renamed.key()) || renamed.key() == label.key() {
                changes.extend([self.take(of, label.key()), self.give(of, renamed)]);
            }
        }
        let (earlier, later) = (self.of(from), self.of(to));
        let ratings = (earlier.and_then(|said| said.rating), later.and_then(|said| said.rating));
        changes.extend([self.rate(from, None), self.rate(to, merged_rating(ratings.0, ratings.1))]);
        let Some(earlier) = earlier else { return };
        if !earlier.note.is_empty() {
            let note = joined_words(&earlier.note, later.map_or("", |later| &later.note));
            changes.extend([self.note(from, String::new()), self.note(to, note)]);
        }
        // Cuts and joints are of the source's step, whatever it is part of.
        let of_source = |label: &&Label| matches!(label.kind(), LabelKind::Cut | LabelKind::Joined);
        for label in earlier.labels.iter().filter(|label| !of_source(label)) {
            // Marked words of the later step have just been moved out of the way.
            let present = later.and_then(|later| later.labels.get(&label.key()));
            let present = present.filter(|present| present.kind() != LabelKind::Span);
            let given = match (label, present) {
                (_, Some(present)) if present == label => None,
                (Label::Critique(one), Some(Label::Critique(other))) if one.by.is_empty() => {
                    let text = joined_words(&one.text, &other.text);
                    Some(Label::Critique(Critique { text, ..other.clone() }))
                }
                (_, None) if goes_over(label) && named(label) != Some(to.as_str()) => Some(label.clone()),
                _ => continue,
            };
            changes.push(self.take(from, label.key()));
            changes.extend(given.map(|label| self.give(to, label)));
        }
    }

    /// Takes away all that was said of a step.
    fn silence(&self, step: &StepHash) -> Vec<Change> {
        let Some(said) = self.of(step) else { return Vec::new() };
        let labels = said.labels.iter().map(|label| self.take(step, label.key()));
        [self.rate(step, None), self.note(step, String::new())].into_iter().chain(labels).collect()
    }

    fn step(&self, step: StepIndex) -> Result<(&Step, Place), Refusal> {
        let at = step as usize;
        Ok((self.shape.steps.get(at).ok_or(NO_STEP)?, *self.shape.places.get(at).ok_or(NO_STEP)?))
    }

    fn find(&self, hash: &StepHash) -> Result<(&Step, Place), Refusal> {
        let at = (0..).zip(&self.shape.steps).find(|(_, step)| step.hash == *hash).ok_or(NO_STEP)?.0;
        self.step(at)
    }

    fn written(&self, step: &StepHash) -> Result<&WrittenStep, Refusal> {
        written(self.said).find(|written| written.id == *step).ok_or("The step is part of the source")
    }

    fn new_id(&self, number: u64) -> StepHash {
        StepHash::written(self.next.saturating_add(number))
    }

    fn is_corrected(&self, step: &StepHash) -> bool {
        written(self.said).any(|written| written.replaces.as_ref() == Some(step))
    }

    fn of(&self, step: &StepHash) -> Option<&StepAnnotation> {
        self.said.steps.get(step)
    }

    fn spans(&self, step: &StepHash) -> impl Iterator<Item = &Span> {
        let spans = self.of(step).into_iter().flat_map(|said| said.labels.of_kind(LabelKind::Span));
        spans.filter_map(|label| if let Label::Span(span) = label { Some(span) } else { None })
    }

    /// Every label of a step, those of one step together, the steps in order.
    fn step_labels(&self) -> impl Iterator<Item = (&StepHash, &Label)> {
        let mut steps: Vec<_> = self.said.steps.iter().collect();
        steps.sort_unstable_by_key(|(step, _)| *step);
        steps.into_iter().flat_map(|(step, said)| said.labels.iter().map(move |label| (step, label)))
    }

    fn is_free(&self, step: &StepHash, key: &LabelKey) -> bool {
        self.of(step).is_none_or(|said| said.labels.get(key).is_none())
    }

    fn target(&self, step: &StepHash) -> Target {
        Target::Step(self.step_ref(step))
    }

    fn step_ref(&self, step: &StepHash) -> StepRef {
        StepRef { trace: self.source.id.clone(), step: step.clone() }
    }

    fn give(&self, step: &StepHash, label: Label) -> Change {
        Change::Give { target: self.target(step), label }
    }

    fn take(&self, step: &StepHash, key: LabelKey) -> Change {
        Change::Take { target: self.target(step), key }
    }

    fn rate(&self, step: &StepHash, rating: Option<StepRating>) -> Change {
        Change::RateStep { step: self.step_ref(step), rating }
    }

    fn note(&self, step: &StepHash, text: String) -> Change {
        Change::WriteNote { target: self.target(step), text }
    }

    fn mark(&self, mark: Option<FirstError>) -> Change {
        Change::MarkFirstError { trace: self.source.id.clone(), mark }
    }

    fn write(&self, step: WrittenStep) -> Change {
        Change::Give { target: Target::Trace(self.source.id.clone()), label: Label::Written(step) }
    }
}

/// What a step is rated that consists of two: the worse where both are rated, bad where either is, else not at all.
fn merged_rating(first: Option<StepRating>, second: Option<StepRating>) -> Option<StepRating> {
    let badness = |rating: &StepRating| match rating {
        StepRating::Good => 0,
        StepRating::Neutral => 1,
        StepRating::Unsure => 2,
        StepRating::Bad => 3,
    };
    match (first, second) {
        (Some(first), Some(second)) => [first, second].into_iter().max_by_key(badness),
        (one, other) => one.or(other).filter(|rating| *rating == StepRating::Bad),
    }
}

/// True for what holds of a step that contains the one it was said of.
const fn goes_over(label: &Label) -> bool {
    match label {
        Label::Tag(_)
        | Label::Corrected(_)
        | Label::Missing(_)
        | Label::Error(_)
        | Label::Unsafe
        | Label::Masked
        | Label::Critique(_)
        | Label::Span(_)
        | Label::Link(_)
        | Label::Inspected(false)
        | Label::Best
        | Label::Rank(_)
        | Label::Preferred(_) => true,
        // The last of them are of a step of the source, or of the trace.
        Label::Soft(_)
        | Label::Rated(_)
        | Label::Redundant
        | Label::Inspected(true)
        | Label::Cut(_)
        | Label::Joined
        | Label::Outcome(_)
        | Label::Reason(_)
        | Label::Verified(_)
        | Label::Written(_) => false,
    }
}

/// The step of the same trace that a label names.
fn named(label: &Label) -> Option<&str> {
    match label {
        Label::Corrected(by) => by.as_ref().map(StepHash::as_str),
        Label::Preferred(preference) => Some(preference.over.as_str()),
        Label::Link(Link { relation: Relation::Premise | Relation::Evidence, to }) => Some(to),
        _ => None,
    }
}

/// The label with `to` in place of `from`; `None` where it does not name that.
fn renamed(label: &Label, from: &StepHash, to: &StepHash) -> Option<Label> {
    if named(label) != Some(from.as_str()) {
        return None;
    }
    match label {
        Label::Corrected(_) => Some(Label::Corrected(Some(to.clone()))),
        Label::Preferred(preference) => Some(Label::Preferred(Preference { over: to.clone(), ..preference.clone() })),
        Label::Link(link) => Some(Label::Link(Link { to: to.as_str().into(), ..link.clone() })),
        _ => None,
    }
}

fn joined_words(first: &str, second: &str) -> String {
    [first, second].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("\n")
}
