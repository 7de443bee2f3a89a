//! The window: `logic` polls jobs and dispatches actions, `ui` paints through `layout`; and how each job begins.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use eframe::egui::{self, Ui};

use stepscope_core::import::{self, ImportOptions};
use stepscope_core::job::{Job, JobError, Wake};
use stepscope_core::model::{ScoreKind, Trace};
use stepscope_core::query;
use stepscope_core::watch::{ChangeKind, Watcher};

use crate::command::dispatch::ahead::Ahead;
use crate::command::dispatch::place::KeptPlace;
use crate::command::dispatch::sources::KeptSides;
use crate::command::input::{Focus, behind_escape, choose_key, command_from, survey_key};
use crate::command::{Action, CommandEnv, CommandSink, KeyMap, dispatch};
use crate::dialog::files;
use crate::jobs::{self, Jobs};
use crate::layout::{KeptTimeline, MapOf};
use crate::panel::notices;
use crate::scoring_job::ScoringJob;
use crate::startup::Startup;
use crate::state::choose::ChooseRequest;
use crate::state::draft_file::DraftFile;
use crate::state::follow::{FollowRequest, follow};
use crate::state::import_draft::ImportDraft;
use crate::state::open::{OpenRequest, open};
use crate::state::reading::ReadRequest;
use crate::state::scores::{self, QueryAids};
use crate::state::sitting::Sitting;
use crate::state::writing::Drafts;
use crate::state::{DialogState, Notices, OpenTrace, Project, Settings, ViewState};
use crate::text::Texts;
use crate::ui_kit::tokens;
use crate::view_model::canvas::Canvas;
use crate::view_model::export::ExportModel;
use crate::view_model::minimap::MinimapModel;
use crate::view_model::scores::{ScoreSeries, recomputed, series_of};

/// What the user is about to do that labels which are not on disk would not outlive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// Nothing: they only want to save.
    Nothing,
    /// Opening another project, or this one anew.
    Project,
    /// Closing the window.
    Window,
}

/// So long the window waits for the disk before it says that labels are not saved.
const PATIENCE: Duration = Duration::from_secs(3);

/// Traces that the import dialog shows.
const PREVIEWED: usize = 5;

/// Scores of a trace, and what they were gathered from.
struct KeptSeries {
    trace: Arc<Trace>,
    revision: u64,
    chosen: Option<String>,
    /// What follows from outcomes is among them.
    outcomes: bool,
    series: Arc<Vec<ScoreSeries>>,
}

/// The whole window.
pub struct App {
    pub(crate) startup: Startup,
    pub(crate) settings: Settings,
    /// The keys in use.
    pub(crate) keys: Arc<KeyMap>,
    pub(crate) project: Option<Project>,
    pub(crate) view: ViewState,
    pub(crate) jobs: Jobs,
    pub(crate) sink: CommandSink,
    pub(crate) notices: Notices,
    pub(crate) wake: Wake,
    /// The scores of the open trace as they were last gathered.
    kept_series: RefCell<Option<KeptSeries>>,
    /// What label sources say of the open trace as it was last worked out.
    pub(crate) kept_sides: RefCell<Option<KeptSides>>,
    /// The timeline of the open trace as it was last worked out.
    pub(crate) kept_timeline: RefCell<Option<KeptTimeline>>,
    /// The map of the open trace, and what it was made of.
    pub(crate) kept_map: RefCell<Option<(MapOf, MinimapModel)>>,
    /// Texts made ready to be read.
    pub(crate) texts: Texts,
    /// The tree of the open trace made ready to be painted.
    pub(crate) canvas: Canvas,
    /// Steps that were begun and not saved.
    pub(crate) drafts: Drafts,
    /// How long was worked on what.
    pub(crate) sitting: Sitting,
    /// The trace that will be asked for next.
    pub(crate) ahead: Ahead,
    /// Where the annotator is, as the file says.
    pub(crate) kept: KeptPlace,
    /// The user was told that closing the window loses labels; asked again, it closes.
    warned_of_loss: bool,
    /// A text field had the keyboard in the last frame.
    typing: bool,
    /// What came behind an Escape in the same frame, for the next one.
    held: Vec<egui::Event>,
}

impl App {
    /// Builds the window and begins to open what `startup` names.
    pub fn new(cc: &eframe::CreationContext<'_>, startup: Startup) -> Self {
        let ctx = cc.egui_ctx.clone();
        tokens::install(&ctx);
        let mut notices = Notices::default();
        let settings = Settings::load(&startup.folders.settings()).unwrap_or_else(|message| {
            notices.warning("Settings not read", message);
            Settings::default()
        });
        tokens::set_theme(&ctx, settings.theme);
        tokens::set_density(&ctx, settings.density);
        // The commands for it are remembered and can have other keys.
        ctx.options_mut(|options| {
            options.zoom_with_keyboard = false;
            // Theirs takes Ctrl+Shift+Q for Ctrl+Q as well; ours is a command.
            options.quit_shortcuts.clear();
        });
        ctx.set_zoom_factor(settings.scale());
        let (keys, problems) = KeyMap::new(&settings.keys);
        notices.warnings("Some keys of the settings were left out", problems);
        let keys = Arc::new(keys);
        keys.install(&ctx);
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let texts = Texts::new(Arc::clone(&wake));
        let mut app = Self {
            startup,
            settings,
            keys,
            project: None,
            view: ViewState::default(),
            jobs: Jobs::default(),
            sink: CommandSink::default(),
            notices,
            wake,
            kept_series: RefCell::default(),
            kept_sides: RefCell::default(),
            kept_timeline: RefCell::default(),
            kept_map: RefCell::default(),
            texts,
            canvas: Canvas::default(),
            drafts: Drafts::default(),
            sitting: Sitting::default(),
            ahead: Ahead::default(),
            kept: KeptPlace::default(),
            warned_of_loss: false,
            held: Vec::new(),
            typing: false,
        };
        app.open_first();
        app
    }

    /// The open project, for tests.
    pub fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// What is shown, for tests.
    pub fn view(&self) -> &ViewState {
        &self.view
    }

    /// The newest look at the files of the import dialog, for tests.
    pub fn import_preview(&self) -> Option<&Result<import::FilePreview, String>> {
        self.jobs.shown_import.as_ref()
    }

    /// What the export dialog shows, for tests.
    pub fn export_model(&self) -> Option<ExportModel<'_>> {
        match &self.view.dialog {
            Some(DialogState::Export(draft)) => Some(dispatch::export::model(self, draft)),
            _ => None,
        }
    }

    /// Messages on screen, for tests.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// The row of the trace that was read beforehand, for tests.
    pub fn read_ahead(&self) -> Option<u32> {
        self.ahead.row()
    }

    /// Asks for an action as a panel would, for tests and for paths dropped by the system.
    pub fn request(&mut self, action: Action) {
        self.sink.push(action);
    }

    /// True while nothing runs in the background and everything said is on disk.
    pub fn is_idle(&self) -> bool {
        let jobs = &self.jobs;
        jobs.open.is_none()
            && jobs.query.is_none()
            && jobs.preview.is_none()
            && jobs.import_preview.is_none()
            && jobs.asking.is_idle()
            && jobs.similar.is_idle()
            && self.is_answered()
            && jobs.follow.is_none()
            && jobs.merge.is_none()
            && jobs.gold.is_none()
            && jobs.survey.is_none()
            && jobs.agreement.is_none()
            && jobs.disputed.is_none()
            && jobs.offered.is_none()
            && jobs.survey_rows.is_none()
            && jobs.survey_file.is_none()
            && jobs.survey_copy.is_none()
            && jobs.place.is_none()
            && !self.ahead.is_reading()
            && self.texts.is_idle()
            && jobs.export.is_none()
            && jobs.manifest.is_none()
            && jobs.rejects.is_none()
            && jobs.tree.is_none()
            && !self.canvas.is_busy()
            && jobs.model_list.is_none()
            && jobs.model_check.is_none()
            && jobs.pull.is_none()
            && jobs.schema.is_none()
            && jobs.aligning.is_none()
            && jobs.beside_find.is_none()
            && jobs.find.is_none()
            && !jobs.is_saying()
            && !(matches!(self.view.dialog, Some(DialogState::History(_))) && self.view.history.is_unfinished())
            && !jobs.draft_file.as_ref().is_some_and(DraftFile::is_busy)
            && !jobs.scoring.as_ref().is_some_and(ScoringJob::is_busy)
            && self.project.as_ref().is_none_or(|p| p.log.last_seq() == p.log.saved_seq())
    }

    /// The paths given, else those opened last, else the sample data.
    fn open_first(&mut self) {
        let mut project = self.startup.project.clone();
        let mut paths = self.startup.paths.clone();
        if paths.is_empty() && project.is_none() {
            paths.clone_from(&self.settings.last_opened);
            paths.retain(|path| path.exists());
            project = self.settings.last_project.clone().filter(|folder| folder.exists());
        }
        if paths.is_empty() && project.is_none() {
            match self.startup.sample_data() {
                Ok(folder) => paths.push(folder),
                Err(error) => return self.notices.error("Sample data not opened", error),
            }
        }
        self.start_open(paths, project);
    }

    /// Tries once more to save what is not on disk; where that fails, says so and what it means. True where all is saved.
    pub(crate) fn save_or_tell(&mut self, leaving: Leaving) -> bool {
        let Some(project) = &self.project else { return true };
        project.log.retry();
        let Err(error) = project.log.flush_within(PATIENCE) else { return true };
        let count = project.log.last_seq() - project.log.saved_seq();
        let remedy = self.keys.fill(match leaving {
            Leaving::Nothing => "",
            Leaving::Project => " The project stays open, so that they are not lost. {edit.save_again} tries again.",
            Leaving::Window => " {edit.save_again} tries again; close again to leave without them.",
        });
        self.notices.error("Labels are not saved", format!("{count} changes are only in this window.{remedy} {error}"));
        false
    }

    /// Keeps the window open, once, where closing it would lose labels.
    fn guard_close(&mut self, ctx: &egui::Context) {
        if !ctx.input(|input| input.viewport().close_requested()) {
            return;
        }
        dispatch::annotate::commit_note(self);
        let drafts = self.drafts.len();
        if self.save_or_tell(Leaving::Window) && drafts == 0 {
            self.warned_of_loss = false;
        } else if !self.warned_of_loss {
            self.warned_of_loss = true;
            if drafts > 0 {
                let what = if drafts == 1 { "A step" } else { "Steps" };
                let detail = "The key that began it opens it again; close again to leave without it";
                self.notices.warning(format!("{what} you began to write would be lost"), detail);
            }
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
    }

    pub(crate) fn start_open(&mut self, paths: Vec<PathBuf>, project: Option<PathBuf>) {
        self.start_open_as(paths, project, None);
    }

    /// Opens paths, read as `options` say; `None` reads them as before.
    pub(crate) fn start_open_as(
        &mut self,
        paths: Vec<PathBuf>,
        project: Option<PathBuf>,
        options: Option<ImportOptions>,
    ) {
        // Remembered paths must mean the same wherever the program is started next time.
        let paths: Vec<PathBuf> = paths.into_iter().map(|path| std::path::absolute(&path).unwrap_or(path)).collect();
        self.view.unread.clone_from(&paths);
        self.view.failure = None;
        let (sender, early) = channel();
        let request = OpenRequest {
            paths,
            project,
            options,
            early: Some(sender),
            follow: self.settings.follow,
            mappings: self.startup.folders.mappings(),
            fallback: self.startup.folders.projects(),
            annotator: self.startup.annotator.clone(),
            clock: Arc::clone(&self.startup.clock),
        };
        if self.jobs.is_saying() {
            let detail = "Open the files again when it is done, or stop it";
            return self.notices.info("Many traces are being labelled", detail);
        }
        if !self.save_or_tell(Leaving::Project) {
            return;
        }
        dispatch::place::keep_now(self);
        self.jobs.early_rules = request.rules_before();
        // What is open stays open until the other is ready, in case it cannot be opened. Only the same project has to
        // go first: its lock must be free.
        // First traces of other files that are still being read give way; what was open before them is back.
        if let Some((project, view)) = self.jobs.behind.take() {
            let unread = std::mem::take(&mut self.view.unread);
            (self.project, self.view) = (project, ViewState { unread, ..view });
            self.ahead = Ahead::default();
            self.start_query();
        }
        if let Some(project) = self.project.take_if(|project| request.names(project.dir())) {
            self.view = ViewState { unread: std::mem::take(&mut self.view.unread), ..ViewState::default() };
            self.jobs.scoring = None;
            drop(project);
        }
        let wake = Arc::clone(&self.wake);
        let job = Job::spawn("open", Arc::clone(&self.wake), move |ctx| open(&request, wake, ctx));
        self.jobs.open = self.started(job);
        self.jobs.early = Some(early);
    }

    pub(crate) fn start_query(&mut self) {
        let Some(project) = &self.project else { return };
        let query = query::Query { aggregate: self.settings.aggregate(), ..self.view.query.clone() };
        let store = project.store.clone();
        let (said, aids) = (project.log.snapshot(), self.query_aids(project));
        let only = self.view.only.clone();
        let job = Job::spawn("query", Arc::clone(&self.wake), move |ctx| {
            let mut found = aids.run(&query, &store, &said, ctx)?;
            if let Some(only) = only {
                found.rows = only.keep(&query, &found.rows);
            }
            Ok(found)
        });
        self.jobs.query = self.started(job);
    }

    /// Sorts the table anew where its order depends on scores.
    pub(crate) fn scores_changed(&mut self) {
        let query = &self.view.query;
        let is_queued = query.sort.key == query::SortKey::Row && query.queue.order.tells();
        if query.sort.key.needs_scores() || is_queued {
            self.start_query();
        }
        dispatch::proposals::refresh(self);
    }

    /// Looks at the files of the import dialog, as its choices say.
    pub(crate) fn start_import_preview(&mut self, draft: &ImportDraft) {
        let (paths, options, folder) = (draft.paths.clone(), draft.options(), self.startup.folders.mappings());
        let job = Job::spawn("look at files", Arc::clone(&self.wake), move |ctx| {
            // Choices that are not complete yet leave the file to be looked at.
            let mut options = options.unwrap_or_default();
            options.known = import::load_mappings(&folder).0;
            let files = import::source_files(&paths);
            import::preview(&files, PREVIEWED, &options, ctx).map_err(JobError::from)
        });
        self.jobs.import_preview = self.started(job);
    }

    pub(crate) fn ask(&mut self, what: files::Ask, suggested_name: &str) {
        self.jobs.ask = self.started(files::ask(what, suggested_name, Arc::clone(&self.wake)));
    }

    pub(crate) fn started<T>(&mut self, job: std::io::Result<Job<T>>) -> Option<Job<T>> {
        job.map_err(|error| self.notices.error("Background work not started", error.to_string())).ok()
    }

    pub(crate) fn save_settings(&mut self) {
        if let Err(message) = self.settings.save(&self.startup.folders.settings()) {
            self.notices.warning("Settings not saved", message);
        }
    }

    /// What the order of traces depends on.
    pub(crate) fn query_aids(&self, project: &Project) -> QueryAids {
        QueryAids {
            scores: scores::chosen(&project.scores, self.view.scorer.as_deref()),
            others: Arc::clone(&project.others),
            annotator: self.startup.annotator.to_string(),
            sources: self.view.sources.in_use().map(<[_]>::to_vec),
            gold: project.gold(),
            book: project.scores.clone(),
            cache: self.view.cache.clone(),
            by: self.view.asking.by.clone(),
            among: self.view.asking.among.as_ref().map(|among| Arc::clone(&among.rows)),
        }
    }

    /// The facts that decide which commands can run.
    pub(crate) fn env(&self) -> CommandEnv {
        let project = self.project.as_ref();
        // What is not seen is not labelled by mistake.
        let open = self.view.open.as_ref().filter(|_| !self.view.survey.shown);
        CommandEnv {
            is_surveying: self.view.survey.shown,
            hides_sources: open.is_some() && self.hidden_sources().is_some(),
            hides_survey: self.hides_survey(),
            has_project: project.is_some(),
            has_old_text: project.zip(open).is_some_and(|(project, open)| {
                project.said(&open.trace.id).is_some_and(|said| said.is_of_other_text(|step| open.has(step)))
            }),
            is_merged: open.is_some_and(|open| open.attempts.is_some()),
            has_report: project.is_some_and(|project| project.report.is_some()),
            has_files: project.is_some() || !self.view.unread.is_empty(),
            has_rows: !self.view.rows.is_empty(),
            has_trace: open.is_some(),
            has_step: open.is_some_and(|open| open.selected().is_some()),
            has_branch: open.is_some_and(|open| open.siblings().len() > 1),
            is_written: open.and_then(OpenTrace::step).is_some_and(|step| step.hash.is_written()),
            can_merge: open.is_some_and(|open| open.selected().is_some_and(|at| open.tree.children(at).len() == 1)),
            has_proposal: self.view.work.proposal.is_some(),
            can_write: project.is_some_and(Project::can_write),
            can_undo: project.is_some_and(|p| p.log.can_undo()),
            can_redo: project.is_some_and(|p| p.log.can_redo()),
            has_rejects: project.is_some_and(|p| !p.rejects.is_empty()),
            is_scoring: self.jobs.scoring.as_ref().is_some_and(ScoringJob::is_busy),
            is_tree: open.is_some_and(|open| open.tree.is_branching()),
            has_beside: self.view.beside.shown && self.view.beside.side.is_some(),
            is_finding: !self.view.reading.find.query.text.is_empty(),
            has_partner: open.is_some_and(|open| open.partner().is_some()),
            has_iterations: self.canvas.order.is_some(),
        }
    }

    /// Watches the sources of the open project, and the folders that were opened for new files.
    pub(crate) fn watch_again(&mut self) {
        let Some(project) = &mut self.project else { return };
        let folder = project.dir().path().to_owned();
        let sources: Vec<PathBuf> = project.store.sources().iter().map(|source| PathBuf::from(&source.path)).collect();
        let mut folders = self.settings.last_opened.clone();
        folders.retain(|path| path.is_dir() && *path != folder);
        // Without a watcher, F5 reads files again.
        project.watcher = Watcher::with_folders(sources, folders, Arc::clone(&self.wake)).ok();
    }

    /// Reads the sources of the open project again, while it stays open.
    pub(crate) fn start_follow(&mut self) {
        let Some(project) = &self.project else { return };
        if self.jobs.follow.is_some() || self.jobs.open.is_some() {
            self.jobs.follow_again = true;
            return;
        }
        let folder = project.dir().path().to_owned();
        let mut paths = self.settings.last_opened.clone();
        if paths.contains(&folder) {
            paths = project.store.sources().iter().map(|source| PathBuf::from(&source.path)).collect();
        }
        // A source that is gone for a moment, as while it is being replaced, would take its traces with it.
        paths.retain(|path| path.exists());
        let request = FollowRequest {
            store: project.store.clone(),
            paths,
            mappings: self.startup.folders.mappings(),
            said: project.log.snapshot(),
            query: query::Query { aggregate: self.settings.aggregate(), ..self.view.query.clone() },
            aids: self.query_aids(project),
            listed: self.view.rows.clone(),
            only: self.view.only.clone(),
            clock: Arc::clone(&self.startup.clock),
        };
        let job = Job::spawn("follow", Arc::clone(&self.wake), move |ctx| follow(&request, ctx));
        self.jobs.follow = self.started(job);
    }

    /// Reads changed sources again, or tells that they have changed where the user wants to be asked.
    fn watch_sources(&mut self) {
        let changes = self.project.as_ref().map(Project::source_changes).unwrap_or_default();
        if let Some(change) = changes.first() {
            let what = match change.kind {
                ChangeKind::Grown => "has grown",
                ChangeKind::Replaced => "has changed",
                ChangeKind::Removed => "is gone",
            };
            let name = crate::state::open::name_of(&change.path);
            let is_there = changes.iter().any(|change| change.kind != ChangeKind::Removed);
            if self.settings.follow && is_there {
                return self.start_follow();
            }
            let detail = match change.kind {
                ChangeKind::Removed => "Its traces stay here as they were read; labels and scores are kept",
                ChangeKind::Grown | ChangeKind::Replaced => {
                    "{file.reload} reads it again; labels stay with steps whose text is the same"
                }
            };
            self.notices.warning(format!("{name} {what}"), self.keys.fill(detail));
        }
    }

    fn drain(&mut self, ctx: &egui::Context) {
        for action in self.sink.drain() {
            dispatch::dispatch(self, action, ctx);
        }
    }

    /// What has the keyboard.
    pub(crate) fn focus(&self, ctx: &egui::Context) -> Focus {
        if self.view.dialog.is_some() || egui::Popup::is_any_open(ctx) {
            Focus::Dialog
        } else if ctx.text_edit_focused() {
            Focus::Text
        } else if ctx.memory(|memory| memory.focused().is_some()) {
            Focus::Widget
        } else {
            Focus::Traces
        }
    }

    fn take_input(&mut self, ctx: &egui::Context) {
        let focus = self.focus(ctx);
        let (events, dropped) = ctx.input_mut(|input| {
            let paths = input.raw.dropped_files.iter().map(|file| file.path().to_owned());
            (std::mem::take(&mut input.events), paths.collect::<Vec<_>>())
        });
        let mut events = [std::mem::take(&mut self.held), events].concat();
        self.held = behind_escape(&mut events, focus);
        if !self.held.is_empty() {
            ctx.request_repaint();
        }
        let mut rest = Vec::new();
        for (at, event) in events.iter().enumerate() {
            // What a key does may depend on the one before it in the same frame: the first opens the chooser, the second
            // chooses in it.
            let key = choose_key(event, events.get(at + 1), focus)
                .filter(|(key, _)| self.view.dialog.is_none() && self.chooser_takes(*key));
            let may_run = self.view.dialog.is_none() && !self.view.note.as_ref().is_some_and(|note| note.focus);
            // An Escape that leads out of a field has done its work.
            let leaves_field = self.typing && matches!(event, egui::Event::Key { key: egui::Key::Escape, .. });
            let of_survey = survey_key(event, focus).filter(|_| may_run && self.view.survey.shown && !leaves_field);
            let command =
                command_from(event, events.get(at + 1), focus, &self.keys).filter(|_| may_run && of_survey.is_none());
            let is_escape = matches!(event, egui::Event::Key { key: egui::Key::Escape, pressed: true, .. });
            let is_free = focus == Focus::Traces && key.is_none() && self.view.note.is_none();
            if is_escape && is_free && self.view.reading.find.shown {
                self.sink.push(Action::Read(ReadRequest::CloseFind));
            }
            if let Some((key, shift)) = key {
                self.sink.push(Action::Choose(ChooseRequest::Key(key, shift)));
            } else if let Some(action) = of_survey {
                self.sink.push(action);
            } else if let Some(command) = command {
                self.sink.run(command);
            }
            self.drain(ctx);
            // A text field must not take for its own what was a command.
            if command.is_none() || focus != Focus::Text {
                rest.push(event.clone());
            }
        }
        ctx.input_mut(|input| input.events = rest);
        if !dropped.is_empty() {
            self.sink.push(Action::Open(dropped));
        }
    }

    /// The scores of the open trace, the chosen scorer's first.
    pub(crate) fn series(&self) -> Arc<Vec<ScoreSeries>> {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return Arc::default() };
        // Gathered in every frame, they would take longer than the frame has where a trace is long.
        let mut kept = self.kept_series.borrow_mut();
        let (revision, chosen) = (project.scores.revision(), self.view.scorer.as_deref());
        let outcomes = self.visible().is_some_and(|visible| visible.verdict);
        let is_same = |kept: &&KeptSeries| {
            Arc::ptr_eq(&kept.trace, &open.trace)
                && kept.revision == revision
                && kept.outcomes == outcomes
                && kept.chosen.as_deref() == chosen
        };
        if let Some(same) = kept.as_ref().filter(is_same) {
            return Arc::clone(&same.series);
        }
        let mut series = series_of(&open.trace, &project.scores, chosen);
        if outcomes {
            series.extend(recomputed(&open.trace, &open.tree));
        } else if open.attempts.is_some() {
            // Shares and means of attempts are counted from how they ended.
            series.retain(|series| !series.imported || series.kind == ScoreKind::Count);
        }
        let series = Arc::new(series);
        let chosen = self.view.scorer.clone();
        *kept = Some(KeptSeries {
            trace: Arc::clone(&open.trace),
            revision,
            chosen,
            outcomes,
            series: Arc::clone(&series),
        });
        series
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        jobs::poll(self, ctx);
        self.texts.begin_frame();
        let (now, has_input, has_focus) =
            ctx.input(|input| (input.time, !input.events.is_empty() || input.pointer.is_moving(), input.focused));
        let open = self.view.open.as_ref().filter(|_| !self.view.survey.shown).map(|open| &open.trace.id);
        self.sitting.frame(now, has_input, has_focus, open);
        // A dialog that was closed in the last frame takes no key of this one.
        self.drain(ctx);
        self.take_input(ctx);
        self.drain(ctx);
        dispatch::read::follow(self);
        dispatch::read::show_selected_section(self);
        dispatch::work::note_shown(self);
        dispatch::ahead::read(self);
        dispatch::beside::follow(self);
        dispatch::canvas::refresh(self);
        dispatch::sources::follow(self);
        dispatch::survey::follow(self);
        if let Some(seconds) = dispatch::place::keep(self, now) {
            ctx.request_repaint_after(seconds);
        }
        if let Some(wait) = dispatch::asking::follow(self) {
            ctx.request_repaint_after(wait);
        }
        let mut again = dispatch::bulk::go_on_saying(self);
        again |= dispatch::bulk::go_on_back(self);
        again |= dispatch::bulk::go_on_listing(self);
        if again {
            ctx.request_repaint();
        }
        if let Some(wait) = dispatch::annotate::keep_draft(self) {
            ctx.request_repaint_after(wait);
        }
        self.guard_close(ctx);
        self.watch_sources();
        // Real time: in a window at rest, frames are far apart.
        if self.notices.tick(ctx.input(|input| input.unstable_dt)) {
            ctx.request_repaint_after_secs(0.5);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if ui.ctx().cumulative_frame_nr() == 0 {
            tracing::info!("first frame");
        }
        let mut sink = std::mem::take(&mut self.sink);
        self.panels(ui, &mut sink);
        self.dialogs(ui.ctx(), &mut sink);
        notices::notices_ui(ui.ctx(), self.notices.shown(), &mut sink);
        self.sink = sink;
        self.typing = ui.ctx().text_edit_focused();
        self.view.focus_filter = false;
        self.view.asking.put_cursor = None;
        self.view.scroll_to_trace = false;
        self.view.scroll_to_step = false;
        self.view.beside.scroll = false;
        self.view.survey.scroll = false;
        self.view.reading.scroll_to = None;
        let find = &mut self.view.reading.find;
        find.settles = find.scrolls() && !self.texts.is_idle();
        (find.focus, find.reveal) = (false, false);
        if let Some(note) = &mut self.view.note {
            note.focus = false;
        }
        if self.sink.is_waiting() {
            ui.ctx().request_repaint();
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        dispatch::annotate::commit_note(self);
        dispatch::place::keep_now(self);
        if let Some(project) = &self.project {
            // Dropping the log waits for the disk as well; this also covers a slow one.
            if project.log.flush_within(PATIENCE).is_ok()
                && let Some(file) = &mut self.jobs.draft_file
            {
                file.remove();
            }
        }
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
