//! Fields whose values are counted again and again: what each trace has as one number, so that counting the values of
//! some traces is one look per trace.

use std::collections::HashMap;
use std::sync::Arc;

use super::Views;
use super::cache::{Key, Layer};
use super::values::{Many, Names, Numbers, Values};
use crate::job::{JobContext, JobError};
use crate::query::language::{Field, Of, Said, What};

/// Which values of a field each trace has.
#[derive(Debug, Default)]
pub(in crate::query) struct Coded {
    /// The names of the values; of numbers none, their values are spans.
    pub(in crate::query) names: Vec<String>,
    /// One per trace: the number of a set.
    codes: Vec<u32>,
    /// The values that traces have together; the first set is empty.
    sets: Vec<Vec<u32>>,
}

/// How many of some traces have which value.
pub(in crate::query) struct Counts {
    /// By number of the value.
    pub(in crate::query) of: Vec<u64>,
    /// How many have any.
    pub(in crate::query) present: u64,
}

impl Views {
    /// A field ready to be counted, kept until what it is made from has changed. Numbers are counted in spans that
    /// begin at `starts`: value 0 lies below them all. First errors are counted by step, the words in their place after
    /// the spans.
    pub(in crate::query) fn coded(
        &self,
        field: &Field,
        starts: &[f64],
        ctx: &JobContext,
    ) -> Result<Arc<Coded>, JobError> {
        self.kept(self.layer(field), Key::Coded(field.clone()), || {
            let values = self.values(field, ctx)?;
            Ok(match values {
                Values::Names(names) => Coded::of_names(&names),
                Values::Many(many) => Coded::of_many(&many, self.store.len()),
                Values::Numbers(numbers) if field.what == What::FirstError => {
                    let says = self.marks(&Said::Anyone, ctx)?.names();
                    Coded::of_numbers(&numbers, starts).with_words(&says, starts.len())
                }
                Values::Numbers(numbers) => Coded::of_numbers(&numbers, starts),
                Values::Texts(_) | Values::Flags(_) => Coded::default(),
            })
        })
    }

    /// What the values of a field change with.
    fn layer(&self, field: &Field) -> Layer {
        match (field.what, &field.of) {
            (What::Score, Of::Scorer(scorer)) => self.meant(scorer.as_deref()).0,
            (
                What::State
                | What::FirstError
                | What::Annotator
                | What::LabelSource
                | What::Label
                | What::Tag
                | What::ErrorType
                | What::Severity,
                _,
            ) => Layer::Labels,
            _ => Layer::Store,
        }
    }
}

impl Coded {
    fn of_names(names: &Names) -> Self {
        let sets = std::iter::once(Vec::new()).chain((0_u32..).take(names.names.len()).map(|name| vec![name]));
        let codes = names.codes.iter().map(|code| code.map_or(0, |code| code + 1));
        Self { names: names.names.clone(), codes: codes.collect(), sets: sets.collect() }
    }

    fn of_many(many: &Many, traces: usize) -> Self {
        let mut made = Self { names: many.names.clone(), codes: vec![0; traces], sets: vec![Vec::new()] };
        let mut known: HashMap<&[u32], u32> = HashMap::new();
        let mut from = 0;
        for owners in many.owners.chunk_by(|a, b| a == b) {
            let to = from + owners.len();
            let set = many.codes.get(from..to).unwrap_or_default();
            from = to;
            let code = *known.entry(set).or_insert_with(|| {
                made.sets.push(set.to_vec());
                u32::try_from(made.sets.len() - 1).unwrap_or_default()
            });
            if let Some(slot) = owners.first().and_then(|owner| made.codes.get_mut(*owner as usize)) {
                *slot = code;
            }
        }
        made
    }

    fn of_numbers(numbers: &Numbers, starts: &[f64]) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the column holds numbers of 32 bits")]
        let bound = |start: &f64| if numbers.is_short { f64::from(*start as f32) } else { *start };
        let starts: Vec<f64> = starts.iter().map(bound).collect();
        let span = |number: f64| starts.iter().map(|start| u32::from(*start <= number)).sum::<u32>();
        let codes = numbers.values.iter().map(|number| number.map_or(0, |number| span(number) + 1));
        let sets = std::iter::once(Vec::new()).chain((0_u32..).take(starts.len() + 1).map(|span| vec![span]));
        Self { names: Vec::new(), codes: codes.collect(), sets: sets.collect() }
    }

    /// The same; traces without a number have a word, whose value stands after those of so many starts of spans. The
    /// first word is the one for a number.
    fn with_words(mut self, words: &Names, starts: usize) -> Self {
        let first = u32::try_from(self.sets.len()).unwrap_or_default();
        self.names = words.names.iter().skip(1).cloned().collect();
        let values = (starts + 1..).take(self.names.len());
        self.sets.extend(values.filter_map(|value| u32::try_from(value).ok()).map(|value| vec![value]));
        for (slot, word) in self.codes.iter_mut().zip(words.codes.iter()) {
            if let (0, Some(word)) = (*slot, word.and_then(|word| word.checked_sub(1))) {
                *slot = first + word;
            }
        }
        self
    }

    /// How many of those traces have each value.
    pub(in crate::query) fn counts(&self, rows: &[u32]) -> Counts {
        let mut of_sets = vec![0_u64; self.sets.len()];
        for row in rows {
            let code = self.codes.get(*row as usize).copied().unwrap_or_default();
            if let Some(count) = of_sets.get_mut(code as usize) {
                *count += 1;
            }
        }
        let values = self.sets.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        let mut counts = Counts { of: vec![0; values.max(self.names.len())], present: 0 };
        for (set, count) in self.sets.iter().zip(of_sets).skip(1) {
            counts.present += count;
            for value in set {
                if let Some(slot) = counts.of.get_mut(*value as usize) {
                    *slot += count;
                }
            }
        }
        counts
    }
}
