//! The attempts at one problem, with what is said of them.

use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::model::{
    Label, LabelKind, OutcomeLabel, ProblemId, ScoreKind, StepIndex, StepRating, StepTree, Trace, Verdict,
};

/// The attempts at one problem.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The problem.
    pub problem: ProblemId,
    /// The attempts, in the order of the project.
    pub members: Vec<Member<'a>>,
    /// Whose labels are used, as in [`LabelSource`](crate::labels::LabelSource): `own:NAME`, `imported`, `scorer:NAME@T`.
    pub labels: String,
    /// The annotator, where own labels are used.
    pub annotator: Option<String>,
    /// True where imported labels are used.
    pub imported: bool,
    /// The only source of imported labels that is used.
    pub imported_source: Option<String>,
}

impl Group<'_> {
    /// True where imported labels of that source are used.
    pub(super) fn uses(&self, source: &str) -> bool {
        self.imported && self.imported_source.as_deref().is_none_or(|only| only == source)
    }
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The trace, with what its annotator cut, joined and wrote.
    pub trace: Trace,
    /// The children of its steps.
    pub tree: StepTree,
    /// What each step is taken for, by the labels in use; empty where they say nothing.
    pub ratings: Vec<Option<StepRating>>,
    /// The soft label of each step, by the labels in use; empty where they say nothing.
    pub soft: Vec<Option<f64>>,
    /// What the annotator says of it, where own labels are used.
    pub said: Option<&'a TraceAnnotation>,
    /// What the scorers of the project gave.
    pub scores: Vec<NativeScores>,
}

/// The values of one score, by step.
#[derive(Clone, Debug)]
pub(in crate::export) struct StepValues<'a> {
    pub(in crate::export) name: &'a str,
    pub(in crate::export) kind: ScoreKind,
    values: Vec<Option<f64>>,
}

impl StepValues<'_> {
    /// The value of a step; nothing where it has none, or one that is no number.
    pub(in crate::export) fn of(&self, step: StepIndex) -> Option<f64> {
        self.values.get(step as usize).copied().flatten()
    }
}

impl Member<'_> {
    /// An attempt of which nothing is said.
    pub fn new(trace: Trace) -> Self {
        let (ratings, soft, scores) = (Vec::new(), Vec::new(), Vec::new());
        Self { tree: trace.tree(), trace, ratings, soft, said: None, scores }
    }

    /// What a step is taken for.
    pub fn rating(&self, step: StepIndex) -> Option<StepRating> {
        self.ratings.get(step as usize).copied().flatten()
    }

    /// The text of a step.
    pub fn text(&self, step: StepIndex) -> &str {
        self.trace.step(step).map_or("", |step| step.text.as_str())
    }

    /// The steps before that one, from the first.
    pub fn prefix(&self, step: StepIndex) -> Vec<StepIndex> {
        let mut path = self.tree.path_to(&self.trace.steps, step);
        path.pop();
        path
    }

    /// The path that its source returned.
    pub fn main_path(&self) -> Vec<StepIndex> {
        self.tree.main_path(&self.trace.steps)
    }

    /// True where a step before that one is bad.
    pub fn is_after_error(&self, step: StepIndex) -> bool {
        self.prefix(step).into_iter().any(|above| self.rating(above) == Some(StepRating::Bad))
    }

    /// Whether the attempt is right, and whether its annotator says so, whose word comes before that of the data.
    pub(in crate::export) fn outcome(&self) -> Option<(bool, bool)> {
        let labels = self.said.into_iter().flat_map(|said| said.labels.of_kind(LabelKind::Outcome));
        let own = labels.into_iter().find_map(|label| match label {
            Label::Outcome(outcome) => Some(*outcome),
            _ => None,
        });
        match (own, self.trace.outcome.verdict) {
            (Some(OutcomeLabel::Right), _) => Some((true, true)),
            (Some(OutcomeLabel::Wrong), _) => Some((false, true)),
            (None, Verdict::Correct) => Some((true, false)),
            (None, Verdict::Incorrect) => Some((false, false)),
            (Some(OutcomeLabel::Unsure), _) | (None, Verdict::Unknown) => None,
        }
    }

    /// See [`step_values`].
    pub(in crate::export) fn step_values(
        &self,
        name: &str,
        fitting: impl Fn(ScoreKind) -> bool,
    ) -> Option<StepValues<'_>> {
        step_values(&self.trace, &self.scores, name, fitting)
    }
}

/// The values of the score of that name, computed or imported; without a name, of the first score whose kind is
/// `fitting`, computed ones first. Where a step has several of one name, the last counts.
pub(in crate::export) fn step_values<'a>(
    trace: &'a Trace,
    scores: &'a [NativeScores],
    name: &str,
    fitting: impl Fn(ScoreKind) -> bool,
) -> Option<StepValues<'a>> {
    let wanted = |found: &str, kind: ScoreKind| if name.is_empty() { fitting(kind) } else { found == name };
    let finite = |value: f64| value.is_finite().then_some(value);
    if let Some(computed) = scores.iter().find(|scores| wanted(&scores.scorer, scores.kind)) {
        let values = computed.values.iter().map(|value| value.map(f64::from).and_then(finite)).collect();
        return Some(StepValues { name: &computed.scorer, kind: computed.kind, values });
    }
    let mut imported = trace.scores.iter().filter(|score| score.step.is_some());
    let first = imported.find(|score| wanted(&score.name, score.kind))?;
    let values = trace.imported_scores(&first.name).into_iter().map(|value| value.and_then(finite)).collect();
    Some(StepValues { name: &first.name, kind: first.kind, values })
}
