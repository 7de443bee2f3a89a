//! The shape of the open trace at a glance: curve of scores, map, timeline.

use eframe::egui::Ui;
use stepscope_core::model::FirstError;

use crate::app::App;
use crate::command::{Action, CommandSink};
use crate::panel::curve;
use crate::view_model::curve::CurveModel;
use crate::view_model::scores::ScoreSeries;

impl App {
    pub(super) fn curve(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let own_error = match project.said(&open.trace.id).and_then(|said| said.first_error.as_ref()) {
            Some(FirstError::At(hash)) => open.find_step(hash).and_then(|step| open.position(step)),
            _ => None,
        };
        let model = CurveModel::new(open, series, own_error, self.shows_imported(), self.settings.aggregate());
        if let Some(&step) = curve::curve_ui(ui, &model).and_then(|number| open.path.get(number - 1)) {
            sink.push(Action::ShowStep(step));
        }
    }

    /// The map of the whole trace, at the right edge of its steps.
    pub(super) fn minimap(&self, _ui: &mut Ui, _series: &[ScoreSeries], _sink: &mut CommandSink) {}

    /// When each call was made, below the steps.
    pub(super) fn timeline(&self, _ui: &mut Ui, _sink: &mut CommandSink) {}
}
