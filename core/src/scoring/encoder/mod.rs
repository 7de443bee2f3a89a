//! Sentence encoders: text in, a vector of length 1 out; what texts mean alike lies near.
//!
//! A folder is read as sentence-transformers lays it out: a transformer, how its tokens become one vector, and what
//! comes after. [`folder`] reads that, [`config`] the shape of the transformer; [`bert`] and [`modern`] are the
//! transformers that read both ways, the decoder of reward models is the third; [`pooling`] makes one vector.

mod attention;
mod backbone;
mod bert;
mod config;
mod folder;
mod model;
mod modern;
mod pooling;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::model::Encoder;
use super::{ScoringError, Watch};

/// Who gives vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderInfo {
    /// Name in the window; that of the model folder.
    pub name: String,
    /// Names model, pooling and prompt by content: two encoders with the same one give the same vectors.
    pub fingerprint: String,
    /// The transformer, as `config.json` names it.
    pub family: String,
    /// Numbers of a vector.
    pub dims: usize,
    /// Tokens of a text that are read; what comes after does not count.
    pub longest: usize,
    /// What is put before each text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// Where the model lay.
    #[serde(default)]
    pub model: String,
}

/// What gives vectors, here or in another process.
pub trait TextEncoder {
    /// Who it is.
    fn info(&self) -> &EncoderInfo;

    /// A vector for each text, of [`dims`](EncoderInfo::dims) numbers and length 1. `watch` is told of texts done, and
    /// can stop it.
    fn encode(&mut self, texts: &[String], watch: Watch<'_>) -> Result<Vec<Vec<f32>>, ScoringError>;
}
