//! The formats by who reads them, searchable.

use stepscope_core::export::{ExportFormat, FORMATS};

/// Formats for the same sort of trainer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FormatGroup {
    /// Who reads them.
    pub title: &'static str,
    /// The formats.
    pub formats: Vec<FormatLine>,
}

/// A format.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FormatLine {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub caption: &'static str,
    /// It is the chosen one.
    pub selected: bool,
}

/// Who reads them, in order, with the names of the formats.
const GROUPS: [(&str, &[&str]); 6] = [
    ("TRL", &["trl_stepwise", "trl_preference", "trl_preference_chat", "trl_unpaired", "trl_unpaired_chat"]),
    ("Preferences between steps", &["step_dpo", "rstar_pairs", "weighted_pairs"]),
    ("Process reward models", &["math_shepherd", "rlhflow_chat", "prm800k", "processbench"]),
    ("Critics and corrections", &["critique_sft", "correction_sft"]),
    ("Searches and samples", &["mc_tree", "best_of_n"]),
    ("Tables, your own, everything", &["steps", "house", "native"]),
];

/// Where a format stands that no group names.
const OTHERS: &str = "Others";

/// The formats by group, those that have every word of `search` in name or caption.
pub fn groups(chosen: &str, search: &str) -> Vec<FormatGroup> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let is_found = |format: &dyn ExportFormat, group: &str| {
        let text = format!("{} {} {group}", format.name().replace('_', " "), format.caption()).to_lowercase();
        words.iter().all(|word| text.contains(&word.replace(['_', '-'], " ")))
    };
    let titles = GROUPS.iter().map(|(title, _)| *title).chain([OTHERS]);
    let group = |title: &'static str| {
        let formats = FORMATS.iter().filter(|format| group_of(format.name()) == title && is_found(**format, title));
        let line = |format: &&'static dyn ExportFormat| FormatLine {
            name: format.name(),
            caption: format.caption(),
            selected: format.name() == chosen,
        };
        FormatGroup { title, formats: formats.map(line).collect() }
    };
    titles.map(group).filter(|group| !group.formats.is_empty()).collect()
}

fn group_of(name: &str) -> &'static str {
    GROUPS.iter().find(|(_, names)| names.contains(&name)).map_or(OTHERS, |(title, _)| title)
}

/// The name of an option as a title: `Min margin` of `min_margin`.
pub fn title_of(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_group() {
        assert!(FORMATS.iter().all(|format| group_of(format.name()) != OTHERS));
        let all: usize = groups("native", "").iter().map(|group| group.formats.len()).sum();
        assert_eq!(all, FORMATS.len());
    }

    #[test]
    fn formats_are_found_by_name_and_caption() {
        let found = |search: &str| {
            let groups = groups("steps", search);
            groups.iter().flat_map(|group| &group.formats).map(|format| format.name).collect::<Vec<_>>()
        };
        assert_eq!(found("kto"), ["trl_unpaired", "trl_unpaired_chat"]);
        assert_eq!(found("step-dpo"), ["step_dpo"]);
        assert_eq!(found("TRL chat"), ["trl_preference_chat", "trl_unpaired_chat"]);
        assert_eq!(found("critic"), ["critique_sft", "correction_sft"]);
        assert_eq!(found("nothing like it"), [""; 0]);
    }
}
