//! Sections of `project.toml` that belong to other modules: read, and replaced one at a time.

use super::manifest::Manifest;
use super::writer::lock;
use super::{ProjectDir, StoreError};

/// A section of the project file; `None` where it has none, or where there is no project yet.
pub fn read_section(dir: &ProjectDir, name: &str) -> Result<Option<toml::Table>, StoreError> {
    let manifest = match Manifest::read(dir) {
        Ok(manifest) => manifest,
        Err(StoreError::NotAProject { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    match manifest.other.get(name) {
        None => Ok(None),
        Some(toml::Value::Table(table)) => Ok(Some(table.clone())),
        Some(_) => Err(StoreError::Manifest { reason: format!("`{name}` is not a section"), path: dir.manifest() }),
    }
}

/// Replaces a section of the project file in one step; everything else in it stays.
///
/// While an import runs it is refused: the import would put its own tables in place of those just written, or the other
/// way round.
pub fn write_section(dir: &ProjectDir, name: &str, section: toml::Table) -> Result<(), StoreError> {
    // Without a project there is no folder to lock.
    Manifest::read(dir)?;
    let _lock = lock(dir)?;
    let mut manifest = Manifest::read(dir)?;
    manifest.other.insert(name.to_owned(), toml::Value::Table(section));
    manifest.write(dir)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::{Problem, TraceBuilder};
    use crate::store::{Store, StoreWriter};

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    fn import(dir: &ProjectDir, text: &str) -> Store {
        let mut writer = StoreWriter::create(dir).unwrap();
        writer.push(&TraceBuilder::new(Problem::from_text("1+1?")).thought(text).build()).unwrap();
        writer.finish(Vec::new()).unwrap()
    }

    #[test]
    fn a_section_outlives_imports_and_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("traces.stepscope"));
        assert_eq!(read_section(&dir, "labels").unwrap(), None, "no project yet");
        assert!(matches!(write_section(&dir, "labels", table("a = 1")), Err(StoreError::NotAProject { .. })));
        let store = import(&dir, "2");
        assert_eq!(read_section(&dir, "labels").unwrap(), None);
        write_section(&dir, "labels", table("a = 1\n[[b]]\nc = 'x'")).unwrap();
        write_section(&dir, "other", table("a = 2")).unwrap();
        write_section(&dir, "labels", table("a = 3")).unwrap();
        // Appended to, and imported anew.
        let mut more = StoreWriter::append(&store).unwrap().unwrap();
        more.push(&TraceBuilder::new(Problem::from_text("2+2?")).thought("4").build()).unwrap();
        assert_eq!(more.finish(Vec::new()).unwrap().len(), 2);
        assert_eq!(import(&dir, "3").len(), 1);
        assert_eq!(read_section(&dir, "labels").unwrap(), Some(table("a = 3")));
        assert_eq!(read_section(&dir, "other").unwrap(), Some(table("a = 2")));
        assert_eq!(Store::open(&dir).unwrap().len(), 1, "the tables are still those of the last import");
    }

    #[test]
    fn what_cannot_be_understood_stays() {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("traces.stepscope"));
        import(&dir, "2");
        let text = fs::read_to_string(dir.manifest()).unwrap();
        fs::write(dir.manifest(), format!("labels = 3\n{text}")).unwrap();
        assert!(read_section(&dir, "labels").unwrap_err().to_string().contains("`labels` is not a section"));
        fs::write(dir.manifest(), "schema = [").unwrap();
        assert!(write_section(&dir, "labels", table("a = 1")).is_err());
        assert_eq!(fs::read_to_string(dir.manifest()).unwrap(), "schema = [");
    }

    #[test]
    fn an_import_under_way_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("traces.stepscope"));
        import(&dir, "2");
        let running = StoreWriter::create(&dir).unwrap();
        assert!(matches!(write_section(&dir, "labels", table("a = 1")), Err(StoreError::Busy { .. })));
        drop(running);
        write_section(&dir, "labels", table("a = 1")).unwrap();
    }
}
