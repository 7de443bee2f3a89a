//! From a source to rows of pairs: the attempts at each problem are gathered, compared and forgotten again.

use std::collections::HashMap;

use super::group::{Group, Member};
use super::pair::Pair;
use super::select::select;
use super::{Dropped, PairOptions, propose};
use crate::annotation::overlaid;
use crate::export::left_out::{Objection, Rule};
use crate::export::rows::{ExportOptions, Sink};
use crate::export::tally::Tally;
use crate::export::{ExportError, Scope};
use crate::job::{JobContext, Progress};
use crate::labels::{Chosen, Corpus, Judge, LabelSource, Unclear, Why};
use crate::model::{ProblemId, Trace};

/// Attempts that are held and compared at a time. Further ones at the same problem are compared among themselves.
const MOST_MEMBERS: usize = 4096;
/// So much text of one problem is held at a time, in bytes.
const MOST_TEXT: usize = 256 << 20;
/// Traces between two reports of progress.
const REPORT_EVERY: u64 = 32;

/// Gives the rows of every problem to `sink`, in the order in which problems first occur. Can be stopped at each trace.
///
/// Only one problem is held at a time, beside the positions of all.
pub(in crate::export) fn each_pair_row(
    source: &dyn Corpus,
    options: &ExportOptions,
    ctx: &JobContext,
    sink: &mut Sink<'_>,
) -> Result<Tally, ExportError> {
    let judge = Judge::new(options.labels.as_ref(), source)?;
    let tally = Tally::new(options.format.counted(), Some(judge.name()));
    let mut run = Run { source, options, judge, tally };
    let total = source.len() as u64;
    let mut done = 0;
    for (problem, rows) in rows_by_problem(source, ctx)? {
        let mut group = run.group(problem.clone());
        let mut bytes = 0;
        for row in rows {
            ctx.checkpoint()?;
            let trace = source.trace(row).map_err(|reason| ExportError::Trace { row, reason })?;
            bytes += trace.steps.iter().map(|step| step.text.len()).sum::<usize>();
            if let Some(member) = run.member(trace, sink)? {
                group.members.push(member);
            }
            if group.members.len() >= MOST_MEMBERS || bytes >= MOST_TEXT {
                run.compare(&std::mem::replace(&mut group, run.group(problem.clone())), sink)?;
                bytes = 0;
            }
            done += 1;
            if done % REPORT_EVERY == 0 || done == total {
                ctx.report(Progress { done, total: Some(total), note: "traces compared".into() });
            }
        }
        run.compare(&group, sink)?;
    }
    Ok(run.tally)
}

/// The rows of each problem, in the order in which problems first occur.
fn rows_by_problem(source: &dyn Corpus, ctx: &JobContext) -> Result<Vec<(ProblemId, Vec<u32>)>, ExportError> {
    let mut problems: Vec<(ProblemId, Vec<u32>)> = Vec::new();
    let mut places: HashMap<ProblemId, usize> = HashMap::new();
    for row in 0..u32::try_from(source.len()).unwrap_or(u32::MAX) {
        ctx.checkpoint()?;
        let problem = source.problem(row).map_err(|reason| ExportError::Trace { row, reason })?;
        let place = *places.entry(problem).or_insert_with_key(|problem| {
            problems.push((problem.clone(), Vec::new()));
            problems.len() - 1
        });
        if let Some((_, rows)) = problems.get_mut(place) {
            rows.push(row);
        }
    }
    Ok(problems)
}

struct Run<'a> {
    source: &'a dyn Corpus,
    options: &'a ExportOptions,
    judge: Judge<'a>,
    tally: Tally,
}

impl<'a> Run<'a> {
    fn group(&self, problem: ProblemId) -> Group<'a> {
        let name = self.judge.name();
        let imported_source = match &name {
            LabelSource::Imported(source) => source.clone(),
            _ => None,
        };
        Group {
            problem,
            members: Vec::new(),
            labels: name.to_string(),
            annotator: match self.judge.chosen() {
                Chosen::Own(by) => Some(by.as_str().into()),
                _ => None,
            },
            imported: matches!(name, LabelSource::Imported(_)),
            imported_source,
        }
    }

    /// The trace with what is said of it; `None` where it is left out.
    fn member(&mut self, trace: Trace, sink: &mut Sink<'_>) -> Result<Option<Member<'a>>, ExportError> {
        let source = self.source;
        let said = self.judge.said(&trace.id);
        let own = self.judge.own(&said);
        let refused = match self.judge.refusal(&said) {
            Some(unclear) => Some(unclear.into()),
            None if self.options.policy.only_finished && !self.judge.standing(&said).finished => {
                Some(Objection::new(Rule::Unfinished, "it is not marked as done"))
            }
            None => None,
        };
        if let Some(objection) = refused {
            return sink(self.tally.count(&trace, Err(objection))).map(|()| None);
        }
        let trace = own.and_then(|said| overlaid(&trace, said)).unwrap_or(trace);
        let mut member = Member { said: own, scores: source.scores(&trace), ..Member::new(trace) };
        match self.judge.resolve(&member.trace, &member.tree, &said) {
            Ok(said) => (member.ratings, member.soft) = (said.ratings, said.soft),
            // Scores, outcomes and preferences need no labels.
            Err(Unclear { why: Why::NoLabels, .. }) => {}
            Err(unclear) => return sink(self.tally.count(&member.trace, Err(unclear.into()))).map(|()| None),
        }
        Ok(Some(member))
    }

    fn compare(&mut self, group: &Group<'_>, sink: &mut Sink<'_>) -> Result<(), ExportError> {
        let Some(first) = group.members.first() else { return Ok(()) };
        if self.options.format.scope() == Scope::Attempts {
            let row = self.options.format.group_row(group, &self.options.policy);
            row.iter().try_for_each(|row| self.options.check_row(&first.trace, row))?;
            return sink(self.tally.count(&first.trace, row));
        }
        let options = &self.options.policy.pairs;
        let (pairs, dropped) = select(propose(group, options), options);
        for (name, count) in dropped.counts() {
            self.tally.counts.add(name, count);
        }
        if pairs.is_empty() {
            let objection = Objection::new(Rule::NoPair, why_none(group, options, &dropped));
            return sink(self.tally.count(&first.trace, Err(objection)));
        }
        for (trace, made) in self.options.format.pair_rows(&pairs, &self.options.policy) {
            made.iter().try_for_each(|row| self.options.check_row(trace, row))?;
            sink(self.tally.count(trace, made))?;
        }
        Ok(())
    }
}

fn why_none(group: &Group<'_>, options: &PairOptions, dropped: &Dropped) -> String {
    let attempts = match group.members.len() {
        1 => "the only attempt at its problem".to_owned(),
        count => format!("the {count} attempts at its problem"),
    };
    let rules: Vec<&str> = options.rules.iter().map(|rule| rule.name()).collect();
    match dropped.main_reason() {
        Some(reason) => format!("{attempts} gave no pair: {reason}"),
        None => format!("{attempts} gave no pair by {}", rules.join(", ")),
    }
}

/// A row of one pair, or what speaks against it.
pub(in crate::export) fn one_by_one<'a, T>(
    pairs: &[Pair<'a>],
    mut row: impl FnMut(&Pair<'a>) -> Result<T, Objection>,
) -> Vec<(&'a Trace, Result<T, Objection>)> {
    pairs.iter().map(|pair| (pair.chosen.trace(), row(pair))).collect()
}

/// What a format of pairs makes of a single trace.
pub(in crate::export) fn no_single_row<T>() -> Result<T, Objection> {
    Err(Objection::new(Rule::NoPair, "pairs are made of all attempts at a problem, not of one"))
}
