//! Folders that tests work in: the sample data, and copies of it that may be written to.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

/// The sample data of the repository. Tests that open it work on a [`sample_copy`], so that no project appears in it.
pub(crate) fn sample_data() -> PathBuf {
    workspace().join("sample-data")
}

/// A temporary folder that holds a copy of `sample-data/`, which goes when it is dropped.
pub(crate) fn sample_copy() -> TempDir {
    let folder = TempDir::with_prefix("stepscope-sample-").expect("a temporary folder");
    copy_folder(&sample_data(), folder.path());
    folder
}

/// Copies files and folders, but no project folder that somebody made by opening the sample data in place.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the target folder");
    for entry in fs::read_dir(from).expect("the source folder") {
        let source = entry.expect("an entry of the source folder").path();
        let target = to.join(source.file_name().expect("an entry has a name"));
        if source.is_dir() {
            if source.extension().is_none_or(|extension| extension != "stepscope") {
                copy_folder(&source, &target);
            }
        } else {
            fs::copy(&source, &target).expect("a copied file");
        }
    }
}

#[test]
fn the_copy_holds_the_same_files() {
    let copy = sample_copy();
    for name in ["README.md", "1-word-problems.json", "5-agent.jsonl"] {
        let original = fs::read(sample_data().join(name)).unwrap();
        assert!(!original.is_empty(), "{name}");
        assert_eq!(fs::read(copy.path().join(name)).unwrap(), original, "{name}");
    }
}
