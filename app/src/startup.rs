//! What varies between runs: paths, clock, annotator, how to start a worker. There is no other switch.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::model::{AnnotatorId, Clock, Timestamp};
use stepscope_core::scoring::Launch;
use stepscope_core::scoring::models::{Hub, Places};

use crate::sample;
use crate::state::Settings;

/// Everything the program takes from its surroundings.
#[derive(Clone)]
pub struct Startup {
    /// Paths to open; the last ones, else the sample data, where there are none.
    pub paths: Vec<PathBuf>,
    /// Project folder to use instead of the one beside the first path.
    pub project: Option<PathBuf>,
    /// Who labels.
    pub annotator: AnnotatorId,
    /// The present time.
    pub clock: Arc<dyn Clock>,
    /// How many seconds the user's clocks are ahead of UTC at that time.
    pub offset: fn(Timestamp) -> i32,
    /// How to start a scoring worker.
    pub worker: Launch,
    /// The key that a scoring server asks for.
    pub server_key: Option<String>,
    /// Folders of this user.
    pub folders: Folders,
    /// The Hugging Face hub of this user.
    pub hub: HubAccess,
}

/// Where models come from, as the variables of the hub's own programs say it.
#[derive(Clone)]
pub struct HubAccess {
    /// Folder of fetched models: `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
    pub cache: PathBuf,
    /// Address: `HF_ENDPOINT`.
    pub endpoint: String,
    /// Who asks: `HF_TOKEN`.
    pub token: Option<String>,
    /// Where the token is kept otherwise: `HF_TOKEN_PATH`, else `token` in `HF_HOME`.
    pub token_file: PathBuf,
    /// `HF_HUB_OFFLINE`: nothing may be fetched.
    pub offline: bool,
    /// The system's variables decide about a proxy.
    pub system_proxy: bool,
}

impl HubAccess {
    /// Where everybody fetches from who says nothing else.
    pub const ENDPOINT: &str = "https://huggingface.co";

    /// Ready to fetch; opens no connection yet.
    pub fn client(&self) -> Result<Hub, String> {
        if self.offline {
            return Err("HF_HUB_OFFLINE is set, so nothing is fetched; unset it to fetch models".into());
        }
        let kept = || fs::read_to_string(&self.token_file).ok();
        let token = self.token.clone().or_else(kept).map(|token| token.trim().to_owned());
        Ok(Hub::new(&self.endpoint, token.filter(|token| !token.is_empty()), self.system_proxy))
    }
}

/// Where the program keeps what belongs to the user rather than to a project.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Settings.
    pub config: PathBuf,
    /// Sample data, and projects of sources that lie in read-only places.
    pub data: PathBuf,
    /// What can be computed again.
    pub cache: PathBuf,
}

impl Folders {
    /// The settings file.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// Projects of sources that lie in read-only places.
    pub fn projects(&self) -> PathBuf {
        self.data.join("projects")
    }

    /// Mappings for files of unknown shape.
    pub fn mappings(&self) -> PathBuf {
        self.config.join("mappings")
    }

    /// Recipes of the user's own.
    pub fn recipes(&self) -> PathBuf {
        self.config.join("recipes")
    }

    /// Scores by content, shared by all projects.
    pub fn score_cache(&self) -> PathBuf {
        self.cache.join("scores.bin")
    }
}

impl Startup {
    /// How to start a worker on that device, with the user's cache of scores.
    pub fn worker_on(&self, device: &str) -> Launch {
        let mut launch = self.worker.clone();
        let cache = self.folders.score_cache().into_os_string();
        launch.args.extend([OsString::from("--device"), device.into(), "--cache".into(), cache]);
        launch
    }

    /// Where models lie on this computer.
    pub fn places(&self, settings: &Settings) -> Places {
        Places { cache: self.hub.cache.clone(), added: settings.model_folders.clone() }
    }

    /// The folder with the sample data, written there first where it is missing or older.
    pub fn sample_data(&self) -> Result<PathBuf, String> {
        let folder = self.folders.data.join("sample-data");
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            for (name, text) in sample::FILES {
                let file = folder.join(name);
                if fs::read_to_string(&file).ok().as_deref() != Some(*text) {
                    fs::write(file, text)?;
                }
            }
            Ok(())
        };
        write().map_err(|error| format!("{error}: {}", folder.display()))?;
        Ok(folder)
    }
}
