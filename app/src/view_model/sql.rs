//! The dialog of questions in SQL: how an answer is shown, and which traces and steps it names.

use std::sync::Arc;

use stepscope_core::query::{Cell, Table};

use super::one_line;
use crate::state::asking::Among;

/// What the dialog says of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SqlModel {
    /// What is wrong with the question.
    pub problem: Option<String>,
    /// How many rows the answer has.
    pub count: String,
    /// The titles of the answer's columns.
    pub columns: Vec<String>,
    /// The answer names traces, so that they can be listed, and each be opened.
    pub can_list: bool,
}

impl SqlModel {
    /// Builds it.
    pub fn new(answer: Option<&Result<Arc<Table>, String>>) -> Self {
        match answer {
            None => Self::default(),
            Some(Err(problem)) => Self { problem: Some(problem.clone()), ..Self::default() },
            Some(Ok(table)) => Self {
                problem: None,
                count: match table.rows.len() {
                    1 => "1 row".into(),
                    count => format!("{count} rows"),
                },
                columns: table.columns.clone(),
                can_list: trace_column(table).is_some(),
            },
        }
    }

    /// A cell of the answer on one line.
    pub fn cell(table: &Table, row: usize, column: usize) -> String {
        let cell = table.rows.get(row).and_then(|row| row.get(column));
        match cell {
            Some(Cell::Number(number)) if number.fract() != 0.0 => format!("{number:.4}"),
            Some(cell) => one_line(&cell.to_string(), 200),
            None => String::new(),
        }
    }

    /// The traces that the answer names, by number or by identity, which `find` looks up.
    pub fn traces(table: &Table, find: impl Fn(&str) -> Option<u32>) -> Option<Among> {
        let column = trace_column(table)?;
        let mut rows: Vec<u32> = table.rows.iter().filter_map(|row| trace_of(row, column, &find)).collect();
        rows.sort_unstable();
        rows.dedup();
        Some(Among { rows: Arc::new(rows), from: "the answer in SQL".into() })
    }

    /// The trace that a row of the answer names, and its step where it names one too, both from 0.
    pub fn place(table: &Table, row: usize, find: impl Fn(&str) -> Option<u32>) -> Option<(u32, Option<u32>)> {
        let (row, column) = (table.rows.get(row)?, trace_column(table)?);
        let step = column_of(table, "step").or_else(|| column_of(table, "index"));
        Some((trace_of(row, column, &find)?, step.and_then(|at| number(row.get(at)?))))
    }
}

/// The column that names traces, and whether it does so by number.
fn trace_column(table: &Table) -> Option<(usize, bool)> {
    let place = |name: &str| column_of(table, name);
    // The row of a trace; in the other tables it is called `trace`.
    place("trace").or_else(|| place("row")).map(|at| (at, true)).or_else(|| place("id").map(|at| (at, false)))
}

fn column_of(table: &Table, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| column == name)
}

/// The trace that a row names in that column.
fn trace_of(row: &[Cell], (at, by_number): (usize, bool), find: impl Fn(&str) -> Option<u32>) -> Option<u32> {
    match row.get(at)? {
        Cell::Text(id) if !by_number => find(id),
        cell => number(cell).filter(|_| by_number),
    }
}

/// A number of the views, which count from 1, from 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of rows and steps are small")]
fn number(cell: &Cell) -> Option<u32> {
    match cell {
        Cell::Number(number) if *number >= 1.0 => Some(*number as u32 - 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], cells: &[Cell]) -> Table {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        let rows = cells.chunks(columns.len()).map(<[Cell]>::to_vec).collect();
        Table { columns, rows }
    }

    #[test]
    fn the_traces_of_an_answer_are_found() {
        let check = |table: Table, expected: Option<&[u32]>| {
            let found = SqlModel::traces(&table, |id| (id == "b").then_some(7));
            assert_eq!(found.as_ref().map(|among| among.rows.as_slice()), expected);
        };
        let number = Cell::Number;
        check(table(&["n", "row"], &[number(9.0), number(3.0), number(9.0), number(1.0)]), Some(&[0, 2]));
        check(table(&["trace", "row"], &[number(2.0), number(3.0)]), Some(&[1]));
        check(table(&["id"], &[Cell::Text("b".into()), Cell::Text("gone".into())]), Some(&[7]));
        check(table(&["generator"], &[Cell::Text("b".into())]), None);
    }

    #[test]
    fn a_row_of_an_answer_leads_to_its_trace_and_step() {
        let check = |columns: &[&str], cells: &[Cell], expected: Option<(u32, Option<u32>)>| {
            let answer = table(columns, cells);
            assert_eq!(SqlModel::place(&answer, 0, |id| (id == "b").then_some(7)), expected, "{columns:?}");
            assert_eq!(SqlModel::place(&answer, 1, |_| Some(0)), None, "there is one row only");
        };
        let number = Cell::Number;
        check(&["row", "steps"], &[number(3.0), number(12.0)], Some((2, None)));
        check(&["step", "trace"], &[number(5.0), number(2.0)], Some((1, Some(4))));
        check(&["trace", "index"], &[number(2.0), number(1.0)], Some((1, Some(0))));
        check(&["trace", "step"], &[number(2.0), Cell::Nothing], Some((1, None)));
        check(&["id"], &[Cell::Text("b".into())], Some((7, None)));
        check(&["id"], &[Cell::Text("gone".into())], None);
        check(&["trace"], &[number(0.0)], None);
        check(&["step"], &[number(1.0)], None);
    }
}
