//! Every colour and size of the window, in both themes.

use eframe::egui::{
    self, Color32, Context, CornerRadius, FontFamily, FontId, Stroke, Style, TextStyle, Theme, Ui, Visuals,
};

use crate::view_model::Tone;

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// Behind the cards.
    pub background: Color32,
    /// Side panels and bars.
    pub panel: Color32,
    /// Cards.
    pub card: Color32,
    /// The selected card or row.
    pub selected: Color32,
    /// Thin lines.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Less important text.
    pub muted: Color32,
    /// Selection and focus.
    pub accent: Color32,
    /// Right.
    pub good: Color32,
    /// Neither right nor wrong.
    pub neutral: Color32,
    /// Wrong.
    pub bad: Color32,
    /// Undecided.
    pub unsure: Color32,
    /// Colours of curves, in order.
    pub series: [Color32; 4],
}

/// A colour from its usual six digits.
#[expect(clippy::disallowed_methods, reason = "the one place where colours are written down")]
const fn hex(rgb: u32) -> Color32 {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

const DARK: Tokens = Tokens {
    background: hex(0x14161a),
    panel: hex(0x191c21),
    card: hex(0x20242b),
    selected: hex(0x293445),
    line: hex(0x30353e),
    text: hex(0xdde1e8),
    muted: hex(0x98a1b0),
    accent: hex(0x6cb0ff),
    good: hex(0x63c787),
    neutral: hex(0x9fb3cd),
    bad: hex(0xff7b80),
    unsure: hex(0xe8b84f),
    series: [hex(0x6cb0ff), hex(0xe8b84f), hex(0xc792ea), hex(0x63c787)],
};

const LIGHT: Tokens = Tokens {
    background: hex(0xf1f3f6),
    panel: hex(0xf8f9fb),
    card: hex(0xffffff),
    selected: hex(0xdfeafc),
    line: hex(0xd7dce4),
    text: hex(0x1c2230),
    muted: hex(0x5b6577),
    accent: hex(0x1d5fd1),
    good: hex(0x177a3d),
    neutral: hex(0x4a5d7a),
    bad: hex(0xc0202f),
    unsure: hex(0x8f5e00),
    series: [hex(0x1d5fd1), hex(0xb36b00), hex(0x7c3aad), hex(0x177a3d)],
};

/// Width of the gutter that shows a step's score, in points.
pub const GUTTER: f32 = 46.0;

impl Tokens {
    /// The colours of the theme in use.
    pub fn of(ui: &Ui) -> Self {
        if ui.visuals().dark_mode { DARK } else { LIGHT }
    }

    /// The colour of a meaning.
    pub const fn tone(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Good => self.good,
            Tone::Neutral => self.neutral,
            Tone::Bad => self.bad,
            Tone::Unsure => self.unsure,
            Tone::Muted => self.muted,
            Tone::Accent => self.accent,
        }
    }
}

/// Gives both themes our colours and sizes. Called once.
pub fn install(ctx: &Context) {
    super::fonts::install(ctx);
    for (theme, tokens) in [(Theme::Dark, DARK), (Theme::Light, LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, &tokens));
    }
}

fn apply(style: &mut Style, tokens: &Tokens) {
    let sizes =
        [(TextStyle::Small, 11.0), (TextStyle::Body, 13.5), (TextStyle::Button, 13.0), (TextStyle::Heading, 16.0)];
    for (name, size) in sizes {
        style.text_styles.insert(name, FontId::new(size, FontFamily::Proportional));
    }
    style.text_styles.insert(TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace));
    style.spacing.item_spacing = egui::vec2(6.0, 4.0);
    style.spacing.button_padding = egui::vec2(6.0, 2.0);
    style.spacing.interact_size.y = 20.0;
    style.interaction.selectable_labels = true;
    visuals(&mut style.visuals, tokens);
}

fn visuals(visuals: &mut Visuals, tokens: &Tokens) {
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.extreme_bg_color = tokens.card;
    visuals.faint_bg_color = tokens.card;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.selection.bg_fill = tokens.selected;
    visuals.selection.stroke = Stroke::new(1.0, tokens.accent);
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.unsure;
    visuals.error_fg_color = tokens.bad;
    visuals.weak_text_color = Some(tokens.muted);
    visuals.override_text_color = None;
    let widgets = &mut visuals.widgets;
    for widget in [&mut widgets.noninteractive, &mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
        widget.corner_radius = CornerRadius::same(4);
        widget.fg_stroke.color = tokens.text;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, tokens.line);
    widgets.inactive.weak_bg_fill = tokens.card;
    widgets.inactive.bg_fill = tokens.card;
    widgets.inactive.bg_stroke = Stroke::new(1.0, tokens.line);
    widgets.hovered.weak_bg_fill = tokens.selected;
    widgets.hovered.bg_stroke = Stroke::new(1.0, tokens.accent);
    widgets.active.weak_bg_fill = tokens.selected;
    widgets.open.weak_bg_fill = tokens.selected;
}
