//! Scores as columns: of each step, and of a trace along its main path.

use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::StringChunked;
use rayon::prelude::*;

use super::cache::{Key, Layer};
use super::values::Numbers;
use super::{Shape, Views};
use crate::job::{JobContext, JobError, for_each_unit};
use crate::model::ScoreKind;
use crate::query::language::{Part, nearest};

/// Steps whose scores are looked up at once.
const GRAIN: usize = 1 << 16;

impl Views {
    /// Every scorer by name: those of this project, then those of the data.
    pub(in crate::query) fn scorers(&self) -> Vec<String> {
        let mut names: Vec<String> = self.book.scorers().into_iter().map(|scorer| scorer.name).collect();
        for name in self.imported_scorers().iter().flat_map(|names| names.iter()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    fn imported_scorers(&self) -> Result<Arc<Vec<String>>, JobError> {
        self.kept(Layer::Store, Key::Scorers, || {
            let mut names: Vec<String> = Vec::new();
            for name in self.store.score_table().name.iter().flatten() {
                if names.last().is_none_or(|last| last != name) && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
            Ok(names)
        })
    }

    /// Which scores are meant, `None` naming those in force, and what they change with: computed ones, else imported.
    pub(super) fn meant(&self, scorer: Option<&str>) -> (Layer, Option<String>) {
        let named = scorer.or(self.scorer.as_deref());
        match named.filter(|name| self.book.scorers().iter().any(|scorer| scorer.name == *name)) {
            Some(name) => (Layer::Scores, Some(name.to_owned())),
            None => (Layer::Store, scorer.map(|name| name.strip_prefix("imported:").unwrap_or(name).to_owned())),
        }
    }

    /// The scores of all steps, one place each.
    pub(in crate::query) fn step_scores(
        &self,
        scorer: Option<&str>,
        ctx: &JobContext,
    ) -> Result<Arc<Numbers>, JobError> {
        let (layer, name) = self.meant(scorer);
        self.kept(layer, Key::StepScores(name.clone()), || match (layer, &name) {
            (Layer::Scores, Some(name)) => self.computed(name, ctx),
            _ => self.imported(name.as_deref(), ctx),
        })
    }

    fn computed(&self, scorer: &str, ctx: &JobContext) -> Result<Numbers, JobError> {
        let hashes: StringChunked = self.store.step_table().hash;
        let arrays: Vec<_> = hashes.downcast_iter().collect();
        let (mut units, mut first) = (Vec::new(), 0);
        for array in &arrays {
            units.extend((0..array.len()).step_by(GRAIN).map(|from| (*array, from, first + from)));
            first += array.len();
        }
        let parts: Mutex<Vec<(usize, Vec<f32>)>> = Mutex::default();
        for_each_unit(units.len(), "Looking up scores", ctx, &|unit| {
            let Some(&(array, from, first)) = units.get(unit) else { return };
            let hashes = (from..array.len().min(from + GRAIN)).map(|at| array.get(at));
            let found = self.book.column(scorer, hashes);
            parts.lock().unwrap_or_else(PoisonError::into_inner).push((first, found));
        })?;
        let mut values = vec![f64::NAN; self.store.step_total()];
        for (first, found) in parts.into_inner().unwrap_or_else(PoisonError::into_inner) {
            for (slot, value) in values.iter_mut().skip(first).zip(found) {
                *slot = f64::from(value);
            }
        }
        Ok(Numbers::new(values, true))
    }

    /// Scores that came with the data: of that name, else of each trace those of the first name that tell how good a
    /// step is.
    fn imported(&self, name: Option<&str>, ctx: &JobContext) -> Result<Numbers, JobError> {
        if let Some(name) = name {
            self.expect_scorer(name)?;
        }
        let (shape, table) = (self.shape()?, self.store.score_table());
        let mut values = vec![f64::NAN; self.store.step_total()];
        let places = table.trace.iter().zip(table.step.iter()).zip(table.name.iter());
        let mut chosen: Option<(u32, &str)> = None;
        for (count, (((trace, step), score), (kind, value))) in
            places.zip(table.kind.iter().zip(table.value.iter())).enumerate()
        {
            if count % GRAIN == 0 {
                ctx.checkpoint()?;
            }
            let (Some(trace), Some(step), Some(score), Some(value)) = (trace, step, score, value) else { continue };
            if let Some(name) = name {
                if name != score {
                    continue;
                }
            } else {
                if chosen.is_none_or(|(of, _)| of != trace) {
                    let is_quality = kind.and_then(ScoreKind::from_name).is_some_and(ScoreKind::is_quality);
                    if !is_quality {
                        continue;
                    }
                    chosen = Some((trace, score));
                }
                if chosen != Some((trace, score)) {
                    continue;
                }
            }
            let slot = shape.row(trace as usize, step).and_then(|row| values.get_mut(row as usize));
            // Of several of a name the last counts, as in `Trace::imported_scores`.
            if let Some(slot) = slot.filter(|_| !value.is_nan()) {
                *slot = value;
            }
        }
        Ok(Numbers::new(values, false))
    }

    pub(super) fn expect_scorer(&self, name: &str) -> Result<(), JobError> {
        let known = self.scorers();
        if known.iter().any(|known| known == name) {
            return Ok(());
        }
        let near = nearest(name, known.iter().map(String::as_str));
        let hint =
            near.map_or_else(|| format!("there is {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        let hint = if known.is_empty() { "there is none at all".into() } else { hint };
        Err(JobError::Failed(format!("there is no scorer `{name}` in this project; {hint}")))
    }

    /// One score per trace.
    pub(super) fn trace_scores(&self, scorer: Option<&str>, part: Part, ctx: &JobContext) -> Result<Numbers, JobError> {
        if part == Part::Trace {
            return self.whole_scores(scorer);
        }
        let (layer, name) = self.meant(scorer);
        let made = self.kept(layer, Key::TraceScores(name, part), || {
            let (shape, scores) = (self.shape()?, self.step_scores(scorer, ctx)?);
            ctx.checkpoint()?;
            let values = scores.raw();
            let of_trace = |trace| along_path(trace, part, &shape, values);
            let is_short = scores.is_short && !matches!(part, Part::Mean | Part::Argmin);
            Ok(Numbers::new((0..shape.traces()).into_par_iter().map(of_trace).collect(), is_short))
        })?;
        Ok((*made).clone())
    }

    /// Scores that the data give to whole traces.
    fn whole_scores(&self, scorer: Option<&str>) -> Result<Numbers, JobError> {
        let name = scorer.map(|name| name.strip_prefix("imported:").unwrap_or(name));
        if let Some(name) = name {
            self.expect_scorer(name)?;
        }
        let table = self.store.score_table();
        let mut values = vec![f64::NAN; self.store.len()];
        let cells = table.trace.iter().zip(table.step.iter()).zip(table.name.iter()).zip(table.value.iter());
        for (((trace, step), score), value) in cells {
            let is_meant = step.is_none() && name.is_none_or(|name| score == Some(name));
            let slot = trace.filter(|_| is_meant).and_then(|trace| values.get_mut(trace as usize));
            if let (Some(slot), Some(value)) = (slot.filter(|slot| slot.is_nan()), value) {
                *slot = value;
            }
        }
        Ok(Numbers::new(values, false))
    }
}

/// Each score less that of the step before.
pub(super) fn deltas(scores: &Numbers, shape: &Shape) -> Numbers {
    let values = scores.raw();
    let delta = |(value, parent): (&f64, Option<usize>)| {
        parent.and_then(|parent| values.get(parent)).map_or(f64::NAN, |before| value - before)
    };
    Numbers::new(values.iter().zip(shape.parents()).map(delta).collect(), false)
}

/// What the scores along the main path of a trace come to; NaN where there is none.
fn along_path(trace: usize, part: Part, shape: &Shape, values: &[f64]) -> f64 {
    let path = shape.main_path(trace).map(|step| values.get(step).copied().unwrap_or(f64::NAN));
    if part == Part::Final {
        return path.last().unwrap_or(f64::NAN);
    }
    let mut scored = (1_u32..).zip(path).filter(|(_, value)| !value.is_nan());
    match part {
        Part::Max => scored.map(|(_, value)| value).fold(f64::NAN, f64::max),
        Part::Mean => {
            let (count, sum) = scored.fold((0_u32, 0.0), |(count, sum), (_, value)| (count + 1, sum + value));
            sum / f64::from(count)
        }
        Part::First => scored.next().map_or(f64::NAN, |(_, value)| value),
        Part::Last => scored.last().map_or(f64::NAN, |(_, value)| value),
        Part::Argmin => {
            let lower =
                |best: Option<(u32, f64)>, next: (u32, f64)| Some(best.filter(|best| best.1 <= next.1).unwrap_or(next));
            scored.fold(None, lower).map_or(f64::NAN, |(number, _)| f64::from(number))
        }
        Part::Whole | Part::Relative | Part::Min | Part::Final | Part::Trace => {
            scored.map(|(_, value)| value).fold(f64::NAN, f64::min)
        }
    }
}
