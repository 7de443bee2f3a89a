//! The tensors of a model: safetensors mapped into memory, an adapter merged into them as they are read, and a head
//! in a file of its own. A tensor is read when it is asked for.
//!
//! Names are those of a causal model in transformers: `model.layers.0…`, `lm_head.weight`. Files that leave out the
//! `model.`, or put something before it, are read the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::safetensors::MmapedSafetensors;
use candle_core::{DType, Device, Tensor};

use super::adapter::Adapter;
use super::files::{check, map, weight_files};
use super::reward_head::RewardHead;
use super::source::{Source, sampled};
use crate::model::ContentHasher;
use crate::scoring::{ModelConfig, ScoringError};

/// The embedding, by its name here.
const EMBEDDING: &str = "model.embed_tokens.weight";

/// Tensors by name. A clone shares the mapping.
#[derive(Clone)]
pub(crate) struct Weights {
    folder: PathBuf,
    tensors: Arc<Tensors>,
}

struct Tensors {
    mapped: MmapedSafetensors,
    /// From the name here to the name in the file.
    stored: BTreeMap<String, String>,
    adapter: Option<Adapter>,
    reward_head: Option<RewardHead>,
}

impl Weights {
    /// Opens the weights of a folder, and what lies beside them.
    pub(crate) fn open(folder: &Path) -> Result<Self, ScoringError> {
        Self::with_adapter(folder, None)
    }

    /// The weights of a folder as the adapter of another one changes them.
    pub(super) fn with_adapter(base: &Path, adapter: Option<&Path>) -> Result<Self, ScoringError> {
        let files = weight_files(base)?;
        for file in &files {
            check(file)?;
        }
        let mapped = map(&files).map_err(|e| ScoringError::bad_file(base, format!("unreadable weights ({e})")))?;
        let stored = own_names(mapped.tensors().into_iter().map(|(name, _)| name));
        let folder = adapter.unwrap_or(base);
        let reward_head = RewardHead::open(folder)?;
        let mut tensors = Tensors { mapped, stored, adapter: None, reward_head };
        if let Some(adapter) = adapter {
            let adapter = Adapter::open(adapter, |name| tensors.source(name)?.shape().ok())?;
            tensors.adapter = Some(adapter);
        }
        Ok(Self { folder: folder.into(), tensors: Arc::new(tensors) })
    }

    /// Every name, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let tensors = &*self.tensors;
        let stored = tensors.stored.keys().map(String::as_str);
        let replaced = tensors.adapter.iter().flat_map(Adapter::names);
        let head = tensors.reward_head.iter().flat_map(RewardHead::names);
        let all: BTreeSet<&str> = stored.chain(replaced).chain(head).collect();
        all.into_iter().collect()
    }

    /// True where there is a tensor of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.source(name).is_ok()
    }

    /// The shape of a tensor.
    pub(crate) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.source(name).ok()?.shape().ok()
    }

    /// Checks that there is a tensor of that name and shape.
    pub(crate) fn expect_shape(&self, name: &str, shape: &[usize]) -> Result<(), ScoringError> {
        self.source(name).and_then(|source| self.checked(name, shape, source)).map(drop)
    }

    /// The name of the matrix that turns hidden states into logits: `[vocabulary, hidden]`.
    pub(crate) fn output_name(config: &ModelConfig) -> &'static str {
        if config.tied { EMBEDDING } else { "lm_head.weight" }
    }

    /// Rows of the embedding, where it is not as `config.json` says.
    pub(super) fn vocabulary(&self) -> Option<usize> {
        self.shape(EMBEDDING)?.first().copied()
    }

    /// The format in which the backbone is stored.
    pub(crate) fn stored_dtype(&self) -> DType {
        self.source("model.norm.weight").and_then(|source| source.dtype().map_err(failed)).unwrap_or(DType::F32)
    }

    /// One tensor of that shape, in that format, on that device.
    pub(crate) fn get(
        &self,
        name: &str,
        shape: &[usize],
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor, ScoringError> {
        let source = self.checked(name, shape, self.source(name)?)?;
        let load = || {
            let tensor = source.load(device)?;
            match self.tensors.adapter.as_ref().and_then(|adapter| adapter.change(name, None, device).transpose()) {
                Some(change) => (tensor.to_dtype(DType::F32)? + change?)?.to_dtype(dtype),
                None => tensor.to_dtype(dtype),
            }
        };
        load().map_err(failed)
    }

    /// Some rows of a matrix `[rows, width]`, without reading the others: `[rows.len(), width]`.
    pub(crate) fn rows(&self, name: &str, rows: &[u32], dtype: DType, device: &Device) -> Result<Tensor, ScoringError> {
        let source = self.source(name)?;
        let height = source.shape().map_err(failed)?.first().copied().unwrap_or_default();
        if let Some(row) = rows.iter().find(|row| **row as usize >= height) {
            return Err(ScoringError::Layout(format!(
                "the token {row} is not in the model's vocabulary: {name} has {height} rows"
            )));
        }
        let load = || {
            let tensor = source.rows(rows, device)?;
            let adapter = self.tensors.adapter.as_ref();
            match adapter.and_then(|adapter| adapter.change(name, Some(rows), device).transpose()) {
                Some(change) => (tensor.to_dtype(DType::F32)? + change?)?.to_dtype(dtype),
                None => tensor.to_dtype(dtype),
            }
        };
        load().map_err(failed)
    }

    /// Adds what tells these tensors from others to a hash.
    ///
    /// It covers of every tensor its name, format, shape and up to sixteen blocks of 4 KiB spread evenly over its
    /// bytes. Reading all bytes of a 7B model would take as long as loading it; training changes every block, so that
    /// sixteen tell two models apart. A tensor up to 64 KiB, which every bias, norm and head row is, is covered whole.
    pub(crate) fn digest(&self, mut hasher: ContentHasher) -> ContentHasher {
        let tensors = &*self.tensors;
        for (name, stored) in &tensors.stored {
            hasher = sampled(hasher, name, &tensors.mapped, stored);
        }
        if let Some(adapter) = &tensors.adapter {
            hasher = adapter.digest(hasher);
        }
        if let Some(head) = &tensors.reward_head {
            hasher = head.digest(hasher);
        }
        hasher
    }

    fn source(&self, name: &str) -> Result<Source<'_>, ScoringError> {
        let missing = || ScoringError::MissingTensor { name: name.into(), path: self.folder.clone() };
        self.tensors.source(name).ok_or_else(missing)
    }

    fn checked<'a>(&self, name: &str, shape: &[usize], source: Source<'a>) -> Result<Source<'a>, ScoringError> {
        let found = source.shape().map_err(failed)?;
        if found == shape {
            return Ok(source);
        }
        Err(ScoringError::WrongShape { name: name.into(), expected: shape.to_vec(), found, path: self.folder.clone() })
    }
}

impl Tensors {
    fn source(&self, name: &str) -> Option<Source<'_>> {
        if let Some((mapped, stored)) = self.adapter.as_ref().and_then(|adapter| adapter.replaced(name)) {
            return Some(Source::Mapped(mapped, stored));
        }
        if let Some(tensor) = self.reward_head.as_ref().and_then(|head| head.get(name)) {
            return Some(Source::Loaded(tensor));
        }
        self.stored.get(name).map(|stored| Source::Mapped(&self.mapped, stored))
    }
}

/// From the names here to those in the file. The embedding tells what stands before the backbone's names there.
pub(crate) fn own_names(stored: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let stored: Vec<String> = stored.collect();
    let prefix = stored.iter().find_map(|name| name.strip_suffix("embed_tokens.weight")).unwrap_or("model.");
    let before = prefix.strip_suffix("model.").unwrap_or(prefix);
    let own = |name: &str| {
        let of_backbone = ["layers.", "embed_tokens.", "norm."];
        let rest = name.strip_prefix(prefix).filter(|rest| of_backbone.iter().any(|part| rest.starts_with(part)));
        match rest {
            Some(rest) => format!("model.{rest}"),
            None => name.strip_prefix(before).unwrap_or(name).to_string(),
        }
    };
    stored.iter().map(|name| (own(name), name.clone())).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn failed(error: candle_core::Error) -> ScoringError {
    ScoringError::compute("loading the weights", &error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_whatever_stands_before_them() {
        let check = |stored: [&str; 4]| {
            let own: Vec<String> = own_names(stored.iter().map(ToString::to_string)).into_keys().collect();
            assert_eq!(own, ["model.embed_tokens.weight", "model.layers.0.x", "model.norm.weight", "score.weight"]);
        };
        check(["model.embed_tokens.weight", "model.layers.0.x", "model.norm.weight", "score.weight"]);
        check(["embed_tokens.weight", "layers.0.x", "norm.weight", "score.weight"]);
        check(["rm.model.embed_tokens.weight", "rm.model.layers.0.x", "rm.model.norm.weight", "score.weight"]);
        check(["rm.model.embed_tokens.weight", "rm.model.layers.0.x", "rm.model.norm.weight", "rm.score.weight"]);
    }

    #[test]
    fn rows_are_those_of_the_whole_matrix() {
        let check = |name: &str, matrix: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/scoring").join(name);
            let weights = crate::scoring::checkpoint::Checkpoint::open(&folder).unwrap().weights;
            let shape = weights.shape(matrix).unwrap();
            let whole = weights.get(matrix, &shape, DType::F32, &Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            let wanted = [11, 0, 511, 11];
            let rows = weights.rows(matrix, &wanted, DType::F32, &Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            for (row, id) in rows.iter().zip(wanted) {
                for (a, b) in row.iter().zip(&whole[id as usize]) {
                    assert!((a - b).abs() < 1e-6, "{name} {matrix} {id}");
                }
            }
            assert_eq!(rows.len(), wanted.len());
            let error = weights.rows(matrix, &[512], DType::F32, &Device::Cpu).unwrap_err().to_string();
            assert!(error.contains("512 is not in the model's vocabulary"), "{error}");
        };
        check("qwen2_prm", "model.embed_tokens.weight");
        check("qwen2_rm", "model.embed_tokens.weight");
        check("lora_pair", "lm_head.weight");
        check("lora_pair", "model.embed_tokens.weight");
    }
}
