//! An encoder from a folder: texts to tokens, batches of equal length, vectors.

use std::fs;
use std::path::Path;

use candle_core::Device;
use rayon::prelude::*;
use serde_json::Value;
use tokenizers::{TruncationParams, TruncationStrategy};

use super::backbone::{Backbone, Batch, Loaded};
use super::config::{DECODERS, family};
use super::folder::SentenceFolder;
use super::pooling::{Mode, Pooling};
use super::{EncoderInfo, TextEncoder};
use crate::job::Progress;
use crate::model::ContentHasher;
use crate::scoring::checkpoint::{TextFiles, Weights};
use crate::scoring::{ScoringError, Watch};

/// Raised whenever a change changes vectors.
const VERSION: &str = "1";

/// Multiplications of a batch on a processor: one core is through with it in about a second, which is how often a wish
/// to stop is heard.
const PRODUCT: usize = 12 << 30;
/// Tokens of a batch at most: on a processor, on a card.
const TOKENS: (usize, usize) = (1024, 32 << 10);
/// Attention scores of a batch that are held for one head: memory.
const SCORES: usize = 4 << 20;

/// A loaded encoder.
pub struct Encoder {
    info: EncoderInfo,
    files: TextFiles,
    lower_case: bool,
    backbone: Backbone,
    pooling: Pooling,
    /// Tokens of a batch.
    tokens: usize,
    /// Batches that are computed at once.
    at_once: usize,
}

impl Encoder {
    /// Loads a folder onto a device.
    pub(in crate::scoring) fn load(folder: &Path, device: &Device, watch: Watch<'_>) -> Result<Self, ScoringError> {
        let mut go_on = || {
            watch(Progress { note: "loading the encoder".into(), ..Progress::default() }).map_err(ScoringError::stopped)
        };
        go_on()?;
        if !folder.is_dir() {
            return Err(ScoringError::NotFound { what: "folder of a sentence encoder".into(), path: folder.into() });
        }
        let sentence = SentenceFolder::open(folder)?;
        let place = &sentence.transformer;
        let (config, text) = read_config(place)?;
        let family = family(&config, &place.join("config.json"))?;
        let modes = match sentence.modes {
            Some(modes) => modes,
            // What sentence-transformers makes of a folder that is not one of its own.
            None if !DECODERS.contains(&family.as_str()) => vec![Mode::Mean],
            None => return Err(not_an_encoder(folder, &family)),
        };
        let mut files = TextFiles::open(place)?;
        let weights = open_weights(place)?;
        let digest = weights.digest(ContentHasher::new("encoder").part(VERSION).part(&text).part(&files.digest));
        let (pooling, digest) = Pooling::load(modes, &sentence.dense, device, digest)?;
        let Loaded { backbone, hidden, longest, cost } =
            Backbone::load(place, &config, &family, &weights, device, &mut go_on)?;
        let asked = sentence.longest.or_else(|| longest_of_tokenizer(place));
        let longest = asked.map_or(longest, |asked| asked.min(longest)).max(1);
        let truncation = TruncationParams {
            max_length: longest,
            strategy: TruncationStrategy::LongestFirst,
            ..TruncationParams::default()
        };
        let truncated = files.tokenizer.with_truncation(Some(truncation)).map(drop);
        truncated
            .map_err(|e| ScoringError::bad_file(place, format!("texts cannot be cut to {longest} tokens ({e})")))?;
        let digest = digest.part(&sentence.prompt).part(format!("{longest} {}", sentence.lower_case));
        let name = folder.canonicalize().unwrap_or_else(|_| folder.into());
        let info = EncoderInfo {
            name: name.file_name().map_or_else(|| family.clone(), |name| name.to_string_lossy().into_owned()),
            fingerprint: digest.hex(32),
            dims: pooling.dims(hidden),
            family,
            longest,
            prompt: sentence.prompt,
            model: folder.display().to_string(),
        };
        let on_cores = device.is_cpu() && !matches!(backbone, Backbone::Decoder(_));
        let tokens = if device.is_cpu() { (PRODUCT / cost.max(1)).clamp(64, TOKENS.0) } else { TOKENS.1 };
        let at_once = if on_cores { rayon::current_num_threads() } else { 1 };
        Ok(Self { info, files, lower_case: sentence.lower_case, backbone, pooling, tokens, at_once })
    }

    /// The token ids of a text, cut to what is read.
    fn ids(&self, text: &str) -> Result<Vec<u32>, ScoringError> {
        let text = format!("{}{text}", self.info.prompt);
        let text = if self.lower_case { text.to_lowercase() } else { text };
        let encoding = self.files.tokenizer.encode(text, true);
        let encoding = encoding.map_err(|e| ScoringError::Layout(format!("the tokenizer failed ({e})")))?;
        let ids = encoding.get_ids().to_vec();
        if ids.is_empty() {
            return Err(ScoringError::Layout("a text without tokens has no vector".into()));
        }
        Ok(ids)
    }

    /// Runs of texts with the same number of tokens, each with their places, short ones first.
    fn batches<'a>(&self, ids: &'a [Vec<u32>]) -> Vec<(Vec<usize>, Batch<'a>)> {
        let mut order: Vec<(usize, usize)> = ids.iter().enumerate().map(|(at, ids)| (ids.len(), at)).collect();
        order.sort_unstable();
        let runs = order.chunk_by(|a, b| a.0 == b.0);
        let cut = runs.flat_map(|run| {
            let length = run.first().map_or(1, |(length, _)| *length);
            let most = (self.tokens / length).min(SCORES / (length * length)).max(1);
            run.chunks(most).map(move |part| (length, part))
        });
        cut.map(|(length, part)| {
            let places: Vec<usize> = part.iter().map(|(_, at)| *at).collect();
            let texts = places.iter().filter_map(|at| ids.get(*at)).map(Vec::as_slice).collect();
            (places, Batch { texts, length })
        })
        .collect()
    }
}

impl TextEncoder for Encoder {
    fn info(&self) -> &EncoderInfo {
        &self.info
    }

    fn encode(&mut self, texts: &[String], watch: Watch<'_>) -> Result<Vec<Vec<f32>>, ScoringError> {
        let mut told = |done: usize| {
            let progress = Progress { done: done as u64, total: Some(texts.len() as u64), note: "texts".into() };
            watch(progress).map_err(ScoringError::stopped)
        };
        told(0)?;
        let ids = texts.par_iter().map(|text| self.ids(text)).collect::<Result<Vec<_>, _>>()?;
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut done = 0;
        for lot in self.batches(&ids).chunks(self.at_once) {
            let found: Vec<Vec<Vec<f32>>> = match &mut self.backbone {
                Backbone::Decoder(decoder) => {
                    let only_last = self.pooling.is_last();
                    let one = |(_, batch): &(Vec<usize>, Batch<'_>)| {
                        let states = Backbone::decode(decoder, batch, only_last, &mut || told(done))?;
                        self.pooling.vectors(&states)
                    };
                    lot.iter().map(one).collect::<Result<_, _>>()?
                }
                backbone => {
                    let (backbone, pooling) = (&*backbone, &self.pooling);
                    let one = |(_, batch): &(Vec<usize>, Batch<'_>)| pooling.vectors(&backbone.forward(batch)?);
                    lot.par_iter().map(one).collect::<Result<_, _>>()?
                }
            };
            for ((places, _), found) in lot.iter().zip(found) {
                done += places.len();
                for (place, vector) in places.iter().zip(found) {
                    if let Some(slot) = vectors.get_mut(*place) {
                        *slot = vector;
                    }
                }
            }
            told(done)?;
        }
        Ok(vectors)
    }
}

fn read_config(folder: &Path) -> Result<(Value, String), ScoringError> {
    let path = folder.join("config.json");
    if !path.is_file() {
        let what = "config.json; the folder of a sentence encoder holds config.json, tokenizer.json and \
                    model.safetensors";
        return Err(ScoringError::NotFound { what: what.into(), path });
    }
    let text = fs::read_to_string(&path).map_err(|e| ScoringError::io("read", &path, e))?;
    let config = serde_json::from_str(&text)
        .map_err(|e| ScoringError::bad_file(&path, format!("config.json is not JSON ({e})")))?;
    Ok((config, text))
}

fn open_weights(folder: &Path) -> Result<Weights, ScoringError> {
    let pickle = folder.join("pytorch_model.bin");
    Weights::open(folder).map_err(|error| match error {
        ScoringError::NotFound { .. } if pickle.is_file() => ScoringError::bad_file(
            &pickle,
            "the weights are a pickle, which is not read; save the model with a newer transformers, which writes \
             model.safetensors",
        ),
        other => other,
    })
}

fn not_an_encoder(folder: &Path, family: &str) -> ScoringError {
    let reason = format!(
        "this {family} model says nothing of how a text becomes one vector (no modules.json), so it is no sentence \
         encoder; choose the folder of one, such as all-MiniLM-L6-v2 or Qwen3-Embedding-0.6B"
    );
    ScoringError::bad_file(folder, reason)
}

/// The longest text that the tokenizer is for; some write 10^30 for any.
fn longest_of_tokenizer(folder: &Path) -> Option<usize> {
    let text = fs::read_to_string(folder.join("tokenizer_config.json")).ok()?;
    let settings: Value = serde_json::from_str(&text).ok()?;
    usize::try_from(settings.get("model_max_length")?.as_u64()?).ok()
}
