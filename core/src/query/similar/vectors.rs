//! Vectors of length 1 in 8 bits a number, and the nearest of all of them: every one is looked at, on all cores.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::nearest::Ordered;
use crate::job::{JobContext, JobError};

/// Vectors that are compared between two looks at whether to go on.
const LOT: usize = 1 << 14;

/// The numbers of a question are rounded to so many steps on each side of 0. With 8 bits on the other side a sum of
/// 8,192 products fits 32 bits.
const FINE: f32 = 2047.0;
const COARSE: f32 = 127.0;

/// A vector as whole numbers and what one of them stands for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rounded {
    /// What 1 stands for.
    pub(super) scale: f32,
    /// From -127 to 127.
    pub(super) numbers: Vec<i8>,
}

/// Many vectors, each of the same number of numbers.
#[derive(Default)]
pub(super) struct Vectors {
    dims: usize,
    scales: Vec<f32>,
    numbers: Vec<i8>,
}

impl Rounded {
    /// Rounds a vector; each number is off by half a step at most, which is 1/254 of the largest.
    pub(super) fn new(vector: &[f32]) -> Self {
        let scale = step(vector, COARSE);
        #[expect(clippy::cast_possible_truncation, reason = "from -127 to 127")]
        let numbers = vector.iter().map(|x| (x / scale).round() as i8).collect();
        Self { scale, numbers }
    }
}

/// What 1 stands for, where the largest number becomes `most`.
fn step(vector: &[f32], most: f32) -> f32 {
    let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    if largest > 0.0 { largest / most } else { 1.0 }
}

impl Vectors {
    /// None yet, of that many numbers each.
    pub(super) fn new(dims: usize) -> Self {
        Self { dims, ..Self::default() }
    }

    /// Adds one; it must have as many numbers as the others.
    pub(super) fn push(&mut self, scale: f32, numbers: impl IntoIterator<Item = i8>) {
        self.scales.push(scale);
        self.numbers.extend(numbers);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.scales.len()
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.numbers.capacity() + self.scales.capacity() * size_of::<f32>()
    }

    /// One of them, as it was before rounding or nearly so.
    pub(super) fn get(&self, at: usize) -> Option<Vec<f32>> {
        let scale = self.scales.get(at)?;
        let numbers = self.numbers.get(at * self.dims..(at + 1) * self.dims)?;
        Some(numbers.iter().map(|x| f32::from(*x) * scale).collect())
    }

    /// The places of the `n` vectors nearest to one of length 1, with their cosines, nearest first, of those that `takes`
    /// lets through. Can be stopped after some hundred thousand.
    pub(super) fn nearest(
        &self,
        to: &[f32],
        n: usize,
        takes: impl Fn(usize) -> bool + Sync,
        ctx: &JobContext,
    ) -> Result<Vec<(f64, usize)>, JobError> {
        let fine = step(to, FINE);
        #[expect(clippy::cast_possible_truncation, reason = "from -2047 to 2047")]
        let to: Vec<i16> = to.iter().map(|x| (x / fine).round() as i16).collect();
        let width = self.dims.max(1);
        let lots = self.numbers.par_chunks(LOT * width).zip(self.scales.par_chunks(LOT)).enumerate();
        let lots = lots.map(|(lot, (numbers, scales))| {
            ctx.checkpoint()?;
            let near = numbers.chunks_exact(width).zip(scales).enumerate().filter_map(|(at, (vector, scale))| {
                let place = lot * LOT + at;
                takes(place).then(|| (f64::from(product(&to, vector)) * f64::from(fine * scale), place))
            });
            Ok(most_near(near.collect(), n))
        });
        let found = lots.collect::<Result<Vec<_>, JobError>>()?;
        let mut found = most_near(found.concat(), n);
        found.sort_unstable_by_key(|&(score, place)| (Reverse(Ordered(score)), place));
        Ok(found)
    }
}

/// The `n` nearest, in any order.
fn most_near(mut all: Vec<(f64, usize)>, n: usize) -> Vec<(f64, usize)> {
    if all.len() > n {
        all.select_nth_unstable_by_key(n, |&(score, place)| (Reverse(Ordered(score)), place));
        all.truncate(n);
    }
    all
}

/// In a form that compilers turn into vector instructions.
#[inline]
fn product(a: &[i16], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of length 1 that look random, always the same.
    fn vectors(count: usize, dims: usize) -> Vec<Vec<f32>> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut number = || {
            // Twelve uniform numbers make one that is nearly normal.
            let sum: f64 = (0..12)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 40) as f64 / f64::from(1_u32 << 24)
                })
                .sum();
            sum - 6.0
        };
        let one = |_| {
            let vector: Vec<f64> = (0..dims).map(|_| number()).collect();
            let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
            #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the purpose")]
            let vector = vector.iter().map(|x| (x / length) as f32).collect();
            vector
        };
        (0..count).map(one).collect()
    }

    fn cosine(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    #[test]
    fn cosines_are_off_by_less_than_they_are_shown_with() {
        let check = |dims: usize, limit: f64| {
            let all = vectors(1500, dims);
            let mut rounded = Vectors::new(dims);
            for vector in &all {
                let Rounded { scale, numbers } = Rounded::new(vector);
                rounded.push(scale, numbers);
            }
            let ctx = JobContext::foreground(None);
            let (mut worst, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
            for query in all.iter().take(20) {
                let found = rounded.nearest(query, all.len(), |_| true, &ctx).unwrap();
                assert_eq!(found.len(), all.len());
                assert!(found.is_sorted_by(|a, b| a.0 >= b.0));
                for (score, place) in found {
                    let far = (score - cosine(query, &all[place])).abs();
                    worst = worst.max(far);
                    squares += far * far;
                    count += 1.0;
                }
            }
            let usual = (squares / count).sqrt();
            println!("{dims} numbers: cosines off by {usual:.1e} (root mean square), at most {worst:.1e}");
            assert!(worst < limit, "{dims}: {worst}");
        };
        check(384, 2.5e-3);
        check(1024, 2e-3);
    }

    #[test]
    fn the_nearest_are_those_of_all() {
        let all = vectors(400, 32);
        let mut rounded = Vectors::new(32);
        all.iter().map(|vector| Rounded::new(vector)).for_each(|one| rounded.push(one.scale, one.numbers));
        let ctx = JobContext::foreground(None);
        for (at, query) in all.iter().enumerate().take(30) {
            let found = rounded.nearest(query, 5, |place| place != at, &ctx).unwrap();
            let mut exact: Vec<f64> =
                (0..all.len()).filter(|place| *place != at).map(|place| cosine(query, &all[place])).collect();
            exact.sort_by(|a, b| b.total_cmp(a));
            for ((score, place), expected) in found.iter().zip(exact) {
                assert!((score - expected).abs() < 0.01 && *place != at, "{score} {expected}");
            }
            assert_eq!(found.len(), 5);
        }
        assert!(Vectors::new(8).nearest(&[0.0; 8], 3, |_| true, &ctx).unwrap().is_empty());
        assert_eq!(Rounded::new(&[0.0, 0.0]).numbers, [0, 0]);
    }
}
