//! What is shown as saved is on disk; what cannot be saved is kept and tried again.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn saved_means_on_disk_and_the_owner_is_woken() {
    let folder = tempfile::tempdir().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let wake: Wake = Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let (mut log, _) = AnnotationLog::open(folder.path(), &ann(), Arc::new(FixedClock::default()), wake).unwrap();
    assert_eq!(log.save_state(), SaveState::Saved);
    for number in 0..100 {
        log.commit(vec![rate(1, number, StepRating::Good)]).unwrap();
    }
    log.flush().unwrap();
    assert_eq!((log.save_state(), log.saved_seq()), (SaveState::Saved, 100));
    assert_eq!(String::from_utf8(bytes(folder.path())).unwrap().lines().count(), 100);
    drop(log);
    let wakes = count.load(Ordering::SeqCst);
    assert!((1..=100).contains(&wakes), "{wakes}");
}

#[test]
fn what_cannot_be_saved_is_kept_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (log_file, elsewhere) = (folder.path().join("ann.jsonl"), folder.path().join("elsewhere"));
    let (mut log, _) = open(folder.path());
    log.commit(vec![note(1, "a")]).unwrap();
    log.flush().unwrap();

    fs::rename(&log_file, &elsewhere).unwrap();
    log.commit(vec![note(1, "b")]).unwrap();
    let error = log.flush().unwrap_err().to_string();
    assert!(error.starts_with("Could not save labels: ") && error.contains("Put the file back"), "{error}");
    assert_eq!(log.save_state(), SaveState::Failed(error));
    assert_eq!(log.saved_seq(), 1);
    assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "b");
    // In vain, but without harm.
    log.retry();
    log.flush().unwrap_err();

    fs::rename(&elsewhere, &log_file).unwrap();
    log.retry();
    log.flush().unwrap();
    assert_eq!((log.save_state(), log.saved_seq()), (SaveState::Saved, 2));

    fs::rename(&log_file, &elsewhere).unwrap();
    log.commit(vec![note(1, "c")]).unwrap();
    log.flush().unwrap_err();
    fs::rename(&elsewhere, &log_file).unwrap();
    // The next label takes the waiting one along.
    log.commit(vec![note(1, "d")]).unwrap();
    log.flush().unwrap();
    let live = log.fold().clone();
    drop(log);
    let (log, report) = open(folder.path());
    assert_eq!(report, LoadReport { records: 4, ..LoadReport::default() });
    assert_eq!(*log.fold(), live);
}

#[test]
fn closing_saves_and_lets_the_lock_go() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=20 {
        let (mut log, report) = open(folder.path());
        assert_eq!((log.access(), report.records), (&Access::Writable, number - 1));
        log.commit(vec![note(1, &number.to_string())]).unwrap();
    }
}

#[test]
fn closing_while_saving_fails_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    fs::remove_file(folder.path().join("ann.jsonl")).unwrap();
    log.commit(vec![note(1, "lost with its folder")]).unwrap();
    let start = std::time::Instant::now();
    drop(log);
    assert!(start.elapsed().as_secs() < 4);
}

#[test]
fn what_cannot_be_saved_is_rescued_beside_the_log() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=2 {
        let (mut log, _) = open(folder.path());
        let log_file = folder.path().join("ann.jsonl");
        let foreign = [fs::read(&log_file).unwrap().as_slice(), b"{}\n"].concat();
        fs::write(&log_file, &foreign).unwrap();
        log.commit(vec![note(1, "kept")]).unwrap();
        let error = log.flush().unwrap_err().to_string();
        assert!(!error.contains("open the project again"), "that would lose labels: {error}");
        drop(log);
        assert_eq!(bytes(folder.path()), foreign, "what another program wrote stays");
        let rescued = fs::read_to_string(folder.path().join(format!("ann.rescued-{number}"))).unwrap();
        assert!(rescued.contains("kept") && rescued.ends_with('\n'), "{rescued}");
    }
    assert_eq!(list_annotators(folder.path()).unwrap(), [ann()], "a rescued file is nobody's log");
    let (_, report) = read(folder.path(), &ann()).unwrap();
    assert!(!report.rescued.is_empty() && report.rescued.iter().all(|file| file.exists()), "and is told");
}
