//! A figure as a table.

use std::fmt::Write as _;

use super::Figure;

impl Figure {
    /// The marks as CSV, one a line: series, bin and its ends on each axis, value, count, interval. Empty values stand
    /// for marks into which nothing fell.
    pub fn to_csv(&self) -> String {
        let mut csv = String::from("series,x,x_from,x_to,y,value,count,low,high\n");
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        for series in &self.series {
            for mark in &series.marks {
                let y = if self.y.bins() > 0 { self.y.name(mark.row) } else { String::new() };
                let edge = |at: usize| number(self.x.edges.get(at).copied());
                let (low, high) = (mark.interval.map(|i| i.low), mark.interval.map(|i| i.high));
                // Writing to a string cannot fail.
                writeln!(
                    csv,
                    "{},{},{},{},{},{},{},{},{}",
                    quoted(&series.name),
                    quoted(&self.x.name(mark.x)),
                    edge(mark.x),
                    edge(mark.x + 1),
                    quoted(&y),
                    number(mark.value),
                    mark.count,
                    number(low),
                    number(high)
                )
                .ok();
            }
        }
        csv
    }
}

/// A value as RFC 4180 writes it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
