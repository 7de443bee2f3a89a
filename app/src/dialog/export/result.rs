//! What an export comes to: counts, parts, the first rows, what is left out with a way to it, what is removed.

use eframe::egui::{
    Align, Button, CollapsingHeader, Frame, Grid, Label, Layout, Margin, RichText, Role, ScrollArea, Sense, Ui,
    UiBuilder, WidgetInfo, vec2,
};

use crate::command::{Action, CommandSink, KeyMap};
use crate::state::ExportDraft;
use crate::state::export_draft::ResultPage;
use crate::state::exporting::ExportRequest;
use crate::ui_kit::{Tokens, diff_summary_ui, diff_ui, focus_ring};
use crate::view_model::export::{
    LeftOutGroup, LeftOutLine, ResultModel, SampleBody, SampleModel, SidesModel, result_tabs,
};

/// Height of the figures above the lists. All of them have their place, so that nothing jumps.
const FIGURES: f32 = 112.0;

pub(super) fn result_ui(
    ui: &mut Ui,
    next: &mut ExportDraft,
    model: &ResultModel<'_>,
    height: f32,
    sink: &mut CommandSink,
) {
    ui.allocate_ui(vec2(ui.available_width(), FIGURES), |ui| {
        ui.set_height(FIGURES);
        figures_ui(ui, model);
    });
    ui.horizontal(|ui| {
        for (page, title) in result_tabs(model) {
            let selected = next.look.shows == page;
            let response = ui.selectable_label(selected, &title);
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, &title));
            if response.clicked() {
                next.look.shows = page;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if next.look.shows == ResultPage::Rows {
                ui.checkbox(&mut next.look.raw, "As written");
            }
        });
    });
    ui.add_space(2.0);
    let height = height - FIGURES - 40.0;
    let shows =
        if model.has_tests || next.look.shows != ResultPage::Removed { next.look.shows } else { ResultPage::Rows };
    let area = ScrollArea::vertical().id_salt(("results", shows as u8)).max_height(height).min_scrolled_height(height);
    area.auto_shrink([false, false]).show(ui, |ui| match shows {
        ResultPage::Rows => rows_ui(ui, model, next.look.raw),
        ResultPage::LeftOut => left_out_ui(ui, next, model, sink),
        ResultPage::Removed => removed_ui(ui, model),
    });
}

fn figures_ui(ui: &mut Ui, model: &ResultModel<'_>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(&model.rows).heading());
        if model.left_out > 0 {
            ui.label(RichText::new(format!("{} left out", model.left_out)).color(tokens.unsure));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if model.is_counting {
                ui.spinner();
                ui.label(RichText::new(&model.progress).weak());
            }
        });
    });
    if let Some(fault) = &model.fault {
        ui.add(Label::new(RichText::new(KeyMap::of(ui).fill(fault)).color(tokens.bad)).wrap());
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for (name, count) in &model.counts {
            ui.label(RichText::new(count).strong());
            ui.label(RichText::new(name).color(tokens.muted));
            ui.add_space(6.0);
        }
    });
    ui.add(Label::new(RichText::new(&model.about).color(tokens.muted)).truncate());
    if !model.parts.is_empty() {
        ui.horizontal(|ui| {
            for (part, rows, problems) in &model.parts {
                ui.label(RichText::new(*part).color(tokens.accent));
                ui.label(format!("{rows} of {problems}"));
                ui.add_space(8.0);
            }
        });
    }
    for warning in &model.warnings {
        ui.add(Label::new(RichText::new(warning).small().color(tokens.unsure)).truncate());
    }
}

/// Why nothing is shown; true where nothing is.
fn hidden_ui(ui: &mut Ui, model: &ResultModel<'_>) -> bool {
    if let Some(why) = model.hidden {
        ui.label(RichText::new(why).weak());
    }
    model.hidden.is_some()
}

fn rows_ui(ui: &mut Ui, model: &ResultModel<'_>, raw: bool) {
    let tokens = Tokens::of(ui);
    if hidden_ui(ui, model) {
        return;
    }
    if model.sample.is_empty() && !model.is_counting && model.fault.is_none() {
        ui.label(RichText::new("There is no row to show").weak());
    }
    for row in model.sample {
        Frame::new().fill(tokens.card).corner_radius(4).inner_margin(Margin::symmetric(8, 5)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(&row.title).small().color(tokens.muted));
            if raw {
                ui.add(Label::new(RichText::new(&row.line).small().monospace()).wrap());
            } else {
                row_ui(ui, row);
            }
        });
    }
}

fn row_ui(ui: &mut Ui, row: &SampleModel) {
    match &row.body {
        SampleBody::Fields(fields) => fields_ui(ui, &row.title, fields),
        SampleBody::Pair { shared, whole, sides, more } => {
            let header = RichText::new(format!("Both go on from: {shared}")).small();
            CollapsingHeader::new(header).id_salt(("shared", &row.title)).show(ui, |ui| {
                ui.add(Label::new(RichText::new(whole).small()).wrap());
            });
            sides_ui(ui, sides);
            fields_ui(ui, &row.title, more);
        }
    }
}

fn sides_ui(ui: &mut Ui, sides: &SidesModel) {
    let tokens = Tokens::of(ui);
    match sides {
        SidesModel::Changed(diff) => {
            diff_ui(ui, diff, false);
            ui.horizontal(|ui| {
                ui.label(RichText::new("from rejected to chosen").small().weak());
                diff_summary_ui(ui, diff);
            });
        }
        SidesModel::Apart { chosen, rejected } => {
            ui.spacing_mut().item_spacing.x = 18.0;
            ui.columns(2, |columns| {
                let both = [("✔ chosen", chosen, tokens.good), ("✖ rejected", rejected, tokens.bad)];
                for (ui, (title, text, colour)) in columns.iter_mut().zip(both) {
                    // Columns would stretch the lines of a text to their width.
                    ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                        ui.label(RichText::new(title).small().color(colour));
                        ui.add(Label::new(RichText::new(text).small()).wrap());
                    });
                }
            });
        }
    }
}

fn fields_ui(ui: &mut Ui, id: &str, fields: &[(String, String)]) {
    let tokens = Tokens::of(ui);
    Grid::new(("fields", id)).num_columns(2).spacing([10.0, 2.0]).show(ui, |ui| {
        for (name, text) in fields {
            ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                ui.add(Label::new(RichText::new(name).small().monospace().color(tokens.accent)).extend());
            });
            ui.add(Label::new(RichText::new(text).small()).wrap());
            ui.end_row();
        }
    });
}

fn left_out_ui(ui: &mut Ui, next: &mut ExportDraft, model: &ResultModel<'_>, sink: &mut CommandSink) {
    if hidden_ui(ui, model) {
        return;
    }
    if model.groups.is_empty() {
        ui.label(RichText::new("Nothing is left out").weak());
    }
    for group in &model.groups {
        if group_ui(ui, group, sink) {
            if group.is_open {
                next.look.open.retain(|rule| *rule != group.rule);
            } else {
                next.look.open.push(group.rule);
            }
        }
        for line in &group.lines {
            if line_ui(ui, line) {
                sink.push(Action::Export(ExportRequest::Show(line.trace.clone(), line.hash.clone())));
            }
        }
        if group.more > 0 {
            ui.label(RichText::new(format!("      and {} more", group.more)).small().weak());
        }
    }
}

/// The head of a reason; true where it is to be opened or closed.
fn group_ui(ui: &mut Ui, group: &LeftOutGroup, sink: &mut CommandSink) -> bool {
    let mut turned = false;
    ui.horizontal(|ui| {
        let sign = if group.is_open { "▾" } else { "▸" };
        let button = ui.add(Button::new(format!("{sign} {}", group.title)).frame(false));
        button.widget_info(|| WidgetInfo::selected(Role::Button, true, group.is_open, &group.title));
        turned = button.clicked();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let list = ui.add(Button::new("List these traces").small());
            let list = list.on_hover_text("Closes the dialog and lists them in the table; the choices are kept");
            list.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("List traces {}", group.title)));
            if list.clicked() {
                sink.push(Action::Export(ExportRequest::List(group.rule)));
            }
        });
    });
    turned
}

/// A trace that is left out; true where it is to be shown.
fn line_ui(ui: &mut Ui, line: &LeftOutLine) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 19.0), Sense::click());
    let name = format!("Show {}: {}", line.name, line.reason);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3.0, tokens.selected);
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(18.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            ui.add(Label::new(RichText::new(&line.name).small().color(tokens.accent)).selectable(false));
            let reason = RichText::new(&line.reason).small().color(tokens.text);
            ui.add(Label::new(reason).truncate().selectable(false));
        });
    });
    focus_ring(ui, &response, &tokens);
    response.on_hover_text("Shows it there; the choices are kept").clicked()
}

fn removed_ui(ui: &mut Ui, model: &ResultModel<'_>) {
    let tokens = Tokens::of(ui);
    if model.removed_total == 0 {
        ui.label(RichText::new("No problem is like one that is tested with").weak());
    }
    for line in &model.removed {
        ui.add(Label::new(&line.title).wrap());
        ui.add(Label::new(RichText::new(&line.reason).small().color(tokens.muted)).wrap());
        ui.add_space(4.0);
    }
    let more = model.removed_total.saturating_sub(model.removed.len() as u64);
    if more > 0 && !model.removed.is_empty() {
        ui.label(RichText::new(format!("and {more} more")).small().weak());
    }
}
