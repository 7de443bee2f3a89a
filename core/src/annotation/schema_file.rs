//! Keeps the label schema with the project: the present one in `project.toml`, each revision in `schemas/`.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::schema::LabelSchema;
use crate::store::{ProjectDir, StoreError, read_section, write_section};

/// The section of `project.toml`.
const SECTION: &str = "labels";

/// Why a schema could not be read or saved.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The project file says something that is no schema.
    #[error("The label schema cannot be understood ({reason}). Correct [{SECTION}] in {}", path.display())]
    Unreadable {
        /// What is wrong with it.
        reason: String,
        /// The project file.
        path: PathBuf,
    },
    /// It cannot be used as it is.
    #[error("{0}")]
    Unusable(String),
    /// It could not be written as TOML.
    #[error("The label schema cannot be written: {0}")]
    Encode(#[from] toml::ser::Error),
    /// The project file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A revision could not be kept.
    #[error("Could not keep a revision of the label schema: {source}: {}", path.display())]
    Io {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl LabelSchema {
    /// The schema of a project; the usual one where it has none.
    pub fn load(dir: &ProjectDir) -> Result<Self, SchemaError> {
        Ok(read(dir)?.unwrap_or_else(Self::usual))
    }

    /// A revision that was saved once, to understand labels that were made under it.
    pub fn revision(dir: &ProjectDir, revision: u32) -> Result<Self, SchemaError> {
        let path = file(dir, revision);
        let text = fs::read_to_string(&path).map_err(|source| SchemaError::Io { path: path.clone(), source })?;
        super::schema_from_toml(&text).map_err(|reason| SchemaError::Unreadable { reason, path })
    }

    /// Makes it the schema of the project, under a revision of its own; the same schema again changes nothing. Gives it as
    /// it is now.
    ///
    /// Refused where letters clash or scales make no sense. What could not be understood before is set aside, not lost.
    pub fn save(&self, dir: &ProjectDir) -> Result<Self, SchemaError> {
        if let Some(problem) = self.problems().into_iter().next() {
            return Err(SchemaError::Unusable(problem));
        }
        let present = match read(dir) {
            Ok(present) => present,
            Err(SchemaError::Unreadable { .. }) => {
                set_aside(dir)?;
                None
            }
            Err(error) => return Err(error),
        };
        let last = present.as_ref().map_or(0, |present| present.revision);
        if let Some(present) = present.filter(|present| Self { revision: present.revision, ..self.clone() } == *present)
        {
            return Ok(present);
        }
        // Another window, or a project file that was restored, may have used numbers that this one does not know.
        let revision =
            (last.max(self.revision) + 1..=u32::MAX).find(|&number| !file(dir, number).exists()).unwrap_or(u32::MAX);
        let saved = Self { revision, ..self.clone() };
        let section = toml::Table::try_from(&saved)?;
        // First the revision: labels must never name one that is not there.
        replace(&file(dir, revision), &toml::to_string_pretty(&saved)?)?;
        write_section(dir, SECTION, section)?;
        Ok(saved)
    }
}

fn read(dir: &ProjectDir) -> Result<Option<LabelSchema>, SchemaError> {
    let unreadable = |reason: String| SchemaError::Unreadable { reason, path: dir.manifest() };
    match read_section(dir, SECTION) {
        Ok(None) => Ok(None),
        Ok(Some(table)) => {
            let schema = table.try_into().map_err(|error: toml::de::Error| unreadable(error.message().to_owned()))?;
            Ok(Some(schema))
        }
        Err(StoreError::Manifest { reason, .. }) => Err(unreadable(reason)),
        Err(error) => Err(error.into()),
    }
}

fn file(dir: &ProjectDir, revision: u32) -> PathBuf {
    dir.schemas().join(format!("v{revision}.toml"))
}

/// Copies the project file as it is, so that what a person wrote there by hand can be found again.
fn set_aside(dir: &ProjectDir) -> Result<(), SchemaError> {
    let path = dir.manifest();
    let text = fs::read_to_string(&path).map_err(|source| SchemaError::Io { path, source })?;
    let free =
        (1..=u32::MAX).map(|number| dir.schemas().join(format!("unread-{number}.toml"))).find(|path| !path.exists());
    free.map_or(Ok(()), |path| replace(&path, &text))
}

fn replace(path: &Path, text: &str) -> Result<(), SchemaError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".new").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| SchemaError::Io { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::super::{PRESETS, preset};
    use super::*;
    use crate::model::{Problem, TraceBuilder};
    use crate::store::StoreWriter;

    fn import(dir: &ProjectDir, text: &str) {
        let mut writer = StoreWriter::create(dir).unwrap();
        writer.push(&TraceBuilder::new(Problem::from_text("1+1?")).thought(text).build()).unwrap();
        writer.finish(Vec::new()).unwrap();
    }

    fn project() -> (tempfile::TempDir, ProjectDir) {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("traces.stepscope"));
        import(&dir, "2");
        (folder, dir)
    }

    #[test]
    fn each_change_is_a_revision_that_can_be_read_again() {
        let (_folder, dir) = project();
        assert_eq!(LabelSchema::load(&dir).unwrap(), LabelSchema::usual());
        for (number, (id, _)) in (1..).zip(PRESETS) {
            let schema = preset(id).unwrap();
            let saved = schema.save(&dir).unwrap();
            assert_eq!(saved.revision, number, "{id}");
            assert_eq!(saved, LabelSchema { revision: number, ..schema });
            assert_eq!(LabelSchema::load(&dir).unwrap(), saved, "{id}");
            assert_eq!(saved.save(&dir).unwrap(), saved, "saying the same again is no change");
            import(&dir, id);
            assert_eq!(LabelSchema::load(&dir).unwrap(), saved, "{id} outlives an import");
        }
        for (number, (id, _)) in (1..).zip(PRESETS) {
            let schema = LabelSchema::revision(&dir, number).unwrap();
            assert_eq!(schema, LabelSchema { revision: number, ..preset(id).unwrap() });
        }
        assert!(LabelSchema::revision(&dir, 99).is_err());
    }

    #[test]
    fn numbers_are_never_given_twice() {
        let (_folder, dir) = project();
        let old = fs::read_to_string(dir.manifest()).unwrap();
        assert_eq!(preset("rubric").unwrap().save(&dir).unwrap().revision, 1);
        fs::write(dir.manifest(), old).unwrap();
        assert_eq!(preset("mast").unwrap().save(&dir).unwrap().revision, 2);
        assert_eq!(LabelSchema::revision(&dir, 1).unwrap().name, preset("rubric").unwrap().name);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_never_lost() {
        let (_folder, dir) = project();
        let text = fs::read_to_string(dir.manifest()).unwrap();
        let broken = format!("{text}\n[labels]\nratings = ['brilliant']\n");
        fs::write(dir.manifest(), &broken).unwrap();
        let error = LabelSchema::load(&dir).unwrap_err().to_string();
        assert!(error.contains("cannot be understood") && error.contains("project.toml"), "{error}");
        let saved = preset("rubric").unwrap().save(&dir).unwrap();
        assert_eq!(LabelSchema::load(&dir).unwrap(), saved);
        assert_eq!(fs::read_to_string(dir.schemas().join("unread-1.toml")).unwrap(), broken);
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let (_folder, dir) = project();
        let schema = LabelSchema { name: String::new(), ..LabelSchema::usual() };
        assert_eq!(schema.save(&dir).unwrap_err().to_string(), "The schema has no name");
        assert_eq!(LabelSchema::load(&dir).unwrap(), LabelSchema::usual());
        assert!(!dir.schemas().exists());
    }
}
