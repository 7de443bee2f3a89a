//! What could be written at a place of a question.

use std::ops::Range;

use super::catalog::{self, Kind, Takes, find};
use super::fields::{Fields, closed};
use super::parse::{FUNCTIONS, parse_field};
use super::source;
use super::specs::SPECS;

/// How many are offered.
const MOST: usize = 50;

/// Something that could be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The bytes of the question that it replaces.
    pub span: Range<usize>,
    /// What is put there.
    pub insert: String,
    /// What has to stand behind it: the sign of a field whose values are names.
    pub then: &'static str,
    /// What it means, in a line.
    pub detail: String,
    /// How many traces have the value; of fields of steps, how many steps.
    pub count: Option<u64>,
}

/// What could be written at that byte of the question: fields, or values of the field before it. Those that begin like
/// what stands there come first, then those that contain it.
pub fn complete(text: &str, cursor: usize, fields: &Fields) -> Vec<Suggestion> {
    let Some(before) = text.get(..cursor) else { return Vec::new() };
    let start = start_of_piece(before);
    let piece = before.get(start..).unwrap_or_default();
    let in_step = is_in_step(before.get(..start).unwrap_or_default());
    let mut found = match (value_of(piece), member_of(piece)) {
        (Some((name, value)), _) => values(name, value, in_step, cursor, fields),
        (None, Some(member)) => members(member, piece.contains('"'), cursor, fields),
        // A number is a value, and what is behind a sign is one too.
        (None, None) if piece.starts_with(|c: char| c.is_ascii_digit()) => Vec::new(),
        (None, None) => names(piece, in_step, true, start..cursor, fields),
    };
    found.truncate(MOST);
    found
}

/// Where the piece begins that the cursor stands behind.
pub(super) fn start_of_piece(before: &str) -> usize {
    let (mut start, mut is_quoted, mut depth) = (0, false, 0_u32);
    let mut last = None;
    for (at, c) in before.char_indices() {
        let after_name = last.is_some_and(|c: char| c.is_alphanumeric() || c == '_');
        match c {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            // A field goes on in its brackets; a function does not.
            '(' if depth > 0 => depth += 1,
            '(' if after_name && !FUNCTIONS.iter().any(|name| before.get(start..at) == Some(name)) => depth = 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            '(' | ')' | ',' => start = at + 1,
            '-' if at == start => start = at + 1,
            c if c.is_whitespace() => start = at + c.len_utf8(),
            _ => {}
        }
        last = Some(c);
    }
    start
}

/// True inside the brackets of a quantifier.
fn is_in_step(before: &str) -> bool {
    let mut open: Vec<bool> = Vec::new();
    for (at, c) in before.char_indices() {
        match c {
            '(' => {
                let head = before.get(..at).unwrap_or_default();
                let inner = open.last().copied().unwrap_or_default();
                open.push(inner || FUNCTIONS.iter().any(|name| head.ends_with(name)));
            }
            ')' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.last().copied().unwrap_or_default()
}

/// The name of a field and the beginning of a value.
pub(super) fn value_of(piece: &str) -> Option<(&str, &str)> {
    let (mut is_quoted, mut depth) = (false, 0_u32);
    let at = piece.find(|c| {
        match c {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        !is_quoted && depth == 0 && matches!(c, ':' | '=' | '<' | '>' | '~' | '!')
    });
    let (name, rest) = piece.split_at(at?);
    Some((name, rest.trim_start_matches([':', '=', '<', '>', '~', '!'])))
}

fn values(name: &str, value: &str, in_step: bool, cursor: usize, fields: &Fields) -> Vec<Suggestion> {
    let span = cursor - value.len()..cursor;
    let wanted = value.trim_start_matches('"').to_lowercase();
    if matches!(name, "has" | "is") {
        return names(value, in_step, false, span, fields);
    }
    let full = if in_step && find(name, true).is_some_and(|spec| spec.is_step) && !name.starts_with("step.") {
        format!("step.{name}")
    } else {
        name.to_owned()
    };
    let Ok(field) = parse_field(&full, fields) else { return Vec::new() };
    let offer = |value: &str, count: Option<u64>| Suggestion {
        span: span.clone(),
        insert: quoted(value),
        then: "",
        detail: String::new(),
        count,
    };
    let offers: Vec<Suggestion> = match (fields.values(&field), closed(field.what)) {
        (Some(known), _) => known.iter().map(|known| offer(&known.value, Some(known.count))).collect(),
        (None, Some(closed)) => closed.into_iter().map(|value| offer(value, None)).collect(),
        (None, None) if field.kind() == Kind::Flag => ["yes", "no"].map(|value| offer(value, None)).into(),
        (None, None) => Vec::new(),
    };
    ranked(offers, &wanted, |offer| offer.insert.trim_matches('"').to_lowercase())
}

/// A value as it is written: in quotation marks, unless it is one plain word.
pub(crate) fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_word = value.starts_with(char::is_alphanumeric) && value.chars().all(is_plain) && !value.contains("..");
    if is_word { value.into() } else { in_quotes(value) }
}

/// A text in quotation marks, as it is read back.
pub(crate) fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What is written of a member of a consensus, where its brackets are open.
fn member_of(piece: &str) -> Option<&str> {
    let (_, consensus) = piece.split_once("consensus:")?;
    let (_, members) = consensus.split_once('(')?;
    let last = members.rsplit(',').next().unwrap_or_default();
    (!members.contains(')')).then_some(last.trim_start())
}

fn members(member: &str, is_quoted: bool, cursor: usize, fields: &Fields) -> Vec<Suggestion> {
    let Some(known) = &fields.known else { return Vec::new() };
    let offer = |name: String| Suggestion {
        span: cursor - member.len()..cursor,
        insert: if is_quoted { name.replace('\\', "\\\\").replace('"', "\\\"") } else { name },
        then: "",
        detail: "a member of the consensus".into(),
        count: None,
    };
    let offers = source::members(known).into_iter().map(offer).collect();
    ranked(offers, &member.to_lowercase(), |offer| offer.insert.to_lowercase())
}

/// Fields, of which a value is asked for or only whether there is one.
fn names(piece: &str, in_step: bool, asks_value: bool, span: Range<usize>, fields: &Fields) -> Vec<Suggestion> {
    let offer = |insert: String, detail: &str| Suggestion {
        span: span.clone(),
        insert,
        then: "",
        detail: detail.into(),
        count: None,
    };
    let mut offers = Vec::new();
    for spec in SPECS {
        // Inside a quantifier the name means the field of the steps.
        if in_step && !spec.is_step && find(spec.name, true).is_some_and(|other| other.is_step) {
            continue;
        }
        let first = offers.len();
        let prefix = if spec.is_step && !in_step { "step." } else { "" };
        let known = fields.known.as_ref();
        match (spec.takes, known) {
            (Takes::Key, Some(known)) => {
                let (keys, is_meta) = match spec.what {
                    catalog::What::Meta => (&known.meta, true),
                    catalog::What::StepMeta => (&known.step_meta, true),
                    _ => (&known.scales, false),
                };
                for key in keys {
                    let plain = is_meta && key.chars().all(catalog::is_meta_char);
                    let name = if plain { format!("meta.{key}") } else { format!("{}({key:?})", spec.name) };
                    offers.push(offer(format!("{prefix}{name}"), spec.help));
                }
            }
            (Takes::Key, None) => {}
            (Takes::Scorer, Some(known)) => {
                offers.push(offer(format!("{prefix}{}", spec.name), spec.help));
                for scorer in &known.scorers {
                    offers.push(offer(format!("{prefix}{}({scorer:?})", spec.name), spec.help));
                }
            }
            (Takes::Source, Some(known)) => {
                offers.push(offer(format!("{prefix}{}", spec.name), spec.help));
                let own = known.annotators.iter().map(|name| format!("own:{name}"));
                let sources = known.sources.iter().map(|name| format!("imported:{name}"));
                // Only where a source is being written: there are many.
                let judged =
                    if spec.what.is_judged() && piece.contains('(') { source::judged(known) } else { Vec::new() };
                for source in own.chain(sources).chain(judged) {
                    offers.push(offer(format!("{prefix}{}({source:?})", spec.name), spec.help));
                }
            }
            (Takes::Scorer | Takes::Source | Takes::Nothing, _) => {
                offers.push(offer(format!("{prefix}{}", spec.name), spec.help));
            }
        }
        if asks_value && matches!(spec.kind, Kind::Name | Kind::Names) {
            offers.iter_mut().skip(first).for_each(|offer: &mut Suggestion| offer.then = ":");
        }
    }
    if in_step {
        offers.push(offer("within(".into(), "a step that meets the condition is near: within(2, after, …)"));
        offers.push(offer("after(".into(), "a step that meets the condition comes before this one"));
        offers.push(offer("before(".into(), "a step that meets the condition comes after this one"));
    } else {
        offers.push(offer("any(".into(), "some step meets the condition"));
        offers.push(offer("all(".into(), "every step meets the condition"));
        offers.push(offer("none(".into(), "no step meets the condition"));
        offers.push(offer("count(".into(), "how many steps meet the condition"));
    }
    offers.push(offer("has:".into(), "the field has a value"));
    // With or without quotation marks.
    let bare = |text: &str| text.to_lowercase().replace('"', "");
    ranked(offers, &bare(piece), |offer| bare(&offer.insert))
}

/// Those that begin like the wanted, then those that contain it; each in the order given.
fn ranked(offers: Vec<Suggestion>, wanted: &str, text: impl Fn(&Suggestion) -> String) -> Vec<Suggestion> {
    let (first, others): (Vec<_>, Vec<_>) = offers.into_iter().partition(|offer| text(offer).starts_with(wanted));
    let others = others.into_iter().filter(|offer| text(offer).contains(wanted));
    first.into_iter().chain(others).collect()
}
