//! The fields that are counted, how their values are told apart, and how each is written in a question.

use super::{Facet, FacetValue};
use crate::job::{JobContext, JobError};
use crate::query::language::{Field, Of, Part, Said, What, quoted};
use crate::query::views::{Counts, Views};

/// Keys of metadata with more values are no facets.
const FEW: usize = 100;

const FIELDS: [What; 10] = [
    What::Generator,
    What::Outcome,
    What::State,
    What::File,
    What::Format,
    What::LabelSource,
    What::Label,
    What::ErrorType,
    What::Tag,
    What::Severity,
];

/// From where spans of counts begin.
const COUNTS: [f64; 12] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 21.0, 51.0, 101.0, 1001.0];
/// From where spans of scores begin.
const TENTHS: [f64; 10] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// A field that is counted: by name, or in spans that begin at `starts`, with the words in place of numbers behind.
pub(super) struct Counted {
    pub(super) field: Field,
    starts: &'static [f64],
}

/// The fields of a project that are counted, in the order in which they are shown.
pub(super) fn counted(views: &Views, ctx: &JobContext) -> Result<Vec<Counted>, JobError> {
    let named = |field| Counted { field, starts: &[] };
    let mut all: Vec<Counted> = FIELDS.map(Field::plain).map(named).into();
    let meta = views.meta(ctx)?;
    let few = meta.keys().filter(|(_, many)| many.is_some_and(|many| (2..=FEW).contains(&many.names.len())));
    let meta = few.map(|(key, _)| Field { what: What::Meta, of: Of::Key(key.into()), part: Part::Whole });
    all.extend(meta.map(named));
    let first_error = Field { what: What::FirstError, of: Of::Source(Said::Anyone), part: Part::Whole };
    all.push(Counted { field: first_error, starts: &COUNTS });
    all.push(Counted { field: Field::plain(What::Steps), starts: &COUNTS });
    let scores = views.scorers().into_iter();
    let scores = scores.map(|name| Field { what: What::Score, of: Of::Scorer(Some(name)), part: Part::Min });
    all.extend(scores.map(|field| Counted { field, starts: &TENTHS }));
    Ok(all)
}

impl Counted {
    /// At most so many names that traces have, and all spans; without a limit also what none has. Nothing where there
    /// are no values.
    pub(super) fn count(
        &self,
        views: &Views,
        rows: &[u32],
        most: Option<usize>,
        ctx: &JobContext,
    ) -> Result<Option<Facet>, JobError> {
        ctx.checkpoint()?;
        let coded = views.coded(&self.field, self.starts, ctx)?;
        let Counts { of: counts, present } = coded.counts(rows);
        let spans = if self.starts.is_empty() { 0 } else { self.starts.len() + 1 };
        let is_shown = |count: u64| count > 0 || most.is_none();
        let mut values: Vec<FacetValue> = Vec::new();
        for (span, &count) in counts.iter().enumerate().take(spans).filter(|(_, count)| is_shown(**count)) {
            values.push(self.span(span, count));
        }
        let named = coded.names.iter().zip(counts.iter().copied().skip(spans));
        let mut named: Vec<(&String, u64)> = named.filter(|(_, count)| is_shown(*count)).collect();
        named.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let most = most.unwrap_or(named.len());
        let more = named.len().saturating_sub(most);
        values.extend(named.into_iter().take(most).map(|(name, count)| self.name(name, count)));
        let missing = (rows.len() as u64).saturating_sub(present);
        Ok((!values.is_empty()).then(|| Facet { field: self.field.name(), values, more, missing }))
    }

    fn name(&self, value: &str, count: u64) -> FacetValue {
        let include = format!("{}:{}", self.field.name(), always_quoted(value));
        FacetValue { value: value.to_owned(), count, exclude: format!("-{include}"), include }
    }

    /// A span by its number; what lies below all has the first.
    fn span(&self, at: usize, count: u64) -> FacetValue {
        let name = self.field.name();
        let is_whole = self.starts.first().is_some_and(|first| *first >= 1.0);
        let from = at.checked_sub(1).and_then(|at| self.starts.get(at).copied());
        let to = self.starts.get(at).copied();
        let (value, include) = match (from, to) {
            (Some(from), Some(to)) if is_whole && to - from <= 1.0 => (from.to_string(), format!("{name}:{from}")),
            (Some(from), Some(to)) if is_whole => {
                let last = to - 1.0;
                (format!("{from}–{last}"), format!("{name}:{from}..{last}"))
            }
            (Some(from), Some(to)) => (format!("{from}–{to}"), format!("({name} >= {from} and {name} < {to})")),
            (Some(from), None) => (format!("{from} and more"), format!("{name} >= {from}")),
            (None, Some(to)) => (format!("below {to}"), format!("{name} < {to}")),
            (None, None) => (String::new(), format!("has:{name}")),
        };
        FacetValue { value, count, exclude: format!("-({include})"), include }
    }
}

/// Numbers and stars would be read as numbers and patterns, so names are quoted unless they are plain.
fn always_quoted(value: &str) -> String {
    let text = quoted(value);
    let is_plain = !text.starts_with('"') && !text.starts_with(|c: char| c.is_ascii_digit());
    if is_plain || text.starts_with('"') { text } else { format!("\"{text}\"") }
}
