//! Long texts are shown short: how much of them, and what there is to see in the rest.

/// A text of more lines than this is shown short.
const LONG: usize = 40;
/// So many lines of it.
const SHORT: usize = 12;
/// Characters of a usual line; a longer one counts as several.
const LINE: usize = 100;

/// A long step that can be shown short.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FoldModel {
    /// It is shown short.
    pub is_short: bool,
    /// Lines that this leaves out.
    pub lines: usize,
    /// What is among them that is worth a look: `3 matches`, `low score`.
    pub reasons: Vec<String>,
}

impl FoldModel {
    /// What the bar below the text says.
    pub fn text(&self) -> String {
        if !self.is_short {
            return "▴  show less".into();
        }
        let lines = if self.lines == 1 { "1 more line".into() } else { format!("{} more lines", self.lines) };
        let parts: Vec<&str> = std::iter::once(lines.as_str()).chain(self.reasons.iter().map(String::as_str)).collect();
        format!("▾  {}", parts.join(" · "))
    }
}

/// Where a long text is cut to be shown short; `None` where it is not long.
pub fn cut(text: &str) -> Option<usize> {
    let (mut lines, mut at, mut cut) = (0, 0, None);
    for line in text.split_inclusive('\n') {
        let rows = line.len().div_ceil(LINE).max(1);
        if cut.is_none() && lines + rows > SHORT {
            // A long line is cut between two words, within what still has room.
            let room = (SHORT - lines) * LINE;
            cut = Some(at + if lines > SHORT / 2 { 0 } else { word_end(line, room) });
        }
        lines += rows;
        at += line.len();
        if lines > LONG {
            return cut.filter(|&cut| cut < text.len());
        }
    }
    None
}

/// The end of the last word within so many bytes.
fn word_end(line: &str, most: usize) -> usize {
    let mut end = most.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let head = line.get(..end).unwrap_or_default();
    head.rfind(char::is_whitespace).filter(|&space| space * 2 > end).unwrap_or(end)
}

/// How many lines of a text are left out after that byte.
pub fn lines_after(text: &str, cut: usize) -> usize {
    let rest = text.get(cut..).unwrap_or_default();
    let ends = rest.bytes().filter(|byte| *byte == b'\n').count();
    (ends + usize::from(!rest.ends_with('\n'))).max(rest.len() / LINE).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_cut() {
        assert_eq!(cut(&"short line\n".repeat(LONG)), None);
        let text = "short line\n".repeat(LONG + 1);
        assert_eq!(cut(&text), Some(SHORT * 11));
        assert_eq!(lines_after(&text, SHORT * 11), LONG + 1 - SHORT);
        assert_eq!(cut(&"word ".repeat(200)), None);
        let one_line = "word ".repeat(2_000);
        let at = cut(&one_line).unwrap();
        assert!((1_100..=1_200).contains(&at) && one_line[..at].ends_with("word"), "{at}");
        assert_eq!(lines_after(&one_line, at), (10_000 - at) / LINE);
    }

    #[test]
    fn a_cut_never_splits_a_letter() {
        let text = "√".repeat(4_000);
        assert!(text.is_char_boundary(cut(&text).unwrap()));
        let mixed = format!("{}\n{}", "a\n".repeat(11), "数学".repeat(2_000));
        assert!(mixed.is_char_boundary(cut(&mixed).unwrap()));
    }

    #[test]
    fn the_bar_names_the_reason() {
        let reasons = vec!["2 matches".into(), "low score".into()];
        let fold = FoldModel { is_short: true, lines: 212, reasons };
        assert_eq!(fold.text(), "▾  212 more lines · 2 matches · low score");
        assert_eq!(FoldModel { is_short: false, ..fold }.text(), "▴  show less");
    }
}
