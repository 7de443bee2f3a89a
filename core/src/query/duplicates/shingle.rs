//! Texts as sets of short runs of words, by which near-duplicates are found.

use crate::model::ContentHasher;

/// Words of a shingle of [`shingles`].
const WORDS: usize = 3;

/// The words of a text, for comparisons: in small letters, without punctuation. Signs of mathematics count.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() && !is_ideograph(c) {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        // Chinese and Japanese have no blanks, so each character is a word.
        if !is_mark(c) {
            words.push(c.to_string());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Blanks and punctuation, which are no words; signs of mathematics are.
pub(crate) fn is_mark(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '`' | '$' | '(' | ')' | '[' | ']' | '{' | '}')
        || matches!(c, '…' | '“' | '”' | '‘' | '’' | '。' | '，' | '；' | '：' | '！' | '？' | '、')
}

/// A sign that is a word of its own, as Chinese and Japanese are written without blanks.
pub(crate) const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Equal for texts with the same words.
pub(crate) fn text_hash(words: &[String]) -> u128 {
    let hasher = words.iter().fold(ContentHasher::new("words"), ContentHasher::part);
    u128::from_str_radix(&hasher.hex(32), 16).unwrap_or_default()
}

/// The runs of that many words, hashed, each once, in ascending order; of a shorter text the whole.
pub(crate) fn runs(words: &[String], length: usize) -> Vec<u64> {
    let hash = |run: &[String]| run.iter().fold(ContentHasher::new("run"), ContentHasher::part).number();
    let mut runs: Vec<u64> = match words.len() {
        0 => Vec::new(),
        count if count <= length => vec![hash(words)],
        _ => words.windows(length).map(hash).collect(),
    };
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// What near-duplicates share.
pub(crate) fn shingles(words: &[String]) -> Vec<u64> {
    runs(words, WORDS)
}

/// The share of common elements of two ascending lists, 0..=1.
pub(crate) fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        (i, j) = (i + usize::from(x <= y), j + usize::from(y <= x));
    }
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}
