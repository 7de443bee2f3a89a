//! Signs and mathematics that the built-in fonts lack. The program carries them, because a computer may have none.

use eframe::egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use eframe::egui::{Context, FontData, FontFamily};

/// Letters, signs and mathematics of many scripts.
pub const DEJAVU: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");

/// Adds them behind the built-in fonts. Scripts that these lack too come from the system, where it has them.
pub fn install(ctx: &Context) {
    let families = [FontFamily::Proportional, FontFamily::Monospace]
        .map(|family| InsertFontFamily { family, priority: FontPriority::Lowest });
    ctx.add_font(FontInsert::new("DejaVu Sans", FontData::from_static(DEJAVU), families.into()));
}
