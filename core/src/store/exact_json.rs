//! Metadata as JSON text that reads back equal to the last bit.
//!
//! The JSON parser rounds some numbers in the last place. Where that happens, the text is a pair: the object, and the
//! exact bits of those numbers by JSON pointer.

use serde_json::Value;

use crate::model::Metadata;

type Exact = Vec<(String, u64)>;

/// The text of an object; `None` for an empty one.
pub(super) fn text_from_metadata(metadata: &Metadata) -> Result<Option<String>, serde_json::Error> {
    if metadata.is_empty() {
        return Ok(None);
    }
    let mut rounded = Exact::new();
    let mut pointer = String::new();
    for (key, value) in metadata {
        descend(key, value, &mut pointer, &mut rounded);
    }
    let text = if rounded.is_empty() {
        serde_json::to_string(metadata)?
    } else {
        serde_json::to_string(&(metadata, rounded))?
    };
    Ok(Some(text))
}

/// The object of a text; an empty one for `None`.
pub(super) fn metadata_from_text(text: Option<&str>) -> Result<Metadata, serde_json::Error> {
    let Some(text) = text else { return Ok(Metadata::new()) };
    if !text.starts_with('[') {
        return serde_json::from_str(text);
    }
    let (metadata, exact): (Metadata, Exact) = serde_json::from_str(text)?;
    let mut value = Value::Object(metadata);
    for (pointer, bits) in exact {
        if let Some(slot) = value.pointer_mut(&pointer) {
            *slot = Value::from(f64::from_bits(bits));
        }
    }
    Ok(match value {
        Value::Object(metadata) => metadata,
        _ => Metadata::new(),
    })
}

fn descend(key: &str, value: &Value, pointer: &mut String, rounded: &mut Exact) {
    if !matches!(value, Value::Number(_) | Value::Array(_) | Value::Object(_)) {
        return;
    }
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Number(number) if number.is_f64() => {
            let exact = number.as_f64().unwrap_or_default().to_bits();
            let read: Option<f64> = serde_json::from_str(&number.to_string()).ok();
            if read.map(f64::to_bits) != Some(exact) {
                rounded.push((pointer.clone(), exact));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                descend(&index.to_string(), item, pointer, rounded);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                descend(key, field, pointer, rounded);
            }
        }
        _ => {}
    }
    pointer.truncate(length);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_keep_their_bits(bits: Vec<u64>, key in "[a/~0\"\\PC]{0,5}") {
            let numbers: Vec<Value> = bits.iter().map(|&b| Value::from(f64::from_bits(b))).collect();
            let mut metadata = Metadata::new();
            metadata.insert(key, Value::from(vec![Value::from(numbers)]));
            let text = text_from_metadata(&metadata).unwrap();
            prop_assert_eq!(metadata_from_text(text.as_deref()).unwrap(), metadata);
        }
    }
}
