//! Two sources beside each other: share of agreement, Cohen's kappa, and how sure both are.

/// The 0.975 quantile of the normal distribution: intervals are of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// How often each value of one source met each of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crosstab {
    values: usize,
    /// Row by row; a row for each value of the first source.
    counts: Vec<u64>,
}

impl Crosstab {
    /// Of values 0 to below `values`.
    pub fn new(values: usize) -> Self {
        Self { values, counts: vec![0; values * values] }
    }

    /// Adds a unit.
    pub fn add(&mut self, first: usize, second: usize) {
        if let Some(count) = self.counts.get_mut(first * self.values + second) {
            *count += 1;
        }
    }

    /// Units so far.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Units with the same value.
    pub fn same(&self) -> u64 {
        self.counts.iter().step_by(self.values + 1).sum()
    }

    fn share(&self, a: usize, b: usize) -> f64 {
        self.counts.get(a * self.values + b).map_or(0.0, |count| *count as f64 / self.n() as f64)
    }

    /// The shares of each value in either source.
    fn margins(&self) -> (Vec<f64>, Vec<f64>) {
        let all = 0..self.values;
        let rows = all.clone().map(|a| all.clone().map(|b| self.share(a, b)).sum()).collect();
        let columns = all.clone().map(|b| all.clone().map(|a| self.share(a, b)).sum()).collect();
        (rows, columns)
    }

    fn by_chance(&self) -> f64 {
        let (rows, columns) = self.margins();
        rows.iter().zip(&columns).map(|(row, column)| row * column).sum()
    }

    /// Agreement beyond chance: 1 for full agreement, 0 for what chance gives (Cohen 1960). `None` where nothing was
    /// compared, or where chance alone gives full agreement.
    pub fn kappa(&self) -> Option<f64> {
        let n = self.n();
        if n == 0 {
            return None;
        }
        let expected = self.by_chance();
        (1.0 - expected > 1e-12).then(|| (self.same() as f64 / n as f64 - expected) / (1.0 - expected))
    }

    /// The 95 % interval of kappa from its large-sample standard error (Fleiss, Cohen and Everitt 1969). It takes units
    /// for independent, which steps of one trace are not quite.
    pub fn kappa_interval(&self) -> Option<[f64; 2]> {
        let (kappa, error) = (self.kappa()?, self.kappa_error()?);
        Some([(kappa - Z * error).max(-1.0), (kappa + Z * error).min(1.0)])
    }

    fn kappa_error(&self) -> Option<f64> {
        let (kappa, expected) = (self.kappa()?, self.by_chance());
        let (rows, columns) = self.margins();
        let (mut on, mut off) = (0.0, 0.0);
        for a in 0..self.values {
            on += self.share(a, a) * (1.0 - (rows[a] + columns[a]) * (1.0 - kappa)).powi(2);
            for b in (0..self.values).filter(|b| *b != a) {
                off += self.share(a, b) * (columns[a] + rows[b]).powi(2);
            }
        }
        let spread = on + (1.0 - kappa).powi(2) * off - (kappa - expected * (1.0 - kappa)).powi(2);
        Some((spread.max(0.0) / (self.n() as f64 * (1.0 - expected).powi(2))).sqrt())
    }
}

/// The 95 % interval of a share, as agreement tells it; see [`model::wilson`](crate::model::wilson).
pub fn wilson(part: u64, of: u64) -> Option<[f64; 2]> {
    crate::model::wilson(part, of).map(|(low, high)| [low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<const N: usize>(rows: [[u64; N]; N]) -> Crosstab {
        Crosstab { values: N, counts: rows.concat() }
    }

    fn near(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 0.0006, "{found:?}, not {expected}");
    }

    /// Fleiss, Cohen and Everitt 1969: 0.429 with an error of 0.054. Fleiss, Levin and Paik 2003, table 18.1: 0.68
    /// (0.676) with 0.088. Of two readers of fifty proposals: 0.4.
    #[test]
    fn published_examples() {
        let article = table([[106, 10, 4], [22, 28, 10], [2, 12, 6]]);
        near(article.kappa(), 0.429);
        near(article.kappa_error(), 0.0537);
        let book = table([[75, 1, 4], [5, 4, 1], [0, 0, 10]]);
        near(book.kappa(), 0.6765);
        near(book.kappa_error(), 0.0877);
        let readers = table([[20, 5], [10, 15]]);
        near(readers.kappa(), 0.4);
        assert_eq!((readers.n(), readers.same()), (50, 35));
    }

    #[test]
    fn where_kappa_says_nothing() {
        assert_eq!(Crosstab::new(3).kappa(), None);
        assert_eq!(table([[9, 0], [0, 0]]).kappa(), None, "one value only");
        near(table([[5, 0], [0, 5]]).kappa(), 1.0);
        near(table([[5, 0], [5, 0]]).kappa(), 0.0);
    }

    /// Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    #[test]
    fn wilson_intervals() {
        let check = |part, of, low, high| {
            let [found_low, found_high] = wilson(part, of).unwrap();
            near(Some(found_low), low);
            near(Some(found_high), high);
        };
        check(81, 263, 0.2553, 0.3662);
        check(15, 148, 0.0624, 0.1605);
        check(0, 20, 0.0, 0.1611);
        check(1, 29, 0.0061, 0.1718);
        assert_eq!(wilson(0, 0), None);
    }
}
