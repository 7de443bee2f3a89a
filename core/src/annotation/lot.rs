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

/// Numbers that look random and follow from a seed (splitmix64, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// Those that follow from that seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below that one; 0 where that is 0.
    pub fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.next()) * count as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from 0 up to, but not including, 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
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
