//! The page of labels and options: each with its value, what that does, and why one would change it.

use eframe::egui::{ComboBox, Label, RichText, Role, TextEdit, TextStyle, Ui, WidgetInfo, vec2};
use stepscope_core::export::house;

use super::{fault_ui, field_ui};
use crate::state::ExportDraft;
use crate::ui_kit::Tokens;
use crate::view_model::export::{ExportModel, LabelsModel, OptionKind, OptionModel};

/// Width of the titles.
const TITLE: f32 = 132.0;

pub(super) fn options_ui(ui: &mut Ui, next: &mut ExportDraft, model: &ExportModel<'_>) {
    if let Some(labels) = &model.labels {
        labels_ui(ui, next, labels);
    } else {
        ui.label(RichText::new("This format takes all labels of everybody, and has no options").weak());
    }
    for option in &model.options {
        option_ui(ui, next, option);
    }
}

fn titled(ui: &mut Ui, title: &str, is_changed: bool, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let text = if is_changed { RichText::new(title).strong() } else { RichText::new(title) };
        ui.allocate_ui(vec2(TITLE, 20.0), |ui| {
            ui.set_width(TITLE);
            ui.add(Label::new(text).truncate());
        });
        content(ui);
    });
}

/// What stands under a choice, set in to where the choices begin.
fn under(ui: &mut Ui, text: &str) {
    ui.horizontal_top(|ui| {
        ui.add_space(TITLE + ui.spacing().item_spacing.x);
        ui.add(Label::new(RichText::new(text).small().weak()).wrap());
    });
    ui.add_space(4.0);
}

fn labels_ui(ui: &mut Ui, next: &mut ExportDraft, labels: &LabelsModel) {
    let mut text = labels.text.clone();
    titled(ui, "Labels", !labels.text.is_empty(), |ui| {
        let width = ui.available_width() - 36.0;
        let edit = TextEdit::singleline(&mut text).hint_text("yours, else those of the data").desired_width(width);
        let edit = ui.add(edit).on_hover_text(&labels.help);
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Labels"));
        let menu = ui.menu_button("▾", |ui| {
            if ui.button("The usual: yours, else those of the data").clicked() {
                text.clear();
            }
            for offer in &labels.offers {
                if ui.selectable_label(*offer == labels.text, offer).clicked() {
                    text.clone_from(offer);
                }
            }
        });
        menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Sources of labels"));
    });
    if text != labels.text {
        next.set_labels(&text);
    }
    fault_ui(ui, labels.fault.as_ref());
    under(ui, "Whose labels: your own if there are any, else those that came with the data. A consensus needs several");
}

fn option_ui(ui: &mut Ui, next: &mut ExportDraft, option: &OptionModel) {
    let mut value = option.value.clone();
    match &option.kind {
        OptionKind::OneOf(values) if values.len() == 2 && values.iter().any(|(value, _)| *value == "true") => {
            titled(ui, &option.title, option.is_changed, |ui| {
                let mut is_set = value == "true";
                let check = ui.checkbox(&mut is_set, "");
                check.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_set, &option.title));
                value = is_set.to_string();
            });
        }
        OptionKind::OneOf(values) => titled(ui, &option.title, option.is_changed, |ui| {
            let width = ui.available_width() - 8.0;
            let combo = ComboBox::from_id_salt(option.name).width(width).selected_text(&value).show_ui(ui, |ui| {
                for (name, does) in values {
                    let text = format!("{name}   {does}");
                    if ui.selectable_label(value == *name, text).clicked() {
                        (*name).clone_into(&mut value);
                    }
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &option.title));
        }),
        OptionKind::AnyOf(values) => value = any_ui(ui, option, values),
        OptionKind::Text => titled(ui, &option.title, option.is_changed, |ui| {
            let width = ui.available_width() - 8.0;
            field_ui(ui, &option.title, &mut value, option.fault.as_ref(), width);
        }),
        OptionKind::Lines => lines_ui(ui, option, &mut value),
    }
    fault_ui(ui, option.fault.as_ref());
    let is_said = option.says == option.reason || matches!(option.kind, OptionKind::AnyOf(_));
    let why = if is_said { option.says.clone() } else { format!("{} {}.", option.says, option.reason) };
    under(ui, &why);
    if value != option.value {
        next.set_option(option.name, &value);
    }
}

fn any_ui(ui: &mut Ui, option: &OptionModel, values: &[(&'static str, &'static str, bool)]) -> String {
    let mut chosen: Vec<&str> = Vec::new();
    ui.label(if option.is_changed { RichText::new(&option.title).strong() } else { RichText::new(&option.title) });
    ui.horizontal_wrapped(|ui| {
        for (name, does, is_chosen) in values {
            let response = ui.selectable_label(*is_chosen, *name).on_hover_text(*does);
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, *is_chosen, *name));
            if *is_chosen != response.clicked() {
                chosen.push(name);
            }
        }
    });
    chosen.join(",")
}

fn lines_ui(ui: &mut Ui, option: &OptionModel, value: &mut String) {
    let tokens = Tokens::of(ui);
    ui.label(&option.title);
    let mut edit = TextEdit::multiline(value).font(TextStyle::Monospace).desired_width(f32::INFINITY).desired_rows(7);
    if option.fault.is_some() {
        edit = edit.text_color(tokens.bad);
    }
    let edit = ui.add(edit);
    edit.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, &option.title));
    if option.name == "template" {
        ui.collapsing("What a template and the fields see", |ui| {
            ui.add(Label::new(RichText::new(house::HELP).small().monospace()).wrap());
        });
    }
}
