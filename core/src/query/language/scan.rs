//! Takes a text apart, piece by piece.

use super::QueryError;

/// A text and a place in it. Cheap to copy, so that a reading can be tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn end(&self) -> usize {
        self.text.len()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn between(&self, span: std::ops::Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes that text, if it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let stands = self.rest().starts_with(text);
        if stands {
            self.at += text.len();
        }
        stands
    }

    pub(super) fn take_while(&mut self, mut holds: impl FnMut(char) -> bool) -> &'a str {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c| !holds(c)).unwrap_or(rest.len());
        self.since(start)
    }

    /// A name: a letter, then letters, digits and `_`; empty where none begins here.
    pub(super) fn name(&mut self) -> &'a str {
        if self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            self.take_while(|c| c.is_ascii_alphanumeric() || c == '_')
        } else {
            ""
        }
    }

    /// Takes a word of the language such as `and`, in small or capital letters, if it stands here alone.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let name = ahead.name();
        let is_alone = ahead.peek().is_none_or(|c| c.is_whitespace() || c == '(' || c == ')');
        let stands = is_alone && (name == word || name == word.to_uppercase());
        if stands {
            *self = ahead;
        }
        stands
    }

    /// A run of what is not blank, up to a bracket that closes what was opened before it.
    pub(super) fn run(&mut self) -> &'a str {
        let mut depth = 0_u32;
        self.take_while(|c| match c {
            '(' => {
                depth += 1;
                true
            }
            ')' if depth == 0 => false,
            ')' => {
                depth -= 1;
                true
            }
            c => !c.is_whitespace(),
        })
    }

    /// What stands in a bracket that has been opened, up to the one that closes it. Brackets in quotation marks are text.
    pub(super) fn bracketed(&mut self) -> &'a str {
        let (mut depth, mut is_quoted) = (0_u32, false);
        self.take_while(|c| {
            match c {
                '"' => is_quoted = !is_quoted,
                '(' if !is_quoted => depth += 1,
                ')' if !is_quoted && depth == 0 => return false,
                ')' if !is_quoted => depth -= 1,
                _ => {}
            }
            true
        })
    }

    /// A text in quotation marks, if one begins here; `\"` and `\\` stand for these.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, QueryError> {
        let start = self.at;
        if !self.take("\"") {
            return Ok(None);
        }
        let mut text = String::new();
        let mut is_escaped = false;
        for (offset, c) in self.rest().char_indices() {
            match c {
                '"' | '\\' if is_escaped => text.push(c),
                '"' => {
                    self.at += offset + 1;
                    return Ok(Some(text));
                }
                '\\' => {}
                c => {
                    if is_escaped {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
            is_escaped = c == '\\' && !is_escaped;
        }
        Err(QueryError::new(start..self.text.len(), "this quotation mark is not closed"))
    }

    /// A regular expression between slashes, if one begins here and ends before a blank, a bracket or the end; `\/`
    /// stands for a slash.
    pub(super) fn pattern(&mut self) -> Result<Option<String>, QueryError> {
        let start = self.at;
        let mut ahead = *self;
        if !ahead.take("/") {
            return Ok(None);
        }
        let mut is_escaped = false;
        let body = ahead.take_while(|c| {
            let goes_on = c != '/' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            goes_on
        });
        let is_closed = ahead.take("/") && ahead.peek().is_none_or(|c| c.is_whitespace() || c == ')');
        if body.is_empty() || !is_closed {
            return Ok(None);
        }
        *self = ahead;
        let pattern = body.replace("\\/", "/");
        match regex::Regex::new(&pattern) {
            Ok(_) => Ok(Some(pattern)),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Err(QueryError::new(start..self.at, format!("this regular expression cannot be read: {reason}")))
            }
        }
    }
}
