//! Saved views: a question with order, columns and scorer, under a name. All of a project stand in one small file,
//! `views.toml`, which can be handed on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepscope_core::query::{Queue, Sort};
use stepscope_core::store::ProjectDir;

use super::aside;

/// What a list shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedView {
    /// What it is called.
    pub name: String,
    /// What is asked for.
    pub query: String,
    /// The field it is sorted by, `-FIELD` for the largest first; empty where a usual column is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// The columns, by name; empty for the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The scorer whose scores are meant where none is named; `None` for whichever is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scorer: Option<String>,
    /// The order by a usual column.
    pub sort: Sort,
    /// The order of traces that are sorted by nothing else; `None`, as in older files, for the one in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
}

/// All views of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ViewFile {
    #[serde(default, rename = "view")]
    views: Vec<SavedView>,
}

/// The file of a project.
pub fn views_file(dir: &ProjectDir) -> PathBuf {
    dir.path().join("views.toml")
}

/// The views of a file; none where there is no such file.
pub fn load(file: &Path) -> Result<Vec<SavedView>, String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{error} in {}", file.display())),
    };
    let read: ViewFile = toml::from_str(&text).map_err(|error| format!("{error} in {}", file.display()))?;
    match read.views.iter().position(|view| view.name.trim().is_empty()) {
        Some(at) => Err(format!("view {} has no name in {}", at + 1, file.display())),
        None => Ok(read.views),
    }
}

/// Writes views beside the file and renames.
pub fn save(file: &Path, views: &[SavedView]) -> Result<(), String> {
    let text = toml::to_string(&ViewFile { views: views.to_vec() }).map_err(io::Error::other);
    let saved = text.and_then(|text| aside::write(file, text.as_bytes()));
    saved.map_err(|error| format!("{error} in {}", file.display()))
}

/// Puts a view among others, in the place of one of that name.
pub fn put(views: &mut Vec<SavedView>, view: SavedView) {
    match views.iter_mut().find(|known| known.name == view.name) {
        Some(known) => *known = view,
        None => views.push(view),
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::query::{QueueOrder, SortKey};

    use super::*;

    #[test]
    fn views_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("views.toml");
        assert_eq!(load(&file), Ok(Vec::new()));
        let mut views = Vec::new();
        let view = |name: &str, query: &str| SavedView {
            name: name.into(),
            query: query.into(),
            sort: Sort { key: SortKey::Steps, descending: true },
            columns: vec!["state".into(), "meta(\"a key\")".into()],
            by: "-reward".into(),
            scorer: Some("prm \"7B\"".into()),
            queue: Some(Queue { order: QueueOrder::Random, seed: 3, ..Queue::default() }),
        };
        put(&mut views, view("long", "steps > 10"));
        put(&mut views, view("odd", "\"two words\" -generator:\"a b\""));
        put(&mut views, view("long", "steps > 20"));
        save(&file, &views).unwrap();
        assert_eq!(load(&file), Ok(views.clone()));
        assert_eq!(views.iter().map(|view| view.query.as_str()).next(), Some("steps > 20"));
        // As it was written before order and scorer were kept.
        fs::write(&file, "[[view]]\nname = \"old\"\nquery = \"a\"\n[view.sort]\nkey = \"steps\"\ndescending = true\n")
            .unwrap();
        let old = load(&file).unwrap().remove(0);
        assert_eq!((old.sort.key, old.queue, old.scorer), (SortKey::Steps, None, None));
        fs::write(&file, "[[view]]\nquery = \"a\"").unwrap();
        assert!(load(&file).unwrap_err().contains("no name"));
        fs::write(&file, "[[view").unwrap();
        assert!(load(&file).unwrap_err().contains("views.toml"));
    }
}
