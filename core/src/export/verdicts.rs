//! Good or bad for each step of a path: the labels of the source after the policy.

use crate::model::{StepIndex, StepRating};

use super::format::RowInput;
use super::left_out::{Objection, Rule};
use super::policy::{AfterError, NeutralSteps, Policy, UnlabelledSteps, UnsureSteps};

/// The steps that a row holds, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdicts {
    /// True for good. Shorter than the path where it was cut.
    pub(super) good: Vec<bool>,
    /// Position of the first bad step in the path.
    pub(super) first_error: Option<usize>,
}

/// Applies the policy along the path. What lies after a cut is not looked at, so it cannot refuse the row.
pub(super) fn verdicts(input: &RowInput<'_>, policy: &Policy, after: AfterError) -> Result<Verdicts, Objection> {
    if input.path.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "the trace has no steps"));
    }
    let mut result = Verdicts { good: Vec::with_capacity(input.path.len()), first_error: None };
    for (position, &step) in input.path.iter().enumerate() {
        let good = match (result.first_error, after) {
            (Some(_), AfterError::Cut) => break,
            (Some(_), AfterError::Bad) => false,
            _ => verdict(input, step, policy)?,
        };
        if !good && result.first_error.is_none() {
            result.first_error = Some(position);
        }
        result.good.push(good);
    }
    Ok(result)
}

fn verdict(input: &RowInput<'_>, step: StepIndex, policy: &Policy) -> Result<bool, Objection> {
    match input.rating(step) {
        Some(StepRating::Good) => Ok(true),
        Some(StepRating::Bad) => Ok(false),
        Some(StepRating::Neutral) => match policy.neutral {
            NeutralSteps::Good => Ok(true),
            NeutralSteps::Bad => Ok(false),
            NeutralSteps::Drop => Err(Objection::at(Rule::Neutral, step, "is neutral")),
        },
        Some(StepRating::Unsure) => match policy.unsure {
            UnsureSteps::Good => Ok(true),
            UnsureSteps::Bad => Ok(false),
            UnsureSteps::Drop => Err(Objection::at(Rule::Unsure, step, "was left undecided")),
        },
        None => match policy.unlabelled {
            UnlabelledSteps::Good if input.may_assume_good => Ok(true),
            UnlabelledSteps::Good => {
                let reason = "has no label, and the trace is not marked as done, so it is not taken as good";
                Err(Objection::at(Rule::Unlabelled, step, reason))
            }
            UnlabelledSteps::Refuse => Err(Objection::at(Rule::Unlabelled, step, "has no label")),
        },
    }
}
