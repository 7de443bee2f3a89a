//! Stepscope's own lossless format, one trace a line: what `export` writes and `import` reads back.

use serde::{Deserialize, Serialize};

use crate::model::{
    AnnotatorId, FirstError, ImportedLabel, ImportedScore, Metadata, Outcome, Problem, ScoreKind, SourceRef, Step,
    StepHash, StepRating, TraceId, TraceStatus,
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
}
