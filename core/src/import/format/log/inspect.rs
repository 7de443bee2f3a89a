//! Inspect (`UKGovernmentBEIS/inspect_ai`): evaluation logs, as one JSON document or as the files of an `.eval` archive.
//!
//! Each sample is a trace; its messages are the steps, and the events of the run add times, tokens and what sub-agents
//! said. Epochs are attempts at one problem. The grades of scorers become the outcome and scores of the trace.

mod events;
mod sample;

use std::collections::HashSet;

use serde_json::Value;

use self::sample::Run;
use crate::import::detect::Neighbour;
use crate::import::paths::Paths;
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample};

/// Reads Inspect logs.
pub(super) struct Inspect;

const HEADER: &str = "header.json";
const JOURNAL: &str = "_journal/start.json";

/// A log whose samples were not kept.
pub(super) const BARE_LOG: Neighbour = Neighbour {
    what: "an Inspect log without samples: it holds the set-up and the results of a run only",
    fits: |sample| sample.rows.iter().all(is_log),
};

/// `summaries.json`.
pub(super) const SUMMARIES: Neighbour = Neighbour {
    what: "a table of the samples of an Inspect log, without their messages",
    fits: |sample| {
        let is_summary =
            |row: &Value| row["epoch"].is_u64() && row["scores"].is_object() && row.get("messages").is_none();
        sample.rows.iter().all(is_summary)
    },
};

/// `reductions.json`.
pub(super) const REDUCTIONS: Neighbour = Neighbour {
    what: "a table of the grades of an Inspect log",
    fits: |sample| sample.rows.iter().all(|row| row["scorer"].is_string() && row["samples"].is_array()),
};

/// Fixtures of Inspect's own tests.
pub(super) const SCORER_CASES: Neighbour = Neighbour {
    what: "a table of answers for testing a scorer",
    fits: |sample| {
        let keys = ["source", "output", "target", "expected"];
        sample.rows.iter().all(|row| keys.iter().all(|key| row[*key].is_string()))
    },
};

/// Fixtures of Inspect's own tests.
pub(super) const EVENT_CASES: Neighbour = Neighbour {
    what: "a list of events with what a test expects of them",
    fits: |sample| sample.rows.iter().all(|row| row["events"].is_array() && row["expected"].is_object()),
};

impl Importer for Inspect {
    fn name(&self) -> &'static str {
        "inspect"
    }

    fn caption(&self) -> &'static str {
        "Inspect evaluation logs"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["eval", "id"], &["samples", "messages"], &["status", "epoch"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`eval` and `samples`, or are one sample with `epoch`, `target` and `messages`", |row| {
            is_log(row) && row["samples"].as_array().is_some_and(|list| !list.is_empty()) || sample::is_sample(row)
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let Value::Object(mut row) = row else {
            return Err(RowError::new("the row is no object; expected an Inspect log or one of its samples"));
        };
        if let Some(Value::String(name)) = row.shift_remove("") {
            // One sample of a bundle, with the header.
            let sample = row.shift_remove(&name).unwrap_or_default();
            // A run that was broken off has no header; its journal holds the same about how it was set up.
            let place = row.keys().position(|path| path.ends_with(HEADER)).unwrap_or(0);
            let run = Run::new(row.into_iter().nth(place).map(|(_, header)| header).unwrap_or_default());
            return Ok(vec![run.read(sample).map_err(|error| RowError::new(format!("{name}: {error}")))?]);
        }
        if let Some(Value::Array(samples)) = row.shift_remove("samples") {
            let run = Run::new(Value::Object(row));
            return samples.into_iter().map(|sample| run.read(sample)).collect();
        }
        if row.contains_key("messages") {
            return Ok(vec![Run::default().read(Value::Object(row))?]);
        }
        // A bundle without samples: the tables that repeat what the samples say, or a run that has not got far.
        if row.keys().any(|path| path.ends_with(HEADER) || path.ends_with(JOURNAL)) {
            let fault = "the log holds no samples; run the evaluation to its end, and with its samples logged";
            return Err(RowError::new(fault));
        }
        if row.keys().all(|path| is_table(path)) {
            return Ok(Vec::new());
        }
        Err(RowError::new("`samples` is missing; expected an Inspect log or one of its samples"))
    }

    fn bundles(&self, paths: &[&str]) -> Vec<Bundle> {
        let mut bundles = Vec::new();
        let known = Paths::new(paths);
        for folder in folders(paths, &known) {
            let inside = |name: &str| format!("{folder}{name}");
            let start: Vec<String> =
                [HEADER, JOURNAL].map(inside).into_iter().filter(|name| known.contains(name)).collect();
            let inside = known.beginning(&folder);
            let of_folder = || inside.iter().filter_map(|path| Some((*path, path.strip_prefix(&*folder)?)));
            let is_sample = |name: &str| {
                let name = name.strip_prefix("samples/").and_then(|name| name.strip_suffix(".json"));
                name.is_some_and(|name| !name.contains('/'))
            };
            let each: Vec<String> =
                of_folder().filter(|(_, name)| is_sample(name)).map(|(path, _)| path.to_owned()).collect();
            let tables: Vec<String> = of_folder()
                .filter(|(_, name)| is_table(name) && *name != JOURNAL)
                .map(|(path, _)| path.to_owned())
                .collect();
            bundles.push(Bundle { shared: start, each });
            if !tables.is_empty() {
                bundles.push(Bundle { shared: tables, each: Vec::new() });
            }
        }
        bundles
    }
}

/// Folders, with a `/` at their end, that are an unpacked log: they hold its start, and samples or a journal.
fn folders(paths: &[&str], known: &Paths<'_>) -> Vec<String> {
    let of = |end: &str| {
        let folders = paths.iter().filter_map(|path| path.strip_suffix(end));
        folders.filter(|folder| folder.is_empty() || folder.ends_with('/')).collect::<Vec<&str>>()
    };
    let mut folders = of(JOURNAL);
    let has_journal: HashSet<&str> = folders.iter().copied().collect();
    let has_samples = |folder: &str| !known.beginning(&format!("{folder}samples/")).is_empty();
    let other = of(HEADER).into_iter().filter(|folder| !has_journal.contains(folder) && has_samples(folder));
    folders.extend(other);
    folders.into_iter().map(str::to_owned).collect()
}

/// Files of a log that say nothing that its samples do not say.
fn is_table(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(name, "summaries.json" | "reductions.json") || path.contains("_journal/")
}

fn is_log(row: &Value) -> bool {
    row["version"].is_number() && row["eval"].is_object() && (row["status"].is_string() || row["plan"].is_object())
}
