//! Chooses the importer for a file by the rows in it.

use serde_json::Value;

use super::format::NEIGHBOURS;
use super::{FileFault, Importer, Recognition, Sample, importers};

/// More keys than this do not help to find out what a file is.
const KEYS_SHOWN: usize = 24;

/// A kind of file that lies beside traces and is none: a run configuration, a table of metrics.
pub(super) struct Neighbour {
    /// What it is, as in "the file is …".
    pub(super) what: &'static str,
    /// Whether the file is one.
    pub(super) fits: fn(&Sample) -> bool,
}

/// What was found out about a file.
pub(super) struct Choice {
    pub(super) importer: &'static dyn Importer,
    pub(super) recognition: Recognition,
    /// The format that fits next best.
    pub(super) runner_up: Option<&'static dyn Importer>,
}

/// The importer that fits most rows of the sample. Where two fit equally well, the one that asks for more keys, then
/// the earlier in the list.
pub(super) fn choose(sample: &Sample) -> Result<Choice, FileFault> {
    let mut found: Vec<(&'static dyn Importer, Recognition)> =
        importers().filter_map(|importer| Some((importer, importer.recognise(sample)?))).collect();
    // Stable, so that the list decides last.
    found.sort_by(|(a, x), (b, y)| y.share.total_cmp(&x.share).then(b.needs().len().cmp(&a.needs().len())));
    let mut found = found.into_iter();
    match found.next() {
        Some((importer, recognition)) => {
            Ok(Choice { importer, recognition, runner_up: found.next().map(|(importer, _)| importer) })
        }
        None => Err(not_known(sample)),
    }
}

fn not_known(sample: &Sample) -> FileFault {
    let neighbour = NEIGHBOURS.iter().copied().flatten().find(|neighbour| (neighbour.fits)(sample));
    neighbour.map_or_else(|| unknown_shape(sample), |neighbour| FileFault::NotTraces(neighbour.what))
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
    let near: Vec<String> = importers().filter_map(|importer| near_miss(importer, &keys)).collect();
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
        [] if importer.needs().is_empty() => None,
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
