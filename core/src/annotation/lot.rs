//! Drawing lots: by content, so that the same lot falls at every start and on every computer.

use crate::model::ContentHasher;

/// A number that looks random and follows from the purpose and the names.
pub fn lot(purpose: &str, names: &[&str]) -> u64 {
    names.iter().fold(ContentHasher::new(purpose), ContentHasher::part).number()
}

/// True for that share of all names, 0..=1.
pub fn drawn(purpose: &str, names: &[&str], share: f64) -> bool {
    // 2^64 is exact as a float; all lots lie below it.
    share > 0.0 && (share >= 1.0 || (lot(purpose, names) as f64) < share * 18_446_744_073_709_551_616.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_drawn_and_stays_drawn() {
        let drawn_of = |share: f64, who: &str| -> Vec<u32> {
            (0..2000_u32).filter(|n| drawn("blind", &[who, &n.to_string()], share)).collect()
        };
        let third = drawn_of(1.0 / 3.0, "ann");
        assert!((590..=740).contains(&third.len()), "{}", third.len());
        assert_eq!(third, drawn_of(1.0 / 3.0, "ann"));
        assert_ne!(third, drawn_of(1.0 / 3.0, "bob"), "each annotator has a lot of their own");
        let half = drawn_of(0.5, "ann");
        assert!(third.iter().all(|n| half.contains(n)), "a greater share only adds");
        assert_eq!((drawn_of(0.0, "ann").len(), drawn_of(1.0, "ann").len()), (0, 2000));
        assert_ne!(lot("a", &["b", "c"]), lot("a", &["bc", ""]));
        assert_eq!(lot("blind", &["ann", "t"]), LOT, "lots that were drawn stay as they are");
    }

    /// Written down so that a change of the hash does not go unseen: what was blind would be shown.
    const LOT: u64 = 5_747_580_558_369_815_901;
}
