//! Reads an object of texts as Python prints it, `{'name': 'x', 'arguments': '{}'}`, also where it is cut short.

use serde_json::{Map, Value};

/// The texts that could be read, the last of them perhaps in part, and whether the object came to its end.
pub(super) fn python_dict(text: &str) -> (Map<String, Value>, bool) {
    let mut found = Map::new();
    let mut rest = text.trim_start();
    let Some(after) = rest.strip_prefix('{') else { return (found, false) };
    rest = after.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return (found, after.trim().is_empty());
        }
        let Some((key, after, true)) = quoted(rest) else { return (found, false) };
        let Some(after) = after.trim_start().strip_prefix(':') else { return (found, false) };
        let after = after.trim_start();
        let (value, after, whole) = if let Some((text, after, whole)) = quoted(after) {
            (Value::String(text), after, whole)
        } else {
            let (value, after) = bare(after);
            (value, after, !after.is_empty())
        };
        found.insert(key, value);
        if !whole {
            return (found, false);
        }
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
        if rest.is_empty() {
            return (found, false);
        }
    }
}

/// A text in single or double quotes, what follows, and whether the closing quote is there.
fn quoted(text: &str) -> Option<(String, &str, bool)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((out, text.get(at + 1..).unwrap_or_default(), true));
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next().map(|(_, c)| c) {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(c @ ('\\' | '\'' | '"')) => out.push(c),
            Some(sort @ ('x' | 'u' | 'U')) => {
                let digits = match sort {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                match u32::from_str_radix(&code, 16).ok().and_then(char::from_u32) {
                    Some(c) if code.len() == digits => out.push(c),
                    // Cut, or half of a pair: as it is written.
                    _ => {
                        out.push('\\');
                        out.push(sort);
                        out.push_str(&code);
                    }
                }
            }
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
    }
    Some((out, "", false))
}

/// A value without quotes, up to the next comma or bracket.
fn bare(text: &str) -> (Value, &str) {
    let end = text.find([',', '}']).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    let value = match word.trim() {
        "None" => Value::Null,
        "True" => true.into(),
        "False" => false.into(),
        other => serde_json::from_str(other).unwrap_or_else(|_| other.into()),
    };
    (value, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_as_far_as_they_go() {
        let check = |text: &str, expected: &str, whole: bool| {
            let (found, ended) = python_dict(text);
            assert_eq!((Value::from(found).to_string().as_str(), ended), (expected, whole), "{text}");
        };
        check("{'a': 'x', 'b': \"it's\"}", r#"{"a":"x","b":"it's"}"#, true);
        check(r"{'a': '{\n  \'q\': 1}', 'b': 3, 'c': None}", r#"{"a":"{\n  'q': 1}","b":3,"c":null}"#, true);
        check(r"{'a': 'caf\xe9 \u20ac \q'}", r#"{"a":"café € \\q"}"#, true);
        check("{'a': 'x', 'b': 'cut he", r#"{"a":"x","b":"cut he"}"#, false);
        check(r"{'a': 'x\u20", r#"{"a":"x\\u20"}"#, false);
        check("{'a': 'x', 'b'", r#"{"a":"x"}"#, false);
        check("{'a': 'x',", r#"{"a":"x"}"#, false);
        check("plain words", "{}", false);
        check("{}", "{}", true);
    }
}
