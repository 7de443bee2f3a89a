//! Small work on texts: previews and search without regard to case.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

const PREVIEW_CHARS: usize = 200;

/// The first 200 characters on one line, runs of white space as one blank.
pub(super) fn preview(text: &str) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split_whitespace() {
        if chars >= PREVIEW_CHARS {
            break;
        }
        if chars > 0 {
            line.push(' ');
            chars += 1;
        }
        for character in word.chars().take(PREVIEW_CHARS - chars) {
            line.push(character);
            chars += 1;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// True where the text contains the needle, which is in lower case already.
///
/// An ASCII needle is searched without allocating; it does not find the few letters outside ASCII that have an ASCII
/// lower case.
pub(super) fn contains_ignoring_case(text: &str, needle_lowercase: &str) -> bool {
    if needle_lowercase.is_ascii() {
        contains_ascii(text.as_bytes(), needle_lowercase.as_bytes())
    } else {
        // A text without any byte outside ASCII cannot contain it.
        !text.is_ascii() && text.to_lowercase().contains(needle_lowercase)
    }
}

/// A text to look for, prepared for a search through much text.
///
/// Case is ignored as by [`contains_ignoring_case`], but that letters outside ASCII are folded one by one.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    lowercase: String,
    /// `None` where the text is too long for one.
    pattern: Option<Regex>,
}

impl Needle {
    pub(super) fn new(lowercase: &str) -> Self {
        let pattern = RegexBuilder::new(&regex::escape(lowercase))
            .case_insensitive(true)
            .unicode(!lowercase.is_ascii())
            .build()
            .ok();
        Self { lowercase: lowercase.into(), pattern }
    }

    /// Length in bytes; an occurrence in another case may be a little shorter or longer.
    pub(super) fn len(&self) -> usize {
        self.lowercase.len()
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        match &self.pattern {
            // Setting a pattern to work takes longer than looking through a short text.
            Some(pattern) if text.len() > 64 => pattern.is_match(text.as_bytes()),
            Some(_) if self.lowercase.is_ascii() => contains_ascii(text.as_bytes(), self.lowercase.as_bytes()),
            Some(pattern) => pattern.is_match(text.as_bytes()),
            None => contains_ignoring_case(text, &self.lowercase),
        }
    }

    /// The first occurrence at `from` or later; the error says that this cannot be told.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Result<Option<Range<usize>>, TooLong> {
        let pattern = self.pattern.as_ref().ok_or(TooLong)?;
        if from > text.len() {
            return Ok(None);
        }
        Ok(pattern.find_at(text, from).map(|found| found.range()))
    }
}

/// The needle is too long for a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooLong;

fn contains_ascii(text: &[u8], needle: &[u8]) -> bool {
    let Some((&first, rest)) = needle.split_first() else { return true };
    let upper = first.to_ascii_uppercase();
    let mut remaining = text;
    while let Some(at) = remaining.iter().position(|&byte| byte == first || byte == upper) {
        remaining = remaining.get(at + 1..).unwrap_or_default();
        if remaining.get(..rest.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn previews_are_one_short_line() {
        let check = |text: &str, expected: &str| assert_eq!(preview(text), expected);
        check("", "");
        check("  What\nis\t1+1? ", "What is 1+1?");
        check(&"é".repeat(300), &"é".repeat(200));
        check(&format!("{} b", "a".repeat(199)), &"a".repeat(199));
    }

    #[test]
    fn search_ignores_case() {
        let check = |text: &str, needle: &str, expected: bool| {
            assert_eq!(contains_ignoring_case(text, needle), expected, "{needle} in {text}");
        };
        check("Hence X = 2", "x = 2", true);
        check("aaab", "aab", true);
        check("aab", "aabb", false);
        check("", "", true);
        check("ÉCOLE", "école", true);
        check("ECOLE", "école", false);
        check("Straße", "straße", true);
    }

    proptest! {
        #[test]
        fn ascii_search_agrees_with_lower_case(text in "[aAbB \n]{0,20}", needle in "[ab ]{0,4}") {
            prop_assert_eq!(contains_ignoring_case(&text, &needle), text.to_lowercase().contains(&needle));
        }
    }
}
