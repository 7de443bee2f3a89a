//! Intervals around shares, and around figures that were drawn anew.

use serde::Serialize;

pub(super) use crate::annotation::Draw;

/// From where to where a figure plausibly lies, at 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The interval of a share of independent cases; see [`model::wilson`](crate::model::wilson).
pub fn wilson(hits: u64, cases: u64) -> Option<Interval> {
    crate::model::wilson(hits, cases).map(|(low, high)| Interval { low, high })
}

/// The interval of the difference of two shares of independent cases, each as hits and cases: Newcombe's, made of both
/// intervals of Wilson (1998, method 10).
pub fn share_difference(a: (u64, u64), b: (u64, u64)) -> Option<Interval> {
    let (of_a, of_b) = (wilson(a.0, a.1)?, wilson(b.0, b.1)?);
    let share = |(hits, cases): (u64, u64)| hits as f64 / cases as f64;
    let (p, q) = (share(a), share(b));
    let down = (p - of_a.low).hypot(of_b.high - q);
    let up = (of_a.high - p).hypot(q - of_b.low);
    Some(Interval { low: p - q - down, high: p - q + up })
}

/// How many numbers there were, their mean and how far they spread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub cases: u64,
    mean: f64,
    /// The sum of the squares of what they are off the mean.
    squares: f64,
}

impl Moments {
    /// Takes in one more.
    pub fn add(&mut self, number: f64) {
        self.cases += 1;
        // Welford's way loses no digits where the spread is small.
        let off = number - self.mean;
        self.mean += off / self.cases as f64;
        self.squares += off * (number - self.mean);
    }

    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.cases > 0).then_some(self.mean)
    }

    /// Student's interval of the mean; `None` of fewer than two, or where nothing varies.
    pub fn interval(&self) -> Option<Interval> {
        let error = self.error().filter(|error| *error > 0.0)?.sqrt();
        let reach = student(self.cases as f64 - 1.0) * error;
        Some(Interval { low: self.mean - reach, high: self.mean + reach })
    }

    /// The square of the standard error of the mean.
    fn error(&self) -> Option<f64> {
        let cases = self.cases as f64;
        (self.cases > 1).then(|| self.squares / (cases - 1.0) / cases)
    }
}

/// Welch's interval of the difference of two means; `None` where one is of fewer than two, or nothing varies.
pub fn mean_difference(a: &Moments, b: &Moments) -> Option<Interval> {
    let (of_a, of_b) = (a.error()?, b.error()?);
    let (difference, error) = (a.mean - b.mean, of_a + of_b);
    if error <= 0.0 {
        return None;
    }
    let freedom = error.powi(2) / (of_a.powi(2) / (a.cases as f64 - 1.0) + of_b.powi(2) / (b.cases as f64 - 1.0));
    let reach = student(freedom) * error.sqrt();
    Some(Interval { low: difference - reach, high: difference + reach })
}

/// Between minus this and this lie 95 % of Student's distribution with so many degrees of freedom, which are at least 1.
fn student(freedom: f64) -> f64 {
    // That of one degree is 12.7, that of very many 1.96.
    let (mut low, mut high) = (1.9, 13.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if outside(middle, freedom) > 0.05 { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// How much of Student's distribution lies beyond minus `reach` and `reach`: an incomplete beta function.
fn outside(reach: f64, freedom: f64) -> f64 {
    let (half, rest) = (freedom / 2.0, reach.powi(2) / (freedom + reach.powi(2)));
    let scale = ln_gamma(half + 0.5) - ln_gamma(half) - ln_gamma(0.5);
    let front = (scale + half * (-rest).ln_1p() + 0.5 * rest.ln()).exp();
    if 1.0 - rest < (half + 1.0) / (half + 2.5) {
        front * fraction(half, 0.5, 1.0 - rest) / half
    } else {
        1.0 - front * fraction(0.5, half, rest) / 0.5
    }
}

/// The continued fraction of the incomplete beta function, by Lentz' method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let solid = |number: f64| if number.abs() < 1e-300 { 1e-300 } else { number };
    let (mut over, mut under) = (1.0, 1.0 / solid(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = under;
    for at in 1..20_000 {
        let at = f64::from(at);
        let even = at * (b - at) * x / ((a + 2.0 * at - 1.0) * (a + 2.0 * at));
        let odd = -(a + at) * (a + b + at) * x / ((a + 2.0 * at) * (a + 2.0 * at + 1.0));
        let mut change = 1.0;
        for part in [even, odd] {
            under = 1.0 / solid(1.0 + part * under);
            over = solid(1.0 + part / over);
            change = over * under;
            value *= change;
        }
        if (change - 1.0_f64).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function of a number of at least one half, by Lanczos' series.
fn ln_gamma(number: f64) -> f64 {
    const PARTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = number - 1.0;
    let sum =
        PARTS.iter().zip(1_u8..).fold(0.999_999_999_999_809_9, |sum, (part, at)| sum + part / (x + f64::from(at)));
    let t = x + 7.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The middle 95 % of values that were drawn anew; `None` of fewer than 20.
pub(super) fn percentiles(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1).filter(|last| *last >= 19)?;
    // Linear between neighbours, as numpy's default.
    let at = |share: f64| {
        let place = share * last as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last")]
        let below = place.floor() as usize;
        let (low, high) = (values.get(below)?, values.get((below + 1).min(last))?);
        Some((high - low).mul_add(place - place.floor(), *low))
    };
    Some(Interval { low: at(0.025)?, high: at(0.975)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_scipy() {
        // scipy.stats.binomtest(hits, cases).proportion_ci(method="wilson")
        let check = |hits, cases, low: f64, high: f64| {
            let found = wilson(hits, cases).unwrap();
            assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{hits}/{cases}: {found:?}");
        };
        check(5, 10, 0.236_593_090_512_564, 0.763_406_909_487_436_1);
        check(0, 10, 0.0, 0.277_532_799_862_889_2);
        check(81, 100, 0.722_211_546_209_356_2, 0.874_852_484_902_312_6);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn newcombes_interval_is_that_of_statsmodels() {
        // statsmodels 0.15: confint_proportions_2indep(hits, cases, hits, cases, method="newcomb", compare="diff")
        let check = |a, b, low: f64, high: f64| {
            let found = share_difference(a, b).unwrap();
            assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{a:?} {b:?}: {found:?}");
        };
        check((5, 10), (3, 12), -0.136_108_148_188_658_52, 0.558_744_208_278_330_3);
        check((56, 70), (48, 80), 0.052_431_472_402_364_98, 0.333_872_654_036_906_14);
        check((0, 10), (0, 20), -0.161_125_158_052_819_4, 0.277_532_799_862_889_26);
        check((9, 10), (3, 10), 0.170_522_723_934_502_9, 0.809_017_973_535_488);
        assert_eq!(share_difference((0, 0), (1, 2)), None);
    }

    #[test]
    fn intervals_of_means_are_those_of_scipy() {
        // scipy 1.17: stats.t.ppf(0.975, df)
        for (freedom, expected) in [
            (1.0, 12.706_204_736_174_694),
            (2.0, 4.302_652_729_749_462),
            (3.7, 2.867_520_707_191_189_5),
            (10.0, 2.228_138_851_986_274),
            (29.5, 2.043_724_966_772_122),
            (1_000.0, 1.962_339_080_826_408_3),
            (100_000.0, 1.959_987_707_534_609_5),
        ] {
            assert!((student(freedom) - expected).abs() < 1e-7, "{freedom}: {}", student(freedom));
        }
        let of = |numbers: &[f64]| {
            let mut moments = Moments::default();
            for number in numbers {
                moments.add(*number);
            }
            moments
        };
        let (a, b) = (of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0]), of(&[2.0, 7.0, 1.0, 8.0]));
        let near = |found: Option<Interval>, low: f64, high: f64| {
            let found = found.unwrap();
            assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{found:?}");
        };
        // stats.t.interval(0.95, 5, loc=mean(a), scale=sem(a))
        near(a.interval(), 0.690_862_019_996_394_4, 6.975_804_646_670_273);
        // stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        near(mean_difference(&a, &b), -5.947_027_034_423_987_5, 4.613_693_701_090_654);
        assert_eq!((of(&[1.0]).interval(), of(&[]).mean()), (None, None));
        assert_eq!((mean_difference(&of(&[2.0; 3]), &of(&[1.0; 3])), of(&[2.0; 3]).interval()), (None, None));
    }

    #[test]
    fn draws_are_even_and_follow_from_the_seed() {
        let mut draw = Draw::new(7);
        let mut counts = [0_u32; 10];
        for _ in 0..10_000 {
            counts[draw.below(10)] += 1;
        }
        assert!(counts.iter().all(|count| (880..1120).contains(count)), "{counts:?}");
        // The first number of seed 0 is that of the published algorithm.
        assert_eq!(Draw::new(0).next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!((Draw::new(7).below(1000), Draw::new(8).below(1000)), (389, 618));
        assert_eq!(Draw::new(7).below(0), 0);
    }

    #[test]
    fn percentiles_lie_between_neighbours() {
        let found = percentiles((0..=40).map(f64::from).rev().collect()).unwrap();
        assert!((found.low - 1.0).abs() < 1e-12 && (found.high - 39.0).abs() < 1e-12, "{found:?}");
        assert_eq!(percentiles(vec![1.0; 19]), None);
    }
}
