//! The same export again, from its manifest.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::named::Named;
use super::rows::ExportOptions;
use super::split::file_hash;
use super::{ExportError, Manifest};
use crate::labels::{Corpus, RecordFile, RecordKind, SourceFile};

/// Reads the manifest of an export, also of an older version.
pub fn read_manifest(path: &Path) -> Result<Manifest, ExportError> {
    let failed = |source| ExportError::Io { doing: "reading", path: path.into(), source };
    let refuse = |reason: String| ExportError::Manifest { path: path.into(), reason };
    let text = fs::read_to_string(path).map_err(failed)?;
    let value: Value = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let schema = value.get("schema").and_then(Value::as_str).unwrap_or_default();
    if !["stepscope.manifest/1", Manifest::SCHEMA].contains(&schema) {
        return Err(refuse(format!("its schema is `{schema}`, not `{}`", Manifest::SCHEMA)));
    }
    serde_json::from_value(value).map_err(|error| refuse(error.to_string()))
}

impl Manifest {
    /// What was exported, and how. The label source is the one that was used, so that a default cannot change it.
    /// `key` is that of the pseudonyms.
    pub fn options(&self, key: Option<&str>) -> Result<ExportOptions, ExportError> {
        let mut options = ExportOptions::new(&self.format)?;
        for (name, value) in &self.policy {
            options.policy.set(name, value)?;
        }
        options.labels = self.labels.clone().or_else(|| self.labels_asked.clone());
        options.shard_bytes = self.shard_bytes;
        options.hub.clone_from(&self.hub);
        options.selection.clone_from(&self.selection);
        options.picked.clone_from(&self.picked);
        options.split = self.split.as_ref().map(|split| split.asked.clone());
        let tests = self.decontamination.iter().flat_map(|gone| &gone.tests);
        options.decontaminate = tests.map(|test| PathBuf::from(&test.path)).collect();
        options.near = self.decontamination.as_ref().map_or(options.near, |gone| gone.near);
        options.pseudonyms = match (self.pseudonyms, key) {
            (None, None) => None,
            (Some(note), Some(key)) if note.keyed || key.is_empty() => Some(key.into()),
            (Some(note), None) if !note.keyed => Some(String::new()),
            (Some(note), _) if note.keyed => return Err(ExportError::PseudonymKey { needed: true }),
            (Some(_) | None, _) => return Err(ExportError::PseudonymKey { needed: false }),
        };
        Ok(options)
    }

    /// Whether every file has the same bytes as in the other.
    pub fn has_same_files(&self, other: &Self) -> bool {
        let hashes = |manifest: &Self| -> Vec<_> {
            manifest.files.iter().map(|file| (file.part, file.sha256.clone())).collect()
        };
        self.sha256 == other.sha256 && hashes(self) == hashes(other)
    }

    /// Where the export stands whose manifest lies there.
    pub fn out(&self, manifest: &Path) -> PathBuf {
        if self.hub.is_some() {
            let folder = manifest.parent().unwrap_or_else(|| Path::new(""));
            return if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.into() };
        }
        manifest.with_file_name(&self.file)
    }

    /// What has changed since, in sentences for the user: sources, labels, scores, files of test problems, the program.
    pub fn changes(
        &self,
        source: &dyn Corpus,
        options: &ExportOptions,
        tool_version: &str,
    ) -> Result<Vec<String>, ExportError> {
        let named = Named::new(source, options)?;
        let (source, _) = named.get();
        let mut changes = Vec::new();
        self.changed_sources(&source.sources(), &mut changes);
        if self.schema == Self::SCHEMA {
            let now = source.provenance().map_err(ExportError::Provenance)?;
            if now.label_schema != self.label_schema {
                let name = |revision: Option<u32>| revision.map_or_else(|| "none".into(), |n| n.to_string());
                let (before, now) = (name(self.label_schema), name(now.label_schema));
                changes.push(format!("the label schema is revision {now}, not {before}"));
            }
            self.changed_records(&now.records, &mut changes);
        }
        for test in self.decontamination.iter().flat_map(|gone| &gone.tests) {
            if file_hash(Path::new(&test.path))? != test.sha256 {
                changes.push(format!("the test problems have changed: {}", test.path));
            }
        }
        if self.stepscope != tool_version {
            changes.push(format!("this is Stepscope {tool_version}, not {}", self.stepscope));
        }
        Ok(changes)
    }

    fn changed_sources(&self, now: &[SourceFile], changes: &mut Vec<String>) {
        for before in &self.sources {
            match now.iter().find(|source| source.path == before.path) {
                None => changes.push(format!("a source is no longer in the project: {}", before.path)),
                Some(source) if source.sha256 != before.sha256 => {
                    changes.push(format!("a source has been read again and is another: {}", before.path));
                }
                Some(_) => {}
            }
        }
        for source in now.iter().filter(|source| self.sources.iter().all(|before| before.path != source.path)) {
            changes.push(format!("a source is new: {}", source.path));
        }
    }

    fn changed_records(&self, now: &[RecordFile], changes: &mut Vec<String>) {
        let what = |record: &RecordFile| match record.kind {
            RecordKind::Annotations => format!("labels of {}", record.name),
            RecordKind::Scores => format!("scores of {}", record.name),
        };
        let same = |a: &RecordFile, b: &RecordFile| (a.kind, &a.name) == (b.kind, &b.name);
        for before in &self.records {
            match now.iter().find(|record| same(record, before)) {
                None => changes.push(format!("there are no {} any more", what(before))),
                Some(record) if record.sha256 != before.sha256 => {
                    let (from, to) = (before.bytes, record.bytes);
                    changes.push(format!("{} have changed: {to} bytes, {from} before", what(before)));
                }
                Some(_) => {}
            }
        }
        for record in now.iter().filter(|record| self.records.iter().all(|before| !same(before, record))) {
            changes.push(format!("there are new {}", what(record)));
        }
    }
}
