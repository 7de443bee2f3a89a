//! A figure of the survey: series of bars, lines or cells over two axes, and what is told of each mark.

use std::fmt::Write as _;

use stepscope_core::evaluate::figures::{Figure, Mark, MarkSeries, Shape, Tone as Meaning};

use super::axis::{AxisModel, number_text, percent_text};
use crate::view_model::Tone;
use crate::view_model::canvas::shade::Shade;

/// How a figure is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum FigureShape {
    /// Bars, upwards or, where they have names, to the right.
    #[default]
    Bars,
    /// Lines from mark to mark.
    Lines,
    /// A field of cells, the stronger the more.
    Cells,
}

/// A figure, ready to be painted.
#[expect(clippy::struct_excessive_bools, reason = "each is a look of its own")]
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FigureModel {
    /// What it shows, in a few words.
    pub title: String,
    /// What has to be known to read it.
    pub note: String,
    /// How it is painted.
    pub shape: FigureShape,
    /// The horizontal axis.
    pub x: AxisModel,
    /// The vertical axis.
    pub y: AxisModel,
    /// The series.
    pub series: Vec<SeriesModel>,
    /// A place on the horizontal axis with a line through it, that can be dragged.
    pub line: Option<f64>,
    /// From corner to corner goes what is perfect, or what is chance.
    pub diagonal: bool,
    /// The traces behind its marks are known.
    pub can_list: bool,
    /// A stretch of the horizontal axis can be listed.
    pub can_brush: bool,
    /// What lies in a box can be listed: cells, or bars beside names.
    pub can_box: bool,
}

/// Marks that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SeriesModel {
    /// Its name in the legend.
    pub name: String,
    /// Its colour, by meaning.
    pub shade: Shade,
    /// One of many, not in the legend.
    pub faint: bool,
    /// A dashed line, with which others are compared.
    pub dashed: bool,
    /// Its marks, of those that have a value.
    pub marks: Vec<MarkModel>,
}

/// A bar, a point or a cell.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct MarkModel {
    /// Which of the counted ones it is.
    pub number: usize,
    /// From where to where on the horizontal axis; of a point its place, twice.
    pub x: [f64; 2],
    /// From where to where on the vertical axis.
    pub y: [f64; 2],
    /// From where to where the value plausibly lies.
    pub interval: Option<[f64; 2]>,
    /// How strong a cell is painted, 0..=1.
    pub strength: f32,
    /// What stands in a cell, or behind a bar, where there is room.
    pub words: String,
    /// What is told of it.
    pub text: String,
    /// What a click on it does; empty where it does nothing.
    pub hint: String,
}

/// Cells fewer than this are told by their number.
const FEW_CELLS: usize = 16;

/// Names beside an axis; more cannot be read.
const MOST_NAMES: usize = 20;

/// Width of the bars of a bin, of its width.
const BARS: f64 = 0.84;

impl FigureModel {
    /// A figure that was counted. Of names without an order only those with something are shown, the most frequent
    /// first.
    pub fn counted(figure: &Figure, is_ordered: bool) -> Self {
        let frequent = if is_ordered { None } else { frequent(figure) };
        let figure = frequent.as_ref().unwrap_or(figure);
        let is_named = !figure.x.names.is_empty();
        let mut made = Self {
            title: figure.title.clone(),
            note: figure.notes.join("; "),
            shape: match figure.shape {
                Shape::Bars => FigureShape::Bars,
                Shape::Line | Shape::Curve => FigureShape::Lines,
                Shape::Cells => FigureShape::Cells,
            },
            can_list: true,
            can_brush: !is_named && figure.shape != Shape::Cells,
            can_box: is_named && figure.shape == Shape::Bars || figure.shape == Shape::Cells,
            line: figure.line,
            diagonal: figure.diagonal,
            ..Self::default()
        };
        let groups = figure.series.len().max(1);
        let tells_all = figure.shape == Shape::Cells && figure.x.bins() * figure.y.bins() <= FEW_CELLS;
        let is_count = is_count(figure);
        // Empty bins at the end are those of a few long traces without anything in them.
        let counted = figure.series.iter().flat_map(|series| &series.marks).filter(|mark| mark.count > 0);
        let used = counted.map(|mark| mark.x + 1).max().unwrap_or(0);
        made.series = figure
            .series
            .iter()
            .enumerate()
            .map(|(at, series)| {
                let most = series.marks.iter().filter_map(|mark| mark.value).fold(0.0, f64::max).max(1e-9);
                let marks = series
                    .marks
                    .iter()
                    .enumerate()
                    // A share of nothing is a point as well; of bars only what has a height can be seen.
                    .filter(|(_, mark)| {
                        let is_point = mark.interval.is_some() && figure.shape == Shape::Line && mark.x < used;
                        (mark.count > 0 || tells_all || is_point) && mark.value.is_some()
                    });
                SeriesModel {
                    name: series.name.clone(),
                    shade: shade(series.tone),
                    faint: series.is_trace(),
                    dashed: series.is_frame,
                    marks: marks
                        .map(|(number, mark)| made.mark(figure, series, (at, groups), (number, mark), (most, is_count)))
                        .collect(),
                }
            })
            .collect();
        (made.x, made.y) = made.axes(figure);
        made.x = made.x.up_to(used.max(4));
        made
    }

    /// A curve of a report, behind whose points no single traces stand.
    pub fn curve(figure: &Figure) -> Self {
        let note = figure.line.map(|_| "Drag the line to take another threshold".to_owned());
        let mut made = Self::counted(figure, true);
        made.series.iter_mut().flat_map(|series| &mut series.marks).for_each(|mark| mark.hint.clear());
        Self { can_list: false, can_brush: false, note: note.unwrap_or_else(|| made.note.clone()), ..made }
    }

    /// Bars lie where their bins have names.
    fn is_lying(&self, figure: &Figure) -> bool {
        self.shape == FigureShape::Bars && !figure.x.names.is_empty()
    }

    fn mark(
        &self,
        figure: &Figure,
        series: &MarkSeries,
        (at, groups): (usize, usize),
        (number, mark): (usize, &Mark),
        (most, is_count): (f64, bool),
    ) -> MarkModel {
        let float = |at: usize| u32::try_from(at).map_or(0.0, f64::from);
        let value = mark.value.unwrap_or_default();
        let bin = float(mark.x);
        let mut made = MarkModel {
            number,
            interval: mark.interval.filter(|_| mark.value.is_some()).map(|interval| [interval.low, interval.high]),
            text: text(figure, series, mark, is_count),
            hint: hint(figure, series, mark),
            ..MarkModel::default()
        };
        match self.shape {
            FigureShape::Lines => (made.x, made.y) = ([mark.at.unwrap_or(bin + 0.5); 2], [value; 2]),
            FigureShape::Cells => {
                let rows = figure.y.bins().max(1);
                // The first of names stands on top; numbers grow upwards.
                let row = if figure.y.names.is_empty() { mark.row } else { rows - 1 - mark.row.min(rows - 1) };
                (made.x, made.y) = ([bin, bin + 1.0], [float(row), float(row) + 1.0]);
                #[expect(clippy::cast_possible_truncation, reason = "a strength of colour")]
                let strength = (value / most).max(0.0).sqrt() as f32;
                // The root, so that rare cells can be seen beside frequent ones.
                made.strength = strength;
                if figure.x.bins() * rows <= FEW_CELLS {
                    let all: u64 = series.marks.iter().map(|mark| mark.count).sum();
                    let share = mark.count as f64 / all.max(1) as f64;
                    made.words = format!("{}\n{}", mark.count, percent_text(share));
                }
            }
            FigureShape::Bars => {
                let width = BARS / float(groups);
                let from = bin + (1.0 - BARS) / 2.0 + float(at) * width;
                let (across, along) = ([from, from + width], [value.min(0.0), value.max(0.0)]);
                (made.x, made.y) = if self.is_lying(figure) {
                    made.words = mark.hits.map(|hits| format!("{hits} of {}", mark.count)).unwrap_or_default();
                    // The first stands on top.
                    let last = float(figure.x.bins());
                    (along, [last - across[1], last - across[0]])
                } else {
                    (across, along)
                };
            }
        }
        made
    }

    fn axes(&self, figure: &Figure) -> (AxisModel, AxisModel) {
        if figure.shape == Shape::Curve {
            let ends = figure.x.edges.first().zip(figure.x.edges.last()).unwrap_or((&0.0, &1.0));
            let x = AxisModel::numbers(&figure.x.label, *ends.0, *ends.1);
            return (x, AxisModel::numbers(&figure.y.label, 0.0, 1.0));
        }
        let x = AxisModel::bins(&figure.x);
        if self.shape == FigureShape::Cells {
            let mut y = AxisModel::bins(&figure.y);
            if y.is_named {
                y.ticks.iter_mut().for_each(|(at, _)| *at = y.to - *at);
            }
            return (x, y);
        }
        let marks = figure.series.iter().flat_map(|series| &series.marks).filter(|mark| mark.count > 0);
        let values = marks.flat_map(|mark| {
            // Of few cases the interval is wide; it may be cut off, the value not.
            [mark.value.unwrap_or_default(), mark.interval.filter(|_| mark.count > 4).map_or(0.0, |i| i.high)]
        });
        let mut y = AxisModel::values(&figure.y.label, values);
        if figure.y.label.starts_with("share") && y.to > 0.8 {
            y = AxisModel::numbers(&figure.y.label, 0.0, 1.0);
        }
        if !self.is_lying(figure) {
            return (x, y);
        }
        let mut lying = x;
        lying.ticks.iter_mut().for_each(|(at, _)| *at = lying.to - *at);
        (y, lying)
    }
}

/// The colour of a series.
fn shade(meaning: Meaning) -> Shade {
    match meaning {
        Meaning::Good => Shade::Tone(Tone::Good),
        Meaning::Bad => Shade::Tone(Tone::Bad),
        Meaning::Muted => Shade::Tone(Tone::Neutral),
        Meaning::Group(at) => Shade::Sort(u8::try_from(at % usize::from(u8::MAX)).unwrap_or(0)),
    }
}

/// The figure with the bins that have something in them, those with most on top.
fn frequent(figure: &Figure) -> Option<Figure> {
    if figure.x.names.is_empty() || figure.shape != Shape::Bars {
        return None;
    }
    let mut counts = vec![0_u64; figure.x.bins()];
    for mark in figure.series.iter().flat_map(|series| &series.marks) {
        if let Some(count) = counts.get_mut(mark.x) {
            *count += mark.count;
        }
    }
    let mut order: Vec<usize> =
        (0..counts.len()).filter(|&bin| counts.get(bin).is_some_and(|count| *count > 0)).collect();
    order.sort_by_key(|&bin| std::cmp::Reverse(counts.get(bin).copied()));
    let all = order.len();
    order.truncate(MOST_NAMES);
    let mut made = figure.clone();
    made.x.names = order.iter().map(|&bin| figure.x.names.get(bin).cloned().unwrap_or_default()).collect();
    made.x.edges.truncate(order.len() + 1);
    for mark in made.series.iter_mut().flat_map(|series| &mut series.marks) {
        // Its place among the marks stays: by it its traces are found.
        if let Some(place) = order.iter().position(|bin| *bin == mark.x) {
            mark.x = place;
        } else {
            (mark.count, mark.value) = (0, None);
        }
    }
    if all > order.len() {
        made.notes.push(format!("the {MOST_NAMES} most frequent of {all}"));
    }
    Some(made)
}

/// The values are how many there are.
fn is_count(figure: &Figure) -> bool {
    let mut marks = figure.series.iter().flat_map(|series| &series.marks);
    marks.all(|mark| mark.interval.is_none() && mark.value.is_none_or(|value| (value - mark.count as f64).abs() < 1e-9))
}

/// What a mark tells: its series, its bin, its value and how many it counts.
fn text(figure: &Figure, series: &MarkSeries, mark: &Mark, is_count: bool) -> String {
    let mut place =
        mark.at.map_or_else(|| figure.x.name(mark.x), |at| format!("{} {}", figure.x.label, number_text(at)));
    if figure.y.bins() > 0 {
        place = format!("{} {place}, {} {}", figure.x.label, figure.y.label, figure.y.name(mark.row));
    }
    let unit = unit_of(figure, series);
    let unit = if mark.count == 1 { unit.trim_end_matches('s') } else { unit };
    let mut text = format!("{}\n{place}\n", series.name);
    let value = mark.value.unwrap_or_default();
    if is_count {
        write!(text, "{} {unit}", mark.count).ok();
    } else if let Some(interval) = mark.interval {
        let (low, high) = (percent_text(interval.low), percent_text(interval.high));
        let hits = mark.hits.map(|hits| format!("{hits} of ")).unwrap_or_default();
        write!(text, "{} ({low} to {high}), {hits}{} {unit}", percent_text(value), mark.count).ok();
    } else {
        write!(text, "{} of {} {unit}", number_text(value), mark.count).ok();
    }
    text
}

/// What a click on a mark lists: what it counts; of a share, what makes it up.
fn hint(figure: &Figure, series: &MarkSeries, mark: &Mark) -> String {
    let listed = mark.hits.unwrap_or(mark.count);
    let is_of_traces = figure.unit == "traces";
    let unit = unit_of(figure, series);
    let these = match listed {
        0 => return "There is nothing to list; Alt and a click list all others".to_owned(),
        1 => format!("this {}", unit.trim_end_matches('s')),
        _ => format!("these {listed} {unit}"),
    };
    let what = if is_of_traces { these } else { format!("the traces with {these}") };
    format!("A click lists {what}, with Alt all others")
}

/// What a series counts: where series count different things, each is named after what it counts.
fn unit_of<'a>(figure: &Figure, series: &'a MarkSeries) -> &'a str {
    match figure.unit {
        unit @ ("traces" | "steps") => unit,
        _ => &series.name,
    }
}
