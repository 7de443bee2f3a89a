//! Where scorers come from: models in folders, and those that come with the program.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use candle_core::Device;

use super::builtin::builtin;
use super::checkpoint::find_model;
use super::device::open_device;
use super::{
    BUILTINS, Capabilities, DeviceChoice, DeviceKind, Encoder, ModelSource, NumberFormat, Recipes, ScoreCache, Scorer,
    ScorerFactory, ScoringError, StepScorer, TextEncoder, Watch,
};

/// Loads models from folders onto one device, with one cache for all.
pub struct ModelFactory {
    pub(super) device: Device,
    choice: DeviceChoice,
    pub(super) cache: Arc<Mutex<ScoreCache>>,
    pub(super) recipes: Recipes,
    pub(super) places: Vec<PathBuf>,
}

impl ModelFactory {
    /// Opens the device.
    pub fn new(device: DeviceKind, cache: ScoreCache) -> Result<Self, ScoringError> {
        let (device, choice) = open_device(device)?;
        Ok(Self {
            device,
            choice,
            cache: Arc::new(Mutex::new(cache)),
            recipes: Recipes::built_in(),
            places: Vec::new(),
        })
    }

    /// Knows these recipes instead of only the built-in ones.
    #[must_use]
    pub fn with_recipes(self, recipes: Recipes) -> Self {
        Self { recipes, ..self }
    }

    /// Looks for base and reference models in these folders and caches too, besides the surroundings of a model.
    #[must_use]
    pub fn with_places(self, places: Vec<PathBuf>) -> Self {
        Self { places, ..self }
    }

    /// Loads one model.
    pub fn open(&self, source: &ModelSource, watch: Watch<'_>) -> Result<Scorer, ScoringError> {
        Scorer::load(source, self, watch)
    }

    /// Loads one sentence encoder: from a folder, or by its name on the hub where it was fetched from there.
    pub fn open_encoder(&self, folder: &str, watch: Watch<'_>) -> Result<Encoder, ScoringError> {
        let path = Path::new(folder);
        if path.is_dir() {
            return Encoder::load(path, &self.device, watch);
        }
        let found = find_model(folder, "sentence encoder", Path::new("."), &self.places)?;
        Encoder::load(&found, &self.device, watch)
    }
}

impl ScorerFactory for ModelFactory {
    fn device(&self) -> &DeviceChoice {
        &self.choice
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: "candle".into(),
            formats: NumberFormat::ALL.into_iter().filter(|format| *format != NumberFormat::Auto).collect(),
            judges: true,
            builtins: BUILTINS.map(|(name, _)| name.to_string()).to_vec(),
            ..Capabilities::default()
        }
    }

    fn load(&mut self, source: &ModelSource, watch: Watch<'_>) -> Result<Box<dyn StepScorer>, ScoringError> {
        match builtin(&source.folder) {
            Some(scorer) => scorer,
            None => Ok(Box::new(self.open(source, watch)?)),
        }
    }

    fn load_encoder(&mut self, folder: &str, watch: Watch<'_>) -> Result<Box<dyn TextEncoder>, ScoringError> {
        Ok(Box::new(self.open_encoder(folder, watch)?))
    }
}
