//! One attempt at a problem: a tree of steps with what is known about it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    ContentHasher, FirstBad, FirstError, ImportedLabel, ImportedScore, ImportedValue, Metadata, Problem, ProblemId,
    ScoreKind, Step, StepHash, StepIndex, StepKind, StepRating, StepTree, ToolCall, TraceId, first_bad, tree::is_chain,
    tree::main_path,
};

/// One attempt at a problem. A chain is a tree with one path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Identity; see [`TraceId`].
    pub id: TraceId,
    /// The name the source gives it.
    pub source_id: Option<String>,
    /// What is to be solved. Traces of one problem share its [`Problem::id`].
    pub problem: Problem,
    /// The model that wrote it.
    pub generator: Option<String>,
    /// Whether the attempt succeeded, as far as the source says.
    pub outcome: Outcome,
    /// The steps; a parent stands before its children.
    pub steps: Vec<Step>,
    /// Labels that came with the data.
    pub labels: Vec<ImportedLabel>,
    /// Scores that came with the data.
    pub scores: Vec<ImportedScore>,
    /// Everything else the source says of the trace.
    pub metadata: Metadata,
    /// How its text was split into steps, where the source does not say; see [`Splitter`](super::Splitter).
    pub splitter: Option<String>,
    /// Where it was read.
    pub source: SourceRef,
    /// What could not be read as meant, in sentences for the user.
    pub warnings: Vec<String>,
}

/// Whether an attempt succeeded, as far as the source says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// A reward, where the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
}

/// Right, wrong or not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not said.
    #[default]
    Unknown,
    /// The final answer is right.
    Correct,
    /// The final answer is wrong.
    Incorrect,
}

impl Verdict {
    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Correct => "correct",
            Self::Incorrect => "incorrect",
        }
    }

    /// The verdict with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Correct, Self::Incorrect].into_iter().find(|v| v.name() == name)
    }

    /// Right or wrong.
    pub const fn from_bool(correct: bool) -> Self {
        if correct { Self::Correct } else { Self::Incorrect }
    }
}

/// Where a trace was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// Path as the user gave it.
    pub file: String,
    /// Row in the file, from 1: a line of JSONL, an element of a JSON array.
    pub row: u64,
    /// Name of the format, as listed by the importers.
    pub format: String,
}

impl Trace {
    /// The children of every step.
    pub fn tree(&self) -> StepTree {
        StepTree::new(&self.steps)
    }

    /// The step at that position.
    pub fn step(&self, index: StepIndex) -> Option<&Step> {
        self.steps.get(index as usize)
    }

    /// The position of the step with that hash.
    pub fn find_step(&self, hash: &StepHash) -> Option<StepIndex> {
        (0..).zip(&self.steps).find(|(_, step)| step.hash == *hash).map(|(index, _)| index)
    }

    /// The imported scores of that name, one per step. Of several of one step the last that is a number counts: searches
    /// score a step again when they know more of it.
    pub fn imported_scores(&self, name: &str) -> Vec<Option<f64>> {
        let mut values = vec![None; self.steps.len()];
        for score in self.scores.iter().filter(|score| score.name == name && !score.value.is_nan()) {
            if let Some(slot) = score.step.and_then(|step| values.get_mut(step as usize)) {
                *slot = Some(score.value);
            }
        }
        values
    }

    /// For each step what its scores are kept under: its hash, which covers all that is read up to its end. A step that
    /// an annotator wrote bears a number for a name, so what it says and stands after is hashed as in [`TraceBuilder`].
    pub fn score_keys(&self) -> Vec<StepHash> {
        let mut keys: Vec<StepHash> = Vec::with_capacity(self.steps.len());
        let mut problem = None;
        for step in &self.steps {
            let key = if step.hash.is_written() {
                let problem: &ProblemId = problem.get_or_insert_with(|| self.problem.id());
                let above = step.parent.and_then(|parent| keys.get(parent as usize));
                let mut hasher = ContentHasher::default();
                add_step(&mut hasher, above.map_or(problem.as_str(), StepHash::as_str), step);
                StepHash::new(hasher.hex(32))
            } else {
                step.hash.clone()
            };
            keys.push(key);
        }
        keys
    }

    /// The first error according to the imported labels of one source, or of all where `source` is `None`.
    ///
    /// Said outright, or read off ratings along the main path; see [`first_bad`]. Of several ratings of a step the first
    /// counts. That there is none is said of the main path.
    /// `None` where the labels do not settle it, and where the trace has no steps.
    pub fn imported_first_error(&self, source: Option<&str>) -> Option<FirstError> {
        let labels = || self.labels.iter().filter(|l| source.is_none_or(|s| l.source == s));
        let path = main_path(&self.steps);
        let no_error = || Some(FirstError::NoneUpTo(self.step(*path.last()?)?.hash.clone()));
        for label in labels() {
            match label.value {
                ImportedValue::FirstError => {
                    return Some(FirstError::At(self.step(label.step?)?.hash.clone()));
                }
                ImportedValue::NoError => return no_error(),
                ImportedValue::Rating(_)
                | ImportedValue::Soft(_)
                | ImportedValue::ErrorSomewhere
                | ImportedValue::Preferred
                | ImportedValue::Dispreferred
                | ImportedValue::Tag
                | ImportedValue::Remark => {}
            }
        }
        let mut ratings: HashMap<StepIndex, StepRating> = HashMap::new();
        for label in labels() {
            if let (ImportedValue::Rating(rating), Some(step)) = (label.value, label.step) {
                ratings.entry(step).or_insert(rating);
            }
        }
        let on_path = |index: &StepIndex| Some(self.step(*index)?.rated(ratings.get(index).copied()));
        match first_bad(path.iter().filter_map(on_path))? {
            FirstBad::At(at) => Some(FirstError::At(self.step(*path.get(at)?)?.hash.clone())),
            FirstBad::Nowhere => no_error(),
        }
    }
}

/// Puts a trace together and computes its identities. Importers and tests use it.
#[derive(Clone, Debug, Default)]
pub struct TraceBuilder {
    trace: Trace,
}

impl TraceBuilder {
    /// A trace of that problem, without steps.
    pub fn new(problem: Problem) -> Self {
        Self { trace: Trace { problem, ..Trace::default() } }
    }

    /// Names the trace as its source does.
    #[must_use]
    pub fn source_id(mut self, id: impl Into<String>) -> Self {
        self.trace.source_id = Some(id.into());
        self
    }

    /// Names the model that wrote it.
    #[must_use]
    pub fn generator(mut self, name: impl Into<String>) -> Self {
        self.trace.generator = Some(name.into());
        self
    }

    /// Says how it ended.
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.trace.outcome.verdict = verdict;
        self
    }

    /// Continues the last step with another of that text: the shortest way to a chain.
    #[must_use]
    pub fn thought(mut self, text: impl Into<String>) -> Self {
        let parent = self.last_step();
        self.push(Step { parent, kind: StepKind::Thought, text: text.into(), on_path: true, ..Step::default() });
        self
    }

    /// The trace as it stands, for fields without a method of their own.
    pub fn trace_mut(&mut self) -> &mut Trace {
        &mut self.trace
    }

    /// Adds a step and gives its position. Its hash is computed by [`build`](Self::build).
    pub fn push(&mut self, step: Step) -> StepIndex {
        let index = self.next_index();
        self.trace.steps.push(step);
        index
    }

    /// Adds a tool call and gives its position.
    pub fn push_tool_call(&mut self, parent: Option<StepIndex>, text: String, tool: ToolCall) -> StepIndex {
        self.push(Step { parent, kind: StepKind::ToolCall, text, tool: Some(tool), on_path: true, ..Step::default() })
    }

    /// Labels a step, or the trace.
    pub fn label(&mut self, step: Option<StepIndex>, value: ImportedValue, source: &str, field: &str, raw: &str) {
        self.trace.labels.push(ImportedLabel {
            step,
            value,
            source: source.into(),
            field: field.into(),
            raw: raw.into(),
            base: None,
            rationale: None,
            correction: None,
        });
    }

    /// The label added last, for what [`label`](Self::label) does not ask.
    pub fn last_label(&mut self) -> Option<&mut ImportedLabel> {
        self.trace.labels.last_mut()
    }

    /// Scores a step, or the trace.
    pub fn score(&mut self, step: Option<StepIndex>, name: &str, kind: ScoreKind, value: f64) {
        self.trace.scores.push(ImportedScore { step, name: name.into(), kind, value });
    }

    /// Continues the last step with another of that kind and text.
    pub fn chain(&mut self, kind: StepKind, text: impl Into<String>) -> StepIndex {
        let parent = self.last_step();
        self.push(Step { parent, kind, text: text.into(), on_path: true, ..Step::default() })
    }

    /// The position of the step added last.
    pub fn last_step(&self) -> Option<StepIndex> {
        self.next_index().checked_sub(1)
    }

    fn next_index(&self) -> StepIndex {
        StepIndex::try_from(self.trace.steps.len()).unwrap_or(StepIndex::MAX)
    }

    /// Cuts parents that are not earlier, computes the hashes of all steps and the identity of the trace.
    pub fn build(mut self) -> Trace {
        let problem = self.trace.problem.id();
        hash_steps(problem.as_str(), &mut self.trace.steps);
        let trace = &self.trace;
        let hasher = ContentHasher::new("trace")
            .part(problem.as_str())
            .part(trace.generator.as_deref().unwrap_or_default())
            .part(trace.source_id.as_deref().unwrap_or_default());
        // Without a name of its own a trace is known by its content, wherever it stands in the file. With a name its
        // first step is enough: attempts that share the name differ there, and a trace that grows keeps it.
        let known_by = if trace.source_id.is_some() { 1 } else { trace.steps.len() };
        let hasher = trace.steps.iter().take(known_by).fold(hasher, |hasher, step| hasher.part(step.hash.as_str()));
        self.trace.id = TraceId::new(hasher.hex(16));
        self.trace
    }
}

/// Hashes a step and what stands above it, in place of what was hashed before.
fn add_step(hasher: &mut ContentHasher, above: &str, step: &Step) {
    let tool = step.tool.as_ref();
    hasher.restart("step");
    hasher.add(above.as_bytes());
    hasher.add(step.text.as_bytes());
    hasher.add(tool.map_or("", |t| t.name.as_str()).as_bytes());
    hasher.add(tool.map_or("", |t| t.arguments.as_str()).as_bytes());
}

/// Equal siblings are told apart by their number, so that a hash names one step of the trace.
fn hash_steps(problem: &str, steps: &mut [Step]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    // In a chain nobody has siblings.
    let has_siblings = !is_chain(steps);
    let mut hasher = ContentHasher::default();
    for index in 0..steps.len() {
        let (before, rest) = steps.split_at_mut(index);
        let Some(step) = rest.first_mut() else { break };
        step.parent = step.parent.filter(|&p| (p as usize) < index);
        let above = step.parent.and_then(|p| before.get(p as usize)).map_or(problem, |p| p.hash.as_str());
        add_step(&mut hasher, above, step);
        let mut hash = hasher.hex(32);
        if has_siblings {
            let twins = seen.entry(hash.clone()).or_default();
            *twins += 1;
            if *twins > 1 {
                hasher.add(&twins.to_le_bytes());
                hash = hasher.hex(32);
            }
        }
        step.hash = StepHash::new(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(texts: &[&str]) -> Trace {
        texts.iter().fold(TraceBuilder::new(Problem::from_text("1+1?")), |b, t| b.thought(*t)).build()
    }

    #[test]
    fn a_step_is_known_by_its_text_and_its_ancestors() {
        let (a, b) = (chain(&["x", "y", "z"]), chain(&["x", "q", "z"]));
        assert_eq!(a.steps[0].hash, b.steps[0].hash);
        assert_ne!(a.steps[1].hash, b.steps[1].hash);
        assert_ne!(a.steps[2].hash, b.steps[2].hash, "same text, other past");
        assert_ne!(a.id, b.id);
    }

    #[test]
    fn scores_of_written_steps_are_kept_under_what_they_say() {
        let source = chain(&["x", "y"]);
        let written = |number, parent, text: &str| Step {
            parent,
            text: text.into(),
            hash: StepHash::written(number),
            ..Step::default()
        };
        let keys = |steps: &[Step]| {
            let mut trace = source.clone();
            trace.steps.extend(steps.iter().cloned());
            trace.score_keys()
        };
        let plain: Vec<StepHash> = source.steps.iter().map(|step| step.hash.clone()).collect();
        assert_eq!(keys(&[]), plain);
        let made = keys(&[written(1, Some(0), "y"), written(2, Some(2), "z"), written(3, None, "x")]);
        assert_eq!(made[2], plain[1], "the same words after the same words");
        assert_eq!(made[3], chain(&["x", "y", "z"]).steps[2].hash);
        assert_eq!(made[4], plain[0]);
        assert_ne!(keys(&[written(1, Some(0), "other")])[2], made[2], "changed words are other words");
    }

    #[test]
    fn equal_siblings_are_two_steps() {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
        for _ in 0..2 {
            builder.push(Step { text: "2".into(), ..Step::default() });
        }
        let trace = builder.build();
        assert_ne!(trace.steps[0].hash, trace.steps[1].hash);
    }

    #[test]
    fn a_named_trace_keeps_its_identity_when_it_grows() {
        let build = |texts: &[&str]| {
            let builder = TraceBuilder::new(Problem::from_text("1+1?")).source_id("run-7");
            texts.iter().fold(builder, |b, t| b.thought(*t)).build()
        };
        assert_eq!(build(&["x"]).id, build(&["x", "y"]).id);
    }

    #[test]
    fn attempts_of_one_name_are_told_apart_by_their_first_step() {
        let build = |text: &str| {
            TraceBuilder::new(Problem::from_text("1+1?")).source_id("run-7").generator("m").thought(text).build()
        };
        assert_ne!(build("x").id, build("y").id, "best of N, or written anew");
        assert_eq!(build("x").id, build("x").id, "wherever it stands in the file");
    }

    #[test]
    fn first_error_is_read_off_ratings() {
        let mut trace = chain(&["x", "y", "z"]);
        let rate = |trace: &mut Trace, step, rating| {
            trace.labels.push(ImportedLabel {
                step: Some(step),
                value: ImportedValue::Rating(rating),
                source: "human".into(),
                field: "rating".into(),
                raw: String::new(),
                base: None,
                rationale: None,
                correction: None,
            });
        };
        rate(&mut trace, 0, StepRating::Good);
        assert_eq!(trace.imported_first_error(None), None, "later steps are not judged");
        rate(&mut trace, 1, StepRating::Bad);
        assert_eq!(trace.imported_first_error(None), Some(FirstError::At(trace.steps[1].hash.clone())));
        assert_eq!(trace.imported_first_error(Some("rollout")), None);
        for step in 0..3 {
            let label = ImportedLabel { step: Some(step), source: "model".into(), ..trace.labels[0].clone() };
            trace.labels.push(label);
        }
        let said = Some(FirstError::At(trace.steps[1].hash.clone()));
        assert_eq!(trace.imported_first_error(None), said, "another judge does not overrule the first");
    }

    #[test]
    fn no_error_is_said_of_the_text_that_came_with_it() {
        let say = |mut trace: Trace, label: ImportedValue, steps: &[Option<StepIndex>]| {
            let mut builder = TraceBuilder::default();
            for &step in steps {
                builder.label(step, label, "human", "label", "");
            }
            trace.labels.append(&mut builder.trace.labels);
            trace
        };
        let said = FirstError::NoneUpTo(chain(&["x", "y"]).steps[1].hash.clone());
        let whole = say(chain(&["x", "y"]), ImportedValue::NoError, &[None]);
        assert_eq!(whole.imported_first_error(None), Some(said.clone()));
        let rated = say(chain(&["x", "y"]), ImportedValue::Rating(StepRating::Good), &[Some(0), Some(1)]);
        assert_eq!(rated.imported_first_error(None), Some(said));
        assert_eq!(say(chain(&[]), ImportedValue::NoError, &[None]).imported_first_error(None), None);
    }
}
