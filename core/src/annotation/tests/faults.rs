//! Ten thousand runs on a disk that fails in every way it can: nothing acknowledged is lost, nothing counts by halves.

use std::path::{Path, PathBuf};

use super::super::event::GestureId;
use super::super::line::read_record;
use super::super::writer::Drive;
use super::faulty_disk::{Faults, FaultyDisk, Random};
use super::*;
use crate::model::{LABEL_KINDS, is_of_trace, sample_label};

const RUNS: u64 = 2_500;
const SESSIONS: u64 = 3;
const DEEDS: u64 = 10;

#[test]
fn nothing_acknowledged_is_lost_in_runs_of_the_first_kind() {
    runs(0);
}

#[test]
fn nothing_acknowledged_is_lost_in_runs_of_the_second_kind() {
    runs(1);
}

#[test]
fn nothing_acknowledged_is_lost_in_runs_of_the_third_kind() {
    runs(2);
}

#[test]
fn nothing_acknowledged_is_lost_in_runs_of_the_fourth_kind() {
    runs(3);
}

/// A quarter of the seeds, so that several cores share the work.
fn runs(quarter: u64) {
    let mut sum = Tally::default();
    for seed in quarter * RUNS..(quarter + 1) * RUNS {
        let mut run = Run::new(seed);
        for _ in 0..SESSIONS {
            run.session();
        }
        run.close();
        sum.add(&run.tally);
    }
    println!("{RUNS} runs: {sum:?}");
    // What did not happen was not tested.
    let Tally { acknowledged, failures, cuts, kills, torn, damaged, halves, snapshots, rescued, .. } = sum;
    assert!(acknowledged > 10 * RUNS, "{sum:?}");
    let often = [failures, cuts, kills, torn, damaged, snapshots, rescued];
    assert!(often.iter().all(|count| *count > 50) && halves > 5, "{sum:?}");
}

/// How often what happened.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: u64,
    failures: u64,
    cuts: u64,
    kills: u64,
    torn: u64,
    damaged: u64,
    halves: u64,
    snapshots: u64,
    rescued: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.failures += other.failures;
        self.cuts += other.cuts;
        self.kills += other.kills;
        self.torn += other.torn;
        self.damaged += other.damaged;
        self.halves += other.halves;
        self.snapshots += other.snapshots;
        self.rescued += other.rescued;
    }
}

/// What was acknowledged last: the bytes of the log, and what they say.
#[derive(Default)]
struct Acknowledged {
    log: Vec<u8>,
    seq: u64,
    said: Annotations,
    done: Vec<GestureId>,
}

struct Run {
    seed: u64,
    disk: FaultyDisk,
    random: Random,
    log: Option<AnnotationLog>,
    acknowledged: Acknowledged,
    tally: Tally,
}

fn folder() -> PathBuf {
    "/logs".into()
}

fn log_path() -> PathBuf {
    "/logs/ann.jsonl".into()
}

impl Run {
    fn new(seed: u64) -> Self {
        let disk = FaultyDisk::new(seed);
        let (random, acknowledged, tally) = (Random(seed ^ 0x9e37_79b9), Acknowledged::default(), Tally::default());
        Self { seed, disk, random, log: None, acknowledged, tally }
    }

    fn session(&mut self) {
        self.open();
        let may_fail = self.random.once_in(2);
        for _ in 0..DEEDS {
            if may_fail && self.random.once_in(3) {
                self.break_something();
            }
            self.do_something();
            if self.random.once_in(2) {
                self.flush();
            }
            if self.random.once_in(8) {
                self.tamper();
            }
        }
        if self.random.once_in(4) {
            return self.close();
        }
        // Most ends come in the middle of a write.
        if self.random.below(4) > 0 {
            self.die_soon(7);
            for _ in 0..=self.random.below(3) {
                self.do_something();
            }
            self.flush();
        }
        self.end();
    }

    fn die_soon(&mut self, steps: u64) {
        let steps = self.random.below(steps);
        self.disk.world().dies_in = Some(steps);
    }

    /// The process ends without a word, and often the power goes with it.
    fn end(&mut self) {
        self.disk.kill(self.log.take());
        self.tally.kills += 1;
        if self.random.below(3) > 0 {
            self.disk.cut_power();
            self.tally.cuts += 1;
        }
    }

    /// Opens, on a disk that may still fail, and then sees that everything is there.
    fn open(&mut self) {
        let is_sound = self.random.once_in(2);
        if is_sound {
            self.disk.heal();
        }
        for _ in 0..20 {
            if self.random.once_in(4) {
                self.die_soon(20);
            }
            let setting = Setting {
                disk: Arc::new(self.disk.clone()),
                drive: Drive::ByHand,
                snapshot_after: 1 + self.random.below(12),
            };
            let clock = Arc::new(FixedClock(Timestamp(1_795_000_000_123)));
            match AnnotationLog::open_with(setting, &folder(), &ann(), clock, quiet()) {
                Ok((log, report)) if *log.access() == Access::Writable && !self.disk.world().is_dead => {
                    self.disk.world().dies_in = None;
                    self.check(&log, &report);
                    self.log = Some(log);
                    return self.acknowledge();
                }
                Ok((log, _)) => drop(log),
                Err(_) => {}
            }
            let is_dead = self.disk.world().is_dead;
            assert!(is_dead || !is_sound, "seed {}: a sound disk must open", self.seed);
            if is_dead {
                self.end();
            }
            if self.random.once_in(3) {
                self.disk.heal();
            }
        }
        self.disk.heal();
        self.open();
    }

    fn check(&mut self, log: &AnnotationLog, report: &LoadReport) {
        let seed = self.seed;
        let bytes = self.disk.seen(&log_path()).unwrap();
        let Acknowledged { log: kept, seq, said, done } = &self.acknowledged;
        assert!(bytes.starts_with(kept), "seed {seed}: acknowledged bytes are gone");
        assert!(log.last_seq() >= *seq, "seed {seed}: {} of {seq} records", log.last_seq());
        let naive = Naive::read(&bytes);
        assert_eq!(log.annotations(), &naive.said, "seed {seed}: not what is in the log");
        let ids: Vec<_> = log.fold().done.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, naive.done.iter().map(|(id, _)| *id).collect::<Vec<_>>(), "seed {seed}");
        if bytes.len() == kept.len() {
            assert_eq!((log.annotations(), &ids), (said, done), "seed {seed}: not what was acknowledged");
        }
        self.tally.torn += u64::from(report.torn.is_some());
        self.tally.damaged += u64::from(report.warnings.iter().any(|found| found.message.contains("left out")));
        self.tally.halves += naive.halves;
        self.tally.snapshots += u64::from(self.disk.seen(Path::new("/logs/ann.snapshot")).is_some());
    }

    /// Notes what must be there from now on.
    fn acknowledge(&mut self) {
        let Some(log) = &self.log else { return };
        assert_eq!(log.saved_seq(), log.last_seq());
        let bytes = self.disk.seen(&log_path()).unwrap();
        let grown = log.saved_seq().saturating_sub(self.acknowledged.seq);
        self.tally.acknowledged += grown;
        self.acknowledged = Acknowledged {
            log: bytes,
            seq: log.saved_seq(),
            said: log.annotations().clone(),
            done: log.fold().done.iter().map(|entry| entry.id).collect(),
        };
    }

    fn flush(&mut self) {
        let Some(log) = &self.log else { return };
        match log.flush() {
            Ok(()) => self.acknowledge(),
            Err(error) => {
                assert!(matches!(log.save_state(), SaveState::Failed(_)), "{error}");
                assert_eq!(log.saved_seq(), self.acknowledged.seq);
                self.tally.failures += 1;
            }
        }
    }

    fn break_something(&mut self) {
        let random = &mut self.random;
        let mut world = self.disk.world();
        match random.below(7) {
            0 => world.faults = Faults { open: 6, ..Faults::default() },
            1 => world.faults = Faults { write: 3, short: 3, ..Faults::default() },
            2 => world.faults = Faults { sync: 3, ..Faults::default() },
            3 => world.faults = Faults { open: 9, write: 9, short: 2, sync: 9, read: 9, name: 9 },
            4 => world.room = Some(random.index(900)),
            5 => world.is_read_only = true,
            _ => {
                drop(world);
                self.disk.heal();
            }
        }
    }

    fn do_something(&mut self) {
        let change: Vec<Change> = (0..=self.random.below(3)).map(|_| random_change(&mut self.random)).collect();
        let what = self.random.below(5);
        let Some(log) = &mut self.log else { return };
        // What is to be undone may have to be read on a disk that fails.
        match what {
            0 => drop(log.undo()),
            1 => drop(log.redo()),
            _ => drop(log.commit(change).unwrap()),
        }
    }

    /// Another program does something to the log; nothing of its doing is touched, and saving goes on afterwards.
    fn tamper(&mut self) {
        let (path, aside) = (log_path(), PathBuf::from("/elsewhere"));
        let Some(log) = &mut self.log else { return };
        if log.flush().is_err() {
            return;
        }
        self.acknowledge();
        let Some(log) = &mut self.log else { return };
        let before = self.disk.seen(&path).unwrap();
        let foreign = match self.random.below(4) {
            0 => None,
            1 => Some([before.as_slice(), b"{\"v\":2,\"foreign\":1}\n"].concat()),
            2 => Some(before[..before.len() / 2].to_vec()),
            _ => Some(vec![b'x'; before.len()]),
        };
        self.disk.shift(&path, &aside);
        if let Some(foreign) = &foreign {
            self.disk.put(&path, foreign);
        }
        let changed = foreign.as_ref() != Some(&before);
        let said = log.commit(vec![note(1, &self.random.below(1 << 30).to_string())]).unwrap();
        let saved = log.flush().is_ok();
        assert!(!changed || !saved, "seed {}: saved into another file", self.seed);
        if changed {
            assert_eq!(self.disk.seen(&path), foreign, "seed {}: another program's file was touched", self.seed);
            self.disk.shift(&aside, &path);
        }
        assert!(said.is_some());
        self.disk.heal();
        log.flush().unwrap();
        self.acknowledge();
    }

    /// Ends in good order. What could not be saved lies beside the log, unless the disk refuses that as well.
    fn close(&mut self) {
        let Some(log) = self.log.take() else { return };
        let unsaved = log.flush().is_err();
        if !unsaved {
            self.log = Some(log);
            self.acknowledge();
            if self.random.once_in(3) {
                // In the middle of the snapshot.
                self.die_soon(4);
            }
            self.log = None;
            if self.disk.world().is_dead {
                self.end();
            }
            self.disk.world().dies_in = None;
            return;
        }
        let last = log.last_seq();
        self.disk.world().faults = Faults::default();
        (self.disk.world().is_read_only, self.disk.world().room) = (false, None);
        // Changed by another program, so that the last try of all fails too.
        let bytes = self.disk.seen(&log_path()).unwrap();
        self.disk.put(&log_path(), &[bytes.as_slice(), b"foreign\n"].concat());
        drop(log);
        let rescued = (1..).map(|number| PathBuf::from(format!("/logs/ann.rescued-{number}")));
        let rescued = rescued.map_while(|path| self.disk.seen(&path)).last().unwrap();
        let records: Vec<_> = rescued.split_inclusive(|byte| *byte == b'\n').filter_map(read_record).collect();
        assert_eq!(records.first().map(|record| record.seq), Some(self.acknowledged.seq + 1), "seed {}", self.seed);
        assert_eq!(records.last().map(|record| record.seq), Some(last), "seed {}", self.seed);
        self.disk.put(&log_path(), &bytes);
        self.tally.rescued += 1;
    }
}

fn random_change(random: &mut Random) -> Change {
    let (of, number) = (random.index(2), random.index(3));
    let target = if random.once_in(2) { Target::Trace(trace(of)) } else { Target::Step(step(of, number)) };
    match random.below(8) {
        0 => rate(of, number, StepRating::ALL[random.index(4)]),
        1 => Change::RateStep { step: step(of, number), rating: None },
        2 => mark(of, number),
        3 => Change::MarkFirstError {
            trace: trace(of),
            mark: random.once_in(2).then(|| FirstError::NoneUpTo(hash(number))),
        },
        4 => Change::SetStatus { trace: trace(of), status: TraceStatus::ALL[random.index(5)] },
        5 => Change::WriteNote { target, text: format!("{} {}", random.below(9), "≠".repeat(random.index(400))) },
        sort => {
            let label =
                sample_label(LABEL_KINDS[random.index(LABEL_KINDS.len())], u32::try_from(random.below(60)).unwrap());
            let target =
                if is_of_trace(label.kind()) { Target::Trace(trace(of)) } else { Target::Step(step(of, number)) };
            if sort == 6 { Change::Take { target, key: label.key() } } else { Change::Give { target, label } }
        }
    }
}

/// The simplest reader there is: the rules of the log in thirty lines.
#[derive(Default)]
struct Naive {
    said: Annotations,
    done: Vec<(GestureId, Vec<Record>)>,
    undone: Vec<(GestureId, Vec<Record>)>,
    halves: u64,
}

impl Naive {
    fn read(bytes: &[u8]) -> Self {
        let mut naive = Self::default();
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let records: Vec<Record> = lines.filter_map(read_record).collect();
        for gesture in records.chunk_by(|one, next| one.gesture == next.gesture) {
            if gesture.len() < gesture[0].of as usize {
                naive.halves += 1;
                continue;
            }
            naive.take(gesture);
        }
        naive
    }

    fn take(&mut self, gesture: &[Record]) {
        match gesture[0].event {
            Event::Undone { gesture } => {
                let Some((id, records)) = self.done.pop_if(|(id, _)| *id == gesture) else { return };
                for record in records.iter().rev() {
                    self.said.set(record.event.before().unwrap());
                }
                self.undone.push((id, records));
            }
            Event::Redone { gesture } => {
                let Some((id, records)) = self.undone.pop_if(|(id, _)| *id == gesture) else { return };
                for record in &records {
                    self.said.set(record.event.after().unwrap());
                }
                self.done.push((id, records));
            }
            _ => {
                for record in gesture {
                    self.said.set(record.event.after().unwrap());
                }
                self.undone.clear();
                self.done.push((gesture[0].gesture, gesture.to_vec()));
            }
        }
    }
}
