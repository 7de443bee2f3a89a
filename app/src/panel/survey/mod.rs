//! Paints the survey: what can be chosen, a grid of figures, and how well a scorer does.

mod agreement;
mod controls;
mod figure;
mod paint;
mod plane;
mod scorer;

use eframe::egui::{Label, RichText, ScrollArea, Ui, Vec2, vec2};

use stepscope_core::labels::LabelSource;

use crate::command::{Action, CommandSink, KeyMap};
use crate::panel::trace_table::only_ui;
use crate::state::survey::{SurveyRequest, SurveyState, ToSave};
use crate::ui_kit::Tokens;
use crate::ui_kit::tokens::Space;
use crate::view_model::survey::{AgreementModel, ControlsModel, NamedFigure, SurveyModel};

use figure::{FigureAsk, FigureFrame, figure_ui};

/// What the survey needs.
pub struct SurveyFrame<'a> {
    /// How it is shown.
    pub state: &'a SurveyState,
    /// What was worked out.
    pub model: Option<&'a SurveyModel>,
    /// How far label sources agree, where that is shown and known.
    pub agreement: Option<&'a AgreementModel>,
    /// What can be chosen.
    pub controls: Option<&'a ControlsModel>,
    /// Label sources that were chosen to be compared; their labels can count as true as well.
    pub compared: &'a [LabelSource],
    /// Figures that are left out, by name.
    pub hidden: &'a [String],
    /// What the table is narrowed to.
    pub only: Option<&'a str>,
    /// What is shown is being worked out anew; how far that got.
    pub busy: Option<String>,
    /// It was stopped.
    pub stopped: bool,
}

/// Narrowest figure, in points.
const NARROWEST: f32 = 330.0;

/// Widest and highest one in the grid.
const WIDEST: f32 = 640.0;
const HIGHEST: f32 = 400.0;

/// Height of a figure by its width.
const FORM: f32 = 0.66;

/// How strongly what is no longer right is still painted.
const OLD: f32 = 0.45;

/// Paints it.
pub fn survey_ui(ui: &mut Ui, frame: &SurveyFrame<'_>, sink: &mut CommandSink) {
    controls::controls_ui(ui, frame, sink);
    if let Some(only) = frame.only {
        only_ui(ui, only, sink);
    }
    if frame.busy.is_some() {
        ui.multiply_opacity(OLD);
    }
    if let Some(model) = frame.agreement {
        return agreement::agreement_ui(ui, model, frame.state, sink);
    }
    let Some(model) = frame.model else { return };
    if let Some(problem) = &model.problem {
        ui.add_space(Space::of(ui).wide);
        let text = KeyMap::of(ui).fill(problem);
        ui.vertical_centered(|ui| ui.add(Label::new(RichText::new(text).weak()).wrap()));
        return;
    }
    let figures: Vec<&NamedFigure> = model.shown(frame.hidden).collect();
    if let Some(figure) = figures.get(frame.state.at).filter(|_| frame.state.enlarged) {
        let size = ui.available_size();
        let shown = FigureFrame { at: frame.state.at, selected: true, enlarged: true, mark: frame.state.mark };
        let asked = figure_ui(ui, &figure.figure, size, &shown);
        ask(asked, frame.state.at, figure, sink);
        return;
    }
    ScrollArea::vertical().id_salt(frame.state.page).auto_shrink([false, false]).show(ui, |ui| {
        if let Some(scorer) = &model.scorer {
            scorer::summary_ui(ui, scorer, sink);
        }
        // Two groups in numbers were asked for, and stand above their figure.
        if !model.tables.is_empty() {
            scorer::tables_ui(ui, &model.tables);
        }
        grid_ui(ui, &figures, frame, sink);
        if let Some(scorer) = &model.scorer {
            scorer::tables_ui(ui, &scorer.tables);
        }
    });
}

/// What the figures are about, and whether they are still being worked out.
fn status_ui(ui: &mut Ui, frame: &SurveyFrame<'_>, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    if let Some(busy) = &frame.busy {
        let what = if frame.model.is_some() || frame.agreement.is_some() {
            "Counting anew; below is what was before"
        } else {
            "Counting"
        };
        ui.add(Label::new(RichText::new(format!("{what}  {busy}")).small().color(tokens.muted)).truncate());
        ui.spinner();
    } else if frame.stopped {
        if ui.small_button("Work it out").clicked() {
            sink.push(Action::Survey(SurveyRequest::Again));
        }
        ui.label(RichText::new("Not worked out").small().color(tokens.unsure));
    } else if let Some(intro) = frame.agreement.map(|model| &model.intro).or(frame.model.map(|model| &model.intro)) {
        let text = RichText::new(intro).small().color(tokens.muted);
        ui.add(Label::new(text).truncate());
    }
}

/// How many figures stand side by side, and how large they are: as large as lets all be seen at once, else as many
/// side by side as can be read.
fn grid(figures: usize, room: Vec2, gap: f32) -> (u8, Vec2) {
    let size = |across: u8| {
        let one = ((room.x - gap * f32::from(across - 1)) / f32::from(across)).floor();
        vec2(one, (one * FORM).clamp(190.0, HIGHEST).floor())
    };
    let mut across = 1;
    while across < 8 {
        let rows = figures.div_ceil(usize::from(across));
        let all_fit = rows as f32 * (size(across).y + gap) <= room.y;
        if all_fit && size(across).x <= WIDEST || size(across + 1).x < NARROWEST {
            break;
        }
        across += 1;
    }
    (across, size(across))
}

fn grid_ui(ui: &mut Ui, figures: &[&NamedFigure], frame: &SurveyFrame<'_>, sink: &mut CommandSink) {
    let gap = Space::of(ui).large;
    let room = vec2(ui.available_width() - 2.0, ui.clip_rect().height());
    let (across, size) = grid(figures.len(), room, gap);
    frame.state.across.set(across.into());
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    for (row, figures) in figures.chunks(across.into()).enumerate() {
        ui.horizontal(|ui| {
            for (column, figure) in figures.iter().enumerate() {
                let at = row * usize::from(across) + column;
                let selected = at == frame.state.at;
                let shown = FigureFrame { at, selected, enlarged: false, mark: None };
                let top = ui.cursor().min;
                let asked = figure_ui(ui, &figure.figure, size, &shown);
                if selected && frame.state.scroll {
                    ui.scroll_to_rect(eframe::egui::Rect::from_min_size(top, size), None);
                }
                ask(asked, at, figure, sink);
            }
        });
    }
}

/// What was asked of a figure as an action.
fn ask(asked: Option<FigureAsk>, at: usize, figure: &NamedFigure, sink: &mut CommandSink) {
    let Some(asked) = asked else { return };
    let request = match (asked, figure.plot) {
        (FigureAsk::Select, _) => SurveyRequest::Select(at),
        (FigureAsk::Enlarge, _) => SurveyRequest::Enlarge(at),
        (FigureAsk::List(series, mark), Some(plot)) => SurveyRequest::List(plot, series, mark),
        (FigureAsk::ListOthers(series, mark), Some(plot)) => SurveyRequest::ListOthers(plot, series, mark),
        (FigureAsk::Span(bins), Some(plot)) => SurveyRequest::ListSpan(plot, bins),
        (FigureAsk::Marks(marks), Some(plot)) => SurveyRequest::ListMarks(plot, marks),
        (FigureAsk::Line(at), _) => SurveyRequest::Threshold(stepscope_core::evaluate::Threshold::Given(at)),
        (FigureAsk::Svg, _) => SurveyRequest::AskSave(ToSave::Drawing(figure.at)),
        (FigureAsk::Csv, _) => SurveyRequest::AskSave(ToSave::Numbers(figure.at)),
        (FigureAsk::Hide, Some(_)) => SurveyRequest::ShowFigure(figure.name.to_owned(), false),
        (FigureAsk::Copy, _) => SurveyRequest::Copy(figure.at),
        _ => return,
    };
    sink.push(Action::Survey(request));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_large_as_lets_all_be_seen() {
        let across = |figures, width, height| grid(figures, vec2(width, height), 8.0).0;
        assert_eq!(across(15, 830.0, 640.0), 2, "small windows scroll");
        assert_eq!(across(15, 1_700.0, 1_300.0), 4);
        assert_eq!(across(2, 1_700.0, 1_300.0), 3, "no figure is too wide to be read");
        assert_eq!(across(15, 300.0, 640.0), 1);
    }
}
