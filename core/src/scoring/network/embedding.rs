//! Rows of an embedding: on a processor they are read from the mapped file as they are needed.

use candle_core::{DType, Device, Tensor};

use super::linear::Loading;
use crate::scoring::ScoringError;
use crate::scoring::checkpoint::Weights;

/// One row for each token.
pub(crate) enum Embedding {
    /// In a file, under that name.
    Mapped(Weights, String, DType),
    /// On the device.
    Loaded(Tensor),
}

impl Embedding {
    /// The embedding of that name, `[rows, width]`.
    pub(crate) fn load(loading: Loading<'_>, name: &str, rows: usize, width: usize) -> Result<Self, ScoringError> {
        loading.weights.expect_shape(name, &[rows, width])?;
        if loading.device.is_cpu() {
            return Ok(Self::Mapped(loading.weights.clone(), name.into(), loading.dtype));
        }
        Ok(Self::Loaded(loading.get(name, &[rows, width])?))
    }

    /// Looks up tokens: `[ids, width]`.
    pub(crate) fn rows(&self, ids: &[u32], device: &Device) -> Result<Tensor, ScoringError> {
        match self {
            Self::Loaded(table) => Tensor::new(ids, device)
                .and_then(|ids| table.index_select(&ids, 0))
                .map_err(|e| ScoringError::compute("looking up tokens", &e)),
            Self::Mapped(weights, name, dtype) => weights.rows(name, ids, *dtype, device),
        }
    }
}
