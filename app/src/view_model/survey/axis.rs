//! Axes of figures: where they begin and end, and what stands beside them.

use stepscope_core::evaluate::figures::Axis;

/// Labels along an axis of bins; more would run into each other.
const LABELS: usize = 6;

/// An axis, ready to be painted.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct AxisModel {
    /// What it measures.
    pub label: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Places along it, and what stands there.
    pub ticks: Vec<(f64, String)>,
    /// Each tick names a bin, in its middle.
    pub is_named: bool,
    /// Its bins are counted from 1.
    pub is_counted: bool,
}

impl AxisModel {
    /// An axis of numbers that holds both, with round numbers along it.
    pub fn numbers(label: &str, from: f64, to: f64) -> Self {
        let (from, to) = if from < to { (from, to) } else { (from, from + 1.0) };
        let step = round_step((to - from) / 4.0);
        let first = (from / step).ceil();
        let ticks = (0..12).map(|at| (first + f64::from(at)) * step).take_while(|at| *at <= to + step * 1e-6);
        let ticks = ticks.map(|at| (at, number_text(at))).collect();
        Self { label: label.into(), from, to, ticks, ..Self::default() }
    }

    /// An axis from nought, or below it, up to what is a little more than the highest.
    pub fn values(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let ends = values.filter(|value| value.is_finite());
        let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / 4.0);
        Self::numbers(label, (low / step).floor() * step, (high / step - 1e-9).ceil() * step)
    }

    /// The same without the counted bins at the end, from that place on.
    #[must_use]
    pub fn up_to(self, end: usize) -> Self {
        if !self.is_counted || place(end) >= self.to {
            return self;
        }
        Self { to: place(end), ticks: counted_ticks(end), ..self }
    }

    /// An axis of bins, as wide as each other: their names, or the numbers between them.
    pub fn bins(axis: &Axis) -> Self {
        let bins = axis.bins();
        let mut made = Self { label: axis.label.clone(), to: place(bins).max(1.0), ..Self::default() };
        if !axis.names.is_empty() {
            made.is_named = true;
            made.ticks = (0..bins).map(|bin| (place(bin) + 0.5, axis.name(bin))).collect();
            return made;
        }
        let edge = |at: usize| axis.edges.get(at).copied().unwrap_or_default();
        // Bins around whole numbers are named by these.
        let is_counted = (edge(0) - 0.5).abs() < 1e-9 && (edge(1) - 1.5).abs() < 1e-9;
        let every = bins.div_ceil(LABELS).max(1);
        made.is_counted = is_counted;
        made.ticks = if is_counted {
            counted_ticks(bins)
        } else if is_even(&axis.edges) {
            let (from, width) = (edge(0), edge(1) - edge(0));
            let round = Self::numbers("", from, edge(bins)).ticks;
            round.into_iter().map(|(at, text)| ((at - from) / width, text)).collect()
        } else {
            (0..=bins).step_by(every).map(|at| (place(at), number_text(edge(at)))).collect()
        };
        made
    }
}

fn place(at: usize) -> f64 {
    u32::try_from(at).map_or(0.0, f64::from)
}

/// The numbers of so many bins, as many as have room.
fn counted_ticks(bins: usize) -> Vec<(f64, String)> {
    let every = bins.div_ceil(2 * LABELS).max(1);
    let is_told = |bin: &usize| *bin == 0 || (bin + 1).is_multiple_of(every);
    (0..bins).filter(is_told).map(|bin| (place(bin) + 0.5, (bin + 1).to_string())).collect()
}

/// All bins have the same width.
fn is_even(edges: &[f64]) -> bool {
    let widths = || edges.iter().zip(edges.iter().skip(1)).map(|(from, to)| to - from);
    let first = widths().next().unwrap_or_default();
    first > 0.0 && widths().all(|width| (width - first).abs() < first * 1e-6)
}

/// The next of 1, 2, 2.5, 5 times a power of ten; 2.5 itself is no number to count in.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(1e-12).log10().floor());
    let part = step / power;
    let steps: &[f64] = if (power - 1.0).abs() < 1e-9 { &[1.0, 2.0, 5.0] } else { &[1.0, 2.0, 2.5, 5.0] };
    power * steps.iter().find(|round| part <= **round + 1e-9).copied().unwrap_or(10.0)
}

/// A number with as many digits as a reader wants.
pub fn number_text(number: f64) -> String {
    let size = number.abs();
    if size >= 999_500.0 {
        return format!("{}M", trimmed(number / 1e6, 1));
    }
    if size >= 10_000.0 {
        return format!("{}k", trimmed(number / 1e3, 1));
    }
    trimmed(number, if size >= 100.0 { 0 } else { 3 })
}

fn trimmed(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A share as per cent.
pub(super) fn percent_text(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        let ticks = |axis: AxisModel| axis.ticks.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ");
        assert_eq!(ticks(AxisModel::values("", [3.0, 87.0].into_iter())), "0 25 50 75 100");
        assert_eq!(ticks(AxisModel::values("", [0.2, 0.43].into_iter())), "0 0.2 0.4 0.6");
        assert_eq!(ticks(AxisModel::values("", std::iter::empty())), "0 0.25 0.5 0.75 1");
        assert_eq!(ticks(AxisModel::numbers("", -2.0, 2.0)), "-2 -1 0 1 2");
        assert_eq!(ticks(AxisModel::values("", [120_000.0].into_iter())), "0 50k 100k 150k");
    }
}
