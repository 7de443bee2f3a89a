//! The language of questions, with every field and table.

use std::fmt::Write as _;
use std::sync::LazyLock;

use eframe::egui::{Context, Id, Modal, ScrollArea};
use stepscope_core::query::{COLUMNS, LANGUAGE, field_help};

use super::{close_on_escape, footer_ui, scroll_by_keys, width};
use crate::command::CommandSink;
use crate::panel::text::{Shown, key_of, text_ui};
use crate::text::{TextKind, Texts};
use crate::ui_kit::Tokens;

/// All that is to be read.
static TEXT: LazyLock<String> = LazyLock::new(|| format!("{LANGUAGE}\n{}", lists()));

/// Paints the explanation.
pub fn query_help_ui(ctx: &Context, texts: &Texts, sink: &mut CommandSink) {
    let response = Modal::new(Id::unique("language of questions")).show(ctx, |ui| {
        ui.set_width(width(ctx, 860.0));
        let height = (ctx.content_rect().height() - 160.0).max(160.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            scroll_by_keys(ui);
            let shown = Shown {
                text: &TEXT,
                reading: &(key_of("language of questions"), TextKind::Prose),
                colour: Tokens::of(ui).text,
                marks: &[],
                scroll_to: None,
            };
            text_ui(ui, texts, &shown);
        });
        footer_ui(ui, sink, |_, _| {});
    });
    close_on_escape(&response, sink);
}

fn lists() -> String {
    let mut text = String::new();
    for (is_step, title) in [(false, "Fields of traces"), (true, "Fields of steps")] {
        write!(text, "## {title}\n\n| Field | What it is |\n|---|---|\n").ok();
        for field in field_help().filter(|field| field.is_step == is_step) {
            writeln!(text, "| `{}` | {} |", field.name, in_cell(field.help)).ok();
        }
        text.push('\n');
    }
    text.push_str("## Tables for SQL\n\n| Column | What it is |\n|---|---|\n");
    for (table, column, says) in COLUMNS {
        writeln!(text, "| `{table}.{column}` | {} |", in_cell(says)).ok();
    }
    text
}

/// Words that stay in their cell of a table, and mean nothing else there.
fn in_cell(words: &str) -> String {
    words.replace('|', "\\|").replace('*', "\\*").replace('_', "\\_")
}
