//! A report as text: what it is about, in sentences, and for the terminal with its tables.

use std::fmt::{self, Display, Formatter, Write as _};

use super::report::Report;
use super::tables::Table;

/// Rows of a table that are printed; the others are counted.
const ROWS: usize = 60;

impl Report {
    /// Who is judged by whom.
    pub(super) fn title(&self) -> String {
        let kind = self.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
        format!("{}{kind} against the labels {}", self.scorer, self.labels)
    }

    /// Why traces with labels are not judged.
    pub fn unscored_because(&self) -> &'static str {
        // A source of labels may rate some steps, and leave open where the first error is.
        if self.kind.is_some() { "without a score" } else { "of which it does not tell the first error" }
    }

    /// How many traces that is about, and where the threshold lies.
    pub(super) fn intro(&self) -> String {
        let mut text = format!(
            "{} of {} traces judged, {} more {}; a step is flagged where its score is below {} ({}).",
            self.judged,
            self.traces,
            self.unscored,
            self.unscored_because(),
            self.threshold,
            self.threshold_from
        );
        // Writing to a string cannot fail, here and below.
        if let Some(chosen) = &self.chosen {
            let (traces, problems, f1) = (chosen.traces, chosen.problems, chosen.f1 * 100.0);
            write!(text, " It was chosen on {traces} traces of {problems} problems, F1 {f1:.1} % there.").ok();
        }
        if self.set_aside > 0 {
            write!(text, " {} traces were set aside for that, and count nowhere else.", self.set_aside).ok();
        }
        let traces = |count: u64| if count == 1 { "1 trace".to_owned() } else { format!("{count} traces") };
        let left_out: Vec<String> =
            self.left_out.iter().map(|one| format!("{} left out: {}", traces(one.traces), one.reason)).collect();
        if !left_out.is_empty() {
            write!(text, " {}.", left_out.join("; ")).ok();
        }
        text
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.title(), self.intro())?;
        for table in self.tables() {
            write!(f, "\n{}", table.cut(ROWS))?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "\nNote: {note}"))
    }
}

impl Display for Table {
    /// The names on the left, the numbers below each other.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let lines = || std::iter::once(&self.heads).chain(&self.rows);
        let width = |at: usize| lines().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.heads.len()).map(|at| width(at).unwrap_or_default()).collect();
        for line in lines() {
            let mut text = String::from("  ");
            for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
                if at == 0 { write!(text, "{cell:width$}")? } else { write!(text, "  {cell:>width$}")? }
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}
