//! The page of formats: by trainer, searched by words, chosen by arrows or the mouse.

use eframe::egui::{Label, RichText, Role, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};
use stepscope_core::export::format_by_name;

use super::super::choice::take_arrows;
use crate::state::ExportDraft;
use crate::ui_kit::Tokens;
use crate::view_model::export::{FormatGroup, FormatLine};

/// Width of the names.
const NAME: f32 = 150.0;

pub(super) fn formats_ui(ui: &mut Ui, next: &mut ExportDraft, groups: &[FormatGroup], height: f32) {
    let by = take_arrows(ui.ctx());
    let lines: Vec<&FormatLine> = groups.iter().flat_map(|group| &group.formats).collect();
    let at = lines.iter().position(|line| line.selected);
    let mut chosen = match (at, by) {
        (_, 0) => None,
        (None, _) => lines.first(),
        (Some(at), by) => lines.get(at.saturating_add_signed(by).min(lines.len().saturating_sub(1))),
    }
    .map(|line| line.name);
    let search = TextEdit::singleline(&mut next.look.search).hint_text("Find a format: words of its name or use");
    let search = ui.add(search.desired_width(f32::INFINITY));
    search.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find a format"));
    if ui.memory(|memory| memory.focused().is_none()) {
        search.request_focus();
    }
    ui.add_space(4.0);
    let height = height - 32.0;
    let area = ScrollArea::vertical().id_salt("formats").max_height(height).min_scrolled_height(height);
    area.auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for group in groups {
            ui.add_space(5.0);
            ui.label(RichText::new(group.title).small().strong());
            for line in &group.formats {
                if line_ui(ui, line, by != 0) {
                    chosen = Some(line.name);
                }
            }
        }
        if groups.is_empty() {
            ui.label(RichText::new("No format has all of these words").weak());
        }
    });
    if let Some(format) = chosen.filter(|name| *name != next.format).and_then(|name| format_by_name(name).ok()) {
        next.set_format(format);
    }
}

fn line_ui(ui: &mut Ui, line: &FormatLine, scroll: bool) -> bool {
    let tokens = Tokens::of(ui);
    // Reached with the arrows, so no stop of Tab.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 21.0), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, line.selected, line.name));
    if line.selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        if scroll {
            ui.scroll_to_rect(rect, None);
        }
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(4.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            let mark = RichText::new(if line.selected { "●" } else { "○" }).small().color(tokens.accent);
            ui.add(Label::new(mark).selectable(false));
            let name = RichText::new(line.name).monospace().small().color(tokens.text);
            ui.allocate_ui(vec2(NAME, 20.0), |ui| {
                ui.set_width(NAME);
                ui.add(Label::new(name).selectable(false).truncate());
            });
            let caption = RichText::new(line.caption).small().color(tokens.muted);
            ui.add(Label::new(caption).truncate().selectable(false));
        });
    });
    response.on_hover_text(line.caption).clicked()
}
