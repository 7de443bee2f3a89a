//! Two groups side by side in numbers: how many, and how far apart they plausibly are.

use serde::Serialize;

use super::plot::Plot;
use crate::evaluate::chance::{Interval, Moments, mean_difference, share_difference};
use crate::evaluate::{Columns, Gold};
use crate::job::{JobContext, JobError};

/// Two groups, measure by measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// Their names.
    pub names: [String; 2],
    /// What is known of both.
    pub measures: Vec<Measure>,
}

/// Something that is measured of two groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// What it is.
    pub name: String,
    /// Of each group.
    pub sides: [Side; 2],
    /// The first less the second.
    pub difference: Option<f64>,
    /// From where to where that plausibly lies: for shares Newcombe's interval, for means Welch's.
    pub interval: Option<Interval>,
}

/// A share or a mean of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Side {
    /// The share or the mean; `None` of no traces.
    pub value: Option<f64>,
    /// Of a share: how many traces make it up.
    pub hits: Option<u64>,
    /// Of how many traces.
    pub cases: u64,
    /// From where to where it plausibly lies: for shares Wilson's interval, for means Student's.
    pub interval: Option<Interval>,
}

impl Contrast {
    /// Something is known of both.
    pub fn tells(&self) -> bool {
        self.measures.iter().any(|measure| measure.sides.iter().all(|side| side.cases > 0))
    }
}

impl Measure {
    fn new(name: &str, sides: [Side; 2], interval: Option<Interval>) -> Self {
        let difference = sides[0].value.zip(sides[1].value).map(|(a, b)| a - b);
        Self { name: name.to_owned(), sides, difference, interval }
    }
}

impl Plot {
    /// The two groups of [`Plot::Groups`] in numbers: the shares of its figure, then where the first error falls, the
    /// lowest score, and how long traces are. Of other plots nothing.
    pub fn contrast(&self, columns: &Columns, ctx: &JobContext) -> Result<Option<Contrast>, JobError> {
        let Self::Groups { field, a, b, rater, .. } = *self else { return Ok(None) };
        let figure = self.figure(columns, ctx)?;
        let [first, second] = figure.series.as_slice() else { return Ok(None) };
        let mut measures = Vec::new();
        for (at, (a, b)) in first.marks.iter().zip(&second.marks).enumerate() {
            let counts = [a, b].map(|mark| (mark.hits.unwrap_or_default(), mark.count));
            let sides = [a, b].map(|mark| Side {
                value: mark.value,
                hits: mark.hits,
                cases: mark.count,
                interval: mark.interval,
            });
            measures.push(Measure::new(&figure.x.name(at), sides, share_difference(counts[0], counts[1])));
        }
        ctx.checkpoint()?;
        let mut means = [[Moments::default(); 2]; 4];
        for (place, trace) in columns.traces.iter().enumerate() {
            let code = columns.value(field, place);
            let Some(group) = [a, b].iter().position(|value| *value == code) else { continue };
            let error = if let Gold::At(at) = trace.gold { Some(f64::from(at) + 1.0) } else { None };
            let scores = columns.scores(rater, trace).iter().copied().filter(|score| score.is_finite());
            let lengths = [trace.steps, trace.words].map(|length| Some(f64::from(length)));
            let found = [error, scores.min_by(f64::total_cmp), lengths[0], lengths[1]];
            for (moments, value) in means.iter_mut().zip(found) {
                if let (Some(moments), Some(value)) = (moments.get_mut(group), value) {
                    moments.add(value);
                }
            }
        }
        let names = ["step of the first error", "lowest score", "steps", "words"];
        for (name, both) in names.into_iter().zip(means).filter(|(_, both)| both.iter().any(|one| one.cases > 0)) {
            let side = |of: &Moments| Side { value: of.mean(), hits: None, cases: of.cases, interval: of.interval() };
            measures.push(Measure::new(name, [side(&both[0]), side(&both[1])], mean_difference(&both[0], &both[1])));
        }
        Ok(Some(Contrast { names: [first.name.clone(), second.name.clone()], measures }))
    }
}
