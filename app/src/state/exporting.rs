//! From the choices of the export dialog to what core exports: on the job's thread, where files and logs are read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepscope_core::annotation::Annotations;
use stepscope_core::export::split::SplitPart;
use stepscope_core::export::{self, ExportOptions, ExportReport, Manifest, Preview, Rule, read_manifest};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::{LabelSource, Selection, pseudonym};
use stepscope_core::model::{StepHash, Timestamp, TraceId};
use stepscope_core::query::Filter;
use stepscope_core::store::Store;

use super::corpus::ProjectCorpus;
use super::export_draft::ExportDraft;
use super::open::failed;
use super::scores::QueryAids;

/// The version that manifests name.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A moment of the project that exports are made of.
pub struct ExportBasis {
    /// The project; its logs are read when it is called.
    pub corpus: Box<dyn FnOnce() -> Result<ProjectCorpus, JobError> + Send>,
    /// Its traces.
    pub store: Store,
    /// What the annotator says.
    pub said: Arc<Annotations>,
    /// What questions are asked with.
    pub aids: QueryAids,
}

/// Which traces an export is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExportOf {
    /// All.
    #[default]
    All,
    /// Those that a question finds.
    Question(String),
    /// These, by their rows in the store.
    Rows(Vec<u32>),
    /// These, listed by that question; by the question only where it still finds these and no others.
    Listed(String, Vec<u32>),
}

/// Everything that core needs.
pub struct Prepared {
    corpus: ProjectCorpus,
    options: ExportOptions,
    rows: Vec<u32>,
    gone: Option<String>,
}

/// An export that a manifest describes.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundManifest {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub manifest: Box<Manifest>,
    /// What has changed in the project since.
    pub changes: Vec<String>,
    /// Why that cannot be told.
    pub fault: Option<String>,
}

/// Choices of the dialog that makes an export again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgainDraft {
    /// The key of the pseudonyms, as typed.
    pub key: String,
}

/// What the dialogs of exports ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportRequest {
    /// Show that trace, at the step of that hash.
    Show(TraceId, Option<StepHash>),
    /// List the traces that a rule left out.
    List(Rule),
    /// Ask for files with problems of that part; of none, with problems to be tested with.
    AskProblems(Option<SplitPart>),
    /// Take files with problems of that part; of none, with problems to be tested with.
    AddProblems(Option<SplitPart>, Vec<PathBuf>),
    /// Look at the manifest in that file.
    Look(PathBuf),
    /// Make its export again: where it stood.
    Again,
    /// Ask for a file to make it again in.
    AskAgain,
    /// Make it again in that file, or folder.
    AgainIn(PathBuf),
    /// Change its choices in the export dialog.
    Change,
}

/// What came of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// What was written.
    pub report: ExportReport,
    /// Of one that was made again: whether every file has the same bytes as before.
    pub same: Option<bool>,
}

impl ExportBasis {
    /// What the choices of the dialog come to.
    pub fn prepare(self, draft: &ExportDraft, of: &ExportOf, ctx: &JobContext) -> Result<Prepared, JobError> {
        let (mut options, mut asked) = (draft.options(ctx)?, None);
        match of {
            ExportOf::All => {}
            ExportOf::Question(question) => options.selection = Some(question.clone()),
            ExportOf::Rows(rows) => options.picked = Some(self.ids(rows)),
            ExportOf::Listed(question, rows) => {
                // Labels that were made since may have changed what the question finds.
                asked = self.found_again(question, rows, ctx)?;
                match asked {
                    None => options.picked = Some(self.ids(rows)),
                    Some(_) if question.is_empty() => {}
                    Some(_) => options.selection = Some(question.clone()),
                }
            }
        }
        self.prepared(options, asked, ctx)
    }

    fn ids(&self, rows: &[u32]) -> Vec<TraceId> {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows.iter().filter_map(|&row| self.store.trace_id(row)).collect()
    }

    /// What the question, or none, finds, where it is these rows and no others. One that cannot be asked finds nothing.
    fn found_again(&self, question: &str, rows: &[u32], ctx: &JobContext) -> Result<Option<Vec<u32>>, JobError> {
        let found = if question.is_empty() {
            (0..).take(self.store.len()).collect()
        } else {
            match self.found(question, ctx) {
                Ok(found) => found,
                Err(JobError::Cancelled) => return Err(JobError::Cancelled),
                Err(_) => return Ok(None),
            }
        };
        let set = |rows: &[u32]| rows.iter().copied().collect::<BTreeSet<u32>>();
        Ok((set(&found) == set(rows)).then_some(found))
    }

    fn found(&self, question: &str, ctx: &JobContext) -> Result<Vec<u32>, JobError> {
        let views = self.aids.views(&self.store, &self.said);
        Filter::parse(question, &views.fields(ctx)?).map_err(failed)?.rows(&views, ctx)
    }

    /// `asked` is what the question of the options finds, where that is known.
    fn prepared(self, options: ExportOptions, asked: Option<Vec<u32>>, ctx: &JobContext) -> Result<Prepared, JobError> {
        let found = match (&options.selection, asked) {
            (Some(question), None) => Some(self.found(question, ctx)?),
            (_, asked) => asked,
        };
        let corpus = (self.corpus)()?;
        let (rows, gone) = corpus.chosen(found, options.picked.as_deref());
        Ok(Prepared { corpus, options, rows, gone })
    }
}

impl Prepared {
    /// The traces are named one by one, not found by a question.
    pub fn is_picked(&self) -> bool {
        self.options.picked.is_some()
    }

    /// Whether it is made of what that annotator said and nothing else, perhaps under another name.
    pub fn is_of(&self, preview: &Preview, annotator: &str) -> bool {
        let key = self.options.pseudonyms.as_ref();
        let name = key.map_or_else(|| annotator.to_owned(), |key| pseudonym(annotator, key));
        preview.labels == Some(LabelSource::Own(Some(name)))
    }

    /// What would be written, with so many rows and left-out traces of each rule.
    pub fn preview(&self, limit: usize, ctx: &JobContext) -> Result<Preview, JobError> {
        Ok(export::preview(&self.source(), &self.options, limit, ctx)?)
    }

    /// Writes it.
    pub fn write(&self, out: &Path, ctx: &JobContext, now: Timestamp) -> Result<ExportReport, JobError> {
        Ok(export::write(&self.source(), &self.options, out, ctx, now, VERSION)?)
    }

    fn source(&self) -> Selection<'_> {
        Selection::new(&self.corpus, self.rows.clone())
    }
}

/// Reads a manifest and looks what has changed since.
pub fn look_at_manifest(basis: ExportBasis, path: PathBuf, ctx: &JobContext) -> Result<FoundManifest, JobError> {
    let manifest = read_manifest(&path)?;
    // Whether a key is the right one shows only in what is written; any serves to look.
    let key = manifest.pseudonyms.filter(|note| note.keyed).map(|_| "");
    let looked = manifest.options(key).map_err(JobError::from).and_then(|options| {
        let made = basis.prepared(options, None, ctx)?;
        let mut changes = manifest.changes(&made.source(), &made.options, VERSION)?;
        changes.extend(made.gone.clone());
        Ok(changes)
    });
    match looked {
        Err(JobError::Cancelled) => Err(JobError::Cancelled),
        Err(error) => Ok(FoundManifest {
            path,
            manifest: Box::new(manifest),
            changes: Vec::new(),
            fault: Some(error.to_string()),
        }),
        Ok(mut changes) => {
            if key.is_some() {
                // Names of annotators are other ones without the key.
                changes.retain(|change| !change.contains("labels of annotator-"));
            }
            Ok(FoundManifest { path, manifest: Box::new(manifest), changes, fault: None })
        }
    }
}

/// Makes the export of a manifest again. Where it stood before, only if it would be the same.
pub fn export_again(
    basis: ExportBasis,
    found: &FoundManifest,
    (key, out): (Option<&str>, Option<PathBuf>),
    ctx: &JobContext,
    now: Timestamp,
) -> Result<Exported, JobError> {
    let before = &found.manifest;
    let made = basis.prepared(before.options(key)?, None, ctx)?;
    let mut changes = before.changes(&made.source(), &made.options, VERSION)?;
    changes.extend(made.gone.clone());
    let target = match (out, changes.first()) {
        (Some(out), _) => out,
        (None, None) => before.out(&found.path),
        (None, Some(change)) => {
            let said = format!("the same export would not give the same rows: {change}; choose another file");
            return Err(JobError::Failed(said));
        }
    };
    let report = made.write(&target, ctx, now)?;
    let now = read_manifest(Path::new(&report.manifest))?;
    Ok(Exported { same: Some(before.has_same_files(&now)), report })
}

/// The folder to write into: that one where it is empty or an export of ours was written into it, else one in it of that
/// name, numbered where the name is taken by other things. Nothing of others is overwritten.
pub fn free_folder(folder: PathBuf, name: &str) -> PathBuf {
    let is_empty = |folder: &Path| match folder.read_dir() {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !folder.exists(),
    };
    let is_ours =
        |folder: &Path| read_manifest(&folder.join("manifest.json")).is_ok_and(|manifest| manifest.hub.is_some());
    let is_free = |folder: &PathBuf| is_empty(folder) || is_ours(folder);
    if is_free(&folder) {
        return folder;
    }
    let plain = folder.join(name);
    let numbered = (2..).map(|number: u32| folder.join(format!("{name}-{number}")));
    std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain)
}
