//! Labels on many traces at once: what was chosen, and the changes that follow, worked out in the background.

use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::annotation::{Annotations, Change, Others, StepRef, Target, TraceAnnotation};
use stepscope_core::job::{JobContext, JobError, Progress};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{AnnotatorId, FirstError, Label, LabelKey, LabelKind, TraceId, TraceStatus, Verified};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::Store;

use super::OpenTrace;
use super::open::failed;
use super::work::proposal;

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

/// What the changes follow from.
pub struct ManyBasis {
    /// The traces.
    pub store: Store,
    /// What the annotator said.
    pub said: Arc<Annotations>,
    /// Scores computed here, which may have proposed.
    pub scores: ScoreBook,
    /// What others said, who may have proposed.
    pub others: Others,
    /// Number of the last record in it.
    pub as_of: u64,
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
    /// Traces that change and have labels of their own that judge, which are replaced or taken away.
    pub judged: usize,
    /// Traces without a label that would be marked as done.
    pub unjudged: usize,
    /// Number of the last record that the plan knows of.
    pub as_of: u64,
}

/// Works out the changes. Stops between traces.
pub fn plan(basis: &ManyBasis, rows: &[u32], draft: &ManyDraft, ctx: &JobContext) -> Result<ManyPlan, JobError> {
    let mut plan = ManyPlan { as_of: basis.as_of, ..ManyPlan::default() };
    let tag = draft.tag.trim();
    if draft.what.needs_tag() && tag.is_empty() {
        return Ok(plan);
    }
    for (done, &row) in (0_u64..).zip(rows) {
        if done.is_multiple_of(256) {
            ctx.checkpoint()?;
            ctx.report(Progress { done, total: u64::try_from(rows.len()).ok(), note: String::new() });
        }
        let Some(summary) = basis.store.summary(row) else {
            plan.impossible += 1;
            continue;
        };
        let present = basis.said.trace(&summary.id);
        let before = plan.changes.len();
        match draft.what {
            ManyWhat::Status(status) => {
                if present.map(|said| said.status).unwrap_or_default() != status {
                    plan.changes.push(Change::SetStatus { trace: summary.id, status });
                }
            }
            ManyWhat::AllCorrect => {
                let trace = basis.store.trace(row).map_err(failed)?;
                let open = OpenTrace::overlaid(row, trace, present);
                let Some(mark) = open.no_error() else {
                    plan.impossible += 1;
                    continue;
                };
                if present.and_then(|said| said.first_error.as_ref()) != Some(&mark) {
                    let before = present.and_then(|said| said.labels.only(LabelKind::Verified));
                    let word = match before {
                        Some(Label::Verified(before)) => {
                            Some(verdict(before, &mark, &open, &basis.scores, &basis.others))
                        }
                        _ => None,
                    };
                    plan.changes.push(Change::MarkFirstError { trace: summary.id, mark: Some(mark) });
                    plan.changes.extend(word);
                }
            }
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
        let judged = present.is_some_and(TraceAnnotation::is_labelled);
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

/// Whether the proposal that was confirmed or corrected says the same as the mark that stands now; where it cannot be
/// found any more, nothing is said of it.
fn verdict(
    before: &Verified,
    mark: &FirstError,
    open: &OpenTrace,
    scores: &ScoreBook,
    others: &[(AnnotatorId, Arc<Annotations>)],
) -> Change {
    let target = Target::Trace(open.trace.id.clone());
    let source = before.by.parse::<LabelSource>().ok();
    match source.and_then(|source| proposal(&source, open, scores, others)) {
        Some(proposal) => {
            let verified = Verified { by: before.by.clone(), agreed: *mark == proposal.mark };
            Change::Give { target, label: Label::Verified(verified) }
        }
        None => Change::Take { target, key: LabelKey::only(LabelKind::Verified) },
    }
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
    /// The folder of the project that they were worked out for; they belong into no other log.
    pub folder: PathBuf,
}

impl Saying {
    /// How many traces are as they should be by now.
    pub fn traces_done(&self) -> usize {
        let mut left = 0;
        let mut last = None;
        // The changes of a trace stand together.
        for change in &self.left {
            left += usize::from(last != Some(change.trace()));
            last = Some(change.trace());
        }
        self.traces.saturating_sub(left)
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::annotation::AnnotationLog;
    use stepscope_core::model::{FixedClock, ImportedValue, Problem, StepRating, TraceBuilder};
    use stepscope_core::store::{ProjectDir, StoreWriter};

    use super::*;

    #[test]
    fn what_is_said_of_many_traces_is_worked_out_and_holds() {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("p.stepscope"));
        let mut writer = StoreWriter::create(&dir).unwrap();
        let trace = |name: &str, steps: &[&str]| {
            let problem = TraceBuilder::new(Problem::from_text(name));
            steps.iter().fold(problem, |builder, step| builder.thought(*step)).build()
        };
        let traces = [trace("a", &["so 1", "so 2"]), trace("b", &["so 3", "so 4"]), trace("c", &[])];
        for trace in &traces {
            writer.push(trace).unwrap();
        }
        let store = writer.finish(Vec::new()).unwrap();
        let clock = Arc::new(FixedClock::default());
        let (mut log, _) =
            AnnotationLog::open(&dir.annotations(), &AnnotatorId::new("ann"), clock, Arc::new(|| {})).unwrap();
        let [a, b, c] = traces.each_ref().map(|trace| trace.id.clone());
        let step = StepRef { trace: b.clone(), step: traces[1].steps[0].hash.clone() };
        let note = Change::WriteNote { target: Target::Trace(a.clone()), text: "stays".into() };
        let before = [
            Change::RateStep { step: step.clone(), rating: Some(StepRating::Bad) },
            Change::MarkFirstError { trace: b.clone(), mark: Some(FirstError::At(step.step)) },
        ];
        log.commit(before.into_iter().chain([note]).collect()).unwrap();
        // Traces that change, are so already, cannot be so, were judged, are done without a judgement; then it is said.
        let mut check = |what: ManyWhat, tag: &str, expected: [usize; 5]| {
            let draft = ManyDraft { scope: ManyScope::Listed, what, tag: tag.into(), focus: false, asked: false };
            let basis = ManyBasis {
                store: store.clone(),
                said: log.snapshot(),
                scores: ScoreBook::default(),
                others: Others::default(),
                as_of: log.last_seq(),
            };
            let plan = plan(&basis, &[0, 1, 2], &draft, &JobContext::foreground(None)).unwrap();
            let counts = [plan.changing, plan.already, plan.impossible, plan.judged, plan.unjudged];
            assert_eq!(counts, expected, "{what:?} {tag}");
            log.commit(plan.changes).unwrap();
            log.snapshot()
        };
        let all_correct = |said: &Annotations| {
            let is_so = |trace: &&TraceId| {
                matches!(said.trace(trace).and_then(|said| said.first_error.as_ref()), Some(FirstError::NoneUpTo(_)))
            };
            [&a, &b, &c].into_iter().filter(is_so).count()
        };
        let tags = |said: &Annotations, tag: &str| {
            let has = |trace: &&TraceId| {
                said.trace(trace).is_some_and(|said| said.labels.get(&LabelKey::of(LabelKind::Tag, tag)).is_some())
            };
            [&a, &b, &c].into_iter().filter(has).count()
        };
        assert_eq!(all_correct(&check(ManyWhat::AllCorrect, "", [2, 0, 1, 1, 0])), 2);
        check(ManyWhat::AllCorrect, "", [0, 2, 1, 0, 0]);
        check(ManyWhat::Tag, " ", [0, 0, 0, 0, 0]);
        assert_eq!(tags(&check(ManyWhat::Tag, " odd one ", [3, 0, 0, 0, 0]), "odd one"), 3);
        check(ManyWhat::Tag, "odd one", [0, 3, 0, 0, 0]);
        let said = check(ManyWhat::Tag, "even", [3, 0, 0, 0, 0]);
        assert_eq!((tags(&said, "odd one"), tags(&said, "even")), (3, 3), "one tag does not take the place of another");
        check(ManyWhat::Untag, "other", [0, 3, 0, 0, 0]);
        let said = check(ManyWhat::Untag, "odd one", [3, 0, 0, 0, 0]);
        assert_eq!((tags(&said, "odd one"), tags(&said, "even")), (0, 3));
        check(ManyWhat::Status(TraceStatus::Done), "", [3, 0, 0, 0, 1]);
        let said = check(ManyWhat::Clear, "", [3, 0, 0, 2, 0]);
        assert_eq!((all_correct(&said), tags(&said, "even")), (0, 0));
        let left = said.trace(&a).unwrap();
        assert_eq!((left.note.as_str(), left.status, left.is_labelled()), ("stays", TraceStatus::Open, false));
        assert!(!said.trace(&b).is_some_and(TraceAnnotation::is_labelled), "its rating goes too");
        check(ManyWhat::Clear, "", [0, 3, 0, 0, 0]);
    }

    #[test]
    fn a_word_on_a_proposal_follows_the_mark() {
        let open = |value: ImportedValue, step: Option<u32>| {
            let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought("is 2").thought("so 2");
            builder.label(step, value, "human", "label", "1");
            OpenTrace::new(0, builder.build())
        };
        let check = |open: &OpenTrace, by: &str, expected: Option<bool>| {
            let before = Verified { by: by.into(), agreed: true };
            let mark = open.no_error().unwrap();
            let target = Target::Trace(open.trace.id.clone());
            let expected = match expected {
                Some(agreed) => Change::Give { target, label: Label::Verified(Verified { agreed, ..before.clone() }) },
                None => Change::Take { target, key: LabelKey::only(LabelKind::Verified) },
            };
            assert_eq!(verdict(&before, &mark, open, &ScoreBook::default(), &[]), expected, "{by}");
        };
        let faulty = open(ImportedValue::FirstError, Some(1));
        check(&faulty, "imported:human", Some(false));
        check(&open(ImportedValue::NoError, None), "imported:human", Some(true));
        for gone in ["imported:rule", "scorer:prm@0.5", "own:bob", "some later kind"] {
            check(&faulty, gone, None);
        }
    }

    #[test]
    fn a_trace_is_done_with_its_last_change() {
        let (a, b) = (TraceId::new("a"), TraceId::new("b"));
        let status = |trace: &TraceId| Change::SetStatus { trace: trace.clone(), status: TraceStatus::Open };
        let unmark = |trace: &TraceId| Change::MarkFirstError { trace: trace.clone(), mark: None };
        let check = |left: Vec<Change>, expected: usize| {
            let saying = Saying { left, total: 4, traces: 2, gesture: None, folder: PathBuf::new() };
            assert_eq!(saying.traces_done(), expected);
        };
        check(vec![status(&b), unmark(&b), status(&a), unmark(&a)], 0);
        check(vec![status(&b), unmark(&b), status(&a)], 0);
        check(vec![status(&b)], 1);
        check(vec![], 2);
    }
}
