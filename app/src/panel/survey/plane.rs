//! Where a figure's marks stand on the screen.

use eframe::egui::{Pos2, Rect, Ui, pos2};

use crate::view_model::survey::{AxisModel, FigureModel, FigureShape, MarkModel};

/// How far from a point the pointer still means it, in points.
const NEAR: f32 = 9.0;

/// The field between the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane<'a> {
    pub(super) rect: Rect,
    pub(super) figure: &'a FigureModel,
}

impl Plane<'_> {
    pub(super) fn x(&self, value: f64) -> f32 {
        self.rect.left() + share(&self.figure.x, value) * self.rect.width()
    }

    pub(super) fn y(&self, value: f64) -> f32 {
        self.rect.bottom() - share(&self.figure.y, value) * self.rect.height()
    }

    /// The value of the horizontal axis at a place on the screen.
    pub(super) fn value(&self, x: f32) -> f64 {
        let along = f64::from(((x - self.rect.left()) / self.rect.width().max(1.0)).clamp(0.0, 1.0));
        self.figure.x.from + along * (self.figure.x.to - self.figure.x.from)
    }

    pub(super) fn point(&self, mark: &MarkModel) -> Pos2 {
        pos2(self.x(f64::midpoint(mark.x[0], mark.x[1])), self.y(f64::midpoint(mark.y[0], mark.y[1])))
    }

    /// Where a mark is painted, or what is around a point.
    pub(super) fn area(&self, mark: &MarkModel) -> Rect {
        if self.figure.shape == FigureShape::Lines {
            return Rect::from_center_size(self.point(mark), eframe::egui::vec2(NEAR, NEAR));
        }
        let (left, right) = (self.x(mark.x[0]), self.x(mark.x[1]));
        Rect::from_x_y_ranges(left..=right.max(left + 1.0), self.y(mark.y[1])..=self.y(mark.y[0]))
    }

    /// The marks that lie in a box, or partly do: series, and which of the counted marks.
    pub(super) fn within(&self, band: Rect) -> Vec<(usize, usize)> {
        let series = self.figure.series.iter().enumerate();
        let all = series.flat_map(|(number, series)| series.marks.iter().map(move |mark| (number, mark)));
        // What is only touched is not meant.
        let lies = |mark: &MarkModel| self.area(mark).shrink(0.5).intersects(band);
        all.filter(|(_, mark)| lies(mark)).map(|(series, mark)| (series, mark.number)).collect()
    }

    /// The mark that the pointer means: series and place in it.
    pub(super) fn meant(&self, pointer: Pos2) -> Option<(usize, usize)> {
        if !self.rect.expand(4.0).contains(pointer) {
            return None;
        }
        let mut all = self.figure.series.iter().enumerate().flat_map(|(number, series)| {
            series.marks.iter().enumerate().map(move |(at, mark)| ((number, at), mark, series.faint))
        });
        if self.figure.shape == FigureShape::Lines {
            let far = |mark: &MarkModel| self.point(mark).distance(pointer);
            let near = all.filter(|(_, mark, _)| far(mark) < NEAR);
            // Single traces stand behind.
            let nearest = near.min_by(|a, b| a.2.cmp(&b.2).then(far(a.1).total_cmp(&far(b.1))));
            return nearest.map(|(place, ..)| place);
        }
        // Low bars are meant by what is above them as well.
        let is_bar = self.figure.shape == FigureShape::Bars;
        let hit = |mark: &MarkModel| {
            let mut area = self.area(mark);
            if is_bar && !self.figure.y.is_named {
                area.set_top(area.top().min(area.bottom() - 12.0));
            } else if is_bar {
                area.set_right(area.right().max(area.left() + 12.0));
            }
            area.contains(pointer)
        };
        all.rfind(|(_, mark, _)| hit(mark)).map(|(place, ..)| place)
    }
}

fn share(axis: &AxisModel, value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let share = ((value - axis.from) / (axis.to - axis.from).max(1e-12)) as f32;
    share.clamp(-0.02, 1.02)
}

/// A text in one line, cut where it is too wide.
pub(super) fn fitted(
    ui: &Ui,
    text: &str,
    width: f32,
    colour: eframe::egui::Color32,
) -> std::sync::Arc<eframe::egui::Galley> {
    let font = eframe::egui::TextStyle::Small.resolve(ui.style());
    let mut job = eframe::egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    ui.painter().layout_job(job)
}
