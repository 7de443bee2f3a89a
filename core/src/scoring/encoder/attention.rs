//! Attention to both sides, for texts that all have the same number of tokens: nothing is padded or masked.

use candle_core::{Device, Result, Tensor};
use candle_nn::LayerNorm;
use candle_nn::ops::softmax_last_dim;

use crate::scoring::ScoringError;
use crate::scoring::network::Loading;

/// Some texts of the same length, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// How many.
    pub(super) texts: usize,
    /// Tokens of each.
    pub(super) length: usize,
    /// Attention heads.
    pub(super) heads: usize,
}

impl Shape {
    /// One of several parts that stand side by side in each row, `[rows, parts * width]`, by heads:
    /// `[texts, heads, length, width / heads]`.
    pub(super) fn part(&self, rows: &Tensor, part: usize, parts: usize) -> Result<Tensor> {
        let Self { texts, length, heads } = *self;
        let width = rows.dim(1)? / parts;
        let of_heads = rows.narrow(1, part * width, width)?.reshape((texts, length, heads, width / heads))?;
        of_heads.transpose(1, 2)?.contiguous()
    }

    /// What tokens gather from all tokens of their text: `[rows, width]` of queries, keys and values by heads. `bias` is
    /// added to the scores; it has the shape `[heads or 1, length, length]`.
    pub(super) fn attend(&self, query: &Tensor, key: &Tensor, value: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let Self { texts, length, heads } = *self;
        let head_dim = query.dim(3)?;
        let scores = (query.matmul(&key.t()?)? * (1.0 / (head_dim as f64).sqrt()))?;
        let scores = match bias {
            Some(bias) => scores.broadcast_add(&bias.unsqueeze(0)?)?,
            None => scores,
        };
        let mixed = softmax_last_dim(&scores)?.matmul(value)?;
        mixed.transpose(1, 2)?.reshape((texts * length, heads * head_dim))
    }
}

/// For each distance between two tokens of a text a value for each head, as `[heads, length, length]`.
pub(super) fn by_distance(
    length: usize,
    heads: usize,
    device: &Device,
    value: impl Fn(usize, isize) -> f32,
) -> Result<Tensor> {
    let row = |head: usize, query: usize| {
        let value = &value;
        (0..length).map(move |key| value(head, key.cast_signed() - query.cast_signed()))
    };
    let all: Vec<f32> = (0..heads).flat_map(|head| (0..length).flat_map(move |query| row(head, query))).collect();
    Tensor::from_vec(all, (heads, length, length), device)
}

/// A layer norm; a bias that the file lacks is none.
pub(super) fn layer_norm(
    loading: Loading<'_>,
    name: &str,
    width: usize,
    eps: f64,
) -> std::result::Result<LayerNorm, ScoringError> {
    let weight = loading.get(&format!("{name}.weight"), &[width])?;
    let bias = format!("{name}.bias");
    // Zeros instead of none: only with a bias the norm is computed in one pass.
    let bias = if loading.weights.has(&bias) { loading.get(&bias, &[width])? } else { zeros(&weight)? };
    Ok(LayerNorm::new(weight, bias, eps))
}

fn zeros(like: &Tensor) -> std::result::Result<Tensor, ScoringError> {
    like.zeros_like().map_err(|e| ScoringError::compute("loading the weights", &e))
}
