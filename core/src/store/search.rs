//! Finds the traces that contain some words: all columns of text are looked through, batch by batch, on all cores.

use polars::prelude::StringType;

use super::Store;
use super::map::TypedColumn;
use super::rows::RowSet;
use super::search_column::search;
use super::text::Needle;
use crate::job::{JobContext, JobError, for_each_unit};

/// Below this share of the traces the further words are looked for trace by trace.
const FEW: usize = 20;
/// Traces of a unit, where they are looked through one by one.
const GRAIN: usize = 1024;

/// What a batch of text belongs to.
#[derive(Clone, Copy)]
enum Owner {
    Step,
    Problem,
    Trace,
}

impl Store {
    /// The traces in which all words occur, each in the problem, a step, a tool call, the source name or the generator.
    /// The words are in lower case already.
    ///
    /// Can be stopped after every batch of 16 MiB.
    pub(crate) fn search(&self, words: &[&str], ctx: &JobContext) -> Result<RowSet, JobError> {
        // Nothing is in every text, also where there is none.
        let mut words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
        // The longest first: it is likely to be the rarest.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut words = words.into_iter().map(Needle::new);
        let Some(first) = words.next() else {
            let all = RowSet::new(self.len());
            (0..self.len()).for_each(|row| all.insert(row));
            return Ok(all);
        };
        let mut rows = self.search_all(&first, ctx)?;
        for word in words {
            if rows.len() < self.len() / FEW {
                rows = self.search_among(&rows, &word, ctx)?;
            } else {
                rows.keep_common(&self.search_all(&word, ctx)?);
            }
        }
        Ok(rows)
    }

    fn search_all(&self, needle: &Needle, ctx: &JobContext) -> Result<RowSet, JobError> {
        let (steps, problems, traces) = (&self.0.steps, &self.0.problems, &self.0.traces);
        let columns: [(Owner, &TypedColumn<StringType>); 6] = [
            (Owner::Problem, &problems.text),
            (Owner::Trace, &traces.source_id),
            (Owner::Trace, &traces.generator),
            (Owner::Step, &steps.text),
            (Owner::Step, &steps.tool_name),
            (Owner::Step, &steps.tool_arguments),
        ];
        let units: Vec<_> = columns
            .into_iter()
            .flat_map(|(owner, column)| (0..column.batches()).map(move |batch| (owner, column, batch)))
            .collect();
        let (rows, by_problem) = (RowSet::new(self.len()), RowSet::new(problems.rows));
        for_each_unit(units.len(), "Searching texts", ctx, &|unit| {
            let Some(&(owner, column, batch)) = units.get(unit) else { return };
            let Some((start, texts)) = column.batch(batch) else { return };
            search(texts, needle, &mut |at| match owner {
                Owner::Problem => {
                    by_problem.insert(start + at);
                    at + 1
                }
                Owner::Trace => {
                    rows.insert(start + at);
                    at + 1
                }
                Owner::Step => {
                    let Some(trace) = self.step_owner(start + at) else { return at + 1 };
                    rows.insert(trace as usize);
                    // The other steps of the trace need not be looked at.
                    self.step_rows(trace).map_or(at + 1, |steps| steps.end.saturating_sub(start))
                }
            });
        })?;
        if by_problem.len() > 0 {
            for row in 0..self.len() {
                let problem = traces.problem.get(row);
                if problem.is_some_and(|problem| by_problem.contains(problem as usize)) {
                    rows.insert(row);
                }
            }
        }
        Ok(rows)
    }

    /// The steps, by row of the step table, whose text or, where `arguments` is set, whose arguments contain the text,
    /// which is in lower case already. Can be stopped after every batch of 16 MiB.
    pub(crate) fn search_steps(&self, text: &str, arguments: bool, ctx: &JobContext) -> Result<RowSet, JobError> {
        let column = if arguments { &self.0.steps.tool_arguments } else { &self.0.steps.text };
        let (needle, rows) = (Needle::new(text), RowSet::new(self.step_total()));
        for_each_unit(column.batches(), "Searching steps", ctx, &|batch| {
            let Some((start, texts)) = column.batch(batch) else { return };
            search(texts, &needle, &mut |at| {
                rows.insert(start + at);
                at + 1
            });
        })?;
        Ok(rows)
    }

    fn search_among(&self, among: &RowSet, needle: &Needle, ctx: &JobContext) -> Result<RowSet, JobError> {
        let candidates: Vec<usize> = among.iter().collect();
        let rows = RowSet::new(self.len());
        for_each_unit(candidates.len().div_ceil(GRAIN), "Searching traces", ctx, &|unit| {
            for &row in candidates.iter().skip(unit * GRAIN).take(GRAIN) {
                if u32::try_from(row).is_ok_and(|row| self.contains(row, needle)) {
                    rows.insert(row);
                }
            }
        })?;
        Ok(rows)
    }
}
