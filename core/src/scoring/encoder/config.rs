//! The shape of an encoder, from `config.json` as transformers 4 and 5 write it.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::scoring::ScoringError;
use crate::scoring::network::Activation;

/// Encoders that can be run, besides the decoders of reward models.
const ENCODERS: [&str; 7] = ["bert", "roberta", "xlm-roberta", "camembert", "distilbert", "mpnet", "modernbert"];
/// Decoders that can be read as encoders.
pub(super) const DECODERS: [&str; 4] = ["qwen2", "qwen3", "llama", "mistral"];

/// The shape of a transformer that reads both ways.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EncoderConfig {
    pub(super) family: String,
    pub(super) vocab: usize,
    pub(super) hidden: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    /// Rows of the embedding of positions, or the longest text where positions are turned.
    pub(super) positions: usize,
    /// The row of the first token's position: those of `RoBERTa` begin behind that of padding.
    pub(super) first_position: usize,
    pub(super) eps: f64,
    pub(super) activation: Activation,
    /// Buckets of distances, for `MPNet`.
    pub(super) buckets: usize,
    /// Of each layer of `ModernBERT`: the base of its rotation, and how far a token sees.
    pub(super) turns: Vec<(f64, Option<usize>)>,
}

/// The fields that are read here; the names of `DistilBERT` and `ModernBERT` beside those of BERT.
#[derive(Deserialize)]
struct Raw {
    vocab_size: usize,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    max_position_embeddings: usize,
    pad_token_id: Option<usize>,
    #[serde(alias = "norm_eps")]
    layer_norm_eps: Option<f64>,
    #[serde(alias = "activation", alias = "hidden_activation")]
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
    is_decoder: Option<bool>,
    relative_attention_num_buckets: Option<usize>,
    layer_types: Option<Vec<String>>,
    global_attn_every_n_layers: Option<usize>,
    local_attention: Option<usize>,
    global_rope_theta: Option<f64>,
    local_rope_theta: Option<f64>,
}

/// The kind of transformer that a `config.json` describes; refuses those that are not known.
pub(super) fn family(config: &Value, path: &Path) -> Result<String, ScoringError> {
    let family = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
    if ENCODERS.contains(&family) || DECODERS.contains(&family) {
        return Ok(family.to_owned());
    }
    let known: Vec<&str> = ENCODERS.into_iter().chain(DECODERS).collect();
    let reason = format!(
        "sentence encoders of the type {family:?} are not supported; choose one of the types {}",
        known.join(", ")
    );
    Err(ScoringError::bad_file(path, reason))
}

impl EncoderConfig {
    /// Reads `config.json` of a family that reads both ways; `path` is for messages.
    pub(super) fn parse(config: &Value, path: &Path) -> Result<Self, ScoringError> {
        let bad = |reason: String| ScoringError::bad_file(path, reason);
        let family = family(config, path)?;
        let raw =
            Raw::deserialize(config).map_err(|e| bad(format!("config.json does not describe an encoder ({e})")))?;
        let (hidden, heads) = (raw.hidden_size, raw.num_attention_heads);
        if hidden == 0 || heads == 0 || !hidden.is_multiple_of(heads) {
            return Err(bad(format!("{heads} attention heads cannot share a width of {hidden}")));
        }
        if raw.is_decoder == Some(true) {
            return Err(bad("this model reads one way only (is_decoder); choose a sentence encoder".into()));
        }
        let positions = raw.position_embedding_type.as_deref().unwrap_or("absolute");
        if positions != "absolute" {
            return Err(bad(format!("positions of the type {positions:?} are not supported; expected \"absolute\"")));
        }
        let act = raw.hidden_act.as_deref().unwrap_or("gelu");
        let activation = Activation::of_name(act)
            .ok_or_else(|| bad(format!("the activation {act:?} is not supported; expected gelu, relu or silu")))?;
        let is_modern = family == "modernbert";
        let first_position = match family.as_str() {
            "roberta" | "xlm-roberta" | "camembert" => raw.pad_token_id.unwrap_or(1) + 1,
            "mpnet" => 2,
            _ => 0,
        };
        let turns = if is_modern { turns(&raw, config) } else { Vec::new() };
        Ok(Self {
            vocab: raw.vocab_size,
            hidden,
            inner: raw.intermediate_size,
            layers: raw.num_hidden_layers,
            heads,
            positions: raw.max_position_embeddings,
            first_position,
            eps: raw.layer_norm_eps.unwrap_or(if is_modern { 1e-5 } else { 1e-12 }),
            activation,
            buckets: raw.relative_attention_num_buckets.unwrap_or(32),
            turns,
            family,
        })
    }

    /// The longest text that it has positions for, in tokens.
    pub(super) fn longest(&self) -> usize {
        self.positions.saturating_sub(self.first_position)
    }
}

/// Of each layer of `ModernBERT` the base of its rotation, and how far to each side it sees.
fn turns(raw: &Raw, config: &Value) -> Vec<(f64, Option<usize>)> {
    let base = |layers: &str, older: Option<f64>, left_out: f64| {
        let newer = config.get("rope_parameters").and_then(|rope| rope.get(layers)?.get("rope_theta")?.as_f64());
        newer.or(older).unwrap_or(left_out)
    };
    let global = base("full_attention", raw.global_rope_theta, 160_000.0);
    let local = base("sliding_attention", raw.local_rope_theta, 10_000.0);
    let every = raw.global_attn_every_n_layers.unwrap_or(3).max(1);
    let reach = raw.local_attention.unwrap_or(128) / 2;
    let is_local = |layer: usize| match raw.layer_types.as_ref().and_then(|types| types.get(layer)) {
        Some(kind) => kind == "sliding_attention",
        None => !layer.is_multiple_of(every),
    };
    let turn = |layer| if is_local(layer) { (local, Some(reach)) } else { (global, None) };
    (0..raw.num_hidden_layers).map(turn).collect()
}
