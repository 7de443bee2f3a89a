//! What was written, from what and how: the file beside every export.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

use super::left_out::{LeftOut, Rule};
use super::tally::Counts;
use crate::labels::LabelSource;
use crate::labels::SourceFile;

/// What was written, from what and how. The same state and options give the same manifest but for `created_at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `stepscope.manifest/1`.
    pub schema: String,
    /// The version of the program.
    pub stepscope: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// The format.
    pub format: String,
    /// Name of the file, without its folder: the two may move together.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal digits; where it is cut into parts, that of their hashes, one a line.
    pub sha256: String,
    /// The size of the file in bytes, or of all parts together.
    pub bytes: u64,
    /// The file, or its parts in order.
    #[serde(default)]
    pub files: Vec<ManifestFile>,
    /// How many rows it has.
    pub rows: u64,
    /// How many traces were looked at.
    pub traces: u64,
    /// Labels in the rows.
    pub counts: Counts,
    /// The label source that was asked for; `null` where none was, so that the default applied.
    pub labels_asked: Option<LabelSource>,
    /// The label source in use; `null` where the format takes all labels.
    pub labels: Option<LabelSource>,
    /// Every option that has an effect on the format, with its value.
    pub policy: BTreeMap<String, String>,
    /// How many traces, or paths of traces, were left out, by rule.
    pub left_out_by_rule: BTreeMap<Rule, u64>,
    /// Each of them with its reason.
    pub left_out: Vec<LeftOut>,
    /// The files that the project was made from.
    pub sources: Vec<SourceFile>,
}

/// A file that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name, without its folder.
    pub file: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many rows it has.
    pub rows: u64,
}

impl Manifest {
    /// Names the shape of the file.
    pub const SCHEMA: &'static str = "stepscope.manifest/1";
}

/// The manifest of an exported file: `rows.jsonl.manifest.json` beside `rows.jsonl`.
pub fn manifest_path(out: &Path) -> PathBuf {
    let mut name = out.file_name().map(OsString::from).unwrap_or_default();
    name.push(".manifest.json");
    out.with_file_name(name)
}
