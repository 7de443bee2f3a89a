//! The transformer: a forest of tokens in, hidden states of chosen positions out.
//!
//! The decoders of candle-transformers give logits of the last position only, know no branches, and share nothing
//! between texts; a reward model is read in the middle of many texts that begin alike. All tokens of a chunk, of
//! whatever texts, go through the weights together; only attention looks at which text they belong to.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Module as _, Tensor};
use candle_nn::RmsNorm;

use super::embedding::Embedding;
use super::forest::{Forest, SegmentId};
use super::layer::{Layer, Rows};
use super::linear::Loading;
use super::pieces::{Piece, next_chunk, pieces};
use super::probe::{Probe, Probed};
use super::rope::RopeTables;
use super::texts::EachRow;
use crate::scoring::checkpoint::Checkpoint;
use crate::scoring::{ModelConfig, NumberFormat, ScoringError};

/// Multiplications of the widest product of a chunk: a processor is through with it in a sixth of a second, which is
/// how often a wish to stop is heard.
const PRODUCT: usize = 16 << 30;
/// Tokens of a chunk on a graphics card, which has the memory and wants the work.
const CHUNK_ON_CARD: usize = 8192;

/// Told how many tokens are computed; an error stops the computation.
pub(crate) type GoOn<'a> = &'a mut dyn FnMut(u64) -> std::result::Result<(), ScoringError>;

/// A decoder with its weights.
pub(crate) struct Decoder {
    config: ModelConfig,
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
    dtype: DType,
    device: Device,
    chunk: usize,
}

const EMBEDDING: &str = "model.embed_tokens.weight";

impl Decoder {
    /// Loads the weights. Where they are rounded, the ids and rows of `probe` show what that costs.
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        loading: Loading<'_>,
        format: NumberFormat,
        probe: Option<(&[u32], &[usize])>,
        go_on: GoOn<'_>,
    ) -> std::result::Result<(Self, Option<Probed>), ScoringError> {
        let failed = |e: candle_core::Error| ScoringError::compute("loading the weights", &e);
        let config = &checkpoint.config;
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let Loading { dtype, device, .. } = loading;
        let rounding = format.rounding(device);
        let embedding = Embedding::load(loading, EMBEDDING, config.vocab_size, hidden)?;
        let norm = RmsNorm::new(loading.get("model.norm.weight", &[hidden])?, config.rms_norm_eps);
        let widest = 2 * hidden * inner;
        let chunk = if device.is_cpu() { (PRODUCT / widest.max(1)).clamp(64, 1024) } else { CHUNK_ON_CARD };
        let config = config.clone();
        let mut it = Self { config, embedding, layers: Vec::new(), norm, dtype, device: device.clone(), chunk };
        let probe = probe.filter(|_| rounding.is_some());
        let start = |ids: &[u32]| {
            it.check(ids)?;
            Probe::new(&it.config, ids, &it.embed(ids)?).map_err(failed)
        };
        let mut probing = probe.map(|(ids, _)| start(ids)).transpose()?;
        for index in 0..it.config.layers() {
            go_on(0)?;
            let mut layer = Layer::load(&it.config, loading, index)?;
            if let Some(rounding) = rounding {
                if let Some(probe) = &mut probing {
                    probe.exact(&it.config, &layer)?;
                }
                layer = layer.rounded(rounding).map_err(failed)?;
                if let Some(probe) = &mut probing {
                    probe.rounded(&it.config, &layer)?;
                }
            }
            it.layers.push(layer);
        }
        let probed = match (probing, probe) {
            (Some(probing), Some((_, rows))) => Some(probing.end(&it.norm, rows).map_err(failed)?),
            _ => None,
        };
        Ok((it, probed))
    }

    /// Shorter chunks, so that short texts have several.
    #[cfg(test)]
    pub(crate) fn set_chunk(&mut self, tokens: usize) {
        self.chunk = tokens;
    }

    /// Refuses tokens that the model does not know.
    pub(crate) fn check(&self, ids: &[u32]) -> std::result::Result<(), ScoringError> {
        let size = self.config.vocab_size;
        match ids.iter().find(|id| **id as usize >= size) {
            Some(id) => Err(ScoringError::Layout(format!(
                "the tokenizer gives token {id}, but the model knows {size}; tokenizer.json is of another model"
            ))),
            None => Ok(()),
        }
    }

    /// Computes what the forest's request needs. `wanted` names rows by segment and token; as they are reached, `each`
    /// gets their names and their hidden states after the final norm, `[rows, hidden]` in f32.
    ///
    /// A wanted row that was computed in an earlier request has keys and values but no hidden state any more; its
    /// segment is computed again from there. Keys and values beyond `budget` bytes are dropped as soon as no branch
    /// needs them.
    pub(crate) fn run(
        &self,
        forest: &mut Forest,
        wanted: &BTreeMap<(SegmentId, usize), usize>,
        budget: usize,
        each: EachRow<'_>,
        go_on: GoOn<'_>,
    ) -> std::result::Result<(), ScoringError> {
        let failed = |e: candle_core::Error| ScoringError::compute("scoring a text", &e);
        for (segment, token) in wanted.keys() {
            forest.segment_mut(*segment).forget_from(*token).map_err(failed)?;
        }
        let mut waiting = pieces(forest);
        waiting.reverse();
        let mut computed = 0;
        while !waiting.is_empty() {
            let chunk = next_chunk(&mut waiting, self.chunk);
            let hidden = match self.chunk(&chunk, forest, &mut |rows| go_on(computed + rows)) {
                Ok(hidden) => hidden,
                Err(error) => {
                    // Some layers may have been extended and others not.
                    for piece in &chunk {
                        let segment = forest.segment_mut(piece.segment);
                        segment.forget_from(segment.done).map_err(failed)?;
                    }
                    return Err(error);
                }
            };
            let (mut names, mut rows) = (Vec::new(), Vec::new());
            for piece in &chunk {
                forest.segment_mut(piece.segment).done = piece.tokens.end;
                for (row, token) in (piece.row..).zip(piece.tokens.clone()) {
                    if let Some(name) = wanted.get(&(piece.segment, token)) {
                        names.push(*name);
                        rows.push(u32::try_from(row).unwrap_or(u32::MAX));
                    }
                }
                computed += piece.tokens.len() as u64;
            }
            if !names.is_empty() {
                let count = rows.len();
                let pick = || {
                    let rows = hidden.index_select(&Tensor::from_vec(rows, count, &self.device)?, 0)?;
                    self.norm.forward(&rows)?.to_dtype(DType::F32)
                };
                each(&names, &pick().map_err(failed)?)?;
            }
            Self::drop_finished(forest, &waiting, budget);
        }
        Ok(())
    }

    /// Frees what no waiting piece looks back to, once there is more than the budget.
    fn drop_finished(forest: &mut Forest, waiting: &[Piece], budget: usize) {
        let needed = forest.needed();
        let mut bytes: usize = needed.iter().map(|id| forest.segment(*id).bytes()).sum();
        if bytes <= budget {
            return;
        }
        let ahead: std::collections::HashSet<SegmentId> = waiting.iter().flat_map(|p| p.line.iter().copied()).collect();
        for id in needed.into_iter().filter(|id| !ahead.contains(id)) {
            if bytes <= budget {
                break;
            }
            let segment = forest.segment_mut(id);
            bytes -= segment.bytes();
            segment.done = 0;
            segment.layers.clear();
        }
    }

    /// Runs all layers on the pieces; gives `[rows, hidden]` and adds keys and values to the segments.
    fn chunk(
        &self,
        pieces: &[Piece],
        forest: &mut Forest,
        go_on: GoOn<'_>,
    ) -> std::result::Result<Tensor, ScoringError> {
        let failed = |e: candle_core::Error| ScoringError::compute("scoring a text", &e);
        let ids: Vec<u32> =
            pieces.iter().flat_map(|p| forest.segment(p.segment).ids[p.tokens.clone()].to_vec()).collect();
        let positions: Vec<usize> = pieces.iter().flat_map(|p| (p.position..).take(p.tokens.len())).collect();
        let rope = RopeTables::new(&self.config, &positions, self.dtype, &self.device).map_err(failed)?;
        let mut x = self.embed(&ids)?;
        let rows = Rows { pieces, rope: &rope };
        for (index, layer) in self.layers.iter().enumerate() {
            // Tokens count as computed in proportion to the layers they have passed.
            let passed = (ids.len() * index / self.layers.len()) as u64;
            x = layer.forward(&self.config, x, &rows, forest, &mut || go_on(passed))?;
        }
        Ok(x)
    }

    fn embed(&self, ids: &[u32]) -> std::result::Result<Tensor, ScoringError> {
        self.embedding.rows(ids, &self.device)
    }
}
