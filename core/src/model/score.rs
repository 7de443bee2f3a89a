//! Numbers that models gave, with what they mean.

use serde::{Deserialize, Serialize};

use super::StepIndex;

/// What a score means. Scores of different kinds are never mixed or thresholded as one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreKind {
    /// Probability that the step is correct, 0..=1.
    Correctness,
    /// Chance of reaching the right answer from here, 0..=1 (Monte-Carlo, Q or value function).
    Value,
    /// Gain or loss in that chance made by this step, signed.
    Progress,
    /// Log-likelihood ratio against a reference model, unbounded.
    Implicit,
    /// Reward of a whole trajectory, unbounded.
    Trajectory,
    /// A number whose meaning the source does not declare.
    #[default]
    Other,
}

impl ScoreKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Correctness, Self::Value, Self::Progress, Self::Implicit, Self::Trajectory, Self::Other];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Value => "value",
            Self::Progress => "progress",
            Self::Implicit => "implicit",
            Self::Trajectory => "trajectory",
            Self::Other => "other",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True for kinds whose values lie in 0..=1.
    pub const fn is_unit(self) -> bool {
        matches!(self, Self::Correctness | Self::Value)
    }
}

/// A score that came with the data. Kept apart from those computed here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedScore {
    /// The step, or `None` for the whole trace.
    pub step: Option<StepIndex>,
    /// Name of the column or scorer.
    pub name: String,
    /// What the number means.
    pub kind: ScoreKind,
    /// The number; may be infinite or NaN where the source says so.
    pub value: f64,
}
