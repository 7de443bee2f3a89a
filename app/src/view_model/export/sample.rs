//! The first rows of an export, taken apart to be read: fields, and of pairs what differs between the sides.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use stepscope_core::export::{ExportFormat, Preview, Sides};
use stepscope_core::model::TraceId;

use crate::view_model::one_line;
use crate::view_model::word_diff::WordDiff;

/// Rows that are shown.
const ROWS: usize = 20;
/// Characters shown of a field.
const FIELD: usize = 1_200;
/// Characters shown of a row as it is written.
const LINE: usize = 8_000;
/// Words of both sides up to which they are always shown as one text.
const SHORT: usize = 24;
/// Bytes of a side up to which sides are compared word by word.
const COMPARED: usize = 60_000;

/// What an export comes to, with its first rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportShown {
    /// What it comes to.
    pub preview: Preview,
    /// The first rows.
    pub rows: Vec<SampleModel>,
    /// A field that holds a list or an object in one of them.
    pub nested: Option<String>,
    /// The traces are named one by one, not found by a question.
    pub is_picked: bool,
    /// What it is made of is what the annotator said.
    pub is_own: bool,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SampleModel {
    /// Number and trace.
    pub title: String,
    /// The row as it is written.
    pub line: String,
    /// The row taken apart.
    pub body: SampleBody,
}

/// A row taken apart.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum SampleBody {
    /// Field by field.
    Fields(Vec<(String, String)>),
    /// Two sides.
    Pair {
        /// What both go on from; on one line, its end.
        shared: String,
        /// The whole of it.
        whole: String,
        /// The sides.
        sides: SidesModel,
        /// The other fields.
        more: Vec<(String, String)>,
    },
}

/// The sides of a pair.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum SidesModel {
    /// From the worse one to the better one.
    Changed(WordDiff),
    /// So little is common to them that they are read apart.
    Apart {
        /// The better one.
        chosen: String,
        /// The worse one.
        rejected: String,
    },
}

impl ExportShown {
    /// Takes the first rows apart. `name` gives the name of a trace.
    pub fn new(preview: Preview, format: &dyn ExportFormat, name: impl Fn(&TraceId) -> String) -> Self {
        let parsed: Vec<Option<Map<String, Value>>> =
            preview.sample.iter().map(|line| serde_json::from_str(line).ok()).collect();
        let rows = parsed.iter().zip(&preview.sample).zip(&preview.sample_of).zip(1..).take(ROWS);
        let rows = rows.map(|(((row, line), trace), number)| SampleModel {
            title: format!("Row {number} · {}", name(trace)),
            line: cut(line, LINE),
            body: body(row.as_ref(), line, format),
        });
        let is_nested = |(name, value): (&String, &Value)| {
            matches!(value, Value::Array(_) | Value::Object(_)).then(|| name.clone())
        };
        let nested = parsed.iter().flatten().find_map(|row| row.iter().find_map(is_nested));
        Self { rows: rows.collect(), nested, preview, is_picked: false, is_own: false }
    }
}

fn body(row: Option<&Map<String, Value>>, line: &str, format: &dyn ExportFormat) -> SampleBody {
    let Some(row) = row else { return SampleBody::Fields(vec![(String::new(), cut(line, FIELD))]) };
    let fields = |left_out: &BTreeSet<&str>| {
        let fields = row.iter().filter(|(name, _)| !left_out.contains(name.as_str()));
        fields.map(|(name, value)| (name.clone(), said(value))).collect()
    };
    match format.sides(row) {
        Some(sides) if sides.chosen.len().max(sides.rejected.len()) <= COMPARED => {
            // What the differences show is not shown again.
            let shown = |value: &Value| {
                value.as_str().is_some_and(|text| {
                    [&sides.chosen, &sides.rejected].into_iter().any(|side| side == text) || sides.shared.contains(text)
                })
            };
            let chat = |value: &Value| value.as_array().is_some_and(|list| list.iter().any(Value::is_object));
            let left_out: BTreeSet<&str> =
                row.iter().filter(|(_, value)| shown(value) || chat(value)).map(|(name, _)| name.as_str()).collect();
            SampleBody::Pair {
                shared: end_of(&sides.shared, 110),
                whole: cut(&sides.shared, LINE),
                sides: compared(&sides),
                more: fields(&left_out),
            }
        }
        _ => SampleBody::Fields(fields(&BTreeSet::new())),
    }
}

fn compared(sides: &Sides) -> SidesModel {
    let diff = WordDiff::new(&sides.rejected, &sides.chosen);
    // Of short texts also little that is common is seen at once.
    if diff.is_another_text() && diff.words > SHORT {
        return SidesModel::Apart { chosen: cut(&sides.chosen, FIELD), rejected: cut(&sides.rejected, FIELD) };
    }
    SidesModel::Changed(diff.abridged())
}

/// A value as it is read: texts without quotes, lists line by line, plain values of an object side by side, the rest as
/// JSON.
fn said(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.len() > 1 && list.iter().all(Value::is_string) => {
            let lines = (1..)
                .zip(list)
                .map(|(number, one)| format!("{number}  {}", one_line(one.as_str().unwrap_or_default(), 240)));
            lines.collect::<Vec<_>>().join("\n")
        }
        Value::Array(list) if list.iter().all(Value::is_object) && list.iter().all(|one| one.get("role").is_some()) => {
            let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let lines =
                list.iter().map(|one| format!("{}  {}", text(one, "role"), one_line(&text(one, "content"), 240)));
            lines.collect::<Vec<_>>().join("\n")
        }
        Value::Object(map) if !map.is_empty() && map.values().all(|value| !value.is_object() && !value.is_array()) => {
            let known = map.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
            known.map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(" · ")
        }
        other => other.to_string(),
    };
    cut(&text, FIELD)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| one_line(text, 80))
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The end of a text on one line.
fn end_of(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let count = line.chars().count();
    if count <= most { line } else { format!("…{}", line.chars().skip(count - most).collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use stepscope_core::export::format_by_name;

    use super::*;

    fn taken_apart(format: &str, line: &str) -> SampleBody {
        let row = serde_json::from_str(line).unwrap();
        body(Some(&row), line, format_by_name(format).unwrap())
    }

    #[test]
    fn of_a_pair_the_differences_are_shown_and_the_beginning_is_folded() {
        let shared = "word ".repeat(60);
        let line = format!(
            r#"{{"prompt":"{shared}","chosen":"so it is 4","rejected":"so it is 5","meta":{{"rule":"label"}}}}"#
        );
        let SampleBody::Pair { shared: folded, whole, sides, more } = taken_apart("trl_preference", &line) else {
            panic!("a pair has sides")
        };
        let SidesModel::Changed(diff) = sides else { panic!("two words differ") };
        assert!(folded.starts_with('…') && folded.chars().count() == 111, "{folded}");
        assert_eq!(whole, shared);
        let pieces: Vec<&str> = diff.pieces.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(pieces, ["so it is ", "5", "4"]);
        assert_eq!(more, [("meta".to_owned(), "rule label".to_owned())]);
        let (one, other) =
            ("a step with words of its own ".repeat(9), "nothing common at all, really, here ".repeat(9));
        let line = format!(r#"{{"prompt":"p","chosen":"{one}","rejected":"{other}"}}"#);
        let SampleBody::Pair { sides, .. } = taken_apart("trl_preference", &line) else { panic!("a pair has sides") };
        assert_eq!(sides, SidesModel::Apart { chosen: one, rejected: other });
    }

    #[test]
    fn every_format_of_pairs_has_its_sides() {
        let check = |format: &str, line: &str, expected: &[&str]| {
            let SampleBody::Pair { sides: SidesModel::Changed(diff), whole, .. } = taken_apart(format, line) else {
                panic!("{format}: {line}")
            };
            let mut pieces: Vec<&str> = diff.pieces.iter().map(|(_, text)| text.as_str()).collect();
            pieces.insert(0, &whole);
            assert_eq!(pieces, expected, "{format}");
        };
        check(
            "step_dpo",
            r#"{"prompt":"p","initial_reason_steps":"s","chosen":"a","rejected":"b"}"#,
            &["p\ns", "b", "a"],
        );
        check("weighted_pairs", r#"{"prompt":"p","chosen":"a","rejected":"b","weight":1.0}"#, &["p", "b", "a"]);
        check("rstar_pairs", r#"{"prefix":"p","chosen_step":"a","rejected_step":"b"}"#, &["p", "b", "a"]);
        check("rstar_pairs", r#"{"prompt":"p","pos":["a","c"],"neg":["b"]}"#, &["p", "b", "a"]);
        check(
            "trl_preference_chat",
            r#"{"prompt":[{"role":"user","content":"p"}],"chosen":[{"role":"assistant","content":"x a"}],"rejected":[{"role":"assistant","content":"x b"}]}"#,
            &["user: p", "assistant: x ", "b", "a"],
        );
    }

    #[test]
    fn fields_are_read_as_texts() {
        let SampleBody::Fields(fields) =
            taken_apart("trl_stepwise", r#"{"prompt":"1+1?","completions":["a","b\nc"],"labels":[true,false]}"#)
        else {
            panic!("no pair")
        };
        let texts: Vec<&str> = fields.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["1+1?", "1  a\n2  b c", "[true,false]"]);
    }
}
