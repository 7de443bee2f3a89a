//! `ModernBERT`: layers that norm before they look, positions as rotations, most layers with a window.
//!
//! Warner et al., arXiv:2412.13663.

use candle_core::{Device, Module as _, Result, Tensor};
use candle_nn::LayerNorm;
use candle_nn::rotary_emb::rope;

use super::attention::{Bias, Shape, layer_norm};
use super::config::EncoderConfig;
use crate::scoring::ScoringError;
use crate::scoring::network::{Embedding, Linear, Loading, activate};

/// The embedding of words, by which the other names are found.
pub(super) const WORDS: &str = "embeddings.tok_embeddings.weight";

/// A transformer of that kind.
pub(super) struct ModernBert {
    words: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    last_norm: LayerNorm,
    config: EncoderConfig,
    device: Device,
}

struct Layer {
    /// The first layer has none: what it gets is normed already.
    attention_norm: Option<LayerNorm>,
    query_key_value: Linear,
    output: Linear,
    norm: LayerNorm,
    /// Two halves side by side, of which the first one is activated and opens the second.
    up: Linear,
    down: Linear,
    base: f64,
    window: Option<usize>,
}

impl ModernBert {
    /// Loads the weights; `prefix` stands before all their names.
    pub(super) fn load(
        config: EncoderConfig,
        loading: Loading<'_>,
        prefix: &str,
        go_on: &mut dyn FnMut() -> std::result::Result<(), ScoringError>,
    ) -> std::result::Result<Self, ScoringError> {
        let (hidden, inner, eps) = (config.hidden, config.inner, config.eps);
        let name = |part: &str| format!("{prefix}{part}");
        let words = Embedding::load(loading, &name(WORDS), config.vocab, hidden)?;
        let norm = layer_norm(loading, &name("embeddings.norm"), hidden, eps)?;
        let mut layers = Vec::with_capacity(config.layers);
        for (index, &(base, window)) in config.turns.iter().enumerate() {
            go_on()?;
            let part = |part: &str| name(&format!("layers.{index}.{part}"));
            let linear = |of: &str, inputs: usize, outputs: usize| {
                let bias = loading.weights.has(&format!("{}.bias", part(of)));
                loading.linear(&[(part(of), outputs)], inputs, bias)
            };
            let has_norm = loading.weights.has(&part("attn_norm.weight"));
            layers.push(Layer {
                attention_norm: if has_norm {
                    Some(layer_norm(loading, &part("attn_norm"), hidden, eps)?)
                } else {
                    None
                },
                query_key_value: linear("attn.Wqkv", hidden, 3 * hidden)?,
                output: linear("attn.Wo", hidden, hidden)?,
                norm: layer_norm(loading, &part("mlp_norm"), hidden, eps)?,
                up: linear("mlp.Wi", hidden, 2 * inner)?,
                down: linear("mlp.Wo", inner, hidden)?,
                base,
                window,
            });
        }
        let last_norm = layer_norm(loading, &name("final_norm"), hidden, eps)?;
        Ok(Self { words, norm, layers, last_norm, config, device: loading.device.clone() })
    }

    /// Hidden states after the last norm, `[texts * length, hidden]`, of texts of that length.
    pub(super) fn forward(&self, ids: &[u32], length: usize) -> std::result::Result<Tensor, ScoringError> {
        let words = self.words.rows(ids, &self.device)?;
        let shape = Shape { texts: ids.len() / length.max(1), length, heads: self.config.heads };
        self.layers(&words, shape).map_err(|e| ScoringError::compute("encoding a text", &e))
    }

    fn layers(&self, words: &Tensor, shape: Shape) -> Result<Tensor> {
        let mut x = self.norm.forward(words)?;
        for layer in &self.layers {
            x = self.layer(layer, &x, shape)?;
        }
        self.last_norm.forward(&x)
    }

    fn layer(&self, layer: &Layer, x: &Tensor, shape: Shape) -> Result<Tensor> {
        let normed = layer.attention_norm.as_ref().map_or(Ok(x.clone()), |norm| norm.forward(x))?;
        let all = layer.query_key_value.forward(&normed)?;
        let (cos, sin) = self.angles(layer.base, shape.length)?;
        let query = rope(&shape.part(&all, 0, 3)?, &cos, &sin)?;
        let key = rope(&shape.part(&all, 1, 3)?, &cos, &sin)?;
        let window = layer.window.filter(|reach| shape.length > reach + 1).map(|reach| {
            let seen = |distance: isize| if distance.unsigned_abs() > reach { f32::NEG_INFINITY } else { 0.0 };
            Bias::new(shape.length, 1, |_, distance| seen(distance))
        });
        let mixed = shape.attend(&query, &key, &shape.part(&all, 2, 3)?, window.as_ref())?;
        let x = (layer.output.forward(&mixed)? + x)?;
        let both = layer.up.forward(&layer.norm.forward(&x)?)?;
        let inner = self.config.inner;
        let open = activate(&both.narrow(1, 0, inner)?, self.config.activation)?;
        layer.down.forward(&(open * both.narrow(1, inner, inner)?)?)? + x
    }

    /// Cosines and sines of the angles of all positions, each `[length, head_dim / 2]`; computed in f64.
    fn angles(&self, base: f64, length: usize) -> Result<(Tensor, Tensor)> {
        let half = self.config.hidden / self.config.heads / 2;
        let frequency = |at: usize| base.powf(-(at as f64) / half as f64);
        let angles = || (0..length).flat_map(|position| (0..half).map(move |at| position as f64 * frequency(at)));
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the purpose")]
        let table = |of: fn(f64) -> f64| {
            let values: Vec<f32> = angles().map(|angle| of(angle) as f32).collect();
            Tensor::from_vec(values, (length, half), &self.device)
        };
        Ok((table(f64::cos)?, table(f64::sin)?))
    }
}
