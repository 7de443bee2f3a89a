//! Steps that say nearly the same as the selected one, and duplicates: what was found, and where one is in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepscope_core::job::{JobContext, JobError};
use stepscope_core::query::{
    Asked, Duplicates, MeaningIndex, Nearest, Similar, SimilarIndex, StepAt, TextSaid, nearest, said_of,
};
use stepscope_core::scoring::{Launch, TextEncoder as _, WorkerEncoder};
use stepscope_core::store::Store;

use super::OpenTrace;
use super::corpus::ProjectCorpus;

/// Of so many steps that say the same it is looked up how they were labelled.
pub const LOOKED_AT: usize = 8;

/// Other texts that the dialog lists.
const LISTED: usize = 20;

/// By what steps are held to be alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlikeBy {
    /// The rare words that they share.
    #[default]
    Words,
    /// What a sentence encoder makes of them.
    Meaning,
}

/// A sentence encoder of the user's own, and how to start what runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnEncoder {
    /// Starts a worker.
    pub launch: Launch,
    /// Its folder, or its name in the cache of the hub.
    pub folder: String,
}

/// The dialog of similar steps.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarDraft {
    /// By what neighbours are found.
    pub by: AlikeBy,
    /// What neighbours are listed of.
    pub asked: Asked,
    /// What it says.
    pub text: String,
    /// What was found; `None` as long as it is looked for.
    pub found: Option<Arc<SimilarFound>>,
    /// Position of the selected entry.
    pub selected: usize,
}

/// From which share of common runs of three words on problems may be taken for nearly the same, in hundredths; above 100
/// only equal ones are found.
pub const NEARS: [u32; 6] = [50, 60, 70, 80, USUAL_NEAR, 101];

/// The one that is meant where none was chosen.
pub const USUAL_NEAR: u32 = 90;

/// The dialog of duplicates.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicatesDraft {
    /// From which of [`NEARS`] on problems are taken for nearly the same.
    pub near: u32,
    /// What was found; `None` as long as it is looked for.
    pub found: Option<Arc<Duplicates>>,
    /// Position of the selected cluster.
    pub selected: usize,
}

/// What the dialogs ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimilarRequest {
    /// Find neighbours by something else.
    By(AlikeBy),
    /// Ask for the folder of a sentence encoder.
    AskEncoder,
    /// Find neighbours with that encoder from now on.
    UseEncoder(PathBuf),
    /// Select another entry.
    Pick(usize),
    /// Show the trace of that entry at its step.
    Show(usize),
    /// Select another cluster.
    PickCluster(usize),
    /// List the traces of that cluster in the table.
    List(usize),
    /// Take problems for nearly the same from that share on.
    Near(u32),
}

/// What is like a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimilarFound {
    /// Other steps that say exactly the same.
    pub same: Option<SimilarEntry>,
    /// The nearest other texts, nearest first.
    pub hits: Vec<SimilarEntry>,
}

/// Steps that all say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarEntry {
    /// What they say, where they are, how near they are.
    pub similar: Similar,
    /// The name of the first one's trace.
    pub name: String,
    /// Its file.
    pub file: String,
    /// How they were labelled.
    pub said: Vec<TextSaid>,
}

impl SimilarDraft {
    /// Asks for what is like the selected step. One that the annotator wrote, cut or joined is known by its text only.
    pub fn new(open: &OpenTrace, store: &Store, by: AlikeBy) -> Option<Self> {
        let step = open.step()?;
        let at = store.step_hashes(open.row).iter().position(|hash| *hash == step.hash);
        // What was cut or joined may bear the name of the step it was made from, and says something else.
        let says_so = |at: &usize| open.source().steps.get(*at).is_some_and(|source| source.text == step.text);
        let at = at.filter(|at| open.attempts.is_none() && says_so(at)).and_then(|at| u32::try_from(at).ok());
        let call = step.tool.as_ref().map(|tool| format!("{}\n{}", tool.name, tool.arguments)).unwrap_or_default();
        let text = format!("{}\n{call}", step.text).trim().to_owned();
        let asked = at.map_or_else(|| Asked::Text(text.clone()), |step| Asked::Step(StepAt { row: open.row, step }));
        Some(Self { by, asked, text, found: None, selected: 0 })
    }
}

/// What steps are looked up in.
#[derive(Clone)]
pub enum AlikeIn {
    /// Words.
    Words(Arc<SimilarIndex>),
    /// Vectors, and who can make one of a text that no step says.
    Meaning(Arc<MeaningIndex>, OwnEncoder),
}

impl AlikeIn {
    fn nearest(&self, store: &Store, asked: &Asked, ctx: &JobContext) -> Result<Nearest, JobError> {
        match self {
            Self::Words(index) => nearest(index, store, asked, LISTED, ctx),
            Self::Meaning(index, encoder) => nearest_by_meaning(index, store, asked, LISTED, encoder, ctx),
        }
    }
}

impl OwnEncoder {
    /// Starts it.
    pub fn start(&self, ctx: &JobContext) -> Result<WorkerEncoder, JobError> {
        WorkerEncoder::start(&self.launch, &self.folder, ctx).map_err(|error| match ctx.checkpoint() {
            Err(stopped) => stopped,
            Ok(()) => JobError::from_error(&error),
        })
    }

    /// The vectors of all texts of a store, kept in the project; those that are missing are made.
    pub fn index(&self, store: &Store, ctx: &JobContext) -> Result<MeaningIndex, JobError> {
        MeaningIndex::build(store, &store.dir().encodings(), &mut self.start(ctx)?, ctx)
    }

    /// What it is called.
    pub fn name(folder: &str) -> String {
        Path::new(folder).file_name().map_or_else(|| folder.into(), |name| name.to_string_lossy().into_owned())
    }
}

/// The `n` texts nearest by meaning. The encoder is started only for a text that no step says.
pub fn nearest_by_meaning(
    index: &MeaningIndex,
    store: &Store,
    asked: &Asked,
    n: usize,
    encoder: &OwnEncoder,
    ctx: &JobContext,
) -> Result<Nearest, JobError> {
    let vector = match index.unknown(store, asked)? {
        Some(text) => {
            let mut encoder = encoder.start(ctx)?;
            if encoder.info().fingerprint != index.encoder().fingerprint {
                return Err(JobError::Failed("the encoder has changed; look for similar steps once more".into()));
            }
            let vectors = encoder.encode(&[text], &mut |_| ctx.checkpoint());
            vectors.map_err(|error| JobError::from_error(&error))?.pop()
        }
        None => None,
    };
    index.nearest(store, asked, vector.as_deref(), n, ctx)
}

impl SimilarFound {
    /// Looks for what is like it, and how that was labelled.
    pub fn look(
        index: &AlikeIn,
        store: &Store,
        asked: &Asked,
        corpus: &ProjectCorpus,
        ctx: &JobContext,
    ) -> Result<Self, JobError> {
        let Nearest { same, hits } = index.nearest(store, asked, ctx)?;
        let entry = |similar: Similar| -> Result<SimilarEntry, JobError> {
            let said = said_of(&similar.steps, LOOKED_AT, corpus, ctx)?;
            let trace = similar.steps.first().and_then(|at| store.summary(at.row));
            let (name, file) = trace
                .map(|trace| (trace.source_id.unwrap_or_else(|| trace.id.to_string()), trace.file))
                .unwrap_or_default();
            Ok(SimilarEntry { similar, name, file, said })
        };
        Ok(Self { same: same.map(entry).transpose()?, hits: hits.into_iter().map(entry).collect::<Result<_, _>>()? })
    }

    /// Everything listed, in order.
    pub fn all(&self) -> impl Iterator<Item = &SimilarEntry> {
        self.same.iter().chain(&self.hits)
    }
}

/// What a label source says of steps that say the same, in words.
pub fn said_words(said: &TextSaid) -> String {
    let words = match (said.first_error, said.rating, said.soft) {
        (true, ..) => "first error".to_owned(),
        (false, Some(rating), _) => rating.name().to_owned(),
        (false, None, Some(soft)) => soft.to_string(),
        (false, None, None) => String::new(),
    };
    if said.steps > 1 { format!("{words} ×{}", said.steps) } else { words }
}
