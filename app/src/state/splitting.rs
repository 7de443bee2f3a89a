//! Cutting a step in two: where the caret stands in its text, and where it may go.

use stepscope_core::model::{Step, StepHash, TraceId};

/// The caret in the text of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitDraft {
    /// The trace.
    pub trace: TraceId,
    /// The step, as it is shown.
    pub step: StepHash,
    /// How many bytes into its text the caret stands.
    pub at: usize,
}

/// A move of the caret that needs no knowledge of lines on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaretMove {
    /// By one character.
    Character,
    /// To the beginning of the next word, or of the one before.
    Word,
    /// To where the next sentence or line begins, or the one before.
    Sentence,
    /// To the end, or the beginning.
    End,
}

/// What the caret asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitRequest {
    /// Stand so many bytes into the text.
    MoveTo(usize),
    /// Cut here.
    Cut,
    /// Leave the step whole.
    Leave,
}

impl SplitDraft {
    /// The caret where a line or a sentence begins, as near to the middle as can be.
    pub fn new(trace: TraceId, step: &Step) -> Self {
        let middle = step.text.len() / 2;
        let near = |places: Vec<usize>| places.into_iter().min_by_key(|&at| at.abs_diff(middle));
        // A line is a surer sign than a full stop, unless it would cut off a bit only.
        let lines = sentences(&step.text).into_iter().filter(|&at| {
            let before = step.text.get(..at).unwrap_or_default();
            before.trim_end_matches([' ', '\t']).ends_with('\n') && at.abs_diff(middle) <= middle / 2
        });
        let at = near(lines.collect()).or_else(|| near(sentences(&step.text))).or_else(|| near(words(&step.text)));
        let at = at.unwrap_or_else(|| floor(&step.text, middle));
        Self { trace, step: step.hash.clone(), at }
    }
}

/// Where the caret stands after a move; at the ends it stays.
pub fn moved(text: &str, at: usize, by: CaretMove, forward: bool) -> usize {
    let places = match by {
        CaretMove::End => return if forward { text.len() } else { 0 },
        CaretMove::Character => text.char_indices().map(|(at, _)| at).chain([text.len()]).collect(),
        CaretMove::Word => words(text),
        // From one end round to the other, so that one key reaches them all.
        CaretMove::Sentence => {
            let places = sentences(text);
            let next = if forward { after(&places, at) } else { before(&places, at) };
            let round = if forward { places.first() } else { places.last() };
            return next.or(round.copied()).unwrap_or(at);
        }
    };
    let next = if forward { after(&places, at) } else { before(&places, at) };
    next.unwrap_or(if forward { text.len() } else { 0 })
}

fn after(places: &[usize], at: usize) -> Option<usize> {
    places.iter().copied().find(|&place| place > at)
}

fn before(places: &[usize], at: usize) -> Option<usize> {
    places.iter().rev().copied().find(|&place| place < at)
}

/// The character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Where words begin, but for the first.
fn words(text: &str) -> Vec<usize> {
    let begins = text.char_indices().scan(' ', |before, (at, c)| {
        let begins = !c.is_whitespace() && before.is_whitespace();
        *before = c;
        Some(begins.then_some(at))
    });
    begins.flatten().skip(1).collect()
}

/// Where lines and sentences begin, but for the first. The space between two sentences stays with the earlier one, so
/// that the later one begins with its words.
fn sentences(text: &str) -> Vec<usize> {
    let mut places = Vec::new();
    // What stands between the words before and those that come.
    let (mut ended, mut spaced, mut lines) = (false, false, false);
    let mut begun = false;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            spaced = true;
            lines |= c == '\n';
            continue;
        }
        // After a short form such as “etc.” the sentence goes on.
        if begun && (lines || (ended && spaced && !c.is_lowercase())) {
            places.push(at);
        }
        begun = true;
        let closes = matches!(c, ')' | ']' | '"' | '”' | '’' | '»' | '*' | '$');
        ended = matches!(c, '.' | '!' | '?') || is_wide_end(c) || (ended && !spaced && closes);
        // Wide scripts have no space between sentences.
        (spaced, lines) = (is_wide_end(c), false);
    }
    places
}

const fn is_wide_end(c: char) -> bool {
    matches!(c, '。' | '！' | '？')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_begins_between_two_sentences_near_the_middle() {
        let check = |text: &str, expected: &str| {
            let step = Step { text: text.into(), ..Step::default() };
            let at = SplitDraft::new(TraceId::default(), &step).at;
            assert_eq!(format!("{}|{}", &text[..at], &text[at..]), expected);
        };
        check("One is here. Two is there. Three.", "One is here. |Two is there. Three.");
        check("First line\nsecond line", "First line\n|second line");
        check("a. One line\nand. Two lines\nof it", "a. One line\n|and. Two lines\nof it");
        check("2, 3, etc. so many. Go on", "2, 3, etc. so many. |Go on");
        check("no sentence but words", "no sentence |but words");
        check("x=3.5 and y", "x=3.5 |and y");
        check("これは一。これは二。", "これは一。|これは二。");
        check("ab", "a|b");
        check("“So be it.” Then we go on.", "“So be it.” |Then we go on.");
        check("  lead. and", "  lead. |and");
    }

    #[test]
    fn keys_move_it() {
        let text = "Größe is 2. Then 3.\nEnd";
        let check = |at, by, forward, expected: usize| assert_eq!(moved(text, at, by, forward), expected, "{by:?}");
        check(0, CaretMove::Character, true, 1);
        check(2, CaretMove::Character, true, 4);
        check(4, CaretMove::Character, false, 2);
        check(0, CaretMove::Word, true, 8);
        check(8, CaretMove::Word, false, 0);
        check(0, CaretMove::Sentence, true, 14);
        check(14, CaretMove::Sentence, true, 22);
        check(22, CaretMove::Sentence, true, 14);
        check(14, CaretMove::Sentence, false, 22);
        check(5, CaretMove::End, true, text.len());
        check(5, CaretMove::End, false, 0);
        check(text.len(), CaretMove::Character, true, text.len());
    }
}
