//! The trace that is shown, with the path chosen through its tree.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use stepscope_core::annotation::{TraceAnnotation, overlaid};
use stepscope_core::model::{
    FirstError, ImportedLabel, Label, LabelKind, RunFacts, Step, StepHash, StepIndex, StepTree, Trace,
};

/// A trace that is shown, with the path chosen through its tree.
#[derive(Clone, Debug)]
pub struct OpenTrace {
    /// Its row in the store.
    pub row: u32,
    /// The trace.
    pub trace: Arc<Trace>,
    /// Its tree.
    pub tree: StepTree,
    /// The chosen path, from a first step to a leaf; positions grow along it.
    pub path: Vec<StepIndex>,
    /// Position of the selected step in `path`.
    pub at: usize,
    /// How many attempts are shown as one tree; `None` where it is one trace.
    pub attempts: Option<usize>,
    /// Times, costs and failures of its steps, and which result belongs to which call.
    pub facts: RunFacts,
    /// The first error that the data marks.
    pub imported_error: Option<StepIndex>,
    /// Where each step is.
    places: StepPlaces,
    /// Positions of the imported labels that are on steps, ordered by step.
    labels: Vec<(StepIndex, u32)>,
    /// The trace as its source has it, where the annotator made another of it.
    source: Option<(Arc<Trace>, StepPlaces)>,
    /// What the annotator made of it.
    shape: Vec<(StepHash, Label)>,
    /// The record of the log up to which that was looked at.
    looked_at: Option<u64>,
}

impl OpenTrace {
    /// Shows a trace as its annotator made it: with cuts, joints and steps of their own.
    pub fn overlaid(row: u32, source: impl Into<Arc<Trace>>, said: Option<&TraceAnnotation>) -> Self {
        let source = source.into();
        let made = said.and_then(|said| overlaid(&source, said));
        let shape = said.map(shape_of).unwrap_or_default();
        let Some(trace) = made else { return Self { shape, ..Self::new(row, source) } };
        let places = StepPlaces::new(&source.steps);
        Self { shape, source: Some((source, places)), ..Self::new(row, trace) }
    }

    /// Shows a trace along the path that its source returned.
    pub fn new(row: u32, trace: impl Into<Arc<Trace>>) -> Self {
        let trace = trace.into();
        let tree = trace.tree();
        let path = tree.main_path(&trace.steps);
        let (facts, places) = (RunFacts::new(&trace), StepPlaces::new(&trace.steps));
        let mut labels: Vec<(StepIndex, u32)> =
            (0..).zip(&trace.labels).filter_map(|(at, label)| Some((label.step?, at))).collect();
        labels.sort_unstable();
        let imported_error = match trace.imported_first_error(None) {
            Some(FirstError::At(hash)) => places.find(&trace.steps, &hash),
            _ => None,
        };
        let (attempts, source, shape, looked_at) = (None, None, Vec::new(), None);
        Self {
            row,
            trace,
            tree,
            path,
            at: 0,
            attempts,
            facts,
            imported_error,
            places,
            labels,
            source,
            shape,
            looked_at,
        }
    }

    /// Shows several attempts as one tree; `row` is that of the trace it was asked for from.
    pub fn of_attempts(row: u32, attempts: usize, tree: Trace) -> Self {
        let mut open = Self::new(row, tree);
        open.attempts = Some(attempts);
        open
    }

    /// The trace as its source has it.
    pub fn source(&self) -> &Arc<Trace> {
        self.source.as_ref().map_or(&self.trace, |(source, _)| source)
    }

    /// True where the annotator made another trace of that of the source: then a step may bear the name of one with
    /// another text.
    pub const fn is_reshaped(&self) -> bool {
        self.source.is_some()
    }

    /// The position of the step with that hash. Fast, unlike [`Trace::find_step`].
    pub fn find_step(&self, hash: &StepHash) -> Option<StepIndex> {
        self.places.find(&self.trace.steps, hash)
    }

    /// The same in the trace as its source has it.
    pub fn find_in_source(&self, hash: &StepHash) -> Option<StepIndex> {
        match &self.source {
            Some((source, places)) => places.find(&source.steps, hash),
            None => self.find_step(hash),
        }
    }

    /// The step of the source that stands at that position of the chosen path; none for one that the annotator wrote.
    pub fn in_source(&self, position: usize) -> Option<StepIndex> {
        let step = *self.path.get(position)?;
        if self.is_reshaped() { self.find_in_source(&self.trace.step(step)?.hash) } else { Some(step) }
    }

    /// Where a step stands on the chosen path.
    pub fn position(&self, step: StepIndex) -> Option<usize> {
        // A parent stands before its children, so that the path is in order.
        self.path.binary_search(&step).ok()
    }

    /// The first error that counts: the annotator's own, else that of the data where it is shown. Else why there is none.
    pub fn first_error(&self, said: Option<&TraceAnnotation>, shows_imported: bool) -> Result<StepIndex, &'static str> {
        match said.and_then(|said| said.first_error.as_ref()) {
            Some(FirstError::At(hash)) => {
                self.find_step(hash).ok_or("The step that you marked is not among the steps of this trace any more")
            }
            Some(FirstError::NoneUpTo(_)) => Err("You found none"),
            Some(FirstError::Unsure) => Err("You could not decide where it is"),
            None if !shows_imported => Err("You have marked none, and labels of the data are hidden"),
            None => self.imported_error.ok_or("You have marked none, and neither has the data"),
        }
    }

    /// The call of a selected result, or the result of a selected call.
    pub fn partner(&self) -> Option<StepIndex> {
        self.facts.calls.partner(self.selected()?, &self.path)
    }

    /// The labels of a step that came with the data.
    pub fn labels_of(&self, step: StepIndex) -> impl Iterator<Item = &ImportedLabel> {
        let start = self.labels.partition_point(|(of, _)| *of < step);
        let of_step = self.labels.get(start..).unwrap_or_default().iter().take_while(move |(of, _)| *of == step);
        of_step.filter_map(|(_, at)| self.trace.labels.get(*at as usize))
    }

    /// True where the trace has that step, as it is shown or as its source has it.
    pub fn has(&self, step: &StepHash) -> bool {
        self.find_step(step).is_some() || self.is_reshaped() && self.find_in_source(step).is_some()
    }

    /// Takes over what the annotator has made of the trace since it was shown. The selected step stays selected; where
    /// it is gone, one that stands near. True where the steps are others now. `last_seq` is
    /// that of the log.
    pub fn follow(&mut self, said: Option<&TraceAnnotation>, last_seq: u64) -> bool {
        if self.looked_at.replace(last_seq) == Some(last_seq) {
            return false;
        }
        if self.attempts.is_some() || said.map(shape_of).unwrap_or_default() == self.shape {
            return false;
        }
        let source = self.source.take().map_or_else(|| Arc::clone(&self.trace), |(source, _)| source);
        let mut now = Self { looked_at: self.looked_at, ..Self::overlaid(self.row, source, said) };
        now.select_near(self);
        let changed = now.trace.steps != self.trace.steps;
        *self = now;
        changed
    }

    /// Selects what was selected before, and keeps to the path that was shown.
    fn select_near(&mut self, before: &Self) {
        let hash = |step: &StepIndex| Some(before.trace.step(*step)?.hash.clone());
        let path: Vec<StepHash> = before.path.iter().filter_map(hash).collect();
        let find = |hash: &StepHash| self.find_step(hash);
        // The last step that is still there says which branch was shown.
        let branch = path.iter().rev().find_map(find);
        let was_written = path.get(before.at).is_some_and(StepHash::is_written);
        let here = path.get(before.at).and_then(find);
        let replaced = before.shape.iter().find_map(|(_, label)| match label {
            Label::Written(step) if Some(&step.id) == path.get(before.at) => step.replaces.as_ref(),
            _ => None,
        });
        let after = || path.iter().skip(before.at).find_map(find).filter(|_| !was_written);
        let earlier = || path.iter().take(before.at).rev().find_map(find);
        let selected = here.or_else(|| replaced.and_then(find)).or_else(after).or_else(earlier);
        if let Some(branch) = branch {
            self.select(branch);
        }
        if let Some(step) = selected {
            self.select(step);
        }
    }

    /// The selected step's position in the trace.
    pub fn selected(&self) -> Option<StepIndex> {
        self.path.get(self.at).copied()
    }

    /// The selected step.
    pub fn step(&self) -> Option<&Step> {
        self.trace.step(self.selected()?)
    }

    /// That the chosen path has no error, to be said or compared; `None` where it has no steps.
    pub fn no_error(&self) -> Option<FirstError> {
        Some(FirstError::NoneUpTo(self.trace.step(*self.path.last()?)?.hash.clone()))
    }

    /// Alternatives to the selected step, itself among them.
    pub fn siblings(&self) -> &[StepIndex] {
        self.selected().map_or(&[], |step| self.tree.siblings(&self.trace.steps, step))
    }

    /// Selects a step; one off the path changes the path to lead through it.
    pub fn select(&mut self, step: StepIndex) {
        if let Some(at) = self.position(step) {
            self.at = at;
        } else if self.trace.step(step).is_some() {
            self.path = self.tree.path_through(&self.trace.steps, step);
            self.at = self.position(step).unwrap_or(0);
        }
    }

    /// Moves along the path, stopping at its ends.
    pub fn move_by(&mut self, steps: isize) {
        self.at = self.at.saturating_add_signed(steps).min(self.path.len().saturating_sub(1));
    }

    /// Moves among the alternatives to the selected step, round and round.
    pub fn move_branch(&mut self, by: isize) {
        let siblings = self.siblings();
        let Some(here) = self.selected().and_then(|step| siblings.iter().position(|&s| s == step)) else { return };
        let count = isize::try_from(siblings.len()).unwrap_or(1);
        let next = (isize::try_from(here).unwrap_or(0) + by).rem_euclid(count);
        if let Some(&step) = usize::try_from(next).ok().and_then(|next| siblings.get(next)) {
            self.select(step);
        }
    }
}

/// Finds steps by their hash without keeping a copy of it.
#[derive(Clone, Debug, Default)]
struct StepPlaces {
    first: HashMap<u64, StepIndex>,
}

impl StepPlaces {
    fn new(steps: &[Step]) -> Self {
        let mut first = HashMap::with_capacity(steps.len());
        for (index, step) in (0..).zip(steps) {
            first.entry(number(&step.hash)).or_insert(index);
        }
        Self { first }
    }

    fn find(&self, steps: &[Step], hash: &StepHash) -> Option<StepIndex> {
        let &index = self.first.get(&number(hash))?;
        let is_at = |index: StepIndex| steps.get(index as usize).is_some_and(|step| step.hash == *hash);
        // Two hashes of one number are all but impossible; a slow answer is then better than a wrong one.
        if is_at(index) { Some(index) } else { (index..).take(steps.len()).find(|&index| is_at(index)) }
    }
}

fn number(hash: &StepHash) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash.hash(&mut hasher);
    hasher.finish()
}

/// Everything that makes the trace another than its source has it, in one order.
fn shape_of(said: &TraceAnnotation) -> Vec<(StepHash, Label)> {
    let written = said.labels.of_kind(LabelKind::Written).map(|label| (StepHash::default(), label.clone()));
    let of_step = |(hash, step): (&StepHash, &stepscope_core::annotation::StepAnnotation)| {
        let labels = step.labels.of_kind(LabelKind::Cut).chain(step.labels.of_kind(LabelKind::Joined));
        labels.map(|label| (hash.clone(), label.clone())).collect::<Vec<_>>()
    };
    let mut shape: Vec<_> = written.chain(said.steps.iter().flat_map(of_step)).collect();
    shape.sort_by_cached_key(|(hash, label)| (hash.clone(), label.key()));
    shape
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{ImportedValue, Problem, Step, TraceBuilder};

    use super::*;

    fn tree() -> OpenTrace {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
        for (parent, text) in [(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(2), "d")] {
            builder.push(Step { parent, text: text.into(), ..Step::default() });
        }
        OpenTrace::new(0, builder.build())
    }

    #[test]
    fn steps_and_their_labels_are_found() {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought("a").thought("b").thought("c");
        for (step, raw) in [(Some(2), "x"), (None, "trace"), (Some(1), "y"), (Some(2), "z")] {
            builder.label(step, stepscope_core::model::ImportedValue::Tag, "human", "tag", raw);
        }
        let open = OpenTrace::new(0, builder.build());
        let labels = |step| open.labels_of(step).map(|label| label.raw.as_str()).collect::<Vec<_>>();
        assert_eq!((labels(0), labels(1), labels(2)), (vec![], vec!["y"], vec!["x", "z"]));
        for step in &open.trace.steps {
            assert_eq!(open.find_step(&step.hash), open.find_step(&step.hash));
        }
        assert_eq!((open.find_step(&StepHash::new("gone")), open.position(2), open.position(3)), (None, Some(2), None));
    }

    #[test]
    fn ones_own_first_error_counts_before_that_of_the_data() {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought("a").thought("b").thought("c");
        builder.label(Some(1), ImportedValue::FirstError, "human", "first error", "2");
        let open = OpenTrace::new(0, builder.build());
        let said = |first_error| TraceAnnotation { first_error: Some(first_error), ..TraceAnnotation::default() };
        let hash = |step: usize| open.trace.steps[step].hash.clone();
        assert_eq!(open.first_error(None, true), Ok(1));
        assert!(open.first_error(None, false).is_err(), "the data is hidden");
        assert_eq!(open.first_error(Some(&said(FirstError::At(hash(2)))), true), Ok(2));
        assert_eq!(open.first_error(Some(&said(FirstError::At(hash(2)))), false), Ok(2));
        assert_eq!(open.first_error(Some(&said(FirstError::NoneUpTo(hash(2)))), true), Err("You found none"));
        assert!(open.first_error(Some(&said(FirstError::At(StepHash::new("gone")))), true).is_err());
    }

    #[test]
    fn branches_change_the_path() {
        let mut open = tree();
        assert_eq!(open.path, [0, 1]);
        open.move_by(1);
        open.move_branch(1);
        assert_eq!((open.path.as_slice(), open.selected()), ([0, 2, 3].as_slice(), Some(2)));
        open.move_branch(1);
        assert_eq!(open.selected(), Some(1), "round and round");
        open.select(3);
        assert_eq!(open.path, [0, 2, 3]);
        open.move_by(10);
        assert_eq!(open.selected(), Some(3), "stops at the end");
    }
}
