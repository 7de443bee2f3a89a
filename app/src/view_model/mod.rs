//! What each panel shows, ready to paint: strings formatted, lists sorted, flags set. Knows no window crate.

pub mod alignment;
pub mod alternatives;
pub mod beside;
pub mod calls;
pub mod canvas;
pub mod card;
pub mod choose;
pub mod columns;
pub mod compare;
pub mod curve;
pub mod empty;
pub mod export;
pub mod facets;
pub mod facts;
pub mod fold;
pub mod history;
pub mod import;
pub mod inspector;
pub mod keys;
pub mod labels;
pub mod many;
pub mod minimap;
pub mod models;
pub mod old_text;
pub mod palette;
pub mod query_bar;
pub mod queue;
pub mod reader;
pub mod report;
pub mod schema;
pub mod scores;
pub mod section;
pub mod similar;
pub mod sitting;
pub mod sources;
pub mod sql;
pub mod status;
pub mod strip;
pub mod survey;
pub mod take;
pub mod timeline;
pub mod trace_table;
pub mod tree;
pub mod word_diff;
pub mod work;
pub mod written;

/// The meaning of a colour; which colour it is, the theme decides. Never the only sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum Tone {
    /// Right.
    Good,
    /// Neither right nor wrong.
    Neutral,
    /// Wrong.
    Bad,
    /// Undecided.
    Unsure,
    /// Less important.
    #[default]
    Muted,
    /// Selected or active.
    Accent,
}

/// A short word in a coloured box.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Chip {
    /// The word.
    pub text: String,
    /// What its colour means.
    pub tone: Tone,
    /// Came with the data, so that only its outline is drawn.
    pub imported: bool,
    /// More about it, for the tooltip.
    pub hint: String,
}

/// Files by the last parts of their paths: so many that all of them are told apart.
pub fn file_names<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let paths: Vec<Vec<&str>> = paths.into_iter().map(|path| path.rsplit(['/', '\\']).collect()).collect();
    let names = |parts: usize| -> Vec<String> {
        let name = |path: &Vec<&str>| path.iter().take(parts).rev().copied().collect::<Vec<_>>().join("/");
        paths.iter().map(name).collect()
    };
    let is_apart = |names: &Vec<String>| {
        let different: std::collections::HashSet<&String> = names.iter().collect();
        different.len() == names.len()
    };
    let longest = paths.iter().map(Vec::len).max().unwrap_or(1);
    (1..longest).map(names).find(is_apart).unwrap_or_else(|| names(longest))
}

/// Puts a text on one line and cuts it to so many characters, with an ellipsis.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(most.min(text.len()));
    for (count, word) in text.split_whitespace().enumerate() {
        if count > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > most * 4 {
            break;
        }
    }
    if line.chars().count() > most {
        line = line.chars().take(most.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}

/// A name with at most so many letters: its beginning and its end, as names that begin alike differ there.
pub fn both_ends(name: &str, most: usize) -> String {
    let letters = name.chars().count();
    if letters <= most {
        return name.to_owned();
    }
    let (first, last) = (most / 2, most - most / 2 - 1);
    let end = name.chars().skip(letters - last);
    name.chars().take(first).chain(std::iter::once('…')).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::{both_ends, file_names, one_line};

    #[test]
    fn both_ends_of_a_name_stay() {
        assert_eq!(both_ends("qwen-7b", 7), "qwen-7b");
        assert_eq!(both_ends("math-shepherd, part 3", 13), "math-s…part 3");
        assert_eq!(both_ends("ααααα", 4), "αα…α");
    }

    #[test]
    fn files_are_named_by_what_tells_them_apart() {
        assert_eq!(file_names(["/d/a.json", "/d/b.json"]), ["a.json", "b.json"]);
        assert_eq!(file_names(["/d/x/a.json", "/e/x/a.json", "b.json"]), ["d/x/a.json", "e/x/a.json", "b.json"]);
        assert_eq!(file_names(["C:\\d\\a.json"]), ["a.json"]);
        assert_eq!(file_names(["a", "a"]), ["a", "a"]);
    }

    #[test]
    fn one_line_cuts_between_characters() {
        assert_eq!(one_line(" a\n b\tc ", 10), "a b c");
        assert_eq!(one_line("√2 ≤ π", 4), "√2 …");
    }
}
