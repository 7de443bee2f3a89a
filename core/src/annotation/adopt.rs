//! Takes over what a native file says an annotator said, as when an export is imported again.

use super::change::Change;
use super::error::AnnotationError;
use super::event::{NoteTarget, StepRef};
use super::log::AnnotationLog;
use crate::import::native::NativeAnnotation;
use crate::model::{TraceId, TraceStatus};

/// What became of the labels of one trace in a native file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Labels taken over.
    pub taken: usize,
    /// Labels left out because the log says something else.
    pub conflicts: usize,
}

/// Says, as one gesture, what the file says and the log does not. Never overwrites what was said in the log.
pub fn adopt(log: &mut AnnotationLog, trace: &TraceId, said: &NativeAnnotation) -> Result<Adopted, AnnotationError> {
    let present = log.annotations();
    let own = present.trace(trace);
    let mut wishes = Wishes::default();

    let mark = own.and_then(|own| own.first_error.clone());
    wishes
        .add(mark, said.first_error.clone(), |mark| Change::MarkFirstError { trace: trace.clone(), mark: Some(mark) });

    let set = |status: TraceStatus| (status != TraceStatus::Open).then_some(status);
    wishes.add(own.and_then(|own| set(own.status)), set(said.status), |status| Change::SetStatus {
        trace: trace.clone(),
        status,
    });

    let target = NoteTarget::Trace(trace.clone());
    wishes.add(text(present.note(&target)), text(&said.note), |text| Change::WriteNote { target, text });

    for of_step in &said.steps {
        let step = StepRef { trace: trace.clone(), step: of_step.step.clone() };
        let own = present.step(trace, &of_step.step);
        wishes.add(own.and_then(|own| own.rating), of_step.rating, |rating| Change::RateStep {
            step: step.clone(),
            rating: Some(rating),
        });
        let target = NoteTarget::Step(step.clone());
        wishes.add(text(present.note(&target)), text(&of_step.note), |text| Change::WriteNote { target, text });
    }

    let adopted = Adopted { taken: wishes.changes.len(), conflicts: wishes.conflicts };
    if adopted.taken > 0 {
        log.commit(wishes.changes)?;
    }
    Ok(adopted)
}

#[derive(Default)]
struct Wishes {
    changes: Vec<Change>,
    conflicts: usize,
}

impl Wishes {
    /// Compares one label; `None` means that nothing was said.
    fn add<T: PartialEq>(&mut self, own: Option<T>, theirs: Option<T>, change: impl FnOnce(T) -> Change) {
        match (own, theirs) {
            (_, None) => {}
            (None, Some(theirs)) => self.changes.push(change(theirs)),
            (Some(own), Some(theirs)) => self.conflicts += usize::from(own != theirs),
        }
    }
}

fn text(note: &str) -> Option<String> {
    (!note.is_empty()).then(|| note.to_owned())
}
