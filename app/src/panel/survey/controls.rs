//! What can be chosen above the figures.

use eframe::egui::{
    Align, ComboBox, DragValue, Id, Key, Layout, Popup, PopupCloseBehavior, RichText, Role, TextEdit, Ui, WidgetInfo,
};

use stepscope_core::evaluate::Threshold;

use super::SurveyFrame;
use crate::command::{Action, CommandSink};
use crate::state::survey::{Page, SurveyChoices, SurveyRequest, ToSave};
use crate::ui_kit::Tokens;
use crate::view_model::survey::{ControlsModel, NamedFigure, grouped_by, threshold_text};

/// Paints the line above the figures.
pub(super) fn controls_ui(ui: &mut Ui, frame: &SurveyFrame<'_>, sink: &mut CommandSink) {
    let choices = &frame.state.choices;
    let mut chosen = choices.clone();
    ui.horizontal(|ui| {
        for (page, title) in [(Page::Figures, "Figures"), (Page::Scorer, "Scorer"), (Page::Agreement, "Agreement")] {
            let label = ui.selectable_label(frame.state.page == page, RichText::new(title).strong());
            if label.clicked() && frame.state.page != page {
                sink.push(Action::Survey(SurveyRequest::Page(page)));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ui.button("✕").on_hover_text("Back to the trace, Escape");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close the survey"));
            if close.clicked() {
                sink.push(Action::Survey(SurveyRequest::Close));
            }
            match (frame.state.page, frame.model) {
                (Page::Scorer, _) => report_ui(ui, sink),
                (Page::Figures, Some(model)) => figures_ui(ui, &model.figures, frame.hidden, sink),
                (Page::Figures, None) | (Page::Agreement, _) => {}
            }
            super::status_ui(ui, frame, sink);
        });
    });
    if frame.state.page == Page::Agreement {
        ui.horizontal_wrapped(|ui| super::agreement::agreement_controls_ui(ui, frame.state, sink));
    } else if let Some(controls) = frame.controls {
        ui.horizontal_wrapped(|ui| {
            raters_ui(ui, frame, controls, &mut chosen);
            groups_ui(ui, frame.state.page, controls, &mut chosen);
            if frame.state.page == Page::Scorer {
                threshold_ui(ui, &mut chosen);
            }
        });
    }
    if chosen != *choices {
        sink.push(Action::Survey(SurveyRequest::Choose(chosen)));
    }
}

fn report_ui(ui: &mut Ui, sink: &mut CommandSink) {
    let hint = "As one HTML page, or as Markdown where the name ends in .md";
    if ui.button("Save report…").on_hover_text(hint).clicked() {
        sink.push(Action::Survey(SurveyRequest::AskSave(ToSave::Report)));
    }
}

/// A box with a name to choose one thing from; gives the place of what was chosen.
fn choice_ui<'a>(
    ui: &mut Ui,
    name: &str,
    width: f32,
    shown: &str,
    entries: impl Iterator<Item = &'a str>,
) -> Option<usize> {
    ui.label(RichText::new(name).small().color(Tokens::of(ui).muted));
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(("survey", name)).width(width).selected_text(shown).show_ui(ui, |ui| {
        for (at, entry) in entries.enumerate() {
            if ui.selectable_label(entry == shown, entry).clicked() && entry != shown {
                chosen = Some(at);
            }
        }
    });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, name));
    chosen
}

/// The box with the fields to group by: many, so that they are looked for by typing. Gives the one that was chosen.
fn field_ui(ui: &mut Ui, controls: &ControlsModel, shown: &str) -> Option<String> {
    ui.label(RichText::new("By").small().color(Tokens::of(ui).muted));
    let typed = Id::unique("survey field");
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(("survey", "By")).width(85.0).selected_text(shown).height(360.0);
    let combo = combo.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show_ui(ui, |ui| {
        let mut text: String = ui.data(|data| data.get_temp(typed)).unwrap_or_default();
        let edit = ui.add(TextEdit::singleline(&mut text).hint_text("Find a field").desired_width(200.0));
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find a field to group by"));
        let takes_first = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        edit.request_focus();
        let fields = controls.fields_like(&text);
        if fields.is_empty() {
            ui.weak("No field is called like that");
        }
        for (at, field) in fields.into_iter().enumerate() {
            if ui.selectable_label(field == shown, &field).clicked() || (takes_first && at == 0) {
                chosen = Some(field);
            }
        }
        if chosen.is_some() {
            ui.close();
        }
        ui.data_mut(|data| data.insert_temp(typed, text));
    });
    if combo.inner.is_none() || chosen.is_some() {
        ui.data_mut(|data| data.remove::<String>(typed));
    }
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "By"));
    chosen.filter(|field| field != shown)
}

fn raters_ui(ui: &mut Ui, frame: &SurveyFrame<'_>, controls: &ControlsModel, chosen: &mut SurveyChoices) {
    let raters = || controls.raters.iter().map(|(_, text)| text.as_str());
    let rater = |at: usize| controls.raters.get(at).map(|(rater, _)| rater.clone());
    if let Some(at) = choice_ui(ui, "Scores", 120.0, &controls.rater, raters()) {
        chosen.rater = rater(at);
    }
    if frame.state.page == Page::Figures
        && controls.raters.len() > 1
        && let Some(at) = choice_ui(ui, "Beside", 95.0, &controls.other, raters())
    {
        chosen.other = rater(at);
    }
    let labels = controls.labels_and(frame.compared);
    let texts = labels.iter().map(|(_, text)| text.as_str());
    if let Some(at) = choice_ui(ui, "Labels", 125.0, &controls.label, texts) {
        chosen.labels = labels.get(at).map(|(source, _)| source.clone());
    }
}

fn groups_ui(ui: &mut Ui, page: Page, controls: &ControlsModel, chosen: &mut SurveyChoices) {
    if let Some(field) = field_ui(ui, controls, &chosen.by) {
        *chosen = grouped_by(chosen, &field);
    }
    if page != Page::Figures || controls.values.len() < 2 {
        return;
    }
    let nothing = "–";
    let values = || std::iter::once(nothing).chain(controls.values.iter().map(String::as_str));
    let (a, b) = chosen.pair.clone().unwrap_or_else(|| (nothing.into(), nothing.into()));
    let value = |at: usize| at.checked_sub(1).and_then(|at| controls.values.get(at).cloned());
    let another = |not: &str| controls.values.iter().find(|value| *value != not).cloned().unwrap_or_default();
    if let Some(at) = choice_ui(ui, "Compare", 75.0, &a, values()) {
        chosen.pair = value(at).map(|a| {
            let b = if b == nothing || b == a { another(&a) } else { b.clone() };
            (a, b)
        });
    }
    if chosen.pair.is_some()
        && let Some(at) = choice_ui(ui, "with", 75.0, &b, values())
    {
        chosen.pair = value(at).map(|b| (a, b));
    }
}

fn threshold_ui(ui: &mut Ui, chosen: &mut SurveyChoices) {
    let ways = [Threshold::Usual, Threshold::Sweep, Threshold::Fit];
    let texts = ways.map(threshold_text);
    let shown = threshold_text(chosen.threshold);
    if let Some(at) = choice_ui(ui, "Threshold", 100.0, &shown, texts.iter().map(String::as_str)) {
        chosen.threshold = ways.get(at).copied().unwrap_or_default();
    }
    let mut given = match chosen.threshold {
        Threshold::Given(at) => at,
        _ => 0.5,
    };
    let field = ui.add(DragValue::new(&mut given).speed(0.005).max_decimals(3)).on_hover_text("Take this threshold");
    field.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Threshold as a number"));
    if field.changed() && given.is_finite() {
        chosen.threshold = Threshold::Given(given);
    }
}

/// Which figures are shown.
fn figures_ui(ui: &mut Ui, figures: &[NamedFigure], hidden: &[String], sink: &mut CommandSink) {
    let count = figures.iter().filter(|figure| !hidden.iter().any(|name| name == figure.name)).count();
    let button = ui.button(format!("{count} of {}", figures.len())).on_hover_text("Which figures are shown");
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Which figures are shown"));
    let menu = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| {
        for figure in figures {
            let mut shown = !hidden.iter().any(|name| name == figure.name);
            if ui.checkbox(&mut shown, &figure.figure.title).changed() {
                sink.push(Action::Survey(SurveyRequest::ShowFigure(figure.name.to_owned(), shown)));
            }
        }
    });
}
