//! The window: `logic` polls jobs and dispatches actions, `ui` builds view-models and paints them.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, Theme, Ui};

use stepscope_core::annotation::{NoteTarget, StepRef};
use stepscope_core::export::{self, LabelSource};
use stepscope_core::job::{Job, Wake};
use stepscope_core::model::FirstError;
use stepscope_core::query;
use stepscope_core::watch::ChangeKind;

use crate::command::input::{Focus, commands_from};
use crate::command::{Action, CommandEnv, CommandSink, dispatch};
use crate::dialog::{self, files};
use crate::jobs::{self, Jobs};
use crate::panel::{curve, inspector, menu, notices, reader, status, trace_table, tree};
use crate::scoring_job::ScoringJob;
use crate::startup::Startup;
use crate::state::export_source::ProjectExport;
use crate::state::open::{OpenRequest, open};
use crate::state::scores;
use crate::state::{DialogState, ExportDraft, Notices, Project, Settings, ViewState};
use crate::ui_kit::{Tokens, tokens};
use crate::view_model::curve::CurveModel;
use crate::view_model::inspector::InspectorModel;
use crate::view_model::reader::ReaderModel;
use crate::view_model::scores::{ScoreSeries, series_of};
use crate::view_model::status::{StatusModel, save_text};
use crate::view_model::trace_table::TraceRowModel;
use crate::view_model::tree::TreeModel;

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

/// The whole window.
pub struct App {
    pub(crate) startup: Startup,
    pub(crate) settings: Settings,
    pub(crate) project: Option<Project>,
    pub(crate) view: ViewState,
    pub(crate) jobs: Jobs,
    pub(crate) sink: CommandSink,
    pub(crate) notices: Notices,
    pub(crate) wake: Wake,
    /// The user was told that closing the window loses labels; asked again, it closes.
    warned_of_loss: bool,
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
        ctx.set_theme(if settings.dark { Theme::Dark } else { Theme::Light });
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let mut app = Self {
            startup,
            settings,
            project: None,
            view: ViewState::default(),
            jobs: Jobs::default(),
            sink: CommandSink::default(),
            notices,
            wake,
            warned_of_loss: false,
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

    /// Messages on screen, for tests.
    pub fn notices(&self) -> &Notices {
        &self.notices
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
            && jobs.export.is_none()
            && jobs.rejects.is_none()
            && !jobs.scoring.as_ref().is_some_and(ScoringJob::is_busy)
            && self.project.as_ref().is_none_or(|p| p.log.last_seq() == p.log.saved_seq())
    }

    /// The paths given, else those opened last, else the sample data.
    fn open_first(&mut self) {
        let project = self.startup.project.clone();
        let mut paths = self.startup.paths.clone();
        if paths.is_empty() && project.is_none() {
            paths.clone_from(&self.settings.last_opened);
            paths.retain(|path| path.exists());
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
        let Err(error) = project.log.flush() else { return true };
        let count = project.log.last_seq() - project.log.saved_seq();
        let remedy = match leaving {
            Leaving::Nothing => "",
            Leaving::Project => " The project stays open, so that they are not lost. Ctrl+S tries again.",
            Leaving::Window => " Ctrl+S tries again; close again to leave without them.",
        };
        self.notices.error("Labels are not saved", format!("{count} changes are only in this window.{remedy} {error}"));
        false
    }

    /// Keeps the window open, once, where closing it would lose labels.
    fn guard_close(&mut self, ctx: &egui::Context) {
        if !ctx.input(|input| input.viewport().close_requested()) {
            return;
        }
        dispatch::annotate::commit_note(self);
        if self.save_or_tell(Leaving::Window) {
            self.warned_of_loss = false;
        } else if !self.warned_of_loss {
            self.warned_of_loss = true;
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
    }

    pub(crate) fn start_open(&mut self, paths: Vec<PathBuf>, project: Option<PathBuf>) {
        // Remembered paths must mean the same wherever the program is started next time.
        let paths = paths.into_iter().map(|path| std::path::absolute(&path).unwrap_or(path)).collect();
        let request = OpenRequest {
            paths,
            project,
            fallback: self.startup.folders.projects(),
            annotator: self.startup.annotator.clone(),
            clock: Arc::clone(&self.startup.clock),
        };
        if !self.save_or_tell(Leaving::Project) {
            return;
        }
        // What is open stays open until the other is ready, in case it cannot be opened. Only the same project has to
        // go first: its lock must be free.
        if let Some(project) = self.project.take_if(|project| request.names(project.dir())) {
            self.view = ViewState::default();
            self.jobs.scoring = None;
            drop(project);
        }
        let wake = Arc::clone(&self.wake);
        let job = Job::spawn("open", Arc::clone(&self.wake), move |ctx| open(&request, wake, ctx));
        self.jobs.open = self.started(job);
    }

    pub(crate) fn start_query(&mut self) {
        let Some(project) = &self.project else { return };
        let (query, store) = (self.view.query.clone(), project.store.clone());
        let (said, scores) = (project.log.snapshot(), scores::chosen(&project.scores, self.view.scorer.as_deref()));
        let job = Job::spawn("query", Arc::clone(&self.wake), move |ctx| {
            query::run(&query, &store, &said, scores.as_ref().map(|s| s as &dyn query::Scores), ctx)
        });
        self.jobs.query = self.started(job);
    }

    /// Sorts the table anew where its order depends on scores.
    pub(crate) fn scores_changed(&mut self) {
        if self.view.query.sort.key.needs_scores() {
            self.start_query();
        }
    }

    pub(crate) fn start_preview(&mut self, draft: &ExportDraft) {
        let Some(source) = self.project.as_ref().map(ProjectExport::later) else { return };
        let options = draft.options();
        let job = Job::spawn("preview", Arc::clone(&self.wake), move |ctx| {
            Ok(export::preview(&source()?, &options?, 20, ctx)?)
        });
        self.jobs.preview = self.started(job);
    }

    pub(crate) fn start_export(&mut self, draft: &ExportDraft, path: PathBuf) {
        let Some(source) = self.project.as_ref().map(ProjectExport::later) else { return };
        let (options, now) = (draft.options(), self.startup.clock.now());
        let job = Job::spawn("export", Arc::clone(&self.wake), move |ctx| {
            Ok(export::write(&source()?, &options?, &path, ctx, now, env!("CARGO_PKG_VERSION"))?)
        });
        self.jobs.export = self.started(job);
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

    /// The facts that decide which commands can run.
    pub(crate) fn env(&self) -> CommandEnv {
        let project = self.project.as_ref();
        let open = self.view.open.as_ref();
        CommandEnv {
            has_project: project.is_some(),
            has_rows: !self.view.rows.is_empty(),
            has_trace: open.is_some(),
            has_step: open.is_some_and(|open| open.selected().is_some()),
            has_branch: open.is_some_and(|open| open.siblings().len() > 1),
            can_write: project.is_some_and(Project::can_write),
            can_undo: project.is_some_and(|p| p.log.can_undo()),
            can_redo: project.is_some_and(|p| p.log.can_redo()),
            has_rejects: project.is_some_and(|p| !p.rejects.is_empty()),
            has_model: self.settings.model.is_some(),
            is_scoring: self.jobs.scoring.as_ref().is_some_and(ScoringJob::is_busy),
        }
    }

    /// Tells when a source has changed. Importing again is left to the user: nothing moves under their eyes.
    fn watch_sources(&mut self) {
        let changes = self.project.as_ref().map(Project::source_changes).unwrap_or_default();
        if let Some(change) = changes.first() {
            let what = match change.kind {
                ChangeKind::Grown => "has grown",
                ChangeKind::Replaced => "has changed",
                ChangeKind::Removed => "is gone",
            };
            let name = crate::state::open::name_of(&change.path);
            self.notices
                .warning(format!("{name} {what}"), "F5 reads it again; labels and scores stay with their steps");
        }
    }

    fn take_input(&mut self, ctx: &egui::Context) {
        let focus = if self.view.dialog.is_some() || egui::Popup::is_any_open(ctx) {
            Focus::Dialog
        } else if ctx.text_edit_focused() {
            Focus::Text
        } else if ctx.memory(|memory| memory.focused().is_some()) {
            Focus::Widget
        } else {
            Focus::Traces
        };
        let (commands, dropped) = ctx.input(|input| {
            let paths = input.raw.dropped_files.iter().map(|file| file.path().to_owned());
            (commands_from(&input.events, focus), paths.collect::<Vec<_>>())
        });
        for command in commands {
            self.sink.run(command);
        }
        if !dropped.is_empty() {
            self.sink.push(Action::Open(dropped));
        }
    }

    fn series(&self) -> Vec<ScoreSeries> {
        match (&self.project, &self.view.open) {
            (Some(project), Some(open)) => series_of(&open.trace, &project.scores, self.view.scorer.as_deref()),
            _ => Vec::new(),
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        jobs::poll(self);
        self.take_input(ctx);
        for action in self.sink.drain() {
            dispatch::dispatch(self, action, ctx);
        }
        self.guard_close(ctx);
        self.watch_sources();
        if self.notices.tick(ctx.input(|input| input.stable_dt)) {
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
        self.view.focus_filter = false;
        self.view.scroll_to_trace = false;
        self.view.scroll_to_step = false;
        if let Some(note) = &mut self.view.note {
            note.focus = false;
        }
        if self.sink.is_waiting() {
            ui.ctx().request_repaint();
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        dispatch::annotate::commit_note(self);
        if let Some(project) = &self.project {
            // Dropping the log waits for the disk as well; this also covers a slow one.
            project.log.flush().ok();
        }
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}

/// Painting: panels from the outside in.
impl App {
    fn panels(&mut self, ui: &mut Ui, sink: &mut CommandSink) {
        let tokens = Tokens::of(ui);
        let env = self.env();
        let bar = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(8, 3));
        let side = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(8, 6));
        Panel::top("menu").frame(bar).show(ui, |ui| menu::menu_ui(ui, env, &self.title(), sink));
        let stop = Panel::bottom("status").frame(bar).show(ui, |ui| status::status_ui(ui, &self.status_model())).inner;
        if let Some(position) = stop {
            self.jobs.stop(position);
        }
        let width = ui.ctx().content_rect().width();
        let third = (width * 0.34).clamp(380.0, 760.0);
        // A window of another size class begins with a width of its own; what was dragged is kept within the class.
        Panel::left(("traces", (width / 640.0).floor().to_bits()))
            .frame(side)
            .default_size(third)
            .size_range(240.0..=1200.0)
            .show(ui, |ui| {
                self.table(ui, sink);
            });
        let series = self.series();
        if self.view.open.is_some() {
            Panel::right("inspector").frame(side).default_size(264.0).size_range(220.0..=420.0).show(ui, |ui| {
                self.inspector(ui, &series, env, sink);
            });
            if self.settings.show_curve && !series.is_empty() {
                Panel::bottom("curve").frame(side).default_size(150.0).size_range(90.0..=360.0).resizable(true).show(
                    ui,
                    |ui| {
                        self.curve(ui, &series, sink);
                    },
                );
            }
        }
        let middle = Frame::new().fill(tokens.background).inner_margin(Margin::symmetric(10, 8));
        CentralPanel::default().frame(middle).show(ui, |ui| self.reader(ui, &series, sink));
    }

    fn title(&self) -> String {
        let name = self.settings.last_opened.first().map(|path| crate::state::open::name_of(path)).unwrap_or_default();
        if self.project.is_some() { format!("{name} · {}", self.startup.annotator) } else { String::new() }
    }

    fn status_model(&self) -> StatusModel {
        let Some(project) = &self.project else {
            return StatusModel { jobs: self.jobs.models(), ..StatusModel::default() };
        };
        let judged = project.annotations().traces().filter(|(_, said)| said.is_judged()).count();
        let save = if project.can_write() {
            // What is still being typed is not saved, so the word must not say so.
            if self.view.note.is_some() {
                Some(("Note not saved yet".into(), crate::view_model::Tone::Unsure))
            } else {
                Some(save_text(&project.log.save_state()))
            }
        } else {
            Some(("Read-only".into(), crate::view_model::Tone::Unsure))
        };
        StatusModel {
            save,
            project: project.dir().path().display().to_string(),
            counts: format!("{} of {} traces · {judged} labelled", self.view.rows.len(), project.store.len()),
            jobs: self.jobs.models(),
        }
    }

    fn table(&self, ui: &mut Ui, sink: &mut CommandSink) {
        let frame = trace_table::TableFrame {
            rows: self.view.rows.len(),
            selected: self.view.position,
            scroll_to_selected: self.view.scroll_to_trace,
            filter: &self.view.query.text,
            focus_filter: self.view.focus_filter,
            has_scores: self.view.has_scores,
            sort: self.view.query.sort,
            empty: self.empty_text(),
        };
        let scores = self.project.as_ref().and_then(|p| scores::chosen(&p.scores, self.view.scorer.as_deref()));
        let row = |position: usize| {
            let project = self.project.as_ref()?;
            let row = *self.view.rows.get(position)?;
            let scores = scores.as_ref().map(|s| s as &dyn query::Scores);
            query::row(row, &project.store, project.annotations(), scores)
                .map(|row| TraceRowModel::new(&row, self.settings.show_imported))
        };
        trace_table::trace_table_ui(ui, &frame, row, sink);
    }

    fn empty_text(&self) -> &'static str {
        match (&self.project, self.jobs.open.is_some() || self.jobs.query.is_some()) {
            (_, true) => "Opening…",
            (None, false) => "Nothing is open. Drop a file here, or press Ctrl+O",
            (Some(_), false) => "No trace contains these words. Escape in the filter clears it",
        }
    }

    fn reader(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let said = project.said(&open.trace.id);
        if self.view.show_hint {
            let tokens = Tokens::of(ui);
            let hint =
                "J and K move, E marks the first error, A says all correct, Space finishes, Ctrl+K finds the rest";
            ui.label(egui::RichText::new(hint).small().color(tokens.accent));
            ui.add_space(2.0);
        }
        let model = ReaderModel::new(open, said, series, self.settings.show_imported);
        if let Some(nodes) = TreeModel::new(open, said, series) {
            let frame = Frame::new().inner_margin(Margin { right: 8, ..Margin::ZERO });
            let width = (ui.available_width() * 0.36).clamp(150.0, 420.0);
            Panel::left("tree").frame(frame).default_size(width).resizable(true).show(ui, |ui| {
                tree::tree_ui(ui, &nodes, self.view.scroll_to_step, sink);
            });
        }
        let frame = Frame::new();
        CentralPanel::default().frame(frame).show(ui, |ui| {
            reader::reader_ui(ui, &model, self.view.scroll_to_step, u64::from(open.row), sink);
        });
    }

    fn inspector(&self, ui: &mut Ui, series: &[ScoreSeries], env: CommandEnv, sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let trace = open.trace.id.clone();
        let model = InspectorModel::new(open, project.said(&trace), series, self.settings.show_imported);
        let step = open.step().map(|step| StepRef { trace: trace.clone(), step: step.hash.clone() });
        let notes = inspector::Notes {
            step: step.map(NoteTarget::Step),
            trace: NoteTarget::Trace(trace),
            draft: self.view.note.as_ref(),
        };
        inspector::inspector_ui(ui, &model, &notes, env, sink);
    }

    fn curve(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let own_error = match project.said(&open.trace.id).and_then(|said| said.first_error.as_ref()) {
            Some(FirstError::At(hash)) => {
                open.trace.find_step(hash).and_then(|step| open.path.iter().position(|&s| s == step))
            }
            _ => None,
        };
        let model = CurveModel::new(open, series, own_error, self.settings.show_imported);
        if let Some(&step) = curve::curve_ui(ui, &model).and_then(|number| open.path.get(number - 1)) {
            sink.push(Action::ShowStep(step));
        }
    }

    /// Whose labels an export could use.
    fn label_sources(&self) -> Vec<LabelSource> {
        let Some(project) = &self.project else { return Vec::new() };
        let scorers = project.scores.scorers().into_iter();
        let scorers = scorers.filter(|scorer| scorer.kind.is_unit());
        [LabelSource::Own(Some(self.startup.annotator.to_string())), LabelSource::Imported(None)]
            .into_iter()
            .chain(scorers.map(|scorer| LabelSource::Scorer { name: scorer.name, threshold: 0.5 }))
            .collect()
    }

    fn dialogs(&self, ctx: &egui::Context, sink: &mut CommandSink) {
        match &self.view.dialog {
            None => {}
            Some(DialogState::Palette { text, selected }) => {
                dialog::palette::palette_ui(ctx, text, *selected, self.env(), sink);
            }
            Some(DialogState::Keys) => dialog::keys::keys_ui(ctx, sink),
            Some(DialogState::Rejects) => {
                let rejects = self.project.as_ref().map(|p| p.rejects.as_slice()).unwrap_or_default();
                dialog::rejects::rejects_ui(ctx, rejects, sink);
            }
            Some(DialogState::Export(draft)) => {
                dialog::export::export_ui(ctx, draft, self.jobs.shown_preview.as_ref(), &self.label_sources(), sink);
            }
        }
    }
}
