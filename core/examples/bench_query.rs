//! Measures questions about a project of `bench_store make`: `bench_query PROJECT`. One line per measurement: its name
//! and milliseconds, the first time and then with what is kept.

mod imported;

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use stepscope_core::annotation::Annotations;
use stepscope_core::evaluate::figures::Plot;
use stepscope_core::evaluate::{Rater, Request, collect};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{AnnotatorId, ScoreKind, StepHash};
use stepscope_core::query::{Fields, Filter, Question, ViewCache, Views, facets, facets_of, sql};
use stepscope_core::scoring::{NumberFormat, ScoreBook, ScorerInfo, StepScore};
use stepscope_core::store::{ProjectDir, Store};

use imported::Imported;

/// Columns are made by some threads and freed by others, at which the usual allocator of Linux is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUESTIONS: [(&str, &str); 9] = [
    ("generator", "generator:model-small"),
    ("two_fields", "outcome:correct steps >= 10"),
    ("first_error", "first_error >= 5"),
    ("words", "apples"),
    ("imported_score", "score(\"q\").min < 0.3"),
    ("computed_score", "score(\"computed\").min < 0.3"),
    ("step_kind_and_score", "any(kind = thought and score(\"computed\") < 0.1)"),
    ("step_text", "count(text:apples) >= 2"),
    ("near", "any(number > 4 and within(2, after, score(\"computed\") < 0.1))"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let dir = ProjectDir::new(std::env::args().nth(1).ok_or("name a project folder")?);
    let (store, ctx) = (Store::open(&dir)?, JobContext::foreground(None));
    let book = scored(&store)?;
    let own = (AnnotatorId::new("bench"), Arc::<Annotations>::default());
    let views = Views::new(store.clone(), own, &[], book, None, &ViewCache::default());
    tell("traces", store.len() as f64);
    tell("steps", store.step_total() as f64);
    for (name, text) in QUESTIONS {
        let filter = Filter::parse(text, &Fields::default())?;
        for again in ["", "_again"] {
            let started = Instant::now();
            let found = filter.rows(&views, &ctx)?;
            tell(&format!("{name}{again}_ms"), millis(started));
            if again.is_empty() {
                tell(&format!("{name}_found"), found.len() as f64);
            }
        }
    }
    let all: Vec<u32> = (0..u32::try_from(store.len())?).collect();
    for again in ["", "_again"] {
        let started = Instant::now();
        let found = facets(&views, &all, 20, &ctx)?;
        tell(&format!("facets{again}_ms"), millis(started));
        if found.is_empty() {
            return Err("there are no facets".into());
        }
    }
    let started = Instant::now();
    sql("SELECT generator, count(*) AS n, avg(steps) AS s FROM traces GROUP BY generator", &views, 100, &ctx)?;
    tell("sql_group_ms", millis(started));
    let started = Instant::now();
    sql(
        "SELECT t.generator, avg(s.number) AS n FROM steps s JOIN traces t ON s.trace = t.row GROUP BY t.generator",
        &views,
        100,
        &ctx,
    )?;
    tell("sql_join_ms", millis(started));
    survey(&store, &views, &ctx)?;
    tell("peak_mb", peak_mb());
    Ok(())
}

/// What the window does after a change of the question: traces, facets, three figures.
fn survey(store: &Store, views: &Views, ctx: &JobContext) -> Result<(), Box<dyn Error>> {
    let request = Request {
        raters: vec![Rater::Scorer("q".into())],
        labels: Some(LabelSource::Imported(None)),
        ..Request::default()
    };
    let started = Instant::now();
    let columns = collect(&Imported(store.clone()), &request, ctx)?;
    tell("collect_ms", millis(started));
    for plot in Plot::standard(&columns, 0, 0) {
        let started = Instant::now();
        plot.figure(&columns, ctx)?;
        tell(
            &format!("figure_{}_ms", serde_json::to_value(&plot)?["plot"].as_str().unwrap_or_default()),
            millis(started),
        );
    }
    for (name, text) in QUESTIONS {
        let filter = Filter::parse(text, &Fields::default())?;
        let started = Instant::now();
        let rows = filter.rows(views, ctx)?;
        let listed = millis(started);
        let list = |text: &str, ctx: &JobContext| match Filter::parse(text, &Fields::default()) {
            Ok(filter) => filter.rows(views, ctx),
            Err(error) => Err(JobError::from_error(&error)),
        };
        let counted = facets_of(views, &rows, &Question { text, list: &list }, 20, ctx)?;
        let facets = millis(started);
        let columns = columns.of_rows(&rows);
        for plot in [Plot::ProcessOutcome, Plot::FirstErrors { field: 0, relative: false }, Plot::Scores { rater: 0 }] {
            plot.figure(&columns, ctx)?;
        }
        let figures = millis(started);
        tell(&format!("refresh_{name}_ms"), figures);
        tell(&format!("refresh_{name}_of_which_facets_ms"), facets - listed);
        tell(&format!("refresh_{name}_of_which_figures_ms"), figures - facets);
        if counted.is_empty() && !rows.is_empty() {
            return Err("there are no facets".into());
        }
    }
    Ok(())
}

/// Scores of every tenth trace, kept nowhere.
fn scored(store: &Store) -> Result<ScoreBook, Box<dyn Error>> {
    let folder = store.dir().scores();
    let (book, _) = ScoreBook::open(&folder)?;
    let info = ScorerInfo {
        name: "computed".into(),
        fingerprint: "0".repeat(32),
        kind: ScoreKind::Correctness,
        recipe: "bench".into(),
        model: String::new(),
        format: NumberFormat::default(),
        drift: None,
    };
    let name = book.adopt(&info);
    if book.count(&name) == 0 {
        let rows = 0..u32::try_from(store.len())?;
        let hashes = rows.step_by(10).flat_map(|row| store.step_hashes(row));
        let score = |(number, hash): (u32, StepHash)| {
            let value = (number.wrapping_mul(2_654_435_761) >> 8) as f32 / (1_u32 << 24) as f32;
            (hash, StepScore { value, spread: None, note: None })
        };
        let scores: Vec<(StepHash, StepScore)> = (0_u32..).zip(hashes).map(score).collect();
        book.append(&name, &scores)?;
    }
    Ok(book)
}

#[expect(clippy::print_stdout, reason = "a program that reports what it measured")]
fn tell(name: &str, value: f64) {
    println!("{name} {value:.2}");
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// The most memory that was held, in mebibytes; 0 where the system does not say.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
