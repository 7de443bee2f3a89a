//! The types of a file's columns, as readers infer them from its rows.

use std::fmt;

use serde_json::{Map, Value};

/// The type of a value, as far as the rows seen so far show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Null in every row.
    Null,
    Bool,
    /// A whole number of 64 bits in every row.
    Whole,
    Number,
    Text,
    /// A list; of unknown type where it was empty in every row.
    List(Option<Box<Kind>>),
    /// Fields in the order in which they first occur.
    Object(Vec<(String, Kind)>),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a truth value",
            Self::Whole | Self::Number => "a number",
            Self::Text => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        })
    }
}

impl Kind {
    /// The columns of a row. Mixed lists show at the first row that differs, as lists of one type do.
    pub(super) fn of_row(row: &Map<String, Value>) -> Self {
        Self::Object(row.iter().map(|(key, value)| (key.clone(), Self::of(value))).collect())
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_i64() => Self::Whole,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(list) => Self::List(list.iter().map(Self::of).reduce(|a, b| a.joined(b).0).map(Box::new)),
            Value::Object(map) => Self::of_row(map),
        }
    }

    /// Both together, and where they clash. What is null in one has the type of the other.
    pub(super) fn joined(self, other: Self) -> (Self, Option<String>) {
        self.join(other, "", true)
    }

    fn join(self, other: Self, place: &str, is_row: bool) -> (Self, Option<String>) {
        match (self, other) {
            (known, Self::Null) | (Self::Null, known) => (known, None),
            (Self::Whole, Self::Number) | (Self::Number, Self::Whole) => (Self::Number, None),
            (Self::List(known), Self::List(None)) | (Self::List(None), Self::List(known)) => (Self::List(known), None),
            (Self::List(Some(a)), Self::List(Some(b))) => {
                let (joined, clash) = a.join(*b, place, false);
                (Self::List(Some(Box::new(joined))), clash)
            }
            (Self::Object(a), Self::Object(b)) => joined_objects(a, b, place, is_row),
            (a, b) if a == b => (a, None),
            (a, b) => {
                let clash = format!("`{place}` is {b}, not {a}");
                (a, Some(clash))
            }
        }
    }

    /// The columns that never showed a type.
    pub(super) fn without_type(&self) -> Vec<String> {
        let Self::Object(columns) = self else { return Vec::new() };
        let untyped =
            |(name, kind): &(String, Self)| matches!(kind, Self::Null | Self::List(None)).then(|| name.clone());
        columns.iter().filter_map(untyped).collect()
    }
}

/// Objects inside a row may lack fields, which are null then; rows must have the same ones.
fn joined_objects(
    mut a: Vec<(String, Kind)>,
    b: Vec<(String, Kind)>,
    place: &str,
    is_row: bool,
) -> (Kind, Option<String>) {
    let mut clash = None;
    let has = |fields: &[(String, Kind)], key: &str| fields.iter().any(|(name, _)| name == key);
    if is_row && let Some((missing, _)) = a.iter().find(|(key, _)| !has(&b, key)) {
        clash = Some(format!("`{missing}` is missing"));
    }
    for (key, kind) in b {
        let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        if let Some((_, known)) = a.iter_mut().find(|(name, _)| *name == key) {
            let (joined, inside) = std::mem::replace(known, Kind::Null).join(kind, &place, false);
            *known = joined;
            clash = clash.or(inside);
        } else {
            if is_row {
                clash = clash.or_else(|| Some(format!("`{place}` is new")));
            }
            a.push((key, kind));
        }
    }
    (Kind::Object(a), clash)
}
