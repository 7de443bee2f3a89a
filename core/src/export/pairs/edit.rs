//! How far two texts are apart, as far as it matters.

/// True where it takes at least `least` insertions, deletions and changes of characters to make one text the other.
///
/// Costs no more than `least` times the length of the longer text.
pub(super) fn differs_by(a: &str, b: &str, least: usize) -> bool {
    if least == 0 {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(..a.len() - same).unwrap_or_default(), b.get(..b.len() - same).unwrap_or_default());
    if a.len().abs_diff(b.len()) >= least {
        return true;
    }
    // Costs of making the first characters of `b` out of those of `a` read so far. Only a band about the diagonal can
    // stay below the limit.
    let mut costs: Vec<usize> = (0..=b.len()).map(|cost| cost.min(least)).collect();
    for (row, x) in (1_usize..).zip(a) {
        let (from, to) = (row.saturating_sub(least).max(1), (row + least).min(b.len()));
        let mut diagonal = costs.get(from - 1).copied().unwrap_or(least);
        let mut left = if from == 1 { row.min(least) } else { least };
        if let Some(slot) = costs.get_mut(from - 1) {
            *slot = left;
        }
        let mut lowest = left;
        for column in from..=to {
            let above = costs.get(column).copied().unwrap_or(least);
            let changed = diagonal + usize::from(b.get(column - 1) != Some(x));
            left = changed.min(above + 1).min(left + 1).min(least);
            lowest = lowest.min(left);
            diagonal = above;
            if let Some(slot) = costs.get_mut(column) {
                *slot = left;
            }
        }
        // What lies behind the band is at the limit.
        if let Some(slot) = costs.get_mut(to + 1) {
            *slot = least;
        }
        if lowest >= least {
            return true;
        }
    }
    costs.last().is_some_and(|&cost| cost >= least)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distance(a: &str, b: &str) -> usize {
        let b: Vec<char> = b.chars().collect();
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.chars().enumerate() {
            let mut next = vec![i + 1];
            for (j, y) in b.iter().enumerate() {
                next.push((row[j] + usize::from(x != *y)).min(row[j + 1] + 1).min(next[j] + 1));
            }
            row = next;
        }
        row[b.len()]
    }

    #[test]
    fn distances_are_counted_in_characters() {
        for (a, b, far) in [("", "", 0), ("abc", "abc", 0), ("abc", "axc", 1), ("kitten", "sitting", 3), ("≠", "=", 1)]
        {
            assert!(differs_by(a, b, far) && !differs_by(a, b, far + 1), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn the_band_loses_nothing(a in "[ab]{0,24}", b in "[ab]{0,24}", least in 0_usize..14) {
            prop_assert_eq!(differs_by(&a, &b, least), distance(&a, &b) >= least);
        }
    }
}
