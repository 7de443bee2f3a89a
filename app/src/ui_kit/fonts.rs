//! Fonts beside the built-in ones: signs and mathematics, formulas, and scripts that a computer may have no font for.

use std::sync::Arc;

use eframe::egui::epaint::text::{FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily};
use eframe::egui::{Context, FontData, FontFamily};

const DROID: &[u8] = include_bytes!("../../../assets/fonts/DroidSansFallbackFull.ttf");
const HANGUL: &[u8] = include_bytes!("../../../assets/fonts/HangulFallback.ttf");
const MATHEMATICS: &[u8] = include_bytes!("../../../assets/fonts/NotoSansMath-Letters.ttf");
/// Letters, signs and mathematics of many scripts.
const DEJAVU: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");

/// All of them, the usual one first: for pictures, which know no other fonts.
pub const ALL: [&[u8]; 4] = [DEJAVU, DROID, HANGUL, MATHEMATICS];

/// The names of the families of formulas begin so.
const FORMULA: &str = "KaTeX_";

/// Adds them behind the built-in fonts. What all of these lack comes from the system, and what that lacks from the
/// fonts the program carries for it. They are read when a text first needs them.
pub fn install(ctx: &Context) {
    let families = [FontFamily::Proportional, FontFamily::Monospace]
        .map(|family| InsertFontFamily { family, priority: FontPriority::Lowest });
    ctx.add_font(FontInsert::new("DejaVu Sans", FontData::from_static(DEJAVU), families.into()));
    ctx.add_font_provider(Arc::new(Carried));
}

/// The family of a font of formulas by the name the typesetter gives it, such as `Main-Regular`. None for what it
/// leaves to the fonts of the window: other scripts, pictures of feelings.
pub fn formula_family(name: &str) -> Option<FontFamily> {
    let drawn = !name.starts_with("CJK") && !name.starts_with("Emoji");
    drawn.then(|| FontFamily::Name(format!("{FORMULA}{name}").into()))
}

/// The fonts the program carries and reads only when they are needed.
struct Carried;

impl FontProvider for Carried {
    fn fonts_for_family(&self, family: &FontFamily) -> Vec<FontInsert> {
        let FontFamily::Name(name) = family else { return Vec::new() };
        if !name.starts_with(FORMULA) {
            return Vec::new();
        }
        let Some(bytes) = ratex_katex_fonts::ttf_bytes(&format!("{name}.ttf")) else { return Vec::new() };
        let data = match bytes {
            std::borrow::Cow::Borrowed(bytes) => FontData::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => FontData::from_owned(bytes),
        };
        vec![FontInsert::new(name, data, lowest(family))]
    }

    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let letter = request.cluster.chars().next()?;
        let (name, bytes) = match letter {
            '\u{1D400}'..='\u{1D7FF}' => ("Noto Sans Math", MATHEMATICS),
            '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7A3}' => ("Hangul Fallback", HANGUL),
            _ => ("Droid Sans Fallback", DROID),
        };
        Some(FontInsert::new(name, FontData::from_static(bytes), lowest(request.family)))
    }
}

fn lowest(family: &FontFamily) -> Vec<InsertFontFamily> {
    vec![InsertFontFamily { family: family.clone(), priority: FontPriority::Lowest }]
}
