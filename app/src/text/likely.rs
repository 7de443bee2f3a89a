//! Tells mathematics between dollars from money, shell variables and prose.

/// Names of functions that are written without a backslash.
const FUNCTIONS: [&str; 22] = [
    "sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "mod", "gcd", "lcm", "max", "min", "deg", "det", "dim",
    "lim", "arg", "ker", "sup", "inf", "rank",
];

/// Short words that tell prose from products of two letters.
const SHORT: [&str; 16] =
    ["an", "as", "at", "be", "by", "he", "if", "in", "is", "it", "of", "on", "or", "so", "to", "we"];

/// Signs after which something must follow.
const EXPECTING: [char; 12] = ['+', '-', '*', '/', '=', ',', '(', '[', '<', '>', '.', ';'];

/// Whether what stands between two dollars is mathematics.
pub(super) fn is_mathematics(inner: &str, before: Option<char>, after: Option<char>) -> bool {
    let trimmed = inner.trim();
    if trimmed.is_empty() {
        return false;
    }
    // The signs of other formulas: a partner was forgotten.
    let body = trimmed.strip_suffix("\\)").unwrap_or(trimmed);
    if ["\\(", "\\[", "\\)"]
        .iter()
        .any(|sign| body.match_indices(sign).any(|(at, _)| !body.get(..at).is_some_and(|b| b.ends_with('\\'))))
    {
        return false;
    }
    let commands = commands(trimmed);
    let words = words(trimmed);
    if commands > 0 {
        return words <= 4 + 2 * commands;
    }
    let digit_follows = after.is_some_and(|c| c.is_ascii_digit());
    let trimmed = without_stop(inner, after).unwrap_or(trimmed);
    if digit_follows || trimmed.ends_with(EXPECTING) && !trimmed.ends_with("...") || closes_first(trimmed) {
        return false;
    }
    let (left, right) = (inner.starts_with(char::is_whitespace), inner.ends_with(char::is_whitespace));
    let has_sign = trimmed.contains(['^', '_', '=', '<', '>', '+', '≤', '≥', '≠', '×', '·']);
    if left || right {
        return words == 0 && (has_sign || (left && right && trimmed.chars().count() <= 3 && !is_amount(trimmed)));
    }
    if inner.contains('\n') && words > 0 {
        return false;
    }
    // A shell's variable beside another one.
    if after.is_some_and(|c| c.is_ascii_uppercase() || matches!(c, '_' | '{')) && !trimmed.contains(['^', '=']) {
        return false;
    }
    if before.is_some_and(|c| c.is_ascii_alphanumeric()) && trimmed.starts_with(|c: char| c.is_ascii_punctuation()) {
        return words == 0 && has_sign;
    }
    let is_amount = trimmed.starts_with(|c: char| c.is_ascii_digit());
    if is_amount { words == 0 } else { words <= 3 || (has_sign && words <= 6) }
}

/// A formula that ends a clause, without the sign that ends it: many put it inside of the dollars, such as `$x = 2.$`.
/// Behind an amount of money another amount or a space would follow that sign.
fn without_stop(inner: &str, after: Option<char>) -> Option<&str> {
    let ends_word = after.is_none_or(|c| c.is_whitespace() || matches!(c, ')' | ']' | '"' | '\'' | '”' | '*'));
    let body = inner.strip_suffix(['.', ',', ';']).filter(|_| ends_word)?;
    // Dots that say “and so on” are no such sign.
    let is_whole = !body.is_empty() && !body.ends_with(|c: char| c == '.' || c.is_whitespace());
    is_whole.then_some(body)
}

/// Whether what stands between signs that are hardly anything else is prose all the same: a partner was forgotten.
pub(super) fn is_prose(inner: &str) -> bool {
    words(inner) > 12 + 3 * commands(inner)
}

fn is_amount(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
}

/// Whether what stands in `\(` or `\[` is mathematics: web pages escape brackets of other things, such as `\[edit\]`.
pub(super) fn is_bracketed_mathematics(inner: &str, before: Option<char>) -> bool {
    let trimmed = inner.trim();
    let has_sign = trimmed.contains(['^', '_', '=', '<', '>', '+', '-', '*', '/', '|']) || commands(trimmed) > 0;
    let is_note = is_amount(trimmed) && before.is_some_and(|c| !c.is_whitespace());
    !is_prose(inner) && !is_note && (has_sign || words(trimmed) == 0)
}

/// How many commands of mathematics a text holds.
fn commands(text: &str) -> usize {
    text.match_indices('\\')
        .filter(|(at, _)| {
            let mut letters = text.get(at + 1..).unwrap_or_default().bytes();
            match letters.next() {
                // A line's end as programs write it.
                Some(b'n') => letters.next().is_some_and(|byte| byte.is_ascii_lowercase()),
                first => first.is_some_and(|byte| byte.is_ascii_alphabetic()),
            }
        })
        .count()
}

/// Whether a bracket closes that was not opened.
fn closes_first(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().any(|c| {
        depth += match c {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        depth < 0
    })
}

/// How many words of prose a text holds, without those that stand as words in the formula.
fn words(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut count, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'\\' {
            let length = letters(bytes, at + 1);
            let name = text.get(at + 1..at + 1 + length).unwrap_or_default();
            at += 1 + length.max(1);
            let is_words = name.starts_with("text")
                || name.starts_with("math")
                || matches!(name, "mbox" | "hbox" | "operatorname" | "begin" | "end" | "ce" | "label" | "tag" | "rm");
            if is_words {
                at = super::formulas::closing_brace(bytes, at, at + 4_000).unwrap_or(at);
            }
        } else if byte.is_ascii_alphabetic() {
            let length = letters(bytes, at);
            let word = text.get(at..at + length).unwrap_or_default();
            at += length;
            let is_lower = word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
            let is_word = if length == 2 { SHORT.contains(&word) } else { length > 2 && !FUNCTIONS.contains(&word) };
            count += usize::from(is_word && is_lower);
        } else {
            at += 1;
        }
    }
    count
}

fn letters(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count())
}
