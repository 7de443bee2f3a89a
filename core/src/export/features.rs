//! The columns of the rows as the `datasets` library names their types, for the card of a folder for the hub.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The type of a value, as far as the rows show it.
#[derive(Clone, Debug, PartialEq)]
enum Feature {
    /// Null, or of an empty list.
    Unknown,
    Bool,
    Int,
    Float,
    Text,
    List(Box<Feature>),
    Struct(Vec<(String, Feature)>),
    /// Two types that no column can hold together.
    Mixed,
}

/// The columns of the rows seen so far, in the order of the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Features(Vec<(String, Feature)>);

impl Features {
    /// Adds a row as it is written.
    pub(super) fn row(&mut self, line: &str) {
        if let Ok(row) = serde_json::from_str::<Map<String, Value>>(line) {
            join_fields(&mut self.0, fields(&row));
        }
    }

    /// Columns that are null in every row are of numbers where `is_number` says so.
    pub(super) fn settle(&mut self, is_number: impl Fn(&str) -> bool) {
        for (_, feature) in self.0.iter_mut().filter(|(name, feature)| *feature == Feature::Unknown && is_number(name))
        {
            *feature = Feature::Float;
        }
    }

    /// YAML below `features:`; `None` where there is no row, or a column has no one type, so that a reader must infer.
    pub(super) fn yaml(&self, indent: usize) -> Option<String> {
        let mut yaml = String::new();
        (!self.0.is_empty()).then_some(())?;
        write_fields(&mut yaml, &self.0, indent)?;
        Some(yaml)
    }
}

fn fields(row: &Map<String, Value>) -> Vec<(String, Feature)> {
    row.iter().map(|(name, value)| (name.clone(), feature(value))).collect()
}

fn feature(value: &Value) -> Feature {
    match value {
        Value::Null => Feature::Unknown,
        Value::Bool(_) => Feature::Bool,
        Value::Number(number) if number.is_f64() => Feature::Float,
        Value::Number(_) => Feature::Int,
        Value::String(_) => Feature::Text,
        Value::Array(list) => Feature::List(Box::new(list.iter().map(feature).fold(Feature::Unknown, joined))),
        Value::Object(map) => Feature::Struct(fields(map)),
    }
}

fn joined(a: Feature, b: Feature) -> Feature {
    match (a, b) {
        (Feature::Unknown, known) | (known, Feature::Unknown) => known,
        (Feature::Int, Feature::Float) | (Feature::Float, Feature::Int) => Feature::Float,
        (Feature::List(a), Feature::List(b)) => Feature::List(Box::new(joined(*a, *b))),
        (Feature::Struct(mut a), Feature::Struct(b)) => {
            join_fields(&mut a, b);
            Feature::Struct(a)
        }
        (a, b) if a == b => a,
        _ => Feature::Mixed,
    }
}

fn join_fields(known: &mut Vec<(String, Feature)>, more: Vec<(String, Feature)>) {
    let places: BTreeMap<String, usize> = known.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
    for (name, feature) in more {
        match places.get(&name).and_then(|&at| known.get_mut(at)) {
            Some((_, slot)) => *slot = joined(std::mem::replace(slot, Feature::Unknown), feature),
            None => known.push((name, feature)),
        }
    }
}

fn write_fields(yaml: &mut String, fields: &[(String, Feature)], indent: usize) -> Option<()> {
    for (name, feature) in fields {
        let name = Value::from(name.as_str());
        writeln!(yaml, "{:indent$}- name: {name}", "").ok()?;
        write_type(yaml, "dtype", feature, indent + 2)?;
    }
    Some(())
}

fn write_type(yaml: &mut String, key: &str, feature: &Feature, indent: usize) -> Option<()> {
    let mut simple = |name: &str| writeln!(yaml, "{:indent$}{key}: {name}", "").ok();
    match feature {
        // `datasets` has a type for what is null in every row.
        Feature::Unknown => simple("'null'"),
        Feature::Bool => simple("bool"),
        Feature::Int => simple("int64"),
        Feature::Float => simple("float64"),
        Feature::Text => simple("string"),
        Feature::Mixed => None,
        Feature::Struct(fields) => {
            // Of a list the fields stand below `list` itself.
            writeln!(yaml, "{:indent$}{}:", "", if key == "list" { key } else { "struct" }).ok()?;
            write_fields(yaml, fields, indent)
        }
        Feature::List(inner) => match inner.as_ref() {
            Feature::List(_) => {
                writeln!(yaml, "{:indent$}list:", "").ok()?;
                write_type(yaml, "list", inner, indent + 2)
            }
            inner => write_type(yaml, "list", inner, indent),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_joined_over_rows() {
        let mut features = Features::default();
        features.row(r#"{"a":1,"b":[],"c":{"x":null},"d":[{"role":"u"}],"e":true,"f":null,"g":[[1]]}"#);
        features.row(r#"{"a":0.5,"b":["t"],"c":{"x":"y"},"d":[],"e":false,"f":null,"g":[[2]]}"#);
        let expected = "- name: \"a\"\n  dtype: float64\n- name: \"b\"\n  list: string\n- name: \"c\"\n  struct:\n  - name: \"x\"\n    \
            dtype: string\n- name: \"d\"\n  list:\n  - name: \"role\"\n    dtype: string\n- name: \"e\"\n  dtype: bool\n\
            - name: \"f\"\n  dtype: 'null'\n- name: \"g\"\n  list:\n    list: int64\n";
        assert_eq!(features.yaml(0).as_deref(), Some(expected));
        let mut settled = features.clone();
        settled.settle(|name| name == "f");
        let expected = expected.replace("dtype: 'null'", "dtype: float64");
        assert_eq!(settled.yaml(0).as_deref(), Some(expected.as_str()));
        features.row(r#"{"a":"text"}"#);
        assert_eq!(features.yaml(0), None, "a column of numbers and texts has no type");
        assert_eq!(Features::default().yaml(0), None);
    }
}
