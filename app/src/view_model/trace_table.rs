//! The left side: one line per trace.

use stepscope_core::model::Verdict;
use stepscope_core::query::{LabelState, SortKey, TableRow};
use stepscope_core::scoring::Aggregate;

use super::scores::{aggregate_text, score_text};
use super::{Tone, one_line};
use crate::state::work::Visible;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColumnModel {
    /// What clicking its title sorts by.
    pub key: SortKey,
    /// Its title.
    pub title: &'static str,
    /// What it shows.
    pub hint: &'static str,
    /// Width in points; the problem takes the rest.
    pub width: Option<f32>,
}

/// The columns to show: without any score, those for scores would only take room. The score of the trace is called
/// as it is made.
pub fn columns(has_scores: bool, aggregate: Aggregate) -> impl Iterator<Item = ColumnModel> {
    let count = if has_scores { COLUMNS.len() } else { COLUMNS.len() - 2 };
    COLUMNS.into_iter().take(count).map(move |column| match column.key {
        SortKey::PathScore => {
            let (title, hint) = aggregate_text(aggregate);
            ColumnModel { title, hint, ..column }
        }
        _ => column,
    })
}

/// The columns, left to right; those for scores last.
pub const COLUMNS: [ColumnModel; 7] = [
    ColumnModel { key: SortKey::State, title: "Label", hint: "What you said of the trace", width: Some(62.0) },
    ColumnModel { key: SortKey::Problem, title: "Problem", hint: "The first words of the problem", width: None },
    ColumnModel { key: SortKey::Generator, title: "Generator", hint: "Who wrote the trace", width: Some(82.0) },
    ColumnModel { key: SortKey::Steps, title: "Steps", hint: "Number of steps", width: Some(42.0) },
    ColumnModel {
        key: SortKey::Outcome,
        title: "Ans",
        hint: "Whether the answer is right, as the data says",
        width: Some(32.0),
    },
    ColumnModel { key: SortKey::PathScore, title: "Min", hint: "Lowest score on the main path", width: Some(36.0) },
    ColumnModel {
        key: SortKey::LastScore,
        title: "Last",
        hint: "Score of the last step of the main path",
        width: Some(36.0),
    },
];

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TraceRowModel {
    /// State of the labels, as a sign with a word.
    pub state: (String, Tone),
    /// The first words of the problem.
    pub problem: String,
    /// Who wrote it.
    pub generator: String,
    /// Number of steps; a fork sign where it branches.
    pub steps: String,
    /// Right or wrong, as the data says.
    pub outcome: (&'static str, Tone),
    /// The score of the trace, made of those on the main path.
    pub path_score: String,
    /// Score of the last step of the main path.
    pub last_score: String,
    /// It is one of several that are selected.
    pub selected: bool,
}

impl TraceRowModel {
    /// Formats one row, as far as it may be seen.
    pub fn new(row: &TableRow, visible: Visible) -> Self {
        let summary = &row.summary;
        let number = |value: Option<f64>| value.filter(|_| visible.scores).map(score_text).unwrap_or_default();
        Self {
            state: state_text(row),
            problem: one_line(&summary.problem, 120),
            generator: summary.generator.clone().unwrap_or_default(),
            steps: if summary.branching { format!("{} ⋎", summary.steps) } else { summary.steps.to_string() },
            outcome: match summary.verdict {
                _ if !visible.verdict => ("", Tone::Muted),
                Verdict::Correct => ("✔", Tone::Good),
                Verdict::Incorrect => ("✖", Tone::Bad),
                Verdict::Unknown => ("", Tone::Muted),
            },
            path_score: number(row.path_score),
            last_score: number(row.last_score),
            selected: false,
        }
    }

    /// The name by which assistive technology finds the row.
    pub fn name(&self) -> String {
        let steps = format!("{} steps", self.steps);
        let selected = if self.selected { "selected" } else { "" };
        let parts = [self.problem.as_str(), self.state.0.as_str(), self.generator.as_str(), &steps, selected];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

fn state_text(row: &TableRow) -> (String, Tone) {
    use stepscope_core::store::Mark;
    let mark = match row.own_first_error {
        Some(Mark::At(step)) => Some((format!("✖ {}", row.own_error_number.unwrap_or(step + 1)), Tone::Bad)),
        Some(Mark::NoError) => Some(("✔".to_owned(), Tone::Good)),
        Some(Mark::Unsure) => Some(("?".to_owned(), Tone::Unsure)),
        Some(Mark::Lost) => Some(("lost".to_owned(), Tone::Unsure)),
        None => None,
    };
    match (row.state, mark) {
        (LabelState::GivenUp, _) => ("gave up".into(), Tone::Muted),
        (LabelState::Skipped, _) => ("skip".into(), Tone::Muted),
        (LabelState::Defective, _) => ("⚑".into(), Tone::Bad),
        (LabelState::Done, Some((text, tone))) => (format!("{text} done"), tone),
        (LabelState::Done, None) => ("done".into(), Tone::Accent),
        (_, Some(mark)) => mark,
        (LabelState::Labelled, None) => ("…".into(), Tone::Accent),
        (LabelState::Unlabelled, None) => (String::new(), Tone::Muted),
    }
}
