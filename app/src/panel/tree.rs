//! Paints the tree of a branching trace beside its steps.

use std::ops::Range;

use eframe::egui::{self, CornerRadius, Rect, ScrollArea, Sense, Ui, vec2};

use crate::command::{Action, CommandSink};
use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::tree::{NodeModel, TreeModel};

const ROW: f32 = 20.0;
const INDENT: f32 = 12.0;

/// Paints the tree; only the visible nodes are made and laid out. `selected` is the row to scroll to. A click selects
/// the step.
pub fn tree_ui(
    ui: &mut Ui,
    rows: usize,
    part: impl Fn(Range<usize>) -> TreeModel,
    scroll_to: Option<usize>,
    sink: &mut CommandSink,
) {
    let area = ScrollArea::vertical().id_salt("tree").auto_shrink([false, false]);
    let spacing = ui.spacing().item_spacing.y;
    area.show_rows(ui, ROW, rows, |ui, range| {
        for node in &part(range.clone()).nodes {
            node_ui(ui, node, sink);
        }
        if let Some(at) = scroll_to {
            // Rows out of sight are not laid out, so their place is worked out from their number.
            let offset = (at as f32 - range.start as f32) * (ROW + spacing);
            let top = ui.min_rect().top() + offset;
            let rect = Rect::from_min_size(egui::pos2(ui.min_rect().left(), top), vec2(1.0, ROW));
            ui.scroll_to_rect(rect, None);
        }
    });
}

fn node_ui(ui: &mut Ui, node: &NodeModel, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::Button, true, node.selected, format!("Node {}", node.text))
    });
    focus_ring(ui, &response, &tokens);
    if response.clicked() {
        sink.push(Action::ShowStep(node.step));
    }
    let painter = ui.painter();
    if node.selected || response.hovered() {
        painter.rect_filled(rect, CornerRadius::same(3), tokens.selected);
    }
    let left = rect.left() + 4.0 + node.indent as f32 * INDENT;
    let colour = if node.on_path { tokens.accent } else { tokens.line };
    let dot = egui::pos2(left + 4.0, rect.center().y);
    painter.circle_filled(dot, if node.on_path { 4.0 } else { 3.0 }, colour);
    let font = egui::TextStyle::Small.resolve(ui.style());
    // The scroll bar lies over the right edge.
    let mut right = rect.right() - 14.0;
    if let Some((text, tone)) = &node.score {
        let drawn = painter.text(
            egui::pos2(right, rect.center().y),
            egui::Align2::RIGHT_CENTER,
            text,
            font.clone(),
            tokens.tone(*tone),
        );
        right = drawn.left() - 6.0;
    }
    let mut at = left + 14.0;
    if let Some((mark, tone)) = node.mark {
        let place = egui::pos2(at, rect.center().y);
        at = painter.text(place, egui::Align2::LEFT_CENTER, mark, font.clone(), tokens.tone(tone)).right() + 4.0;
    }
    let colour = if node.on_path { tokens.text } else { tokens.muted };
    let clip = Rect::from_min_max(egui::pos2(at, rect.top()), egui::pos2(right, rect.bottom()));
    let place = egui::pos2(at, rect.center().y);
    painter.with_clip_rect(clip.intersect(ui.clip_rect())).text(
        place,
        egui::Align2::LEFT_CENTER,
        format!("{}  {}", node.depth, node.text),
        font,
        colour,
    );
}
