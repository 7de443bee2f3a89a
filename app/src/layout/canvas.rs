//! The tree of the open trace: as an outline, or as a picture.

use eframe::egui::{Frame, Margin, Panel, Ui};

use crate::app::App;
use crate::command::CommandSink;
use crate::panel::{canvas, tree};
use crate::view_model::scores::ScoreSeries;
use crate::view_model::tree::{TreeModel, row_of};

impl App {
    /// The tree before the steps, where the trace branches.
    pub(super) fn tree(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        if !open.tree.is_branching() {
            return;
        }
        let frame = Frame::new().inner_margin(Margin { right: 8, ..Margin::ZERO });
        if self.view.canvas.shown {
            let frame_of =
                canvas::CanvasFrame { canvas: &self.canvas, state: &self.view.canvas, open, series, keys: &self.keys };
            let width = (ui.available_width() * 0.5).clamp(180.0, 1400.0);
            let most = (ui.available_width() - 160.0).max(180.0);
            Panel::left("tree as picture")
                .frame(frame)
                .default_size(width)
                .size_range(160.0..=most)
                .resizable(true)
                .show(ui, |ui| canvas::canvas_ui(ui, &frame_of, sink));
            return;
        }
        let said = project.said(&open.trace.id);
        let width = (ui.available_width() * 0.36).clamp(150.0, 420.0);
        Panel::left("tree").frame(frame).default_size(width).resizable(true).show(ui, |ui| {
            let rows = self.canvas.outline.as_slice();
            let part =
                |range: std::ops::Range<usize>| TreeModel::of(open, said, series, rows.get(range).unwrap_or_default());
            let selected = open.selected().filter(|_| self.view.scroll_to_step);
            tree::tree_ui(ui, rows.len(), part, selected.and_then(|step| row_of(rows, step)), sink);
        });
    }
}
