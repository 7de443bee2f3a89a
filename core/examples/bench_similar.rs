//! Measures the search for similar steps and for duplicates in a project of `bench_store make` or any other:
//! `bench_similar PROJECT`. One line per measurement: its name and a number.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use stepscope_core::job::JobContext;
use stepscope_core::query::{Asked, SimilarIndex, StepAt, duplicates, nearest};
use stepscope_core::store::{ProjectDir, Store};

/// Columns are made by some threads and freed by others, at which the usual allocator of Linux is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUERIES: u32 = 200;
const NEIGHBOURS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = ProjectDir::new(std::env::args().nth(1).ok_or("name a project folder")?);
    let (store, ctx) = (Store::open(&dir)?, JobContext::foreground(None));
    tell("traces", store.len() as f64);
    tell("steps", store.step_total() as f64);
    let before = memory("VmRSS");
    let started = Instant::now();
    let index = SimilarIndex::build(&store, &ctx)?;
    tell("build_ms", millis(started));
    tell("texts", index.texts() as f64);
    tell("index_mb", index.bytes() as f64 / f64::from(1 << 20));
    tell("bytes_per_step", index.bytes() as f64 / store.step_total().max(1) as f64);
    // The texts that were read are mapped, and count here as well.
    tell("build_peak_mb", memory("VmHWM") - before);
    let rows = u32::try_from(store.len())?;
    let (mut times, mut found) = (Vec::new(), 0);
    for number in 0..QUERIES {
        // Spread over the project, and over the steps of the traces.
        let row = u32::try_from(u64::from(rows) * u64::from(number) / u64::from(QUERIES))?;
        let steps = u32::try_from(store.step_hashes(row).len())?;
        if steps == 0 {
            continue;
        }
        let asked = Asked::Step(StepAt { row, step: number % steps });
        let started = Instant::now();
        found += black_box(nearest(&index, &store, &asked, NEIGHBOURS, &ctx)?).hits.len();
        times.push(millis(started));
    }
    times.sort_by(f64::total_cmp);
    let share = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied();
    tell("queries", times.len() as f64);
    tell("found", found as f64);
    for (name, part) in [("p50_ms", 50), ("p99_ms", 99), ("worst_ms", 100)] {
        tell(name, share(part).unwrap_or_default());
    }
    drop(index);
    let started = Instant::now();
    let found = duplicates(&store, 0.9, &ctx)?;
    tell("duplicates_ms", millis(started));
    tell("duplicates_found", found.clusters.len() as f64);
    tell("peak_mb", memory("VmHWM"));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a program that reports what it measured")]
fn tell(name: &str, value: f64) {
    println!("{name} {value:.2}");
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// What the system says of this process, in MiB; 0 where it says nothing.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().ok());
    number.unwrap_or_default() / 1024.0
}
