//! A figure as a picture that stands by itself: SVG whose colours follow the reader's dark or light.

use std::fmt::Write as _;

use super::frame::short;
use super::{Figure, Mark, MarkSeries, Shape, Tone};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 58.0;

/// Labels below the axis; more would run into each other.
const LABELS: usize = 10;

/// Letters of a label below the axis.
const LETTERS: usize = 14;

/// Letters of a name in the legend.
const LEGEND: usize = 19;

/// Lines through more marks than this have small dots.
const DOTTED: usize = 40;

/// Colours that stay apart for the colour-blind (Okabe and Ito 2008).
const GROUPS: [&str; 8] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c8c8c"];

// Plain colours only: many readers of SVG know no variables. Those of marks stand out on dark and on light.
const STYLE: &str = "svg.figure{font:12px system-ui,sans-serif;max-width:100%}svg.figure text{fill:#1d1d1f}\
svg.figure .axis{stroke:#c9c9cf}svg.figure .ink{stroke:#1d1d1f;stroke-opacity:.6}\
svg.figure .title{font-weight:600;font-size:14px}@media(prefers-color-scheme:dark){svg.figure text{fill:#ececf0}\
svg.figure .axis{stroke:#46464e}svg.figure .ink{stroke:#ececf0}}";

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "#2a9d72",
        Tone::Bad => "#d9602b",
        Tone::Muted => "#8a8a94",
        Tone::Group(at) => GROUPS.get(at % GROUPS.len()).copied().unwrap_or("#8a8a94"),
    }
}

/// A text with what XML would misread written out.
pub(crate) fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '"' => made.push_str("&quot;"),
            // No control character may stand in XML, not even written out.
            c if c.is_control() => made.push(' '),
            c => made.push(c),
        }
    }
    made
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}

impl Figure {
    /// The figure as SVG, with its own style. The same figure gives the same bytes.
    pub fn to_svg(&self) -> String {
        let mut svg = String::new();
        let rows = self.series.len().div_ceil(4);
        let height = HEIGHT + if self.series.len() > 1 { 18.0 * rows as f64 } else { 0.0 };
        let title = escaped(&self.title);
        // Writing to a string cannot fail, here and below.
        write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"figure\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-label=\"{title}\"><style>{STYLE}</style><text class=\"title\" x=\"{LEFT}\" y=\"18\">{title}</text>"
        )
        .ok();
        let highest = self.highest();
        self.axes(&mut svg, highest);
        self.guides(&mut svg, highest);
        match self.shape {
            Shape::Cells => self.cells(&mut svg),
            Shape::Bars => self.bars(&mut svg, highest),
            Shape::Line | Shape::Curve => self.lines(&mut svg, highest),
        }
        if self.series.len() > 1 {
            self.legend(&mut svg);
        }
        svg.push_str("</svg>");
        svg
    }

    /// The lowest and highest value that is painted; bars and shares begin at 0.
    fn highest(&self) -> (f64, f64) {
        let marks = || self.series.iter().flat_map(|series| &series.marks);
        let values = marks().filter_map(|mark| mark.value);
        let ends = values.chain(marks().filter_map(|mark| mark.interval.map(|i| i.high)));
        let least = if self.diagonal { 1.0 } else { 0.0 };
        let (low, high) = ends.fold((0.0, least), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
        (low, if high > low { high } else { low + 1.0 })
    }

    fn x(&self, place: f64) -> f64 {
        LEFT + place * (WIDTH - LEFT - RIGHT) / self.x.bins().max(1) as f64
    }

    /// Where a mark of a line stands, from the left.
    fn x_of(&self, mark: &Mark) -> f64 {
        mark.at.map_or_else(|| self.x(mark.x as f64 + 0.5), |at| self.x_at(at))
    }

    /// Where a number stands on an axis of bins that are equally wide.
    fn x_at(&self, number: f64) -> f64 {
        let (from, to) = self.x.edges.first().zip(self.x.edges.last()).unwrap_or((&0.0, &1.0));
        self.x((number - from) / (to - from) * self.x.bins() as f64)
    }

    /// What stands behind the marks: a place that matters, and the line from corner to corner.
    fn guides(&self, svg: &mut String, ends: (f64, f64)) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        if let Some(line) = self.line {
            write!(svg, "<path class=\"ink\" d=\"M{:.1} {TOP}V{bottom}\"/>", self.x_at(line)).ok();
        }
        if self.diagonal {
            let (from, to) = (at(0.0, ends), at(1.0, ends));
            write!(svg, "<path class=\"axis\" stroke-dasharray=\"4 4\" d=\"M{LEFT} {from:.1}L{right} {to:.1}\"/>").ok();
        }
    }

    fn axes(&self, svg: &mut String, (low, high): (f64, f64)) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        write!(svg, "<path class=\"axis\" fill=\"none\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>").ok();
        for (x, name) in self.labels() {
            let (y, name) = (bottom + 16.0, escaped(&name));
            write!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{name}</text>").ok();
        }
        let (middle, below) = (f64::midpoint(LEFT, right), bottom + 36.0);
        let label = escaped(&self.x.label);
        write!(svg, "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">{label}</text>").ok();
        let side = escaped(&self.y.label);
        let centre = f64::midpoint(TOP, bottom);
        write!(svg, "<text transform=\"translate(14 {centre}) rotate(-90)\" text-anchor=\"middle\">{side}</text>").ok();
        if self.shape == Shape::Cells {
            for row in (0..self.y.bins()).step_by(self.y.bins().div_ceil(LABELS).max(1)) {
                let name = escaped(&shortened(&self.y.name(row), LETTERS));
                let y = self.row_top(row) + self.row_height() / 2.0 + 4.0;
                write!(svg, "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{name}</text>", LEFT - 6.0).ok();
            }
            return;
        }
        for part in 0..=4 {
            let value = low + (high - low) * f64::from(part) / 4.0;
            let y = at(value, (low, high));
            let (x, text) = (LEFT - 6.0, short(value));
            write!(svg, "<path class=\"axis\" d=\"M{LEFT} {y:.1}h-4\"/>").ok();
            write!(svg, "<text x=\"{x}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>", y + 4.0).ok();
        }
    }

    /// What stands below the axis, and where.
    fn labels(&self) -> Vec<(f64, String)> {
        let middle = |bin: usize| {
            let ends = self.x.edges.get(bin).zip(self.x.edges.get(bin + 1));
            ends.map(|(from, to)| f64::midpoint(*from, *to)).unwrap_or_default()
        };
        if self.shape == Shape::Curve {
            let (from, to) = self.x.edges.first().zip(self.x.edges.last()).unwrap_or((&0.0, &1.0));
            let places = (0..=4).map(|part| from + (to - from) * f64::from(part) / 4.0);
            return places.map(|place| (self.x_at(place), short(place))).collect();
        }
        let bins = self.x.bins().max(1);
        let name = |bin| {
            if self.x.names.is_empty() { short(middle(bin)) } else { shortened(&self.x.name(bin), LETTERS) }
        };
        (0..bins).step_by(bins.div_ceil(LABELS)).map(|bin| (self.x(bin as f64 + 0.5), name(bin))).collect()
    }

    fn row_height(&self) -> f64 {
        (HEIGHT - BOTTOM - TOP) / self.y.bins().max(1) as f64
    }

    /// The first row of names stands on top; numbers grow upwards.
    fn row_top(&self, row: usize) -> f64 {
        let rows = self.y.bins().max(1);
        let from_top = if self.y.names.is_empty() { rows - 1 - row.min(rows - 1) } else { row };
        TOP + from_top as f64 * self.row_height()
    }

    fn tip(&self, series: &MarkSeries, mark: &Mark) -> String {
        let place = mark.at.map_or_else(|| self.x.name(mark.x), |at| format!("{} {}", self.x.label, short(at)));
        let mut tip = format!("{}, {place}", series.name);
        if self.y.bins() > 0 {
            write!(tip, ", {}", self.y.name(mark.row)).ok();
        }
        let value = mark.value.map(short).unwrap_or_default();
        let hits = mark.hits.map(|hits| format!("{hits} of ")).unwrap_or_default();
        write!(tip, ": {value} ({hits}{} {})", mark.count, self.unit).ok();
        escaped(&tip)
    }

    fn cells(&self, svg: &mut String) {
        let few = self.x.bins() * self.y.bins() <= 16;
        for series in &self.series {
            let most = series.marks.iter().filter_map(|mark| mark.value).fold(0.0, f64::max).max(1.0);
            for mark in series.marks.iter().filter(|mark| mark.count > 0) {
                let value = mark.value.unwrap_or(0.0);
                let (x, y) = (self.x(mark.x as f64), self.row_top(mark.row));
                let (width, height) = (self.x(1.0) - self.x(0.0), self.row_height());
                // The root, so that rare cells can be seen beside frequent ones.
                let strength = (value / most).max(0.0).sqrt();
                let (fill, tip) = (colour(series.tone), self.tip(series, mark));
                write!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\" \
                     fill-opacity=\"{strength:.3}\"><title>{tip}</title></rect>"
                )
                .ok();
                if few {
                    let (x, y) = (x + width / 2.0, y + height / 2.0 + 4.0);
                    let count = mark.count;
                    write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{count}</text>").ok();
                }
            }
        }
    }

    fn bars(&self, svg: &mut String, ends: (f64, f64)) {
        let width = (self.x(1.0) - self.x(0.0)) * 0.86 / self.series.len().max(1) as f64;
        for (number, series) in self.series.iter().enumerate() {
            for mark in &series.marks {
                let Some(value) = mark.value.filter(|_| mark.count > 0) else { continue };
                let x = self.x(mark.x as f64 + 0.07) + number as f64 * width;
                let (top, bottom) = (at(value.max(0.0), ends), at(value.min(0.0), ends));
                let (fill, tip, height) = (colour(series.tone), self.tip(series, mark), bottom - top);
                write!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\">\
                     <title>{tip}</title></rect>"
                )
                .ok();
                whisker(svg, mark, x + width / 2.0, ends);
            }
        }
    }

    fn lines(&self, svg: &mut String, ends: (f64, f64)) {
        // Those that matter are painted last, on top.
        for series in self.series.iter().rev() {
            let stroke = colour(series.tone);
            let (wide, faint) = if series.is_trace() { (1.0, 0.45) } else { (2.0, 1.0) };
            let mut path = String::new();
            let mut is_begun = false;
            for mark in &series.marks {
                let Some(value) = mark.value else {
                    is_begun = false;
                    continue;
                };
                let (x, y) = (self.x_of(mark), at(value, ends));
                write!(path, "{}{x:.1} {y:.1}", if is_begun { 'L' } else { 'M' }).ok();
                is_begun = true;
            }
            write!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{wide}\" \
                 stroke-opacity=\"{faint}\"{}/>",
                if series.is_frame { " stroke-dasharray=\"6 4\"" } else { "" }
            )
            .ok();
            if series.is_trace() {
                continue;
            }
            let radius = if series.marks.len() > DOTTED { 1.5 } else { 3.0 };
            for mark in &series.marks {
                let Some(value) = mark.value.filter(|_| mark.count > 0) else { continue };
                let (x, y, tip) = (self.x_of(mark), at(value, ends), self.tip(series, mark));
                write!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{stroke}\"><title>{tip}</title></circle>"
                )
                .ok();
                whisker(svg, mark, x, ends);
            }
        }
    }

    fn legend(&self, svg: &mut String) {
        let step = (WIDTH - LEFT - RIGHT) / 4.0;
        for (at, series) in self.series.iter().enumerate() {
            let (x, y) = (LEFT + (at % 4) as f64 * step, HEIGHT + 4.0 + (at / 4) as f64 * 18.0);
            let (fill, name) = (colour(series.tone), escaped(&shortened(&series.name, LEGEND)));
            let (top, height) = if series.is_frame { (y - 5.5, 3.0) } else { (y - 9.0, 10.0) };
            write!(svg, "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"10\" height=\"{height}\" fill=\"{fill}\"/>").ok();
            write!(svg, "<text x=\"{:.1}\" y=\"{y:.1}\">{name}</text>", x + 14.0).ok();
        }
    }
}

/// Where a value stands, from the top.
fn at(value: f64, (low, high): (f64, f64)) -> f64 {
    let bottom = HEIGHT - BOTTOM;
    bottom - (value - low) / (high - low) * (bottom - TOP)
}

/// A line from one end of the interval to the other.
fn whisker(svg: &mut String, mark: &Mark, x: f64, ends: (f64, f64)) {
    if let Some(interval) = mark.interval {
        let (low, high) = (at(interval.low, ends), at(interval.high, ends));
        write!(svg, "<path class=\"ink\" d=\"M{x:.1} {low:.1}V{high:.1}\"/>").ok();
    }
}
