//! `stepscope similar`: the steps that say nearly the same as a step or a text, and how they were labelled.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use stepscope_core::job::JobContext;
use stepscope_core::query::{self, Asked, MeaningIndex, Nearest, Similar, SimilarIndex, StepAt, TextSaid};
use stepscope_core::scoring::{DeviceKind, EncoderInfo, ScoreBook};
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output, warn};
use crate::startup::Startup;
use crate::state::corpus::ProjectCorpus;
use crate::state::similar::{LOOKED_AT, OwnEncoder, nearest_by_meaning, said_words};

/// Places that are listed of steps that all say the same.
const PLACES: usize = 20;

/// Arguments of `similar`.
#[derive(Args, Debug)]
pub struct SimilarArgs {
    /// The text that steps are to be like.
    #[arg(required_unless_present_any = ["trace", "encoder"], conflicts_with = "trace")]
    text: Option<String>,
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// Identity of a trace, the name its source gives it, or the beginning of either.
    #[arg(long, value_name = "ID", requires = "step")]
    trace: Option<String>,
    /// The step of it that others are to be like, from 1.
    #[arg(long, value_name = "N", requires = "trace", value_parser = clap::value_parser!(u32).range(1..))]
    step: Option<u32>,
    /// At most so many other texts.
    #[arg(long, value_name = "N", default_value_t = 10)]
    n: usize,
    /// Compare by meaning: a folder with a sentence encoder as sentence-transformers saves it (config.json, tokenizer.json, model.safetensors, modules.json), or its name where it was fetched. Each text is encoded once and kept in the project; without a text or --trace only this is done.
    #[arg(long, value_name = "DIR")]
    encoder: Option<String>,
    /// Where to run the encoder: auto, cpu, cuda or metal.
    #[arg(long, default_value = "auto", value_name = "D", requires = "encoder")]
    device: DeviceKind,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    /// What made vectors of the texts; none where words were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder: Option<EncoderInfo>,
    /// The steps that say exactly the same.
    same: Option<Found>,
    /// The nearest other texts, nearest first.
    hits: Vec<Found>,
}

/// How much of a project an encoder has seen.
#[derive(Serialize)]
struct Coverage {
    schema: &'static str,
    encoder: EncoderInfo,
    /// Different texts of steps.
    texts: usize,
    /// Of these, how many were encoded now.
    encoded: usize,
}

/// Steps that all say the same.
#[derive(Serialize)]
struct Found {
    score: f64,
    text: String,
    steps: usize,
    traces: usize,
    places: Vec<PlaceOfStep>,
    /// Of so many of these steps `said` tells how they were labelled.
    looked_at: usize,
    said: Vec<TextSaid>,
}

#[derive(Serialize)]
struct PlaceOfStep {
    trace: String,
    source_id: Option<String>,
    file: String,
    row: u32,
    /// From 0.
    step: u32,
}

/// Looks.
pub fn run(args: &SimilarArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let dir = ProjectDir::new(&args.project);
    let store = Store::open(&dir)?;
    let asked = match (&args.text, &args.trace, args.step) {
        (_, Some(id), Some(step)) => Some({
            let row = store
                .find(id)
                .ok_or_else(|| format!("`{id}` names no trace, or several, in {}", dir.path().display()))?;
            Asked::Step(StepAt { row, step: step - 1 })
        }),
        (Some(text), ..) => Some(Asked::Text(text.clone())),
        _ => None,
    };
    let ctx = out.context();
    let own = |folder: &String| OwnEncoder { launch: startup.worker_on(args.device.name()), folder: folder.clone() };
    let (nearest, encoder) = match (args.encoder.as_ref().map(own), asked) {
        (Some(own), asked) => {
            let index = own.index(&store, &ctx)?;
            index.notes().iter().for_each(warn);
            let Some(asked) = asked else {
                out.report(&Coverage::new(&index))?;
                return Ok(Ending::Done);
            };
            let nearest = nearest_by_meaning(&index, &store, &asked, args.n, &own, &ctx)?;
            (nearest, Some(index.encoder().clone()))
        }
        (None, Some(asked)) => {
            let index = SimilarIndex::build(&store, &ctx)?;
            (query::nearest(&index, &store, &asked, args.n, &ctx)?, None)
        }
        (None, None) => return Err("give --trace ID --step N, or a text".into()),
    };
    let Nearest { same, hits } = nearest;
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    let corpus = ProjectCorpus::new(store.clone(), None, scores)?;
    let found = |similar: Similar| Found::new(similar, &store, &corpus, &ctx);
    let same = same.map(found).transpose()?;
    let hits = hits.into_iter().map(found).collect::<Result<_, _>>()?;
    out.report(&Report { schema: "stepscope.similar/1", encoder, same, hits })?;
    Ok(Ending::Done)
}

impl Coverage {
    fn new(index: &MeaningIndex) -> Self {
        let encoder = index.encoder().clone();
        Self { schema: "stepscope.encoded/1", encoder, texts: index.texts(), encoded: index.encoded() }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoder, texts, encoded, .. } = self;
        write!(f, "{texts} different texts of steps, {encoded} of them encoded now with {}", encoder.name)
    }
}

impl Found {
    fn new(similar: Similar, store: &Store, corpus: &ProjectCorpus, ctx: &JobContext) -> Result<Self, Failure> {
        let said = query::said_of(&similar.steps, LOOKED_AT, corpus, ctx)?;
        let place = |at: &StepAt| {
            let trace = store.summary(at.row)?;
            let StepAt { row, step } = *at;
            Some(PlaceOfStep { trace: trace.id.to_string(), source_id: trace.source_id, file: trace.file, row, step })
        };
        Ok(Self {
            score: similar.score,
            text: similar.text,
            steps: similar.steps.len(),
            traces: similar.traces,
            looked_at: similar.steps.len().min(LOOKED_AT),
            places: similar.steps.iter().take(PLACES).filter_map(place).collect(),
            said,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same.is_none() && self.hits.is_empty() {
            if self.encoder.is_some() {
                return f.write_str("There is no other text to compare it with");
            }
            return f.write_str("No step shares a rare word with it");
        }
        if let Some(same) = &self.same {
            write!(f, "Same text in {}\n{same}\n", traces(same.traces))?;
        }
        self.hits.iter().try_for_each(|hit| writeln!(f, "{:.3}  {hit}", hit.score))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.places.first() else { return Ok(()) };
        let name = first.source_id.as_deref().unwrap_or(&first.trace);
        write!(f, "{name}  step {}  {}", u64::from(first.step) + 1, first.file)?;
        if self.steps > 1 {
            write!(f, "  and {} more in {}", self.steps - 1, traces(self.traces))?;
        }
        for said in &self.said {
            write!(f, "  [{}: {}]", said.source, said_words(said))?;
        }
        writeln!(f)?;
        self.text.lines().try_for_each(|line| writeln!(f, "   {line}"))
    }
}

fn traces(count: usize) -> String {
    if count == 1 { "1 trace".into() } else { format!("{count} traces") }
}
