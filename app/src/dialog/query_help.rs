//! The language of questions, with every field and table.

use std::fmt::Write as _;

use eframe::egui::{Context, Id, Label, Modal, RichText, ScrollArea};
use stepscope_core::query::{COLUMNS, LANGUAGE, field_help};

use super::{close_on_escape, footer_ui, width};
use crate::command::CommandSink;
use crate::ui_kit::Tokens;

/// Paints the explanation.
pub fn query_help_ui(ctx: &Context, sink: &mut CommandSink) {
    let response = Modal::new(Id::unique("language of questions")).show(ctx, |ui| {
        ui.set_width(width(ctx, 860.0));
        let tokens = Tokens::of(ui);
        let height = (ctx.content_rect().height() - 160.0).max(160.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            let mut is_code = false;
            for line in LANGUAGE.lines().chain(lists().lines()) {
                if line.starts_with("```") {
                    is_code = !is_code;
                } else if let Some(title) = line.strip_prefix("# ") {
                    ui.heading(title);
                } else if let Some(title) = line.strip_prefix("## ") {
                    ui.add_space(6.0);
                    ui.label(RichText::new(title).strong());
                } else if is_code {
                    ui.label(RichText::new(line).monospace().color(tokens.text));
                } else {
                    ui.add(Label::new(RichText::new(line.replace("**", "")).color(tokens.text)).wrap());
                }
            }
        });
        footer_ui(ui, sink, |_, _| {});
    });
    close_on_escape(&response, sink);
}

fn lists() -> String {
    let mut text = String::new();
    for (is_step, title) in [(false, "Fields of traces"), (true, "Fields of steps")] {
        write!(text, "## {title}\n```\n").ok();
        for field in field_help().filter(|field| field.is_step == is_step) {
            writeln!(text, "{:14} {}", field.name, field.help).ok();
        }
        text.push_str("```\n");
    }
    text.push_str("## Tables for SQL\n```\n");
    for (table, column, says) in COLUMNS {
        writeln!(text, "{:28} {says}", format!("{table}.{column}")).ok();
    }
    text.push_str("```\n");
    text
}
