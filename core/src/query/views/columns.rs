//! The values of every field that can be asked for.

use std::sync::Arc;

use polars::prelude::{BooleanChunked, StringChunked, UInt32Chunked};

use super::Views;
use super::cache::{Key, Layer};
use super::scores::deltas;
use super::values::{Interner, Many, Names, Numbers, Values};
use crate::job::{JobContext, JobError};
use crate::query::LabelState;
use crate::query::language::{Field, Of, Said, What};

impl Views {
    /// The values of a field, one place per trace or per step.
    pub(in crate::query) fn values(&self, field: &Field, ctx: &JobContext) -> Result<Values, JobError> {
        ctx.checkpoint()?;
        match field.what {
            What::Row => Ok(numbers((1..).take(self.store.len()))),
            What::Id => Ok(Values::Texts(self.store.trace_table().id)),
            What::SourceId => Ok(Values::Texts(self.store.trace_table().source_id)),
            What::Problem => self.of_problems(|table| &table.text),
            What::Answer => self.of_problems(|table| &table.answer),
            What::Generator => self.names(field, || self.store.trace_table().generator),
            What::File => self.names(field, || self.store.trace_table().file),
            What::Format => self.names(field, || self.store.trace_table().format),
            What::Splitter => self.names(field, || self.store.trace_table().splitter),
            What::Outcome => self.names(field, || self.store.trace_table().verdict),
            What::Reward => Ok(Values::Numbers(Numbers { values: self.store.trace_table().reward, is_short: false })),
            What::Steps => Ok(numbers(self.store.trace_table().steps.iter().map(Option::unwrap_or_default))),
            What::Branching => Ok(Values::Flags(self.store.trace_table().branching)),
            What::Warnings => Ok(numbers(self.store.trace_table().warnings.iter().map(Option::unwrap_or_default))),
            What::State => Ok(self.states()),
            What::FirstError => {
                let marks = self.marks(said(field), ctx)?;
                Ok(Values::Numbers(marks.numbers(field.part, &*self.shape()?)))
            }
            What::Score => Ok(Values::Numbers(self.trace_scores(scorer(field), field.part, ctx)?)),
            What::Meta | What::StepMeta => {
                let Of::Key(key) = &field.of else { return Ok(Values::Many(Arc::default())) };
                self.of_meta(key, field.is_step(), ctx)
            }
            What::Note
            | What::Annotator
            | What::LabelSource
            | What::Label
            | What::Tag
            | What::ErrorType
            | What::Severity
            | What::Scale
            | What::Soft
            | What::StepNote
            | What::StepLabel
            | What::StepTag
            | What::StepErrorType
            | What::StepSeverity
            | What::StepScale
            | What::StepSoft => self.of_labels(field, ctx),
            What::StepNumber => {
                let number = || Ok(Numbers::counted(self.shape()?.numbers().into_iter()));
                Ok(Values::Numbers((*self.kept(Layer::Store, Key::Column(field.clone()), number)?).clone()))
            }
            What::StepIndex => Ok(Values::Numbers(self.shape()?.indices())),
            What::Kind => self.names(field, || self.store.step_table().kind),
            What::Text => Ok(Values::Texts(self.store.step_table().text)),
            What::Tool => self.names(field, || self.store.step_table().tool),
            What::Arguments => Ok(Values::Texts(self.store.step_table().arguments)),
            What::Section => self.names(field, || self.store.step_table().section),
            What::Author => self.names(field, || self.store.step_table().author),
            What::Words => {
                let key = Key::Column(field.clone());
                let words = self.kept(Layer::Store, key, || self.words(ctx))?;
                Ok(numbers(words.iter().copied()))
            }
            What::IsFirst => Ok(flags(self.shape()?.parents().map(|parent| parent.is_none()))),
            What::IsLast => Ok(flags(self.shape()?.leaves().into_iter())),
            What::OnPath => {
                let shape = self.shape()?;
                Ok(flags((0..self.store.step_total()).map(|step| shape.is_on_path(step))))
            }
            What::Failed => {
                let key = Key::Column(field.clone());
                let failed = self.kept(Layer::Store, key, || self.failed(ctx))?;
                Ok(flags(failed.iter().copied()))
            }
            What::Flag => {
                let key = Key::Column(field.clone());
                Ok(Values::Many(self.kept(Layer::Store, key, || Ok(self.step_flags()))?))
            }
            What::IsError => {
                let marks = self.marks(said(field), ctx)?;
                Ok(flags(marks.flags(self.store.step_total()).into_iter()))
            }
            What::StepScore => Ok(Values::Numbers((*self.step_scores(scorer(field), ctx)?).clone())),
            What::Delta => Ok(Values::Numbers(deltas(&*self.step_scores(scorer(field), ctx)?, &*self.shape()?))),
        }
    }

    fn names(&self, field: &Field, column: impl FnOnce() -> StringChunked) -> Result<Values, JobError> {
        let key = Key::Column(field.clone());
        Ok(Values::Names(self.kept(Layer::Store, key, || Ok(Names::new(&column())))?))
    }

    /// What annotators said of each trace's state; one of whom nothing is known has not labelled it.
    fn states(&self) -> Values {
        let mut states = vec![LabelState::Unlabelled; self.store.len()];
        if let Some((_, said)) = self.said_by(None) {
            for (trace, said) in said.traces() {
                let slot = self.store.row_of(trace).and_then(|row| states.get_mut(row as usize));
                if let Some(slot) = slot {
                    *slot = LabelState::new(Some(said));
                }
            }
        }
        let codes: UInt32Chunked = states.into_iter().map(|state| Some(state as u32)).collect();
        let names = LabelState::ALL.map(|state| state.name().to_owned()).into();
        Values::Names(Arc::new(Names { codes, names }))
    }

    /// A text of the problem of each trace. The texts themselves are not copied.
    fn of_problems(
        &self,
        column: impl FnOnce(&crate::store::ProblemTable) -> &StringChunked,
    ) -> Result<Values, JobError> {
        let (problems, traces) = (self.store.problem_table(), self.store.trace_table());
        let texts = polars::prelude::ChunkTake::take(column(&problems), &traces.problem);
        texts.map(Values::Texts).map_err(|error| JobError::from_error(&error))
    }

    fn step_flags(&self) -> Many {
        let mut names = Interner::default();
        let mut pairs = Vec::new();
        for (step, flags) in (0..).zip(self.store.step_table().flags.iter()) {
            for flag in flags.into_iter().flat_map(str::split_whitespace) {
                pairs.push((step, names.number(flag)));
            }
        }
        Many::new(pairs, names.into_names())
    }
}

fn said(field: &Field) -> &Said {
    match &field.of {
        Of::Source(said) => said,
        _ => &Said::Anyone,
    }
}

fn scorer(field: &Field) -> Option<&str> {
    match &field.of {
        Of::Scorer(scorer) => scorer.as_deref(),
        _ => None,
    }
}

fn numbers(values: impl Iterator<Item = u32>) -> Values {
    Values::Numbers(Numbers::counted(values))
}

fn flags(values: impl Iterator<Item = bool>) -> Values {
    Values::Flags(values.collect::<BooleanChunked>())
}
