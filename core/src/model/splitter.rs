//! Cuts a text into steps, where the source does not.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

/// How a text is cut into steps.
///
/// White space between two steps that consists of blanks and line breaks only belongs to the cut and is dropped; all
/// else of the text stays as it is, so that no word is lost. Steps without any visible character are not made.
#[derive(Clone, Debug)]
pub enum Splitter {
    /// The whole text is one step.
    Whole,
    /// At blank lines.
    BlankLine,
    /// At line breaks.
    Line,
    /// Before headings such as `Step 3:`, `## Step 3`, `3.` or `(3)`, at the start of a line.
    Heading,
    /// After sentences.
    Sentence,
    /// At line breaks, where a line that is indented or closes a bracket goes on with the one above: program text.
    CodeLine,
    /// At a marker, which is dropped.
    Marker(String),
    /// At the matches of a regular expression, which are dropped; where it has a group, at the start of the group,
    /// which stays with the step that it opens.
    Pattern(Box<Regex>),
}

/// A word that names no splitter, or a pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SplitterError(String);

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?mi)^[ \t]*(?:[#*_>]+[ \t]*)*(?:step[ \t]*\d+|\(?\d{1,3}[.):](?:[ \t]|$))").unwrap()
});

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[.!?…]["'”’)\]]*(\s+)(?:[\p{Lu}\p{N}"'“‘(\[$\\#*-])|[。！？]()|(\n\s*\n)"#).unwrap()
});

impl Splitter {
    /// The splitters that need no further word, in the order of menus.
    pub const fn plain() -> [Self; 6] {
        [Self::BlankLine, Self::Line, Self::Heading, Self::Sentence, Self::CodeLine, Self::Whole]
    }

    /// The steps of a text, in order.
    pub fn split<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let pieces = match self {
            Self::Whole => vec![text],
            Self::BlankLine => at_blank_lines(text),
            Self::Line => text.split('\n').collect(),
            Self::Heading => before(text, HEADING.find_iter(text).map(|found| found.start())),
            Self::Sentence => before(
                text,
                SENTENCE.captures_iter(text).filter_map(|found| found.iter().skip(1).flatten().next().map(|m| m.end())),
            ),
            Self::CodeLine => before(text, code_lines(text)),
            Self::Marker(marker) if marker.is_empty() => vec![text],
            Self::Marker(marker) => text.split(marker.as_str()).collect(),
            Self::Pattern(pattern) if pattern.captures_len() > 1 => {
                before(text, pattern.captures_iter(text).filter_map(|found| found.get(1).map(|group| group.start())))
            }
            Self::Pattern(pattern) => pattern.split(text).collect(),
        };
        let whole = matches!(self, Self::Whole);
        pieces
            .into_iter()
            .map(|piece| if whole { piece } else { piece.trim_end().trim_start_matches(['\n', '\r']) })
            .filter(|piece| !piece.trim().is_empty())
            .collect()
    }
}

/// At lines with nothing visible in them.
fn at_blank_lines(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            pieces.push(text.get(start..at).unwrap_or_default());
            start = at + line.len();
        }
        at += line.len();
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

/// Cuts in front of each of those places.
fn before(text: &str, places: impl Iterator<Item = usize>) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for place in places {
        pieces.push(text.get(start..place).unwrap_or_default());
        start = place;
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

fn code_lines(text: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let opens = line.chars().next().is_some_and(|c| !c.is_whitespace() && !matches!(c, ')' | ']' | '}'));
        (opens && start > 0).then_some(start)
    })
}

impl PartialEq for Splitter {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Splitter {}

impl fmt::Display for Splitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::BlankLine => f.write_str("blank-line"),
            Self::Line => f.write_str("line"),
            Self::Heading => f.write_str("heading"),
            Self::Sentence => f.write_str("sentence"),
            Self::CodeLine => f.write_str("code-line"),
            Self::Marker(marker) => write!(f, "marker:{marker}"),
            Self::Pattern(pattern) => write!(f, "regex:{}", pattern.as_str()),
        }
    }
}

impl FromStr for Splitter {
    type Err = SplitterError;

    fn from_str(text: &str) -> Result<Self, SplitterError> {
        if let Some(plain) = Self::plain().into_iter().find(|splitter| splitter.to_string() == text) {
            return Ok(plain);
        }
        if let Some(marker) = text.strip_prefix("marker:").filter(|marker| !marker.is_empty()) {
            return Ok(Self::Marker(marker.into()));
        }
        if let Some(pattern) = text.strip_prefix("regex:").filter(|pattern| !pattern.is_empty()) {
            let pattern = Regex::new(pattern)
                .map_err(|error| SplitterError(format!("`{pattern}` is not a regular expression: {error}")))?;
            return Ok(Self::Pattern(Box::new(pattern)));
        }
        let names: Vec<String> = Self::plain().iter().map(Self::to_string).collect();
        let names = names.join(", ");
        Err(SplitterError(format!("`{text}` names no splitter; choose {names}, marker:TEXT or regex:PATTERN")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_words_stay() {
        let check = |splitter: &str, text: &str, expected: &[&str]| {
            let splitter: Splitter = splitter.parse().unwrap();
            assert_eq!(splitter.split(text), expected, "{splitter} on {text:?}");
        };
        check("whole", " a\n\nb ", &[" a\n\nb "]);
        check("blank-line", "a\nb\n\n  \nc \n", &["a\nb", "c"]);
        check("blank-line", "\n\n", &[]);
        check("line", "a\n  b\n\nc", &["a", "  b", "c"]);
        check("heading", "Intro\nStep 1: a\nb\n**Step 2** c\n3. d", &["Intro", "Step 1: a\nb", "**Step 2** c", "3. d"]);
        check("heading", "It is 3.5 m\n3.5 is right", &["It is 3.5 m\n3.5 is right"]);
        check("sentence", "So x = 3.5. Then y is 2! Done", &["So x = 3.5.", "Then y is 2!", "Done"]);
        check("sentence", "甲。乙", &["甲。", "乙"]);
        check("code-line", "def f(x):\n    return (\n    x\n)\nf(2)\n", &["def f(x):\n    return (\n    x\n)", "f(2)"]);
        check("marker:<s>", "a<s>b<s>", &["a", "b"]);
        check("regex:;+", "a;;b", &["a", "b"]);
        check(r"regex:\s(S\d)", "x S1 a S2 b", &["x", "S1 a", "S2 b"]);
    }

    #[test]
    fn names_read_back() {
        for name in ["whole", "blank-line", "line", "heading", "sentence", "code-line", "marker:ки", r"regex:\d+"] {
            assert_eq!(name.parse::<Splitter>().unwrap().to_string(), name);
        }
        assert!("regex:(".parse::<Splitter>().unwrap_err().to_string().contains("not a regular expression"));
        assert!("words".parse::<Splitter>().unwrap_err().to_string().contains("blank-line"));
    }
}
