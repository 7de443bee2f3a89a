//! The transformer of an encoder, whichever it is: token ids in, hidden states out.

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::bert::{self, Bert};
use super::config::{DECODERS, EncoderConfig};
use super::modern::{self, ModernBert};
use crate::scoring::checkpoint::{Checkpoint, Weights};
use crate::scoring::network::{Decoder, Loading, Texts};
use crate::scoring::{NumberFormat, ScoringError};

/// A transformer with its weights.
pub(super) enum Backbone {
    Bert(Box<Bert>),
    Modern(Box<ModernBert>),
    /// One that reads forward only: the decoder of reward models.
    Decoder(Box<Texts>),
}

/// A transformer, and what is to be known of it.
pub(super) struct Loaded {
    pub(super) backbone: Backbone,
    /// Width of its states.
    pub(super) hidden: usize,
    /// The longest text that it reads, in tokens.
    pub(super) longest: usize,
    /// Multiplications for one token, about; the attention is not counted.
    pub(super) cost: usize,
}

/// Token ids of texts that all have the same number of them.
pub(super) struct Batch<'a> {
    pub(super) texts: Vec<&'a [u32]>,
    pub(super) length: usize,
}

impl Backbone {
    /// Loads the weights of a folder, in f32.
    pub(super) fn load(
        folder: &Path,
        config: &serde_json::Value,
        family: &str,
        weights: &Weights,
        device: &Device,
        go_on: &mut dyn FnMut() -> Result<(), ScoringError>,
    ) -> Result<Loaded, ScoringError> {
        let loading = Loading { weights, dtype: DType::F32, device };
        if DECODERS.contains(&family) {
            let checkpoint = Checkpoint::open_among(folder, &[])?;
            let config = &checkpoint.config;
            let (hidden, longest) = (config.hidden_size, config.max_positions);
            let cost = config.layers() * hidden * (3 * config.intermediate_size + 4 * hidden);
            let (decoder, _) = Decoder::load(&checkpoint, loading, NumberFormat::F32, None, &mut |_| go_on())?;
            let backbone = Self::Decoder(Box::new(Texts::new(decoder)));
            return Ok(Loaded { backbone, hidden, longest, cost });
        }
        let config = EncoderConfig::parse(config, &folder.join("config.json"))?;
        let (hidden, longest, is_modern) = (config.hidden, config.longest(), config.family == "modernbert");
        let cost = config.layers * hidden * (if is_modern { 3 } else { 2 } * config.inner + 4 * hidden);
        let words = if is_modern { modern::WORDS } else { bert::WORDS };
        let prefix = weights.names().into_iter().find_map(|name| name.strip_suffix(words)).map(String::from);
        let missing = || ScoringError::MissingTensor { name: words.into(), path: folder.into() };
        let prefix = prefix.ok_or_else(missing)?;
        let backbone = if is_modern {
            Self::Modern(Box::new(ModernBert::load(config, loading, &prefix, go_on)?))
        } else {
            Self::Bert(Box::new(Bert::load(config, loading, &prefix, go_on)?))
        };
        Ok(Loaded { backbone, hidden, longest, cost })
    }

    /// Hidden states, `[texts, length, hidden]`.
    pub(super) fn forward(&self, batch: &Batch<'_>) -> Result<Tensor, ScoringError> {
        let ids: Vec<u32> = batch.texts.concat();
        let states = match self {
            Self::Bert(bert) => bert.forward(&ids, batch.length)?,
            Self::Modern(modern) => modern.forward(&ids, batch.length)?,
            Self::Decoder(_) => {
                return Err(ScoringError::Compute("a decoder takes its texts one after another".into()));
            }
        };
        states.reshape((batch.texts.len(), batch.length, ())).map_err(|e| ScoringError::compute("encoding a text", &e))
    }

    /// Hidden states that a decoder gives, `[texts, length, hidden]`, or of the last token only.
    pub(super) fn decode(
        texts: &mut Texts,
        batch: &Batch<'_>,
        only_last: bool,
        go_on: &mut dyn FnMut() -> Result<(), ScoringError>,
    ) -> Result<Tensor, ScoringError> {
        let first = if only_last { batch.length.saturating_sub(1) } else { 0 };
        let wanted: Vec<(&[u32], Vec<usize>)> =
            batch.texts.iter().map(|ids| (*ids, (first..batch.length).collect())).collect();
        // Nothing is kept for the next batch: steps seldom begin alike.
        texts.forget();
        let rows = texts.begin(&wanted)?;
        let mut states: Vec<Option<Tensor>> = vec![None; rows.len()];
        let mut each = |numbers: &[usize], hidden: &Tensor| {
            for (row, number) in numbers.iter().enumerate() {
                let state = hidden.get(row).map_err(|e| ScoringError::compute("encoding a text", &e))?;
                if let Some(place) = states.get_mut(*number) {
                    *place = Some(state);
                }
            }
            Ok(())
        };
        texts.run(&rows, &mut each, &mut |_, _| go_on())?;
        let order = rows.numbers.iter().flatten();
        let states: Vec<Tensor> = order.filter_map(|number| states.get(*number)?.clone()).collect();
        let length = batch.length - first;
        Tensor::stack(&states, 0)
            .and_then(|states| states.reshape((batch.texts.len(), length, ())))
            .map_err(|e| ScoringError::compute("encoding a text", &e))
    }
}
