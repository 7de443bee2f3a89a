//! How well a scorer does: its figures, its mistakes, its curves and tables.

use std::fmt::Write as _;

use stepscope_core::evaluate::chance::Interval;
use stepscope_core::evaluate::response::{Against, ResponseReport};
use stepscope_core::evaluate::steps::{Group, StepFigures};
use stepscope_core::evaluate::{Failure, Report};

use super::axis::{AxisModel, number_text, percent_text};
use super::figure::FigureModel;
use crate::view_model::Tone;
use crate::view_model::canvas::shade::Shade;

/// Groups that are listed.
const GROUPS: usize = 30;

/// A figure in numbers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TileModel {
    /// What it is.
    pub title: &'static str,
    /// The number.
    pub value: String,
    /// From where to where it plausibly lies, or of how many.
    pub detail: String,
    /// What it means.
    pub hint: &'static str,
}

/// Traces that are judged wrongly in one way.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct WrongModel {
    /// In which way.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub failure: Failure,
    /// The word for it.
    pub title: &'static str,
    /// What it is, and which come first.
    pub hint: String,
    /// How many.
    pub traces: u64,
}

/// A table of figures.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TableModel {
    /// What it shows.
    pub title: String,
    /// The heads of its columns.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// How well a scorer does.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ScorerModel {
    /// Who is judged by whom, and how many traces that is about.
    pub intro: String,
    /// Where the threshold lies, and where it comes from.
    pub threshold: String,
    /// The figures that matter most.
    pub tiles: Vec<TileModel>,
    /// How it goes wrong.
    pub wrong: Vec<WrongModel>,
    /// Its curves; the first is the one over thresholds.
    pub curves: Vec<FigureModel>,
    /// Its tables.
    pub tables: Vec<TableModel>,
    /// What has to be known to read all this.
    pub notes: Vec<String>,
}

impl ScorerModel {
    /// Shows a report. `labels` says whose labels count.
    pub fn new(report: &Report, labels: &str) -> Self {
        let kind = report.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
        let mut intro = format!(
            "{}{kind} against {}: {} of {} listed traces judged",
            report.scorer, labels, report.judged, report.traces
        );
        if report.unscored > 0 {
            write!(intro, ", {} without a score", report.unscored).ok();
        }
        for one in &report.left_out {
            write!(intro, "; {} left out: {}", one.traces, one.reason).ok();
        }
        let mut threshold = format!("flagged below {}", number_text(report.threshold));
        if let Some(chosen) = &report.chosen {
            write!(
                threshold,
                ", chosen on {} traces of {} problems (F1 {} there)",
                chosen.traces,
                chosen.problems,
                percent_text(chosen.f1)
            )
            .ok();
        }
        let mut curves = vec![sweep(report), roc(report), precision(report)];
        curves.extend(report.response.iter().map(response));
        curves.retain(|curve| !curve.is_empty());
        Self {
            intro,
            threshold,
            tiles: tiles(report),
            wrong: report.failures.iter().map(|one| wrong(one.failure, one.traces)).collect(),
            curves,
            tables: tables(report),
            notes: report.notes.clone(),
        }
    }
}

fn wrong(failure: Failure, traces: u64) -> WrongModel {
    let (title, order) = match failure {
        Failure::FalseAlarm => ("false alarms", "the lowest scores first"),
        Failure::Miss => ("missed entirely", "the surest scores first"),
        Failure::Early => ("too early", "the lowest scores first"),
        Failure::Late => ("too late", "the surest scores first"),
    };
    let hint = format!("{}, {order}", failure.caption());
    WrongModel { failure, title, hint, traces }
}

fn tiles(report: &Report) -> Vec<TileModel> {
    let of = &report.first_error;
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), percent_text);
    let range = |interval: Option<Interval>| {
        interval.map_or_else(String::new, |i| format!("{:.1} to {:.1}", i.low * 100.0, i.high * 100.0))
    };
    let plain = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let step = &report.step.figures;
    vec![
        TileModel {
            title: "First-error F1",
            value: share(of.f1),
            detail: range(of.intervals.f1),
            hint: "the harmonic mean of both accuracies, as ProcessBench has it",
        },
        TileModel {
            title: "On erroneous traces",
            value: share(of.acc_error),
            detail: format!("{} of {}  {}", of.counts.error_hits, of.counts.erroneous, range(of.intervals.acc_error)),
            hint: "share of erroneous traces whose first error was named exactly",
        },
        TileModel {
            title: "On correct traces",
            value: share(of.acc_correct),
            detail: format!("{} of {}  {}", of.counts.correct_hits, of.counts.correct, range(of.intervals.acc_correct)),
            hint: "share of correct traces where no error was named",
        },
        TileModel {
            title: "Steps: AUC",
            value: plain(step.auc),
            detail: format!("{} good, {} bad", step.good, step.bad),
            hint: "how often a good step has more than a bad one, up to the first error",
        },
        TileModel {
            title: "Steps: PRM-Score",
            value: plain(step.prm_score),
            detail: format!("ECE {}", plain(step.ece)),
            hint: "the mean of F1 at finding good and at finding bad steps, as PRMBench has it; and how far stated \
                   probabilities lie from true ones",
        },
    ]
}

fn sweep(report: &Report) -> FigureModel {
    let line = |value: &dyn Fn(usize) -> Option<f64>| -> Vec<[f64; 2]> {
        let points = report.sweep.iter().enumerate();
        points.filter_map(|(at, point)| Some([point.threshold, value(at)?])).collect()
    };
    let at = |at: usize| report.sweep.get(at);
    let series = vec![
        ("F1".to_owned(), Shade::Sort(0), line(&|n| at(n)?.f1)),
        ("erroneous".to_owned(), Shade::Tone(Tone::Bad), line(&|n| at(n)?.acc_error)),
        ("correct".to_owned(), Shade::Tone(Tone::Good), line(&|n| at(n)?.acc_correct)),
    ];
    let thresholds = || report.sweep.iter().map(|point| point.threshold).filter(|at| at.is_finite());
    let low = thresholds().fold(f64::INFINITY, f64::min).min(report.threshold);
    let high = thresholds().fold(f64::NEG_INFINITY, f64::max).max(report.threshold);
    let x = AxisModel::numbers("threshold", low, high);
    let figure = FigureModel::lines("First error over thresholds", x, share_axis("share"), series);
    FigureModel { line: Some(report.threshold), note: "Drag the line to take another threshold".into(), ..figure }
}

fn roc(report: &Report) -> FigureModel {
    let points = report.step.roc.iter().map(|point| [point.x, point.y]).collect();
    let x = AxisModel::numbers("bad steps that pass", 0.0, 1.0);
    let series = vec![("good against bad steps".to_owned(), Shade::Sort(0), points)];
    let figure = FigureModel::lines("ROC of steps", x, share_axis("good steps that pass"), series);
    FigureModel { diagonal: true, ..figure }
}

fn precision(report: &Report) -> FigureModel {
    let points = report.step.precision_recall.iter().map(|point| [point.x, point.y]).collect();
    let x = AxisModel::numbers("recall", 0.0, 1.0);
    let series = vec![("finding bad steps".to_owned(), Shade::Tone(Tone::Bad), points)];
    FigureModel::lines("Precision over recall", x, share_axis("precision"), series)
}

fn share_axis(label: &str) -> AxisModel {
    AxisModel::numbers(label, 0.0, 1.0)
}

fn response(of: &ResponseReport) -> FigureModel {
    let title = match of.against {
        Against::Outcome => "Best of N, by final answer",
        Against::Process => "Best of N, by steps",
    };
    let Some(first) = of.by_aggregate.first() else { return FigureModel::default() };
    let place = |at: usize| u32::try_from(at).map_or(0.0, f64::from) + 0.5;
    let line = |value: &dyn Fn(usize) -> Option<f64>| -> Vec<[f64; 2]> {
        (0..first.curve.len()).filter_map(|at| Some([place(at), value(at)?])).collect()
    };
    let mut series = vec![
        ("any (pass@N)".to_owned(), Shade::Tone(Tone::Good), line(&|at| Some(first.curve.get(at)?.pass))),
        ("one, taken blindly".to_owned(), Shade::Tone(Tone::Muted), line(&|at| Some(first.curve.get(at)?.mean))),
        ("most frequent answer".to_owned(), Shade::Tone(Tone::Unsure), line(&|at| first.curve.get(at)?.majority)),
    ];
    for (number, one) in (0_u8..).zip(&of.by_aggregate) {
        let points = line(&|at| Some(one.curve.get(at)?.best));
        series.push((format!("best by {}", one.aggregate), Shade::Sort(number), points));
    }
    let ticks = first.curve.iter().enumerate().map(|(at, point)| (place(at), point.n.to_string())).collect();
    let x = AxisModel {
        label: "attempts".into(),
        from: 0.0,
        to: place(first.curve.len()) - 0.5,
        ticks,
        is_named: true,
        is_counted: false,
    };
    let note = format!("{} attempts at {} problems", of.attempts, of.problems);
    FigureModel { note, ..FigureModel::lines(title, x, share_axis("share that is right"), series) }
}

fn tables(report: &Report) -> Vec<TableModel> {
    let mut tables = Vec::new();
    if !report.by.is_empty() {
        let rows = report.by.iter().take(GROUPS).map(|group| {
            let of = &group.figures;
            let value = if group.value.is_empty() { "(none)" } else { &group.value };
            let range = |interval: Option<Interval>| {
                interval.map_or_else(String::new, |i| format!(" ({:.0}–{:.0})", i.low * 100.0, i.high * 100.0))
            };
            vec![
                value.to_owned(),
                format!("{}{}", share_text(of.f1), range(of.intervals.f1)),
                share_text(of.acc_error),
                share_text(of.acc_correct),
                of.counts.erroneous.to_string(),
                of.counts.correct.to_string(),
            ]
        });
        let field = report.by_field.clone().unwrap_or_default();
        tables.push(TableModel {
            title: format!("First error by {field}"),
            heads: heads(&[&field, "F1", "erroneous", "correct", "erroneous traces", "correct traces"]),
            rows: rows.collect(),
        });
    }
    let step = &report.step;
    let main = [("up to the first error", &step.figures), ("after it", &step.after_error), ("all", &step.all)];
    tables.push(steps("Steps", main.into_iter()));
    let groups: [(&str, &[Group]); 4] = [
        ("Steps by place", &step.by_position),
        ("Steps by sort", &step.by_kind),
        ("Prose and formulas", &step.by_text),
        ("Steps by length", &step.by_length),
    ];
    for (title, groups) in groups.into_iter().filter(|(_, groups)| groups.len() > 1) {
        tables.push(steps(title, groups.iter().map(|group| (group.name.as_str(), &group.figures))));
    }
    if !step.by_error.is_empty() {
        let rows = step.by_error.iter().map(|one| {
            vec![
                one.name.clone(),
                one.bad.to_string(),
                one.flagged.to_string(),
                share_text(one.recall),
                digits(one.auc),
            ]
        });
        tables.push(TableModel {
            title: "Bad steps by kind of error".into(),
            heads: heads(&["kind", "bad", "flagged", "share", "AUC"]),
            rows: rows.collect(),
        });
    }
    tables
}

fn steps<'a>(title: &str, groups: impl Iterator<Item = (&'a str, &'a StepFigures)>) -> TableModel {
    let rows = groups.filter(|(_, of)| of.good + of.bad > 0).map(|(name, of)| {
        let counts = [name.to_owned(), of.good.to_string(), of.bad.to_string()];
        let figures = [of.auc, of.average_precision_bad, of.f1_bad, of.brier, of.prm_score].map(digits);
        counts.into_iter().chain(figures).collect()
    });
    let rows = rows.collect();
    let heads = heads(&["", "good", "bad", "AUC", "AP of bad", "F1 of bad", "Brier", "PRM-Score"]);
    TableModel { title: title.into(), heads, rows }
}

fn heads(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn share_text(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), percent_text)
}

fn digits(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.3}"))
}
