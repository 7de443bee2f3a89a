//! Chooses the importer for a file by the rows in it.

use serde_json::Value;

use super::{FileFault, IMPORTERS, Importer, Recognition, Sample};

/// More keys than this do not help to find out what a file is.
const KEYS_SHOWN: usize = 24;

/// The importer that fits most rows of the sample; the earlier in the list where two fit equally well.
pub(super) fn choose(sample: &Sample) -> Result<(&'static dyn Importer, Recognition), FileFault> {
    let mut best: Option<(&'static dyn Importer, Recognition)> = None;
    for &importer in IMPORTERS {
        if let Some(found) = importer.recognise(sample)
            && best.as_ref().is_none_or(|(_, so_far)| found.share > so_far.share)
        {
            best = Some((importer, found));
        }
    }
    best.ok_or_else(|| unknown_shape(sample))
}

fn unknown_shape(sample: &Sample) -> FileFault {
    let keys = sample.keys();
    let seen = if keys.is_empty() {
        format!("it is {}", sample.rows.first().map_or("nothing", kind))
    } else {
        let shown: Vec<String> = keys.iter().take(KEYS_SHOWN).map(|key| format!("`{}`", shorten(key))).collect();
        let more = if keys.len() > KEYS_SHOWN { ", …" } else { "" };
        format!("its keys are {}{more}", shown.join(", "))
    };
    let near: Vec<String> = IMPORTERS.iter().filter_map(|importer| near_miss(*importer, &keys)).collect();
    let near = if near.is_empty() { String::new() } else { format!("Closest: {}. ", near.join("; ")) };
    FileFault::UnknownShape { row: sample.first_row, seen, near }
}

/// What a file lacks for a format of which it has some keys.
fn near_miss(importer: &dyn Importer, keys: &[&str]) -> Option<String> {
    let has = |group: &&[&str]| group.iter().any(|key| keys.contains(key));
    let lacking: Vec<String> = importer
        .needs()
        .iter()
        .filter(|group| !has(group))
        .map(|group| format!("`{}`", group.join("` or `")))
        .collect();
    match lacking.as_slice() {
        [] => Some(format!("{} (the keys are there, their values are of another type)", importer.name())),
        [key] if importer.needs().len() > 1 => Some(format!("{} (lacks {key})", importer.name())),
        _ => None,
    }
}

fn shorten(key: &str) -> String {
    let short: String = key.chars().take(40).collect();
    if short.len() < key.len() { format!("{short}…") } else { short }
}

/// What sort of JSON value it is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(list) if list.is_empty() => "an empty list",
        Value::Array(_) => "a list",
        Value::Object(map) if map.is_empty() => "an empty object",
        Value::Object(_) => "an object",
    }
}
