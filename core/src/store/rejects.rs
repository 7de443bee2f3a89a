//! The rows that could not be read, as a file of the user's own.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Store, StoreError};

impl Store {
    /// Copies the rejected rows to a file, one JSON object a line; written aside and renamed.
    ///
    /// Refuses to write over a source or into the project.
    pub fn save_rejects(&self, target: &Path) -> Result<(), StoreError> {
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = folder.canonicalize().map_err(StoreError::io("write to the folder", folder))?;
        let place = place.join(target.file_name().unwrap_or_default());
        let sources = self.sources().iter().map(|source| PathBuf::from(&source.path));
        for kept in sources.chain([self.dir().path().to_path_buf()]) {
            if place.starts_with(kept.canonicalize().unwrap_or(kept)) {
                return Err(StoreError::Protected { path: target.into() });
            }
        }
        let open = |path: PathBuf| File::open(&path).map_err(|error| StoreError::damaged(&path, error.to_string()));
        let files: Vec<File> = self.reject_files().into_iter().map(open).collect::<Result<_, _>>()?;
        let save = || -> io::Result<()> {
            let mut aside = NamedTempFile::new_in(folder)?;
            for mut rows in &files {
                io::copy(&mut rows, &mut aside)?;
            }
            aside.as_file().sync_all()?;
            aside.persist(target)?;
            Ok(())
        };
        save().map_err(StoreError::io("write the file", target))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{ProjectDir, Reject, StoreWriter};
    use super::*;

    #[test]
    fn rejects_become_a_file_but_never_in_place_of_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("a.stepscope"));
        let mut writer = StoreWriter::create(&dir).unwrap();
        let reject = Reject { file: "a.jsonl".into(), row: 2, reason: "no steps".into(), text: "{}".into() };
        writer.reject(&reject).unwrap();
        let store = writer.finish(Vec::new()).unwrap();

        let target = folder.path().join("rejects.jsonl");
        store.save_rejects(&target).unwrap();
        let saved: Reject = serde_json::from_str(&fs::read_to_string(&target).unwrap()).unwrap();
        assert_eq!(saved, reject);

        let manifest = dir.path().join("project.toml");
        let before = fs::read(&manifest).unwrap();
        assert!(matches!(store.save_rejects(&manifest), Err(StoreError::Protected { .. })));
        assert_eq!(fs::read(&manifest).unwrap(), before);
    }
}
