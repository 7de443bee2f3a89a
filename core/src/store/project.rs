//! Where a project lies and how its folder is laid out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::StoreError;
use crate::model::ContentHasher;

const EXTENSION: &str = "stepscope";

/// The paths of a project folder. Touches no file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProjectDir(PathBuf);

/// Where the project of a source was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Beside the source, or at the project folder that was named.
    Beside,
    /// Under the user's data folder, as the place beside the source cannot be written to.
    Fallback,
}

impl ProjectDir {
    /// The project in that folder, whether it exists or not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the project is: format, sources, current generation of tables.
    pub fn manifest(&self) -> PathBuf {
        self.0.join("project.toml")
    }

    /// What the user decided on how the sources are read.
    pub fn import_options(&self) -> PathBuf {
        self.0.join("import.toml")
    }

    /// The logs of the annotators.
    pub fn annotations(&self) -> PathBuf {
        self.0.join("annotations")
    }

    /// The label schemas that were saved, one file per revision.
    pub fn schemas(&self) -> PathBuf {
        self.0.join("schemas")
    }

    /// The scores computed here.
    pub fn scores(&self) -> PathBuf {
        self.0.join("scores")
    }

    /// What sentence encoders make of the texts of steps, one file for each.
    pub fn encodings(&self) -> PathBuf {
        self.0.join("encodings")
    }

    /// Texts that were labelled and have changed since.
    pub fn superseded(&self) -> PathBuf {
        self.0.join("superseded.jsonl")
    }

    /// Labels and scores of native files that are not yet in logs and score files.
    pub fn carried(&self) -> PathBuf {
        self.0.join("carried.jsonl")
    }

    /// The tables, one folder per generation.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The tables of one import.
    pub(super) fn generation(&self, number: u64) -> PathBuf {
        self.store().join(format!("gen-{number}"))
    }

    /// What was appended to them.
    pub(super) fn part(&self, generation: u64, number: u64) -> PathBuf {
        self.generation(generation).join(format!("part-{number}"))
    }
}

/// Finds the place for the project of `source`: beside it, or under `fallback` where that cannot be written to.
///
/// Where one of the two already holds the project, that is the place, whatever can be written to now: labels and scores
/// are there.
///
/// `traces.jsonl` and a folder `traces` both give `traces.stepscope` beside them; a project folder gives itself.
/// Nothing is created, but for a probe that is removed at once.
pub fn project_dir_for(source: &Path, fallback: &Path) -> Result<(ProjectDir, Placement), StoreError> {
    project_dir_with(source, fallback, |folder| tempfile::Builder::new().prefix(".probe").tempfile_in(folder).is_ok())
}

/// As [`project_dir_for`], with another way to learn whether a folder can be written to.
pub fn project_dir_with(
    source: &Path,
    fallback: &Path,
    can_write: impl Fn(&Path) -> bool,
) -> Result<(ProjectDir, Placement), StoreError> {
    let resolve = StoreError::io("find the folder", source);
    let mut path = std::path::absolute(source).map_err(resolve)?;
    if path.file_name().is_none() || path.ends_with("..") {
        path = path.canonicalize().map_err(StoreError::io("find the folder", source))?;
    }
    if path.extension() == Some(OsStr::new(EXTENSION)) && (path.is_dir() || !path.exists()) {
        return Ok((ProjectDir(path), Placement::Beside));
    }
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let stem = stem.unwrap_or(OsStr::new("traces"));
    let name = |suffix: &str| {
        let mut name = stem.to_os_string();
        name.push(suffix);
        name.push(".");
        name.push(EXTENSION);
        name
    };
    let parent = path.parent().unwrap_or(&path);
    let beside = parent.join(name(""));
    let place = ContentHasher::new("place").part(path.as_os_str().as_encoded_bytes()).hex(8);
    let places = [
        (ProjectDir(beside.clone()), Placement::Beside),
        (ProjectDir(fallback.join(name(&format!("-{place}")))), Placement::Fallback),
    ];
    if let Some(found) = places.iter().find(|(dir, _)| dir.manifest().is_file()) {
        return Ok(found.clone());
    }
    let [first, second] = places;
    Ok(if can_write(if beside.is_dir() { &beside } else { parent }) { first } else { second })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_project_lies_beside_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("runs.v1")).unwrap();
        fs::create_dir(root.join("old.stepscope")).unwrap();
        fs::write(root.join("traces.jsonl"), "").unwrap();
        let check = |source: &str, expected: &str| {
            let (dir, placement) = project_dir_for(&root.join(source), Path::new("nowhere")).unwrap();
            assert_eq!((dir.path(), placement), (root.join(expected).as_path(), Placement::Beside), "{source}");
        };
        check("traces.jsonl", "traces.stepscope");
        check("runs.v1", "runs.v1.stepscope");
        check("runs.v1/", "runs.v1.stepscope");
        check("old.stepscope", "old.stepscope");
        assert_eq!(fs::read_dir(root).unwrap().count(), 3, "the probe is gone");
    }

    #[test]
    fn a_read_only_place_falls_back_by_absolute_path() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let place = |source: &str| {
            let (dir, placement) = project_dir_with(&root.join(source), Path::new("data"), |_| false).unwrap();
            assert_eq!(placement, Placement::Fallback);
            dir.path().to_str().unwrap().to_owned()
        };
        let (one, other) = (place("a/traces.jsonl"), place("b/traces.jsonl"));
        assert_ne!(one, other);
        assert_eq!(one, place("a/traces.jsonl"));
        let stem = Path::new(&one).file_name().unwrap().to_str().unwrap();
        assert_eq!(stem.len(), "traces-12345678.stepscope".len());
        assert!(one.starts_with("data") && stem.starts_with("traces-"));
    }

    #[test]
    fn a_project_is_found_where_it_was_put() {
        let folder = tempfile::tempdir().unwrap();
        let (source, data) = (folder.path().join("traces.jsonl"), folder.path().join("data"));
        let place = |can_write| project_dir_with(&source, &data, |_| can_write).unwrap();
        let make = |dir: &ProjectDir| {
            fs::create_dir_all(dir.path()).unwrap();
            fs::write(dir.manifest(), "").unwrap();
        };
        let away = place(false);
        assert_eq!(place(true).1, Placement::Beside);
        make(&away.0);
        assert_eq!(place(true), away, "made while the folder was read-only");
        make(&ProjectDir::new(folder.path().join("traces.stepscope")));
        assert_eq!((place(true).1, place(false).1), (Placement::Beside, Placement::Beside), "read-only by now");
    }
}
