//! Metadata as columns: every key of traces and their problems, and every key of steps, by its path.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::StringChunked;
use serde_json::Value;

use super::Views;
use super::cache::{Key, Layer};
use super::values::{Interner, Many, Values};
use crate::job::{JobContext, JobError, for_each_unit};
use crate::query::language::nearest;
use crate::store::Store;

/// Deeper objects are not looked into.
const DEEPEST: usize = 6;
/// More keys than that are data, not names.
const MOST_KEYS: usize = 1000;
/// The different values of a key are kept up to so many bytes; longer ones are read again when they are asked for.
const MOST_BYTES: usize = 16 << 20;

/// All keys of metadata.
#[derive(Debug, Default)]
pub(in crate::query) struct Meta {
    keys: BTreeMap<String, Arc<Many>>,
    /// Keys with very many values, and whether these are numbers.
    wide: BTreeMap<String, bool>,
}

/// The values of a key: each once, which row has which, and their bytes.
type KeyValues = (Interner, Vec<(u32, u32)>, usize);

/// The values of keys, as they are read.
#[derive(Default)]
struct Reading {
    keys: BTreeMap<String, KeyValues>,
}

impl Reading {
    fn add(&mut self, row: u32, text: &str, only: Option<&str>) {
        for (key, value) in Store::metadata_of(Some(text)) {
            self.descend(row, key, &value, 0, only);
        }
    }

    fn descend(&mut self, row: u32, path: String, value: &Value, depth: usize, only: Option<&str>) {
        // Of one key only what leads there is looked at.
        if only.is_some_and(|only| only != path && !only.starts_with(&format!("{path}."))) {
            return;
        }
        match value {
            Value::Null => {}
            Value::Object(fields) => {
                if depth < DEEPEST {
                    for (key, value) in fields {
                        self.descend(row, format!("{path}.{key}"), value, depth + 1, only);
                    }
                }
            }
            Value::Array(items) => {
                for item in items.iter().filter(|item| !item.is_object() && !item.is_array()) {
                    self.descend(row, path.clone(), item, depth + 1, only);
                }
            }
            Value::String(text) => self.push(row, path, text),
            // `5` and `5.0` are one value.
            Value::Number(number) => {
                match number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15) {
                    Some(whole) => self.push(row, path, &format!("{whole}")),
                    None => self.push(row, path, &number.to_string()),
                }
            }
            Value::Bool(_) => self.push(row, path, &value.to_string()),
        }
    }

    fn push(&mut self, row: u32, path: String, value: &str) {
        if !self.keys.contains_key(&path) && self.keys.len() >= MOST_KEYS {
            return;
        }
        let (names, pairs, bytes) = self.keys.entry(path).or_default();
        let before = names.len();
        pairs.push((row, names.number(value)));
        if names.len() > before {
            *bytes += value.len();
        }
    }
}

/// Reads a column of metadata; of one key only, where it is named.
fn read(column: &StringChunked, only: Option<&str>, ctx: &JobContext) -> Result<Meta, JobError> {
    let (mut units, mut first) = (Vec::new(), 0);
    for array in column.downcast_iter() {
        units.push((array, first));
        first += array.len();
    }
    let parts: Mutex<Vec<(usize, Reading)>> = Mutex::default();
    for_each_unit(units.len(), "Reading metadata", ctx, &|unit| {
        let Some((array, first)) = units.get(unit) else { return };
        let mut reading = Reading::default();
        for (at, text) in array.iter().enumerate() {
            if let (Some(text), Ok(row)) = (text, u32::try_from(first + at)) {
                reading.add(row, text, only);
            }
        }
        parts.lock().unwrap_or_else(PoisonError::into_inner).push((*first, reading));
    })?;
    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    parts.sort_unstable_by_key(|(first, _)| *first);
    let mut all = Reading::default();
    let mut meta = Meta::default();
    for (_, part) in parts {
        for (key, (names, pairs, _)) in part.keys {
            if meta.wide.contains_key(&key) || (!all.keys.contains_key(&key) && all.keys.len() >= MOST_KEYS) {
                continue;
            }
            let (merged, all_pairs, bytes) = all.keys.entry(key.clone()).or_default();
            let before = merged.len();
            let numbers: Vec<u32> = names.into_names().iter().map(|name| merged.number(name)).collect();
            *bytes += merged.bytes_from(before);
            if only.is_none() && *bytes > MOST_BYTES {
                let are_numbers = merged.names().iter().all(|name| name.parse::<f64>().is_ok());
                all.keys.remove(&key);
                meta.wide.insert(key, are_numbers);
                continue;
            }
            all_pairs.extend(pairs.into_iter().filter_map(|(row, number)| Some((row, *numbers.get(number as usize)?))));
        }
    }
    meta.keys = all
        .keys
        .into_iter()
        .map(|(key, (names, pairs, _))| (key, Arc::new(Many::new(pairs, names.into_names()))))
        .collect();
    Ok(meta)
}

impl Views {
    /// Metadata of traces; what they do not say themselves their problem says.
    pub(in crate::query) fn meta(&self, ctx: &JobContext) -> Result<Arc<Meta>, JobError> {
        self.kept(Layer::Store, Key::Meta, || self.read_meta(None, ctx))
    }

    /// Metadata of steps.
    pub(in crate::query) fn step_meta(&self, ctx: &JobContext) -> Result<Arc<Meta>, JobError> {
        self.kept(Layer::Store, Key::StepMeta, || read(&self.store.step_table().metadata, None, ctx))
    }

    fn read_meta(&self, only: Option<&str>, ctx: &JobContext) -> Result<Meta, JobError> {
        let table = self.store.trace_table();
        let mut meta = read(&table.metadata, only, ctx)?;
        let problems = read(&self.store.problem_table().metadata, only, ctx)?;
        for (key, of_problem) in problems.keys {
            ctx.checkpoint()?;
            let own = meta.keys.remove(&key).unwrap_or_default();
            let mut names = Interner::default();
            let mut numbers = |many: &Many| many.names.iter().map(|name| names.number(name)).collect::<Vec<u32>>();
            let (own_numbers, problem_numbers) = (numbers(&own), numbers(&of_problem));
            let mut pairs: Vec<(u32, u32)> = Vec::new();
            let mut own_pairs = own.pairs().peekable();
            for (row, problem) in (0_u32..).zip(table.problem.iter()) {
                let before = pairs.len();
                while let Some((_, code)) = own_pairs.next_if(|(owner, _)| *owner == row) {
                    pairs.extend(own_numbers.get(code as usize).map(|number| (row, *number)));
                }
                if let (true, Some(problem)) = (pairs.len() == before, problem) {
                    let codes = of_problem.codes_of(problem);
                    pairs.extend(codes.iter().filter_map(|code| Some((row, *problem_numbers.get(*code as usize)?))));
                }
            }
            meta.keys.insert(key, Arc::new(Many::new(pairs, names.into_names())));
        }
        for (key, are_numbers) in problems.wide {
            let both = meta.wide.get(&key).is_none_or(|are| *are) && are_numbers;
            meta.wide.insert(key, both);
        }
        meta.keys.retain(|key, _| !meta.wide.contains_key(key));
        Ok(meta)
    }

    /// The values of one key; an error where there is no such key.
    pub(super) fn of_meta(&self, key: &str, is_step: bool, ctx: &JobContext) -> Result<Values, JobError> {
        let meta = if is_step { self.step_meta(ctx)? } else { self.meta(ctx)? };
        if let Some(many) = meta.keys.get(key) {
            return Ok(Values::Many(Arc::clone(many)));
        }
        if !meta.wide.contains_key(key) {
            let near = nearest(key, meta.keys().map(|(key, _)| key));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(JobError::Failed(format!("there is no key of metadata `{key}` in this project{hint}")));
        }
        let table = self.store.step_table();
        let read = if is_step { read(&table.metadata, Some(key), ctx)? } else { self.read_meta(Some(key), ctx)? };
        Ok(Values::Many(read.keys.get(key).cloned().unwrap_or_default()))
    }
}

impl Meta {
    /// Every key; those of which the values are kept come with them.
    pub(in crate::query) fn keys(&self) -> impl Iterator<Item = (&str, Option<&Arc<Many>>)> {
        let kept = self.keys.iter().map(|(key, many)| (key.as_str(), Some(many)));
        kept.chain(self.wide.keys().map(|key| (key.as_str(), None)))
    }

    /// Keys whose values are not kept, but are numbers.
    pub(in crate::query) fn wide_numbers(&self) -> impl Iterator<Item = &str> {
        self.wide.iter().filter(|(_, are_numbers)| **are_numbers).map(|(key, _)| key.as_str())
    }
}
