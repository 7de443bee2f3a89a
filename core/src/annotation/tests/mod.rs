//! The promises of the log as a whole: nothing lost, nothing rewritten, live equals replayed.

pub(crate) mod any;
mod damage;
mod faults;
mod faulty_disk;
#[cfg(unix)]
mod full_disk;
mod history;
mod reshape;
mod save;
mod sharing;
mod states;
mod uniting;
mod versions;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::disk::{Disk, RealDisk};
use super::load::{load, load_all};
use super::log::Setting;
use super::name::LogPaths;
use super::*;
use crate::job::Wake;
use crate::model::{AnnotatorId, FirstError, FixedClock, StepHash, StepRating, Timestamp, TraceId, TraceStatus};

fn ann() -> AnnotatorId {
    AnnotatorId::new("ann")
}

fn quiet() -> Wake {
    Arc::new(|| {})
}

fn open(folder: &Path) -> (AnnotationLog, LoadReport) {
    let clock = Arc::new(FixedClock(Timestamp(1_795_000_000_123)));
    AnnotationLog::open(folder, &ann(), clock, quiet()).unwrap()
}

/// Leaves a snapshot when it is closed after so many records.
fn open_after(folder: &Path, snapshot_after: u64) -> AnnotationLog {
    let clock = Arc::new(FixedClock(Timestamp(1_795_000_000_123)));
    let setting = Setting { snapshot_after, ..Setting::default() };
    AnnotationLog::open_with(setting, folder, &ann(), clock, quiet()).unwrap().0
}

fn trace(number: usize) -> TraceId {
    TraceId::new(format!("trace-{number}"))
}

fn hash(number: usize) -> StepHash {
    StepHash::new(format!("step-{number}"))
}

fn step(of_trace: usize, number: usize) -> StepRef {
    StepRef { trace: trace(of_trace), step: hash(number) }
}

fn rate(of_trace: usize, number: usize, rating: StepRating) -> Change {
    Change::RateStep { step: step(of_trace, number), rating: Some(rating) }
}

fn note(of_trace: usize, text: &str) -> Change {
    Change::WriteNote { target: Target::Trace(trace(of_trace)), text: text.into() }
}

fn mark(of_trace: usize, number: usize) -> Change {
    Change::MarkFirstError { trace: trace(of_trace), mark: Some(FirstError::At(hash(number))) }
}

fn done(of_trace: usize) -> Change {
    Change::SetStatus { trace: trace(of_trace), status: TraceStatus::Done }
}

fn bytes(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("ann.jsonl")).unwrap()
}
