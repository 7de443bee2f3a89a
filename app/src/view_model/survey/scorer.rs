//! How well a scorer does: its figures, its mistakes and its tables.

use std::fmt::Write as _;

use stepscope_core::evaluate::chance::Interval;
use stepscope_core::evaluate::{Failure, Report, Table};

use super::axis::{number_text, percent_text};

/// Rows of a table that are shown; the others are counted.
const ROWS: usize = 60;

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
    /// Its tables.
    pub tables: Vec<Table>,
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
            write!(intro, ", {} more {}", report.unscored, report.unscored_because()).ok();
        }
        if report.set_aside > 0 {
            write!(intro, ", {} set aside for the threshold", report.set_aside).ok();
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
        Self {
            intro,
            threshold,
            tiles: tiles(report),
            wrong: report.failures.iter().map(|one| wrong(one.failure, one.traces)).collect(),
            tables: report.tables().into_iter().map(|table| table.cut(ROWS)).collect(),
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
