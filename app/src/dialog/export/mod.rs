//! The export dialog: what is exported on the left, what it comes to on the right.

pub mod again;
mod files;
mod formats;
mod options;
mod result;
mod traces;

use eframe::egui::{
    self, Align, Button, Context, Id, Key, Label, Layout, Modal, Modifiers, RichText, Role, ScrollArea, Sides,
    TextEdit, Ui, WidgetInfo, vec2,
};

use crate::command::{Action, CommandSink, KeyMap};
use crate::state::export_draft::ExportPage;
use crate::state::{DialogState, ExportDraft};
use crate::ui_kit::Tokens;
use crate::view_model::export::{ExportModel, PageTab};

/// Height of everything that is neither choices nor results.
const AROUND: f32 = 150.0;

/// Paints the dialog.
pub fn export_ui(ctx: &Context, draft: &ExportDraft, model: &ExportModel<'_>, sink: &mut CommandSink) {
    let mut next = draft.clone();
    let write = keys(ctx, &mut next, model) && model.blocked.is_none();
    let mut ended = false;
    let screen = ctx.content_rect();
    let width = super::width(ctx, (screen.width() * 0.94).min(1760.0));
    let height = (screen.height() - AROUND - 40.0).clamp(200.0, 1040.0);
    let left = (width * 0.4).clamp(300.0, 620.0);
    let response = Modal::new(Id::unique("export")).show(ctx, |ui| {
        ui.set_width(width);
        ui.horizontal(|ui| {
            ui.heading("Export");
            ui.add_space(8.0);
            ui.label(RichText::new(draft.format).monospace().strong());
            ui.add(Label::new(RichText::new(&model.caption).weak()).truncate());
        });
        ui.add_space(4.0);
        ui.allocate_ui_with_layout(vec2(width, height), Layout::left_to_right(Align::TOP), |ui| {
            ui.vertical(|ui| {
                ui.set_width(left);
                tabs_ui(ui, &mut next, &model.pages);
                ui.add_space(4.0);
                let room = height - ui.min_rect().height() - 8.0;
                page_ui(ui, &mut next, model, room, sink);
            });
            ui.separator();
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                result::result_ui(ui, &mut next, &model.result, height, sink);
            });
        });
        ui.separator();
        command_ui(ui, model);
        ended = footer_ui(ui, draft, model, sink);
    });
    if write {
        sink.push(Action::AskExportPath);
    }
    // What was changed in the frame in which the dialog is left is kept as well.
    if next != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Export(Box::new(next)))));
    }
    if ended || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    }
}

/// Pages turn by Control and Page Up or Page Down; Control and Enter writes. True where it is to be written.
fn keys(ctx: &Context, next: &mut ExportDraft, model: &ExportModel<'_>) -> bool {
    let (by, write) = ctx.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::COMMAND, key);
        let by = isize::from(pressed(Key::PageDown)) - isize::from(pressed(Key::PageUp));
        (by, pressed(Key::Enter))
    });
    let at = model.pages.iter().position(|tab| tab.page == next.look.page).unwrap_or_default();
    let last = model.pages.len().saturating_sub(1);
    if let Some(tab) = model.pages.get(at.saturating_add_signed(by).min(last)).filter(|_| by != 0) {
        super::leave_focus(ctx);
        next.look.page = tab.page;
    }
    write
}

fn tabs_ui(ui: &mut Ui, next: &mut ExportDraft, tabs: &[PageTab]) {
    ui.horizontal(|ui| {
        for tab in tabs {
            let selected = next.look.page == tab.page;
            let response = ui.selectable_label(selected, tab.text());
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, tab.title));
            if response.on_hover_text("Ctrl+Page Up and Ctrl+Page Down turn the pages").clicked() {
                next.look.page = tab.page;
            }
        }
    });
}

fn page_ui(ui: &mut Ui, next: &mut ExportDraft, model: &ExportModel<'_>, height: f32, sink: &mut CommandSink) {
    if next.look.page == ExportPage::Format {
        return formats::formats_ui(ui, next, &model.groups, height);
    }
    let page = next.look.page;
    let area = ScrollArea::vertical().id_salt(("choices", page as u8)).max_height(height).min_scrolled_height(height);
    area.auto_shrink([false, false]).show(ui, |ui| match page {
        ExportPage::Format | ExportPage::Options => options::options_ui(ui, next, model),
        ExportPage::Traces => traces::traces_ui(ui, next, model, sink),
        ExportPage::Files => files::files_ui(ui, next, &model.files),
    });
}

fn command_ui(ui: &mut Ui, model: &ExportModel<'_>) {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 22.0), Layout::right_to_left(Align::Center), |ui| {
        let copy = ui.add(Button::new("Copy command").small());
        if copy.on_hover_text("The same on the command line, for a script").clicked() {
            ui.ctx().copy_text(model.command.clone());
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = RichText::new(&model.command).small().monospace().weak();
            ui.add(Label::new(text).truncate()).on_hover_text(&model.command);
        });
    });
}

/// The last line; true where the dialog is to be closed.
fn footer_ui(ui: &mut Ui, draft: &ExportDraft, model: &ExportModel<'_>, sink: &mut CommandSink) -> bool {
    let tokens = Tokens::of(ui);
    let mut ended = false;
    Sides::new().shrink_left().truncate().show(
        ui,
        |ui| match &model.blocked {
            Some(reason) => {
                ui.label(RichText::new(KeyMap::of(ui).fill(reason)).color(tokens.unsure));
            }
            None => {
                ui.label(RichText::new("A manifest with counts, options and sources is written beside it").weak());
            }
        },
        |ui| {
            let title = if draft.folder { "Write folder…" } else { "Write file…" };
            let write = ui.add_enabled(model.blocked.is_none(), Button::new(title));
            if write.on_hover_text("Ctrl+Enter").clicked() {
                sink.push(Action::AskExportPath);
            }
            ended = ui.button("Close").on_hover_text("The choices are kept for the next time").clicked();
        },
    );
    ended
}

/// A field of one line, under that name, with what is wrong in it below.
fn field_ui(ui: &mut Ui, name: &str, text: &mut String, fault: Option<&String>, width: f32) -> bool {
    let tokens = Tokens::of(ui);
    let mut edit = TextEdit::singleline(text).desired_width(width);
    if fault.is_some() {
        edit = edit.text_color(tokens.bad);
    }
    let response = ui.add(edit);
    let said = fault.map_or_else(|| name.to_owned(), |fault| format!("{name}. {fault}"));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &said));
    response.changed()
}

/// What is wrong, in words.
fn fault_ui(ui: &mut Ui, fault: Option<&String>) {
    if let Some(fault) = fault {
        let colour = Tokens::of(ui).bad;
        ui.add(Label::new(RichText::new(fault).small().color(colour)).wrap());
    }
}

/// The heading of a group of choices.
fn section_ui(ui: &mut Ui, title: &str) {
    ui.add_space(8.0);
    ui.label(RichText::new(title).strong());
    ui.add_space(2.0);
}

/// Files that were chosen, each to be taken away. Gives the place of the one that is.
fn chosen_files_ui<'a>(ui: &mut Ui, files: impl Iterator<Item = (String, &'a str)>) -> Option<usize> {
    let mut gone = None;
    for (at, (what, name)) in files.enumerate() {
        ui.horizontal(|ui| {
            ui.add_space(18.0);
            let button = ui.add(Button::new("✕").small());
            button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Without {name}")));
            if button.clicked() {
                gone = Some(at);
            }
            ui.add(Label::new(format!("{what}{name}")).truncate());
        });
    }
    gone
}
