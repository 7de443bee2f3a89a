//! Opening a project: find or make its folder, import what is new, load log and scores. Window and command line share it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use stepscope_core::annotation::{
    self, Adopted, AnnotationError, AnnotationLog, Annotations, LabelSchema, LoadReport, Others, adopt,
};
use stepscope_core::import::native::NativeAnnotation;
use stepscope_core::import::{
    self, Carried, Early, ImportOptions, ImportOutcome, ImportPreview, InspectReport, Pending,
};
use stepscope_core::job::{JobContext, JobError, Wake};
use stepscope_core::model::{AnnotatorId, Clock, TraceId};
use stepscope_core::scoring::{BookReport, ScoreBook, ScorerInfo, ScoringError, StepScore};
use stepscope_core::store::{self, Placement, ProjectDir, Reject, Store};

use super::draft_file::{Draft, read_draft};
use super::follow::keep_changed;
use super::place::Place;
use super::work::WorkState;

/// What to open.
pub struct OpenRequest {
    /// Source files or folders, or one project folder.
    pub paths: Vec<PathBuf>,
    /// Project folder to use instead of the one beside the first path.
    pub project: Option<PathBuf>,
    /// How to read the files; `None`: as they were read before, else by their content.
    pub options: Option<ImportOptions>,
    /// Whether the files are followed from now on.
    pub follow: bool,
    /// The folder of the user's mappings.
    pub mappings: PathBuf,
    /// Who wants the first traces while the rest is read.
    pub early: Option<Sender<ImportPreview>>,
    /// Where project folders go whose own place is read-only.
    pub fallback: PathBuf,
    /// Who labels.
    pub annotator: AnnotatorId,
    /// The present time.
    pub clock: Arc<dyn Clock>,
}

impl OpenRequest {
    /// What the project asks for and how its annotator works, as far as it exists already: what hides from the annotator
    /// holds for its first traces as well.
    pub fn rules_before(&self) -> (LabelSchema, WorkState) {
        let Ok((dir, _)) = place(self) else { return (LabelSchema::usual(), WorkState::default()) };
        let schema = LabelSchema::load(&dir).unwrap_or_else(|_| LabelSchema::usual());
        (schema, Place::load(&dir, &self.annotator).map(|place| place.work()).unwrap_or_default())
    }

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
    /// What others have said.
    pub others: Others,
    /// Where the annotator left the project, and the row of the trace that was open.
    pub place: Option<(Place, Option<u32>)>,
    /// The annotator's log.
    pub log: AnnotationLog,
    /// What annotators are asked for, or why that cannot be read.
    pub schema: Result<LabelSchema, String>,
    /// What was noticed in the log.
    pub log_report: LoadReport,
    /// A note that was being typed when the program ended without closing.
    pub draft: Option<Draft>,
    /// The scores computed here.
    pub scores: ScoreBook,
    /// What was noticed in the score files.
    pub score_report: BookReport,
    /// Rows that could not be read.
    pub rejects: Vec<Reject>,
    /// What the import found, where one was needed.
    pub report: Option<InspectReport>,
    /// What became of labels and scores that native files carried.
    pub taken: TakenOver,
    /// Labelled traces whose text is another since they were read last.
    pub changed: Vec<TraceId>,
    /// The paths that were asked for.
    pub paths: Vec<PathBuf>,
    /// The project folder that was asked for.
    pub project: Option<PathBuf>,
}

/// Opens a project, importing its sources where they are new or have changed.
pub fn open(request: &OpenRequest, wake: Wake, ctx: &JobContext) -> Result<Opened, JobError> {
    let (dir, placement) = place(request)?;
    let mut sources: Vec<PathBuf> = request.paths.iter().filter(|path| path.as_path() != dir.path()).cloned().collect();
    // Sources that are gone do not take the project with them: its tables still hold the traces.
    if Store::exists(&dir) && !sources.iter().any(|path| path.exists()) {
        sources.clear();
    }
    let mut changed = Vec::new();
    let as_before = if request.options.is_none() { current(&dir, &sources, ctx)? } else { None };
    let (store, report) = if let Some(store) = as_before {
        (store, None)
    } else {
        let mut options = match &request.options {
            Some(options) => options.clone(),
            None => ImportOptions::load(&dir).map_err(failed)?,
        };
        options.known = import::load_mappings(&request.mappings).0;
        options.follow = request.follow;
        let old = Store::open(&dir).ok();
        let folder = std::env::temp_dir();
        let mut show = |preview| {
            if let Some(sender) = &request.early {
                // Nobody waits any more where the window has gone on.
                sender.send(preview).ok();
                ctx.wake();
            }
        };
        let early = request.early.is_some().then_some(Early { folder: &folder, show: &mut show });
        let now = request.clock.now();
        let outcome = import::import_showing(&sources, &dir, &options, now, ctx, early).map_err(import_failed)?;
        if let Some(old) = &old {
            changed = keep_changed(&dir, old, &outcome.store, &Annotations::default(), &*request.clock)?;
        }
        (outcome.store, Some(outcome.report))
    };
    let taken = take_over(&dir, &store, &request.clock);
    let annotations = dir.annotations();
    let (log, log_report) =
        AnnotationLog::open(&annotations, &request.annotator, Arc::clone(&request.clock), wake).map_err(failed)?;
    let draft = read_draft(log.draft_path());
    let (scores, score_report) = ScoreBook::open(&dir.scores()).map_err(failed)?;
    let rejects = store.rejects().map_err(failed)?;
    let schema = LabelSchema::load(&dir).map_err(|error| error.to_string());
    // The index by which a trace is found is made here rather than in the window.
    let row_of = |place: &Place| place.trace.as_ref().and_then(|trace| store.row_of(trace));
    let place = Place::load(&dir, &request.annotator).map(|place| (place.clone(), row_of(&place)));
    Ok(Opened {
        schema,
        others: others(&dir, &request.annotator),
        place,
        store,
        placement,
        log,
        log_report,
        draft,
        scores,
        score_report,
        rejects,
        report,
        taken,
        changed,
        paths: request.paths.clone(),
        project: request.project.clone(),
    })
}

/// What others have said, read without locking. A log that cannot be read is told of where its annotator opens it.
fn others(dir: &ProjectDir, annotator: &AnnotatorId) -> Others {
    let folder = dir.annotations();
    let names = annotation::list_annotators(&folder).unwrap_or_default().into_iter().filter(|name| name != annotator);
    let read = names.filter_map(|name| Some((annotation::read(&folder, &name).ok()?.0, name)));
    Arc::new(read.map(|(said, name)| (name, Arc::new(said))).collect())
}

/// What became of labels and scores that native files carried.
#[derive(Debug, Default)]
pub struct TakenOver {
    /// Labels taken over, and those left out because the log says something else.
    pub labels: Adopted,
    /// Why some are not taken over yet; they are tried again with each opening.
    pub waiting: Vec<String>,
}

impl TakenOver {
    /// What the user must know of labels left out, in a sentence; `None` where there are none.
    pub fn conflicts(&self) -> Option<String> {
        let count = self.labels.conflicts;
        (count > 0)
            .then(|| format!("{count} labels of the file were left out: the log of their annotator says otherwise"))
    }
}

/// Imports sources into a project folder; labels and scores that a native file carries are taken over.
pub fn import_into(
    sources: &[PathBuf],
    dir: &ProjectDir,
    options: &ImportOptions,
    clock: &Arc<dyn Clock>,
    ctx: &JobContext,
) -> Result<(InspectReport, TakenOver), JobError> {
    let ImportOutcome { store, report } = import(sources, dir, options, clock, ctx)?;
    Ok((report, take_over(dir, &store, clock)))
}

fn import(
    sources: &[PathBuf],
    dir: &ProjectDir,
    options: &ImportOptions,
    clock: &Arc<dyn Clock>,
    ctx: &JobContext,
) -> Result<ImportOutcome, JobError> {
    import::import(sources, dir, options, clock.now(), ctx).map_err(import_failed)
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

/// Takes over what waits in the project folder. What cannot be taken over now stays there and hinders nothing.
fn take_over(dir: &ProjectDir, store: &Store, clock: &Arc<dyn Clock>) -> TakenOver {
    let mut taken = TakenOver::default();
    let pending = match Pending::read(dir) {
        Ok(pending) if pending.carried.is_empty() => return taken,
        Ok(pending) => pending,
        Err(error) => {
            taken.waiting.push(error.to_string());
            return taken;
        }
    };
    let said = || pending.carried.iter().flat_map(|c| c.annotations.iter().map(move |said| (&c.trace, said)));
    let mut annotators: Vec<&AnnotatorId> = said().map(|(_, said)| &said.annotator).collect();
    annotators.sort();
    annotators.dedup();
    for annotator in annotators {
        let of_annotator = said().filter(|(_, said)| said.annotator == *annotator);
        if let Err(error) = take_labels(dir, annotator, of_annotator, clock, &mut taken.labels) {
            taken.waiting.push(format!("Labels of “{annotator}”: {error}"));
        }
    }
    if let Err(error) = take_scores(dir, store, &pending.carried) {
        taken.waiting.push(format!("Scores: {error}"));
    }
    if taken.waiting.is_empty()
        && let Err(error) = pending.finish()
    {
        taken.waiting.push(error.to_string());
    }
    taken
}

fn take_labels<'a>(
    dir: &ProjectDir,
    annotator: &AnnotatorId,
    said: impl Iterator<Item = (&'a TraceId, &'a NativeAnnotation)>,
    clock: &Arc<dyn Clock>,
    sum: &mut Adopted,
) -> Result<(), AnnotationError> {
    let quiet: Wake = Arc::new(|| {});
    let (mut log, _) = AnnotationLog::open(&dir.annotations(), annotator, Arc::clone(clock), quiet)?;
    let mut of_log = Adopted::default();
    for (trace, said) in said {
        let adopted = adopt(&mut log, trace, said)?;
        of_log.taken += adopted.taken;
        of_log.conflicts += adopted.conflicts;
    }
    log.flush()?;
    sum.taken += of_log.taken;
    sum.conflicts += of_log.conflicts;
    Ok(())
}

fn take_scores(dir: &ProjectDir, store: &Store, carried: &[Carried]) -> Result<(), ScoringError> {
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    for carried in carried {
        let Some(trace) = store.row_of(&carried.trace).and_then(|row| store.trace(row).ok()) else { continue };
        for computed in &carried.scores {
            let name = scores.adopt(&ScorerInfo {
                name: computed.scorer.clone(),
                fingerprint: computed.fingerprint.clone(),
                kind: computed.kind,
                ..ScorerInfo::default()
            });
            let values = trace.steps.iter().zip(&computed.values);
            let values = values.filter_map(|(step, value)| Some((step.hash.clone(), (*value)?.into())));
            let more = computed.more.iter().map(|(key, value)| (key.clone(), (*value).into()));
            let values = values.chain(more);
            // What was computed here since is newer.
            let missing: Vec<(_, StepScore)> = values.filter(|(hash, _)| scores.get(&name, hash).is_none()).collect();
            scores.append(&name, &missing)?;
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
