//! The fields that are counted, and how each of their values is written in a question.

use std::sync::Arc;

use super::{Facet, FacetValue};
use crate::job::{JobContext, JobError};
use crate::query::choices::choice;
use crate::query::groups::Group;
use crate::query::language::{Field, Fields, Filter, Is, Matcher, Node, Of, Part, Said, Test, What};
use crate::query::views::{Coded, Counts, Views};

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

/// The fields of a project that are counted, in the order in which they are shown.
pub(super) fn counted(views: &Views, ctx: &JobContext) -> Result<Vec<Field>, JobError> {
    let mut all: Vec<Field> = FIELDS.map(Field::plain).into();
    let meta = views.meta(ctx)?;
    let kept = meta.keys().filter(|(_, many)| many.is_some()).map(|(key, _)| key);
    all.extend(kept.map(of_key).chain(wide(views, ctx)?));
    all.push(Field { what: What::FirstError, of: Of::Source(Said::Anyone), part: Part::Whole });
    all.push(Field::plain(What::Steps));
    let scores = views.scorers().into_iter();
    all.extend(scores.map(|name| Field { what: What::Score, of: Of::Scorer(Some(name)), part: Part::Min }));
    Ok(all)
}

/// Keys of metadata with more numbers than are kept.
pub(super) fn wide(views: &Views, ctx: &JobContext) -> Result<Vec<Field>, JobError> {
    Ok(views.meta(ctx)?.wide_numbers().map(of_key).collect())
}

fn of_key(key: &str) -> Field {
    Field { what: What::Meta, of: Of::Key(key.into()), part: Part::Whole }
}

/// A field counted in some traces. Values are numbered: spans first, then names.
pub(super) struct Tally {
    field: Field,
    coded: Arc<Coded>,
    counts: Counts,
    missing: u64,
}

impl Tally {
    pub(super) fn new(views: &Views, field: &Field, rows: &[u32], ctx: &JobContext) -> Result<Self, JobError> {
        ctx.checkpoint()?;
        let coded = views.coded(field, ctx)?;
        let counts = coded.counts(rows);
        let missing = (rows.len() as u64).saturating_sub(counts.present);
        Ok(Self { field: field.clone(), coded, counts, missing })
    }

    fn count(&self, value: usize) -> u64 {
        self.counts.of.get(value).copied().unwrap_or_default()
    }

    /// All spans and at most so many names that traces have; and the chosen values, even where none has them. Nothing
    /// where there are no values.
    pub(super) fn facet(&self, most: usize, chosen: &[usize]) -> Option<Facet> {
        if self.coded.is_alike {
            return None;
        }
        let first_name = self.coded.first_name();
        let is_shown = |value: &usize| self.count(*value) > 0 || chosen.contains(value);
        let mut shown: Vec<usize> = (0..first_name).filter(is_shown).collect();
        let mut names: Vec<usize> = (first_name..self.counts.of.len()).filter(|value| self.count(*value) > 0).collect();
        let used = names.len();
        // The most frequent first, the same often in alphabetical order.
        let order = |a: &usize, b: &usize| self.count(*b).cmp(&self.count(*a)).then_with(|| a.cmp(b));
        if used > most {
            names.select_nth_unstable_by(most, order);
            names.truncate(most);
        }
        names.extend(chosen.iter().filter(|value| **value >= first_name));
        names.sort_unstable_by(order);
        names.dedup();
        let more = used - names.iter().filter(|value| self.count(**value) > 0).count();
        shown.extend(names);
        let values: Vec<FacetValue> = shown.into_iter().filter_map(|value| self.value(value)).collect();
        (!values.is_empty()).then(|| Facet { field: self.field.name(), values, more, missing: self.missing })
    }

    /// The value that a condition asks for, or leaves out; however it is written.
    pub(super) fn chosen_by(&self, filter: &Filter) -> Option<usize> {
        let wanted = bare(&filter.node);
        let is_span = |value: &usize| {
            let read = self.value(*value).and_then(|value| Filter::parse(&value.include, &Fields::default()).ok());
            read.is_some_and(|span| bare(&span.node) == wanted)
        };
        let span = (0..self.coded.first_name()).find(is_span);
        span.or_else(|| match wanted {
            Node::Test(Test { is: Is::Text(Matcher::Exactly(text)), .. }) => self.coded.named(text),
            _ => None,
        })
    }

    fn value(&self, value: usize) -> Option<FacetValue> {
        let Group { name, clause } = choice(&self.field, &self.coded, value)?;
        let exclude = if value < self.coded.first_name() { format!("-({clause})") } else { format!("-{clause}") };
        Some(FacetValue { value: name, count: self.count(value), include: clause, exclude })
    }
}

/// What is asked for or left out.
fn bare(node: &Node) -> &Node {
    match node {
        Node::Not(inner) => inner,
        node => node,
    }
}
