//! The pictures of a report: its curves, over thresholds and over numbers of attempts, and the plots of its traces.

use super::frame::{Axis, Figure, Mark, MarkSeries, Shape, Tone};
use super::plot::Plot;
use crate::evaluate::binary::CurvePoint;
use crate::evaluate::response::{Against, AtN, ByAggregate, ResponseReport};
use crate::evaluate::{Columns, Report};
use crate::job::{JobContext, JobError};

impl Report {
    /// All pictures of the report over the columns that came with it: its [curves](Self::curves), then what the traces
    /// hold, in the groups that the report has. `rater` is the place of what is judged. Those that tell nothing are left
    /// out. Can be stopped every few thousand traces.
    pub fn figures(&self, columns: &Columns, rater: usize, ctx: &JobContext) -> Result<Vec<Figure>, JobError> {
        let field = self.by_field.as_ref().and_then(|name| columns.field(name)).unwrap_or(0);
        let mut figures: Vec<Figure> = self.curves().into_iter().map(|(_, figure)| figure).collect();
        for plot in Plot::standard(columns, rater, field) {
            let figure = plot.figure(columns, ctx)?;
            if plot.tells(&figure) {
                figures.push(figure);
            }
        }
        Ok(figures)
    }

    /// Its curves, each with a name for files; those without a point are left out.
    pub fn curves(&self) -> Vec<(&'static str, Figure)> {
        let mut curves = vec![("thresholds", self.sweep()), ("roc", self.roc()), ("precision", self.precision())];
        for response in &self.response {
            let [best, votes, gain] = match response.against {
                Against::Outcome => ["best_by_answer", "votes_by_answer", "gain_by_answer"],
                Against::Process => ["best_by_steps", "votes_by_steps", "gain_by_steps"],
            };
            curves.extend([(best, response.best()), (votes, response.votes()), (gain, response.gain())]);
        }
        curves.retain(|(_, figure)| !figure.series.is_empty());
        curves
    }

    fn sweep(&self) -> Figure {
        let counts = &self.first_error.counts;
        let shares: [(&str, Tone, u64, Vec<Option<f64>>); 3] = [
            (
                "F1",
                Tone::Group(0),
                counts.erroneous + counts.correct,
                self.sweep.iter().map(|point| point.f1).collect(),
            ),
            ("erroneous", Tone::Bad, counts.erroneous, self.sweep.iter().map(|point| point.acc_error).collect()),
            ("correct", Tone::Good, counts.correct, self.sweep.iter().map(|point| point.acc_correct).collect()),
        ];
        let thresholds: Vec<f64> = self.sweep.iter().map(|point| point.threshold).collect();
        let all = thresholds.iter().copied().chain([self.threshold]).filter(|at| at.is_finite());
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        let series = shares.into_iter().map(|(name, tone, count, values)| {
            let points = thresholds.iter().zip(values).filter(|(at, _)| at.is_finite());
            curve(name, tone, count, points.filter_map(|(at, value)| Some((*at, value?))))
        });
        let series = series.collect();
        let x = Axis::even("threshold", low, high, 1);
        let line = Some(self.threshold);
        Figure { line, ..of_curves("First error over thresholds", x, "share", "traces", series) }
    }

    fn roc(&self) -> Figure {
        let step = &self.step;
        let series = vec![curve("good against bad steps", Tone::Group(0), step.figures.good, points(&step.roc))];
        let x = Axis::even("bad steps that pass", 0.0, 1.0, 1);
        Figure { diagonal: true, ..of_curves("ROC of steps", x, "good steps that pass", "steps", series) }
    }

    fn precision(&self) -> Figure {
        let step = &self.step;
        let found = points(&step.precision_recall);
        let series = vec![curve("finding bad steps", Tone::Bad, step.figures.bad, found)];
        let x = Axis::even("recall", 0.0, 1.0, 1);
        of_curves("Precision over recall", x, "precision", "steps", series)
    }
}

impl ResponseReport {
    /// How often the best of N attempts is right, between one taken blindly and any.
    fn best(&self) -> Figure {
        let vote = self.frame("equal votes", Tone::Group(5), |at| at.majority);
        let best = self.by_score("best by", |at| Some(at.best));
        self.figure("Best of N", "share that is right", self.ends().into_iter().chain(vote).chain(best))
    }

    /// How often the answer with most votes is right.
    fn votes(&self) -> Figure {
        let vote = self.frame("equal votes", Tone::Group(5), |at| at.majority);
        let weighted = self.by_score("votes by", |at| at.weighted_majority);
        let votes: Vec<MarkSeries> = vote.into_iter().chain(weighted).collect();
        let ends = if votes.is_empty() { Vec::new() } else { self.ends() };
        self.figure("Votes of N", "share that is right", ends.into_iter().chain(votes))
    }

    /// How much more often the best of N is right than one taken blindly.
    fn gain(&self) -> Figure {
        self.figure("Gain of the best of N over one", "gain", self.by_score("best by", |at| Some(at.gain)).into_iter())
    }

    /// What lies above and below any choice.
    fn ends(&self) -> Vec<MarkSeries> {
        let any = self.frame("any (pass@N)", Tone::Good, |at| Some(at.pass));
        let one = self.frame("one, taken blindly", Tone::Muted, |at| Some(at.mean));
        any.into_iter().chain(one).collect()
    }

    /// A line that is the same for every way to make a score.
    fn frame(&self, name: &str, tone: Tone, value: impl Fn(&AtN) -> Option<f64>) -> Option<MarkSeries> {
        let one = self.by_aggregate.first()?;
        Some(MarkSeries { is_frame: true, ..over_attempts(name.into(), tone, &one.curve, value)? })
    }

    /// A line for each way to make a score.
    fn by_score(&self, what: &str, value: impl Fn(&AtN) -> Option<f64>) -> Vec<MarkSeries> {
        let each = self.by_aggregate.iter().enumerate();
        let line = |(at, one): (usize, &ByAggregate)| {
            over_attempts(format!("{what} {}", one.aggregate), Tone::Group(at), &one.curve, &value)
        };
        each.filter_map(line).collect()
    }

    fn figure(&self, title: &str, y: &str, series: impl Iterator<Item = MarkSeries>) -> Figure {
        let by = match self.against {
            Against::Outcome => "by final answer",
            Against::Process => "by steps",
        };
        let numbers = self.by_aggregate.first().map(|one| one.curve.as_slice()).unwrap_or_default();
        let most = numbers.iter().map(|at| at.problems).max().unwrap_or_default();
        // Fewer problems have more attempts: a curve goes from one set of problems to another.
        let name = |at: &AtN| match at.problems {
            problems if problems == most => at.n.to_string(),
            problems => format!("{} (of {problems})", at.n),
        };
        Figure {
            title: format!("{title}, {by}"),
            shape: Shape::Line,
            x: Axis::named("attempts", numbers.iter().map(name).collect()),
            y: Axis { label: y.into(), ..Axis::default() },
            series: series.collect(),
            line: None,
            diagonal: false,
            unit: "problems",
            notes: vec![format!("{} attempts at {} problems", self.attempts, self.problems)],
        }
    }
}

/// A line over numbers of attempts; `None` where nothing is known.
fn over_attempts(name: String, tone: Tone, curve: &[AtN], value: impl Fn(&AtN) -> Option<f64>) -> Option<MarkSeries> {
    let mark = |(x, at): (usize, &AtN)| {
        Some(Mark { x, at: None, row: 0, value: Some(value(at)?), count: at.problems, hits: None, interval: None })
    };
    let marks: Vec<Mark> = curve.iter().enumerate().filter_map(mark).collect();
    (!marks.is_empty()).then_some(MarkSeries { name, tone, is_frame: false, marks })
}

fn points(curve: &[CurvePoint]) -> impl Iterator<Item = (f64, f64)> + '_ {
    curve.iter().map(|point| (point.x, point.y))
}

fn curve(name: &str, tone: Tone, count: u64, points: impl Iterator<Item = (f64, f64)>) -> MarkSeries {
    let mark = |(at, value)| Mark { x: 0, at: Some(at), row: 0, value: Some(value), count, hits: None, interval: None };
    MarkSeries { name: name.into(), tone, is_frame: false, marks: points.map(mark).collect() }
}

fn of_curves(title: &str, x: Axis, y: &str, unit: &'static str, mut series: Vec<MarkSeries>) -> Figure {
    series.retain(|series| !series.marks.is_empty());
    let y = Axis { label: y.into(), ..Axis::default() };
    let (shape, notes) = (Shape::Curve, Vec::new());
    Figure { title: title.into(), shape, x, y, series, line: None, diagonal: false, unit, notes }
}
