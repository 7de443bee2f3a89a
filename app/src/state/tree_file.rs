//! Writes the picture of a tree into a file: SVG, or PNG where the name says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::{tiny_skia, usvg};
use stepscope_core::job::{JobContext, JobError, Progress};

use super::aside;
use crate::ui_kit::fonts::DEJAVU;
use crate::view_model::canvas::svg::Drawing;
use crate::view_model::canvas::whole;

/// Widest drawing, in points.
pub const WIDEST: f32 = 16_000.0;
/// Most pixels of a PNG along one side, and in all.
const SIDE: f32 = 16_000.0;
const PIXELS: f32 = 60_000_000.0;

/// Writes the file beside itself and renames it. Gives its path and what is to be known of it. Stops on request between
/// drawing and writing.
pub fn write(drawing: &Drawing, path: &Path, ctx: &JobContext) -> Result<(PathBuf, String), JobError> {
    let note = |note: &str| ctx.report(Progress { note: note.into(), ..Progress::default() });
    note("drawing");
    let svg = drawing.svg();
    ctx.checkpoint()?;
    let is_png = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let (bytes, about) = if is_png { png(&svg, drawing.whole(), ctx)? } else { (svg.into_bytes(), String::new()) };
    ctx.checkpoint()?;
    note("writing");
    let failed =
        |error: std::io::Error| JobError::Failed(format!("The picture cannot be written: {error}: {}", path.display()));
    aside::write(path, &bytes).map_err(failed)?;
    Ok((path.to_owned(), about))
}

/// Twice as fine as the screen, as long as the picture is not too large.
fn png(svg: &str, [width, height]: [f32; 2], ctx: &JobContext) -> Result<(Vec<u8>, String), JobError> {
    let wrong = |error: String| JobError::Failed(format!("The picture cannot be drawn: {error}"));
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(DEJAVU.to_vec());
    let options =
        usvg::Options { fontdb: Arc::new(fonts), font_family: "DejaVu Sans".into(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| wrong(error.to_string()))?;
    ctx.checkpoint()?;
    let most = (SIDE / width.max(height)).min((PIXELS / (width * height)).sqrt());
    let scale = most.min(2.0);
    let size = |side: f32| u32::try_from(whole((side * scale).ceil().clamp(1.0, SIDE))).unwrap_or(1);
    let mut pixels = tiny_skia::Pixmap::new(size(width), size(height)).ok_or_else(|| wrong("it is empty".into()))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    ctx.checkpoint()?;
    let about = if scale < 1.0 {
        format!("It was made smaller, to {} × {} pixels; SVG keeps every detail.", pixels.width(), pixels.height())
    } else {
        String::new()
    };
    Ok((pixels.encode_png().map_err(|error| wrong(error.to_string()))?, about))
}
