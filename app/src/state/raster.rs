//! Draws SVG as pixels: for PNG files and for the clipboard.

use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg;
use stepscope_core::job::{JobContext, JobError};

use crate::ui_kit::fonts::ALL;
use crate::view_model::canvas::whole;

/// Most pixels of a picture along one side, and in all.
const SIDE: f32 = 16_000.0;
const PIXELS: f32 = 60_000_000.0;

/// Draws it on that paper, twice as fine as the screen as long as it is not too large. Gives how many pixels a point
/// has. Stops on request before and after the drawing itself.
pub fn drawn(svg: &str, paper: Color, ctx: &JobContext) -> Result<(Pixmap, f32), JobError> {
    let wrong = |error: String| JobError::Failed(format!("The picture cannot be drawn: {error}"));
    let mut fonts = usvg::fontdb::Database::new();
    for font in ALL {
        fonts.load_font_data(font.to_vec());
    }
    // What a drawing asks for by its sort, such as the font of the system, is this one.
    fonts.set_sans_serif_family("DejaVu Sans");
    let options =
        usvg::Options { fontdb: Arc::new(fonts), font_family: "DejaVu Sans".into(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| wrong(error.to_string()))?;
    ctx.checkpoint()?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let most = (SIDE / width.max(height)).min((PIXELS / (width * height)).sqrt());
    let scale = most.min(2.0);
    let size = |side: f32| u32::try_from(whole((side * scale).ceil().clamp(1.0, SIDE))).unwrap_or(1);
    let mut pixels = Pixmap::new(size(width), size(height)).ok_or_else(|| wrong("it is empty".into()))?;
    pixels.fill(paper);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    ctx.checkpoint()?;
    Ok((pixels, scale))
}
