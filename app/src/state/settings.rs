//! What is remembered from one run to the next, in one TOML file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepscope_core::scoring::{Aggregate, BUILTINS, NumberFormat, Writing};

use super::aside;
use super::look::{Density, PanelSizes, ThemeChoice};
use super::workers::WorkerSetting;

/// What the user chose. Unknown keys of later versions are ignored, missing ones have defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "choices of the user, each independent")]
pub struct Settings {
    /// Light, dark, or as the system. Files of earlier versions say `dark = true` or `false`.
    #[serde(alias = "dark", deserialize_with = "super::look::theme")]
    pub theme: ThemeChoice,
    /// How much room things have.
    pub density: Density,
    /// The curve of scores is shown.
    pub show_curve: bool,
    /// What the data says of right and wrong is shown.
    pub show_imported: bool,
    /// A first error, or that there is none, finishes the trace and shows the next.
    pub go_on: bool,
    /// The keys that matter now are shown at the bottom.
    pub show_strip: bool,
    /// The map of the whole trace is shown.
    pub show_minimap: bool,
    /// When each call was made is shown, for traces that say so.
    pub show_timeline: bool,
    /// The table of traces is shown.
    pub show_table: bool,
    /// The facets are shown beside the table.
    pub show_facets: bool,
    /// Labels, scores and facts are shown at the right.
    pub show_inspector: bool,
    /// What label sources say stands under each step.
    pub show_sources: bool,
    /// Figures of the survey that are left out, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden_figures: Vec<String>,
    /// How large everything is shown; 1 is the usual size.
    pub scale: f32,
    /// Sources that grow are read again by themselves.
    pub follow: bool,
    /// Folder of the reward model chosen last, or a scorer that comes with Stepscope, as `builtin:NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Folder of the sentence encoder that similar steps are found with by meaning, or its name in the cache of the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// Folders with models, besides the cache of the hub.
    pub model_folders: Vec<PathBuf>,
    /// Device for scoring on this computer: `auto`, `cpu`, `cuda` or `metal`.
    pub device: String,
    /// Number format for scoring.
    pub dtype: NumberFormat,
    /// How step scores make one of the trace: `min`, `product`, `last`, `mean` or `soft_min`.
    pub aggregate: String,
    /// Critiques that a judge writes of each step; 0 for its verdict at once.
    pub critiques: u32,
    /// Longest critique, in tokens.
    pub critique_tokens: u32,
    /// Paths opened last, opened again when the program starts without any.
    pub last_opened: Vec<PathBuf>,
    /// The project folder they were opened into, where it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_project: Option<PathBuf>,
    /// How large panels were dragged.
    #[serde(skip_serializing_if = "PanelSizes::is_untouched")]
    pub panels: PanelSizes,
    /// Keys of the user's own by the identity of the command, as `"edit.undo" = ["Ctrl+Z", "Backspace"]`; an empty list
    /// leaves the command without a key. Commands that are not named have the keys they come with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, Vec<String>>,
    /// Who scores; one worker on this computer where none is named. They come last, as TOML wants it.
    #[serde(rename = "worker", skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<WorkerSetting>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            density: Density::Usual,
            show_curve: true,
            show_imported: true,
            go_on: false,
            show_strip: true,
            show_minimap: true,
            show_timeline: true,
            show_table: true,
            show_facets: false,
            show_inspector: true,
            show_sources: false,
            hidden_figures: Vec::new(),
            scale: 1.0,
            follow: true,
            model: None,
            encoder: None,
            model_folders: Vec::new(),
            device: "auto".into(),
            dtype: NumberFormat::Auto,
            aggregate: Aggregate::Min.name().into(),
            critiques: 0,
            critique_tokens: Writing::default().tokens,
            last_opened: Vec::new(),
            last_project: None,
            panels: PanelSizes::default(),
            keys: BTreeMap::new(),
            workers: Vec::new(),
        }
    }
}

impl Settings {
    /// Smallest and largest scale that can be chosen.
    pub const SCALES: (f32, f32) = (0.7, 2.5);

    /// The scale to use, whatever the file says.
    pub fn scale(&self) -> f32 {
        let (least, most) = Self::SCALES;
        if self.scale.is_finite() { self.scale.clamp(least, most) } else { 1.0 }
    }

    /// The scale that many tenths larger.
    pub fn scale_by(&self, tenths: f32) -> f32 {
        let (least, most) = Self::SCALES;
        ((self.scale() * 10.0 + tenths).round() / 10.0).clamp(least, most)
    }

    /// The reward model that scores: the chosen one, else the first of those that come with Stepscope.
    pub fn scoring_model(&self) -> &str {
        self.model.as_deref().or(BUILTINS.first().map(|(name, _)| *name)).unwrap_or_default()
    }

    /// How a judge is to write; none for its verdict at once.
    pub fn writing(&self) -> Option<Writing> {
        let (samples, tokens) = (self.critiques, self.critique_tokens);
        (samples > 0).then(|| Writing { samples, tokens, ..Writing::default() })
    }

    /// How step scores make one of the trace; the lowest where the settings name none that is known.
    pub fn aggregate(&self) -> Aggregate {
        let named = |how: &Aggregate| *how != Aggregate::None && how.name() == self.aggregate;
        Aggregate::ALL.into_iter().find(named).unwrap_or(Aggregate::Min)
    }

    /// The next way to make one score of a trace.
    pub fn next_aggregate(&self) -> Aggregate {
        let after = Aggregate::ALL.into_iter().skip_while(|how| *how != self.aggregate()).nth(1);
        after.unwrap_or(Aggregate::Min)
    }

    /// Reads the file; a missing one gives the defaults. One that cannot be read is copied aside, because the next
    /// save replaces it, and users write workers into it by hand.
    pub fn load(file: &Path) -> Result<Self, String> {
        match fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                let aside = file.with_extension("toml.unread");
                let kept = fs::copy(file, &aside).map_or(file, |_| aside.as_path());
                format!("Settings not read, defaults used: {error} in {}", kept.display())
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("Settings not read, defaults used: {error} in {}", file.display())),
        }
    }

    /// Writes the file beside itself and renames it.
    pub fn save(&self, file: &Path) -> Result<(), String> {
        let text = toml::to_string_pretty(self).map_err(io::Error::other);
        let saved = text.and_then(|text| aside::write_soon(file, text.as_bytes()));
        saved.map_err(|error| format!("Settings not saved: {error} in {}", file.display()))
    }
}
