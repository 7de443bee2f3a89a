//! Which names and texts are what they are to be.

use polars::prelude::StringChunked;
use regex::Regex;

use crate::job::{JobContext, JobError, for_each_unit};
use crate::query::language::{Is, Matcher};
use crate::store::RowSet;

/// Whether a number is what it is to be.
pub(super) fn holds(is: &Is, number: f64) -> bool {
    match is {
        Is::Number(compare, value) => compare.holds(number, *value),
        Is::Between(from, to) => from.is_none_or(|from| number >= from) && to.is_none_or(|to| number <= to),
        _ => false,
    }
}

/// Which names fit. Numbers that are written differently are the same metadata.
pub(super) fn fitting(names: &[String], is: &Is, matcher: &Matcher, is_meta: bool) -> Vec<bool> {
    let is_not = matches!(is, Is::NotText(_));
    let number = match matcher {
        Matcher::Exactly(text) if is_meta => text.parse::<f64>().ok(),
        _ => None,
    };
    let pattern = Regex::new(&matcher.pattern()).ok();
    let fits = |name: &String| match (matcher, &pattern) {
        (Matcher::Exactly(text), _) => {
            name.to_lowercase() == *text || number.is_some_and(|number| name.parse() == Ok(number))
        }
        (Matcher::Contains(text), _) => name.to_lowercase().contains(text.as_str()),
        (_, Some(pattern)) => pattern.is_match(name),
        (_, None) => false,
    };
    names.iter().map(|name| fits(name) != is_not).collect()
}

/// The rows whose text passes. Can be stopped after every batch.
pub(super) fn matching(
    column: &StringChunked,
    passes: &(dyn Fn(&str) -> bool + Sync),
    ctx: &JobContext,
) -> Result<RowSet, JobError> {
    const GRAIN: usize = 1 << 13;
    let (mut units, mut first) = (Vec::new(), 0);
    for array in column.downcast_iter() {
        units.extend((0..array.len()).step_by(GRAIN).map(|from| (array, from, first)));
        first += array.len();
    }
    let found = RowSet::new(first);
    for_each_unit(units.len(), "Searching texts", ctx, &|unit| {
        let Some(&(array, from, first)) = units.get(unit) else { return };
        for at in from..array.len().min(from + GRAIN) {
            if array.get(at).is_some_and(passes) {
                found.insert(first + at);
            }
        }
    })?;
    Ok(found)
}
