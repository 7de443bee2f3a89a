//! A trace as its annotator made it: steps cut and joined, steps written. The source stays untouched.

use std::collections::{BTreeSet, HashMap};

use super::state::TraceAnnotation;
use crate::model::{
    FirstError, ImportedLabel, ImportedValue, Label, LabelKind, Step, StepFlag, StepHash, StepIndex, StepRating, Trace,
    WrittenStep,
};

/// The trace with the annotator's cuts, joints and written steps; `None` where there are none.
///
/// A step is known by all that is read up to its end: the last part of a cut step keeps its identity, with every label
/// and score; the parts before it are [`StepHash::part`]; a step joined to the one after it takes the identity of that
/// one. Written steps stand after those of the source and are not on the path that the source returned.
///
/// - A cut counts between two characters of the text, a joint where nothing else continues the earlier step. Steps that
///   call a tool are neither cut nor joined.
/// - How the texts of two steps were taken apart is not known: joined, they stand on lines of their own, unless there
///   is white space between them already.
/// - What came with the data stays with the piece that ends where its step ends. Of a step that ends inside a piece the
///   piece keeps what is true of the whole: that there is an error in it, tags and remarks.
/// - A written step whose predecessor is not there is left out, and [`Trace::warnings`] says so.
pub fn overlaid(trace: &Trace, said: &TraceAnnotation) -> Option<Trace> {
    if !said.is_reshaped() {
        return None;
    }
    let Shape { steps, at, is_end, left_out, .. } = Shape::new(trace, said);
    let place = |step: StepIndex| Some((*at.get(step as usize)?, *is_end.get(step as usize)?));
    let labels = trace.labels.iter().filter_map(|label| match label.step {
        None => Some(label.clone()),
        // One that names no step of the trace is left as it is, as elsewhere.
        Some(step) => match place(step) {
            None => Some(label.clone()),
            Some((piece, is_end)) => {
                (is_end || holds_of_more(label.value)).then(|| ImportedLabel { step: Some(piece), ..label.clone() })
            }
        },
    });
    let scores = trace.scores.iter().filter_map(|score| match score.step.and_then(place) {
        None => Some(score.clone()),
        Some((piece, is_end)) => {
            let mut score = score.clone();
            score.step = Some(piece);
            is_end.then_some(score)
        }
    });
    let (labels, scores) = (labels.collect(), scores.collect());
    let mut warnings = trace.warnings.clone();
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(StepHash::as_str).collect();
        warnings.push(format!("written steps are left out, as what they continue is gone: {}", names.join(", ")));
    }
    Some(Trace {
        id: trace.id.clone(),
        source_id: trace.source_id.clone(),
        problem: trace.problem.clone(),
        generator: trace.generator.clone(),
        outcome: trace.outcome.clone(),
        steps,
        labels,
        scores,
        metadata: trace.metadata.clone(),
        splitter: trace.splitter.clone(),
        source: trace.source.clone(),
        warnings,
    })
}

/// True for what is said of a step and holds of a longer one that contains it.
const fn holds_of_more(value: ImportedValue) -> bool {
    match value {
        ImportedValue::FirstError
        | ImportedValue::ErrorSomewhere
        | ImportedValue::Rating(StepRating::Bad)
        | ImportedValue::Tag
        | ImportedValue::Remark => true,
        ImportedValue::Rating(_)
        | ImportedValue::Soft(_)
        | ImportedValue::NoError
        | ImportedValue::Preferred
        | ImportedValue::Dispreferred => false,
    }
}

/// What stands between two texts that become one.
pub(super) fn glue(before: &str, after: &str) -> &'static str {
    let apart = before.ends_with(char::is_whitespace) || after.starts_with(char::is_whitespace);
    if apart || before.is_empty() || after.is_empty() { "" } else { "\n" }
}

/// Where in the source a step was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// From a byte of one step to a byte of the same or a later one.
    Source { from: (StepIndex, usize), to: (StepIndex, usize) },
    /// The annotator wrote it.
    Written,
}

/// The steps as the annotator made them, and how they relate to those of the source.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The steps; a parent stands before its children.
    pub(super) steps: Vec<Step>,
    /// Where each of them comes from.
    pub(super) places: Vec<Place>,
    /// For each step of the source the one that holds its end.
    at: Vec<StepIndex>,
    /// For each step of the source whether that one ends there as well.
    is_end: Vec<bool>,
    /// Written steps that have no place.
    left_out: Vec<StepHash>,
}

/// The end of a step that goes on in the step after it.
struct Carried {
    from: (StepIndex, usize),
    parent: Option<StepIndex>,
    text: String,
}

impl Shape {
    /// Cuts, joins, and adds what was written.
    pub(super) fn new(trace: &Trace, said: &TraceAnnotation) -> Self {
        let mut shape = Self::default();
        shape.reshape(&trace.steps, said);
        shape.add_written(said);
        shape
    }

    fn reshape(&mut self, source: &[Step], said: &TraceAnnotation) {
        let joined = joined(source, said);
        // The step that goes on in its only continuation, and what it carries there.
        let mut goes_on = vec![false; source.len()];
        for (step, _) in source.iter().zip(&joined).filter(|(_, joined)| **joined) {
            if let Some(slot) = step.parent.and_then(|parent| goes_on.get_mut(parent as usize)) {
                *slot = true;
            }
        }
        let mut carried: HashMap<StepIndex, Carried> = HashMap::new();
        for (index, step) in (0..).zip(source) {
            let before = step.parent.filter(|_| joined.get(index as usize) == Some(&true));
            let before = before.and_then(|parent| carried.remove(&parent));
            let mut piece = before.unwrap_or_else(|| Carried {
                from: (index, 0),
                parent: step.parent.and_then(|parent| self.at.get(parent as usize).copied()),
                text: String::new(),
            });
            let mut start = 0;
            for end in cuts(step, said) {
                append(&mut piece.text, step.text.get(start..end).unwrap_or_default());
                let Carried { from, parent, text } = piece;
                let part = Step {
                    parent,
                    text,
                    hash: step.hash.part(end),
                    // What is known of the step as a whole is said of its end.
                    flags: step.flags.iter().copied().filter(|flag| *flag != StepFlag::Terminal).collect(),
                    kind: step.kind,
                    author: step.author.clone(),
                    section: step.section.clone(),
                    on_path: step.on_path,
                    ..Step::default()
                };
                let parent = Some(self.push(part, Place::Source { from, to: (index, end) }));
                piece = Carried { from: (index, end), parent, text: String::new() };
                start = end;
            }
            append(&mut piece.text, step.text.get(start..).unwrap_or_default());
            let goes_on = goes_on.get(index as usize) == Some(&true);
            self.is_end.push(!goes_on);
            if goes_on {
                // Set once the step that ends the piece is there.
                self.at.push(StepIndex::MAX);
                carried.insert(index, piece);
            } else {
                let Carried { from, parent, text } = piece;
                let whole = Step { parent, text, ..without_text(step) };
                let at = self.push(whole, Place::Source { from, to: (index, step.text.len()) });
                self.at.push(at);
            }
        }
        for index in (0..source.len()).rev() {
            let Some(step) = source.get(index).filter(|_| joined.get(index) == Some(&true)) else { continue };
            let at = self.at.get(index).copied();
            if let (Some(at), Some(slot)) = (at, step.parent.and_then(|parent| self.at.get_mut(parent as usize))) {
                *slot = at;
            }
        }
    }

    /// Puts every written step after what it continues; those of one step in the order in which they were written.
    fn add_written(&mut self, said: &TraceAnnotation) {
        let mut written: Vec<&WrittenStep> = written(said).collect();
        if written.is_empty() {
            return;
        }
        written.sort_by_key(|step| std::cmp::Reverse(number(&step.id)));
        let mut after: HashMap<Option<&StepHash>, Vec<&WrittenStep>> = HashMap::new();
        for step in &written {
            after.entry(step.parent.as_ref()).or_default().push(step);
        }
        // What comes first lies on top.
        let mut waiting: Vec<(Option<StepIndex>, &WrittenStep)> = Vec::new();
        let pieces = std::mem::take(&mut self.steps);
        let mut made = Vec::new();
        for (index, step) in (0..).zip(&pieces) {
            let next = after.remove(&Some(&step.hash)).unwrap_or_default();
            waiting.extend(next.into_iter().rev().map(|step| (Some(index), step)));
        }
        waiting.reverse();
        waiting.extend(after.remove(&None).unwrap_or_default().into_iter().map(|step| (None, step)));
        while let Some((parent, step)) = waiting.pop() {
            let at = position(pieces.len() + made.len());
            let WrittenStep { id, kind, text, .. } = step.clone();
            made.push(Step { parent, kind, text, hash: id, ..Step::default() });
            let next = after.remove(&Some(&step.id)).unwrap_or_default();
            waiting.extend(next.into_iter().map(|step| (Some(at), step)));
        }
        self.left_out = written
            .iter()
            .rev()
            .filter(|step| after.contains_key(&step.parent.as_ref()))
            .map(|s| s.id.clone())
            .collect();
        self.places.extend(made.iter().map(|_| Place::Written));
        self.steps = pieces;
        self.steps.append(&mut made);
    }

    fn push(&mut self, step: Step, place: Place) -> StepIndex {
        let at = position(self.steps.len());
        self.steps.push(step);
        self.places.push(place);
        at
    }
}

impl TraceAnnotation {
    /// True where the annotator cut, joined or wrote steps.
    pub fn is_reshaped(&self) -> bool {
        self.labels.has(LabelKind::Written)
            || self.steps.values().any(|step| step.labels.has(LabelKind::Cut) || step.labels.has(LabelKind::Joined))
    }

    /// The step of the source that this step is or is a part of, or that the written steps before it continue, and how
    /// many written steps it takes to get here from there. `None` where they begin at the start.
    pub fn anchor(&self, step: &StepHash) -> (Option<StepHash>, u32) {
        let (mut at, mut written) = (step, 0);
        while at.is_written() {
            written += 1;
            let parent = self.written(at).and_then(|step| step.parent.as_ref());
            // What goes round in a circle is not shown either.
            match parent.filter(|_| written as usize <= self.labels.len()) {
                Some(parent) => at = parent,
                None => return (None, written),
            }
        }
        (Some(at.clone()), written)
    }

    /// The steps that something is said of, each once, in no particular order: of the source, parts of them, written ones.
    pub fn named_steps(&self) -> BTreeSet<&StepHash> {
        let marked = match &self.first_error {
            Some(FirstError::At(step) | FirstError::NoneUpTo(step)) => Some(step),
            Some(FirstError::Unsure) | None => None,
        };
        self.steps.keys().chain(marked).collect()
    }

    /// True where a written step continues that one.
    pub fn continued(&self, step: &StepHash) -> bool {
        written(self).any(|written| written.parent.as_ref() == Some(step))
    }

    /// How many steps the annotator made of a path of the source, up to the last of it or to the part of that which ends
    /// at `end`. Takes cuts and joints to be as the gestures make them, so it needs no text.
    pub fn pieces(&self, path: &[StepHash], end: Option<usize>) -> usize {
        let cuts = |step: &StepHash, end: usize| {
            let labels = self.steps.get(step).into_iter().flat_map(|said| said.labels.of_kind(LabelKind::Cut));
            labels.filter(|label| matches!(label, Label::Cut(at) if *at < end)).count()
        };
        let joined = |step: &&StepHash| self.steps.get(*step).is_some_and(|said| said.labels.has(LabelKind::Joined));
        let Some((last, before)) = path.split_last() else { return 0 };
        let joints = path.iter().skip(1).filter(joined).count();
        let all: usize = before.iter().map(|step| cuts(step, usize::MAX)).sum();
        (path.len() + all + cuts(last, end.unwrap_or(usize::MAX))).saturating_sub(joints)
    }
}

/// The steps that the annotator wrote, in no particular order.
pub(super) fn written(said: &TraceAnnotation) -> impl Iterator<Item = &WrittenStep> {
    said.labels.of_kind(LabelKind::Written).filter_map(|label| match label {
        // One that bears the name of a step of the source would be two steps of one name.
        Label::Written(step) => step.id.is_written().then_some(step),
        _ => None,
    })
}

/// The number of a written step, to tell which was written first.
fn number(step: &StepHash) -> (u64, &str) {
    (step.written_number().unwrap_or(u64::MAX), step.as_str())
}

/// Where a step is cut, in order.
pub(super) fn cuts(step: &Step, said: &TraceAnnotation) -> Vec<usize> {
    let Some(said) = said.steps.get(&step.hash).filter(|_| step.tool.is_none()) else { return Vec::new() };
    let cut = |label: &Label| match label {
        Label::Cut(at) => (*at > 0 && *at < step.text.len() && step.text.is_char_boundary(*at)).then_some(*at),
        _ => None,
    };
    let mut cuts: Vec<usize> = said.labels.of_kind(LabelKind::Cut).filter_map(cut).collect();
    // Keys are in the order of letters.
    cuts.sort_unstable();
    cuts
}

/// Which steps are one with the step before them.
fn joined(source: &[Step], said: &TraceAnnotation) -> Vec<bool> {
    let mut continuations = vec![0_u32; source.len()];
    for parent in source.iter().filter_map(|step| step.parent) {
        if let Some(count) = continuations.get_mut(parent as usize) {
            *count += 1;
        }
    }
    let before = |step: &Step, index: usize| {
        let parent = step.parent.map(|parent| parent as usize).filter(|&parent| parent < index)?;
        (continuations.get(parent) == Some(&1)).then_some(source.get(parent)?)
    };
    let is_joined = |(index, step): (usize, &Step)| {
        step.tool.is_none()
            && said.steps.get(&step.hash).is_some_and(|said| said.labels.has(LabelKind::Joined))
            && before(step, index).is_some_and(|before| before.tool.is_none())
    };
    source.iter().enumerate().map(is_joined).collect()
}

fn position(at: usize) -> StepIndex {
    StepIndex::try_from(at).unwrap_or(StepIndex::MAX)
}

fn append(text: &mut String, more: &str) {
    if text.is_empty() {
        more.clone_into(text);
    } else {
        let between = glue(text, more);
        text.push_str(between);
        text.push_str(more);
    }
}

/// All of a step but its text, which may be long.
fn without_text(step: &Step) -> Step {
    Step {
        parent: step.parent,
        kind: step.kind,
        text: String::new(),
        author: step.author.clone(),
        tool: step.tool.clone(),
        on_path: step.on_path,
        section: step.section.clone(),
        flags: step.flags.clone(),
        metadata: step.metadata.clone(),
        hash: step.hash.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Problem, StepRating, ToolCall, TraceBuilder};

    fn chain(texts: &[&str]) -> Trace {
        texts.iter().fold(TraceBuilder::new(Problem::from_text("1+1?")), |b, t| b.thought(*t)).build()
    }

    /// What was said: labels of steps by position, and written steps.
    fn said(trace: &Trace, labels: &[(usize, Label)], written: &[WrittenStep]) -> TraceAnnotation {
        let mut said = TraceAnnotation {
            labels: written.iter().cloned().map(Label::Written).collect(),
            ..TraceAnnotation::default()
        };
        for (step, _) in labels {
            let of_step = labels.iter().filter(|(of, _)| of == step).map(|(_, label)| label.clone());
            said.steps.entry(trace.steps[*step].hash.clone()).or_default().labels = of_step.collect();
        }
        said
    }

    fn writing(id: u64, parent: Option<&StepHash>) -> WrittenStep {
        let text = format!("w{id}");
        let (id, parent) = (StepHash::written(id), parent.cloned());
        WrittenStep { id, parent, text, kind: crate::model::StepKind::Thought, replaces: None, taken_from: None }
    }

    /// One line a step: parent, text, identity in terms of the source.
    fn shown(source: &Trace, said: &TraceAnnotation) -> Vec<String> {
        let trace = overlaid(source, said).expect("it is reshaped");
        let name = |hash: &StepHash| {
            let (whole, end) = hash.whole();
            let of = source.find_step(&whole).map_or_else(|| whole.to_string(), |at| at.to_string());
            end.map_or_else(|| of.clone(), |end| format!("{of}@{end}"))
        };
        let parent = |step: &Step| step.parent.map_or_else(|| "-".into(), |at| at.to_string());
        trace.steps.iter().map(|step| format!("{} {:?} {}", parent(step), step.text, name(&step.hash))).collect()
    }

    #[test]
    fn steps_are_cut_and_joined_and_known_by_their_end() {
        let trace = chain(&["abcd", "ef ", "ghi"]);
        let check = |labels: &[(usize, Label)], expected: &[&str]| {
            assert_eq!(shown(&trace, &said(&trace, labels, &[])), expected, "{labels:?}");
        };
        let (b, c) = (r#"0 "ef " 1"#, r#"1 "ghi" 2"#);
        check(
            &[(0, Label::Cut(1)), (0, Label::Cut(3))],
            &[r#"- "a" 0@1"#, r#"0 "bc" 0@3"#, r#"1 "d" 0"#, r#"2 "ef " 1"#, r#"3 "ghi" 2"#],
        );
        check(&[(1, Label::Joined)], &[r#"- "abcd\nef " 1"#, r#"0 "ghi" 2"#]);
        check(&[(1, Label::Joined), (2, Label::Joined)], &[r#"- "abcd\nef ghi" 2"#]);
        // A piece may begin in one step and end in another.
        check(
            &[(0, Label::Cut(2)), (1, Label::Joined), (1, Label::Cut(1))],
            &[r#"- "ab" 0@2"#, r#"0 "cd\ne" 1@1"#, r#"1 "f " 1"#, r#"2 "ghi" 2"#],
        );
        // Cuts at the ends and beyond, and a joint of the first step, do not count.
        check(
            &[(0, Label::Cut(0)), (0, Label::Cut(4)), (0, Label::Cut(9)), (0, Label::Joined)],
            &[r#"- "abcd" 0"#, b, c],
        );
    }

    #[test]
    fn cuts_of_ten_and_more_stand_in_order() {
        let trace = chain(&["abcdefghijklmnop"]);
        let labels = [(0, Label::Cut(9)), (0, Label::Cut(10)), (0, Label::Cut(2))];
        let texts: Vec<String> =
            overlaid(&trace, &said(&trace, &labels, &[])).unwrap().steps.into_iter().map(|s| s.text).collect();
        assert_eq!(texts, ["ab", "cdefghi", "j", "klmnop"]);
    }

    #[test]
    fn a_cut_inside_a_character_does_not_count() {
        let trace = chain(&["≠≠"]);
        let steps = |at| overlaid(&trace, &said(&trace, &[(0, Label::Cut(at))], &[])).unwrap().steps.len();
        assert_eq!([steps(1), steps(2), steps(3), steps(4)], [1, 1, 2, 1]);
    }

    #[test]
    fn joints_need_one_continuation_and_no_tool() {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
        let step = |parent, text: &str| Step { parent, text: text.into(), ..Step::default() };
        builder.push(step(None, "a"));
        builder.push(step(Some(0), "b"));
        builder.push(step(Some(0), "c"));
        builder.push(Step { tool: Some(ToolCall::default()), ..step(Some(2), "t") });
        builder.push(step(Some(3), "d"));
        // A joint across the list: its step is not the next one.
        builder.push(step(Some(1), "e"));
        let trace = builder.build();
        let labels: Vec<_> = (0..6).map(|at| (at, Label::Joined)).collect();
        assert_eq!(
            shown(&trace, &said(&trace, &labels, &[])),
            [r#"- "a" 0"#, r#"0 "c" 2"#, r#"1 "t" 3"#, r#"2 "d" 4"#, r#"0 "b\ne" 5"#,]
        );
    }

    #[test]
    fn written_steps_follow_and_those_without_a_place_are_named() {
        let trace = chain(&["abcd", "ef"]);
        let (a, part) = (&trace.steps[0].hash, trace.steps[0].hash.part(2));
        let own = StepHash::written;
        let written = [
            writing(10, Some(a)),
            writing(9, Some(a)),
            writing(3, Some(&own(12))),
            writing(12, Some(&part)),
            writing(4, None),
            writing(5, Some(&own(6))),
            writing(6, Some(&own(5))),
            writing(7, Some(&a.part(3))),
            WrittenStep { id: a.clone(), ..writing(8, None) },
        ];
        let said = said(&trace, &[(0, Label::Cut(2))], &written);
        assert_eq!(
            shown(&trace, &said),
            [
                r#"- "ab" 0@2"#,
                r#"0 "cd" 0"#,
                r#"1 "ef" 1"#,
                r#"- "w4" own-4"#,
                r#"0 "w12" own-12"#,
                r#"4 "w3" own-3"#,
                r#"1 "w9" own-9"#,
                r#"1 "w10" own-10"#,
            ]
        );
        let made = overlaid(&trace, &said).unwrap();
        assert!(made.warnings[0].ends_with("gone: own-5, own-6, own-7"), "{:?}", made.warnings);
        assert!(made.steps[..3].iter().all(|step| step.on_path) && !made.steps[3..].iter().any(|step| step.on_path));
        let path = made.tree().main_path(&made.steps);
        assert_eq!(path, [0, 1, 2], "a branch that was written is not what the source returned");
    }

    #[test]
    fn what_came_with_the_data_stays_with_the_end_of_its_step() {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought("abc").thought("def").thought("ghi");
        for (step, value) in [
            (0, ImportedValue::Rating(StepRating::Good)),
            (1, ImportedValue::FirstError),
            (1, ImportedValue::Soft(0.5)),
            (2, ImportedValue::Rating(StepRating::Bad)),
        ] {
            builder.label(Some(step), value, "human", "f", "");
            builder.score(Some(step), "prm", crate::model::ScoreKind::Correctness, f64::from(step));
        }
        builder.label(None, ImportedValue::ErrorSomewhere, "human", "f", "");
        let trace = builder.build();
        let made = overlaid(&trace, &said(&trace, &[(0, Label::Cut(1)), (2, Label::Joined)], &[])).unwrap();
        let labels: Vec<_> = made.labels.iter().map(|label| (label.step, label.value)).collect();
        assert_eq!(
            labels,
            [
                (Some(1), ImportedValue::Rating(StepRating::Good)),
                (Some(2), ImportedValue::FirstError),
                (Some(2), ImportedValue::Rating(StepRating::Bad)),
                (None, ImportedValue::ErrorSomewhere),
            ]
        );
        let scores: Vec<_> = made.scores.iter().map(|score| (score.step, score.value)).collect();
        assert_eq!(scores, [(Some(1), 0.0), (Some(2), 2.0)]);
        assert_eq!(
            made.imported_first_error(None).map(|mark| format!("{mark:?}")),
            Some(format!("At({:?})", trace.steps[2].hash))
        );
    }

    #[test]
    fn without_such_labels_there_is_nothing_to_do() {
        let trace = chain(&["abc"]);
        assert_eq!(overlaid(&trace, &TraceAnnotation::default()), None);
        assert_eq!(overlaid(&trace, &said(&trace, &[(0, Label::Redundant)], &[])), None);
    }
}
