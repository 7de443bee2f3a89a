//! Groups of traces by any field: to which each trace belongs, and the condition that asks for it.

use std::collections::HashSet;

use super::choices::choice;
use super::language::{Field, Fields, Kind, Of, Part, What, field_help, in_quotes, is_alias, meta_name, parse_field};
use super::views::{Coded, Many, Views};
use crate::job::{JobContext, JobError};

/// The groups that a field makes of the traces of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Each once; the first, without a name, is that of the traces that have no value.
    pub groups: Vec<Group>,
    /// One per trace, by row: the place of its group.
    pub codes: Vec<u32>,
    /// The groups have an order, which is theirs.
    pub is_ordered: bool,
}

/// Traces that have the same value, or the same values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The condition that asks for it. Where traces have several names it asks for more: for all that have these.
    pub clause: String,
}

/// The fields that the traces of a project can be grouped by, as they are written in questions: the most usual first,
/// then all that every project has, then scores, scales and metadata of this one.
pub fn group_fields(views: &Views, ctx: &JobContext) -> Result<Vec<String>, JobError> {
    let mut names = ["generator", "file", "outcome"].map(str::to_owned).to_vec();
    // What is different in every trace makes no groups; and what needs more in brackets comes with it below.
    let is_apart = |name: &str| matches!(name, "row" | "id" | "source_id" | "note" | "score" | "scale" | "meta");
    for field in field_help().filter(|field| !field.is_step && !is_apart(field.name)) {
        if !names.iter().any(|known| known == field.name) {
            names.push(field.name.to_owned());
        }
    }
    let name = |what, of, part| Field { what, of, part }.name();
    let scorers = views.scorers().into_iter();
    names.extend(scorers.map(|scorer| name(What::Score, Of::Scorer(Some(scorer)), Part::Min)));
    let own = views.own_labels(ctx)?;
    let mut scales = own.used(|row| (own.name(row.says) == Some("scale")).then_some(row.value));
    scales.sort_unstable();
    names.extend(scales.into_iter().map(|scale| name(What::Scale, Of::Key(scale), Part::Whole)));
    let meta = views.meta(ctx)?;
    // Keys that name traces make no groups.
    let groups = |many: &Many| !Coded::is_apart(many);
    let keys = meta.keys().filter(|(_, many)| many.is_none_or(|many| groups(many)));
    names.extend(keys.map(|(key, _)| name(What::Meta, Of::Key(key.to_owned()), Part::Whole)));
    Ok(names)
}

/// True where traces of some project could be grouped by that field.
pub fn can_group(name: &str) -> bool {
    parse_field(name, &Fields::default()).is_ok_and(|field| !field.is_step())
}

/// The field as it is written in full: with the scorer in force where it names none.
pub fn group_field(name: &str, scorer: Option<&str>) -> String {
    match (parse_field(name, &Fields::default()), scorer) {
        (Ok(field), Some(scorer)) if field.of == Of::Scorer(None) && field.part != Part::Trace => {
            Field { of: Of::Scorer(Some(scorer.to_owned())), ..field }.name()
        }
        _ => name.to_owned(),
    }
}

/// How the key of metadata is written that is called like a field, where the project has such a one.
pub fn hidden_key(views: &Views, name: &str, ctx: &JobContext) -> Result<Option<String>, JobError> {
    let is_field = field_help().any(|field| field.name == name);
    Ok((is_field && views.meta(ctx)?.keys().any(|(key, _)| key == name)).then(|| meta_name(name)))
}

/// Groups the traces of a project by a field, as it is written in questions; a key of metadata may stand by itself.
///
/// Numbers stand in spans, few numbers of metadata each for itself: the values are those of [facets](super::facets).
/// Traces with several names are of one group where they have the same ones.
pub fn groups(views: &Views, name: &str, ctx: &JobContext) -> Result<Groups, JobError> {
    let field = views.in_full(field_of(views, name, ctx)?);
    let name = field.name();
    let coded = views.coded(&field, ctx)?;
    if coded.is_apart {
        return Err(JobError::Failed(format!("no two traces have the same `{name}`, so it makes no groups")));
    }
    let alone: Vec<Group> = (0..coded.values()).filter_map(|value| choice(&field, &coded, value)).collect();
    let clause = match (field.kind(), field.what) {
        // Of a flag `has` asks whether it is set, and of a first error whether there is an error.
        (Kind::Flag, _) => format!("({name}:yes {name}:no)"),
        (_, What::FirstError) => {
            let words = alone.iter().skip(coded.first_name());
            std::iter::once(format!("(-has:{name}"))
                .chain(words.map(|word| format!(" -{}", word.clause)))
                .collect::<String>()
                + ")"
        }
        _ => format!("-has:{name}"),
    };
    let nothing = Group { name: String::new(), clause };
    let together = coded.sets.iter().map(|set| {
        let all = set.iter().filter_map(|value| choice(&field, &coded, *value as usize));
        let (names, clauses): (Vec<_>, Vec<_>) = all.map(|group| (group.name, group.clause)).unzip();
        Group { name: names.join(", "), clause: format!("({})", clauses.join(" ")) }
    });
    let mut groups: Vec<Group> = std::iter::once(nothing).chain(alone).chain(together).collect();
    tell_apart(&mut groups);
    let made = Groups { groups, codes: coded.codes.clone(), is_ordered: coded.spans.is_some() };
    Ok(if made.is_ordered { made } else { made.by_number() })
}

/// The field that is meant: one of the language, else a key of metadata.
fn field_of(views: &Views, name: &str, ctx: &JobContext) -> Result<Field, JobError> {
    let is_key = || Ok::<bool, JobError>(views.meta(ctx)?.keys().any(|(key, _)| key == name));
    let of_key = || Field { what: What::Meta, of: Of::Key(name.to_owned()), part: Part::Whole };
    // Other names of fields stand back behind keys that are called so.
    if is_alias(name) && is_key()? {
        return Ok(of_key());
    }
    match parse_field(name, &Fields::default()) {
        Ok(field) if field.is_step() => {
            let why = format!("`{name}` is a field of steps; traces are grouped by fields of traces");
            Err(JobError::Failed(why))
        }
        Ok(field) => Ok(field),
        Err(error) => {
            if is_key()? {
                Ok(of_key())
            } else {
                Err(JobError::Failed(error.to_string()))
            }
        }
    }
}

/// Gives groups that would be called alike names of their own: names may hold commas, and be empty.
fn tell_apart(groups: &mut [Group]) {
    let mut known: HashSet<String> = HashSet::new();
    for group in groups {
        if known.contains(&group.name) {
            group.name = in_quotes(&group.name);
        }
        while !known.insert(group.name.clone()) {
            group.name.push('\u{2032}');
        }
    }
}

impl Groups {
    /// Groups that are named after numbers in their order.
    fn by_number(mut self) -> Self {
        let number = |group: &Group| group.name.parse::<f64>().ok();
        if self.groups.iter().skip(1).any(|group| number(group).is_none()) {
            return self;
        }
        let mut order: Vec<usize> = (1..self.groups.len()).collect();
        let value = |at: &usize| self.groups.get(*at).and_then(number).unwrap_or_default();
        order.sort_by(|a, b| value(a).total_cmp(&value(b)));
        let mut places = vec![0_u32; self.groups.len()];
        for (place, at) in (1_u32..).zip(&order) {
            if let Some(slot) = places.get_mut(*at) {
                *slot = place;
            }
        }
        self.groups = std::iter::once(0).chain(order).filter_map(|at| self.groups.get(at).cloned()).collect();
        for code in &mut self.codes {
            *code = places.get(*code as usize).copied().unwrap_or_default();
        }
        Self { is_ordered: true, ..self }
    }
}
