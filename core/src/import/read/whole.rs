//! A small file as one value: for files that make sense together only.

use std::path::Path;

use serde_json::Value;

use super::bytes::ByteSource;
use crate::import::{FileFault, ImportError};
use crate::job::JobContext;

/// Longer files are no part of a bundle.
const LIMIT: usize = 256 << 20;

/// The file as JSON, the lines of JSON Lines as a list, else its text; `None` for what is no text.
pub(crate) fn read_whole(path: &Path, context: &JobContext) -> Result<Option<Value>, ImportError> {
    let mut source = ByteSource::open(path, None, context)?;
    let mut bytes = Vec::new();
    loop {
        let rest = source.rest()?;
        if rest.is_empty() {
            break;
        }
        bytes.extend_from_slice(rest);
        let count = rest.len();
        source.consume(count);
        if bytes.len() > LIMIT {
            return Err(FileFault::TooLong { limit: LIMIT }.at(path));
        }
    }
    let Ok(text) = String::from_utf8(bytes) else { return Ok(None) };
    if let Ok(value) = serde_json::from_str(&text) {
        return Ok(Some(value));
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
    let rows: Result<Vec<Value>, _> = lines.collect();
    Ok(Some(rows.map_or(Value::String(text), Value::Array)))
}
