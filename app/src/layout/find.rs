//! Finding: the query bar, the facets and the dialogs beside them.

use eframe::egui::{Context, Frame, Panel, Ui};

use stepscope_core::scoring::Aggregate;

use crate::app::App;
use crate::command::dispatch::asking::permitted;
use crate::command::{Action, CommandSink};
use crate::dialog;
use crate::panel::{facets, query_bar};
use crate::state::asking::AskRequest;
use crate::state::{ColumnsDraft, DialogState};
use crate::view_model::columns::{self, ColumnEntry};
use crate::view_model::facets::FacetsModel;
use crate::view_model::query_bar::QueryBarModel;
use crate::view_model::sql::SqlModel;
use crate::view_model::trace_table::ColumnModel;

impl App {
    /// The facets beside the table, where they are shown.
    pub(super) fn facets_panel(&self, ui: &mut Ui, frame: Frame, class: (u32, u32), sink: &mut CommandSink) {
        if !self.settings.show_facets || self.project.is_none() {
            return;
        }
        let width = ui.ctx().content_rect().width();
        let usual = if width < 1000.0 { 150.0 } else { 190.0 };
        let panel = Panel::left(("facets", class)).frame(frame).default_size(usual).size_range(130.0..=380.0);
        panel.show(ui, |ui| facets::facets_ui(ui, &self.facets_model(), sink));
    }

    /// The facets, for tests too.
    pub fn facets_model(&self) -> FacetsModel {
        let is_stale = self.jobs.query.is_some() || !self.is_answered();
        FacetsModel::new(&self.view.asking, permitted(self), is_stale)
    }

    /// The query bar, for tests too.
    pub fn query_bar_model(&self) -> QueryBarModel {
        QueryBarModel::new(&self.view.asking)
    }

    pub(super) fn query_bar(&self, ui: &mut Ui, sink: &mut CommandSink) {
        let frame = query_bar::BarFrame {
            focus: self.view.focus_filter,
            put_cursor: self.view.asking.put_cursor,
            has_facets: self.settings.show_facets,
        };
        query_bar::query_bar_ui(ui, &self.query_bar_model(), frame, sink);
    }

    /// The columns of the table.
    pub(super) fn column_models(&self, aggregate: Aggregate) -> Vec<ColumnModel> {
        columns::chosen(&self.view.asking.columns, self.view.has_scores, aggregate, permitted(self))
    }

    /// The names of the columns as they are shown.
    pub(super) fn column_names(&self) -> Vec<String> {
        match self.view.asking.columns.as_slice() {
            [] => columns::usual_names(self.view.has_scores),
            chosen => chosen.to_vec(),
        }
    }

    /// The values of further columns in a row of the store.
    pub(super) fn further_cells(&self, row: u32) -> Vec<String> {
        let cells = &self.view.asking.cells;
        let wanted = columns::fields(&self.view.asking.columns, permitted(self));
        if wanted.is_empty() {
            return Vec::new();
        }
        let Some(values) = cells.values.get(&row) else { return Vec::new() };
        // Of columns that were just added nothing is known yet.
        let place = |name: &String| cells.columns.iter().position(|known| known == name);
        wanted.iter().map(|name| place(name).and_then(|at| values.get(at)).cloned().unwrap_or_default()).collect()
    }

    fn column_entries(&self, draft: &ColumnsDraft) -> Vec<ColumnEntry> {
        let asking = &self.view.asking;
        columns::entries(&self.column_names(), &asking.fields(), permitted(self), &draft.search)
    }

    /// The dialogs of finding.
    pub(super) fn find_dialogs(&self, ctx: &Context, state: &DialogState, sink: &mut CommandSink) {
        match state {
            DialogState::QueryHelp => dialog::query_help::query_help_ui(ctx, &self.texts, sink),
            DialogState::SaveView(name) => {
                let taken = self.view.asking.views.iter().any(|view| view.name == name.trim());
                dialog::views::save_view_ui(ctx, name, &self.view.query.text, taken, sink);
            }
            DialogState::Views(selected) => dialog::views::views_ui(ctx, &self.view.asking.views, *selected, sink),
            DialogState::Columns(draft) => {
                let entries = self.column_entries(draft);
                dialog::columns::columns_ui(ctx, draft, &entries, &self.column_names(), sink);
            }
            DialogState::Sql(text) => {
                let answer = self.jobs.asking.answer.as_ref();
                let table = answer.and_then(|answer| answer.as_ref().ok());
                let is_running = self.jobs.asking.sql.is_some();
                let frame = dialog::sql::SqlFrame {
                    model: &SqlModel::new(answer),
                    table: table.map(AsRef::as_ref),
                    is_running,
                    at: self.view.asking.answer_at,
                };
                dialog::sql::sql_ui(ctx, text, &frame, sink);
            }
            _ => {}
        }
    }
}

/// What the table asks for when other rows come into sight.
pub(super) fn showing(before: &std::ops::Range<usize>, now: std::ops::Range<usize>, sink: &mut CommandSink) {
    if now != *before && !now.is_empty() {
        sink.push(Action::Ask(AskRequest::Showing(now)));
    }
}

/// The narrower table that leaves room for facets.
pub(super) const fn beside_facets(width: f32, shown: bool) -> f32 {
    if shown { width - 90.0 } else { width }
}
