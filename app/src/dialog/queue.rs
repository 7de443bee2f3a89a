//! Chooses in which order traces come.

use eframe::egui::{Context, Id, Label, Modal, RichText, ScrollArea};
use stepscope_core::query::QueueOrder;

use super::choice::{entry_ui, list_keys};
use super::{close_on_escape, footer_ui};
use crate::command::{Action, Command, CommandSink};
use crate::state::{DialogState, QueueDraft};
use crate::view_model::queue::{QueueModel, changed, moved};

/// Paints the dialog.
pub fn queue_ui(ctx: &Context, draft: &QueueDraft, model: &QueueModel, sink: &mut CommandSink) {
    let queue = &draft.queue;
    let keys = list_keys(ctx);
    let mut now = moved(queue, keys.by);
    if let Some(up) = keys.change {
        now = changed(&now, up);
    }
    let (mut chosen, mut chooses) = (keys.chosen, false);
    let response = Modal::new(Id::unique("queue")).show(ctx, |ui| {
        ui.set_width(640.0);
        ui.heading("What comes next");
        ui.label(RichText::new(&model.count).weak());
        ui.add_space(6.0);
        ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
            for (position, (title, detail)) in model.entries.iter().enumerate() {
                if entry_ui(ui, title, detail, position == model.selected) {
                    now.order = QueueOrder::ALL.get(position).copied().unwrap_or_default();
                }
            }
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let Some((name, value)) = &model.setting else {
                ui.label(RichText::new("Up and down choose, Enter takes the order").weak());
                return;
            };
            ui.label(*name);
            if model.chooses_sources {
                chooses |= ui.button("Label sources…").clicked();
                ui.add(Label::new(RichText::new(value).strong()).truncate());
                return;
            }
            if ui.small_button("◀").on_hover_text(format!("Lower: {name}")).clicked() {
                now = changed(&now, false);
            }
            ui.label(RichText::new(value).strong());
            if ui.small_button("▶").on_hover_text(format!("Higher: {name}")).clicked() {
                now = changed(&now, true);
            }
            ui.label(RichText::new("Left and right change it").weak());
        });
        footer_ui(ui, sink, |ui, _| {
            if ui.button("Use this order").clicked() {
                chosen = true;
            }
        });
    });
    if chooses {
        sink.push(Action::SetQueue(now));
        sink.run(Command::ChooseSources);
    } else if chosen {
        sink.push(Action::SetQueue(now));
    } else if now != *queue {
        sink.push(Action::SetDialog(Some(DialogState::Queue(QueueDraft { queue: now, ..draft.clone() }))));
    }
    close_on_escape(&response, sink);
}
