//! Whatever can be said and done, for property tests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::{LABEL_KINDS, Label, is_of_trace, sample_label};

/// A label of any sort.
pub(crate) fn any_label() -> impl Strategy<Value = Label> {
    (select(&LABEL_KINDS[..]), 0..60_u32).prop_map(|(kind, number)| sample_label(kind, number))
}

/// Something a user does.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Say(Vec<Change>),
    Undo,
    Redo,
}

impl Deed {
    /// Does it. True where it did something.
    pub(super) fn run(self, log: &mut AnnotationLog) -> bool {
        match self {
            Self::Say(changes) => log.commit(changes).unwrap().is_some(),
            Self::Undo => log.undo().unwrap().is_some(),
            Self::Redo => log.redo().unwrap().is_some(),
        }
    }
}

/// One of two traces, or one of their three steps.
pub(super) fn any_target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0..2_usize).prop_map(|of| Target::Trace(trace(of))),
        (0..2_usize, 0..3_usize).prop_map(|(of, number)| Target::Step(step(of, number))),
    ]
}

fn target_of(label: &Label, target: Target) -> Target {
    match target {
        Target::Trace(trace) if !is_of_trace(label.kind()) => Target::Step(StepRef { trace, step: hash(1) }),
        Target::Step(step) if is_of_trace(label.kind()) => Target::Trace(step.trace),
        target => target,
    }
}

/// Any change there is.
pub(super) fn any_change() -> impl Strategy<Value = Change> {
    let rating = prop_oneof![Just(None), select(&StepRating::ALL[..]).prop_map(Some)];
    let first_error = prop_oneof![
        Just(None),
        Just(Some(FirstError::Unsure)),
        (0..3_usize).prop_map(|step| Some(FirstError::At(hash(step)))),
        (0..3_usize).prop_map(|step| Some(FirstError::NoneUpTo(hash(step)))),
    ];
    prop_oneof![
        1 => (0..2_usize, 0..3_usize, rating)
            .prop_map(|(of, number, rating)| Change::RateStep { step: step(of, number), rating }),
        1 => (0..2_usize, first_error).prop_map(|(of, mark)| Change::MarkFirstError { trace: trace(of), mark }),
        1 => (0..2_usize, select(&TraceStatus::ALL[..]))
            .prop_map(|(of, status)| Change::SetStatus { trace: trace(of), status }),
        1 => (any_target(), select(vec!["", "x", "two\nlines \"quoted\" ≠"]))
            .prop_map(|(target, text)| Change::WriteNote { target, text: text.into() }),
        4 => (any_target(), any_label()).prop_map(|(target, label)| {
            Change::Give { target: target_of(&label, target), label }
        }),
        2 => (any_target(), any_label()).prop_map(|(target, label)| {
            Change::Take { target: target_of(&label, target), key: label.key() }
        }),
    ]
}

/// Any gesture, undo or redo.
pub(super) fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => vec(any_change(), 1..4).prop_map(Deed::Say),
        2 => Just(Deed::Undo),
        1 => Just(Deed::Redo),
    ]
}
