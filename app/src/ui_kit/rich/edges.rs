//! Shows that something wider than its room goes on: a shadow at each edge where it is cut off.

use eframe::egui::epaint::Mesh;
use eframe::egui::{Color32, Rect, Shape, Ui, pos2};

/// Width of the shadow, in points.
const SHADOW: f32 = 22.0;

/// Less than this out of sight is nothing to be read, in points.
const LEAST: f32 = 1.0;

/// Whether something so wide is cut off at the left and at the right, where `offset` of it is scrolled out at the left.
pub(super) fn cut_off(offset: f32, width: f32, room: f32) -> [bool; 2] {
    [offset > LEAST, offset + room + LEAST < width]
}

/// Paints it over the room in which what is `width` wide is scrolled by `offset`. The shadow lies on any ground.
pub(super) fn edges_ui(ui: &Ui, room: Rect, offset: f32, width: f32) {
    let dark = Color32::from_black_alpha(if ui.visuals().dark_mode { 150 } else { 56 });
    let sides = [(room.left(), SHADOW), (room.right(), -SHADOW)];
    for (is_cut, (edge, inwards)) in cut_off(offset, width, room.width()).into_iter().zip(sides) {
        if !is_cut {
            continue;
        }
        let mut mesh = Mesh::default();
        for (x, colour) in [(edge, dark), (edge + inwards, Color32::TRANSPARENT)] {
            mesh.colored_vertex(pos2(x, room.top()), colour);
            mesh.colored_vertex(pos2(x, room.bottom()), colour);
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(1, 2, 3);
        ui.painter().add(Shape::mesh(mesh));
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
