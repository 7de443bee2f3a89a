//! Where a trace first goes wrong, read off ratings.

use serde::Serialize;

use super::resolve::Ratings;
use crate::model::{FirstBad, Step, StepIndex, first_bad};

/// Where the main path of a trace first goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At this step, from 0.
    Step(StepIndex),
    /// Nowhere.
    NoError,
}

impl Place {
    /// What ratings say of a path of these steps: see [`first_bad`].
    pub fn on(path: &[StepIndex], steps: &[Step], ratings: &Ratings) -> Option<Self> {
        let on_path = |at: &StepIndex| {
            let at = *at as usize;
            Some(steps.get(at)?.rated(ratings.get(at).copied().flatten()))
        };
        match first_bad(path.iter().filter_map(on_path))? {
            FirstBad::At(at) => path.get(at).copied().map(Self::Step),
            FirstBad::Nowhere => Some(Self::NoError),
        }
    }

    /// In words, with steps counted from 1.
    pub fn words(self) -> String {
        match self {
            Self::Step(step) => format!("step {}", u64::from(step) + 1),
            Self::NoError => "no error".into(),
        }
    }
}
