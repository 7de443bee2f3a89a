//! A figure as a table.

use super::Figure;
use crate::csv::push_line;

const HEADINGS: [&str; 10] = ["series", "x", "x_from", "x_to", "y", "value", "count", "hits", "low", "high"];

impl Figure {
    /// The marks as CSV, one a line: series, bin and its ends on each axis, or the place on a curve, value, count, how many
    /// of these make up a share, interval. Empty values stand for marks into which nothing fell.
    pub fn to_csv(&self) -> String {
        let mut csv = String::new();
        push_line(&mut csv, HEADINGS.map(Some));
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        for series in &self.series {
            for mark in &series.marks {
                let edge = |at: usize| number(self.x.edges.get(at).copied().filter(|_| mark.at.is_none()));
                let line = [
                    Some(series.name.clone()),
                    number(mark.at).or_else(|| Some(self.x.name(mark.x))),
                    edge(mark.x),
                    edge(mark.x + 1),
                    (self.y.bins() > 0).then(|| self.y.name(mark.row)),
                    number(mark.value),
                    Some(mark.count.to_string()),
                    mark.hits.map(|hits| hits.to_string()),
                    number(mark.interval.map(|interval| interval.low)),
                    number(mark.interval.map(|interval| interval.high)),
                ];
                push_line(&mut csv, line);
            }
        }
        csv
    }
}
