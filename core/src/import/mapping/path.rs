//! Paths into a row, and the paths that a file offers.

use serde_json::Value;

use crate::import::detect::kind;

/// Deeper paths are not offered; nobody looks for a field there.
const DEPTH: usize = 5;
/// Keys looked at per object, and paths offered in all.
const KEYS: usize = 64;
const PATHS: usize = 400;

/// A way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Reads a path as the user writes it.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let parts = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect(),
            None if text.is_empty() => Vec::new(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        Self(parts)
    }

    /// The path as the user writes it.
    fn written(parts: &[String]) -> String {
        if parts.iter().any(|part| part.contains('.') || part.starts_with('/') || part.is_empty()) {
            let escaped = parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
            escaped.collect()
        } else {
            parts.join(".")
        }
    }

    /// The value at the end of the way. An empty path leads nowhere.
    pub fn get<'a>(&self, row: &'a Value) -> Option<&'a Value> {
        if self.0.is_empty() {
            return None;
        }
        self.0.iter().try_fold(row, |value, part| match value {
            Value::Object(map) => map.get(part),
            Value::Array(list) => list.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The first key.
    pub(super) fn head(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// The last key.
    pub(super) fn last(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// True where the path is one key.
    pub(super) fn is_key(&self) -> bool {
        self.0.len() == 1
    }
}

/// A path that the rows of a file offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathInfo {
    /// The path.
    pub path: String,
    /// What stands there: `a text`, `a list`, …
    pub kind: &'static str,
    /// A value as an example, cut.
    pub example: String,
    /// For a list of objects: the keys of its entries.
    pub entry_keys: Vec<String>,
}

/// The paths of the values in these rows, in the order in which they stand.
pub fn paths(rows: &[Value]) -> Vec<PathInfo> {
    let mut found: Vec<PathInfo> = Vec::new();
    for row in rows {
        walk(row, &mut Vec::new(), &mut found);
    }
    found
}

/// Recursion is bounded by `DEPTH`.
fn walk(value: &Value, at: &mut Vec<String>, found: &mut Vec<PathInfo>) {
    if !at.is_empty() && found.len() < PATHS {
        let path = FieldPath::written(at);
        let known = found.iter_mut().find(|info| info.path == path);
        let info = PathInfo { path, kind: kind(value), example: example(value), entry_keys: entry_keys(value) };
        match known {
            // A row without the value says nothing of its kind.
            Some(known) if known.kind == "null" || known.kind.starts_with("an empty") => *known = info,
            Some(_) => {}
            None => found.push(info),
        }
    }
    if at.len() >= DEPTH {
        return;
    }
    if let Value::Object(map) = value {
        for (key, value) in map.iter().take(KEYS) {
            at.push(key.clone());
            walk(value, at, found);
            at.pop();
        }
    }
}

fn example(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn entry_keys(value: &Value) -> Vec<String> {
    let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut keys: Vec<String> = Vec::new();
    for key in entries.iter().take(8).filter_map(Value::as_object).flat_map(|entry| entry.keys()) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}
