//! Texts as bags of words. Numbers, variables, signs and commands of LaTeX are words, too.

use crate::query::duplicates::shingle::{is_ideograph, is_mark};

/// So many bytes of a text count; what follows them does not.
const MOST_BYTES: usize = 64 << 10;

/// The words of some texts as hashes, each with how often it occurs; in ascending order.
pub(super) type Bag = Vec<(u64, u32)>;

/// The words of some texts taken together.
pub(super) fn bag(texts: &[&str]) -> Bag {
    let mut words = Vec::new();
    for text in texts {
        let end = text.floor_char_boundary(MOST_BYTES);
        each_word(text.get(..end).unwrap_or_default(), &mut |word| words.push(word));
    }
    words.sort_unstable();
    let mut bag: Bag = Vec::with_capacity(words.len());
    for word in words {
        match bag.last_mut().filter(|(last, _)| *last == word) {
            Some((_, count)) => *count += 1,
            None => bag.push((word, 1)),
        }
    }
    bag
}

/// Calls `found` with the hash of each word. Letters are taken small, but not those of `\Delta`; `2x` is two words,
/// `3.14` is one, and so is each Chinese or Japanese character.
fn each_word(text: &str, found: &mut impl FnMut(u64)) {
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        if first == '\\' {
            let mut command = Hash::new(first);
            let mut letters = 0;
            while let Some(letter) = rest.next_if(char::is_ascii_alphabetic) {
                command = command.with(letter);
                letters += 1;
            }
            if letters > 0 {
                found(command.finish());
            }
        } else if first.is_numeric() {
            let mut number = Hash::new(first);
            loop {
                if let Some(digit) = rest.next_if(|c| c.is_numeric()) {
                    number = number.with(digit);
                } else if rest.peek() == Some(&'.') && rest.clone().nth(1).is_some_and(char::is_numeric) {
                    rest.next();
                    number = number.with('.');
                } else {
                    break;
                }
            }
            found(number.finish());
        } else if first.is_alphabetic() && !is_ideograph(first) {
            let mut word = first.to_lowercase().fold(Hash::default(), Hash::with);
            while let Some(letter) = rest.next_if(|c| c.is_alphabetic() && !is_ideograph(*c)) {
                word = letter.to_lowercase().fold(word, Hash::with);
            }
            found(word.finish());
        } else if !is_mark(first) {
            found(Hash::new(first).finish());
        }
    }
}

/// Hashes a word letter by letter, by FNV-1a and the finish of `SplitMix64`; equal on all computers.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hash {
    fn new(first: char) -> Self {
        Self::default().with(first)
    }

    fn with(self, letter: char) -> Self {
        Self((self.0 ^ u64::from(letter)).wrapping_mul(0x0100_0000_01B3))
    }

    const fn finish(self) -> u64 {
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same words in the same number, in whatever order.
    fn same(a: &str, b: &str) -> bool {
        bag(&[a]) == bag(&[b])
    }

    #[test]
    fn mathematics_is_words() {
        let check = |text: &str, words: usize| assert_eq!(bag(&[text]).len(), words, "{text}");
        check("", 0);
        check(" … (\n", 0);
        check("\\( \\, \\\\", 0);
        check("\\frac{1}{2}", 3);
        check("3.14 and 3.", 3);
        check("求x的值。", 4);
        check("2x + 2", 3);
        assert!(same("2x", "2 X"));
        assert!(same("So $x=2$.", "so: x = 2"));
        assert!(same("1.5", "(1.5)."));
        for (a, b) in [
            ("1+1", "1-1"),
            ("x", "y"),
            ("1.5", "15"),
            ("1.5", "1 5"),
            ("\\sin", "sin"),
            ("\\Delta", "\\delta"),
            ("2", "22"),
            ("ab", "ba"),
        ] {
            assert!(!same(a, b), "{a} | {b}");
        }
    }

    #[test]
    fn words_are_counted() {
        let counts = |texts: &[&str]| bag(texts).into_iter().map(|(_, count)| count).sum::<u32>();
        assert_eq!(counts(&["a b a", "a"]), 4);
        assert_eq!(bag(&["a b a", "a"]).len(), 2);
        let long = "é".repeat(MOST_BYTES);
        assert_eq!(bag(&[&long]), bag(&[&"é".repeat(MOST_BYTES / 2)]), "what is behind the limit does not count");
    }
}
