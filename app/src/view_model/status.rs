//! The bottom line: what is open, whether it is saved, and what is running.

use std::time::Duration;

use stepscope_core::annotation::SaveState;
use stepscope_core::job::Progress;
use stepscope_core::scoring::PoolStatus;

use super::Tone;

/// The bottom line.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct StatusModel {
    /// `Saved`, `Saving …`, an error, or why nothing can be written.
    pub save: Option<(String, Tone)>,
    /// Path of the project folder.
    pub project: String,
    /// `12 of 64 traces · 5 labelled`.
    pub counts: String,
    /// Who gives scores, what they mean and where they come from; empty where no scorer runs.
    pub scorer: String,
    /// Running jobs.
    pub jobs: Vec<JobModel>,
}

/// A job that the status bar can show and stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum JobKind {
    /// Opening a project.
    Open,
    /// Writing an export.
    Export,
    /// Scoring traces.
    Score,
    /// Fetching a model.
    Pull,
    /// Drawing a tree into a file.
    Tree,
    /// Working out figures.
    Survey,
    /// Reading all steps, to find similar ones.
    Similar,
    /// Looking for duplicates.
    Duplicates,
    /// Putting traces in an order for which each is read.
    Order,
}

impl JobKind {
    /// What the status bar calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Open => "Opening",
            Self::Export => "Exporting",
            Self::Score => "Scoring",
            Self::Pull => "Fetching model",
            Self::Tree => "Saving tree",
            Self::Survey => "Survey",
            Self::Similar => "Similar steps",
            Self::Duplicates => "Duplicates",
            Self::Order => "Ordering",
        }
    }
}

/// A running job.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct JobModel {
    /// Which one.
    pub kind: JobKind,
    /// Name, done and total, time.
    pub text: String,
    /// Share done, where known.
    pub fraction: Option<f32>,
    /// It can wait: whether it does.
    pub paused: Option<bool>,
}

/// The word for a state of saving.
pub fn save_text(state: &SaveState) -> (String, Tone) {
    match state {
        SaveState::Saved => ("✔ Saved".into(), Tone::Good),
        SaveState::Saving { .. } => ("Saving…".into(), Tone::Unsure),
        SaveState::Failed(message) => (format!("Not saved: {message}"), Tone::Bad),
    }
}

/// The line for a job.
pub fn job(kind: JobKind, progress: &Progress, elapsed: Duration) -> JobModel {
    if kind == JobKind::Pull {
        let (text, fraction) = super::models::pull_line(progress);
        return JobModel {
            kind,
            text: format!("{} {text} · {} s", kind.title(), elapsed.as_secs()),
            fraction,
            paused: None,
        };
    }
    let counted = match progress.total {
        Some(total) if total > 0 => format!(" {}/{total}", progress.done),
        _ if progress.done > 0 => format!(" {}", progress.done),
        _ => String::new(),
    };
    let note = if progress.note.is_empty() { String::new() } else { format!(" · {}", progress.note) };
    JobModel {
        kind,
        text: format!("{}{counted}{note} · {} s", kind.title(), elapsed.as_secs()),
        fraction: progress.fraction(),
        paused: None,
    }
}

/// The line for scoring.
pub fn scoring(status: &PoolStatus, elapsed: Duration) -> JobModel {
    let total = Some(status.total).filter(|_| status.ready > 0);
    let progress = Progress { done: status.done, total, note: status.note() };
    JobModel { paused: Some(status.paused), ..job(JobKind::Score, &progress, elapsed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scoring_says_how_fast_and_how_long() {
        let status = PoolStatus {
            done: 12,
            total: 64,
            tokens_per_second: Some(1234.0),
            left: Some(Duration::from_secs(40)),
            ready: 2,
            ..PoolStatus::default()
        };
        let check = |status: &PoolStatus, expected: &str| {
            assert_eq!(scoring(status, Duration::from_secs(9)).text, expected);
        };
        check(&status, "Scoring 12/64 · traces scored, 1234 tokens/s, 40 s left · 9 s");
        check(&PoolStatus { paused: true, ..status }, "Scoring 12/64 · traces scored, paused · 9 s");
        check(&PoolStatus { loading: 1, ..PoolStatus::default() }, "Scoring · loading the model · 9 s");
    }
}
