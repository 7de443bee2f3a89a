//! Reads JSON that is not quite JSON, and tells what had to be changed. Uses no recursion: nesting costs no stack.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::json::{Budget, Parsed, too_large};
use super::value_end::ValueEnd;

/// Rows nested deeper are refused: the readers of formats walk down them.
pub(super) const DEPTH: usize = 512;

/// Duplicate keys and the like are told so often per row.
const REPAIRS: usize = 8;

/// The row as a value. An error without words is one that a usual parser explains better.
pub(super) fn careful(bytes: &[u8], repeats: &[&str], budget: &Budget) -> Result<Parsed, Option<String>> {
    let mut repairs = Repairs::default();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            repairs.add(&format!(
                "byte {} of the row is not valid UTF-8; such bytes are replaced by \u{FFFD}, so save the file as UTF-8",
                error.valid_up_to() + 1
            ));
            String::from_utf8_lossy(bytes)
        }
    };
    let mut parser = Parser { text: &text, at: 0, repeats, budget, repairs };
    let value = parser.document()?;
    Ok(Parsed { value, repairs: parser.repairs.0 })
}

/// What was changed.
#[derive(Default)]
struct Repairs(Vec<String>);

impl Repairs {
    fn add(&mut self, what: &str) {
        if self.0.len() < REPAIRS && !self.0.iter().any(|known| known == what) {
            self.0.push(what.to_owned());
        }
    }
}

/// A list or object whose end is not reached.
enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, String),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    repeats: &'a [&'a str],
    budget: &'a Budget,
    repairs: Repairs,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn document(&mut self) -> Result<Value, Option<String>> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            if open.len() > DEPTH {
                return Err(Some(format!("the row is nested deeper than {DEPTH} levels; flatten it")));
            }
            // A value begins here, or the list or object ends.
            let mut value = match (self.peek(), open.last_mut()) {
                (Some(b'['), _) => {
                    self.at += 1;
                    open.push(Open::List(Vec::new()));
                    continue;
                }
                (Some(b'{'), _) => {
                    self.at += 1;
                    open.push(Open::Object(Map::new(), String::new()));
                    if self.key(&mut open)? {
                        continue;
                    }
                    close(&mut open)
                }
                (Some(b']'), Some(Open::List(list))) => {
                    if !list.is_empty() {
                        self.repairs.add("a comma before `]` is one too many; it was passed over");
                    }
                    self.at += 1;
                    close(&mut open)
                }
                _ => self.scalar()?,
            };
            // A value has ended; so may what is around it.
            loop {
                match open.last_mut() {
                    None if self.peek().is_none() => return Ok(value),
                    None => return Err(None),
                    Some(Open::List(list)) => {
                        list.push(value);
                        if self.take(b',') {
                            break;
                        }
                        if !self.take(b']') {
                            return Err(None);
                        }
                        value = close(&mut open);
                    }
                    Some(Open::Object(map, key)) => {
                        let key = std::mem::take(key);
                        if let Some(first) = map.insert(key.clone(), value) {
                            drop(first);
                            self.repairs.add(&format!("the key `{}` stands there twice; the last counts", short(&key)));
                        }
                        if self.take(b',') {
                            if self.key(&mut open)? {
                                break;
                            }
                        } else if !self.take(b'}') {
                            return Err(None);
                        }
                        value = close(&mut open);
                    }
                }
            }
        }
    }

    /// Reads up to the colon of the next entry; false where the object ends instead.
    fn key(&mut self, open: &mut [Open]) -> Result<bool, Option<String>> {
        let Some(Open::Object(map, next)) = open.last_mut() else { return Err(None) };
        loop {
            if self.take(b'}') {
                if !map.is_empty() {
                    self.repairs.add("a comma before `}` is one too many; it was passed over");
                }
                return Ok(false);
            }
            if self.peek() != Some(b'"') {
                return Err(None);
            }
            let key = self.string()?;
            if !self.take(b':') {
                return Err(None);
            }
            if !self.repeats.contains(&key.as_str()) {
                *next = key;
                return Ok(true);
            }
            self.skip()?;
            if self.take(b'}') {
                return Ok(false);
            }
            if !self.take(b',') {
                return Err(None);
            }
        }
    }

    /// Passes over a value.
    fn skip(&mut self) -> Result<(), Option<String>> {
        self.peek();
        let used = ValueEnd::default().feed(self.rest().as_bytes()).ok_or(None)?;
        self.at += used;
        Ok(())
    }

    fn scalar(&mut self) -> Result<Value, Option<String>> {
        if self.peek() == Some(b'"') {
            return self.string().map(Value::String);
        }
        let rest = self.rest();
        let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end;
        if !self.budget.take(0) {
            return Err(Some(too_large()));
        }
        match word {
            "null" => Ok(Value::Null),
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            "NaN" | "Infinity" | "-Infinity" => {
                self.repairs.add(&format!("the bare word {word} is not JSON; it is kept as a text"));
                Ok(word.into())
            }
            number => self.number(number),
        }
    }

    fn number(&mut self, word: &str) -> Result<Value, Option<String>> {
        let is_whole = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match serde_json::from_str::<Number>(word) {
            Ok(number) if is_whole && number.is_f64() && word != "-0" => {
                self.repairs.add("a whole number is too long to be kept as a number; it is kept as a text");
                Ok(word.into())
            }
            Ok(number) => Ok(number.into()),
            Err(_) if is_number(word) => {
                self.repairs.add(&format!("the number {} is too large; it is kept as a text", short(word)));
                Ok(word.into())
            }
            Err(_) => Err(None),
        }
    }

    fn string(&mut self) -> Result<String, Option<String>> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or(None)?;
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain + 1;
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    // The text, and the entry it may be the key of.
                    if !self.budget.take(text.len() + 64) {
                        return Err(Some(too_large()));
                    }
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(&control) => {
                    self.repairs.add("a text holds a bare control character, which JSON wants escaped; it is kept");
                    text.push(char::from(control));
                }
                None => return Err(None),
            }
        }
    }

    /// What a backslash stands before.
    fn escape(&mut self) -> Result<char, Option<String>> {
        let letter = self.text.as_bytes().get(self.at).copied();
        self.at += 1;
        Ok(match letter.ok_or(None)? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            quoted @ (b'"' | b'\\' | b'/') => char::from(quoted),
            b'u' => {
                let first = self.hex().ok_or(None)?;
                self.at += 4;
                let second = || {
                    let second = self.rest().strip_prefix("\\u").and_then(|_| hex(self.text, self.at + 2))?;
                    char::decode_utf16([first, second]).next()?.ok()
                };
                match (char::from_u32(first.into()), second()) {
                    (Some(character), _) => character,
                    (None, Some(character)) => {
                        self.at += 6;
                        character
                    }
                    (None, None) => {
                        self.repairs.add(&format!(
                            "\\u{first:04x} is half a character without its other half; it is replaced by \u{FFFD}"
                        ));
                        char::REPLACEMENT_CHARACTER
                    }
                }
            }
            _ => return Err(None),
        })
    }

    fn hex(&self) -> Option<u16> {
        hex(self.text, self.at)
    }
}

/// Four hexadecimal digits.
fn hex(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// The innermost list or object, complete.
fn close(open: &mut Vec<Open>) -> Value {
    match open.pop() {
        Some(Open::List(list)) => list.into(),
        Some(Open::Object(map, _)) => map.into(),
        None => Value::Null,
    }
}

/// A number by its letters, however large.
fn is_number(word: &str) -> bool {
    let mantissa = word.strip_prefix('-').unwrap_or(word);
    mantissa.starts_with(|c: char| c.is_ascii_digit())
        && mantissa.ends_with(|c: char| c.is_ascii_digit())
        && word.parse::<f64>().is_ok_and(f64::is_infinite)
}

fn short(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::json::parse;
    use super::*;

    fn read(text: &str) -> Result<(Value, usize), String> {
        parse(text.as_bytes(), &["skip"]).map(|parsed| (parsed.value, parsed.repairs.len()))
    }

    #[test]
    fn faults_of_other_writers_are_repaired_and_told() {
        for (text, value, repairs) in [
            (r#"{"a": NaN, "b": [-Infinity, Infinity]}"#, json!({"a": "NaN", "b": ["-Infinity", "Infinity"]}), 3),
            (r#"{"a": 1, "b": {"a": 2}, "a": 3}"#, json!({"a": 3, "b": {"a": 2}}), 1),
            (r#"["\ud800", "\ud83d\ude00", "\ud800\u0041"]"#, json!(["\u{FFFD}", "😀", "\u{FFFD}A"]), 1),
            ("[1e999, -1e999, -0, 1e300]", json!(["1e999", "-1e999", -0.0, 1e300]), 2),
            (
                "[18446744073709551615, 18446744073709551616, -9223372036854775809]",
                json!([u64::MAX, "18446744073709551616", "-9223372036854775809"]),
                1,
            ),
            ("[9007199254740993, 1.5]", json!([9_007_199_254_740_993_u64, 1.5]), 0),
            ("{\"a\": \"x\0\u{1b}[1m\ny\"}", json!({"a": "x\0\u{1b}[1m\ny"}), 1),
            (r#"{"a": [1, 2, ], "b": {"c": 1,},}"#, json!({"a": [1, 2], "b": {"c": 1}}), 2),
            (r#"{"a": "\u0000\u001b\ufffe"}"#, json!({"a": "\0\u{1b}\u{fffe}"}), 0),
            (r#"{"skip": {"a": [1, NaN]}, "b": NaN, "skip": "}"}"#, json!({"b": "NaN"}), 1),
            (r#"[{"skip": [1], "a": 1, "skip": {}}]"#, json!([{"a": 1}]), 0),
            (" [ ] ", json!([]), 0),
            (r#"[NaN, {}, [], {"a": []}]"#, json!(["NaN", {}, [], {"a": []}]), 1),
        ] {
            assert_eq!(read(text), Ok((value, repairs)), "{text}");
        }
        let lossy = parse(b"{\"a\": \"x\xffy\"}", &[]).unwrap();
        assert_eq!(lossy.value, json!({"a": "x\u{FFFD}y"}));
        assert!(lossy.repairs[0].starts_with("byte 9 of the row is not valid UTF-8"), "{:?}", lossy.repairs);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["[NaN", "[NaN}", "{NaN}", "[1 NaN]", "[nan]", "{\"a\" NaN}", "NaN NaN", "[\"\\x\", NaN]", "[01]"] {
            assert!(read(text).is_err(), "{text}");
        }
        for depth in [100, 512, 513, 100_000] {
            let text = format!("{}NaN{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(read(&text).is_ok(), depth <= DEPTH, "{depth}");
            let sound = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            assert_eq!(read(&sound).is_ok(), depth <= DEPTH, "{depth}");
        }
        assert!(read(&"[".repeat(600)).unwrap_err().contains("512"));
    }

    #[test]
    fn a_row_that_needs_too_much_memory_is_refused() {
        let many = format!("[{}1]", "1,".repeat(12 << 20));
        assert!(read(&many).unwrap_err().contains("MiB"));
        let many = format!("[NaN,{}1]", "1,".repeat(12 << 20));
        assert!(read(&many).unwrap_err().contains("MiB"));
    }

    proptest! {
        #[test]
        fn both_ways_agree_on_sound_rows(text in r#"[\[\]{},:"\\a-c0-9.eE \-]{0,40}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                let found = careful(text.as_bytes(), &[], &Budget::default()).map(|parsed| parsed.value);
                prop_assert_eq!(found, Ok(value.clone()));
                prop_assert_eq!(parse(text.as_bytes(), &[]).map(|parsed| parsed.value), Ok(value));
            } else {
                parse(text.as_bytes(), &[]).ok();
            }
        }
    }
}
