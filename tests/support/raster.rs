//! Draws what egui wants shown, on the CPU: pictures come out the same on every computer, with no GPU and no display.
//!
//! It does what `egui_glow` does: textured triangles, colours multiplied and blended in gamma space with
//! premultiplied alpha. Left out are dithering, mipmaps and paint callbacks.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "coordinates are clamped to the picture before they are cast, and colours to 0–255"
)]

use std::collections::HashMap;

use eframe::egui::epaint::{ImageData, ImageDelta, Mesh, Primitive, Vertex};
use eframe::egui::{self, Pos2, Rect, TextureFilter, TextureId, TextureOptions, TextureWrapMode, TexturesDelta, Vec2};
use egui_kittest::TestRenderer;
use image::RgbaImage;

/// Sub-pixel positions per pixel. Vertices are snapped to this grid, so that the test of which triangle owns a pixel
/// is exact and two triangles with a common edge neither overlap nor leave a gap.
const GRID: i64 = 256;

/// Renders a harness without a GPU: `Harness::builder().renderer(Raster::default())`.
#[derive(Default)]
pub(crate) struct Raster {
    textures: HashMap<TextureId, Texture>,
}

impl TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        #[expect(clippy::iter_over_hash_type, reason = "textures do not depend on each other")]
        for (id, changes) in delta.set.drain() {
            for change in changes {
                self.apply(id, &change);
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "textures do not depend on each other")]
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<RgbaImage, String> {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let mut canvas = Canvas::new(size.x.round() as usize, size.y.round() as usize);
        for clipped in ctx.tessellate(output.shapes.clone(), scale) {
            let clip = canvas.clip(clipped.clip_rect, scale);
            match &clipped.primitive {
                Primitive::Mesh(mesh) => {
                    let texture = self
                        .textures
                        .get(&mesh.texture_id)
                        .ok_or_else(|| format!("a mesh uses {:?}, which was never set", mesh.texture_id))?;
                    canvas.mesh(mesh, texture, clip, scale);
                }
                Primitive::Callback(_) => return Err("paint callbacks need a GPU".to_owned()),
            }
        }
        canvas.into_image()
    }
}

impl Raster {
    fn apply(&mut self, id: TextureId, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        let texels = image.pixels.iter().map(egui::Color32::to_array);
        match (change.pos, self.textures.get_mut(&id)) {
            (Some([left, top]), Some(texture)) => {
                texture.options = change.options;
                let [width, _] = image.size;
                for (i, texel) in texels.enumerate() {
                    let (x, y) = (left + i % width, top + i / width);
                    texture.texels[y * texture.width + x] = texel;
                }
            }
            (Some(_), None) => panic!("a part of {id:?} was set before the whole"),
            (None, _) => {
                let [width, height] = image.size;
                let texture = Texture { width, height, texels: texels.collect(), options: change.options };
                self.textures.insert(id, texture);
            }
        }
    }
}

/// An image on the "GPU": premultiplied RGBA, row by row.
struct Texture {
    width: usize,
    height: usize,
    texels: Vec<[u8; 4]>,
    options: TextureOptions,
}

impl Texture {
    /// The colour at `uv`, each channel from 0 to 255.
    fn sample(&self, uv: Vec2, filter: TextureFilter) -> [f32; 4] {
        let (x, y) = (uv.x * self.width as f32, uv.y * self.height as f32);
        match filter {
            TextureFilter::Nearest => self.texel(x.floor() as i64, y.floor() as i64),
            TextureFilter::Linear => {
                let (left, right_share) = nearby(x);
                let (top, bottom_share) = nearby(y);
                let corner = self.texel(left, top);
                if right_share == 0.0 && bottom_share == 0.0 {
                    return corner;
                }
                let upper = mix(corner, self.texel(left + 1, top), right_share);
                let lower = mix(self.texel(left, top + 1), self.texel(left + 1, top + 1), right_share);
                mix(upper, lower, bottom_share)
            }
        }
    }

    fn texel(&self, x: i64, y: i64) -> [f32; 4] {
        let (x, y) = (self.wrap(x, self.width), self.wrap(y, self.height));
        self.texels[y * self.width + x].map(f32::from)
    }

    fn wrap(&self, index: i64, length: usize) -> usize {
        let length = length as i64;
        let wrapped = match self.options.wrap_mode {
            TextureWrapMode::ClampToEdge => index.clamp(0, length - 1),
            TextureWrapMode::Repeat => index.rem_euclid(length),
            TextureWrapMode::MirroredRepeat => {
                let index = index.rem_euclid(2 * length);
                index.min(2 * length - 1 - index)
            }
        };
        wrapped as usize
    }
}

/// The texel whose centre is at or before `coordinate`, and the share of the next. Text is drawn pixel on texel;
/// rounding to a 256th, as GPUs do, keeps it exactly so.
fn nearby(coordinate: f32) -> (i64, f32) {
    let steps = ((coordinate - 0.5) * 256.0).round() as i64;
    (steps.div_euclid(256), steps.rem_euclid(256) as f32 / 256.0)
}

/// The colour between two others.
fn mix(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}

/// A rectangle of whole pixels; right and bottom are outside.
#[derive(Clone, Copy)]
struct PixelRect {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

/// The picture being drawn, premultiplied RGBA, at first transparent.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 4]>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[0; 4]; width * height] }
    }

    fn into_image(self) -> Result<RgbaImage, String> {
        let (width, height) = (self.width as u32, self.height as u32);
        RgbaImage::from_raw(width, height, self.pixels.into_flattened())
            .ok_or_else(|| format!("no picture of {width}×{height} pixels"))
    }

    fn clip(&self, rect: Rect, scale: f32) -> PixelRect {
        let across = |x: f32| ((x * scale).round() as i64).clamp(0, self.width as i64);
        let down = |y: f32| ((y * scale).round() as i64).clamp(0, self.height as i64);
        PixelRect {
            left: across(rect.min.x),
            top: down(rect.min.y),
            right: across(rect.max.x),
            bottom: down(rect.max.y),
        }
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, clip: PixelRect, scale: f32) {
        for corners in mesh.indices.chunks_exact(3) {
            let corners = [corners[0], corners[1], corners[2]].map(|index| mesh.vertices[index as usize]);
            self.triangle(corners, texture, clip, scale);
        }
    }

    fn triangle(&mut self, mut corners: [Vertex; 3], texture: &Texture, clip: PixelRect, scale: f32) {
        let mut points = corners.map(|corner| Point::snap(corner.pos, scale));
        let mut area = cross(points[0], points[1], points[2]);
        if area == 0 {
            return;
        }
        if area < 0 {
            // egui winds triangles both ways.
            points.swap(1, 2);
            corners.swap(1, 2);
            area = -area;
        }
        let paint = Paint::new(&corners, texture, area);
        let rows = points.map(|point| point.y);
        let top = (rows[0].min(rows[1]).min(rows[2]) / GRID).max(clip.top);
        let bottom = (rows[0].max(rows[1]).max(rows[2]) / GRID + 1).min(clip.bottom);
        // Opposite to corner 0, 1 and 2.
        let edges = [(1, 2), (2, 0), (0, 1)].map(|(from, to)| Edge::new(points[from], points[to]));
        for y in top..bottom {
            let weights = edges.map(|edge| edge.at_row(y));
            let (mut left, mut right) = (clip.left, clip.right);
            for (edge, at_zero) in edges.iter().zip(weights) {
                edge.narrow(at_zero, &mut left, &mut right);
            }
            if left < right {
                let row = y as usize * self.width;
                let span = &mut self.pixels[row + left as usize..row + right as usize];
                paint.span(span, left, weights, edges.map(|edge| edge.step));
            }
        }
    }
}

/// A position on the sub-pixel grid.
#[derive(Clone, Copy)]
struct Point {
    x: i64,
    y: i64,
}

impl Point {
    fn snap(pos: Pos2, scale: f32) -> Self {
        // Keeps the products below within 64 bits, however far away a vertex lies.
        let snap = |value: f32| ((value * scale * GRID as f32).round() as i64).clamp(-(1 << 28), 1 << 28);
        Self { x: snap(pos.x), y: snap(pos.y) }
    }
}

/// Twice the signed area of a triangle; positive if it runs clockwise as seen on the screen.
fn cross(a: Point, b: Point, c: Point) -> i64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// One side of a triangle, as the function that is positive inside of it.
#[derive(Clone, Copy)]
struct Edge {
    from: Point,
    to: Point,
    /// How much the function grows from one pixel to the next on its right.
    step: i64,
    /// The least value that is inside. A pixel exactly on a left or top edge belongs to the triangle, on others not.
    least: i64,
}

impl Edge {
    fn new(from: Point, to: Point) -> Self {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let left_or_top = dy < 0 || (dy == 0 && dx > 0);
        Self { from, to, step: -dy * GRID, least: i64::from(!left_or_top) }
    }

    /// The value at the centre of the first pixel of a row.
    fn at_row(self, y: i64) -> i64 {
        cross(self.from, self.to, Point { x: GRID / 2, y: y * GRID + GRID / 2 })
    }

    /// Narrows a span of pixels to those inside.
    fn narrow(self, at_zero: i64, left: &mut i64, right: &mut i64) {
        let missing = self.least - at_zero;
        match self.step {
            0 if missing > 0 => *right = *left,
            0 => {}
            step if step > 0 => *left = (*left).max(-(-missing).div_euclid(step)),
            step => *right = (*right).min((-missing).div_euclid(-step) + 1),
        }
    }
}

/// What a triangle is filled with.
enum Paint<'a> {
    /// One colour; most of a user interface.
    Flat([f32; 4]),
    Varying {
        corners: [Vertex; 3],
        texture: &'a Texture,
        filter: TextureFilter,
        /// The texture has one colour all over the triangle, from 0 to 255.
        texel: Option<[f32; 4]>,
        area: f32,
    },
}

impl<'a> Paint<'a> {
    fn new(corners: &[Vertex; 3], texture: &'a Texture, area: i64) -> Self {
        let [a, b, c] = corners;
        let filter = filter(corners, texture, area);
        let texel = (a.uv == b.uv && b.uv == c.uv).then(|| texture.sample(a.uv.to_vec2(), filter));
        match texel {
            Some(texel) if a.color == b.color && b.color == c.color => {
                Self::Flat(multiply(a.color.to_array().map(f32::from), texel))
            }
            _ => Self::Varying { corners: *corners, texture, filter, texel, area: area as f32 },
        }
    }

    /// Paints a span that begins at pixel `left`. `weights` are the edge functions at the first pixel of the row.
    fn span(&self, span: &mut [[u8; 4]], left: i64, weights: [i64; 3], steps: [i64; 3]) {
        match self {
            Self::Flat(color) if color[3] >= 255.0 => span.fill(color.map(|channel| channel.round() as u8)),
            Self::Flat(color) => span.iter_mut().for_each(|pixel| blend(pixel, *color)),
            Self::Varying { corners, texture, filter, texel, area } => {
                let colors = corners.map(|corner| corner.color.to_array().map(f32::from));
                for (pixel, x) in span.iter_mut().zip(left..) {
                    let [a, b, c]: [f32; 3] = std::array::from_fn(|i| (weights[i] + steps[i] * x) as f32 / area);
                    let color = std::array::from_fn(|i| colors[0][i] * a + colors[1][i] * b + colors[2][i] * c);
                    let texel = texel.unwrap_or_else(|| {
                        let uv = corners.map(|corner| corner.uv.to_vec2());
                        texture.sample(uv[0] * a + uv[1] * b + uv[2] * c, *filter)
                    });
                    blend(pixel, multiply(color, texel));
                }
            }
        }
    }
}

/// The filter that holds for a triangle, by whether it shows the texture enlarged.
fn filter([a, b, c]: &[Vertex; 3], texture: &Texture, area: i64) -> TextureFilter {
    let (first, second) = (b.uv - a.uv, c.uv - a.uv);
    let texels = (first.x * second.y - first.y * second.x).abs() * (texture.width * texture.height) as f32;
    let pixels = area as f32 / (GRID * GRID) as f32;
    if texels > pixels { texture.options.minification } else { texture.options.magnification }
}

fn multiply(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|i| a[i] * b[i] / 255.0)
}

/// Puts a premultiplied colour over a pixel.
fn blend(pixel: &mut [u8; 4], color: [f32; 4]) {
    let rest = 1.0 - color[3] / 255.0;
    for (below, above) in pixel.iter_mut().zip(color) {
        *below = (above + f32::from(*below) * rest).round().clamp(0.0, 255.0) as u8;
    }
}
