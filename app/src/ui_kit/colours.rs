//! Colours of program text, of terminals and of what a text colours itself, so that all of them can be read in both
//! themes.

use eframe::egui::Color32;

use super::tokens::{Tokens, rgb};
use crate::text::{Scope, TerminalColour};

/// What words need to be read, as a ratio of luminances.
const CONTRAST: f32 = 4.5;

/// The 16 colours that a terminal names, as most of them show these.
const NAMED: [[u8; 3]; 16] = [
    [0x00, 0x00, 0x00],
    [0xcd, 0x31, 0x31],
    [0x0d, 0xa5, 0x61],
    [0xb5, 0x8b, 0x10],
    [0x24, 0x72, 0xc8],
    [0xbc, 0x3f, 0xbc],
    [0x11, 0x9f, 0xc0],
    [0xc5, 0xc5, 0xc5],
    [0x66, 0x66, 0x66],
    [0xf1, 0x4c, 0x4c],
    [0x23, 0xd1, 0x8b],
    [0xe5, 0xc0, 0x43],
    [0x3b, 0x8e, 0xea],
    [0xd6, 0x70, 0xd6],
    [0x29, 0xb8, 0xdb],
    [0xf2, 0xf2, 0xf2],
];

impl Tokens {
    fn is_dark(&self) -> bool {
        luminance(self.card) < 0.5
    }

    /// Behind program text.
    pub fn code_ground(&self) -> Color32 {
        if self.is_dark() { self.panel } else { self.background }
    }

    /// The colour of a piece of program text.
    pub fn scope(&self, scope: Scope) -> Color32 {
        let (dark, light) = match scope {
            Scope::Keyword => (rgb(0xc7, 0x92, 0xea), rgb(0x7d, 0x2a, 0x9c)),
            Scope::Text => (rgb(0x8f, 0xd6, 0xa0), rgb(0x0b, 0x66, 0x38)),
            Scope::Number => (rgb(0xf0, 0xb2, 0x7a), rgb(0x93, 0x45, 0x00)),
            Scope::Comment => (rgb(0x93, 0x9d, 0xae), rgb(0x57, 0x61, 0x73)),
            Scope::Function => (rgb(0x7d, 0xb8, 0xff), rgb(0x1a, 0x56, 0xc0)),
            Scope::Type => (rgb(0x6f, 0xd3, 0xd9), rgb(0x0d, 0x61, 0x6e)),
            Scope::Operator => (rgb(0xae, 0xb8, 0xc8), rgb(0x4a, 0x55, 0x68)),
            Scope::Name => (rgb(0xe8, 0xc6, 0x6f), rgb(0x7a, 0x4b, 0x00)),
        };
        if self.is_dark() { dark } else { light }
    }

    /// A colour that a text asks for, moved towards that of words until it can be read.
    pub fn legible(&self, [red, green, blue]: [u8; 3]) -> Color32 {
        let asked = rgb(red, green, blue);
        let ground = self.code_ground();
        let mixed = (0..=10_u8).map(|tenths| asked.lerp_to_gamma(self.text, f32::from(tenths) / 10.0));
        mixed.into_iter().find(|&colour| contrast(colour, ground) >= CONTRAST).unwrap_or(self.text)
    }

    /// A ground that a text asks for, so faint that words on it can be read.
    pub fn ground(&self, [red, green, blue]: [u8; 3]) -> Color32 {
        let asked = rgb(red, green, blue);
        let mixed = (0..=9_u8).map(|tenths| asked.lerp_to_gamma(self.code_ground(), f32::from(tenths) / 10.0));
        let can_be_read = |ground: &Color32| contrast(self.text, *ground) >= CONTRAST * 1.3;
        mixed.into_iter().find(can_be_read).unwrap_or_else(|| self.code_ground())
    }

    /// Behind a word that was looked for: as strong as lets the word be read.
    pub fn found(&self, current: bool) -> Color32 {
        let most: u8 = if current { 55 } else { 20 };
        let mixed = (0..=most).rev().map(|share| self.card.lerp_to_gamma(self.unsure, f32::from(share) / 100.0));
        let can_be_read = |ground: &Color32| contrast(self.text, *ground) >= CONTRAST;
        mixed.into_iter().find(can_be_read).unwrap_or(self.card)
    }

    /// Behind a line that was put in or taken out.
    pub fn changed(&self, added: bool) -> Color32 {
        self.code_ground().lerp_to_gamma(if added { self.good } else { self.bad }, 0.13)
    }
}

/// The red, green and blue of a terminal's colour.
pub fn terminal(colour: TerminalColour) -> [u8; 3] {
    let index = match colour {
        TerminalColour::Rgb(red, green, blue) => return [red, green, blue],
        TerminalColour::Indexed(index) => index,
    };
    if let Some(named) = NAMED.get(usize::from(index)) {
        return *named;
    }
    if index >= 232 {
        return [8 + 10 * (index - 232); 3];
    }
    let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
    let cube = index - 16;
    [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
}

/// How much lighter the lighter of two colours is: 1 where they are the same, 21 for black and white.
pub fn contrast(one: Color32, other: Color32) -> f32 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// As the guidelines for accessible pages define it.
fn luminance(colour: Color32) -> f32 {
    let [red, green, blue] = [colour.r(), colour.g(), colour.b()].map(|part| {
        let part = f32::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_colour_can_be_read_on_what_lies_behind_them() {
        const SCOPES: [Scope; 8] = [
            Scope::Keyword,
            Scope::Text,
            Scope::Number,
            Scope::Comment,
            Scope::Function,
            Scope::Type,
            Scope::Operator,
            Scope::Name,
        ];
        for tokens in Tokens::BOTH {
            let grounds = [tokens.card, tokens.code_ground(), tokens.changed(true), tokens.changed(false)];
            for (scope, ground) in SCOPES.iter().flat_map(|scope| grounds.map(|ground| (scope, ground))) {
                let ratio = contrast(tokens.scope(*scope), ground);
                assert!(ratio >= CONTRAST, "{scope:?} on {ground:?}: {ratio}");
            }
            for index in 0..=255 {
                let asked = terminal(TerminalColour::Indexed(index));
                let ratio = contrast(tokens.legible(asked), tokens.code_ground());
                assert!(ratio >= CONTRAST, "colour {index} of a terminal: {ratio}");
                let ratio = contrast(tokens.text, tokens.ground(asked));
                assert!(ratio >= CONTRAST, "ground {index} of a terminal: {ratio}");
            }
            for current in [false, true] {
                let ratio = contrast(tokens.text, tokens.found(current));
                assert!(ratio >= CONTRAST, "what was looked for: {ratio}");
            }
        }
    }
}
