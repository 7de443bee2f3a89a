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
