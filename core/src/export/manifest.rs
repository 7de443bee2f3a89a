//! What was written, from what and how: the file beside every export.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{Timestamp, TraceId};

use super::left_out::{LeftOut, Rule};
use super::origins::Origins;
use super::split::{SplitMade, SplitPart, TestFile};
use super::tally::Counts;
use crate::labels::{LabelSource, RecordFile, SourceFile};

/// What was written, from what and how. The same state and options give the same manifest but for `created_at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `stepscope.manifest/2`; version 1 lacks what has a default here, and is read.
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
    /// Whose work the rows are made of.
    #[serde(flatten)]
    pub origins: Origins,
    /// Bytes of rows in one file, before packing; `null`: not cut.
    #[serde(default)]
    pub shard_bytes: Option<u64>,
    /// The end of files with rows in a folder for the hub; `null`: no such folder.
    #[serde(default)]
    pub hub: Option<String>,
    /// What chose the traces; `null`: all of the project.
    #[serde(default)]
    pub selection: Option<String>,
    /// The traces that were picked one by one; absent where a question chose them, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked: Option<Vec<TraceId>>,
    /// How problems were divided; `null`: not.
    #[serde(default)]
    pub split: Option<SplitMade>,
    /// What was removed because it is tested with elsewhere; `null`: nothing was looked for.
    #[serde(default)]
    pub decontamination: Option<DecontaminationNote>,
    /// How annotators got other names; `null`: they have their own.
    #[serde(default)]
    pub pseudonyms: Option<PseudonymNote>,
    /// The revision of what annotators were asked for; `null`: nothing was set up.
    #[serde(default)]
    pub label_schema: Option<u32>,
    /// The files that the project was made from.
    pub sources: Vec<SourceFile>,
    /// The logs of annotators and files of scores, as they were.
    #[serde(default)]
    pub records: Vec<RecordFile>,
}

/// What was removed because it is tested with elsewhere, in short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DecontaminationNote {
    /// The files with test problems.
    pub tests: Vec<TestFile>,
    /// From this share of common runs of three words on two problems are alike.
    pub near: f64,
    /// How many problems were removed.
    pub problems: u64,
    /// How many rows were lost with them.
    pub rows: u64,
    /// The file that lists each of them, beside the manifest.
    pub report: String,
}

/// How annotators got other names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PseudonymNote {
    /// Whether a key was used. It is not kept.
    pub keyed: bool,
}

/// A file that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name, from the folder of the manifest.
    pub file: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many rows it has.
    pub rows: u64,
    /// The part of the data that it holds; absent where all rows stand together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<SplitPart>,
}

impl Manifest {
    /// Names the shape of the file.
    pub const SCHEMA: &'static str = "stepscope.manifest/2";
}

/// The manifest of an exported file: `rows.jsonl.manifest.json` beside `rows.jsonl`.
pub fn manifest_path(out: &Path) -> PathBuf {
    let mut name = out.file_name().map(OsString::from).unwrap_or_default();
    name.push(".manifest.json");
    out.with_file_name(name)
}
