//! The page of traces: which are exported, how they are divided, and what is tested with elsewhere.

use eframe::egui::{Button, Label, RichText, Role, TextEdit, Ui, WidgetInfo};
use stepscope_core::export::split::SplitPart;

use super::{chosen_files_ui, fault_ui, field_ui, section_ui};
use crate::command::{Action, CommandSink, KeyMap};
use crate::panel::query_bar::underline;
use crate::state::ExportDraft;
use crate::state::exporting::ExportRequest;
use crate::ui_kit::Tokens;
use crate::view_model::Tone;
use crate::view_model::export::{ExportModel, PartsModel, ScopeModel};

pub(super) fn traces_ui(ui: &mut Ui, next: &mut ExportDraft, model: &ExportModel<'_>, sink: &mut CommandSink) {
    scope_ui(ui, next, &model.scope);
    parts_ui(ui, next, &model.parts, sink);
    tests_ui(ui, next, &model.parts, sink);
    near_ui(ui, next, &model.parts);
}

fn scope_ui(ui: &mut Ui, next: &mut ExportDraft, model: &ScopeModel) {
    section_ui(ui, "Which traces");
    for ((title, is_chosen, can), scope) in model.choices.iter().zip(&model.scopes) {
        if ui.add_enabled(*can || *is_chosen, eframe::egui::RadioButton::new(*is_chosen, title)).clicked() {
            next.scope = *scope;
        }
    }
    let is_asked = model.question.is_some();
    let mut text = next.question.clone();
    ui.add_enabled_ui(is_asked, |ui| {
        let hint = "A question as in the filter, such as outcome:correct steps > 3";
        let edit = TextEdit::singleline(&mut text).hint_text(hint).desired_width(f32::INFINITY);
        let output = edit.show(ui);
        let marks: Vec<_> = model.mark.iter().map(|mark| (mark.clone(), Tone::Bad)).collect();
        underline(ui, &next.question, &marks, &output);
        let said = model.fault.as_ref().map(|fault| KeyMap::of(ui).fill(fault));
        let name = said.as_ref().map_or("Question".to_owned(), |said| format!("Question. {said}"));
        output.response.response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &name));
    });
    if text != next.question {
        next.question = text;
    }
    // Always there, so that nothing jumps.
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.set_height(20.0);
        if let Some(fault) = &model.fault {
            if let Some((meant, put)) = &model.remedy
                && ui.add(Button::new(format!("Write {put}")).small()).clicked()
            {
                next.question.clone_from(meant);
            }
            let text = RichText::new(KeyMap::of(ui).fill(fault)).small().color(tokens.bad);
            ui.add(Label::new(text).truncate());
        }
    });
}

fn parts_ui(ui: &mut Ui, next: &mut ExportDraft, model: &PartsModel, sink: &mut CommandSink) {
    section_ui(ui, "Parts");
    ui.checkbox(&mut next.parts.divided, "Divide into train, validation and test, by problem");
    ui.add_enabled_ui(model.divided, |ui| {
        ui.horizontal(|ui| {
            for (ratio, (part, _)) in next.parts.ratios.iter_mut().zip(&model.ratios) {
                ui.label(*part);
                field_ui(ui, &format!("Share of {part}"), ratio, model.ratios_fault.as_ref(), 52.0);
            }
            ui.add_space(8.0);
            ui.label("seed");
            field_ui(ui, "Seed", &mut next.parts.seed, model.seed.fault.as_ref(), 52.0);
        });
        fault_ui(ui, model.ratios_fault.as_ref().or(model.seed.fault.as_ref()));
        ui.horizontal(|ui| {
            ui.label("Problems given for");
            for part in SplitPart::ALL {
                let button = ui.add(Button::new(format!("{}…", part.name())).small());
                let button = button.on_hover_text("Files with traces, or a problem a line: these go to the part");
                button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Problems of {}", part.name())));
                if button.clicked() {
                    sink.push(Action::Export(ExportRequest::AskProblems(Some(part))));
                }
            }
        });
        let files = model.lists.iter().map(|(part, name)| (format!("{part}: "), name.as_str()));
        if let Some(gone) = chosen_files_ui(ui, files) {
            next.parts.lists.remove(gone);
        }
    });
}

fn tests_ui(ui: &mut Ui, next: &mut ExportDraft, model: &PartsModel, sink: &mut CommandSink) {
    section_ui(ui, "Not what is tested with elsewhere");
    ui.horizontal(|ui| {
        let button = ui.button("Files with test problems…");
        if button
            .on_hover_text("What is like a problem of these files is not exported, and listed in a report")
            .clicked()
        {
            sink.push(Action::Export(ExportRequest::AskProblems(None)));
        }
        if model.tests.is_empty() {
            ui.label(RichText::new("none").weak());
        }
    });
    let files = model.tests.iter().map(|name| (String::new(), name.as_str()));
    if let Some(gone) = chosen_files_ui(ui, files) {
        next.tests.remove(gone);
    }
}

fn near_ui(ui: &mut Ui, next: &mut ExportDraft, model: &PartsModel) {
    section_ui(ui, "Nearly equal problems");
    ui.add_enabled_ui(model.divided || !model.tests.is_empty(), |ui| {
        ui.horizontal(|ui| {
            ui.checkbox(&mut next.parts.together, "count as one, from a share of");
            ui.add_enabled_ui(model.together, |ui| {
                field_ui(ui, "Nearly equal from", &mut next.parts.near, model.near.fault.as_ref(), 52.0);
            });
        });
        fault_ui(ui, model.near.fault.as_ref());
        let text = "Of their runs of three words. They stay in one part, and count as tested where one of them is";
        ui.add(Label::new(RichText::new(text).small().weak()).wrap());
    });
}
