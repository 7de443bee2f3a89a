//! What stands beside the open trace.

use eframe::egui::Ui;

use crate::app::App;
use crate::command::CommandSink;
use crate::view_model::scores::ScoreSeries;

impl App {
    /// The reference or another trace, at the right of the steps.
    pub(super) fn beside(&self, _ui: &mut Ui, _series: &[ScoreSeries], _sink: &mut CommandSink) {}
}
