//! Measures imports, openings, sorts, searches and fetches of a project: `tests/bench/run.py` calls it.

use std::path::PathBuf;
use std::time::Instant;

use stepscope_core::import::{ImportOptions, import};
use stepscope_core::job::JobContext;
use stepscope_core::model::Timestamp;
use stepscope_core::store::ProjectDir;

#[expect(clippy::print_stdout, reason = "a program that reports what it measured")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (what, project) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let paths: Vec<PathBuf> = args.map(PathBuf::from).collect();
    let dir = ProjectDir::new(project);
    let context = JobContext::foreground(None);
    let started = Instant::now();
    if what == "import" {
        let made = import(&paths, &dir, &ImportOptions::default(), Timestamp::default(), &context)?;
        println!("import_ms {:.1}", started.elapsed().as_secs_f64() * 1e3);
        println!("traces {}\nsteps {}", made.report.counts.traces, made.report.counts.steps);
    }
    Ok(())
}
