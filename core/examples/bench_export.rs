//! Measures exports: `tests/bench/export.py` calls it.
//!
//! `bench_export make PROJECT TRACES`, then `bench_export write PROJECT OUT`, which exports everything as rows for TRL and
//! then writes the same rows from memory with nothing but `serde_json`: the least that writing them costs. One line per
//! measurement: its name and a number.

mod imported;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use stepscope_core::export::{ExportOptions, write};
use stepscope_core::job::JobContext;
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{ImportedValue, Problem, Timestamp, TraceBuilder};
use stepscope_core::store::{ProjectDir, Store, StoreWriter};

use imported::Imported;

/// The allocator of the `stepscope` binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STEPS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", project, traces] => make(&ProjectDir::new(project), traces.parse()?),
        ["write", project, out] => measure(&ProjectDir::new(project), Path::new(out)),
        _ => Err("make PROJECT TRACES, or write PROJECT OUT".into()),
    }
}

#[expect(clippy::print_stdout, reason = "a program that reports what it measured")]
fn tell(name: &str, value: f64) {
    println!("{name} {value:.2}");
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Writes a project of that many traces with a first error each, the same ones each time.
fn make(dir: &ProjectDir, traces: usize) -> Result<(), Box<dyn Error>> {
    let mut writer = StoreWriter::create(dir)?;
    for number in 0..traces {
        let text = format!("Find the sum of both sides of triangle {} if one is {}.", number / 4, number % 13);
        let mut builder = TraceBuilder::new(Problem::from_text(text)).source_id(format!("synthetic-{number}"));
        for step in 0..STEPS {
            let words =
                "so we divide the \\frac{1}{2} by both sides and add \"12\" to ".repeat(1 + (number + step) % 4);
            builder = builder.thought(format!("Step {step} of {number}: {words}{step}."));
        }
        let error = u32::try_from(number % STEPS).unwrap_or_default();
        builder.label(Some(error), ImportedValue::FirstError, "human", "label", "raw");
        writer.push(&builder.build())?;
    }
    writer.finish(Vec::new())?;
    Ok(())
}

fn measure(dir: &ProjectDir, out: &Path) -> Result<(), Box<dyn Error>> {
    let project = Imported(Store::open(dir)?);
    let mut options = ExportOptions::new("trl_stepwise")?;
    options.labels = Some(LabelSource::Imported(None));
    let started = Instant::now();
    let report = write(&project, &options, out, &JobContext::foreground(None), Timestamp(0), "bench")?;
    tell("export_ms", millis(started));
    tell("rows", report.rows as f64);
    tell("megabytes", fs::metadata(out)?.len() as f64 / 1e6);
    tell("peak_mb", memory("VmHWM"));
    let rows: Vec<serde_json::Value> = BufReader::new(File::open(out)?)
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let copy = out.with_extension("copy");
    let started = Instant::now();
    let mut file = BufWriter::new(File::create(&copy)?);
    for row in &rows {
        serde_json::to_writer(&mut file, row)?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()?;
    tell("serde_json_ms", millis(started));
    fs::remove_file(copy)?;
    Ok(())
}

/// What the system says of this process, in MiB; 0 where it says nothing.
fn memory(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().ok());
    number.unwrap_or_default() / 1024.0
}
