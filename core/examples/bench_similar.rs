//! Measures the search for similar steps and for duplicates in a project of `bench_store make` or any other:
//! `bench_similar PROJECT [ENCODER]`. One line per measurement: its name and a number.
//!
//! The search by meaning is measured with made-up vectors of 384 numbers; a folder with a sentence encoder shows how
//! fast it encodes steps of that project.

use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::hint::black_box;
use std::time::Instant;

use stepscope_core::job::JobContext;
use stepscope_core::query::{Asked, MeaningIndex, SimilarIndex, StepAt, duplicates, nearest};
use stepscope_core::scoring::{DeviceKind, EncoderInfo, ModelFactory, ScoreCache, ScoringError, TextEncoder, Watch};
use stepscope_core::store::{ProjectDir, Store};

/// Columns are made by some threads and freed by others, at which the usual allocator of Linux is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUERIES: u32 = 200;
const NEIGHBOURS: usize = 10;
/// Steps that an encoder is measured with.
const ENCODED: usize = 2000;

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
    ask(&store, "", |asked| Ok(nearest(&index, &store, asked, NEIGHBOURS, &ctx)?.hits.len()))?;
    drop(index);
    let folder = tempfile::tempdir_in(dir.path())?;
    for name in ["meaning_build_ms", "meaning_open_ms"] {
        let started = Instant::now();
        let meaning = MeaningIndex::build(&store, folder.path(), &mut MadeUp::default(), &ctx)?;
        tell(name, millis(started));
        if meaning.encoded() == 0 {
            tell("meaning_mb", meaning.bytes() as f64 / f64::from(1 << 20));
            ask(&store, "meaning_", |asked| Ok(meaning.nearest(&store, asked, None, NEIGHBOURS, &ctx)?.hits.len()))?;
        }
    }
    if let Some(encoder) = std::env::args().nth(2) {
        encode(&store, &encoder)?;
    }
    let started = Instant::now();
    let found = duplicates(&store, 0.9, &ctx)?;
    tell("duplicates_ms", millis(started));
    tell("duplicates_found", found.clusters.len() as f64);
    tell("peak_mb", memory("VmHWM"));
    Ok(())
}

/// Asks for neighbours of steps all over the project, and tells how long that took.
fn ask(
    store: &Store,
    prefix: &str,
    mut look: impl FnMut(&Asked) -> Result<usize, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
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
        found += black_box(look(&asked)?);
        times.push(millis(started));
    }
    times.sort_by(f64::total_cmp);
    let share = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied();
    tell(&format!("{prefix}queries"), times.len() as f64);
    tell(&format!("{prefix}found"), found as f64);
    for (name, part) in [("p50_ms", 50), ("p99_ms", 99), ("worst_ms", 100)] {
        tell(&format!("{prefix}{name}"), share(part).unwrap_or_default());
    }
    Ok(())
}

/// Encodes steps of traces all over the project.
fn encode(store: &Store, folder: &str) -> Result<(), Box<dyn Error>> {
    let factory = ModelFactory::new(DeviceKind::Auto, ScoreCache::in_memory())?;
    let mut encoder = factory.open_encoder(folder, &mut |_| Ok(()))?;
    let rows = store.len();
    let mut texts = Vec::new();
    for number in 0..ENCODED {
        let trace = store.trace(u32::try_from(rows * number / ENCODED)?)?;
        texts.extend(trace.steps.into_iter().nth(number % 4).map(|step| step.text).filter(|text| !text.is_empty()));
    }
    let started = Instant::now();
    black_box(encoder.encode(&texts, &mut |_| Ok(()))?);
    tell("encoded", texts.len() as f64);
    tell("encoded_letters_each", texts.iter().map(String::len).sum::<usize>() as f64 / texts.len().max(1) as f64);
    tell("encoded_per_s", texts.len() as f64 / started.elapsed().as_secs_f64());
    Ok(())
}

/// Gives each text a vector that looks random, always the same.
struct MadeUp(EncoderInfo);

impl Default for MadeUp {
    fn default() -> Self {
        Self(EncoderInfo { name: "made-up".into(), fingerprint: "made-up".into(), dims: 384, ..EncoderInfo::default() })
    }
}

impl TextEncoder for MadeUp {
    fn info(&self) -> &EncoderInfo {
        &self.0
    }

    fn encode(&mut self, texts: &[String], _watch: Watch<'_>) -> Result<Vec<Vec<f32>>, ScoringError> {
        let vector = |text: &String| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            let mut state = hasher.finish() | 1;
            let mut number = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
            };
            let vector: Vec<f32> = (0..self.0.dims).map(|_| number()).collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / length).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
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
