//! Labels on many traces at once: what was chosen, and the changes that follow, worked out in the background.

use stepscope_core::annotation::{Annotations, Change, StepRef, Target, TraceAnnotation, overlaid};
use stepscope_core::job::{JobContext, JobError, Progress};
use stepscope_core::model::{FirstError, Label, LabelKey, LabelKind, TraceId, TraceStatus};
use stepscope_core::store::Store;

use super::open::failed;

/// Which traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManyScope {
    /// Those that are selected.
    Selected,
    /// All that the table lists.
    Listed,
}

/// What is said of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManyWhat {
    /// A status.
    Status(TraceStatus),
    /// That all steps of the path which the source returned are correct.
    AllCorrect,
    /// A tag.
    Tag,
    /// That a tag is taken away.
    Untag,
    /// That everything is taken back but notes and what was written, cut or joined.
    Clear,
}

impl ManyWhat {
    /// Everything that can be said, in the order of the dialog.
    pub const ALL: [Self; 8] = [
        Self::Status(TraceStatus::Done),
        Self::Status(TraceStatus::Skipped),
        Self::Status(TraceStatus::Defective),
        Self::Status(TraceStatus::Open),
        Self::AllCorrect,
        Self::Tag,
        Self::Untag,
        Self::Clear,
    ];

    /// True where it needs a tag.
    pub const fn needs_tag(self) -> bool {
        matches!(self, Self::Tag | Self::Untag)
    }
}

/// Choices of the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManyDraft {
    /// Which traces.
    pub scope: ManyScope,
    /// What is said of them.
    pub what: ManyWhat,
    /// The tag, where one is needed.
    pub tag: String,
    /// The field for the tag wants the keyboard.
    pub focus: bool,
    /// The user was asked whether so many traces are meant.
    pub asked: bool,
}

/// What would be said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManyPlan {
    /// The changes.
    pub changes: Vec<Change>,
    /// Traces that change.
    pub changing: usize,
    /// Traces of which it is said already.
    pub already: usize,
    /// Traces of which it cannot be said, as they have no steps or could not be read.
    pub impossible: usize,
    /// Traces that change and have judgements, which are replaced or taken away.
    pub judged: usize,
    /// Traces without a label that would be marked as done.
    pub unjudged: usize,
    /// Number of the last record that the plan knows of.
    pub as_of: u64,
}

/// Works out the changes. Stops between traces.
pub fn plan(
    store: &Store,
    said: &Annotations,
    rows: &[u32],
    draft: &ManyDraft,
    as_of: u64,
    ctx: &JobContext,
) -> Result<ManyPlan, JobError> {
    let mut plan = ManyPlan { as_of, ..ManyPlan::default() };
    let tag = draft.tag.trim();
    if draft.what.needs_tag() && tag.is_empty() {
        return Ok(plan);
    }
    for (done, &row) in (0_u64..).zip(rows) {
        if done.is_multiple_of(256) {
            ctx.checkpoint()?;
            ctx.report(Progress { done, total: u64::try_from(rows.len()).ok(), note: String::new() });
        }
        let Some(summary) = store.summary(row) else {
            plan.impossible += 1;
            continue;
        };
        let present = said.trace(&summary.id);
        let before = plan.changes.len();
        match draft.what {
            ManyWhat::Status(status) => {
                if present.map(|said| said.status).unwrap_or_default() != status {
                    plan.changes.push(Change::SetStatus { trace: summary.id, status });
                }
            }
            ManyWhat::AllCorrect => match no_error(store, row, present)? {
                None => {
                    plan.impossible += 1;
                    continue;
                }
                Some(mark) if present.and_then(|said| said.first_error.as_ref()) == Some(&mark) => {}
                Some(mark) => plan.changes.push(Change::MarkFirstError { trace: summary.id, mark: Some(mark) }),
            },
            ManyWhat::Tag | ManyWhat::Untag => {
                let key = LabelKey::of(LabelKind::Tag, tag);
                let has = present.is_some_and(|said| said.labels.get(&key).is_some());
                let target = Target::Trace(summary.id);
                match draft.what {
                    ManyWhat::Tag if !has => plan.changes.push(Change::Give { target, label: Label::Tag(tag.into()) }),
                    ManyWhat::Untag if has => plan.changes.push(Change::Take { target, key }),
                    _ => {}
                }
            }
            ManyWhat::Clear => {
                if let Some(said) = present {
                    clear(&summary.id, said, &mut plan.changes);
                }
            }
        }
        if plan.changes.len() == before {
            plan.already += 1;
            continue;
        }
        plan.changing += 1;
        let judged =
            present.is_some_and(|said| said.first_error.is_some() || said.steps.values().any(|s| s.rating.is_some()));
        let replaces = match draft.what {
            ManyWhat::AllCorrect => present.is_some_and(|said| said.first_error.is_some()),
            ManyWhat::Clear => judged,
            _ => false,
        };
        plan.judged += usize::from(replaces);
        plan.unjudged += usize::from(draft.what == ManyWhat::Status(TraceStatus::Done) && !judged);
    }
    Ok(plan)
}

/// That the path which the source returned has no error, in the trace as the annotator cut it.
fn no_error(store: &Store, row: u32, said: Option<&TraceAnnotation>) -> Result<Option<FirstError>, JobError> {
    let mut trace = store.trace(row).map_err(failed)?;
    if let Some(other) = said.and_then(|said| overlaid(&trace, said)) {
        trace = other;
    }
    let path = trace.tree().main_path(&trace.steps);
    Ok(path.last().and_then(|&last| trace.step(last)).map(|last| FirstError::NoneUpTo(last.hash.clone())))
}

/// Takes everything back but notes and what makes the trace what it is: steps written, cut and joined.
fn clear(trace: &TraceId, said: &TraceAnnotation, changes: &mut Vec<Change>) {
    let stays = |label: &&Label| !matches!(label.kind(), LabelKind::Written | LabelKind::Cut | LabelKind::Joined);
    let take = |target: &Target, label: &Label| Change::Take { target: target.clone(), key: label.key() };
    if said.first_error.is_some() {
        changes.push(Change::MarkFirstError { trace: trace.clone(), mark: None });
    }
    let whole = Target::Trace(trace.clone());
    changes.extend(said.labels.iter().filter(stays).map(|label| take(&whole, label)));
    let mut steps: Vec<_> = said.steps.iter().collect();
    steps.sort_by_key(|(step, _)| *step);
    for (step, of_step) in steps {
        let step = StepRef { trace: trace.clone(), step: step.clone() };
        if of_step.rating.is_some() {
            changes.push(Change::RateStep { step: step.clone(), rating: None });
        }
        let target = Target::Step(step);
        changes.extend(of_step.labels.iter().filter(stays).map(|label| take(&target, label)));
    }
    if said.status != TraceStatus::Open {
        changes.push(Change::SetStatus { trace: trace.clone(), status: TraceStatus::Open });
    }
}

/// Changes that are being said, a part in each frame.
#[derive(Debug)]
pub struct Saying {
    /// Those that are left, the next one last.
    pub left: Vec<Change>,
    /// How many there are in all.
    pub total: usize,
    /// How many traces they change.
    pub traces: usize,
    /// The gesture that they make.
    pub gesture: Option<u64>,
}
