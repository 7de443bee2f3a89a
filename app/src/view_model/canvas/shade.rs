//! What the colour of nodes means, and the size of dots: numbers per step, and sums per level for merged nodes.

use std::collections::BTreeMap;

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{
    FirstError, ImportedValue, ScoreKind, SearchOrder, StepIndex, StepKind, StepRating, Trace, leaf_outcomes,
    monte_carlo,
};

use super::picture::{Picture, Skeleton};
use super::single;
use crate::state::OpenTrace;
use crate::state::canvas::ColourBy;
use crate::state::work::Visible;
use crate::view_model::Tone;
use crate::view_model::scores::{ScoreSeries, score_text};

/// The colour of a node, by its meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum Shade {
    /// Nothing is known.
    #[default]
    None,
    /// From low (0) to high (1).
    Scale(f32),
    /// A category.
    Tone(Tone),
    /// One of several sorts, by number.
    Sort(u8),
}

/// What colours mean, in words.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Legend {
    /// The name.
    pub title: String,
    /// The ends of the scale; `None` for categories.
    pub ends: Option<(String, String)>,
    /// The categories, in order.
    pub sorts: Vec<(Shade, String)>,
    /// What the size of dots means.
    pub size: String,
}

/// What all nodes look like, made ready for painting.
#[derive(Clone, Debug, Default)]
pub struct Shades {
    of: Vec<Shade>,
    /// How often the search came to each step.
    visits: Vec<f32>,
    most_visits: f32,
    /// Right or wrong, at leaves.
    pub outcomes: Vec<Option<bool>>,
    /// Later than the iteration shown.
    later: Vec<bool>,
    /// What matches what is looked for.
    pub found: Vec<bool>,
    /// The best and the mean score of what each folded node hides.
    hidden: BTreeMap<StepIndex, (f64, f64)>,
    /// In each level up to each node: nodes there, those with a number, and the sum of the numbers.
    sums: Vec<Vec<(u32, u32, f64)>>,
    /// In words.
    pub legend: Legend,
    /// Scores of this name stand on cards and beside dots.
    pub shown: Option<ScoreSeries>,
}

/// What colours can mean for a trace, in the order in which a key goes through them.
pub fn choices(open: &OpenTrace, series: &[ScoreSeries], visible: Visible) -> Vec<ColourBy> {
    let mut all: Vec<ColourBy> = series
        .iter()
        .filter(|series| series.kind != ScoreKind::Count)
        .map(|series| ColourBy::Series(series.name.clone()))
        .collect();
    let has_outcomes = visible.verdict && leaf_outcomes(&open.trace, &open.tree).iter().any(Option::is_some);
    all.extend(has_outcomes.then_some(ColourBy::Outcome));
    all.push(ColourBy::Own);
    all.extend((visible.imported && open.trace.labels.iter().any(is_verdict)).then_some(ColourBy::Imported));
    all.extend([ColourBy::Visits, ColourBy::Kind]);
    all
}

fn is_verdict(label: &stepscope_core::model::ImportedLabel) -> bool {
    use ImportedValue::{FirstError, Rating, Soft};
    label.step.is_some() && matches!(label.value, FirstError | Rating(_) | Soft(_))
}

/// A meaning in words.
pub fn colour_text(colour: &ColourBy, series: &[ScoreSeries]) -> String {
    match colour {
        ColourBy::Series(name) => {
            let kind = series.iter().find(|series| series.name == *name).map(|series| series.kind.name());
            kind.map_or_else(|| name.clone(), |kind| format!("{name} ({})", kind.replace('_', " ")))
        }
        ColourBy::Own => "Your labels".into(),
        ColourBy::Imported => "Labels in the data".into(),
        ColourBy::Outcome => "Outcome".into(),
        ColourBy::Visits => "Visits".into(),
        ColourBy::Kind => "Kind of step".into(),
    }
}

/// What is asked of [`Shades::new`].
pub struct Asked<'a> {
    /// The trace.
    pub open: &'a OpenTrace,
    /// Its shape.
    pub skeleton: &'a Skeleton,
    /// Where nodes stand.
    pub picture: &'a Picture,
    /// The scores that may be seen.
    pub series: &'a [ScoreSeries],
    /// What the annotator said.
    pub said: Option<&'a TraceAnnotation>,
    /// What may be seen.
    pub visible: Visible,
    /// What colours shall mean.
    pub colour: &'a ColourBy,
    /// The order in which the tree grew, and the iteration to be shown.
    pub order: Option<(&'a SearchOrder, u32)>,
    /// Steps that match what is looked for.
    pub found: &'a [StepIndex],
}

impl Shades {
    /// Looks up everything.
    pub fn new(asked: &Asked<'_>) -> Self {
        let trace = &asked.open.trace;
        let count = trace.steps.len();
        let outcomes = if asked.visible.verdict { leaf_outcomes(trace, &asked.open.tree) } else { Vec::new() };
        let counted = visits_of(asked.series);
        let from_series = |series: &ScoreSeries| {
            let value = |value: &Option<f64>| single(value.filter(|value| value.is_finite()).unwrap_or_default());
            series.values.iter().map(value).collect()
        };
        let visits: Vec<f32> =
            counted.map_or_else(|| asked.skeleton.ends.iter().map(|ends| *ends as f32).collect(), from_series);
        let most_visits = visits.iter().copied().fold(1.0, f32::max);
        let size = counted.map_or_else(|| "ends below".to_owned(), |series| series.name.clone());
        let shown = match asked.colour {
            ColourBy::Series(name) => asked.series.iter().find(|series| series.name == *name),
            _ => asked.series.first(),
        };
        let mut shades = Self { visits, most_visits, outcomes, shown: shown.cloned(), ..Self::default() };
        shades.legend = Legend { title: colour_text(asked.colour, asked.series), size, ..Legend::default() };
        shades.of = vec![Shade::None; count];
        shades.colour(asked);
        if let Some((order, iteration)) = asked.order {
            shades.later = order.born.iter().map(|born| *born > iteration).collect();
        }
        if !asked.found.is_empty() {
            shades.found = vec![false; count];
            for step in asked.found {
                if let Some(found) = shades.found.get_mut(*step as usize) {
                    *found = true;
                }
            }
        }
        shades.add_up(asked.picture);
        shades.look_into_folds(asked.skeleton, asked.picture);
        shades
    }

    fn colour(&mut self, asked: &Asked<'_>) {
        let trace = &asked.open.trace;
        match asked.colour {
            ColourBy::Series(name) => {
                if let Some(series) = asked.series.iter().find(|series| series.name == *name) {
                    self.scale(series);
                }
            }
            ColourBy::Outcome if asked.visible.verdict => {
                for (shade, estimate) in self.of.iter_mut().zip(monte_carlo(trace, &asked.open.tree)) {
                    *shade = estimate.mean().map_or(Shade::None, |mean| Shade::Scale(single(mean)));
                }
                self.legend.ends = Some(("all wrong".into(), "all right".into()));
            }
            ColourBy::Own => self.own(trace, asked.said),
            ColourBy::Imported if asked.visible.imported => self.imported(trace),
            ColourBy::Visits => {
                let most = self.most_visits.ln_1p();
                for (shade, visits) in self.of.iter_mut().zip(&self.visits) {
                    *shade = Shade::Scale(visits.max(0.0).ln_1p() / most.max(f32::EPSILON));
                }
                self.legend.ends = Some(("few".into(), score_text(f64::from(self.most_visits)).replace(".00", "")));
            }
            ColourBy::Kind => {
                let mut kinds: Vec<StepKind> = Vec::new();
                for (shade, step) in self.of.iter_mut().zip(&trace.steps) {
                    let at = kinds.iter().position(|kind| *kind == step.kind).unwrap_or_else(|| {
                        kinds.push(step.kind);
                        kinds.len() - 1
                    });
                    *shade = Shade::Sort(u8::try_from(at).unwrap_or(u8::MAX));
                }
                let sort = |(number, kind): (u8, StepKind)| (Shade::Sort(number), kind.name().replace('_', " "));
                self.legend.sorts = (0..).zip(kinds).map(sort).collect();
            }
            ColourBy::Outcome | ColourBy::Imported => {}
        }
    }

    fn scale(&mut self, series: &ScoreSeries) {
        let finite = || series.values.iter().copied().flatten().filter(|value| value.is_finite());
        let (least, most) = if series.kind.is_unit() {
            (0.0, 1.0)
        } else {
            finite()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)))
        };
        let span = if most > least { most - least } else { 1.0 };
        for (shade, value) in self.of.iter_mut().zip(&series.values) {
            *shade = match value.filter(|value| value.is_finite()) {
                Some(value) => Shade::Scale(single(((value - least) / span).clamp(0.0, 1.0))),
                None => Shade::None,
            };
        }
        self.legend.ends = Some((score_text(least), score_text(most)));
    }

    fn own(&mut self, trace: &Trace, said: Option<&TraceAnnotation>) {
        self.legend.sorts = rating_legend();
        let Some(said) = said else { return };
        if said.steps.is_empty() && said.first_error.is_none() {
            return;
        }
        for (shade, step) in self.of.iter_mut().zip(&trace.steps) {
            let rating = said.steps.get(&step.hash).and_then(|step| step.rating);
            let is_error = matches!(&said.first_error, Some(FirstError::At(hash)) if *hash == step.hash);
            if let Some(tone) = if is_error { Some(Tone::Bad) } else { rating.map(rating_tone) } {
                *shade = Shade::Tone(tone);
            }
        }
    }

    fn imported(&mut self, trace: &Trace) {
        self.legend.sorts = rating_legend();
        for label in &trace.labels {
            let Some(shade) = label.step.and_then(|step| self.of.get_mut(step as usize)) else { continue };
            match label.value {
                ImportedValue::Rating(rating) => *shade = Shade::Tone(rating_tone(rating)),
                ImportedValue::FirstError => *shade = Shade::Tone(Tone::Bad),
                ImportedValue::Soft(value) if value.is_finite() => *shade = Shade::Scale(single(value.clamp(0.0, 1.0))),
                _ => {}
            }
        }
    }

    fn add_up(&mut self, picture: &Picture) {
        self.sums = Vec::with_capacity(picture.layers.len());
        for layer in &picture.layers {
            let mut sums = Vec::with_capacity(layer.steps.len() + 1);
            let mut sum = (0, 0, 0.0);
            sums.push(sum);
            for &step in &layer.steps {
                if !self.is_later(step) {
                    sum.0 += 1;
                    if let Some(value) = self.number(step) {
                        sum.1 += 1;
                        sum.2 += f64::from(value);
                    }
                }
                sums.push(sum);
            }
            self.sums.push(sums);
        }
    }

    fn look_into_folds(&mut self, skeleton: &Skeleton, picture: &Picture) {
        let Some(series) = self.shown.as_ref().filter(|_| !picture.folded.is_empty()) else { return };
        // Best, sum and count of what is below each step; children stand after their parents.
        let mut below = vec![(f64::NEG_INFINITY, 0.0, 0_u32); skeleton.parents.len()];
        for (at, parent) in skeleton.parents.iter().enumerate().rev() {
            let own = series.values.get(at).copied().flatten().filter(|value| value.is_finite());
            let (mut best, mut sum, mut count) = below.get(at).copied().unwrap_or_default();
            if let Some(own) = own {
                (best, sum, count) = (best.max(own), sum + own, count + 1);
            }
            if let Some(above) = parent.and_then(|parent| below.get_mut(parent as usize)) {
                *above = (above.0.max(best), above.1 + sum, above.2 + count);
            }
        }
        let known = picture.folded.keys().filter_map(|step| Some((*step, below.get(*step as usize)?)));
        let known = known.filter(|(_, (.., count))| *count > 0);
        self.hidden = known.map(|(step, (best, sum, count))| (step, (*best, sum / f64::from(*count)))).collect();
    }

    /// The best and the mean score of what a folded node hides.
    pub fn hidden_text(&self, step: StepIndex) -> Option<String> {
        let (best, mean) = self.hidden.get(&step)?;
        Some(format!("best {}, mean {}", score_text(*best), score_text(*mean)))
    }

    /// The colour of a node.
    pub fn of(&self, step: StepIndex) -> Shade {
        self.of.get(step as usize).copied().unwrap_or_default()
    }

    /// The colour as a number, for means of many.
    fn number(&self, step: StepIndex) -> Option<f32> {
        match self.of(step) {
            Shade::Scale(value) => Some(value),
            Shade::Tone(Tone::Good) => Some(1.0),
            Shade::Tone(Tone::Bad) => Some(0.0),
            Shade::Tone(_) => Some(0.5),
            Shade::None | Shade::Sort(_) => None,
        }
    }

    /// True where the search came to it later than is shown.
    pub fn is_later(&self, step: StepIndex) -> bool {
        self.later.get(step as usize).copied().unwrap_or_default()
    }

    /// True where it matches what is looked for.
    pub fn is_found(&self, step: StepIndex) -> bool {
        self.found.get(step as usize).copied().unwrap_or_default()
    }

    /// How often the search came there, from 0 to 1 on a scale of logarithms.
    pub fn weight(&self, step: StepIndex) -> f32 {
        let visits = self.visits.get(step as usize).copied().unwrap_or_default().max(0.0);
        visits.ln_1p() / self.most_visits.ln_1p().max(f32::EPSILON)
    }

    /// How often the search came there.
    pub fn visits(&self, step: StepIndex) -> f32 {
        self.visits.get(step as usize).copied().unwrap_or_default()
    }

    /// Of those nodes of a level: how many there are, and the mean of their colour.
    pub fn mean(&self, layer: usize, range: std::ops::Range<usize>) -> (u32, Option<f32>) {
        let sums = self.sums.get(layer);
        let at = |place: usize| sums.and_then(|sums| sums.get(place)).copied().unwrap_or_default();
        let ((before, valued_before, sum_before), (to, valued_to, sum_to)) = (at(range.start), at(range.end));
        let valued = valued_to.saturating_sub(valued_before);
        let mean = (valued > 0).then(|| single((sum_to - sum_before) / f64::from(valued)));
        (to.saturating_sub(before), mean)
    }
}

/// The series that counts visits, by its name.
pub fn visits_of(series: &[ScoreSeries]) -> Option<&ScoreSeries> {
    let mut counts = series.iter().filter(|series| series.kind == ScoreKind::Count);
    let named = |series: &&ScoreSeries| {
        let name = series.name.to_lowercase();
        name.contains("visit") || name == "n" || name == "attempts"
    };
    // Other counts, such as tokens, say nothing of how often the search came there.
    counts.find(named)
}

fn rating_legend() -> Vec<(Shade, String)> {
    let entry = |rating: StepRating| (Shade::Tone(rating_tone(rating)), rating.name().to_owned());
    StepRating::ALL.into_iter().map(entry).collect()
}

const fn rating_tone(rating: StepRating) -> Tone {
    match rating {
        StepRating::Good => Tone::Good,
        StepRating::Neutral => Tone::Neutral,
        StepRating::Bad => Tone::Bad,
        StepRating::Unsure => Tone::Unsure,
    }
}
