//! YAML: each document is a row, or holds a list of them.

use serde_json::Value;

use super::bytes::ByteSource;
use super::json::Foreign;
use super::rows::{MakeFault, RawRow};
use crate::import::FileFault;

/// Longer files are not read: YAML is taken whole.
const LIMIT: usize = 64 << 20;

/// The rows, as JSON.
pub(super) fn rows(source: &mut ByteSource<'_>) -> Result<Vec<RawRow>, MakeFault> {
    let bytes = source.read_all(LIMIT)?.ok_or(FileFault::TooLong { limit: LIMIT })?;
    let text = String::from_utf8_lossy(&bytes);
    let documents = documents(&text).map_err(|reason| FileFault::NotJson { row: 1, reason })?;
    let rows = documents.into_iter().flat_map(|document| match document {
        Value::Array(rows) if rows.iter().all(Value::is_object) => rows,
        document => vec![document],
    });
    Ok(rows.map(|row| RawRow::from_bytes(row.to_string().as_bytes())).collect())
}

/// All documents of the text.
fn documents(text: &str) -> Result<Vec<Value>, String> {
    let documents = serde_saphyr::from_multiple::<Foreign>(text);
    let documents = documents.map_err(|error| format!("not valid YAML: {error}"))?;
    Ok(documents.into_iter().map(|document| document.0).collect())
}

/// True where the whole text is YAML of objects with more than plain words in them.
pub(super) fn is_yaml(text: &str) -> bool {
    let rich = |value: &Value| value.is_array() || value.is_object();
    documents(text).is_ok_and(|documents| {
        documents.iter().any(|document| match document {
            Value::Object(entries) => entries.values().any(rich),
            Value::Array(rows) => rows.first().is_some_and(Value::is_object),
            _ => false,
        })
    })
}
