//! `stepscope score`: scores steps with a reward model, through the same pool of workers as the window.

mod lines;
mod source;

use std::path::PathBuf;

use clap::Args;
use stepscope_core::job::JobError;
use stepscope_core::scoring::worker::run_pool;
use stepscope_core::scoring::{DeviceKind, NumberFormat, PoolEvent, PoolSpec, ScoreQueue, Writing};
use stepscope_core::store::ProjectDir;

use self::lines::Lines;
use self::source::{Files, Source, Stored};
use super::Failure;
use super::import_options::ReadArgs;
use super::output::{Ending, Output, warn};
use crate::startup::Startup;
use crate::state::workers::{WorkerSetting, origin, pool_of};

/// Arguments of `score`.
#[derive(Args, Debug)]
pub struct ScoreArgs {
    /// Trace files, whose scores are printed only.
    #[arg(required_unless_present = "project", conflicts_with = "project")]
    paths: Vec<PathBuf>,
    /// A project folder, where the scores are kept as well. Scored are the steps of its sources; the window also scores the parts and steps that you made.
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Model folder with config.json, tokenizer.json and safetensors files, or builtin:NAME.
    #[arg(long, value_name = "DIR")]
    model: String,
    /// Where to run the model: auto, cpu, cuda or metal.
    #[arg(long, default_value = "auto", value_name = "D")]
    device: DeviceKind,
    /// Number format: auto, f32, f16 or bf16.
    #[arg(long, default_value = "auto", value_name = "T")]
    dtype: NumberFormat,
    /// Command that starts a worker, such as "ssh gpu01 stepscope worker"; several share the work.
    #[arg(long, value_name = "CMD", conflicts_with = "device")]
    worker: Vec<String>,
    /// Let a model that can judge in words write N critiques of each step, whose verdicts are averaged, instead of judging at once.
    #[arg(long, value_name = "N")]
    critiques: Option<u32>,
    /// Longest critique, in tokens.
    #[arg(long, value_name = "N", default_value_t = Writing::default().tokens, requires = "critiques")]
    critique_tokens: u32,
    /// The same seed gives the same critiques.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "critiques")]
    seed: u64,
    #[command(flatten)]
    read: ReadArgs,
    /// Print one JSON object per line; the only form there is.
    #[arg(long)]
    pub json: bool,
}

/// Scores.
pub fn run(args: &ScoreArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let workers: Vec<WorkerSetting> = args.worker.iter().map(|command| WorkerSetting::of_command(command)).collect();
    let spec = pool_of(&workers, None, startup, &args.model, args.device.name(), args.dtype)?;
    let (tokens, seed) = (args.critique_tokens, args.seed);
    let spec = spec.writing(args.critiques.map(|samples| Writing { samples, tokens, seed }));
    let troubled = match &args.project {
        Some(project) => score(&Stored::open(&ProjectDir::new(project))?, &spec, out)?,
        None => score(&Files::new(&args.paths, args.read.options(startup)?), &spec, out)?,
    };
    if troubled > 0 {
        warn(format!("{troubled} traces have steps without a score; see `unscored`"));
        return Ok(Ending::SomeRejected);
    }
    Ok(Ending::Done)
}

/// Scores all that the source gives; gives the number of traces with trouble.
fn score(source: &dyn Source, spec: &PoolSpec, out: &Output) -> Result<u64, Failure> {
    let (queue, context) = (ScoreQueue::new(), out.context());
    let mut lines = Lines::new(out);
    let mut on_event = |event: &PoolEvent| -> Result<(), JobError> {
        match event {
            PoolEvent::Started { worker, greeting } => {
                let device = &greeting.device;
                let from = match spec.workers.get(*worker) {
                    Some(worker) if spec.workers.len() > 1 => format!("{}: ", origin(worker, greeting)),
                    _ => String::new(),
                };
                warn(format!("{from}device {} ({})", device.used.name(), device.reason));
            }
            PoolEvent::Loaded { scorer, .. } => lines.scorer(source.adopt(scorer), scorer.kind),
            PoolEvent::Scored { row, scores } => {
                let trace = source.take(*row).map_err(JobError::Failed)?;
                source.keep(lines.name(), &scores.by_step(&trace.score_keys()))?;
                lines.scored(*row, &trace, scores)?;
            }
            PoolEvent::Failed { row, reason } => {
                let name = source.take(*row).map_or_else(|_| format!("in row {}", row + 1), |t| t.id.to_string());
                warn(format!("trace {name} not scored: {reason}"));
                lines.failed(*row)?;
            }
            PoolEvent::Lost { reason, left, .. } => warn(format!("a worker is lost, {left} go on: {reason}")),
            PoolEvent::Critique { .. } | PoolEvent::Idle => {}
        }
        Ok(())
    };
    let text_of = |row| source.text(row);
    // Rows are read while others are being scored.
    let (pool, rejected) = std::thread::scope(|scope| {
        let pool = std::thread::Builder::new().name("pool".into()).spawn_scoped(scope, || {
            let result = run_pool(spec, &queue, &text_of, &mut on_event, &context);
            source.stop();
            result
        });
        let Ok(pool) = pool else { return (Err(JobError::Failed("a thread cannot be started".into())), Ok(0)) };
        let rejected = source.feed(&queue);
        if rejected.is_err() {
            queue.clear();
        }
        queue.close();
        let ended = pool.join().unwrap_or_else(|_| Err(JobError::Failed("internal error while scoring".into())));
        (ended, rejected)
    });
    pool?;
    Ok(rejected? + lines.troubled)
}
