//! How many of some traces have each value of each field: what a list of filters shows.

use rayon::prelude::*;

use super::language::{Field, Fields, Filter, Kind, Of, Part, Said, What, clauses, quoted};
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
    /// How many of the traces; with a value of its field chosen, how many there would be instead.
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

/// Among so many values one is found that is chosen in other words than the facet's.
const READ: usize = 1000;

/// From where spans of counts begin.
const COUNTS: [f64; 12] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 21.0, 51.0, 101.0, 1001.0];
/// From where spans of scores begin.
const TENTHS: [f64; 10] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// Gives the rows that a question lists.
type List<'a> = dyn Fn(&str, &JobContext) -> Result<Vec<u32>, JobError> + Sync + 'a;

/// A question in force, and the way to ask another: its answer is what would be listed.
pub struct Question<'a> {
    /// What is asked for.
    pub text: &'a str,
    /// Gives the rows that another question would list.
    pub list: &'a List<'a>,
}

/// The facets of those traces, with at most so many values each. Fields of which all traces are without a value are
/// left out.
pub fn facets(views: &Views, rows: &[u32], most: usize, ctx: &JobContext) -> Result<Vec<Facet>, JobError> {
    let listed = Listed::new(views, rows);
    each(views, ctx, |counted| counted.count(views, &listed, Some(most), ctx))
}

/// The same for the traces that a question lists. A field with a value that the question asks for, or leaves out, is
/// counted as though it said nothing of that field, so that its other values can be chosen instead.
pub fn facets_of(
    views: &Views,
    rows: &[u32],
    question: &Question<'_>,
    most: usize,
    ctx: &JobContext,
) -> Result<Vec<Facet>, JobError> {
    let (listed, conditions) = (Listed::new(views, rows), conditions(question.text));
    each(views, ctx, |counted| match apart(counted, views, question, &conditions, most, ctx)? {
        Some(facet) => Ok(Some(facet)),
        None => counted.count(views, &listed, Some(most), ctx),
    })
}

/// The facets of all fields, in their order, on all cores.
fn each(
    views: &Views,
    ctx: &JobContext,
    facet: impl Fn(&Counted) -> Result<Option<Facet>, JobError> + Sync,
) -> Result<Vec<Facet>, JobError> {
    let fields = counted(views, ctx)?;
    // What several of them are made from is made once.
    views.values(&Field::plain(What::Label), ctx)?;
    let found: Vec<Option<Facet>> = fields.par_iter().map(&facet).collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// A condition of a question.
struct Condition {
    /// As it can stand beside others.
    text: String,
    filter: Filter,
    /// The one field that it speaks of.
    field: Option<String>,
}

fn conditions(text: &str) -> Vec<Condition> {
    let known = Fields::default();
    let found = clauses(text, &known).unwrap_or_default();
    let condition = |clause: super::Clause| {
        let text = text.get(clause.span)?;
        let filter = Filter::parse(text, &known).ok()?;
        let mut fields = filter.mentions().into_iter().map(|(name, _)| name);
        let field = fields.next().filter(|first| fields.all(|other| other == *first));
        let text = if clause.is_open { format!("({text})") } else { text.to_owned() };
        Some(Condition { text, filter, field })
    };
    found.into_iter().filter_map(condition).collect()
}

/// A field counted without the conditions that choose its values; nothing where there are none, or where others speak
/// of it too.
fn apart(
    counted: &Counted,
    views: &Views,
    question: &Question<'_>,
    conditions: &[Condition],
    most: usize,
    ctx: &JobContext,
) -> Result<Option<Facet>, JobError> {
    let name = counted.field().name();
    let (own, others): (Vec<_>, Vec<_>) =
        conditions.iter().partition(|condition| condition.field.as_ref() == Some(&name));
    if own.is_empty() {
        return Ok(None);
    }
    let rest: Vec<&str> = others.iter().map(|condition| condition.text.as_str()).collect();
    let rows = (question.list)(&rest.join(" "), ctx)?;
    let Some(mut facet) = counted.count(views, &Listed::new(views, &rows), None, ctx)? else { return Ok(None) };
    let chosen: Option<Vec<usize>> = own.iter().map(|condition| facet.chosen_by(condition)).collect();
    let Some(chosen) = chosen else { return Ok(None) };
    // What is chosen is listed even where no trace would be left of it.
    let used = facet.values.iter().filter(|value| value.count > 0).count();
    facet.more = used.saturating_sub(most);
    let mut at = 0;
    facet.values.retain(|value| {
        at += 1;
        at <= most && value.count > 0 || chosen.contains(&(at - 1))
    });
    Ok(Some(facet))
}

impl Facet {
    /// The place of the value that a condition asks for, or leaves out; however it is written.
    fn chosen_by(&self, condition: &Condition) -> Option<usize> {
        let as_written = |value: &FacetValue| value.include == condition.text || value.exclude == condition.text;
        let means = |text: &str| Filter::parse(text, &Fields::default()).is_ok_and(|it| it == condition.filter);
        let places = || self.values.iter();
        places()
            .position(as_written)
            .or_else(|| places().take(READ).position(|value| means(&value.include) || means(&value.exclude)))
    }
}

/// The traces that are counted.
struct Listed {
    rows: RowSet,
    total: u64,
}

impl Listed {
    fn new(views: &Views, rows: &[u32]) -> Self {
        let among = RowSet::new(views.store().len());
        for row in rows {
            among.insert(*row as usize);
        }
        Self { rows: among, total: rows.len() as u64 }
    }
}

/// A field, and how its values are told apart.
enum Counted {
    /// By name.
    Names(Field),
    /// In spans that begin there.
    Numbers(Field, &'static [f64]),
    /// First errors: numbers, or words in their place.
    Marks(Field),
}

fn counted(views: &Views, ctx: &JobContext) -> Result<Vec<Counted>, JobError> {
    let mut all: Vec<Counted> = FIELDS.map(Field::plain).map(Counted::Names).into();
    let meta = views.meta(ctx)?;
    let few = meta.keys().filter(|(_, many)| many.is_some_and(|many| (2..=FEW).contains(&many.names.len())));
    let meta = few.map(|(key, _)| Field { what: What::Meta, of: Of::Key(key.into()), part: Part::Whole });
    all.extend(meta.map(Counted::Names));
    all.push(Counted::Marks(Field { what: What::FirstError, of: Of::Source(Said::Anyone), part: Part::Whole }));
    all.push(Counted::Numbers(Field::plain(What::Steps), &COUNTS));
    let scores = views.scorers().into_iter();
    let scores = scores.map(|name| Field { what: What::Score, of: Of::Scorer(Some(name)), part: Part::Min });
    all.extend(scores.map(|field| Counted::Numbers(field, &TENTHS)));
    Ok(all)
}

impl Counted {
    const fn field(&self) -> &Field {
        match self {
            Self::Names(field) | Self::Numbers(field, _) | Self::Marks(field) => field,
        }
    }

    /// At most so many values that traces have; without a limit also those that none has.
    fn count(
        &self,
        views: &Views,
        listed: &Listed,
        most: Option<usize>,
        ctx: &JobContext,
    ) -> Result<Option<Facet>, JobError> {
        ctx.checkpoint()?;
        let Listed { rows, total } = listed;
        let values = views.values(self.field(), ctx)?;
        let facet = match self {
            Self::Names(field) => return Ok(of_names(field, &values, rows, *total, most)),
            Self::Numbers(field, starts) => of_numbers(field, &values, starts, rows, *total, most.is_none()),
            Self::Marks(field) => {
                let mut facet = of_numbers(field, &values, &COUNTS, rows, *total, most.is_none());
                let says = views.marks(&Said::Anyone, ctx)?.names();
                let words = of_names(field, &Values::Names(says.into()), rows, *total, most);
                let words = words.into_iter().flat_map(|facet| facet.values).filter(|value| value.value != "at");
                for value in words {
                    facet.missing = facet.missing.saturating_sub(value.count);
                    facet.values.push(value);
                }
                facet
            }
        };
        Ok((!facet.values.is_empty()).then_some(facet))
    }
}

fn of_names(field: &Field, values: &Values, among: &RowSet, total: u64, most: Option<usize>) -> Option<Facet> {
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
    let mut used: Vec<(&String, u64)> =
        names.iter().zip(counts).filter(|(_, count)| *count > 0 || most.is_none()).collect();
    if used.is_empty() {
        return None;
    }
    used.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let most = most.unwrap_or(used.len());
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

fn of_numbers(field: &Field, values: &Values, starts: &[f64], among: &RowSet, total: u64, all: bool) -> Facet {
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
    let values = counts.into_iter().enumerate().filter(|(_, count)| *count > 0 || all).map(|(at, count)| {
        let (value, include) = span(at);
        FacetValue { value, count, exclude: format!("-({include})"), include }
    });
    let values = values.collect();
    Facet { field: name, values, more: 0, missing: total.saturating_sub(sum) }
}
