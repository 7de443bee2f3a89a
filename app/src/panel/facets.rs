//! Paints the facets beside the table: fields with their values and counts.

use eframe::egui::{
    self, Align, CollapsingHeader, Label, Layout, RichText, Role, ScrollArea, Sense, TextEdit, TextStyle, TextWrapMode,
    Ui, UiBuilder, WidgetInfo, WidgetText, vec2,
};

use crate::command::{Action, CommandSink};
use crate::state::asking::AskRequest;
use crate::ui_kit::tokens::Space;
use crate::ui_kit::{Tokens, clicked_for_others, focus_ring};
use crate::view_model::facets::{FacetLine, FacetModel, FacetUse, FacetsModel};

/// Paints the panel.
pub fn facets_ui(ui: &mut Ui, model: &FacetsModel, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Facets").strong());
        if model.is_stale {
            ui.add(egui::Spinner::new().size(12.0));
        }
    });
    if !model.note.is_empty() {
        ui.add(Label::new(RichText::new(&model.note).small().color(tokens.muted)).wrap());
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        // The old counts stay until there are new ones.
        ui.set_opacity(if model.is_stale { 0.55 } else { 1.0 });
        ui.spacing_mut().item_spacing.y = 1.0;
        let mut anchor = Anchor::of(ui);
        for field in &model.fields {
            let top = ui.cursor().min.y;
            // A header is as wide as its text, and would push the panel over the reader.
            let title = WidgetText::from(RichText::new(&field.field).small().color(tokens.muted));
            let room = ui.available_width() - ui.spacing().indent - 4.0;
            let title = title.into_galley(ui, Some(TextWrapMode::Truncate), room, TextStyle::Small);
            let is_cut = title.elided;
            let header =
                CollapsingHeader::new(WidgetText::from(title)).id_salt(("facet", &field.field)).default_open(true);
            let shown = header.show_unindented(ui, |ui| field_ui(ui, field, &tokens, sink));
            let name = format!("Facet {}", field.field);
            shown.header_response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if is_cut {
                shown.header_response.on_hover_text(&field.field);
            }
            anchor.pass(ui, &field.field, &(top..ui.cursor().min.y));
        }
        anchor.keep(ui);
    });
}

/// Holds the field under the pointer where it is while those above it become longer or shorter.
struct Anchor {
    id: egui::Id,
    /// The field, and where it began below the first one.
    before: Option<(String, f32)>,
    now: Option<(String, f32)>,
    first: f32,
    /// How far the field has moved.
    moved: f32,
}

impl Anchor {
    fn of(ui: &Ui) -> Self {
        let id = egui::Id::unique("facet under the pointer");
        let before = ui.data(|data| data.get_temp(id));
        Self { id, before, now: None, first: ui.cursor().min.y, moved: 0.0 }
    }

    /// A field was painted between these heights of the window.
    fn pass(&mut self, ui: &Ui, field: &str, rows: &std::ops::Range<f32>) {
        let place = rows.start - self.first;
        if let Some((_, before)) = self.before.take_if(|(known, _)| known == field) {
            self.moved = place - before;
        }
        if ui.rect_contains_pointer(egui::Rect::from_x_y_ranges(ui.max_rect().x_range(), rows.start..=rows.end)) {
            self.now = Some((field.to_owned(), place));
        }
    }

    fn keep(self, ui: &Ui) {
        if self.moved.abs() > 0.5 {
            // With it the pointer stands on what it stood on: what was seen there just now is something else.
            ui.scroll_with_delta_animation(vec2(0.0, -self.moved), egui::style::ScrollAnimation::none());
            return ui.data_mut(|data| data.remove::<(String, f32)>(self.id));
        }
        ui.data_mut(|data| match self.now {
            Some(now) => _ = data.insert_temp(self.id, now),
            None => data.remove::<(String, f32)>(self.id),
        });
    }
}

fn field_ui(ui: &mut Ui, field: &FacetModel, tokens: &Tokens, sink: &mut CommandSink) {
    let ask = |sink: &mut CommandSink, request| sink.push(Action::Ask(request));
    if let Some(search) = &field.search {
        let mut text = search.clone();
        let edit = TextEdit::singleline(&mut text).hint_text("Find a value").desired_width(f32::INFINITY);
        let edit = ui.add(edit);
        let name = format!("Find a value of {}", field.field);
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &name));
        if edit.changed() {
            ask(sink, AskRequest::FindValue(field.field.clone(), text));
        }
    }
    for line in &field.values {
        if let Some(clause) = line_ui(ui, line, &field.field, tokens) {
            ask(sink, AskRequest::Toggle(clause));
        }
    }
    if let Some((title, clause)) = &field.part {
        let all = ui.add(egui::Button::new(RichText::new(title).small()).frame(false).truncate());
        if all.on_hover_text(format!("Ask for {clause}")).clicked() {
            ask(sink, AskRequest::Toggle(clause.clone()));
        }
    }
    if field.is_open && field.more > 0 {
        let others = format!("… {} others; type a part of them above", field.more);
        ui.add(Label::new(RichText::new(others).small().color(tokens.muted)).wrap());
    }
    if field.more > 0 || field.is_open {
        let title = if field.is_open { "Fewer".to_owned() } else { format!("{} more…", field.more) };
        let more = ui.add(egui::Button::new(RichText::new(&title).small()).frame(false));
        let name = format!("{title} of {}", field.field);
        more.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if more.clicked() {
            ask(sink, AskRequest::MoreValues(field.field.clone()));
        }
    }
    if field.missing > 0 {
        ui.label(RichText::new(format!("{} without", field.missing)).small().color(tokens.muted));
    }
    ui.add_space(4.0);
}

/// The condition to be asked for, or asked for no more, where the value was clicked.
fn line_ui(ui: &mut Ui, line: &FacetLine, field: &str, tokens: &Tokens) -> Option<String> {
    let height = Space::of(ui).row.min(22.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let name = line.name(field);
    let is_used = line.state != FacetUse::Free;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_used, &name));
    let painter = ui.painter();
    let bar = egui::Rect::from_min_size(rect.min, vec2(rect.width() * line.share, rect.height()));
    painter.rect_filled(bar, 2.0, tokens.accent.gamma_multiply(0.10));
    if is_used || response.hovered() {
        painter.rect_filled(rect, 2.0, tokens.selected.gamma_multiply(if is_used { 1.0 } else { 0.6 }));
    }
    focus_ring(ui, &response, tokens);
    let text = RichText::new(&line.value).small();
    let (sign, text) = match line.state {
        FacetUse::Free => ("", text.color(tokens.text)),
        FacetUse::Included => ("✔ ", text.strong().color(tokens.accent)),
        FacetUse::Excluded => ("− ", text.strikethrough().color(tokens.bad)),
    };
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(4.0, 0.0))), |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let count = RichText::new(line.count.to_string()).small().color(tokens.muted);
            ui.add(Label::new(count).selectable(false));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if !sign.is_empty() {
                    ui.add(Label::new(RichText::new(sign).small()).selectable(false));
                }
                ui.add(Label::new(text).truncate().selectable(false));
            });
        });
    });
    let response =
        response.on_hover_text(format!("{}\nClick asks for it; with Shift or Alt, for all others", line.full));
    let other = clicked_for_others(ui);
    match (response.clicked(), response.secondary_clicked()) {
        (true, _) if line.state == FacetUse::Excluded => Some(line.exclude.clone()),
        (true, _) if !other => Some(line.include.clone()),
        (true, _) | (_, true) => Some(line.exclude.clone()),
        _ => None,
    }
}
