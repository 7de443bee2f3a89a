//! An export that a manifest describes, to be made again.

use crate::state::exporting::FoundManifest;
use crate::state::open::name_of;

/// The dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct AgainModel {
    /// What was exported, line by line: what it is about, and what it was.
    pub facts: Vec<(&'static str, String)>,
    /// What has changed in the project since.
    pub changes: Vec<String>,
    /// Why it cannot be made again.
    pub fault: Option<String>,
    /// A key is needed for the pseudonyms.
    pub needs_key: bool,
    /// It can be written where it stood, as it would be the same.
    pub can_replace: bool,
    /// It can be written elsewhere.
    pub can_write: bool,
}

impl AgainModel {
    /// Builds it; `key` is what was typed.
    pub fn new(found: Option<&Result<FoundManifest, String>>, key: &str) -> Self {
        let found = match found {
            None => return Self::default(),
            Some(Err(fault)) => return Self { fault: Some(fault.clone()), ..Self::default() },
            Some(Ok(found)) => found,
        };
        let manifest = &found.manifest;
        let files =
            if manifest.files.len() > 1 { format!(" in {} files", manifest.files.len()) } else { String::new() };
        let mut facts = vec![
            ("Manifest", name_of(&found.path)),
            ("Format", manifest.format.clone()),
            ("Rows", format!("{}{files}", super::result::number(manifest.rows))),
            ("Written", format!("{} by Stepscope {}", manifest.created_at, manifest.stepscope)),
        ];
        facts.extend(manifest.labels.as_ref().map(|labels| ("Labels", labels.to_string())));
        facts.extend(manifest.selection.clone().map(|question| ("Traces", question)));
        facts.extend(manifest.picked.as_ref().map(|picked| ("Traces", format!("{} picked ones", picked.len()))));
        let needs_key = manifest.pseudonyms.is_some_and(|note| note.keyed);
        let can_write = found.fault.is_none() && (!needs_key || !key.is_empty());
        Self {
            facts,
            changes: found.changes.clone(),
            fault: found.fault.clone(),
            needs_key,
            can_replace: can_write && found.changes.is_empty(),
            can_write,
        }
    }
}
