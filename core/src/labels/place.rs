//! Where a trace first goes wrong, read off ratings.

use serde::Serialize;

use super::resolve::Ratings;
use crate::model::{StepIndex, StepRating};

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
    /// The first bad step of a path whose steps before it are all rated, and not unsure; no error where all of the path
    /// is. `None` where that is not known. Neutral steps are no errors.
    pub fn on(path: &[StepIndex], ratings: &Ratings) -> Option<Self> {
        for &step in path {
            match ratings.get(step as usize).copied().flatten()? {
                StepRating::Good | StepRating::Neutral => {}
                StepRating::Bad => return Some(Self::Step(step)),
                StepRating::Unsure => return None,
            }
        }
        (!path.is_empty()).then_some(Self::NoError)
    }

    /// In words, with steps counted from 1.
    pub fn words(self) -> String {
        match self {
            Self::Step(step) => format!("step {}", u64::from(step) + 1),
            Self::NoError => "no error".into(),
        }
    }
}
