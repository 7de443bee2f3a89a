//! Makes the rows of single traces, on any thread: nothing here depends on the traces before.

use rayon::prelude::*;

use crate::annotation::{TraceAnnotation, overlaid};
use crate::import::native::NativeScores;
use crate::job::JobContext;
use crate::model::{AnnotatorId, ImportedValue, LabelKind, StepHash, StepIndex, StepTree, Trace};

use super::ExportError;
use super::format::{Columns, Made, RowInput, Scope, Words};
use super::left_out::{Objection, Rule};
use super::paths::{JudgedPath, judged_paths};
use super::rows::ExportOptions;
use crate::labels::{Corpus, Judge, LabelSource, Resolved, Said};

/// Traces that are looked at together for the columns of a table.
const AT_ONCE: u32 = 256;

/// What is the same for all traces.
pub(super) struct Maker<'a> {
    source: &'a dyn Corpus,
    options: &'a ExportOptions,
    /// `None` where the format takes all labels.
    judge: Option<Judge<'a>>,
    labels: Option<LabelSource>,
    annotators: Vec<AnnotatorId>,
    columns: Columns,
}

/// A trace, ready to become rows.
pub(super) struct Prepared<'a> {
    /// As it is exported: with what the annotator cut, joined and wrote.
    pub(super) trace: Trace,
    /// The rows of its first path under its own name.
    pub(super) first: Vec<Made>,
    annotations: Said<'a>,
    scores: Vec<NativeScores>,
    content: Content,
}

enum Content {
    /// The trace as a whole.
    Whole,
    Judged(Judged),
    LeftOut(Objection),
}

struct Judged {
    said: Resolved,
    may_assume_good: bool,
    main: Vec<StepIndex>,
    paths: Vec<JudgedPath>,
}

impl Prepared<'_> {
    /// How often rows are made of it: for each path.
    pub(super) fn rows(&self) -> usize {
        if let Content::Judged(judged) = &self.content { judged.paths.len() } else { 1 }
    }

    /// Its own name where it has one.
    pub(super) fn name(&self) -> &str {
        match (&self.content, self.trace.source_id.as_deref().filter(|id| !id.is_empty())) {
            (Content::Judged(_), Some(name)) => name,
            _ => self.trace.id.as_str(),
        }
    }

    /// Whether its rows take names that no others may have.
    pub(super) const fn is_named(&self) -> bool {
        matches!(self.content, Content::Judged(_))
    }
}

impl<'a> Maker<'a> {
    /// Settles whose labels count. Reads every trace once where the format has columns that depend on all of them.
    pub(super) fn new(
        source: &'a dyn Corpus,
        options: &'a ExportOptions,
        ctx: &JobContext,
    ) -> Result<Self, ExportError> {
        let judge = match options.format.scope() {
            Scope::Trace => None,
            _ => Some(Judge::new(options.labels.as_ref(), source)?),
        };
        let labels = judge.as_ref().map(Judge::name);
        let mut annotators = source.annotators();
        annotators.sort();
        let mut maker = Self { source, options, judge, labels, annotators, columns: Columns::default() };
        if options.format.needs_columns() {
            maker.columns = maker.all_columns(ctx)?;
        }
        Ok(maker)
    }

    /// The label source in use; `None` where the format takes all labels.
    pub(super) fn labels(&self) -> Option<LabelSource> {
        self.labels.clone()
    }

    /// Reads a trace, judges it, and makes the rows of its first path.
    pub(super) fn prepare(&self, row: u32) -> Result<Prepared<'a>, ExportError> {
        let trace = self.read(row)?;
        let annotations = self.said(&trace);
        let mut prepared = match &self.judge {
            None => {
                let scores = all_scores(self.source, &trace, &annotations);
                Prepared { trace, first: Vec::new(), annotations, scores, content: Content::Whole }
            }
            Some(judge) => {
                // What the annotator cut, joined and wrote is exported with what the annotator said.
                let trace = judge.overlaid(&trace, &annotations).unwrap_or(trace);
                let content = self.judged(judge, &trace, &annotations);
                let needs_scores = self.options.format.needs_scores() && matches!(content, Content::Judged(_));
                let scores = if needs_scores { self.source.scores(&trace) } else { Vec::new() };
                Prepared { trace, first: Vec::new(), annotations, scores, content }
            }
        };
        if prepared.rows() > 0 {
            prepared.first = self.rows(&prepared, 0, prepared.name())?;
        }
        Ok(prepared)
    }

    /// Makes the rows of one of its paths, and reads each line as a trainer will.
    pub(super) fn rows(&self, prepared: &Prepared<'a>, path: usize, id: &str) -> Result<Vec<Made>, ExportError> {
        let Prepared { trace, annotations, scores, content, .. } = prepared;
        let whole = RowInput {
            trace,
            id,
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
        let input = match content {
            Content::Whole => whole,
            Content::LeftOut(objection) => return Ok(vec![Err(objection.clone())]),
            Content::Judged(judged) => {
                let Some(JudgedPath { steps, shared }) = judged.paths.get(path) else { return Ok(Vec::new()) };
                RowInput {
                    path: steps,
                    shared: *shared,
                    is_main_path: *steps == judged.main,
                    ratings: &judged.said.ratings,
                    soft: &judged.said.soft,
                    labels: self.labels.as_ref(),
                    may_assume_good: judged.may_assume_good,
                    ..whole
                }
            }
        };
        let made = self.options.format.rows(&input, &self.options.policy);
        made.iter().flatten().try_for_each(|row| self.options.check_row(trace, row))?;
        Ok(made)
    }

    fn read(&self, row: u32) -> Result<Trace, ExportError> {
        self.source.trace(row).map_err(|reason| ExportError::Trace { row, reason })
    }

    fn said(&self, trace: &Trace) -> Said<'a> {
        let source = self.source;
        self.annotators.iter().filter_map(|by| Some((by.clone(), source.annotation(by, &trace.id)?))).collect()
    }

    fn judged(&self, judge: &Judge<'a>, trace: &Trace, annotations: &Said<'a>) -> Content {
        let tree = trace.tree();
        let scope = self.options.format.scope();
        let said = match self.resolved(trace, &tree, judge, annotations) {
            Ok(said) => said,
            Err(objection) if objection.rule == Rule::NoLabels && scope == (Scope::Tree { labels_needed: false }) => {
                Resolved::nothing(trace.steps.len())
            }
            Err(objection) => return Content::LeftOut(objection),
        };
        let main = tree.main_path(&trace.steps);
        let paths = match scope {
            Scope::Tree { .. } => vec![JudgedPath { steps: main.clone(), shared: 0 }],
            Scope::Path | Scope::Trace | Scope::Problem | Scope::Attempts => judged_paths(trace, &tree, &said),
        };
        Content::Judged(Judged { said, may_assume_good: judge.may_assume_good(annotations), main, paths })
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

    /// What columns a table of the project has.
    fn all_columns(&self, ctx: &JobContext) -> Result<Columns, ExportError> {
        let total = u32::try_from(self.source.len()).unwrap_or(u32::MAX);
        let mut columns = Columns::default();
        for start in (0..total).step_by(AT_ONCE as usize) {
            ctx.checkpoint()?;
            let rows = start..total.min(start.saturating_add(AT_ONCE));
            let found: Vec<Columns> = rows.into_par_iter().map(|row| self.columns_of(row)).collect::<Result<_, _>>()?;
            for more in found {
                columns.scores.extend(more.scores);
                columns.words.extend(more.words);
                columns.soft |= more.soft;
            }
        }
        Ok(columns)
    }

    fn columns_of(&self, row: u32) -> Result<Columns, ExportError> {
        let trace = self.read(row)?;
        let imported = trace.scores.iter().filter(|score| score.step.is_some()).map(|score| score.name.clone());
        let computed = self.source.scores(&trace).into_iter().map(|scores| scores.scorer);
        let said = self.said(&trace);
        let of_steps = || said.iter().flat_map(|(_, said)| said.steps.values());
        let has = |words: &Words| match words {
            Words::Rationale => trace.labels.iter().any(|label| label.step.is_some() && label.rationale.is_some()),
            Words::Note => of_steps().any(|step| !step.note.is_empty()),
            Words::Critique => of_steps().any(|step| step.labels.has(LabelKind::Critique)),
        };
        let soft = trace.labels.iter().any(|label| matches!(label.value, ImportedValue::Soft(_)))
            || of_steps().any(|step| step.labels.has(LabelKind::Soft));
        let words = Words::ALL.into_iter().filter(has).collect();
        Ok(Columns { scores: imported.chain(computed).collect(), words, soft })
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
