//! Measures imports, openings, sorts, searches and fetches of a project: `tests/bench/run.py` calls it.
//!
//! `bench_store import PROJECT FILE…`, `bench_store make PROJECT TRACES [judged]`, where `judged` gives each trace a first
//! error and each step a score, `bench_store measure PROJECT`, `bench_store follow PROJECT FILE`, which imports the file, writes ten more rows to it, a hundred times, and reads them. One line per
//! measurement: its name and a number.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use stepscope_core::annotation::Annotations;
use stepscope_core::import::{Early, ImportOptions, import, import_showing, refresh};
use stepscope_core::job::JobContext;
use stepscope_core::model::{ImportedScore, ImportedValue, Problem, ScoreKind, Timestamp, TraceBuilder, Verdict};
use stepscope_core::query::{LabelState, Query, Queue, QueueOrder, Sort, SortKey, run};
use stepscope_core::store::{ProjectDir, Store, StoreWriter};

/// Rows are read by some threads and freed by another, at which the usual allocator of Linux is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FOLLOWED: u32 = 100;
const STEPS: usize = 10;
const ATTEMPTS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let dir = ProjectDir::new(args.next().ok_or("name a project folder")?);
    match what.as_str() {
        "import" => read(&args.map(PathBuf::from).collect::<Vec<_>>(), &dir),
        "make" => {
            let traces = args.next().ok_or("say how many traces")?.parse()?;
            make(&dir, traces, args.next().is_some_and(|word| word == "judged"))
        }
        "measure" => measure(&dir),
        "follow" => follow(args.next().ok_or("name a file of lines")?.into(), &dir),
        other => Err(format!("`{other}` is not one of import, make, measure, follow").into()),
    }
}

#[expect(clippy::print_stdout, reason = "a program that reports what it measured")]
fn tell(name: &str, value: f64) {
    println!("{name} {value:.2}");
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn read(paths: &[PathBuf], dir: &ProjectDir) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let folder = std::env::temp_dir();
    let mut first = None;
    let mut show = |preview| {
        first.get_or_insert_with(|| millis(started));
        drop(preview);
    };
    let early = Early { folder: &folder, show: &mut show };
    let context = JobContext::foreground(None);
    let made = import_showing(paths, dir, &ImportOptions::default(), Timestamp(0), &context, Some(early))?;
    tell("import_ms", millis(started));
    tell("first_rows_ms", first.unwrap_or_else(|| millis(started)));
    tell("traces", made.report.counts.traces as f64);
    tell("steps", made.report.counts.steps as f64);
    tell("peak_mb", memory("VmHWM"));
    Ok(())
}

/// Adds rows to a file, copies of its first line, and reads them.
fn follow(path: PathBuf, dir: &ProjectDir) -> Result<(), Box<dyn Error>> {
    let mut line = String::new();
    BufReader::new(File::open(&path)?).read_line(&mut line)?;
    let (paths, options, context) = ([path], ImportOptions::default(), JobContext::foreground(None));
    let started = Instant::now();
    let mut store = import(&paths, dir, &options, Timestamp(0), &context)?.store;
    tell("import_ms", millis(started));
    let (mut first, mut worst, all) = (None, 0.0_f64, Instant::now());
    for _ in 0..FOLLOWED {
        let mut file = File::options().append(true).open(&paths[0])?;
        file.write_all(line.repeat(10).as_bytes())?;
        let started = Instant::now();
        let longer = refresh(&store, &paths, &options, Timestamp(0), &context)?.store;
        let took = millis(started);
        if (longer.generation(), longer.len()) != (store.generation(), store.len() + 10) {
            return Err("the rows were not appended".into());
        }
        store = longer;
        first.get_or_insert(took);
        worst = worst.max(took);
    }
    tell("refresh_first_ms", first.unwrap_or_default());
    tell("refresh_mean_ms", millis(all) / f64::from(FOLLOWED));
    tell("refresh_worst_ms", worst);
    tell("traces", store.len() as f64);
    Ok(())
}

/// Writes a project of that many traces, the same ones each time.
fn make(dir: &ProjectDir, traces: usize, judged: bool) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut writer = StoreWriter::create(dir)?;
    let mut random = Random(7);
    for number in 0..traces {
        let problem = number / ATTEMPTS;
        let text = format!("{} what is {problem} + {}?", random.pick(&WORDS), problem % 13);
        let mut builder = TraceBuilder::new(Problem::from_text(text))
            .source_id(format!("synthetic-{number}"))
            .generator(random.pick(&["model-small", "model-large", "Model-Tiny"]))
            .verdict(Verdict::from_bool(random.below(2) == 0));
        for step in 0..STEPS {
            let words: Vec<&str> = (0..18 + random.below(12)).map(|_| random.pick(&WORDS)).collect();
            builder = builder.thought(format!("Step {step} of {number}: {}.", words.join(" ")));
        }
        let scored: &[u32] = if judged { &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } else { &[3] };
        for step in scored {
            let value = random.below(1000) as f64 / 1000.0;
            let score = ImportedScore { step: Some(*step), name: "q".into(), kind: ScoreKind::Value, value };
            builder.trace_mut().scores.push(score);
        }
        if judged {
            // One of eleven has none.
            let error = u32::try_from(random.below(STEPS + 1))?;
            let error = (error < 10).then_some(error);
            let value = if error.is_some() { ImportedValue::FirstError } else { ImportedValue::NoError };
            builder.label(error, value, "human", "label", "raw");
        }
        writer.push(&builder.build())?;
    }
    let store = writer.finish(Vec::new())?;
    tell("make_ms", millis(started));
    tell("steps", store.step_total() as f64);
    Ok(())
}

fn measure(dir: &ProjectDir) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let store = Store::open(dir)?;
    black_box(store.has_step_scores());
    let (none, context) = (Annotations::default(), JobContext::foreground(None));
    let rows = run(&Query::default(), &store, &none, None, &context)?;
    for &row in rows.iter().take(60) {
        black_box(stepscope_core::query::row(row, &store, &none, None, stepscope_core::scoring::Aggregate::Min));
    }
    tell("open_ms", millis(started));
    tell("open_mb", memory("VmRSS"));
    let mut random = Random(11);
    let mut worst: f64 = 0.0;
    let all = Instant::now();
    for _ in 0..1000 {
        let row = u32::try_from(random.below(store.len())).unwrap_or_default();
        let started = Instant::now();
        black_box(store.trace(row)?);
        worst = worst.max(millis(started));
    }
    tell("fetch_mean_ms", millis(all) / 1000.0);
    tell("fetch_worst_ms", worst);
    for (name, key) in [
        ("problem", SortKey::Problem),
        ("generator", SortKey::Generator),
        ("steps", SortKey::Steps),
        ("outcome", SortKey::Outcome),
        ("state", SortKey::State),
        ("min_score", SortKey::PathScore),
        ("last_score", SortKey::LastScore),
        ("problem_again", SortKey::Problem),
    ] {
        let query = Query { sort: Sort { key, descending: true }, ..Query::default() };
        let started = Instant::now();
        black_box(run(&query, &store, &none, None, &context)?);
        tell(&format!("sort_{name}_ms"), millis(started));
    }
    for order in QueueOrder::ALL {
        let query = Query { queue: Queue { order, ..Queue::default() }, ..Query::default() };
        let started = Instant::now();
        black_box(run(&query, &store, &none, None, &context)?);
        tell(&format!("queue_{order:?}_ms"), millis(started));
    }
    let query = Query { state: Some(LabelState::Unlabelled), ..Query::default() };
    let started = Instant::now();
    black_box(run(&query, &store, &none, None, &context)?);
    tell("filter_state_ms", millis(started));
    for (name, text) in [
        ("absent", "zyzzyva"),
        ("rare", "step 7 of 12345:"),
        ("common", "hypotenuse"),
        ("everywhere", "the"),
        ("two_words", "triangle zyzzyva"),
        ("accented", "école"),
    ] {
        let query = Query { text: text.into(), ..Query::default() };
        let started = Instant::now();
        let found = run(&query, &store, &none, None, &context)?;
        tell(&format!("search_{name}_ms"), millis(started));
        tell(&format!("search_{name}_found"), found.len() as f64);
    }
    let id = store.summary(0).ok_or("the project is empty")?.id;
    let started = Instant::now();
    black_box(store.row_of(&id));
    tell("first_lookup_by_id_ms", millis(started));
    Ok(())
}

/// What the system says of this process, in MiB; 0 where it says nothing.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().ok());
    number.unwrap_or_default() / 1024.0
}

/// The same numbers each time (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).unwrap_or_default()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.below(from.len())).copied().unwrap_or_default()
    }
}

const WORDS: [&str; 24] = [
    "the",
    "sum",
    "of",
    "both",
    "sides",
    "triangle",
    "so",
    "we",
    "have",
    "x = 2",
    "therefore",
    "equation",
    "and",
    "add",
    "divide by",
    "12",
    "hence",
    "angle",
    "\\frac{1}{2}",
    "remainder",
    "then",
    "Since",
    "hypotenuse",
    "check",
];
