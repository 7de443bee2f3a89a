//! From a source to rows: the one loop that the preview and the writer share, so that they cannot disagree.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::annotation::{TraceAnnotation, overlaid};
use crate::import::native::NativeScores;
use crate::job::{JobContext, Progress};
use crate::model::{AnnotatorId, ImportedValue, LabelKind, StepHash, StepTree, Trace, TraceId};

use super::ExportError;
use super::format::{Columns, ExportFormat, Made, Row, RowInput, Scope, Words, format_by_name};
use super::left_out::{LeftOut, Objection, Rule};
use super::pairs::each_pair_row;
use super::paths::{JudgedPath, judged_paths};
use super::policy::Policy;
use super::split::SplitAsked;
use super::tally::Tally;
use crate::labels::{Corpus, Judge, LabelSource, Resolved, Said};

/// Traces that are read at a time, on all cores, between two reports of progress; stopping is possible at each trace.
const REPORT_EVERY: u32 = 32;
const READ_AT_ONCE: usize = REPORT_EVERY as usize;

/// What to export, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportOptions {
    /// The target.
    pub format: &'static dyn ExportFormat,
    /// Whose labels; `None`: own ones, else imported ones where nobody has labelled.
    pub labels: Option<LabelSource>,
    /// What becomes of labels that the format cannot hold.
    pub policy: Policy,
    /// Bytes of rows in one file, before packing; more are cut into parts. `None`: one file.
    pub shard_bytes: Option<u64>,
    /// How the problems are divided into files of their own; `None`: all in one.
    pub split: Option<SplitAsked>,
    /// Files with problems to be tested with: what is like one of these is not exported.
    pub decontaminate: Vec<PathBuf>,
    /// From this share of common runs of three words on a problem is like one that is tested with; above 1: never.
    pub near: f64,
    /// Annotators go by pseudonyms, made with this key; see [`Pseudonymous`](crate::labels::Pseudonymous).
    pub pseudonyms: Option<String>,
    /// A folder as the hub of Hugging Face has them, with rows in files of that end, such as `jsonl`. `None`: a file.
    pub hub: Option<String>,
    /// What chose the traces, in words for the manifest; the source has those alone.
    pub selection: Option<String>,
    /// The traces that were picked one by one, where no question says which; the source has those alone.
    pub picked: Option<Vec<TraceId>>,
    /// Nothing is written where any trace is left out.
    pub strict: bool,
}

impl ExportOptions {
    /// The format of that name with its own defaults.
    pub fn new(format: &str) -> Result<Self, ExportError> {
        let format = format_by_name(format)?;
        Ok(Self {
            format,
            labels: None,
            policy: format.defaults(),
            shard_bytes: None,
            split: None,
            decontaminate: Vec::new(),
            near: SplitAsked::default().near,
            pseudonyms: None,
            hub: None,
            selection: None,
            picked: None,
            strict: false,
        })
    }

    /// What applies: options that the format does not know have no effect, values that it lacks are an error.
    pub(super) fn settled(&self) -> Result<Self, ExportError> {
        for &(option, value) in self.format.lacks() {
            if self.policy.get(option)? == value {
                return Err(Policy::lacking(option, value, self.format));
            }
        }
        let mut policy = self.format.defaults();
        for name in self.format.options() {
            policy.set(name, &self.policy.get(name)?)?;
        }
        Ok(Self { policy, ..self.clone() })
    }
}

/// What came of one path or trace.
pub(super) enum Produced<'a> {
    /// A row, and the trace it is of.
    Row(&'a Trace, Row),
    LeftOut(LeftOut),
}

/// Gives every row and everything left out to `sink`, in the order of the project. Can be stopped at each trace.
pub(super) fn each_row(
    source: &dyn Corpus,
    options: &ExportOptions,
    ctx: &JobContext,
    sink: &mut dyn FnMut(Produced<'_>) -> Result<(), ExportError>,
) -> Result<Tally, ExportError> {
    let options = &options.settled()?;
    let judge = match options.format.scope() {
        Scope::Problem | Scope::Attempts => return each_pair_row(source, options, ctx, sink),
        Scope::Path | Scope::Tree { .. } => Some(Judge::new(options.labels.as_ref(), source)?),
        Scope::Trace => None,
    };
    let mut annotators = source.annotators();
    annotators.sort();
    let tally = Tally::new(options.format.counted(), judge.as_ref().map(Judge::name));
    let total = u32::try_from(source.len()).unwrap_or(u32::MAX);
    let columns =
        if options.format.needs_columns() { columns(source, total, &annotators, ctx)? } else { Columns::default() };
    let (names, numbers) = (HashSet::new(), HashMap::new());
    let mut run = Run { source, options, judge, annotators, names, numbers, columns, tally };
    for start in (0..total).step_by(READ_AT_ONCE) {
        ctx.checkpoint()?;
        let rows = start..total.min(start.saturating_add(REPORT_EVERY));
        // Reading is most of the work, and does not depend on the traces before.
        let traces: Vec<Result<Trace, String>> = rows.clone().into_par_iter().map(|row| source.trace(row)).collect();
        for (row, trace) in rows.clone().zip(traces) {
            ctx.checkpoint()?;
            run.trace(&trace.map_err(|reason| ExportError::Trace { row, reason })?, sink)?;
        }
        let (done, total) = (u64::from(rows.end), Some(u64::from(total)));
        ctx.report(Progress { done, total, note: "traces exported".into() });
    }
    Ok(run.tally)
}

/// What columns a table of the project has. Reads every trace once.
fn columns(
    source: &dyn Corpus,
    total: u32,
    annotators: &[AnnotatorId],
    ctx: &JobContext,
) -> Result<Columns, ExportError> {
    let mut columns = Columns::default();
    for row in 0..total {
        ctx.checkpoint()?;
        let trace = source.trace(row).map_err(|reason| ExportError::Trace { row, reason })?;
        let imported = trace.scores.iter().filter(|score| score.step.is_some()).map(|score| &score.name);
        for name in imported.chain(source.scores(&trace).iter().map(|scores| &scores.scorer)) {
            if !columns.scores.contains(name) {
                columns.scores.insert(name.clone());
            }
        }
        let said: Vec<&TraceAnnotation> = annotators.iter().filter_map(|by| source.annotation(by, &trace.id)).collect();
        let of_steps = || said.iter().flat_map(|said| said.steps.values());
        let has = |words| match words {
            Words::Rationale => trace.labels.iter().any(|label| label.step.is_some() && label.rationale.is_some()),
            Words::Note => of_steps().any(|step| !step.note.is_empty()),
            Words::Critique => of_steps().any(|step| step.labels.has(LabelKind::Critique)),
        };
        let more: Vec<Words> =
            Words::ALL.into_iter().filter(|words| !columns.words.contains(words) && has(*words)).collect();
        columns.words.extend(more);
        columns.soft |= trace.labels.iter().any(|label| matches!(label.value, ImportedValue::Soft(_)))
            || of_steps().any(|step| step.labels.has(LabelKind::Soft));
    }
    Ok(columns)
}

struct Run<'a> {
    source: &'a dyn Corpus,
    options: &'a ExportOptions,
    judge: Option<Judge<'a>>,
    annotators: Vec<AnnotatorId>,
    /// Row names in use, so that each stays unique.
    names: HashSet<String>,
    /// The last number given to each name, so that a name shared by all traces costs no search.
    numbers: HashMap<String, u64>,
    columns: Columns,
    tally: Tally,
}

impl<'a> Run<'a> {
    fn trace(
        &mut self,
        trace: &Trace,
        sink: &mut dyn FnMut(Produced<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let source = self.source;
        let said = |by: &AnnotatorId| Some((by.clone(), source.annotation(by, &trace.id)?));
        let annotations: Said<'a> = self.annotators.iter().filter_map(said).collect();
        let Some(judge) = self.judge.clone() else {
            let scores = all_scores(source, trace, &annotations);
            return self.whole(trace, &annotations, &scores, sink);
        };
        // What the annotator cut, joined and wrote is exported with what the annotator said.
        let made = judge.overlaid(trace, &annotations);
        self.judged(made.as_ref().unwrap_or(trace), &judge, &annotations, sink)
    }

    fn whole(
        &mut self,
        trace: &Trace,
        annotations: &[(AnnotatorId, &TraceAnnotation)],
        scores: &[NativeScores],
        sink: &mut dyn FnMut(Produced<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let input = RowInput {
            trace,
            id: trace.id.as_str(),
            path: &[],
            shared: 0,
            is_main_path: true,
            ratings: &[],
            soft: &[],
            labels: None,
            may_assume_good: false,
            annotations,
            columns: &self.columns,
            scores,
        };
        let made = self.options.format.rows(&input, &self.options.policy);
        self.hand_over(trace, made, sink).map(|_made| ())
    }

    fn judged(
        &mut self,
        trace: &Trace,
        judge: &Judge<'a>,
        annotations: &Said<'a>,
        sink: &mut dyn FnMut(Produced<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let tree = trace.tree();
        let scope = self.options.format.scope();
        let said = match self.resolved(trace, &tree, judge, annotations) {
            Ok(said) => said,
            Err(objection) if objection.rule == Rule::NoLabels && scope == (Scope::Tree { labels_needed: false }) => {
                Resolved::nothing(trace.steps.len())
            }
            Err(objection) => return self.hand_over(trace, vec![Err(objection)], sink).map(|_made| ()),
        };
        let main = tree.main_path(&trace.steps);
        let paths = match scope {
            Scope::Tree { .. } => vec![JudgedPath { steps: main.clone(), shared: 0 }],
            Scope::Path | Scope::Trace | Scope::Problem | Scope::Attempts => judged_paths(trace, &tree, &said),
        };
        let may_assume_good = judge.may_assume_good(annotations);
        let scores = if self.options.format.needs_scores() { self.source.scores(trace) } else { Vec::new() };
        let labels = judge.name();
        for JudgedPath { steps, shared } in paths {
            let id = self.free_name(trace);
            let input = RowInput {
                trace,
                id: &id,
                is_main_path: steps == main,
                path: &steps,
                shared,
                ratings: &said.ratings,
                soft: &said.soft,
                labels: Some(&labels),
                may_assume_good,
                annotations,
                columns: &self.columns,
                scores: &scores,
            };
            let made = self.options.format.rows(&input, &self.options.policy);
            if self.hand_over(trace, made, sink)? {
                self.names.insert(id);
            }
        }
        Ok(())
    }

    fn resolved(
        &self,
        trace: &Trace,
        tree: &StepTree,
        judge: &Judge<'a>,
        annotations: &Said<'a>,
    ) -> Result<Resolved, Objection> {
        if let Some(unclear) = judge.refusal(annotations) {
            return Err(unclear.into());
        }
        let said = judge.resolve(trace, tree, annotations)?;
        if self.options.policy.only_finished && !judge.standing(annotations).finished {
            return Err(Objection::new(Rule::Unfinished, "it is not marked as done"));
        }
        Ok(said)
    }

    /// The trace's own name where it has one, with `-2`, `-3`, … where that is taken.
    fn free_name(&mut self, trace: &Trace) -> String {
        let base = trace.source_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(trace.id.as_str());
        let mut name = base.to_owned();
        if self.names.contains(&name) {
            let number = self.numbers.entry(name.clone()).or_insert(1);
            while self.names.contains(&name) {
                *number += 1;
                name = format!("{base}-{number}");
            }
        }
        name
    }

    /// Counts what was made and passes it on; true where there was a row.
    fn hand_over(
        &mut self,
        trace: &Trace,
        made: Vec<Made>,
        sink: &mut dyn FnMut(Produced<'_>) -> Result<(), ExportError>,
    ) -> Result<bool, ExportError> {
        let mut any = false;
        for one in made {
            any |= self.hand_over_one(trace, one, sink)?;
        }
        Ok(any)
    }

    fn hand_over_one(
        &mut self,
        trace: &Trace,
        made: Made,
        sink: &mut dyn FnMut(Produced<'_>) -> Result<(), ExportError>,
    ) -> Result<bool, ExportError> {
        let any = made.is_ok();
        sink(self.tally.count(trace, made)).map(|()| any)
    }
}

/// The scores of the trace, and of what each annotator made of it.
fn all_scores(
    source: &dyn Corpus,
    trace: &Trace,
    annotations: &[(AnnotatorId, &TraceAnnotation)],
) -> Vec<NativeScores> {
    let mut all = source.scores(trace);
    for made in annotations.iter().filter_map(|(_, said)| overlaid(trace, said)) {
        let keys = made.score_keys();
        for scores in source.scores(&made) {
            let scored = keys.iter().zip(&scores.values).filter_map(|(key, value)| Some((key, (*value)?)));
            let more = scored.filter(|(key, _)| trace.find_step(key).is_none());
            let more: Vec<(StepHash, f32)> = more.map(|(key, value)| (key.clone(), value)).collect();
            if more.is_empty() {
                continue;
            }
            match all.iter_mut().find(|known| known.scorer == scores.scorer) {
                Some(known) => known.more.extend(more),
                None => all.push(NativeScores {
                    values: vec![None; trace.steps.len()],
                    more: more.into_iter().collect(),
                    ..scores
                }),
            }
        }
    }
    all
}
