//! The texts of a pair as rows hold them: one prompt and two completions.

use super::options::Completion;
use super::pair::{Pair, Side};
use crate::export::left_out::{Objection, Rule};

/// What a row holds of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::export) struct PairTexts {
    /// The problem and the shared steps, with the line breaks after them; see [`boundary`].
    pub(in crate::export) prompt: String,
    pub(in crate::export) chosen: String,
    pub(in crate::export) rejected: String,
}

/// Text that grows by steps. Steps are joined by the separator, unless there is white space between them already.
#[derive(Clone, Debug, Default)]
pub(in crate::export) struct Joined {
    pub(in crate::export) text: String,
}

impl Joined {
    pub(in crate::export) fn push(&mut self, more: &str, separator: &str) {
        let apart = self.text.ends_with(char::is_whitespace) || more.starts_with(char::is_whitespace);
        if !self.text.is_empty() && !more.is_empty() && !apart {
            self.text.push_str(separator);
        }
        self.text.push_str(more);
    }
}

/// Joins steps.
pub(in crate::export) fn joined<'a>(texts: impl IntoIterator<Item = &'a str>, separator: &str) -> String {
    let mut joined = Joined::default();
    for text in texts {
        joined.push(text, separator);
    }
    joined.text
}

/// The texts that a row holds of a side.
pub(in crate::export) fn side_texts<'a>(pair: &Pair<'a>, side: &Side<'a>, completion: Completion) -> Vec<&'a str> {
    match completion {
        Completion::Step if !pair.is_whole => vec![side.text()],
        Completion::Step | Completion::Rest => side.texts(),
    }
}

/// Prompt and completions. The prompt and a completion put together are the problem and the steps as they stand in the
/// trace, byte for byte.
pub(in crate::export) fn pair_texts(pair: &Pair<'_>, completion: Completion, separator: &str) -> PairTexts {
    let mut beginning = Joined { text: pair.chosen.trace().problem.text().into_owned() };
    for text in pair.prefix_texts() {
        beginning.push(text, separator);
    }
    let whole = |side: &Side<'_>| {
        let mut whole = beginning.clone();
        for text in side_texts(pair, side, completion) {
            whole.push(text, separator);
        }
        whole.text
    };
    let (chosen, rejected) = (whole(&pair.chosen), whole(&pair.rejected));
    let end = boundary(beginning.text.trim_end().len(), &chosen, &rejected);
    let (prompt, chosen_end) = chosen.split_at(end);
    let rejected_end = rejected.split_at(end).1;
    PairTexts { prompt: prompt.into(), chosen: chosen_end.into(), rejected: rejected_end.into() }
}

/// Where a prompt ends whose words end at `words`, in bytes of both texts. Line breaks that both sides have belong to
/// the prompt: tokenizers join a sign and the line break after it, but no line break and the word after it. Blanks belong
/// to the completions, for they are joined with the word after them.
fn boundary(words: usize, chosen: &str, rejected: &str) -> usize {
    let blank = |text: &str| text.len() - text.trim_start().len();
    let (a, b) = (chosen.get(words..).unwrap_or_default(), rejected.get(words..).unwrap_or_default());
    let both: usize = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let shared = a.get(..both.min(blank(a))).and_then(|blank| blank.rfind('\n')).map_or(0, |at| at + 1);
    let goes_on = |text: &str| text.get(shared..blank(text)).is_some_and(|rest| rest.contains('\n'));
    // A line break more on one side would be one token with those before it.
    if goes_on(a) || goes_on(b) { words } else { words + shared }
}

/// Checks a prompt with its two completions, whoever put them together.
pub(in crate::export) fn check_texts(prompt: &str, chosen: &str, rejected: &str) -> Result<(), Objection> {
    if prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the prompt is empty"));
    }
    check_sides(chosen, rejected)?;
    for (name, completion) in [("chosen", chosen), ("rejected", rejected)] {
        if let Some(reason) = cut_inside(prompt, completion) {
            return Err(Objection::new(Rule::Boundary, format!("`{name}` begins {reason}")));
        }
    }
    Ok(())
}

/// Checks that two sides have text, and not the same.
pub(in crate::export) fn check_sides(chosen: &str, rejected: &str) -> Result<(), Objection> {
    for (name, side) in [("chosen", chosen), ("rejected", rejected)] {
        if side.trim().is_empty() {
            return Err(Objection::new(Rule::EmptyStep, format!("`{name}` has no text")));
        }
    }
    if chosen.trim() == rejected.trim() {
        return Err(Objection::new(Rule::EqualSides, "both sides say the same"));
    }
    Ok(())
}

/// What a text is cut inside of.
fn cut_inside(before: &str, after: &str) -> Option<&'static str> {
    let (last, first) = (before.chars().next_back()?, after.chars().next()?);
    if last.is_whitespace() && first.is_whitespace() && (last != '\n' || matches!(first, '\n' | '\r')) {
        return Some("with white space after a prompt that ends with white space: it belongs to one side");
    }
    if last == '\u{200d}' || continues_character(first) {
        return Some("inside a character");
    }
    let command = before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let escapes = command.len() - command.trim_end_matches('\\').len();
    if escapes % 2 == 1 && (first.is_ascii_alphabetic() || command.len() == before.len()) {
        return Some("inside a LaTeX command");
    }
    let fences = before.lines().filter(|line| line.trim_start().starts_with("```")).count();
    (fences % 2 == 1).then_some("inside a block of code that the prompt opens")
}

/// True for marks that combine with the character before them.
const fn continues_character(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_inside_something_are_found() {
        let check = |prompt: &str, completion: &str, expected: &str| {
            let found = check_texts(prompt, completion, "\nz").map_err(|objection| objection.reason);
            assert_eq!(found.err().unwrap_or_default(), expected, "{prompt:?} {completion:?}");
        };
        check("q", "\na", "");
        check("q", "a", "");
        check(
            "q\n",
            " a",
            "`rejected` begins with white space after a prompt that ends with white space: it belongs to one side",
        );
        check("e", "\u{301}", "`chosen` begins inside a character");
        check("\\fr", "ac", "`chosen` begins inside a LaTeX command");
        check("\\frac", "{1}{2}", "");
        check("a\\", "{", "`chosen` begins inside a LaTeX command");
        check("a\\\\", "b", "");
        check("q\n```py\nx", "\ny", "`chosen` begins inside a block of code that the prompt opens");
        check("q\n```py\nx\n```", "\ny", "");
        check(" ", "a", "the prompt is empty");
        check("q", "\n ", "`chosen` has no text");
        check("q", "z ", "both sides say the same");
    }

    #[test]
    fn line_breaks_belong_to_the_prompt_and_blanks_to_the_completions() {
        let check = |chosen: &str, rejected: &str, prompt: &str| {
            assert_eq!(chosen.get(..boundary(1, chosen, rejected)).unwrap(), prompt, "{chosen:?} {rejected:?}");
        };
        check("q\na", "q\nb", "q\n");
        check("q\n\na", "q\n\nb", "q\n\n");
        check("q a", "q b", "q");
        check("q\n  a", "q\n  b", "q\n");
        check("q \n a", "q \nb", "q \n");
        check("q\n\na", "q\nb", "q");
        check("q a", "q\nb", "q");
        check("qa", "qb", "q");
    }

    #[test]
    fn steps_are_joined_where_nothing_is_between_them() {
        assert_eq!(joined(["a", "b"], "\n"), "a\nb");
        assert_eq!(joined(["a ", "b", " c"], "\n"), "a b c");
        assert_eq!(joined(["", "b", ""], "\n"), "b");
    }
}
