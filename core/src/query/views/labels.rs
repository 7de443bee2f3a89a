//! Every label of the project, one row each: those that came with the data and those of all annotators.

use std::sync::Arc;

use super::Views;
use super::cache::{Key, Layer};
use super::values::{Interner, Many, Numbers, Values};
use crate::annotation::{StepAnnotation, TraceAnnotation};
use crate::job::{JobContext, JobError};
use crate::model::{FirstError, ImportedValue, Label, OutcomeLabel, StepHash, TraceStatus};
use crate::query::language::{Field, Of, Said, What};
use crate::store::LabelTable;

/// Stands where a row has no step, or no value.
pub(in crate::query) const NOTHING: u32 = u32::MAX;

/// One label. Words are numbers of [`Labels::names`].
#[derive(Clone, Copy, Debug)]
pub(in crate::query) struct LabelRow {
    /// Row of the trace.
    pub(in crate::query) trace: u32,
    /// Its step from 0, of the source: what is said of a part of a step counts as said of the step.
    pub(in crate::query) step: u32,
    /// Who said it.
    pub(in crate::query) source: u32,
    /// What is said: a rating, `first_error`, `no_error`, `tag`, `error`, …
    pub(in crate::query) says: u32,
    /// The tag, the kind of error, the words.
    pub(in crate::query) value: u32,
    /// A soft label, a value on a scale; NaN where there is none.
    pub(in crate::query) number: f64,
}

/// Labels of one origin, in the order of traces.
#[derive(Debug, Default)]
pub(in crate::query) struct Labels {
    pub(in crate::query) rows: Vec<LabelRow>,
    pub(in crate::query) names: Vec<String>,
}

/// Collects labels.
#[derive(Default)]
struct Collector {
    rows: Vec<LabelRow>,
    words: Interner,
}

impl Collector {
    fn push(&mut self, (trace, step): (u32, u32), source: &str, says: &str, value: Option<&str>, number: Option<f64>) {
        let source = self.words.number(source);
        let says = self.words.number(says);
        let value = value.map_or(NOTHING, |value| self.words.number(value));
        self.rows.push(LabelRow { trace, step, source, says, value, number: number.unwrap_or(f64::NAN) });
    }

    fn finish(mut self) -> Labels {
        if !self.rows.is_sorted_by_key(|row| row.trace) {
            self.rows.sort_by_key(|row| row.trace);
        }
        Labels { rows: self.rows, names: self.words.into_names() }
    }
}

impl Views {
    /// Labels that came with the data.
    pub(in crate::query) fn imported_labels(&self) -> Result<Arc<Labels>, JobError> {
        self.kept(Layer::Store, Key::Labels, || {
            let table = self.store().label_table();
            let mut made = Collector::default();
            let cells = table.trace.iter().zip(table.step.iter()).zip(table.says.iter()).zip(table.rating.iter());
            let rest = table.value.iter().zip(table.source.iter()).zip(table.raw.iter());
            for ((((trace, step), says), rating), ((number, source), raw)) in cells.zip(rest) {
                let (Some(trace), Some(says), Some(source)) = (trace, says, source) else { continue };
                let Some(value) = LabelTable::value(says, rating, number) else { continue };
                let place = (trace, step.unwrap_or(NOTHING));
                let text = raw.filter(|_| matches!(value, ImportedValue::Tag));
                let number = match value {
                    ImportedValue::Soft(value) => Some(value),
                    _ => None,
                };
                made.push(place, source, value.name(), text, number);
            }
            Ok(made.finish())
        })
    }

    /// Labels of all annotators.
    pub(in crate::query) fn own_labels(&self, ctx: &JobContext) -> Result<Arc<Labels>, JobError> {
        self.kept(Layer::Labels, Key::OwnLabels, || {
            let mut made = Collector::default();
            for (annotator, said) in self.said() {
                let source = format!("own:{annotator}");
                for (number, (trace, said)) in said.traces().enumerate() {
                    if number % 1000 == 0 {
                        ctx.checkpoint()?;
                    }
                    if let Some(row) = self.store().row_of(trace) {
                        self.add_trace(&mut made, row, &source, said);
                    }
                }
            }
            Ok(made.finish())
        })
    }

    fn add_trace(&self, made: &mut Collector, row: u32, source: &str, said: &TraceAnnotation) {
        let place = |step: &StepHash| {
            let anchor = said.anchor(step).0;
            let step = anchor.and_then(|step| self.store().step_index(row, &step.whole().0));
            (row, step.unwrap_or(NOTHING))
        };
        match &said.first_error {
            Some(FirstError::At(step)) => made.push(place(step), source, "first_error", None, None),
            Some(FirstError::NoneUpTo(_)) => made.push((row, NOTHING), source, "no_error", None, None),
            Some(FirstError::Unsure) => made.push((row, NOTHING), source, "unsure", None, None),
            None => {}
        }
        if said.status != TraceStatus::Open {
            made.push((row, NOTHING), source, said.status.name(), None, None);
        }
        if !said.note.is_empty() {
            made.push((row, NOTHING), source, "note", Some(&said.note), None);
        }
        said.labels.iter().for_each(|label| add_label(made, (row, NOTHING), source, label));
        // In a fixed order, whatever the order of the map.
        let mut steps: Vec<(&StepHash, &StepAnnotation)> = said.steps.iter().collect();
        steps.sort_unstable_by_key(|(step, _)| *step);
        for (step, of_step) in steps {
            let place = place(step);
            if let Some(rating) = of_step.rating {
                made.push(place, source, rating.name(), None, None);
            }
            if !of_step.note.is_empty() {
                made.push(place, source, "note", Some(&of_step.note), None);
            }
            of_step.labels.iter().for_each(|label| add_label(made, place, source, label));
        }
    }

    /// The values of a field that is about labels, for traces or for steps.
    pub(super) fn of_labels(&self, field: &Field, ctx: &JobContext) -> Result<Values, JobError> {
        let shape = self.shape()?;
        let said = match &field.of {
            Of::Source(Said::Judged(source)) => return self.judged_labels(source, field.is_step(), ctx),
            Of::Source(said) => said.clone(),
            _ => Said::Anyone,
        };
        let is_step = field.is_step();
        let mut names = Interner::default();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let is_number = matches!(field.what, What::Soft | What::StepSoft | What::Scale | What::StepScale);
        let (traces, steps) = self.sizes();
        let mut numbers = vec![f64::NAN; if is_number { if is_step { steps } else { traces } } else { 0 }];
        let origins = [
            (!matches!(said, Said::Own(_))).then(|| self.imported_labels()).transpose()?,
            (!matches!(said, Said::Imported(_))).then(|| self.own_labels(ctx)).transpose()?,
        ];
        for (labels, is_own) in origins.into_iter().zip([false, true]) {
            let Some(labels) = labels else { continue };
            ctx.checkpoint()?;
            let wanted = Wanted::new(field, &said, &labels, is_own, self.own().as_str());
            for row in &labels.rows {
                let Some(number) = wanted.of(row) else { continue };
                let owner = if is_step { shape.row(row.trace as usize, row.step) } else { Some(row.trace) };
                let Some(owner) = owner else { continue };
                if is_number {
                    if let Some(slot) = numbers.get_mut(owner as usize) {
                        // The lowest says most.
                        *slot = if slot.is_nan() { row.number } else { slot.min(row.number) };
                    }
                } else if let Some(name) = labels.names.get(number as usize) {
                    // An annotator has a name, a source of labels says besides that it is one.
                    let name = name.strip_prefix("own:").filter(|_| field.what == What::Annotator).unwrap_or(name);
                    pairs.push((owner, names.number(name)));
                }
            }
        }
        if is_number {
            return Ok(Values::Numbers(Numbers::new(numbers, false)));
        }
        Ok(Values::Many(Arc::new(Many::new(pairs, names.into_names()))))
    }
}

/// Which rows a field means, and which of their words.
struct Wanted {
    /// By number of a name: it is a source that counts.
    sources: Vec<bool>,
    /// By number of a name: it is what has to be said; empty where anything may be.
    says: Option<Vec<bool>>,
    word: Word,
    /// The scale.
    value: Option<u32>,
}

#[derive(Clone, Copy)]
enum Word {
    Source,
    Says,
    Value,
}

impl Wanted {
    fn new(field: &Field, said: &Said, labels: &Labels, is_own: bool, own: &str) -> Self {
        let source = |name: &String| match said {
            Said::Anyone => true,
            Said::Own(who) => name.strip_prefix("own:") == Some(who.as_deref().unwrap_or(own)),
            Said::Imported(who) => who.as_ref().is_none_or(|who| who == name),
            // Not among the tables of labels.
            Said::Judged(_) => false,
        };
        let by_name = |test: &dyn Fn(&String) -> bool| labels.names.iter().map(test).collect::<Vec<bool>>();
        let saying = |word: &'static str| Some(by_name(&|name| name == word));
        let (says, word) = match field.what {
            What::Annotator | What::LabelSource => (None, Word::Source),
            What::Tag | What::StepTag => (saying("tag"), Word::Value),
            // Data give kinds of errors as tags.
            What::ErrorType | What::StepErrorType => (saying(if is_own { "error" } else { "tag" }), Word::Value),
            What::Severity | What::StepSeverity => (saying("severity"), Word::Value),
            What::Note | What::StepNote => (saying("note"), Word::Value),
            What::Soft | What::StepSoft => (saying("soft"), Word::Says),
            What::Scale | What::StepScale => (saying("scale"), Word::Value),
            // What only comes with a label, and words, are no labels.
            _ => (Some(by_name(&|name| !matches!(name.as_str(), "note" | "severity"))), Word::Says),
        };
        let value = match &field.of {
            Of::Key(key) => Some(labels.names.iter().position(|name| name == key)),
            _ => None,
        };
        let value = value.map(|at| at.and_then(|at| u32::try_from(at).ok()).unwrap_or(NOTHING - 1));
        let only_own = field.what == What::Annotator && !is_own;
        Self { sources: if only_own { Vec::new() } else { by_name(&source) }, says, word, value }
    }

    /// The number of the name that counts; `None` for rows that are not meant.
    fn of(&self, row: &LabelRow) -> Option<u32> {
        let holds = |of: &[bool], number: u32| of.get(number as usize).copied().unwrap_or_default();
        let is_meant = holds(&self.sources, row.source)
            && self.says.as_ref().is_none_or(|says| holds(says, row.says))
            && self.value.is_none_or(|value| value == row.value);
        is_meant.then_some(match self.word {
            Word::Source => row.source,
            Word::Says => row.says,
            Word::Value => row.value,
        })
    }
}

fn add_label(made: &mut Collector, place: (u32, u32), source: &str, label: &Label) {
    let mut push = |says: &str, value: Option<&str>, number| made.push(place, source, says, value, number);
    match label {
        Label::Outcome(outcome) => {
            let says = match outcome {
                OutcomeLabel::Right => "answer_right",
                OutcomeLabel::Wrong => "answer_wrong",
                OutcomeLabel::Unsure => "answer_unsure",
            };
            push(says, None, None);
        }
        Label::Reason(text) => push("reason", Some(text), None),
        Label::Verified(verified) => {
            push(if verified.agreed { "confirmed" } else { "overruled" }, Some(&verified.by), None);
        }
        Label::Tag(tag) => push("tag", Some(tag), None),
        Label::Rated(rated) => push("scale", Some(&rated.dimension), Some(rated.value)),
        Label::Written(step) => push("written", Some(&step.text), None),
        Label::Soft(value) => push("soft", None, Some(*value)),
        Label::Redundant => push("redundant", None, None),
        Label::Corrected(_) => push("corrected", None, None),
        Label::Missing(text) => push("missing", Some(text), None),
        Label::Error(error) => {
            push("error", Some(&error.kind), None);
            if let Some(sub) = &error.sub {
                push("error", Some(&format!("{}/{sub}", error.kind)), None);
            }
            if let Some(severity) = &error.severity {
                push("severity", Some(severity), None);
            }
        }
        Label::Unsafe => push("unsafe", None, None),
        Label::Masked => push("masked", None, None),
        Label::Critique(critique) => push("critique", Some(&critique.text), None),
        Label::Span(span) => push("span", Some(&span.says), None),
        Label::Link(link) => push("link", Some(&link.to), None),
        Label::Inspected(good) => push("inspected", Some(if *good { "good" } else { "bad" }), None),
        Label::Best => push("best", None, None),
        Label::Rank(rank) => push("rank", None, Some(f64::from(*rank))),
        Label::Preferred(preference) => push("preferred", Some(&preference.criterion), None),
        Label::Cut(_) => push("cut", None, None),
        Label::Joined => push("joined", None, None),
    }
}

impl Labels {
    pub(in crate::query) fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(String::as_str)
    }

    /// The different names that rows have at that place.
    pub(in crate::query) fn used(&self, place: impl Fn(&LabelRow) -> Option<u32>) -> Vec<String> {
        let mut used = vec![false; self.names.len()];
        for number in self.rows.iter().filter_map(place) {
            if let Some(used) = used.get_mut(number as usize) {
                *used = true;
            }
        }
        self.names.iter().zip(used).filter(|(_, used)| *used).map(|(name, _)| name.clone()).collect()
    }
}
