//! What sentence-transformers writes into a folder: which modules follow one another, how tokens become one vector, how
//! long a text may be, and what is put before it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::pooling::Mode;
use crate::scoring::ScoringError;

/// A folder as sentence-transformers reads it.
#[derive(Debug)]
pub(super) struct SentenceFolder {
    /// Where `config.json`, the weights and the tokenizer lie.
    pub(super) transformer: PathBuf,
    /// How the tokens of a text become one vector; side by side where there are several. None where nothing says it.
    pub(super) modes: Option<Vec<Mode>>,
    /// Layers after that.
    pub(super) dense: Vec<DenseFolder>,
    /// The longest text in tokens, where that is set.
    pub(super) longest: Option<usize>,
    /// Text is put into small letters first.
    pub(super) lower_case: bool,
    /// What is put before each text.
    pub(super) prompt: String,
}

/// The folder of a dense layer.
#[derive(Debug)]
pub(super) struct DenseFolder {
    pub(super) path: PathBuf,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) bias: bool,
    /// The last part of the name of a class of PyTorch, such as `Tanh`.
    pub(super) activation: String,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    class: String,
    #[serde(default)]
    path: String,
}

#[derive(Deserialize)]
struct DenseSettings {
    in_features: usize,
    out_features: usize,
    bias: Option<bool>,
    activation_function: Option<String>,
    module_input_name: Option<String>,
}

impl SentenceFolder {
    /// Reads what lies there; weights are not looked at.
    pub(super) fn open(folder: &Path) -> Result<Self, ScoringError> {
        let prompts = json(&folder.join("config_sentence_transformers.json"))?.unwrap_or_default();
        let prompt = prompt(&prompts);
        let mut it = Self {
            transformer: folder.into(),
            modes: None,
            dense: Vec::new(),
            longest: None,
            lower_case: false,
            prompt,
        };
        let list = folder.join("modules.json");
        let modules = match json(&list)? {
            Some(modules) => Vec::<Module>::deserialize(modules)
                .map_err(|e| ScoringError::bad_file(&list, format!("the list of modules cannot be read ({e})")))?,
            None => Vec::new(),
        };
        for module in &modules {
            // A name with other folders in it would reach outside the model.
            if Path::new(&module.path).components().count() > 1 {
                return Err(ScoringError::bad_file(&list, format!("a module outside the folder ({})", module.path)));
            }
            let path = folder.join(&module.path);
            match module.class.rsplit('.').next().unwrap_or_default() {
                "Transformer" => it.transformer = path,
                "Pooling" => it.modes = Some(it.pooling(&path.join("config.json"))?),
                "Dense" => it.dense.push(DenseFolder::open(&path)?),
                // All vectors are made of length 1 at the end.
                "Normalize" | "Dropout" => {}
                other => {
                    let reason = format!(
                        "the module {other} is not supported; choose an encoder made of Transformer, Pooling, Dense \
                         and Normalize"
                    );
                    return Err(ScoringError::bad_file(&list, reason));
                }
            }
        }
        it.settings()?;
        Ok(it)
    }

    fn pooling(&self, path: &Path) -> Result<Vec<Mode>, ScoringError> {
        let bad = |reason: String| ScoringError::bad_file(path, reason);
        let settings = json(path)?.ok_or_else(|| ScoringError::NotFound {
            what: "config.json of the pooling; the encoder is incomplete, fetch it again".into(),
            path: path.into(),
        })?;
        if settings.get("include_prompt") == Some(&Value::Bool(false)) && !self.prompt.is_empty() {
            return Err(bad("an encoder that leaves its prompt out of the pooling is not supported".into()));
        }
        Mode::of_settings(&settings).map_err(bad)
    }

    /// What the module Transformer keeps beside its model.
    fn settings(&mut self) -> Result<(), ScoringError> {
        let mut names =
            ["sentence_bert", "sentence_roberta", "sentence_distilbert", "sentence_xlm-roberta", "sentence_mpnet"]
                .iter()
                .map(|name| self.transformer.join(format!("{name}_config.json")));
        let Some(settings) = names.find_map(|path| json(&path).transpose()).transpose()? else { return Ok(()) };
        let longest = settings.get("max_seq_length").and_then(Value::as_u64);
        self.longest = longest.and_then(|longest| usize::try_from(longest).ok());
        self.lower_case = settings.get("do_lower_case") == Some(&Value::Bool(true));
        Ok(())
    }
}

impl DenseFolder {
    fn open(path: &Path) -> Result<Self, ScoringError> {
        let file = path.join("config.json");
        let bad = |reason: String| ScoringError::bad_file(&file, reason);
        let settings = json(&file)?.unwrap_or_default();
        let settings = DenseSettings::deserialize(settings)
            .map_err(|e| bad(format!("config.json does not describe a dense layer ({e})")))?;
        let input = settings.module_input_name.unwrap_or_else(|| "sentence_embedding".into());
        if input != "sentence_embedding" {
            return Err(bad(format!("a dense layer over {input} is not supported; expected one over whole texts")));
        }
        let activation = settings.activation_function.unwrap_or_else(|| "torch.nn.modules.activation.Tanh".into());
        Ok(Self {
            path: path.into(),
            inputs: settings.in_features,
            outputs: settings.out_features,
            bias: settings.bias.unwrap_or(true),
            activation: activation.rsplit('.').next().unwrap_or_default().into(),
        })
    }
}

/// What is put before a text. Steps are compared with steps, so that one prompt does for all: the one that holds where
/// none is named, else that of queries, which e5 asks for on both sides. Where documents go without a prompt
/// (Qwen3-Embedding), that of queries puts a question to them, and steps are none.
fn prompt(settings: &Value) -> String {
    let named = |name: &str| settings.get("prompts")?.get(name)?.as_str();
    let default = settings.get("default_prompt_name").and_then(Value::as_str).and_then(named);
    let is_bare = ["document", "passage"].iter().any(|name| named(name) == Some(""));
    let query = named("query").filter(|_| !is_bare);
    default.or(query).unwrap_or_default().into()
}

fn json(path: &Path) -> Result<Option<Value>, ScoringError> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|e| ScoringError::io("read", path, e))?;
    let value = serde_json::from_str(&text);
    value.map(Some).map_err(|e| ScoringError::bad_file(path, format!("not JSON ({e})")))
}
