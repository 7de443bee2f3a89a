//! BERT and its kin: embeddings of words and positions, then layers that norm after they add.
//!
//! Devlin et al., arXiv:1810.04805; `RoBERTa`, arXiv:1907.11692; `DistilBERT`, arXiv:1910.01108; `MPNet`, arXiv:2004.09297.
//! They differ in the names of their weights, in where positions begin, and `MPNet` in a bias by distance.

use candle_core::{DType, Device, Module as _, Result, Tensor};
use candle_nn::LayerNorm;

use super::attention::{Bias, Shape, layer_norm};
use super::config::EncoderConfig;
use crate::scoring::ScoringError;
use crate::scoring::network::{Activation, Embedding, Linear, Loading, activate};

/// The embedding of words, by which the other names are found.
pub(super) const WORDS: &str = "embeddings.word_embeddings.weight";

/// Distances from which on `MPNet` tells no more apart.
const FARTHEST: f32 = 128.0;

/// A transformer of that kind.
pub(super) struct Bert {
    words: Embedding,
    /// `[positions, hidden]`, that of the only type of token added.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    /// `[buckets, heads]`.
    bias: Option<Vec<Vec<f32>>>,
    config: EncoderConfig,
    device: Device,
}

struct Layer {
    query_key_value: Linear,
    output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
    activation: Activation,
}

/// What the parts of a layer are called: queries, keys, values, what they give, its norm, up, down, the last norm.
struct Names {
    layer: &'static str,
    parts: [&'static str; 8],
}

impl Names {
    fn of(family: &str) -> Self {
        match family {
            "distilbert" => Self {
                layer: "transformer.layer",
                parts: [
                    "attention.q_lin",
                    "attention.k_lin",
                    "attention.v_lin",
                    "attention.out_lin",
                    "sa_layer_norm",
                    "ffn.lin1",
                    "ffn.lin2",
                    "output_layer_norm",
                ],
            },
            "mpnet" => Self {
                layer: "encoder.layer",
                parts: [
                    "attention.attn.q",
                    "attention.attn.k",
                    "attention.attn.v",
                    "attention.attn.o",
                    "attention.LayerNorm",
                    "intermediate.dense",
                    "output.dense",
                    "output.LayerNorm",
                ],
            },
            _ => Self {
                layer: "encoder.layer",
                parts: [
                    "attention.self.query",
                    "attention.self.key",
                    "attention.self.value",
                    "attention.output.dense",
                    "attention.output.LayerNorm",
                    "intermediate.dense",
                    "output.dense",
                    "output.LayerNorm",
                ],
            },
        }
    }
}

impl Bert {
    /// Loads the weights; `prefix` stands before all their names.
    pub(super) fn load(
        config: EncoderConfig,
        loading: Loading<'_>,
        prefix: &str,
        go_on: &mut dyn FnMut() -> std::result::Result<(), ScoringError>,
    ) -> std::result::Result<Self, ScoringError> {
        let failed = |e: candle_core::Error| ScoringError::compute("loading the weights", &e);
        let hidden = config.hidden;
        let name = |part: &str| format!("{prefix}{part}");
        let words = Embedding::load(loading, &name(WORDS), config.vocab, hidden)?;
        let mut positions = loading.get(&name("embeddings.position_embeddings.weight"), &[config.positions, hidden])?;
        // All tokens are of the first type.
        let types = name("embeddings.token_type_embeddings.weight");
        if loading.weights.has(&types) {
            let first = loading.weights.rows(&types, &[0], loading.dtype, loading.device)?;
            positions = positions.broadcast_add(&first).map_err(failed)?;
        }
        let bias = match config.family.as_str() {
            "mpnet" => {
                let bias = name("encoder.relative_attention_bias.weight");
                let bias = loading.get(&bias, &[config.buckets, config.heads])?;
                Some(bias.to_dtype(DType::F32).and_then(|bias| bias.to_vec2()).map_err(failed)?)
            }
            _ => None,
        };
        let norm = layer_norm(loading, &name("embeddings.LayerNorm"), hidden, config.eps)?;
        let names = Names::of(&config.family);
        let mut layers = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            go_on()?;
            layers.push(Layer::load(&config, loading, &name(&format!("{}.{index}.", names.layer)), &names.parts)?);
        }
        Ok(Self { words, positions, norm, layers, bias, config, device: loading.device.clone() })
    }

    /// Hidden states after the last layer, `[texts * length, hidden]`, of texts of that length.
    pub(super) fn forward(&self, ids: &[u32], length: usize) -> std::result::Result<Tensor, ScoringError> {
        let words = self.words.rows(ids, &self.device)?;
        let shape = Shape { texts: ids.len() / length.max(1), length, heads: self.config.heads };
        self.layers(&words, shape).map_err(|e| ScoringError::compute("encoding a text", &e))
    }

    fn layers(&self, words: &Tensor, shape: Shape) -> Result<Tensor> {
        let Shape { texts, length, .. } = shape;
        let hidden = self.config.hidden;
        let positions = self.positions.narrow(0, self.config.first_position, length)?;
        let x = words.reshape((texts, length, hidden))?.broadcast_add(&positions)?;
        let mut x = self.norm.forward(&x.reshape((texts * length, hidden))?)?;
        let bias = self.bias.as_ref().map(|bias| self.distances(bias, length));
        for layer in &self.layers {
            x = layer.forward(&x, shape, bias.as_ref())?;
        }
        Ok(x)
    }

    /// The bias of `MPNet`, which has one for each head and bucket of distances.
    fn distances(&self, bias: &[Vec<f32>], length: usize) -> Bias {
        Bias::new(length, self.config.heads, |head, distance| {
            let bucket = bucket(distance, self.config.buckets);
            bias.get(bucket).and_then(|row| row.get(head)).copied().unwrap_or_default()
        })
    }
}

impl Layer {
    fn load(
        config: &EncoderConfig,
        loading: Loading<'_>,
        prefix: &str,
        parts: &[&str; 8],
    ) -> std::result::Result<Self, ScoringError> {
        let (hidden, inner) = (config.hidden, config.inner);
        let [query, key, value, output, attention_norm, up, down, norm] = parts.map(|part| format!("{prefix}{part}"));
        Ok(Self {
            query_key_value: loading.linear(&[(query, hidden), (key, hidden), (value, hidden)], hidden, true)?,
            output: loading.linear(&[(output, hidden)], hidden, true)?,
            attention_norm: layer_norm(loading, &attention_norm, hidden, config.eps)?,
            up: loading.linear(&[(up, inner)], hidden, true)?,
            down: loading.linear(&[(down, hidden)], inner, true)?,
            norm: layer_norm(loading, &norm, hidden, config.eps)?,
            activation: config.activation,
        })
    }

    fn forward(&self, x: &Tensor, shape: Shape, bias: Option<&Bias>) -> Result<Tensor> {
        let all = self.query_key_value.forward(x)?;
        let part = |part| shape.part(&all, part, 3);
        let mixed = shape.attend(&part(0)?, &part(1)?, &part(2)?, bias)?;
        let x = self.attention_norm.forward(&(self.output.forward(&mixed)? + x)?)?;
        let fed = self.down.forward(&activate(&self.up.forward(&x)?, self.activation)?)?;
        self.norm.forward(&(fed + x)?)
    }
}

/// Half of the buckets are for tokens behind, half for those before; in each, near distances have a bucket of their
/// own, far ones share them by their logarithm. As T5 has it, arXiv:1910.10683.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number, rounded down")]
fn bucket(distance: isize, buckets: usize) -> usize {
    let half = buckets / 2;
    let exact = half / 2;
    let far = distance.unsigned_abs();
    let within = if far < exact {
        far
    } else {
        let share = (far as f32 / exact as f32).ln() / (FARTHEST / exact as f32).ln();
        (exact + (share * (half - exact) as f32) as usize).min(half - 1)
    };
    if distance > 0 { half + within } else { within }
}
