//! What an export would write: for the live counts and the sample rows of the dialog.

use std::collections::BTreeMap;

use crate::job::JobContext;

use super::ExportError;
use super::left_out::{LeftOut, Rule};
use super::named::Named;
use super::rows::{ExportOptions, Produced, each_row};
use super::tally::Counts;
use crate::labels::Corpus;
use crate::labels::LabelSource;

/// What an export would write.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// How many rows.
    pub rows: u64,
    /// How many traces, or paths of traces, would be left out.
    pub left_out_total: u64,
    /// The first of them.
    pub left_out: Vec<LeftOut>,
    /// All of them by rule.
    pub left_out_by_rule: BTreeMap<Rule, u64>,
    /// Labels in the rows.
    pub counts: Counts,
    /// The first rows, as they would be written.
    pub sample: Vec<String>,
    /// The label source in use; `None` where the format takes all labels.
    pub labels: Option<LabelSource>,
}

/// Makes every row and keeps the first `limit` rows and left-out traces. Can be stopped at each trace.
pub fn preview(
    source: &dyn Corpus,
    options: &ExportOptions,
    limit: usize,
    ctx: &JobContext,
) -> Result<Preview, ExportError> {
    let (mut sample, mut left_out) = (Vec::new(), Vec::new());
    let named = Named::new(source, options)?;
    let (source, options) = named.get();
    let tally = each_row(source, &options, ctx, &mut |produced| {
        match produced {
            Produced::Row(_, row) if sample.len() < limit => sample.push(row.line),
            Produced::LeftOut(one) if left_out.len() < limit => left_out.push(one),
            Produced::Row(..) | Produced::LeftOut(_) => {}
        }
        Ok(())
    })?;
    Ok(Preview {
        rows: tally.rows,
        left_out_total: tally.left_out,
        left_out,
        left_out_by_rule: tally.left_out_by_rule,
        counts: tally.counts,
        sample,
        labels: tally.labels,
    })
}
