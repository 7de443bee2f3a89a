//! Takes over what a native file says an annotator said, as when an export is imported again.

use std::collections::HashSet;

use super::change::Change;
use super::context::{Context, Way};
use super::error::AnnotationError;
use super::event::{StepRef, Target};
use super::fact::{Place, Subject};
use super::fold::Fold;
use super::log::AnnotationLog;
use super::state::{Labels, TraceAnnotation};
use crate::import::native::{NativeAnnotation, NativeStepAnnotation};
use crate::model::{FirstError, Label, LabelKey, LabelKind, StepHash, TraceId, TraceStatus, WrittenStep};

/// What became of the labels of one trace in a native file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Labels taken over.
    pub taken: usize,
    /// Labels left out because the log says something else, or said it and took it back.
    pub conflicts: usize,
}

/// Says, as one gesture, what the file says and the log does not.
///
/// Never overwrites what was said in the log, nor brings back what was taken away there: that is said as well. Where the
/// log has another written step of the same name, what hangs on that of the file is left out too.
pub fn adopt(log: &mut AnnotationLog, trace: &TraceId, said: &NativeAnnotation) -> Result<Adopted, AnnotationError> {
    let present = log.annotations();
    let own = present.trace(trace);
    let mut wishes = Wishes { fold: log.fold(), changes: Vec::new(), conflicts: 0 };

    let foreign = foreign(own, &wishes, trace, said);
    let is_foreign = |step: &StepHash| foreign.contains(step);
    let mark = own.and_then(|own| own.first_error.clone());
    let theirs = said.first_error.clone().filter(|mark| {
        let named = matches!(mark, FirstError::At(step) | FirstError::NoneUpTo(step) if is_foreign(step));
        wishes.conflicts += usize::from(named);
        !named
    });
    wishes.add(&Subject::new(&Target::Trace(trace.clone()), Place::FirstError), mark.as_ref(), theirs, |mark| {
        Change::MarkFirstError { trace: trace.clone(), mark: Some(mark) }
    });

    let set = |status: TraceStatus| (status != TraceStatus::Open).then_some(status);
    let status = own.and_then(|own| set(own.status));
    wishes.add(
        &Subject::new(&Target::Trace(trace.clone()), Place::Status),
        status.as_ref(),
        set(said.status),
        |status| Change::SetStatus { trace: trace.clone(), status },
    );

    wishes.note(Target::Trace(trace.clone()), &said.note);
    let (left_out, labels): (Vec<Label>, Vec<Label>) =
        said.labels.iter().cloned().partition(|label| matches!(label, Label::Written(step) if is_foreign(&step.id)));
    wishes.conflicts += left_out.len();
    wishes.labels(&Target::Trace(trace.clone()), own.map(|own| &own.labels), &labels);

    for of_step in &said.steps {
        if is_foreign(&of_step.step) {
            let NativeStepAnnotation { rating, note, labels, .. } = of_step;
            wishes.conflicts += usize::from(rating.is_some()) + usize::from(!note.is_empty()) + labels.len();
            continue;
        }
        let step = StepRef { trace: trace.clone(), step: of_step.step.clone() };
        let rating = present.step(trace, &of_step.step).and_then(|own| own.rating);
        wishes.add(
            &Subject::new(&Target::Step(step.clone()), Place::Rating),
            rating.as_ref(),
            of_step.rating,
            |rating| Change::RateStep { step: step.clone(), rating: Some(rating) },
        );
        wishes.note(Target::Step(step.clone()), &of_step.note);
        let own = present.step(trace, &of_step.step).map(|own| &own.labels);
        wishes.labels(&Target::Step(step), own, &of_step.labels);
    }

    let Wishes { changes, conflicts, .. } = wishes;
    let adopted = Adopted { taken: changes.len(), conflicts };
    if adopted.taken > 0 {
        let present = std::mem::replace(&mut log.context, Context { way: Way::Adopted, ..Context::default() });
        let committed = log.commit(changes);
        log.context = present;
        committed?;
    }
    Ok(adopted)
}

/// The written steps of the file that cannot be taken over, as the log has or had others of the same names, with those
/// that continue or correct them.
fn foreign(
    own: Option<&TraceAnnotation>,
    wishes: &Wishes<'_>,
    trace: &TraceId,
    said: &NativeAnnotation,
) -> HashSet<StepHash> {
    let written = |label: &Label| if let Label::Written(step) = label { Some(step.clone()) } else { None };
    let theirs: Vec<WrittenStep> = said.labels.iter().filter_map(written).collect();
    let was_there = |step: &StepHash| {
        let key = LabelKey::of(LabelKind::Written, step.as_str());
        wishes.fold.was_taken_back(&Subject::new(&Target::Trace(trace.clone()), Place::Label(key)))
    };
    let is_other = |step: &WrittenStep| {
        let own = own.and_then(|own| own.written(&step.id));
        own.map_or_else(|| was_there(&step.id), |own| own != step)
    };
    let mut foreign: HashSet<StepHash> =
        theirs.iter().filter(|step| is_other(step)).map(|step| step.id.clone()).collect();
    // A name may stand before the name it depends on, so this goes on until nothing more is found.
    loop {
        let known = foreign.len();
        let depends =
            |step: &&WrittenStep| [&step.parent, &step.replaces].into_iter().flatten().any(|on| foreign.contains(on));
        let more: Vec<StepHash> = theirs.iter().filter(depends).map(|step| step.id.clone()).collect();
        foreign.extend(more);
        if foreign.len() == known {
            return foreign;
        }
    }
}

struct Wishes<'a> {
    fold: &'a Fold,
    changes: Vec<Change>,
    conflicts: usize,
}

impl Wishes<'_> {
    /// Compares one label; `None` means that nothing is said now.
    fn add<T: PartialEq>(
        &mut self,
        subject: &Subject,
        own: Option<&T>,
        theirs: Option<T>,
        change: impl FnOnce(T) -> Change,
    ) {
        let Some(theirs) = theirs else { return };
        if own.is_none() && !self.fold.was_taken_back(subject) {
            self.changes.push(change(theirs));
        } else if own != Some(&theirs) {
            self.conflicts += 1;
        }
    }

    fn labels(&mut self, target: &Target, own: Option<&Labels>, theirs: &[Label]) {
        for label in theirs {
            let subject = Subject::new(target, Place::Label(label.key()));
            let own = own.and_then(|own| own.get(&label.key()));
            self.add(&subject, own, Some(label.clone()), |label| Change::Give { target: target.clone(), label });
        }
    }

    fn note(&mut self, target: Target, theirs: &str) {
        let own = text(self.fold.state.note(&target));
        let subject = Subject::new(&target, Place::Note);
        self.add(&subject, own.as_ref(), text(theirs), |text| Change::WriteNote { target, text });
    }
}

fn text(note: &str) -> Option<String> {
    (!note.is_empty()).then(|| note.to_owned())
}
