//! Sizes and colours of a text.

use eframe::egui::text::TextFormat;
use eframe::egui::{Color32, FontFamily, FontId, Stroke, TextStyle, Ui};

use super::flow::Setting;
use super::{Rich, RichSize};
use crate::text::{Block, Scope, Style};
use crate::ui_kit::Tokens;

/// How large everything is.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    pub(super) font: FontId,
    pub(super) code: FontId,
    /// Height of a line of words, in points.
    pub(super) line: f32,
    /// Height of a line of program text, in points.
    pub(super) code_line: f32,
    /// Width of a letter of program text, in points.
    pub(super) code_letter: f32,
}

impl Sizes {
    pub(super) fn of(ui: &Ui, size: RichSize) -> Self {
        let (style, scale) = match size {
            RichSize::Body => (TextStyle::Body, 1.0),
            RichSize::Small => (TextStyle::Small, 11.5 / 12.5),
        };
        let font = style.resolve(ui.style());
        let mut code = TextStyle::Monospace.resolve(ui.style());
        code.size *= scale;
        let pixels = ui.pixels_per_point();
        let round = |points: f32| (points * pixels).round() / pixels;
        let code_letter = ui.fonts_mut(|fonts| fonts.glyph_width(&code, 'x'));
        Self { line: round(font.size * 1.42), code_line: round(code.size * 1.36), code_letter, font, code }
    }

    /// How far a block is indented.
    pub(super) fn indent(&self, block: &Block) -> f32 {
        let depth = f32::from(block.depth.min(12)).max(if block.marker.is_some() { 1.0 } else { 0.0 });
        (depth * self.font.size * 1.5).round()
    }

    /// How words are set, larger by a factor for headings.
    pub(super) fn setting(&self, text: &Rich<'_>, factor: f32) -> Setting {
        let mut font = self.font.clone();
        font.size = (font.size * factor * 2.0).round() / 2.0;
        Setting { font, line_height: (self.line * factor).round(), colour: text.colour }
    }

    /// How program text is set.
    pub(super) fn code_setting(&self, text: &Rich<'_>) -> Setting {
        Setting { font: self.code.clone(), line_height: self.code_line, colour: text.colour }
    }
}

/// Factors of the sizes of headings.
pub(super) const HEADINGS: [f32; 6] = [1.42, 1.26, 1.14, 1.04, 1.0, 1.0];

/// How words of this style look.
pub(super) fn format(plain: &TextFormat, style: &Style, sizes: &Sizes, tokens: &Tokens) -> TextFormat {
    let mut format = plain.clone();
    format.italics = style.emphasis;
    if style.code {
        let scale = sizes.code.size / sizes.font.size;
        format.font_id = FontId::new(plain.font_id.size * scale, FontFamily::Monospace);
        format.background = tokens.code_ground();
    }
    if style.struck {
        format.strikethrough = Stroke::new(1.0, format.color);
    }
    if style.link.is_some() {
        format.color = tokens.accent;
        format.underline = Stroke::new(1.0, tokens.accent.gamma_multiply(0.6));
    }
    format
}

/// The colour of a piece of program text. What is dimmed as a whole stays so.
pub(super) fn scope_colour(text: &Rich<'_>, tokens: &Tokens, scope: Scope) -> Color32 {
    if text.colour == tokens.text { tokens.scope(scope) } else { text.colour }
}
