//! The software renderer draws what egui asks for: the base of every picture in tests and documentation.

use std::fs;
use std::time::{Duration, Instant};

use eframe::egui::{self, Color32, ColorImage, Pos2, Rect, Stroke, TextureOptions, Theme, pos2, vec2};
use egui_kittest::Harness;
use image::RgbaImage;

use crate::support::fixture;
use crate::support::raster::Raster;

fn picture<'a>(size: [f32; 2], scale: f32, ui: impl FnMut(&mut egui::Ui) + 'a) -> RgbaImage {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_theme(Theme::Dark)
        .renderer(Raster::default())
        .build_ui(ui);
    harness.run();
    harness.render().unwrap()
}

fn area(from: [f32; 2], to: [f32; 2]) -> Rect {
    Rect::from_min_max(pos2(from[0], from[1]), pos2(to[0], to[1]))
}

fn is(image: &RgbaImage, x: u32, y: u32, color: Color32) -> bool {
    image.get_pixel(x, y).0 == color.to_array()
}

fn count(image: &RgbaImage, color: Color32) -> usize {
    image.pixels().filter(|pixel| pixel.0 == color.to_array()).count()
}

#[test]
fn a_rectangle_covers_exactly_its_pixels() {
    for scale in [1_u16, 2] {
        let image = picture([40.0, 30.0], f32::from(scale), |ui| {
            // Without feathering edges are sharp.
            ui.ctx().tessellation_options_mut(|options| options.feathering = false);
            ui.painter().rect_filled(area([10.0, 5.0], [20.0, 11.0]), 0.0, Color32::RED);
        });
        let scale = u32::from(scale);
        let red = |x, y| is(&image, x, y, Color32::RED);
        let (left, top, right, bottom) = (10 * scale, 5 * scale, 20 * scale, 11 * scale);
        assert!(red(left, top) && red(right - 1, bottom - 1), "at scale {scale}");
        assert!(!red(left - 1, top) && !red(left, top - 1) && !red(right, top), "at scale {scale}");
        assert_eq!(count(&image, Color32::RED), (60 * scale * scale) as usize, "at scale {scale}");
    }
}

#[test]
fn nothing_is_painted_outside_the_clip_rectangle() {
    let image = picture([40.0, 30.0], 1.0, |ui| {
        let painter = ui.painter().with_clip_rect(area([4.0, 4.0], [12.0, 9.0]));
        painter.rect_filled(area([0.0, 0.0], [40.0, 30.0]), 0.0, Color32::GREEN);
    });
    assert_eq!(count(&image, Color32::GREEN), 8 * 5);
}

#[test]
fn triangles_of_one_shape_neither_overlap_nor_leave_gaps() {
    let color = Color32::from_rgba_premultiplied(60, 60, 60, 128);
    let corners: [Pos2; 6] =
        [(20.0, 3.3), (33.7, 9.1), (36.2, 22.4), (21.9, 36.8), (5.5, 27.3), (3.1, 11.7)].map(Pos2::from);
    let image = picture([40.0, 40.0], 1.0, move |ui| {
        ui.ctx().tessellation_options_mut(|options| options.feathering = false);
        ui.painter().rect_filled(ui.ctx().content_rect(), 0.0, Color32::BLACK);
        ui.painter().add(egui::Shape::convex_polygon(corners.to_vec(), color, Stroke::NONE));
    });
    // A seam would be black, a pixel painted twice brighter.
    let inside = count(&image, Color32::from_gray(60));
    assert_eq!(inside + count(&image, Color32::BLACK), 40 * 40);
    assert!(inside > 700, "{inside} pixels");
    assert!(is(&image, 20, 20, Color32::from_gray(60)));
}

#[test]
fn translucent_colours_are_blended_in_gamma_space() {
    let image = picture([20.0, 20.0], 1.0, |ui| {
        ui.painter().rect_filled(ui.ctx().content_rect(), 0.0, Color32::from_gray(100));
        ui.painter().rect_filled(ui.ctx().content_rect(), 0.0, Color32::from_black_alpha(51));
    });
    assert!(is(&image, 10, 10, Color32::from_gray(80)), "{:?}", image.get_pixel(10, 10));
}

#[test]
fn text_is_visible_and_follows_the_scale() {
    let ink = |scale| {
        let image = picture([120.0, 40.0], scale, |ui| {
            ui.label("Step 3 of 7");
        });
        let background = image.get_pixel(image.width() - 1, image.height() - 1).0;
        image.pixels().filter(|pixel| pixel.0 != background).count()
    };
    let (small, large) = (ink(1.0), ink(2.0));
    assert!(small > 100, "{small} pixels");
    assert!(large > 2 * small, "{small} pixels, and {large} at scale 2");
}

#[test]
fn images_are_sampled_as_their_options_say() {
    let show = |options: TextureOptions| {
        let mut handle = None;
        picture([40.0, 40.0], 1.0, move |ui| {
            let texture = handle.get_or_insert_with(|| {
                let mut texture = ui.ctx().load_texture("test", ColorImage::filled([2, 1], Color32::BLACK), options);
                // The right half comes as a partial update.
                texture.set_partial([1, 0], ColorImage::filled([1, 1], Color32::WHITE), options);
                texture
            });
            let uv = area([0.0, 0.0], [1.0, 1.0]);
            ui.painter().image(texture.id(), Rect::from_min_size(Pos2::ZERO, vec2(40.0, 40.0)), uv, Color32::WHITE);
        })
    };
    let sharp = show(TextureOptions::NEAREST);
    assert!(is(&sharp, 19, 20, Color32::BLACK) && is(&sharp, 20, 20, Color32::WHITE));
    let smooth = show(TextureOptions::LINEAR);
    let middle = smooth.get_pixel(20, 20).0[0];
    assert!(is(&smooth, 5, 20, Color32::BLACK) && is(&smooth, 35, 20, Color32::WHITE));
    assert!((125..=140).contains(&middle), "{middle}");
}

/// Something like the real window: much text, frames, buttons, a curve.
fn dense_ui(ui: &mut egui::Ui) {
    egui::Frame::central_panel(ui.style()).show(ui, |ui| {
        ui.heading("Traces");
        ui.horizontal(|ui| {
            for name in ["Open", "Score", "Export"] {
                ui.button(name).on_hover_text(name);
            }
            ui.add(egui::ProgressBar::new(0.4).desired_width(160.0).text("34 of 85"));
        });
        ui.columns(3, |columns| {
            for (number, ui) in columns.iter_mut().enumerate() {
                for row in 0..26 {
                    egui::Frame::group(ui.style()).inner_margin(2).show(ui, |ui| {
                        ui.label(format!("Step {row}: 18 × 24 = 432, √{row} ≤ π, 60° ≈ ⅓, −{number} €"));
                    });
                }
            }
        });
        let (response, painter) = ui.allocate_painter(vec2(ui.available_width(), 60.0), egui::Sense::hover());
        let points = (0..60_u8).map(|i| {
            let x = response.rect.left() + f32::from(i) * 20.0;
            pos2(x, response.rect.center().y + 25.0 * (f32::from(i) * 0.4).sin())
        });
        painter.add(egui::Shape::line(points.collect(), Stroke::new(2.0, Color32::LIGHT_BLUE)));
        painter.circle_filled(response.rect.center(), 8.0, Color32::GOLD);
    });
}

#[test]
fn a_full_window_is_drawn_in_time() {
    let folder = fixture::workspace().join("target/pictures");
    fs::create_dir_all(&folder).unwrap();
    for theme in [Theme::Dark, Theme::Light] {
        let mut harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_theme(theme)
            .allow_missing_glyphs()
            .renderer(Raster::default())
            .build_ui(dense_ui);
        harness.run();
        // A picture is kept until the next frame, so only the first one is drawn.
        let start = Instant::now();
        let image = harness.render().unwrap();
        let elapsed = start.elapsed();
        image.save(folder.join(format!("raster-{theme:?}.png").to_lowercase())).unwrap();
        assert!(elapsed < Duration::from_millis(1500), "{elapsed:?} for one frame");
    }
}
