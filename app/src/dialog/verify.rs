//! Chooses whose labels are shown as proposals.

use eframe::egui::{Context, Id, Modal, RichText, ScrollArea};
use stepscope_core::labels::LabelSource;

use super::choice::{entry_ui, list_keys};
use super::{close_on_escape, footer_ui};
use crate::command::{Action, CommandSink, KeyMap};
use crate::state::{DialogState, VerifyDraft};
use crate::view_model::queue::nudged;

/// Paints the dialog.
pub fn verify_ui(ctx: &Context, draft: &VerifyDraft, sink: &mut CommandSink) {
    let keys = list_keys(ctx);
    let mut now = draft.clone();
    now.selected = draft.selected.saturating_add_signed(keys.by).min(draft.sources.len());
    if let Some(up) = keys.change {
        now.threshold = nudged(draft.threshold, up);
    }
    let mut chosen = keys.chosen;
    let response = Modal::new(Id::unique("verify")).show(ctx, |ui| {
        ui.set_width(560.0);
        ui.heading("Verify proposals");
        let text = "What is proposed is shown; {label.confirm} confirms it, any other mark corrects it";
        ui.label(RichText::new(KeyMap::of(ui).fill(text)).weak());
        ui.add_space(6.0);
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            if entry_ui(ui, "No proposals", "Every label is yours alone", draft.selected == 0) {
                now.selected = 0;
            }
            for (position, source) in (1..).zip(&draft.sources) {
                let (title, detail) = source_text(source);
                if entry_ui(ui, &title, detail, draft.selected == position) {
                    now.selected = position;
                }
            }
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.label("Threshold of scorers");
            if ui.small_button("◀").on_hover_text("Lower threshold").clicked() {
                now.threshold = nudged(draft.threshold, false);
            }
            ui.label(RichText::new(format!("{:.2}", draft.threshold)).strong());
            if ui.small_button("▶").on_hover_text("Higher threshold").clicked() {
                now.threshold = nudged(draft.threshold, true);
            }
            ui.label(RichText::new("Left and right change it; the first step below it is proposed").weak());
        });
        footer_ui(ui, sink, |ui, _| {
            if ui.button("Show proposals").clicked() {
                chosen = true;
            }
        });
    });
    if chosen {
        sink.push(Action::ProposeFrom(chosen_source(&now)));
    } else if now != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Verify(now))));
    }
    close_on_escape(&response, sink);
}

fn chosen_source(draft: &VerifyDraft) -> Option<LabelSource> {
    let source = draft.sources.get(draft.selected.checked_sub(1)?)?;
    Some(match source {
        LabelSource::Scorer { name, .. } => LabelSource::Scorer { name: name.clone(), threshold: draft.threshold },
        other => other.clone(),
    })
}

fn source_text(source: &LabelSource) -> (String, &'static str) {
    match source {
        LabelSource::Scorer { name, .. } => {
            (format!("Scorer {name}"), "The first step whose score is below the threshold")
        }
        LabelSource::Imported(None) => ("Labels in the data".into(), "Of every source; the first that says something"),
        LabelSource::Imported(Some(name)) => (format!("Labels in the data by {name}"), "As they came with the traces"),
        LabelSource::Own(name) => {
            (format!("Labels of {}", name.as_deref().unwrap_or("the annotator")), "Another annotator of this project")
        }
        LabelSource::Consensus(consensus) => (format!("Consensus {consensus}"), "What several sources agree on"),
    }
}
