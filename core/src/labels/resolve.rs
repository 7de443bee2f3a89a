//! What one label source says of the steps of a trace, with what follows from it, or why it says nothing clear.

use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::model::{FirstError, ImportedValue, Label, LabelKind, StepIndex, StepRating, StepTree, Trace};

use super::error::{Unclear, Why};
use super::source::Chosen;

/// Per step of the trace what it is taken for; `None` where it is unjudged.
pub type Ratings = Vec<Option<StepRating>>;

/// What the labels of one source come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// Per step of the trace what it is taken for.
    pub ratings: Ratings,
    /// Per step of the trace its soft label; whether it is good or bad is a matter of policy.
    pub soft: Vec<Option<f64>>,
}

impl Resolved {
    /// Of a trace of that many steps, of which nothing is said.
    pub fn nothing(steps: usize) -> Self {
        Self { ratings: vec![None; steps], soft: vec![None; steps] }
    }

    /// Whether anything is said of that step.
    pub fn judges(&self, step: StepIndex) -> bool {
        let step = step as usize;
        self.ratings.get(step).is_some_and(Option::is_some) || self.soft.get(step).is_some_and(Option::is_some)
    }
}

/// What was said outright, before anything is inferred.
#[derive(Clone, Debug, Default)]
struct Said {
    ratings: Ratings,
    soft: Vec<Option<f64>>,
    mark: Option<Mark>,
}

impl Said {
    fn nothing(trace: &Trace) -> Self {
        let Resolved { ratings, soft } = Resolved::nothing(trace.steps.len());
        Self { ratings, soft, mark: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    At(StepIndex),
    NoneUpTo(StepIndex),
    Unsure,
}

/// Reads the labels of the chosen source off a trace and works out what follows from them.
pub fn resolve(
    trace: &Trace,
    tree: &StepTree,
    chosen: &Chosen,
    said: Option<&TraceAnnotation>,
    scores: &[NativeScores],
) -> Result<Resolved, Unclear> {
    let said = match chosen {
        Chosen::Own(_) => own(trace, said)?,
        Chosen::Imported(name) => imported(trace, tree, name.as_deref())?,
        Chosen::Scorer { name, threshold } => scored(trace, name, *threshold, scores),
        // Only its members say anything; a judge asks them one by one.
        Chosen::Consensus(_) => Said::nothing(trace),
    };
    let is_silent = said.ratings.iter().all(Option::is_none) && said.soft.iter().all(Option::is_none);
    if said.mark.is_none() && is_silent {
        return Err(Unclear::new(Why::NoLabels, nothing_said(chosen)));
    }
    let soft = said.soft.clone();
    Ok(Resolved { ratings: infer(trace, tree, said)?, soft })
}

fn nothing_said(chosen: &Chosen) -> String {
    match chosen {
        Chosen::Own(annotator) => format!("{annotator} has not labelled it"),
        Chosen::Imported(None) => "it came without labels".into(),
        Chosen::Imported(Some(name)) => format!("it came without labels of {name}"),
        Chosen::Scorer { name, .. } => format!("it has no scores of {name}"),
        Chosen::Consensus(_) => "nobody is agreed on it".into(),
    }
}

fn own(trace: &Trace, said: Option<&TraceAnnotation>) -> Result<Said, Unclear> {
    let mut result = Said::nothing(trace);
    let Some(said) = said else { return Ok(result) };
    for (index, step) in (0..).zip(&trace.steps) {
        let Some(of_step) = said.steps.get(&step.hash) else { continue };
        if let Some(Label::Soft(value)) = of_step.labels.only(LabelKind::Soft) {
            set_soft(&mut result, index, *value, of_step.rating.is_some())?;
        }
        if let Some(rating) = of_step.rating {
            set_rating(&mut result, index, rating)?;
        }
    }
    result.mark = match &said.first_error {
        None => None,
        Some(FirstError::NoneUpTo(hash)) => Some(Mark::NoneUpTo(trace.find_step(hash).ok_or_else(|| {
            let reason = "it is marked as all correct, but its text has changed since; mark it again";
            Unclear::new(Why::LostStep, reason)
        })?)),
        Some(FirstError::Unsure) => Some(Mark::Unsure),
        Some(FirstError::At(hash)) => Some(Mark::At(trace.find_step(hash).ok_or_else(|| {
            let reason = "the first error is marked at a step whose text has changed since; mark it again";
            Unclear::new(Why::LostStep, reason)
        })?)),
    };
    Ok(result)
}

fn imported(trace: &Trace, tree: &StepTree, source: Option<&str>) -> Result<Said, Unclear> {
    let (mut said, mut somewhere) = (Said::nothing(trace), false);
    for label in trace.labels.iter().filter(|l| source.is_none_or(|s| l.source == s)) {
        match (label.value, label.step) {
            (ImportedValue::NoError, _) => {
                let path = tree.main_path(&trace.steps);
                let last = path.last().ok_or_else(|| Unclear::new(Why::NoSteps, "the trace has no steps"))?;
                set_mark(&mut said, Mark::NoneUpTo(*last))?;
            }
            (ImportedValue::FirstError, Some(step)) if trace.step(step).is_some() => {
                set_mark(&mut said, Mark::At(step))?;
            }
            (ImportedValue::Rating(rating), Some(step)) if trace.step(step).is_some() => {
                set_rating(&mut said, step, rating)?;
            }
            (ImportedValue::Soft(value), Some(step)) if trace.step(step).is_some() => {
                set_soft(&mut said, step, value, false)?;
            }
            (ImportedValue::ErrorSomewhere, _) => somewhere = true,
            // A rating of the whole trace says nothing about its steps, nor do these of whether a given step is right.
            (ImportedValue::Rating(_) | ImportedValue::Soft(_), None)
            | (
                ImportedValue::Preferred | ImportedValue::Dispreferred | ImportedValue::Tag | ImportedValue::Remark,
                _,
            ) => {}
            (_, step) => {
                let place = step.map_or_else(|| "no step".into(), |s| format!("step {}", u64::from(s) + 1));
                let reason = format!("`{}` = {} points at {place}, which the trace lacks", label.field, label.raw);
                return Err(Unclear::new(Why::LostStep, reason));
            }
        }
    }
    if somewhere && is_all_good(&said) {
        let reason = "it is labelled as having an error, but every step as good";
        return Err(Unclear::new(Why::Contradiction, reason));
    }
    Ok(said)
}

/// Every step is said to be good, or that there is no error at all.
fn is_all_good(said: &Said) -> bool {
    match said.mark {
        Some(Mark::NoneUpTo(_)) => true,
        Some(Mark::At(_) | Mark::Unsure) => false,
        None => said.ratings.iter().all(|rating| *rating == Some(StepRating::Good)),
    }
}

fn set_mark(said: &mut Said, mark: Mark) -> Result<(), Unclear> {
    if said.mark.is_some_and(|before| before != mark) {
        let reason = "imported labels give two different first errors; choose one source with imported:NAME";
        return Err(Unclear::new(Why::Contradiction, reason));
    }
    said.mark = Some(mark);
    Ok(())
}

fn set_rating(said: &mut Said, step: StepIndex, rating: StepRating) -> Result<(), Unclear> {
    let Some(slot) = said.ratings.get_mut(step as usize) else { return Ok(()) };
    *slot = match *slot {
        None => Some(rating),
        Some(before) if before == rating => Some(rating),
        // Who flags a step beside rating it was not sure of the rating.
        Some(before) if before == StepRating::Unsure || rating == StepRating::Unsure => Some(StepRating::Unsure),
        Some(before) => {
            let reason = format!(
                "is labelled both {} and {} in the data; choose one source with imported:NAME",
                before.name(),
                rating.name()
            );
            return Err(Unclear::at(Why::Contradiction, step, &reason));
        }
    };
    Ok(())
}

/// A soft label of exactly 0 or 1 is a hard one as well, unless the same hand also rated the step.
#[expect(clippy::float_cmp, reason = "only exactly 0 and 1 are hard labels")]
fn set_soft(said: &mut Said, step: StepIndex, value: f64, is_rated: bool) -> Result<(), Unclear> {
    let Some(slot) = said.soft.get_mut(step as usize) else { return Ok(()) };
    if let Some(before) = slot.filter(|before| *before != value) {
        let reason = format!("has two soft labels, {before} and {value}; choose one source with imported:NAME");
        return Err(Unclear::at(Why::Contradiction, step, &reason));
    }
    *slot = Some(value);
    match value {
        1.0 if !is_rated => set_rating(said, step, StepRating::Good),
        0.0 if !is_rated => set_rating(said, step, StepRating::Bad),
        _ => Ok(()),
    }
}

fn scored(trace: &Trace, name: &str, threshold: f64, scores: &[NativeScores]) -> Said {
    let values: Vec<Option<f64>> = match scores.iter().find(|s| s.scorer == name) {
        Some(computed) => computed.values.iter().map(|value| value.map(f64::from)).collect(),
        None => trace.imported_scores(name),
    };
    let Said { mut ratings, soft, mark } = Said::nothing(trace);
    for (slot, value) in ratings.iter_mut().zip(values) {
        let rate = |value| if value >= threshold { StepRating::Good } else { StepRating::Bad };
        *slot = value.filter(|value| !value.is_nan()).map(rate);
    }
    Said { ratings, soft, mark }
}

/// A first error makes its ancestors good, no error up to a step also that step; what follows is left unjudged.
/// What a person rated stays as rated, and must not contradict the mark.
fn infer(trace: &Trace, tree: &StepTree, said: Said) -> Result<Ratings, Unclear> {
    let Said { mut ratings, mark, .. } = said;
    let (good, error) = match mark {
        None => return Ok(ratings),
        Some(Mark::Unsure) => {
            return Err(Unclear::new(Why::Unsure, "where it first goes wrong was left undecided"));
        }
        Some(Mark::NoneUpTo(step)) => (tree.path_to(&trace.steps, step), None),
        Some(Mark::At(step)) => {
            let mut path = tree.path_to(&trace.steps, step);
            path.pop();
            (path, Some(step))
        }
    };
    for step in good {
        let Some(slot) = ratings.get_mut(step as usize) else { continue };
        match slot {
            None => *slot = Some(StepRating::Good),
            Some(StepRating::Bad) => {
                let reason = match error {
                    None => "is rated bad, but marked as correct together with all before it".into(),
                    Some(error) => {
                        format!("is rated bad, but the first error is marked at step {}", u64::from(error) + 1)
                    }
                };
                return Err(Unclear::at(Why::Contradiction, step, &reason));
            }
            Some(StepRating::Good | StepRating::Neutral | StepRating::Unsure) => {}
        }
    }
    if let Some(step) = error
        && let Some(slot) = ratings.get_mut(step as usize)
    {
        if let Some(rating) = slot.filter(|&rating| rating != StepRating::Bad) {
            let reason = format!("is marked as the first error, but rated {}", rating.name());
            return Err(Unclear::at(Why::Contradiction, step, &reason));
        }
        *slot = Some(StepRating::Bad);
    }
    Ok(ratings)
}
