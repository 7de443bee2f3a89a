//! Finding the first error of a path by halving: look at the middle of what is undecided and say whether all is right
//! up to there.
//!
//! What was looked at is a label of the step, [`Label::Inspected`]; what follows from it is worked out here and never
//! stored, so a search that was left goes on where it stood.

use std::ops::Range;

use super::change::Change;
use super::event::{StepRef, Target};
use super::state::TraceAnnotation;
use crate::model::{FirstError, Label, LabelKey, LabelKind, StepHash, TraceId};

/// How far a search along a path got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Halving {
    /// Steps that are right for sure, from the first.
    right: usize,
    /// Position of the earliest step by which an error is known to have come; the length of the path where none is.
    wrong: usize,
    /// Length of the path.
    length: usize,
}

/// Where a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The first error is at that position of the path.
    At(usize),
    /// The path has no error.
    NoError,
}

impl Halving {
    /// The search as the labels of the steps tell it.
    pub fn of(path: &[StepHash], said: Option<&TraceAnnotation>) -> Self {
        let looks = path.iter().enumerate().filter_map(|(at, step)| Some((at, look(said?, step)?)));
        let (yes, no): (Vec<_>, Vec<_>) = looks.partition(|(_, right)| *right);
        let wrong = no.first().map_or(path.len(), |(at, _)| *at);
        // A yes behind a no says nothing: answers take away what contradicts them, but logs can be put together.
        let right = yes.iter().map(|(at, _)| at + 1).filter(|right| *right <= wrong).max().unwrap_or(0);
        Self { right, wrong, length: path.len() }
    }

    /// Positions among which the first error may lie. It may also lie nowhere, or at the position behind them.
    pub const fn undecided(&self) -> Range<usize> {
        self.right..self.wrong
    }

    /// The position to ask about next; `None` once it is decided.
    pub const fn middle(&self) -> Option<usize> {
        // As many answers are left on either side, the end behind the last step counted.
        if self.right < self.wrong { Some(self.right + (self.wrong - self.right - 1) / 2) } else { None }
    }

    /// Most looks still to come.
    pub const fn looks_left(&self) -> u32 {
        let answers = self.wrong - self.right + 1;
        answers.next_power_of_two().trailing_zeros()
    }

    /// Where it ended; `None` while it is undecided, and for a path without steps.
    pub const fn found(&self) -> Option<Found> {
        if self.length == 0 || self.right < self.wrong {
            None
        } else if self.wrong < self.length {
            Some(Found::At(self.wrong))
        } else {
            Some(Found::NoError)
        }
    }

    /// What it would be after an answer about that position, which overrules earlier ones against it.
    #[must_use]
    pub const fn after(self, at: usize, is_right: bool) -> Self {
        if is_right {
            let right = if at + 1 > self.right { at + 1 } else { self.right };
            // Whoever said no at or before that step has changed their mind.
            let wrong = if self.wrong <= at { self.length } else { self.wrong };
            Self { right, wrong, length: self.length }
        } else {
            let wrong = if at < self.wrong { at } else { self.wrong };
            let right = if self.right > wrong { wrong } else { self.right };
            Self { right, wrong, length: self.length }
        }
    }
}

fn look(said: &TraceAnnotation, step: &StepHash) -> Option<bool> {
    match said.steps.get(step)?.labels.only(LabelKind::Inspected)? {
        Label::Inspected(right) => Some(*right),
        _ => None,
    }
}

/// What is said by the answer that all is right up to that position of the path, or not: one gesture. Looks that say
/// otherwise are taken back, and the answer that decides marks the first error, or that there is none.
pub fn answer_halving(
    trace: &TraceId,
    path: &[StepHash],
    said: Option<&TraceAnnotation>,
    at: usize,
    is_right: bool,
) -> Vec<Change> {
    let target = |step: &StepHash| Target::Step(StepRef { trace: trace.clone(), step: step.clone() });
    let Some(step) = path.get(at) else { return Vec::new() };
    let against = path.iter().enumerate().filter(|&(other, step)| {
        let contradicts = if is_right { other < at } else { other > at };
        contradicts && said.and_then(|said| look(said, step)) == Some(!is_right)
    });
    let take = |step| Change::Take { target: target(step), key: LabelKey::only(LabelKind::Inspected) };
    let mut changes: Vec<Change> = against.map(|(_, step)| take(step)).collect();
    changes.push(Change::Give { target: target(step), label: Label::Inspected(is_right) });
    let mark = match after_looks(path, said, at, is_right).found() {
        None => return changes,
        Some(Found::At(at)) => path.get(at).cloned().map(FirstError::At),
        Some(Found::NoError) => path.last().cloned().map(FirstError::NoneUpTo),
    };
    changes.push(Change::MarkFirstError { trace: trace.clone(), mark });
    changes
}

/// The search after an answer, worked out from all looks that it leaves: one taken back may uncover others.
fn after_looks(path: &[StepHash], said: Option<&TraceAnnotation>, at: usize, is_right: bool) -> Halving {
    let mut search = Halving { right: 0, wrong: path.len(), length: path.len() };
    for (other, step) in path.iter().enumerate() {
        if let Some(look) = said.and_then(|said| look(said, step)).filter(|_| other != at) {
            let contradicts = look != is_right && if is_right { other < at } else { other > at };
            if !contradicts {
                search = search.after(other, look);
            }
        }
    }
    search.after(at, is_right)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::annotation::{AnnotationLog, Annotations};
    use crate::model::{AnnotatorId, FixedClock};

    fn path(length: usize) -> Vec<StepHash> {
        (0..length).map(|n| StepHash::new(format!("s{n}"))).collect()
    }

    fn log() -> (tempfile::TempDir, AnnotationLog) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::default());
        let log = AnnotationLog::open(folder.path(), &AnnotatorId::new("a"), clock, Arc::new(|| {})).unwrap().0;
        (folder, log)
    }

    fn trace() -> TraceId {
        TraceId::new("t")
    }

    fn search(log: &AnnotationLog, path: &[StepHash]) -> Halving {
        Halving::of(path, log.annotations().trace(&trace()))
    }

    /// Answers as one who sees the first error at `error`, and gives the number of looks.
    fn find(log: &mut AnnotationLog, path: &[StepHash], error: usize) -> usize {
        let mut looks = 0;
        while let Some(at) = search(log, path).middle() {
            let left = search(log, path).looks_left();
            let changes = answer_halving(&trace(), path, log.annotations().trace(&trace()), at, at < error);
            log.commit(changes).unwrap();
            looks += 1;
            assert!(search(log, path).looks_left() < left, "each look brings it nearer");
        }
        looks
    }

    #[test]
    fn every_first_error_is_found_in_few_looks() {
        for length in [1, 2, 3, 4, 7, 8, 12, 15_usize] {
            let most = (length + 1).next_power_of_two().trailing_zeros() as usize;
            for error in 0..=length {
                let (_folder, mut log) = log();
                let path = path(length);
                let looks = find(&mut log, &path, error);
                assert!(looks <= most, "{looks} looks for {error} of {length}");
                let said = log.annotations().trace(&trace()).unwrap();
                let expected = path.get(error).cloned().map(FirstError::At);
                assert_eq!(said.first_error, expected.or(path.last().cloned().map(FirstError::NoneUpTo)));
                assert_eq!(said.steps.len(), looks, "what follows from the looks is not stored");
            }
        }
    }

    #[test]
    fn undo_steps_back_and_the_last_answer_marks() {
        let (_folder, mut log) = log();
        let path = path(12);
        let looks = find(&mut log, &path, 6);
        assert_eq!(search(&log, &path).found(), Some(Found::At(6)));
        log.undo().unwrap();
        assert_eq!(log.annotations().trace(&trace()).unwrap().first_error, None, "with the look that decided");
        assert!(search(&log, &path).found().is_none());
        for _ in 1..looks {
            log.undo().unwrap();
        }
        assert_eq!(*log.annotations(), Annotations::default());
        assert_eq!(search(&log, &path), Halving { right: 0, wrong: 12, length: 12 });
    }

    #[test]
    fn another_answer_overrules_those_against_it() {
        let (_folder, mut log) = log();
        let path = path(8);
        let mut say = |at, right| {
            let changes = answer_halving(&trace(), &path, log.annotations().trace(&trace()), at, right);
            log.commit(changes).unwrap();
            search(&log, &path)
        };
        assert_eq!(say(3, true).undecided(), 4..8);
        assert_eq!(say(5, false).undecided(), 4..5);
        assert_eq!(say(6, true).undecided(), 7..8, "no at 5 is taken back");
        assert_eq!(say(1, false).undecided(), 0..1, "yes at 3 and 6 as well");
        assert_eq!(say(0, true).found(), Some(Found::At(1)));
        assert_eq!(Halving::of(&[], None).found(), None);
        assert_eq!(Halving::of(&[], None).middle(), None);
    }

    proptest! {
        #[test]
        fn what_the_labels_say_is_what_was_answered(
            length in 1..12_usize,
            answers in prop::collection::vec((0..12_usize, any::<bool>()), 0..12),
        ) {
            let (_folder, mut log) = log();
            let path = path(length);
            for (at, right) in answers {
                let at = at % length;
                let said = log.annotations().trace(&trace());
                let expected = after_looks(&path, said, at, right);
                let changes = answer_halving(&trace(), &path, said, at, right);
                log.commit(changes).unwrap();
                let now = search(&log, &path);
                prop_assert_eq!(now, expected);
                prop_assert!(if right { now.right > at } else { now.wrong <= at }, "the last answer holds");
                prop_assert!(now.right <= now.wrong);
            }
        }
    }
}
