//! The user's own mapping: where a file of unknown shape has its problem, steps, labels and scores.
//!
//! A mapping is a small TOML file. It is made in the window, beside a live preview, or by hand; saved, it reads files of
//! the same keys from then on.

mod guess;
mod path;
mod read;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use guess::guess;
pub use path::{FieldPath, PathInfo, paths};

use super::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ScoreKind, Splitter};

/// Where things stand in a row. A path is the keys on the way, with dots between them (`meta.model`, `steps.0.text`), or a
/// JSON pointer where keys hold dots themselves (`/a.b/0`). An empty path means that the file does not have the thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// What the user calls it.
    pub name: String,
    /// Keys that a row must have for the mapping to be used without being asked for. None: only when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The list of rows inside a document; empty where the file is a list or lines of rows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rows: String,
    /// The text of the problem.
    pub problem: String,
    /// The steps: a list of texts, a list of objects, or one text.
    pub steps: String,
    /// In each step object: its text. Empty: `text`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step_text: String,
    /// In each step object: its name, and the name of the step that it continues. Without them the steps are a chain.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step_id: String,
    /// See [`step_id`](Self::step_id).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step_parent: String,
    /// How a text is split into steps; see [`Splitter`]. Empty: at blank lines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub splitter: String,
    /// The name of the trace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The model that wrote it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub generator: String,
    /// The reference answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// The reference solution.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub solution: String,
    /// Labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelMapping>,
    /// Scores; several where there are several scorers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<ScoreMapping>,
    /// Whether the attempt succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeMapping>,
}

/// Where labels stand and how they read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelMapping {
    /// In the row: one value per step as a list or an object of step numbers, or the number of a step.
    pub path: String,
    /// In each step object, instead.
    pub in_step: String,
    /// What a number says.
    pub says: LabelSays,
    /// The number of the first step, where the labels name steps by number.
    pub base: u32,
    /// Values that say that there is no error, as they are written. Empty: `-1`, `null`, `N/A`.
    pub none: Vec<String>,
    /// Values that mean good, neutral and bad, as they are written. All empty: `1`, `true`, `+`, `good` are good; `0`,
    /// `false`, `-`, `-1`, `bad` are bad; `neutral` is neutral.
    pub good: Vec<String>,
    /// See [`good`](Self::good).
    pub neutral: Vec<String>,
    /// See [`good`](Self::good).
    pub bad: Vec<String>,
    /// Who gave them: `human`, `model:NAME`, `rollout`. Empty: `dataset`.
    pub source: String,
}

/// What a label is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSays {
    /// A verdict per step.
    #[default]
    Rating,
    /// The number of the first wrong step.
    FirstError,
}

/// Where scores stand and what they mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreMapping {
    /// In the row: one number per step, or one for the trace.
    pub path: String,
    /// In each step object, instead.
    pub in_step: String,
    /// What they are called. Empty: the last key of the path.
    pub name: String,
    /// What they mean.
    pub kind: ScoreKind,
}

/// Where the outcome stands and how it reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeMapping {
    /// In the row.
    pub path: String,
    /// Values that mean success, as they are written. Empty: `true`, `1`, `correct`, `success`, `pass`.
    pub correct: Vec<String>,
}

/// A mapping that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MappingError(pub String);

impl Mapping {
    /// Reads a mapping from TOML.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError(error.to_string().trim().into()))?;
        mapping.check()?;
        Ok(mapping)
    }

    /// The mapping as TOML.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        toml::to_string_pretty(self).map_err(|error| MappingError(error.to_string()))
    }

    /// Whether the mapping makes sense by itself, whatever the file holds.
    pub fn check(&self) -> Result<(), MappingError> {
        let fail = |text: &str| Err(MappingError(text.into()));
        if self.steps.trim().is_empty() {
            return fail("`steps` is empty; give the path of the steps or of the text to split");
        }
        if self.step_parent.is_empty() != self.step_id.is_empty() {
            return fail("`step_id` and `step_parent` belong together; give both or none");
        }
        if self.labels.as_ref().is_some_and(|labels| labels.path.is_empty() == labels.in_step.is_empty()) {
            return fail("`labels` needs either `path` (in the row) or `in_step` (in each step)");
        }
        for scores in &self.scores {
            if scores.path.is_empty() == scores.in_step.is_empty() {
                return fail("`scores` needs either `path` (in the row) or `in_step` (in each step)");
            }
        }
        self.splitter_or_default().map(|_| ())
    }

    /// How texts are split.
    fn splitter_or_default(&self) -> Result<Splitter, MappingError> {
        if self.splitter.is_empty() {
            return Ok(Splitter::BlankLine);
        }
        self.splitter.parse().map_err(|error: crate::model::SplitterError| MappingError(error.to_string()))
    }

    /// Whether it is to be used for a file without being asked for.
    fn knows(&self, sample: &Sample) -> bool {
        let fits = |row: &&Value| self.keys.iter().all(|key| row.get(key).is_some());
        !self.keys.is_empty() && sample.rows.iter().filter(fits).count() * 2 > sample.rows.len()
    }
}

impl Sample {
    /// The mapping for this file: the one asked for, else the first that knows it.
    fn mapping(&self) -> Option<&Mapping> {
        self.map.as_deref().or_else(|| self.known.iter().map(Arc::as_ref).find(|mapping| mapping.knows(self)))
    }
}

/// Name of the format of what is read by a mapping.
pub(super) const NAME: &str = "mapped";

/// Reads a file by a mapping of the user's.
pub(super) struct Mapped;

impl Importer for Mapped {
    fn name(&self) -> &'static str {
        NAME
    }

    fn caption(&self) -> &'static str {
        "A mapping of your own"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let mapping = sample.mapping()?;
        let unit = if mapping.rows.is_empty() { Unit::Row } else { Unit::Document };
        // Whoever made a mapping knows better than any guess.
        Some(Recognition { share: 2.0, reason: format!("read by the mapping “{}”", mapping.name), unit })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mapping = sample.mapping().ok_or_else(|| RowError::new("no mapping was chosen; choose one"))?;
        if mapping.rows.is_empty() {
            return Ok(vec![read::trace(mapping, row, sample)?]);
        }
        match FieldPath::new(&mapping.rows).get(&row) {
            Some(Value::Array(rows)) => rows.iter().map(|row| read::trace(mapping, row.clone(), sample)).collect(),
            Some(Value::Object(rows)) => rows.values().map(|row| read::trace(mapping, row.clone(), sample)).collect(),
            _ => Err(RowError::new(format!("there is no list of rows at `{}`; correct `rows`", mapping.rows))),
        }
    }
}
