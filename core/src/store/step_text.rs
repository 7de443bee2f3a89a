//! What steps say, by row of the step table: for work on all texts of a project.

use super::Store;
use crate::model::StepIndex;

impl Store {
    /// What a step says: its text, and name and arguments of its call; empty where there is none.
    pub(crate) fn step_says(&self, at: usize) -> [&str; 3] {
        let steps = &self.0.steps;
        [&steps.text, &steps.tool_name, &steps.tool_arguments].map(|column| column.get(at).unwrap_or_default())
    }

    /// The trace and the position in it of a row of the step table.
    pub(crate) fn step_place(&self, at: usize) -> Option<(u32, StepIndex)> {
        let row = self.step_owner(at)?;
        let first = self.step_rows(row).ok()?.start;
        Some((row, StepIndex::try_from(at.checked_sub(first)?).ok()?))
    }

    /// The row of the step table of a step.
    pub(crate) fn step_row(&self, row: u32, step: StepIndex) -> Option<usize> {
        self.step_rows(row).ok()?.nth(step as usize)
    }

    /// How many rows the problem table has.
    pub(crate) fn problem_total(&self) -> usize {
        self.0.problems.rows
    }

    /// What is asked in a row of the problem table.
    pub(crate) fn problem_text(&self, problem: usize) -> &str {
        self.0.problems.text.get(problem).unwrap_or_default()
    }

    /// The identity of the problem in a row of the problem table.
    pub(crate) fn problem_id_text(&self, problem: usize) -> &str {
        self.0.problems.id.get(problem).unwrap_or_default()
    }
}
