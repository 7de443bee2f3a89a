//! The tree of the open trace: as an outline, or as a picture.

use eframe::egui::{Frame, Margin, Panel, Ui};

use crate::app::App;
use crate::command::CommandSink;
use crate::panel::tree;
use crate::view_model::scores::ScoreSeries;
use crate::view_model::tree::TreeModel;

impl App {
    /// The tree before the steps, where the trace branches.
    pub(super) fn tree(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let said = project.said(&open.trace.id);
        let Some(nodes) = TreeModel::new(open, said, series) else { return };
        let frame = Frame::new().inner_margin(Margin { right: 8, ..Margin::ZERO });
        let width = (ui.available_width() * 0.36).clamp(150.0, 420.0);
        Panel::left("tree").frame(frame).default_size(width).resizable(true).show(ui, |ui| {
            tree::tree_ui(ui, &nodes, self.view.scroll_to_step, sink);
        });
    }
}
