//! Writes the rows and their manifest aside and moves all files into place at the end, so that no half file is ever seen.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::job::JobContext;
use crate::model::{Timestamp, TraceId};

use super::container::{Container, Layout};
use super::manifest::{Manifest, ManifestFile, manifest_path};
use super::report::ExportReport;
use super::rows::{ExportOptions, Produced, each_row};
use super::shards::{Aside, HashingFile, Shards, folder_of, put_in_place};
use super::tally::Tally;
use super::{ExportError, LeftOut};
use crate::labels::Corpus;

/// Writes `out`, or its parts, and beside it a manifest. Stopped or failed, it leaves neither, and older files stay as
/// they were. Parts of an earlier export by that name, as its manifest lists them, are gone afterwards.
///
/// A project without traces gives an empty file; traces of which none becomes a row are an error that says why.
pub fn write(
    source: &dyn Corpus,
    options: &ExportOptions,
    out: &Path,
    ctx: &JobContext,
    now: Timestamp,
    tool_version: &str,
) -> Result<ExportReport, ExportError> {
    let options = &options.settled()?;
    let container = Container::of(out)?;
    if container.layout == Layout::Parquet && !options.format.has_columns() {
        return Err(ExportError::NoColumns { format: options.format.name(), path: out.into() });
    }
    let manifest_file = manifest_path(out);
    check_target(source, out)?;
    check_target(source, &manifest_file)?;

    let mut rows = Shards::create(container, out, options.shard_bytes)?;
    let mut left_out: Vec<LeftOut> = Vec::new();
    let tally = each_row(source, options, ctx, &mut |produced| {
        match produced {
            Produced::Row(trace, row) => {
                check_row(options, &trace, &row.line)?;
                rows.row(&row.line)?;
            }
            Produced::LeftOut(one) => left_out.push(one),
        }
        Ok(())
    })?;
    if tally.rows == 0 && !source.is_empty() {
        return Err(ExportError::NothingToWrite { traces: source.len(), reasons: tally.reasons() });
    }
    let written = rows.finish()?;
    for aside in &written.files {
        check_target(source, &aside.target)?;
    }
    let manifest = describe(source, options, out, &tally, left_out, written.named, (now, tool_version));
    let mut files = written.files;
    let names: Vec<PathBuf> = files.iter().map(|aside| aside.target.clone()).collect();
    files.push(manifest_aside(&manifest, &manifest_file)?);
    ctx.checkpoint()?;
    let earlier = earlier_files(&manifest_file);
    put_in_place(files)?;
    // A reader that takes all parts of a folder must not find those of an earlier export among them.
    for file in earlier.into_iter().filter(|file| !names.contains(file)) {
        fs::remove_file(file).ok();
    }
    Ok(ExportReport {
        schema: ExportReport::SCHEMA.into(),
        format: manifest.format,
        rows: manifest.rows,
        left_out: manifest.left_out,
        left_out_by_rule: manifest.left_out_by_rule,
        counts: manifest.counts,
        labels: manifest.labels,
        files: names.iter().map(|name| name.display().to_string()).collect(),
        manifest: manifest_file.display().to_string(),
    })
}

fn manifest_aside(manifest: &Manifest, target: &Path) -> Result<Aside, ExportError> {
    let mut aside = HashingFile::create(target)?;
    let text = serde_json::to_string_pretty(manifest)? + "\n";
    aside.write_all(text.as_bytes()).map_err(|source| ExportError::Io {
        doing: "writing",
        path: target.into(),
        source,
    })?;
    let (file, _, _) = aside.finish()?;
    Ok(Aside { file, target: target.into() })
}

/// The parts of an earlier export that its manifest lists; a single file is no part.
fn earlier_files(manifest_file: &Path) -> Vec<PathBuf> {
    let earlier =
        File::open(manifest_file).ok().and_then(|file| serde_json::from_reader(io::BufReader::new(file)).ok());
    let earlier: Manifest = match earlier {
        Some(manifest) => manifest,
        None => return Vec::new(),
    };
    let parts = earlier.files.into_iter().map(|file| file.file).filter(|name| *name != earlier.file);
    // Names alone: a manifest cannot make anything else go.
    let names = parts.filter(|name| Path::new(name).file_name().is_some_and(|only| only == name.as_str()));
    names.map(|name| manifest_file.with_file_name(name)).collect()
}

fn check_row(options: &ExportOptions, trace: &TraceId, line: &str) -> Result<(), ExportError> {
    // The format checked what it was about to write; this reads the line itself, as a trainer will.
    options
        .format
        .check(line, &options.policy)
        .map_err(|objection| ExportError::BrokenRow { trace: trace.clone(), reason: objection.reason })
}

fn describe(
    source: &dyn Corpus,
    options: &ExportOptions,
    out: &Path,
    tally: &Tally,
    left_out: Vec<LeftOut>,
    files: Vec<ManifestFile>,
    (now, tool_version): (Timestamp, &str),
) -> Manifest {
    let sha256 = match files.as_slice() {
        [only] => only.sha256.clone(),
        several => {
            let listed = several.iter().fold(Sha256::new(), |hash, file| hash.chain_update(file.sha256.clone() + "\n"));
            format!("{:x}", listed.finalize())
        }
    };
    Manifest {
        schema: Manifest::SCHEMA.into(),
        stepscope: tool_version.into(),
        created_at: now,
        format: options.format.name().into(),
        file: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256,
        bytes: files.iter().map(|file| file.bytes).sum(),
        files,
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
fn check_target(source: &dyn Corpus, target: &Path) -> Result<(), ExportError> {
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
