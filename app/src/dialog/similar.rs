//! Shows the steps that are like the selected one, and what stands there twice.

use eframe::egui::{
    Context, Frame, Id, Label, Margin, Modal, ProgressBar, RichText, Role, ScrollArea, Sense, Spinner, Ui, WidgetInfo,
};

use super::choice::{entry_ui, list_keys};
use super::{close_on_escape, footer_ui, width};
use crate::command::{Action, CommandSink};
use crate::state::similar::SimilarRequest;
use crate::ui_kit::{Tokens, chip_ui};
use crate::view_model::similar::{Doing, DuplicatesModel, SimilarLine, SimilarModel};

/// What the shares are of.
const NEAR_HINT: &str = "Share of the runs of three words that two problems have in common";

/// Paints the dialog of similar steps.
pub fn similar_ui(ctx: &Context, model: &SimilarModel, sink: &mut CommandSink) {
    let keys = list_keys(ctx);
    let selected = moved(model.selected, keys.by, model.entries.len());
    let mut chosen = (keys.chosen && !model.entries.is_empty()).then_some(selected);
    if selected != model.selected {
        sink.push(Action::Similar(SimilarRequest::Pick(selected)));
    }
    let response = Modal::new(Id::unique("similar steps")).show(ctx, |ui| {
        ui.set_width(width(ctx, 760.0));
        ui.heading("Similar steps");
        ui.add(Label::new(RichText::new(&model.text).weak()).wrap());
        ui.add_space(4.0);
        if !model.ways.is_empty() {
            ways_ui(ui, model, sink);
        }
        match &model.doing {
            Some(doing) => doing_ui(ui, doing),
            None => {
                ui.label(RichText::new(&model.summary).strong());
            }
        }
        ui.add_space(4.0);
        list_area(ctx, 260.0).show(ui, |ui| {
            for (at, line) in model.entries.iter().enumerate() {
                if line_ui(ui, line, at == selected, keys.by != 0) {
                    chosen = Some(at);
                }
            }
        });
        ui.add_space(4.0);
        let turns = if model.ways.is_empty() { "" } else { ", ← → by words or by meaning" };
        ui.label(RichText::new(format!("↑ ↓ choose, Enter shows the step in its trace{turns}")).small().weak());
        if !model.hint.is_empty() {
            ui.add(Label::new(RichText::new(model.hint).small().weak()).wrap());
        }
        footer_ui(ui, sink, |ui, sink| {
            if ui.button(model.choose).clicked() {
                sink.push(Action::Similar(SimilarRequest::AskEncoder));
            }
        });
    });
    if let Some(by) = keys.change.and_then(|forward| model.turned(forward)) {
        sink.push(Action::Similar(SimilarRequest::By(by)));
    }
    if let Some(at) = chosen {
        sink.push(Action::Similar(SimilarRequest::Show(at)));
    }
    close_on_escape(&response, sink);
}

/// By words or by meaning.
fn ways_ui(ui: &mut Ui, model: &SimilarModel, sink: &mut CommandSink) {
    ui.horizontal(|ui| {
        for way in &model.ways {
            if ui.selectable_label(way.chosen, &way.title).on_hover_text(&way.hint).clicked() {
                sink.push(Action::Similar(SimilarRequest::By(way.by)));
            }
        }
    });
    ui.add_space(4.0);
}

/// Paints an entry; true where it was clicked.
fn line_ui(ui: &mut Ui, line: &SimilarLine, selected: bool, scroll: bool) -> bool {
    let tokens = Tokens::of(ui);
    let fill = if selected { tokens.selected } else { eframe::egui::Color32::TRANSPARENT };
    let frame = Frame::new().fill(fill).corner_radius(4).inner_margin(Margin::symmetric(6, 3));
    let painted = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            let text = |text: &str| RichText::new(text.to_owned());
            ui.add(Label::new(text(&line.score).strong().color(tokens.accent)).selectable(false));
            ui.add(Label::new(text(&line.title).color(tokens.text)).selectable(false));
            ui.add(Label::new(text(&line.place).small().color(tokens.muted)).selectable(false));
            for chip in &line.chips {
                chip_ui(ui, chip);
            }
        });
        ui.add(Label::new(RichText::new(&line.text).color(tokens.text)).wrap().selectable(false));
    });
    // Reached with the arrows, so no stop of Tab.
    let response = ui.interact(painted.response.rect, ui.scope_id().with((&line.title, &line.text)), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, selected, &line.title));
    if selected && scroll {
        response.scroll_to_me(None);
    }
    response.clicked()
}

/// Paints the dialog of duplicates.
pub fn duplicates_ui(ctx: &Context, model: &DuplicatesModel, sink: &mut CommandSink) {
    let keys = list_keys(ctx);
    let selected = moved(model.selected, keys.by, model.entries.len());
    let mut chosen = (keys.chosen && !model.entries.is_empty()).then_some(selected);
    if selected != model.selected {
        sink.push(Action::Similar(SimilarRequest::PickCluster(selected)));
    }
    let response = Modal::new(Id::unique("duplicates")).show(ctx, |ui| {
        ui.set_width(width(ctx, 760.0));
        ui.heading("Near-duplicates and leaks");
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            ui.label("Nearly the same where problems share");
            for (near, title, chosen) in &model.nears {
                if ui.selectable_label(*chosen, title).on_hover_text(NEAR_HINT).clicked() {
                    sink.push(Action::Similar(SimilarRequest::Near(*near)));
                }
            }
        });
        ui.add_space(4.0);
        if let Some(doing) = &model.doing {
            doing_ui(ui, doing);
        }
        for pair in &model.pairs {
            ui.add(Label::new(RichText::new(pair).strong()).wrap());
        }
        ui.label(RichText::new(&model.summary).weak());
        ui.add_space(4.0);
        list_area(ctx, 320.0).show(ui, |ui| {
            for (at, (title, asks)) in model.entries.iter().enumerate() {
                if entry_ui(ui, title, asks, at == selected) {
                    chosen = Some(at);
                }
            }
        });
        ui.add_space(4.0);
        ui.label(
            RichText::new("↑ ↓ choose, Enter lists these traces in the table, ← → change the share").small().weak(),
        );
        footer_ui(ui, sink, |_, _| {});
    });
    if let Some(near) = keys.change.and_then(|forward| model.turned(forward)) {
        sink.push(Action::Similar(SimilarRequest::Near(near)));
    }
    if let Some(at) = chosen {
        sink.push(Action::Similar(SimilarRequest::List(at)));
    }
    close_on_escape(&response, sink);
}

fn doing_ui(ui: &mut Ui, (note, fraction): &Doing) {
    match fraction {
        Some(fraction) => {
            ui.add(ProgressBar::new(*fraction).text(note));
        }
        None => {
            ui.horizontal(|ui| {
                ui.add(Spinner::new());
                ui.label(note);
            });
        }
    }
}

/// A list that leaves so much height of the window to the rest of the dialog.
fn list_area(ctx: &Context, rest: f32) -> ScrollArea {
    let height = (ctx.content_rect().height() - rest).max(160.0);
    // A dialog that was small while it waited would stay so.
    ScrollArea::vertical().max_height(height).min_scrolled_height(height)
}

fn moved(selected: usize, by: isize, count: usize) -> usize {
    selected.saturating_add_signed(by).min(count.saturating_sub(1))
}
