//! Where the panels are: view-models are built from the state, painted, and their actions collected.

mod beside;
mod canvas;
mod find;
mod reader;
mod shape;
mod survey;

pub(crate) use shape::{KeptTimeline, MapOf};

use std::sync::Arc;

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, Ui};

use stepscope_core::annotation::{StepRef, Target};
use stepscope_core::job::Job;
use stepscope_core::query::{self, QueueOrder};

use crate::app::App;
use crate::command::input::Focus;
use crate::command::{Action, CommandEnv, CommandSink, dispatch};
use crate::dialog;
use crate::panel::{empty, find as find_bar, inspector, menu, query_bar, status, strip, trace_table};
use crate::state::history::{HistoryDraft, local_day};
use crate::state::look::SizedPanel;
use crate::state::similar::AlikeBy;
use crate::state::work::visible;
use crate::state::{About, DialogState, Project, scores};
use crate::ui_kit::Tokens;
use crate::view_model::beside::ChooseBesideModel;
use crate::view_model::compare::CompareModel;
use crate::view_model::empty::{EmptyFacts, EmptyModel};
use crate::view_model::inspector::InspectorModel;
use crate::view_model::many::{ManyModel, selection_text};
use crate::view_model::old_text::OldTextModel;
use crate::view_model::queue::{QueueModel, order_text};
use crate::view_model::report::ReportModel;
use crate::view_model::schema::SchemaModel;
use crate::view_model::scores::ScoreSeries;
use crate::view_model::similar::{DuplicatesModel, SimilarModel};
use crate::view_model::sitting::{SittingModel, time_text};
use crate::view_model::sources::{self, named};
use crate::view_model::status::{StatusModel, save_text};
use crate::view_model::strip::{StripMode, StripModel};
use crate::view_model::take::TakeModel;
use crate::view_model::trace_table::TraceRowModel;

/// A table that takes longer to be made than this is worth a word, in milliseconds.
const SAY_AFTER_MS: u128 = 500;

/// Remembers the size to which a panel was dragged, once it is let go. `sizes` are what it was given and what it has.
fn keep_size(ui: &Ui, panel: SizedPanel, sizes: (f32, f32), room: f32, sink: &mut CommandSink) {
    let (given, now) = sizes;
    if ui.input(|input| input.pointer.any_released()) && (given - now).abs() > 1.5 {
        sink.push(Action::KeepSize(panel, now / room.max(1.0)));
    }
}

impl App {
    pub(crate) fn panels(&mut self, ui: &mut Ui, sink: &mut CommandSink) {
        let tokens = Tokens::of(ui);
        let env = self.env();
        let bar = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(8, 3));
        let side = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(8, 6));
        Panel::top("menu")
            .frame(bar)
            .show(ui, |ui| menu::menu_ui(ui, env, |command| self.is_on(command), &self.title(), sink));
        let stop = Panel::bottom("status").frame(bar).show(ui, |ui| status::status_ui(ui, &self.status_model(), sink));
        let stop = stop.inner;
        if let Some(kind) = stop {
            self.jobs.stop(kind);
        }
        if self.settings.show_strip {
            let strip = Frame::new().fill(tokens.panel).inner_margin(Margin { left: 8, right: 8, top: 1, bottom: 0 });
            Panel::bottom("strip").frame(strip).show(ui, |ui| strip::strip_ui(ui, &self.strip_model(ui.ctx(), env)));
        }
        let window = ui.ctx().content_rect().size();
        let (width, sizes) = (window.x, self.settings.panels);
        // In a small window, or one where everything is large, the steps need their room.
        let third = (width * 0.34).clamp(if width < 1000.0 { 240.0 } else { 380.0 }, 760.0);
        // A window of another size begins with sizes of its own, or with the shares that were dragged.
        let class = (width.to_bits(), window.y.to_bits());
        self.facets_panel(ui, side, class, sink);
        if self.settings.show_table {
            let third = find::beside_facets(third, self.settings.show_facets);
            let most = (width * 0.7).max(240.0);
            let size = sizes.size(SizedPanel::Table, width, third).clamp(240.0, most);
            let panel = Panel::left(("traces", class)).frame(side).default_size(size).size_range(240.0..=most);
            let shown = panel.show(ui, |ui| self.table(ui, sink));
            keep_size(ui, SizedPanel::Table, (size, shown.response.rect.width()), width, sink);
        }
        let visible = self.visible();
        let all_series = self.series();
        let has_scores = !all_series.is_empty();
        let series = if visible.is_some_and(|visible| visible.scores) { all_series } else { Arc::default() };
        if self.view.open.is_some() && !self.view.survey.shown {
            if self.settings.show_inspector {
                let usual = if width < 1000.0 { 236.0 } else { 264.0 };
                let size = sizes.size(SizedPanel::Inspector, width, usual).clamp(220.0, 420.0);
                let panel = Panel::right(("inspector", class)).frame(side).default_size(size).size_range(220.0..=420.0);
                let shown = panel.show(ui, |ui| self.inspector(ui, &series, env, sink));
                keep_size(ui, SizedPanel::Inspector, (size, shown.response.rect.width()), width, sink);
            }
            if self.settings.show_curve && has_scores {
                let size = sizes.size(SizedPanel::Curve, window.y, 184.0).clamp(90.0, 360.0);
                let panel = Panel::bottom(("curve", class)).frame(side).default_size(size).size_range(90.0..=360.0);
                let shown = panel.resizable(true).show(ui, |ui| {
                    if series.is_empty() {
                        let text = egui::RichText::new("Scores are hidden until you have judged").weak();
                        ui.centered_and_justified(|ui| ui.label(text));
                    } else {
                        self.curve(ui, &series, sink);
                    }
                });
                keep_size(ui, SizedPanel::Curve, (size, shown.response.rect.height()), window.y, sink);
            }
        }
        let middle = Frame::new().fill(tokens.background).inner_margin(Margin::symmetric(10, 8));
        CentralPanel::default().frame(middle).show(ui, |ui| {
            if self.view.survey.shown {
                self.survey(ui, sink);
            } else if self.view.open.is_some() {
                self.reader(ui, &series, has_scores, env, sink);
            } else {
                empty::empty_ui(ui, &self.empty_model(), env, sink);
            }
        });
    }

    /// The keys that matter now.
    /// There are traces, and none is what was asked for.
    fn lists_nothing(&self) -> bool {
        let has_traces = self.project.as_ref().is_some_and(|project| !project.store.is_empty());
        has_traces && self.view.rows.is_empty() && self.jobs.query.is_none()
    }

    fn strip_model(&self, ctx: &egui::Context, env: CommandEnv) -> StripModel {
        let mode = match (&self.view.dialog, self.focus(ctx)) {
            (Some(DialogState::Palette { .. }), _) => StripMode::Palette,
            (Some(DialogState::Keys(_)), _) => StripMode::Keys,
            (Some(DialogState::History(_)), _) => StripMode::History,
            (Some(DialogState::Many(_)), _) => StripMode::Many,
            (Some(DialogState::Split(_)), _) => StripMode::Splitting,
            (Some(DialogState::Write(_)), _) => StripMode::Writing,
            (Some(DialogState::Take(_)), _) => StripMode::Taking,
            (Some(DialogState::Compare(_)), _) => StripMode::Comparing,
            (_, Focus::Dialog) => StripMode::Dialog,
            (_, Focus::Text) if Self::is_filter_focused(ctx) => StripMode::Filter,
            (_, Focus::Text) if ctx.memory(|memory| memory.has_focus(find_bar::find_id())) => StripMode::Find,
            (_, Focus::Text) => match &self.view.note {
                Some(note) if note.about != About::Note => StripMode::Text,
                _ => StripMode::Note,
            },
            (_, Focus::Widget) => StripMode::Control,
            (_, Focus::Traces) if self.view.survey.shown => StripMode::Survey,
            (_, Focus::Traces) if self.view.choose.is_some() => StripMode::Choosing,
            (_, Focus::Traces) if self.lists_nothing() => StripMode::Unmatched,
            (_, Focus::Traces) if !env.has_trace => StripMode::Nothing,
            (_, Focus::Traces) if env.is_merged || !env.can_write => StripMode::Looking,
            (_, Focus::Traces) if self.view.work.halving => StripMode::Halving,
            (_, Focus::Traces) if env.has_proposal => StripMode::Verifying,
            (_, Focus::Traces) => StripMode::Reading,
        };
        StripModel::new(mode, env, &self.keys)
    }

    fn is_filter_focused(ctx: &egui::Context) -> bool {
        ctx.memory(|memory| memory.has_focus(query_bar::filter_id()))
    }

    fn title(&self) -> String {
        let name = self.settings.last_opened.first().map(|path| crate::state::open::name_of(path)).unwrap_or_default();
        if self.project.is_some() { format!("{name} · {}", self.startup.annotator) } else { String::new() }
    }

    fn status_model(&self) -> StatusModel {
        let Some(project) = &self.project else {
            return StatusModel { jobs: self.jobs.models(), ..StatusModel::default() };
        };
        let judged = project.annotations().judged();
        let save = if project.can_write() {
            // What is still being typed is not saved, so the word must not say so.
            if let Some(draft) = &self.view.note {
                let what = if draft.about == About::Note { "Note" } else { "Text" };
                Some((format!("{what} not saved yet"), crate::view_model::Tone::Unsure))
            } else if !self.drafts.is_empty() {
                Some(("Draft of a step not saved yet".into(), crate::view_model::Tone::Unsure))
            } else {
                Some(save_text(&project.log.save_state()))
            }
        } else {
            let text = if project.preview.is_some() { "Still reading; labels when all is read" } else { "Read-only" };
            Some((text.into(), crate::view_model::Tone::Unsure))
        };
        StatusModel {
            save,
            project: project.dir().path().display().to_string(),
            counts: {
                let fresh = if self.view.fresh > 0 { format!(" · {} new", self.view.fresh) } else { String::new() };
                let (listed, all) = (self.view.rows.len(), project.store.len());
                let order = match (&self.view.query.sort, self.view.query.queue.order) {
                    (sort, order) if *sort == query::Sort::default() && order != QueueOrder::File => {
                        format!(" · {}", order_text(order).0)
                    }
                    _ => String::new(),
                };
                // Some orders read every trace.
                let order = if self.is_asking_long() { " · ordering…".to_owned() } else { order };
                let selected = selection_text(self.view.selection.len());
                format!("{listed} of {all} traces{fresh} · {judged} labelled{order}{selected}")
            },
            scorer: self.jobs.scorer(),
            jobs: self.jobs.models(),
        }
    }

    fn table(&self, ui: &mut Ui, sink: &mut CommandSink) {
        self.query_bar(ui, sink);
        let empty = self.empty_model().title;
        let frame = trace_table::TableFrame {
            rows: self.view.rows.len(),
            selected: self.view.position,
            scroll_to_selected: self.view.scroll_to_trace,
            only: self.view.only.as_ref().map(|only| only.name.as_str()),
            columns: self.column_models(self.settings.aggregate()),
            is_chosen: !self.view.asking.columns.is_empty(),
            names: self.column_names(),
            sort: self.view.query.sort,
            by: self.view.asking.by.as_ref(),
            empty: &empty,
            is_sorting: self.is_asking_long(),
        };
        let scores = self.project.as_ref().and_then(|p| scores::chosen(&p.scores, self.view.scorer.as_deref()));
        let row = |position: usize| {
            let project = self.project.as_ref()?;
            let row = *self.view.rows.get(position)?;
            let scores = scores.as_ref().map(|s| s as &dyn query::Scores);
            let row = query::row(row, &project.store, project.annotations(), scores, self.settings.aggregate())?;
            let (id, rules) = (&row.summary.id, self.rules()?);
            let selected = self.view.selection.contains(&row.summary.row);
            let more = self.further_cells(row.summary.row);
            Some(TraceRowModel { selected, more, ..TraceRowModel::new(&row, visible(rules, id, project.said(id))) })
        };
        let shown = trace_table::trace_table_ui(ui, &frame, row, sink);
        find::showing(&self.view.asking.cells.shown, shown, sink);
    }

    /// The table has been filtered or sorted for so long that it should be told.
    fn is_asking_long(&self) -> bool {
        self.jobs.query.as_ref().is_some_and(|job| job.elapsed().as_millis() > SAY_AFTER_MS)
    }

    /// What the middle says where it shows no trace.
    fn empty_model(&self) -> EmptyModel {
        let query = self.jobs.query.is_some();
        EmptyModel::new(&EmptyFacts {
            traces: self.project.as_ref().map(|project| project.store.len()),
            opening: self.jobs.open.as_ref().filter(|_| self.project.is_none()).map(Job::progress),
            is_asking: query,
            paths: &self.view.unread,
            failure: self.view.failure.as_deref(),
            filter: &self.view.query.text,
            rejects: self.project.as_ref().map_or(0, |project| project.rejects.len()),
        })
    }

    fn inspector(&self, ui: &mut Ui, series: &[ScoreSeries], env: CommandEnv, sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let Some(visible) = self.visible() else { return };
        let trace = open.trace.id.clone();
        let mut model =
            InspectorModel::new(open, project.said(&trace), series, visible.imported, self.settings.aggregate());
        model.hides_scores = !visible.scores;
        if !visible.answer {
            model.hide_answer();
        }
        if open.attempts.is_none() {
            let spent = project.log.spent_ms(&trace) + u64::from(self.sitting.unrecorded_ms(&trace));
            model.facts.push(("Time", time_text(spent)));
        }
        if let (Some(job), Some(step), true) = (&self.jobs.scoring, open.selected(), visible.scores) {
            model.critique = job.critique(open.row, step);
        }
        model.add_labels(open, project.said(&trace), &project.schema);
        let step = open.step().map(|step| StepRef { trace: trace.clone(), step: step.hash.clone() });
        let notes = inspector::Notes {
            step: step.map(Target::Step),
            trace: Target::Trace(trace),
            draft: self.view.note.as_ref(),
        };
        inspector::inspector_ui(ui, &model, &notes, env, sink);
    }

    fn history(&self, ctx: &egui::Context, draft: &HistoryDraft, sink: &mut CommandSink) {
        let now = self.startup.clock.now();
        let frame = dialog::history::HistoryFrame {
            list: &self.view.history,
            today: local_day(now, (self.startup.offset)(now)),
            busy: self.jobs.is_saying(),
            can_write: self.project.as_ref().is_some_and(Project::can_write),
        };
        dialog::history::history_ui(ctx, draft, &frame, |row| dispatch::bulk::history_line(self, row), sink);
    }

    pub(crate) fn dialogs(&self, ctx: &egui::Context, sink: &mut CommandSink) {
        match &self.view.dialog {
            // The caret is painted in the card of its step.
            None | Some(DialogState::Split(_)) => {}
            Some(DialogState::Palette { text, selected }) => {
                dialog::palette::palette_ui(ctx, text, *selected, self.env(), sink);
            }
            Some(DialogState::Import(draft)) => {
                let (preview, looking) = (self.jobs.shown_import.as_ref(), self.jobs.import_preview.is_some());
                dialog::import::import_ui(ctx, draft, preview, looking, sink);
            }
            Some(DialogState::OldText(kept)) => {
                let said = self.project.as_ref().and_then(|project| project.said(&kept.trace.id));
                dialog::old_text::old_text_ui(ctx, &OldTextModel::new(kept, said), sink);
            }
            Some(DialogState::Report) => {
                let report = self.project.as_ref().and_then(Project::report);
                dialog::report::report_ui(ctx, &report.map(ReportModel::new).unwrap_or_default(), sink);
            }
            Some(DialogState::Models(draft)) => {
                dialog::models::models_ui(ctx, draft, &dispatch::models::model(self, draft), sink);
            }
            Some(DialogState::Write(draft)) => dialog::write::write_ui(ctx, draft, sink),
            Some(DialogState::Take(draft)) => {
                dialog::take::take_ui(ctx, draft, &TakeModel::new(draft, |row| self.shows_outcome_of(row)), sink);
            }
            Some(DialogState::Compare(draft)) => {
                if let (Some(project), Some(open)) = (&self.project, &self.view.open) {
                    let (said, scores) = (project.said(&open.trace.id), self.visible_series());
                    let model = CompareModel::new(draft, open, said, &scores, project.schema());
                    dialog::compare::compare_ui(ctx, draft, &model, sink);
                }
            }
            Some(DialogState::Schema(draft)) => {
                dialog::schema::schema_ui(ctx, draft, &SchemaModel::new(draft, self.env().can_write), sink);
            }
            Some(DialogState::Beside(draft)) => {
                let is_finding = self.jobs.beside_find.is_some();
                let model = ChooseBesideModel::new(draft, |row| self.shows_outcome_of(row), is_finding);
                dialog::beside::beside_ui(ctx, draft, &model, sink);
            }
            Some(DialogState::Similar(draft)) => {
                let jobs = &self.jobs.similar;
                let progress = match draft.by {
                    AlikeBy::Words => jobs.building.as_ref().map(Job::progress),
                    AlikeBy::Meaning => jobs.encoding.as_ref().map(Job::progress),
                };
                let encoder = self.settings.encoder.as_deref();
                let model = SimilarModel::new(draft, encoder, progress.as_ref(), |said| self.shows_said(said));
                dialog::similar::similar_ui(ctx, &model, sink);
            }
            Some(DialogState::Duplicates(draft)) => {
                let progress = self.jobs.similar.comparing.as_ref().map(|(_, job)| job.progress());
                dialog::similar::duplicates_ui(ctx, &DuplicatesModel::new(draft, progress.as_ref()), sink);
            }
            Some(DialogState::Queue(draft)) => {
                let sources = self.view.sources.in_use().unwrap_or_default();
                let names = named(sources, self.startup.annotator.as_str());
                let model = QueueModel::new(&draft.queue, draft.listed, draft.left, names);
                dialog::queue::queue_ui(ctx, draft, &model, sink);
            }
            Some(DialogState::Verify(draft)) => dialog::verify::verify_ui(ctx, draft, sink),
            Some(DialogState::Sitting) => {
                let Some(project) = &self.project else { return };
                let report = self.sitting.report(project.log.history().1);
                let has_gold = project.gold().is_some();
                let model = SittingModel::new(&report, has_gold, self.jobs.shown_gold.as_ref());
                dialog::sitting::sitting_ui(ctx, &model, sink);
            }
            Some(DialogState::Keys(draft)) => dialog::keys::keys_ui(ctx, draft, &self.keys, sink),
            Some(DialogState::History(draft)) => self.history(ctx, draft, sink),
            Some(DialogState::Many(draft)) => {
                let (plan, saying) = (self.jobs.shown_plan.as_ref(), self.jobs.saying.as_ref());
                let model = ManyModel::new(draft, dispatch::bulk::counts(self), plan, saying);
                dialog::many::many_ui(ctx, draft, &model, sink);
            }
            Some(
                state @ (DialogState::QueryHelp
                | DialogState::SaveView(_)
                | DialogState::Views(_)
                | DialogState::Columns(_)
                | DialogState::Sql(_)),
            ) => self.find_dialogs(ctx, state, sink),
            Some(DialogState::Sources(draft)) => {
                let in_use = self.view.sources.in_use().unwrap_or_default();
                let entries = sources::entries(self.view.sources.listed(), in_use);
                let is_looking = self.jobs.offered.is_some();
                dialog::sources::sources_ui(ctx, draft, &entries, in_use, is_looking, sink);
            }
            Some(DialogState::Rejects) => {
                let rejects = self.project.as_ref().map(|p| p.rejects.as_slice()).unwrap_or_default();
                dialog::rejects::rejects_ui(ctx, rejects, sink);
            }
            Some(DialogState::Export(draft)) => {
                dialog::export::export_ui(ctx, draft, &dispatch::export::model(self, draft), sink);
            }
            Some(DialogState::ExportAgain(draft)) => {
                let model = dispatch::export::again_model(self, draft);
                dialog::export::again::again_ui(ctx, draft, &model, self.jobs.manifest.is_some(), sink);
            }
        }
    }
}
