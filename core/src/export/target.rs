//! Where the files of an export go: one file, a file for each part, or a folder as the hub of Hugging Face has them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::container::Container;
use super::manifest::manifest_path;
use super::rows::ExportOptions;
use super::shards::{folder_of, remove_interrupted};
use super::split::SplitPart;
use super::{ExportError, Layout};
use crate::labels::Corpus;

/// Where the files of an export go.
pub(super) struct Target {
    out: PathBuf,
    /// The end of files with rows, in a folder for the hub.
    hub: Option<String>,
    pub(super) container: Container,
    /// Folders that were made for it; taken back unless the export gets in place.
    made: NewFolders,
}

impl Target {
    /// Looks whether everything may be written there, and makes the folders that are missing.
    pub(super) fn new(source: &dyn Corpus, options: &ExportOptions, out: &Path) -> Result<Self, ExportError> {
        let container = match &options.hub {
            None => Container::of(out)?,
            Some(end) => Container::of(Path::new(&format!("rows.{end}")))?,
        };
        let mut target = Self { out: out.into(), hub: options.hub.clone(), container, made: NewFolders::default() };
        if target.hub.is_some() {
            if container.layout == Layout::Csv && container.packing != super::Packing::Plain {
                return Err(ExportError::Container { path: out.into() });
            }
            check_place(source, out)?;
            let folder = out.join("data");
            check_place(source, &folder)?;
            target.made = NewFolders::make(&folder).map_err(|source| ExportError::Io {
                doing: "making the folder",
                path: folder.clone(),
                source,
            })?;
        }
        for file in [target.manifest(), target.report()].into_iter().chain(target.card()) {
            check_file(source, &file)?;
        }
        Ok(target)
    }

    /// The file of a part; of all rows where they stand together.
    pub(super) fn rows(&self, part: Option<SplitPart>) -> PathBuf {
        match (&self.hub, part) {
            (Some(end), part) => {
                // A hub without parts calls everything `train`.
                let name = part.unwrap_or(SplitPart::Train).name();
                self.out.join("data").join(format!("{name}.{end}"))
            }
            (None, None) => self.out.clone(),
            (None, Some(part)) => with_suffix(&self.out, &format!("-{}", part.name())),
        }
    }

    /// Whether files are numbered also where there is one.
    pub(super) const fn is_numbered(&self) -> bool {
        self.hub.is_some()
    }

    /// The manifest of everything.
    pub(super) fn manifest(&self) -> PathBuf {
        if self.hub.is_some() { self.out.join("manifest.json") } else { manifest_path(&self.out) }
    }

    /// What was removed because it is tested with elsewhere.
    pub(super) fn report(&self) -> PathBuf {
        if self.hub.is_some() {
            return self.out.join("decontamination.json");
        }
        let mut name = self.out.file_name().unwrap_or_default().to_owned();
        name.push(".decontamination.json");
        self.out.with_file_name(name)
    }

    /// The card of a folder for the hub.
    pub(super) fn card(&self) -> Option<PathBuf> {
        self.hub.as_ref().map(|_| self.out.join("README.md"))
    }

    /// The name of a file as the manifest gives it: from the manifest's folder, with `/`.
    pub(super) fn name_of(&self, file: &Path) -> String {
        let folder = folder_of(&self.manifest());
        let name = file.strip_prefix(&folder).ok().filter(|_| self.hub.is_some());
        let name = name.map_or_else(|| PathBuf::from(file.file_name().unwrap_or_default()), Path::to_path_buf);
        name.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// What the manifest calls the whole.
    pub(super) fn name(&self) -> String {
        self.out.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Removes what an interrupted export left where this one writes.
    pub(super) fn remove_interrupted(&self) {
        for file in [self.rows(None), self.manifest()] {
            remove_interrupted(&folder_of(&file));
        }
    }

    /// Everything is in place: the new folders stay.
    pub(super) fn keep(self) {
        self.made.keep();
    }
}

/// The path with something before the first dot of its name: `rows-train.jsonl.gz` of `rows.jsonl.gz`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // A name that begins with a dot has no other end.
    let (stem, end) = match name.char_indices().skip(1).find(|(_, letter)| *letter == '.') {
        Some((at, _)) => name.split_at(at),
        None => (name.as_str(), ""),
    };
    path.with_file_name(format!("{stem}{suffix}{end}"))
}

/// Refuses folders, the files that the project was made from, and whatever else the source protects; also by other names.
pub(super) fn check_file(source: &dyn Corpus, target: &Path) -> Result<(), ExportError> {
    if target.file_name().is_none() || target.is_dir() {
        let source = io::Error::new(io::ErrorKind::IsADirectory, "is a folder; name a file");
        return Err(ExportError::Io { doing: "writing", path: target.into(), source });
    }
    let folder = folder_of(target);
    folder.canonicalize().map_err(|source| ExportError::Io { doing: "writing", path: folder, source })?;
    check_place(source, target)
}

fn check_place(source: &dyn Corpus, target: &Path) -> Result<(), ExportError> {
    // The target may not exist yet, nor may folders above it that are going to be made.
    let mut place = target.file_name().map(PathBuf::from).unwrap_or_default();
    let mut above = folder_of(target);
    while let (Err(_missing), Some(name)) = (above.canonicalize(), above.file_name()) {
        place = Path::new(name).join(place);
        above = folder_of(&above);
    }
    let place = above.canonicalize().unwrap_or(above).join(place);
    let real = target.canonicalize().unwrap_or_else(|_missing| place.clone());
    let sources = source.sources().into_iter().map(|one| PathBuf::from(one.path));
    for path in sources.chain(source.protected()) {
        let kept = path.canonicalize().unwrap_or(path);
        if place.starts_with(&kept) || real.starts_with(&kept) || is_same_file(&real, &kept) {
            return Err(ExportError::Protected { path: target.into() });
        }
    }
    Ok(())
}

/// Whether both names are of one file: a hard link.
#[cfg(unix)]
fn is_same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|m| (m.dev(), m.ino()));
    identity(a).is_some_and(|a| identity(b) == Some(a))
}

#[cfg(not(unix))]
fn is_same_file(_: &Path, _: &Path) -> bool {
    // The new file takes the name alone; what other names stand for stays as it is.
    false
}

/// Folders that did not exist before; gone when dropped, as far as they are empty.
#[derive(Default)]
struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    fn make(folder: &Path) -> io::Result<Self> {
        let mut made = Self::default();
        let missing: Vec<&Path> =
            folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            made.0.push(folder.into());
        }
        Ok(made)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            fs::remove_dir(folder).ok();
        }
    }
}
