//! A process that labels as fast as it can is killed at random moments: what it was told is saved is there, every time.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test, also where it has helper functions")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stepscope_core::annotation::{Access, AnnotationLog, Change, StepRef, read};
use stepscope_core::model::{AnnotatorId, FixedClock, StepHash, StepRating, TraceId};

const KILLS: u32 = 200;
const FOLDER: &str = "STEPSCOPE_KILL_TEST_FOLDER";
const SIGKILL: i32 = 9;

/// More unsaved labels than this are not let pile up: it keeps the log, and with it the test, short.
const BACKLOG: u64 = 3;

fn annotator() -> AnnotatorId {
    AnnotatorId::new("ann")
}

/// What record number `seq` says, so that both sides know it without talking.
fn step_of(seq: u64) -> (StepRef, StepRating) {
    let step = StepRef { trace: TraceId::new(format!("t{}", seq / 50)), step: StepHash::new(format!("s{seq}")) };
    let rating = StepRating::ALL[usize::try_from(seq).unwrap() % StepRating::ALL.len()];
    (step, rating)
}

#[test]
#[ignore = "the other half of the kill test, which starts it"]
fn child_labels_as_fast_as_it_can() {
    #[expect(clippy::disallowed_methods, reason = "how the parent tells the folder to its child")]
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let clock = Arc::new(FixedClock::default());
    let (mut log, report) = AnnotationLog::open(&PathBuf::from(folder), &annotator(), clock, Arc::new(|| {})).unwrap();
    assert_eq!(log.access(), &Access::Writable);
    assert_eq!(report.warnings, []);
    println!("\nloaded {}", report.records);
    let mut told = report.records;
    for seq in report.records + 1.. {
        let (step, rating) = step_of(seq);
        let gesture = log.commit(vec![Change::RateStep { step, rating: Some(rating) }]).unwrap();
        assert_eq!(gesture, Some(seq));
        if seq - log.saved_seq() > BACKLOG {
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
    for kill in 1..=KILLS {
        let told = run_and_kill(folder.path(), &mut random);
        idle += u32::from(told.is_none());
        saved = told.unwrap_or(saved).max(saved);

        let (said, report) = read(folder.path(), &annotator()).unwrap();
        assert_eq!(report.warnings, [], "after kill {kill}");
        assert!(report.records >= saved, "after kill {kill}: {saved} saved, {} there", report.records);
        for seq in 1..=saved {
            let (step, rating) = step_of(seq);
            let there = said.step(&step.trace, &step.step).and_then(|said| said.rating);
            assert_eq!(there, Some(rating), "after kill {kill}: record {seq}");
        }
        if kill % 3 == 0 && report.records > saved {
            torn += usize::from(tear(folder.path(), &mut random));
        }
    }
    let set_aside = std::fs::read_dir(folder.path()).unwrap().count() - 2;
    // The last one may still wait for a child to find it.
    assert!(set_aside + 1 >= torn, "{torn} torn, {set_aside} set aside");
    println!("{KILLS} kills, {idle} before a first save, {saved} labels saved, {torn} torn lines");
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
