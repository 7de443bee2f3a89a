//! From where the picture is seen: which point of the screen is which place of the tree.

use super::picture::Picture;
use super::whole;
use crate::state::canvas::Camera;

/// Room left around the whole tree, in points.
const MARGIN: f32 = 30.0;
/// Most points between two columns, and least.
const LARGEST: f32 = 260.0;
const SMALLEST: f32 = 1e-4;
/// Points between two levels where the whole tree is shown, at most.
const LEVEL: f32 = 84.0;
/// Points per level for each point per column.
const STEEP: f32 = 0.62;
/// Nodes from this many points per column on are shown so.
pub const CARDS: f32 = 112.0;
const LABELS: f32 = 34.0;
const DOTS: f32 = 5.0;
/// Height of a card in points.
pub const CARD_HEIGHT: f32 = 50.0;

/// How much is shown of each node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum Detail {
    /// Nodes merged to bands.
    Bands,
    /// Dots.
    Dots,
    /// Dots with a score.
    Labels,
    /// Cards with words.
    Cards,
}

/// A picture seen from somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Look {
    /// Width and height on screen, in points.
    pub size: [f32; 2],
    /// Column and level at the middle.
    pub at: [f32; 2],
    /// Points per column and per level.
    pub scale: [f32; 2],
}

impl Look {
    /// The picture in that size from there; all of it where `None`.
    pub fn new(picture: &Picture, size: [f32; 2], camera: Option<Camera>) -> Self {
        let [width, height] = size.map(|side| side.max(1.0));
        let levels = picture.layers.len().saturating_sub(1) as f32;
        // Room for a card above and below.
        let fit_level = ((height - 2.0 * MARGIN - CARD_HEIGHT).max(20.0) / levels.max(1.0)).min(LEVEL);
        let fit_column = ((width - 2.0 * MARGIN) / (picture.width + 1.0)).clamp(SMALLEST, 150.0);
        // As narrow as it must be for the deepest level to be in sight.
        let fit_column = fit_column.min(fit_level / STEEP);
        let camera = camera.unwrap_or(Camera { x: picture.width / 2.0, y: levels / 2.0, zoom: fit_column });
        let column = camera.zoom.clamp(SMALLEST.min(fit_column), LARGEST);
        let level = fit_level.max((column * STEEP).min(112.0));
        Self { size: [width, height], at: [camera.x, camera.y], scale: [column, level] }
    }

    /// How much is shown of each node.
    pub fn detail(&self) -> Detail {
        match self.scale[0] {
            zoom if zoom >= CARDS => Detail::Cards,
            zoom if zoom >= LABELS => Detail::Labels,
            zoom if zoom >= DOTS => Detail::Dots,
            _ => Detail::Bands,
        }
    }

    /// Width of a card in points.
    pub fn card_width(&self) -> f32 {
        (self.scale[0] - 12.0).min(220.0)
    }

    /// The camera that sees this.
    pub fn camera(&self) -> Camera {
        Camera { x: self.at[0], y: self.at[1], zoom: self.scale[0] }
    }

    /// The point of a column and level, from the upper left corner.
    pub fn point(&self, place: [f32; 2]) -> [f32; 2] {
        let along = |axis: usize| match (place.get(axis), self.at.get(axis), self.scale.get(axis), self.size.get(axis))
        {
            (Some(place), Some(at), Some(scale), Some(size)) => (place - at) * scale + size / 2.0,
            _ => 0.0,
        };
        [along(0), along(1)]
    }

    /// The column and level at a point.
    pub fn place(&self, point: [f32; 2]) -> [f32; 2] {
        let along = |axis: usize| match (point.get(axis), self.at.get(axis), self.scale.get(axis), self.size.get(axis))
        {
            (Some(point), Some(at), Some(scale), Some(size)) => (point - size / 2.0) / scale + at,
            _ => 0.0,
        };
        [along(0), along(1)]
    }

    /// Moved by so many points, as with a hand on paper.
    pub fn moved(&self, by: [f32; 2], picture: &Picture) -> Camera {
        let [x, y] = [self.at[0] - by[0] / self.scale[0], self.at[1] - by[1] / self.scale[1]];
        // The tree cannot be lost: something of it stays near the middle.
        Camera { x: x.clamp(0.0, picture.width), y: y.clamp(0.0, picture.layers.len() as f32), zoom: self.scale[0] }
    }

    /// Larger or smaller by that factor; what is at the point stays there.
    pub fn zoomed(&self, factor: f32, point: [f32; 2], picture: &Picture) -> Camera {
        let smallest = Self::new(picture, self.size, None).scale[0].min(self.scale[0]);
        let zoom = (self.scale[0] * factor).clamp(smallest, LARGEST);
        let held = self.place(point);
        let then = Self::new(picture, self.size, Some(Camera { zoom, ..self.camera() }));
        let now = then.place(point);
        Camera { x: self.at[0] + held[0] - now[0], y: self.at[1] + held[1] - now[1], zoom }
    }

    /// Moved as little as need be for a place to be well in sight; `None` where it is.
    pub fn revealing(&self, place: [f32; 2]) -> Option<Camera> {
        let point = self.point(place);
        let by = |axis: usize, room: f32| {
            let (Some(&at), Some(&size)) = (point.get(axis), self.size.get(axis)) else { return 0.0 };
            let room = room.min(size * 0.3);
            if at < room { at - room } else { (at - (size - room)).max(0.0) }
        };
        let by = [by(0, self.scale[0].max(60.0)), by(1, self.scale[1].max(60.0))];
        let is_in_sight = by.iter().all(|by| by.abs() < 0.5);
        let moved = Camera {
            x: self.at[0] + by[0] / self.scale[0],
            y: self.at[1] + by[1] / self.scale[1],
            zoom: self.scale[0],
        };
        (!is_in_sight).then_some(moved)
    }

    /// Levels and columns in sight, with what reaches into it from one node further.
    pub fn in_sight(&self, layers: usize) -> (std::ops::Range<usize>, [f32; 2]) {
        let [left, top] = self.place([0.0, 0.0]);
        let [right, bottom] = self.place(self.size);
        let first = whole(top - 1.0);
        let last = (whole((bottom + 1.0).ceil()) + 1).min(layers);
        (first.min(last)..last, [left - 1.0, right + 1.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::canvas::picture::Layer;

    fn picture(width: f32, levels: usize) -> Picture {
        let mut picture = Picture::default();
        (picture.width, picture.layers) = (width, vec![Layer::default(); levels]);
        picture
    }

    #[test]
    fn the_whole_tree_fits() {
        for (width, levels) in [(0.0, 1), (3.0, 4), (900.0, 12), (60_000.0, 9), (3.0, 5000)] {
            let picture = picture(width, levels);
            let look = Look::new(&picture, [500.0, 600.0], None);
            for place in [[0.0, 0.0], [width, levels as f32 - 1.0]] {
                let [x, y] = look.point(place);
                assert!((0.0..=500.0).contains(&x) && (0.0..=600.0).contains(&y), "{width} × {levels}: {x} {y}");
            }
        }
    }

    #[test]
    fn zooming_holds_the_point_under_the_pointer() {
        let picture = picture(900.0, 12);
        let mut look = Look::new(&picture, [500.0, 600.0], None);
        let mut details = vec![look.detail()];
        let point = [130.0, 400.0];
        let held = look.place(point);
        for _ in 0..16 {
            look = Look::new(&picture, look.size, Some(look.zoomed(1.5, point, &picture)));
            let now = look.place(point);
            assert!((now[0] - held[0]).abs() < 0.05 && (now[1] - held[1]).abs() < 0.05, "{now:?} {held:?}");
            details.push(look.detail());
        }
        details.dedup();
        assert_eq!(details, [Detail::Bands, Detail::Dots, Detail::Labels, Detail::Cards]);
    }

    #[test]
    fn revealing_moves_only_where_it_must() {
        let picture = picture(900.0, 12);
        let look = Look::new(&picture, [500.0, 600.0], Some(Camera { x: 50.0, y: 5.0, zoom: 40.0 }));
        assert_eq!(look.revealing([50.0, 5.0]), None);
        let camera = look.revealing([70.0, 5.0]).unwrap();
        let then = Look::new(&picture, look.size, Some(camera));
        assert_eq!(then.revealing([70.0, 5.0]), None);
        assert!((then.at[1] - 5.0).abs() < 1e-3, "only sideways");
    }
}
