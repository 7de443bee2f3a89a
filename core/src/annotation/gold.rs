//! Traces whose first error is known: how well an annotator finds it.

use std::sync::Arc;

use serde::Serialize;

use super::schema::Gold;
use super::state::Annotations;
use crate::job::{JobContext, JobError};
use crate::model::{AnnotatorId, FirstError, Trace, TraceId};
use crate::store::Store;

/// What other annotators of a project have said.
pub type Others = Arc<Vec<(AnnotatorId, Arc<Annotations>)>>;

/// Where known answers come from.
#[derive(Clone, Debug)]
pub struct KnownAnswers {
    source: Source,
    others: Others,
}

#[derive(Clone, Debug)]
enum Source {
    /// Labels in the data: of every source, or of the named one.
    Imported(Option<String>),
    /// Another annotator's log.
    Own(AnnotatorId),
}

impl KnownAnswers {
    /// The answers that the schema names; `None` where they would be the annotator's own, or the source is unknown.
    pub fn new(gold: &Gold, annotator: &AnnotatorId, others: &Others) -> Option<Self> {
        let source = match gold.source.split_once(':') {
            None if gold.source == "imported" => Source::Imported(None),
            Some(("imported", name)) => Source::Imported(Some(name.into())),
            Some(("own", name)) if name != annotator.as_str() => Source::Own(AnnotatorId::new(name)),
            _ => return None,
        };
        Some(Self { source, others: Arc::clone(others) })
    }

    /// The known first error of a trace; `None` where it is not known.
    pub fn of(&self, trace: &Trace) -> Option<FirstError> {
        match &self.source {
            Source::Imported(name) => trace.imported_first_error(name.as_deref()),
            Source::Own(_) => self.said(&trace.id),
        }
    }

    /// True where the first error of the trace in that row of the store is known.
    pub fn has(&self, row: u32, store: &Store) -> bool {
        match &self.source {
            Source::Imported(None) => store.imported_mark(row).is_some(),
            // Whose labels they are stands in the trace only; without any label there is nothing to read.
            Source::Imported(Some(_)) => {
                store.has_labels(row) && store.trace(row).is_ok_and(|trace| self.of(&trace).is_some())
            }
            Source::Own(_) => store.trace_id(row).is_some_and(|id| self.said(&id).is_some()),
        }
    }

    fn said(&self, trace: &TraceId) -> Option<FirstError> {
        let Source::Own(name) = &self.source else { return None };
        let (_, said) = self.others.iter().find(|(annotator, _)| annotator == name)?;
        // Who could not decide knows no answer.
        said.trace(trace)?.first_error.clone().filter(|mark| *mark != FirstError::Unsure)
    }
}

/// How often an annotator found the known answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Traces with an error.
    pub faulty: u32,
    /// Of these, those whose first error was marked at the same step.
    pub faulty_right: u32,
    /// Traces without an error.
    pub clean: u32,
    /// Of these, those that were marked as all correct.
    pub clean_right: u32,
}

impl Agreement {
    /// Counts one trace.
    pub fn add(&mut self, known: &FirstError, said: &FirstError) {
        match known {
            FirstError::At(_) => {
                self.faulty += 1;
                self.faulty_right += u32::from(agrees(known, said));
            }
            FirstError::NoneUpTo(_) => {
                self.clean += 1;
                self.clean_right += u32::from(agrees(known, said));
            }
            FirstError::Unsure => {}
        }
    }

    /// How many traces were compared.
    pub const fn total(&self) -> u32 {
        self.faulty + self.clean
    }

    /// Share of all traces with the same answer; `None` where there are none.
    pub fn exact(&self) -> Option<f64> {
        share(self.faulty_right + self.clean_right, self.total())
    }

    /// Share of the faulty traces with the same first error.
    pub fn on_faulty(&self) -> Option<f64> {
        share(self.faulty_right, self.faulty)
    }

    /// Share of the clean traces said to be clean.
    pub fn on_clean(&self) -> Option<f64> {
        share(self.clean_right, self.clean)
    }

    /// The harmonic mean of both shares, as ProcessBench has it; `None` where traces of one sort are lacking.
    pub fn f1(&self) -> Option<f64> {
        let (faulty, clean) = (self.on_faulty()?, self.on_clean()?);
        Some(if faulty + clean > 0.0 { 2.0 * faulty * clean / (faulty + clean) } else { 0.0 })
    }

    /// What an annotator said of all traces of a store whose answer is known and of which they marked the first error,
    /// or left it undecided. `counts` tells which traces are meant. Stops at every trace when asked to.
    pub fn of(
        said: &Annotations,
        known: &KnownAnswers,
        store: &Store,
        counts: impl Fn(&TraceId) -> bool,
        ctx: &JobContext,
    ) -> Result<Self, JobError> {
        let mut agreement = Self::default();
        for (id, said) in said.traces() {
            ctx.checkpoint()?;
            let Some(mark) = said.first_error.as_ref().filter(|_| counts(id)) else { continue };
            let Some(row) = store.row_of(id).filter(|row| known.has(*row, store)) else { continue };
            let answer = store.trace(row).map_err(|error| JobError::from_error(&error))?;
            if let Some(answer) = known.of(&answer) {
                agreement.add(&answer, mark);
            }
        }
        Ok(agreement)
    }
}

/// True where both say the same. That there is no error counts as the same on whichever path it was said.
pub fn agrees(known: &FirstError, said: &FirstError) -> bool {
    match (known, said) {
        (FirstError::NoneUpTo(_), FirstError::NoneUpTo(_)) => true,
        (FirstError::At(known), FirstError::At(said)) => known == said,
        _ => false,
    }
}

fn share(part: u32, of: u32) -> Option<f64> {
    (of > 0).then(|| f64::from(part) / f64::from(of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StepHash;

    #[test]
    fn figures_are_those_of_processbench() {
        let at = |step: &str| FirstError::At(StepHash::new(step));
        let none = |step: &str| FirstError::NoneUpTo(StepHash::new(step));
        let mut agreement = Agreement::default();
        assert_eq!((agreement.exact(), agreement.f1()), (None, None));
        for (known, said) in [
            (at("a"), at("a")),
            (at("b"), at("c")),
            (at("b"), FirstError::Unsure),
            (at("b"), none("z")),
            (none("z"), none("y")),
            (none("z"), at("a")),
            (FirstError::Unsure, at("a")),
        ] {
            agreement.add(&known, &said);
        }
        assert_eq!(agreement, Agreement { faulty: 4, faulty_right: 1, clean: 2, clean_right: 1 });
        let near = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}");
        near(agreement.exact(), 2.0 / 6.0);
        near(agreement.on_faulty(), 0.25);
        near(agreement.on_clean(), 0.5);
        near(agreement.f1(), 1.0 / 3.0);
    }
}
