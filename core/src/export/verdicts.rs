//! Good or bad for each step of a path: the labels of the source after the policy.

use crate::model::{StepIndex, StepRating};

use super::format::RowInput;
use super::left_out::{Objection, Rule};
use super::policy::{AfterError, NeutralSteps, Policy, SelfCorrected, SoftLabels, UnlabelledSteps, UnsureSteps};

/// What a row says of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) good: bool,
    /// The same as a number: the soft label where these are kept, else 1 or 0.
    pub(super) value: f64,
    /// Nothing is learned from it; the rest says nothing then.
    pub(super) masked: bool,
}

impl Verdict {
    const MASKED: Self = Self { good: true, value: 1.0, masked: true };

    const fn hard(good: bool) -> Self {
        Self { good, value: if good { 1.0 } else { 0.0 }, masked: false }
    }
}

/// The steps that a row holds, judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdicts {
    /// Shorter than the path where it was cut.
    pub(super) steps: Vec<Verdict>,
    /// Position of the first bad step in the path.
    pub(super) first_error: Option<usize>,
}

impl Verdicts {
    /// How many good and bad steps there are, masked ones apart.
    pub(super) fn counts(&self) -> (u64, u64) {
        let learned = || self.steps.iter().filter(|step| !step.masked);
        let good = learned().filter(|step| step.good).count() as u64;
        (good, learned().count() as u64 - good)
    }

    /// The steps up to the last that is not masked: what formats hold that cannot mask.
    pub(super) fn trimmed(mut self) -> Self {
        let end = self.steps.iter().rposition(|step| !step.masked).map_or(0, |last| last + 1);
        self.steps.truncate(end);
        self
    }
}

/// Applies the policy along the path. What lies after a cut is not looked at, so it cannot refuse the row.
pub(super) fn verdicts(input: &RowInput<'_>, policy: &Policy) -> Result<Verdicts, Objection> {
    match walk(input, policy) {
        (verdicts, None) => Ok(verdicts),
        (_, Some(objection)) => Err(objection),
    }
}

/// The same for rows of single steps: those before the step that cannot be judged stand.
pub(super) fn walk(input: &RowInput<'_>, policy: &Policy) -> (Verdicts, Option<Objection>) {
    let mut result = Verdicts { steps: Vec::with_capacity(input.path.len()), first_error: None };
    let ended = fill(&mut result, input, policy).err();
    (result, ended)
}

fn fill(result: &mut Verdicts, input: &RowInput<'_>, policy: &Policy) -> Result<(), Objection> {
    if input.path.is_empty() {
        return Err(Objection::new(Rule::NoSteps, "the trace has no steps"));
    }
    // Up to here an error goes that is put right further on.
    let mut mended = 0;
    for (position, &step) in input.path.iter().enumerate() {
        let of_step = match (result.first_error, policy.after_error) {
            (Some(_), AfterError::Cut) => break,
            (Some(_), AfterError::Bad) => Verdict::hard(false),
            (Some(_), AfterError::Mask) => Verdict::MASKED,
            _ if position < mended => Verdict::hard(false),
            _ => match put_right(input, position).filter(|_| policy.self_corrected != SelfCorrected::Raw) {
                None => verdict(input, step, policy)?,
                Some(end) => match policy.self_corrected {
                    SelfCorrected::Raw | SelfCorrected::Segment => {
                        mended = end;
                        Verdict::hard(false)
                    }
                    SelfCorrected::Neutral => neutral(step, policy)?,
                    SelfCorrected::Drop => {
                        return Err(Objection::at(Rule::SelfCorrected, step, "is an error that is put right later"));
                    }
                },
            },
        };
        if !of_step.good && position >= mended && result.first_error.is_none() {
            result.first_error = Some(position);
        }
        result.steps.push(of_step);
    }
    Ok(())
}

/// Position of the next good step after a bad one.
fn put_right(input: &RowInput<'_>, position: usize) -> Option<usize> {
    let rating = |position: usize| input.rating(*input.path.get(position)?);
    if rating(position) != Some(StepRating::Bad) {
        return None;
    }
    (position + 1..input.path.len()).find(|&later| rating(later) == Some(StepRating::Good))
}

fn neutral(step: StepIndex, policy: &Policy) -> Result<Verdict, Objection> {
    match policy.neutral {
        NeutralSteps::Good => Ok(Verdict::hard(true)),
        NeutralSteps::Bad => Ok(Verdict::hard(false)),
        NeutralSteps::Mask => Ok(Verdict::MASKED),
        NeutralSteps::Drop => Err(Objection::at(Rule::Neutral, step, "is neutral")),
    }
}

fn verdict(input: &RowInput<'_>, step: StepIndex, policy: &Policy) -> Result<Verdict, Objection> {
    let soft = input.soft(step);
    let hard = match (input.rating(step), soft) {
        (Some(StepRating::Good), _) => Verdict::hard(true),
        (Some(StepRating::Bad), _) => Verdict::hard(false),
        (Some(StepRating::Neutral), _) => neutral(step, policy)?,
        (Some(StepRating::Unsure), _) => match policy.unsure {
            UnsureSteps::Good => Verdict::hard(true),
            UnsureSteps::Bad => Verdict::hard(false),
            UnsureSteps::Mask => Verdict::MASKED,
            UnsureSteps::Drop => return Err(Objection::at(Rule::Unsure, step, "was left undecided")),
        },
        (None, Some(value)) => match policy.soft {
            SoftLabels::Threshold | SoftLabels::Float if value.is_finite() => {
                Verdict::hard(value >= policy.soft_threshold.get())
            }
            _ => {
                let reason = format!("has the soft label {value}, which is neither good (1) nor bad (0)");
                return Err(Objection::at(Rule::SoftLabel, step, &reason));
            }
        },
        (None, None) => match policy.unlabelled {
            UnlabelledSteps::Good if input.may_assume_good => Verdict::hard(true),
            UnlabelledSteps::Good => {
                let reason = "has no label, and the trace is not marked as done, so it is not taken as good";
                return Err(Objection::at(Rule::Unlabelled, step, reason));
            }
            UnlabelledSteps::Mask => Verdict::MASKED,
            UnlabelledSteps::Refuse => return Err(Objection::at(Rule::Unlabelled, step, "has no label")),
        },
    };
    let value = soft.filter(|value| policy.soft == SoftLabels::Float && value.is_finite() && !hard.masked);
    Ok(Verdict { value: value.unwrap_or(hard.value), ..hard })
}
