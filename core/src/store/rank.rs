//! Puts texts in order, for sorting by columns of text.

use std::borrow::Cow;

/// The first eight bytes, such that their order as a number is that of the texts, as far as they reach.
pub(super) fn head(text: &str) -> u64 {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(head)
}

/// The place of each text among all, without regard to case first; equal texts share one.
///
/// Sorted by sixteen bytes at a time: texts often begin alike, and comparing numbers is far cheaper than comparing texts.
pub(super) fn ranks(texts: &[&str]) -> Vec<u32> {
    let folded: Vec<Cow<'_, str>> = texts.iter().map(|text| fold(text)).collect();
    let length = |at: u32| folded.get(at as usize).map_or(0, |text| text.len());
    let text = |at: u32| texts.get(at as usize).copied().unwrap_or_default();
    let mut sorted: Vec<(u128, u32)> = (0..).take(texts.len()).map(|at| (0, at)).collect();
    let mut unsorted = vec![(0..sorted.len(), 0)];
    while let Some((range, from)) = unsorted.pop() {
        let start = range.start;
        let Some(part) = sorted.get_mut(range) else { continue };
        for (key, at) in part.iter_mut() {
            *key = folded.get(*at as usize).map_or(0, |text| piece(text.as_bytes(), from));
        }
        part.sort_unstable();
        let mut end = start;
        for alike in part.chunk_by_mut(|(a, _), (b, _)| a == b) {
            let begin = end;
            end += alike.len();
            if alike.len() == 1 {
                continue;
            }
            if alike.iter().all(|(_, at)| length(*at) <= from + PIECE) {
                alike.sort_unstable_by_key(|(_, at)| (length(*at), text(*at), *at));
            } else {
                unsorted.push((begin..end, from + PIECE));
            }
        }
    }
    let mut ranks = vec![0; texts.len()];
    let mut rank = 0;
    let mut last: Option<u32> = None;
    for (_, at) in sorted {
        rank += u32::from(last.is_some_and(|last| text(last) != text(at)));
        last = Some(at);
        if let Some(place) = ranks.get_mut(at as usize) {
            *place = rank;
        }
    }
    ranks
}

/// Bytes compared at once.
const PIECE: usize = 16;

/// In lower case; letters of ASCII only when they are compared, so that most texts need not be copied.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// Sixteen bytes as a number, in lower case; zeros behind the end.
fn piece(text: &[u8], from: usize) -> u128 {
    let mut piece = [0; PIECE];
    for (to, byte) in piece.iter_mut().zip(text.get(from..).unwrap_or_default()) {
        *to = byte.to_ascii_lowercase();
    }
    u128::from_be_bytes(piece)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_texts_share_a_rank() {
        assert_eq!(ranks(&["pears", "Apples", "pears", "apples", ""]), [3, 1, 3, 2, 0]);
    }

    proptest! {
        #[test]
        fn ranks_follow_the_lower_case(texts in prop::collection::vec("[aAbBÉé\\x00]{0,20}", 0..8)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let ranks = ranks(&texts);
            for (a, x) in texts.iter().zip(&ranks) {
                for (b, y) in texts.iter().zip(&ranks) {
                    let expected = a.to_lowercase().cmp(&b.to_lowercase()).then(a.cmp(b));
                    prop_assert_eq!(x.cmp(y), expected, "{:?} {:?}", a, b);
                }
            }
        }
    }
}
