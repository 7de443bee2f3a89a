//! Shows that something wider than its room goes on: a shadow and a sign at each edge where it is cut off.

use eframe::egui::epaint::Mesh;
use eframe::egui::{Align2, Color32, FontId, Rect, Shape, Ui, pos2};

use crate::ui_kit::Tokens;

/// Width of the shadow, in points.
const SHADOW: f32 = 22.0;

/// Less than this out of sight is nothing to be read, in points.
const LEAST: f32 = 1.0;

/// Whether something so wide is cut off at the left and at the right, where `offset` of it is scrolled out at the left.
pub(super) fn cut_off(offset: f32, width: f32, room: f32) -> [bool; 2] {
    [offset > LEAST, offset + room + LEAST < width]
}

/// Paints it over the room in which what is `width` wide is scrolled by `offset`. The shadow lies on any ground.
pub(super) fn edges_ui(ui: &Ui, room: Rect, offset: f32, width: f32, font: &FontId, tokens: &Tokens) {
    let dark = Color32::from_black_alpha(if ui.visuals().dark_mode { 150 } else { 56 });
    let sides = [(room.left(), 1.0, Align2::LEFT_CENTER, "‹"), (room.right(), -1.0, Align2::RIGHT_CENTER, "›")];
    for (is_cut, (edge, inwards, align, sign)) in cut_off(offset, width, room.width()).into_iter().zip(sides) {
        if !is_cut {
            continue;
        }
        let mut mesh = Mesh::default();
        for (x, colour) in [(edge, dark), (edge + inwards * SHADOW, Color32::TRANSPARENT)] {
            mesh.colored_vertex(pos2(x, room.top()), colour);
            mesh.colored_vertex(pos2(x, room.bottom()), colour);
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(1, 2, 3);
        ui.painter().add(Shape::mesh(mesh));
        ui.painter().text(pos2(edge + inwards * 2.0, room.center().y), align, sign, font.clone(), tokens.accent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_marked_where_something_is_cut_off() {
        assert_eq!(cut_off(0.0, 900.0, 400.0), [false, true]);
        assert_eq!(cut_off(200.0, 900.0, 400.0), [true, true]);
        assert_eq!(cut_off(500.0, 900.0, 400.0), [true, false]);
        assert_eq!(cut_off(0.0, 400.4, 400.0), [false, false], "nothing that could be read");
        assert_eq!(cut_off(0.0, 300.0, 400.0), [false, false]);
    }
}
