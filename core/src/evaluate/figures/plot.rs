//! The plots there are, what each counts, and the rows behind a mark.

use rayon::prelude::*;
use serde::Serialize;

use super::frame::{Figure, Frame, REST, Reduce};
use super::{Split, compare, of_steps, of_traces, split};
use crate::evaluate::{Columns, TraceFacts};
use crate::job::{JobContext, JobError};

/// Traces counted together; between two such lots a thread can be stopped. Always the same, so that sums are.
const GRAIN: usize = 8192;

/// A plot. `rater` counts [`Columns::raters`], `field` counts [`Columns::fields`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "plot")]
pub enum Plot {
    /// How often each score is given, to good, bad and unjudged steps.
    Scores {
        /// Whose scores.
        rater: usize,
    },
    /// Share of good steps among those with about the same score: the scorer against the labels.
    Reliability {
        /// Whose scores.
        rater: usize,
    },
    /// The first errors by position in the trace, by group.
    FirstErrors {
        /// The groups.
        field: usize,
        /// As a share of the length, instead of the number of the step.
        relative: bool,
    },
    /// Where the lowest score of each trace falls, the final step by itself.
    Lowest {
        /// Whose scores.
        rater: usize,
    },
    /// The mean score step by step, of correct traces and of others up to their first error, with some traces drawn by
    /// lot beside it.
    Curves {
        /// Whose scores.
        rater: usize,
        /// How many traces are drawn.
        sample: u32,
        /// Draws them.
        seed: u64,
    },
    /// Answer right or wrong by steps right or wrong.
    ProcessOutcome,
    /// Two raters, step by step.
    Raters {
        /// The one on the horizontal axis.
        a: usize,
        /// The other.
        b: usize,
    },
    /// What two raters say of the first error, by group.
    Disagreement {
        /// One.
        a: usize,
        /// The other.
        b: usize,
        /// Below this the one flags a step, below this the other.
        thresholds: [f64; 2],
        /// The groups.
        field: usize,
    },
    /// How often steps are wrong, and how often answers, by group.
    ErrorRates {
        /// The groups.
        field: usize,
    },
    /// The same by how often the problem is answered rightly.
    ByDifficulty,
    /// Lowest score of a trace by its length.
    LengthScore {
        /// Whose scores.
        rater: usize,
    },
    /// Kinds of errors, by group.
    ErrorKinds {
        /// The groups.
        field: usize,
    },
    /// Kinds of errors, by the tool that the step calls.
    ErrorTools,
    /// Words up to the answer and after it, by group.
    Overthinking {
        /// The groups.
        field: usize,
    },
    /// Share of steps called redundant, by group.
    Redundancy {
        /// The groups.
        field: usize,
    },
    /// Scores, for each group by itself.
    Split {
        /// What is shown of them.
        of: Split,
        /// Whose scores.
        rater: usize,
        /// The groups.
        field: usize,
    },
    /// Two groups side by side: answers, processes, first errors found.
    Groups {
        /// The field.
        field: usize,
        /// One value, by its code.
        a: u32,
        /// The other.
        b: u32,
        /// The rater whose predictions count.
        rater: usize,
        /// Below this a step is flagged.
        threshold: f64,
    },
}

/// What a plot does with a trace.
pub(super) type Placing<'a> = Box<dyn Fn(usize, &TraceFacts, &mut Cells) + Sync + 'a>;

/// Takes what a plot puts into its cells.
pub(super) enum Cells {
    /// Counts all of it: of every series as many cells, each with how often something was put there, and its sum.
    Counted { per_series: usize, cells: Vec<(u64, f64)> },
    /// Finds out whether something was put into one of the cells that are wanted; of a share, where only `hits` are,
    /// whether it is among those that make it up.
    Sought { per_series: usize, wanted: Vec<bool>, hits: bool, found: bool },
}

impl Cells {
    /// Puts something into a cell: the series, the cell, and a number where cells are means or rates.
    #[inline]
    pub(super) fn put(&mut self, series: usize, cell: usize, number: f64) {
        match self {
            Self::Counted { per_series, cells } => {
                let slot = (cell < *per_series).then(|| cells.get_mut(series * *per_series + cell)).flatten();
                if let Some((count, sum)) = slot {
                    *count += 1;
                    *sum += number;
                }
            }
            Self::Sought { per_series, wanted, hits, found } => {
                let is_wanted = cell < *per_series && wanted.get(series * *per_series + cell).is_some_and(|is| *is);
                *found |= is_wanted && (!*hits || number > 0.0);
            }
        }
    }

    fn counted(self) -> Vec<(u64, f64)> {
        match self {
            Self::Counted { cells, .. } => cells,
            Self::Sought { .. } => Vec::new(),
        }
    }

    /// Whether something was found since it was last asked.
    fn take_found(&mut self) -> bool {
        match self {
            Self::Counted { .. } => false,
            Self::Sought { found, .. } => std::mem::take(found),
        }
    }
}

impl Plot {
    /// The plots that a report on a rater shows of such columns, by the groups of a field.
    pub fn standard(columns: &Columns, rater: usize, field: usize) -> Vec<Self> {
        let mut plots = vec![
            Self::Reliability { rater },
            Self::Scores { rater },
            Self::Lowest { rater },
            Self::Curves { rater, sample: 20, seed: 1 },
            Self::LengthScore { rater },
            Self::ProcessOutcome,
            Self::FirstErrors { field, relative: false },
            Self::FirstErrors { field, relative: true },
            Self::ErrorRates { field },
            Self::ByDifficulty,
        ];
        if columns.error_kinds.len() > 1 {
            plots.push(Self::ErrorKinds { field });
            if columns.tools.len() > 1 {
                plots.push(Self::ErrorTools);
            }
        }
        plots.push(Self::Overthinking { field });
        if columns.steps.redundant.contains(&true) {
            plots.push(Self::Redundancy { field });
        }
        plots
    }

    /// Whether its figure tells anything: of what may happen or not, that it never does is something only where it could
    /// be told.
    pub fn tells(&self, figure: &Figure) -> bool {
        let mut marks = figure.series.iter().flat_map(|series| &series.marks);
        marks.any(|mark| mark.count > 0 && !matches!((self, mark.value), (Self::Redundancy { .. }, Some(0.0))))
    }

    /// Counts every trace, on all cores. Can be stopped every few thousand traces.
    pub fn figure(&self, columns: &Columns, ctx: &JobContext) -> Result<Figure, JobError> {
        let (frame, placing) = self.frame(columns);
        let per_series = frame.cells();
        let none = vec![(0_u64, 0.0_f64); per_series * frame.series.len()];
        let lots = columns.traces.par_chunks(GRAIN).enumerate();
        let counted = lots.map(|(lot, traces)| {
            ctx.checkpoint()?;
            let mut counted = Cells::Counted { per_series, cells: none.clone() };
            for (place, trace) in (lot * GRAIN..).zip(traces) {
                placing(place, trace, &mut counted);
            }
            Ok(counted.counted())
        });
        let counted: Vec<Vec<(u64, f64)>> = counted.collect::<Result<_, JobError>>()?;
        drop(placing);
        let mut cells = none;
        for lot in counted {
            for ((count, sum), (more, further)) in cells.iter_mut().zip(lot) {
                *count += more;
                *sum += further;
            }
        }
        let figure = frame.filled(&cells);
        let is_reliability = matches!(self, Self::Reliability { .. } | Self::Split { of: Split::Reliability, .. });
        // A calibrated probability lies there; other scores have no such line.
        let has_unit_axis = figure.x.edges.first() == Some(&0.0) && figure.x.edges.last() == Some(&1.0);
        Ok(Figure { diagonal: is_reliability && has_unit_axis, ..figure })
    }

    /// The rows of the corpus that a mark counts, in their order: traces that fall into it, or that have a step which
    /// does; of a share those that make it up. `mark` counts [`MarkSeries::marks`](super::MarkSeries::marks).
    pub fn rows(&self, columns: &Columns, series: usize, mark: usize) -> Vec<u32> {
        self.sought(columns, &[(series, mark)], true)
    }

    /// The rows of all that falls into some marks, by series and mark; of shares that of which they are shares.
    pub fn rows_within(&self, columns: &Columns, marks: &[(usize, usize)]) -> Vec<u32> {
        self.sought(columns, marks, false)
    }

    fn sought(&self, columns: &Columns, marks: &[(usize, usize)], hits: bool) -> Vec<u32> {
        let (frame, placing) = self.frame(columns);
        let per_series = frame.cells();
        let mut wanted = vec![false; per_series * frame.series.len()];
        for (series, mark) in marks.iter().filter(|(_, mark)| *mark < per_series) {
            if let Some(slot) = wanted.get_mut(series * per_series + mark) {
                *slot = true;
            }
        }
        let hits = hits && frame.reduce == Reduce::Rate;
        let mut sought = Cells::Sought { per_series, wanted, hits, found: false };
        let mut rows = Vec::new();
        for (place, trace) in columns.traces.iter().enumerate() {
            placing(place, trace, &mut sought);
            if sought.take_found() {
                rows.push(trace.row);
            }
        }
        rows
    }

    pub(super) fn frame<'a>(&self, columns: &'a Columns) -> (Frame, Placing<'a>) {
        match *self {
            Self::Scores { rater } => of_steps::scores(columns, rater),
            Self::Reliability { rater } => of_steps::reliability(columns, rater),
            Self::Curves { rater, sample, seed } => of_steps::curves(columns, rater, sample, seed),
            Self::Raters { a, b } => of_steps::raters(columns, a, b),
            Self::ErrorKinds { field } => of_steps::error_kinds(columns, field),
            Self::ErrorTools => of_steps::error_tools(columns),
            Self::Redundancy { field } => of_steps::redundancy(columns, field),
            Self::FirstErrors { field, relative } => of_traces::first_errors(columns, field, relative),
            Self::Lowest { rater } => of_traces::lowest(columns, rater),
            Self::ProcessOutcome => of_traces::process_outcome(),
            Self::LengthScore { rater } => of_traces::length_score(columns, rater),
            Self::Overthinking { field } => of_traces::overthinking(columns, field),
            Self::ErrorRates { field } => compare::error_rates(columns, field),
            Self::ByDifficulty => compare::by_difficulty(columns),
            Self::Disagreement { a, b, thresholds, field } => compare::disagreement(columns, a, b, thresholds, field),
            Self::Split { of, rater, field } => split::split(columns, of, rater, field),
            Self::Groups { field, a, b, rater, threshold } => compare::groups(columns, field, (a, b), rater, threshold),
        }
    }
}

/// The most frequent values of a field with their codes, and for every code its place among them; the last place is of
/// all others, where there are more than `most`.
pub(super) fn frequent(columns: &Columns, field: usize, most: usize) -> (Vec<String>, Vec<usize>) {
    let Some(field) = columns.fields.get(field) else { return (vec!["all".into()], Vec::new()) };
    let mut counts = vec![0_u64; field.values.len()];
    for code in &field.codes {
        if let Some(count) = counts.get_mut(*code as usize) {
            *count += 1;
        }
    }
    let mut codes: Vec<usize> = (0..counts.len()).filter(|&code| counts.get(code).is_some_and(|c| *c > 0)).collect();
    codes.sort_by_key(|&code| std::cmp::Reverse(counts.get(code).copied().unwrap_or(0)));
    let has_rest = codes.len() > most;
    codes.truncate(most);
    if field.is_ordered {
        codes.sort_unstable();
    }
    let mut places = vec![codes.len(); counts.len()];
    let mut names = Vec::with_capacity(codes.len() + 1);
    for (place, &code) in codes.iter().enumerate() {
        if let Some(slot) = places.get_mut(code) {
            *slot = place;
        }
        names.extend(field.values.get(code).cloned());
    }
    if has_rest {
        names.push(REST.into());
    }
    (names, places)
}
