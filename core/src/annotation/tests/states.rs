//! Disks and clocks that fail under a log: each a state with words for the user, and saving goes on by itself.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::super::writer::Drive;
use super::faulty_disk::{Faults, FaultyDisk};
use super::*;
use crate::model::Clock;

const LOG: &str = "/logs/ann.jsonl";

fn open_on(disk: &FaultyDisk) -> (AnnotationLog, LoadReport) {
    let drive = Drive::Thread(Duration::from_millis(5));
    let setting = Setting { disk: Arc::new(disk.clone()), drive, ..Setting::default() };
    let clock = Arc::new(FixedClock(Timestamp(1_795_000_000_123)));
    AnnotationLog::open_with(setting, Path::new("/logs"), &ann(), clock, quiet()).unwrap()
}

/// Waits, without saying or asking anything, until all is saved.
fn saves_by_itself(log: &AnnotationLog) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while log.save_state() != SaveState::Saved {
        assert!(Instant::now() < deadline, "{:?}", log.save_state());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_fails_is_told_kept_and_saved_by_itself_when_it_works_again() {
    let check = |spoil: &dyn Fn(&FaultyDisk), words: &str| {
        let disk = FaultyDisk::new(7);
        let (mut log, _) = open_on(&disk);
        log.commit(vec![note(1, "before")]).unwrap();
        log.flush().unwrap();
        let before = disk.seen(Path::new(LOG)).unwrap();
        spoil(&disk);
        log.commit(vec![note(1, "kept"), rate(1, 1, StepRating::Bad)]).unwrap();
        let error = log.flush().unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("tried again by itself"), "{error}");
        assert!(error.ends_with(LOG), "the path comes last: {error}");
        assert_eq!((log.saved_seq(), log.last_seq()), (1, 3));
        assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "kept", "work goes on in memory");
        log.commit(vec![note(2, "more")]).unwrap();
        assert_eq!(log.saved_seq(), 1);
        disk.heal();
        saves_by_itself(&log);
        assert_eq!(log.saved_seq(), 4);
        assert!(disk.seen(Path::new(LOG)).unwrap().starts_with(&before));
        let live = log.fold().clone();
        drop(log);
        let (log, report) = open_on(&disk);
        assert_eq!(report, LoadReport { records: 4, ..LoadReport::default() });
        assert_eq!(log.fold(), &live);
    };
    check(&|disk| disk.world().room = Some(0), "Make room on the disk");
    check(&|disk| disk.world().room = Some(50), "Make room on the disk");
    check(&|disk| disk.world().is_read_only = true, "Make the file writable");
    check(&|disk| disk.set_folder_gone(true), "The whole folder is gone");
    check(&|disk| disk.world().faults = Faults { sync: 1, ..Faults::default() }, "");
    check(&|disk| disk.world().faults = Faults { write: 1, ..Faults::default() }, "");
}

#[test]
fn a_file_that_is_gone_or_another_is_told_and_left_alone() {
    let check = |foreign: Option<&[u8]>, words: &str| {
        let disk = FaultyDisk::new(7);
        let (path, aside) = (PathBuf::from(LOG), PathBuf::from("/aside"));
        let (mut log, _) = open_on(&disk);
        log.commit(vec![note(1, "before")]).unwrap();
        log.flush().unwrap();
        disk.shift(&path, &aside);
        if let Some(foreign) = foreign {
            disk.put(&path, foreign);
        }
        log.commit(vec![note(1, "kept")]).unwrap();
        let error = log.flush().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(disk.seen(&path).as_deref(), foreign);
        disk.shift(&aside, &path);
        saves_by_itself(&log);
        assert_eq!(log.saved_seq(), 2);
    };
    check(None, "Put the file back where it was");
    check(Some(b""), "another program has changed the file. Keep a copy");
    check(Some(&[b'x'; 4000]), "another program has changed the file. Keep a copy");
    // Of the same length, but with other words: by its last bytes it is told from ours.
    let length = {
        let disk = FaultyDisk::new(7);
        let (mut log, _) = open_on(&disk);
        log.commit(vec![note(1, "before")]).unwrap();
        log.flush().unwrap();
        disk.seen(Path::new(LOG)).unwrap().len()
    };
    check(Some(&vec![b'x'; length]), "another program has changed the file. Keep a copy");
}

#[test]
fn a_disk_that_cannot_be_written_at_all_opens_to_look_at() {
    let disk = FaultyDisk::new(7);
    let (mut log, _) = open_on(&disk);
    log.commit(vec![note(1, "a")]).unwrap();
    drop(log);
    disk.world().is_read_only = true;
    let (log, report) = open_on(&disk);
    let Access::ReadOnly { reason } = log.access() else { panic!("not read-only") };
    assert!(reason.contains("cannot be written") && reason.ends_with(LOG), "{reason}");
    assert_eq!((report.records, log.annotations().note(&Target::Trace(trace(1)))), (1, "a"));
}

#[test]
fn without_locks_another_writer_is_noticed_and_loses_nothing() {
    let disk = FaultyDisk::new(7);
    disk.world().has_locks = false;
    let (mut here, report) = open_on(&disk);
    assert_eq!(here.access(), &Access::Writable);
    assert_eq!(report.warnings.len(), 1, "{report:?}");
    assert!(report.warnings[0].message.contains("cannot be locked here"), "{report:?}");
    let (mut there, _) = open_on(&disk);
    there.commit(vec![note(1, "there")]).unwrap();
    there.flush().unwrap();
    let theirs = disk.seen(Path::new(LOG)).unwrap();
    here.commit(vec![note(2, "here")]).unwrap();
    let error = here.flush().unwrap_err().to_string();
    assert!(error.contains("another program has changed the file"), "{error}");
    assert_eq!(disk.seen(Path::new(LOG)).unwrap(), theirs);
    drop(here);
    let rescued = disk.seen(Path::new("/logs/ann.rescued-1")).unwrap();
    assert!(String::from_utf8(rescued).unwrap().contains("here"));
    there.commit(vec![note(1, "there again")]).unwrap();
    there.flush().unwrap();
    drop(there);
    let (log, report) = open_on(&disk);
    assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "there again");
    assert_eq!(report.rescued, [PathBuf::from("/logs/ann.rescued-1")]);
}

/// A clock that can be set.
#[derive(Default)]
struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(*self.0.lock().unwrap())
    }
}

#[test]
fn a_clock_that_was_set_back_is_told_and_changes_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::default());
    let set = |millis| *clock.0.lock().unwrap() = millis;
    let open = || AnnotationLog::open(folder.path(), &ann(), Arc::clone(&clock) as Arc<dyn Clock>, quiet()).unwrap();
    set(10_000_000);
    let (mut log, _) = open();
    log.commit(vec![note(1, "first")]).unwrap();
    assert_eq!(log.clock_warning(), None);
    set(10_000_000 - 900);
    assert_eq!(log.clock_warning(), None, "clocks tremble");
    set(1_000_000);
    let warning = log.clock_warning().unwrap();
    assert!(warning.contains("was set back") && warning.contains("02:46:40"), "{warning}");
    drop(log);

    let (mut log, report) = open();
    assert_eq!(report.warnings, []);
    assert_eq!(log.clock_warning().unwrap(), warning, "also after a restart");
    log.commit(vec![note(1, "second")]).unwrap();
    assert_eq!(log.clock_warning(), None, "told until something is said by the new time");
    let told: Vec<_> = log.history().1.map(|gesture| (gesture.id, gesture.at.0)).collect();
    assert_eq!(told, [(2, 1_000_000), (1, 10_000_000)], "by number, each with the time its clock told");
    assert_eq!(log.undo().unwrap().unwrap().gesture, 2);
    assert_eq!(log.annotations().note(&Target::Trace(trace(1))), "first");
}
