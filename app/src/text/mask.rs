//! Makes a prose text ready for markdown: what looks like markup and is none is covered, byte for byte.
//!
//! Markdown is then read off the covered text, and what is shown comes from the source at the same places.

use std::ops::Range;

use super::formulas::Found;

/// Stands for a sign that must not be markup.
const COVER: u8 = b'x';

/// A text of the same length in which only markdown is markup.
pub(super) fn masked(text: &str, formulas: &[Found]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    signs(text, &mut bytes);
    lines(text, &mut bytes);
    for found in formulas {
        cover(&mut bytes, found.source.clone());
    }
    // Covered are whole characters only.
    String::from_utf8(bytes).unwrap_or_else(|_| "x".repeat(text.len()))
}

/// Covers a formula. Emphasis begins and ends beside it as it would beside a sign or a letter, whichever is meant.
fn cover(bytes: &mut [u8], range: Range<usize>) {
    let is_sign = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_punctuation);
    let is_star = |byte: &u8| matches!(byte, b'*' | b'_');
    let before = bytes.get(..range.start).unwrap_or_default();
    let stars = before.iter().rev().take_while(|byte| is_star(byte)).count();
    let left = stars > 0 && is_sign(before.len().checked_sub(stars + 1).and_then(|at| before.get(at)));
    let after = bytes.get(range.end..).unwrap_or_default();
    let stars = after.iter().take_while(|byte| is_star(byte)).count();
    let right = stars > 0 && is_sign(after.get(stars));
    let Some(inside) = bytes.get_mut(range) else { return };
    inside.fill(COVER);
    if left && let Some(first) = inside.first_mut() {
        *first = b',';
    }
    if right && let Some(last) = inside.last_mut() {
        *last = b',';
    }
}

/// Covers signs that mean something else in what models write.
fn signs(text: &str, bytes: &mut [u8]) {
    let source = text.as_bytes();
    let at_place = |at: usize| source.get(at).copied().unwrap_or(b'\n');
    let is_operand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'(' | b')' | b'[' | b']' | b'}' | b'{');
    let mut at = 0;
    while at < source.len() {
        let (before, next) = (if at == 0 { b'\n' } else { at_place(at - 1) }, at_place(at + 1));
        let mut length = 1;
        let is_covered = match at_place(at) {
            // Tags stay visible; addresses in brackets are markdown.
            b'<' => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let is_address = ["http://", "https://", "mailto:"].iter().any(|start| rest.starts_with(start));
                (next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?')) && !is_address
            }
            // `2*3*4` and `2**3` are no emphasis.
            b'*' => {
                length = source.get(at..).map_or(1, |rest| rest.iter().take_while(|byte| **byte == b'*').count());
                let follows = at_place(at + length);
                match length {
                    1 => is_operand(before) && is_operand(follows),
                    2 => {
                        let is_number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'(' | b')');
                        is_operand(before) && is_operand(follows) && (is_number(before) || is_number(follows))
                    }
                    _ => false,
                }
            }
            b'_' if next == b'_' && !before.is_ascii_alphanumeric() && before != b'_' => {
                let rest = source.get(at + 2..).unwrap_or_default();
                let name = rest.iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
                length = name + 4;
                name > 0 && rest.get(name..).is_some_and(|rest| rest.starts_with(b"__"))
            }
            // One alone says "about".
            b'~' => before != b'~' && next != b'~',
            // Markdown takes a definition out of the text.
            b':' => before == b']',
            b'\\' => {
                let is_shown = b"()[]{},;:%&=/'\"^\\?@".contains(&next);
                length = if is_shown && next == b'\\' { 2 } else { 1 };
                is_shown
            }
            _ => false,
        };
        if is_covered && let Some(part) = bytes.get_mut(at..(at + length).min(source.len())) {
            part.fill(if at_place(at) == b'<' { b'^' } else { COVER });
        }
        at += if at_place(at) == b'_' { 1 } else { length };
    }
}

/// Covers lines that would turn the lines above them into a heading.
fn lines(text: &str, bytes: &mut [u8]) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        let range = start..start + words.len();
        at += line.len();
        if words.is_empty() {
            continue;
        }
        let cover = if words.bytes().all(|byte| byte == b'-') {
            if words.len() >= 3 { b'*' } else { COVER }
        } else if words.len() < 3 && words.bytes().all(|byte| byte == b'=') {
            COVER
        } else {
            continue;
        };
        if let Some(part) = bytes.get_mut(range) {
            part.fill(cover);
        }
    }
}
