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
    /// Probability of one of several classes, 0..=1; the name tells which.
    ClassProbability,
    /// Reward of a step or a state, unbounded.
    Reward,
    /// A number before the sigmoid or softmax, unbounded.
    Logit,
    /// How often a judge chose it, or what judges gave together.
    Vote,
    /// Rating from comparisons of pairs.
    Elo,
    /// What the policy gave the step before it was looked at, 0..=1.
    Prior,
    /// Influence on what follows, signed.
    Importance,
    /// Divergence between two distributions, 0 or more.
    Divergence,
    /// How often something happened: visits, tokens, attempts.
    Count,
    /// Money spent, in US dollars where the source does not say otherwise.
    Cost,
    /// Seconds it took.
    Latency,
    /// A number whose meaning the source does not declare.
    #[default]
    Other,
}

impl ScoreKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Correctness,
        Self::Value,
        Self::Progress,
        Self::Implicit,
        Self::Trajectory,
        Self::ClassProbability,
        Self::Reward,
        Self::Logit,
        Self::Vote,
        Self::Elo,
        Self::Prior,
        Self::Importance,
        Self::Divergence,
        Self::Count,
        Self::Cost,
        Self::Latency,
        Self::Other,
    ];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Value => "value",
            Self::Progress => "progress",
            Self::Implicit => "implicit",
            Self::Trajectory => "trajectory",
            Self::ClassProbability => "class_probability",
            Self::Reward => "reward",
            Self::Logit => "logit",
            Self::Vote => "vote",
            Self::Elo => "elo",
            Self::Prior => "prior",
            Self::Importance => "importance",
            Self::Divergence => "divergence",
            Self::Count => "count",
            Self::Cost => "cost",
            Self::Latency => "latency",
            Self::Other => "other",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True for kinds whose values lie in 0..=1.
    pub const fn is_unit(self) -> bool {
        matches!(self, Self::Correctness | Self::Value | Self::ClassProbability | Self::Prior)
    }

    /// True where more says that the step is better: what a lowest score is looked for in.
    pub const fn is_quality(self) -> bool {
        matches!(
            self,
            Self::Correctness
                | Self::Value
                | Self::Progress
                | Self::Implicit
                | Self::Trajectory
                | Self::Reward
                | Self::Logit
                | Self::Vote
                | Self::Other
        )
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
