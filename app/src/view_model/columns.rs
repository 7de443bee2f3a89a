//! The columns of the table that a user can choose: the usual ones, and any field.

use stepscope_core::query::{Cell, Fields, SortKey, complete, field_help};
use stepscope_core::scoring::Aggregate;

use super::scores::score_text;
use super::trace_table::{COLUMNS, ColumnModel, ColumnWhat, columns};
use crate::state::asking::may_show;
use crate::state::work::Visible;

/// An entry of the dialog of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ColumnEntry {
    /// The name by which it is kept.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it shows.
    pub detail: String,
    /// It is a column of the table.
    pub shown: bool,
}

/// The name by which a usual column is kept.
pub const fn name_of(key: SortKey) -> &'static str {
    match key {
        SortKey::State => "state",
        SortKey::Problem => "problem",
        SortKey::Generator => "generator",
        SortKey::Steps => "steps",
        SortKey::Outcome => "outcome",
        SortKey::PathScore => "score",
        SortKey::LastScore => "last",
        SortKey::Row => "row",
    }
}

fn usual(name: &str) -> Option<ColumnModel> {
    COLUMNS.iter().find(|column| column.key().is_some_and(|key| name_of(key) == name)).cloned()
}

/// The fields among columns that are no usual ones and may be shown.
pub fn fields(names: &[String], permitted: Visible) -> Vec<String> {
    names.iter().filter(|name| usual(name).is_none() && may_show(permitted, name)).cloned().collect()
}

/// The columns to show, in their order.
pub fn chosen(names: &[String], has_scores: bool, aggregate: Aggregate, permitted: Visible) -> Vec<ColumnModel> {
    if names.is_empty() {
        return columns(has_scores, aggregate).collect();
    }
    let titled: Vec<ColumnModel> = columns(true, aggregate).collect();
    let mut fields = 0;
    let column = |name: &String| {
        if let Some(column) = usual(name) {
            return titled.iter().find(|titled| titled.what == column.what).cloned();
        }
        may_show(permitted, name).then(|| {
            fields += 1;
            ColumnModel {
                what: ColumnWhat::Field(name.clone(), fields - 1),
                title: name.clone(),
                hint: format!("The field {name}"),
                width: Some(72.0),
            }
        })
    };
    let mut chosen: Vec<ColumnModel> = names.iter().filter_map(column).collect();
    // One of them takes the room that is left.
    if chosen.iter().all(|column| column.width.is_some())
        && let Some(last) = chosen.last_mut()
    {
        last.width = None;
    }
    chosen
}

/// The names of the columns that are shown where none were chosen.
pub fn usual_names(has_scores: bool) -> Vec<String> {
    columns(has_scores, Aggregate::Min).filter_map(|column| column.key()).map(|key| name_of(key).to_owned()).collect()
}

/// What can be shown: the columns that are, in their order, then the others.
pub fn entries(shown: &[String], fields: &Fields, permitted: Visible, search: &str) -> Vec<ColumnEntry> {
    let mut names: Vec<(String, String, String)> = COLUMNS
        .iter()
        .filter_map(|column| Some((name_of(column.key()?).to_owned(), column.title.clone(), column.hint.clone())))
        .collect();
    let mut add = |name: String, detail: String| {
        if !names.iter().any(|(known, ..)| *known == name) && may_show(permitted, &name) {
            names.push((name.clone(), name, detail));
        }
    };
    for help in field_help().filter(|help| !help.is_step && !matches!(help.name, "meta" | "scale")) {
        add(help.name.to_owned(), help.help.to_owned());
    }
    for name in ["first_error(own)", "first_error(imported)", "label(own)", "label(imported)"] {
        add(name.to_owned(), "the same, of one source".to_owned());
    }
    for beginning in ["score(", "meta", "first_error(", "scale("] {
        for offer in complete(beginning, beginning.len(), fields) {
            if offer.insert.starts_with(beginning) && offer.insert != beginning {
                add(offer.insert, offer.detail);
            }
        }
    }
    let place = |name: &str| shown.iter().position(|shown| shown == name);
    // What was chosen once and is not known any more can still be taken away.
    for name in shown {
        if !names.iter().any(|(known, ..)| known == name) && may_show(permitted, name) {
            names.push((name.clone(), name.clone(), String::new()));
        }
    }
    names.sort_by_key(|(name, ..)| place(name).unwrap_or(usize::MAX));
    let wanted = search.trim().to_lowercase();
    let fits = |(name, title, detail): &(String, String, String)| {
        wanted.is_empty() || [name, title, detail].iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let entry = |(name, title, detail): (String, String, String)| {
        let shown = place(&name).is_some();
        ColumnEntry { name, title, detail, shown }
    };
    names.into_iter().filter(fits).map(entry).collect()
}

/// The columns with one more, or one less.
pub fn toggled(shown: &[String], name: &str) -> Vec<String> {
    let mut names = shown.to_vec();
    match names.iter().position(|shown| shown == name) {
        Some(at) if names.len() > 1 => {
            names.remove(at);
        }
        Some(_) => {}
        None => names.push(name.to_owned()),
    }
    names
}

/// The columns with one of them moved to the right, or to the left where negative.
pub fn moved(shown: &[String], name: &str, by: isize) -> Vec<String> {
    let mut names = shown.to_vec();
    if let Some(at) = names.iter().position(|shown| shown == name) {
        let to = at.saturating_add_signed(by).min(names.len() - 1);
        let moved = names.remove(at);
        names.insert(to, moved);
    }
    names
}

/// A value as a cell shows it.
pub fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) if number.fract() != 0.0 => score_text(*number),
        Cell::List(cells) => cells.iter().map(cell_text).collect::<Vec<_>>().join(", "),
        other => super::one_line(&other.to_string(), 120),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_chosen_and_moved() {
        let shown = names("state problem reward");
        assert_eq!(toggled(&shown, "reward"), names("state problem"));
        assert_eq!(toggled(&shown, "meta.level"), names("state problem reward meta.level"));
        assert_eq!(toggled(&names("state"), "state"), names("state"), "one stays");
        assert_eq!(moved(&shown, "reward", -1), names("state reward problem"));
        assert_eq!(moved(&shown, "reward", 1), shown);
        let columns = chosen(&shown, true, Aggregate::Min, Visible::all(true));
        assert_eq!(
            columns.iter().map(|column| column.title.as_str()).collect::<Vec<_>>(),
            ["Label", "Problem", "reward"]
        );
        let blind = Visible { verdict: false, ..Visible::all(true) };
        assert_eq!(chosen(&shown, true, Aggregate::Min, blind).len(), 2, "a hidden column is not shown");
        assert_eq!(fields(&shown, Visible::all(true)), ["reward"]);
    }

    #[test]
    fn chosen_columns_come_first() {
        let found = entries(&names("reward state"), &Fields::default(), Visible::all(true), "");
        assert_eq!(found.iter().take(2).map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["reward", "state"]);
        assert!(found.iter().skip(2).all(|entry| !entry.shown));
        let found = entries(&[], &Fields::default(), Visible::all(true), "file it was");
        assert_eq!(found.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["file"]);
    }
}
