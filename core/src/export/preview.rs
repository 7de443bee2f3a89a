//! What an export would write: for the live counts and the sample rows of the dialog.

use std::collections::BTreeMap;

use crate::job::JobContext;

use super::ExportError;
use super::left_out::{LeftOut, Rule};
use super::named::Named;
use super::report::PartReport;
use super::rows::{ExportOptions, Produced, each_row};
use super::split::{Decontamination, Plan, SplitPart};
use super::tally::Counts;
use crate::labels::{Corpus, LabelSource};
use crate::model::TraceId;

/// What an export would write.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// How many rows.
    pub rows: u64,
    /// How many traces, or paths of traces, would be left out.
    pub left_out_total: u64,
    /// The first of each rule, in the order of the project.
    pub left_out: Vec<LeftOut>,
    /// The traces of each rule, all of them, each once.
    pub left_out_traces: BTreeMap<Rule, Vec<TraceId>>,
    /// All of them by rule.
    pub left_out_by_rule: BTreeMap<Rule, u64>,
    /// Labels in the rows.
    pub counts: Counts,
    /// The first rows, as they would be written.
    pub sample: Vec<String>,
    /// The trace of each of them.
    pub sample_of: Vec<TraceId>,
    /// The label source in use; `None` where the format takes all labels.
    pub labels: Option<LabelSource>,
    /// Rows and problems of each part; empty where all rows stand together.
    pub parts: BTreeMap<SplitPart, PartReport>,
    /// Entries of the lists of problems that name none of them.
    pub unknown_problems: Vec<String>,
    /// What would be removed because it is like problems that are tested with.
    pub removed: Option<Decontamination>,
}

/// Makes every row, as [`write`](super::write()) does, and keeps the first `limit` rows and of each rule the first `limit`
/// that it left out. Can be stopped at each trace.
pub fn preview(
    source: &dyn Corpus,
    options: &ExportOptions,
    limit: usize,
    ctx: &JobContext,
) -> Result<Preview, ExportError> {
    let (mut sample, mut sample_of, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut left_out_traces: BTreeMap<Rule, Vec<TraceId>> = BTreeMap::new();
    let mut kept_of: BTreeMap<Rule, usize> = BTreeMap::new();
    let named = Named::new(source, options)?;
    let (source, options) = named.get();
    let plan = Plan::new(source, &options, ctx)?;
    let kept = plan.kept(source)?;
    let tally = each_row(kept.as_ref().map_or(source, |kept| kept), &options, ctx, &mut |produced| {
        match produced {
            Produced::Row(trace, row) if sample.len() < limit => {
                sample.push(row.line);
                sample_of.push(trace.id.clone());
            }
            Produced::Row(..) => {}
            Produced::LeftOut(one) => {
                let traces = left_out_traces.entry(one.rule).or_default();
                // Paths of one trace follow one another.
                if traces.last() != Some(&one.trace) {
                    traces.push(one.trace.clone());
                }
                let count = kept_of.entry(one.rule).or_default();
                if *count < limit {
                    *count += 1;
                    left_out.push(one);
                }
            }
        }
        Ok(())
    })?;
    Ok(Preview {
        rows: tally.rows,
        left_out_total: tally.left_out,
        left_out,
        left_out_traces,
        left_out_by_rule: tally.left_out_by_rule,
        counts: tally.counts,
        sample,
        sample_of,
        labels: tally.labels,
        parts: PartReport::of(plan.split.as_ref()),
        unknown_problems: plan.split.map(|split| split.unknown).unwrap_or_default(),
        removed: plan.removed,
    })
}
