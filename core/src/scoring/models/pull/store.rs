//! One model in the cache of the hub, laid out as `huggingface_hub` does, so that Python finds it there as well.
//!
//! ```text
//! models--ORG--NAME/blobs/<etag>            the content, once
//! models--ORG--NAME/blobs/<etag>.incomplete what has come of it
//! models--ORG--NAME/snapshots/<commit>/…    links to the content, by name
//! models--ORG--NAME/refs/<revision>         the commit of a branch or tag
//! .locks/models--ORG--NAME/<etag>.lock      held while it comes
//! ```

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use hf_hub::{CacheRepo, Repo, RepoType};
use serde_json::Value;

use super::error::PullError;
use crate::scoring::models::places::Places;

/// Where one revision of a model is kept.
pub(super) struct CachedRepo {
    repo: CacheRepo,
    revision: String,
    commit: String,
    folder: PathBuf,
    locks: PathBuf,
    snapshot: PathBuf,
}

/// Held while a file comes; dropped, it is free.
pub(super) struct Lock(#[expect(dead_code, reason = "held for its drop")] File);

impl CachedRepo {
    pub(super) fn new(places: &Places, name: &str, revision: &str, commit: &str) -> Result<Self, PullError> {
        let repo = Repo::with_revision(name.into(), RepoType::Model, revision.into());
        let folder = places.cache.join(repo.folder_name());
        let locks = places.cache.join(".locks").join(repo.folder_name());
        let repo = places.hub_cache().repo(repo);
        let snapshot = repo.pointer_path(commit);
        let it = Self { repo, revision: revision.into(), commit: commit.into(), folder, locks, snapshot };
        for folder in [it.blobs(), it.snapshot.clone(), it.locks.clone()] {
            fs::create_dir_all(&folder).map_err(|e| PullError::io("make the folder", &folder, e))?;
        }
        Ok(it)
    }

    /// The folder with the files by name.
    pub(super) fn snapshot(&self) -> &Path {
        &self.snapshot
    }

    fn blobs(&self) -> PathBuf {
        self.folder.join("blobs")
    }

    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.blobs().join(etag)
    }

    pub(super) fn partial(&self, etag: &str) -> PathBuf {
        self.blobs().join(format!("{etag}.incomplete"))
    }

    /// Keeps other programs from fetching the same content.
    pub(super) fn lock(&self, file: &str, etag: &str) -> Result<Lock, PullError> {
        let path = self.locks.join(format!("{etag}.lock"));
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.map_err(|e| PullError::io("open the lock", &path, e))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Err(PullError::Busy { file: file.into(), path }),
            // A file system without locks: nothing can be held there, by anybody.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Lock(lock)),
        }
    }

    /// Gives content its name in the snapshot.
    pub(super) fn link(&self, name: &str, etag: &str) -> Result<(), PullError> {
        let (blob, to) = (self.blob(etag), self.snapshot.join(name));
        let failed = |e| PullError::io("name the file", &to, e);
        if to.symlink_metadata().is_ok() {
            fs::remove_file(&to).map_err(failed)?;
        }
        // A file of a module lies one folder deeper.
        let depth = Path::new(name).components().count().saturating_sub(1);
        to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        let up: PathBuf = std::iter::repeat_n("..", depth).collect();
        link_or_copy(&up.join("../../blobs").join(etag), &blob, &to).map_err(failed)
    }

    /// Lets the revision point to the commit. A commit needs no pointer to itself.
    pub(super) fn point(&self) -> Result<(), PullError> {
        if self.revision == self.commit {
            return Ok(());
        }
        let refs = self.folder.join("refs");
        self.repo.create_ref(&self.commit).map_err(|e| PullError::io("note the revision", &refs, e))
    }
}

/// A link where the system has them, else the content itself a second time.
fn link_or_copy(relative: &Path, blob: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if std::os::unix::fs::symlink(relative, to).is_ok() {
        return Ok(());
    }
    #[cfg(windows)]
    if std::os::windows::fs::symlink_file(relative, to).is_ok() {
        return Ok(());
    }
    fs::hard_link(blob, to).or_else(|_| fs::copy(blob, to).map(drop))
}

/// The base model of an adapter.
pub(super) fn base_of(snapshot: &Path) -> Option<String> {
    if snapshot.join("config.json").is_file() {
        return None;
    }
    let text = fs::read_to_string(snapshot.join("adapter_config.json")).ok()?;
    let told: Value = serde_json::from_str(&text).ok()?;
    told.get("base_model_name_or_path")?.as_str().map(Into::into)
}
