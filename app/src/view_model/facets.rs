//! The facets: how many of the listed traces have each value, to filter by.

use stepscope_core::query::{Facet, FacetValue};

use super::file_names;
use crate::state::asking::{Asking, may_show, place_of};
use crate::state::work::Visible;

/// Values of a field that are shown at first.
const FEW: usize = 6;
/// From so many values on, they can be searched.
const SEARCHED: usize = 10;

/// The panel.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FacetsModel {
    /// The fields.
    pub fields: Vec<FacetModel>,
    /// The counts are those of another list; new ones are on their way.
    pub is_stale: bool,
    /// What there is to say instead of fields, or beside them.
    pub note: String,
}

/// A field.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FacetModel {
    /// As it is written in questions.
    pub field: String,
    /// What is looked for among its values; `None` where there are few.
    pub search: Option<String>,
    /// The values shown.
    pub values: Vec<FacetLine>,
    /// How many values are not shown.
    pub more: usize,
    /// More than the most frequent values are shown.
    pub is_open: bool,
    /// What is looked for may stand in values that are not listed: the title and the condition that asks for all of them.
    pub part: Option<(String, String)>,
    /// How many traces have none.
    pub missing: u64,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FacetLine {
    /// As it is shown: of a file only its name.
    pub value: String,
    /// The whole of it.
    pub full: String,
    /// How many of the listed traces have it; of a field with a chosen value, how many would be listed instead.
    pub count: u64,
    /// Its share of the most frequent value of the field, 0..=1.
    pub share: f32,
    /// Whether the question asks for it, or for all others.
    pub state: FacetUse,
    /// The condition that asks for it.
    pub include: String,
    /// The condition that asks for all others.
    pub exclude: String,
}

/// What the question in force says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum FacetUse {
    /// Nothing.
    Free,
    /// It is asked for.
    Included,
    /// It is left out.
    Excluded,
}

impl FacetLine {
    /// The name by which assistive technology finds it.
    pub fn name(&self, field: &str) -> String {
        let state = match self.state {
            FacetUse::Free => "",
            FacetUse::Included => ", asked for",
            FacetUse::Excluded => ", left out",
        };
        let traces = if self.count == 1 { "trace" } else { "traces" };
        format!("{field}: {}, {} {traces}{state}", self.value, self.count)
    }
}

impl FacetsModel {
    /// Builds it; what may not be asked about is left out.
    pub fn new(asking: &Asking, permitted: Visible, is_stale: bool) -> Self {
        let shown = asking.facets.shown.as_deref();
        let facets = shown.into_iter().flatten().filter(|facet| may_show(permitted, &facet.field));
        let fields: Vec<FacetModel> = facets.map(|facet| FacetModel::new(facet, asking)).collect();
        let note = match (&asking.facets.failure, shown) {
            (Some(failure), _) => format!("Not counted: {failure}"),
            (None, None) => "Counting…".to_owned(),
            (None, Some(_)) if fields.is_empty() => "The listed traces have no values to choose from".to_owned(),
            (None, Some(all)) if fields.len() < all.len() => "What you judge blind is left out".to_owned(),
            _ => String::new(),
        };
        Self { fields, is_stale, note }
    }
}

impl FacetModel {
    fn new(facet: &Facet, asking: &Asking) -> Self {
        let is_open = asking.facets.open.contains(&facet.field);
        let search = asking.facets.search.get(&facet.field).cloned().unwrap_or_default();
        let wanted = search.trim().to_lowercase();
        let most = facet.values.iter().map(|value| value.count).max().unwrap_or(1).max(1);
        let state = |include: &str, exclude: &str| {
            if place_of(&asking.clauses, include).is_some() {
                FacetUse::Included
            } else if place_of(&asking.clauses, exclude).is_some() {
                FacetUse::Excluded
            } else {
                FacetUse::Free
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "a bar has fewer pixels")]
        let share = |count: u64| count as f32 / most as f32;
        let is_file = facet.field == "file";
        let texts = facet.values.iter().map(|value| value.value.as_str());
        let texts: Vec<String> = if is_file { file_names(texts) } else { texts.map(str::to_owned).collect() };
        let line = |(value, text): (&FacetValue, &String)| FacetLine {
            value: text.clone(),
            full: value.value.clone(),
            count: value.count,
            share: share(value.count),
            state: state(&value.include, &value.exclude),
            include: value.include.clone(),
            exclude: value.exclude.clone(),
        };
        let values = facet.values.iter().zip(&texts);
        let fitting = values.filter(|(value, _)| value.value.to_lowercase().contains(&wanted));
        let all: Vec<FacetLine> = fitting.map(line).collect();
        let few = if is_open || !wanted.is_empty() { all.len() } else { FEW };
        // What is asked for stays in sight.
        let (mut values, rest): (Vec<_>, Vec<_>) =
            all.into_iter().enumerate().partition(|(at, line)| *at < few || line.state != FacetUse::Free);
        let more = rest.len() + facet.more;
        let mut values: Vec<FacetLine> = values.drain(..).map(|(_, line)| line).collect();
        // What is left out of a field that could not be counted without that can be let in again.
        let prefix = format!("-{}:", facet.field);
        for clause in &asking.clauses {
            let is_known = |line: &FacetLine| {
                line.exclude == clause.text
                    || line.state == FacetUse::Excluded && line.full == bare(&clause.text, &prefix)
            };
            if clause.text.starts_with(&prefix) && !values.iter().any(is_known) {
                let full = bare(&clause.text, &prefix);
                values.push(FacetLine {
                    value: if is_file { file_names([full.as_str()]).concat() } else { full.clone() },
                    full,
                    count: 0,
                    share: 0.0,
                    state: FacetUse::Excluded,
                    include: clause.text.trim_start_matches('-').to_owned(),
                    exclude: clause.text.clone(),
                });
            }
        }
        let part = (facet.more > 0 && !wanted.is_empty())
            .then(|| (format!("All with “{}” in them", search.trim()), facet.containing(search.trim())));
        let search = (facet.values.len() + facet.more > SEARCHED).then_some(search);
        Self { field: facet.field.clone(), search, values, more, is_open, part, missing: facet.missing }
    }
}

fn bare(clause: &str, prefix: &str) -> String {
    clause.strip_prefix(prefix).unwrap_or(clause).trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepscope_core::query::FacetValue;

    use super::*;

    fn facet(field: &str, values: &[(&str, u64)]) -> Facet {
        let value = |(value, count): &(&str, u64)| FacetValue {
            value: (*value).to_owned(),
            count: *count,
            include: format!("{field}:{value}"),
            exclude: format!("-{field}:{value}"),
        };
        Facet { field: field.into(), values: values.iter().map(value).collect(), more: 0, missing: 1 }
    }

    #[test]
    fn what_is_asked_for_stays_in_sight() {
        let names: Vec<String> = (0..20).map(|n| format!("m{n}")).collect();
        let values: Vec<(&str, u64)> = names.iter().map(String::as_str).zip((1..=20).rev()).collect();
        let mut asking = Asking::default();
        asking.facets.shown = Some(Arc::new(vec![facet("generator", &values)]));
        asking.note_clauses("generator:m17 -generator:gone");
        let model = FacetsModel::new(&asking, Visible::all(true), false);
        let field = &model.fields[0];
        let shown: Vec<_> = field.values.iter().map(|line| (line.value.as_str(), line.state)).collect();
        assert_eq!(shown.len(), FEW + 2);
        assert_eq!(shown[FEW..], [("m17", FacetUse::Included), ("gone", FacetUse::Excluded)]);
        assert_eq!((field.more, field.search.as_deref()), (13, Some("")));
        asking.facets.search.insert("generator".into(), "M1".into());
        let model = FacetsModel::new(&asking, Visible::all(true), false);
        assert_eq!(model.fields[0].values.len(), 12, "m1, m10 to m19, and what is left out");
        assert_eq!(model.fields[0].part, None, "all of them are listed");
        let many = Facet { more: 480, ..facet("generator", &values) };
        asking.facets.shown = Some(Arc::new(vec![many]));
        let model = FacetsModel::new(&asking, Visible::all(true), false);
        let part = ("All with “M1” in them".to_owned(), "generator ~ \"M1\"".to_owned());
        assert_eq!((model.fields[0].more, model.fields[0].part.clone()), (480, Some(part)));
    }

    #[test]
    fn what_is_judged_blind_has_no_facet() {
        let mut asking = Asking::default();
        asking.facets.shown = Some(Arc::new(vec![
            facet("outcome", &[("correct", 3)]),
            facet("generator", &[("m", 3)]),
            facet("first_error", &[("2", 3)]),
        ]));
        let blind = Visible { scores: false, verdict: false, answer: false, imported: false, ..Visible::all(true) };
        let model = FacetsModel::new(&asking, blind, false);
        assert_eq!(model.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), ["generator"]);
        assert!(model.note.contains("blind"));
    }
}
