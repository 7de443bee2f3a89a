//! Steps between matrix products, each in one pass over the numbers: on a processor the single operations of candle
//! would read and write everything several times. Other devices use those operations.

use candle_core::{CpuStorage, CustomOp1, DType, Device, InplaceOp1, Layout, Result, Shape, Tensor};
use candle_nn::ops::softmax_last_dim;
use rayon::prelude::*;

/// Where attention may look: row `r` of a block of queries stands at position `first + r`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// Position of the first query.
    pub(crate) first: usize,
    /// Queries in the block.
    pub(crate) queries: usize,
    /// How many positions back a token sees, itself among them.
    pub(crate) window: Option<usize>,
    /// Position of the first key.
    pub(crate) first_key: usize,
}

impl Sight {
    /// The keys that a row sees, as a range of columns.
    fn columns(&self, row: usize, keys: usize) -> std::ops::Range<usize> {
        let position = self.first + row % self.queries;
        let end = (position + 1).saturating_sub(self.first_key).min(keys);
        let begin = self.window.map_or(0, |w| (position + 1).saturating_sub(w).saturating_sub(self.first_key));
        begin.min(end)..end
    }

    fn mask(&self, keys: usize, device: &Device) -> Result<Tensor> {
        let row = |row: usize| {
            let seen = self.columns(row, keys);
            (0..keys).map(move |key| if seen.contains(&key) { 0.0 } else { f32::NEG_INFINITY })
        };
        let values: Vec<f32> = (0..self.queries).flat_map(row).collect();
        Tensor::from_vec(values, (self.queries, keys), device)
    }
}

/// Shares of attention from scores `[kv_heads, groups * queries, keys]`: scaled, masked, softmax over the keys.
pub(crate) fn attention_shares(scores: Tensor, scale: f64, sight: Sight) -> Result<Tensor> {
    if scores.device().is_cpu() && scores.dtype() == DType::F32 {
        #[expect(clippy::cast_possible_truncation, reason = "scores are f32 as well")]
        scores.inplace_op1(&Shares { scale: scale as f32, sight })?;
        return Ok(scores);
    }
    let (heads, rows, keys) = scores.dims3()?;
    let dtype = scores.dtype();
    let mask = sight.mask(keys, scores.device())?;
    let scores = (scores.to_dtype(DType::F32)? * scale)?.reshape((heads, rows / sight.queries, sight.queries, keys))?;
    softmax_last_dim(&scores.broadcast_add(&mask)?)?.reshape((heads, rows, keys))?.to_dtype(dtype)
}

struct Shares {
    scale: f32,
    sight: Sight,
}

impl InplaceOp1 for Shares {
    fn name(&self) -> &'static str {
        "attention-shares"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let keys = layout.dims().last().copied().unwrap_or(1).max(1);
        let (CpuStorage::F32(scores), Some((from, to))) = (storage, layout.contiguous_offsets()) else {
            candle_core::bail!("attention scores must be contiguous f32");
        };
        let Some(scores) = scores.get_mut(from..to) else { candle_core::bail!("attention scores are missing") };
        scores.par_chunks_mut(keys).enumerate().for_each(|(row, scores)| {
            let seen = self.sight.columns(row, keys);
            let (before, rest) = scores.split_at_mut(seen.start);
            let (seen, after) = rest.split_at_mut(seen.len());
            before.fill(0.0);
            after.fill(0.0);
            let most = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for score in seen.iter_mut() {
                *score = exp((*score - most) * self.scale);
            }
            let share = 1.0 / seen.iter().sum::<f32>();
            for score in seen {
                *score *= share;
            }
        });
        Ok(())
    }
}

/// `silu(gate) * up` of `[rows, gate and up side by side]`.
pub(crate) fn swiglu(gate_and_up: &Tensor) -> Result<Tensor> {
    if gate_and_up.device().is_cpu() && gate_and_up.dtype() == DType::F32 {
        return gate_and_up.apply_op1_no_bwd(&SwiGlu);
    }
    candle_nn::ops::swiglu(gate_and_up)
}

struct SwiGlu;

impl CustomOp1 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let (CpuStorage::F32(both), Some((from, to))) = (storage, layout.contiguous_offsets()) else {
            candle_core::bail!("gate and up must be contiguous f32");
        };
        let Some(both) = both.get(from..to) else { candle_core::bail!("gate and up are missing") };
        let half = width / 2;
        let mut out = vec![0.0_f32; rows * half];
        out.par_chunks_mut(half.max(1)).zip(both.par_chunks(width.max(1))).for_each(|(out, both)| {
            let (gate, up) = both.split_at(half);
            for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                *out = gate / (1.0 + exp(-gate)) * up;
            }
        });
        Ok((CpuStorage::F32(out), Shape::from((rows, half))))
    }
}

/// What an encoder's feed-forward network does to each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// By the error function.
    Gelu,
    /// By the hyperbolic tangent that comes near it.
    GeluTanh,
    Relu,
    Silu,
}

impl Activation {
    /// By the name that transformers has for it.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        match name {
            "gelu" | "gelu_python" => Some(Self::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_accurate" => Some(Self::GeluTanh),
            "relu" => Some(Self::Relu),
            "silu" | "swish" => Some(Self::Silu),
            _ => None,
        }
    }
}

/// The activation of each number of a tensor.
pub(crate) fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Gelu if x.device().is_cpu() && x.dtype() == DType::F32 => x.contiguous()?.apply_op1_no_bwd(&Gelu),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::Relu => x.relu(),
        Activation::Silu => x.silu(),
    }
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (CpuStorage::F32(x), Some((from, to))) = (storage, layout.contiguous_offsets()) else {
            candle_core::bail!("activations must be contiguous f32");
        };
        let Some(x) = x.get(from..to) else { candle_core::bail!("activations are missing") };
        let mut out = vec![0.0_f32; x.len()];
        out.par_chunks_mut(4096).zip(x.par_chunks(4096)).for_each(|(out, x)| {
            for (out, &x) in out.iter_mut().zip(x) {
                *out = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
            }
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

/// The error function, within 3e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. In a form that
/// becomes vector instructions, as [`exp`].
#[inline]
fn erf(x: f32) -> f32 {
    let far = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * far);
    let series = 1.061_405_4;
    let series = series * t - 1.453_152;
    let series = series * t + 1.421_413_7;
    let series = series * t - 0.284_496_74;
    let series = series * t + 0.254_829_6;
    (1.0 - series * t * exp(-far * far)).copysign(x)
}

/// e to the `x`, within 2 units in the last place, in a form that compilers turn into vector instructions: the
/// library's own is called number by number. Follows the usual reduction to 2^n · e^r with |r| ≤ ln 2 / 2 and the
/// series of e^r. Not a number stays so.
#[inline]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23: adding it rounds to a whole number
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Past these the result is 0 or infinite for our purposes, and 2^n could not be made of bits.
    let clamped = if x < -87.0 { -87.0 } else { x };
    let clamped = if clamped > 88.0 { 88.0 } else { clamped };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = clamped - n * LN_2_HIGH - n * LN_2_LOW;
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r + 1.0;
    let series = series * r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_shl(23).wrapping_add(0x3f80_0000));
    let small = if x < -87.0 { 0.0 } else { series * power };
    if x > 88.0 { f32::INFINITY } else { small }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_e_are_exact_enough() {
        let mut worst = 0.0_f64;
        for step in 0..=1_750_000_i32 {
            let x = f64::from(step - 870_000) / 10_000.0;
            #[expect(clippy::cast_possible_truncation, reason = "the argument is an f32")]
            let x = x as f32;
            let expected = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - expected).abs() / expected);
        }
        assert!(worst < 3e-7, "{worst}");
        assert!(exp(f32::NAN).is_nan());
        let edges = [-1e9, 1e9, 0.0, f32::NEG_INFINITY, f32::INFINITY].map(exp);
        let expected = [0.0, f32::INFINITY, 1.0, 0.0, f32::INFINITY];
        assert_eq!(edges.map(f32::to_bits), expected.map(f32::to_bits));
    }

    #[test]
    fn gelu_is_that_of_the_error_function() {
        let x = Tensor::arange_step(-9.0_f32, 9.0, 0.001, &Device::Cpu).unwrap();
        let far = (activate(&x, Activation::Gelu).unwrap() - x.gelu_erf().unwrap()).unwrap().abs().unwrap();
        let far = far.max(0).unwrap().to_scalar::<f32>().unwrap();
        assert!(far < 1e-6, "{far}");
    }

    #[test]
    fn fused_steps_equal_single_ones() {
        let device = Device::Cpu;
        let close = |a: &Tensor, b: &Tensor| {
            let far =
                (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
            assert!(far < 1e-6, "{far}");
        };
        let both = Tensor::randn(0.0_f32, 3.0, (5, 12), &device).unwrap();
        close(&swiglu(&both).unwrap(), &candle_nn::ops::swiglu(&both).unwrap());
        for (first, first_key, window) in [(0, 0, None), (3, 0, None), (9, 4, Some(3)), (5, 2, Some(100))] {
            let sight = Sight { first, queries: 4, window, first_key };
            let keys = first + 4 - first_key;
            let scores = Tensor::randn(0.0_f32, 3.0, (2, 12, keys), &device).unwrap();
            let mask = sight.mask(keys, &device).unwrap();
            let wide = (&scores * 0.3).unwrap().reshape((2, 3, 4, keys)).unwrap().broadcast_add(&mask).unwrap();
            let expected = softmax_last_dim(&wide).unwrap().reshape((2, 12, keys)).unwrap();
            close(&attention_shares(scores, 0.3, sight).unwrap(), &expected);
        }
    }
}
