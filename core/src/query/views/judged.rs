//! What label sources say that no table holds: scorers at a threshold, and what several sources agree on. The same
//! judges are asked as when labels are evaluated or exported.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::UInt32Chunked;

use super::Views;
use super::cache::{Key, Layer};
use super::marks::Marks;
use super::values::{Many, Names, Values};
use crate::annotation::Annotations;
use crate::import::native::NativeScores;
use crate::job::{JobContext, JobError, for_each_unit};
use crate::labels::{Chosen, Corpus, Judge, LabelSource, Place, Ratings, Why, scores_of};
use crate::model::{AnnotatorId, StepRating, Trace};
use crate::query::language::voices;

/// Traces that are judged together; between two such lots a thread can be stopped.
const GRAIN: usize = 256;

/// What a source says of all traces.
#[derive(Debug)]
pub(super) struct Judged {
    /// Where they first go wrong.
    pub(super) marks: Marks,
    /// What each step is taken for.
    ratings: Arc<Names>,
}

/// What a source says of one trace. Says nothing of most of a project where only some of it was labelled.
struct OfTrace {
    row: u32,
    first_error: Option<Result<Place, Why>>,
    ratings: Ratings,
}

impl Views {
    /// What that source says, worked out on all cores when first asked for.
    pub(super) fn judged(&self, source: &str, ctx: &JobContext) -> Result<Arc<Judged>, JobError> {
        let parsed: LabelSource = source.parse().map_err(|error| JobError::from_error(&error))?;
        let scorers: Vec<String> = voices(&parsed).into_iter().filter_map(scorer).collect();
        // Without scorers it stays while scores come in.
        let layer = if scorers.is_empty() { Layer::Labels } else { Layer::Judged };
        self.kept(layer, Key::Judged(source.into()), || {
            let source = self.asked_by_own(parsed);
            scorers.iter().try_for_each(|name| self.expect_scorer(name))?;
            let corpus = Asked { views: self, scorers };
            let judge = Judge::new(Some(&source), &corpus).map_err(|error| JobError::from_error(&error))?;
            self.judge_all(&judge, ctx)
        })
    }

    /// What that source takes steps for, or what it takes some step of each trace for.
    pub(super) fn judged_labels(&self, source: &str, is_step: bool, ctx: &JobContext) -> Result<Values, JobError> {
        let ratings = Arc::clone(&self.judged(source, ctx)?.ratings);
        if is_step {
            return Ok(Values::Names(ratings));
        }
        let shape = self.shape()?;
        let pairs = shape.owners().iter().zip(ratings.codes.iter()).filter_map(|(owner, code)| Some((*owner, code?)));
        Ok(Values::Many(Arc::new(Many::new(pairs.collect(), ratings.names.clone()))))
    }

    /// `own` means whoever asks, as everywhere in a question.
    fn asked_by_own(&self, mut source: LabelSource) -> LabelSource {
        if let LabelSource::Consensus(consensus) = &mut source {
            for member in &mut consensus.members {
                if member.source == LabelSource::Own(None) {
                    member.source = LabelSource::Own(Some(self.own().to_string()));
                }
            }
        }
        source
    }

    fn judge_all(&self, judge: &Judge<'_>, ctx: &JobContext) -> Result<Judged, JobError> {
        let shape = self.shape()?;
        let spoken = Spoken::of(judge.chosen(), self);
        let found: Mutex<Vec<OfTrace>> = Mutex::default();
        let failed: Mutex<Option<String>> = Mutex::default();
        for_each_unit(self.store.len().div_ceil(GRAIN), "Judging traces", ctx, &|unit| {
            let rows = unit * GRAIN..self.store.len().min((unit + 1) * GRAIN);
            let mut lot = Vec::new();
            for row in rows.filter_map(|row| u32::try_from(row).ok()).filter(|row| spoken.may_speak_of(*row, self)) {
                match self.store.trace(row) {
                    Ok(trace) => lot.push(of_trace(judge, row, &trace)),
                    Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string()),
                }
            }
            found.lock().unwrap_or_else(PoisonError::into_inner).append(&mut lot);
        })?;
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(JobError::Failed(error));
        }
        let mut marks = Marks::nothing(self.store.len());
        let mut codes: Vec<Option<u32>> = vec![None; self.store.step_total()];
        for said in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let trace = said.row as usize;
            match said.first_error {
                Some(Ok(Place::Step(step))) => {
                    let at = shape.row(trace, step).map(|step| (step, shape.number(step as usize)));
                    marks.set(trace, 0, at);
                }
                Some(Ok(Place::NoError)) => marks.set(trace, 1, None),
                Some(Err(Why::Unsure)) => marks.set(trace, 2, None),
                Some(Err(Why::LostStep)) => marks.set(trace, 3, None),
                Some(Err(Why::Disagreement)) => marks.set(trace, 4, None),
                Some(Err(_)) | None => {}
            }
            for (slot, rating) in codes.iter_mut().skip(shape.steps(trace).start).zip(said.ratings) {
                let code = rating.and_then(|rating| StepRating::ALL.iter().position(|known| *known == rating));
                *slot = code.and_then(|code| u32::try_from(code).ok());
            }
        }
        let codes: UInt32Chunked = codes.into_iter().collect();
        let names = StepRating::ALL.map(|rating| rating.name().to_owned()).into();
        Ok(Judged { marks, ratings: Arc::new(Names { codes, names }) })
    }
}

fn of_trace(judge: &Judge<'_>, row: u32, trace: &Trace) -> OfTrace {
    let tree = trace.tree();
    match judge.judge_as_came(trace, &tree) {
        Ok(said) => {
            let place = Place::on(&tree.main_path(&trace.steps), &trace.steps, &said.ratings);
            OfTrace { row, first_error: place.map(Ok), ratings: said.ratings }
        }
        Err(unclear) => OfTrace { row, first_error: Some(Err(unclear.why)), ratings: Vec::new() },
    }
}

fn scorer(source: &LabelSource) -> Option<String> {
    match source {
        LabelSource::Scorer { name, .. } => Some(name.clone()),
        _ => None,
    }
}

/// Of which traces anything can be said, so that the others need not be read.
#[derive(Default)]
struct Spoken {
    everywhere: bool,
    where_imported: bool,
    rows: HashSet<u32>,
}

impl Spoken {
    fn of(chosen: &Chosen, views: &Views) -> Self {
        let mut spoken = Self::default();
        spoken.add(chosen, views);
        spoken
    }

    fn add(&mut self, chosen: &Chosen, views: &Views) {
        match chosen {
            Chosen::Scorer { .. } => self.everywhere = true,
            Chosen::Imported(_) => self.where_imported = true,
            Chosen::Own(by) => {
                let said = views.said_by(Some(by.as_str())).into_iter().flat_map(|(_, said)| said.traces());
                self.rows.extend(said.filter_map(|(trace, _)| views.store.row_of(trace)));
            }
            Chosen::Consensus(consensus) => consensus.members.iter().for_each(|member| self.add(&member.source, views)),
        }
    }

    fn may_speak_of(&self, row: u32, views: &Views) -> bool {
        self.everywhere || self.where_imported && views.store.has_labels(row) || self.rows.contains(&row)
    }
}

/// The traces that are asked about, with all that was said of them.
struct Asked<'a> {
    views: &'a Views,
    /// The scorers that are needed.
    scorers: Vec<String>,
}

impl Corpus for Asked<'_> {
    fn len(&self) -> usize {
        self.views.store.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.views.store.trace(row).map_err(|error| error.to_string())
    }

    fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &self.views.said
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        scores_of(&self.views.book, trace, Some(&self.scorers))
    }
}
