//! The values of a field that can be chosen: how each is shown, and how a question asks for it.

use super::groups::Group;
use super::language::{Field, Kind, What, in_quotes, quoted};
use super::views::Coded;

/// A value of a field by its number: a span, or a name.
pub(super) fn choice(field: &Field, coded: &Coded, value: usize) -> Option<Group> {
    let Some(at) = value.checked_sub(coded.first_name()) else { return span(&field.name(), coded, value) };
    let name = coded.names.get(at)?;
    let clause = match field.kind() {
        // A colon asks where a text occurs.
        Kind::Words => format!("{} = {}", field.name(), in_quotes(name)),
        // Without quotation marks the same name in any folder is meant.
        _ if field.what == What::File => format!("{}:{}", field.name(), in_quotes(name)),
        _ => format!("{}:{}", field.name(), always_quoted(name)),
    };
    Some(Group { name: name.clone(), clause })
}

/// What lies below all spans is the first.
fn span(field: &str, coded: &Coded, at: usize) -> Option<Group> {
    let spans = coded.spans.as_ref()?;
    let from = at.checked_sub(1).and_then(|at| spans.starts.get(at).copied());
    let to = spans.starts.get(at).copied();
    let (name, clause) = match (from, to) {
        (Some(from), Some(to)) if spans.is_whole && to - from <= 1.0 => (from.to_string(), format!("{field}:{from}")),
        (Some(from), Some(to)) if spans.is_whole => {
            let last = to - 1.0;
            (between(from, last), format!("{field}:{from}..{last}"))
        }
        (Some(from), Some(to)) => (between(from, to), format!("({field} >= {from} and {field} < {to})")),
        (Some(from), None) => (format!("{from} and more"), format!("{field} >= {from}")),
        (None, Some(to)) => (format!("below {to}"), format!("{field} < {to}")),
        (None, None) => return None,
    };
    Some(Group { name, clause })
}

fn between(from: f64, to: f64) -> String {
    if from < 0.0 { format!("{from} to {to}") } else { format!("{from}–{to}") }
}

/// Numbers and stars would be read as numbers and patterns, so names are quoted unless they are plain.
fn always_quoted(value: &str) -> String {
    let text = quoted(value);
    let is_plain = !text.starts_with('"') && !text.starts_with(|c: char| c.is_ascii_digit());
    if is_plain || text.starts_with('"') { text } else { format!("\"{text}\"") }
}
