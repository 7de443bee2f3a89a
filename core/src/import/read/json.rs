//! One JSON row as a value: fast where the row is sound, with care where it is not.
//!
//! The careful way reads what other writers give as JSON: bare `NaN`, halves of characters, keys twice, raw control
//! characters, numbers beyond what JSON numbers hold here. What it had to change it tells.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::careful::careful;

/// A parsed row may need so much memory. The traces it gives need a multiple, where it holds many short texts.
const MEMORY: usize = 320 << 20;

/// A row as a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    /// What was changed so that it could be read, in sentences.
    pub(crate) repairs: Vec<String>,
}

/// Parses a row. The values of the keys in `repeats` are passed over.
pub(super) fn parse(bytes: &[u8], repeats: &[&str]) -> Result<Parsed, String> {
    let budget = Budget::default();
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let found = Seed { repeats, budget: &budget }.deserialize(&mut parser);
    let error = match found.and_then(|value| parser.end().map(|()| value)) {
        Ok(value) if !budget.odd.get() => return Ok(Parsed { value, repairs: Vec::new() }),
        Ok(_) => None,
        Err(_) if budget.is_spent() => return Err(too_large()),
        Err(error) => Some(error),
    };
    careful(bytes, repeats, &Budget::default()).map_err(|reason| match (reason, error) {
        (Some(reason), _) => reason,
        (None, Some(error)) if error.is_eof() => {
            "the row ends before it is complete; the file may have been cut off".into()
        }
        (None, error) => {
            format!("not valid JSON: {}; correct the row", error.map_or_else(String::new, |error| error.to_string()))
        }
    })
}

pub(super) fn too_large() -> String {
    format!("the row holds so much that reading it takes more than {} MiB of memory; split it", MEMORY >> 20)
}

/// What a row may still use.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    /// Something only the careful way can tell apart.
    odd: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Cell::new(MEMORY), odd: Cell::new(false) }
    }
}

impl Budget {
    /// Takes what a value with so much text needs; false once there is no more.
    pub(super) fn take(&self, text: usize) -> bool {
        let left = self.left.get().checked_sub(text + size_of::<Value>());
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    repeats: &'a [&'a str],
    budget: &'a Budget,
}

impl Seed<'_> {
    fn take<E: serde::de::Error>(self, text: usize) -> Result<(), E> {
        if self.budget.take(text) { Ok(()) } else { Err(E::custom("too large")) }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // A whole number that was too long for an integer may have lost digits.
        if value.abs() > 9.2e18 {
            self.budget.odd.set(true);
        }
        Ok(Number::from_f64(value).map_or_else(|| special(value).into(), Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(value.into())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.take(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            self.take(0)?;
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.take(0)?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if self.repeats.contains(&key.as_str()) {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            // The entry of the index and of its list.
            self.take(key.len() + 64)?;
            let value = entries.next_value_seed(self)?;
            if map.insert(key, value).is_some() {
                self.budget.odd.set(true);
            }
        }
        Ok(map.into())
    }
}

/// A number that JSON has not, as the word that other writers use.
pub(super) fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// A value out of a format that is not JSON.
pub(super) struct Foreign(pub(super) Value);

impl<'de> serde::Deserialize<'de> for Foreign {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let budget = Budget::default();
        Seed { repeats: &[], budget: &budget }
            .deserialize(deserializer)
            .map(Self)
            .map_err(|error| if budget.is_spent() { D::Error::custom(too_large()) } else { error })
    }
}
