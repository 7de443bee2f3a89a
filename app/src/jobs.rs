//! Which jobs run: one typed slot each. Jobs return data; here it becomes state and notices.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use eframe::egui::Context;
use resvg::tiny_skia::Pixmap;
use stepscope_core::annotation::{AnnotationLog, GestureId, LabelSchema, Others};
use stepscope_core::import::{FilePreview, ImportPreview};
use stepscope_core::job::{Job, Outcome};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::Trace;
use stepscope_core::query::Found;
use stepscope_core::scoring::ScoreBook;
use stepscope_core::scoring::models::{ModelList, ModelReport, PullReport};
use stepscope_core::store::Placement;

use crate::app::{App, Leaving};
use crate::asking_jobs::AskingJobs;
use crate::command::dispatch::ahead::Ahead;
use crate::command::dispatch::place::KeptPlace;
use crate::command::dispatch::survey::SurveyShown;
use crate::command::{Action, dispatch};
use crate::dialog::files::{Answer, Ask};
use crate::scoring_job::ScoringJob;
use crate::similar_jobs::SimilarJobs;
use crate::state::asking::AskRequest;
use crate::state::beside::Candidate;
use crate::state::canvas::CanvasRequest;
use crate::state::draft_file::DraftFile;
use crate::state::exporting::{ExportRequest, Exported, FoundManifest};
use crate::state::finding::{Matches, Searched};
use crate::state::follow::Followed;
use crate::state::many::{ManyPlan, Saying};
use crate::state::models_draft::ModelsRequest;
use crate::state::only::{Listing, Only};
use crate::state::open::{Opened, name_of};
use crate::state::place::Place;
use crate::state::similar::SimilarRequest;
use crate::state::sitting::GoldFigures;
use crate::state::sources::OfferedOf;
use crate::state::survey::{Agreed, Asked, AskedAgreement, SurveyRequest};
use crate::state::work::WorkState;
use crate::state::{OpenTrace, Project, ViewState};
use crate::view_model::alignment::Pair;
use crate::view_model::export::ExportShown;
use crate::view_model::status::{self, JobKind, JobModel};

/// The running jobs.
#[derive(Default)]
pub struct Jobs {
    /// What hides from the annotator in the project that is being opened.
    pub(crate) early_rules: (LabelSchema, WorkState),
    pub(crate) open: Option<Job<Opened>>,
    /// Gives the first traces of what is being opened.
    pub(crate) early: Option<Receiver<ImportPreview>>,
    /// What was open before the first traces of other files were shown; back again where these cannot be read.
    pub(crate) behind: Option<(Option<Project>, ViewState)>,
    pub(crate) query: Option<Job<Found>>,
    /// The jobs of asking.
    pub(crate) asking: AskingJobs,
    pub(crate) preview: Option<Job<ExportShown>>,
    pub(crate) export: Option<Job<Exported>>,
    /// Looks at the manifest of an export.
    pub(crate) manifest: Option<Job<FoundManifest>>,
    /// What it says.
    pub(crate) shown_manifest: Option<Result<FoundManifest, String>>,
    pub(crate) rejects: Option<Job<PathBuf>>,
    /// Writes the tree as a picture; says where, and what is to be known of it.
    pub(crate) tree: Option<Job<(PathBuf, String)>>,
    /// Puts attempts together: the row they were asked for from, their number, the tree.
    pub(crate) merge: Option<Job<(u32, usize, Trace)>>,
    /// Compares labels with known answers.
    pub(crate) gold: Option<Job<GoldFigures>>,
    /// What came of it.
    pub(crate) shown_gold: Option<GoldFigures>,
    /// Works out what the survey shows; what was asked.
    pub(crate) survey: Option<(Asked, Job<SurveyShown>)>,
    /// What came of it, for each page; shown while the next is worked out.
    pub(crate) shown_survey: [Option<Arc<SurveyShown>>; 2],
    /// Compares label sources; what was asked.
    pub(crate) agreement: Option<(AskedAgreement, Job<Agreed>)>,
    /// What came of it; shown while the next is worked out.
    pub(crate) shown_agreement: Option<Arc<Agreed>>,
    /// Finds what label sources dispute: the traces, and the step to begin at.
    pub(crate) disputed: Option<Job<Only>>,
    /// Finds which label sources there are; of which state of the project.
    pub(crate) offered: Option<(OfferedOf, Job<Vec<LabelSource>>)>,
    /// Finds the traces behind a mark of a figure.
    pub(crate) survey_rows: Option<Job<Listing>>,
    /// Writes a figure, or the report on a scorer.
    pub(crate) survey_file: Option<Job<PathBuf>>,
    /// Draws a figure for the clipboard.
    pub(crate) survey_copy: Option<Job<Pixmap>>,
    /// Keeps where the annotator is.
    pub(crate) place: Option<Job<Option<()>>>,
    pub(crate) follow: Option<Job<Followed>>,
    /// Sources have changed again while they were being read.
    pub(crate) follow_again: bool,
    pub(crate) import_preview: Option<Job<FilePreview>>,
    /// The newest look at the files of the import dialog; shown while the next one is made.
    pub(crate) shown_import: Option<Result<FilePreview, String>>,
    pub(crate) ask: Option<Job<Answer>>,
    pub(crate) scoring: Option<ScoringJob>,
    pub(crate) model_list: Option<Job<ModelList>>,
    pub(crate) model_check: Option<Job<ModelReport>>,
    pub(crate) pull: Option<Job<PullReport>>,
    /// Saves what annotators are asked for.
    pub(crate) schema: Option<Job<LabelSchema>>,
    /// The newest list of models; shown while the next one is made.
    pub(crate) shown_models: Option<Result<ModelList, String>>,
    /// The newest look at one of them.
    pub(crate) shown_check: Option<ModelReport>,
    /// Works out what labels on many traces would change.
    pub(crate) plan: Option<Job<ManyPlan>>,
    /// What they would change.
    pub(crate) shown_plan: Option<Result<ManyPlan, String>>,
    /// Labels on many traces that are being said, a part in each frame.
    pub(crate) saying: Option<Saying>,
    /// The gesture that undo or redo is on its way to, a part in each frame.
    pub(crate) going_back: Option<GestureId>,
    /// Guesses which steps of the open trace and of what stands beside it correspond.
    pub(crate) aligning: Option<Job<Vec<Pair>>>,
    /// Looks for traces by name, to stand beside.
    pub(crate) beside_find: Option<Job<Vec<Candidate>>>,
    /// The jobs of similar steps and duplicates.
    pub(crate) similar: SimilarJobs,
    /// Finds words in a long trace.
    pub(crate) find: Option<(Arc<Searched>, Job<Matches>)>,
    /// Keeps the note that is being typed.
    pub(crate) draft_file: Option<DraftFile>,
    /// The newest preview; shown while the next one is made.
    pub(crate) shown_preview: Option<Result<ExportShown, String>>,
}

/// Jobs shorter than this are not worth a word in the status bar, in milliseconds.
const SHOW_AFTER_MS: u128 = 250;

impl Jobs {
    /// The jobs for the status bar.
    pub fn models(&self) -> Vec<JobModel> {
        let mut models = Vec::new();
        let mut add = |model: JobModel, elapsed: std::time::Duration| {
            if elapsed.as_millis() >= SHOW_AFTER_MS {
                models.push(model);
            }
        };
        if let Some(job) = &self.open {
            add(status::job(JobKind::Open, &job.progress(), job.elapsed()), job.elapsed());
        }
        // Only an order for which every trace is read tells how far it is.
        if let Some(job) = self.query.as_ref().filter(|job| job.progress().total.is_some()) {
            add(status::job(JobKind::Order, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = &self.export {
            add(status::job(JobKind::Export, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = &self.tree {
            add(status::job(JobKind::Tree, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = self.scoring.as_ref().filter(|job| job.is_busy()) {
            add(status::scoring(&job.status(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = &self.disputed {
            add(status::job(JobKind::Survey, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some((_, job)) = &self.agreement {
            add(status::job(JobKind::Survey, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some((_, job)) = &self.survey {
            add(status::job(JobKind::Survey, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = &self.similar.building {
            add(status::job(JobKind::Similar, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = &self.similar.encoding {
            add(status::job(JobKind::Similar, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some((_, job)) = &self.similar.comparing {
            add(status::job(JobKind::Duplicates, &job.progress(), job.elapsed()), job.elapsed());
        }
        if let Some(job) = &self.pull {
            add(status::job(JobKind::Pull, &job.progress(), job.elapsed()), job.elapsed());
        }
        models
    }

    /// Who gives scores and where they come from, as long as a worker holds a model.
    pub fn scorer(&self) -> String {
        self.scoring.as_ref().map(ScoringJob::source).unwrap_or_default()
    }

    /// What was under way in a project that is no longer open ends.
    fn forget_project(&mut self) {
        (self.plan, self.shown_plan, self.saying, self.going_back, self.draft_file) = (None, None, None, None, None);
        (self.aligning, self.beside_find) = (None, None);
        (self.preview, self.shown_preview, self.manifest) = (None, None, None);
        (self.survey, self.survey_rows, self.survey_file, self.shown_survey) = (None, None, None, [None, None]);
        self.survey_copy = None;
        (self.agreement, self.shown_agreement, self.disputed, self.offered) = (None, None, None, None);
        self.asking = AskingJobs::default();
        self.similar = SimilarJobs::default();
        // A schema on its way to the disk is that of the project left.
        self.schema = None;
    }

    /// True while labels on many traces are worked out or said, or undo or redo is on its way.
    pub(crate) fn is_saying(&self) -> bool {
        self.plan.is_some() || self.saying.is_some() || self.going_back.is_some()
    }

    /// Asks that job to stop.
    pub fn stop(&self, kind: JobKind) {
        match kind {
            JobKind::Open => self.open.iter().for_each(Job::cancel),
            JobKind::Order => self.query.iter().for_each(Job::cancel),
            JobKind::Export => self.export.iter().for_each(Job::cancel),
            JobKind::Tree => self.tree.iter().for_each(Job::cancel),
            JobKind::Score => self.scoring.iter().for_each(ScoringJob::cancel),
            JobKind::Survey => {
                self.survey.iter().for_each(|(_, job)| job.cancel());
                self.agreement.iter().for_each(|(_, job)| job.cancel());
                self.disputed.iter().for_each(Job::cancel);
            }
            JobKind::Similar => {
                self.similar.building.iter().for_each(Job::cancel);
                self.similar.encoding.iter().for_each(Job::cancel);
            }
            JobKind::Duplicates => self.similar.comparing.iter().for_each(|(_, job)| job.cancel()),
            JobKind::Pull => self.pull.iter().for_each(Job::cancel),
        }
    }

    /// Scores that trace next, where scoring runs.
    pub(crate) fn prioritise(&self, row: u32) {
        if let Some(job) = &self.scoring {
            job.prioritise(row);
        }
    }
}

/// Takes in what the jobs finished since the last frame.
pub(crate) fn poll(app: &mut App, ctx: &Context) {
    if let Some(preview) = app.jobs.early.as_ref().and_then(|early| early.try_recv().ok()) {
        show_early(app, preview);
    }
    if let Some(outcome) = take(&mut app.jobs.open) {
        app.jobs.early = None;
        opened(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.query) {
        match outcome {
            Outcome::Done(found) => dispatch::listed(app, found),
            Outcome::Cancelled => dispatch::order_stopped(app),
            Outcome::Failed(error) => app.notices.error("Not filtered", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.preview) {
        match outcome {
            Outcome::Done(preview) => app.jobs.shown_preview = Some(Ok(preview)),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.jobs.shown_preview = Some(Err(error.to_string())),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.import_preview) {
        dispatch::file::looked(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.merge) {
        match outcome {
            // The user may have gone on to another trace meanwhile.
            Outcome::Done((row, attempts, trace)) if app.view.open.as_ref().is_some_and(|open| open.row == row) => {
                app.view.open = Some(OpenTrace::of_attempts(row, attempts, trace));
                app.view.scroll_to_step = true;
            }
            Outcome::Done(_) | Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Attempts not put together", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.gold) {
        match outcome {
            Outcome::Done(figures) => app.jobs.shown_gold = Some(figures),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Not compared with known answers", error.to_string()),
        }
    }
    take(&mut app.jobs.place);
    dispatch::survey::poll(app, ctx);
    dispatch::sources::poll(app);
    if let Some(outcome) = take(&mut app.jobs.follow) {
        followed(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.export) {
        match outcome {
            Outcome::Done(made) => dispatch::export::written(app, &made),
            Outcome::Cancelled => app.notices.info("Export stopped", "No file was written"),
            Outcome::Failed(error) => app.notices.error("Not exported", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.manifest) {
        app.jobs.shown_manifest = match outcome {
            Outcome::Done(found) => Some(Ok(found)),
            Outcome::Cancelled => None,
            Outcome::Failed(error) => Some(Err(error.to_string())),
        };
    }
    if let Some(outcome) = take(&mut app.jobs.rejects) {
        match outcome {
            Outcome::Done(path) => app.notices.info("Rejected rows saved", path.display().to_string()),
            Outcome::Cancelled => {}
            Outcome::Failed(error) => app.notices.error("Rejected rows not saved", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.tree) {
        match outcome {
            Outcome::Done((path, about)) => {
                app.notices.info("Tree saved as picture", format!("{about} {}", path.display()));
            }
            Outcome::Cancelled => app.notices.info("Saving stopped", "No file was written"),
            Outcome::Failed(error) => app.notices.error("Tree not saved", error.to_string()),
        }
    }
    if let Some(outcome) = take(&mut app.jobs.plan) {
        dispatch::bulk::planned(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.model_list) {
        dispatch::models::listed(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.model_check) {
        dispatch::models::checked(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.pull) {
        dispatch::models::pulled(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.aligning) {
        dispatch::beside::aligned(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.beside_find) {
        dispatch::beside::found(app, outcome);
    }
    if let Some(outcome) = take(&mut app.jobs.schema) {
        dispatch::schema::saved(app, outcome);
    }
    crate::asking_jobs::poll(app);
    crate::similar_jobs::poll(app);
    match take(&mut app.jobs.ask) {
        Some(Outcome::Done((what, paths))) => answered(app, what, paths),
        Some(Outcome::Failed(error)) => app.notices.warning("No file dialog", error.to_string()),
        Some(Outcome::Cancelled) | None => {}
    }
    crate::scoring_job::poll(app);
}

/// Empties a slot whose job has ended.
pub(crate) fn take<T: Send + 'static>(slot: &mut Option<Job<T>>) -> Option<Outcome<T>> {
    let outcome = slot.as_mut()?.poll()?;
    *slot = None;
    Some(outcome)
}

fn answered(app: &mut App, what: Ask, mut paths: Vec<PathBuf>) {
    if paths.is_empty() {
        return;
    }
    let first = paths.swap_remove(0);
    app.sink.push(match what {
        Ask::OpenFiles => {
            paths.insert(0, first);
            Action::Open(paths)
        }
        Ask::OpenFolder => Action::Open(vec![first]),
        Ask::ModelFolder => {
            app.view.dialog = None;
            Action::UseModel(first)
        }
        Ask::EncoderFolder => Action::Similar(SimilarRequest::UseEncoder(first)),
        Ask::ModelsFolder => Action::Models(ModelsRequest::AddFolder(first)),
        Ask::ExportFile(_) | Ask::ExportFolder => Action::WriteExport(first),
        Ask::AgainFile => Action::Export(ExportRequest::AgainIn(first)),
        Ask::Manifest => Action::Export(ExportRequest::Look(first)),
        Ask::Problems(part) => {
            paths.insert(0, first);
            Action::Export(ExportRequest::AddProblems(part, paths))
        }
        Ask::RejectsFile => Action::SaveRejects(first),
        Ask::SurveyFile(what) => Action::Survey(SurveyRequest::Save(what, first)),
        Ask::ViewsFile => Action::Ask(AskRequest::Share(first, app.view.asking.shared.take())),
        Ask::ReadViews => Action::Ask(AskRequest::Read(first)),
        Ask::AnswerFile => Action::Ask(AskRequest::SaveAnswer(first)),
        Ask::TreeFile => Action::Canvas(CanvasRequest::Save(first)),
    });
}

fn opened(app: &mut App, outcome: Outcome<Opened>) {
    let opened = match outcome {
        Outcome::Done(opened) => opened,
        Outcome::Cancelled => {
            back(app);
            return app.notices.info("Opening stopped", "What was open stays open");
        }
        Outcome::Failed(error) => {
            back(app);
            app.view.failure = Some(error.to_string());
            app.notices.error("Not opened", error.to_string());
            return dispatch::file::look_at_unread(app);
        }
    };
    // The other project may still be open, with a note being typed.
    dispatch::annotate::commit_note(app);
    if !app.save_or_tell(Leaving::Project) {
        return;
    }
    // Whoever was reading the first traces reads on.
    let reading = app.jobs.behind.take().map(|_| std::mem::take(&mut app.view));
    tell(app, &opened);
    app.jobs.scoring = None;
    dispatch::place::keep_now(app);
    // Opened by its folder alone, a project is found again by that folder.
    let folder = opened.store.dir().path().to_owned();
    app.settings.last_opened = if opened.paths.is_empty() { vec![folder] } else { opened.paths.clone() };
    app.settings.last_project.clone_from(&opened.project);
    app.save_settings();
    let has_scores = opened.store.has_step_scores() || !opened.scores.scorers().is_empty();
    app.project = Some(Project {
        store: opened.store,
        placement: opened.placement,
        log: opened.log,
        scores: opened.scores,
        schema: opened.schema.unwrap_or_else(|_| LabelSchema::usual()),
        others: opened.others,
        rejects: Arc::new(opened.rejects),
        watcher: None,
        report: opened.report.map(Arc::new),
        preview: None,
    });
    app.watch_again();
    app.view = ViewState { show_hint: true, has_scores, ..ViewState::default() };
    if let Some(view) = reading {
        let ViewState { query, asking, rows, position, open, .. } = view;
        app.view =
            ViewState { query, asking, rows, position, open, show_hint: true, has_scores, ..ViewState::default() };
    }
    resume(app, opened.place);
    app.sitting.begin(app.project.as_ref().map_or(0, |project| project.log.last_seq()));
    app.ahead = Ahead::default();
    app.jobs.forget_project();
    // A trace that was shown while the rest was read has the annotator's steps only now.
    dispatch::annotate::refresh(app);
    let project = app.project.as_ref().filter(|project| project.can_write());
    if let Some(path) = project.map(|project| project.log.draft_path().to_owned()) {
        app.jobs.draft_file = Some(DraftFile::new(path, opened.draft.clone()));
        app.view.found_draft = opened.draft;
    }
    app.start_query();
}

/// Comes back to where the annotator left the project. Who has begun to read its first traces is left in peace.
fn resume(app: &mut App, place: Option<(Place, Option<u32>)>) {
    let Some((place, row)) = place else {
        app.kept = KeptPlace::default();
        return;
    };
    let has_moved = |open: &OpenTrace| open.at > 0 || app.view.position != Some(0);
    if app.view.open.as_ref().is_none_or(|open| !has_moved(open)) {
        app.view.open = None;
        app.view.position = None;
        app.view.query = place.query();
        app.view.asking = place.asking();
        app.view.scorer.clone_from(&place.scorer);
        app.view.resume = row.map(|row| (row, place.step.clone()));
    }
    app.view.work = place.work();
    app.view.sources.chosen.clone_from(&place.sources);
    app.kept = KeptPlace::is(place);
}

/// Shows the first traces of files that are still being read: to look at, not yet to label.
fn show_early(app: &mut App, preview: ImportPreview) {
    let quiet: stepscope_core::job::Wake = Arc::new(|| {});
    let place = preview.store.dir().annotations();
    let log = AnnotationLog::open(&place, &app.startup.annotator, Arc::clone(&app.startup.clock), quiet);
    let scores = ScoreBook::open(&preview.store.dir().scores());
    // A courtesy: without it the user waits a little longer.
    let (Ok((log, _)), Ok((scores, _))) = (log, scores) else { return };
    let (schema, work) = app.jobs.early_rules.clone();
    let early = Project {
        store: preview.store.clone(),
        placement: Placement::Beside,
        log,
        scores,
        schema,
        others: Others::default(),
        rejects: Arc::default(),
        watcher: None,
        report: None,
        preview: Some(preview),
    };
    dispatch::annotate::commit_note(app);
    // What is being listed counts rows of the tables before.
    (app.jobs.survey_rows, app.jobs.disputed) = (None, None);
    let before = app.project.replace(early);
    let unread = app.view.unread.clone();
    // Only what is hidden: nothing can be labelled yet.
    let work = WorkState { blind: work.blind, ..WorkState::default() };
    let view = std::mem::replace(&mut app.view, ViewState { unread, work, ..ViewState::default() });
    app.ahead = Ahead::default();
    app.jobs.behind = Some((before, view));
    app.jobs.scoring = None;
    app.start_query();
}

/// What was open before the first traces were shown is open again.
fn back(app: &mut App) {
    if let Some((project, view)) = app.jobs.behind.take() {
        let unread = std::mem::take(&mut app.view.unread);
        app.project = project;
        app.view = ViewState { unread, ..view };
        app.ahead = Ahead::default();
        app.start_query();
    }
}

/// The sources were read again: the list grows at its end, and what is selected stays selected.
fn followed(app: &mut App, outcome: Outcome<Followed>) {
    let again = std::mem::take(&mut app.jobs.follow_again);
    match outcome {
        // Stopped by the user: the next change is read again.
        Outcome::Cancelled => return,
        Outcome::Failed(error) => {
            app.notices.warning("Changed files not read", format!("{error}. What was read before stays"));
        }
        Outcome::Done(followed) => take_followed(app, followed),
    }
    if again {
        app.start_follow();
    }
}

fn take_followed(app: &mut App, followed: Followed) {
    let Some(project) = &mut app.project else { return };
    // Meanwhile the user may have filtered or sorted; then the list is made again.
    app.ahead = Ahead::default();
    let is_listed = app.jobs.query.is_none();
    let open = app.view.open.as_ref().map(|open| (open.trace.id.clone(), open.selected()));
    let before = std::mem::replace(&mut project.store, followed.store);
    // What is being listed counts rows of the tables before.
    (app.jobs.survey_rows, app.jobs.disputed) = (None, None);
    project.rejects = Arc::new(followed.rejects);
    project.report = Some(Arc::new(followed.report));
    (app.view.rows, app.view.found_steps) = (followed.rows, followed.steps);
    app.view.listed += 1;
    app.view.only = followed.only.filter(|_| app.view.only.is_some());
    app.view.fresh += followed.fresh;
    dispatch::bulk::keep_selection(app, &before);
    if let Some((id, selected)) = open {
        dispatch::keep_open(app, &id, selected);
    }
    if !is_listed {
        app.start_query();
    }
    if followed.gone > 0 {
        app.notices.warning(format!("{} traces are gone from the files", followed.gone), "Labels on them are kept");
    }
    if let Some(text) = changed_text(followed.changed.len()) {
        app.notices.warning(text, "The old text is kept with the project; View, Text as labelled… shows it");
    }
    app.watch_again();
}

fn changed_text(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("A labelled trace has another text now".to_owned()),
        count => Some(format!("{count} labelled traces have another text now")),
    }
}

/// Everything a user must know of what was opened.
fn tell(app: &mut App, opened: &Opened) {
    app.notices.clear();
    if let Some(report) = &opened.report {
        let name = opened.paths.first().map(|path| name_of(path)).unwrap_or_default();
        let traces = match report.counts.traces {
            1 => "1 trace".to_owned(),
            count => format!("{count} traces"),
        };
        app.notices.info(format!("{name}: {traces} read"), format!("Format {}", report.format));
    }
    if opened.taken.labels.taken > 0 {
        let labels = if opened.taken.labels.taken == 1 { "label" } else { "labels" };
        app.notices.info(format!("{} {labels} of the file taken over", opened.taken.labels.taken), "");
    }
    if let Some(conflicts) = opened.taken.conflicts() {
        app.notices.warning("Some labels of the file differ from yours", conflicts);
    }
    for reason in &opened.taken.waiting {
        app.notices.warning("Labels or scores of the file wait to be taken over when it is opened again", reason);
    }
    if let Some(text) = changed_text(opened.changed.len()) {
        app.notices.warning(text, "The old text is kept with the project; View, Text as labelled… shows it");
    }
    if !opened.rejects.is_empty() {
        let count = opened.rejects.len();
        app.notices.warning(
            format!("{count} rows could not be read"),
            "File, Rejected rows… shows and saves them; everything else was loaded",
        );
    }
    for source in opened.store.sources().iter().filter(|source| source.waiting > 0) {
        let name = name_of(Path::new(&source.path));
        app.notices.warning(
            format!("{name}: the last line is not complete"),
            "It is read as soon as the rest of it is written; if nothing writes the file any more, get it again",
        );
    }
    if opened.placement == Placement::Fallback {
        let place = opened.store.dir().path().display();
        app.notices.warning("The folder of the sources is read-only", format!("Labels and scores are kept in {place}"));
    }
    if let Err(reason) = &opened.schema {
        let detail = format!("{reason}. The usual labels are asked for meanwhile; nothing was changed");
        app.notices.warning("The labels of this project could not be read", detail);
    }
    if let Some(torn) = &opened.log_report.torn {
        app.notices.warning("The last line of the label log was cut off and set aside", torn.display().to_string());
    }
    if let Some(rescued) = opened.log_report.rescued.first() {
        let detail = format!("Append its lines to the label log, then remove it: {}", rescued.display());
        app.notices.warning("Labels that could not be saved earlier lie beside the log", detail);
    }
    let log_warnings = opened.log_report.warnings.iter().map(|warning| match warning.line {
        // Of the whole file.
        0 => warning.message.clone(),
        line => format!("line {line}: {}", warning.message),
    });
    app.notices.warnings("The label log was not read in full", log_warnings);
    for (file, bytes) in &opened.score_report.torn {
        let detail = format!("{bytes} bytes; those steps can be scored again: {}", file.display());
        app.notices.warning("The last line of a score file was cut off", detail);
    }
    app.notices.warnings("Some scores could not be read", opened.score_report.warnings.clone());
    if let stepscope_core::annotation::Access::ReadOnly { reason } = opened.log.access() {
        app.notices.warning("Open read-only", reason);
    }
    if let Some(warning) = opened.log.clock_warning() {
        app.notices.warning("The clock was set back", warning);
    }
}
