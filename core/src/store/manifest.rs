//! `project.toml`: which generation of tables is valid, and what it was made from.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ProjectDir, StoreError};
use crate::model::Timestamp;

const SCHEMA_NAME: &str = "stepscope.project";
/// Raised when an older version would misread the folder.
const SCHEMA_VERSION: u32 = 2;

/// A source file that was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// Its absolute path.
    pub path: String,
    /// SHA-256 of its content as far as it was read, in hexadecimal; see [`sha256_file`](super::sha256_file).
    pub sha256: String,
    /// Its length in bytes, as far as it was read.
    pub bytes: u64,
    /// How many bytes followed: a last line that was not complete, and is read when it is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: u64,
    /// The format it was read as.
    pub format: String,
    /// How many traces came from it.
    pub traces: u64,
    /// When it was imported.
    pub imported_at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "called by the derived code")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The content of `project.toml`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) schema: String,
    pub(super) generation: u64,
    #[serde(default)]
    pub(super) rejected: u64,
    #[serde(default)]
    pub(super) tables: BTreeMap<String, TableEntry>,
    #[serde(default)]
    pub(super) sources: Vec<SourceEntry>,
    /// What was appended to the generation since, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Part>,
    /// Keys of other versions and modules, kept as they are.
    #[serde(flatten)]
    pub(super) other: toml::Table,
}

/// Rows that were appended to a generation: the same tables once more, in a folder of their own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Part {
    /// Which folder; never given twice in a generation.
    pub(super) number: u64,
    #[serde(default)]
    pub(super) tables: BTreeMap<String, TableEntry>,
}

/// A folder with tables: of the generation, or of a part of it.
pub(super) struct Piece<'a> {
    pub(super) folder: PathBuf,
    pub(super) tables: &'a BTreeMap<String, TableEntry>,
}

/// What a data file must be to be the one that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableEntry {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// BLAKE3 of the last mebibyte, which ends in the footer; checked at each opening.
    pub(super) seal: String,
    /// BLAKE3 of the whole file.
    pub(super) blake3: String,
}

impl Manifest {
    pub(super) fn schema() -> String {
        format!("{SCHEMA_NAME}/{SCHEMA_VERSION}")
    }

    /// True where both mean the same data files.
    pub(super) fn holds_same_tables(&self, other: &Self) -> bool {
        let parts = |manifest: &Self| manifest.parts.iter().map(|part| part.number).collect::<Vec<_>>();
        (self.generation, parts(self)) == (other.generation, parts(other)) && self.tables == other.tables
    }

    /// Where the tables lie, in the order of their rows; at least one.
    pub(super) fn pieces(&self, dir: &ProjectDir) -> Vec<Piece<'_>> {
        let first = Piece { folder: dir.generation(self.generation), tables: &self.tables };
        let parts = self.parts.iter();
        let parts = parts.map(|part| Piece { folder: dir.part(self.generation, part.number), tables: &part.tables });
        std::iter::once(first).chain(parts).collect()
    }

    /// Reads it; `NotAProject` where there is none.
    pub(super) fn read(dir: &ProjectDir) -> Result<Self, StoreError> {
        let path = dir.manifest();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NotAProject { path: dir.path().to_path_buf() });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StoreError::Manifest { reason: "not UTF-8 text".into(), path });
            }
            Err(error) => return Err(StoreError::io("read the project file", &path)(error)),
        };
        let unreadable = |reason: &str| StoreError::Manifest { reason: reason.trim().into(), path: path.clone() };
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| unreadable(e.message()))?;
        // The version comes first: the rest of a newer file may look like anything.
        let found = table.get("schema").and_then(toml::Value::as_str).unwrap_or_default();
        let version = found.strip_prefix(SCHEMA_NAME).and_then(|v| v.strip_prefix('/'));
        match version.and_then(|v| v.parse::<u32>().ok()) {
            None => return Err(unreadable("it does not say which format it is")),
            Some(version) if version > SCHEMA_VERSION => return Err(StoreError::Newer { found: found.into(), path }),
            Some(_) => {}
        }
        table.try_into().map_err(|e: toml::de::Error| unreadable(e.message()))
    }

    /// Replaces the file in one step: a reader sees the old or the new one, also after a crash.
    pub(super) fn write(&self, dir: &ProjectDir) -> Result<(), StoreError> {
        let path = dir.manifest();
        let text = toml::to_string_pretty(self)
            .map_err(|e| StoreError::Manifest { reason: e.to_string(), path: path.clone() })?;
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".project").tempfile_in(dir.path())?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            sync_folder(dir.path());
            Ok(())
        };
        write().map_err(StoreError::io("write the project file", &path))
    }
}

/// Makes renames in a folder durable, on systems that offer it.
pub(super) fn sync_folder(path: &Path) {
    // Windows cannot open a folder as a file; its renames need no such call.
    if let Ok(folder) = fs::File::open(path) {
        folder.sync_all().ok();
    }
}
