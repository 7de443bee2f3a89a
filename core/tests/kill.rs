//! A process that labels as fast as it can is killed at random moments: what it was told is saved is there, every time.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test, also where it has helper functions")]

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stepscope_core::annotation::{Access, AnnotationLog, Annotations, Change, LoadReport, StepRef, Target, read};
use stepscope_core::model::{
    AnnotatorId, FirstError, FixedClock, LABEL_KINDS, StepHash, StepRating, TraceId, TraceStatus, is_of_trace,
    sample_label,
};

const KILLS: u32 = 200;
const FOLDER: &str = "STEPSCOPE_KILL_TEST_FOLDER";
const SIGKILL: i32 = 9;

/// More unsaved labels than this are not let pile up: it keeps the log, and with it the test, short.
const BACKLOG: u64 = 3;

fn annotator() -> AnnotatorId {
    AnnotatorId::new("ann")
}

/// Records of the gestures of one round: every kind of event, alone and several at once, with undo and redo among them.
const ROUND: [u64; 12] = [1, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 2];

/// What gesture number `number` does, from 0. Both sides know it without talking; the sorts of labels take turns.
fn deed(log: &mut AnnotationLog, number: u64) {
    let (round, small) = (number / 12, u32::try_from(number).unwrap());
    let trace = TraceId::new(format!("t{round}"));
    let step = |number: u64| StepRef { trace: trace.clone(), step: StepHash::new(format!("s{number}")) };
    let kind = LABEL_KINDS[usize::try_from(round).unwrap() % LABEL_KINDS.len()];
    let target = |number| if is_of_trace(kind) { Target::Trace(trace.clone()) } else { Target::Step(step(number)) };
    let give = Change::Give { target: target(number), label: sample_label(kind, small) };
    let rate = Change::RateStep { step: step(number), rating: Some(StepRating::ALL[small as usize % 4]) };
    let note = Change::WriteNote { target: Target::Step(step(number)), text: format!("note {number}") };
    let changes = match number % 12 {
        0 => vec![rate],
        1 => vec![Change::MarkFirstError { trace: trace.clone(), mark: Some(FirstError::At(step(number).step)) }],
        2 => vec![Change::SetStatus {
            trace: trace.clone(),
            status: TraceStatus::ALL[1 + usize::try_from(round).unwrap() % 4],
        }],
        3 => vec![note],
        4 | 5 => vec![give],
        6 => vec![Change::Take { target: target(number - 1), key: sample_label(kind, small - 1).key() }],
        7 => vec![give, rate, note],
        8 | 10 => return drop(log.undo().unwrap().unwrap()),
        9 => return drop(log.redo().unwrap().unwrap()),
        _ => vec![note, rate],
    };
    log.commit(changes).unwrap().unwrap();
}

/// How many gestures were made when that record is the last one. No gesture ends in the middle of itself.
fn gestures(seq: u64) -> u64 {
    let per_round = ROUND.iter().sum::<u64>();
    let (mut left, mut number) = (seq % per_round, seq / per_round * 12);
    for records in ROUND {
        if left == 0 {
            break;
        }
        assert!(left >= records, "half a gesture");
        left -= records;
        number += 1;
    }
    number
}

/// The log of somebody who is never killed.
struct Expected {
    log: AnnotationLog,
    gestures: u64,
    /// What was said after the last gestures.
    recent: VecDeque<Annotations>,
    _folder: tempfile::TempDir,
}

impl Expected {
    /// More gestures than this are not taken back by a kill.
    const RECENT: usize = 100;

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { log: open(folder.path()).0, gestures: 0, recent: VecDeque::new(), _folder: folder }
    }

    /// What is said after so many gestures.
    fn after(&mut self, gestures: u64) -> &Annotations {
        while self.gestures < gestures {
            deed(&mut self.log, self.gestures);
            self.gestures += 1;
            if gestures - self.gestures < Self::RECENT as u64 {
                self.recent.push_front(self.log.annotations().clone());
                self.recent.truncate(Self::RECENT);
            }
        }
        &self.recent[usize::try_from(self.gestures - gestures).unwrap()]
    }
}

fn open(folder: &Path) -> (AnnotationLog, LoadReport) {
    AnnotationLog::open(folder, &annotator(), Arc::new(FixedClock::default()), Arc::new(|| {})).unwrap()
}

#[test]
#[ignore = "the other half of the kill test, which starts it"]
fn child_labels_as_fast_as_it_can() {
    #[expect(clippy::disallowed_methods, reason = "how the parent tells the folder to its child")]
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (mut log, report) = open(Path::new(&folder));
    assert_eq!(log.access(), &Access::Writable);
    assert_eq!(report.warnings, []);
    println!("\nloaded {}", report.records);
    let mut told = log.last_seq();
    for number in gestures(told).. {
        deed(&mut log, number);
        assert_eq!(gestures(log.last_seq()), number + 1);
        if log.last_seq() - log.saved_seq() > BACKLOG {
            log.flush().unwrap();
        }
        let saved = log.saved_seq();
        if saved > told {
            println!("saved {saved}");
            told = saved;
        }
    }
}

#[test]
fn whatever_was_shown_as_saved_survives_200_kills() {
    let folder = tempfile::tempdir().unwrap();
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = Random(seed);
    let (mut saved, mut idle, mut torn) = (0, 0, 0);
    let mut expected = Expected::new();
    for kill in 1..=KILLS {
        let told = run_and_kill(folder.path(), &mut random);
        idle += u32::from(told.is_none());
        saved = told.unwrap_or(saved).max(saved);

        let (said, report) = read(folder.path(), &annotator()).unwrap();
        assert_eq!(report.warnings, [], "after kill {kill}");
        assert!(report.records >= saved, "after kill {kill}: {saved} saved, {} there", report.records);
        if report.records > 0 {
            let is_all = said == *expected.after(gestures(report.records));
            assert!(is_all, "after kill {kill}: {} records do not say what they said", report.records);
        }
        if kill % 3 == 0 && report.records > saved {
            torn += usize::from(tear(folder.path(), &mut random));
        }
    }
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let set_aside = names.filter(|name| name.to_string_lossy().contains(".torn-")).count();
    // The last one may still wait for a child to find it.
    assert!(set_aside + 1 >= torn, "{torn} torn, {set_aside} set aside");
    let rounds = gestures(saved) / 12;
    assert!(rounds >= LABEL_KINDS.len() as u64, "{rounds} rounds: not every sort of label was saved");
    println!("{KILLS} kills, {idle} before a first save, {saved} records saved, {torn} torn lines");
    assert!(idle < KILLS / 2, "most kills must hit a process that labels");
}

/// Starts a child, kills it at a random moment and gives the last number it was told is saved.
fn run_and_kill(folder: &Path, random: &mut Random) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_labels_as_fast_as_it_can", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    // One in four is killed while it starts and loads. The others after some saves, which take as long as the disk
    // likes, and then at any moment of the next ones.
    let is_early = random.below(4) == 0;
    let (sign, times) = if random.below(8) == 0 { ("loaded ", 1) } else { ("saved ", 1 + random.below(6)) };
    let mut seen = 0;
    while !is_early && seen < times {
        let start = text.len();
        assert_ne!(output.read_line(&mut text).unwrap(), 0, "the child ended: {}", complaint(&mut child));
        seen += u64::from(text[start..].starts_with(sign));
    }
    let rest = thread::Builder::new().name("reader".into()).spawn(move || {
        output.read_to_string(&mut text).unwrap();
        text
    });
    thread::sleep(Duration::from_micros(random.below(if is_early { 60_000 } else { 2_000 })));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(SIGKILL), "the child ended by itself: {}", complaint(&mut child));
    let text = rest.unwrap().join().unwrap();
    // A line without its end was not told.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().rev().find_map(|line| line.strip_prefix("saved ")).map(|number| number.parse().unwrap())
}

/// Cuts a last record that nobody was told is saved, as a power cut may: a kill alone lets a small write finish.
/// False where an earlier cut still waits to be found.
fn tear(folder: &Path, random: &mut Random) -> bool {
    let path = folder.join("ann.jsonl");
    let log = std::fs::read(&path).unwrap();
    let Some(lines) = log.strip_suffix(b"\n") else { return false };
    let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let cut = start as u64 + 1 + random.below((lines.len() - start) as u64);
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(cut).unwrap();
    true
}

fn complaint(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

/// A small generator: random moments that a printed seed repeats as far as the machine's timing does.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
