//! Writes the rows and their manifest aside and moves both into place at the end, so that no half file is ever seen.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::job::JobContext;
use crate::model::{Timestamp, TraceId};

use super::manifest::{Manifest, manifest_path};
use super::report::ExportReport;
use super::rows::{ExportOptions, Produced, each_row};
use super::tally::Tally;
use super::{ExportError, ExportSource, LeftOut};

/// How files begin that are not in place yet.
const PREFIX: &str = ".stepscope-export-";

/// Writes `out` and, beside it, its manifest. Stopped or failed, it leaves neither, and an older file stays as it was.
///
/// A project without traces gives an empty file; traces of which none becomes a row are an error that says why.
pub fn write(
    source: &dyn ExportSource,
    options: &ExportOptions,
    out: &Path,
    ctx: &JobContext,
    now: Timestamp,
    tool_version: &str,
) -> Result<ExportReport, ExportError> {
    let manifest_file = manifest_path(out);
    check_target(source, out)?;
    check_target(source, &manifest_file)?;

    let mut rows = HashingFile::create(out)?;
    let mut left_out: Vec<LeftOut> = Vec::new();
    let tally = each_row(source, options, ctx, &mut |produced| {
        match produced {
            Produced::Row(trace, row) => {
                check_row(options, &trace, &row.line)?;
                rows.line(&row.line)?;
            }
            Produced::LeftOut(one) => left_out.push(one),
        }
        Ok(())
    })?;
    if tally.rows == 0 && !source.is_empty() {
        return Err(ExportError::NothingToWrite { traces: source.len(), reasons: tally.reasons() });
    }
    let (rows, sha256, bytes) = rows.finish()?;
    let manifest = describe(source, options, out, &tally, left_out, (sha256, bytes), (now, tool_version));
    let mut aside = HashingFile::create(&manifest_file)?;
    aside.line(&serde_json::to_string_pretty(&manifest)?)?;
    let (aside, _, _) = aside.finish()?;
    ctx.checkpoint()?;
    put_in_place(rows, out, aside, &manifest_file)?;
    Ok(ExportReport {
        schema: ExportReport::SCHEMA.into(),
        format: manifest.format,
        rows: manifest.rows,
        left_out: manifest.left_out,
        left_out_by_rule: manifest.left_out_by_rule,
        counts: manifest.counts,
        labels: manifest.labels,
        files: vec![out.display().to_string()],
        manifest: manifest_file.display().to_string(),
    })
}

fn check_row(options: &ExportOptions, trace: &TraceId, line: &str) -> Result<(), ExportError> {
    // The format checked what it was about to write; this reads the line itself, as a trainer will.
    options
        .format
        .check(line, &options.policy)
        .map_err(|objection| ExportError::BrokenRow { trace: trace.clone(), reason: objection.reason })
}

fn describe(
    source: &dyn ExportSource,
    options: &ExportOptions,
    out: &Path,
    tally: &Tally,
    left_out: Vec<LeftOut>,
    (sha256, bytes): (String, u64),
    (now, tool_version): (Timestamp, &str),
) -> Manifest {
    Manifest {
        schema: Manifest::SCHEMA.into(),
        stepscope: tool_version.into(),
        created_at: now,
        format: options.format.name().into(),
        file: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256,
        bytes,
        rows: tally.rows,
        traces: source.len() as u64,
        counts: tally.counts.clone(),
        labels_asked: options.labels.clone(),
        labels: tally.labels.clone(),
        policy: options.policy.values(options.format.options()),
        left_out_by_rule: tally.left_out_by_rule.clone(),
        left_out,
        sources: source.sources(),
    }
}

/// Refuses folders, the files that the project was made from, and whatever else the source protects.
fn check_target(source: &dyn ExportSource, target: &Path) -> Result<(), ExportError> {
    if target.file_name().is_none() || target.is_dir() {
        let source = io::Error::new(io::ErrorKind::IsADirectory, "is a folder; name a file");
        return Err(ExportError::Io { doing: "writing", path: target.into(), source });
    }
    // The target itself may not exist yet; its folder must.
    let folder = folder_of(target);
    let folder = folder.canonicalize().map_err(|source| ExportError::Io { doing: "writing", path: folder, source })?;
    let place = folder.join(target.file_name().unwrap_or_default());
    let real = target.canonicalize().unwrap_or_else(|_missing| place.clone());
    let sources = source.sources().into_iter().map(|one| PathBuf::from(one.path));
    for path in sources.chain(source.protected()) {
        let kept = path.canonicalize().unwrap_or(path);
        if place.starts_with(&kept) || real.starts_with(&kept) {
            return Err(ExportError::Protected { path: target.into() });
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Moves both files into place. Where the second move fails, the first is taken back: an older file is there again.
fn put_in_place(
    rows: NamedTempFile,
    out: &Path,
    manifest: NamedTempFile,
    manifest_file: &Path,
) -> Result<(), ExportError> {
    let failed = |path: &Path, source: io::Error| ExportError::Io { doing: "renaming", path: path.into(), source };
    let older = match out.symlink_metadata() {
        Ok(_) => Some(second_name(out).map_err(|error| failed(out, error))?),
        Err(_) => None,
    };
    rows.persist(out).map_err(|error| failed(out, error.error))?;
    if let Err(error) = manifest.persist(manifest_file) {
        match older {
            // Should this fail too, the older file is kept under its second name.
            Some(older) => older.persist(out).map_or_else(|error| drop(error.file.into_temp_path().keep()), drop),
            None => drop(fs::remove_file(out)),
        }
        return Err(failed(manifest_file, error.error));
    }
    // Makes the new names survive a power cut; not every system can open a folder.
    File::open(folder_of(out)).and_then(|folder| folder.sync_all()).ok();
    Ok(())
}

/// A second name for a file, gone when dropped. Where the file system has none, a copy.
fn second_name(file: &Path) -> io::Result<NamedTempFile<()>> {
    tempfile::Builder::new().prefix(PREFIX).make_in(folder_of(file), |name| match fs::hard_link(file, name) {
        // Another name is tried.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::copy(file, name).map(drop),
        Ok(()) => Ok(()),
    })
}

/// A file that is not in place yet, with the hash of what was written to it.
struct HashingFile {
    writer: BufWriter<NamedTempFile>,
    hash: Sha256,
    bytes: u64,
    target: PathBuf,
}

impl HashingFile {
    fn create(target: &Path) -> Result<Self, ExportError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        // Temporary files are private by default; an export is as readable as any file of the user.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder_of(target)).map_err(|source| ExportError::Io {
            doing: "writing",
            path: target.into(),
            source,
        })?;
        Ok(Self { writer: BufWriter::new(file), hash: Sha256::new(), bytes: 0, target: target.into() })
    }

    fn line(&mut self, line: &str) -> Result<(), ExportError> {
        for part in [line.as_bytes(), b"\n"] {
            self.writer.write_all(part).map_err(|error| self.failed(error))?;
            self.hash.update(part);
            self.bytes += part.len() as u64;
        }
        Ok(())
    }

    /// The file, safely on the disk, with its hash and size.
    fn finish(self) -> Result<(NamedTempFile, String, u64), ExportError> {
        let Self { writer, hash, bytes, target } = self;
        let failed = |source| ExportError::Io { doing: "writing", path: target.clone(), source };
        let file = writer.into_inner().map_err(|error| failed(error.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        Ok((file, format!("{:x}", hash.finalize()), bytes))
    }

    fn failed(&self, source: io::Error) -> ExportError {
        ExportError::Io { doing: "writing", path: self.target.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_comes_back_where_the_manifest_cannot_be_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("rows.jsonl");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let put = |manifest: &Path| {
            let aside = || NamedTempFile::new_in(folder.path()).unwrap();
            let mut rows = aside();
            rows.write_all(b"new").unwrap();
            put_in_place(rows, &out, aside(), manifest)
        };
        let nowhere = folder.path().join("missing").join("rows.jsonl.manifest.json");
        put(&nowhere).unwrap_err();
        assert_eq!(names(), 0, "nothing was there");
        fs::write(&out, "old").unwrap();
        put(&nowhere).unwrap_err();
        assert_eq!((fs::read_to_string(&out).unwrap().as_str(), names()), ("old", 1));
        put(&manifest_path(&out)).unwrap();
        assert_eq!((fs::read_to_string(&out).unwrap().as_str(), names()), ("new", 2));
    }
}
