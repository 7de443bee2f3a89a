//! How many of some traces have each value of each field: what a list of filters shows.

mod counted;

use rayon::prelude::*;

use self::counted::{Tally, counted, wide};
use super::language::{Field, Fields, Filter, clauses, in_quotes};
use super::views::Views;
use crate::job::{JobContext, JobError};

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
    each(views, ctx, |field| Ok(Tally::new(views, field, rows, ctx)?.facet(most, &[])))
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
    let conditions = conditions(question.text);
    each(views, ctx, |field| match apart(field, views, question, &conditions, most, ctx)? {
        Some(facet) => Ok(Some(facet)),
        None => Ok(Tally::new(views, field, rows, ctx)?.facet(most, &[])),
    })
}

/// The facets of all fields, in their order, on all cores.
fn each(
    views: &Views,
    ctx: &JobContext,
    facet: impl Fn(&Field) -> Result<Option<Facet>, JobError> + Sync,
) -> Result<Vec<Facet>, JobError> {
    let fields = counted(views, ctx)?;
    // What several of them are made from is made once.
    views.shape()?;
    views.imported_labels()?;
    views.own_labels(ctx)?;
    // Those whose values are not kept read all metadata: one after the other, as each holds all of its values meanwhile.
    for field in wide(views, ctx)? {
        views.coded(&field, ctx)?;
    }
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
    field: &Field,
    views: &Views,
    question: &Question<'_>,
    conditions: &[Condition],
    most: usize,
    ctx: &JobContext,
) -> Result<Option<Facet>, JobError> {
    let name = field.name();
    let (own, others): (Vec<_>, Vec<_>) =
        conditions.iter().partition(|condition| condition.field.as_ref() == Some(&name));
    if own.is_empty() {
        return Ok(None);
    }
    let rest: Vec<&str> = others.iter().map(|condition| condition.text.as_str()).collect();
    let rows = (question.list)(&rest.join(" "), ctx)?;
    let tally = Tally::new(views, field, &rows, ctx)?;
    let chosen: Option<Vec<usize>> = own.iter().map(|condition| tally.chosen_by(&condition.filter)).collect();
    // What is chosen is listed even where no trace would be left of it.
    Ok(chosen.and_then(|chosen| tally.facet(most, &chosen)))
}

impl Facet {
    /// The clause that asks for all values of a text with that in them.
    pub fn containing(&self, text: &str) -> String {
        format!("{} ~ {}", self.field, in_quotes(text))
    }
}
