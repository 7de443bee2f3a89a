//! Stepscope's own lossless format, one trace a line: what `export` writes and `import` reads back.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::import::{Carried, Imported, Importer, Recognition, RowError, Sample};
use crate::model::{
    AnnotatorId, FirstError, ImportedLabel, ImportedScore, Label, Metadata, Outcome, Problem, ScoreKind, SourceRef,
    Step, StepHash, StepRating, Trace, TraceBuilder, TraceId, TraceStatus,
};

/// Names the shape of a line; the number changes when a reader of older lines would misread it.
pub const SCHEMA: &str = "stepscope.trace/1";

/// One line of a native file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NativeTrace {
    /// [`SCHEMA`].
    pub schema: String,
    /// Identity of the trace.
    pub id: TraceId,
    /// The name its first source gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// What was to be solved.
    pub problem: Problem,
    /// The model that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The steps, with hashes.
    pub steps: Vec<Step>,
    /// Labels that came with the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<ImportedLabel>,
    /// Scores that came with the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<ImportedScore>,
    /// Everything else its first source said.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// How its text was split into steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splitter: Option<String>,
    /// Where it was first read.
    pub source: SourceRef,
    /// What was noticed when it was first read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What each annotator said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<NativeAnnotation>,
    /// What each scorer of the project gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub computed_scores: Vec<NativeScores>,
}

impl From<Trace> for NativeTrace {
    /// The trace by itself: without what annotators and scorers said.
    fn from(trace: Trace) -> Self {
        Self {
            schema: SCHEMA.into(),
            id: trace.id,
            source_id: trace.source_id,
            problem: trace.problem,
            generator: trace.generator,
            outcome: trace.outcome,
            steps: trace.steps,
            labels: trace.labels,
            scores: trace.scores,
            metadata: trace.metadata,
            splitter: trace.splitter,
            source: trace.source,
            warnings: trace.warnings,
            annotations: Vec::new(),
            computed_scores: Vec::new(),
        }
    }
}

/// What one annotator said of the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NativeAnnotation {
    /// Who.
    pub annotator: AnnotatorId,
    /// Where it first goes wrong; absent where nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_error: Option<FirstError>,
    /// How far the annotator got.
    #[serde(default)]
    pub status: TraceStatus,
    /// The note on the whole trace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Everything else that was said of the trace as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// What was said of single steps, in the order of the steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<NativeStepAnnotation>,
}

/// What one annotator said of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NativeStepAnnotation {
    /// The step.
    pub step: StepHash,
    /// The rating; absent where nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<StepRating>,
    /// The note.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Everything else that was said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

/// The scores of one scorer on the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NativeScores {
    /// Name of the scorer in the project.
    pub scorer: String,
    /// Fingerprint of the model, recipe and number format.
    pub fingerprint: String,
    /// What the numbers mean.
    pub kind: ScoreKind,
    /// One per step; `null` where the step was not scored.
    pub values: Vec<Option<f32>>,
    /// Those of steps that annotators cut off or wrote, each under [its key](Trace::score_keys).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<StepHash, f32>,
}

/// Reads the native format.
pub struct Native;

impl Importer for Native {
    fn name(&self) -> &'static str {
        "stepscope"
    }

    fn caption(&self) -> &'static str {
        "Stepscope's own export, with labels and scores"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["schema"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a `schema` of Stepscope", |row| {
            row["schema"].as_str().is_some_and(|schema| schema.starts_with("stepscope.trace/"))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        if row["schema"] != SCHEMA {
            let reason =
                format!("the schema is {}, this version reads {SCHEMA}; use the version that wrote it", row["schema"]);
            return Err(RowError::new(reason));
        }
        let native: NativeTrace = serde_json::from_value(row)
            .map_err(|error| RowError::new(format!("not as Stepscope writes it: {error}; export the trace again")))?;
        Ok(vec![imported(native)])
    }
}

/// Computes identities anew, so that a file edited by hand cannot move labels to other words.
fn imported(native: NativeTrace) -> Imported {
    let hashes: Vec<StepHash> = native.steps.iter().map(|step| step.hash.clone()).collect();
    let (mut annotations, mut computed) = (native.annotations, native.computed_scores);
    let mut builder = TraceBuilder::new(native.problem);
    *builder.trace_mut() = Trace {
        problem: std::mem::take(&mut builder.trace_mut().problem),
        source_id: native.source_id,
        generator: native.generator,
        outcome: native.outcome,
        steps: native.steps,
        labels: native.labels,
        scores: native.scores,
        metadata: native.metadata,
        splitter: native.splitter,
        source: native.source,
        warnings: native.warnings,
        id: TraceId::default(),
    };
    let mut trace = builder.build();
    let edited = trace.steps.iter().zip(&hashes).filter(|(step, hash)| step.hash != **hash).count();
    if edited > 0 {
        let text = format!("{edited} steps are not those that were exported; labels and scores of theirs do not apply");
        trace.warnings.push(text);
    }
    let steps = trace.steps.len();
    let lost = |step: Option<u32>| step.is_some_and(|step| step as usize >= steps);
    if trace.labels.iter().any(|label| lost(label.step)) || trace.scores.iter().any(|score| lost(score.step)) {
        trace.warnings.push(format!("labels or scores name steps beyond the {steps} of the trace"));
    }
    if is_numbered(&native.id, &trace.id) {
        trace.id = native.id;
    } else {
        trace.warnings.push(format!("the trace was exported as {} and has changed since", native.id));
    }
    for scores in &mut computed {
        scores.values = values_by_hash(&trace.steps, &hashes, &scores.values);
    }
    computed.retain(|scores| !scores.more.is_empty() || scores.values.iter().any(Option::is_some));
    for said in &mut annotations {
        let holds = match &said.first_error {
            Some(FirstError::At(step) | FirstError::NoneUpTo(step)) => {
                // A part is there where its step is, a written step where it came along.
                let written = |label: &Label| matches!(label, Label::Written(written) if written.id == *step);
                trace.find_step(&step.whole().0).is_some() || said.labels.iter().any(written)
            }
            Some(FirstError::Unsure) | None => true,
        };
        if !holds {
            said.first_error = None;
            let text =
                format!("the first error that {} marked is left out: it was said of other steps", said.annotator);
            trace.warnings.push(text);
        }
    }
    let carried = Carried { trace: trace.id.clone(), annotations, scores: computed };
    let any = !carried.annotations.is_empty() || !carried.scores.is_empty();
    Imported { trace, carried: any.then_some(carried), join: None }
}

/// One value per step as it is now, found by the hash under which it was exported: an edited step has none.
fn values_by_hash(steps: &[Step], exported: &[StepHash], values: &[Option<f32>]) -> Vec<Option<f32>> {
    let mut by_hash = HashMap::new();
    for (hash, value) in exported.iter().zip(values) {
        // A step copied by hand bears the hash of the first.
        by_hash.entry(hash).or_insert(*value);
    }
    steps.iter().map(|step| by_hash.get(&step.hash).copied().flatten()).collect()
}

/// True for the identity itself and for `-2`, `-3`, … after it, which tell identical traces apart.
fn is_numbered(stored: &TraceId, computed: &TraceId) -> bool {
    let rest = stored.as_str().strip_prefix(computed.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok()))
}
