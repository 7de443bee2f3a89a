//! A figure: series of marks over an axis; and the frame that a plot gives before anything is counted.

use serde::Serialize;

use crate::evaluate::chance::{Interval, wilson};

/// How a series is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Bars beside each other.
    Bars,
    /// A line from mark to mark.
    Line,
    /// The same, of marks anywhere along the axis; see [`Mark::at`].
    Curve,
    /// A field of cells, coloured by how many.
    Cells,
}

/// The name of the groups that are not shown by themselves.
pub(super) const REST: &str = "others";

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Right.
    Good,
    /// Wrong.
    Bad,
    /// Neither.
    Muted,
    /// One of several groups, from 0.
    Group(usize),
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// Ends of the bins; one more than there are bins.
    pub edges: Vec<f64>,
    /// Names of the bins, where they are no numbers; else empty.
    pub names: Vec<String>,
}

impl Axis {
    /// So many bins of equal width.
    pub(super) fn even(label: &str, from: f64, to: f64, bins: u32) -> Self {
        let width = if to > from { to - from } else { 1.0 };
        let edges = (0..=bins).map(|at| from + width * f64::from(at) / f64::from(bins.max(1)));
        Self { label: label.into(), edges: edges.collect(), names: Vec::new() }
    }

    /// A bin for each name.
    pub(super) fn named(label: &str, names: Vec<String>) -> Self {
        Self { edges: (0..=names.len()).map(|at| at as f64).collect(), label: label.into(), names }
    }

    /// How many bins there are.
    pub fn bins(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// The bin of a number: those below the first edge fall into the first bin, those above the last into the last.
    pub(super) fn bin(&self, number: f64) -> usize {
        let last = self.bins().saturating_sub(1);
        let (Some(from), Some(to)) = (self.edges.first(), self.edges.last()) else { return 0 };
        // Where it would lie if all bins were equally wide; from there to where it does lie.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts keep within the bounds")]
        let mut bin = (((number - from) / (to - from) * (last + 1) as f64) as usize).min(last);
        while bin > 0 && self.edges.get(bin).is_some_and(|edge| number < *edge) {
            bin -= 1;
        }
        while bin < last && self.edges.get(bin + 1).is_some_and(|edge| *edge <= number) {
            bin += 1;
        }
        bin
    }

    /// The name of a bin.
    pub fn name(&self, bin: usize) -> String {
        match (self.names.get(bin), self.edges.get(bin), self.edges.get(bin + 1)) {
            (Some(name), ..) if name.is_empty() => "(none)".into(),
            (Some(name), ..) => name.clone(),
            (None, Some(from), Some(to)) => format!("{}–{}", short(*from), short(*to)),
            _ => String::new(),
        }
    }
}

/// A number with as many digits as a reader wants.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.3}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// One bar, point or cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Its bin on the horizontal axis.
    pub x: usize,
    /// Of a curve its place on that axis, which has one bin.
    pub at: Option<f64>,
    /// Its bin on the vertical axis; 0 but for cells.
    pub row: usize,
    /// Its height, or the strength of its colour; `None` where nothing fell into it.
    pub value: Option<f64>,
    /// How many traces or steps it stands for.
    pub count: u64,
    /// Of a share of these: how many of them make it up.
    pub hits: Option<u64>,
    /// From where to where the value plausibly lies, where it is a share.
    pub interval: Option<Interval>,
}

/// Marks that belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarkSeries {
    /// Its name in the legend.
    pub name: String,
    /// What its colour says.
    pub tone: Tone,
    /// Of lines: it is not one of those compared, but what they are compared with. It is dashed.
    pub is_frame: bool,
    /// One mark per cell, row by row.
    pub marks: Vec<Mark>,
}

impl MarkSeries {
    /// It is a single trace, drawn behind what counts.
    pub fn is_trace(&self) -> bool {
        self.tone == Tone::Muted && self.name.starts_with("trace ")
    }
}

/// What a plot shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What it shows, in a few words.
    pub title: String,
    /// How it is painted.
    pub shape: Shape,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis; its bins are of cells only.
    pub y: Axis,
    /// The series.
    pub series: Vec<MarkSeries>,
    /// A place on the horizontal axis that matters, such as the threshold.
    pub line: Option<f64>,
    /// The line from corner to corner, which is perfect or chance, belongs to it.
    pub diagonal: bool,
    /// What counts: `steps`, `traces` or `problems`.
    pub unit: &'static str,
    /// What has to be known to read it.
    pub notes: Vec<String>,
}

/// What becomes of what falls into a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reduce {
    /// How many.
    Count,
    /// How many, as a share of the series.
    Share,
    /// The mean of the numbers.
    Mean,
    /// The share of ones among noughts and ones.
    Rate,
}

/// A figure without its counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) shape: Shape,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<(String, Tone)>,
    pub(super) reduce: Reduce,
    pub(super) unit: &'static str,
    pub(super) notes: Vec<String>,
}

impl Frame {
    pub(super) fn new(title: impl Into<String>, shape: Shape, x: Axis, y: &str, reduce: Reduce) -> Self {
        let y = Axis { label: y.into(), ..Axis::default() };
        let (series, notes) = (Vec::new(), Vec::new());
        Self { title: title.into(), shape, x, y, series, reduce, unit: "traces", notes }
    }

    pub(super) fn series(mut self, name: impl Into<String>, tone: Tone) -> Self {
        self.series.push((name.into(), tone));
        self
    }

    pub(super) fn groups(mut self, names: &[String]) -> Self {
        for (at, name) in names.iter().enumerate() {
            let name = if name.is_empty() { "(none)" } else { name };
            // What is left over is no group like the others.
            let is_rest = name == REST && at > 0 && at + 1 == names.len();
            self.series.push((name.to_owned(), if is_rest { Tone::Muted } else { Tone::Group(at) }));
        }
        self
    }

    pub(super) fn of_steps(mut self) -> Self {
        self.unit = "steps";
        self
    }

    pub(super) fn note(mut self, note: &str) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Cells of one series.
    pub(super) fn cells(&self) -> usize {
        self.x.bins() * self.y.bins().max(1)
    }

    /// The figure of those counts and sums, series by series.
    pub(super) fn filled(self, cells: &[(u64, f64)]) -> Figure {
        let per_series = self.cells().max(1);
        let bins = self.x.bins().max(1);
        let one = |at: usize, all: u64, (count, sum): (u64, f64)| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of ones")]
            let hits = (self.reduce == Reduce::Rate).then_some(sum as u64);
            let (value, interval) = match self.reduce {
                Reduce::Count => (Some(count as f64), None),
                Reduce::Share => ((all > 0).then(|| count as f64 / all as f64), wilson(count, all)),
                Reduce::Mean => ((count > 0).then(|| sum / count as f64), None),
                Reduce::Rate => ((count > 0).then(|| sum / count as f64), wilson(hits.unwrap_or_default(), count)),
            };
            Mark { x: at % bins, at: None, row: at / bins, value, count, hits, interval }
        };
        let series = self.series.iter().zip(cells.chunks(per_series)).map(|((name, tone), cells)| {
            let all = cells.iter().map(|(count, _)| count).sum();
            let marks = cells.iter().enumerate().map(|(at, cell)| one(at, all, *cell)).collect();
            MarkSeries { name: name.clone(), tone: *tone, is_frame: false, marks }
        });
        let series = series.collect();
        let Self { title, shape, x, y, unit, notes, .. } = self;
        Figure { title, shape, x, y, series, line: None, diagonal: false, unit, notes }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_lies_between_the_edges_of_its_bin(
            widths in prop::collection::vec(0.001_f64..5.0, 1..50),
            from in -10.0_f64..10.0,
            at in -0.5_f64..1.5,
            on_edge in any::<prop::sample::Index>(),
        ) {
            let edges: Vec<f64> = std::iter::once(0.0).chain(widths).scan(from, |edge, width| {
                *edge += width;
                Some(*edge)
            }).collect();
            let (first, last) = (edges[0], edges[edges.len() - 1]);
            let axis = Axis { edges: edges.clone(), ..Axis::default() };
            let inner = &edges[1..edges.len() - 1];
            for number in [first + (last - first) * at, edges[on_edge.index(edges.len())], f64::INFINITY, f64::MIN] {
                prop_assert_eq!(axis.bin(number), inner.partition_point(|edge| *edge <= number), "{} {:?}", number, edges);
            }
        }
    }
}
