//! Writes the rows and their manifest aside and moves all files into place at the end, so that no half file is ever seen.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::job::JobContext;
use crate::model::Timestamp;

use super::card::card;
use super::container::Layout;
use super::features::Features;
use super::manifest::{DecontaminationNote, Manifest, ManifestFile, PseudonymNote};
use super::named::Named;
use super::origins::{OriginCounter, Origins};
use super::report::ExportReport;
use super::rows::{ExportOptions, Produced, each_row};
use super::shards::{Aside, HashingFile, Shards, put_in_place};
use super::split::{Plan, SplitPart, file_hash};
use super::tally::Tally;
use super::target::{Target, check_file};
use super::{ExportError, LeftOut, Scope};
use crate::labels::{Corpus, Judge};

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
    let options = options.settled()?;
    let named = Named::new(source, &options)?;
    let (source, options) = named.get();
    let options = &options;
    let target = Target::new(source, options, out)?;
    if target.container.layout == Layout::Parquet && !options.format.has_columns() {
        return Err(ExportError::NoColumns { format: options.format.name(), path: out.into() });
    }
    let plan = Plan::new(source, options, ctx)?;
    target.remove_interrupted();
    let kept = plan.kept(source)?;
    let made = Rows::make(kept.as_ref().map_or(source, |kept| kept), options, &target, &plan, ctx)?;
    if let Some(first) = made.left_out.first().filter(|_| options.strict) {
        return Err(ExportError::Strict { count: made.tally.left_out, first: first.clone() });
    }
    if made.tally.rows == 0 && !source.is_empty() {
        return Err(ExportError::NothingToWrite { traces: source.len(), reasons: made.reasons(&plan) });
    }
    let (manifest, mut files) = made.finish(source, options, &target, &plan, (now, tool_version))?;
    for aside in &files {
        check_file(source, &aside.target)?;
    }
    let names: Vec<PathBuf> = files.iter().map(|aside| aside.target.clone()).collect();
    if let Some(removed) = &plan.removed {
        files.push(json_aside(removed, &target.report())?);
    }
    if let Some(path) = target.card() {
        files.push(text_aside(&made_card(&manifest.0, manifest.1.as_ref(), options), &path)?);
    }
    let manifest = manifest.0;
    files.push(json_aside(&manifest, &target.manifest())?);
    ctx.checkpoint()?;
    let earlier = earlier_files(&target);
    let all: Vec<PathBuf> = files.iter().map(|aside| aside.target.clone()).collect();
    put_in_place(files)?;
    // A reader that takes all parts of a folder must not find those of an earlier export among them.
    for file in earlier.into_iter().filter(|file| !all.contains(file)) {
        fs::remove_file(file).ok();
    }
    let report = ExportReport::new(manifest, &plan, &names, &target);
    target.keep();
    Ok(report)
}

fn made_card(manifest: &Manifest, features: Option<&Features>, options: &ExportOptions) -> String {
    card(manifest, features, options.format.caption())
}

/// What is said of the rows: the manifest, and the columns where a card tells them.
type Described = (Manifest, Option<Features>);

/// The rows of an export, written aside.
struct Rows {
    files: BTreeMap<Option<SplitPart>, Shards>,
    tally: Tally,
    left_out: Vec<LeftOut>,
    origins: Origins,
    features: Option<Features>,
}

impl Rows {
    fn make(
        source: &dyn Corpus,
        options: &ExportOptions,
        target: &Target,
        plan: &Plan,
        ctx: &JobContext,
    ) -> Result<Self, ExportError> {
        let labels = match options.format.scope() {
            Scope::Trace => None,
            _ => Some(Judge::new(options.labels.as_ref(), source)?.name()),
        };
        let mut origins = OriginCounter::new(source, labels.as_ref());
        let mut features = (options.hub.is_some() && options.format.has_columns()).then(Features::default);
        let mut files: BTreeMap<Option<SplitPart>, Shards> = BTreeMap::new();
        let open =
            |part| Shards::create(target.container, &target.rows(part), options.shard_bytes, target.is_numbered());
        if plan.parts.is_none() {
            files.insert(None, open(None)?);
        }
        let mut left_out: Vec<LeftOut> = Vec::new();
        let tally = each_row(source, options, ctx, &mut |produced| {
            let (trace, row) = match produced {
                Produced::Row(trace, row) => (trace, row),
                Produced::LeftOut(one) => {
                    left_out.push(one);
                    return Ok(());
                }
            };
            origins.row(trace, &row);
            if let Some(features) = &mut features {
                features.row(&row.line);
            }
            let part =
                plan.parts.as_ref().map(|parts| parts.get(&trace.problem.id()).copied().unwrap_or(SplitPart::Train));
            // A part without rows has no file.
            let file = match files.entry(part) {
                std::collections::btree_map::Entry::Occupied(file) => file.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => free.insert(open(part)?),
            };
            file.row(&row.line)
        })?;
        if let Some(features) = &mut features {
            features.settle(|name| !options.format.is_text(name));
        }
        Ok(Self { files, tally, left_out, origins: origins.finish(), features })
    }

    fn reasons(&self, plan: &Plan) -> String {
        match &plan.removed {
            Some(removed) if self.left_out.is_empty() => format!("{} are like problems tested with", removed.rows()),
            _ => self.tally.reasons(),
        }
    }

    /// Ends the files and describes them.
    fn finish(
        self,
        source: &dyn Corpus,
        options: &ExportOptions,
        target: &Target,
        plan: &Plan,
        (now, tool_version): (Timestamp, &str),
    ) -> Result<(Described, Vec<Aside>), ExportError> {
        let (mut files, mut named): (Vec<Aside>, Vec<ManifestFile>) = (Vec::new(), Vec::new());
        for (part, shards) in self.files {
            let written = shards.finish()?;
            named.extend(written.named.into_iter().zip(&written.files).map(|(about, aside)| ManifestFile {
                file: target.name_of(&aside.target),
                part,
                ..about
            }));
            files.extend(written.files);
        }
        let sha256 = match named.as_slice() {
            [only] => only.sha256.clone(),
            several => {
                let listed =
                    several.iter().fold(Sha256::new(), |hash, file| hash.chain_update(file.sha256.clone() + "\n"));
                format!("{:x}", listed.finalize())
            }
        };
        let provenance = source.provenance().map_err(ExportError::Provenance)?;
        let tally = self.tally;
        let manifest = Manifest {
            schema: Manifest::SCHEMA.into(),
            stepscope: tool_version.into(),
            created_at: now,
            format: options.format.name().into(),
            file: target.name(),
            sha256,
            bytes: named.iter().map(|file| file.bytes).sum(),
            files: named,
            rows: tally.rows,
            traces: source.len() as u64,
            counts: tally.counts,
            labels_asked: options.labels.clone(),
            labels: tally.labels,
            policy: options.policy.values(options.format.options()),
            left_out_by_rule: tally.left_out_by_rule,
            left_out: self.left_out,
            origins: self.origins,
            shard_bytes: options.shard_bytes,
            hub: options.hub.clone(),
            selection: options.selection.clone(),
            picked: options.picked.clone(),
            split: plan.split.clone(),
            decontamination: plan.removed.as_ref().map(|removed| DecontaminationNote {
                tests: removed.tests.clone(),
                near: removed.near,
                problems: removed.removed.len() as u64,
                rows: removed.rows(),
                report: target.name_of(&target.report()),
            }),
            pseudonyms: options.pseudonyms.as_ref().map(|key| PseudonymNote { keyed: !key.is_empty() }),
            label_schema: provenance.label_schema,
            sources: source.sources(),
            records: provenance.records,
        };
        Ok(((manifest, self.features), files))
    }
}

fn json_aside(value: &impl Serialize, target: &Path) -> Result<Aside, ExportError> {
    text_aside(&(serde_json::to_string_pretty(value)? + "\n"), target)
}

fn text_aside(text: &str, target: &Path) -> Result<Aside, ExportError> {
    let mut aside = HashingFile::create(target)?;
    let failed = |source| ExportError::Io { doing: "writing", path: target.into(), source };
    aside.write_all(text.as_bytes()).map_err(failed)?;
    let (file, _, _) = aside.finish()?;
    Ok(Aside { file, target: target.into() })
}

/// The parts of an earlier export that its manifest lists, where they are still as it wrote them; a single file is no
/// part. With them its list of what was removed.
fn earlier_files(target: &Target) -> Vec<PathBuf> {
    let manifest_file = target.manifest();
    let earlier =
        File::open(&manifest_file).ok().and_then(|file| serde_json::from_reader(io::BufReader::new(file)).ok());
    let earlier: Manifest = match earlier {
        Some(manifest) => manifest,
        None => return Vec::new(),
    };
    let list = earlier.decontamination.is_some().then(|| target.report());
    let parts = earlier.files.into_iter().filter(|file| file.file != earlier.file);
    // Only files below the folder that hold what was written: a manifest cannot make anything else go.
    let is_below = |name: &str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let parts = parts.filter(|part| is_below(&part.file)).filter_map(|part| {
        let path = manifest_file.with_file_name(&part.file);
        (fs::metadata(&path).ok()?.len() == part.bytes && file_hash(&path).ok()? == part.sha256).then_some(path)
    });
    parts.chain(list).collect()
}
