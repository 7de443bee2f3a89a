//! Opening a project: find or make its folder, import what is new, load log and scores. Window and command line share it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepscope_core::annotation::{AnnotationLog, LoadReport, adopt};
use stepscope_core::import::{self, Carried, ImportOptions, InspectReport};
use stepscope_core::job::{JobContext, JobError, Wake};
use stepscope_core::model::{AnnotatorId, Clock};
use stepscope_core::scoring::{BookReport, ScoreBook, ScorerInfo};
use stepscope_core::store::{self, Placement, ProjectDir, Reject, Store};

/// What to open.
pub struct OpenRequest {
    /// Source files or folders, or one project folder.
    pub paths: Vec<PathBuf>,
    /// Project folder to use instead of the one beside the first path.
    pub project: Option<PathBuf>,
    /// Where project folders go whose own place is read-only.
    pub fallback: PathBuf,
    /// Who labels.
    pub annotator: AnnotatorId,
    /// The present time.
    pub clock: Arc<dyn Clock>,
}

impl OpenRequest {
    /// True where this is the project that would be opened.
    pub fn names(&self, dir: &ProjectDir) -> bool {
        let real = |dir: &ProjectDir| dir.path().canonicalize().unwrap_or_else(|_| dir.path().to_owned());
        place(self).is_ok_and(|(wanted, _)| real(&wanted) == real(dir))
    }
}

/// A project ready for work.
pub struct Opened {
    /// The traces.
    pub store: Store,
    /// Where its folder lies.
    pub placement: Placement,
    /// The annotator's log.
    pub log: AnnotationLog,
    /// What was noticed in the log.
    pub log_report: LoadReport,
    /// The scores computed here.
    pub scores: ScoreBook,
    /// What was noticed in the score files.
    pub score_report: BookReport,
    /// Rows that could not be read.
    pub rejects: Vec<Reject>,
    /// What the import found, where one was needed.
    pub report: Option<InspectReport>,
    /// The paths that were asked for.
    pub paths: Vec<PathBuf>,
}

/// Opens a project, importing its sources where they are new or have changed.
pub fn open(request: &OpenRequest, wake: Wake, ctx: &JobContext) -> Result<Opened, JobError> {
    let (dir, placement) = place(request)?;
    let sources: Vec<PathBuf> = request.paths.iter().filter(|path| path.as_path() != dir.path()).cloned().collect();
    let (store, report) = if let Some(store) = current(&dir, &sources, ctx)? {
        (store, None)
    } else {
        let (store, report) = import_into(&sources, &dir, &ImportOptions::default(), &request.clock, ctx)?;
        (store, Some(report))
    };
    let annotations = dir.annotations();
    let (log, log_report) =
        AnnotationLog::open(&annotations, &request.annotator, Arc::clone(&request.clock), wake).map_err(failed)?;
    let (scores, score_report) = ScoreBook::open(&dir.scores()).map_err(failed)?;
    let rejects = store.rejects().map_err(failed)?;
    Ok(Opened {
        store,
        placement,
        log,
        log_report,
        scores,
        score_report,
        rejects,
        report,
        paths: request.paths.clone(),
    })
}

/// Imports sources into a project folder; labels and scores that a native file carries are taken over.
pub fn import_into(
    sources: &[PathBuf],
    dir: &ProjectDir,
    options: &ImportOptions,
    clock: &Arc<dyn Clock>,
    ctx: &JobContext,
) -> Result<(Store, InspectReport), JobError> {
    let outcome = import::import(sources, dir, options, clock.now(), ctx).map_err(import_failed)?;
    take_over(dir, &outcome.store, &outcome.carried, clock)?;
    Ok((outcome.store, outcome.report))
}

fn place(request: &OpenRequest) -> Result<(ProjectDir, Placement), JobError> {
    // A project folder may have any name; what is in it tells.
    let is_project = |path: &&PathBuf| Store::exists(&ProjectDir::new(path.as_path()));
    if let (None, Some(folder)) = (&request.project, request.paths.first().filter(is_project)) {
        return Ok((ProjectDir::new(folder), Placement::Beside));
    }
    match (&request.project, request.paths.first()) {
        (Some(folder), _) => Ok((ProjectDir::new(folder), Placement::Beside)),
        (None, Some(first)) => store::project_dir_for(first, &request.fallback).map_err(failed),
        (None, None) => Err(JobError::Failed("Nothing to open: give a file, a folder or --project".into())),
    }
}

/// The store on disk, if it holds these sources as they are now.
fn current(dir: &ProjectDir, sources: &[PathBuf], ctx: &JobContext) -> Result<Option<Store>, JobError> {
    if !Store::exists(dir) {
        return if sources.is_empty() {
            Err(JobError::Failed(format!("No project here: {}. Open the trace files themselves", dir.path().display())))
        } else {
            Ok(None)
        };
    }
    let store = match Store::open(dir) {
        Ok(store) => store,
        // A damaged store is made again from its sources; labels and scores are kept elsewhere.
        Err(_) if !sources.is_empty() => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if sources.is_empty() || store.is_current(&import::source_files(sources), ctx).map_err(failed)? {
        Ok(Some(store))
    } else {
        Ok(None)
    }
}

fn take_over(dir: &ProjectDir, store: &Store, carried: &[Carried], clock: &Arc<dyn Clock>) -> Result<(), JobError> {
    let mut annotators: Vec<&AnnotatorId> =
        carried.iter().flat_map(|c| c.annotations.iter().map(|a| &a.annotator)).collect();
    annotators.sort();
    annotators.dedup();
    for annotator in annotators {
        let quiet: Wake = Arc::new(|| {});
        let (mut log, _) =
            AnnotationLog::open(&dir.annotations(), annotator, Arc::clone(clock), quiet).map_err(failed)?;
        for (trace, said) in carried.iter().flat_map(|c| c.annotations.iter().map(move |a| (&c.trace, a))) {
            if said.annotator == *annotator {
                adopt(&mut log, trace, said).map_err(failed)?;
            }
        }
        log.flush().map_err(failed)?;
    }
    let (scores, _) = ScoreBook::open(&dir.scores()).map_err(failed)?;
    for carried in carried {
        let Some(trace) = store.row_of(&carried.trace).and_then(|row| store.trace(row).ok()) else { continue };
        for computed in &carried.scores {
            let name = scores.adopt(&ScorerInfo {
                name: computed.scorer.clone(),
                fingerprint: computed.fingerprint.clone(),
                kind: computed.kind,
                ..ScorerInfo::default()
            });
            let hashes = trace.steps.iter().map(|step| step.hash.clone());
            let values: Vec<_> = hashes.zip(&computed.values).filter_map(|(hash, v)| Some((hash, (*v)?))).collect();
            scores.append(&name, &values).map_err(failed)?;
        }
    }
    Ok(())
}

/// Any error as the failure of a job.
pub fn failed(error: impl std::error::Error + 'static) -> JobError {
    JobError::from_error(&error)
}

fn import_failed(error: import::ImportError) -> JobError {
    match error {
        import::ImportError::Cancelled => JobError::Cancelled,
        other => failed(other),
    }
}

/// Name of a path for titles: its last part.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
