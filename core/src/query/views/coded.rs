//! Fields whose values are counted again and again: what each trace has as one number, so that counting the values of
//! some traces is one look per trace.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::Views;
use super::cache::{Key, Layer};
use super::spans::Spans;
use super::values::{Many, Names, Numbers, Values};
use crate::job::{JobContext, JobError};
use crate::query::language::{Field, Of, Part, Said, What};

/// Metadata with more different numbers are counted in spans.
const LISTED: usize = 20;
/// Metadata with more values, of which no two traces have the same, name traces and are not counted.
const NAMES: usize = 100;

/// Which values of a field each trace has. Values are numbered: spans first, then names.
#[derive(Debug, Default)]
pub(in crate::query) struct Coded {
    /// The spans in which numbers are counted; `None` where there are only names.
    pub(in crate::query) spans: Option<Spans>,
    /// The names of the values, in alphabetical order. Those that a question does not tell apart are one.
    pub(in crate::query) names: Vec<String>,
    /// Names that are the same number are one.
    is_meta: bool,
    /// Metadata of which every trace has the same one value: there is nothing to choose from.
    pub(in crate::query) is_alike: bool,
    /// Metadata or texts that name traces: no two have the same. They have no values here.
    pub(in crate::query) is_apart: bool,
    /// One per trace: 0 for none, then each value alone, then the sets.
    pub(in crate::query) codes: Vec<u32>,
    /// The values that traces have together.
    pub(in crate::query) sets: Vec<Vec<u32>>,
}

/// How many of some traces have which value.
pub(in crate::query) struct Counts {
    /// By number of the value.
    pub(in crate::query) of: Vec<u64>,
    /// How many have any.
    pub(in crate::query) present: u64,
}

impl Views {
    /// A field ready to be counted, kept until what it is made from has changed. Numbers are counted in spans; first
    /// errors by step, the words in their place behind the spans.
    pub(in crate::query) fn coded(&self, field: &Field, ctx: &JobContext) -> Result<Arc<Coded>, JobError> {
        let field = &self.in_full(field.clone());
        self.kept(self.layer(field), Key::Coded(field.clone()), || {
            let values = self.values(field, ctx)?;
            let traces = self.store.len();
            Ok(match (values, field.what) {
                (Values::Names(names), _) => Coded::of_names(&names),
                (Values::Many(many), What::Meta) => Coded::of_meta(&many, traces),
                (Values::Many(many), _) => Coded::of_many(&many, false, traces),
                (Values::Numbers(numbers), What::FirstError) if field.part == Part::Whole => {
                    let said = if let Of::Source(said) = &field.of { said } else { &Said::Anyone };
                    let says = self.marks(said, ctx)?.names();
                    Coded::of_numbers(&numbers, Spans::of_counts(), Some(&says))
                }
                (Values::Numbers(numbers), What::Steps) => Coded::of_numbers(&numbers, Spans::of_counts(), None),
                (Values::Numbers(numbers), _) => {
                    let spans = Spans::even(numbers.values.iter().flatten().collect());
                    Coded::of_numbers(&numbers, spans, None)
                }
                (Values::Texts(texts), _) => {
                    let names = Names::new(&texts);
                    let present = names.codes.len() - names.codes.null_count();
                    if is_apart(names.names.len(), present) {
                        Coded { is_apart: true, ..Coded::default() }
                    } else {
                        Coded::of_names(&names)
                    }
                }
                (Values::Flags(flags), _) => Coded::of_names(&Names::of_flags(&flags)),
            })
        })
    }

    /// The field with the scorer in force where it names none.
    pub(in crate::query) fn in_full(&self, mut field: Field) -> Field {
        // Scores of whole traces come with the data only.
        if field.of == Of::Scorer(None)
            && field.part != Part::Trace
            && let (_, Some(scorer)) = self.meant(None)
        {
            field.of = Of::Scorer(Some(scorer));
        }
        field
    }

    /// What the values of a field change with.
    fn layer(&self, field: &Field) -> Layer {
        match (field.what, &field.of) {
            (_, Of::Source(Said::Judged(_))) => Layer::Judged,
            (What::Score, Of::Scorer(scorer)) => self.meant(scorer.as_deref()).0,
            (
                What::State
                | What::FirstError
                | What::Annotator
                | What::LabelSource
                | What::Label
                | What::Tag
                | What::ErrorType
                | What::Severity
                | What::Scale
                | What::Soft
                | What::Note,
                _,
            ) => Layer::Labels,
            _ => Layer::Store,
        }
    }
}

/// Many values, and hardly any two traces have the same.
const fn is_apart(values: usize, present: usize) -> bool {
    values > NAMES && values >= present
}

impl Coded {
    fn of_names(names: &Names) -> Self {
        let (made, values) = Self::new(None, names.names.iter(), false);
        let value = |code: Option<u32>| values.get(code? as usize).copied();
        let pairs = (0..).zip(names.codes.iter()).filter_map(|(row, code)| Some((row, value(code)?)));
        made.with(pairs, names.codes.len())
    }

    fn of_many(many: &Many, is_meta: bool, traces: usize) -> Self {
        let (made, values) = Self::new(None, many.names.iter(), is_meta);
        made.with_many(many, &values, traces)
    }

    /// Of metadata: numbers in spans where there are many.
    fn of_meta(many: &Many, traces: usize) -> Self {
        let numbers: Vec<Option<f64>> = many.names.iter().map(|name| number(name)).collect();
        let different = numbers.iter().flatten().count();
        let words = many.names.len() - different;
        if different > LISTED && words <= LISTED && has_one_number(many, &numbers) {
            return Self::of_measures(many, &numbers, traces);
        }
        if Self::is_apart(many) {
            return Self { is_apart: true, ..Self::default() };
        }
        let is_alike = many.names.len() == 1 && many.owners.len() == traces;
        Self { is_alike, ..Self::of_many(many, true, traces) }
    }

    /// Metadata of which hardly any two traces have the same: they name traces.
    pub(in crate::query) fn is_apart(many: &Many) -> bool {
        is_apart(many.names.len(), many.owners.len())
    }

    /// Of metadata that are numbers, but for some words.
    fn of_measures(many: &Many, numbers: &[Option<f64>], traces: usize) -> Self {
        let of = |code: &u32| numbers.get(*code as usize).copied().flatten();
        let spans = Spans::alike(many.codes.iter().filter_map(of).collect());
        let bounds = spans.starts.clone();
        let words = many.names.iter().zip(numbers).filter(|(_, number)| number.is_none()).map(|(name, _)| name);
        let (made, words) = Self::new(Some(spans), words, true);
        let mut words = words.into_iter();
        let value = |number: &Option<f64>| number.map_or_else(|| words.next(), |number| Some(span(&bounds, number)));
        let values: Vec<u32> = numbers.iter().map(value).map(Option::unwrap_or_default).collect();
        made.with_many(many, &values, traces)
    }

    /// Of numbers; those of first errors come with the words that stand in their place, of which the first is the one
    /// for a number.
    fn of_numbers(numbers: &Numbers, spans: Spans, words: Option<&Names>) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the column holds numbers of 32 bits")]
        let bound = |start: &f64| if numbers.is_short { f64::from(*start as f32) } else { *start };
        let bounds: Vec<f64> = spans.starts.iter().map(bound).collect();
        let names = words.into_iter().flat_map(|words| words.names.iter().skip(1));
        let (made, values) = Self::new(Some(spans), names, false);
        let word = |row: u32| values.get(words?.codes.get(row as usize)?.checked_sub(1)? as usize).copied();
        let value = |(row, number): (u32, Option<f64>)| {
            let number = number.filter(|number| !number.is_nan());
            let value = number.map(|number| span(&bounds, number)).or_else(|| word(row));
            value.map(|value| (row, value))
        };
        made.with((0..).zip(numbers.values.iter()).filter_map(value), numbers.values.len())
    }

    /// Spans and names, of no trace yet; and the value that each of the names is.
    fn new<'a>(spans: Option<Spans>, names: impl Iterator<Item = &'a String>, is_meta: bool) -> (Self, Vec<u32>) {
        let mut made = Self { spans, is_meta, ..Self::default() };
        let first = made.first_name();
        let mut sorted: Vec<(String, &String, usize)> =
            names.enumerate().map(|(at, name)| (folded(name, is_meta), name, at)).collect();
        let mut values = vec![0; sorted.len()];
        sorted.par_sort_unstable();
        for same in sorted.chunk_by(|(a, ..), (b, ..)| a == b) {
            let value = u32::try_from(first + made.names.len()).unwrap_or_default();
            made.names.extend(same.first().map(|(_, name, _)| (*name).clone()));
            for (_, _, at) in same {
                if let Some(slot) = values.get_mut(*at) {
                    *slot = value;
                }
            }
        }
        (made, values)
    }

    /// The same for traces with these values, in the order of traces.
    fn with(mut self, pairs: impl Iterator<Item = (u32, u32)>, traces: usize) -> Self {
        self.codes = vec![0; traces];
        let first_set = self.values() + 1;
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut set: Vec<u32> = Vec::new();
        let mut pairs = pairs.peekable();
        while let Some((trace, value)) = pairs.next() {
            set.push(value);
            if pairs.peek().is_some_and(|(next, _)| *next == trace) {
                continue;
            }
            set.sort_unstable();
            set.dedup();
            let code = match *set {
                [only] => only + 1,
                _ => *known.entry(set.clone()).or_insert_with_key(|set| {
                    self.sets.push(set.clone());
                    u32::try_from(first_set + self.sets.len() - 1).unwrap_or_default()
                }),
            };
            if let Some(slot) = self.codes.get_mut(trace as usize) {
                *slot = code;
            }
            set.clear();
        }
        self
    }

    fn with_many(self, many: &Many, values: &[u32], traces: usize) -> Self {
        let value = |(owner, code): (u32, u32)| Some((owner, *values.get(code as usize)?));
        self.with(many.pairs().filter_map(value), traces)
    }

    /// The value that the first name is.
    pub(in crate::query) fn first_name(&self) -> usize {
        self.spans.as_ref().map_or(0, Spans::len)
    }

    /// How many values there are.
    pub(in crate::query) fn values(&self) -> usize {
        self.first_name() + self.names.len()
    }

    /// The value that a question asks for by that text.
    pub(in crate::query) fn named(&self, text: &str) -> Option<usize> {
        let wanted = folded(text, self.is_meta);
        let at = self.names.binary_search_by(|name| folded(name, self.is_meta).cmp(&wanted));
        at.ok().map(|at| self.first_name() + at)
    }

    /// How many of those traces have each value.
    pub(in crate::query) fn counts(&self, rows: &[u32]) -> Counts {
        let mut of_codes = vec![0_u64; 1 + self.values() + self.sets.len()];
        for row in rows {
            let code = self.codes.get(*row as usize).copied().unwrap_or_default();
            if let Some(count) = of_codes.get_mut(code as usize) {
                *count += 1;
            }
        }
        let mut of: Vec<u64> = of_codes.into_iter().skip(1).collect();
        let present = of.iter().sum();
        let of_sets = of.split_off(self.values());
        for (set, count) in self.sets.iter().zip(of_sets) {
            for value in set {
                if let Some(slot) = of.get_mut(*value as usize) {
                    *slot += count;
                }
            }
        }
        Counts { of, present }
    }
}

/// The number that a text is to a question.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| !number.is_nan())
}

/// A name as a question compares it: case does not matter, nor in metadata how a number is written.
fn folded(name: &str, is_meta: bool) -> String {
    // Zero has no sign.
    number(name).filter(|_| is_meta).map_or_else(|| name.to_lowercase(), |number| (number + 0.0).to_string())
}

/// The span in which a number lies.
fn span(bounds: &[f64], number: f64) -> u32 {
    u32::try_from(bounds.partition_point(|bound| *bound <= number)).unwrap_or_default()
}

/// True where no trace has two numbers: of two, each could meet one end of a span.
fn has_one_number(many: &Many, numbers: &[Option<f64>]) -> bool {
    let is_number = |code: u32| numbers.get(code as usize).is_some_and(Option::is_some);
    let mut owners = many.pairs().filter(|(_, code)| is_number(*code)).map(|(owner, _)| owner);
    let mut last = owners.next();
    owners.all(|owner| last.replace(owner) != Some(owner))
}
