//! Gestures, undo and redo, and the same state after a restart.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

#[test]
fn a_gesture_is_undone_and_redone_as_one_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    assert!(!log.can_undo() && !log.can_redo());
    assert_eq!(log.commit(vec![note(1, "first")]).unwrap(), Some(1));
    let before = log.annotations().clone();
    assert_eq!(log.commit(vec![rate(1, 4, StepRating::Bad), mark(1, 4), done(1)]).unwrap(), Some(2));
    let after = log.annotations().clone();
    drop(log);

    let (mut log, report) = open(folder.path());
    assert_eq!(report, LoadReport { records: 4, ..LoadReport::default() });
    assert_eq!(*log.annotations(), after);
    let targets = vec![Target::Step(step(1, 4)), Target::Trace(trace(1))];
    let reversal = Reversal { gesture: 2, targets };
    assert_eq!(log.undo().unwrap(), Some(reversal.clone()));
    assert_eq!(*log.annotations(), before);
    drop(log);

    let (mut log, _) = open(folder.path());
    assert_eq!(*log.annotations(), before);
    assert_eq!(log.redo().unwrap(), Some(reversal));
    assert_eq!(*log.annotations(), after);
    assert_eq!(log.redo().unwrap(), None);
    log.undo().unwrap();
    log.commit(vec![note(2, "another way")]).unwrap();
    assert!(!log.can_redo(), "a new gesture ends redo");
    log.undo().unwrap();
    log.undo().unwrap();
    assert_eq!(log.undo().unwrap(), None);
    assert_eq!(*log.annotations(), Annotations::default());
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    assert_eq!(log.commit(vec![]).unwrap(), None);
    assert_eq!(log.commit(vec![note(1, ""), Change::RateStep { step: step(1, 1), rating: None }]).unwrap(), None);
    log.commit(vec![mark(1, 2)]).unwrap();
    log.flush().unwrap();
    let written = bytes(folder.path());
    assert_eq!(log.commit(vec![mark(1, 2)]).unwrap(), None);
    log.flush().unwrap();
    assert_eq!(bytes(folder.path()), written);
    // Within one gesture, each change is compared with what the one before it left.
    assert_eq!(log.commit(vec![mark(1, 2), note(1, "a"), note(1, "a"), note(1, "b")]).unwrap(), Some(2));
    assert_eq!(log.last_seq(), 3);
    log.undo().unwrap();
    assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "");
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    log.commit(vec![note(1, "then")]).unwrap();
    let then = log.snapshot();
    log.commit(vec![note(1, "now")]).unwrap();
    assert_eq!(then.note(&Target::Trace(trace(1))), "then");
    assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "now");
}

#[derive(Clone, Debug)]
enum Deed {
    Say(Vec<Change>),
    Undo,
    Redo,
}

fn change() -> impl Strategy<Value = Change> {
    let rating = prop_oneof![Just(None), select(&StepRating::ALL[..]).prop_map(Some)];
    let status = select(vec![TraceStatus::Open, TraceStatus::Done, TraceStatus::Skipped, TraceStatus::Defective]);
    let first_error = prop_oneof![
        Just(None),
        Just(Some(FirstError::Unsure)),
        (0..3_usize).prop_map(|step| Some(FirstError::At(hash(step)))),
        (0..3_usize).prop_map(|step| Some(FirstError::NoneUpTo(hash(step)))),
    ];
    let target = prop_oneof![
        (0..2_usize).prop_map(|of| Target::Trace(trace(of))),
        (0..2_usize, 0..3_usize).prop_map(|(of, number)| Target::Step(step(of, number))),
    ];
    prop_oneof![
        (0..2_usize, 0..3_usize, rating)
            .prop_map(|(of, number, rating)| Change::RateStep { step: step(of, number), rating }),
        (0..2_usize, first_error).prop_map(|(of, mark)| Change::MarkFirstError { trace: trace(of), mark }),
        (0..2_usize, status).prop_map(|(of, status)| Change::SetStatus { trace: trace(of), status }),
        (target, select(vec!["", "x", "two\nlines \"quoted\" ≠"]))
            .prop_map(|(target, text)| Change::WriteNote { target, text: text.into() }),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => vec(change(), 1..4).prop_map(Deed::Say),
        2 => Just(Deed::Undo),
        1 => Just(Deed::Redo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_state_is_replayed_state(deeds in vec(deed(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = open(folder.path());
        // The simplest undo there is: a copy of the world per gesture.
        let (mut past, mut future) = (vec![Annotations::default()], Vec::new());
        for deed in deeds {
            match deed {
                Deed::Say(changes) => {
                    if log.commit(changes).unwrap().is_some() {
                        past.push(log.annotations().clone());
                        future.clear();
                    }
                }
                Deed::Undo => {
                    prop_assert_eq!(log.can_undo(), past.len() > 1);
                    if log.undo().unwrap().is_some() {
                        future.extend(past.pop());
                    }
                }
                Deed::Redo => {
                    prop_assert_eq!(log.can_redo(), !future.is_empty());
                    if log.redo().unwrap().is_some() {
                        past.extend(future.pop());
                    }
                }
            }
            prop_assert_eq!(log.annotations(), past.last().unwrap());
        }
        let (live, last_seq) = (log.fold.clone(), log.last_seq());
        drop(log);
        let (log, report) = open(folder.path());
        prop_assert_eq!(report, LoadReport { records: last_seq, ..LoadReport::default() });
        prop_assert_eq!(&log.fold, &live);
    }
}
