//! How files are read: format, splitter or a mapping of the user's own, beside a live preview of the first traces.

use eframe::egui::{
    self, ComboBox, Context, Grid, Id, Label, Modal, RichText, Role, ScrollArea, Sides, TextEdit, Ui, WidgetInfo,
};

use stepscope_core::import::FilePreview;
use stepscope_core::import::mapping::LabelSays;
use stepscope_core::model::{ScoreKind, Splitter};

use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::import_draft::{
    ImportDraft, MapField, ReadWay, label_says, score_kind, set_label_says, set_score_kind,
};
use crate::ui_kit::{Tokens, chip_ui};
use crate::view_model::import::{FieldModel, ImportModel, TracePreview, formats};

/// Paints the dialog.
pub fn import_ui(
    ctx: &Context,
    draft: &ImportDraft,
    preview: Option<&Result<FilePreview, String>>,
    is_looking: bool,
    sink: &mut CommandSink,
) {
    let model = ImportModel::new(draft, preview);
    let mut changed = draft.clone();
    let (mut ended, mut saved) = (false, false);
    let screen = ctx.content_rect();
    let response = Modal::new(Id::unique("import")).show(ctx, |ui| {
        ui.set_width((screen.width() - 80.0).clamp(600.0, 1240.0));
        let height = (screen.height() - 220.0).clamp(240.0, 900.0);
        ui.heading("How files are read");
        ui.add(Label::new(RichText::new(&model.file).strong()).truncate());
        ui.add(Label::new(RichText::new(&model.detected).weak()).wrap());
        ui.add_space(4.0);
        choices_ui(ui, &mut changed);
        ui.separator();
        let body = egui::vec2(ui.available_width(), height);
        ui.allocate_ui_with_layout(body, egui::Layout::left_to_right(egui::Align::TOP), |ui| {
            if !model.fields.is_empty() {
                ui.vertical(|ui| {
                    ui.set_width(400.0);
                    ScrollArea::vertical().id_salt("fields").max_height(height).min_scrolled_height(height).show(
                        ui,
                        |ui| {
                            fields_ui(ui, &mut changed, &model.fields);
                        },
                    );
                });
                ui.separator();
            }
            ui.vertical(|ui| preview_ui(ui, &model, is_looking, height));
        });
        ui.add_space(6.0);
        Sides::new().show(
            ui,
            |ui| {
                if changed.way == ReadWay::Mapping {
                    ui.label("Mapping");
                    let edit =
                        ui.add(TextEdit::singleline(&mut changed.mapping.name).desired_width(150.0).hint_text("name"));
                    edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the mapping"));
                    let named = !changed.mapping.name.trim().is_empty() && model.fault.is_none();
                    let save = ui.add_enabled(named, egui::Button::new("Save mapping"));
                    if save.on_hover_text("Files with the same keys are read by it from now on").clicked() {
                        saved = true;
                    }
                }
            },
            |ui| {
                let ready = !model.traces.is_empty() && model.fault.is_none();
                if ui.add_enabled(ready, egui::Button::new("Read files")).clicked() {
                    sink.push(Action::ReadFiles);
                }
                if ui.button("Close").clicked() {
                    ended = true;
                }
            },
        );
    });
    if saved {
        sink.push(Action::SaveMapping);
    }
    if changed != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Import(Box::new(changed)))));
    } else if ended || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    }
}

fn choices_ui(ui: &mut Ui, draft: &mut ImportDraft) {
    ui.horizontal(|ui| {
        ui.label("Read as");
        let shown = match draft.way {
            ReadWay::Detected => "what the content suggests".to_owned(),
            ReadWay::Format(name) => name.to_owned(),
            ReadWay::Mapping => "a mapping of your own".to_owned(),
        };
        let combo = ComboBox::from_id_salt("way").width(230.0).selected_text(shown).height(360.0).show_ui(ui, |ui| {
            ui.selectable_value(&mut draft.way, ReadWay::Detected, "what the content suggests");
            ui.selectable_value(&mut draft.way, ReadWay::Mapping, "a mapping of your own");
            ui.separator();
            for (name, caption) in formats() {
                ui.selectable_value(&mut draft.way, ReadWay::Format(name), name).on_hover_text(caption);
            }
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Read as"));
        ui.add_space(12.0);
        ui.label("Split texts");
        let shown = if draft.splitter.is_empty() { "as is usual for the format" } else { &draft.splitter };
        let combo = ComboBox::from_id_salt("splitter").width(190.0).selected_text(shown.to_owned()).show_ui(ui, |ui| {
            ui.selectable_value(&mut draft.splitter, String::new(), "as is usual for the format");
            for splitter in Splitter::plain() {
                let name = splitter.to_string();
                ui.selectable_value(&mut draft.splitter, name.clone(), name);
            }
            ui.selectable_value(&mut draft.splitter, "marker:ки".into(), "at a marker");
            ui.selectable_value(&mut draft.splitter, r"regex:\n\n+".into(), "by a regular expression");
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Split texts"));
        if draft.splitter.contains(':') {
            let edit = ui.add(TextEdit::singleline(&mut draft.splitter).desired_width(170.0));
            edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Marker or pattern"));
        }
    });
}

fn fields_ui(ui: &mut Ui, draft: &mut ImportDraft, fields: &[FieldModel]) {
    Grid::new("mapping").num_columns(2).spacing([10.0, 4.0]).show(ui, |ui| {
        for field in fields {
            field_ui(ui, draft, field);
            match field.field {
                MapField::Labels => says_ui(ui, draft),
                MapField::Scores => kind_ui(ui, draft),
                _ => {}
            }
        }
    });
}

fn field_ui(ui: &mut Ui, draft: &mut ImportDraft, field: &FieldModel) {
    ui.label(field.title).on_hover_text(field.hint);
    ui.horizontal(|ui| {
        let mut text = field.value.clone();
        let edit = TextEdit::singleline(&mut text).desired_width(200.0).hint_text(field.hint);
        let edit = ui.add(edit).on_hover_text(field.hint);
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, field.title));
        if !field.offers.is_empty() {
            let name = format!("Paths for {}", field.title.to_lowercase());
            let menu = ui.menu_button("▾", |ui| {
                ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                    if ui.button("(none)").clicked() {
                        text.clear();
                    }
                    for (path, example) in &field.offers {
                        let shown = if example.is_empty() { path.clone() } else { format!("{path}   {example}") };
                        if ui.selectable_label(*path == field.value, shown).clicked() {
                            text.clone_from(path);
                        }
                    }
                });
            });
            menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        }
        if text != field.value {
            field.field.set(&mut draft.mapping, &text);
        }
    });
    ui.end_row();
}

fn says_ui(ui: &mut Ui, draft: &mut ImportDraft) {
    let Some(says) = label_says(&draft.mapping) else { return };
    ui.label("Labels say");
    ui.horizontal(|ui| {
        for (choice, title) in [(LabelSays::Rating, "a verdict per step"), (LabelSays::FirstError, "the first error")] {
            if ui.selectable_label(says == choice, title).clicked() {
                set_label_says(&mut draft.mapping, choice);
            }
        }
    });
    ui.end_row();
}

fn kind_ui(ui: &mut Ui, draft: &mut ImportDraft) {
    let Some(kind) = score_kind(&draft.mapping) else { return };
    ui.label("Scores mean");
    let combo = ComboBox::from_id_salt("kind").width(200.0).selected_text(kind.name()).show_ui(ui, |ui| {
        for choice in ScoreKind::ALL {
            if ui.selectable_label(kind == choice, choice.name()).clicked() {
                set_score_kind(&mut draft.mapping, choice);
            }
        }
    });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Scores mean"));
    ui.end_row();
}

fn preview_ui(ui: &mut Ui, model: &ImportModel, is_looking: bool, height: f32) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("First traces").strong());
        if is_looking {
            ui.spinner();
        }
    });
    if let Some(fault) = &model.fault {
        ui.add(Label::new(RichText::new(fault).color(tokens.bad)).wrap());
    }
    ScrollArea::vertical().id_salt("preview").max_height(height - 30.0).auto_shrink([false, true]).show(ui, |ui| {
        for trace in &model.traces {
            trace_ui(ui, &tokens, trace);
        }
    });
}

fn trace_ui(ui: &mut Ui, tokens: &Tokens, trace: &TracePreview) {
    ui.add(Label::new(RichText::new(&trace.title).strong()).truncate());
    ui.add(Label::new(RichText::new(&trace.problem).color(tokens.muted)).truncate());
    for (number, (text, chips)) in (1..).zip(&trace.steps) {
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("{number:>3}")).small().monospace().color(tokens.muted));
            for chip in chips {
                chip_ui(ui, chip);
            }
            ui.add(Label::new(RichText::new(text).small()).truncate());
        });
    }
    if trace.more > 0 {
        ui.label(RichText::new(format!("and {} more steps", trace.more)).small().color(tokens.muted));
    }
    for warning in &trace.warnings {
        ui.add(Label::new(RichText::new(warning).small().color(tokens.unsure)).wrap());
    }
    ui.add_space(8.0);
}
