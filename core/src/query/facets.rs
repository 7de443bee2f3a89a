//! How many of some traces have each value of each field: what a list of filters shows.

use super::language::{Field, Kind, Of, Part, Said, What, quoted};
use super::views::{Values, Views};
use crate::job::{JobContext, JobError};
use crate::store::RowSet;

/// A field with its values, most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The field, as it is written in queries.
    pub field: String,
    /// Its values; numbers in spans, in their order.
    pub values: Vec<FacetValue>,
    /// How many further values there are.
    pub more: usize,
    /// How many of the traces have no value.
    pub missing: u64,
}

/// A value, and how many of the traces have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetValue {
    /// As it is shown.
    pub value: String,
    /// How many of the traces.
    pub count: u64,
    /// The clause that asks for it.
    pub include: String,
    /// The clause that asks for all others.
    pub exclude: String,
}

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

/// The facets of those traces, with at most so many values each. Fields of which all traces are without a value are
/// left out.
pub fn facets(views: &Views, rows: &[u32], most: usize, ctx: &JobContext) -> Result<Vec<Facet>, JobError> {
    let among = RowSet::new(views.store().len());
    rows.iter().for_each(|row| among.insert(*row as usize));
    let total = rows.len() as u64;
    let mut found = Vec::new();
    let mut fields: Vec<Field> = FIELDS.map(Field::plain).into();
    let meta = views.meta(ctx)?;
    let few = meta.keys().filter(|(_, many)| many.is_some_and(|many| (2..=FEW).contains(&many.names.len())));
    fields.extend(few.map(|(key, _)| Field { what: What::Meta, of: Of::Key(key.into()), part: Part::Whole }));
    for field in &fields {
        ctx.checkpoint()?;
        found.extend(of_names(field, &views.values(field, ctx)?, &among, total, most));
    }
    let marks = Field { what: What::FirstError, of: Of::Source(Said::Anyone), part: Part::Whole };
    let numbers = [(marks.clone(), &COUNTS[..]), (Field::plain(What::Steps), &COUNTS[..])];
    let scores = views
        .scorers()
        .into_iter()
        .map(|name| (Field { what: What::Score, of: Of::Scorer(Some(name)), part: Part::Min }, &TENTHS[..]));
    for (field, starts) in numbers.into_iter().chain(scores) {
        ctx.checkpoint()?;
        let mut facet = of_numbers(&field, &views.values(&field, ctx)?, starts, &among, total);
        if field == marks {
            let says = views.marks(&Said::Anyone, ctx)?.names();
            let words = of_names(&field, &Values::Names(says.into()), &among, total, most);
            let words = words.into_iter().flat_map(|facet| facet.values).filter(|value| value.value != "at");
            for value in words {
                facet.missing = facet.missing.saturating_sub(value.count);
                facet.values.push(value);
            }
        }
        if !facet.values.is_empty() {
            found.push(facet);
        }
    }
    Ok(found)
}

fn of_names(field: &Field, values: &Values, among: &RowSet, total: u64, most: usize) -> Option<Facet> {
    debug_assert!(field.kind() != Kind::Words, "texts are no facets");
    let (names, counts, present) = match values {
        Values::Names(names) => {
            let mut counts = vec![0_u64; names.names.len()];
            let codes = names.codes.iter().enumerate().filter(|(row, _)| among.contains(*row));
            for slot in codes.filter_map(|(_, code)| code) {
                if let Some(count) = counts.get_mut(slot as usize) {
                    *count += 1;
                }
            }
            let present = counts.iter().sum();
            (&names.names, counts, present)
        }
        Values::Many(many) => {
            let mut counts = vec![0_u64; many.names.len()];
            let (mut present, mut last) = (0_u64, None);
            for (owner, code) in many.pairs().filter(|(owner, _)| among.contains(*owner as usize)) {
                if let Some(count) = counts.get_mut(code as usize) {
                    *count += 1;
                }
                present += u64::from(last != Some(owner));
                last = Some(owner);
            }
            (&many.names, counts, present)
        }
        _ => return None,
    };
    let mut used: Vec<(&String, u64)> = names.iter().zip(counts).filter(|(_, count)| *count > 0).collect();
    if used.is_empty() {
        return None;
    }
    used.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let more = used.len().saturating_sub(most);
    let name = field.name();
    let value = |(value, count): (&String, u64)| {
        let include = format!("{name}:{}", always_quoted(value));
        FacetValue { value: value.clone(), count, exclude: format!("-{include}"), include }
    };
    let values = used.into_iter().take(most).map(value).collect();
    Some(Facet { field: name, values, more, missing: total.saturating_sub(present) })
}

/// Numbers and stars would be read as numbers and patterns, so names are quoted unless they are plain.
fn always_quoted(value: &str) -> String {
    let text = quoted(value);
    let is_plain = !text.starts_with('"') && !text.starts_with(|c: char| c.is_ascii_digit());
    if is_plain || text.starts_with('"') { text } else { format!("\"{text}\"") }
}

fn of_numbers(field: &Field, values: &Values, starts: &[f64], among: &RowSet, total: u64) -> Facet {
    let name = field.name();
    let mut counts = vec![0_u64; starts.len() + 1];
    if let Values::Numbers(numbers) = values {
        #[expect(clippy::cast_possible_truncation, reason = "the column holds numbers of 32 bits")]
        let bound = |start: f64| if numbers.is_short { f64::from(start as f32) } else { start };
        let present = numbers.values.iter().enumerate().filter(|(row, _)| among.contains(*row));
        for number in present.filter_map(|(_, number)| number) {
            // What lies below all spans counts in the first place.
            if let Some(count) = counts.get_mut(starts.partition_point(|start| bound(*start) <= number)) {
                *count += 1;
            }
        }
    }
    let sum: u64 = counts.iter().sum();
    let is_whole = starts.first().is_some_and(|first| *first >= 1.0);
    let span = |at: usize| {
        let from = at.checked_sub(1).and_then(|at| starts.get(at).copied());
        let to = starts.get(at).copied();
        let clause = match (from, to) {
            (Some(from), Some(to)) if is_whole && to - from <= 1.0 => format!("{name}:{from}"),
            (Some(from), Some(to)) if is_whole => format!("{name}:{from}..{}", to - 1.0),
            (Some(from), Some(to)) => format!("({name} >= {from} and {name} < {to})"),
            (Some(from), None) => format!("{name} >= {from}"),
            (None, Some(to)) => format!("{name} < {to}"),
            (None, None) => format!("has:{name}"),
        };
        let value = match (from, to) {
            (Some(from), Some(to)) if is_whole && to - from <= 1.0 => from.to_string(),
            (Some(from), Some(to)) if is_whole => format!("{from}–{}", to - 1.0),
            (Some(from), Some(to)) => format!("{from}–{to}"),
            (Some(from), None) => format!("{from} and more"),
            (None, Some(to)) => format!("below {to}"),
            (None, None) => String::new(),
        };
        (value, clause)
    };
    let values = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).map(|(at, count)| {
        let (value, include) = span(at);
        FacetValue { value, count, exclude: format!("-({include})"), include }
    });
    let values = values.collect();
    Facet { field: name, values, more: 0, missing: total.saturating_sub(sum) }
}
