//! Chooses which label sources are compared: a list with marks, and a line to add further ones as they are written.

use eframe::egui::{Context, Id, Key, Label, Modal, Modifiers, RichText, Role, ScrollArea, TextEdit, WidgetInfo};
use stepscope_core::labels::{LabelSource, SOURCE_HELP};

use super::choice::{MarkedLine, marked_ui, take_arrows, take_key};
use super::{close_on_escape, footer_ui, width};
use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::sources::{SourcesDraft, SourcesRequest};
use crate::ui_kit::Tokens;
use crate::view_model::sources::{SourceEntry, toggled};

/// Paints the dialog; `in_use` are the sources that are compared.
pub fn sources_ui(
    ctx: &Context,
    draft: &SourcesDraft,
    entries: &[SourceEntry],
    in_use: &[LabelSource],
    is_looking: bool,
    sink: &mut CommandSink,
) {
    let by = take_arrows(ctx);
    let last = entries.len().saturating_sub(1);
    let mut now = SourcesDraft { selected: draft.selected.saturating_add_signed(by).min(last), ..draft.clone() };
    let enter = take_key(ctx, Modifiers::NONE, Key::Enter);
    let mut change = (enter && now.text.trim().is_empty()).then_some(now.selected);
    let mut adds = enter && !now.text.trim().is_empty();
    let mut resets = false;
    let response = Modal::new(Id::unique("sources")).show(ctx, |ui| {
        let tokens = Tokens::of(ui);
        ui.set_width(width(ctx, 620.0));
        ui.heading("Label sources");
        ui.label(RichText::new("Compared side by side, on the page of agreement and in the order of disputes").weak());
        ui.add_space(4.0);
        if entries.is_empty() {
            let text = if is_looking { "Looking for label sources…" } else { "This project has no labels yet" };
            ui.label(RichText::new(text).color(tokens.muted));
        }
        ScrollArea::vertical().max_height(300.0).auto_shrink([false, true]).show(ui, |ui| {
            for (position, entry) in entries.iter().enumerate() {
                let line = MarkedLine {
                    name: format!("Compare {}", entry.title),
                    title: &entry.title,
                    detail: entry.detail,
                    marked: entry.chosen,
                };
                if marked_ui(ui, &line, position == now.selected, by != 0) {
                    (now.selected, change) = (position, Some(position));
                }
            }
        });
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let room = ui.available_width() - 60.0;
            let hint = "Add: scorer:NAME@0.5, consensus:majority(own:ann,imported:human)";
            let edit = ui.add(TextEdit::singleline(&mut now.text).hint_text(hint).desired_width(room));
            edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Add label sources"));
            edit.request_focus();
            if edit.changed() {
                now.problem.clear();
            }
            adds |= ui.button("Add").clicked() && !now.text.trim().is_empty();
        });
        if now.problem.is_empty() {
            ui.add(Label::new(RichText::new(SOURCE_HELP).small().weak()).wrap());
        } else {
            ui.add(Label::new(RichText::new(format!("⚠ {}", now.problem)).small().color(tokens.bad)).wrap());
        }
        ui.label(RichText::new("Enter takes the selected one in or out, or adds what was typed").small().weak());
        footer_ui(ui, sink, |ui, _| resets = ui.button("The usual sources").clicked());
    });
    let ask = |sink: &mut CommandSink, request| sink.push(Action::Sources(request));
    if now != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Sources(now.clone()))));
    }
    if resets {
        ask(sink, SourcesRequest::Choose(None));
    } else if adds {
        ask(sink, SourcesRequest::Add(now.text));
    } else if let Some(entry) = change.and_then(|at| entries.get(at)) {
        ask(sink, SourcesRequest::Choose(Some(toggled(in_use, &entry.source))));
    }
    close_on_escape(&response, sink);
}
