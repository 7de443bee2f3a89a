//! Gestures, undo and redo, and the same state after a restart.

use proptest::collection::vec;
use proptest::prelude::*;

use super::any::{Deed, any_change, any_deed};
use super::*;
use crate::model::Label;

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

#[test]
fn a_value_that_is_no_number_is_refused_and_nothing_of_its_gesture_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let target = Target::Step(step(1, 1));
    for value in [f64::NAN, f64::INFINITY] {
        let soft = Change::Give { target: target.clone(), label: Label::Soft(value) };
        let error = log.commit(vec![note(1, "x"), soft]).unwrap_err().to_string();
        assert!(error.contains("no number"), "{error}");
    }
    assert_eq!((log.annotations(), log.last_seq()), (&Annotations::default(), 0));
}

#[test]
fn a_gesture_that_goes_on_ends_redo_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    for number in 0..4 {
        log.commit(vec![note(1, &number.to_string())]).unwrap();
    }
    assert_eq!(log.commit(vec![mark(1, 1)]).unwrap(), Some(5));
    assert_eq!(log.commit(vec![mark(2, 1)]).unwrap(), Some(6));
    log.undo().unwrap();
    assert!(log.can_redo());
    assert_eq!(log.commit_more(Some(5), vec![mark(1, 1)]).unwrap(), Some(5));
    assert!(log.can_redo(), "nothing new was said");
    assert_eq!(log.commit_more(Some(5), vec![mark(3, 1), done(3)]).unwrap(), Some(5));
    assert!(!log.can_redo());
    assert_eq!(log.commit_more(Some(5), vec![done(1)]).unwrap(), Some(5));
    let ids = |log: &AnnotationLog| (log.gesture_ids().0.collect::<Vec<_>>(), log.gesture_ids().1.collect::<Vec<_>>());
    assert_eq!(ids(&log), (vec![], vec![5, 4, 3, 2, 1]));
    let (live, told) = (log.fold().clone(), log.gesture(5).cloned());
    assert_eq!(told.as_ref().map(|gesture| gesture.events.len()), Some(4));
    drop(log);

    let (mut log, report) = open(folder.path());
    assert_eq!(report.warnings, []);
    assert_eq!(log.fold(), &live);
    assert_eq!(log.gesture(5).cloned(), told);
    log.undo().unwrap();
    assert_eq!(log.annotations().traces().count(), 1, "undone together");
}

#[test]
fn history_reads_again_what_was_said_before_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    log.set_context(Context { schema: 3, spent_ms: 40, ..Context::default() });
    for number in 0..300 {
        log.commit(vec![rate(1, number, StepRating::Bad), note(2, &number.to_string())]).unwrap();
    }
    log.undo().unwrap();
    let told = |log: &AnnotationLog| {
        let (undone, done) = log.history();
        (undone.cloned().collect::<Vec<_>>(), done.cloned().collect::<Vec<_>>())
    };
    let before = told(&log);
    assert_eq!((before.0.len(), before.1.len()), (1, 299));
    assert_eq!((before.1[0].id, before.1[0].under.schema, before.1[0].events.len()), (597, 3, 2));
    assert_eq!(log.spent_ms(&trace(1)), 40);
    drop(log);
    let (mut log, _) = open(folder.path());
    assert_eq!(told(&log), before);
    assert_eq!(log.spent_ms(&trace(1)), 40, "once, though every record names its circumstances");

    // Out of reach, the last gestures can be undone all the same; earlier ones say why not.
    fs::rename(folder.path().join("ann.jsonl"), folder.path().join("elsewhere")).unwrap();
    drop(log);
    fs::rename(folder.path().join("elsewhere"), folder.path().join("ann.jsonl")).unwrap();
    (log, _) = open(folder.path());
    fs::rename(folder.path().join("ann.jsonl"), folder.path().join("elsewhere")).unwrap();
    for _ in 0..100 {
        log.undo().unwrap().unwrap();
    }
    let (state, seq) = (log.annotations().clone(), log.last_seq());
    let error = log.undo().unwrap_err().to_string();
    assert!(error.starts_with("Could not read again what is to be undone"), "{error}");
    assert_eq!((log.annotations(), log.last_seq()), (&state, seq), "nothing was done by halves");
    fs::rename(folder.path().join("elsewhere"), folder.path().join("ann.jsonl")).unwrap();
    log.undo().unwrap().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_state_is_replayed_state(deeds in vec(any_deed(), 1..40)) {
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
        let (live, last_seq) = (log.fold().clone(), log.last_seq());
        drop(log);
        let (log, report) = open(folder.path());
        prop_assert_eq!(report, LoadReport { records: last_seq, ..LoadReport::default() });
        prop_assert_eq!(log.fold(), &live);
    }

    /// Each change alone, on whatever there is, taken back: nothing is left of it, in memory or on disk.
    #[test]
    fn undo_takes_back_every_change_whole(before in vec(any_change(), 0..30), changes in vec(any_change(), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = open(folder.path());
        log.commit(before).unwrap();
        let then = log.annotations().clone();
        let said = log.commit(changes).unwrap();
        let now = log.annotations().clone();
        if said.is_some() {
            let reversal = log.undo().unwrap().unwrap();
            prop_assert_eq!(Some(reversal.gesture), said);
            prop_assert_eq!(log.annotations(), &then);
            prop_assert_eq!(Some(log.redo().unwrap().unwrap().gesture), said);
            prop_assert_eq!(log.annotations(), &now);
            log.undo().unwrap();
        }
        prop_assert_eq!(log.annotations(), &then);
        drop(log);
        let (log, report) = open(folder.path());
        prop_assert_eq!(report.warnings, []);
        prop_assert_eq!(log.annotations(), &then);
    }

    /// A snapshot anywhere, and the lines after it, are as good as all lines.
    #[test]
    fn a_snapshot_and_the_rest_are_the_whole(first in vec(any_deed(), 1..25), second in vec(any_deed(), 0..25)) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = open_after(folder.path(), 1);
        for deed in first {
            deed.run(&mut log);
        }
        let is_left = log.last_seq() > 0;
        drop(log);
        let mut log = open_after(folder.path(), u64::MAX);
        for deed in second {
            deed.run(&mut log);
        }
        let (live, seq) = (log.fold().clone(), log.last_seq());
        drop(log);

        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let paths = LogPaths::new(folder.path(), &ann()).unwrap();
        let quick = load(&disk, &paths, &ann()).unwrap();
        let slow = load_all(&disk, &paths, &ann()).unwrap();
        prop_assert_eq!(quick.snapshot.is_some(), is_left);
        prop_assert_eq!(&quick.progress, &slow.progress);
        prop_assert_eq!((&quick.progress.fold, quick.progress.last_seq), (&live, seq));
        prop_assert_eq!((quick.whole, &quick.tail, quick.sum.blocks()), (slow.whole, &slow.tail, slow.sum.blocks()));
        prop_assert_eq!(quick.last_at, slow.last_at);
        // The gestures on the stacks are found again, word for word.
        let again = open_after(folder.path(), u64::MAX);
        for (read, entry) in again.history().1.zip(live.done.iter().rev()) {
            prop_assert_eq!(read.id, entry.id);
        }
        prop_assert_eq!(again.history().1.count(), live.done.len());
    }
}
