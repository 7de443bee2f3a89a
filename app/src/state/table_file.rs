//! A table as a file of values between commas.

use stepscope_core::csv::push_line;
use stepscope_core::query::{Cell, Table};

/// The table, names of columns first.
pub fn csv(table: &Table) -> String {
    let mut text = String::new();
    push_line(&mut text, table.columns.iter().map(Some));
    for row in &table.rows {
        push_line(&mut text, row.iter().map(|cell| (*cell != Cell::Nothing).then(|| cell.to_string())));
    }
    text
}
