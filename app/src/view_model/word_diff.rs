//! What was changed between two texts, word by word.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// Longer than this a comparison may not take; what is left over then counts as changed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Characters shown before and after each change where a long text is abridged.
const BESIDE: usize = 120;

/// Two texts as one: what stayed, what went, what came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct WordDiff {
    /// The pieces in reading order; what went stands before what came in its place.
    pub pieces: Vec<(Piece, String)>,
    /// Words that went.
    pub removed: usize,
    /// Words that came.
    pub added: usize,
    /// Words of both texts together.
    pub words: usize,
}

/// What became of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum Piece {
    /// It is in both.
    Kept,
    /// It is in the old text only.
    Removed,
    /// It is in the new text only.
    Added,
}

impl WordDiff {
    /// Compares two texts. Words are runs of letters and digits; every other sign stands for itself, so that a changed
    /// number in a formula is found as such.
    pub fn new(old: &str, new: &str) -> Self {
        let (before, after) = (tokens(old), tokens(new));
        let deadline = Instant::now().checked_add(PATIENCE);
        let ops = capture_diff_slices_deadline(Algorithm::Patience, &before, &after, deadline);
        let mut runs: Vec<(Piece, String)> = Vec::new();
        for op in ops {
            let (kept, gone, come) = match op {
                DiffOp::Equal { old_index, len, .. } => (old_index..old_index + len, 0..0, 0..0),
                DiffOp::Delete { old_index, old_len, .. } => (0..0, old_index..old_index + old_len, 0..0),
                DiffOp::Insert { new_index, new_len, .. } => (0..0, 0..0, new_index..new_index + new_len),
                DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                    (0..0, old_index..old_index + old_len, new_index..new_index + new_len)
                }
            };
            let pieces = [(Piece::Kept, &before, kept), (Piece::Removed, &before, gone), (Piece::Added, &after, come)];
            for (piece, texts, range) in pieces {
                let text: String = texts.get(range).unwrap_or_default().concat();
                if !text.is_empty() {
                    runs.push((piece, text));
                }
            }
        }
        let count = |piece| runs.iter().filter(|run| run.0 == piece).map(|run| words(&run.1)).sum();
        let (removed, added) = (count(Piece::Removed), count(Piece::Added));
        // What was joined may be long enough to be joined again.
        let mut pieces = joined(runs);
        loop {
            let count = pieces.len();
            pieces = joined(pieces);
            if pieces.len() == count {
                break;
            }
        }
        Self { pieces, removed, added, words: words(old) + words(new) }
    }

    /// True where both texts are the same.
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|(piece, _)| *piece == Piece::Kept)
    }

    /// The share of changed words, those that went and those that came, among the words of both texts; 0..=1.
    pub fn share(&self) -> f64 {
        if self.words == 0 { 0.0 } else { (self.removed + self.added) as f64 / self.words as f64 }
    }

    /// The same with long stretches that stayed left out but for what stands beside a change, so that the changes of a
    /// long text are seen together.
    #[must_use]
    pub fn abridged(&self) -> Self {
        let last = self.pieces.len().saturating_sub(1);
        let short = |(at, (piece, text)): (usize, &(Piece, String))| {
            let (head, tail) = (if at == 0 { 0 } else { BESIDE }, if at == last { 0 } else { BESIDE });
            let count = text.chars().count();
            if *piece != Piece::Kept || self.is_empty() || count <= head + tail + BESIDE {
                return (*piece, text.clone());
            }
            let start: String = text.chars().take(head).collect();
            let end: String = text.chars().skip(count - tail).collect();
            (Piece::Kept, format!("{start} … {end}"))
        };
        Self { pieces: self.pieces.iter().enumerate().map(short).collect(), ..self.clone() }
    }

    /// True where so little is common to both that they are better read apart.
    pub fn is_another_text(&self) -> bool {
        self.share() > 0.5
    }

    /// How much was changed, in words.
    pub fn summary(&self) -> String {
        if self.is_empty() {
            return "Nothing is changed yet".into();
        }
        let plural = |count: usize| if count == 1 { "word" } else { "words" };
        let (removed, added) = (self.removed, self.added);
        let what = match (removed, added) {
            (0, 0) => "only spaces".to_owned(),
            (0, added) => format!("{added} {} in", plural(added)),
            (removed, 0) => format!("{removed} {} out", plural(removed)),
            (removed, added) => format!("{removed} {} out, {added} in", plural(removed)),
        };
        let percent = self.share() * 100.0;
        let percent = if percent > 0.0 && percent < 1.0 { "under 1".to_owned() } else { format!("{percent:.0}") };
        format!("{what} · {percent} % changed")
    }
}

/// A part of two texts in which everything changed: what went and what came.
#[derive(Default)]
struct Changed {
    gone: String,
    come: String,
}

impl Changed {
    fn size(&self) -> usize {
        self.gone.len().max(self.come.len())
    }

    fn flush(&mut self, pieces: &mut Vec<(Piece, String)>) {
        let Self { gone, come } = std::mem::take(self);
        let both = [(Piece::Removed, gone), (Piece::Added, come)];
        pieces.extend(both.into_iter().filter(|(_, text)| !text.is_empty()));
    }
}

/// Joins changes that less parts than each of them changes, so that a rewritten phrase reads as one phrase out and one
/// in, not as words among words. Lines stay apart.
fn joined(runs: Vec<(Piece, String)>) -> Vec<(Piece, String)> {
    let mut pieces: Vec<(Piece, String)> = Vec::new();
    let mut changed = Changed::default();
    // What was kept since, and what changed after it.
    let mut kept = String::new();
    let mut after = Changed::default();
    let settle = |changed: &mut Changed, kept: &mut String, after: &mut Changed, pieces: &mut Vec<(Piece, String)>| {
        let between = std::mem::take(kept);
        let after = std::mem::take(after);
        let most = changed.size().min(after.size());
        if changed.size() > 0 && between.len() <= most && !between.contains('\n') {
            changed.gone.extend([between.as_str(), after.gone.as_str()]);
            changed.come.extend([between.as_str(), after.come.as_str()]);
        } else {
            changed.flush(pieces);
            if !between.is_empty() {
                pieces.push((Piece::Kept, between));
            }
            *changed = after;
        }
    };
    for (piece, text) in runs {
        match piece {
            Piece::Removed => after.gone.push_str(&text),
            Piece::Added => after.come.push_str(&text),
            Piece::Kept => {
                settle(&mut changed, &mut kept, &mut after, &mut pieces);
                kept = text;
            }
        }
    }
    settle(&mut changed, &mut kept, &mut after, &mut pieces);
    changed.flush(&mut pieces);
    pieces
}

/// Runs of letters and digits, runs of spaces, and every other sign alone. Together they are the text.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() => 0,
        c if c.is_whitespace() && c != '\n' => 1,
        _ => 2,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let class = class(c);
        if at > 0 && (before != Some(class) || class == 2) {
            tokens.extend(text.get(start..at));
            start = at;
        }
        before = Some(class);
    }
    tokens.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    tokens
}

/// Words, and signs that stand for themselves.
fn words(text: &str) -> usize {
    tokens(text).iter().filter(|token| !token.chars().all(char::is_whitespace)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(old: &str, new: &str) -> String {
        let diff = WordDiff::new(old, new);
        let text = |keep: [Piece; 2]| {
            diff.pieces.iter().filter(|(piece, _)| keep.contains(piece)).map(|(_, text)| text.as_str()).collect()
        };
        let (before, after): (String, String) =
            (text([Piece::Kept, Piece::Removed]), text([Piece::Kept, Piece::Added]));
        assert_eq!((before.as_str(), after.as_str()), (old, new), "nothing is lost");
        let pieces = diff.pieces.iter().map(|(piece, text)| match piece {
            Piece::Kept => text.clone(),
            Piece::Removed => format!("[-{text}-]"),
            Piece::Added => format!("[+{text}+]"),
        });
        pieces.collect()
    }

    #[test]
    fn differences_are_found_word_by_word() {
        let check = |old, new, expected| assert_eq!(marked(old, new), expected);
        check("It is 3.", "It is 3.", "It is 3.");
        check("2+2=5, so x=5", "2+2=4, so x=4", "2+2=[-5-][+4+], so x=[-5-][+4+]");
        check("a b c", "a c", "a [-b -]c");
        check("", "new", "[+new+]");
        check("der große Wurf", "der kleine Wurf", "der [-große-][+kleine+] Wurf");
        check(
            "so we add them up now",
            "so we multiply all of it now",
            "so we [-add them up-][+multiply all of it+] now",
        );
        check("many of a lot, few", "which of the rest, few", "[-many of a lot-][+which of the rest+], few");
        check("one\ntwo", "one\nthree", "one\n[-two-][+three+]");
        check("解は x=2", "解は x=3", "解は x=[-2-][+3+]");
    }

    #[test]
    fn the_share_is_that_of_both_texts() {
        let diff = WordDiff::new("the sum is five", "the sum is four");
        assert_eq!((diff.removed, diff.added, diff.words), (1, 1, 8));
        assert_eq!(diff.summary(), "1 word out, 1 in · 25 % changed");
        assert_eq!(WordDiff::new("a", "a").summary(), "Nothing is changed yet");
        assert_eq!(WordDiff::new("a b", "a  b").summary(), "only spaces · 0 % changed");
        let long = "word ".repeat(300);
        assert_eq!(WordDiff::new(&long, &format!("{long}end")).summary(), "1 word in · under 1 % changed");
    }

    #[test]
    fn what_stayed_is_left_out_far_from_changes() {
        let long = "word ".repeat(300);
        let diff = WordDiff::new(&format!("{long}old {long}"), &format!("{long}new {long}")).abridged();
        let texts: Vec<&str> = diff.pieces.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((texts.len(), texts[1], texts[2]), (4, "old", "new"));
        assert!(texts[0].starts_with(" … ") && texts[0].len() < 150, "{}", texts[0]);
        assert!(texts[3].ends_with(" … ") && texts[3].len() < 150, "{}", texts[3]);
        assert_eq!((diff.removed, diff.added, diff.words), (1, 1, 1202), "counted before");
        let same = WordDiff::new(&long, &long);
        assert_eq!(same.abridged(), same);
    }

    #[test]
    fn long_texts_do_not_hold_the_window_up() {
        let text = |by: usize, of: usize| (0..20_000).map(|n| (n * by % of).to_string()).collect::<Vec<_>>().join(" ");
        let (old, new) = (text(7919, 10_007), text(104_729, 10_009));
        let begin = Instant::now();
        let diff = WordDiff::new(&old, &new);
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        assert!(diff.share() > 0.5);
    }
}
