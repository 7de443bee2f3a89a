//! The spans in which numbers are counted: where each begins, at numbers as round as they can be.

/// From where spans of counts begin.
const COUNTS: [f64; 12] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 21.0, 51.0, 101.0, 1001.0];
/// From where spans of numbers from 0 to 1 begin.
const TENTHS: [f64; 10] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// Into so many spans of equal width numbers are divided, about.
const EVEN: f64 = 10.0;
/// Into so many spans with about as many numbers in each.
const ALIKE: usize = 8;
/// More spans than this come only of numbers that lie too close to be divided.
const MOST: usize = 16;
/// Larger whole numbers are not exact with 32 bits.
const WHOLE: f64 = 1e7;

/// Spans of numbers, one after another: the first lies below all starts, the last has no end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::query) struct Spans {
    /// Where all but the first begin, ascending.
    pub(in crate::query) starts: Vec<f64>,
    /// All numbers are whole, so that a span can be named by its first and last number.
    pub(in crate::query) is_whole: bool,
}

impl Spans {
    /// Of numbers of steps: narrow at first, then wider.
    pub(super) fn of_counts() -> Self {
        Self { starts: COUNTS.into(), is_whole: true }
    }

    /// Of equal width; tenths where numbers lie from 0 to 1. A hundredth of the numbers at either end has no say in
    /// the width: they lie in the first and the last span.
    pub(super) fn even(mut numbers: Vec<f64>) -> Self {
        let Some((least, most)) = ends(&mut numbers) else { return Self::of_one(0.0) };
        if least >= 0.0 && most <= 1.0 && !are_whole(&numbers) {
            return Self { starts: TENTHS.into(), is_whole: false };
        }
        let few = numbers.len() / 100;
        let last = numbers.len() - 1 - few;
        let mut at = |place: usize| *numbers.select_nth_unstable_by(place, f64::total_cmp).1;
        let (low, high) = (at(few), at(last));
        let width = (high - low) / EVEN;
        let is_whole = are_whole(&numbers);
        if !width.is_normal() {
            return Self { is_whole, ..Self::of_one(low) };
        }
        let power = if is_whole { power_of(width).max(0) } else { power_of(width) };
        let times = [1.0, 2.0, 5.0].into_iter().find(|times| scaled(*times, power) >= width).unwrap_or(10.0);
        let first = (low / scaled(times, power)).floor();
        let starts = (0..MOST).map(|number| scaled((first + number as f64) * times, power));
        let mut starts: Vec<f64> = starts.take_while(|start| *start <= high).collect();
        starts.dedup();
        // Numbers that differ in their last digit only lie below every round one.
        if starts.is_empty() { Self { is_whole, ..Self::of_one(low) } } else { Self { starts, is_whole } }
    }

    /// With about as many numbers in each.
    pub(super) fn alike(mut numbers: Vec<f64>) -> Self {
        let Some((least, _)) = ends(&mut numbers) else { return Self::of_one(0.0) };
        numbers.sort_unstable_by(f64::total_cmp);
        let is_whole = are_whole(&numbers);
        let (mut starts, mut before) = (Vec::new(), least);
        let parts = (1..ALIKE).filter_map(|part| numbers.get(numbers.len() * part / ALIKE));
        // Where nearly all are the same, these are told from the others.
        for &number in parts.chain(numbers.iter().find(|number| **number > least)) {
            if number > before {
                starts.push(round_between(before, number));
                before = number;
            }
        }
        if starts.is_empty() { Self { is_whole, ..Self::of_one(least) } } else { Self { starts, is_whole } }
    }

    fn of_one(start: f64) -> Self {
        Self { starts: vec![start], is_whole: false }
    }

    /// How many there are.
    pub(in crate::query) fn len(&self) -> usize {
        self.starts.len() + 1
    }
}

/// The least and the largest number. What is not finite is taken out: it is in the first or the last span wherever they
/// begin.
fn ends(numbers: &mut Vec<f64>) -> Option<(f64, f64)> {
    numbers.retain(|number| number.is_finite());
    let least = numbers.iter().copied().reduce(f64::min)?;
    Some((least, numbers.iter().copied().reduce(f64::max)?))
}

fn are_whole(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| number.fract() == 0.0 && number.abs() < WHOLE)
}

/// The power of ten that a number begins with.
fn power_of(number: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a number is small")]
    let power = number.abs().log10().floor() as i32;
    power
}

/// A number times a power of ten, as near as a number can come to what is written so.
fn scaled(number: f64, power: i32) -> f64 {
    let ten = 10_f64.powi(power.abs());
    // Zero has no sign in a question.
    (if power < 0 { number / ten } else { number * ten }) + 0.0
}

/// The roundest number of the upper half between both, the higher one included.
fn round_between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    let largest = power_of(low.abs().max(high.abs()));
    for power in (largest - 17..=largest).rev() {
        for times in [5.0, 2.0, 1.0] {
            let start = scaled((high / scaled(times, power)).floor() * times, power);
            if start > low && start >= middle && start <= high {
                return start;
            }
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_divided_at_round_ones() {
        let even = |numbers: &[f64]| Spans::even(numbers.to_vec()).starts;
        assert_eq!(even(&[0.0, 0.4, 1.0]), TENTHS);
        assert_eq!(even(&[-1.0, 0.2, 1.0]), [-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(even(&[-0.7, 0.0, 0.7]), [-0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6]);
        assert_eq!(even(&[-12.3, 0.0, 3.9]), [-14.0, -12.0, -10.0, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0]);
        assert_eq!(even(&[3.5, 3.5]), [3.5]);
        assert_eq!(even(&[f64::INFINITY]), [0.0]);
        assert_eq!(even(&[-f64::MAX, f64::MAX]), [-f64::MAX]);
        // One that lies far out does not make all the others one span.
        let mut many: Vec<f64> = (0..1000).map(|number| f64::from(number) / 100.0).collect();
        many.push(-1e9);
        assert_eq!(even(&many), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        let alike = |numbers: &[f64]| Spans::alike(numbers.to_vec()).starts;
        let costs: Vec<f64> = (0..80).map(|number| 0.001 * 1.1_f64.powi(number)).collect();
        assert_eq!(alike(&costs), [0.002, 0.005, 0.015, 0.04, 0.1, 0.3, 0.6]);
        assert_eq!(alike(&[7.0; 9]), [7.0]);
        let nearly = [vec![0.0; 99], vec![17.0]].concat();
        assert_eq!(alike(&nearly), [10.0], "from 9 on, and not above 17");
        let spans = Spans::alike((0..100).map(f64::from).collect());
        assert!(spans.is_whole && spans.starts.iter().all(|start| start.fract() == 0.0), "{spans:?}");
        assert_eq!(spans.len(), 8);
    }

    #[test]
    fn starts_ascend_whatever_the_numbers() {
        let hard = [
            vec![-1e308, 1e308, 0.0],
            vec![5e-324, 1e-323],
            vec![7.473_090_457_032_725_5, 7.473_090_457_032_726],
            vec![1.0, 1.0 + f64::EPSILON, 1.0 + 3.0 * f64::EPSILON],
            vec![-0.0, 0.0, -1e-9],
            vec![1e17, 1e17 + 64.0],
            vec![f64::NEG_INFINITY, f64::NAN, -3.0],
            (0..40).map(|number| (f64::from(number) * 0.37).sin() * 1e5).collect(),
        ];
        for numbers in hard {
            for spans in [Spans::even(numbers.clone()), Spans::alike(numbers.clone())] {
                assert!(!spans.starts.is_empty(), "{numbers:?}");
                assert!(spans.starts.is_sorted_by(|a, b| a < b), "{numbers:?}: {spans:?}");
                assert!(spans.starts.iter().all(|start| start.is_finite()), "{numbers:?}: {spans:?}");
            }
        }
    }
}
