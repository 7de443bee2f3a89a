//! What is wrong with a schema, in words for whoever edits it, and which letter chooses what.

use std::collections::{HashMap, HashSet};

use super::schema::{Dimension, LabelSchema, Named};

impl LabelSchema {
    /// What keeps it from being used, one sentence each; empty where nothing does.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            problems.push("The schema has no name".to_owned());
        }
        menu("error kinds", self.errors.iter().map(|error| &error.named), &mut problems);
        for error in &self.errors {
            menu(&format!("kinds of “{}”", error.named.shown()), &error.subs, &mut problems);
        }
        menu("severities", &self.severities, &mut problems);
        if self.severities.len() > 9 {
            problems.push("There are more than 9 severities; each is chosen by a digit".to_owned());
        }
        menu("tags", &self.tags, &mut problems);
        menu("criteria", &self.criteria, &mut problems);
        menu("scales", self.dimensions.iter().map(|dimension| &dimension.named), &mut problems);
        self.dimensions.iter().for_each(|dimension| scale(dimension, &mut problems));
        let share = |value: f64| (0.0..=1.0).contains(&value);
        if !share(self.blind.share) {
            problems.push("The share of traces judged blind is not from 0 to 1".to_owned());
        }
        if let Some(gold) = &self.gold {
            if !share(gold.rate) {
                problems.push("The share of traces with known answers is not from 0 to 1".to_owned());
            }
            if gold.source.trim().is_empty() {
                problems.push("It is not said whose labels are the known answers".to_owned());
            }
        }
        problems
    }
}

/// Of one menu: each entry has a name of its own, and no two the same letter.
fn menu<'a>(what: &str, entries: impl IntoIterator<Item = &'a Named>, problems: &mut Vec<String>) {
    let (mut ids, mut keys) = (HashSet::new(), HashMap::new());
    for entry in entries {
        let shown = entry.shown();
        if entry.id.trim().is_empty() {
            problems.push(format!("One of the {what} has no identity"));
        } else if !ids.insert(entry.id.as_str()) {
            problems.push(format!("Two of the {what} are called “{}”", entry.id));
        }
        let Some(key) = entry.key else { continue };
        if !key.is_ascii_lowercase() {
            problems.push(format!("The key of “{shown}” is {key}; it must be a letter from a to z"));
        }
        if let Some(other) = keys.insert(key, shown) {
            problems.push(format!("“{other}” and “{shown}” of the {what} both have the letter {key}"));
        }
    }
}

fn scale(dimension: &Dimension, problems: &mut Vec<String>) {
    let shown = dimension.named.shown();
    let Dimension { from, to, step, ref levels, .. } = *dimension;
    if !(from.is_finite() && to.is_finite() && step.is_finite()) || from >= to {
        problems.push(format!("The scale “{shown}” does not rise: from {from} to {to}"));
        return;
    }
    if step < 0.0 || step > to - from {
        problems.push(format!("The values of “{shown}” cannot lie {step} apart"));
        return;
    }
    let values = dimension.values().len();
    if values > 100 {
        problems.push(format!("“{shown}” has more than 100 values; a distance of 0 allows any value"));
    }
    if !levels.is_empty() && levels.len() != values {
        problems.push(format!("“{shown}” has {values} values, but words for {}", levels.len()));
    }
}

/// The letter of each entry of a menu: the one that it asks for, else the first of its words that is still free, else
/// any that is free. `taken` are left alone. `None` for entries beyond the letters there are.
pub fn letters<'a>(entries: impl IntoIterator<Item = (Option<char>, &'a str)>, taken: &str) -> Vec<Option<char>> {
    let entries: Vec<_> = entries.into_iter().collect();
    let mut used: Vec<char> = taken.chars().collect();
    let mut found = vec![None; entries.len()];
    // Whoever asks for a letter comes before those who take what is left.
    for (place, (wish, _)) in found.iter_mut().zip(&entries) {
        *place = wish.filter(|key| !used.contains(key));
        used.extend(*place);
    }
    for (place, (_, words)) in found.iter_mut().zip(&entries).filter(|(place, _)| place.is_none()) {
        let own = words.chars().map(|letter| letter.to_ascii_lowercase()).filter(char::is_ascii_lowercase);
        *place = own.chain('a'..='z').find(|key| !used.contains(key));
        used.extend(*place);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{ErrorKind, Gold, PRESETS, preset, schema_from_toml};
    use super::*;

    fn named(id: &str, key: char) -> Named {
        Named { id: id.into(), key: Some(key), ..Named::default() }
    }

    #[test]
    fn every_preset_can_be_used() {
        for (id, text) in PRESETS {
            let schema = schema_from_toml(text).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(schema.problems(), Vec::<String>::new(), "{id}");
            assert!(!schema.guideline.version.is_empty() && schema.guideline.text.len() > 80, "{id} has a guideline");
            assert_eq!(schema.revision, 0, "{id}");
            let keyed = schema.errors.iter().flat_map(|error| std::iter::once(&error.named).chain(&error.subs));
            let keyed = keyed.chain(&schema.tags).chain(schema.dimensions.iter().map(|d| &d.named));
            for named in keyed {
                assert!(named.key.is_some() && !named.title.is_empty(), "{id}: {} has a letter and a title", named.id);
            }
            let again = schema_from_toml(&toml::to_string(&schema).unwrap()).unwrap();
            assert_eq!(again, schema, "{id} can be written and read again");
        }
        assert!(preset("no such").is_none());
        assert!(!LabelSchema::usual().errors.is_empty());
    }

    #[test]
    fn clashes_and_nonsense_are_told() {
        let bare = LabelSchema::default();
        let check = |schema: LabelSchema, expected: &[&str]| assert_eq!(schema.problems(), expected);
        check(bare.clone(), &[]);
        check(LabelSchema { name: " ".into(), ..bare.clone() }, &["The schema has no name"]);
        let tags = vec![named("a", 'x'), named("b", 'x'), named("b", '1'), Named::default()];
        check(
            LabelSchema { tags, ..bare.clone() },
            &[
                "“a” and “b” of the tags both have the letter x",
                "Two of the tags are called “b”",
                "The key of “b” is 1; it must be a letter from a to z",
                "One of the tags has no identity",
            ],
        );
        let subs = vec![named("s", 'x'), named("t", 'x')];
        let errors = vec![ErrorKind { named: named("e", 'x'), subs }];
        check(LabelSchema { errors, ..bare.clone() }, &["“s” and “t” of the kinds of “e” both have the letter x"]);
        let scale = |from, to, step, levels: &[&str]| LabelSchema {
            dimensions: vec![Dimension {
                named: named("d", 'd'),
                from,
                to,
                step,
                levels: levels.iter().map(|&word| word.into()).collect(),
                ..Dimension::default()
            }],
            ..bare.clone()
        };
        check(scale(0.0, 1.0, 0.1, &[]), &[]);
        check(scale(1.0, 1.0, 0.0, &[]), &["The scale “d” does not rise: from 1 to 1"]);
        check(scale(0.0, f64::NAN, 0.0, &[]), &["The scale “d” does not rise: from 0 to NaN"]);
        check(scale(0.0, 1.0, 2.0, &[]), &["The values of “d” cannot lie 2 apart"]);
        check(scale(0.0, 7.0, 1.0, &["none", "all"]), &["“d” has 8 values, but words for 2"]);
        check(
            LabelSchema { gold: Some(Gold { rate: 2.0, source: String::new(), ..Gold::default() }), ..bare },
            &[
                "The share of traces with known answers is not from 0 to 1",
                "It is not said whose labels are the known answers",
            ],
        );
    }

    #[test]
    fn scales_offer_each_value_once() {
        let scale = |from, to, step| Dimension { from, to, step, ..Dimension::default() };
        assert_eq!(scale(-1.0, 1.0, 1.0).values(), [-1.0, 0.0, 1.0]);
        assert_eq!(scale(0.0, 1.0, 0.1).values().len(), 11);
        assert!(scale(0.0, 1.0, 0.0).values().is_empty());
        let worded = Dimension { levels: vec!["low".into(), "high".into()], ..scale(0.0, 1.0, 1.0) };
        assert_eq!((worded.level(1.0), worded.level(0.5)), (Some("high"), None));
    }

    #[test]
    fn letters_are_free_and_lie_near() {
        let check = |entries: &[(Option<char>, &str)], taken, expected: &str| {
            let found = letters(entries.iter().copied(), taken);
            assert_eq!(found.into_iter().map(|key| key.unwrap_or('-')).collect::<String>(), expected);
        };
        check(&[(None, "Calculation"), (Some('c'), "Copy"), (None, "Logic")], "", "acl");
        check(&[(Some('j'), "Jump"), (None, "Kind")], "jk", "ui");
        check(&[(None, "Ärger"), (None, "符号"), (None, "")], "", "rab");
        let many: Vec<_> = (0..30).map(|_| (None, "x")).collect();
        let found = letters(many, "");
        assert_eq!(found.iter().flatten().collect::<std::collections::HashSet<_>>().len(), 26);
        assert!(found[26..].iter().all(Option::is_none));
    }
}
