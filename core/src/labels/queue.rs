//! Which traces are worth a second look, because sources disagree on them.
//!
//! What is at stake in a trace is `(places + steps / 2) · (1 + doubt)`:
//!
//! - `places` adds up, over each two sources that say where the trace first goes wrong, how far they are apart: 0 for the
//!   same step or none in both; 1 where only one has an error; else ½ + ½ · distance / (steps of the main path − 1). It
//!   is divided by their number less one, so that two against two weigh more than one against one.
//! - `steps` is the share of differing ratings among all pairs of ratings of the same step.
//! - `doubt` is how undecided scorers of the kind correctness or value are at disputed steps: the mean of
//!   1 − |2 · score − 1|, from 0 to 1; 0 where there are no such scores. Disputed are the steps where a source has the
//!   first error that not all have, and those rated differently.

use serde::Serialize;

use super::corpus::{all_rows, compare_traces};
use super::panel::{Panel, Voice};
use super::place::Place;
use super::source::LabelSource;
use crate::job::{JobContext, JobError};
use crate::model::{ScoreKind, StepIndex, StepRating, Trace, TraceId};

/// A trace on which sources disagree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disputed {
    /// Its row in the corpus, from 0.
    pub row: u32,
    /// The trace.
    pub trace: TraceId,
    /// The name its source gives it.
    pub source_id: Option<String>,
    /// How much is at stake; see the head of this file.
    pub stake: f64,
    /// Who has the first error where.
    pub first_errors: Vec<(LabelSource, Place)>,
    /// Steps on which they differ, from 0.
    pub steps: Vec<StepIndex>,
}

/// The traces on which sources disagree, most at stake first, else in the order of the corpus. Stops at each trace when
/// asked to.
pub fn disputed(panel: &Panel<'_>, ctx: &JobContext) -> Result<Vec<Disputed>, JobError> {
    let sources = panel.sources();
    let of_trace = |row: u32, trace: Trace| {
        let dispute = Dispute::of(&trace, &panel.voices(&trace));
        let stake = dispute.stake(panel, &trace);
        let named = |(source, place): (&LabelSource, Option<Place>)| Some((source.clone(), place?));
        let first_errors = sources.iter().zip(dispute.first_errors).filter_map(named).collect();
        let (trace, source_id, steps) = (trace.id, trace.source_id, dispute.steps);
        (stake > 0.0).then_some(Disputed { row, trace, source_id, stake, first_errors, steps })
    };
    let (corpus, mut found) = (panel.corpus(), Vec::new());
    compare_traces(corpus, &all_rows(corpus), ctx, of_trace, |dispute| found.extend(dispute))?;
    found.sort_by(|a, b| b.stake.total_cmp(&a.stake).then(a.row.cmp(&b.row)));
    Ok(found)
}

/// How much is at stake in a trace: 0 where the sources agree, `None` where fewer than two say anything of it.
pub fn stake(panel: &Panel<'_>, trace: &Trace) -> Option<f64> {
    let voices = panel.voices(trace);
    let speaks = |voice: &&Voice| voice.said.ratings.iter().any(Option::is_some);
    (voices.iter().filter(speaks).count() > 1).then(|| Dispute::of(trace, &voices).stake(panel, trace))
}

/// The steps on which voices differ, in the order of the trace: those rated differently, and those where one has the
/// first error that not all have.
pub fn disputed_steps(trace: &Trace, voices: &[Voice]) -> Vec<StepIndex> {
    Dispute::of(trace, voices).steps
}

struct Dispute {
    places: f64,
    differing: f64,
    first_errors: Vec<Option<Place>>,
    steps: Vec<StepIndex>,
}

impl Dispute {
    fn of(trace: &Trace, voices: &[Voice]) -> Self {
        let main = trace.tree().main_path(&trace.steps);
        let first_errors: Vec<Option<Place>> = voices.iter().map(|voice| voice.first_error).collect();
        let known: Vec<Place> = first_errors.iter().copied().flatten().collect();
        let mut places = 0.0;
        for (at, b) in known.iter().enumerate() {
            places += known.iter().take(at).map(|a| apart(*a, *b, &main)).sum::<f64>();
        }
        places /= known.len().saturating_sub(1).max(1) as f64;
        let is_shared = known.iter().all(|place| Some(place) == known.first());
        let (mut pairs, mut differ, mut steps) = (0_u32, 0_u32, Vec::new());
        for (index, at) in (0..).zip(0..trace.steps.len()) {
            let rated = |voice: &Voice| voice.said.ratings.get(at).copied().flatten();
            let said: Vec<StepRating> = voices.iter().filter_map(rated).collect();
            let (pairs_before, differ_before) = (pairs, differ);
            for (number, b) in said.iter().enumerate() {
                pairs += u32::try_from(number).unwrap_or(u32::MAX);
                differ += u32::try_from(said.iter().take(number).filter(|a| *a != b).count()).unwrap_or(u32::MAX);
            }
            let is_place = !is_shared && known.contains(&Place::Step(index));
            if is_place || (pairs > pairs_before && differ > differ_before) {
                steps.push(index);
            }
        }
        let differing = if pairs > 0 { f64::from(differ) / f64::from(pairs) } else { 0.0 };
        Self { places, differing, first_errors, steps }
    }

    fn stake(&self, panel: &Panel<'_>, trace: &Trace) -> f64 {
        if self.places <= 0.0 && self.differing <= 0.0 {
            return 0.0;
        }
        (self.places + self.differing / 2.0) * (1.0 + doubt(panel, trace, &self.steps))
    }
}

fn apart(a: Place, b: Place, main: &[StepIndex]) -> f64 {
    match (a, b) {
        _ if a == b => 0.0,
        (Place::Step(a), Place::Step(b)) => {
            let at = |step| main.iter().position(|on| *on == step).unwrap_or(0);
            let longest = main.len().saturating_sub(1).max(1) as f64;
            0.5 + 0.5 * at(a).abs_diff(at(b)) as f64 / longest
        }
        _ => 1.0,
    }
}

fn doubt(panel: &Panel<'_>, trace: &Trace, steps: &[StepIndex]) -> f64 {
    let counts = |kind: ScoreKind| matches!(kind, ScoreKind::Correctness | ScoreKind::Value);
    let imported = trace.scores.iter().filter(|score| counts(score.kind));
    let imported = imported.filter(|score| score.step.is_some_and(|step| steps.contains(&step)));
    let mut values: Vec<f64> = imported.map(|score| score.value).collect();
    for scores in panel.corpus().scores(trace).iter().filter(|scores| counts(scores.kind)) {
        values.extend(
            steps.iter().filter_map(|step| scores.values.get(*step as usize).copied().flatten()).map(f64::from),
        );
    }
    values.retain(|value| (0.0..=1.0).contains(value));
    if values.is_empty() {
        return 0.0;
    }
    values.iter().map(|value| 1.0 - (2.0 * value - 1.0).abs()).sum::<f64>() / values.len() as f64
}
