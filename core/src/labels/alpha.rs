//! Krippendorff's alpha from a matrix of coincidences.
//!
//! After Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): any number of sources, missing values
//! allowed. A unit is a step of one trace, never a number of a step across traces.

/// How far two values are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Equal or not.
    Nominal,
    /// By how many values stand between them.
    Ordinal,
}

/// How often each value met each other one, within units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coincidences {
    values: usize,
    /// Row by row.
    counts: Vec<f64>,
}

impl Coincidences {
    /// Of values 0 to below `values`; for the ordinal metric in their order.
    pub fn new(values: usize) -> Self {
        Self { values, counts: vec![0.0; values * values] }
    }

    /// Adds the values that the sources gave to one unit. A single one has nothing to be compared with.
    pub fn add(&mut self, unit: &[usize]) {
        let Some(others) = unit.len().checked_sub(1).filter(|others| *others > 0) else { return };
        let each = 1.0 / others as f64;
        for (first, &a) in unit.iter().enumerate() {
            for (second, &b) in unit.iter().enumerate() {
                if first != second
                    && let Some(count) = self.counts.get_mut(a * self.values + b)
                {
                    *count += each;
                }
            }
        }
    }

    /// Adds the units of others, as if each had been there so many times.
    pub fn add_all(&mut self, other: &Self, times: f64) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more * times;
        }
    }

    /// True where no unit could be compared.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0.0)
    }

    /// 1 for full agreement, 0 for what chance gives, below 0 for less. `None` where nothing was compared, or where all
    /// values are the same, so that nothing can be told from chance.
    pub fn alpha(&self, metric: Metric) -> Option<f64> {
        let totals: Vec<f64> = self.counts.chunks(self.values.max(1)).map(|row| row.iter().sum()).collect();
        let all: f64 = totals.iter().sum();
        let (mut observed, mut expected) = (0.0, 0.0);
        for (a, row) in self.counts.chunks(self.values.max(1)).enumerate() {
            for (b, count) in row.iter().enumerate() {
                let apart = apart(metric, &totals, a, b);
                observed += count * apart;
                expected += totals[a] * totals[b] * apart;
            }
        }
        (expected > 0.0).then(|| 1.0 - (all - 1.0) * observed / expected)
    }
}

/// The squared distance of two values, of which there are so many in all.
fn apart(metric: Metric, totals: &[f64], a: usize, b: usize) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    match metric {
        _ if low == high => 0.0,
        Metric::Nominal => 1.0,
        Metric::Ordinal => {
            let between: f64 = totals[low..=high].iter().sum();
            (between - f64::midpoint(totals[low], totals[high])).powi(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line for each source, a digit for each unit, a point for none. Units are then columns.
    fn coincidences(sources: &[&str]) -> Coincidences {
        let mut found = Coincidences::new(6);
        for unit in 0..sources[0].len() {
            let said = sources.iter().filter_map(|line| line[unit..=unit].parse().ok());
            found.add(&said.collect::<Vec<usize>>());
        }
        found
    }

    fn near(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 0.0005, "{found:?}, not {expected}");
    }

    /// Krippendorff 2011, sections A (binary data), B (nominal data, two observers) and C (four observers, with gaps).
    #[test]
    fn published_examples() {
        near(coincidences(&["0100000010", "1110010000"]).alpha(Metric::Nominal), 0.095);
        near(coincidences(&["001123334220", "101113334222"]).alpha(Metric::Nominal), 0.692);
        let four = coincidences(&["123321412...", "1233224125.3", ".3332342251.", "12332441251."]);
        near(four.alpha(Metric::Nominal), 0.743);
        near(four.alpha(Metric::Ordinal), 0.815);
    }

    /// The worked example of three coders and fifteen units that is often quoted: 0.691.
    #[test]
    fn three_coders_with_gaps() {
        let three = coincidences(&[".....34121133.3", "1.213343.......", "..21344.21133.4"]);
        near(three.alpha(Metric::Nominal), 0.691);
        near(three.alpha(Metric::Ordinal), 0.807);
    }

    #[test]
    fn full_agreement_is_one_and_one_value_tells_nothing() {
        near(coincidences(&["0121", "0121"]).alpha(Metric::Nominal), 1.0);
        near(coincidences(&["0121", "0121"]).alpha(Metric::Ordinal), 1.0);
        assert_eq!(coincidences(&["1111", "1111"]).alpha(Metric::Nominal), None);
        assert_eq!(coincidences(&["01..", "..01"]).alpha(Metric::Nominal), None, "nothing to compare");
        assert!(coincidences(&["01", "10"]).alpha(Metric::Nominal).unwrap() < 0.0);
    }

    #[test]
    fn adding_is_counting_twice() {
        let once = coincidences(&["0121", "0111"]);
        let mut twice = once.clone();
        twice.add_all(&once, 1.0);
        assert_eq!(twice, coincidences(&["01210121", "01110111"]));
    }
}
