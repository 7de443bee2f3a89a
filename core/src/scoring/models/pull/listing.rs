//! The files of a model on the hub that a scorer needs.

use serde::Deserialize;

/// The files of one revision that a scorer needs.
pub(super) struct Listing {
    pub(super) commit: String,
    pub(super) files: Vec<RemoteFile>,
}

/// One of them, as far as the hub tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RemoteFile {
    pub(super) name: String,
    pub(super) bytes: Option<u64>,
    /// Names the content: SHA-256 for large files, the hash of git for others.
    pub(super) etag: Option<String>,
    pub(super) sha256: Option<String>,
}

#[derive(Deserialize)]
struct RawListing {
    sha: String,
    #[serde(default)]
    siblings: Vec<RawFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFile {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<RawLfs>,
}

#[derive(Deserialize)]
struct RawLfs {
    sha256: Option<String>,
    size: Option<u64>,
}

impl Listing {
    /// Reads the hub's answer and leaves out what no scorer reads.
    pub(super) fn parse(body: &[u8]) -> Result<Self, String> {
        let raw: RawListing = serde_json::from_slice(body).map_err(|e| format!("no list of files ({e})"))?;
        // It names a folder.
        if raw.sha.is_empty() || !raw.sha.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("the commit is {:?}", raw.sha));
        }
        let mut files: Vec<RemoteFile> =
            raw.siblings.into_iter().filter(|f| is_needed(&f.rfilename)).map(remote).collect();
        // Small ones first: what is wrong with a model is then known before its weights are here.
        files.sort_by_key(|file| (file.is_weights(), file.name.clone()));
        Ok(Self { commit: raw.sha, files })
    }
}

impl RemoteFile {
    pub(super) fn is_weights(&self) -> bool {
        self.name.ends_with(".safetensors")
    }
}

fn remote(raw: RawFile) -> RemoteFile {
    let sha256 = raw.lfs.as_ref().and_then(|lfs| lfs.sha256.clone()).map(|sum| plain_etag(&sum));
    let bytes = raw.lfs.as_ref().and_then(|lfs| lfs.size).or(raw.size);
    let etag = sha256.clone().or(raw.blob_id.map(|id| plain_etag(&id))).filter(|tag| !tag.is_empty());
    RemoteFile { name: raw.rfilename, bytes, etag, sha256 }
}

/// Without quotes and the mark of weak ones. It names a file, so nothing else than letters and digits stays.
fn plain_etag(tag: &str) -> String {
    tag.trim_start_matches("W/").chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// Whether a scorer or an encoder reads a file of that name. Other names with folders are for other programs.
fn is_needed(name: &str) -> bool {
    const WHOLE: [&str; 11] = [
        "config.json",
        "generation_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "adapter_config.json",
        "model.safetensors.index.json",
        "reward_head.pt",
        "chat_template.json",
        crate::scoring::OWN_RECIPE,
    ];
    // What sentence-transformers keeps beside a transformer, and the folders of what comes after it.
    const SENTENCE: [&str; 3] = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"];
    if let Some((folder, file)) = name.split_once('/') {
        let is_module = folder.split_once('_').is_some_and(|(number, module)| {
            number.parse::<u8>().is_ok() && ["Pooling", "Dense", "Normalize", "Transformer"].contains(&module)
        });
        return is_module && !file.contains('/') && is_needed(file);
    }
    let is_plain = !name.contains(['/', '\\', ':']) && !name.starts_with('.');
    let starts = ["tokenizer", "chat_template"].iter().any(|start| name.starts_with(start));
    // Mistral's own packing of the same weights.
    let weights = name.ends_with(".safetensors") && !name.starts_with("consolidated");
    is_plain && (WHOLE.contains(&name) || SENTENCE.contains(&name) || starts || weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_read_is_fetched() {
        let check = |name: &str, expected| assert_eq!(is_needed(name), expected, "{name}");
        for name in ["config.json", "tokenizer.json", "tokenizer.model", "chat_template.jinja", "reward_head.pt"] {
            check(name, true);
        }
        check("model-00001-of-00004.safetensors", true);
        check("adapter_model.safetensors", true);
        for name in ["README.md", "pytorch_model.bin", "modeling_prm.py", "training_args.bin", ".gitattributes"] {
            check(name, false);
        }
        for name in ["modules.json", "1_Pooling/config.json", "2_Dense/model.safetensors"] {
            check(name, true);
        }
        for name in ["1_Pooling/x/config.json", "../config.json", "1_Pooling/../config.json", "2_Dense/model.onnx"] {
            check(name, false);
        }
        for name in ["consolidated.safetensors", "onnx/model.safetensors", "..\\x.safetensors", "C:x.safetensors"] {
            check(name, false);
        }
    }

    #[test]
    fn what_names_files_is_plain() {
        assert_eq!(plain_etag("W/\"ab-12\""), "ab-12");
        assert_eq!(plain_etag("../x"), "x");
        assert!(Listing::parse(br#"{"sha":"../x","siblings":[]}"#).is_err());
    }
}
