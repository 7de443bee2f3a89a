//! Heights of a long list: guessed until they are measured, summed up so that no frame walks through all of them.

/// Heights of cards, one below the other.
#[derive(Clone, Debug, Default)]
pub struct Heights {
    sizes: Vec<f32>,
    measured: Vec<bool>,
    /// A Fenwick tree over the sizes: place `i` holds the sum of as many as its lowest bit says, up to `i`.
    sums: Vec<f64>,
}

impl Heights {
    /// A list of guesses.
    pub fn new(guesses: impl IntoIterator<Item = f32>) -> Self {
        let sizes: Vec<f32> = guesses.into_iter().collect();
        let mut sums: Vec<f64> = std::iter::once(0.0).chain(sizes.iter().copied().map(f64::from)).collect();
        for at in 1..sums.len() {
            let above = at + lowest_bit(at);
            let sum = sums.get(at).copied().unwrap_or_default();
            if let Some(slot) = sums.get_mut(above) {
                *slot += sum;
            }
        }
        Self { measured: vec![false; sizes.len()], sizes, sums }
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The height of one.
    pub fn size(&self, at: usize) -> f32 {
        self.sizes.get(at).copied().unwrap_or_default()
    }

    /// True where it was measured.
    pub fn is_measured(&self, at: usize) -> bool {
        self.measured.get(at).copied().unwrap_or_default()
    }

    /// Puts a guess in place of what was measured, for one that has changed out of sight.
    pub fn forget(&mut self, at: usize, guess: f32) {
        self.set(at, guess);
        if let Some(measured) = self.measured.get_mut(at) {
            *measured = false;
        }
    }

    /// Takes over a measured height; gives by how much it is more than was thought.
    pub fn set(&mut self, at: usize, size: f32) -> f32 {
        let Some(slot) = self.sizes.get_mut(at) else { return 0.0 };
        let more = size - std::mem::replace(slot, size);
        if let Some(measured) = self.measured.get_mut(at) {
            *measured = true;
        }
        if more != 0.0 {
            let mut place = at + 1;
            while let Some(sum) = self.sums.get_mut(place) {
                *sum += f64::from(more);
                place += lowest_bit(place);
            }
        }
        more
    }

    /// The height of all before that one.
    pub fn top(&self, at: usize) -> f64 {
        let mut place = at.min(self.count());
        let mut top = 0.0;
        while place > 0 {
            top += self.sums.get(place).copied().unwrap_or_default();
            place -= lowest_bit(place);
        }
        top
    }

    /// The one at that distance from the top; the last one below the end.
    pub fn at(&self, distance: f64) -> usize {
        let (mut place, mut rest) = (0, distance);
        let mut step = (self.count() + 1).next_power_of_two() / 2;
        while step > 0 {
            if let Some(&sum) = self.sums.get(place + step).filter(|sum| **sum <= rest) {
                place += step;
                rest -= sum;
            }
            step /= 2;
        }
        place.min(self.count().saturating_sub(1))
    }
}

const fn lowest_bit(number: usize) -> usize {
    number & number.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_follow_every_change() {
        let mut sizes: Vec<f32> = (0..37_u8).map(|n| f32::from(n % 7) * 3.0).collect();
        let mut heights = Heights::new(sizes.iter().copied());
        let check = |heights: &Heights, sizes: &[f32]| {
            let mut top = 0.0;
            for (at, size) in sizes.iter().enumerate() {
                assert!((heights.top(at) - top).abs() < 1e-9, "top of {at}");
                if *size > 0.0 {
                    assert_eq!(heights.at(top), at, "at its top");
                    assert_eq!(heights.at(top + f64::from(*size) - 0.5), at, "at its foot");
                }
                top += f64::from(*size);
            }
            assert!((heights.top(heights.count()) - top).abs() < 1e-9);
        };
        check(&heights, &sizes);
        for (at, size) in [(0, 100.0), (36, 2.0), (17, 0.0), (0, 5.0), (8, 41.5)] {
            let before = sizes[at];
            assert!((heights.set(at, size) - (size - before)).abs() < 1e-6);
            sizes[at] = size;
            check(&heights, &sizes);
        }
        assert!(heights.is_measured(17) && !heights.is_measured(18));
        heights.forget(17, 30.0);
        sizes[17] = 30.0;
        check(&heights, &sizes);
        assert!(!heights.is_measured(17));
        assert_eq!((heights.at(-5.0), heights.at(1e9)), (0, 36));
        assert_eq!((Heights::new([]).top(0), Heights::new([]).at(3.0)), (0.0, 0));
    }
}
