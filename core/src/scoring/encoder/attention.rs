//! Attention to both sides, for texts that all have the same number of tokens: nothing is padded or masked.

use candle_core::{Device, Result, Tensor};
use candle_nn::LayerNorm;
use candle_nn::ops::softmax_last_dim;

use crate::scoring::ScoringError;
use crate::scoring::network::Loading;

/// Scores held at a time, in numbers: 32 MB; few in tests, where short texts then take several turns.
const SCORES_AT_A_TIME: usize = if cfg!(test) { 1 << 10 } else { 8 << 20 };

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

    /// What tokens gather from all tokens of their text: `[rows, width]` of queries, keys and values by heads. Of long
    /// texts some queries look at a time, so that scores never fill the memory.
    pub(super) fn attend(&self, query: &Tensor, key: &Tensor, value: &Tensor, bias: Option<&Bias>) -> Result<Tensor> {
        let Self { texts, length, heads } = *self;
        let head_dim = query.dim(3)?;
        let scale = 1.0 / (head_dim as f64).sqrt();
        let keys = key.t()?;
        let most = (SCORES_AT_A_TIME / (texts * heads * length).max(1)).clamp(1, length);
        let mut blocks = Vec::with_capacity(length.div_ceil(most));
        for from in (0..length).step_by(most) {
            let count = most.min(length - from);
            let block = if count == length { query.clone() } else { query.narrow(2, from, count)?.contiguous()? };
            let scores = (block.matmul(&keys)? * scale)?;
            let scores = match bias {
                Some(bias) => scores.broadcast_add(&bias.rows(from, count, query.device())?)?,
                None => scores,
            };
            blocks.push(softmax_last_dim(&scores)?.matmul(value)?);
        }
        let mixed = if blocks.len() == 1 { blocks.remove(0) } else { Tensor::cat(&blocks, 2)? };
        mixed.transpose(1, 2)?.reshape((texts * length, heads * head_dim))
    }
}

/// What is added to scores for the distance between two tokens, for all heads alike or for each.
pub(super) struct Bias {
    length: usize,
    /// For each head the values for all distances, the farthest token before the query first.
    by_distance: Vec<Vec<f32>>,
}

impl Bias {
    /// For texts of that length; `value` gives that of a head, where so many tokens lie between query and key.
    pub(super) fn new(length: usize, heads: usize, value: impl Fn(usize, isize) -> f32) -> Self {
        let last = length.cast_signed() - 1;
        let of_head = |head| (-last..=last).map(|distance| value(head, distance)).collect();
        Self { length, by_distance: (0..heads).map(of_head).collect() }
    }

    /// Those of some queries: `[1, heads or 1, count, length]`.
    fn rows(&self, from: usize, count: usize, device: &Device) -> Result<Tensor> {
        let Self { length, by_distance } = self;
        let mut all = Vec::with_capacity(by_distance.len() * count * length);
        for values in by_distance {
            for query in from..from + count {
                let first = length - 1 - query;
                all.extend_from_slice(values.get(first..first + length).unwrap_or_default());
            }
        }
        Tensor::from_vec(all, (1, by_distance.len(), count, *length), device)
    }
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
