//! How far label sources agree: per step, per trace and on the first error; of all together and of each pair.
//!
//! *Steps.* A unit is one step of one trace, as it came, rated good, neutral or bad by two sources or more. Unsure is no
//! rating. Who marked a first error has rated the steps before it good and that step bad.
//! *Traces.* A unit is a trace of which two sources say whether there is an error.
//! *First errors.* A unit is a trace of which two sources say where the main path first goes wrong, or that it does not.
//!
//! Of more than two sources, shares are of all pairs of sources, and kappa is the mean of the pairs' kappas (Light
//! 1971). The interval of alpha comes from 1,000 bootstrap samples of whole traces, because steps of one trace hang
//! together: each trace counts so often as a Poisson distribution of mean 1 says (Hanley and `MacGibbon` 2006), drawn by
//! the trace's identity, so that the same project gives the same interval.

use std::fmt;

use serde::Serialize;

use super::alpha::{Coincidences, Metric};
use super::corpus::{all_rows, compare_traces};
use super::kappa::{Crosstab, wilson};
use super::panel::{Panel, Voice};
use super::place::Place;
use super::source::LabelSource;
use crate::annotation::{Draw, lot};
use crate::job::{JobContext, JobError};
use crate::model::{StepIndex, StepRating, Trace};

/// Good, neutral and bad, in this order.
const RATINGS: usize = 3;
const SAMPLES: usize = 1000;
/// How far several sources agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgreementReport {
    /// The shape of this report.
    pub schema: &'static str,
    /// The sources compared.
    pub sources: Vec<LabelSource>,
    /// Traces looked at.
    pub traces: u64,
    /// All sources together.
    pub overall: Figures,
    /// Each two of them.
    pub pairs: Vec<PairFigures>,
}

/// How far two sources agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairFigures {
    /// One source.
    pub a: LabelSource,
    /// The other.
    pub b: LabelSource,
    /// How far.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of agreement; `None` where there is nothing to compare, or nothing to tell from chance.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Steps rated by two sources or more.
    pub n: u64,
    /// Share of steps with the same rating.
    pub percent: Option<f64>,
    /// Krippendorff's alpha of ratings as names.
    pub alpha: Option<f64>,
    /// Its 95 % interval, by bootstrap over traces.
    pub alpha_interval: Option<[f64; 2]>,
    /// Krippendorff's alpha of ratings in the order good, neutral, bad.
    pub alpha_ordinal: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// Its 95 % interval; of pairs only.
    pub kappa_interval: Option<[f64; 2]>,
    /// Whether there is an error.
    pub verdict: Verdicts,
    /// Where it first goes wrong.
    #[serde(flatten)]
    pub first_error: FirstErrors,
}

/// Agreement on whether a trace has an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdicts {
    /// Traces of which two sources say it.
    pub n: u64,
    /// Share with the same answer.
    pub percent: Option<f64>,
    /// Krippendorff's alpha.
    pub alpha: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
}

/// Agreement on the first error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FirstErrors {
    /// Traces of which two sources say where it is, or that there is none.
    pub first_error_n: u64,
    /// Share with the same step, or none in both.
    pub first_error_exact: Option<f64>,
    /// Its 95 % interval; of pairs only.
    pub first_error_exact_interval: Option<[f64; 2]>,
    /// Share where they are at most one step apart, or none in both.
    pub first_error_within_one: Option<f64>,
    /// Mean distance in steps along the main path, where both have one.
    pub first_error_distance: Option<f64>,
}

/// Compares the sources on every trace of the corpus. Stops at each trace when asked to.
pub fn agreement(panel: &Panel<'_>, ctx: &JobContext) -> Result<AgreementReport, JobError> {
    let sources = panel.sources();
    if sources.len() < 2 {
        let there = sources.first().map_or_else(|| "none".to_owned(), |only| format!("only {only}"));
        let remedy = "name two or more, as in --sources own:ann,imported:human";
        return Err(JobError::Failed(format!("agreement needs two label sources and there is {there}; {remedy}")));
    }
    let mut pairs: Vec<(usize, usize, Tally)> = Vec::new();
    for b in 1..sources.len() {
        pairs.extend((0..b).map(|a| (a, b, Tally::new())));
    }
    pairs.sort_by_key(|(a, b, _)| (*a, *b));
    let mut overall = Tally::new();
    let corpus = panel.corpus();
    let heard = |_, trace: Trace| (panel.voices(&trace), trace.tree().main_path(&trace.steps), weights(&trace));
    compare_traces(corpus, &all_rows(corpus), ctx, heard, |(voices, main, weights)| {
        for (a, b, tally) in &mut pairs {
            if let (Some(a), Some(b)) = (voices.get(*a), voices.get(*b)) {
                tally.add(&[a, b], &main, &weights);
            }
        }
        // What follows from the others would agree with itself.
        let own_words = voices.iter().zip(&sources).filter(|(_, source)| !matches!(source, LabelSource::Consensus(_)));
        overall.add(&own_words.map(|(voice, _)| voice).collect::<Vec<_>>(), &main, &weights);
    })?;
    let total = corpus.len() as u64;
    let name = |at: usize| sources.get(at).cloned().unwrap_or(LabelSource::Imported(None));
    let pairs: Vec<PairFigures> = pairs
        .into_iter()
        .map(|(a, b, tally)| PairFigures { a: name(a), b: name(b), figures: tally.of_two() })
        .collect();
    let overall = match pairs.as_slice() {
        [only] => only.figures.clone(),
        pairs => {
            let follows = |source: &LabelSource| matches!(source, LabelSource::Consensus(_));
            overall.of_many(pairs.iter().filter(|pair| !follows(&pair.a) && !follows(&pair.b)))
        }
    };
    Ok(AgreementReport { schema: "stepscope.agree/1", sources, traces: total, overall, pairs })
}

/// What is counted of some sources; of more than two, of each two of them.
struct Tally {
    steps: Crosstab,
    n: u64,
    coincidences: Coincidences,
    samples: Vec<Coincidences>,
    verdicts: Crosstab,
    verdict_n: u64,
    verdict_coincidences: Coincidences,
    first_n: u64,
    first_pairs: u64,
    exact: u64,
    within_one: u64,
    both: u64,
    distance: u64,
}

impl Tally {
    fn new() -> Self {
        Self {
            steps: Crosstab::new(RATINGS),
            n: 0,
            coincidences: Coincidences::new(RATINGS),
            samples: vec![Coincidences::new(RATINGS); SAMPLES],
            verdicts: Crosstab::new(2),
            verdict_n: 0,
            verdict_coincidences: Coincidences::new(2),
            first_n: 0,
            first_pairs: 0,
            exact: 0,
            within_one: 0,
            both: 0,
            distance: 0,
        }
    }

    fn add(&mut self, voices: &[&Voice], main: &[StepIndex], weights: &[u8]) {
        let steps = voices.iter().map(|voice| voice.said.ratings.len()).max().unwrap_or(0);
        let mut of_trace = Coincidences::new(RATINGS);
        for step in 0..steps {
            let unit: Vec<usize> = voices.iter().filter_map(|voice| value(voice, step)).collect();
            of_trace.add(&unit);
            self.n += u64::from(unit.len() > 1);
            each_pair(&unit, |a, b| self.steps.add(*a, *b));
        }
        if !of_trace.is_empty() {
            self.coincidences.add_all(&of_trace, 1.0);
            for (sample, weight) in self.samples.iter_mut().zip(weights).filter(|(_, weight)| **weight > 0) {
                sample.add_all(&of_trace, f64::from(*weight));
            }
        }
        let verdicts: Vec<usize> = voices.iter().filter_map(|voice| has_error(voice, main)).map(usize::from).collect();
        self.verdict_n += u64::from(verdicts.len() > 1);
        self.verdict_coincidences.add(&verdicts);
        each_pair(&verdicts, |a, b| self.verdicts.add(*a, *b));
        let places: Vec<Place> = voices.iter().filter_map(|voice| voice.first_error).collect();
        self.first_n += u64::from(places.len() > 1);
        each_pair(&places, |a, b| self.add_places(*a, *b, main));
    }

    fn add_places(&mut self, a: Place, b: Place, main: &[StepIndex]) {
        self.first_pairs += 1;
        self.exact += u64::from(a == b);
        let at = |place: Place| match place {
            Place::Step(step) => main.iter().position(|on| *on == step),
            Place::NoError => None,
        };
        let apart = at(a).zip(at(b)).map(|(a, b)| a.abs_diff(b));
        self.within_one += u64::from(apart.map_or(a == b, |apart| apart <= 1));
        self.both += u64::from(apart.is_some());
        self.distance += apart.unwrap_or(0) as u64;
    }

    fn of_two(self) -> Figures {
        let mut figures = self.figures();
        figures.kappa = self.steps.kappa();
        figures.kappa_interval = self.steps.kappa_interval();
        figures.verdict.kappa = self.verdicts.kappa();
        figures.first_error.first_error_exact_interval = wilson(self.exact, self.first_pairs);
        figures
    }

    /// Pairs share traces, so that their intervals cannot be put together.
    fn of_many<'a>(self, pairs: impl Iterator<Item = &'a PairFigures> + Clone) -> Figures {
        let mut figures = self.figures();
        figures.kappa = mean(pairs.clone().filter_map(|pair| pair.figures.kappa));
        figures.verdict.kappa = mean(pairs.filter_map(|pair| pair.figures.verdict.kappa));
        figures
    }

    fn figures(&self) -> Figures {
        Figures {
            n: self.n,
            percent: share(self.steps.same(), self.steps.n()),
            alpha: self.coincidences.alpha(Metric::Nominal),
            alpha_interval: self.alpha_interval(),
            alpha_ordinal: self.coincidences.alpha(Metric::Ordinal),
            kappa: None,
            kappa_interval: None,
            verdict: Verdicts {
                n: self.verdict_n,
                percent: share(self.verdicts.same(), self.verdicts.n()),
                alpha: self.verdict_coincidences.alpha(Metric::Nominal),
                kappa: None,
            },
            first_error: FirstErrors {
                first_error_n: self.first_n,
                first_error_exact: share(self.exact, self.first_pairs),
                first_error_exact_interval: None,
                first_error_within_one: share(self.within_one, self.first_pairs),
                first_error_distance: (self.both > 0).then(|| self.distance as f64 / self.both as f64),
            },
        }
    }

    fn alpha_interval(&self) -> Option<[f64; 2]> {
        self.coincidences.alpha(Metric::Nominal)?;
        let mut alphas: Vec<f64> = self.samples.iter().filter_map(|sample| sample.alpha(Metric::Nominal)).collect();
        alphas.sort_by(f64::total_cmp);
        // Where so many samples hold one value only, there is too little to tell.
        let last = alphas.len().checked_sub(1).filter(|_| alphas.len() * 2 > SAMPLES)?;
        Some([*alphas.get(last * 25 / 1000)?, *alphas.get(last - last * 25 / 1000)?])
    }
}

fn each_pair<T>(said: &[T], mut add: impl FnMut(&T, &T)) {
    for (at, b) in said.iter().enumerate() {
        for a in said.iter().take(at) {
            add(a, b);
        }
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn value(voice: &Voice, step: usize) -> Option<usize> {
    match voice.said.ratings.get(step).copied().flatten()? {
        StepRating::Good => Some(0),
        StepRating::Neutral => Some(1),
        StepRating::Bad => Some(2),
        StepRating::Unsure => None,
    }
}

/// Also where it is not known which error is the first.
fn has_error(voice: &Voice, main: &[StepIndex]) -> Option<bool> {
    let bad = |step: &&StepIndex| voice.said.ratings.get(**step as usize) == Some(&Some(StepRating::Bad));
    match voice.first_error {
        Some(place) => Some(place != Place::NoError),
        None => main.iter().find(bad).map(|_| true),
    }
}

/// How often the trace counts in each sample.
fn weights(trace: &Trace) -> Vec<u8> {
    let mut draw = Draw::new(lot("agreement", &[trace.id.as_str()]));
    (0..SAMPLES).map(|_| poisson(draw.share())).collect()
}

/// The value of a Poisson distribution of mean 1 at that quantile.
fn poisson(quantile: f64) -> u8 {
    let (mut count, mut share) = (0, (-1.0_f64).exp());
    let mut below = share;
    while quantile >= below && count < 20 {
        count += 1;
        share /= f64::from(count);
        below += share;
    }
    count
}

impl fmt::Display for AgreementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} sources, {} traces", self.sources.len(), self.traces)?;
        if self.pairs.len() > 1 {
            writeln!(f, "\nall together\n{}", self.overall)?;
        }
        for PairFigures { a, b, figures } in &self.pairs {
            writeln!(f, "\n{a} and {b}\n{figures}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        let between = |interval: Option<[f64; 2]>| {
            interval.map(|[low, high]| format!(" ({low:.3} to {high:.3})")).unwrap_or_default()
        };
        writeln!(
            f,
            "  steps {}: same {}, alpha {}{}, ordinal {}, kappa {}{}",
            self.n,
            number(self.percent),
            number(self.alpha),
            between(self.alpha_interval),
            number(self.alpha_ordinal),
            number(self.kappa),
            between(self.kappa_interval),
        )?;
        let Verdicts { n, percent, alpha, kappa } = &self.verdict;
        writeln!(f, "  traces {n}: same {}, alpha {}, kappa {}", number(*percent), number(*alpha), number(*kappa))?;
        let first = &self.first_error;
        write!(
            f,
            "  first errors {}: exact {}{}, within one step {}, mean distance {}",
            first.first_error_n,
            number(first.first_error_exact),
            between(first.first_error_exact_interval),
            number(first.first_error_within_one),
            number(first.first_error_distance),
        )
    }
}
