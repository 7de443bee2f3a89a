//! Everything that can be said of a trace or a step beside the first error, the rating, the status and the note.
//!
//! To add a kind of label: a variant of [`Label`], one of [`LabelKind`], and its words in the window. Log, undo,
//! history, native export and import take it as they take the others.

use serde::{Deserialize, Serialize};

use super::{StepHash, StepKind, StepRating, TraceId};

/// One label. Of each [`LabelKey`] a trace or step has at most one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Trace: whether the final answer is right, in the annotator's eyes.
    Outcome(OutcomeLabel),
    /// Trace: why it was skipped, given up or flagged.
    Reason(String),
    /// Trace: a proposal was looked at and confirmed, or corrected.
    Verified(Verified),
    /// Trace or step: a word of the project's list, or of the annotator's own.
    Tag(String),
    /// Trace or step: a value on one of the schema's scales.
    Rated(Rated),
    /// Trace: a step that the annotator wrote or took from elsewhere. It stands beside those of the source.
    Written(WrittenStep),

    /// Step: how likely it is right, 0..=1, kept to the last digit.
    Soft(f64),
    /// Step: right, and adds nothing.
    Redundant,
    /// Step: wrong, and put right further on, by that step where it is known.
    Corrected(Option<StepHash>),
    /// Step: before it a step is missing; what it would say, if that was written.
    Missing(String),
    /// Step: what sort of error it is.
    Error(ErrorLabel),
    /// Step: unsafe, apart from being right.
    Unsafe,
    /// Step: not to be learned from.
    Masked,
    /// Step: words on it, by the annotator or by somebody whose words are judged here.
    Critique(Critique),
    /// Step: words in it.
    Span(Span),
    /// Step: what it rests on, or what it corresponds to.
    Link(Link),
    /// Step: read on the way to the first error. True: no error up to here. Steps in between are only implied.
    Inspected(bool),
    /// Step: the best among its alternatives.
    Best,
    /// Step: its place among its alternatives, from 1.
    Rank(u32),
    /// Step: better than that alternative.
    Preferred(Preference),
    /// Step of the source: cut in two, so many bytes into its text.
    Cut(usize),
    /// Step of the source: one with the step before it.
    Joined,
}

/// What is right or wrong about a final answer, in the annotator's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeLabel {
    /// Right.
    Right,
    /// Wrong.
    Wrong,
    /// Looked at and left undecided.
    Unsure,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Who proposed: `scorer:NAME@T`, `imported:NAME`, `own:NAME`.
    pub by: String,
    /// True where the annotator says the same.
    pub agreed: bool,
}

/// A value on a scale of the schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rated {
    /// Identity of the scale.
    pub dimension: String,
    /// The value.
    pub value: f64,
}

/// A step that the annotator wrote or took from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenStep {
    /// Its identity, by which labels on it and steps after it name it.
    pub id: StepHash,
    /// The step it continues; `None` at the start.
    pub parent: Option<StepHash>,
    /// The text.
    pub text: String,
    /// What sort of step it is.
    #[serde(default)]
    pub kind: StepKind,
    /// The step that it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<StepHash>,
    /// Where its text was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<(TraceId, StepHash)>,
}

/// What sort of error a step makes. The names are those of the schema, or the annotator's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLabel {
    /// The kind.
    pub kind: String,
    /// The kind within the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// How bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
}

/// Words on a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Critique {
    /// Whose words they were: empty for the annotator's own, else the scorer or imported source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// The words; for another's, as they were when judged or after the annotator changed them.
    pub text: String,
    /// How good the words are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<StepRating>,
    /// The annotator stands by them.
    #[serde(default)]
    pub accepted: bool,
}

/// Words in a step, as bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Where they begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// What is said of them: an error kind, a tag, any words; empty for a plain mark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub says: String,
}

/// What a step rests on, or what it corresponds to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The relation.
    pub relation: Relation,
    /// An earlier step by its identity; a line of the reference solution by its number, from 1, or a sentence in it as
    /// `1.2`; a step of another trace by the identities of both, with a space between.
    pub to: String,
}

/// How a step relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It follows from that earlier step.
    Premise,
    /// That earlier step shows it: an observation, the result of a tool.
    Evidence,
    /// It does what that step of the reference solution, or of another trace, does.
    Reference,
}

/// That a step is better than one of its alternatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The other.
    pub over: StepHash,
    /// How clearly: 0 no difference, 1 slightly, 2 clearly, 3 by far.
    pub strength: u8,
    /// In what respect; empty for all in all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub criterion: String,
}

/// Sort of label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the variant of Label by that name")]
pub enum LabelKind {
    Outcome,
    Reason,
    Verified,
    Tag,
    Rated,
    Written,
    Soft,
    Redundant,
    Corrected,
    Missing,
    Error,
    Unsafe,
    Masked,
    Critique,
    Span,
    Link,
    Inspected,
    Best,
    Rank,
    Preferred,
    Cut,
    Joined,
}

/// Names a label among those of one trace or step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelKey {
    /// The sort.
    pub kind: LabelKind,
    /// Which of several: the tag, the scale, the step linked to; empty where there is only one.
    pub of: String,
}

impl LabelKey {
    /// The key of a sort of which there is only one.
    pub const fn only(kind: LabelKind) -> Self {
        Self { kind, of: String::new() }
    }

    /// The key of one among several.
    pub fn of(kind: LabelKind, of: impl Into<String>) -> Self {
        Self { kind, of: of.into() }
    }
}

impl LabelKind {
    /// True for what judges a trace or a step. Words, marks of words, links, what is only for training and the shape of
    /// the trace say nothing of whether it is right.
    pub const fn judges(self) -> bool {
        match self {
            Self::Outcome
            | Self::Verified
            | Self::Rated
            | Self::Soft
            | Self::Redundant
            | Self::Corrected
            | Self::Missing
            | Self::Error
            | Self::Unsafe
            | Self::Best
            | Self::Rank
            | Self::Preferred => true,
            Self::Reason
            | Self::Tag
            | Self::Written
            | Self::Masked
            | Self::Critique
            | Self::Span
            | Self::Link
            | Self::Inspected
            | Self::Cut
            | Self::Joined => false,
        }
    }
}

impl Label {
    /// Its sort.
    pub const fn kind(&self) -> LabelKind {
        match self {
            Self::Outcome(_) => LabelKind::Outcome,
            Self::Reason(_) => LabelKind::Reason,
            Self::Verified(_) => LabelKind::Verified,
            Self::Tag(_) => LabelKind::Tag,
            Self::Rated(_) => LabelKind::Rated,
            Self::Written(_) => LabelKind::Written,
            Self::Soft(_) => LabelKind::Soft,
            Self::Redundant => LabelKind::Redundant,
            Self::Corrected(_) => LabelKind::Corrected,
            Self::Missing(_) => LabelKind::Missing,
            Self::Error(_) => LabelKind::Error,
            Self::Unsafe => LabelKind::Unsafe,
            Self::Masked => LabelKind::Masked,
            Self::Critique(_) => LabelKind::Critique,
            Self::Span(_) => LabelKind::Span,
            Self::Link(_) => LabelKind::Link,
            Self::Inspected(_) => LabelKind::Inspected,
            Self::Best => LabelKind::Best,
            Self::Rank(_) => LabelKind::Rank,
            Self::Preferred(_) => LabelKind::Preferred,
            Self::Cut(_) => LabelKind::Cut,
            Self::Joined => LabelKind::Joined,
        }
    }

    /// What names it among the labels of its trace or step.
    pub fn key(&self) -> LabelKey {
        let of = match self {
            Self::Tag(tag) => tag.clone(),
            Self::Rated(rated) => rated.dimension.clone(),
            Self::Written(step) => step.id.as_str().to_owned(),
            Self::Critique(critique) => critique.by.clone(),
            Self::Span(span) => format!("{}-{}", span.start, span.end),
            Self::Link(link) => format!("{:?} {}", link.relation, link.to),
            Self::Preferred(preference) => format!("{} {}", preference.over, preference.criterion),
            Self::Cut(at) => at.to_string(),
            _ => String::new(),
        };
        LabelKey { kind: self.kind(), of }
    }
}
