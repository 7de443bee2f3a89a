//! The left side: one line per trace.

use std::sync::LazyLock;

use stepscope_core::model::Verdict;
use stepscope_core::query::{LabelState, SortKey, TableRow};
use stepscope_core::scoring::Aggregate;

use super::scores::{aggregate_text, score_text};
use super::{Tone, one_line};
use crate::state::work::Visible;

/// A column of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnModel {
    /// What it shows, and what clicking its title sorts by.
    pub what: ColumnWhat,
    /// Its title.
    pub title: String,
    /// What it shows.
    pub hint: String,
    /// Width in points; the one without takes the rest.
    pub width: Option<f32>,
}

/// What a column shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnWhat {
    /// One of the usual columns.
    Key(SortKey),
    /// A field, and its place among the further values of a row.
    Field(String, usize),
}

impl ColumnModel {
    /// What a usual column sorts by.
    pub const fn key(&self) -> Option<SortKey> {
        match self.what {
            ColumnWhat::Key(key) => Some(key),
            ColumnWhat::Field(..) => None,
        }
    }
}

/// The usual columns: without any score, those for scores would only take room. The score of the trace is called as it
/// is made.
pub fn columns(has_scores: bool, aggregate: Aggregate) -> impl Iterator<Item = ColumnModel> {
    let count = if has_scores { COLUMNS.len() } else { COLUMNS.len() - 2 };
    COLUMNS.iter().take(count).map(move |column| match column.key() {
        Some(SortKey::PathScore) => {
            let (title, hint) = aggregate_text(aggregate);
            ColumnModel { title: title.into(), hint: hint.into(), ..column.clone() }
        }
        _ => column.clone(),
    })
}

/// The columns, left to right; those for scores last.
pub static COLUMNS: LazyLock<[ColumnModel; 7]> = LazyLock::new(|| {
    let column = |key: SortKey, title: &str, hint: &str, width: Option<f32>| ColumnModel {
        what: ColumnWhat::Key(key),
        title: title.into(),
        hint: hint.into(),
        width,
    };
    [
        column(SortKey::State, "Label", "What you said of the trace", Some(62.0)),
        column(SortKey::Problem, "Problem", "The first words of the problem", None),
        column(SortKey::Generator, "Generator", "Who wrote the trace", Some(82.0)),
        column(SortKey::Steps, "Steps", "Number of steps", Some(42.0)),
        column(SortKey::Outcome, "Ans", "Whether the answer is right, as the data says", Some(32.0)),
        column(SortKey::PathScore, "Min", "Lowest score on the main path", Some(36.0)),
        column(SortKey::LastScore, "Last", "Score of the last step of the main path", Some(36.0)),
    ]
});

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
    /// Values of further columns, in their order.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub more: Vec<String>,
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
            more: Vec::new(),
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
