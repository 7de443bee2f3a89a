//! What a project's annotators are asked for: the label schema, kept under `[labels]` in `project.toml`.
//!
//! Every record names the revision it was said under. Presets are TOML files in `presets/`.

use serde::{Deserialize, Serialize};

use super::lot::drawn;
use crate::model::{AnnotatorId, LabelKind, StepRating, TraceId};

/// What annotators are asked for, and how they work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSchema {
    /// Name, as in the list of presets.
    pub name: String,
    /// Rises with each change that is saved; 0 for one that was never saved.
    pub revision: u32,
    /// The ratings of steps that are offered.
    pub ratings: Vec<StepRating>,
    /// The sorts of labels that are offered, in the order of menus; empty for all.
    pub offers: Vec<LabelKind>,
    /// What annotators are told to do.
    pub guideline: Guideline,
    /// When labels, scores and outcomes that came from elsewhere are hidden until the annotator has judged.
    pub blind: Blind,
    /// Traces whose labels are known, mixed in to measure annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gold: Option<Gold>,
    /// How many annotators are to see each trace.
    pub readers: u32,
    /// How bad an error can be, mildest first.
    #[serde(rename = "severity")]
    pub severities: Vec<Named>,
    /// Words to tag traces and steps with.
    #[serde(rename = "tag")]
    pub tags: Vec<Named>,
    /// In what respects alternatives are compared.
    #[serde(rename = "criterion")]
    pub criteria: Vec<Named>,
    /// Scales.
    #[serde(rename = "dimension")]
    pub dimensions: Vec<Dimension>,
    /// Kinds of errors.
    #[serde(rename = "error")]
    pub errors: Vec<ErrorKind>,
}

/// What annotators are told to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guideline {
    /// Its version; part of every record.
    pub version: String,
    /// The text, or where it is found.
    pub text: String,
}

/// When labels, scores and outcomes from elsewhere are hidden until the annotator has judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Blind {
    /// The share of traces, 0..=1, chosen by lot but the same at every start: 1 hides always, 0 never.
    pub share: f64,
    /// Annotators for whom they are always hidden.
    pub annotators: Vec<String>,
}

/// Traces whose labels are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gold {
    /// Whose labels count as known: `imported`, `imported:NAME`, `own:NAME`.
    pub source: String,
    /// The share of such traces in the queue, 0..=1.
    pub rate: f64,
    /// Tell the annotator after each, rather than in the summary of the sitting.
    pub tell_at_once: bool,
}

/// Something with a name and a key to choose it by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// Stable name in labels.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// The letter that chooses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<char>,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// A scale on which traces or steps are rated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dimension {
    /// Name and key.
    #[serde(flatten)]
    pub named: Named,
    /// What is rated.
    pub scope: Scope,
    /// The lowest value.
    pub from: f64,
    /// The highest value.
    pub to: f64,
    /// The distance of two neighbouring values; 0 for any value.
    pub step: f64,
    /// Words for the values, lowest first, where they have names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
}

/// What a scale is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Whole traces.
    #[default]
    Trace,
    /// Single steps.
    Step,
}

/// A kind of error, with kinds within it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorKind {
    /// Name and key.
    #[serde(flatten)]
    pub named: Named,
    /// The kinds within it.
    #[serde(rename = "sub", skip_serializing_if = "Vec::is_empty")]
    pub subs: Vec<Named>,
}

impl Blind {
    /// True where that annotator is to judge that trace without seeing what others say of it.
    pub fn hides(&self, annotator: &AnnotatorId, trace: &TraceId) -> bool {
        self.annotators.iter().any(|name| name == annotator.as_str())
            || drawn("blind", &[annotator.as_str(), trace.as_str()], self.share)
    }
}

impl Default for LabelSchema {
    fn default() -> Self {
        Self {
            name: "First error".into(),
            revision: 0,
            ratings: StepRating::ALL.to_vec(),
            offers: Vec::new(),
            guideline: Guideline::default(),
            blind: Blind::default(),
            gold: None,
            readers: 1,
            severities: Vec::new(),
            tags: Vec::new(),
            criteria: Vec::new(),
            dimensions: Vec::new(),
            errors: Vec::new(),
        }
    }
}

impl Default for Gold {
    fn default() -> Self {
        Self { source: "imported".into(), rate: 0.1, tell_at_once: false }
    }
}

impl Default for Dimension {
    fn default() -> Self {
        Self { named: Named::default(), scope: Scope::Trace, from: 0.0, to: 1.0, step: 0.0, levels: Vec::new() }
    }
}

impl Named {
    /// What is shown: the title, or the identity where there is none.
    pub fn shown(&self) -> &str {
        if self.title.trim().is_empty() { &self.id } else { &self.title }
    }
}

impl LabelSchema {
    /// What a project without a schema of its own is asked for.
    pub fn usual() -> Self {
        preset("first_error").unwrap_or_default()
    }

    /// True where labels of that sort are offered.
    pub fn offers(&self, kind: LabelKind) -> bool {
        self.offers.is_empty() || self.offers.contains(&kind)
    }

    /// True where that rating of steps is offered.
    pub fn offers_rating(&self, rating: StepRating) -> bool {
        self.ratings.is_empty() || self.ratings.contains(&rating)
    }

    /// The scale of that identity.
    pub fn dimension(&self, id: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.named.id == id)
    }

    /// The kind of error of that identity.
    pub fn error(&self, id: &str) -> Option<&ErrorKind> {
        self.errors.iter().find(|error| error.named.id == id)
    }

    /// The title of a tag; the tag itself where it is the annotator's own.
    pub fn tag_title<'a>(&'a self, tag: &'a str) -> &'a str {
        self.tags.iter().find(|named| named.id == tag).map_or(tag, Named::shown)
    }
}

impl Dimension {
    /// The values it offers, lowest first; none where any value may be given.
    pub fn values(&self) -> Vec<f64> {
        if self.step <= 0.0 || self.to < self.from {
            return Vec::new();
        }
        // A last value that rounding would lose still counts.
        let most = ((self.to - self.from) / self.step + 1e-9).floor();
        (0..=100_u8).map(f64::from).take_while(|&at| at <= most).map(|at| self.from + at * self.step).collect()
    }

    /// The word for a value, where it has one.
    pub fn level(&self, value: f64) -> Option<&str> {
        let at = self.values().iter().position(|known| (known - value).abs() < 1e-9)?;
        self.levels.get(at).map(String::as_str)
    }
}

/// The schemas that come with Stepscope: what identifies each, and its TOML.
pub const PRESETS: &[(&str, &str)] = &[
    ("first_error", include_str!("presets/first_error.toml")),
    ("prm800k_phase_1", include_str!("presets/prm800k_phase_1.toml")),
    ("prm800k_phase_2", include_str!("presets/prm800k_phase_2.toml")),
    ("agent_process_bench", include_str!("presets/agent_process_bench.toml")),
    ("error_taxonomy", include_str!("presets/error_taxonomy.toml")),
    ("prmbench", include_str!("presets/prmbench.toml")),
    ("mast", include_str!("presets/mast.toml")),
    ("proof_grading", include_str!("presets/proof_grading.toml")),
    ("rubric", include_str!("presets/rubric.toml")),
];

/// The schema that comes with Stepscope under that name.
pub fn preset(id: &str) -> Option<LabelSchema> {
    let (_, text) = PRESETS.iter().find(|(known, _)| *known == id)?;
    schema_from_toml(text).ok()
}

/// Reads a schema; the error says what is wrong with the text.
pub fn schema_from_toml(text: &str) -> Result<LabelSchema, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}
