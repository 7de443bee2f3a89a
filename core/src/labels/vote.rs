//! How the votes of a consensus are counted.
//!
//! *Steps.* Each member that rates a step has one vote there. Who marked a first error has rated the steps before it
//! good and that step bad, and has no vote on what follows. A step without consensus stays unjudged: it is never taken
//! for good. A trace of which no step has consensus is left out.
//!
//! *First errors.* `first-error` compares places on the main path, to the step: a shift by one is a disagreement, and
//! the whole trace is left out. With `min` the place needs so many members, and more than half of those who know it.
//! What follows the first error is unjudged.

use super::consensus::ConsensusRule;
use super::error::{Unclear, Why};
use super::place::Place;
use super::resolve::{Ratings, Resolved};
use crate::model::{Step, StepIndex, StepRating};

/// What one member says of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// The member as it is written.
    pub name: String,
    /// What it says, or why it says nothing.
    pub said: Result<Resolved, Unclear>,
}

impl Vote {
    fn ratings(&self) -> Option<&Ratings> {
        self.said.as_ref().ok().map(|said| &said.ratings)
    }

    fn on(&self, step: usize) -> Option<StepRating> {
        self.ratings()?.get(step).copied().flatten()
    }
}

/// What a vote on one step or place came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count<T> {
    /// This.
    Agreed(T),
    /// Too few said anything.
    TooFew,
    /// They say different things.
    Disputed,
}

/// What the members agree on. `least` of them must say the same; `main` is the main path of the trace, of these steps.
pub fn count(
    rule: ConsensusRule,
    least: usize,
    votes: &[Vote],
    main: &[StepIndex],
    steps: &[Step],
) -> Result<Resolved, Unclear> {
    match rule {
        ConsensusRule::FirstError => count_places(least, votes, main, steps),
        _ => count_steps(rule, least, votes, steps.len()),
    }
}

fn count_steps(rule: ConsensusRule, least: usize, votes: &[Vote], steps: usize) -> Result<Resolved, Unclear> {
    let mut agreed = Resolved::nothing(steps);
    let mut disputed = None;
    for (step, slot) in agreed.ratings.iter_mut().enumerate() {
        let said: Vec<StepRating> = votes.iter().filter_map(|vote| vote.on(step)).collect();
        match count_ratings(rule, least, &said) {
            Count::Agreed(rating) => *slot = Some(rating),
            Count::TooFew => {}
            Count::Disputed => disputed = disputed.or(Some(step)),
        }
    }
    if agreed.ratings.iter().any(Option::is_some) {
        return Ok(agreed);
    }
    let Some(step) = disputed else { return Err(too_few(least, votes)) };
    let said = votes.iter().filter_map(|vote| Some(format!("{} says {}", vote.name, vote.on(step)?.name())));
    let reason = format!("is where the sources disagree: {}", said.collect::<Vec<_>>().join(", "));
    Err(Unclear::at(Why::Disagreement, StepIndex::try_from(step).unwrap_or(StepIndex::MAX), &reason))
}

fn count_ratings(rule: ConsensusRule, least: usize, said: &[StepRating]) -> Count<StepRating> {
    let bad = said.iter().filter(|rating| **rating == StepRating::Bad).count();
    match rule {
        ConsensusRule::AnyBad if bad >= least => Count::Agreed(StepRating::Bad),
        ConsensusRule::AnyBad if bad > 0 => Count::Disputed,
        ConsensusRule::AnyBad => {
            let worst = [StepRating::Unsure, StepRating::Neutral, StepRating::Good];
            worst.into_iter().find(|rating| said.contains(rating)).map_or(Count::TooFew, Count::Agreed)
        }
        ConsensusRule::All => match same(said) {
            Count::Agreed(_) if said.len() < least => Count::TooFew,
            count => count,
        },
        ConsensusRule::Majority | ConsensusRule::FirstError => most(least, said),
    }
}

fn count_places(least: usize, votes: &[Vote], main: &[StepIndex], steps: &[Step]) -> Result<Resolved, Unclear> {
    let place = |vote: &Vote| Place::on(main, steps, vote.ratings()?);
    let known: Vec<Place> = votes.iter().filter_map(place).collect();
    let place = match most(least, &known) {
        Count::Agreed(place) => place,
        Count::TooFew => return Err(too_few(least, votes)),
        Count::Disputed => {
            let said = votes.iter().filter_map(|vote| Some(format!("{}: {}", vote.name, place(vote)?.words())));
            let said = said.collect::<Vec<_>>().join(", ");
            return Err(Unclear::new(Why::Disagreement, format!("the sources disagree on the first error ({said})")));
        }
    };
    let mut agreed = Resolved::nothing(steps.len());
    for &step in main {
        let is_error = place == Place::Step(step);
        if let Some(slot) = agreed.ratings.get_mut(step as usize) {
            let said: Vec<StepRating> = votes.iter().filter_map(|vote| vote.on(step as usize)).collect();
            // No error, but neutral where nobody says more.
            let right =
                if same(&said) == Count::Agreed(StepRating::Neutral) { StepRating::Neutral } else { StepRating::Good };
            *slot = Some(if is_error { StepRating::Bad } else { right });
        }
        if is_error {
            break;
        }
    }
    Ok(agreed)
}

/// What all of them say.
fn same<T: Copy + PartialEq>(said: &[T]) -> Count<T> {
    match said.first() {
        None => Count::TooFew,
        Some(first) if said.iter().all(|other| other == first) => Count::Agreed(*first),
        Some(_) => Count::Disputed,
    }
}

/// What more than half of them say, and at least so many.
fn most<T: Copy + PartialEq>(least: usize, said: &[T]) -> Count<T> {
    let votes = |what: &T| said.iter().filter(|other| *other == what).count();
    match said.iter().find(|what| votes(what) * 2 > said.len()) {
        Some(what) if votes(what) >= least => Count::Agreed(*what),
        _ if matches!(same(said), Count::Disputed) => Count::Disputed,
        _ => Count::TooFew,
    }
}

fn too_few(least: usize, votes: &[Vote]) -> Unclear {
    let silent = votes.iter().filter_map(|vote| Some(format!("{}: {}", vote.name, vote.said.as_ref().err()?.reason)));
    let silent: Vec<String> = silent.collect();
    let why = if silent.is_empty() { "they rate different steps".to_owned() } else { silent.join("; ") };
    Unclear::new(Why::NoLabels, format!("fewer than {least} sources say the same of a step or first error ({why})"))
}
