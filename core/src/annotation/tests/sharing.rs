//! Two windows, several annotators, and labels that come with a native file.

use super::*;
use crate::import::native::{NativeAnnotation, NativeStepAnnotation};

#[test]
fn a_second_window_reads_only() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _) = open(folder.path());
    first.commit(vec![note(1, "a")]).unwrap();
    first.flush().unwrap();
    // A line that the first window is in the middle of writing.
    let log_file = folder.path().join("ann.jsonl");
    let whole = bytes(folder.path());
    fs::write(&log_file, [whole.as_slice(), b"{\"v\":1"].concat()).unwrap();

    let (mut second, report) = open(folder.path());
    assert_eq!(report, LoadReport { records: 1, ..LoadReport::default() });
    let Access::ReadOnly { reason } = second.access() else { panic!("not read-only") };
    assert!(reason.contains("another window"), "{reason}");
    assert_eq!(second.annotations(), first.annotations());
    let error = second.commit(vec![note(1, "b")]).unwrap_err().to_string();
    assert!(error.contains("another window"), "{error}");
    second.undo().unwrap_err();
    second.redo().unwrap_err();
    assert!(!second.can_undo());
    assert_eq!((second.save_state(), second.saved_seq()), (SaveState::Saved, 1));
    second.flush().unwrap();
    assert_eq!(check(folder.path()), [], "what may be a line being written is left alone");
    assert!(!folder.path().join("ann.torn-1").exists());

    fs::write(&log_file, &whole).unwrap();
    drop(second);
    drop(first);
    let (third, _) = open(folder.path());
    assert_eq!(third.access(), &Access::Writable);
}

#[test]
fn a_place_that_cannot_be_written_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ann.lock")).unwrap();
    let (mut log, _) = open(folder.path());
    let Access::ReadOnly { reason } = log.access() else { panic!("not read-only") };
    assert!(reason.contains("cannot be written"), "{reason}");
    log.commit(vec![note(1, "a")]).unwrap_err();
    assert_eq!(list_annotators(folder.path()).unwrap(), []);
}

#[test]
fn each_annotator_has_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("annotations");
    assert_eq!(list_annotators(&missing).unwrap(), []);
    let names = ["../x", "Zoë", "ann"].map(AnnotatorId::new);
    for name in &names {
        let clock = Arc::new(FixedClock::default());
        let (mut log, _) = AnnotationLog::open(&missing, name, clock, quiet()).unwrap();
        assert_eq!(log.access(), &Access::Writable);
        log.commit(vec![note(1, name.as_str())]).unwrap();
    }
    assert_eq!(list_annotators(&missing).unwrap(), names);
    for name in &names {
        let (said, report) = read(&missing, name).unwrap();
        assert_eq!(said.note(&Target::Trace(trace(1))), name.as_str());
        assert_eq!(report, LoadReport { records: 1, ..LoadReport::default() });
    }
    let (said, _) = read(&missing, &AnnotatorId::new("nobody")).unwrap();
    assert_eq!(said, Annotations::default());
}

fn carried() -> NativeAnnotation {
    let of_step = |number, rating, note: &str| NativeStepAnnotation {
        step: hash(number),
        rating,
        note: note.into(),
        labels: Vec::new(),
    };
    NativeAnnotation {
        annotator: ann(),
        first_error: Some(FirstError::At(hash(2))),
        status: TraceStatus::Done,
        note: "as exported".into(),
        labels: Vec::new(),
        steps: vec![of_step(1, Some(StepRating::Good), ""), of_step(2, Some(StepRating::Bad), "sign lost")],
    }
}

#[test]
fn carried_labels_become_one_gesture() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    assert_eq!(adopt(&mut log, &trace(1), &carried()).unwrap(), Adopted { taken: 6, conflicts: 0 });
    let said = log.annotations().trace(&trace(1)).unwrap().clone();
    assert_eq!((said.first_error, said.status), (Some(FirstError::At(hash(2))), TraceStatus::Done));
    assert_eq!((said.note.as_str(), said.steps.len()), ("as exported", 2));
    assert_eq!(
        said.steps[&hash(2)],
        StepAnnotation { rating: Some(StepRating::Bad), note: "sign lost".into(), ..StepAnnotation::default() }
    );
    let seq = log.last_seq();
    assert_eq!(adopt(&mut log, &trace(1), &carried()).unwrap(), Adopted::default());
    assert_eq!(log.last_seq(), seq, "the same again says nothing new");
    log.undo().unwrap();
    assert_eq!(*log.annotations(), Annotations::default());
}

#[test]
fn what_was_taken_away_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    adopt(&mut log, &trace(1), &carried()).unwrap();
    log.commit(vec![Change::RateStep { step: step(1, 1), rating: None }, note(1, "")]).unwrap();
    drop(log);
    let (mut log, _) = open(folder.path());
    assert_eq!(adopt(&mut log, &trace(1), &carried()).unwrap(), Adopted { taken: 0, conflicts: 2 });
    log.undo().unwrap();
    log.undo().unwrap();
    assert_eq!(adopt(&mut log, &trace(1), &carried()).unwrap(), Adopted { taken: 0, conflicts: 6 }, "undone");
}

#[test]
fn carried_labels_never_replace_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    log.commit(vec![note(1, "mine"), rate(1, 1, StepRating::Good), rate(1, 2, StepRating::Neutral)]).unwrap();
    assert_eq!(adopt(&mut log, &trace(1), &carried()).unwrap(), Adopted { taken: 3, conflicts: 2 });
    assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "mine");
    let own = log.annotations().step(&trace(1), &hash(2)).unwrap();
    assert_eq!((own.rating, own.note.as_str()), (Some(StepRating::Neutral), "sign lost"));
}
