//! Process reward models: text in, scores out. Knows neither the store nor the annotation log, which is what lets it
//! run in another process.
//!
//! [`ModelFactory`] loads a model folder, a reward model or an [`Encoder`]; [`worker`] runs it in a child process; [`ScoreBook`] keeps a project's
//! scores and [`ScoreCache`] everybody's.

mod book;
mod builtin;
mod cache;
mod checkpoint;
mod device;
mod encoder;
mod error;
mod factory;
mod judge;
mod layout;
mod model_scorer;
pub mod models;
mod network;
mod plan;
mod recipe;
mod remote;
mod scorer;
#[cfg(test)]
mod tests;
mod text;
pub mod worker;

pub use book::{BookReport, ScoreBook};
pub use builtin::{BUILTINS, EquationScorer, FakeBehaviour, FakeFactory, FakeScorer};
pub use cache::{CacheKey, ScoreCache};
pub use checkpoint::{Biases, ModelConfig, Rope, RopeScaling};
pub use device::{DeviceChoice, DeviceKind, NumberFormat};
pub use encoder::{Encoder, EncoderInfo, TextEncoder};
pub use error::{ScoringError, WorkerError};
pub use factory::ModelFactory;
pub use judge::Writing;
pub use model_scorer::{GivenText, Scorer};
pub use recipe::{
    Aggregate, At, ChatLayout, Critique, Fits, Head, JudgeLayout, Layout, OWN_RECIPE, OffsetsLayout, Pick,
    PiecesLayout, PrefixesLayout, Read, Recipe, Recipes, ScoreFrom, Taste, TextLayout, Token, TurnsLayout, Words,
};
pub use remote::{RemoteFactory, RemoteSpec};
pub use scorer::{Heard, Listener, ModelSource, ScoreEvent, ScorerFactory, ScorerInfo, StepScorer, Watch, score_one};
pub use text::{MessageText, PromptText, StepScore, StepText, TreeScores, TreeText, Unscored};
pub use worker::{
    Capabilities, Greeting, Launch, PoolEvent, PoolSpec, PoolStatus, PoolSummary, ScoreQueue, ScoringPool,
    WorkerClient, WorkerEncoder, WorkerSpec,
};
