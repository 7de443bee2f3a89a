//! The middle of the window: the steps, with the tree before them and what stands beside.

use std::path::Path;

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, Ui};

use crate::app::App;
use crate::command::{CommandEnv, CommandSink};
use crate::panel::reader::ReaderFrame;
use crate::panel::{choose, find, reader, work_bar};
use crate::state::sources::SideVoices;
use crate::state::{About, DialogState};
use crate::ui_kit::Tokens;
use crate::ui_kit::rich::look_beside;
use crate::view_model::choose::ChooseModel;
use crate::view_model::reader::ReaderModel;
use crate::view_model::scores::ScoreSeries;
use crate::view_model::sources::SourcesModel;
use crate::view_model::work;

impl App {
    pub(super) fn reader(
        &self,
        ui: &mut Ui,
        series: &[ScoreSeries],
        has_scores: bool,
        env: CommandEnv,
        sink: &mut CommandSink,
    ) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let Some(visible) = self.visible() else { return };
        let said = project.said(&open.trace.id);
        if self.view.show_hint {
            let tokens = Tokens::of(ui);
            let hint = self.keys.fill(
                "{step.next} and {step.previous} move, {label.first_error} marks the first error, {label.all_correct} \
                 says all correct, {label.done} finishes, {view.palette} finds the rest",
            );
            ui.label(egui::RichText::new(hint).small().color(tokens.accent));
            ui.add_space(2.0);
        }
        let choosing = self.choose_model();
        let side = if self.settings.show_sources { self.side_voices() } else { None };
        let mut model = ReaderModel::new(open, said, series, visible.imported);
        model.has_scores = has_scores;
        if !visible.answer {
            model.hide_answer();
        }
        model.read_as(&self.view.reading);
        model.add_labels(open, said, &project.schema, choosing.as_ref().and_then(|model| model.span));
        if self.settings.show_sources {
            self.add_sources(&mut model, side.as_deref());
        }
        if let Some(DialogState::Split(split)) = &self.view.dialog {
            model = model.with_caret(open, split);
        }
        work::dress(&mut model, open, said, &self.view.work);
        self.dress_beside(&mut model);
        work_bar::work_bars_ui(ui, &work::bars(open, said, &self.view.work, visible), env, sink);
        self.choose(ui, choosing.as_ref(), sink);
        let looks_for = &self.view.reading.find;
        if looks_for.shown {
            let tokens = Tokens::of(ui);
            let bar = Frame::new().fill(tokens.panel).corner_radius(6).inner_margin(Margin::symmetric(8, 4));
            Panel::top("find").frame(bar).resizable(false).show_separator_line(false).show(ui, |ui| {
                find::find_ui(ui, looks_for, open.tree.is_branching(), sink);
            });
        }
        self.timeline(ui, sink);
        self.tree(ui, series, sink);
        self.beside(ui, env, sink);
        self.minimap(ui, series, sink);
        let frame = Frame::new();
        CentralPanel::default().frame(frame).show(ui, |ui| {
            let show_selected = self.view.scroll_to_step;
            if let Some(folder) = Path::new(&open.trace.source.file).parent() {
                look_beside(ui.ctx(), folder);
            }
            let frame = ReaderFrame { read: &self.view.reading, texts: &self.texts, show_selected };
            reader::reader_ui(ui, &model, &frame, sink);
        });
    }

    /// Label sources side by side, or why they are not shown.
    fn add_sources<'a>(&'a self, model: &mut ReaderModel<'a>, side: Option<&'a Result<SideVoices, String>>) {
        match side {
            Some(Ok(side)) => model.add_sources(side, self.startup.annotator.as_str()),
            Some(Err(problem)) => model.sources = Some(SourcesModel::without(format!("⚠ {problem}"))),
            None => {
                let why = self.hidden_sources().unwrap_or("Looking for label sources…");
                model.sources = Some(SourcesModel::without(why));
            }
        }
    }

    /// The chooser or the text being written, at the foot of the reader, so that it covers nothing.
    fn choose(&self, ui: &mut Ui, model: Option<&ChooseModel>, sink: &mut CommandSink) {
        let text = self.view.note.as_ref().filter(|draft| draft.about != About::Note);
        if model.is_none() && text.is_none() {
            return;
        }
        let tokens = Tokens::of(ui);
        let frame = Frame::new()
            .fill(tokens.panel)
            .stroke(egui::Stroke::new(1.0, tokens.accent))
            .corner_radius(6)
            .inner_margin(8);
        Panel::bottom("choose").frame(frame).resizable(false).show_separator_line(false).show(ui, |ui| {
            if let Some(draft) = text {
                choose::text_ui(ui, draft, sink);
            } else if let Some(model) = model {
                let can_go_back = self.view.choose.as_ref().is_some_and(|choose| !choose.back.is_empty());
                choose::choose_ui(ui, model, can_go_back, sink);
            }
        });
    }
}
