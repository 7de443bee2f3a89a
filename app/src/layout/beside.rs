//! What stands beside the open trace.

use eframe::egui::{Frame, Margin, Panel, Ui};

use crate::app::App;
use crate::command::{CommandEnv, CommandSink};
use crate::panel::beside::{BesideFrame, beside_ui};
use crate::state::beside::{BesideWhat, SideLink};
use crate::state::look::SizedPanel;
use crate::view_model::beside::{BesideModel, dress};
use crate::view_model::reader::ReaderModel;

/// Least width of either side, in points.
const LEAST: f32 = 220.0;

/// Another number for everything that can stand beside a trace.
fn what_number(what: &BesideWhat) -> u64 {
    match what {
        BesideWhat::Solution => 0,
        BesideWhat::Trace(row) => (u64::from(*row) + 1) << 32,
    }
}

impl App {
    /// The reference or another trace, at the right of the steps.
    pub(super) fn beside(&self, ui: &mut Ui, env: CommandEnv, sink: &mut CommandSink) {
        let beside = &self.view.beside;
        let Some(open) = self.view.open.as_ref().filter(|_| beside.shown) else { return };
        let side = beside.side.as_ref();
        let shows_verdict = match side.map(|side| &side.what) {
            Some(BesideWhat::Trace(row)) => self.shows_outcome_of(*row),
            _ => false,
        };
        let links = self.beside_links();
        let is_comparing = self.jobs.aligning.is_some();
        let model = BesideModel::new(beside, open, &links, is_comparing, self.beside_hidden(), shows_verdict);
        let frame = Frame::new().inner_margin(Margin { left: 8, ..Margin::ZERO });
        let room = ui.available_width();
        // Where there is no room for both, they share it.
        let least = LEAST.min(room * 0.5);
        let most = (room - least).max(least);
        let width = self.settings.panels.size(SizedPanel::Beside, room, room / 2.0).clamp(least, most);
        // A window of another size begins with a width of its own.
        let panel = Panel::right(("beside", room.round().to_bits())).frame(frame).default_size(width);
        let shown = panel.size_range(least..=most).resizable(true).show(ui, |ui| {
            let frame = BesideFrame {
                texts: &self.texts,
                as_written: self.view.reading.as_written,
                scroll: beside.scroll,
                id: side.map_or(0, |side| side.path ^ (side.steps.len() as u64) ^ what_number(&side.what)),
                env,
            };
            beside_ui(ui, &model, &frame, sink);
        });
        super::keep_size(ui, SizedPanel::Beside, (width, shown.response.rect.width()), room, sink);
    }

    /// The links between the path shown and what stands beside; none where it is hidden.
    pub(crate) fn beside_links(&self) -> Vec<SideLink> {
        let beside = &self.view.beside;
        let (Some(project), Some(open), Some(side)) = (&self.project, &self.view.open, &beside.side) else {
            return Vec::new();
        };
        if !beside.shown || side.of != open.trace.id || self.beside_hidden() {
            return Vec::new();
        }
        side.links(open, project.said(&open.trace.id), &beside.refused)
    }

    /// Marks in the reader which steps correspond to those beside.
    pub(super) fn dress_beside(&self, model: &mut ReaderModel<'_>) {
        let side = self.view.beside.side.as_ref().filter(|_| self.view.beside.shown && !self.beside_hidden());
        if let Some(side) = side {
            dress(model, side, &self.beside_links());
        }
    }
}
