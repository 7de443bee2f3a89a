//! The shape of the open trace at a glance: curve of scores, map, timeline.

use std::sync::Arc;

use eframe::egui::{Frame, Margin, Panel, Ui};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{FirstError, StepIndex, Trace};

use crate::app::App;
use crate::command::{Action, CommandSink};
use crate::panel::minimap::{MAP_WIDTH, Pointed};
use crate::panel::{curve, minimap, timeline};
use crate::state::OpenTrace;
use crate::state::finding::Searched;
use crate::state::reading::{ReadRequest, Spot};
use crate::ui_kit::Tokens;
use crate::view_model::curve::{CurveFacts, CurveModel, hover_text as curve_text};
use crate::view_model::minimap::{MinimapFacts, MinimapModel, hover_text};
use crate::view_model::scores::ScoreSeries;
use crate::view_model::timeline::{TimelineModel, hover_text as timeline_text};

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
            let visible = self.view.reading.visible();
            let made_of = MapOf {
                trace: Arc::clone(&open.trace),
                path: open.path.clone(),
                last_seq: project.log.last_seq(),
                scores: (project.scores.revision(), facts.scores.map(|series| series.name.clone())),
                searched: self.view.reading.find.searched().cloned(),
                found: facts.found.all().len(),
                shows: (facts.shows_imported, facts.shows_outcome),
                height: ui.available_height(),
            };
            let mut kept = self.kept_map.borrow_mut();
            // Made in every frame, it would cost more than the cards where a trace is long.
            match kept.as_mut().filter(|kept| kept.0.is_same(&made_of)) {
                Some(kept) => kept.1.follow(open.at, visible),
                None => *kept = Some((made_of, MinimapModel::new(open, facts, visible, ui.available_height()))),
            }
            let model = &kept.as_ref()?.1;
            minimap::minimap_ui(ui, model, |position| hover_text(open, facts, position))
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
    pub(super) fn timeline(&self, ui: &mut Ui, sink: &mut CommandSink) {
        let Some(open) = self.view.open.as_ref().filter(|_| self.settings.show_timeline) else { return };
        let Some(model) = self.timeline_model(open) else { return };
        let tokens = Tokens::of(ui);
        let frame = Frame::new().fill(tokens.panel).inner_margin(Margin { left: 6, right: 6, top: 3, bottom: 4 });
        let panel = Panel::bottom("timeline").frame(frame).exact_size(timeline::height_of(&model)).resizable(false);
        let clicked = panel.show(ui, |ui| {
            let selected = open.selected().unwrap_or_default();
            timeline::timeline_ui(ui, &model, selected, |bar| timeline_text(open, bar))
        });
        if let Some(step) = clicked.inner {
            sink.push(Action::ShowStep(step));
        }
    }

    /// Worked out once for each path: in every frame it would take longer than the frame has where a run is long.
    fn timeline_model(&self, open: &OpenTrace) -> Option<Arc<TimelineModel>> {
        let mut kept = self.kept_timeline.borrow_mut();
        let is_same = |kept: &&KeptTimeline| Arc::ptr_eq(&kept.trace, &open.trace) && kept.path == open.path;
        if let Some(same) = kept.as_ref().filter(is_same) {
            return same.model.clone();
        }
        let model = TimelineModel::new(open).map(Arc::new);
        *kept = Some(KeptTimeline { trace: Arc::clone(&open.trace), path: open.path.clone(), model: model.clone() });
        model
    }
}

/// What the map was made of.
pub(crate) struct MapOf {
    trace: Arc<Trace>,
    path: Vec<StepIndex>,
    last_seq: u64,
    /// How often scores have come, and whose are shown.
    scores: (u64, Option<String>),
    searched: Option<Arc<Searched>>,
    found: usize,
    shows: (bool, bool),
    height: f32,
}

impl MapOf {
    fn is_same(&self, other: &Self) -> bool {
        let searched = match (&self.searched, &other.searched) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        searched
            && Arc::ptr_eq(&self.trace, &other.trace)
            && (self.last_seq, self.found, &self.scores) == (other.last_seq, other.found, &other.scores)
            && (self.shows, self.height.to_bits()) == (other.shows, other.height.to_bits())
            && self.path == other.path
    }
}

/// A timeline, and what it was worked out from.
pub(crate) struct KeptTimeline {
    trace: Arc<Trace>,
    path: Vec<StepIndex>,
    model: Option<Arc<TimelineModel>>,
}
