//! The models of this computer: choose one, see what it is, add a folder, fetch one by name.

use eframe::egui::{
    self, Align, Context, Grid, Id, Key, Label, Layout, Modal, Modifiers, ProgressBar, RichText, ScrollArea, Sense,
    Sides, TextEdit, Ui, WidgetInfo, vec2,
};

use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::models_draft::{ModelsDraft, ModelsRequest};
use crate::ui_kit::Tokens;
use crate::view_model::models::{Enter, ModelRow, ModelsModel, ReportModel};

const HINT: &str = "Words to look for, or ORG/NAME to fetch a model";

/// Paints the dialog.
pub fn models_ui(ctx: &Context, draft: &ModelsDraft, model: &ModelsModel, sink: &mut CommandSink) {
    let mut changed = draft.clone();
    // Taken before the text field sees them, which would move its cursor.
    let (by, enter) = ctx.input_mut(|input| {
        let down = isize::from(input.consume_key(Modifiers::NONE, Key::ArrowDown));
        let up = isize::from(input.consume_key(Modifiers::NONE, Key::ArrowUp));
        (down - up, input.consume_key(Modifiers::NONE, Key::Enter))
    });
    if let Some(row) = model.moved(by).filter(|_| by != 0) {
        changed.selected = row.choice.clone();
    }
    let screen = ctx.content_rect();
    let (mut done, mut use_it) = (false, enter);
    let response = Modal::new(Id::unique("models")).show(ctx, |ui| {
        ui.set_width((screen.width() - 80.0).clamp(600.0, 1100.0));
        let height = (screen.height() - 240.0).clamp(200.0, 640.0);
        ui.horizontal(|ui| {
            ui.heading("Reward models");
            if model.is_looking {
                ui.spinner();
            }
        });
        let edit = ui.add(TextEdit::singleline(&mut changed.text).hint_text(HINT).desired_width(f32::INFINITY));
        edit.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, HINT));
        edit.request_focus();
        pull_ui(ui, model, sink);
        ui.add_space(4.0);
        let body = vec2(ui.available_width(), height);
        ui.allocate_ui_with_layout(body, Layout::left_to_right(Align::TOP), |ui| {
            ui.vertical(|ui| {
                ui.set_width(body.x * 0.5);
                rows_ui(ui, model, height, &mut changed, &mut use_it);
            });
            ui.separator();
            ui.vertical(|ui| {
                ScrollArea::vertical().id_salt("report").max_height(height).auto_shrink([false, false]).show(
                    ui,
                    |ui| {
                        if let Some(report) = &model.report {
                            report_ui(ui, report);
                        }
                    },
                );
            });
        });
        ui.add_space(6.0);
        Sides::new().show(
            ui,
            |ui| folders_ui(ui, model, sink),
            |ui| {
                let title = if matches!(model.enter, Some(Enter::Pull(_))) { "Fetch model" } else { "Use model" };
                if ui.add_enabled(model.enter.is_some(), egui::Button::new(title)).clicked() {
                    use_it = true;
                }
                done |= ui.button("Close").clicked();
            },
        );
    });
    if use_it && changed.selected == draft.selected && changed.text == draft.text {
        match &model.enter {
            Some(Enter::Use(path)) => {
                sink.push(Action::SetDialog(None));
                return sink.push(Action::UseModel(path.clone()));
            }
            Some(Enter::Pull(name)) => sink.push(Action::Models(ModelsRequest::Pull(name.clone()))),
            None => {}
        }
    }
    if done || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    } else if changed != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Models(changed))));
    }
}

fn pull_ui(ui: &mut Ui, model: &ModelsModel, sink: &mut CommandSink) {
    let Some((text, share)) = &model.pull else { return };
    ui.horizontal(|ui| {
        let bar = ProgressBar::new(share.unwrap_or(0.0)).text(text).desired_width(ui.available_width() - 60.0);
        ui.add(bar);
        if ui.button("Stop").on_hover_text("What has come is kept").clicked() {
            sink.push(Action::Models(ModelsRequest::StopPull));
        }
    });
}

fn rows_ui(ui: &mut Ui, model: &ModelsModel, height: f32, draft: &mut ModelsDraft, use_it: &mut bool) {
    if let Some(empty) = &model.empty {
        ui.add(Label::new(RichText::new(empty).weak()).wrap());
    }
    ScrollArea::vertical().id_salt("models").max_height(height).auto_shrink([false, false]).show(ui, |ui| {
        for row in &model.rows {
            let response = row_ui(ui, row);
            if response.clicked() {
                draft.selected = row.choice.clone();
            }
            *use_it |= response.double_clicked() && row.selected;
        }
    });
}

fn row_ui(ui: &mut Ui, row: &ModelRow) -> egui::Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 42.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, row.selected, &row.title));
    if row.selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        ui.scroll_to_rect(rect, None);
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 2.0))), |ui| {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let place = if row.in_use { format!("in use · {}", row.place) } else { row.place.to_owned() };
                ui.add(Label::new(RichText::new(place).small().color(tokens.muted)).selectable(false));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(RichText::new(&row.title).strong()).truncate().selectable(false));
                });
            });
        });
        let detail = RichText::new(&row.detail).small().color(tokens.tone(row.tone));
        ui.add(Label::new(detail).truncate().selectable(false));
    });
    response.on_hover_text(&row.detail)
}

fn report_ui(ui: &mut Ui, report: &ReportModel) {
    let tokens = Tokens::of(ui);
    let (verdict, tone) = &report.verdict;
    ui.label(RichText::new(verdict).strong().color(tokens.tone(*tone)));
    ui.add(Label::new(RichText::new(&report.path).small().color(tokens.muted)).wrap());
    Grid::new("facts").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
        for (name, value) in &report.facts {
            ui.label(RichText::new(*name).color(tokens.muted));
            ui.add(Label::new(value).wrap());
            ui.end_row();
        }
    });
    for (text, tone) in &report.problems {
        ui.add(Label::new(RichText::new(text).small().color(tokens.tone(*tone))).wrap());
    }
    if let Some(stub) = &report.stub {
        ui.separator();
        ui.horizontal(|ui| {
            ui.label("A recipe to fill in, as stepscope-recipe.toml in the folder");
            if ui.button("Copy").clicked() {
                ui.ctx().copy_text(stub.clone());
            }
        });
        ui.add(Label::new(RichText::new(stub).small().monospace()).wrap());
    }
}

fn folders_ui(ui: &mut Ui, model: &ModelsModel, sink: &mut CommandSink) {
    let mut ask = |request| sink.push(Action::Models(request));
    if ui.button("Choose folder…").on_hover_text("Use the model in a folder of your own").clicked() {
        ask(ModelsRequest::AskFolder);
    }
    if ui.button("Add folder…").on_hover_text("List the models in a folder from now on").clicked() {
        ask(ModelsRequest::AskAddFolder);
    }
    if !model.folders.is_empty() {
        ui.menu_button("Added folders", |ui| {
            for folder in &model.folders {
                if ui.button(format!("Remove {}", folder.display())).clicked() {
                    ask(ModelsRequest::RemoveFolder(folder.clone()));
                }
            }
        });
    }
    if ui.button("Look again").clicked() {
        ask(ModelsRequest::Look);
    }
}
