//! From the hidden states of the tokens of a text to one vector of length 1.

use candle_core::{DType, Device, Result, Tensor};
use serde_json::Value;

use super::folder::DenseFolder;
use crate::model::ContentHasher;
use crate::scoring::ScoringError;
use crate::scoring::checkpoint::Weights;
use crate::scoring::network::{Linear, Loading};

/// How the tokens of a text become one vector. The names are those of sentence-transformers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The first token.
    Cls,
    /// The largest of each number.
    Max,
    /// The mean.
    Mean,
    /// The sum over the root of the count.
    MeanSqrt,
    /// The mean, the n-th token counting n times.
    Weighted,
    /// The last token.
    Last,
}

/// Each with its name, and the key by which versions before 6 switched it on; in the order in which they stand side by
/// side.
const MODES: [(Mode, &str, &str); 6] = [
    (Mode::Cls, "cls", "pooling_mode_cls_token"),
    (Mode::Max, "max", "pooling_mode_max_tokens"),
    (Mode::Mean, "mean", "pooling_mode_mean_tokens"),
    (Mode::MeanSqrt, "mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens"),
    (Mode::Weighted, "weightedmean", "pooling_mode_weightedmean_tokens"),
    (Mode::Last, "lasttoken", "pooling_mode_lasttoken"),
];

impl Mode {
    /// The ways that the settings of a pooling name, one or several.
    pub(super) fn of_settings(settings: &Value) -> std::result::Result<Vec<Self>, String> {
        let of_name = |name: &str| {
            let mode = MODES.iter().find(|(_, known, _)| *known == name).map(|(mode, ..)| *mode);
            mode.ok_or_else(|| format!("the pooling {name:?} is not supported; expected one of {}", names()))
        };
        match settings.get("pooling_mode") {
            Some(Value::String(name)) => Ok(vec![of_name(name)?]),
            Some(Value::Array(names)) => names.iter().map(|name| of_name(name.as_str().unwrap_or_default())).collect(),
            _ => {
                let is_on = |key: &str| settings.get(key) == Some(&Value::Bool(true));
                let on: Vec<Self> = MODES.iter().filter(|(.., key)| is_on(key)).map(|(mode, ..)| *mode).collect();
                Ok(if on.is_empty() { vec![Self::Mean] } else { on })
            }
        }
    }

    /// `[texts, length, hidden]` to `[texts, hidden]`.
    fn pool(self, states: &Tensor) -> Result<Tensor> {
        let length = states.dim(1)?;
        let sum = || states.sum(1);
        match self {
            Self::Cls => states.narrow(1, 0, 1)?.squeeze(1),
            Self::Last => states.narrow(1, length - 1, 1)?.squeeze(1),
            Self::Max => states.max(1),
            Self::Mean => sum()? / length as f64,
            Self::MeanSqrt => sum()? / (length as f64).sqrt(),
            Self::Weighted => {
                let all = (length * (length + 1) / 2) as f32;
                let shares: Vec<f32> = (1..=length).map(|place| place as f32 / all).collect();
                let shares = Tensor::from_vec(shares, (1, length, 1), states.device())?;
                states.broadcast_mul(&shares)?.sum(1)
            }
        }
    }
}

fn names() -> String {
    MODES.map(|(_, name, _)| name).join(", ")
}

/// What comes after the transformer.
pub(super) struct Pooling {
    modes: Vec<Mode>,
    dense: Vec<Dense>,
}

struct Dense {
    linear: Linear,
    outputs: usize,
    activation: String,
}

impl Pooling {
    /// Loads the layers. Gives what tells them from others, too.
    pub(super) fn load(
        modes: Vec<Mode>,
        folders: &[DenseFolder],
        device: &Device,
        mut digest: ContentHasher,
    ) -> std::result::Result<(Self, ContentHasher), ScoringError> {
        let mut dense = Vec::new();
        digest = digest.part(format!("{modes:?}"));
        for folder in folders {
            if !["Tanh", "Identity", "GELU", "ReLU"].contains(&folder.activation.as_str()) {
                let reason = format!("the activation {:?} of a dense layer is not supported", folder.activation);
                return Err(ScoringError::bad_file(&folder.path.join("config.json"), reason));
            }
            let weights = Weights::open(&folder.path)?;
            digest = weights.digest(digest.part(format!("{} {}", folder.activation, folder.bias)));
            let loading = Loading { weights: &weights, dtype: DType::F32, device };
            let linear = loading.linear(&[("linear".into(), folder.outputs)], folder.inputs, folder.bias)?;
            dense.push(Dense { linear, outputs: folder.outputs, activation: folder.activation.clone() });
        }
        Ok((Self { modes, dense }, digest))
    }

    /// Only the last token counts, so that the others need not be kept.
    pub(super) fn is_last(&self) -> bool {
        self.modes == [Mode::Last]
    }

    /// Numbers of a vector, where the transformer gives so many.
    pub(super) fn dims(&self, hidden: usize) -> usize {
        self.dense.last().map_or(hidden * self.modes.len(), |dense| dense.outputs)
    }

    /// `[texts, length, hidden]` to a vector of length 1 for each text.
    pub(super) fn vectors(&self, states: &Tensor) -> std::result::Result<Vec<Vec<f32>>, ScoringError> {
        let pooled = self.pooled(states).and_then(|pooled| pooled.to_dtype(DType::F32)?.to_vec2::<f32>());
        let mut pooled = pooled.map_err(|e| ScoringError::compute("encoding a text", &e))?;
        for vector in &mut pooled {
            let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            if !length.is_finite() {
                return Err(ScoringError::Compute(
                    "the encoder gave numbers that are none; its weights are broken".into(),
                ));
            }
            // As in PyTorch, where a vector of zeros stays one.
            #[expect(clippy::cast_possible_truncation, reason = "numbers of size 1 at most")]
            for x in vector.iter_mut() {
                *x = (f64::from(*x) / length.max(1e-12)) as f32;
            }
        }
        Ok(pooled)
    }

    fn pooled(&self, states: &Tensor) -> Result<Tensor> {
        let parts = self.modes.iter().map(|mode| mode.pool(states)).collect::<Result<Vec<_>>>()?;
        let mut x = Tensor::cat(&parts, 1)?;
        for dense in &self.dense {
            let y = dense.linear.forward(&x)?;
            x = match dense.activation.as_str() {
                "Tanh" => y.tanh()?,
                "GELU" => y.gelu_erf()?,
                "ReLU" => y.relu()?,
                _ => y,
            };
        }
        Ok(x)
    }
}
