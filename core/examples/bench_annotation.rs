//! Measures the annotation log: saying, saving, opening. One line per measurement: its name and a number.
//!
//! `bench_annotation FOLDER [EVENTS]`; the folder should lie on the disk in question. Without EVENTS, a million.
//!
//! The events are those of annotators who go trace by trace: ten to a trace, of every kind and every sort of label, with
//! their circumstances; some undone and redone.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use stepscope_core::annotation::{AnnotationLog, Change, Context, LoadReport, SaveState, Seen, StepRef, Target};
use stepscope_core::model::{
    AnnotatorId, ContentHasher, FirstError, FixedClock, LABEL_KINDS, StepHash, StepRating, Timestamp, TraceId,
    TraceStatus, is_of_trace, sample_label,
};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: u64 = 1_000_000;
const SAVES: usize = 1_000;
const COMMITS: usize = 20_000;
const STARTS: usize = 5;
const PER_TRACE: u64 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("name a folder")?);
    let events = args.next().map_or(Ok(EVENTS), |text| text.parse())?;
    if args.next().as_deref() == Some("once") {
        return once(&folder);
    }
    fs::create_dir_all(&folder)?;
    let folder = tempfile::tempdir_in(&folder)?;
    save(&folder.path().join("save"))?;
    start(&folder.path().join("start"), events)
}

#[expect(clippy::print_stdout, reason = "a program that reports what it measured")]
fn tell(name: &str, value: f64) {
    println!("{name} {value:.3}");
}

fn tell_times(name: &str, times: &mut [Duration]) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    tell(&format!("{name}_p50_ms"), at(50));
    tell(&format!("{name}_p99_ms"), at(99));
    tell(&format!("{name}_worst_ms"), at(100));
}

fn open(folder: &Path) -> Result<(AnnotationLog, LoadReport, mpsc::Receiver<()>), Box<dyn Error>> {
    let (sender, woken) = mpsc::channel();
    let wake = Arc::new(move || sender.send(()).unwrap_or_default());
    let clock = Arc::new(FixedClock(Timestamp(1_795_000_000_123)));
    let (mut log, report) = AnnotationLog::open(folder, &AnnotatorId::new("ann"), clock, wake)?;
    let saw = vec![Seen::Imported];
    log.set_context(Context { schema: 3, guideline: "2026-11".into(), saw, spent_ms: 4_200, ..Context::default() });
    Ok((log, report, woken))
}

/// From a key to the event on the disk, beside the same bytes appended and synced by hand in turn.
fn save(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (mut log, _, woken) = open(folder)?;
    let mut bare = OpenOptions::new().create(true).append(true).open(folder.join("bare"))?;
    let (mut saved, mut appended) = (Vec::new(), Vec::new());
    let mut length = 0;
    for number in 0..SAVES as u64 {
        let started = Instant::now();
        log.commit(vec![change(number)])?;
        // As the window does: it looks when it is woken.
        while log.save_state() != SaveState::Saved {
            woken.recv()?;
        }
        saved.push(started.elapsed());

        let now = fs::metadata(folder.join("ann.jsonl"))?.len();
        let line = vec![b'x'; usize::try_from(now - length)?];
        length = now;
        let started = Instant::now();
        bare.write_all(&line)?;
        bare.sync_data()?;
        appended.push(started.elapsed());
    }
    tell_times("key_to_synced", &mut saved);
    tell_times("bare_append_and_sync", &mut appended);
    Ok(())
}

/// Saying in memory, with a log of that length, and opening it: from all its lines, and from a snapshot.
fn start(folder: &Path, events: u64) -> Result<(), Box<dyn Error>> {
    let (mut log, ..) = open(folder)?;
    let started = Instant::now();
    let mut number = 0;
    while log.last_seq() < events {
        log.set_context(Context { schema: 3, guideline: "2026-11".into(), spent_ms: 4_200, ..Context::default() });
        match number % 97 {
            13 => drop(log.undo()?),
            14 => drop(log.redo()?),
            _ => drop(log.commit(vec![change(number)])?),
        }
        number += 1;
    }
    tell("say_all_ms", millis(started));
    let mut times = Vec::new();
    for _ in 0..COMMITS {
        let started = Instant::now();
        log.commit(vec![change(number)])?;
        times.push(started.elapsed());
        number += 1;
    }
    tell_times("commit_in_memory", &mut times);
    log.flush()?;
    let started = Instant::now();
    drop(log);
    tell("close_with_snapshot_ms", millis(started));
    tell("events", number as f64);
    tell("log_mb", fs::metadata(folder.join("ann.jsonl"))?.len() as f64 / 1e6);
    let snapshot = folder.join("ann.snapshot");
    tell("snapshot_mb", fs::metadata(&snapshot)?.len() as f64 / 1e6);
    // Each in a process of its own, as every start is.
    starts("open_from_snapshot", folder)?;
    fs::remove_file(snapshot)?;
    starts("open_from_log", folder)
}

fn starts(name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (mut times, mut peak) = (Vec::new(), 0.0_f64);
    for _ in 0..STARTS {
        // All of it is in the memory of the system, as after working with it.
        std::io::copy(&mut File::open(folder.join("ann.jsonl"))?, &mut std::io::sink())?;
        let program = std::env::current_exe()?;
        let output = std::process::Command::new(program).arg(folder).args(["0", "once"]).output()?;
        let text = String::from_utf8(output.stdout)?;
        let value = |name: &str| -> Result<f64, Box<dyn Error>> {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            Ok(line.ok_or("no answer")?.trim().parse()?)
        };
        times.push(value("read_ms")?);
        peak = peak.max(value("peak_mb")?);
    }
    times.sort_by(f64::total_cmp);
    tell(&format!("{name}_ms"), times[STARTS / 2]);
    tell(&format!("{name}_worst_ms"), times[STARTS - 1]);
    tell(&format!("{name}_peak_mb"), peak);
    Ok(())
}

/// Opens a log once, without the right to write.
fn once(folder: &Path) -> Result<(), Box<dyn Error>> {
    // The threads are there in a program that runs.
    rayon::join(|| (), || ());
    let started = Instant::now();
    let (said, report) = stepscope_core::annotation::read(folder, &AnnotatorId::new("ann"))?;
    tell("read_ms", millis(started));
    if !report.warnings.is_empty() || said.traces().next().is_none() {
        return Err(format!("not as it was written: {report:?}").into());
    }
    tell("peak_mb", memory("VmHWM"));
    drop(black_box(said));
    Ok(())
}

/// What event number `number` says: all kinds in turn, ten to a trace.
fn change(number: u64) -> Change {
    let of = number / PER_TRACE;
    let trace = TraceId::new(ContentHasher::new("trace").part(of.to_le_bytes()).hex(16));
    let hash = StepHash::new(ContentHasher::new("step").part(number.to_le_bytes()).hex(32));
    let step = StepRef { trace: trace.clone(), step: hash.clone() };
    let small = u32::try_from(number % (1 << 20)).unwrap_or_default();
    match number % PER_TRACE {
        0..4 => Change::RateStep { step, rating: Some(StepRating::ALL[small as usize % 4]) },
        4 => Change::MarkFirstError { trace, mark: Some(FirstError::At(hash)) },
        5 => Change::WriteNote { target: Target::Step(step), text: format!("The sign is lost here, see line {small}") },
        6 => Change::SetStatus { trace, status: TraceStatus::Done },
        _ => {
            let kind = LABEL_KINDS[(small as usize / 3) % LABEL_KINDS.len()];
            let target = if is_of_trace(kind) { Target::Trace(trace) } else { Target::Step(step) };
            Change::Give { target, label: sample_label(kind, small) }
        }
    }
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Megabytes, by a name that Linux has for them; 0 elsewhere.
fn memory(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).map_or(0.0, |kilobytes: f64| kilobytes / 1024.0)
}
