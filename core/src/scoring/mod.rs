//! Process reward models: text in, scores out. Knows neither the store nor the annotation log, which is what lets it
//! run in another process.
//!
//! [`ModelFactory`] loads a model folder; [`worker`] runs it in a child process; [`ScoreBook`] keeps a project's
//! scores and [`ScoreCache`] everybody's.

mod assemble;
mod book;
mod cache;
mod checkpoint;
mod config;
mod decoder;
mod device;
mod error;
mod fake;
mod model_scorer;
mod network;
mod readout;
mod recipe;
mod rope;
mod scorer;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod weights;
pub mod worker;

pub use book::{BookReport, ScoreBook};
pub use cache::{CacheKey, ScoreCache};
pub use config::ModelConfig;
pub use device::{DeviceChoice, DeviceKind, NumberFormat};
pub use error::{ScoringError, WorkerError};
pub use fake::{FakeBehaviour, FakeFactory, FakeScorer};
pub use model_scorer::{ModelFactory, Scorer};
pub use recipe::{Aggregate, Fits, Head, Layout, OWN_RECIPE, Read, Recipe};
pub use scorer::{ModelSource, ScorerFactory, ScorerInfo, StepScorer, Watch};
pub use text::{MessageText, PromptText, StepText, TreeScores, TreeText, Unscored};
pub use worker::{Launch, ScoreQueue, ScoringSession, SessionEvent, SessionSpec, SessionSummary, WorkerClient};
