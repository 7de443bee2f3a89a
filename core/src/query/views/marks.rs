//! Where each trace first goes wrong: in the words of the annotator, of the data, of a named source.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{StringChunked, UInt32Chunked};

use super::cache::{Key, Layer};
use super::values::{Names, Numbers};
use super::{LabelRow, Labels, NOTHING, Shape, Views};
use crate::annotation::Annotations;
use crate::job::{JobContext, JobError};
use crate::model::{FirstBad, RatedStep, StepKind, StepRating, first_bad};
use crate::query::language::{Part, Said};
use crate::query::row::own_mark;
use crate::store::{Mark, TraceTable};

/// The words for what is said, in the order of [`Marks::says`].
const SAYS: [&str; 5] = ["at", "none", "unsure", "lost", "disputed"];

/// What is said of the first error of each trace.
#[derive(Clone, Debug)]
pub(in crate::query) struct Marks {
    /// Number of a word of [`SAYS`].
    says: Vec<Option<u8>>,
    /// The step, as a row of the step table.
    steps: Vec<u32>,
    /// Its number on the path that leads to it, from 1; 0 where there is none.
    numbers: Vec<u32>,
}

impl Marks {
    pub(super) fn nothing(traces: usize) -> Self {
        Self { says: vec![None; traces], steps: vec![NOTHING; traces], numbers: vec![0; traces] }
    }

    pub(super) fn set(&mut self, trace: usize, says: u8, at: Option<(u32, u32)>) {
        if let (Some(slot), Some(step), Some(number)) =
            (self.says.get_mut(trace), self.steps.get_mut(trace), self.numbers.get_mut(trace))
        {
            *slot = Some(says);
            (*step, *number) = at.unwrap_or((NOTHING, 0));
        }
    }

    /// What is said, as names.
    pub(in crate::query) fn names(&self) -> Names {
        let codes: UInt32Chunked = self.says.iter().map(|says| says.map(u32::from)).collect();
        Names { codes, names: SAYS.map(str::to_owned).into() }
    }

    /// Numbers of the steps, or their places from 0 to 1.
    pub(super) fn numbers(&self, part: Part, shape: &Shape) -> Numbers {
        let number = |(trace, &number): (usize, &u32)| match (number, part) {
            (0, _) => f64::NAN,
            (number, Part::Relative) => {
                let path = shape.main_path(trace).count();
                f64::from(number) / (path.max(number as usize) as f64)
            }
            (number, _) => f64::from(number),
        };
        Numbers::new(self.numbers.iter().enumerate().map(number).collect(), false)
    }

    /// The steps that are first errors, as rows of the step table.
    pub(in crate::query) fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        self.steps.iter().filter(|step| **step != NOTHING).map(|step| *step as usize)
    }

    /// True for the steps that are first errors.
    pub(super) fn flags(&self, steps: usize) -> Vec<bool> {
        let mut flags = vec![false; steps];
        for step in self.steps() {
            if let Some(flag) = flags.get_mut(step) {
                *flag = true;
            }
        }
        flags
    }
}

impl Views {
    /// What that source says of the first errors.
    pub(in crate::query) fn marks(&self, said: &Said, ctx: &JobContext) -> Result<Arc<Marks>, JobError> {
        let layer = match said {
            Said::Imported(_) => Layer::Store,
            Said::Own(_) | Said::Anyone => Layer::Labels,
            Said::Judged(_) => Layer::Judged,
        };
        self.kept(layer, Key::Marks(said.clone()), || match said {
            Said::Imported(None) => self.data_marks(),
            Said::Imported(Some(name)) => self.named_marks(name, ctx),
            Said::Own(name) => {
                let mut marks = Marks::nothing(self.store.len());
                if let Some((_, said)) = self.said_by(name.as_deref()) {
                    self.add_own(&mut marks, said, ctx)?;
                }
                Ok(marks)
            }
            Said::Judged(source) => Ok(self.judged(source, ctx)?.marks.clone()),
            Said::Anyone => {
                let mut marks = (*self.marks(&Said::Imported(None), ctx)?).clone();
                if let Some((_, said)) = self.said_by(None) {
                    self.add_own(&mut marks, said, ctx)?;
                }
                Ok(marks)
            }
        })
    }

    fn add_own(&self, marks: &mut Marks, said: &Annotations, ctx: &JobContext) -> Result<(), JobError> {
        let shape = self.shape()?;
        for (count, (trace, said)) in said.traces().enumerate() {
            if count % 1000 == 0 {
                ctx.checkpoint()?;
            }
            let Some(mark) = &said.first_error else { continue };
            let Some(row) = self.store.row_of(trace) else { continue };
            match own_mark(row, &self.store, said, mark) {
                (Some(Mark::At(step)), number) => {
                    let step = shape.row(row as usize, step).unwrap_or(NOTHING);
                    marks.set(row as usize, 0, Some((step, number.unwrap_or_default())));
                }
                (Some(Mark::NoError), _) => marks.set(row as usize, 1, None),
                (Some(Mark::Unsure), _) => marks.set(row as usize, 2, None),
                (Some(Mark::Lost), _) => marks.set(row as usize, 3, None),
                (None, _) => {}
            }
        }
        Ok(())
    }

    /// What all labels of the data say together: the store knows it.
    fn data_marks(&self) -> Result<Marks, JobError> {
        let (shape, table) = (self.shape()?, self.store.trace_table());
        let mut marks = Marks::nothing(self.store.len());
        for (trace, (says, step)) in table.error.iter().zip(table.error_step.iter()).enumerate() {
            match says {
                Some(TraceTable::ERROR_AT) => {
                    let row = step.and_then(|step| shape.row(trace, step));
                    marks.set(trace, 0, row.map(|row| (row, shape.number(row as usize))));
                }
                Some(TraceTable::NO_ERROR) => marks.set(trace, 1, None),
                Some(_) => marks.set(trace, 2, None),
                None => {}
            }
        }
        Ok(marks)
    }

    /// What one source of the data says: see [`Trace::imported_first_error`](crate::model::Trace::imported_first_error).
    fn named_marks(&self, source: &str, ctx: &JobContext) -> Result<Marks, JobError> {
        let (shape, labels) = (self.shape()?, self.imported_labels()?);
        let table = self.store.step_table();
        let kinds = (table.kind.rechunk().into_owned(), table.author.rechunk().into_owned());
        let mut marks = Marks::nothing(self.store.len());
        let Some(source) = labels.names.iter().position(|name| name == source) else { return Ok(marks) };
        let mut of_trace: Vec<LabelRow> = Vec::new();
        for rows in labels.rows.chunk_by(|a, b| a.trace == b.trace) {
            let Some(trace) = rows.first().map(|row| row.trace) else { continue };
            if trace % 1000 == 0 {
                ctx.checkpoint()?;
            }
            of_trace.clear();
            of_trace.extend(rows.iter().filter(|row| row.source as usize == source));
            if let Some((says, step)) = settled(&of_trace, &labels, &shape, &kinds) {
                let at = step.map(|step| (step, shape.number(step as usize)));
                marks.set(trace as usize, says, at);
            }
        }
        Ok(marks)
    }
}

/// The first error by labels of one trace and source: said outright, else read off the ratings of the main path. `kinds`
/// are those of all steps, and their authors.
fn settled(
    rows: &[LabelRow],
    labels: &Labels,
    shape: &Shape,
    (kinds, authors): &(StringChunked, StringChunked),
) -> Option<(u8, Option<u32>)> {
    let trace = rows.first()?.trace as usize;
    let mut ratings: HashMap<u32, StepRating> = HashMap::new();
    for row in rows {
        match labels.name(row.says)? {
            "first_error" => return Some((0, Some(shape.row(trace, row.step)?))),
            "no_error" => return (!shape.steps(trace).is_empty()).then_some((1, None)),
            name => {
                let rating = StepRating::ALL.into_iter().find(|rating| rating.name() == name);
                if let Some((step, rating)) = shape.row(trace, row.step).zip(rating) {
                    ratings.entry(step).or_insert(rating);
                }
            }
        }
    }
    let path: Vec<u32> = shape.main_path(trace).map(u32::try_from).collect::<Result<_, _>>().ok()?;
    let on_path = |step: &u32| {
        let at = *step as usize;
        let kind = kinds.get(at).and_then(StepKind::from_name).unwrap_or_default();
        RatedStep { rating: ratings.get(step).copied(), kind, author: authors.get(at) }
    };
    match first_bad(path.iter().map(on_path))? {
        FirstBad::At(at) => Some((0, path.get(at).copied())),
        FirstBad::Nowhere => Some((1, None)),
    }
}
