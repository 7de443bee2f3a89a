//! The shape of the open trace at a glance: curve of scores, map, timeline.

use eframe::egui::{Frame, Margin, Panel, Ui};
use stepscope_core::export::LabelSource;
use stepscope_core::model::FirstError;

use crate::app::App;
use crate::command::{Action, CommandSink};
use crate::panel::curve;
use crate::panel::minimap::{self, MAP_WIDTH, Pointed};
use crate::state::reading::{ReadRequest, Spot};
use crate::view_model::curve::{CurveFacts, CurveModel, hover_text as curve_text};
use crate::view_model::minimap::{MinimapFacts, MinimapModel, hover_text};
use crate::view_model::scores::ScoreSeries;

impl App {
    pub(super) fn curve(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open)) = (&self.project, &self.view.open) else { return };
        let own_error = match project.said(&open.trace.id).and_then(|said| said.first_error.as_ref()) {
            Some(FirstError::At(hash)) => open.find_step(hash).and_then(|step| open.position(step)),
            _ => None,
        };
        let threshold = match &self.view.work.verify {
            Some(LabelSource::Scorer { threshold, .. }) => Some(*threshold),
            _ => None,
        };
        let (shows_imported, aggregate) = (self.shows_imported(), self.settings.aggregate());
        let facts = CurveFacts { own_error, shows_imported, aggregate, threshold };
        let model = CurveModel::new(open, series, facts);
        let clicked = curve::curve_ui(ui, &model, |number| curve_text(open, series, number));
        if let Some(&step) = clicked.and_then(|number| open.path.get(number - 1)) {
            sink.push(Action::ShowStep(step));
        }
    }

    /// The map of the whole trace, at the right edge of its steps.
    pub(super) fn minimap(&self, ui: &mut Ui, series: &[ScoreSeries], sink: &mut CommandSink) {
        let (Some(project), Some(open), Some(visible)) = (&self.project, &self.view.open, self.visible()) else {
            return;
        };
        if !self.settings.show_minimap || !MinimapModel::is_worth(open) {
            return;
        }
        let facts = MinimapFacts {
            said: project.said(&open.trace.id),
            scores: series.first(),
            shows_imported: visible.imported,
            shows_outcome: visible.verdict,
            found: self.view.reading.matches(&open.trace),
        };
        let frame = Frame::new().inner_margin(Margin { left: 6, ..Margin::ZERO });
        let panel = Panel::right("map").frame(frame).exact_size(MAP_WIDTH + 6.0).resizable(false);
        let pointed = panel.show_separator_line(false).show(ui, |ui| {
            let model = MinimapModel::new(open, facts, self.view.reading.visible(), ui.available_height());
            minimap::minimap_ui(ui, &model, |position| hover_text(open, facts, position))
        });
        match pointed.inner {
            Some(Pointed::Show(position)) => {
                if let Some(&step) = open.path.get(position) {
                    sink.push(Action::ShowStep(step));
                }
            }
            Some(Pointed::Scroll(position, share)) => {
                sink.push(Action::Read(ReadRequest::ScrollTo(Spot::Step(position, share))));
            }
            None => {}
        }
    }

    /// When each call was made, below the steps.
    pub(super) fn timeline(&self, _ui: &mut Ui, _sink: &mut CommandSink) {}
}
