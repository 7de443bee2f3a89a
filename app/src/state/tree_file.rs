//! Writes the picture of a tree into a file: SVG, or PNG where the name says so.

use std::path::{Path, PathBuf};

use resvg::tiny_skia::Color;
use stepscope_core::job::{JobContext, JobError, Progress};

use super::{aside, raster};
use crate::view_model::canvas::svg::Drawing;

/// Widest drawing, in points.
pub const WIDEST: f32 = 16_000.0;

/// Writes the file beside itself and renames it. Gives its path and what is to be known of it. Stops on request between
/// drawing and writing.
pub fn write(drawing: &Drawing, path: &Path, ctx: &JobContext) -> Result<(PathBuf, String), JobError> {
    let note = |note: &str| ctx.report(Progress { note: note.into(), ..Progress::default() });
    note("drawing");
    let svg = drawing.svg();
    ctx.checkpoint()?;
    let is_png = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let (bytes, about) = if is_png { png(&svg, ctx)? } else { (svg.into_bytes(), String::new()) };
    ctx.checkpoint()?;
    note("writing");
    let failed =
        |error: std::io::Error| JobError::Failed(format!("The picture cannot be written: {error}: {}", path.display()));
    aside::write(path, &bytes).map_err(failed)?;
    Ok((path.to_owned(), about))
}

/// The picture as a file.
fn png(svg: &str, ctx: &JobContext) -> Result<(Vec<u8>, String), JobError> {
    let (pixels, scale) = raster::drawn(svg, Color::TRANSPARENT, ctx)?;
    let about = if scale < 1.0 {
        format!("It was made smaller, to {} × {} pixels; SVG keeps every detail.", pixels.width(), pixels.height())
    } else {
        String::new()
    };
    let wrong = |error: String| JobError::Failed(format!("The picture cannot be drawn: {error}"));
    Ok((pixels.encode_png().map_err(|error| wrong(error.to_string()))?, about))
}
